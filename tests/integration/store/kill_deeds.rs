//! A process that is killed in the midst of something large leaves the old state or the new one, never one between, and the
//! same deed can be done again: migration, backup, restore, deleting an account, sweeping, and folding the log in.
//!
//! `GLEANER_TEST_KILLS` says how many processes die of each deed; `scripts/kill --deeds` runs this longer.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gleaner::domain::{AccountId, UnixMillis};
use gleaner::store::{DatabaseAddress, Db, ListQuery, NewUnread, Order, Scope, examine_backup};

use crate::support::database::TestDatabase;
use crate::support::db::{START, TestDb, account, articles, followed, on_both};
use crate::support::dice::Dice;

/// What the process that is to be killed does, where, and with which folder.
const DEED: &str = "GLEANER_TEST_DEED";
const ADDRESS: &str = "GLEANER_TEST_DEED_ON";
const FOLDER: &str = "GLEANER_TEST_DEED_WITH";
/// When everything in a trash has lain there for long enough.
const LATER: UnixMillis = UnixMillis(START.0 + 40 * UnixMillis::DAY);

fn quietly(_: u64, _: u64) {}

/// What the killed process does. Started by the tests below; by itself it does nothing.
#[tokio::test]
async fn doer() {
    let Ok(deed) = std::env::var(DEED) else { return };
    let address: DatabaseAddress = std::env::var(ADDRESS).unwrap().parse().unwrap();
    let folder = std::env::var(FOLDER).unwrap();
    let folder = Path::new(&folder);
    if deed == "migration" {
        say("begun");
        Db::open(&address).await.unwrap().close().await;
    } else if deed == "restore" {
        say("begun");
        address.restore(&folder.join("other.db"), "stamp", folder, &quietly).await.unwrap();
    } else {
        let db = Db::open(&address).await.unwrap();
        say("begun");
        do_it(&db, &deed, folder).await;
    }
    say("done");
}

