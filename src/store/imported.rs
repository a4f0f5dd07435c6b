//! What an import brought, and taking it back: for ten minutes, and after a restart as well.
//!
//! The bin holds which articles, feeds, categories, tags, rules and searches were not there before, and every mark that was set,
//! also on articles that were. Whatever a reader marked since is theirs: such an article stays as it is. Everything is done in
//! small transactions and the receipt is given up last, so what a crash breaks off is simply begun again.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, read, statements, within};
use super::error::StoreError;
use super::mark::UNDO_MILLIS;
use super::row::id_list;
use super::rule;
use super::rule::Verdict;
use super::trash::is_kept;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, HighlightId, RuleId, SavedSearchId, TagId, UnixMillis};

statements! {
    STARRED = "SELECT article_id, marked_at FROM starred WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    LATER = "SELECT article_id, marked_at FROM later WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    OPENED = "SELECT article_id, opened_at FROM opened WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    PINNED = "SELECT article_id, pinned_at FROM pinned WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    TAGGED = "SELECT article_id, tag_id, marked_at FROM tagged WHERE account_id = $1 \
              AND article_id IN (SELECT value FROM json_each($2))";
    HIGHLIGHTED = "SELECT id, article_id, changed_at FROM highlight WHERE account_id = $1 \
                   AND article_id IN (SELECT value FROM json_each($2))";
    SHARED = "SELECT article_id FROM share WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    UNSTAR = "DELETE FROM starred WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    UNKEEP = "DELETE FROM later WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    UNOPEN = "DELETE FROM opened WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    UNPIN = "DELETE FROM pinned WHERE account_id = $1 AND article_id IN (SELECT value FROM json_each($2))";
    UNHIGHLIGHT = "DELETE FROM highlight WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2))";
    UNTAG = "DELETE FROM tagged WHERE account_id = $1 AND article_id = $2 AND tag_id = $3 AND marked_at = $4";
    CATEGORIES = "SELECT id FROM category WHERE account_id = $1";
    FEEDS = "SELECT feed_id FROM subscription WHERE account_id = $1";
    TAGS = "SELECT id FROM tag WHERE account_id = $1";
    RULES = "SELECT id FROM rule WHERE account_id = $1";
    SEARCHES = "SELECT id FROM saved_search WHERE account_id = $1";
    DROP_RULES = "DELETE FROM rule WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2))";
    DROP_SEARCHES = "DELETE FROM saved_search WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2))";
    /// Those that are in no use.
    DROP_TAGS = "DELETE FROM tag WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2)) \
                 AND NOT EXISTS (SELECT 1 FROM tagged g WHERE g.tag_id = tag.id) \
                 AND NOT EXISTS (SELECT 1 FROM rule r WHERE r.tag_id = tag.id)";
    DROP_CATEGORIES = "DELETE FROM category WHERE account_id = $1 AND id IN (SELECT value FROM json_each($2)) \
                       AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.category_id = category.id) \
                       AND NOT EXISTS (SELECT 1 FROM rule r WHERE r.category_id = category.id)";
    /// Sources of the account's own in which nothing is left. Bringing back an article brings back its source.
    DROP_SOURCES = concat!("DELETE FROM subscription WHERE account_id = $1 AND feed_id IN (SELECT value FROM json_each($2)) \
                    AND EXISTS (SELECT 1 FROM feed f WHERE f.id = subscription.feed_id AND f.owner_id = $1) \
                    AND NOT EXISTS (SELECT 1 FROM article a WHERE a.feed_id = subscription.feed_id AND ",
                    is_kept!("$1", "a.id"), ")");
    FORGET_FILE = "DELETE FROM meta WHERE name = $1";
    ANY = "SELECT EXISTS (SELECT 1 FROM bin WHERE account_id = $1 AND kind = $2 AND created_at > $3)";
    WAITING = "SELECT id, created_at, content FROM bin WHERE account_id = $1 AND kind = $2 AND created_at > $3 ORDER BY id DESC";
}

/// Articles in one transaction.
const CHUNK: usize = 200;

