//! The text of sanitised HTML, character by character, with the place of each in the HTML.

use std::ops::Range;

/// A character of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) c: char,
    /// Where it stands in the HTML, and how many bytes it takes there: `&amp;` takes five.
    pub(super) at: usize,
    pub(super) bytes: usize,
    /// A mark may stand around it.
    pub(super) can_be_marked: bool,
    /// How something is read aloud, beside it (ruby): no search finds that.
    is_reading: bool,
    /// The first one after the border of a block or after `<br>`.
    begins_line: bool,
}

impl Unit {
    /// Where the HTML goes on after it.
    pub(super) fn end(&self) -> usize {
        self.at + self.bytes
    }
}

/// The text of sanitised HTML.
#[derive(Debug)]
pub(super) struct PlainText {
    units: Vec<Unit>,
    /// The text without white space, and with one form for each kind of quotation mark and dash.
    squeezed: String,
    /// For each character of `squeezed` where it begins there, and which unit it is.
    places: Vec<(usize, usize)>,
}

/// Elements that stand within a line. Between two of them white space is a space; elsewhere it is nothing.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rb", "rp",
    "rt", "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
];

impl PlainText {
    /// Reads HTML as [`clean`](crate::content::clean::clean) writes it: `<`, `>` and `&` are only ever markup there.
    pub(super) fn read(html: &str) -> Self {
        let mut units = Vec::with_capacity(html.len() / 2);
        let (mut at, mut math, mut readings, mut line) = (0, 0_usize, 0_usize, true);
        // The names of the tags on both sides of a text; of none at the ends of the HTML.
        let mut before = "";
        while at < html.len() {
            let end = memchr::memchr(b'<', &html.as_bytes()[at..]).map_or(html.len(), |next| at + next);
            let after = html.get(end + 1..).map(tag_name).unwrap_or_default();
            let start = text_start(html, at, end);
            let is_space = html[start..end].chars().all(char::is_whitespace);
            let within_line = INLINE.contains(&before) && INLINE.contains(&after);
            let can_be_marked = math == 0 && (!is_space || within_line);
            let mut place = start;
            while let Some((c, bytes)) = read_char(&html[place..end]) {
                let is_reading = readings > 0;
                units.push(Unit { c, at: place, bytes, can_be_marked, is_reading, begins_line: line });
                place += bytes;
                line = false;
            }
            let Some(close) = html.get(end..).and_then(|rest| memchr::memchr(b'>', rest.as_bytes())) else { break };
            let closes = html[end + 1..].starts_with('/');
            match (after, closes) {
                ("math", false) => math += 1,
                ("math", true) => math = math.saturating_sub(1),
                ("rt" | "rp" | "rtc", false) => readings += 1,
                ("rt" | "rp" | "rtc", true) => readings = readings.saturating_sub(1),
                _ => {}
            }
            line |= !INLINE.contains(&after) && after != "img";
            before = after;
            at = end + close + 1;
        }
        Self::new(units)
    }

    fn new(units: Vec<Unit>) -> Self {
        let mut squeezed = String::with_capacity(units.len());
        let mut places = Vec::with_capacity(units.len());
        for (place, unit) in units.iter().enumerate() {
            if let Some(c) = squeeze(unit.c) {
                places.push((squeezed.len(), place));
                squeezed.push(c);
            }
        }
        Self { units, squeezed, places }
    }

    /// How many characters it has.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// Its characters.
    pub(super) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Its characters that are no white space, in one string.
    pub(super) fn squeezed(&self) -> &str {
        &self.squeezed
    }

    /// The number of the squeezed character that begins at, or after, this byte.
    pub(super) fn squeezed_place(&self, byte: usize) -> usize {
        self.places.partition_point(|(start, _)| *start < byte)
    }

    /// The characters between two places of the squeezed text; `None` if there are none.
    pub(super) fn range(&self, squeezed: Range<usize>) -> Option<Range<usize>> {
        let first = self.places.get(squeezed.start)?.1;
        let last = self.places.get(squeezed.end.checked_sub(1)?)?.1;
        (first <= last).then_some(first..last + 1)
    }

    /// The text as it is searched, with a line for each block, and for each of its characters where that ends there. A line
    /// break is part of the character before it.
    pub(super) fn lines(&self) -> (String, Vec<usize>) {
        let mut out = String::with_capacity(self.units.len() * 2);
        let mut ends = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            if unit.begins_line && !out.is_empty() {
                out.push('\n');
                if let Some(end) = ends.last_mut() {
                    *end = out.len();
                }
            }
            if !unit.is_reading {
                out.push(unit.c);
            }
            ends.push(out.len());
        }
        (out, ends)
    }

    /// A piece of it as a reader would write it down: one space for white space, one line for a block.
    pub(super) fn slice(&self, range: Range<usize>) -> String {
        let mut out = String::new();
        let mut pending = None;
        for unit in self.units.get(range).unwrap_or_default() {
            if unit.begins_line {
                pending = Some('\n');
            }
            if unit.c.is_whitespace() {
                pending = pending.or(Some(' '));
                continue;
            }
            if let Some(space) = pending.take()
                && !out.is_empty()
            {
                out.push(space);
            }
            out.push(unit.c);
        }
        out
    }
}

/// Where a text begins: a parser swallows the line break right after `<pre>`, so it is no part of the text.
fn text_start(html: &str, at: usize, end: usize) -> usize {
    let after_pre = html[..at].ends_with('>')
        && html[..at]
            .rfind('<')
            .is_some_and(|open| tag_name(&html[open + 1..]) == "pre" && !html[open..].starts_with("</"));
    if after_pre && html[at..end].starts_with('\n') { at + 1 } else { at }
}

/// The name of a tag, from what comes after its `<`.
fn tag_name(inside: &str) -> &str {
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    &name[..end]
}

/// The first character of a text, and how many bytes it takes.
fn read_char(text: &str) -> Option<(char, usize)> {
    let c = text.chars().next()?;
    if c == '&' {
        for (reference, c) in [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&nbsp;", '\u{a0}'), ("&quot;", '"')] {
            if text.starts_with(reference) {
                return Some((c, reference.len()));
            }
        }
    }
    Some((c, c.len_utf8()))
}

/// The character by which passages are compared; `None` for white space and what nobody sees.
pub(super) fn squeeze(c: char) -> Option<char> {
    Some(match c {
        _ if c.is_whitespace() => return None,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => return None,
        '‘' | '’' | 'ʼ' => '\'',
        '“' | '”' => '"',
        '‐'..='―' | '−' => '-',
        _ => c,
    })
}
