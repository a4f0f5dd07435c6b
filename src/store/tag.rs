//! Tags: a reader's words for articles.

use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use super::access::may_read;
use super::bin::{self, Kind};
use super::db::{Db, Tx, read, statements, within, within_built, write_one};
use super::error::StoreError;
use super::picture::want_pictures_in;
use super::row::id_list;
use crate::domain::{AccountId, ArticleId, TagId, TagName, UnixMillis};

statements! {
    OF_ACCOUNT = "SELECT t.id, t.name, \
                  (SELECT COUNT(*) FROM tagged g WHERE g.account_id = $1 AND g.tag_id = t.id) AS articles \
                  FROM tag t WHERE t.account_id = $1 ORDER BY t.name_key, t.id";
    ONE = "SELECT name, created_at FROM tag WHERE account_id = $1 AND id = $2";
    OF_ARTICLE = "SELECT t.id, t.name FROM tagged g JOIN tag t ON t.id = g.tag_id \
                  WHERE g.article_id = $2 AND g.account_id = $1 ORDER BY t.name_key, t.id";
    HOW_MANY = "SELECT COUNT(*) FROM tag WHERE account_id = $1";
    HOW_MANY_OF_ARTICLE = "SELECT COUNT(*) FROM tagged WHERE article_id = $2 AND account_id = $1";
    MAY_TAG = concat!("SELECT EXISTS (SELECT 1 FROM article a WHERE a.id = $2 AND ", may_read!(), ")");
    BY_KEY = "SELECT id, name FROM tag WHERE account_id = $1 AND name_key = $2";
    /// The conflict is that of two tabs which make the same tag at the same moment.
    INSERT = "INSERT INTO tag (account_id, name, name_key, created_at) VALUES ($1, $2, $3, $4) \
              ON CONFLICT (account_id, name_key) DO UPDATE SET name = tag.name RETURNING id";
    TAG = "INSERT INTO tagged (tag_id, article_id, account_id, marked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    UNTAG = "DELETE FROM tagged WHERE account_id = $1 AND article_id = $2 AND tag_id = $3 AND marked_at <= $4";
    RENAME = "UPDATE tag SET name = $3, name_key = $4 WHERE account_id = $1 AND id = $2";
    ARTICLES = "SELECT article_id, marked_at FROM tagged WHERE account_id = $1 AND tag_id = $2";
    MOVE = "INSERT INTO tagged (tag_id, article_id, account_id, marked_at) \
            SELECT CAST($3 AS BIGINT), g.article_id, g.account_id, g.marked_at FROM tagged g \
            WHERE g.account_id = $1 AND g.tag_id = $2 ON CONFLICT DO NOTHING RETURNING article_id";
    RULES = "SELECT id FROM rule WHERE account_id = $1 AND tag_id = $2";
    RULES_TO = "UPDATE rule SET tag_id = $2 WHERE account_id = $1 AND id IN (SELECT value FROM json_each($3))";
    MOVE_BACK = "DELETE FROM tagged WHERE account_id = $1 AND tag_id = $2 \
                 AND article_id IN (SELECT value FROM json_each($3))";
    DELETE = "DELETE FROM tag WHERE account_id = $1 AND id = $2";
}

/// The most tags of an account.
pub const MAX_TAGS: i64 = 2_000;
/// The most tags of an article.
pub const MAX_TAGS_OF_ARTICLE: i64 = 50;

/// A tag with its number of articles.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// As the reader writes it.
    pub name: String,
    /// How many articles have it.
    pub articles: i64,
}

/// A tag of an article.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ArticleTag {
    /// Its id.
    pub id: TagId,
    /// As the reader writes it.
    pub name: String,
}

/// What came of tagging an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// It has these tags now.
    Done,
    /// There is no such article for this account.
    NoArticle,
    /// The article would have more than [`MAX_TAGS_OF_ARTICLE`], or the account more than [`MAX_TAGS`]; nothing changed.
    TooMany,
}

/// What came of giving a tag another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// It has the name.
    Done,
    /// The account has no such tag.
    NoTag,
    /// Another tag had the name, and now has these articles, too.
    Merged(TagGone),
}

/// A tag that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagGone {
    /// Its name.
    pub name: String,
    /// The name of the tag that took its articles.
    pub into: Option<String>,
    /// The number that brings it back for [`UNDO_MILLIS`](super::UNDO_MILLIS).
    pub receipt: i64,
}

/// A tag in the bin.
#[derive(Debug, Serialize, Deserialize)]
struct Binned {
    name: String,
    created_at: UnixMillis,
    articles: Vec<(ArticleId, UnixMillis)>,
    /// The tag that took the articles, and which of them it did not have before.
    into: Option<(TagId, Vec<ArticleId>)>,
    /// The rules that give it.
    #[serde(default)]
    rules: Vec<i64>,
}

