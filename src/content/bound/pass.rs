//! The two passes over a document: one that only looks, and one that writes it anew.

use memchr::{memchr, memmem};

use super::Limits;
use super::names::{BREAKS_LINE, Name, RAW, VOID, classify};
use super::tokens::{AttributeLimits, Tag, comment_end, raw_end, tag};
use super::tree::{Effect, Open, Tree};

/// The longest name that any rule knows is `annotation-xml`.
const LONGEST_KNOWN_NAME: usize = 16;

/// Whether `html` may go to a parser as it is: `Some` if it keeps all limits beyond doubt.
pub(super) fn as_it_is(html: &str, limits: &Limits) -> Option<()> {
    let bytes = html.as_bytes();
    let mut tree = Tree::default();
    let mut elements = 0;
    // Elements that may still be open in a parser although they were closed here, because their end tags are missing;
    // and among them those that the parser opens again in each later block.
    let mut doubtful = 0;
    let mut returning = 0;
    let mut at = 0;
    while let Some(token) = next(bytes, at, limits, &tree, |_, _| {}) {
        at = token.end();
        let effect = match token {
            Token::Comment { ambiguous: true, .. } => return None,
            Token::Comment { .. } | Token::CutOff { .. } => continue,
            Token::Start(tag, name, flags) => {
                let foreign = tree.in_foreign();
                // The tag itself may close what makes parsers disagree, but not for those who see it as text.
                let odd = tree.odd > 0;
                if tag.oversized || name == Name::Switching || is_ambiguous(bytes, &tag, &tree) {
                    return None;
                }
                let effect = tree.start(&bytes[tag.name_start..tag.name_end], name, flags, tag.self_closing);
                if effect == Effect::Doubtful {
                    return None;
                }
                elements += 1;
                if flags & RAW != 0 && effect == Effect::Added {
                    let content = raw_end(bytes, at, lower(&bytes[tag.name_start..tag.name_end]).as_slice());
                    if (odd && memchr(b'<', &bytes[at..content]).is_some()) || (foreign && tag.self_closing) {
                        return None;
                    }
                    at = content;
                }
                doubtful += usize::from(effect == Effect::Ignored);
                (effect, flags)
            }
            Token::End(tag, name, flags) => {
                if is_ambiguous(bytes, &tag, &tree) || breaks_out(&bytes[tag.name_start..tag.name_end], &tree) {
                    return None;
                }
                (tree.end(&bytes[tag.name_start..tag.name_end], name), flags)
            }
        };
        doubtful += tree.closed.len();
        returning += tree.closed.iter().filter(|open| matches!(open.name, Name::A | Name::Formatting)).count();
        if effect.1 & BREAKS_LINE != 0 {
            elements += returning;
        }
        if tree.stack.len() > limits.depth
            || doubtful > limits.depth
            || tree.formatting + returning > limits.open_formatting
            || elements + tree.implied > limits.elements
        {
            return None;
        }
    }
    Some(())
}

