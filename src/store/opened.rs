//! What an account opened: its history, and the one write of opening an article.

use super::access::may_read;
use super::db::{Db, read, statements, within};
use super::error::StoreError;
use super::state::mark_as_opened;
use crate::domain::{AccountId, ArticleId, UnixMillis};

statements! {
    /// Whether the article stands first in the history since `$3`, and is read, where `$4` is 1.
    IS_LAST = "SELECT EXISTS (SELECT 1 FROM opened o WHERE o.account_id = $1 AND o.article_id = $2 AND o.opened_at > $3 \
               AND o.opened_at = (SELECT MAX(n.opened_at) FROM opened n WHERE n.account_id = $1)) \
               AND (CAST($4 AS BIGINT) = 0 \
               OR NOT EXISTS (SELECT 1 FROM unread u WHERE u.article_id = $2 AND u.account_id = $1))";
    OPEN = concat!(
        "INSERT INTO opened (account_id, article_id, opened_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT) FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT (account_id, article_id) DO UPDATE SET opened_at = excluded.opened_at \
          WHERE opened.opened_at < excluded.opened_at"
    );
    OPEN_AGAIN = concat!(
        "INSERT INTO opened (account_id, article_id, opened_at) \
         SELECT CAST($1 AS BIGINT), a.id, CAST($3 AS BIGINT) FROM article a WHERE a.id = $2 AND ", may_read!(),
        " ON CONFLICT (account_id, article_id) DO NOTHING"
    );
}

/// For so long the article that was opened last need not be noted again: a page that is loaded twice writes once.
const JUST_NOW: i64 = 10 * UnixMillis::MINUTE;

/// What opening an article does to its place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It stands first from now on.
    First,
    /// It stays where it stands, so that whoever reads along the history does not stir it under their own feet.
    InPlace,
}

/// When an article that is opened counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// At once.
    Now,
    /// Once its reader says so, or has come to its end.
    Later,
}

impl Db {
    /// An account opens an article at the moment `at`: it goes into the history and, unless its reader wants that later, is
    /// read. Whether it was unread until now and is no more. Nothing happens if the account may not read it.
    pub async fn open_article(
        &self,
        account: AccountId,
        article: ArticleId,
        opening: Opening,
        reads: Reads,
        at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let since = at.plus(-JUST_NOW);
        let must_be_read = i64::from(reads == Reads::Now);
        let is_last: bool = read!(self, c => sqlx::query_scalar(IS_LAST)
            .bind(account).bind(article).bind(since).bind(must_be_read).fetch_one(c).await)?;
        if is_last {
            return Ok(false);
        }
        let statement = match opening {
            Opening::First => OPEN,
            Opening::InPlace => OPEN_AGAIN,
        };
        let mut tx = self.begin().await?;
        within!(tx, c => sqlx::query(statement).bind(account).bind(article).bind(at).execute(c).await.map(drop))?;
        let was_unread = reads == Reads::Now && mark_as_opened(&mut tx, account, article, at).await?;
        tx.commit().await?;
        Ok(was_unread)
    }
}
