//! A backup as its reader sees it: every page is what it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gleaner::domain::Clock as _;
use gleaner::store::Scope;

use super::reading::{followed, ids, numbered};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::site::{Browser, TestSite};

/// The pages by their addresses.
async fn pages(browser: &Browser, paths: &[String]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in paths {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        all.push((path.clone(), reply.text_without_nonce()));
    }
    all
}

on_both_databases! {
    async fn what_was_backed_up_under_writes_shows_the_same_pages_on_either_database(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(12)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        ada.post(&format!("/articles/{}/tags", articles[0]), &[("names", "Rust, 阅读")]).await.leads_to();
        ada.post(&format!("/articles/{}/highlights", articles[1]), &[("exact", "Text of"), ("note", "注")]).await.leads_to();
        ada.post(&format!("/articles/{}/share", articles[2]), &[]).await;
        site.app.db.set_starred(ada.id, articles[3], true, site.clock.now()).await.unwrap();
        site.app.db.set_later(ada.id, articles[4], true, site.clock.now()).await.unwrap();
        let mut paths: Vec<String> = [
            "/unread", "/all", "/starred", "/later", "/tags", "/highlights", "/shares", "/feeds", "/rules", "/search?q=number",
        ]
        .map(str::to_owned)
        .into();
        paths.push(format!("/feeds/{feed}"));
        paths.extend(articles.iter().map(|id| format!("/articles/{id}?in=all")));
        // Opened once before, so that opening them changes nothing more.
        pages(&ada, &paths).await;
        let (bob, stop) = (site.user("bob").await, Arc::new(AtomicBool::new(false)));
        site.app.db.subscribe(bob.id, feed, None, site.clock.now(), 0).await.unwrap();
        let writing = tokio::spawn({
            let (db, stop, now) = (site.app.db.clone(), Arc::clone(&stop), site.clock.now());
            let articles = articles.clone();
            async move {
                while !stop.load(Ordering::SeqCst) {
                    for id in &articles {
                        db.set_starred(bob.id, *id, true, now).await.unwrap();
                        db.set_starred(bob.id, *id, false, now).await.unwrap();
                    }
                }
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");

        site.app.db.back_up(&file, &|_, _| {}).await.unwrap();

        stop.store(true, Ordering::SeqCst);
        writing.await.unwrap();
        let before = pages(&ada, &paths).await;
        assert!(before.iter().any(|(_, page)| page.contains("阅读")));
        let mut others = vec![TestDatabase::sqlite()];
        others.extend(TestDatabase::postgres().await);
        for other in others {
            other.open().await.close().await;
            other.address.restore(&file, "1", folder.path(), &|_, _| {}).await.unwrap();
            let restored = TestSite::on(other).await;
            while restored.app.db.reindex_some(100).await.unwrap() > 0 {}
            let after = pages(&restored.signed_in(ada.id).await, &paths).await;
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(before, after);
            }
        }
    }
}
