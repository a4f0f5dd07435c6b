//! What stands in a line: links, pictures, code, emphasis.

use super::{DEEPEST, Named, key};

/// So many marks before one are looked at for the one that it ends.
const LOOK_BACK: usize = 64;

/// Text as it stands in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An address, and the title behind it.
pub(super) fn address_and_title(text: &str) -> (String, String) {
    let text = text.trim();
    let (address, rest) = match text.strip_prefix('<').and_then(|inner| inner.split_once('>')) {
        Some(parts) => parts,
        None => text.split_once(char::is_whitespace).unwrap_or((text, "")),
    };
    let title = rest.trim();
    let quoted = [('"', '"'), ('\'', '\''), ('(', ')')];
    let title = quoted.iter().find_map(|(open, close)| title.strip_prefix(*open)?.strip_suffix(*close));
    (unescaped(address), unescaped(title.unwrap_or_default()))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => {}
            (c, _) => out.push(c),
        }
    }
    out
}

/// A piece of a line.
enum Piece {
    Html(String),
    Mark { character: char, left: usize, length: usize, opens: bool, closes: bool },
}

/// A line, or several, as HTML.
pub(super) fn html(text: &str, named: &Named, depth: usize) -> String {
    let mut pieces = pieces(text, named, depth);
    pair(&mut pieces);
    let mut out = String::with_capacity(text.len() + 16);
    for piece in pieces {
        match piece {
            Piece::Html(html) => out.push_str(&html),
            Piece::Mark { character, left, .. } => (0..left).for_each(|_| out.push(character)),
        }
    }
    out
}

/// For every opening bracket the place of its closing one, for every run of backticks that of the run that ends it.
struct Pairs {
    brackets: Vec<(usize, usize)>,
    code: Vec<(usize, usize, usize)>,
}

impl Pairs {
    fn find(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'`', &bytes[at..]) {
            let begin = at + found;
            let length = bytes[begin..].iter().take_while(|byte| **byte == b'`').count();
            runs.push((begin, length));
            at = begin + length;
        }
        // From the end: the next run of each length.
        let mut next = std::collections::HashMap::new();
        let mut ends = vec![None; runs.len()];
        for (place, (begin, length)) in runs.iter().enumerate().rev() {
            ends[place] = next.insert(*length, *begin);
        }
        let mut code = Vec::new();
        let mut after = 0;
        for ((begin, length), end) in runs.iter().zip(ends) {
            let is_escaped = *begin > 0 && bytes[begin - 1] == b'\\';
            if let Some(end) = end.filter(|_| *begin >= after && !is_escaped) {
                code.push((*begin, *length, end));
                after = end + length;
            }
        }
        let mut brackets = Vec::new();
        let mut open = Vec::new();
        let mut code_at = 0;
        let mut at = 0;
        while let Some(found) = memchr::memchr3(b'[', b']', b'\\', &bytes[at..]) {
            let place = at + found;
            while code.get(code_at).is_some_and(|(_, length, end)| end + length <= place) {
                code_at += 1;
            }
            at = match code.get(code_at) {
                Some((begin, length, end)) if place > *begin => end + length,
                _ if bytes[place] == b'\\' => place + 2,
                _ if bytes[place] == b'[' => {
                    open.push(place);
                    place + 1
                }
                _ => {
                    brackets.extend(open.pop().map(|begin| (begin, place)));
                    place + 1
                }
            };
            if at >= bytes.len() {
                break;
            }
        }
        brackets.sort_unstable();
        Self { brackets, code }
    }

    fn closing(&self, open: usize) -> Option<usize> {
        self.brackets.binary_search_by_key(&open, |pair| pair.0).ok().map(|at| self.brackets[at].1)
    }

    /// The code that begins here: its marks’ length and where its end begins.
    fn code(&self, at: usize) -> Option<(usize, usize)> {
        self.code.binary_search_by_key(&at, |run| run.0).ok().map(|found| (self.code[found].1, self.code[found].2))
    }
}