/// Marks of an account on some articles, each with its moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    starred: Vec<(ArticleId, UnixMillis)>,
    later: Vec<(ArticleId, UnixMillis)>,
    opened: Vec<(ArticleId, UnixMillis)>,
    pinned: Vec<(ArticleId, UnixMillis)>,
    tagged: Vec<(ArticleId, TagId, UnixMillis)>,
    highlights: Vec<(HighlightId, ArticleId, UnixMillis)>,
}

/// What stands in both, or (`keep_both` false) in the first alone.
fn sift<T: Copy + Eq + std::hash::Hash>(these: &[T], those: &[T], keep_both: bool) -> Vec<T> {
    let those: HashSet<T> = those.iter().copied().collect();
    these.iter().copied().filter(|one| those.contains(one) == keep_both).collect()
}

impl Marks {
    /// Those that `before` does not have.
    pub fn since(&self, before: &Self) -> Self {
        self.sifted(before, false)
    }

    fn sifted(&self, other: &Self, keep_both: bool) -> Self {
        Self {
            starred: sift(&self.starred, &other.starred, keep_both),
            later: sift(&self.later, &other.later, keep_both),
            opened: sift(&self.opened, &other.opened, keep_both),
            pinned: sift(&self.pinned, &other.pinned, keep_both),
            tagged: sift(&self.tagged, &other.tagged, keep_both),
            highlights: sift(&self.highlights, &other.highlights, keep_both),
        }
    }

    /// Adds further ones.
    pub fn append(&mut self, mut other: Self) {
        self.starred.append(&mut other.starred);
        self.later.append(&mut other.later);
        self.opened.append(&mut other.opened);
        self.pinned.append(&mut other.pinned);
        self.tagged.append(&mut other.tagged);
        self.highlights.append(&mut other.highlights);
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The articles that are worth keeping by these; having been opened is no reason.
    fn kept(&self) -> impl Iterator<Item = ArticleId> + '_ {
        let plain = [&self.starred, &self.later, &self.pinned].into_iter().flatten().map(|(article, _)| *article);
        plain
            .chain(self.tagged.iter().map(|(article, ..)| *article))
            .chain(self.highlights.iter().map(|(_, article, _)| *article))
    }

    fn articles(&self) -> impl Iterator<Item = ArticleId> + '_ {
        self.kept().chain(self.opened.iter().map(|(article, _)| *article))
    }

    /// Leaves out those on these articles.
    fn spare(&mut self, articles: &HashSet<ArticleId>) {
        for marks in [&mut self.starred, &mut self.later, &mut self.opened, &mut self.pinned] {
            marks.retain(|(article, _)| !articles.contains(article));
        }
        self.tagged.retain(|(article, ..)| !articles.contains(article));
        self.highlights.retain(|(_, article, _)| !articles.contains(article));
    }
}

/// What an account has of its own, by number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Holdings {
    /// Its categories.
    pub categories: Vec<CategoryId>,
    /// What it follows, sources of its own among it.
    pub feeds: Vec<FeedId>,
    /// Its tags.
    pub tags: Vec<TagId>,
    /// Its rules.
    pub rules: Vec<RuleId>,
    /// Searches that it keeps.
    pub searches: Vec<SavedSearchId>,
}

impl Holdings {
    /// What `before` does not have.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            categories: sift(&self.categories, &before.categories, false),
            feeds: sift(&self.feeds, &before.feeds, false),
            tags: sift(&self.tags, &before.tags, false),
            rules: sift(&self.rules, &before.rules, false),
            searches: sift(&self.searches, &before.searches, false),
        }
    }
}

/// What an import brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Imported {
    /// What it was called: the names of its files.
    pub name: String,
    /// What the account did not have before.
    pub new: Holdings,
    /// Articles that were not there before, or lay in the trash.
    pub articles: Vec<ArticleId>,
    /// Marks that were not there before, on these and on other articles.
    pub marks: Marks,
    /// How many articles that were there got a version. That stays.
    pub changed: usize,
    /// The name by which the database knows that a whole account was taken in.
    pub account_file: Option<String>,
}

impl Imported {
    /// Whether there is nothing to take back.
    pub fn is_nothing(&self) -> bool {
        self.articles.is_empty()
            && self.marks.is_empty()
            && self.new == Holdings::default()
            && self.account_file.is_none()
    }
}

