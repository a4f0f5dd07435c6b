//! Articles that several feeds bring: shown once, unread once, read together.
//!
//! Of each article of a public feed the database keeps what can be compared ([`Likeness`]). Those that say the same are one
//! **story**, whoever follows their feeds. From it follows for each account which article is a **repeat**: one that another of its
//! feeds brought before. A repeat stays in the list of its own feed, with a note in the row of the first; in lists of several feeds it
//! is left out, and it never becomes unread. What is done to its being read is done to the first. Nothing is deleted, and the
//! account can switch it off at any time.
//!
//! A muted or paused feed brings nothing first: who is tired of it still hears of an article from the others.

use sqlx::QueryBuilder;

use super::db::{Db, Tx, read, statements, within, within_built};
use super::error::StoreError;
use super::row::id_list;
use super::sidebar::change_counts;
use super::trash::{is_kept, is_listed};
use crate::domain::{AccountId, ArticleId, FeedId, UnixMillis};
use crate::search::{LIKENESS_MILLIS, Likeness, Occasion};

/// A condition on an article `a` of the account in this column or place: it is no repeat. A scalar subquery and no EXISTS,
/// because SQLite may turn an EXISTS into a join and then begin at its far end.
macro_rules! is_no_repeat {
    ($account:literal, $article:literal) => {
        concat!(
            "(SELECT 1 FROM repeated r WHERE r.account_id = ",
            $account,
            " AND r.article_id = ",
            $article,
            ") IS NULL"
        )
    };
}

/// Whether account `$1` has not read article `a`, or the one that it repeats.
macro_rules! is_unread {
    () => {
        "(EXISTS (SELECT 1 FROM unread u WHERE u.article_id = a.id AND u.account_id = $1) \
          OR EXISTS (SELECT 1 FROM repeated r JOIN unread u ON u.article_id = r.first_id AND u.account_id = $1 \
                     WHERE r.account_id = $1 AND r.article_id = a.id))"
    };
}

pub(super) use {is_no_repeat, is_unread};

/// Finds for articles `x` the first ones `y` of their stories, for each account that follows both feeds and did not switch this off.
macro_rules! relate {
    ($from:literal, $which:literal) => {
        concat!(
            "INSERT INTO repeated (account_id, article_id, feed_id, first_id, first_feed_id) \
             SELECT s.account_id, x.id, x.feed_id, y.id, y.feed_id FROM ",
            $from,
            " JOIN subscription s ON s.feed_id = x.feed_id \
              JOIN account w ON w.id = s.account_id AND w.folds_repeats \
              JOIN story l ON l.story_id = k.story_id AND l.article_id <> k.article_id \
              JOIN article y ON y.id = l.article_id \
              JOIN subscription t ON t.account_id = s.account_id AND t.feed_id = y.feed_id AND NOT t.muted \
              AND t.paused_at IS NULL WHERE ",
            $which,
            " AND ",
            is_listed!("s.account_id", "y.id"),
            " AND ",
            is_kept!("s.account_id", "x.id"),
            " AND NOT EXISTS (SELECT 1 FROM repeated d WHERE d.account_id = s.account_id AND d.first_id = x.id) \
             ORDER BY y.id ON CONFLICT DO NOTHING"
        )
    };
}

