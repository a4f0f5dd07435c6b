//! HTML read as paragraphs of plain text.

use memchr::memchr;

use super::length::{Length, length};
use super::words::words;
use crate::content::bound::tokens::{AttributeLimits, comment_end, raw_end, tag};
use crate::feed::text::decode_references;

/// What stands on lines of its own.
const BLOCKS: &[&[u8]] = &[
    b"address",
    b"article",
    b"aside",
    b"blockquote",
    b"br",
    b"caption",
    b"center",
    b"dd",
    b"details",
    b"div",
    b"dl",
    b"dt",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"form",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"li",
    b"main",
    b"nav",
    b"ol",
    b"p",
    b"pre",
    b"section",
    b"summary",
    b"table",
    b"tbody",
    b"td",
    b"tfoot",
    b"th",
    b"thead",
    b"tr",
    b"ul",
];

/// What is not read: its text is no part of the text around it.
const SILENT: &[&[u8]] = &[
    b"annotation",
    b"audio",
    b"button",
    b"head",
    b"iframe",
    b"noscript",
    b"object",
    b"rp",
    b"rt",
    b"rtc",
    b"script",
    b"select",
    b"style",
    b"svg",
    b"template",
    b"textarea",
    b"title",
    b"video",
];

/// The text of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prose {
    /// Paragraphs, each on a line of its own.
    pub text: String,
    /// Where in `text` each paragraph stands, in order.
    pub paragraphs: Vec<Paragraph>,
    /// How many pictures there are.
    pub pictures: u32,
}

/// A line of [`Prose::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paragraph {
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte, without the line feed.
    pub end: usize,
    /// What it is.
    pub kind: ParagraphKind,
}

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParagraphKind {
    /// Running text.
    Text,
    /// A heading.
    Heading,
    /// The caption of a picture or table.
    Caption,
    /// Text whose white space counts, such as code.
    Preformatted,
}

impl Prose {
    /// Reads HTML as text. Broken markup reads as a parser would read it, roughly; nothing is refused.
    pub fn read(html: &str) -> Self {
        let mut reader =
            Reader { prose: Self { text: String::with_capacity(html.len()), ..Self::default() }, ..Reader::default() };
        reader.read(html);
        reader.prose
    }

    /// The text of one paragraph.
    pub fn paragraph(&self, paragraph: &Paragraph) -> &str {
        self.text.get(paragraph.start..paragraph.end).unwrap_or_default()
    }

    /// How long it is.
    pub fn length(&self) -> Length {
        length(&self.text)
    }
}

#[derive(Default)]
struct Reader {
    prose: Prose,
    /// Start of the open paragraph.
    start: usize,
    /// White space was seen and not yet written.
    space: bool,
    headings: usize,
    captions: usize,
    preformatted: usize,
}

impl Reader {
    fn read(&mut self, html: &str) {
        let bytes = html.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let next = memchr(b'<', &bytes[at..]).map_or(bytes.len(), |i| at + i);
            if next > at {
                self.text(&html[at..next]);
            }
            at = next;
            if at >= bytes.len() {
                break;
            }
            at = match bytes.get(at + 1) {
                Some(b'/') if bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => self.tag(bytes, at + 2, true),
                Some(b'/' | b'!' | b'?') => comment_end(bytes, at, false),
                Some(letter) if letter.is_ascii_alphabetic() => self.tag(bytes, at + 1, false),
                _ => {
                    self.text("<");
                    at + 1
                }
            };
        }
        self.end_paragraph();
    }

    /// Takes the tag whose name begins at `name_start`; the offset behind it and what is not read with it.
    fn tag(&mut self, bytes: &[u8], name_start: usize, is_end: bool) -> usize {
        const ANY: AttributeLimits = AttributeLimits { count: usize::MAX, bytes: usize::MAX };
        let Some(tag) = tag(bytes, name_start, ANY, |_, _| {}) else { return bytes.len() };
        let written = &bytes[tag.name_start..tag.name_end];
        let mut buffer = [0; 12];
        let Some(name) = buffer.get_mut(..written.len()) else { return tag.end };
        name.copy_from_slice(written);
        name.make_ascii_lowercase();
        let name = &*name;
        if !is_end && SILENT.contains(&name) {
            let end = raw_end(bytes, tag.end, name);
            if matches!(name, b"svg" | b"object" | b"iframe") {
                self.space = true;
            }
            return memchr(b'>', &bytes[end..]).map_or(bytes.len(), |i| end + i + 1);
        }
        if !BLOCKS.contains(&name) {
            if name == b"img" {
                self.prose.pictures += 1;
            }
            return tag.end;
        }
        self.end_paragraph();
        let depth = match name {
            [b'h', b'1'..=b'6'] => &mut self.headings,
            b"figcaption" | b"caption" => &mut self.captions,
            b"pre" => &mut self.preformatted,
            _ => return tag.end,
        };
        *depth = if is_end { depth.saturating_sub(1) } else { *depth + 1 };
        tag.end
    }

    fn text(&mut self, raw: &str) {
        let text = decode_references(raw);
        let mut words = words(&text);
        if let Some(first) = words.next() {
            self.word(first);
        }
        for word in words {
            self.space = true;
            self.word(word);
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.space && self.prose.text.len() > self.start {
            self.prose.text.push(' ');
        }
        self.space = false;
        self.prose.text.push_str(word);
    }

    fn end_paragraph(&mut self) {
        let end = self.prose.text.len();
        self.space = false;
        if end == self.start {
            return;
        }
        let kind = if self.captions > 0 {
            ParagraphKind::Caption
        } else if self.headings > 0 {
            ParagraphKind::Heading
        } else if self.preformatted > 0 {
            ParagraphKind::Preformatted
        } else {
            ParagraphKind::Text
        };
        self.prose.paragraphs.push(Paragraph { start: self.start, end, kind });
        self.prose.text.push('\n');
        self.start = self.prose.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> Vec<String> {
        Prose::read(html).text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn blocks_stand_on_lines_and_white_space_collapses() {
        let html = "<h1>Title</h1>\n<p>One  <b>bold</b>\nword</p><ul><li>a<li>b</ul>after<br>break";
        assert_eq!(lines(html), ["Title", "One bold word", "a", "b", "after", "break"]);
    }

    #[test]
    fn references_are_characters() {
        assert_eq!(lines("a &lt; b &amp; c&nbsp;d &#8212; e"), ["a < b & c d — e"]);
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let html =
            "a<script>x</script><style>y</style><!-- z --><svg><text>s</text></svg> b<noscript><p>n</p></noscript>";
        assert_eq!(lines(html), ["a b"]);
        assert_eq!(lines("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>です"), ["漢字です"]);
    }

    #[test]
    fn captions_and_headings_are_told_apart() {
        let prose = Prose::read("<figure><img src=a><figcaption>A cat</figcaption></figure><h2>Head</h2><p>Text</p>");
        let kinds: Vec<ParagraphKind> = prose.paragraphs.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [ParagraphKind::Caption, ParagraphKind::Heading, ParagraphKind::Text]);
        assert_eq!(prose.pictures, 1);
    }

    #[test]
    fn broken_markup_is_read_to_its_end() {
        assert_eq!(lines("a < b <p"), ["a < b"]);
        assert_eq!(lines("<script>never closed"), Vec::<String>::new());
        assert_eq!(lines("<a-very-long-element-name>x"), ["x"]);
    }
}
