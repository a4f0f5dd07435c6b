//! Whether any rule can apply at all, from the bytes alone.
//!
//! A refresh brings thousands of bodies, and parsing one costs more than everything else that is done with it.

use memchr::memmem;

/// How far from the start of a text a byline or a title can begin, in bytes.
const HEAD: usize = 600;

/// How far from the end of a text a tail can begin, in bytes.
const TAIL: usize = 1_800;

/// What any rule needs to find somewhere in the text. In lower case.
const ANYWHERE: &[&str] = &[
    "<img",
    "<video",
    "<audio",
    "<source",
    "<picture",
    "<iframe",
    "<embed",
    "<noscript",
    "<input",
    "hidden",
    "display:",
    "aria-label",
    "data-e2e",
    "data-testid",
    "data-component",
    "\"ad-",
    " ad-",
    "-ad\"",
    "-ad ",
    "adslot",
    "adsbygoogle",
    "advert",
    "lazyload",
    "placeholder",
    "google.",
    "ampproject",
    "=http",
];

/// What the lines above a text have, next to a digit.
const NEAR_THE_START: &[&str] =
    &["<h1", "<h2", "<h3", "<h4", "<strong", "<b>", "<a ", "byline", "author", "<time", "기자", "특파원"];

/// What tails say.
const NEAR_THE_END: &[&str] = &[
    "rss",
    "appear",
    "apareceu",
    "verscheen",
    "pochodzi",
    "pochází",
    "появи",
    "явився",
    "dök",
    "først",
    "最初に",
    "最先",
    "最早",
    "처음",
    "ilk önce",
    "originally",
    "share",
    "intent",
    "sharer",
    "subscribe",
    "newsletter",
    "follow ",
    "转载",
    "轉載",
    "更多精彩",
    "lire la suite",
    "leer más",
    "leia mais",
    "weiterlesen",
    "leggere",
    "verder",
    "dalej",
    "читать",
    "続き",
    "더 보기",
    "komment",
    "comment",
    "comentár",
    "评论",
    "est apparu",
    "erschien",
    "aparece",
    "publicó",
    "proviene",
    "出现在",
    "关注",
    "關注",
    "扫",
    "掃",
    "扫描",
    "长按",
    "長按",
    "搜索",
    "===",
    "---",
    "___",
    "***",
    "——",
    "~~~",
    "···",
    "阅读",
    "閱讀",
    "原文",
    "全文",
    "read ",
    "comments",
    "continue",
    "source",
    "＝＝",
    "view original",
];

/// `false` only if no rule would change the text. Errs on the side of parsing.
pub(super) fn may_apply(html: &str) -> bool {
    if html.is_empty() {
        return false;
    }
    let lower = html.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let holds =
        |part: &[u8], needles: &[&str]| needles.iter().any(|needle| memmem::find(part, needle.as_bytes()).is_some());
    let head = &bytes[..bytes.len().min(HEAD)];
    let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
    let no_links = memmem::find(bytes, b"<a").is_none();
    holds(bytes, ANYWHERE)
        || holds(head, NEAR_THE_START)
        || begins_with_number(head)
        || holds(tail, NEAR_THE_END)
        || says_end(&lower)
        || has_relative_link(bytes)
        || (no_links && holds(bytes, &["http://", "https://"]))
}

/// Whether the last word may be one that says that nothing follows. Tags behind it are looked past.
fn says_end(lower: &str) -> bool {
    let mut rest = lower;
    loop {
        rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '>');
        let Some((before, _)) = rest.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) else { break };
        rest = before;
    }
    rest.ends_with("end") || rest.ends_with('完')
}

/// Whether the first words hold a digit, as dates do. Markup is looked past.
fn begins_with_number(head: &[u8]) -> bool {
    // Arabic, Persian and Thai digits.
    let is_digit =
        |at: &[u8]| matches!(at, [0xd9, 0xa0..=0xa9, _] | [0xdb, 0xb0..=0xb9, _] | [0xe0, 0xb9, 0x90..=0x99]);
    if head.windows(3).take(120).any(is_digit) {
        return true;
    }
    let mut in_tag = false;
    let mut seen = 0;
    for byte in head {
        match byte {
            b'<' => in_tag = true,
            b'>' => in_tag = false,
            _ if in_tag => {}
            byte if byte.is_ascii_digit() => return true,
            byte if byte.is_ascii_whitespace() => {}
            _ => seen += 1,
        }
        if seen > 120 {
            break;
        }
    }
    false
}

fn has_relative_link(html: &[u8]) -> bool {
    memmem::find_iter(html, b"href=").any(|at| {
        let value = &html[at + 5..];
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        !["http://", "https://", "#", "mailto:"].iter().any(|start| value.starts_with(start.as_bytes()))
    })
}