/// `html` with every end tag in its place and without what exceeds the limits; and whether anything was left out.
pub(super) fn written_anew(html: &str, limits: &Limits) -> (String, bool) {
    let mut writer = Writer { html, out: String::with_capacity(html.len() + html.len() / 8), copied: 0, cut: false };
    let bytes = html.as_bytes();
    let mut tree = Tree::default();
    let mut elements = 0;
    // Start tags that were left out, whose end tags must be left out too.
    let mut too_deep = 0_usize;
    let mut too_formatted = 0_usize;
    let mut kept_attributes = Vec::new();
    let mut at = 0;
    loop {
        kept_attributes.clear();
        let Some(token) = next(bytes, at, limits, &tree, |start, end| kept_attributes.push((start, end))) else {
            break;
        };
        let start = token.start();
        at = token.end();
        match token {
            Token::Comment { ambiguous, .. } => {
                if ambiguous {
                    writer.leave_out(start, at, false);
                }
            }
            Token::CutOff { .. } => writer.leave_out(start, at, false),
            Token::Start(tag, name, flags) => {
                let spelling = &bytes[tag.name_start..tag.name_end];
                let raw = flags & RAW != 0;
                let foreign = tree.in_foreign();
                if name == Name::Switching || is_ambiguous(bytes, &tag, &tree) || (raw && foreign && tag.self_closing) {
                    writer.leave_out(start, at, false);
                    continue;
                }
                let content = if raw { raw_end(bytes, at, lower(spelling).as_slice()) } else { at };
                if raw && tree.odd > 0 && memchr(b'<', &bytes[at..content]).is_some() {
                    // Some parsers see text here, others markup.
                    at = content;
                    writer.leave_out(start, at, true);
                    continue;
                }
                let opens = flags & VOID == 0 || foreign;
                let formats = matches!(name, Name::A | Name::Formatting);
                if elements + tree.implied >= limits.elements {
                    at = content;
                    writer.separate(start, at, flags);
                    continue;
                }
                if opens && (!raw || foreign) && (too_deep > 0 || tree.stack.len() + 3 > limits.depth) {
                    too_deep += usize::from(name != Name::Frame);
                    writer.separate(start, at, flags);
                    continue;
                }
                if formats && tree.formatting >= limits.open_formatting {
                    too_formatted += 1;
                    writer.separate(start, at, flags);
                    continue;
                }
                let effect = tree.start(spelling, name, flags, tag.self_closing);
                writer.close(start, &tree.closed);
                elements += 1;
                if matches!(effect, Effect::Ignored | Effect::Doubtful) {
                    writer.leave_out(start, at, false);
                } else if tag.oversized {
                    writer.shorten(start, &tag, &kept_attributes);
                }
                if effect == Effect::Added {
                    at = content;
                }
            }
            Token::End(tag, name, flags) => {
                if let Some(raw) = tree.end_raw(&bytes[tag.name_start..tag.name_end]) {
                    // Whatever is left out: without this one all that follows would be text.
                    writer.close(start, &[raw]);
                    writer.leave_out(start, at, false);
                    continue;
                }
                if elements + tree.implied >= limits.elements || is_ambiguous(bytes, &tag, &tree) || tag.oversized {
                    // Attributes of end tags mean nothing, but a parser would gather them.
                    writer.separate(start, at, flags);
                    continue;
                }
                if breaks_out(&bytes[tag.name_start..tag.name_end], &tree) {
                    writer.leave_out(start, at, false);
                    continue;
                }
                if too_deep > 0 && name != Name::Frame {
                    too_deep -= 1;
                    writer.separate(start, at, flags);
                    continue;
                }
                if too_formatted > 0 && matches!(name, Name::A | Name::Formatting) {
                    too_formatted -= 1;
                    writer.leave_out(start, at, true);
                    continue;
                }
                let effect = tree.end(&bytes[tag.name_start..tag.name_end], name);
                writer.close(start, &tree.closed);
                if effect == Effect::Ignored {
                    writer.leave_out(start, at, false);
                }
            }
        }
    }
    writer.finish()
}

/// A piece of markup that is not text.
enum Token {
    Start(Tag, Name, u16),
    End(Tag, Name, u16),
    /// A comment, doctype or the like. `ambiguous` if parsers may disagree where it ends.
    Comment {
        start: usize,
        end: usize,
        ambiguous: bool,
    },
    /// A tag in which the document ends.
    CutOff {
        start: usize,
        end: usize,
    },
}

impl Token {
    fn start(&self) -> usize {
        match self {
            Self::Start(tag, ..) => tag.name_start - 1,
            Self::End(tag, ..) => tag.name_start - 2,
            Self::Comment { start, .. } | Self::CutOff { start, .. } => *start,
        }
    }

    fn end(&self) -> usize {
        match self {
            Self::Start(tag, ..) | Self::End(tag, ..) => tag.end,
            Self::Comment { end, .. } | Self::CutOff { end, .. } => *end,
        }
    }
}

