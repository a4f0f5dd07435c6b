//! What stands above or below every article of a feed: the same greeting, the same invitation to pay.
//!
//! A body is read as its outermost blocks, as our own serialiser wrote them, without building a tree. Blocks that stand at the head
//! or at the tail of many bodies are found by [`learn`], and taken off one body by [`cut`]; nothing is cut by itself, and no
//! body loses all it has.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::bound::tokens::{AttributeLimits, comment_end, tag};
use super::text::plain_text;

/// With fewer bodies nothing can be learned.
const FEWEST: usize = 5;
/// In so many of ten bodies a block has to stand.
const OF_TEN: usize = 4;
/// So many blocks from its beginning on are the head of a body.
const HEAD: usize = 4;
/// So many up to its end are its tail.
const TAIL: usize = 8;
/// So many characters of a block are shown.
const SHOWN: usize = 300;

/// A block that is in many bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is known by.
    pub key: i64,
    /// Its text, or the beginning of it.
    pub text: String,
}

/// What many bodies begin and end with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boilerplate {
    /// At the head, in the order of how often they are there.
    pub heads: Vec<Block>,
    /// At the tail.
    pub tails: Vec<Block>,
    /// How many of the bodies have some of it.
    pub bodies: usize,
}

/// The blocks that are cut.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Cutting {
    /// From heads.
    pub heads: Vec<i64>,
    /// From tails.
    pub tails: Vec<i64>,
}

impl Cutting {
    /// Whether nothing is cut.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.tails.is_empty()
    }
}

/// Finds what many of these bodies begin and end with.
pub fn learn(bodies: &[String]) -> Boilerplate {
    let all: Vec<Vec<Keyed<'_>>> = bodies.iter().map(|body| keyed(body)).filter(|blocks| blocks.len() > 1).collect();
    let enough = FEWEST.max((all.len() * OF_TEN).div_ceil(10));
    if all.len() < FEWEST {
        return Boilerplate::default();
    }
    let often = |take: fn(&[Keyed<'_>]) -> Vec<i64>| {
        let mut counts: HashMap<i64, usize> = HashMap::new();
        for blocks in &all {
            for key in take(blocks).into_iter().collect::<HashSet<_>>() {
                *counts.entry(key).or_default() += 1;
            }
        }
        counts.into_iter().filter(|(_, count)| *count >= enough).map(|(key, _)| key).collect::<HashSet<i64>>()
    };
    let heads = often(|blocks| blocks.iter().take(HEAD).filter_map(|block| block.key).collect());
    let tails = often(|blocks| blocks.iter().rev().take(TAIL).filter_map(|block| block.key).collect());
    let (mut found_heads, mut found_tails) = (HashMap::new(), HashMap::new());
    let mut count = 0;
    for blocks in &all {
        let (start, end) = kept(blocks, &heads, &tails);
        count += usize::from((start, end) != (0, blocks.len()));
        for (some, found) in [(&blocks[..start], &mut found_heads), (&blocks[end..], &mut found_tails)] {
            for block in some {
                if let Some(key) = block.key {
                    found.entry(key).or_insert((0_usize, block.html)).0 += 1;
                }
            }
        }
    }
    let listed = |found: HashMap<i64, (usize, &str)>| {
        let mut found: Vec<_> = found.into_iter().filter(|(_, (count, _))| *count >= enough).collect();
        found.sort_by_key(|(key, (count, _))| (std::cmp::Reverse(*count), *key));
        let block = |(key, (_, html)): (i64, (usize, &str))| {
            let text = plain_text(html);
            Block { key, text: text.trim().chars().take(SHOWN).collect() }
        };
        found.into_iter().map(block).collect::<Vec<_>>()
    };
    Boilerplate { heads: listed(found_heads), tails: listed(found_tails), bodies: count }
}

/// The body without the blocks at its head and its tail that are cut. A body that would have nothing left stays as it is.
pub fn cut<'a>(html: &'a str, cutting: &Cutting) -> Cow<'a, str> {
    let blocks = keyed(html);
    let heads: HashSet<i64> = cutting.heads.iter().copied().collect();
    let tails: HashSet<i64> = cutting.tails.iter().copied().collect();
    let (start, end) = kept(&blocks, &heads, &tails);
    if start >= end || (start, end) == (0, blocks.len()) {
        return Cow::Borrowed(html);
    }
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return Cow::Borrowed(html) };
    let (from, to) = (blocks[start].range.start, blocks[end - 1].range.end);
    Cow::Owned([&html[..first.range.start], &html[from..to], &html[last.range.end..]].concat())
}

