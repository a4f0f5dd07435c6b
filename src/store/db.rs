//! The handle to a database: pools, transactions, and the two macros that run one text on either.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::SqlitePool;
use sqlx::{Postgres, Sqlite, Transaction};
use tokio::sync::Semaphore;

use super::StoreError;
use super::mount::network_file_system;
use super::revision::RevisionWatch;
use super::schedule::PendingOutcomes;
use super::search::NotedSearches;
use super::sqlite;
use super::view::PendingViews;

/// Names the statements of a file and lists them, so that a test can prepare every one of them on both databases.
///
/// A limit is written `LIMIT $1 + 0`: SQLite looks at the value behind a bare parameter when it plans, and plans the whole
/// statement again each time that a value is bound to it. That cost a list a third of its time.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: &str = $sql;)+
        /// The statements of this file.
        pub(in crate::store) const ALL: &[(&str, $crate::store::dialect::Either)] = &[$((
            concat!(module_path!(), "::", stringify!($name)),
            $crate::store::dialect::Either { sqlite: $name, postgres: $name },
        )),+];
    };
}

/// Runs one body on a connection that may only read: `read!(db, c => sqlx::query(..).fetch_one(c).await)`.
macro_rules! read {
    ($db:expr, $c:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { read: $c, .. } => $body,
            $crate::store::db::Pools::Postgres($c) => $body,
        }
    };
}

/// Runs one body with a single statement on a connection that may write. A statement that returns rows is asked for all of them
/// ([`first`], [`only`]): it commits behind the last one, and whoever stops at the first neither waits for that nor hears that it failed.
macro_rules! write_one {
    ($db:expr, $c:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { write: $c, .. } => $body,
            $crate::store::db::Pools::Postgres($c) => $body,
        }
    };
}

/// Runs one body with a single statement inside a transaction: `within!(tx, c => sqlx::query(..).execute(c).await)`.
/// `tx` is a `Tx` or a `&mut Tx`.
macro_rules! within {
    ($tx:expr, $c:ident => $body:expr) => {
        match $crate::store::db::Tx::as_mut(&mut $tx) {
            $crate::store::db::Tx::Sqlite(inner) => {
                let $c = &mut **inner;
                $body
            }
            $crate::store::db::Tx::Postgres(inner) => {
                let $c = &mut **inner;
                $body
            }
        }
    };
}

/// As `within!`, and names the database's type for a query that is built row by row.
macro_rules! within_built {
    ($tx:expr, $backend:ident, $c:ident => $body:expr) => {
        match $crate::store::db::Tx::as_mut(&mut $tx) {
            $crate::store::db::Tx::Sqlite(inner) => {
                type $backend = sqlx::Sqlite;
                let $c = &mut **inner;
                $body
            }
            $crate::store::db::Tx::Postgres(inner) => {
                type $backend = sqlx::Postgres;
                let $c = &mut **inner;
                $body
            }
        }
    };
}

pub(super) use {read, statements, within, within_built, write_one};

/// The row of a statement that returns at most one.
pub(super) fn first<T>(rows: Vec<T>) -> Option<T> {
    rows.into_iter().next()
}

/// The row of a statement that returns one.
pub(super) fn only<T>(rows: Vec<T>) -> Result<T, sqlx::Error> {
    first(rows).ok_or(sqlx::Error::RowNotFound)
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file of SQLite; made if it is not there.
    Sqlite(PathBuf),
    /// An address of PostgreSQL: `postgres://USER:PASSWORD@HOST:PORT/NAME`. Holds a password: never log it.
    Postgres(String),
}

impl FromStr for DatabaseAddress {
    type Err = StoreError;

