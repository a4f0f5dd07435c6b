//! Dates that disagree: what the feed, the page and the first line say, and which one counts.

use gleaner::domain::{Clock as _, FeedId, UnixMillis};
use gleaner::jobs::fulltext::fetch_page;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;

use super::reading::ids;
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

fn page(date: &str) -> Reply {
    let text =
        "<p>The river rose again, and the meadow lay under water for a week; nobody had seen the like.</p>".repeat(8);
    let html = format!(
        "<html><head><title>The flood</title><meta property=\"article:published_time\" content=\"{date}\"></head>\
         <body><article><h1>The flood</h1>{text}</article></body></html>"
    );
    Reply::ok("text/html", html)
}

/// A feed with one article, of which it says that it is of this date, and others.
async fn followed(site: &TestSite, ada: &Person, date: &str, others: &str) -> FeedId {
    let link = site.world.url("/flood");
    let document = format!(
        "<rss version=\"2.0\"><channel><title>The river</title>{others}<item><title>The flood</title><link>{link}</link>\
         <guid>flood</guid><pubDate>{date}</pubDate>\
         <description>&lt;p&gt;2023-05-01 10:00:00&lt;/p&gt;&lt;p&gt;The river rose again.&lt;/p&gt;</description>\
         </item></channel></rss>"
    );
    site.world.route("/feed", Reply::ok("application/rss+xml", document));
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), site.clock.now()).await.unwrap();
    site.app.db.subscribe(ada.id, feed, None, site.clock.now(), 50).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    feed
}

const FUTURE: &str = "Thu, 01 Jan 2099 10:00:00 GMT";

on_both_databases! {
    async fn a_date_in_the_future_gives_way_to_the_pages_and_all_are_told(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, FUTURE, "").await;
        let flood = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let before = ada.get(&format!("/articles/{flood}")).await.text();
        assert!(before.contains("<time datetime=\"2023-05-01T"), "the first line is all there is: {before}");
        site.world.route("/flood", page("2025-01-03T09:00:00Z"));

        fetch_page(&site.app, flood).await.unwrap();

        let shown = ada.get(&format!("/articles/{flood}")).await.text();
        assert!(shown.contains("<time datetime=\"2025-01-03T"), "{shown}");
        for said in ["The dates that are given for it differ.", "The feed says Thu, 01 Jan 2099 10:00:00 GMT.",
                     "The page says 3 January 2025", "The first line says 1 May 2023"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        let view = site.app.db.article(ada.id, flood).await.unwrap().unwrap();
        assert!(view.sort_at <= view.fetched_at && view.published.unwrap() <= view.fetched_at);
    }

    async fn dates_that_agree_are_not_worth_a_word(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "Mon, 01 May 2023 18:00:00 GMT", "").await;
        let flood = ids(&site, &ada, Scope::Feed(feed)).await[0];
        assert!(!ada.get(&format!("/articles/{flood}")).await.text().contains("differ."));
    }

    async fn a_date_in_the_future_pins_no_list(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, FUTURE, "").await;
        site.clock.advance(2 * UnixMillis::HOUR);
        let newer = "<item><title>The ebb</title><guid>ebb</guid><pubDate>Thu, 01 Jan 2026 01:30:00 GMT</pubDate>\
                     <description>Gone.</description></item>";
        followed(&site, &ada, FUTURE, newer).await;

        let list = ada.get(&format!("/feeds/{feed}")).await.text();
        assert!(list.find("The ebb").unwrap() < list.find("The flood").unwrap(), "{list}");
    }

    async fn another_date_later_moves_nothing_that_was_read_to_the_top(site: TestSite) {
        let ada = site.user("ada").await;
        let others = "<item><title>The ebb</title><guid>ebb</guid><pubDate>Mon, 01 Dec 2025 10:00:00 GMT</pubDate>\
                      <description>Gone.</description></item>";
        let feed = followed(&site, &ada, "Mon, 01 May 2023 18:00:00 GMT", others).await;
        let before = ids(&site, &ada, Scope::Feed(feed)).await;
        let flood = before[1];
        ada.get(&format!("/articles/{flood}")).await;
        for date in ["2025-12-30T09:00:00Z", "2025-12-31T09:00:00Z"] {
            site.clock.advance(UnixMillis::DAY);
            site.world.route("/flood", page(date));
            fetch_page(&site.app, flood).await.unwrap();
            assert_eq!(ids(&site, &ada, Scope::Feed(feed)).await, before, "{date}");
        }
        let shown = ada.get(&format!("/articles/{flood}")).await.text();
        assert!(shown.contains("<time datetime=\"2023-05-01T") && shown.contains("The page says 31 December 2025"), "{shown}");
        let view = site.app.db.article(ada.id, flood).await.unwrap().unwrap();
        assert!(!view.unread);

        site.world.route("/feed", Reply::ok("application/rss+xml", format!(
            "<rss version=\"2.0\"><channel><title>The river</title><item><title>The flood</title><link>{}</link><guid>flood</guid>\
             <pubDate>Wed, 31 Dec 2025 18:00:00 GMT</pubDate><description>The river rose a third time.</description></item>\
             </channel></rss>", site.world.url("/flood"))));
        site.clock.advance(UnixMillis::DAY);
        refresh_feed(&site.app, feed).await.unwrap();
        assert_eq!(ids(&site, &ada, Scope::Feed(feed)).await, before, "an edit does not, either");
        let edited = site.app.db.article(ada.id, flood).await.unwrap().unwrap();
        assert_eq!((edited.edits, edited.published, edited.unread), (1, view.published, false));
    }
}
