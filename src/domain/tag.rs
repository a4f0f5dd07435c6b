//! The name of a tag: what a reader types, brought to one form.

use unicode_normalization::UnicodeNormalization as _;

/// The most characters of a tag's name.
pub const MAX_TAG_CHARS: usize = 100;
/// The most names that are read from one line.
const MAX_NAMES: usize = 50;

/// A tag's name: composed (Unicode NFC), single spaces, 1 to [`MAX_TAG_CHARS`] characters, no comma, nothing unseen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);

impl TagName {
    /// Reads one name. `None` if nothing is left of it, it is too long, or it holds a comma, which separates names.
    pub fn parse(text: &str) -> Option<Self> {
        // Four times the length is more than any text that composes to it.
        let seen = text.chars().take(MAX_TAG_CHARS * 4 + 1).map(|c| if c.is_control() { ' ' } else { c });
        let composed: String = seen.filter(|c| !is_unseen(*c)).nfc().collect();
        let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = (1..=MAX_TAG_CHARS).contains(&name.chars().count()) && !name.contains(is_comma);
        fits.then_some(Self(name))
    }

    /// Reads a line of names with commas between them, Western or Chinese; each name once. `None` if one of them cannot be
    /// a name or there are too many of them; an empty line has none.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let mut names: Vec<Self> = Vec::new();
        for part in text.split(is_comma).filter(|part| !part.trim().is_empty()) {
            let name = Self::parse(part)?;
            if !names.iter().any(|known| known.key() == name.key()) {
                names.push(name);
            }
            if names.len() > MAX_NAMES {
                return None;
            }
        }
        Some(names)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without regard to case and width: two tags with one key are one tag.
    pub fn key(&self) -> String {
        self.0.nfkc().collect::<String>().to_lowercase()
    }
}

fn is_comma(c: char) -> bool {
    matches!(c, ',' | '，' | '、' | '،')
}

/// Characters that nobody sees, by which two names could look like one. Joiners stay: Indic and Persian words need them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        TagName::parse_list(text).map(|names| names.into_iter().map(|name| name.0).collect())
    }

    #[test]
    fn a_name_is_trimmed_composed_and_on_one_line() {
        for (typed, name) in [
            ("  rust ", "rust"),
            ("two\twords\n here", "two words here"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("a\u{202e}b", "ab"),
            ("阅读", "阅读"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            assert_eq!(TagName::parse(typed).unwrap().as_str(), name, "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for bad in ["", "  ", "\u{200b}", "a,b", "一，二", &"x".repeat(101), &"e\u{301}".repeat(100_000)] {
            assert_eq!(TagName::parse(bad), None, "{bad:.20}");
        }
        assert!(TagName::parse(&"e\u{301}".repeat(100)).is_some(), "counted as composed");
    }

    #[test]
    fn case_and_width_do_not_make_another_tag() {
        let key = |name: &str| TagName::parse(name).unwrap().key();
        assert_eq!(key("Rust"), key("rUST"));
        assert_eq!(key("ＡＢＣ"), key("abc"));
        assert_ne!(key("resume"), key("résumé"));
    }

    #[test]
    fn commas_of_either_kind_separate_names() {
        assert_eq!(names("rust, reading ,,Rust，阅读"), Some(vec!["rust".into(), "reading".into(), "阅读".into()]));
        assert_eq!(names(" , "), Some(vec![]));
        assert_eq!(names(&format!("fine, {}", "x".repeat(101))), None);
        assert_eq!(names(&(0..51).map(|n| format!("{n},")).collect::<String>()), None);
    }
}
