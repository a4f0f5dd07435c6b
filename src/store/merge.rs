//! Two feeds become one: what a feed that moved to the address of another one leaves to it.
//!
//! No text is lost. Of two articles with the same keys and the same text, one stays and takes over what readers left at
//! the other; articles that differ in anything both stay. Who followed the old feed follows the new one, with what was
//! unread and nothing more.

use std::collections::HashSet;

use super::db::{Db, Tx, statements, within};
use super::error::{StoreError, is_taken};
use super::repeat;
use super::row::short_hash;
use super::trash::is_listed;
use crate::domain::{AccountId, ArticleId, FeedId};

/// What each account left at article `$1` becomes its own at article `$2`, where it has nothing of the kind.
macro_rules! hand_over {
    ($table:literal, $of:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET article_id = $2 WHERE article_id = $1 AND NOT EXISTS (SELECT 1 FROM ",
            $table,
            " other WHERE other.article_id = $2 AND other.",
            $of,
            " = ",
            $table,
            ".",
            $of,
            ")"
        )
    };
}

statements! {
    BOTH_PUBLIC = "SELECT COUNT(*) FROM feed WHERE id IN ($1, $2) AND owner_id IS NULL";
    STRANGERS = "SELECT EXISTS (SELECT 1 FROM subscription n WHERE n.feed_id = $2 AND NOT EXISTS \
                 (SELECT 1 FROM subscription o WHERE o.feed_id = $1 AND o.account_id = n.account_id))";
    /// The same text under the same key, and nothing at the old one that the new one lacks.
    TWINS = "SELECT o.id AS old, n.id AS kept FROM article o JOIN article n ON n.feed_id = $2 \
             AND n.content_hash = o.content_hash AND (n.first_key = o.first_key OR n.second_key = o.second_key) \
             WHERE o.feed_id = $1 AND o.version_count = 1 \
             AND NOT EXISTS (SELECT 1 FROM pinned p WHERE p.article_id = o.id) \
             AND NOT EXISTS (SELECT 1 FROM trashed t WHERE t.article_id = o.id OR t.article_id = n.id) \
             AND (NOT EXISTS (SELECT 1 FROM page p WHERE p.article_id = o.id) \
                  OR EXISTS (SELECT 1 FROM page p WHERE p.article_id = n.id)) ORDER BY o.id, n.id";
    READ_IN_ONE = "DELETE FROM unread WHERE article_id = $2 AND EXISTS (SELECT 1 FROM subscription s \
                   WHERE s.feed_id = $3 AND s.account_id = unread.account_id) AND NOT EXISTS (SELECT 1 FROM unread o \
                   WHERE o.article_id = $1 AND o.account_id = unread.account_id) \
                   AND NOT EXISTS (SELECT 1 FROM repeated r WHERE r.article_id = $1 AND r.account_id = unread.account_id)";
    FOLLOWERS = "SELECT account_id FROM subscription WHERE feed_id = $1";
    /// The impossible counter marks those who are new here, until everything is counted at the end.
    FOLLOW = "INSERT INTO subscription (account_id, feed_id, category_id, title, preference, muted, paused_at, plain_tile, \
              pictures, retention, unread_count, created_at) \
              SELECT s.account_id, CAST($2 AS BIGINT), s.category_id, s.title, s.preference, s.muted, s.paused_at, \
              s.plain_tile, s.pictures, s.retention, -1, s.created_at \
              FROM subscription s WHERE s.feed_id = $1 ON CONFLICT (account_id, feed_id) DO NOTHING";
    STILL_UNREAD = concat!("INSERT INTO unread (account_id, sort_at, article_id, feed_id) \
                    SELECT o.account_id, n.sort_at, n.id, n.feed_id FROM unread o JOIN article n ON n.id = $2 \
                    JOIN subscription s ON s.account_id = o.account_id AND s.feed_id = n.feed_id \
                    AND s.unread_count = -1 WHERE o.article_id = $1 AND ", is_listed!("o.account_id", "n.id"), " \
                    ON CONFLICT DO NOTHING");
    STARS = hand_over!("starred", "account_id");
    LATER = hand_over!("later", "account_id");
    CHOICES = hand_over!("body_choice", "account_id");
    OPENED = hand_over!("opened", "account_id");
    PLACES = hand_over!("place", "account_id");
    PLAYED = hand_over!("played", "account_id");
    TAGS = hand_over!("tagged", "tag_id");
    HIGHLIGHTS = "UPDATE highlight SET article_id = $2 WHERE article_id = $1";
    /// The text is the same, so the link shows what it showed.
    SHARES = "UPDATE share SET article_id = $2, version_id = COALESCE((SELECT MAX(v.id) FROM version v \
              WHERE v.article_id = $2), version_id) WHERE article_id = $1";
    DROP_STARS = "DELETE FROM starred WHERE article_id = $1";
    DROP_LATER = "DELETE FROM later WHERE article_id = $1";
    DROP_TAGS = "DELETE FROM tagged WHERE article_id = $1";
    DROP_TWIN = "DELETE FROM article WHERE id = $1";
    CLASHES = "SELECT o.id, o.first_key FROM article o WHERE o.feed_id = $1 \
               AND EXISTS (SELECT 1 FROM article n WHERE n.feed_id = $2 AND n.first_key = o.first_key)";
    REKEY = "UPDATE article SET first_key = $2, second_key = NULL WHERE id = $1";
    MOVE_RULES = "UPDATE rule SET feed_id = $2 WHERE feed_id = $1";
    MOVE_LIST_CHOICES = "UPDATE list_choice SET feed_id = $2 WHERE feed_id = $1 AND NOT EXISTS \
                         (SELECT 1 FROM list_choice n WHERE n.account_id = list_choice.account_id AND n.feed_id = $2)";
    MOVE_UNREAD = "UPDATE unread SET feed_id = $2 WHERE feed_id = $1";
    MOVE_ARTICLES = "UPDATE article SET feed_id = $2 WHERE feed_id = $1";
    MOVE_TOMBSTONES = "UPDATE tombstone SET feed_id = $2 WHERE feed_id = $1 AND NOT EXISTS \
                       (SELECT 1 FROM tombstone n WHERE n.feed_id = $2 AND n.first_key = tombstone.first_key)";
    UNFOLLOW = "DELETE FROM subscription WHERE feed_id = $1";
    RECOUNT = "UPDATE subscription SET unread_count = (SELECT COUNT(*) FROM unread u \
               WHERE u.account_id = subscription.account_id AND u.feed_id = subscription.feed_id) WHERE feed_id = $1";
    DROP_FEED = "DELETE FROM feed WHERE id = $1";
}

