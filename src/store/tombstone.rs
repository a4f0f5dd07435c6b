//! What is remembered of deleted articles, so that no reading of their feed brings them back, and what a feed lists.
//!
//! A tombstone has the keys of an article. It is known again by its second key (link and title), or by its first (the guid) where
//! its address is the same: a guid that a source gives to another page is another article.

use std::collections::{HashMap, HashSet};

use super::db::{Db, Tx, read, statements, within, within_built, write_one};
use super::dialect::{FIND_BY_FIRST_KEY, TOMBSTONES_BY_FIRST_KEY, TOMBSTONES_BY_SECOND_KEY};
use super::error::StoreError;
use super::row::{hex_list, id_list, key, short_hash, url};
use crate::domain::{ArticleDraft, FeedId, UnixMillis, WebUrl};

statements! {
    BURIED = "SELECT feed_id, first_key, second_key, url FROM article WHERE id IN (SELECT value FROM json_each($1)) \
              AND feed_id IN (SELECT f.id FROM feed f WHERE f.owner_id IS NULL)";
    STILL_LISTED = "UPDATE tombstone SET listed_at = $3 WHERE feed_id = $1 AND first_key = $2 AND listed_at < $4";
    FORGET = "DELETE FROM tombstone WHERE listed_at < $1";
    LIST = "INSERT INTO listed (feed_id, articles) SELECT f.id, CAST($2 AS TEXT) FROM feed f \
            WHERE f.id = $1 AND f.owner_id IS NULL ON CONFLICT (feed_id) DO UPDATE SET articles = excluded.articles \
            WHERE listed.articles <> excluded.articles";
}

/// For so long after its feed last listed it a tombstone is kept.
const KEPT: i64 = 400 * UnixMillis::DAY;
/// It is noted once in so long that it is still listed.
const NOTE_EVERY: i64 = 7 * UnixMillis::DAY;

#[derive(Debug, sqlx::FromRow)]
struct Tombstone {
    first_key: Vec<u8>,
    second_key: Option<Vec<u8>>,
    address_key: Option<Vec<u8>>,
}

#[derive(Debug, sqlx::FromRow)]
struct Keyed {
    id: i64,
}

/// Puts a tombstone for each of these articles of public feeds, inside the transaction that deletes them.
pub(super) async fn bury(tx: &mut Tx, articles: &str, now: UnixMillis) -> Result<(), StoreError> {
    type Row = (FeedId, Vec<u8>, Option<Vec<u8>>, Option<String>);
    let rows: Vec<Row> = within!(*tx, c => sqlx::query_as(BURIED).bind(articles).fetch_all(c).await)?;
    if rows.is_empty() {
        return Ok(());
    }
    Ok(within_built!(*tx, Backend, c => {
        let mut query = sqlx::QueryBuilder::<Backend>::new(
            "INSERT INTO tombstone (feed_id, first_key, second_key, address_key, listed_at) ",
        );
        query.push_values(rows, |mut row, (feed, first, second, address)| {
            let address = url(address).map(|address| address_key(&address).to_vec());
            row.push_bind(feed).push_bind(first).push_bind(second).push_bind(address).push_bind(now);
        });
        query.push(" ON CONFLICT (feed_id, first_key) DO UPDATE SET second_key = excluded.second_key, \
             address_key = excluded.address_key, listed_at = excluded.listed_at");
        query.build().execute(c).await.map(drop)
    })?)
}

impl Db {
    /// Which of the drafts, by their places, are articles of the feed that were deleted. Notes that the feed still lists them.
    pub(super) async fn buried(
        &self,
        feed: FeedId,
        drafts: &[(usize, &ArticleDraft)],
        now: UnixMillis,
    ) -> Result<HashSet<usize>, StoreError> {
        let mut buried = HashSet::new();
        if drafts.is_empty() {
            return Ok(buried);
        }
        let first: Vec<[u8; 16]> = drafts.iter().map(|(_, draft)| draft.keys.first).collect();
        let second: Vec<[u8; 16]> = drafts.iter().filter_map(|(_, draft)| draft.keys.second).collect();
        let mut by_first: HashMap<[u8; 16], Tombstone> = HashMap::new();
        let mut by_second: HashMap<[u8; 16], [u8; 16]> = HashMap::new();
        for (statement, keys) in [(TOMBSTONES_BY_FIRST_KEY, first), (TOMBSTONES_BY_SECOND_KEY, second)] {
            if keys.is_empty() {
                continue;
            }
            let (statement, keys) = (statement.of(self), hex_list(&keys));
            let found: Vec<Tombstone> =
                read!(self, c => sqlx::query_as(statement).bind(feed).bind(&keys).fetch_all(c).await)?;
            for tombstone in found {
                let first = key(&tombstone.first_key)?;
                if let Some(second) = &tombstone.second_key {
                    by_second.insert(key(second)?, first);
                }
                by_first.insert(first, tombstone);
            }
        }
        for (place, draft) in drafts {
            let by_guid = by_first.get(&draft.keys.first).filter(|tombstone| is_same_page(tombstone, draft));
            let by_link = draft.keys.second.and_then(|second| by_second.get(&second).copied());
            if let Some(first) = by_guid.map(|_| draft.keys.first).or(by_link) {
                buried.insert(*place);
                write_one!(self, c => sqlx::query(STILL_LISTED)
                    .bind(feed).bind(&first[..]).bind(now).bind(now.plus(-NOTE_EVERY)).execute(c).await.map(drop))?;
            }
        }
        Ok(buried)
    }

    /// Notes what stands in the newest document of a feed: the articles with these first keys.
    pub async fn note_listed(&self, feed: FeedId, keys: &[[u8; 16]]) -> Result<(), StoreError> {
        let (statement, keys) = (FIND_BY_FIRST_KEY.of(self), hex_list(keys));
        let rows: Vec<Keyed> = read!(self, c => sqlx::query_as(statement).bind(feed).bind(&keys).fetch_all(c).await)?;
        let articles = id_list(rows.iter().map(|row| row.id));
        Ok(write_one!(self, c => sqlx::query(LIST).bind(feed).bind(&articles).execute(c).await.map(drop))?)
    }

    pub(super) async fn forget_tombstones(&self, now: UnixMillis) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(FORGET).bind(now.plus(-KEPT)).execute(c).await.map(drop))?)
    }
}

/// Whether a draft that has the first key of a deleted article is that article.
fn is_same_page(tombstone: &Tombstone, draft: &ArticleDraft) -> bool {
    match (&tombstone.address_key, &draft.url) {
        (Some(address), Some(url)) => address[..] == address_key(url),
        _ => true,
    }
}

/// A hash of an address.
fn address_key(url: &WebUrl) -> [u8; 16] {
    short_hash(url.bare().as_bytes())
}
