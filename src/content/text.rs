//! The plain text of HTML, its length and its excerpt.

/// How long a text is, by kind of script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length {
    /// Words of alphabetic scripts.
    pub words: u32,
    /// Han, kana and hangul characters.
    pub cjk_chars: u32,
}

/// The readable text of `html`: blocks on lines of their own, no scripts, no ruby readings.
pub fn plain_text(html: &str) -> String {
    html.to_owned()
}

/// Counts the words and CJK characters of plain text.
pub fn length(text: &str) -> Length {
    let _ = text;
    Length::default()
}

/// Minutes of reading, at least 1: CJK characters at 500 a minute, words at 265, and ten seconds for each of the first ten pictures.
pub fn reading_minutes(length: Length, pictures: u32) -> u32 {
    let _ = (length, pictures);
    1
}

/// One or two sentences of plain text for lists.
pub fn excerpt(html: &str, title: &str) -> String {
    let _ = title;
    plain_text(html)
}
