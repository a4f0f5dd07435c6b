//! What a rule does with articles that are there already, once and because its reader asked, and taking that back.

use serde::{Deserialize, Serialize};

use super::bin::{self, Kind};
use super::db::{Db, Tx, statements, within};
use super::error::StoreError;
use super::list::Scope;
use super::mark::Marked;
use super::rule::tag_of;
use super::state::{mark_later, mark_starred};
use super::tag::{give, may_tag};
use crate::domain::{AccountId, Actions, ArticleId, TagId, UnixMillis};

statements! {
    UNSTAR = "DELETE FROM starred WHERE account_id = $1 AND article_id = $2 AND marked_at = $3";
    UNKEEP = "DELETE FROM later WHERE account_id = $1 AND article_id = $2 AND marked_at = $3";
    UNTAG = "DELETE FROM tagged WHERE account_id = $1 AND article_id = $2 AND tag_id = $4 AND marked_at = $3";
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deeds {
    /// How many articles are not as they were.
    pub count: u64,
    /// The number that takes it back for [`UNDO_MILLIS`](super::UNDO_MILLIS); 0 if nothing was done.
    pub receipt: i64,
}

/// What the bin holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Binned {
    at: UnixMillis,
    starred: Vec<ArticleId>,
    later: Vec<ArticleId>,
    tag: Option<TagId>,
    tagged: Vec<ArticleId>,
    mark: i64,
}

impl Db {
    /// Does `actions` with those of `articles` that the account may read. What was so already stays as it was, also when
    /// it is taken back.
    pub async fn do_now(
        &self,
        account: AccountId,
        articles: &[ArticleId],
        actions: &Actions,
        now: UnixMillis,
    ) -> Result<Deeds, StoreError> {
        let mut binned = Binned { at: now, ..Binned::default() };
        let mut tx = self.begin().await?;
        let tag = tag_of(&mut tx, account, actions, now).await?;
        for article in articles {
            if actions.star && mark_starred(&mut tx, account, *article, now).await? {
                binned.starred.push(*article);
            }
            if actions.later && mark_later(&mut tx, account, *article, now).await? {
                binned.later.push(*article);
            }
            if let Some(tag) = tag
                && may_tag(&mut tx, account, *article).await?
                && give(&mut tx, account, *article, tag, now).await?
            {
                binned.tagged.push(*article);
            }
        }
        binned.tag = tag;
        tx.commit().await?;
        let mut changed: Vec<ArticleId> =
            [&binned.starred, &binned.later, &binned.tagged].into_iter().flatten().copied().collect();
        let mut marked = 0;
        if actions.read {
            let these = Marked::These(articles.to_vec());
            let receipt = self.mark_read(account, Scope::All, &these, ArticleId(i64::MAX), now).await?;
            (binned.mark, marked) = (receipt.id, receipt.marked);
        }
        changed.sort_unstable();
        changed.dedup();
        let count = marked.max(changed.len() as u64);
        if count == 0 {
            return Ok(Deeds { count: 0, receipt: 0 });
        }
        let mut tx = self.begin().await?;
        let receipt = bin::put(&mut tx, account, Kind::Deeds, &binned, now).await?;
        tx.commit().await?;
        Ok(Deeds { count, receipt })
    }

    /// Takes back what was done, except what the reader has changed since. False if it cannot be taken back any more.
    pub async fn undo_deeds(&self, account: AccountId, receipt: i64, now: UnixMillis) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let Some(binned) = bin::take::<Binned>(&mut tx, account, Kind::Deeds, receipt, now).await? else {
            return Ok(false);
        };
        for (statement, articles) in [(UNSTAR, &binned.starred), (UNKEEP, &binned.later)] {
            for article in articles {
                within!(tx, c => sqlx::query(statement)
                    .bind(account).bind(*article).bind(binned.at).execute(c).await.map(drop))?;
            }
        }
        if let Some(tag) = binned.tag {
            untag(&mut tx, account, tag, &binned).await?;
        }
        tx.commit().await?;
        if binned.mark > 0 {
            self.undo_mark(account, binned.mark, now).await?;
        }
        Ok(true)
    }
}

async fn untag(tx: &mut Tx, account: AccountId, tag: TagId, binned: &Binned) -> Result<(), StoreError> {
    for article in &binned.tagged {
        within!(*tx, c => sqlx::query(UNTAG)
            .bind(account).bind(*article).bind(binned.at).bind(tag).execute(c).await.map(drop))?;
    }
    Ok(())
}
