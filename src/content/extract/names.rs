//! What the classes and ids of a page's elements say. No two pages use the same, so they are only ever asked for words.

use dom_query::NodeRef;

/// Whether a class or the id of an element holds one of these pieces of words, which are in lower case.
pub(super) fn speaks_of(node: &NodeRef<'_>, pieces: &[&str]) -> bool {
    ["class", "id"].iter().filter_map(|key| node.attr(key)).any(|value| {
        let has = |value: &str| pieces.iter().any(|piece| value.contains(piece));
        // Most names are in lower case as they are.
        if value.bytes().any(|b| b.is_ascii_uppercase()) { has(&value.to_ascii_lowercase()) } else { has(&value) }
    })
}

/// Whether one of these stands in a class or the id of an element as a word of its own: `post-share` has `share`.
pub(super) fn has_word(node: &NodeRef<'_>, words: &[&str]) -> bool {
    ["class", "id"].iter().filter_map(|key| node.attr(key)).any(|value| {
        value
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
    })
}

/// The letters of each name in a class or an id, in lower case: `Entry_Content-2` is `entrycontent`.
pub(super) fn letters(value: &str) -> impl Iterator<Item = String> {
    value
        .split_whitespace()
        .map(|name| name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect())
}

/// Whether an element belongs to another text than the article: a comment, a list of others. The page as a whole is called
/// anything.
pub(super) fn is_beside(node: &NodeRef<'_>, elements: &[&str], pieces: &[&str]) -> bool {
    elements.iter().any(|name| node.has_name(name)) || !node.has_name("body") && speaks_of(node, pieces)
}
