//! Searches that would never end, many at once.

use std::time::Duration;

use gleaner::domain::UnixMillis;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::DatabaseAddress;
use sqlx::Connection as _;
use tokio::time::{sleep, timeout};

use super::reading::{followed, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::TestSite;

/// Whoever asks whether an original is gone waits for ever: the table is a view that never comes to an end.
async fn make_slow(site: &TestSite) {
    let rename = "ALTER TABLE original RENAME TO original_before";
    let view = |endless: &str| {
        format!(
            "CREATE VIEW original AS SELECT a.id AS article_id, CASE WHEN ({endless}) IS NOT NULL THEN 3 END AS state FROM article a"
        )
    };
    match &site.database.address {
        DatabaseAddress::Sqlite(path) => {
            let mut other = sqlx::SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();
            let endless = "WITH RECURSIVE n (i) AS (SELECT a.id UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";
            for statement in ["PRAGMA busy_timeout = 5000".to_owned(), rename.to_owned(), view(endless)] {
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut other).await.unwrap();
            }
            other.close().await.unwrap();
        }
        DatabaseAddress::Postgres(address) => {
            let mut other = sqlx::PgConnection::connect(address).await.unwrap();
            for statement in [rename.to_owned(), view("SELECT CAST(pg_sleep(3600 + a.id * 0) AS TEXT)")] {
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut other).await.unwrap();
            }
        }
    }
}

on_both_databases! {
    /// L21: each search is stopped after two seconds and gives what it has, however many there are; meanwhile others read and write.
    async fn searches_that_would_never_end_are_stopped_and_nobody_else_waits(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        followed(&site, &ada, "/feed", &numbered(20)).await;
        let others = followed(&site, &bob, "/other", &numbered(3)).await;
        assert!(ada.get("/search?q=number+is%3Agone").await.text().contains("0 articles"), "it searches");
        make_slow(&site).await;
        let mut at_ease = false;
        let mut arrived = 3;
        // On a busy machine the searches may be over before the others had their turn; then once more.
        for round in 0..5 {
            let flood: Vec<_> = (0..24)
                .map(|_| {
                    let ada = ada.copy();
                    tokio::spawn(async move { ada.get("/search?q=number+is%3Agone").await })
                })
                .collect();
            sleep(Duration::from_millis(300)).await;
            let title = format!("Round {round}");
            bob.post("/categories", &[("title", &title)]).await.leads_to();
            arrived += 5;
            let more = rss("The river", &numbered(arrived)).replace("<link>https://river.example", "<link>https://river.example/other");
            site.world.route("/other", Reply::ok("application/rss+xml", more));
            site.clock.advance(UnixMillis::HOUR);
            refresh_feed(&site.app, others).await.unwrap();
            assert_eq!(bob.get("/unread").await.status, 200);
            at_ease = at_ease || flood.iter().all(|search| !search.is_finished());
            for search in flood {
                let found = timeout(Duration::from_secs(120), search).await.expect("it is stopped").unwrap();
                assert_eq!(found.status, 200);
                assert!(found.text().contains("this search took too long"), "{}", found.text());
            }
            if at_ease {
                break;
            }
        }
        assert!(at_ease, "writers and readers had to wait for searches");
        assert_eq!(site.app.db.counts(bob.id).await.unwrap().unread, i64::try_from(arrived).unwrap());
        assert!(ada.get("/search?q=number").await.text().matches("Text of").count() > 0, "the next search is as ever");
    }
}
