//! Digests: lists that become books, by a clock or when their reader says so, and the books themselves.

use super::db::{Db, first, read, statements, within, write_one};
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{AccountId, ArticleId, DigestBookId, DigestId, PublicationId, UnixMillis};

/// The columns of a digest.
macro_rules! columns {
    () => {
        "id, account_id AS account, list, title, rhythm, hour, newest, only_new, max_bytes, kept, publication_id AS publication, \
         had, due_at, leased_until AS lease, tries, outcome, outcome_at"
    };
}

statements! {
    INSERT = "INSERT INTO digest (account_id, list, title, rhythm, hour, newest, only_new, max_bytes, kept, publication_id, due_at) \
              SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), \
              CAST($7 AS BOOLEAN), CAST($8 AS BIGINT), CAST($9 AS BIGINT), (SELECT id FROM publication WHERE id = $10 AND account_id = $1), \
              CAST($11 AS BIGINT) WHERE (SELECT COUNT(*) FROM digest WHERE account_id = $1) < $12 RETURNING id";
    CHANGE = "UPDATE digest SET title = $3, rhythm = $4, hour = $5, newest = $6, only_new = $7, max_bytes = $8, kept = $9, \
              publication_id = (SELECT id FROM publication WHERE id = $10 AND account_id = $1), due_at = $11, \
              outcome = CASE WHEN list = $12 THEN outcome ELSE 0 END, list = $12 WHERE account_id = $1 AND id = $2";
    UNDER_WAY = "SELECT EXISTS (SELECT 1 FROM digest WHERE account_id = $1 AND (leased_until > $2 OR due_at <= $2))";
    OF_ACCOUNT = concat!("SELECT ", columns!(), " FROM digest WHERE account_id = $1 ORDER BY id DESC");
    ONE = concat!("SELECT ", columns!(), " FROM digest WHERE account_id = $1 AND id = $2");
    DELETE = "DELETE FROM digest WHERE account_id = $1 AND id = $2";
    MAKE_NOW = "UPDATE digest SET due_at = $3, tries = 0 WHERE account_id = $1 AND id = $2";
    NEXT = "SELECT MIN(CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END) FROM digest \
            WHERE due_at IS NOT NULL AND account_id NOT IN (SELECT id FROM account WHERE disabled_at IS NOT NULL)";
    LEASE = concat!("UPDATE digest SET leased_until = $2, tries = tries + 1 WHERE id = (SELECT id FROM digest WHERE due_at <= $1 \
             AND leased_until <= $1 AND account_id NOT IN (SELECT id FROM account WHERE disabled_at IS NOT NULL) \
             ORDER BY due_at, id LIMIT 1) AND leased_until <= $1 RETURNING ", columns!());
    FINISH = "UPDATE digest SET leased_until = 0, tries = $3, had = $4, due_at = CAST($5 AS BIGINT), outcome = $6, outcome_at = $7 \
              WHERE id = $1 AND leased_until = $2";
    RELEASE = "UPDATE digest SET leased_until = 0, tries = tries - 1 WHERE id = $1 AND leased_until = $2";
    PUT_BOOK = "INSERT INTO digest_book (digest_id, publication_id, title, made_at, articles, left_out, bytes, file) \
                VALUES ($1, (SELECT id FROM publication WHERE id = $2), $3, $4, $5, $6, $7, $8)";
    PRUNE = "DELETE FROM digest_book WHERE digest_id = $1 AND id NOT IN \
             (SELECT b.id FROM digest_book b WHERE b.digest_id = $1 ORDER BY b.id DESC LIMIT $2 + 0)";
    BOOKS = "SELECT b.id, b.digest_id AS digest, b.title, b.made_at, b.articles, b.left_out, b.bytes FROM digest_book b \
             JOIN digest d ON d.id = b.digest_id WHERE d.account_id = $1 ORDER BY b.id DESC";
    FILE = "SELECT b.title, b.file FROM digest_book b JOIN digest d ON d.id = b.digest_id WHERE d.account_id = $1 AND b.id = $2";
    DELETE_BOOK = "DELETE FROM digest_book WHERE id = $2 AND digest_id IN (SELECT id FROM digest WHERE account_id = $1)";
    OFFERED = "SELECT b.id, b.digest_id AS digest, b.title, b.made_at, b.articles, b.left_out, b.bytes FROM digest_book b \
               JOIN digest d ON d.id = b.digest_id WHERE d.publication_id = $1 AND b.publication_id = $1 ORDER BY b.id DESC";
    OFFERED_FILE = "SELECT b.title, b.file FROM digest_book b JOIN digest d ON d.id = b.digest_id \
                    WHERE d.publication_id = $1 AND b.publication_id = $1 AND b.id = $2";
}

/// The most digests of an account.
pub const MAX_DIGESTS: i64 = 20;
/// So many articles of earlier books are remembered.
const REMEMBERED: usize = 2_000;

/// What came of the last try to make a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestOutcome {
    /// There was none yet.
    None,
    /// A book.
    Made,
    /// Nothing that was not in a book already.
    NothingNew,
    /// The list is not there any more.
    ListGone,
    /// It failed.
    Failed,
}