/// Which blocks stay. Blocks without a key, such as rules, go with what they stand beside.
fn kept(blocks: &[Keyed<'_>], heads: &HashSet<i64>, tails: &HashSet<i64>) -> (usize, usize) {
    let mut start = 0;
    for (at, block) in blocks.iter().enumerate() {
        match block.key {
            Some(key) if heads.contains(&key) => start = at + 1,
            None if start > 0 && start == at => start = at + 1,
            Some(_) => break,
            None => {}
        }
    }
    let mut end = blocks.len();
    for (at, block) in blocks.iter().enumerate().rev() {
        match block.key {
            Some(key) if tails.contains(&key) => end = at,
            None if end < blocks.len() && end == at + 1 => end = at,
            Some(_) => break,
            None => {}
        }
    }
    if start >= end { (0, blocks.len()) } else { (start, end) }
}

/// A block with what it is known by: its letters and digits, else the addresses of its pictures. `None` if it has neither.
#[derive(Debug)]
struct Keyed<'a> {
    range: Range<usize>,
    html: &'a str,
    key: Option<i64>,
}

fn keyed(html: &str) -> Vec<Keyed<'_>> {
    let block = |range: Range<usize>| {
        let block = &html[range.clone()];
        let mut name: String = plain_text(block).chars().filter(|c| c.is_alphanumeric()).collect();
        if name.is_empty() {
            let addresses = block.split(" src=\"").skip(1).filter_map(|rest| rest.split(['"', '?', '#']).next());
            name = addresses.collect::<Vec<_>>().join(" ");
        }
        Keyed { key: (!name.is_empty()).then(|| hash(&name)), html: block, range }
    };
    blocks(html).into_iter().map(block).collect()
}

/// FNV-1a, never negative: what is stored must be the same in every version.
fn hash(text: &str) -> i64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 1).cast_signed()
}

/// Where the outermost blocks stand; those inside of an element that holds all the others.
fn blocks(html: &str) -> Vec<Range<usize>> {
    let mut within = 0..html.len();
    loop {
        let found = outermost(&html[within.clone()]);
        let offset = within.start;
        let shifted = |range: &Range<usize>| range.start + offset..range.end + offset;
        match found.as_slice() {
            [only] if !only.inner.is_empty() => within = shifted(&only.inner),
            _ => return found.iter().map(|node| shifted(&node.outer)).collect(),
        }
    }
}

/// An outermost element, or text between two of them.
#[derive(Debug)]
struct Outermost {
    outer: Range<usize>,
    /// What stands inside of it, if it is an element that holds blocks and nothing else.
    inner: Range<usize>,
}

const VOID: &[&str] = &["area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"];
const WRAPPERS: &[&str] = &["article", "div", "main", "section"];

/// Elements that do not begin a block of their own: they belong to the text around them.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "br", "cite", "code", "em", "i", "img", "mark", "q", "s", "small", "span", "strong", "sub",
    "sup", "u", "wbr",
];

