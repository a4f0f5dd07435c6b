//! Back: a backup becomes the database again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::out::{companions, put_in_place, remove_with_company, sync_folder};
use super::{Pouring, Progress, Table, empty, open_to_read};
use crate::store::db::{Tx, beside, private_file};
use crate::store::log;
use crate::store::search::enqueue_all;
use crate::store::sqlite::{turn_of, wait_for_turn};
use crate::store::{DatabaseAddress, Db, ServerLock, StoreError};

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFacts {
    /// Accounts.
    pub accounts: i64,
    /// Articles.
    pub articles: i64,
    /// Bytes of the file.
    pub bytes: u64,
}

const FACTS: &str = "SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM article)";
const IS_OURS: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('account', 'article', 'body', '_sqlx_migrations')";
pub(super) const NEWEST_MIGRATION: &str = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
const IDENTITIES: &str = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
                          WHERE table_schema = current_schema() AND is_identity = 'YES'";

/// Reads a backup from its first page to its last and says what it holds. Refuses what is no backup, is damaged or was
/// made by a newer program; changes nothing.
pub async fn examine_backup(path: &Path) -> Result<BackupFacts, StoreError> {
    let bytes = std::fs::metadata(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?.len();
    let unusable = |reason: String| StoreError::Backup { path: path.to_owned(), reason };
    let mut file = open_to_read(path).await.map_err(|error| unusable(error.to_string()))?;
    let ours: i64 =
        sqlx::query_scalar(IS_OURS).fetch_one(&mut file).await.map_err(|error| unusable(error.to_string()))?;
    if ours < 4 {
        return Err(unusable("it is no database of Gleaner".to_owned()));
    }
    let damage: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(5)")
        .fetch_all(&mut file)
        .await
        .map_err(|error| unusable(error.to_string()))?;
    if damage != ["ok"] {
        return Err(unusable(damage.join("; ")));
    }
    let orphans: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pragma_foreign_key_check").fetch_one(&mut file).await?;
    if orphans > 0 {
        return Err(unusable(format!("{orphans} of its rows name others that are not there")));
    }
    let newest: i64 = sqlx::query_scalar(NEWEST_MIGRATION).fetch_one(&mut file).await?;
    if newest > newest_known() {
        return Err(StoreError::NewerSchema(newest));
    }
    let (accounts, articles) = sqlx::query_as(FACTS).fetch_one(&mut file).await?;
    Ok(BackupFacts { accounts, articles, bytes })
}

/// The schema that this program brings a file to.
pub(super) fn newest_known() -> i64 {
    sqlx::migrate!("./migrations/sqlite").iter().map(|migration| migration.version).max().unwrap_or(0)
}

impl DatabaseAddress {
    /// Puts the contents of the backup at `file` into this database, in place of what is there.
    ///
    /// The backup was examined before. It is copied first and brought to this version's schema, and only then takes the
    /// place of what was there: until that moment nothing is changed. An SQLite file that was there before stays beside the
    /// new one; its path is given. On PostgreSQL one transaction does it all. No server may run on an SQLite file; nothing
    /// can tell whether one runs on PostgreSQL.
    pub async fn restore(
        &self,
        file: &Path,
        stamp: &str,
        workshop: &Path,
        progress: Progress<'_>,
    ) -> Result<Option<PathBuf>, StoreError> {
        match self {
            Self::Sqlite(path) => restore_file(file, path, stamp, progress).await,
            Self::Postgres(_) => {
                let copy = workshop.join("restore.part");
                let restored = restore_rows(self, file, &copy, progress).await;
                // The copy served its purpose, whatever became of it.
                let _ = remove_with_company(&copy);
                restored.map(|()| None)
            }
        }
    }
}

async fn restore_file(
    file: &Path,
    path: &Path,
    stamp: &str,
    progress: Progress<'_>,
) -> Result<Option<PathBuf>, StoreError> {
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let _lock = ServerLock::take(path)?;
    let part = beside(path, ".restore");
    bring_up_to_date(file, &part).await?;
    progress(1, 2);
    // From here on nobody opens the database until its file has its name.
    let _turn = wait_for_turn(turn_of(path)).await?;
    let (ready, before) = (beside(path, READY), beside(path, &format!(".before-{stamp}")));
    let there = path.exists();
    put_in_place(&part, &ready).map_err(failed)?;
    if there {
        fold_in(path).await;
        std::fs::rename(path, &before).map_err(failed)?;
        move_company(path, &before).map_err(failed)?;
        sync_folder(path).map_err(failed)?;
    }
    finish_restore(path).map_err(failed)?;
    progress(2, 2);
    Ok(there.then_some(before))
}

/// The name of a file that is about to take the place of the database, whole and ready.
const READY: &str = ".restored";

/// Gives a file that is ready its name, now or after a process died over it: between two names there is no database, and an empty
/// one must not be made in its place. Only for whoever has the turn.
pub(in crate::store) fn finish_restore(path: &Path) -> std::io::Result<()> {
    let ready = beside(path, READY);
    if !ready.exists() {
        return Ok(());
    }
    if path.exists() {
        // The process died before it had changed anything.
        return remove_with_company(&ready);
    }
    move_company(path, &beside(path, ".before-restored"))?;
    std::fs::rename(ready, path)?;
    sync_folder(path)
}

/// Puts what the log of a database holds into its file, so that the file alone is all of it. A damaged one keeps its log.
async fn fold_in(path: &Path) {
    if let Err(error) = log::check(path).await {
        tracing::warn!(%error, "the database that is replaced keeps the log that lies beside it");
        return;
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(5));
    if let Ok(mut old) = options.connect().await {
        let folded = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut old).await;
        if let Err(error) = folded.map(drop).and(old.close().await) {
            tracing::warn!(%error, "the log of the database that is replaced stays beside it");
        }
    }
}