statements! {
    IS_PUBLIC = "SELECT owner_id IS NULL FROM feed WHERE id = $1";
    ONE = "SELECT feed_id, sort_at FROM article WHERE id = $1";
    FORGET = "DELETE FROM likeness WHERE article_id IN (SELECT value FROM json_each($1))";
    /// What has one of these addresses, `$1`, or titles, `$2`, between two moments.
    CANDIDATES = "SELECT l.article_id, a.feed_id, l.sort_at, l.address, l.title, l.whole, l.beginning, k.story_id \
                  FROM (SELECT m.article_id FROM likeness m WHERE m.address IN (SELECT value FROM json_each($1)) \
                        AND m.sort_at BETWEEN $3 AND $4 \
                        UNION SELECT n.article_id FROM likeness n WHERE n.title IN (SELECT value FROM json_each($2)) \
                        AND n.sort_at BETWEEN $3 AND $4 LIMIT $5 + 0) c \
                  JOIN likeness l ON l.article_id = c.article_id JOIN article a ON a.id = c.article_id \
                  LEFT JOIN story k ON k.article_id = c.article_id ORDER BY l.article_id";
    JOIN_STORY = "INSERT INTO story (article_id, story_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    RELATE_NEW = relate!("story k JOIN article x ON x.id = k.article_id",
        "k.article_id IN (SELECT value FROM json_each($1)) AND y.feed_id <> x.feed_id");
    RELATE_FEED = relate!("article x JOIN story k ON k.article_id = x.id",
        "x.feed_id = $2 AND s.account_id = $1 AND y.feed_id <> x.feed_id");
    RELATE_ALL = relate!("story k JOIN article x ON x.id = k.article_id", "s.account_id = $1 AND y.id < x.id");
    /// What was unread before it was known for a repeat.
    READ_NEW = "DELETE FROM unread WHERE article_id IN (SELECT value FROM json_each($1)) \
                AND (account_id, article_id) IN (SELECT r.account_id, r.article_id FROM repeated r \
                WHERE r.article_id IN (SELECT value FROM json_each($1))) RETURNING account_id, feed_id";
    READ_ALL = "DELETE FROM unread WHERE account_id = $1 AND article_id IN \
                (SELECT r.article_id FROM repeated r WHERE r.account_id = $1) RETURNING account_id, feed_id";
    FIRST = "SELECT first_id FROM repeated WHERE account_id = $1 AND article_id = $2";
    /// Of the firsts of feeds that are left, the repeats that take their place.
    HEIRS = "SELECT r.first_id, MIN(r.article_id) FROM repeated r \
             JOIN subscription s ON s.account_id = r.account_id AND s.feed_id = r.feed_id \
             AND NOT s.muted AND s.paused_at IS NULL \
             WHERE r.account_id = $1 AND r.first_feed_id IN (SELECT value FROM json_each($2)) \
             AND r.feed_id NOT IN (SELECT value FROM json_each($2)) GROUP BY r.first_id ORDER BY r.first_id";
    INHERIT_UNREAD = "INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                      SELECT CAST($1 AS BIGINT), h.sort_at, h.id, h.feed_id FROM article h WHERE h.id = $3 \
                      AND EXISTS (SELECT 1 FROM unread u WHERE u.account_id = $1 AND u.article_id = $2) \
                      ON CONFLICT DO NOTHING RETURNING feed_id";
    INHERIT = "UPDATE repeated SET first_id = $3, first_feed_id = (SELECT h.feed_id FROM article h WHERE h.id = $3) \
               WHERE account_id = $1 AND first_id = $2 AND article_id <> $3";
    COME_FIRST = "DELETE FROM repeated WHERE account_id = $1 AND article_id = $2";
    FALL_BACK = "INSERT INTO repeated (account_id, article_id, feed_id, first_id, first_feed_id) \
                 SELECT CAST($1 AS BIGINT), o.id, o.feed_id, h.id, h.feed_id FROM article o, article h \
                 WHERE o.id = $2 AND h.id = $3 ON CONFLICT DO NOTHING";
    /// The other articles of the stories of these, of the account's feeds.
    ALSO = "SELECT k.asked, a.id, COALESCE(s.title, f.title) AS title FROM \
            (SELECT r.first_id AS asked, r.article_id AS other FROM repeated r \
             WHERE r.account_id = $1 AND r.first_id IN (SELECT value FROM json_each($2)) \
             UNION SELECT r.article_id, r.first_id FROM repeated r \
             WHERE r.account_id = $1 AND r.article_id IN (SELECT value FROM json_each($2)) \
             UNION SELECT r.article_id, o.article_id FROM repeated r JOIN repeated o ON o.account_id = r.account_id \
             AND o.first_id = r.first_id AND o.article_id <> r.article_id \
             WHERE r.account_id = $1 AND r.article_id IN (SELECT value FROM json_each($2))) k \
            JOIN article a ON a.id = k.other JOIN feed f ON f.id = a.feed_id \
            JOIN subscription s ON s.account_id = $1 AND s.feed_id = a.feed_id ORDER BY k.asked, a.id LIMIT $3 + 0";
    FOLDS = "SELECT folds_repeats FROM account WHERE id = $1";
    SET_FOLDS = "UPDATE account SET folds_repeats = $2 WHERE id = $1 AND folds_repeats <> $2";
    UNFOLD = "DELETE FROM repeated WHERE account_id = $1";
}

/// So many articles are compared with those of a batch.
const MOST_CANDIDATES: i64 = 2_000;
/// So many sources are named on a page.
const MOST_SOURCES: i64 = 500;

/// An article that another feed of the account brought, too.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AlsoIn {
    /// The article that was asked about.
    pub asked: ArticleId,
    /// The other one.
    pub id: ArticleId,
    /// The other one's feed, as the account calls it.
    pub title: String,
}

/// An article that may say the same as another.
#[derive(Debug, sqlx::FromRow)]
struct Candidate {
    article_id: ArticleId,
    feed_id: FeedId,
    sort_at: UnixMillis,
    address: Option<i64>,
    title: Option<i64>,
    whole: Option<i64>,
    beginning: Option<i64>,
    story_id: Option<ArticleId>,
}

