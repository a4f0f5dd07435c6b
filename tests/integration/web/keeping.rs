//! Pages that are given again: never to anyone else, never after anything has changed.

use gleaner::domain::{Clock as _, FeedId, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Cursor, Db, ListQuery, Order, Scope};
use http::StatusCode;

use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

const FEED: &str = "<rss version=\"2.0\"><channel><title>The river</title>\
    <item><title>High water</title><guid>1</guid><description>The river rose in the night.</description></item>\
    <item><title>Low water</title><guid>2</guid><description>The river fell in the day.</description></item>\
    </channel></rss>";

async fn followed(site: &TestSite, person: &Person) -> FeedId {
    site.world.route("/feed", Reply::ok("application/rss+xml", FEED));
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 500).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    feed
}

async fn first_article(db: &Db, person: &Person) -> gleaner::domain::ArticleId {
    let (scope, order) = (Scope::All, Order::NewestFirst);
    let query = ListQuery { scope, only_unread: false, order, after: None::<Cursor>, limit: 1 };
    db.list(person.id, &query).await.unwrap()[0].id
}

fn nonces(page: &str) -> Vec<&str> {
    page.split("nonce=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

on_both_databases! {
    async fn a_page_that_is_asked_for_again_is_the_same_with_a_nonce_of_its_own(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada).await;

        let (first, second) = (ada.get("/all").await, ada.get("/all").await);

        assert_eq!(first.text_without_nonce(), second.text_without_nonce());
        assert_ne!(nonces(&first.text()), nonces(&second.text()));
        let policy = second.header("content-security-policy");
        let page = second.text();
        assert!(nonces(&page).len() > 1 && nonces(&page).iter().all(|nonce| policy.contains(nonce)), "{policy}");
        assert_eq!(first.headers.len(), second.headers.len());
    }

    async fn what_another_program_changes_shows_at_once(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada).await;
        let other = site.database.open().await;
        let article = first_article(&other, &ada).await;
        assert!(ada.get("/starred").await.text().contains("Nothing starred yet"));
        assert!(ada.get("/starred").await.text().contains("Nothing starred yet"));

        other.set_starred(ada.id, article, true, site.clock.now()).await.unwrap();

        assert!(ada.get("/starred").await.text().contains("water"));
        other.close().await;
    }

    async fn nobody_gets_the_page_of_someone_else(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        followed(&site, &ada).await;
        let article = format!("/articles/{}", first_article(&site.app.db, &ada).await);
        ada.get(&article).await;
        assert!(ada.get(&article).await.text().contains("The river"));

        assert_eq!(eve.get(&article).await.status, StatusCode::NOT_FOUND);
        assert!(!eve.get("/all").await.text().contains("water"));
        assert_eq!(site.visitor().get("/all").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_session_that_ended_opens_nothing_that_was_kept(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada).await;
        let same = ada.copy();
        ada.get("/all").await;
        assert_eq!(same.get("/all").await.status, StatusCode::OK);

        ada.post("/logout", &[]).await;

        assert_eq!(same.get("/all").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_session_ends_in_time_though_nothing_changed(site: TestSite) {
        let ada = site.user("ada").await;
        assert_eq!(ada.get("/all").await.status, StatusCode::OK);

        site.clock.advance(31 * UnixMillis::DAY);

        assert_eq!(ada.get("/all").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_page_does_not_stay_behind_the_clock(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada).await;
        assert!(ada.get("/all").await.text().contains(">now</time>"));

        site.clock.advance(5 * UnixMillis::MINUTE);

        assert!(ada.get("/all").await.text().contains(">5 min ago</time>"));
    }

    async fn loading_ahead_does_not_keep_the_reader_from_marking(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada).await;
        let article = format!("/articles/{}", first_article(&site.app.db, &ada).await);
        let ahead = ada.sending("sec-purpose", "prefetch");
        ahead.get(&article).await;
        assert!(ahead.get(&article).await.text().contains("data-ahead"));

        let opened = ada.get(&article).await.text();

        assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 1);
        assert!(!opened.contains("data-ahead"));
    }

    async fn a_kept_page_speaks_the_language_of_its_browser(site: TestSite) {
        let ada = site.user("ada").await;
        assert!(ada.sending("accept-language", "en").get("/all").await.text().contains("lang=\"en\""));
        assert!(ada.sending("accept-language", "zh-CN").get("/all").await.text().contains("lang=\"zh-Hans\""));
    }
}