impl Db {
    /// The account's tags by name, each with its number of articles.
    pub async fn tags(&self, account: AccountId) -> Result<Vec<Tag>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?)
    }

    /// The tags that the account gave an article, by name.
    pub async fn article_tags(&self, account: AccountId, article: ArticleId) -> Result<Vec<ArticleTag>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ARTICLE).bind(account).bind(article).fetch_all(c).await)?)
    }

    /// Gives an article these tags beside those that it has; tags that are not there yet are made. All of them or none.
    pub async fn tag_article(
        &self,
        account: AccountId,
        article: ArticleId,
        names: &[TagName],
        now: UnixMillis,
    ) -> Result<Tagged, StoreError> {
        let mut tx = self.begin().await?;
        if !may_tag(&mut tx, account, article).await? {
            return Ok(Tagged::NoArticle);
        }
        for name in names {
            let tag = find_or_create(&mut tx, account, name, now).await?;
            give(&mut tx, account, article, tag, now).await?;
        }
        let of_article: i64 =
            within!(tx, c => sqlx::query_scalar(HOW_MANY_OF_ARTICLE).bind(account).bind(article).fetch_one(c).await)?;
        let of_account: i64 = within!(tx, c => sqlx::query_scalar(HOW_MANY).bind(account).fetch_one(c).await)?;
        if of_article > MAX_TAGS_OF_ARTICLE || of_account > MAX_TAGS {
            return Ok(Tagged::TooMany);
        }
        want_pictures_in(&mut tx, [article], now).await?;
        tx.commit().await?;
        Ok(Tagged::Done)
    }

    /// Takes a tag from an article that was given it by `until` at the latest; whether it was.
    pub async fn untag_article(
        &self,
        account: AccountId,
        article: ArticleId,
        tag: TagId,
        until: UnixMillis,
    ) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(UNTAG)
            .bind(account).bind(article).bind(tag).bind(until).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }

    /// Gives a tag another name. If another tag has that name, the two become one, which can be taken back.
    pub async fn rename_tag(
        &self,
        account: AccountId,
        tag: TagId,
        name: &TagName,
        now: UnixMillis,
    ) -> Result<Renamed, StoreError> {
        let mut tx = self.begin().await?;
        let Some((own, created_at)) = one(&mut tx, account, tag).await? else { return Ok(Renamed::NoTag) };
        let other = by_key(&mut tx, account, name).await?.filter(|(other, _)| *other != tag);
        let Some((other, into)) = other else {
            within!(tx, c => sqlx::query(RENAME)
                .bind(account).bind(tag).bind(name.as_str()).bind(name.key()).execute(c).await.map(drop))?;
            tx.commit().await?;
            return Ok(Renamed::Done);
        };
        let articles = articles(&mut tx, account, tag).await?;
        let added: Vec<ArticleId> = within!(tx, c => sqlx::query_scalar(MOVE)
            .bind(account).bind(tag).bind(other).fetch_all(c).await)?;
        let rules = rules(&mut tx, account, tag).await?;
        rules_to(&mut tx, account, other, &rules).await?;
        let binned = Binned { name: own.clone(), created_at, articles, into: Some((other, added)), rules };
        let receipt = throw_away(&mut tx, account, tag, &binned, now).await?;
        tx.commit().await?;
        Ok(Renamed::Merged(TagGone { name: own, into: Some(into), receipt }))
    }

    /// Deletes a tag; its articles stay, without it. `None` if the account has no such tag.
    pub async fn delete_tag(
        &self,
        account: AccountId,
        tag: TagId,
        now: UnixMillis,
    ) -> Result<Option<TagGone>, StoreError> {
        let mut tx = self.begin().await?;
        let Some((name, created_at)) = one(&mut tx, account, tag).await? else { return Ok(None) };
        let articles = articles(&mut tx, account, tag).await?;
        let rules = rules(&mut tx, account, tag).await?;
        let binned = Binned { name: name.clone(), created_at, articles, into: None, rules };
        let receipt = throw_away(&mut tx, account, tag, &binned, now).await?;
        tx.commit().await?;
        Ok(Some(TagGone { name, into: None, receipt }))
    }

    /// Brings a deleted or merged tag back with its articles. Its id, new or that of a tag which has its name by now;
    /// `None` if it cannot be brought back any more.
    pub async fn restore_tag(
        &self,
        account: AccountId,
        receipt: i64,
        now: UnixMillis,
    ) -> Result<Option<TagId>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(binned) = bin::take::<Binned>(&mut tx, account, Kind::Tag, receipt, now).await? else {
            return Ok(None);
        };
        let name = TagName::parse(&binned.name)
            .ok_or_else(|| StoreError::Damaged(format!("a tag in the bin is named “{}”", binned.name)))?;
        if let Some((into, added)) = &binned.into {
            let added = id_list(added.iter().map(|article| article.0));
            within!(tx, c => sqlx::query(MOVE_BACK).bind(account).bind(*into).bind(&added).execute(c).await.map(drop))?;
        }
        let tag = find_or_create(&mut tx, account, &name, binned.created_at).await?;
        rules_to(&mut tx, account, tag, &binned.rules).await?;
        for articles in binned.articles.chunks(1_000) {
            within_built!(tx, Backend, c => {
                let mut query = QueryBuilder::<Backend>::new("WITH back (tag_id, article_id, account_id, marked_at) AS (");
                query.push_values(articles, |mut row, (article, at)| {
                    row.push_bind(tag).push_bind(*article).push_bind(account).push_bind(*at);
                });
                query.push(
                    ") INSERT INTO tagged (tag_id, article_id, account_id, marked_at) \
                     SELECT b.tag_id, b.article_id, b.account_id, b.marked_at \
                     FROM back b JOIN article a ON a.id = b.article_id WHERE TRUE ON CONFLICT DO NOTHING",
                );
                query.build().persistent(false).execute(c).await.map(drop)
            })?;
        }
        tx.commit().await?;
        Ok(Some(tag))
    }
}

