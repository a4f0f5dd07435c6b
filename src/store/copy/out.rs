//! Out: a consistent copy of the database as one file.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection, SqlitePool};

use super::{Pouring, Progress, Table, back, empty, open_to_read};
use crate::store::db::{Pools, beside, private_file};
use crate::store::search::enqueue_all;
use crate::store::{DatabaseAddress, Db, StoreError};

impl Db {
    /// Writes a copy of the database, as it is at one moment, to `path`. Everything goes on meanwhile.
    ///
    /// The copy is made beside its place, checked, written through to the disk and only then given its name: a file of
    /// that name is a whole backup, or the one that was there before. Nobody but its owner may read it.
    pub async fn back_up(&self, path: &Path, progress: Progress<'_>) -> Result<back::BackupFacts, StoreError> {
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        let part = beside(path, ".part");
        remove_with_company(&part).map_err(failed)?;
        private_file().open(&part).map_err(failed)?;
        let copied = match &self.pools {
            Pools::Sqlite { .. } => self.vacuum_into(&part, progress).await,
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                copy_rows(&mut connection, &part, progress).await
            }
        };
        let checked = match copied {
            Ok(()) => back::examine_backup(&part).await,
            Err(error) => Err(error),
        };
        let placed = checked.and_then(|facts| put_in_place(&part, path).map(|()| facts).map_err(failed));
        if placed.is_err() {
            // What it was made for is gone with the error; the part is of no use to anyone.
            let _ = remove_with_company(&part);
        }
        placed
    }

    async fn vacuum_into(&self, part: &Path, progress: Progress<'_>) -> Result<(), StoreError> {
        let source = self.path().ok_or_else(|| StoreError::Damaged("a database without a file".to_owned()))?;
        let mut connection = open_to_read(source).await?;
        let bytes: i64 =
            sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
                .fetch_one(&mut connection)
                .await?;
        let target = part.to_string_lossy().into_owned();
        let copying = async {
            sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await?;
            connection.close().await
        };
        tokio::pin!(copying);
        loop {
            tokio::select! {
                done = &mut copying => return Ok(done?),
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    let written = std::fs::metadata(part).map_or(0, |file| file.len());
                    progress(written, u64::try_from(bytes).unwrap_or(0));
                }
            }
        }
    }
}

/// Keeps an SQLite file that is about to get a newer schema as a copy beside it, in place of the one before the last
/// update, so that the program of before still has something to run on. On PostgreSQL the operator has their own ways.
pub(in crate::store) async fn keep_before_update(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let is_new: bool = sqlx::query_scalar(IS_NEW).fetch_one(writer).await?;
    if is_new {
        return Ok(());
    }
    let present: i64 = sqlx::query_scalar(back::NEWEST_MIGRATION).fetch_one(writer).await?;
    if present == 0 || present >= back::newest_known() {
        return Ok(());
    }
    let kept = beside(path, BEFORE_UPDATE);
    let part = beside(&kept, ".part");
    let keeping = async {
        remove_with_company(&part)?;
        private_file().open(&part)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(part.to_string_lossy()).execute(writer).await;
        copied.map_err(IoError::other)?;
        put_in_place(&part, &kept)
    };
    if let Err(source) = keeping.await {
        // Half a copy is of no use to anyone.
        let _ = remove_with_company(&part);
        return Err(StoreError::NotKept { path: kept, source });
    }
    tracing::info!(copy = %kept.display(), "the database gets a newer schema; as it was, it is kept beside it");
    Ok(())
}

const IS_NEW: &str = "SELECT COUNT(*) = 0 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
/// What the copy of before an update is called, after the name of the database.
const BEFORE_UPDATE: &str = ".before-update";

/// Copies every row of PostgreSQL into a new SQLite file, all of them as they were at the moment of the first.
async fn copy_rows(source: &mut PgConnection, part: &Path, progress: Progress<'_>) -> Result<(), StoreError> {
    let target = Db::open(&DatabaseAddress::Sqlite(part.to_owned())).await?;
    let tables = Table::all(&mut open_to_read(part).await?).await?;
    let mut snapshot = source.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let mut total = 0_i64;
    for table in &tables {
        total += sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(table.count())).fetch_one(&mut *snapshot).await?;
    }
    let mut pouring = Pouring { progress, done: 0, total: u64::try_from(total).unwrap_or(0) };
    let mut tx = target.begin().await?;
    empty(&mut tx, &tables).await?;
    for table in &tables {
        let rows = sqlx::query(sqlx::AssertSqlSafe(table.select())).persistent(false).fetch(&mut *snapshot);
        pouring.pour(rows, table, &mut tx).await?;
    }
    enqueue_all(&mut tx).await?;
    tx.commit().await?;
    snapshot.rollback().await?;
    target.close().await;
    Ok(())
}

/// Writes the file through to the disk, gives it its name, and writes that through.
pub(super) fn put_in_place(part: &Path, path: &Path) -> std::io::Result<()> {
    File::open(part)?.sync_all()?;
    std::fs::rename(part, path)?;
    for companion in companions(part) {
        remove(&companion)?;
    }
    sync_folder(path)
}

/// Makes the names in the folder of `path` lasting.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems have no such thing.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What SQLite and the opening of a database leave beside its file.
pub(super) fn companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["-wal", "-shm", "-journal", ".migration", BEFORE_UPDATE].into_iter().map(|ending| beside(path, ending))
}

/// Takes a file away with what stands beside it; that there is none is fine.
pub(super) fn remove_with_company(path: &Path) -> std::io::Result<()> {
    remove(path)?;
    companions(path).try_for_each(|companion| remove(&companion))
}

fn remove(path: &Path) -> Result<(), IoError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
