//! SQLite's log, which belongs to its database: what happens when it grows, is lost or cut off.

use std::path::{Path, PathBuf};

use gleaner::domain::AccountId;
use gleaner::store::{DatabaseAddress, Db, NewUnread, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::support::db::{START, TestDb, account, articles, followed};

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Files as a killed server leaves them: ten articles in the database, ten more in its log alone.
async fn as_after_a_kill(db: &TestDb, to: &Path) -> AccountId {
    let ann = account(db, "ann").await;
    let daily = followed(db, ann, "daily").await;
    db.store_articles(daily, &articles(0..10), NewUnread::All, START).await.unwrap();
    let path = db.path().unwrap().to_owned();
    let mut fold = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut fold).await.unwrap();
    fold.close().await.unwrap();
    db.store_articles(daily, &articles(10..20), NewUnread::All, START).await.unwrap();
    std::fs::copy(&path, to).unwrap();
    std::fs::copy(beside(&path, "-wal"), beside(to, "-wal")).unwrap();
    std::fs::copy(beside(&path, "-shm"), beside(to, "-shm")).unwrap();
    ann
}

/// How many articles are unread after what is done to the files of a killed server. The database must be sound and go on.
async fn unread_after(change: impl FnOnce(&Path)) -> i64 {
    let db = TestDb::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let ann = as_after_a_kill(&db, &copy).await;
    change(&copy);

    let again = Db::open(&DatabaseAddress::Sqlite(copy)).await.unwrap();
    assert_eq!(again.integrity(true).await.unwrap().problems, Vec::<String>::new());
    let unread = again.counts(ann).await.unwrap().unread;
    let daily = again.feed_by_url(&crate::support::db::url("https://daily.example/feed")).await.unwrap().unwrap().id;
    again.store_articles(daily, &articles(30..31), NewUnread::All, START).await.unwrap();
    assert_eq!(again.counts(ann).await.unwrap().unread, unread + 1, "it goes on");
    again.close().await;
    unread
}

#[tokio::test]
async fn with_its_log_nothing_is_missing_whatever_became_of_the_shared_memory() {
    assert_eq!(unread_after(|_| ()).await, 20);
    assert_eq!(unread_after(|path| std::fs::remove_file(beside(path, "-shm")).unwrap()).await, 20);
    assert_eq!(unread_after(|path| std::fs::write(beside(path, "-shm"), [7; 32_768]).unwrap()).await, 20);
}

#[tokio::test]
async fn a_log_that_is_cut_off_gives_whole_transactions_up_to_there() {
    let unread = unread_after(|path| {
        let log = std::fs::OpenOptions::new().write(true).open(beside(path, "-wal")).unwrap();
        log.set_len(log.metadata().unwrap().len() - 3_000).unwrap();
    });
    let unread = unread.await;
    assert!((10..=20).contains(&unread), "{unread}");
}

#[tokio::test]
async fn a_log_that_is_gone_takes_along_what_was_in_it_alone() {
    assert_eq!(unread_after(|path| std::fs::remove_file(beside(path, "-wal")).unwrap()).await, 10);
}

/// Opens a database beside which a log lies that is not its own: that is refused, nothing is changed, and without the log it opens.
async fn is_refused_with_a_foreign_log(path: &Path) -> Db {
    let files = || [std::fs::read(path).unwrap_or_default(), std::fs::read(beside(path, "-wal")).unwrap()];
    let before = files();

    let refused = Db::open(&DatabaseAddress::Sqlite(path.to_owned())).await.unwrap_err();

    assert!(matches!(&refused, StoreError::ForeignLog(log) if *log == beside(path, "-wal")), "{refused}");
    assert!(refused.to_string().contains("copy.db-wal belongs to another database"), "{refused}");
    assert!(files() == before, "nothing is changed");
    std::fs::rename(beside(path, "-wal"), beside(path, "-wal.kept")).unwrap();
    let _ = std::fs::remove_file(beside(path, "-shm"));
    let db = Db::open(&DatabaseAddress::Sqlite(path.to_owned())).await.unwrap();
    assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    db
}