impl DigestOutcome {
    fn number(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Made => 1,
            Self::NothingNew => 2,
            Self::ListGone => 3,
            Self::Failed => 4,
        }
    }

    fn of(number: i64) -> Self {
        [Self::Made, Self::NothingNew, Self::ListGone, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.number() == number)
            .unwrap_or(Self::None)
    }
}

/// What a reader chose of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestChoice {
    /// Its title; cut at 200 characters.
    pub title: String,
    /// 0 by hand, 1 to 7 on a weekday (Monday is 1), 8 every day.
    pub rhythm: i64,
    /// At which hour of its reader's day.
    pub hour: i64,
    /// The most articles of a book.
    pub newest: i64,
    /// Only what was in no earlier book.
    pub only_new: bool,
    /// The most bytes of a book.
    pub max_bytes: i64,
    /// So many books are kept, the newest.
    pub kept: i64,
    /// The published list of the same account whose catalogue has the books, too.
    pub publication: Option<PublicationId>,
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Its id.
    pub id: DigestId,
    /// Whose it is.
    pub account: AccountId,
    /// Which list, in the words of who made it.
    pub list: String,
    /// What its reader chose.
    pub choice: DigestChoice,
    /// Articles of earlier books, the latest first.
    pub had: Vec<ArticleId>,
    /// When the next book is due.
    pub due_at: Option<UnixMillis>,
    /// Until when somebody makes one; also the proof that it is the caller.
    pub lease: UnixMillis,
    /// How often the next one was begun.
    pub tries: i64,
    /// What came of the last one.
    pub outcome: DigestOutcome,
    /// When that was.
    pub outcome_at: Option<UnixMillis>,
}

/// A digest as it stands in the table.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: DigestId,
    account: AccountId,
    list: String,
    title: String,
    rhythm: i64,
    hour: i64,
    newest: i64,
    only_new: bool,
    max_bytes: i64,
    kept: i64,
    publication: Option<PublicationId>,
    had: String,
    due_at: Option<UnixMillis>,
    lease: UnixMillis,
    tries: i64,
    outcome: i64,
    outcome_at: Option<UnixMillis>,
}

impl From<Row> for Digest {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            account: row.account,
            list: row.list,
            choice: DigestChoice {
                title: row.title,
                rhythm: row.rhythm,
                hour: row.hour,
                newest: row.newest,
                only_new: row.only_new,
                max_bytes: row.max_bytes,
                kept: row.kept,
                publication: row.publication,
            },
            // What cannot be read is as if nothing had been in a book: better twice than never.
            had: serde_json::from_str(&row.had).unwrap_or_default(),
            due_at: row.due_at,
            lease: row.lease,
            tries: row.tries,
            outcome: DigestOutcome::of(row.outcome),
            outcome_at: row.outcome_at,
        }
    }
}

/// A book of a digest, without the file.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DigestBook {
    /// Its id.
    pub id: DigestBookId,
    /// Of which digest.
    pub digest: DigestId,
    /// Its title.
    pub title: String,
    /// When it was made.
    pub made_at: UnixMillis,
    /// How many articles it has.
    pub articles: i64,
    /// How many did not fit.
    pub left_out: i64,
    /// How large it is.
    pub bytes: i64,
}

/// A book that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBook {
    /// Its title.
    pub title: String,
    /// The articles that are in it.
    pub articles: Vec<ArticleId>,
    /// How many did not fit.
    pub left_out: i64,
    /// The file.
    pub file: Vec<u8>,
}

impl Db {
    /// Makes a digest of a list. `None` if the account has [`MAX_DIGESTS`] already.
    pub async fn add_digest(
        &self,
        account: AccountId,
        list: &str,
        choice: &DigestChoice,
        due_at: Option<UnixMillis>,
    ) -> Result<Option<DigestId>, StoreError> {
        Ok(write_one!(self, c => sqlx::query_scalar(INSERT)
            .bind(account)
            .bind(clipped(list, 64))
            .bind(clipped(&choice.title, 200))
            .bind(choice.rhythm)
            .bind(choice.hour)
            .bind(choice.newest)
            .bind(choice.only_new)
            .bind(choice.max_bytes)
            .bind(choice.kept)
            .bind(choice.publication)
            .bind(due_at)
            .bind(MAX_DIGESTS)
            .fetch_all(c).await.map(first))?)
    }

