//! A disk that is full.

use gleaner::domain::Clock as _;
use gleaner::store::NewUnread;

use crate::support::database::TestDatabase;
use crate::support::db::articles;
use crate::support::outside::Reply;
use crate::support::site::TestSite;

/// A feed with an article that needs many pages of the database.
fn heavy() -> String {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (state >> 27) as u8 % 26)
    };
    let text: String = (0..600_000).map(|_| next()).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>River</title><item><title>Heavy</title><guid>1</guid>\
         <description>{text}</description></item></channel></rss>"
    )
}

#[tokio::test]
async fn what_is_stored_can_be_read_nothing_is_lost_and_the_server_goes_on_when_there_is_room() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let now = site.clock.now();
    site.world.route("/feed", Reply::ok("application/rss+xml", heavy()));
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    site.app.db.subscribe(ada.id, feed, None, now, 50).await.unwrap();
    let known = site.app.db.store_articles(feed, &articles(1..=5), NewUnread::All, now).await.unwrap().added;
    let fetch = format!("/feeds/{feed}/refresh");

    site.app.db.bound_growth(Some(2)).await.unwrap();
    let refused = ada.post(&fetch, &[]).await;

    assert_eq!(refused.status, 507);
    assert!(refused.text().contains("There is no room left"), "{}", refused.text());
    // The bound goes with the connection that failed; the disk is still full.
    site.app.db.bound_growth(Some(2)).await.unwrap();
    // Smaller things fill the last pages and are refused then.
    for number in 0.. {
        assert!(number < 1_000, "the disk is never full");
        let title = format!("{number} {}", "x".repeat(190));
        if ada.post("/categories", &[("title", &title)]).await.status == 507 {
            break;
        }
    }
    let made = site.app.db.categories(ada.id).await.unwrap().len();
    let article = format!("/articles/{}", known[0]);
    for path in ["/unread".to_owned(), format!("/feeds/{feed}"), "/feeds".to_owned(), "/settings".to_owned(), article] {
        assert_eq!(ada.get(&path).await.status, 200, "{path} can be read");
    }
    let page = ada.get(&format!("/feeds/{feed}")).await.text();
    assert!((1..=5).all(|n| page.contains(&format!("Article {n}"))) && !page.contains("Heavy"));
    let unread = site.app.db.counts(ada.id).await.unwrap().unread;
    assert!(unread == 5 || unread == 4, "to open an article may have been noted or not: {unread}");
    assert!(site.app.db.integrity(true).await.unwrap().problems.is_empty());

    site.app.db.bound_growth(None).await.unwrap();
    site.clock.advance(60_000);
    ada.post(&fetch, &[]).await.leads_to();
    ada.post("/categories", &[("title", "Room again")]).await.leads_to();

    assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, unread + 1);
    assert_eq!(site.app.db.categories(ada.id).await.unwrap().len(), made + 1);
    assert!(site.app.db.article(ada.id, known[0]).await.unwrap().is_some());
    assert_eq!(site.app.db.feed(feed).await.unwrap().unwrap().failure, None, "the feed was not blamed");
    assert!(site.app.db.integrity(true).await.unwrap().problems.is_empty());
}
