//! A tolerant XML tokenizer: one linear pass that never fails.
//!
//! What a strict parser refuses becomes text here: a stray `<`, a bare `&`, attributes without quotes, a tag without its
//! end. It knows no tree, so closing tags need not match; that is the business of whoever reads the tokens. External
//! entities and the DOCTYPE are skipped and never looked at, so nothing can be fetched or expanded through them.

use memchr::{memchr, memchr2, memmem};

/// One piece of a document. Text is as it stands, with its references undecoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `<name …>` or `<name …/>`.
    Open(Tag<'a>),
    /// `</name>`.
    Close(&'a str),
    /// Character data with undecoded references.
    Text(&'a str),
    /// The inside of a CDATA section.
    CData(&'a str),
}

/// An opening tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// The name with its prefix, as written.
    pub(crate) name: &'a str,
    /// What stands between the name and the end of the tag.
    pub(crate) attributes: &'a str,
    /// Whether the tag closes itself.
    pub(crate) empty: bool,
}

impl<'a> Tag<'a> {
    /// The undecoded value of an attribute by its qualified name, whatever its case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All attributes: qualified name and undecoded value.
    pub(crate) fn iter(&self) -> Attributes<'a> {
        Attributes { rest: self.attributes }
    }
}

/// The attributes of a tag.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest =
            self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
        if rest.is_empty() {
            self.rest = rest;
            return None;
        }
        let name_end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let after = after.trim_ascii_start();
        let Some(value) = after.strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        if let Some(quote) = value.bytes().next().filter(|b| matches!(b, b'"' | b'\''))
            && let Some(end) = memchr(quote, &value.as_bytes()[1..])
        {
            self.rest = &value[end + 2..];
            return Some((name, &value[1..=end]));
        }
        let end = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
        self.rest = &value[end..];
        Some((name, value[..end].trim_matches(['"', '\''])))
    }
}

/// The tokens of a document, in order.
#[derive(Debug, Clone)]
pub(crate) struct Tokenizer<'a> {
    text: &'a str,
    at: usize,
    /// Known to end no instruction (`?>`) or internal subset (`]`) from here on. Without this memory a document of a
    /// million unclosed ones would be searched to its end a million times.
    no_instruction_end: bool,
    no_subset_end: bool,
    /// Whether something was read that XML does not allow.
    pub(crate) mended: bool,
    /// Whether the document ends inside a tag, comment or CDATA section.
    pub(crate) cut: bool,
}

impl<'a> Tokenizer<'a> {
    /// Starts at the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, no_instruction_end: false, no_subset_end: false, mended: false, cut: false }
    }

    /// How many bytes are read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to a position that [`Self::position`] gave.
    pub(crate) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// The text between two positions that [`Self::position`] gave.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.text[from..to]
    }

    fn text_token(&mut self, from: usize, search_from: usize) -> Token<'a> {
        let bytes = self.text.as_bytes();
        self.at = memchr(b'<', &bytes[search_from..]).map_or(bytes.len(), |found| search_from + found);
        Token::Text(&self.text[from..self.at])
    }

    /// Skips to behind `end`; false if the document ends first.
    fn skip_past(&mut self, from: usize, end: &str) -> bool {
        match memmem::find(&self.text.as_bytes()[from..], end.as_bytes()) {
            Some(found) => {
                self.at = from + found + end.len();
                true
            }
            None => false,
        }
    }

    /// Skips `<!DOCTYPE …>` and other declarations, with the internal subset in brackets.
    fn skip_declaration(&mut self) {
        let bytes = self.text.as_bytes();
        let from = self.at + 2;
        let Some(close) = memchr(b'>', &bytes[from..]).map(|found| from + found) else {
            self.cut = true;
            self.at = bytes.len();
            return;
        };
        self.at = close + 1;
        if let Some(bracket) = memchr(b'[', &bytes[from..close])
            && !self.no_subset_end
        {
            match memchr(b']', &bytes[from + bracket..]).map(|found| from + bracket + found) {
                Some(end) => self.at = memchr(b'>', &bytes[end..]).map_or(bytes.len(), |found| end + found + 1),
                None => self.no_subset_end = true,
            }
        }
    }

    /// Skips `<?…?>`, or `<?…>` where the right end is missing.
    fn skip_instruction(&mut self) {
        let from = self.at + 2;
        if !self.no_instruction_end {
            if self.skip_past(from, "?>") {
                return;
            }
            self.no_instruction_end = true;
        }
        self.mended = true;
        if !self.skip_past(from, ">") {
            self.cut = true;
            self.at = self.text.len();
        }
    }

    fn open(&mut self, name_end: usize) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let name = &self.text[self.at + 1..name_end];
        let mut at = name_end;
        let mut after_equals = false;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'>' => break,
                b'<' => {
                    self.mended = true;
                    break;
                }
                b'"' | b'\'' if after_equals => {
                    // A quote that is never closed is an ordinary character.
                    if let Some(end) = memchr(byte, &bytes[at + 1..]) {
                        at += end + 1;
                    }
                    after_equals = false;
                }
                b'=' => after_equals = true,
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => after_equals = false,
            }
            at += 1;
        }
        let inside = &self.text[name_end..at.min(bytes.len())];
        self.at = match bytes.get(at) {
            Some(b'>') => at + 1,
            Some(_) => at,
            None => {
                self.cut = true;
                bytes.len()
            }
        };
        let empty = inside.ends_with('/');
        Token::Open(Tag { name, attributes: inside.strip_suffix('/').unwrap_or(inside), empty })
    }

    fn close(&mut self) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let from = self.at + 2;
        let end = memchr2(b'>', b'<', &bytes[from..]).map(|found| from + found);
        let name_end = end.unwrap_or(bytes.len());
        self.at = match end {
            Some(end) if bytes[end] == b'>' => end + 1,
            Some(end) => {
                self.mended = true;
                end
            }
            None => {
                self.cut = true;
                bytes.len()
            }
        };
        let name = self.text[from..name_end].trim();
        Token::Close(name.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default())
    }
}

