//! The plain text of a body, its length, its excerpt.
//!
//! Owns: reading HTML as text without building a tree, which is what makes it cheap enough for every entry of every
//! feed. Does not own: safety; what comes out is text and must be escaped like any other.

mod excerpt;
mod length;
mod prose;
mod words;

pub use length::{Length, length, reading_minutes};
pub use prose::{Paragraph, ParagraphKind, Prose};
pub(crate) use words::words;

/// Letters and digits in lower case: what two spellings of a line have in common.
pub(crate) fn essence(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// The readable text of `html`: each block on a line of its own, white space collapsed, no scripts, no ruby readings.
pub fn plain_text(html: &str) -> String {
    Prose::read(html).text
}

/// One or two sentences of plain text for lists: the first real paragraph of `html` that does not repeat `title` and
/// is no caption or byline, cut at the end of a sentence within 80 CJK or 160 other characters.
pub fn excerpt(html: &str, title: &str) -> String {
    Prose::read(html).excerpt(title)
}
