//! Bodies and pages as they lie in the database: compressed, with the number of the way they were.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

use super::StoreError;
use super::db::{Tx, statements, within};
use crate::domain::{ArticleId, KeptPage, VersionId};

statements! {
    PUT = "INSERT INTO body (version_id, kind, codec, raw_len, content) VALUES ($1, $2, $3, $4, $5) \
           ON CONFLICT (version_id, kind) DO UPDATE SET codec = excluded.codec, raw_len = excluded.raw_len, \
           content = excluded.content";
    KEEP_PAGE = "INSERT INTO page (article_id, url, fetched_at, codec, raw_len, content) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (article_id) DO UPDATE SET url = excluded.url, fetched_at = excluded.fetched_at, \
                 codec = excluded.codec, raw_len = excluded.raw_len, content = excluded.content";
}

/// Stored as it is, because compressing made it longer.
const PLAIN: i64 = 0;
/// One frame of zstd without a dictionary.
const ZSTD: i64 = 1;

/// 43 µs for 9 KB and 2.5 times smaller; higher levels cost four times as much for 3 % less.
const LEVEL: i32 = 3;

/// No text that went in was longer, so a frame that claims more is damaged.
const MAX_RAW: usize = 64 * 1024 * 1024;

/// A text, compressed.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub(super) codec: i64,
    pub(super) raw_len: i64,
    pub(super) content: Vec<u8>,
}

/// Compresses a text. Costs CPU: call it outside of transactions.
pub(super) fn pack(text: &str) -> Packed {
    let raw_len = i64::try_from(text.len()).unwrap_or(i64::MAX);
    match compress(text.as_bytes()) {
        Ok(content) if content.len() < text.len() => Packed { codec: ZSTD, raw_len, content },
        _ => Packed { codec: PLAIN, raw_len, content: text.as_bytes().to_vec() },
    }
}

/// With the memory of the text before: to ask the system for it each time costs a tenth of the work.
fn compress(text: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static KEPT: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    KEPT.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(text)
    })
}

/// Gives back the text of [`pack`].
pub(super) fn unpack(codec: i64, raw_len: i64, content: Vec<u8>) -> Result<String, StoreError> {
    let damaged = |what: String| StoreError::Damaged(format!("a body ({what})"));
    let bytes = match codec {
        PLAIN => content,
        ZSTD => {
            let len = usize::try_from(raw_len).ok().filter(|len| *len <= MAX_RAW);
            let len = len.ok_or_else(|| damaged(format!("length {raw_len}")))?;
            decompress(&content, len).map_err(|error| damaged(error.to_string()))?
        }
        other => return Err(damaged(format!("unknown codec {other}"))),
    };
    String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))
}

/// With the memory of the text before: to make that anew takes longer than many a text.
fn decompress(content: &[u8], len: usize) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static KEPT: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    KEPT.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        decompressor.decompress(content, len)
    })
}

/// Gives a version its body of a kind.
pub(super) async fn put(tx: &mut Tx, version: VersionId, kind: i64, body: &Packed) -> Result<(), StoreError> {
    within!(*tx, c => sqlx::query(PUT)
        .bind(version).bind(kind).bind(body.codec).bind(body.raw_len).bind(&body.content)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Keeps a page, in the place of an earlier one.
pub(super) async fn keep_page(
    tx: &mut Tx,
    article: ArticleId,
    page: &KeptPage,
    packed: &Packed,
) -> Result<(), StoreError> {
    within!(*tx, c => sqlx::query(KEEP_PAGE)
        .bind(article).bind(page.url.as_str()).bind(page.fetched_at)
        .bind(packed.codec).bind(packed.raw_len).bind(&packed.content)
        .execute(c).await.map(drop))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_went_in() {
        for text in ["", "short", &"<p>中文 and more</p>".repeat(500)] {
            let packed = pack(text);
            assert_eq!(unpack(packed.codec, packed.raw_len, packed.content).unwrap(), text);
        }
    }

    #[test]
    fn a_long_text_becomes_short_and_a_short_one_stays_as_it_is() {
        assert!(pack(&"<p>again</p>".repeat(500)).content.len() < 100);
        assert_eq!(pack("a").codec, PLAIN);
    }

    #[test]
    fn a_damaged_body_is_an_error_and_no_panic() {
        let packed = pack(&"<p>again</p>".repeat(500));
        assert!(unpack(ZSTD, packed.raw_len, packed.content[..20].to_vec()).is_err());
        assert!(unpack(ZSTD, -1, packed.content.clone()).is_err());
        assert!(unpack(ZSTD, i64::MAX, packed.content).is_err());
        assert!(unpack(7, 1, vec![1]).is_err());
        assert!(unpack(PLAIN, 1, vec![0xff]).is_err());
    }
}