/// An import that can still be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoableImport {
    /// The number that takes it back.
    pub receipt: i64,
    /// Until when.
    pub until: UnixMillis,
    /// What it brought.
    pub imported: Imported,
}

/// What became of taking an import back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportUndone {
    /// Articles that lie in the trash now.
    pub thrown: u64,
    /// Articles that stay because their reader marked them since, shares or publishes them.
    pub kept: u64,
    /// Feeds that are not followed any more.
    pub feeds: u64,
}

impl Db {
    /// The account's marks on these articles.
    pub async fn marks_of(&self, account: AccountId, articles: &[ArticleId]) -> Result<Marks, StoreError> {
        let ids = id_list(articles.iter().map(|article| article.0));
        Ok(Marks {
            starred: read!(self, c => sqlx::query_as(STARRED).bind(account).bind(&ids).fetch_all(c).await)?,
            later: read!(self, c => sqlx::query_as(LATER).bind(account).bind(&ids).fetch_all(c).await)?,
            opened: read!(self, c => sqlx::query_as(OPENED).bind(account).bind(&ids).fetch_all(c).await)?,
            pinned: read!(self, c => sqlx::query_as(PINNED).bind(account).bind(&ids).fetch_all(c).await)?,
            tagged: read!(self, c => sqlx::query_as(TAGGED).bind(account).bind(&ids).fetch_all(c).await)?,
            highlights: read!(self, c => sqlx::query_as(HIGHLIGHTED).bind(account).bind(&ids).fetch_all(c).await)?,
        })
    }

    /// What the account has of its own.
    pub async fn holdings(&self, account: AccountId) -> Result<Holdings, StoreError> {
        Ok(Holdings {
            categories: read!(self, c => sqlx::query_scalar(CATEGORIES).bind(account).fetch_all(c).await)?,
            feeds: read!(self, c => sqlx::query_scalar(FEEDS).bind(account).fetch_all(c).await)?,
            tags: read!(self, c => sqlx::query_scalar(TAGS).bind(account).fetch_all(c).await)?,
            rules: read!(self, c => sqlx::query_scalar(RULES).bind(account).fetch_all(c).await)?,
            searches: read!(self, c => sqlx::query_scalar(SEARCHES).bind(account).fetch_all(c).await)?,
        })
    }

    /// Sets marks on an article as a file says them: one that was brought back from the trash.
    pub async fn mark_again(&self, article: ArticleId, verdicts: &[Verdict], at: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        rule::carry_out(&mut tx, article, verdicts, at).await?;
        tx.commit().await
    }