fn pieces(text: &str, named: &Named, depth: usize) -> Vec<Piece> {
    let pairs = Pairs::find(text);
    let mut found: Vec<Piece> = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let step = match c {
            '\\' => match rest[1..].chars().next() {
                Some('\n') => {
                    plain.push_str("<br>\n");
                    2
                }
                Some(next) if next.is_ascii_punctuation() => {
                    plain.push_str(&escaped(&rest[1..2]));
                    2
                }
                _ => {
                    plain.push('\\');
                    1
                }
            },
            '`' => match pairs.code(at) {
                Some((length, end)) => {
                    let code = text[at + length..end].replace('\n', " ");
                    let inner = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                    let code = inner.filter(|inner| !inner.trim().is_empty()).unwrap_or(&code);
                    plain.push_str(&format!("<code>{}</code>", escaped(code)));
                    end + length - at
                }
                None => {
                    let length = rest.bytes().take_while(|byte| *byte == b'`').count();
                    plain.push_str(&rest[..length]);
                    length
                }
            },
            '!' if rest[1..].starts_with('[') => match link(text, at + 1, (&pairs, named, depth)) {
                Some(link) => {
                    let words = without_marks(&text[at + 2..link.words_end]);
                    plain.push_str(&format!("<img src=\"{}\" alt=\"{}\"", escaped(&link.address), escaped(&words)));
                    if !link.title.is_empty() {
                        plain.push_str(&format!(" title=\"{}\"", escaped(&link.title)));
                    }
                    plain.push('>');
                    link.end - at
                }
                None => {
                    plain.push('!');
                    1
                }
            },
            '[' => {
                let note = pairs.closing(at).and_then(|end| {
                    let (place, _) = named.notes.get(text[at + 1..end].strip_prefix('^')?)?;
                    Some((end, *place))
                });
                if let Some((end, place)) = note {
                    plain.push_str(&format!("<sup>[{place}]</sup>"));
                    end + 1 - at
                } else if let Some(link) = link(text, at, (&pairs, named, depth)) {
                    let words = html(&text[at + 1..link.words_end], named, depth + 1);
                    plain.push_str(&format!("<a href=\"{}\">{words}</a>", escaped(&link.address)));
                    link.end - at
                } else {
                    plain.push('[');
                    1
                }
            }
            '<' => tag(rest, &mut plain),
            '&' => reference(rest, &mut plain),
            '*' | '_' | '~' => {
                let length = rest.chars().take_while(|next| *next == c).count();
                let before = text[..at].chars().next_back().unwrap_or(' ');
                let after = rest[length..].chars().next().unwrap_or(' ');
                let (opens, closes) = flanks(c, before, after);
                found.push(Piece::Html(std::mem::take(&mut plain)));
                found.push(Piece::Mark { character: c, left: length, length, opens, closes });
                length
            }
            ' ' => {
                let spaces = rest.bytes().take_while(|byte| *byte == b' ').count();
                let is_break = spaces > 1 && rest[spaces..].starts_with('\n');
                plain.push_str(if is_break { "<br>" } else { &rest[..spaces] });
                spaces
            }
            '>' => {
                plain.push_str("&gt;");
                1
            }
            c => {
                plain.push(c);
                c.len_utf8()
            }
        };
        at += step;
    }
    found.push(Piece::Html(plain));
    found
}

/// Whether marks between these characters may begin and end an emphasis.
fn flanks(mark: char, before: char, after: char) -> (bool, bool) {
    let is_punctuation = |c: char| c.is_ascii_punctuation() || (!c.is_alphanumeric() && !c.is_whitespace());
    let left = !after.is_whitespace() && (!is_punctuation(after) || before.is_whitespace() || is_punctuation(before));
    let right = !before.is_whitespace() && (!is_punctuation(before) || after.is_whitespace() || is_punctuation(after));
    match mark {
        '_' => (left && (!right || is_punctuation(before)), right && (!left || is_punctuation(after))),
        _ => (left, right),
    }
}

/// Finds the marks that belong together, and writes them as elements.
fn pair(pieces: &mut [Piece]) {
    // Places of marks that may begin something.
    let mut open: Vec<usize> = Vec::new();
    for at in 0..pieces.len() {
        let Piece::Mark { character, left, length, opens, closes } = pieces[at] else { continue };
        let mut left = left;
        let (mut ends, mut begins) = (String::new(), Vec::new());
        while closes && left > 0 {
            let found = open.iter().rev().take(LOOK_BACK).position(|place| match pieces[*place] {
                Piece::Mark { character: other, left: of_other, length: whole, opens, closes: both } => {
                    let is_odd = (closes && opens || both) && (whole + length) % 3 == 0 && (whole % 3 != 0);
                    other == character && of_other > 0 && !is_odd && (character != '~' || of_other == left)
                }
                Piece::Html(_) => false,
            });
            let Some(found) = found else { break };
            open.truncate(open.len() - found);
            let Some(place) = open.last().copied() else { break };
            let Piece::Mark { left: of_other, .. } = &mut pieces[place] else { break };
            let (count, name) = match (character, left.min(*of_other)) {
                ('~', count) => (count, "del"),
                (_, 1) => (1, "em"),
                _ => (2, "strong"),
            };
            *of_other -= count;
            left -= count;
            let is_used_up = *of_other == 0;
            begins.push((place, format!("<{name}>")));
            ends.push_str(&format!("</{name}>"));
            if is_used_up {
                open.pop();
            }
        }
        for (place, begin) in begins {
            // What stands behind the marks: elements that were found later lie further out.
            if let Some(Piece::Html(html)) = pieces.get_mut(place + 1) {
                html.insert_str(0, &begin);
            }
        }
        if let Some(Piece::Html(html)) = at.checked_sub(1).and_then(|before| pieces.get_mut(before)) {
            html.push_str(&ends);
        }
        if let Piece::Mark { left: stays, .. } = &mut pieces[at] {
            *stays = left;
        }
        if opens && left > 0 {
            open.push(at);
        }
    }
}

