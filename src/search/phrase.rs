//! A phrase and the places where a text has it.
//!
//! What somebody wrote without quotation marks is looked for by its words and runs of characters, whatever signs stand between
//! them: `foo-bar` finds “foo bar”, `iPhone手机` finds “iPhone 手机”. In quotation marks every sign counts. Either way a word is
//! whole, and a run of characters may begin and end anywhere.

use std::ops::Range;

use memchr::memmem;

use super::fold::{Folded, Kind, kind};
use super::terms::{Part, Sketch, is_clipped, neighbours_of_phrase, pieces, terms_of_phrase};

/// Something to look for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    folded: String,
    /// Signs and spaces count.
    is_exact: bool,
}

impl Phrase {
    /// Words and characters as they follow each other. `None` if there are none of either in it.
    pub fn loose(text: &str) -> Option<Self> {
        Self::new(text, false)
    }

    /// Exactly these characters.
    pub fn exact(text: &str) -> Option<Self> {
        Self::new(text, true)
    }

    fn new(text: &str, is_exact: bool) -> Option<Self> {
        let folded = Folded::new(text);
        let counts = |c: char| kind(c).is_term();
        let whole = if is_exact { folded.as_str().trim() } else { folded.as_str().trim_matches(|c| !counts(c)) };
        whole.chars().any(counts).then(|| Self { folded: whole.to_owned(), is_exact })
    }

    /// The phrase as it is looked for.
    pub fn as_str(&self) -> &str {
        &self.folded
    }

    /// Whether signs and spaces count.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The terms that every text with the phrase has.
    pub fn terms(&self, part: Part) -> Vec<String> {
        terms_of_phrase(&self.folded, part)
    }

    /// Whether the terms alone do not tell, so that the text has to be read.
    pub fn needs_text(&self) -> bool {
        let mut pieces = pieces(&self.folded);
        let (Some(piece), None) = (pieces.next(), pieces.next()) else { return true };
        let is_term = if piece.is_word { !is_clipped(piece.text) } else { piece.text.chars().nth(2).is_none() };
        !is_term || (self.is_exact && piece.text.len() != self.folded.len())
    }

    /// Whether a text of this sketch may have the phrase.
    pub fn may_be_in(&self, sketch: &Sketch) -> bool {
        sketch.may_hold(&neighbours_of_phrase(&self.folded))
    }

    /// Whether a folded text has the phrase.
    pub fn is_in(&self, text: &Folded) -> bool {
        self.places(text.as_str()).next().is_some()
    }

    /// Every place of the phrase in a folded text, none over another.
    pub fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let first =
            if self.is_exact { self.folded.as_str() } else { pieces(&self.folded).next().map_or("", |p| p.text) };
        let finder = memmem::Finder::new(first.as_bytes());
        let step = first.chars().next().map_or(1, char::len_utf8);
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let at = from + finder.find(text.as_bytes().get(from..)?)?;
                from = at + step;
                let end = if self.is_exact { self.exact_end(text, at) } else { self.loose_end(text, at) };
                if let Some(end) = end {
                    from = end;
                    return Some(at..end);
                }
            }
        })
    }

    fn exact_end(&self, text: &str, at: usize) -> Option<usize> {
        let end = at + self.folded.len();
        let begins = self.folded.chars().next().is_none_or(|c| kind(c) != Kind::Letter) || !ends_in_word(&text[..at]);
        let ends =
            self.folded.chars().next_back().is_none_or(|c| kind(c) != Kind::Letter) || !begins_in_word(&text[end..]);
        (begins && ends).then_some(end)
    }

    /// Where the phrase ends that has its first piece at `at`.
    fn loose_end(&self, text: &str, at: usize) -> Option<usize> {
        let mut end = at;
        let mut before: Option<bool> = None;
        for piece in pieces(&self.folded) {
            if let Some(was_word) = before {
                let rest = &text[end..];
                let gap = rest.find(|c| kind(c).is_term())?;
                let must_be_apart = piece.is_word == was_word;
                if must_be_apart && gap == 0 {
                    return None;
                }
                end += gap;
            } else if piece.is_word && ends_in_word(&text[..at]) {
                return None;
            }
            if !text[end..].starts_with(piece.text) {
                return None;
            }
            end += piece.text.len();
            if piece.is_word && begins_in_word(&text[end..]) {
                return None;
            }
            before = Some(piece.is_word);
        }
        Some(end)
    }
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| kind(c) == Kind::Letter)
}

fn begins_in_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| kind(c) == Kind::Letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: Option<Phrase>, text: &str) -> Vec<String> {
        let folded = Folded::with_sources(text);
        let phrase = phrase.unwrap();
        phrase.places(folded.as_str()).map(|at| text[folded.source(at)].to_owned()).collect()
    }

    #[test]
    fn without_quotation_marks_signs_do_not_count() {
        for (phrase, text, expected) in [
            ("foo-bar", "a foo bar, Foo_Bar, foobar, foo bars", &["foo bar", "Foo_Bar"][..]),
            ("iphone手机", "iPhone手机 iPhone 手机 iPhones手机", &["iPhone手机", "iPhone 手机"]),
            ("人民政府", "人民政府，人民 政府，各級人民政府機關", &["人民政府", "人民政府"]),
            ("中国，人民", "中国人民 中国。人民", &["中国。人民"]),
            ("c", "C++ c, cc", &["C", "c"]),
            ("的", "的的x的", &["的", "的", "的"]),
            ("cafe", "Cafés Café cafe\u{301}.", &["Café", "cafe\u{301}"]),
        ] {
            assert_eq!(found(Phrase::loose(phrase), text), expected, "{phrase}");
        }
    }

    #[test]
    fn in_quotation_marks_every_sign_counts() {
        for (phrase, text, expected) in [
            ("C++", "C c++ C+", &["c++"][..]),
            ("the document", "the, document; the  Document", &["the  Document"]),
            ("Writer文档", "Writer 文档 writer文檔", &["writer文檔"]),
            ("don't", "don’t dont don t", &["don’t"]),
            ("$100", "$100 $1000 100", &["$100"]),
        ] {
            assert_eq!(found(Phrase::exact(phrase), text), expected, "{phrase}");
        }
        assert_eq!(Phrase::exact(" … "), None);
    }

    #[test]
    fn the_index_alone_knows_words_and_one_or_two_characters() {
        for (text, needs) in
            [("word", false), ("中", false), ("中国", false), ("中国人", true), ("a b", true), ("a中", true)]
        {
            assert_eq!(Phrase::loose(text).unwrap().needs_text(), needs, "{text}");
            assert_eq!(Phrase::exact(text).unwrap().needs_text(), needs, "{text}");
        }
        assert!(Phrase::exact("C++").unwrap().needs_text());
        assert!(!Phrase::loose("C++").unwrap().needs_text());
        assert!(Phrase::loose(&"x".repeat(100)).unwrap().needs_text());
    }
}
