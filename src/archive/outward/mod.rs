//! Articles on their way out, in forms that other programs read: one web page, Markdown, an electronic book.
//!
//! Owns: the forms. In: pieces of clean HTML and the pictures that were gathered for them. Out: texts and bytes. Does not own:
//! cleaning (`content`), fetching (`jobs`), which articles (`web`). Everything here is pure and gives the same bytes for the same
//! pieces.

mod book;
mod markdown;
mod page;
mod tree;

use std::collections::HashMap;

use axum::body::Bytes;

use crate::domain::UnixMillis;

pub use book::{Book, write_book};
pub use markdown::{write_markdown, write_markdown_with_pictures};
pub use page::write_page;
pub use tree::picture_addresses;

/// An article on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece {
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// The original.
    pub url: Option<String>,
    /// The name of its source; may be empty.
    pub source: String,
    /// The language of its text.
    pub language: Option<String>,
    /// Whether that is read from right to left.
    pub is_rtl: bool,
    /// When it was published, if that is known.
    pub published: Option<UnixMillis>,
    /// Clean HTML. Pictures have their own addresses.
    pub html: String,
}

impl Piece {
    /// Author, source and day, as far as they are known.
    fn facts(&self) -> Vec<String> {
        let day = self.published.and_then(UnixMillis::to_timestamp).map(|at| at.strftime("%F").to_string());
        let source = Some(self.source.clone()).filter(|source| !source.is_empty());
        [self.author.clone(), source, day].into_iter().flatten().collect()
    }
}

/// A picture that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub kind: PictureKind,
    /// The file.
    pub bytes: Bytes,
}

/// Pictures by their addresses.
pub type Pictures = HashMap<String, Picture>;

/// The kinds of pictures that every reader of books shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
}

impl PictureKind {
    /// The kind by the first bytes; `None` for everything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
        }
    }
}

#[cfg(test)]
mod tests;