/// Where the name that begins at `from` ends, if a tag can begin with it.
fn name_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = *bytes.get(from)?;
    if !(first.is_ascii_alphabetic() || first == b'_' || first >= 0x80) {
        return None;
    }
    let length = bytes[from..]
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-') || *b >= 0x80))
        .unwrap_or(bytes.len() - from);
    let end = from + length;
    match bytes.get(end) {
        None | Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | b'<') => Some(end),
        // `<user@example.org>` and `<3,` are text.
        Some(_) => None,
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let at = self.at;
            let first = *bytes.get(at)?;
            if first != b'<' {
                return Some(self.text_token(at, at));
            }
            match bytes.get(at + 1) {
                Some(b'!') if bytes[at..].starts_with(b"<![CDATA[") => {
                    let from = at + 9;
                    if self.skip_past(from, "]]>") {
                        return Some(Token::CData(&self.text[from..self.at - 3]));
                    }
                    self.cut = true;
                    self.at = bytes.len();
                    return Some(Token::CData(&self.text[from..]));
                }
                Some(b'!') if bytes[at..].starts_with(b"<!--") => {
                    if !self.skip_past(at + 4, "-->") {
                        self.cut = true;
                        self.at = bytes.len();
                    }
                }
                Some(b'!') => self.skip_declaration(),
                Some(b'?') => self.skip_instruction(),
                Some(b'/')
                    if bytes.get(at + 2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80) =>
                {
                    return Some(self.close());
                }
                Some(_) => {
                    if let Some(end) = name_end(self.text, at + 1) {
                        return Some(self.open(end));
                    }
                    self.mended = true;
                    return Some(self.text_token(at, at + 1));
                }
                None => {
                    self.cut = true;
                    self.at = bytes.len();
                    return Some(Token::Text(&self.text[at..]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        Tokenizer::new(text).collect()
    }

    #[test]
    fn stray_angle_brackets_are_text() {
        let text = "a < b <3 <me@example.org>";
        let joined: String = tokens(text)
            .into_iter()
            .map(|token| match token {
                Token::Text(text) => text.to_owned(),
                other => panic!("{other:?} is no text"),
            })
            .collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn attributes_are_read_with_and_without_quotes() {
        let tag = match tokens("<a one='1' two=\"2>3\" three=x four FIVE = '5'/>").remove(0) {
            Token::Open(tag) => tag,
            other => panic!("{other:?} is no tag"),
        };
        let read: Vec<_> = tag.iter().collect();
        assert_eq!(read, [("one", "1"), ("two", "2>3"), ("three", "x"), ("four", ""), ("FIVE", "5")]);
        assert!(tag.empty);
        assert_eq!(tag.attribute("five"), Some("5"));
    }

    #[test]
    fn declarations_comments_and_instructions_are_skipped() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><!-- <x> --><a><?php 1 ?></a>";
        assert_eq!(tokens(text), [Token::Open(Tag { name: "a", attributes: "", empty: false }), Token::Close("a")]);
    }

    #[test]
    fn a_document_that_ends_inside_a_piece_is_called_cut() {
        for text in ["<a", "<a b='c", "<![CDATA[x", "<!-- x", "</a", "<"] {
            let mut tokenizer = Tokenizer::new(text);
            while tokenizer.next().is_some() {}
            assert!(tokenizer.cut, "{text}");
        }
    }
}