impl Candidate {
    fn likeness(&self) -> Likeness {
        Likeness { address: self.address, title: self.title, whole: self.whole, beginning: self.beginning }
    }
}

/// An article with what is compared.
pub(super) type Compared = (ArticleId, UnixMillis, Likeness);

/// Notes what can be compared of new articles of a feed, finds the ones that say the same, and for whom they are repeats. To
/// be called before anything of them becomes unread.
pub(super) async fn note(tx: &mut Tx, feed: FeedId, articles: &[Compared]) -> Result<(), StoreError> {
    let comparable: Vec<&Compared> =
        articles.iter().filter(|(_, _, likeness)| likeness.address.is_some() || likeness.title.is_some()).collect();
    if comparable.is_empty() {
        return Ok(());
    }
    let is_public: Option<bool> = within!(*tx, c => sqlx::query_scalar(IS_PUBLIC).bind(feed).fetch_optional(c).await)?;
    if is_public != Some(true) {
        return Ok(());
    }
    within_built!(*tx, Backend, c => {
        let mut query = QueryBuilder::<Backend>::new(
            "INSERT INTO likeness (article_id, sort_at, address, title, whole, beginning) ",
        );
        query.push_values(&comparable, |mut row, (id, sort_at, likeness)| {
            row.push_bind(*id)
                .push_bind(*sort_at)
                .push_bind(likeness.address)
                .push_bind(likeness.title)
                .push_bind(likeness.whole)
                .push_bind(likeness.beginning);
        });
        query.build().execute(c).await.map(drop)
    })?;
    let candidates = candidates(tx, &comparable).await?;
    if candidates.iter().all(|candidate| candidate.feed_id == feed) {
        return Ok(());
    }
    let mut repeats = Vec::new();
    for compared in &comparable {
        if let Some(story) = story_of(tx, feed, compared, &candidates).await? {
            repeats.push(compared.0);
            within!(*tx, c => sqlx::query(JOIN_STORY).bind(compared.0).bind(story).execute(c).await.map(drop))?;
        }
    }
    if repeats.is_empty() {
        return Ok(());
    }
    let ids = id_list(repeats.iter().map(|id| id.0));
    let related =
        within!(*tx, c => sqlx::query(RELATE_NEW).bind(&ids).execute(c).await.map(|done| done.rows_affected()))?;
    if related > 0 {
        let read: Vec<(AccountId, FeedId)> = within!(*tx, c => sqlx::query_as(READ_NEW).bind(&ids).fetch_all(c).await)?;
        count_read(tx, read).await?;
    }
    Ok(())
}

/// The same for an article that is there and got another text.
pub(super) async fn note_again(tx: &mut Tx, article: ArticleId, likeness: Likeness) -> Result<(), StoreError> {
    let known: Option<(FeedId, UnixMillis)> =
        within!(*tx, c => sqlx::query_as(ONE).bind(article).fetch_optional(c).await)?;
    let Some((feed, sort_at)) = known else { return Ok(()) };
    let ids = id_list([article.0]);
    within!(*tx, c => sqlx::query(FORGET).bind(&ids).execute(c).await.map(drop))?;
    note(tx, feed, &[(article, sort_at, likeness)]).await
}

async fn candidates(tx: &mut Tx, articles: &[&Compared]) -> Result<Vec<Candidate>, StoreError> {
    let addresses = id_list(articles.iter().filter_map(|(_, _, likeness)| likeness.address));
    let titles = id_list(articles.iter().filter_map(|(_, _, likeness)| likeness.title));
    let moments = || articles.iter().map(|(_, sort_at, _)| *sort_at);
    let first = moments().min().unwrap_or(UnixMillis(0)).plus(-LIKENESS_MILLIS);
    let last = moments().max().unwrap_or(UnixMillis(0)).plus(LIKENESS_MILLIS);
    Ok(within!(*tx, c => sqlx::query_as(CANDIDATES)
        .bind(&addresses).bind(&titles).bind(first).bind(last).bind(MOST_CANDIDATES).fetch_all(c).await)?)
}