async fn rules(tx: &mut Tx, account: AccountId, tag: TagId) -> Result<Vec<i64>, StoreError> {
    Ok(within!(*tx, c => sqlx::query_scalar(RULES).bind(account).bind(tag).fetch_all(c).await)?)
}

/// Rules give this tag from now on.
async fn rules_to(tx: &mut Tx, account: AccountId, tag: TagId, rules: &[i64]) -> Result<(), StoreError> {
    let rules = id_list(rules.iter().copied());
    Ok(within!(*tx, c => sqlx::query(RULES_TO).bind(account).bind(tag).bind(&rules).execute(c).await.map(drop))?)
}

async fn one(tx: &mut Tx, account: AccountId, tag: TagId) -> Result<Option<(String, UnixMillis)>, StoreError> {
    Ok(within!(*tx, c => sqlx::query_as(ONE).bind(account).bind(tag).fetch_optional(c).await)?)
}

async fn by_key(tx: &mut Tx, account: AccountId, name: &TagName) -> Result<Option<(TagId, String)>, StoreError> {
    Ok(within!(*tx, c => sqlx::query_as(BY_KEY).bind(account).bind(name.key()).fetch_optional(c).await)?)
}

async fn articles(tx: &mut Tx, account: AccountId, tag: TagId) -> Result<Vec<(ArticleId, UnixMillis)>, StoreError> {
    Ok(within!(*tx, c => sqlx::query_as(ARTICLES).bind(account).bind(tag).fetch_all(c).await)?)
}

pub(super) async fn find_or_create(
    tx: &mut Tx,
    account: AccountId,
    name: &TagName,
    now: UnixMillis,
) -> Result<TagId, StoreError> {
    match by_key(tx, account, name).await? {
        Some((id, _)) => Ok(id),
        None => Ok(within!(*tx, c => sqlx::query_scalar(INSERT)
            .bind(account).bind(name.as_str()).bind(name.key()).bind(now).fetch_one(c).await)?),
    }
}

/// Whether the account may read, and so tag, an article.
pub(super) async fn may_tag(tx: &mut Tx, account: AccountId, article: ArticleId) -> Result<bool, StoreError> {
    Ok(within!(*tx, c => sqlx::query_scalar(MAY_TAG).bind(account).bind(article).fetch_one(c).await)?)
}

/// Gives an article a tag of the account, inside a transaction; whether it did not have it. The caller knows that the
/// account may read it.
pub(super) async fn give(
    tx: &mut Tx,
    account: AccountId,
    article: ArticleId,
    tag: TagId,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let given = within!(*tx, c => sqlx::query(TAG)
        .bind(tag).bind(article).bind(account).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(given > 0)
}

async fn throw_away(
    tx: &mut Tx,
    account: AccountId,
    tag: TagId,
    binned: &Binned,
    now: UnixMillis,
) -> Result<i64, StoreError> {
    let receipt = bin::put(tx, account, Kind::Tag, binned, now).await?;
    within!(*tx, c => sqlx::query(DELETE).bind(account).bind(tag).execute(c).await.map(drop))?;
    Ok(receipt)
}
