//! Archived articles: files in and out.
//!
//! Owns the form in which single articles lie in files, as collections of them are kept in public repositories:
//!
//! ```text
//! ---                                      front matter (optional): title, date, author, from, tags, categories
//! title: "…"
//! ---
//! <!--1692092344000-->                     when the collector saw the article, Unix milliseconds, or NaN
//! [title](https://example.com/a.html)      not escaped: the link ends at the last “)”
//! ------
//!
//! <p>feed HTML, mostly on one line</p>     with front matter, inside <div> … </div>
//! ```
//!
//! With front matter and neither stamp nor link a file is a post as people write it for Jekyll and its relatives, in `markdown` or HTML.
//!
//! Does not own what the HTML means (`content`), where the files lie (`cli`), or where articles go (`store`). Also writes a reader's
//! highlights as Markdown, and in `outward` articles in forms that others read, and in
//! `proof` what a text was and who says so. Pure: bytes
//! flow in and an [`ArchivedArticle`] flows out, and the other way round; whatever `write` writes, `read` reads back
//! to the same value. Damaged files are read as far as it makes sense.

pub mod account;
mod file_name;
mod front_matter;
mod markdown;
pub mod outward;
mod passages;
mod pictures;
mod proof;
mod read;
mod unzip;
mod write;
mod zip;

use crate::domain::UnixMillis;

pub use file_name::{file_name, folder_name, source_beside, source_title};
pub use passages::{MarkedArticle, Passage, write_passages};
pub use pictures::with_own_pictures;
pub use proof::{InstanceKey, Proof, ProofError, fingerprint};
pub use read::read;
pub use unzip::{Source, Unpacked, Unzip};
pub use write::write;
pub use zip::ZipFile;

/// The largest file that is read: far above the longest article, far below what hurts.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What an archive file holds. Texts are as the file writes them: untrusted, and not yet an article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArchivedArticle {
    /// The number of line 1: when the collector saw the article, normally in Unix milliseconds. See
    /// [`ArchivedArticle::seen_at`].
    pub stamp: Option<i64>,
    /// Title as plain text; empty if the file has none.
    pub title: String,
    /// The address as written: may be relative, empty, or no address at all.
    pub address: String,
    /// The author, by the front matter.
    pub author: Option<String>,
    /// The date as the front matter writes it.
    pub date: Option<String>,
    /// Tags and categories of the front matter, each once.
    pub tags: Vec<String>,
    /// The HTML.
    pub body: String,
    /// The title of its source, where its folder does not tell that.
    pub source: Option<String>,
    /// It is a post as its writer has it for a static site: nobody collected it.
    pub is_post: bool,
}

/// Stamps below this are seconds: as milliseconds they would lie before March 1973, as seconds after it lies all of
/// the web's history.
const FIRST_MILLIS: i64 = 100_000_000_000;

impl ArchivedArticle {
    /// When the collector saw the article. A stamp too small for milliseconds is taken for seconds.
    pub fn seen_at(&self) -> Option<UnixMillis> {
        self.stamp.map(|stamp| UnixMillis(if stamp < FIRST_MILLIS { stamp * 1_000 } else { stamp }))
    }
}

/// Why a file is no archived article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than any article.
    #[error("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// The text cannot be decoded.
    #[error("the file is not text")]
    NotText,
    /// The head begins and does not end.
    #[error("the front matter has no closing “---” line")]
    OpenFrontMatter,
    /// No title line stands where one must.
    #[error("no line “[title](address)” was found")]
    NoTitle,
    /// It is a post that its writer holds back.
    #[error("the post says that it is not published")]
    Unpublished,
    /// There is neither title nor address nor text.
    #[error("the file has neither title nor text")]
    NoText,
}

#[cfg(test)]
mod tests;