/// The next piece of markup at or behind `at`.
fn next(
    bytes: &[u8],
    mut at: usize,
    limits: &Limits,
    tree: &Tree<'_>,
    keep: impl FnMut(usize, usize),
) -> Option<Token> {
    loop {
        at += memchr(b'<', bytes.get(at..)?)?;
        let (is_end, name_start) = match bytes.get(at + 1)? {
            b'/' if bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => (true, at + 2),
            b'/' | b'!' | b'?' => {
                let end = comment_end(bytes, at, tree.in_foreign());
                let doubtful =
                    tree.odd > 0 && memchr::memchr2(b'<', b'>', &bytes[at + 1..end.max(at + 2) - 1]).is_some();
                return Some(Token::Comment { start: at, end, ambiguous: doubtful });
            }
            letter if letter.is_ascii_alphabetic() => (false, at + 1),
            _ => {
                at += 1;
                continue;
            }
        };
        let attributes = AttributeLimits { count: limits.attributes, bytes: limits.attribute_bytes };
        let Some(tag) = tag(bytes, name_start, attributes, keep) else {
            return Some(Token::CutOff { start: at, end: bytes.len() });
        };
        let (name, flags) = classify(lower(&bytes[tag.name_start..tag.name_end]).as_slice());
        return Some(if is_end { Token::End(tag, name, flags) } else { Token::Start(tag, name, flags) });
    }
}

/// Whether parsers may disagree what this tag is: inside `noscript` and the like, a quoted end tag ends the element for
/// those who take its content for text.
fn is_ambiguous(bytes: &[u8], tag: &Tag, tree: &Tree<'_>) -> bool {
    tree.odd > 0 && memmem::find(&bytes[tag.name_end..tag.end], b"</").is_some()
}

/// Whether this end tag, which opens an element of its own, ends SVG and MathML around it (section 13.2.6.5). Not all
/// parsers follow the rule.
fn breaks_out(spelling: &[u8], tree: &Tree<'_>) -> bool {
    tree.in_foreign() && [b"p".as_slice(), b"br"].iter().any(|name| name.eq_ignore_ascii_case(spelling))
}

/// A name in lower case, without an allocation; longer ones than any rule knows become empty.
struct Lower([u8; LONGEST_KNOWN_NAME], usize);

impl Lower {
    fn as_slice(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

fn lower(name: &[u8]) -> Lower {
    let mut small = Lower([0; LONGEST_KNOWN_NAME], 0);
    if name.len() <= LONGEST_KNOWN_NAME {
        for (to, from) in small.0.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        small.1 = name.len();
    }
    small
}

/// Copies what is kept.
struct Writer<'a> {
    html: &'a str,
    out: String,
    copied: usize,
    cut: bool,
}

impl Writer<'_> {
    fn copy_to(&mut self, end: usize) {
        self.out.push_str(&self.html[self.copied..end]);
        self.copied = end;
    }

    /// Passes over `start..end`. `matters` if a reader may miss it.
    fn leave_out(&mut self, start: usize, end: usize, matters: bool) {
        self.copy_to(start);
        self.copied = end;
        self.cut |= matters;
    }

    /// Passes over a tag, but keeps the words around it apart if it did.
    fn separate(&mut self, start: usize, end: usize, flags: u16) {
        self.leave_out(start, end, true);
        if flags & BREAKS_LINE != 0 {
            self.out.push('\n');
        }
    }

    /// Writes the end tags that are missing in front of `start`.
    fn close(&mut self, start: usize, closed: &[Open<'_>]) {
        if closed.is_empty() {
            return;
        }
        self.copy_to(start);
        for open in closed {
            if let Ok(name) = std::str::from_utf8(open.spelling)
                && !name.is_empty()
            {
                self.out.extend(["</", name, ">"]);
            }
        }
    }

    /// Writes a start tag with those of its attributes that are within the limits.
    fn shorten(&mut self, start: usize, tag: &Tag, attributes: &[(usize, usize)]) {
        self.leave_out(start, tag.end, true);
        self.out.push('<');
        self.out.push_str(&self.html[tag.name_start..tag.name_end]);
        for &(from, to) in attributes {
            self.out.push(' ');
            self.out.push_str(&self.html[from..to]);
        }
        self.out.push_str(if tag.self_closing { " />" } else { ">" });
    }

    fn finish(mut self) -> (String, bool) {
        self.copy_to(self.html.len());
        (self.out, self.cut)
    }
}
