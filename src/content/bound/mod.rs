//! The gate before every tree builder: a linear pass that holds documents within limits.
//!
//! HTML parsers, sanitisers and extractors take time and stack in the square of a document's depth, and the standard's
//! rules let an unclosed `<b>` come back in every later paragraph. So each document passes here first. The pass follows
//! the open elements by the standard's rules without building a tree. Nearly every document comes through untouched,
//! without a copy. One that would grow too deep, or whose end tags leave in doubt how deep it grows, is written anew with
//! all end tags in place, so that any parser builds exactly the tree that was counted here.
//!
//! In flows decoded HTML of any kind; out flows HTML that is safe to parse, though by no means safe to show.

mod names;
mod pass;
#[cfg(test)]
mod tests;
pub(in crate::content) mod tokens;
mod tree;

use std::borrow::Cow;

/// How much of a document is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of UTF-8.
    pub bytes: usize,
    /// Open elements at one time.
    pub depth: usize,
    /// Attributes on one tag.
    pub attributes: usize,
    /// Bytes of one attribute, name and value.
    pub attribute_bytes: usize,
    /// Elements in the whole document.
    pub elements: usize,
    /// Formatting elements (`b`, `font`, `a`, …) that are open at one time.
    pub open_formatting: usize,
}

/// What the body of a feed entry may bring.
pub const ENTRY: Limits = Limits {
    bytes: 1 << 20,
    depth: 256,
    attributes: 256,
    attribute_bytes: 64 << 10,
    elements: 50_000,
    open_formatting: 64,
};

/// What a web page may bring.
pub const PAGE: Limits = Limits { bytes: 5 << 20, elements: 100_000, ..ENTRY };

/// HTML within the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounded<'a> {
    /// The document; borrowed when nothing had to be changed.
    pub html: Cow<'a, str>,
    /// Whether anything was left out: text, elements or attributes.
    pub cut: bool,
}

/// Brings `html` within `limits`. Text is kept up to the limit of bytes; tags beyond the other limits are left out.
/// Takes time in proportion to the length.
pub fn bound<'a>(html: &'a str, limits: &Limits) -> Bounded<'a> {
    let kept = &html[..html.floor_char_boundary(limits.bytes)];
    let bounded = match pass::as_it_is(kept, limits) {
        Some(()) => Bounded { html: Cow::Borrowed(kept), cut: false },
        None => {
            let (html, cut) = pass::written_anew(kept, limits);
            Bounded { html: Cow::Owned(html), cut }
        }
    };
    Bounded { cut: bounded.cut || kept.len() < html.len(), ..bounded }
}