/// The story of which an article is one more, if there is any. One that begins with it is stored for the other article, too.
async fn story_of(
    tx: &mut Tx,
    feed: FeedId,
    (id, sort_at, likeness): &Compared,
    candidates: &[Candidate],
) -> Result<Option<ArticleId>, StoreError> {
    let is_near = |candidate: &&Candidate| (candidate.sort_at.0 - sort_at.0).abs() <= LIKENESS_MILLIS;
    let found = candidates.iter().filter(is_near).find(|other| {
        if other.feed_id == feed || other.article_id == *id {
            return false;
        }
        // An address or a title that a feed gives twice names none of its articles.
        let is_shared = |of: &dyn Fn(&Candidate) -> Option<i64>, value: Option<i64>| {
            [feed, other.feed_id].into_iter().any(|feed| {
                let alike = candidates.iter().filter(is_near);
                alike.filter(|known| known.feed_id == feed && of(known) == value && value.is_some()).nth(1).is_some()
            })
        };
        let occasion = Occasion {
            apart: (other.sort_at.0 - sort_at.0).abs(),
            shared_address: is_shared(&|known| known.address, likeness.address),
            shared_title: is_shared(&|known| known.title, likeness.title),
        };
        likeness.is_copy_of(&other.likeness(), occasion)
    });
    let Some(other) = found else { return Ok(None) };
    let story = other.story_id.unwrap_or(other.article_id);
    within!(*tx, c => sqlx::query(JOIN_STORY).bind(other.article_id).bind(story).execute(c).await.map(drop))?;
    Ok(Some(story))
}

/// Finds the repeats of a feed that the account follows from now on. To be called before anything of it becomes unread.
pub(super) async fn follow(tx: &mut Tx, account: AccountId, feed: FeedId) -> Result<(), StoreError> {
    Ok(within!(*tx, c => sqlx::query(RELATE_FEED).bind(account).bind(feed).execute(c).await.map(drop))?)
}

/// Lets the repeats of what these feeds brought first take its place, unread if it was, because the account does not want to hear
/// of these feeds any more. To be called before it leaves them.
pub(super) async fn leave(tx: &mut Tx, account: AccountId, feeds: &[FeedId]) -> Result<(), StoreError> {
    let feeds = id_list(feeds.iter().map(|feed| feed.0));
    let heirs: Vec<(ArticleId, ArticleId)> =
        within!(*tx, c => sqlx::query_as(HEIRS).bind(account).bind(&feeds).fetch_all(c).await)?;
    for (first, heir) in heirs {
        within!(*tx, c => sqlx::query(COME_FIRST).bind(account).bind(heir).execute(c).await.map(drop))?;
        within!(*tx, c => sqlx::query(INHERIT).bind(account).bind(first).bind(heir).execute(c).await.map(drop))?;
        let feed: Option<FeedId> = within!(*tx, c => sqlx::query_scalar(INHERIT_UNREAD)
            .bind(account).bind(first).bind(heir).fetch_optional(c).await)?;
        if let Some(feed) = feed {
            change_counts(tx, &[(account, feed, 1)]).await?;
        }
        within!(*tx, c => sqlx::query(FALL_BACK).bind(account).bind(first).bind(heir).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// The article whose being read counts for this one: the first, if it is a repeat.
pub(super) async fn first_of(tx: &mut Tx, account: AccountId, article: ArticleId) -> Result<ArticleId, StoreError> {
    let first: Option<ArticleId> =
        within!(*tx, c => sqlx::query_scalar(FIRST).bind(account).bind(article).fetch_optional(c).await)?;
    Ok(first.unwrap_or(article))
}

async fn count_read(tx: &mut Tx, read: Vec<(AccountId, FeedId)>) -> Result<(), StoreError> {
    for (account, feed) in read {
        change_counts(tx, &[(account, feed, -1)]).await?;
    }
    Ok(())
}

impl Db {
    /// Which other feeds of the account brought these articles, too.
    pub async fn also_in(&self, account: AccountId, articles: &[ArticleId]) -> Result<Vec<AlsoIn>, StoreError> {
        if articles.is_empty() {
            return Ok(Vec::new());
        }
        let ids = id_list(articles.iter().map(|id| id.0));
        Ok(read!(self, c => sqlx::query_as(ALSO).bind(account).bind(&ids).bind(MOST_SOURCES).fetch_all(c).await)?)
    }

    /// Whether the account wants to see once what several feeds bring.
    pub async fn folds_repeats(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(FOLDS).bind(account).fetch_one(c).await)?)
    }

    /// Switches that. Without it every repeat is an article like any other again; what was read stays read.
    pub async fn set_folds_repeats(&self, account: AccountId, folds: bool) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let changed = within!(tx, c => sqlx::query(SET_FOLDS)
            .bind(account).bind(folds).execute(c).await.map(|done| done.rows_affected()))?;
        if changed == 0 {
            return Ok(());
        }
        if folds {
            within!(tx, c => sqlx::query(RELATE_ALL).bind(account).execute(c).await.map(drop))?;
            let read: Vec<(AccountId, FeedId)> =
                within!(tx, c => sqlx::query_as(READ_ALL).bind(account).fetch_all(c).await)?;
            count_read(&mut tx, read).await?;
        } else {
            within!(tx, c => sqlx::query(UNFOLD).bind(account).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }
}
