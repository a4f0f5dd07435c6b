//! Versions that readers chose: whatever the source says later, they read, search and export the one they chose.

use super::access::may_read;
use super::body::unpack;
use super::db::{Db, Tx, statements, within, write_one};
use super::error::StoreError;
use crate::content::text::Prose;
use crate::domain::{AccountId, ArticleId, BodyKind, UnixMillis, VersionId};

statements! {
    PIN = concat!("INSERT INTO pinned (account_id, article_id, version_id, body_version, kind, title, excerpt, words, \
           cjk_chars, pinned_at) \
           SELECT CAST($1 AS BIGINT), a.id, v.id, CAST($4 AS BIGINT), CAST($5 AS BIGINT), v.title, CAST($6 AS TEXT), \
           CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT) \
           FROM version v JOIN article a ON a.id = v.article_id WHERE v.id = $3 AND a.id = $2 AND ", may_read!(), " \
           ON CONFLICT (account_id, article_id) DO UPDATE SET version_id = excluded.version_id, \
           body_version = excluded.body_version, kind = excluded.kind, title = excluded.title, \
           excerpt = excluded.excerpt, words = excluded.words, cjk_chars = excluded.cjk_chars, \
           pinned_at = excluded.pinned_at");
    UNPIN = "DELETE FROM pinned WHERE account_id = $1 AND article_id = $2";
    PINNED = "SELECT version_id, pinned_at FROM pinned WHERE account_id = $1 AND article_id = $2";
    /// Of others than this article.
    HOW_MANY = "SELECT COUNT(*) FROM pinned WHERE account_id = $1 AND article_id <> $2";
    TITLE = "SELECT title FROM version WHERE article_id = $1 AND id = $2";
    /// The newest bodies in a version or before it, one of each kind.
    BODIES = "SELECT b.kind, b.version_id, b.codec, b.raw_len, b.content FROM body b \
              WHERE b.version_id IN (SELECT MAX(v.id) FROM version v JOIN body o ON o.version_id = v.id \
                                     WHERE v.article_id = $1 AND v.id <= $2 GROUP BY o.kind)";
}

/// The most articles of an account of which it chose a version. What of them is found is found by reading them all.
pub const MAX_PINNED: i64 = 300;

/// What became of a wish to read a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// It is what the account reads.
    Done,
    /// There is no such version, or the account may not read the article.
    NoVersion,
    /// The account has chosen for [`MAX_PINNED`] other articles.
    TooMany,
}

/// A packed body, with its kind and its version in front.
type PackedBody = (i64, VersionId, i64, i64, Vec<u8>);

impl Db {
    /// Makes this version the one that the account reads of an article, with the body of this kind if it has one.
    pub async fn pin_version(
        &self,
        account: AccountId,
        article: ArticleId,
        version: VersionId,
        kind: BodyKind,
        now: UnixMillis,
    ) -> Result<Pinned, StoreError> {
        let mut tx = self.begin().await?;
        let others: i64 =
            within!(tx, c => sqlx::query_scalar(HOW_MANY).bind(account).bind(article).fetch_one(c).await)?;
        if others >= MAX_PINNED {
            return Ok(Pinned::TooMany);
        }
        let pinned = pin(&mut tx, account, article, version, kind, now).await?;
        tx.commit().await?;
        Ok(if pinned { Pinned::Done } else { Pinned::NoVersion })
    }

    /// The account reads the newest version of an article again.
    pub async fn unpin_version(&self, account: AccountId, article: ArticleId) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(UNPIN).bind(account).bind(article).execute(c).await.map(drop))?;
        Ok(())
    }
}

/// If the account chose a version of the article, shows the body of this kind of it.
pub(super) async fn choose_kind(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    kind: BodyKind,
) -> Result<(), StoreError> {
    let pinned: Option<(VersionId, UnixMillis)> =
        within!(*tx, c => sqlx::query_as(PINNED).bind(account).bind(article).fetch_optional(c).await)?;
    if let Some((version, since)) = pinned {
        pin(tx, account, article, version, kind, since).await?;
    }
    Ok(())
}

pub(super) async fn pin(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    version: VersionId,
    kind: BodyKind,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let title: Option<String> =
        within!(*tx, c => sqlx::query_scalar(TITLE).bind(article).bind(version).fetch_optional(c).await)?;
    let Some(title) = title else { return Ok(false) };
    let mut bodies: Vec<PackedBody> =
        within!(*tx, c => sqlx::query_as(BODIES).bind(article).bind(version).fetch_all(c).await)?;
    bodies.sort_by_key(|body| (body.0 != kind.code(), std::cmp::Reverse(body.1)));
    let body = bodies.into_iter().next();
    let (body_version, kind) = body.as_ref().map_or((None, kind.code()), |body| (Some(body.1), body.0));
    let html = match body {
        Some((_, _, codec, raw_len, content)) => unpack(codec, raw_len, content).unwrap_or_default(),
        None => String::new(),
    };
    let prose = Prose::read(&html);
    let length = prose.length();
    let pinned = within!(*tx, c => sqlx::query(PIN)
        .bind(account).bind(article).bind(version).bind(body_version).bind(kind).bind(prose.excerpt(&title))
        .bind(i64::from(length.words)).bind(i64::from(length.cjk_chars)).bind(now)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(pinned > 0)
}
