//! Opens an SQLite file: what must hold of it and its folder before, what each connection is told, and how many there are.
//!
//! One connection writes, so that writers queue in this program; four only read; two only search, and are stopped when that takes
//! too long. Who opens a file first makes its tables, and everybody else waits for that. A restore that was interrupted is
//! finished, and a log that belongs to another file refused, before SQLite sees either.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

use super::StoreError;
use super::copy::{finish_restore, keep_before_update};
use super::db::{Pools, beside, migration_error, private_file};
use super::log;

/// The first version of SQLite without the WAL-reset bug, as its number of the form 3051003.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// A compressed body takes about 3 KB and never spans two leaves of its table, so small pages stay half empty: an article
/// of 6 KB of HTML takes 4,790 bytes of the file with pages of 8 KiB, 4,314 with 16, 4,143 with 32. Beyond 16 KiB a mark
/// writes more than the space is worth.
const PAGE_BYTES: u32 = 16_384;

/// Memory for pages, in KiB: enough that the upper levels of every index stay, little enough for a small machine.
const WRITER_CACHE_KIB: i64 = 4_096;
const READER_CACHE_KIB: i64 = 2_048;
/// For each searcher, once there are any: what is known of a hundred thousand hits lies on 160 pages.
const SEARCHER_CACHE_KIB: i64 = 6_144;
/// What an SQLite says of itself whose connections share one store of pages.
const ONE_STORE: &str = "ENABLE_MEMORY_MANAGEMENT";
/// What a connection that searches has for a moment afterwards: see [`makes_room`].
const RESTING_CACHE_KIB: i64 = 64;
/// Searches of SQLite at a time, each with a connection of its own.
pub(super) const SEARCHERS: u8 = 2;

/// Opens a file, makes it if it is not there, and brings it to this version's schema.
pub(super) async fn open(path: &Path) -> Result<Pools, StoreError> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    prepare_folder(path).map_err(failed)?;
    // Two programs that open an empty file at once would both make the tables: one waits for the other.
    let turn = wait_for_turn(turn_of(path)).await?;
    finish_restore(path).map_err(failed)?;
    let is_signed = log::check(path).await?;
    // Made before SQLite does it, so that no one else may read it for even a moment. SQLite gives its log files the same mode.
    private_file().open(path).map_err(failed)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", "67108864");
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_between_transactions(connection)))
        .connect_with(
            options.clone().pragma("cache_size", format!("-{WRITER_CACHE_KIB}")).optimize_on_close(true, Some(400)),
        )
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&write).await?;
    if !is_safe_sqlite(&version) {
        return Err(StoreError::OldSqlite(version));
    }
    keep_before_update(&write, path).await?;
    sqlx::migrate!("./migrations/sqlite").run(&write).await.map_err(migration_error)?;
    if !is_signed {
        log::sign(&write).await?;
    }
    drop(turn);
    let options = options.read_only(true);
    let readers = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(false)
    };
    let with_cache = |kib: i64| options.clone().pragma("cache_size", format!("-{kib}"));
    let read = readers(4).connect_with(with_cache(READER_CACHE_KIB)).await?;
    let compiled: Vec<String> = sqlx::query_scalar("PRAGMA compile_options").fetch_all(&write).await?;
    // Opened by the first search.
    let search = if compiled.iter().any(|option| option == ONE_STORE) {
        let search = readers(SEARCHERS.into()).after_release(|connection, _| Box::pin(makes_room(connection)));
        search.connect_lazy_with(with_cache(READER_CACHE_KIB))
    } else {
        readers(SEARCHERS.into()).connect_lazy_with(with_cache(SEARCHER_CACHE_KIB))
    };
    Ok(Pools::Sqlite { read, write, search })
}

/// Whether a connection can begin a transaction. When the disk is full or fails, SQLite ends a transaction by itself, the
/// driver's own end of it fails, and the driver believes for ever that one is open: such a connection is thrown away, or
/// the only writer would refuse everything until the next start.
async fn is_between_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The end of a dropped transaction may still be on its way; this comes after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Lets go of the pages that rested longest, as many as a connection has for itself.
///
/// Where SQLite is built so that all connections share one store of pages, who has used up its own share takes the place of the page
/// that rested longest, whosever it is, but who has less than its share and finds the store full drops each page at once and
/// reads it again for the next row. Searches take others' places, so each makes room for those whose places it took.
async fn makes_room(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    for kib in [RESTING_CACHE_KIB, READER_CACHE_KIB] {
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA cache_size = -{kib}"))).execute(&mut *connection).await?;
    }
    Ok(true)
}

fn prepare_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

/// The lock file of whoever opens the file for the first time, brings it up to date or replaces it.
pub(super) fn turn_of(path: &Path) -> PathBuf {
    beside(path, ".migration")
}

/// Waits until no other process holds the lock file at `path`, and holds it until the file is dropped.
pub(super) async fn wait_for_turn(path: PathBuf) -> Result<std::fs::File, StoreError> {
    let failed = |source| StoreError::File { path: path.clone(), source };
    let file = private_file().open(&path).map_err(failed)?;
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    waiting.map_err(|stopped| failed(std::io::Error::other(stopped)))?.map_err(failed)
}

fn is_safe_sqlite(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= OLDEST_SQLITE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_safe_sqlite_is_taken() {
        assert!(is_safe_sqlite("3.51.3") && is_safe_sqlite("3.52.0") && is_safe_sqlite("4.0.0"));
        assert!(!is_safe_sqlite("3.51.2") && !is_safe_sqlite("3.50.9") && !is_safe_sqlite("2.99.99"));
    }
}
