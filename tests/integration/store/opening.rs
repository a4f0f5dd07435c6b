//! Opening a database, its schema and its checks.

use gleaner::domain::{ArticleId, TagName};
use gleaner::store::{DatabaseAddress, Db, NewUnread, StoreError, Tagged};
use sqlx::{Connection as _, Row as _};

use crate::support::db::{START, TestDb, account, articles, followed, on_both};

on_both! {
    async fn every_statement_fits_the_schema(db: &TestDb) {
        assert_eq!(db.check_statements().await, []);
    }

    async fn a_sound_database_has_no_problems_and_tells_its_size(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap();

        assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
        let sizes = db.sizes().await.unwrap();
        assert_eq!((sizes.articles, sizes.versions, sizes.feeds, sizes.pages), (3, 3, 1, 0));
        assert!(sizes.bytes > 0);
    }

    async fn what_was_stored_is_there_when_the_database_is_opened_again(db: &TestDb) {
        account(db, "ann").await;
        db.close().await;

        let again = Db::open(db.address()).await.unwrap();

        assert!(again.account_by_name("ann").await.unwrap().is_some());
        again.close().await;
    }

    async fn an_older_program_refuses_a_newer_schema_and_changes_nothing(db: &TestDb) {
        const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                             VALUES (9999, 'from the future', TRUE, '', 0)";
        match db.address() {
            DatabaseAddress::Sqlite(path) => {
                let mut raw = sqlx::SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();
                sqlx::query(NEWER).execute(&mut raw).await.unwrap();
            }
            DatabaseAddress::Postgres(address) => {
                let mut raw = sqlx::PgConnection::connect(address).await.unwrap();
                sqlx::query(NEWER).execute(&mut raw).await.unwrap();
            }
        }

        let refused = Db::open(db.address()).await.unwrap_err();

        assert!(matches!(refused, StoreError::NewerSchema(9999)), "{refused}");
    }

    async fn the_revision_changes_with_every_commit_of_any_program(db: &TestDb) {
        let other = db.home.open().await;
        let before = db.revision().await.unwrap();
        if db.is_sqlite() {
            // Other tests write to the same server of PostgreSQL.
            assert_eq!(db.revision().await.unwrap(), before, "nothing was written");
        }

        account(db, "ann").await;
        let after_own = db.revision().await.unwrap();
        account(&other, "bob").await;
        let after_other = db.revision().await.unwrap();

        assert_ne!(before, after_own);
        assert_ne!(after_own, after_other);
        other.close().await;
    }

    async fn everyone_who_asks_at_once_gets_the_revision_after_the_last_commit(db: &TestDb) {
        let mut seen = db.revision().await.unwrap();
        for number in 0..20 {
            account(db, &format!("reader {number}")).await;

            let answers = futures_util::future::join_all((0..16).map(|_| db.revision())).await;

            for answer in answers {
                assert_ne!(answer.unwrap(), seen, "as it was before account {number}");
            }
            seen = db.revision().await.unwrap();
        }
    }

    async fn the_first_value_of_a_name_stays(db: &TestDb) {
        assert_eq!(db.meta_get("secret").await.unwrap(), None);
        assert_eq!(db.meta_set_if_absent("secret", "one").await.unwrap(), "one");
        assert_eq!(db.meta_set_if_absent("secret", "two").await.unwrap(), "one");
        db.meta_set("secret", "three").await.unwrap();
        assert_eq!(db.meta_get("secret").await.unwrap().as_deref(), Some("three"));
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = TestDb::sqlite().await;
    let Some(postgres) = TestDb::postgres().await else { return };
    let (DatabaseAddress::Sqlite(path), DatabaseAddress::Postgres(address)) = (sqlite.address(), postgres.address())
    else {
        panic!("addresses of the wrong kind");
    };

    let mut raw = sqlx::SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();
    let in_sqlite: Vec<(String, String, bool)> = sqlx::query(
        "SELECT m.name AS t, c.name AS c, c.\"notnull\" AS n FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'search\\_terms%' ESCAPE '\\' AND m.name NOT LIKE '_sqlx%' ORDER BY 1, 2",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap()
    .iter()
    // The rowid of SQLite cannot be NULL, though the schema does not say so.
    .map(|row| (row.get("t"), row.get("c"), row.get::<i64, _>("n") == 1 || is_row_id(row.get("t"), row.get("c"))))
    .collect();
    let mut raw = sqlx::PgConnection::connect(address).await.unwrap();
    let mut in_postgres: Vec<(String, String, bool)> = sqlx::query(
        "SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c, is_nullable = 'NO' AS n \
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%' \
         AND table_name <> 'search_terms'",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get("t"), row.get("c"), row.get("n")))
    .collect();
    in_postgres.sort();

    assert!(in_sqlite.len() > 50, "{in_sqlite:?}");
    assert_eq!(in_sqlite, in_postgres);
}

fn is_row_id(table: &str, column: &str) -> bool {
    column == "id"
        || (matches!(table, "likeness" | "page" | "search_text" | "search_todo" | "story") && column == "article_id")
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_until_the_first_ends() {
    let db = TestDb::sqlite().await;
    let second = Db::open(db.address()).await.unwrap();
    let lock = db.lock_for_server().unwrap();

    let refused = second.lock_for_server().unwrap_err();
    assert!(matches!(refused, StoreError::InUse(_)), "{refused}");

    drop(lock);
    let _lock = second.lock_for_server().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let db = TestDb::sqlite().await;
    let _lock = db.lock_for_server().unwrap();
    account(&db, "ann").await;

    let folder = db.path().unwrap().parent().unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        names.push(file.file_name().to_string_lossy().into_owned());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
    assert!(names.contains(&"gleaner.db-wal".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();

    let refused = Db::open(&DatabaseAddress::Sqlite(file.join("gleaner.db"))).await.unwrap_err();

    assert!(refused.to_string().contains("gleaner.db"), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gleaner.db");
    let text = "this is a letter and no database, long enough to be looked at twice. ".repeat(20);
    std::fs::write(&file, &text).unwrap();

    assert!(Db::open(&DatabaseAddress::Sqlite(file.clone())).await.is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

/// A database as the first release left it: its schema, an account, a feed, a starred article.
async fn first_release(path: &std::path::Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let mut migrator = sqlx::migrate!("./migrations/sqlite");
    migrator.migrations = migrator.migrations.iter().filter(|step| step.version == 1).cloned().collect();
    migrator.run(&pool).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO account (id, name, name_key, password_hash, created_at) VALUES (1, 'ann', 'ann', 'hash', 0); \
         INSERT INTO feed (id, url, url_key, created_at, next_check_at) \
         VALUES (1, 'https://daily.example/feed', x'00', 0, 0); \
         INSERT INTO subscription (account_id, feed_id, created_at) VALUES (1, 1, 0); \
         INSERT INTO article (id, feed_id, first_key, content_hash, sort_at, fetched_at, shown, reason, title, excerpt) \
         VALUES (7, 1, x'00000000000000000000000000000001', x'00', 5, 5, 0, 0, 'Kept', ''); \
         INSERT INTO version (id, article_id, created_at, title) VALUES (1, 7, 5, 'Kept'); \
         INSERT INTO starred (account_id, article_id, marked_at) VALUES (1, 7, 6);",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

#[tokio::test]
async fn what_the_first_release_stored_is_taken_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    first_release(&path).await;

    let db = Db::open(&DatabaseAddress::Sqlite(path.clone())).await.unwrap();

    let ann = db.account_by_name("ann").await.unwrap().unwrap().id;
    let article = db.article(ann, ArticleId(7)).await.unwrap().unwrap();
    assert!(article.starred && article.title == "Kept");
    let tag = TagName::parse("old").unwrap();
    assert_eq!(db.tag_article(ann, article.id, &[tag], START).await.unwrap(), Tagged::Done);
    assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    db.close().await;

    let kept = folder.path().join("gleaner.db.before-update");
    assert_eq!(schema_of(&kept).await, 1, "the program of before can go on with it");
    assert_eq!(gleaner::store::examine_backup(&kept).await.unwrap().articles, 1);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&kept.metadata().unwrap().permissions()) & 0o777, 0o600);
    std::fs::remove_file(&kept).unwrap();
    Db::open(&DatabaseAddress::Sqlite(path)).await.unwrap().close().await;
    assert!(!kept.exists(), "nothing is copied where nothing changes");
}

/// The newest schema that a file has.
async fn schema_of(path: &std::path::Path) -> i64 {
    let mut file = sqlx::SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();
    sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut file).await.unwrap()
}

#[tokio::test]
async fn a_database_that_cannot_be_kept_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    first_release(&path).await;
    // Something in the way that no file can replace.
    let obstacle = folder.path().join("gleaner.db.before-update.part");
    std::fs::create_dir(&obstacle).unwrap();

    let refused = Db::open(&DatabaseAddress::Sqlite(path.clone())).await.unwrap_err().to_string();

    assert!(refused.contains("before-update") && refused.contains("Nothing was changed"), "{refused}");
    assert_eq!(schema_of(&path).await, 1);
    std::fs::remove_dir(&obstacle).unwrap();
    Db::open(&DatabaseAddress::Sqlite(path)).await.unwrap().close().await;
}
