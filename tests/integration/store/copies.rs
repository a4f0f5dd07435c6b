//! Backups: made while everything goes on, restored to either database, refused when they are not whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use gleaner::search::Query;
use gleaner::store::{
    DatabaseAddress, Db, ListQuery, NewUnread, Order, Scope, SearchRequest, StoreError, examine_backup,
};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::support::database::TestDatabase;
use crate::support::db::{START, TestDb, account, articles, followed, on_both};

fn quietly(_: u64, _: u64) {}

/// Every row of every table of an SQLite file, as text; without what is made anew from the rest.
async fn contents(file: &Path) -> BTreeMap<String, Vec<String>> {
    let mut connection = SqliteConnection::connect(&file.to_string_lossy()).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' \
         AND name <> '_sqlx_migrations' AND name NOT LIKE 'search%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT 'quote(' || name || ')' FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {} FROM {table}", columns.join(" || ','  || "))))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        rows.sort();
        all.insert(table, rows);
    }
    all
}

/// A database with something in most of its tables.
async fn furnished(db: &Db) {
    let ann = account(db, "ann").await;
    let feed = followed(db, ann, "daily").await;
    let report = db.store_articles(feed, &articles(1..=450), NewUnread::All, START).await.unwrap();
    for id in &report.added[..40] {
        db.set_read(ann, *id, true, START).await.unwrap();
        db.set_starred(ann, *id, true, START).await.unwrap();
    }
    db.meta_set("a name", "a value with 'quotes' and 漢字").await.unwrap();
}