    /// Whether a book of the account is made or waits for that.
    pub async fn is_digest_under_way(&self, account: AccountId, now: UnixMillis) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(UNDER_WAY).bind(account).bind(now).fetch_one(c).await)?)
    }

    /// Changes what a reader chose of a digest, and of which list it is. What came of the last try is forgotten with the list that it
    /// was of. Whether the account has it.
    pub async fn change_digest(
        &self,
        account: AccountId,
        digest: DigestId,
        list: &str,
        choice: &DigestChoice,
        due_at: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let changed = within!(tx, c => sqlx::query(CHANGE)
            .bind(account)
            .bind(digest)
            .bind(clipped(&choice.title, 200))
            .bind(choice.rhythm)
            .bind(choice.hour)
            .bind(choice.newest)
            .bind(choice.only_new)
            .bind(choice.max_bytes)
            .bind(choice.kept)
            .bind(choice.publication)
            .bind(due_at)
            .bind(list)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if changed > 0 {
            within!(tx, c => sqlx::query(PRUNE).bind(digest).bind(choice.kept).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(changed > 0)
    }

    /// The digests of an account, the last one first.
    pub async fn digests(&self, account: AccountId) -> Result<Vec<Digest>, StoreError> {
        let rows: Vec<Row> = read!(self, c => sqlx::query_as(OF_ACCOUNT).bind(account).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Digest::from).collect())
    }

    /// One of them.
    pub async fn digest(&self, account: AccountId, digest: DigestId) -> Result<Option<Digest>, StoreError> {
        let row: Option<Row> =
            read!(self, c => sqlx::query_as(ONE).bind(account).bind(digest).fetch_optional(c).await)?;
        Ok(row.map(Digest::from))
    }

    /// Deletes a digest with its books. Whether the account had it.
    pub async fn delete_digest(&self, account: AccountId, digest: DigestId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE)
            .bind(account).bind(digest).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }

    /// Makes a digest due now. Whether the account has it.
    pub async fn make_digest_now(
        &self,
        account: AccountId,
        digest: DigestId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let changed = write_one!(self, c => sqlx::query(MAKE_NOW)
            .bind(account).bind(digest).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// When the next book is due; `None` if none is.
    pub async fn next_digest_due(&self) -> Result<Option<UnixMillis>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(NEXT).fetch_one(c).await)?)
    }

    /// Takes the digest that is due longest, until a moment.
    pub async fn lease_digest(&self, now: UnixMillis, until: UnixMillis) -> Result<Option<Digest>, StoreError> {
        let row: Option<Row> =
            write_one!(self, c => sqlx::query_as(LEASE).bind(now).bind(until).fetch_all(c).await.map(first))?;
        Ok(row.map(Digest::from))
    }

    /// Gives a digest back undone, as a server does that stops.
    pub async fn release_digest(&self, digest: &Digest) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(RELEASE).bind(digest.id).bind(digest.lease).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Stores what came of a leased digest, with the book if there is one, and when the next is due. Only the newest books
    /// stay. Nothing is stored if the lease ran out or the digest is gone..
    pub async fn finish_digest(
        &self,
        digest: &Digest,
        outcome: DigestOutcome,
        book: Option<&NewBook>,
        (due_at, tries): (Option<UnixMillis>, i64),
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let fresh = book.map_or(&[][..], |book| &book.articles);
        let had: Vec<ArticleId> = fresh.iter().chain(&digest.had).copied().take(REMEMBERED).collect();
        let had = serde_json::to_string(&had).unwrap_or_else(|_| "[]".to_owned());
        let mut tx = self.begin().await?;
        let kept = within!(tx, c => sqlx::query(FINISH)
            .bind(digest.id)
            .bind(digest.lease)
            .bind(tries)
            .bind(&had)
            .bind(due_at)
            .bind(outcome.number())
            .bind(now)
            .execute(c).await.map(|done| done.rows_affected()))?;
        if kept == 0 {
            return Ok(false);
        }
        if let Some(book) = book {
            let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            within!(tx, c => sqlx::query(PUT_BOOK)
                .bind(digest.id)
                .bind(digest.choice.publication)
                .bind(clipped(&book.title, 300))
                .bind(now)
                .bind(number(book.articles.len()))
                .bind(book.left_out)
                .bind(number(book.file.len()))
                .bind(&book.file)
                .execute(c).await.map(drop))?;
            within!(tx, c => sqlx::query(PRUNE).bind(digest.id).bind(digest.choice.kept).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The books of all digests of an account, the last one first.
    pub async fn digest_books(&self, account: AccountId) -> Result<Vec<DigestBook>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(BOOKS).bind(account).fetch_all(c).await)?)
    }

    /// The title and the file of a book.
    pub async fn digest_file(
        &self,
        account: AccountId,
        book: DigestBookId,
    ) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(FILE).bind(account).bind(book).fetch_optional(c).await)?)
    }

    /// Deletes a book. Whether the account had it.
    pub async fn delete_digest_book(&self, account: AccountId, book: DigestBookId) -> Result<bool, StoreError> {
        let gone = write_one!(self, c => sqlx::query(DELETE_BOOK)
            .bind(account).bind(book).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(gone > 0)
    }

    /// The books that lie in the catalogue of a published list.
    pub async fn offered_books(&self, publication: PublicationId) -> Result<Vec<DigestBook>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OFFERED).bind(publication).fetch_all(c).await)?)
    }

    /// The title and the file of one of them.
    pub async fn offered_file(
        &self,
        publication: PublicationId,
        book: DigestBookId,
    ) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OFFERED_FILE).bind(publication).bind(book).fetch_optional(c).await)?)
    }
}