/// Gives what stands beside a database the name of what it became.
fn move_company(path: &Path, now: &Path) -> std::io::Result<()> {
    for (companion, kept) in companions(path).zip(companions(now)) {
        if companion.exists() && companion != turn_of(path) {
            std::fs::rename(companion, kept)?;
        }
    }
    Ok(())
}

/// A copy of the backup at `part`, with the schema of this version, closed.
async fn bring_up_to_date(file: &Path, part: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { path: part.to_owned(), source };
    remove_with_company(part).map_err(failed)?;
    let mut from = std::fs::File::open(file).map_err(|source| StoreError::File { path: file.to_owned(), source })?;
    let mut to = private_file().open(part).map_err(failed)?;
    let copied = tokio::task::spawn_blocking(move || std::io::copy(&mut from, &mut to)).await;
    copied.map_err(|stopped| failed(std::io::Error::other(stopped)))?.map_err(failed)?;
    Db::open(&DatabaseAddress::Sqlite(part.to_owned())).await?.close().await;
    Ok(())
}

async fn restore_rows(
    address: &DatabaseAddress,
    file: &Path,
    copy: &Path,
    progress: Progress<'_>,
) -> Result<(), StoreError> {
    bring_up_to_date(file, copy).await?;
    let mut source = open_to_read(copy).await?;
    let tables = Table::all(&mut source).await?;
    let mut total = 0_i64;
    for table in &tables {
        total += sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(table.count())).fetch_one(&mut source).await?;
    }
    let mut pouring = Pouring { progress, done: 0, total: u64::try_from(total).unwrap_or(0) };
    let db = Db::open(address).await?;
    let mut tx = db.begin().await?;
    empty(&mut tx, &tables).await?;
    for table in &tables {
        let rows = sqlx::query(sqlx::AssertSqlSafe(table.select())).persistent(false).fetch(&mut source);
        pouring.pour(rows, table, &mut tx).await?;
    }
    number_on(&mut tx).await?;
    enqueue_all(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// PostgreSQL numbers new rows by itself and does not look at those that came with a number.
async fn number_on(tx: &mut Tx) -> Result<(), StoreError> {
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let identities: Vec<(String, String)> = sqlx::query_as(IDENTITIES).fetch_all(&mut **tx).await?;
    for (table, column) in identities {
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), COALESCE((SELECT MAX({column}) FROM {table}), 0) + 1, false)"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement)).persistent(false).execute(&mut **tx).await?;
    }
    Ok(())
}
