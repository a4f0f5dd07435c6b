//! A database that is busy for others, or away for a moment.

use std::time::{Duration, Instant};

use gleaner::store::DatabaseAddress;
use sqlx::Connection as _;
use tokio::time::sleep;

use super::reading::{followed, numbered};
use crate::support::database::TestDatabase;
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
