//! No search takes longer than two seconds, is longer than 256 bytes, or keeps a writer waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gleaner::domain::{AccountId, FeedId};
use gleaner::search::{MAX_QUERY_BYTES, Note, Query};
use gleaner::store::{DatabaseAddress, Db, HitWindow, NewUnread, SEARCH_PATIENCE, SearchRequest};
use jiff::tz::TimeZone;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::support::db::{START, TestDb, account, articles, followed, on_both};

async fn search(db: &Db, account: AccountId, text: &str) -> HitWindow {
    let query = Query::parse(text, START, &TimeZone::UTC);
    let request = SearchRequest { node: query.node.as_ref().unwrap(), within: None, below: None, limit: 1_000 };
    db.search(account, &request).await.unwrap()
}

/// A query that no index helps with and nothing answers: every article is compared with each of these.
fn slow() -> String {
    (0..30).map(|n| format!("site:{n}")).collect::<Vec<_>>().join("|")
}

/// Enough articles that it takes more than two seconds, without a text: only their addresses are looked at.
async fn many(db: &TestDb, feed: FeedId) {
    match db.address() {
        DatabaseAddress::Sqlite(path) => {
            let mut other = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
            let rows = "WITH RECURSIVE n(i) AS (VALUES (1000) UNION ALL SELECT i + 1 FROM n WHERE i < 60000) \
                        INSERT INTO article (feed_id, first_key, content_hash, sort_at, fetched_at, shown, reason, title, url, excerpt) \
                        SELECT $1, randomblob(16), x'00', i, i, 0, 0, '', 'https://site.example/' || i, '' FROM n";
            sqlx::query(rows).bind(feed.0).execute(&mut other).await.unwrap();
        }
        DatabaseAddress::Postgres(address) => {
            let mut other = PgConnection::connect(address).await.unwrap();
            let rows = "INSERT INTO article (feed_id, first_key, content_hash, sort_at, fetched_at, shown, reason, title, url, excerpt) \
                        SELECT $1, decode(md5(CAST(i AS TEXT)), 'hex'), '', i, i, 0, 0, '', 'https://site.example/' || i, '' \
                        FROM generate_series(1000, 60000) AS n(i)";
            sqlx::query(rows).bind(feed.0).execute(&mut other).await.unwrap();
        }
    }
}

on_both! {
    async fn what_stands_behind_256_bytes_is_not_asked_for(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        db.store_articles(daily, &articles(1..=3), NewUnread::All, START).await.unwrap();

        let filled = format!("{:<width$}", "text", width = MAX_QUERY_BYTES - 4);
        assert_eq!(search(db, ann, &format!("{filled} xyz")).await.hits.len(), 0, "256 bytes are read");
        assert_eq!(search(db, ann, &format!("{filled}     xyz")).await.hits.len(), 3);
        assert_eq!(Query::parse(&format!("{filled}     xyz"), START, &TimeZone::UTC).notes, [Note::Cut]);
    }

    async fn a_search_ends_after_two_seconds_with_what_it_has(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        db.store_articles(daily, &articles(1..=20), NewUnread::All, START).await.unwrap();
        let mut begun = Instant::now();
        let late = match db.address() {
            // Somebody has the index for themselves.
            DatabaseAddress::Postgres(address) => {
                let mut other = PgConnection::connect(address).await.unwrap();
                let mut tx = other.begin().await.unwrap();
                sqlx::query("LOCK TABLE search_terms IN ACCESS EXCLUSIVE MODE").execute(&mut *tx).await.unwrap();
                let late = search(db, ann, "text").await;
                tx.rollback().await.unwrap();
                late
            }
            // Nobody can have a table of SQLite for themselves.
            DatabaseAddress::Sqlite(_) => {
                many(db, daily).await;
                begun = Instant::now();
                search(db, ann, &slow()).await
            }
        };
        let took = begun.elapsed();
        assert!(late.is_late && !late.is_all, "{late:?}");
        assert!(took >= SEARCH_PATIENCE && took < SEARCH_PATIENCE * 2, "{took:?}");

        let next = search(db, ann, "text").await;
        assert!(next.is_all && !next.is_late && next.hits.len() == 20, "the next one is answered: {next:?}");
    }

    async fn no_search_keeps_a_writer_waiting(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        many(db, daily).await;
        let (is_over, searches, text) = (AtomicBool::new(false), AtomicUsize::new(0), slow());
        let searching = || async {
            while !is_over.load(Ordering::Relaxed) {
                search(db, ann, &text).await;
                searches.fetch_add(1, Ordering::Relaxed);
            }
        };
        let writing = async {
            let mut longest = Duration::ZERO;
            for number in 2_000..2_040 {
                let begun = Instant::now();
                let added = db.store_articles(daily, &articles([number]), NewUnread::All, START).await.unwrap().added;
                db.set_starred(ann, added[0], true, START).await.unwrap();
                longest = longest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            is_over.store(true, Ordering::Relaxed);
            longest
        };
        let (longest, ..) = tokio::join!(writing, searching(), searching(), searching(), searching(), searching());

        assert!(longest < SEARCH_PATIENCE / 2, "a write took {longest:?}");
        assert!(searches.into_inner() >= 5, "they ran meanwhile");
    }
}