on_both! {
    async fn a_backup_restores_to_either_database_with_every_row(db: &TestDb) {
        furnished(db).await;
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("first.db");
        let facts = db.back_up(&first, &quietly).await.unwrap();
        assert_eq!((facts.accounts, facts.articles), (1, 450));
        let mut others = vec![TestDatabase::sqlite()];
        others.extend(TestDatabase::postgres().await);

        for other in others {
            other.open().await.close().await;
            other.address.restore(&first, "1", folder.path(), &quietly).await.unwrap();

            let restored = Db::open(&other.address).await.unwrap();
            assert_eq!(restored.integrity(true).await.unwrap().problems, Vec::<String>::new());
            let again = folder.path().join("again.db");
            restored.back_up(&again, &quietly).await.unwrap();
            assert_eq!(contents(&again).await, contents(&first).await, "{:?}", other.address);
            let ann = restored.account_by_name("ann").await.unwrap().unwrap().id;
            while restored.reindex_some(100).await.unwrap() > 0 {}
            let query = Query::parse("title:article", START, &jiff::tz::TimeZone::UTC);
            let node = query.node.as_ref().unwrap();
            let request = SearchRequest { node, within: None, below: None, limit: 1_000 };
            assert_eq!(restored.search(ann, &request).await.unwrap().hits.len(), 450, "what was copied is found");
            // New rows get new numbers.
            let feed = followed(&restored, ann, "weekly").await;
            let stored = restored.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap();
            assert_eq!(stored.added.len(), 3);
            restored.close().await;
        }
    }

    async fn a_backup_under_writes_is_the_database_at_one_moment(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        db.store_articles(feed, &articles(0..300), NewUnread::All, START).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let writing = tokio::spawn({
            let (db, stop) = (db.db.clone(), stop.clone());
            async move {
                for round in 10.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let some = articles(round * 30..(round + 1) * 30);
                    let stored = db.store_articles(feed, &some, NewUnread::All, START).await.unwrap();
                    for id in stored.added.iter().step_by(3) {
                        db.set_read(ann, *id, true, START).await.unwrap();
                    }
                }
            }
        });

        for round in 0..5 {
            let file = folder.path().join(format!("{round}.db"));
            let facts = db.back_up(&file, &quietly).await.unwrap();

            let other = TestDatabase::sqlite();
            other.address.restore(&file, "1", folder.path(), &quietly).await.unwrap();
            let restored = Db::open(&other.address).await.unwrap();
            // The counters agree with the rows: no transaction was cut in two.
            assert_eq!(restored.integrity(true).await.unwrap().problems, Vec::<String>::new());
            let query = ListQuery {
                scope: Scope::All, only_unread: false, order: Order::NewestFirst, after: None, limit: 100_000,
            };
            let listed = i64::try_from(restored.list(ann, &query).await.unwrap().len()).unwrap();
            assert_eq!(listed, facts.articles);
            assert!(listed >= 300);
            restored.close().await;
        }
        stop.store(true, Ordering::SeqCst);
        writing.await.unwrap();
    }

    async fn what_is_no_whole_backup_is_refused_and_changes_nothing(db: &TestDb) {
        furnished(db).await;
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("whole.db");
        db.back_up(&whole, &quietly).await.unwrap();
        let bytes = std::fs::read(&whole).unwrap();
        let cut = folder.path().join("cut.db");
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        let text = folder.path().join("text.db");
        std::fs::write(&text, "no database at all").unwrap();
        let newer = folder.path().join("newer.db");
        std::fs::write(&newer, &bytes).unwrap();
        let mut raw = SqliteConnection::connect(&newer.to_string_lossy()).await.unwrap();
        sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (9999, 'from the future', TRUE, '', 0)").execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();

        for bad in [&cut, &text, &folder.path().join("missing.db")] {
            let refused = examine_backup(bad).await.unwrap_err();
            assert!(matches!(refused, StoreError::Backup { .. } | StoreError::File { .. }), "{refused}");
        }
        assert!(matches!(examine_backup(&newer).await.unwrap_err(), StoreError::NewerSchema(9999)));
        assert_eq!(std::fs::read(&whole).unwrap(), bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_use_is_not_replaced_and_one_that_is_replaced_stays_beside() {
    let db = TestDb::sqlite().await;
    furnished(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    db.back_up(&file, &quietly).await.unwrap();
    account(&db, "bob").await;

    let lock = db.lock_for_server().unwrap();
    let refused = db.address().restore(&file, "1", folder.path(), &quietly).await.unwrap_err();
    assert!(matches!(refused, StoreError::InUse(_)), "{refused}");
    drop(lock);
    db.close().await;
    let before = db.address().restore(&file, "7", folder.path(), &quietly).await.unwrap().unwrap();

    let now = Db::open(db.address()).await.unwrap();
    assert!(now.account_by_name("bob").await.unwrap().is_none());
    let old = Db::open(&DatabaseAddress::Sqlite(before)).await.unwrap();
    assert!(old.account_by_name("bob").await.unwrap().is_some(), "what was there is not lost");
    now.close().await;
    old.close().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_may_read_a_backup_and_nothing_is_left_beside_it() {
    let db = TestDb::sqlite().await;
    furnished(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");

    db.back_up(&file, &quietly).await.unwrap();

    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// D03: the moments of a restore at which there is no file, or two, under the names that matter. Whoever opens the database next
/// finds the old one or the new one, and the old one's log is never laid beside the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_died_between_two_names_is_ended_by_whoever_opens_next() {
    let db = TestDb::sqlite().await;
    furnished(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    db.back_up(&backup, &quietly).await.unwrap();
    account(&db, "bob").await;
    db.close().await;
    let DatabaseAddress::Sqlite(path) = db.address() else { panic!("a file") };
    let named = |ending: &str| path.with_file_name(format!("gleaner.db{ending}"));
    let has_bob = async || {
        let now = Db::open(db.address()).await.unwrap();
        assert_eq!(now.integrity(true).await.unwrap().problems, Vec::<String>::new());
        let has = now.account_by_name("bob").await.unwrap().is_some();
        assert!(now.account_by_name("ann").await.unwrap().is_some());
        now.close().await;
        has
    };

    std::fs::copy(&backup, named(".restored")).unwrap();
    assert!(has_bob().await, "it died before it had changed anything");
    assert!(!named(".restored").exists());

    std::fs::copy(&backup, named(".restored")).unwrap();
    std::fs::rename(path, named(".before-7")).unwrap();
    std::fs::write(named("-wal"), "the log of another database").unwrap();
    assert!(!has_bob().await, "it died with nothing in the place of the database");
    assert!(!named(".restored").exists());
    assert_eq!(std::fs::read(named(".before-restored-wal")).unwrap(), b"the log of another database");
    let old = Db::open(&DatabaseAddress::Sqlite(named(".before-7"))).await.unwrap();
    assert!(old.account_by_name("bob").await.unwrap().is_some(), "what was there is not lost");
    old.close().await;
}