struct Link {
    address: String,
    title: String,
    words_end: usize,
    end: usize,
}

/// The link whose words begin with the bracket at `open`.
fn link(text: &str, open: usize, (pairs, named, depth): (&Pairs, &Named, usize)) -> Option<Link> {
    let words_end = pairs.closing(open).filter(|_| depth < DEEPEST)?;
    let rest = &text[words_end + 1..];
    if rest.starts_with('(') {
        let length = target_length(rest)?;
        let (address, title) = address_and_title(&rest[1..length]);
        return Some(Link { address, title, words_end, end: words_end + 1 + length + 1 });
    }
    let second = rest.starts_with('[').then(|| pairs.closing(words_end + 1)).flatten();
    let (name, end) = match second {
        Some(close) if close > words_end + 2 => (&text[words_end + 2..close], close + 1),
        Some(close) => (&text[open + 1..words_end], close + 1),
        None => (&text[open + 1..words_end], words_end + 1),
    };
    let (address, title) = named.links.get(&key(name)).filter(|_| name.len() < 1_000)?.clone();
    Some(Link { address, title, words_end, end })
}

/// How long `(address "title")` is, without the closing parenthesis.
fn target_length(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut skip) = (0_usize, None, false);
    for (at, c) in text.char_indices().take(1_024) {
        match (c, quote) {
            _ if skip => skip = false,
            ('\\', _) => skip = true,
            (c, Some(mark)) => quote = Some(mark).filter(|mark| *mark != c),
            ('"', None) if text[..at].ends_with([' ', '\n']) => quote = Some('"'),
            ('<', None) if at == 1 => quote = Some('>'),
            ('(', None) if depth < 32 => depth += 1,
            ('(', None) => return None,
            (')', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The words of a picture without the marks of Markdown.
fn without_marks(text: &str) -> String {
    unescaped(text).replace(['*', '_', '`', '[', ']', '\n'], " ").trim().to_owned()
}

/// An address between angle brackets, or a tag of HTML, which stays; how long it is.
fn tag(rest: &str, out: &mut String) -> usize {
    let inner = &rest[1..];
    if inner.starts_with("!--") {
        let end = rest.find("-->").map_or(rest.len(), |end| end + 3);
        out.push_str(&rest[..end]);
        if !rest[..end].ends_with("-->") {
            out.push_str("-->");
        }
        return end;
    }
    let end = inner.char_indices().take(4_096).find(|(_, c)| matches!(c, '>' | '<')).filter(|(_, c)| *c == '>');
    let starts_tag = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    match end.map(|(end, _)| (&inner[..end], end + 2)) {
        Some((address, length)) if is_address(address) => {
            let target = if address.contains("://") || address.starts_with("mailto:") { "" } else { "mailto:" };
            let address = escaped(address);
            out.push_str(&format!("<a href=\"{target}{address}\">{address}</a>"));
            length
        }
        Some((_, length)) if starts_tag => {
            out.push_str(&rest[..length]);
            length
        }
        _ => {
            out.push_str("&lt;");
            1
        }
    }
}

fn is_address(text: &str) -> bool {
    let is_bare = !text.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '"'));
    let is_web = ["http://", "https://", "mailto:", "ftp://"].iter().any(|scheme| text.starts_with(scheme));
    is_bare && (is_web || (text.contains('@') && text.contains('.') && !text.contains(['/', '=', '\''])))
}

/// A reference to a character, which stays, or the sign that begins one.
fn reference(rest: &str, out: &mut String) -> usize {
    let name = &rest[1..];
    let end = name.bytes().take(32).position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'));
    match end.filter(|end| *end > 1 && name.as_bytes()[*end] == b';') {
        Some(end) => {
            out.push_str(&rest[..end + 2]);
            end + 2
        }
        None => {
            out.push_str("&amp;");
            1
        }
    }
}
