//! What can go wrong with a database, said so that the operator knows what to do.

use std::path::PathBuf;

/// A failure of the database or of what lies in it. That something is not there is no error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The database was made by a newer version of Gleaner.
    #[error(
        "the database was last used by a newer Gleaner (its schema is {0}, which this one does not know); install that \
         version again, or restore the backup made before the update. Nothing was changed."
    )]
    NewerSchema(i64),
    /// A migration could not run.
    #[error("the database could not be brought to this version: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// The database could not be kept as it is before its schema is changed.
    #[error(
        "before the database is brought to this version it is kept as {}, and that failed: {source}; make room there, or \
         move the database. Nothing was changed.",
        path.display()
    )]
    NotKept {
        /// Where it would be kept.
        path: PathBuf,
        /// What the operating system or the database said.
        source: std::io::Error,
    },
    /// The SQLite library carries a bug that can lose data.
    #[error(
        "SQLite {0} can lose data (its WAL-reset bug was mended in 3.51.3); build Gleaner with the bundled library"
    )]
    OldSqlite(String),
    /// A second server on the same file.
    #[error("another Gleaner server already uses {}; stop it first, or give this one another --data folder", .0.display())]
    InUse(PathBuf),
    /// The log beside an SQLite file is not its own.
    #[error(
        "{} belongs to another database, or to another time of this one, and would damage it; move that file (and the one that ends \
         with -shm) away, or put the database back that it belongs to. Nothing was changed.",
        .0.display()
    )]
    ForeignLog(PathBuf),
    /// The file or its folder cannot be used.
    #[error("cannot use the database file {}: {source}; check that the folder exists and that its owner may write there", path.display())]
    File {
        /// The file that was asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file that no database can be restored from.
    #[error("{} cannot be restored: {reason}. Nothing was changed.", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An address that names no database.
    #[error("“{0}” names no database; give a file path, sqlite:PATH, or postgres://USER@HOST/NAME")]
    Address(String),
    /// A stored value that this program cannot read.
    #[error("the database holds something unreadable: {0}; run `gleaner doctor`")]
    Damaged(String),
}

impl StoreError {
    /// Whether the database was busy or away, so that the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            // 5 is SQLITE_BUSY; 40001 and 40P01 are PostgreSQL's serialization failure and deadlock.
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("5" | "517" | "40001" | "40P01")) || self.is_disk()
            }
            _ => false,
        }
    }

    /// Whether the disk is full or fails. What is stored stays readable, and the same call may succeed when there is room.
    pub fn is_disk(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        match error.code().as_deref() {
            // PostgreSQL's classes for a full disk and for I/O errors.
            Some("53100" | "58030") => true,
            // SQLITE_FULL, and SQLITE_IOERR with whatever it was doing in its higher bits.
            Some(code) => code.parse::<u32>().is_ok_and(|code| code == 13 || code & 0xff == 10),
            None => false,
        }
    }
}

/// Whether a statement failed because a unique value is already taken.
pub(super) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