/// Whether readers who never chose a feed may find its articles in one that they follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// Both feeds are of one site.
    Allowed,
    /// Anybody could have sent the one to the other to put words into its mouth.
    Refused,
}

#[derive(Debug, sqlx::FromRow)]
struct Twin {
    old: ArticleId,
    kept: ArticleId,
}

impl Db {
    /// Makes the public feed `old` part of the public feed `into`, in one transaction. False, and nothing changes, if one
    /// of them is not there, if somebody is writing to both, or if `strangers` are refused and somebody follows `into`
    /// without following `old`.
    pub async fn merge_feeds(&self, old: FeedId, into: FeedId, strangers: Strangers) -> Result<bool, StoreError> {
        match self.try_to_merge(old, into, strangers).await {
            // An article came to the other feed in between, under a key that is in both. The next check tries again.
            Err(StoreError::Database(error)) if is_taken(&error) => Ok(false),
            merged => merged,
        }
    }

    async fn try_to_merge(&self, old: FeedId, into: FeedId, strangers: Strangers) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let public: i64 = within!(tx, c => sqlx::query_scalar(BOTH_PUBLIC).bind(old).bind(into).fetch_one(c).await)?;
        let has_strangers: bool =
            within!(tx, c => sqlx::query_scalar(STRANGERS).bind(old).bind(into).fetch_one(c).await)?;
        if public != 2 || (has_strangers && strangers == Strangers::Refused) {
            return Ok(false);
        }
        // What the old feed brought first, others may have: they take its place, so that the new one is unread where it was.
        let followers: Vec<AccountId> = within!(tx, c => sqlx::query_scalar(FOLLOWERS).bind(old).fetch_all(c).await)?;
        for account in followers {
            repeat::leave(&mut tx, account, &[old]).await?;
        }
        let mut twins: Vec<Twin> = within!(tx, c => sqlx::query_as(TWINS).bind(old).bind(into).fetch_all(c).await)?;
        let mut seen = HashSet::new();
        twins.retain(|twin| seen.insert(twin.old));
        for Twin { old: article, kept } in &twins {
            within!(tx, c => sqlx::query(READ_IN_ONE).bind(article).bind(kept).bind(old).execute(c).await.map(drop))?;
        }
        run(&mut tx, FOLLOW, old, into).await?;
        for twin in &twins {
            become_one(&mut tx, twin).await?;
        }
        let clashes: Vec<(ArticleId, Vec<u8>)> =
            within!(tx, c => sqlx::query_as(CLASHES).bind(old).bind(into).fetch_all(c).await)?;
        for (article, mut key) in clashes {
            key.extend_from_slice(b"moved from");
            key.extend_from_slice(&old.0.to_le_bytes());
            let key = short_hash(&key);
            within!(tx, c => sqlx::query(REKEY).bind(article).bind(&key[..]).execute(c).await.map(drop))?;
        }
        run(&mut tx, MOVE_RULES, old, into).await?;
        run(&mut tx, MOVE_LIST_CHOICES, old, into).await?;
        run(&mut tx, MOVE_UNREAD, old, into).await?;
        run(&mut tx, MOVE_ARTICLES, old, into).await?;
        run(&mut tx, MOVE_TOMBSTONES, old, into).await?;
        for (statement, feed) in [(UNFOLLOW, old), (RECOUNT, into), (DROP_FEED, old)] {
            within!(tx, c => sqlx::query(statement).bind(feed).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn run(tx: &mut Tx, statement: &'static str, old: FeedId, into: FeedId) -> Result<(), StoreError> {
    Ok(within!(*tx, c => sqlx::query(statement).bind(old).bind(into).execute(c).await.map(drop))?)
}

async fn become_one(tx: &mut Tx, twin: &Twin) -> Result<(), StoreError> {
    for statement in [STILL_UNREAD, STARS, LATER, CHOICES, OPENED, PLACES, PLAYED, TAGS, HIGHLIGHTS, SHARES] {
        within!(*tx, c => sqlx::query(statement).bind(twin.old).bind(twin.kept).execute(c).await.map(drop))?;
    }
    for statement in [DROP_STARS, DROP_LATER, DROP_TAGS, DROP_TWIN] {
        within!(*tx, c => sqlx::query(statement).bind(twin.old).execute(c).await.map(drop))?;
    }
    Ok(())
}