fn outermost(html: &str) -> Vec<Outermost> {
    const ANY: AttributeLimits = AttributeLimits { count: usize::MAX, bytes: usize::MAX };
    let bytes = html.as_bytes();
    let mut found: Vec<Outermost> = Vec::new();
    // The run of text and inline elements under way, and the element under way: where it begins, where its inside does.
    let (mut run, mut open, mut depth): (Option<usize>, Option<(usize, usize, bool)>, usize) = (None, None, 0);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'<' {
            let end = memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |next| at + next);
            if depth == 0 && run.is_none() && !html[at..end].trim().is_empty() {
                run = Some(at);
            }
            at = end;
            continue;
        }
        let is_end = bytes.get(at + 1) == Some(&b'/');
        let name_at = at + 1 + usize::from(is_end);
        if !bytes.get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            at = if matches!(bytes.get(at + 1), Some(b'!' | b'?' | b'/')) {
                comment_end(bytes, at, false)
            } else {
                at + 1
            };
            continue;
        }
        let Some(tag) = tag(bytes, name_at, ANY, |_, _| {}) else { break };
        let name = &html[tag.name_start..tag.name_end];
        let is_void = VOID.contains(&name);
        if !is_end && depth == 0 && open.is_none() && INLINE.contains(&name) && run.is_none() {
            run = Some(at);
        }
        if is_end {
            depth = depth.saturating_sub(usize::from(!is_void));
            if depth == 0
                && let Some((start, inside, is_wrapper)) = open.take()
            {
                let inner = if is_wrapper { inside..at } else { 0..0 };
                found.push(Outermost { outer: start..tag.end, inner });
            }
        } else {
            if depth == 0 && !INLINE.contains(&name) {
                if let Some(start) = run.take() {
                    found.push(Outermost { outer: start..at, inner: 0..0 });
                }
                if is_void {
                    found.push(Outermost { outer: at..tag.end, inner: 0..0 });
                } else {
                    open = Some((at, tag.end, WRAPPERS.contains(&name)));
                }
            }
            depth += usize::from(!is_void);
        }
        at = tag.end;
    }
    if let Some(start) = run.or(open.map(|(start, ..)| start)) {
        found.push(Outermost { outer: start..bytes.len(), inner: 0..0 });
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(html: &str) -> Vec<&str> {
        blocks(html).into_iter().map(|range| &html[range]).collect()
    }

    fn bodies(wrap: fn(&str) -> String) -> Vec<String> {
        (0..10)
            .map(|n| {
                let tail =
                    if n % 3 == 0 { "" } else { "<p>Sign up for our <a href=\"https://a.example\">letter</a>!</p>" };
                let text = format!("<p>Story {n} begins.</p><p>And it ends, number {n}.</p>");
                wrap(&format!("<p>Welcome back, dear reader.</p>{text}<hr>{tail}<p>© A Site</p>"))
            })
            .collect()
    }

    #[test]
    fn a_body_is_read_as_its_outermost_blocks() {
        assert_eq!(of("<p>a</p> <p>b <b>c</b></p>"), ["<p>a</p>", "<p>b <b>c</b></p>"]);
        assert_eq!(of("text <b>bold</b><p>b</p>more"), ["text <b>bold</b>", "<p>b</p>", "more"]);
        assert_eq!(of("<div><div><p>a</p><hr><p>b</p></div></div>"), ["<p>a</p>", "<hr>", "<p>b</p>"]);
        assert_eq!(of("<ul><li>a</li><li>b</li></ul>"), ["<ul><li>a</li><li>b</li></ul>"]);
        assert_eq!(of("<!-- a --><p>b</p>"), ["<p>b</p>"]);
        assert_eq!(of(""), Vec::<&str>::new());
    }

    #[test]
    fn what_many_begin_and_end_with_is_learned_and_cut() {
        for wrap in [str::to_owned as fn(&str) -> String, |html| format!("<div class=\"body\">{html}</div>")] {
            let bodies = bodies(wrap);
            let learned = learn(&bodies);
            let texts = |blocks: &[Block]| blocks.iter().map(|block| block.text.clone()).collect::<Vec<_>>();
            assert_eq!(texts(&learned.heads), ["Welcome back, dear reader."]);
            assert_eq!(texts(&learned.tails), ["© A Site", "Sign up for our letter!"]);
            assert_eq!(learned.bodies, 10);
            let keys = |blocks: &[Block]| blocks.iter().map(|block| block.key).collect();
            let cutting = Cutting { heads: keys(&learned.heads), tails: keys(&learned.tails) };
            assert_eq!(cut(&bodies[1], &cutting), wrap("<p>Story 1 begins.</p><p>And it ends, number 1.</p>"));
            assert_eq!(cut("<p>Another.</p><p>Text.</p>", &cutting), "<p>Another.</p><p>Text.</p>");
            let nothing_else = wrap("<p>Welcome back, dear reader.</p><p>© A Site</p>");
            assert_eq!(cut(&nothing_else, &cutting), nothing_else, "no body loses everything");
        }
    }

    #[test]
    fn few_articles_and_articles_with_nothing_in_common_teach_nothing() {
        assert_eq!(learn(&bodies(str::to_owned)[..4]), Boilerplate::default());
        let apart: Vec<String> = (0..20).map(|n| format!("<p>One {n}</p><p>Two {n}</p>")).collect();
        assert_eq!(learn(&apart), Boilerplate::default());
    }

    proptest! {
        #[test]
        fn anything_is_read_and_nothing_is_made_up(html in "(<p>|</p>|<div>|</div>|<br>|<b>|</b>|<!--|-->|a|麦| |<|\"){0,30}") {
            let mut last = 0;
            for range in blocks(&html) {
                prop_assert!(range.start >= last && range.end <= html.len() && html.is_char_boundary(range.start));
                last = range.end;
            }
            let keys: Vec<i64> = keyed(&html).into_iter().filter_map(|block| block.key).collect();
            let short = cut(&html, &Cutting { heads: keys.iter().take(1).copied().collect(), tails: Vec::new() });
            prop_assert!(short.len() <= html.len());
        }
    }
}
