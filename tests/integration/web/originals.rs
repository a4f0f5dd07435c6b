//! Sources that die: feeds that ail, and articles whose originals are gone.

use gleaner::domain::{ArticleId, Clock as _, FeedId, UnixMillis};
use gleaner::jobs::fulltext::fetch_page;
use gleaner::jobs::originals::look_after;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Fate, NewUnread};

use super::reading::{followed, numbered};
use crate::support::database::on_both_databases;
use crate::support::db;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// A starred article whose page is in the outside world.
async fn starred(site: &TestSite, person: &Person, path: &str) -> ArticleId {
    let feed = db::followed(&site.app.db, person.id, "daily").await;
    let mut articles = db::articles_of(feed, [1]);
    articles[0].draft.url = Some(site.world.url(path));
    let now = site.clock.now();
    let id = site.app.db.store_articles(feed, &articles, NewUnread::All, now).await.unwrap().added[0];
    site.app.db.set_starred(person.id, id, true, now).await.unwrap();
    id
}

async fn fate(site: &TestSite, article: ArticleId) -> Option<Fate> {
    site.app.db.original(article).await.unwrap().map(|original| original.fate)
}

/// An item of a feed.
fn item(host: &str, number: i64, day: i64) -> String {
    format!(
        "<item><title>Story {number} of {host}</title><link>https://{host}/{number}</link><guid>{host}-{number}</guid>\
         <pubDate>{day:02} Nov 2025 08:00:00 GMT</pubDate><description>Text {number}</description></item>"
    )
}

fn document(items: impl Iterator<Item = String>) -> String {
    format!("<rss version=\"2.0\"><channel><title>River</title>{}</channel></rss>", items.collect::<String>())
}

async fn page_of(site: &TestSite, person: &Person, feed: FeedId) -> String {
    refresh_feed(&site.app, feed).await.unwrap();
    person.get(&format!("/feeds/{feed}/settings")).await.text()
}