#[tokio::test]
async fn a_log_of_another_database_is_refused() {
    let (db, other) = (TestDb::sqlite().await, TestDb::sqlite().await);
    let folder = tempfile::tempdir().unwrap();
    let (copy, elsewhere) = (folder.path().join("copy.db"), folder.path().join("elsewhere.db"));
    let ann = as_after_a_kill(&db, &copy).await;
    as_after_a_kill(&other, &elsewhere).await;
    let again = Db::open(&DatabaseAddress::Sqlite(elsewhere.clone())).await.unwrap();
    std::fs::copy(beside(&elsewhere, "-wal"), beside(&copy, "-wal")).unwrap();
    again.close().await;

    let again = is_refused_with_a_foreign_log(&copy).await;

    assert_eq!(again.counts(ann).await.unwrap().unread, 10);
    again.close().await;
}

#[tokio::test]
async fn a_log_of_another_time_of_the_same_database_is_refused() {
    let db = TestDb::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let (early, late) = (folder.path().join("early.db"), folder.path().join("late.db"));
    let ann = as_after_a_kill(&db, &early).await;
    let restarted = db.home.open().await;
    std::fs::copy(beside(db.path().unwrap(), "-wal"), beside(&early, "-wal")).unwrap();
    restarted.close().await;
    let daily = db.feed_by_url(&crate::support::db::url("https://daily.example/feed")).await.unwrap().unwrap().id;
    for round in 0..5 {
        db.fold_log().await.unwrap();
        let restarted = db.home.open().await;
        let new = articles(100 + round * 20..120 + round * 20);
        restarted.store_articles(daily, &new, NewUnread::All, START).await.unwrap();
        restarted.close().await;
    }
    std::fs::copy(db.path().unwrap(), &late).unwrap();
    std::fs::copy(beside(db.path().unwrap(), "-wal"), beside(&late, "-wal")).unwrap();

    for (file, log, unread) in [(&early, &late, 10), (&late, &early, 100)] {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("copy.db");
        std::fs::copy(file, &path).unwrap();
        std::fs::copy(beside(log, "-wal"), beside(&path, "-wal")).unwrap();

        let again = is_refused_with_a_foreign_log(&path).await;

        assert_eq!(again.counts(ann).await.unwrap().unread, unread);
        again.close().await;
    }
}

#[tokio::test]
async fn a_log_without_its_database_is_not_thrown_away() {
    let db = TestDb::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    as_after_a_kill(&db, &copy).await;
    std::fs::remove_file(&copy).unwrap();

    let again = is_refused_with_a_foreign_log(&copy).await;

    assert_eq!(again.count_accounts().await.unwrap(), 0);
    again.close().await;
}

#[tokio::test]
async fn a_reader_that_stays_makes_the_log_longer_and_its_end_makes_it_short_again() {
    let db = TestDb::sqlite().await;
    let ann = account(&db, "ann").await;
    let daily = followed(&db, ann, "daily").await;
    let mut reader = SqliteConnectOptions::new().filename(db.path().unwrap()).read_only(true).connect().await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM article").fetch_one(&mut reader).await.unwrap();

    for round in 0..30 {
        db.store_articles(daily, &articles(round * 20..(round + 1) * 20), NewUnread::All, START).await.unwrap();
    }
    let grown = db.log_bytes();
    let still: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM article").fetch_one(&mut reader).await.unwrap();
    sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    reader.close().await.unwrap();
    for round in 30..40 {
        db.store_articles(daily, &articles(round * 20..(round + 1) * 20), NewUnread::All, START).await.unwrap();
    }
    let after = db.log_bytes();

    assert_eq!((seen, still), (0, 0), "one transaction sees one state");
    assert!(grown > 8 << 20, "the log could not be folded in: {grown}");
    assert!(after <= 64 << 20, "and it is not kept longer than that: {after}");
    for round in 40..70 {
        db.store_articles(daily, &articles(round * 20..(round + 1) * 20), NewUnread::All, START).await.unwrap();
    }
    assert!(db.log_bytes() <= after.max(grown), "it is written over from its beginning: {}", db.log_bytes());
    assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
}