    /// Remembers an import for [`UNDO_MILLIS`]; the number that takes it back.
    pub async fn note_import(
        &self,
        account: AccountId,
        imported: &Imported,
        now: UnixMillis,
    ) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let receipt = bin::put(&mut tx, account, Kind::Import, imported, now).await?;
        tx.commit().await?;
        Ok(receipt)
    }

    /// Whether the account has an import that can still be taken back.
    pub async fn any_import_to_undo(&self, account: AccountId, now: UnixMillis) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(ANY)
            .bind(account).bind(Kind::Import as i64).bind(now.plus(-UNDO_MILLIS)).fetch_one(c).await)?)
    }

    /// The account's imports that can still be taken back, the newest first.
    pub async fn imports_to_undo(
        &self,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<Vec<UndoableImport>, StoreError> {
        let rows: Vec<(i64, UnixMillis, String)> = read!(self, c => sqlx::query_as(WAITING)
            .bind(account).bind(Kind::Import as i64).bind(now.plus(-UNDO_MILLIS)).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(receipt, at, content)| {
                let imported =
                    serde_json::from_str(&content).map_err(|error| StoreError::Damaged(error.to_string()))?;
                Ok(UndoableImport { receipt, until: at.plus(UNDO_MILLIS), imported })
            })
            .collect()
    }

    /// Takes an import back. `published` is what the account publishes at the moment, which stays; `step` is told how many articles
    /// were looked at since. `None` if it cannot be taken back any more.
    pub async fn undo_import(
        &self,
        account: AccountId,
        receipt: i64,
        published: &[ArticleId],
        now: UnixMillis,
        step: &(dyn Fn(usize) + Sync),
    ) -> Result<Option<ImportUndone>, StoreError> {
        let waiting = self.imports_to_undo(account, now).await?;
        let Some(UndoableImport { imported, .. }) = waiting.into_iter().find(|one| one.receipt == receipt) else {
            return Ok(None);
        };
        let published: HashSet<ArticleId> = published.iter().copied().collect();
        let added: HashSet<ArticleId> = imported.articles.iter().copied().collect();
        let others: HashSet<ArticleId> = imported.marks.articles().filter(|article| !added.contains(article)).collect();
        let mut all = imported.articles.clone();
        all.extend(others);
        let mut undone = ImportUndone::default();
        for chunk in all.chunks(CHUNK) {
            let kept = self.unmark(account, chunk, (&added, &published), &imported.marks).await?;
            let gone: Vec<ArticleId> =
                chunk.iter().copied().filter(|article| added.contains(article) && !kept.contains(article)).collect();
            undone.kept += kept.len() as u64;
            undone.thrown += self.throw(account, &gone, "[]", false, now).await?.count;
            step(chunk.len());
        }
        let new = &imported.new;
        if let Some((feeds, _)) = self.unsubscribe(account, &new.feeds, now).await? {
            undone.feeds = feeds;
        }
        let lists = [
            (DROP_SOURCES, id_list(new.feeds.iter().map(|id| id.0))),
            (DROP_RULES, id_list(new.rules.iter().map(|id| id.0))),
            (DROP_SEARCHES, id_list(new.searches.iter().map(|id| id.0))),
            (DROP_TAGS, id_list(new.tags.iter().map(|id| id.0))),
            (DROP_CATEGORIES, id_list(new.categories.iter().map(|id| id.0))),
        ];
        let mut tx = self.begin().await?;
        for (statement, ids) in &lists {
            let gone = within!(tx, c => sqlx::query(*statement).bind(account).bind(ids).execute(c).await
                .map(|done| done.rows_affected()))?;
            undone.feeds += if *statement == DROP_SOURCES { gone } else { 0 };
        }
        if let Some(name) = &imported.account_file {
            within!(tx, c => sqlx::query(FORGET_FILE).bind(name).execute(c).await.map(drop))?;
        }
        bin::take::<Imported>(&mut tx, account, Kind::Import, receipt, now).await?;
        tx.commit().await?;
        Ok(Some(undone))
    }

    /// Takes away marks that an import set and that are still as it set them, except on articles that it added and that their reader
    /// marked since, shares or publishes; those are the answer.
    async fn unmark(
        &self,
        account: AccountId,
        articles: &[ArticleId],
        (added, published): (&HashSet<ArticleId>, &HashSet<ArticleId>),
        ours: &Marks,
    ) -> Result<HashSet<ArticleId>, StoreError> {
        let now = self.marks_of(account, articles).await?;
        let ids = id_list(articles.iter().map(|article| article.0));
        let shared: Vec<ArticleId> =
            read!(self, c => sqlx::query_scalar(SHARED).bind(account).bind(&ids).fetch_all(c).await)?;
        let shown = articles.iter().copied().filter(|article| published.contains(article));
        let theirs = now.since(ours);
        let kept: HashSet<ArticleId> =
            theirs.kept().chain(shared).chain(shown).filter(|article| added.contains(article)).collect();
        let mut going = now.sifted(ours, true);
        going.spare(&kept);
        let mut tx = self.begin().await?;
        for (statement, marks) in
            [(UNSTAR, &going.starred), (UNKEEP, &going.later), (UNOPEN, &going.opened), (UNPIN, &going.pinned)]
        {
            let ids = id_list(marks.iter().map(|(article, _)| article.0));
            within!(tx, c => sqlx::query(statement).bind(account).bind(&ids).execute(c).await.map(drop))?;
        }
        for (article, tag, at) in &going.tagged {
            within!(tx, c => sqlx::query(UNTAG)
                .bind(account).bind(*article).bind(*tag).bind(*at).execute(c).await.map(drop))?;
        }
        let passages = id_list(going.highlights.iter().map(|(id, ..)| id.0));
        within!(tx, c => sqlx::query(UNHIGHLIGHT).bind(account).bind(&passages).execute(c).await.map(drop))?;
        tx.commit().await?;
        Ok(kept)
    }
}