on_both_databases! {
    async fn an_original_that_is_gone_is_believed_gone_at_the_third_look(site: TestSite) {
        let ada = site.user("ada").await;
        let article = starred(&site, &ada, "/story").await;
        site.world.route("/story", Reply::ok("text/html", "<p>Once upon a time"));

        assert_eq!(look_after(&site.app).await.unwrap(), 0, "it only just came");
        site.clock.advance(8 * UnixMillis::DAY);
        assert_eq!(look_after(&site.app).await.unwrap(), 1);
        assert_eq!(fate(&site, article).await, Some(Fate::There));
        assert!(site.world.seen().iter().all(|seen| seen.method == "HEAD"), "no more is asked than needed");
        assert_eq!(look_after(&site.app).await.unwrap(), 0, "once a month is enough");
        site.world.route("/story", Reply::status(404));
        for look in 0..3 {
            site.clock.advance(41 * UnixMillis::DAY);
            assert_eq!(fate(&site, article).await, Some(Fate::There), "before look {look}");
            assert_eq!(look_after(&site.app).await.unwrap(), 1);
        }

        assert_eq!(fate(&site, article).await, Some(Fate::Gone));
        let (account, ada) = (ada.id, site.signed_in(ada.id).await);
        let page = ada.get(&format!("/articles/{article}")).await.text();
        assert!(page.contains("The original is gone; you are reading the copy kept on "), "{page}");
        let list = ada.get("/only-here").await.text();
        assert!(list.contains(&format!("href=\"/articles/{article}\"")) && list.contains("Article 1"), "{list}");
        assert!(ada.get("/search?q=is:gone").await.text().contains("Article 1"));
        site.app.db.set_starred(account, article, false, site.clock.now()).await.unwrap();
        let delete = format!("/articles/{article}/delete");
        assert!(ada.post(&delete, &[]).await.leads_to().contains("only-here"), "its reader has to know");
        assert!(ada.post(&delete, &[("sure", "1")]).await.leads_to().contains("thrown"));
        let bob = site.user("bob").await;
        assert!(!bob.get("/only-here").await.text().contains("Article 1"));
    }

    async fn a_moved_original_is_named_and_a_front_page_in_its_place_is_none(site: TestSite) {
        let ada = site.user("ada").await;
        let article = starred(&site, &ada, "/old").await;
        site.world.route("/old", Reply::redirect(301, "/new"));
        site.world.route("/new", Reply::ok("text/html", "<p>Once upon a time"));
        site.clock.advance(8 * UnixMillis::DAY);
        look_after(&site.app).await.unwrap();

        assert_eq!(fate(&site, article).await, Some(Fate::Moved));
        let page = ada.get(&format!("/articles/{article}")).await.text();
        assert!(page.contains("The original has moved:") && page.contains(site.world.url("/new").as_str()), "{page}");

        site.world.route("/old", Reply::redirect(301, "/"));
        site.world.route("/", Reply::ok("text/html", "<p>Welcome"));
        for _ in 0..3 {
            site.clock.advance(41 * UnixMillis::DAY);
            look_after(&site.app).await.unwrap();
        }
        assert_eq!(fate(&site, article).await, Some(Fate::Gone));
    }

    async fn an_original_that_says_something_else_is_said_to(site: TestSite) {
        let ada = site.user("ada").await;
        let article = starred(&site, &ada, "/story").await;
        let page = |words: &str| {
            let text = format!("{words} and the wheat stood high behind the dike. ").repeat(30);
            Reply::ok("text/html", format!("<title>Story</title><article><h1>Story</h1><p>{text}</p></article>"))
        };
        site.world.route("/story", page("The river rose in the night"));
        fetch_page(&site.app, article).await.unwrap();
        site.clock.advance(8 * UnixMillis::DAY);
        look_after(&site.app).await.unwrap();
        assert_eq!(fate(&site, article).await, Some(Fate::There), "it says what it said");

        site.world.route("/story", page("The mayor has never owned that boat"));
        site.clock.advance(41 * UnixMillis::DAY);
        look_after(&site.app).await.unwrap();

        assert_eq!(fate(&site, article).await, Some(Fate::Changed));
        let page = site.signed_in(ada.id).await.get(&format!("/articles/{article}")).await.text();
        assert!(page.contains("The original says something else since 19 February 2026"), "{page}");
        assert!(page.contains("The river rose in the night"), "the copy stays");
    }

    async fn a_server_out_of_order_says_nothing_of_an_article(site: TestSite) {
        let ada = site.user("ada").await;
        let article = starred(&site, &ada, "/story").await;
        for status in [503, 403, 500, 429, 503] {
            site.world.route("/story", Reply::status(status));
            site.clock.advance(41 * UnixMillis::DAY);
            look_after(&site.app).await.unwrap();
        }
        assert_eq!(fate(&site, article).await, Some(Fate::Unknown));
    }

    async fn a_feed_that_fell_silent_is_ailing_with_its_reason(site: TestSite) {
        let ada = site.user("ada").await;
        let articles = document((1..=12).map(|number| item("river.example", number, 2 * number)));
        site.world.route("/feed", Reply::ok("application/rss+xml", articles)
            .header("last-modified", "Mon, 24 Nov 2025 08:00:00 GMT"));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 9).await.unwrap();

        let page = page_of(&site, &ada, feed).await;
        assert!(!page.contains("Nothing new since"), "five weeks may be a holiday: {page}");
        site.clock.advance(20 * UnixMillis::DAY);
        let page = page_of(&site, &ada, feed).await;

        assert!(page.contains("used to come about every 2 days.") && page.contains("has not been touched"), "{page}");
        assert!(ada.get("/feeds?show=trouble").await.text().contains("Nothing new since"));
        assert!(!followed(&site, &ada, "/other", &numbered(3)).await.to_string().is_empty());
    }

    async fn a_feed_that_is_not_there_is_ailing_with_its_reason_once_that_lasts(site: TestSite) {
        let ada = site.user("ada").await;
        let now = site.clock.now();
        let mut feeds = Vec::new();
        for address in [site.world.url("/missing"), site.world.url("/parked"), "http://nowhere.invalid/feed".parse().unwrap()] {
            let feed = site.app.db.ensure_feed(&address, now).await.unwrap();
            site.app.db.subscribe(ada.id, feed, None, now, 9).await.unwrap();
            feeds.push(feed);
        }
        let articles = document((1..=3).map(|number| item("river.example", number, number)));
        for path in ["/missing", "/parked"] {
            site.world.route(path, Reply::ok("application/rss+xml", articles.clone()));
        }
        for feed in &feeds {
            refresh_feed(&site.app, *feed).await.unwrap();
        }
        site.world.route("/missing", Reply::status(404));
        site.world.route("/parked", Reply::ok("text/html", "<!doctype html><html><title>river.example is for sale</title><p>Buy it."));

        for (days, reasons) in [
            (0, ["", "", ""]),
            (4, ["", "a web page stands in its place: the site was rebuilt, or its name was sold.", ""]),
            (11, [
                "its site says that there is nothing at this address any more.", "a web page stands in its place",
                "Nobody has answered at this host since ",
            ]),
        ] {
            site.clock.advance(days * UnixMillis::DAY);
            let ada = Person { id: ada.id, browser: site.signed_in(ada.id).await };
            for (feed, reason) in feeds.iter().zip(reasons) {
                let page = page_of(&site, &ada, *feed).await;
                let all = ["nothing at this address any more", "stands in its place", "at this host since"];
                assert_eq!(all.iter().any(|words| page.contains(words)), !reason.is_empty(), "{days}: {page}");
                assert!(page.contains(reason), "{days} {reason}: {page}");
            }
        }
    }

    async fn a_feed_that_turned_into_another_site_says_so_and_others_on_its_site_are_offered(site: TestSite) {
        let ada = site.user("ada").await;
        let feed_at = |host: &'static str| document((1..=6).map(|number| item(host, number, number)));
        site.world.route("/feed", Reply::ok("application/rss+xml", feed_at("river.example")));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 9).await.unwrap();
        assert!(!page_of(&site, &ada, feed).await.contains("exchanged for articles"));

        site.world.route("/feed", Reply::ok("application/rss+xml", feed_at("casino.test")));
        site.clock.advance(UnixMillis::DAY);
        let page = page_of(&site, &ada, feed).await;

        assert!(page.contains("everything in it was exchanged for articles of another site."), "{page}");
        let front = "<html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/news\"></head><p>Welcome";
        site.world.route("/", Reply::ok("text/html", front));
        site.world.route("/news", Reply::ok("application/rss+xml", feed_at("river.example").replace(">River<", ">The new river<")));
        let found = ada.post(&format!("/feeds/{feed}/look"), &[]).await.text();
        let copies = format!("href=\"https://web.archive.org/web/*/{}\"", site.world.url("/feed"));
        assert!(found.contains(&copies) && found.contains("Copies of it in the Internet Archive"), "{found}");
        assert!(found.contains("The new river") && found.contains(&format!("value=\"{}\"", site.world.url("/news"))), "{found}");
    }
}
