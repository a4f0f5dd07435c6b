//! Adding an address: looking, following, keeping, on both databases.

use gleaner::domain::{Failure, WebUrl};
use gleaner::jobs::refresh::Ended;
use gleaner::jobs::save::save_page;
use gleaner::jobs::subscribe::{AddError, follow, look};
use gleaner::store::Scope;

use crate::support::database::on_both_databases;
use crate::support::house::House;
use crate::support::outside::Reply;

const FEED: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title>
    <link>https://harbour.example/</link><description>Ships</description>
    <item><title>Two</title><link>https://harbour.example/2</link><pubDate>Wed, 31 Dec 2025 10:00:00 GMT</pubDate></item>
    <item><title>One</title><link>https://harbour.example/1</link><pubDate>Wed, 24 Dec 2025 10:00:00 GMT</pubDate></item>
    </channel></rss>"#;

fn page(head: &str) -> Reply {
    let text =
        "<p>The ferry left the harbour before the fog came in, and nobody on the quay had seen it go.</p>".repeat(12);
    Reply::ok(
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=en><head><title>The ferry</title>{head}</head><body><article><h1>The ferry</h1>{text}</article></body></html>"
        ),
    )
}

on_both_databases! {
    async fn the_address_of_a_feed_shows_the_feed(house: House) {
        house.world.route("/feed", Reply::ok("application/rss+xml", FEED));

        let found = look(&house.app, house.reader, house.world.url("/feed").as_str()).await.unwrap();

        assert!(found.page.is_none());
        let feed = &found.feeds[0];
        assert_eq!((feed.title.as_str(), feed.entries, feed.per_week), ("Harbour", 2, Some(1)));
        assert_eq!(feed.samples, ["Two", "One"]);
        assert_eq!(feed.followed, None);
        assert!(house.app.db.feeds().await.unwrap().is_empty(), "looking stores nothing");
    }

    async fn a_site_shows_the_feed_it_links_and_itself(house: House) {
        house.world.route("/", page(r#"<link rel="alternate" type="application/rss+xml" href="/feed">"#));
        house.world.route("/feed", Reply::ok("application/rss+xml", FEED));

        let found = look(&house.app, house.reader, house.world.url("/").as_str()).await.unwrap();

        assert_eq!(found.feeds[0].url, house.world.url("/feed"));
        let page = found.page.expect("the page");
        assert_eq!(page.title, "The ferry");
        assert!(page.excerpt.starts_with("The ferry left"), "{}", page.excerpt);
    }

    async fn a_site_that_links_no_feed_is_tried_at_the_usual_places(house: House) {
        house.world.route("/", page(""));
        house.world.route("/feed", Reply::ok("application/rss+xml", FEED));

        let found = look(&house.app, house.reader, house.world.url("/").as_str()).await.unwrap();

        assert_eq!(found.feeds.first().map(|feed| feed.title.as_str()), Some("Harbour"));
    }

    async fn an_address_that_answers_nothing_good_says_why(house: House) {
        house.world.route("/gone", Reply::status(410));

        let error = look(&house.app, house.reader, house.world.url("/gone").as_str()).await.unwrap_err();
        assert!(matches!(error, AddError::Fetch(Failure::Gone)), "{error}");
        assert!(matches!(look(&house.app, house.reader, "two words").await, Err(AddError::Address(_))));
    }

    async fn following_reads_the_feed_at_once_and_shows_its_articles_unread(house: House) {
        house.world.route("/feed", Reply::ok("application/rss+xml", FEED));
        let url = house.world.url("/feed");

        let (feed, report) = follow(&house.app, house.reader, &url, None).await.unwrap();

        assert_eq!((report.ended, report.added), (Ended::Read, 2));
        assert_eq!(house.list(Scope::Unread, true).await.len(), 2);
        let found = look(&house.app, house.reader, url.as_str()).await.unwrap();
        assert_eq!(found.feeds[0].followed, Some(feed));
    }

    async fn a_page_is_kept_once(house: House) {
        house.world.route("/tea?utm_source=x", page(""));
        house.world.route("/tea", page(""));
        let address = house.world.url("/tea?utm_source=x");

        let first = save_page(&house.app, house.reader, &address).await.unwrap();
        let second = save_page(&house.app, house.reader, &house.world.url("/tea")).await.unwrap();

        assert_eq!(first, second);
        let article = house.app.db.article(house.reader, first).await.unwrap().expect("the article");
        assert_eq!(article.title, "The ferry");
        assert!(article.body.expect("a body").html.contains("before the fog"));
        let found = look(&house.app, house.reader, address.as_str()).await.unwrap();
        assert_eq!(found.page.expect("the page").kept, Some(first));
    }

    async fn a_page_that_calls_itself_by_a_dead_address_can_be_kept(house: House) {
        house.world.route("/ferry", page("<link rel=canonical href=https://gone.invalid/ferry>"));

        let found = look(&house.app, house.reader, house.world.url("/ferry").as_str()).await.unwrap();
        let kept = save_page(&house.app, house.reader, &found.page.unwrap().url).await.unwrap();

        let again = look(&house.app, house.reader, house.world.url("/ferry").as_str()).await.unwrap();
        assert_eq!(again.page.unwrap().kept, Some(kept));
    }

    async fn what_nobody_reads_is_not_offered_to_be_kept(house: House) {
        house.world.route("/photo.jpg", Reply::ok("image/jpeg", vec![0xff, 0xd8, 0xff]));
        house.world.route("/map.xml", Reply::ok("text/xml", "<?xml version=\"1.0\"?><urlset><url/></urlset>"));
        house.world.route("/paper.pdf", Reply::ok("application/pdf", "%PDF-1.7"));

        for (path, offered) in [("/photo.jpg", false), ("/map.xml", false), ("/paper.pdf", true)] {
            let found = look(&house.app, house.reader, house.world.url(path).as_str()).await.unwrap();
            assert_eq!((found.feeds.len(), found.page.is_some()), (0, offered), "{path}");
        }
        let kept = save_page(&house.app, house.reader, &house.world.url("/photo.jpg")).await.unwrap();
        let found = look(&house.app, house.reader, house.world.url("/photo.jpg").as_str()).await.unwrap();
        assert_eq!(found.page.unwrap().kept, Some(kept), "the link of one that was shared from elsewhere");
    }

    async fn a_page_with_nothing_to_read_is_kept_as_a_link(house: House) {
        house.world.route("/app", Reply::ok("text/html", "<!doctype html><title>App</title><div id=root></div>"));
        house.world.route("/photo.jpg", Reply::ok("image/jpeg", vec![0xff, 0xd8, 0xff]));

        for (path, title) in [("/app", "App"), ("/photo.jpg", "photo.jpg")] {
            let id = save_page(&house.app, house.reader, &house.world.url(path)).await.unwrap();
            let article = house.app.db.article(house.reader, id).await.unwrap().expect("the article");
            assert!(article.title.contains(title), "{}", article.title);
            assert_eq!(article.url.as_ref().map(WebUrl::as_str), Some(house.world.url(path).as_str()));
        }
    }
}
