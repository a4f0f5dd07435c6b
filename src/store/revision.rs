//! Which state of the database a reader would see now, as something that can be compared.
//!
//! Whoever keeps what it worked out from the database can ask whether that is still true: as long as the revision is the
//! same, nothing that was committed since can change the answer, whoever committed it. So no one has to remember which
//! change makes which kept thing stale.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;

use super::db::{Db, Pools};
use super::dialect::Either;
use super::error::StoreError;

/// On SQLite the number of commits of all other connections as the asking one counts them (`PRAGMA data_version`); on
/// PostgreSQL which transactions a statement sees (section 9.28, `pg_snapshot`): two equal ones see the same rows.
const PRESENT: Either =
    Either { sqlite: "PRAGMA data_version", postgres: "SELECT CAST(pg_current_snapshot() AS TEXT)" };

/// The statements of this file.
pub(super) const ALL: &[(&str, Either)] = &[("revision::PRESENT", PRESENT)];

/// A state of the database. Equal revisions of one [`Db`] have equal contents; those of two cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Revision(Arc<str>);

/// The way to the present revision. One question to the database answers everyone who came before it was asked.
#[derive(Debug, Default)]
pub(super) struct RevisionWatch {
    /// Counts those who asked.
    asked: AtomicU64,
    answer: Mutex<Answer>,
}

#[derive(Debug, Default)]
struct Answer {
    /// Up to which asker `revision` is good: it was read after all of them had come.
    covers: u64,
    revision: Option<Revision>,
    sqlite: Option<SqliteConnection>,
    /// How many connections there were: each counts from a number of its own.
    connections: u64,
}

impl Db {
    /// The revision at some moment after the call and before the answer.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        let ticket = self.watch.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answer = self.watch.answer.lock().await;
        if answer.covers >= ticket
            && let Some(revision) = &answer.revision
        {
            return Ok(revision.clone());
        }
        let covers = self.watch.asked.load(Ordering::SeqCst);
        let revision = Revision(self.read_revision(&mut answer).await?.into());
        answer.covers = covers;
        answer.revision = Some(revision.clone());
        Ok(revision)
    }

    async fn read_revision(&self, answer: &mut Answer) -> Result<String, StoreError> {
        match &self.pools {
            Pools::Postgres(pool) => Ok(sqlx::query_scalar(PRESENT.postgres).fetch_one(pool).await?),
            Pools::Sqlite { .. } => {
                let mut connection = match answer.sqlite.take() {
                    Some(connection) => connection,
                    None => {
                        answer.connections += 1;
                        watching(self.path().map(Path::to_owned).unwrap_or_default()).await?
                    }
                };
                let version: i64 = sqlx::query_scalar(PRESENT.sqlite).fetch_one(&mut connection).await?;
                // Only a connection that answered is kept; after an error the next asker gets a new one.
                answer.sqlite = Some(connection);
                Ok(format!("{}.{version}", answer.connections))
            }
        }
    }
}

impl RevisionWatch {
    /// Gives the connection back, so that SQLite can fold its log into the file when the last one closes.
    pub(super) async fn close(&self) {
        if let Some(connection) = self.answer.lock().await.sqlite.take() {
            // It only ever read: there is nothing to lose if it does not close well.
            let _ = connection.close().await;
        }
    }
}

/// A connection that does nothing but watch: it must never be the one that writes, whose own commits it would not count.
async fn watching(path: PathBuf) -> Result<SqliteConnection, StoreError> {
    Ok(SqliteConnectOptions::new().filename(path).read_only(true).pragma("cache_size", "-64").connect().await?)
}