/// The deeds for which a database is open already.
async fn do_it(db: &Db, deed: &str, folder: &Path) {
    match deed {
        "backup" => {
            db.back_up(&folder.join("backup.db"), &quietly).await.unwrap();
        }
        "deletion" => {
            if let Some(bob) = db.account_by_name("bob").await.unwrap() {
                db.delete_account(bob.id).await.unwrap();
            }
        }
        "sweep" => {
            db.sweep_trash(LATER).await.unwrap();
        }
        "fold" => {
            let ann = db.account_by_name("ann").await.unwrap().unwrap().id;
            for round in 0..20 {
                db.meta_set("round", &"x".repeat(50_000 + round)).await.unwrap();
                db.set_account_settings(ann, "{}").await.unwrap();
                db.fold_log().await.unwrap();
            }
        }
        _ => panic!("{deed} is no deed"),
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn say(line: &str) {
    println!("said {line}");
}

#[expect(clippy::print_stdout, reason = "a measurement prints its figures")]
fn figure(line: &str) {
    println!("figure {line}");
}

fn start(deed: &str, address: &DatabaseAddress, folder: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let address = match address {
        DatabaseAddress::Sqlite(path) => path.to_string_lossy().into_owned(),
        DatabaseAddress::Postgres(address) => address.clone(),
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::kill_deeds::doer", "--nocapture", "--test-threads=1"])
        .env(DEED, deed)
        .env(ADDRESS, address)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

/// Reads until the process says this word; false if it never does.
fn hears(output: &mut BufReader<std::process::ChildStdout>, word: &str) -> bool {
    output.lines().map_while(Result::ok).any(|line| line.ends_with(&format!("said {word}")))
}

/// Lets the deed be done to its end, and tells how long it took.
fn do_whole(deed: &str, address: &DatabaseAddress, folder: &Path) -> Duration {
    let (mut child, mut output) = start(deed, address, folder);
    assert!(hears(&mut output, "begun"), "{deed} begins");
    let begun = Instant::now();
    assert!(hears(&mut output, "done"), "{deed} is done");
    let took = begun.elapsed();
    child.wait().unwrap();
    took
}

/// Lets the deed begin, and kills it after this time.
fn kill_within(deed: &str, address: &DatabaseAddress, folder: &Path, time: Duration) {
    let (mut child, mut output) = start(deed, address, folder);
    assert!(hears(&mut output, "begun"), "{deed} begins");
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn kills() -> usize {
    std::env::var("GLEANER_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(2)
}

/// What is in the database, as its readers see it.
async fn state(db: &Db) -> String {
    let mut state = String::new();
    for account in db.accounts().await.unwrap() {
        let counts = db.counts(account.id).await.unwrap();
        let trash = db.count_trash(account.id).await.unwrap();
        let lists = [list(db, account.id, Scope::All).await, list(db, account.id, Scope::Starred).await];
        let unread = list(db, account.id, Scope::Unread).await.len();
        assert_eq!(i64::try_from(unread).unwrap(), counts.unread, "{}", account.name);
        state += &format!("{} {} {} {} {lists:?} {trash}\n", account.name, counts.unread, counts.feeds, counts.starred);
    }
    state + &format!("{} articles", db.sizes().await.unwrap().articles)
}

async fn list(db: &Db, account: AccountId, scope: Scope) -> Vec<String> {
    let only_unread = scope == Scope::Unread;
    let query = ListQuery { scope, only_unread, order: Order::NewestFirst, after: None, limit: 100_000 };
    db.list(account, &query).await.unwrap().into_iter().map(|row| row.title).collect()
}

/// The same, of a database that nobody has open: as the next process finds it.
async fn state_at(address: &DatabaseAddress) -> String {
    let db = Db::open(address).await.unwrap();
    assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    let state = state(&db).await;
    db.close().await;
    state
}

/// Two readers; the first has thrown away much, which nobody else can read.
async fn furnish(db: &Db, most: i64) {
    let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
    let (daily, weekly) = (followed(db, ann, "daily").await, followed(db, bob, "weekly").await);
    let of_ann = db.store_articles(daily, &articles(1..=most), NewUnread::All, START).await.unwrap().added;
    let of_bob =
        db.store_articles(weekly, &articles(10_001..=10_000 + most), NewUnread::All, START).await.unwrap().added;
    for id in &of_bob[..30] {
        db.set_starred(bob, *id, true, START).await.unwrap();
    }
    for id in &of_ann[..of_ann.len() / 2] {
        db.throw_away(ann, *id, &[], START).await.unwrap().unwrap();
    }
}

on_both! {
    /// D03: whatever moment a deed dies at, the next process finds the state before it or the one after it, and does it.
    async fn a_kill_in_the_midst_of_a_deed_leaves_the_old_state_or_the_new(db: &TestDb) {
        furnish(db, 300).await;
        let folder = tempfile::tempdir().unwrap();
        let (base, other) = (folder.path().join("base.db"), folder.path().join("other.db"));
        db.back_up(&base, &quietly).await.unwrap();
        let before = state(db).await;
        // What is restored is another state: one account less, and one list shorter.
        do_it(db, "deletion", folder.path()).await;
        let deleted = state(db).await;
        do_it(db, "sweep", folder.path()).await;
        db.back_up(&other, &quietly).await.unwrap();
        let restored = state(db).await;
        db.close().await;
        let address = db.address();
        let renew = async || {
            address.restore(&base, "stamp", folder.path(), &quietly).await.unwrap();
            assert_eq!(state_at(address).await, before);
        };
        let mut dice = Dice(3);
        for deed in ["backup", "restore", "deletion", "sweep", "fold"] {
            renew().await;
            let took = do_whole(deed, address, folder.path());
            let after = state_at(address).await;
            match deed {
                "backup" | "fold" => assert_eq!(after, before, "{deed}"),
                "restore" => assert_eq!(after, restored),
                "deletion" => assert_eq!(after, deleted),
                _ => assert_ne!(after, before, "{deed}"),
            }
            let mut halfway = 0;
            for kill in 0..kills() {
                renew().await;
                let micros = usize::try_from(took.as_micros()).unwrap_or(usize::MAX);
                kill_within(deed, address, folder.path(), Duration::from_micros(u64::try_from(dice.below(micros.max(1) * 5 / 4)).unwrap()));
                let found = state_at(address).await;
                // What is swept away goes in several steps, each of them whole; for readers nothing of it was there any more.
                let is_whole = found == before || found == after;
                assert!(is_whole || deed == "sweep", "{deed}, kill {kill}: between two states:\n{found}");
                if found == before {
                    halfway += 1;
                }
                if deed == "backup" {
                    let kept = examine_backup(&folder.path().join("backup.db")).await.expect("a backup is whole or is not there");
                    assert_eq!(kept.accounts, 2);
                }
                do_whole(deed, address, folder.path());
                assert_eq!(state_at(address).await, after, "{deed}, kill {kill}: done again");
            }
            let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{deed} leaves {left:?}");
            if std::env::var("GLEANER_TEST_KILLS").is_ok() {
                let database = if matches!(address, DatabaseAddress::Sqlite(_)) { "sqlite" } else { "postgres" };
                figure(&format!("kills_{database}_{deed} {} kills", kills()));
                figure(&format!("kills_{database}_{deed}_old_state {halfway} kills"));
                figure(&format!("kills_{database}_{deed}_took {:.3} s", took.as_secs_f64()));
            }
        }
    }
}

/// A database as the first release left it, with an article that must be there afterwards.
async fn first_release(address: &DatabaseAddress) {
    const CONTENT: &str = "INSERT INTO account (id, name, name_key, password_hash, created_at) VALUES (1, 'ann', 'ann', 'hash', 0); \
         INSERT INTO feed (id, url, url_key, created_at, next_check_at) VALUES (1, 'https://daily.example/feed', BYTES, 0, 0); \
         INSERT INTO subscription (account_id, feed_id, created_at) VALUES (1, 1, 0); \
         INSERT INTO article (id, feed_id, first_key, content_hash, sort_at, fetched_at, shown, reason, title, excerpt) \
         VALUES (7, 1, BYTES, BYTES, 5, 5, 0, 0, 'Kept', ''); \
         INSERT INTO version (id, article_id, created_at, title) VALUES (1, 7, 5, 'Kept'); \
         INSERT INTO starred (account_id, article_id, marked_at) VALUES (1, 7, 6);";
    macro_rules! first {
        ($migrations:literal, $pool:expr, $bytes:literal) => {{
            let mut migrator = sqlx::migrate!($migrations);
            migrator.migrations = migrator.migrations.iter().filter(|step| step.version == 1).cloned().collect();
            migrator.run(&$pool).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(CONTENT.replace("BYTES", $bytes))).execute(&$pool).await.unwrap();
            $pool.close().await;
        }};
    }
    match address {
        DatabaseAddress::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            first!("./migrations/sqlite", pool, "x'00000000000000000000000000000001'");
        }
        DatabaseAddress::Postgres(address) => {
            let pool = sqlx::PgPool::connect(address).await.unwrap();
            first!("./migrations/postgres", pool, "'\\x00000000000000000000000000000001'");
        }
    }
}

/// D03: a migration that dies anywhere is gone on with by the next process, and nothing of what was stored is lost.
async fn killed_migrations(fresh: impl AsyncFn() -> Option<TestDatabase>) {
    let mut dice = Dice(5);
    let mut took = None;
    for kill in 0..=kills() {
        let Some(database) = fresh().await else { return };
        first_release(&database.address).await;
        let folder = database.folder.path();
        match took {
            None => took = Some(do_whole("migration", &database.address, folder)),
            Some(took) => {
                let micros = usize::try_from(Duration::as_micros(&took)).unwrap_or(usize::MAX);
                let time = Duration::from_micros(u64::try_from(dice.below(micros.max(1))).unwrap());
                kill_within("migration", &database.address, folder, time);
            }
        }
        let db = database.open().await;
        let ann = db.account_by_name("ann").await.unwrap().unwrap().id;
        let article = db.article(ann, gleaner::domain::ArticleId(7)).await.unwrap().unwrap();
        assert!(article.starred && article.title == "Kept", "kill {kill}");
        assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new(), "kill {kill}");
        db.close().await;
    }
    if std::env::var("GLEANER_TEST_KILLS").is_ok() {
        figure(&format!("kills_migration {} kills", kills()));
        figure(&format!("kills_migration_took {:.3} s", took.unwrap_or_default().as_secs_f64()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_midst_of_a_migration_loses_nothing_on_sqlite() {
    killed_migrations(async || Some(TestDatabase::sqlite())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_midst_of_a_migration_loses_nothing_on_postgres() {
    killed_migrations(TestDatabase::postgres).await;
}
