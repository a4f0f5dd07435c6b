//! A database that is busy for others, or away for a moment.

use std::time::{Duration, Instant};

use gleaner::domain::UnixMillis;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::DatabaseAddress;
use sqlx::Connection as _;
use tokio::time::sleep;

use super::reading::{followed, numbered, rss};
use crate::support::database::TestDatabase;
use crate::support::outside::Reply;
use crate::support::site::TestSite;

#[tokio::test]
async fn another_program_that_writes_is_waited_for_and_then_told_of() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let DatabaseAddress::Sqlite(path) = &site.database.address else { panic!("a file") };
    let mut other = sqlx::SqliteConnection::connect(&path.to_string_lossy()).await.unwrap();

    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waiting = tokio::spawn({
        let ada = ada.copy();
        async move { ada.post("/categories", &[("title", "Patience")]).await.status }
    });
    sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(waiting.await.unwrap(), 303, "a second is waited");

    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let begun = Instant::now();
    let refused = ada.post("/categories", &[("title", "Impatience")]).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.header("retry-after"), "5");
    assert!(begun.elapsed() >= Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(ada.get("/all").await.status, 200, "reading goes on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();

    ada.post("/categories", &[("title", "Again")]).await.leads_to();
    let mut titles: Vec<_> = site.app.db.categories(ada.id).await.unwrap().into_iter().map(|c| c.title).collect();
    titles.sort();
    assert_eq!(titles, ["Again", "Patience"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_drops_its_connections_is_asked_again() {
    let Some(database) = TestDatabase::postgres_alone().await else { return };
    let site = TestSite::on(database).await;
    let ada = site.user("ada").await;
    followed(&site, &ada, "/feed", &numbered(3)).await;

    for round in 1..=3 {
        assert!(site.database.drop_connections().await > 0, "round {round}");

        assert_eq!(ada.get("/unread").await.status, 200, "round {round}");
        ada.post("/categories", &[("title", &format!("Round {round}"))]).await.leads_to();
        site.clock.advance(60_000);
    }

    assert_eq!(site.app.db.categories(ada.id).await.unwrap().len(), 3);
    assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 3);
    assert_eq!(site.visitor().get("/readyz").await.status, 200);
}

/// D15: a PostgreSQL server that is stopped makes the server unready, and when it is back all goes on by itself. What was asked
/// for meanwhile was done once or was refused; nothing was done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stops_and_starts_again_is_found_again_and_nothing_is_done_twice() {
    let Some(database) = TestDatabase::postgres_alone().await else { return };
    let Some((database, mut switch)) = database.behind_a_switch().await else { return };
    let site = TestSite::on(database).await;
    let ada = site.user("ada").await;
    let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
    assert_eq!(site.visitor().get("/readyz").await.status, 200);

    switch.off().await;

    // What was looked at last counts for two seconds.
    sleep(Duration::from_millis(2_100)).await;
    assert_eq!(site.visitor().get("/readyz").await.status, 503);
    assert_eq!(site.visitor().get("/healthz").await.status, 200, "the process itself is well");
    let waiting = tokio::spawn({
        let ada = ada.copy();
        async move { ada.post("/categories", &[("title", "Meanwhile")]).await.status.as_u16() }
    });
    sleep(Duration::from_millis(500)).await;

    switch.on().await;

    let answer = waiting.await.unwrap();
    let made = |titles: &[String]| titles.iter().filter(|title| *title == "Meanwhile").count();
    let titles: Vec<_> = site.app.db.categories(ada.id).await.unwrap().into_iter().map(|c| c.title).collect();
    match answer {
        303 => assert_eq!(made(&titles), 1),
        503 => assert_eq!(made(&titles), 0),
        other => panic!("{other}"),
    }
    let mut ready = 0;
    for _ in 0..60 {
        ready = site.visitor().get("/readyz").await.status.as_u16();
        if ready == 200 {
            break;
        }
        sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(ready, 200);
    assert_eq!(ada.get("/unread").await.status, 200);

    // Cut at any moment of a refresh: what it brings is there once, however often it was begun.
    let many = rss("The river", &numbered(200));
    site.world.route("/feed", Reply::ok("application/rss+xml", many));
    for cut in 0..8 {
        site.clock.advance(UnixMillis::HOUR);
        let refreshing = tokio::spawn({
            let app = site.app.clone();
            async move { refresh_feed(&app, feed).await.is_ok() }
        });
        sleep(Duration::from_millis(15 * cut)).await;
        switch.off().await;
        switch.on().await;
        let _ = refreshing.await.unwrap();
    }
    for _ in 0..3 {
        site.clock.advance(UnixMillis::HOUR);
        refresh_feed(&site.app, feed).await.unwrap();
    }
    assert_eq!(site.app.db.sizes().await.unwrap().articles, 200);
    assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 200);
    assert_eq!(site.app.db.integrity(true).await.unwrap().problems, Vec::<String>::new());
}