    /// Reads `postgres://…`, `postgresql://…`, `sqlite:PATH`, `sqlite://PATH` or a path.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").map_or(text, |rest| rest.strip_prefix("//").unwrap_or(rest));
        if path.is_empty() || path.contains("://") {
            return Err(StoreError::Address(text.split('@').next_back().unwrap_or_default().to_owned()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

/// A database, open and of this program's schema. Cheap to clone; every clone speaks to the same one.
#[derive(Debug, Clone)]
pub struct Db {
    pub(super) pools: Pools,
    pub(super) pending: Arc<PendingOutcomes>,
    pub(super) watch: Arc<RevisionWatch>,
    pub(super) views: Arc<PendingViews>,
    pub(super) noted: Arc<NotedSearches>,
    /// Places for statements of searches, each of which may take two seconds: however many search, connections are left for
    /// everybody else.
    pub(super) searching: Arc<Semaphore>,
    path: Option<Arc<PathBuf>>,
}

/// The typed pools. SQLite has one connection that writes, so that writers queue in this program and never meet
/// “database is locked”, four that only read, and two that only search and are stopped when that takes too long.
#[derive(Debug, Clone)]
pub(super) enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool, search: SqlitePool },
    Postgres(PgPool),
}

/// A transaction that writes. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Itself; lets `within!` take a transaction and a reference to one alike.
    pub(super) fn as_mut(&mut self) -> &mut Self {
        self
    }

    /// Makes everything since [`Db::begin`] lasting.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Searches of PostgreSQL at a time, of the ten connections that all have together.
const SEARCHERS_OF_POSTGRES: u8 = 4;

impl Db {
    /// Opens the database, makes it if it is not there, and brings it to this version's schema.
    ///
    /// Refuses a schema newer than this program without changing anything, and an SQLite that can lose data.
    pub async fn open(address: &DatabaseAddress) -> Result<Self, StoreError> {
        match address {
            DatabaseAddress::Sqlite(path) => Ok(Self::of(sqlite::open(path).await?, Some(path.to_owned()))),
            DatabaseAddress::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        // Compiling a statement takes ten times as long as running any of these; PostgreSQL expects far more of it.
        let options = PgConnectOptions::from_str(url)?.application_name("gleaner").options([("jit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(std::time::Duration::from_secs(30))
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations/postgres").run(&pool).await.map_err(migration_error)?;
        Ok(Self::of(Pools::Postgres(pool), None))
    }

    fn of(pools: Pools, path: Option<PathBuf>) -> Self {
        let searching = if matches!(pools, Pools::Sqlite { .. }) { sqlite::SEARCHERS } else { SEARCHERS_OF_POSTGRES };
        Self {
            pools,
            pending: Arc::default(),
            watch: Arc::default(),
            views: Arc::default(),
            noted: Arc::default(),
            searching: Arc::new(Semaphore::new(searching.into())),
            path: path.map(Arc::new),
        }
    }

    /// Folds the log of an SQLite database into it and gives the log's room back. Whoever reads from it at the moment may keep
    /// that from happening.
    pub async fn fold_log(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite { write, .. } = &self.pools {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await?;
        }
        Ok(())
    }

    /// Whether this is SQLite. For `doctor` and for messages; statements do not need to know.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.pools, Pools::Sqlite { .. })
    }

    /// Takes the right to be the only server on an SQLite file. Other commands need no lock. On PostgreSQL any number
    /// of servers may run, and the lock is empty.
    pub fn lock_for_server(&self) -> Result<ServerLock, StoreError> {
        if let Some(kind) = self.path().and_then(network_file_system) {
            tracing::error!(
                kind,
                "the database lies on a network file system, where it can be damaged; move it to a disk of this machine, or \
                 use PostgreSQL"
            );
        }
        self.path.as_ref().map_or(Ok(ServerLock { _file: None }), |path| ServerLock::take(path))
    }

    /// How long SQLite's log is, in bytes. It grows for as long as somebody reads in one transaction, and is folded into the
    /// file after it; nothing is lost with it meanwhile.
    pub fn log_bytes(&self) -> u64 {
        let log = self.path().map(|path| beside(path, "-wal"));
        log.and_then(|log| std::fs::metadata(log).ok()).map_or(0, |log| log.len())
    }

    /// Starts a transaction that writes. On SQLite it takes the write lock at once: a deferred one that reads first
    /// fails without waiting when another writer was faster.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match &self.pools {
            Pools::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Waits for running statements and closes every connection. SQLite folds its log into the file.
    pub async fn close(&self) {
        self.write_searches().await;
        self.views_written().await;
        self.watch.close().await;
        match &self.pools {
            Pools::Sqlite { read, write, search } => {
                search.close().await;
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Keeps an SQLite file from growing beyond this many pages more than it has; `None` takes the bound away. So tests
    /// fill a disk. PostgreSQL knows no such bound.
    #[doc(hidden)]
    pub async fn bound_growth(&self, pages: Option<u32>) -> Result<(), StoreError> {
        let Pools::Sqlite { write, .. } = &self.pools else { return Ok(()) };
        let present: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await?;
        let most = pages.map_or(i64::from(u32::MAX) - 1, |pages| present + i64::from(pages));
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}"))).execute(write).await?;
        Ok(())
    }

    /// The file of an SQLite database.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref().map(PathBuf::as_path)
    }
}

/// The right to be the only server on an SQLite file, given back when dropped or when the process ends in any way.
#[derive(Debug)]
#[must_use = "the lock is given back when this is dropped"]
pub struct ServerLock {
    _file: Option<std::fs::File>,
}

impl ServerLock {
    /// Takes the right to be the only one that serves from this SQLite file.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock_path = beside(path, ".lock");
        let failed = |source| StoreError::File { path: lock_path.clone(), source };
        let file = private_file().open(&lock_path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
            Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The path of a file that stands beside the database and is named after it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Options that open a file for writing and make it, if needed, for its owner alone.
pub(super) fn private_file() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn migration_error(error: sqlx::migrate::MigrateError) -> StoreError {
    match error {
        sqlx::migrate::MigrateError::VersionMissing(version)
        | sqlx::migrate::MigrateError::VersionTooNew(version, _) => StoreError::NewerSchema(version),
        other => StoreError::Migration(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_either_database() {
        let sqlite = |path: &str| DatabaseAddress::Sqlite(path.into());
        for (text, address) in [
            ("/data/gleaner.db", sqlite("/data/gleaner.db")),
            ("sqlite:gleaner.db", sqlite("gleaner.db")),
            ("sqlite:///data/gleaner.db", sqlite("/data/gleaner.db")),
            ("postgres://g@db/gleaner", DatabaseAddress::Postgres("postgres://g@db/gleaner".to_owned())),
        ] {
            assert_eq!(text.parse::<DatabaseAddress>().unwrap(), address, "{text}");
        }
    }

    #[test]
    fn an_address_of_neither_is_refused_without_its_password() {
        let error = "mysql://me:secret@db/x".parse::<DatabaseAddress>().unwrap_err().to_string();
        assert!(error.contains("db/x") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn every_statement_that_commits_by_itself_is_read_to_its_end() {
        let mut waiting = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"))];
        let mut seen = 0;
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("write_one!(").skip(1) {
                let statement = part.split(".await").next().unwrap_or_default();
                let stops = statement.contains(".fetch_one(") || statement.contains(".fetch_optional(");
                assert!(!stops, "{} stops at the first row: {statement}", path.display());
                seen += usize::from(statement.contains(".fetch_all("));
            }
        }
        assert!(seen >= 10, "{seen}");
    }
}
