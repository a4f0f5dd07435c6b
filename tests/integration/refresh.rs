//! Refreshing feeds, from the request to the stored article, on both databases.

use gleaner::content::article::{Source, article_from_entry};
use gleaner::domain::{Clock as _, Failure, FeedId, UnixMillis};
use gleaner::feed::ParseContext;
use gleaner::jobs::refresh::{Ended, NEWEST_UNREAD, RefreshReport, refresh_feed};
use gleaner::jobs::round::{RoundReport, refresh_due};
use gleaner::store::{IncomingArticle, NewUnread, Scope};

use crate::support::database::on_both_databases;
use crate::support::house::{House, START};
use crate::support::outside::{Outside, Reply};

const HOUR: i64 = UnixMillis::HOUR;
const DAY: i64 = UnixMillis::DAY;

/// An RSS document with these entries, each named by its number, one an hour up to the start of the clock.
fn rss(entries: impl IntoIterator<Item = usize>) -> String {
    let items: String = entries
        .into_iter()
        .enumerate()
        .map(|(place, number)| {
            let hours = i64::try_from(place).unwrap();
            let date = START.plus(-hours * HOUR).to_timestamp().unwrap();
            let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
            let text = format!("<p>Text of entry {number}. {}</p>", "It is long enough to be whole. ".repeat(60));
            format!(
                "<item><title>Entry {number}</title><link>https://site.example/{number}</link>\
                 <guid isPermaLink=\"false\">{number}</guid><pubDate>{date}</pubDate>\
                 <description><![CDATA[{text}]]></description></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Hourly</title><link>https://site.example/</link>{items}</channel></rss>"
    )
}

fn feed_reply(entries: impl IntoIterator<Item = usize>) -> Reply {
    Reply::ok("application/rss+xml", rss(entries))
}

async fn refresh(house: &House, feed: FeedId) -> RefreshReport {
    refresh_feed(&house.app, feed).await.unwrap()
}

async fn round(house: &House) -> RoundReport {
    refresh_due(&house.app, usize::MAX, &|_| {}).await.unwrap()
}

/// When the feed is checked next, in minutes from now.
async fn minutes_to_next(house: &House, feed: FeedId) -> i64 {
    (house.feed(feed).await.next_check_at.0 - house.clock.now().0) / UnixMillis::MINUTE
}

on_both_databases! {
    async fn a_feed_that_is_followed_is_read_and_its_articles_are_unread(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        let report = round(&house).await;
        assert_eq!((report.read, report.added, report.failed), (1, 3, 0));
        assert_eq!(house.titles(feed).await, ["Entry 1", "Entry 2", "Entry 3"]);
        assert_eq!(house.list(Scope::Unread, true).await.len(), 3);
        let known = house.feed(feed).await;
        assert_eq!((known.title.as_str(), known.failure), ("Hourly", None));
        assert_eq!(round(&house).await, RoundReport::default(), "nothing is due any more");
    }

    async fn of_a_first_document_only_the_newest_are_news(house: House) {
        house.world.route("/feed", feed_reply(1..=NEWEST_UNREAD + 20));
        let feed = house.follow("/feed").await;
        refresh(&house, feed).await;
        assert_eq!(house.list(Scope::Feed(feed), true).await.len(), NEWEST_UNREAD);
        assert_eq!(house.titles(feed).await.len(), NEWEST_UNREAD + 20);
    }

    async fn what_the_server_calls_unchanged_is_not_read_again(house: House) {
        house.world.route("/feed", feed_reply(1..=3).header("etag", "\"a\""));
        let feed = house.follow("/feed").await;
        refresh(&house, feed).await;
        let first_wait = house.feed(feed).await.next_check_at.0 - house.clock.now().0;
        house.clock.advance(DAY);
        assert_eq!(refresh(&house, feed).await.ended, Ended::Unchanged);
        let second_wait = house.feed(feed).await.next_check_at.0 - house.clock.now().0;
        assert!(second_wait >= first_wait, "{first_wait} {second_wait}");
        assert_eq!(house.world.seen().last().unwrap().header("if-none-match"), Some("\"a\""));
        house.world.route("/feed", feed_reply(0..=3).header("etag", "\"b\""));
        let third = refresh(&house, feed).await;
        assert_eq!((third.ended, third.added, third.changed), (Ended::Read, 1, 0));
        assert_eq!(house.titles(feed).await.len(), 4);
    }

    async fn the_same_bytes_without_validators_are_not_read_again(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        assert_eq!(refresh(&house, feed).await.ended, Ended::Read);
        assert_eq!(refresh(&house, feed).await.ended, Ended::Unchanged);
    }

    async fn an_entry_that_changed_gets_a_version_and_stays_read(house: House) {
        house.world.route("/feed", feed_reply(1..=2));
        let feed = house.follow("/feed").await;
        refresh(&house, feed).await;
        let article = house.list(Scope::Feed(feed), false).await[0].id;
        house.app.db.set_read(house.reader, article, true, house.clock.now()).await.unwrap();
        house.world.route("/feed", Reply::ok("text/xml", rss(1..=2).replace("Text of entry 1", "New words of entry 1")));
        let report = refresh(&house, feed).await;
        assert_eq!((report.added, report.changed), (0, 1));
        assert_eq!(house.app.db.versions(house.reader, article).await.unwrap().len(), 2);
        assert_eq!(house.list(Scope::Feed(feed), true).await.len(), 1);
    }

    async fn a_feed_that_breaks_keeps_its_articles_and_comes_back(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        refresh(&house, feed).await;
        for (reply, failure) in [
            (Reply::status(500), Failure::Http(500)),
            (Reply::ok("text/xml", ""), Failure::Empty),
            (Reply::ok("text/html", "<!doctype html><html><head><title>Moved</title></head><body><p>Hello</p></body></html>"), Failure::HtmlPage),
        ] {
            house.world.route("/feed", reply);
            assert_eq!(refresh(&house, feed).await.ended, Ended::Failed(failure));
            assert_eq!(house.feed(feed).await.failure, Some(failure));
        }
        assert_eq!(house.feed(feed).await.failure_count, 3);
        assert_eq!(house.titles(feed).await.len(), 3);
        house.world.route("/feed", feed_reply(0..=3));
        refresh(&house, feed).await;
        let known = house.feed(feed).await;
        assert_eq!((known.failure, known.failure_count, known.failing_since), (None, 0, None));
    }

    async fn a_failing_feed_is_asked_more_and_more_rarely_but_never_given_up(house: House) {
        house.world.route("/feed", Reply::status(500));
        let feed = house.follow("/feed").await;
        let mut waits = Vec::new();
        for _ in 0..12 {
            let report = round(&house).await;
            assert_eq!(report.failed, 1);
            waits.push(minutes_to_next(&house, feed).await);
            house.clock.advance(DAY + HOUR);
        }
        assert!((28..=32).contains(&waits[0]) && (57..=63).contains(&waits[1]), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= 24 * 60), "{waits:?}");
        assert!(waits[11] > 22 * 60, "{waits:?}");
        assert_eq!(house.world.hits("/feed"), 12);
    }

    async fn a_server_says_how_long_to_stay_away(house: House) {
        let feed = house.follow("/feed").await;
        for (retry_after, minutes) in [("7200", 120..=127), ("5", 15..=16), ("99999999", 1_440..=1_440), ("Thu, 01 Jan 2026 03:00:00 GMT", 180..=190)] {
            house.world.route("/feed", Reply::status(503).header("retry-after", retry_after));
            refresh(&house, feed).await;
            let wait = minutes_to_next(&house, feed).await;
            assert!(minutes.contains(&wait), "{retry_after}: {wait}");
        }
        house.world.route("/feed", feed_reply(1..=3).header("cache-control", "max-age=18000"));
        refresh(&house, feed).await;
        let wait = minutes_to_next(&house, feed).await;
        assert!((285..=315).contains(&wait), "{wait}");
    }

    async fn a_feed_that_is_gone_is_asked_no_more(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        refresh(&house, feed).await;
        house.world.route("/feed", Reply::status(410));
        house.clock.advance(2 * DAY);
        assert_eq!(round(&house).await.failed, 1);
        let known = house.feed(feed).await;
        assert_eq!((known.gone, known.failure), (true, Some(Failure::Gone)));
        house.clock.advance(30 * DAY);
        assert_eq!(round(&house).await, RoundReport::default());
        assert_eq!(house.world.hits("/feed"), 2);
        assert_eq!(house.titles(feed).await.len(), 3);
        // Somebody asks for it, and it is back.
        house.world.route("/feed", feed_reply(0..=3));
        assert_eq!(refresh(&house, feed).await.added, 1);
        assert!(!house.feed(feed).await.gone);
    }

    async fn a_move_is_believed_when_it_was_told_three_times_in_a_row(house: House) {
        house.world.route("/new", feed_reply(1..=3).header("etag", "\"a\""));
        house.world.route("/old", Reply::redirect(301, "/new"));
        let feed = house.follow("/old").await;
        for told in 1..=3 {
            assert_eq!(house.feed(feed).await.url, Some(house.world.url("/old")), "told {told} times");
            refresh(&house, feed).await;
        }
        assert_eq!(house.feed(feed).await.url, Some(house.world.url("/new")));
        refresh(&house, feed).await;
        assert_eq!(house.world.hits("/old"), 3);
        assert_eq!(house.titles(feed).await.len(), 3);
    }

    async fn a_move_that_is_taken_back_is_forgotten(house: House) {
        house.world.route("/new", feed_reply(1..=3));
        house.world.replies("/old", vec![
            Reply::redirect(308, "/new"),
            Reply::redirect(301, "/new"),
            Reply::redirect(302, "/new"),
            Reply::redirect(301, "/new"),
            Reply::redirect(301, "/elsewhere"),
        ]);
        let feed = house.follow("/old").await;
        for _ in 0..8 {
            refresh(&house, feed).await;
        }
        let known = house.feed(feed).await;
        assert_eq!(known.url, Some(house.world.url("/old")), "where it leads now is no feed");
        assert_eq!(known.failure, Some(Failure::Http(404)));
    }

    async fn a_feed_that_moves_to_a_known_one_of_its_site_becomes_one_with_it(house: House) {
        house.world.route("/new", feed_reply(1..=3));
        let (old, new) = (house.follow("/old").await, house.follow("/new").await);
        house.world.route("/old", feed_reply(2..=4));
        refresh(&house, old).await;
        refresh(&house, new).await;
        house.world.route("/old", Reply::redirect(301, "/new"));
        for _ in 0..2 {
            house.clock.advance(DAY);
            assert_eq!(refresh(&house, old).await.feed, old);
        }
        house.clock.advance(DAY);
        assert_eq!(refresh(&house, old).await.feed, new);
        let mut titles = house.titles(new).await;
        titles.sort();
        assert_eq!(titles, ["Entry 1", "Entry 2", "Entry 3", "Entry 4"]);
        assert_eq!(house.list(Scope::Unread, true).await.len(), 4);
        assert_eq!(house.app.db.subscriptions(house.reader).await.unwrap().len(), 1);
        house.clock.advance(DAY);
        assert_eq!(round(&house).await.failed, 0);
        assert_eq!(house.titles(new).await.len(), 4);
    }

    async fn a_feed_at_which_two_processes_died_is_set_aside_for_a_day(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        for _ in 0..2 {
            // A process that leases and is never heard of again.
            assert_eq!(house.app.db.lease_due_feeds(house.clock.now(), HOUR, 10).await.unwrap().len(), 1);
            assert_eq!(round(&house).await, RoundReport::default(), "it is on lease");
            house.clock.advance(2 * HOUR);
        }
        assert_eq!(round(&house).await, RoundReport::default());
        assert_eq!(house.feed(feed).await.failure, Some(Failure::SetAside));
        assert_eq!(house.world.hits("/feed"), 0);
        house.clock.advance(DAY);
        assert_eq!(round(&house).await.read, 1, "bad luck is forgiven");
        assert_eq!(house.feed(feed).await.failure, None);
    }

    async fn a_process_that_dies_between_the_articles_and_the_feed_is_made_good_and_repeats_nothing(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        // What a check does up to the moment at which the process dies: the articles are stored, the feed is not given back.
        let now = house.clock.now();
        assert_eq!(house.app.db.lease_due_feeds(now, HOUR, 10).await.unwrap().len(), 1);
        let url = house.world.url("/feed");
        let context = ParseContext { url: &url, content_type: None, now, max_entries: 100 };
        let document = gleaner::feed::parse(rss(1..=3).as_bytes(), &context).unwrap();
        let source = Source { title: "Hourly", url: Some(&url), site_url: document.site_url.as_ref(), language: None };
        let drafts = document.entries.iter().map(|entry| article_from_entry(entry, &source, now).into());
        let articles: Vec<IncomingArticle> = drafts.collect();
        house.app.db.store_articles(feed, &articles, NewUnread::Newest(NEWEST_UNREAD), now).await.unwrap();
        let read = house.list(Scope::Feed(feed), false).await[1].id;
        house.app.db.set_read(house.reader, read, true, now).await.unwrap();

        house.clock.advance(2 * HOUR);
        house.world.route("/feed", feed_reply(0..=3));
        let report = round(&house).await;

        assert_eq!((report.read, report.added, report.failed), (1, 1, 0), "it is not stuck, and only what is new is new");
        assert_eq!(house.titles(feed).await.len(), 4);
        assert_eq!(house.list(Scope::Unread, true).await.len(), 3, "what was read stays read");
        assert_eq!(house.app.db.counts(house.reader).await.unwrap().unread, 3);
    }

    async fn a_feed_that_somebody_has_on_lease_is_left_alone(house: House) {
        house.world.route("/feed", feed_reply(1..=3));
        let feed = house.follow("/feed").await;
        house.app.db.lease_due_feeds(house.clock.now(), HOUR, 10).await.unwrap();
        assert_eq!(refresh(&house, feed).await.ended, Ended::Skipped);
        assert_eq!(house.world.hits("/feed"), 0);
    }

    async fn a_round_reads_many_feeds_and_loses_nothing(house: House) {
        for number in 0..150 {
            let path = format!("/{number}");
            house.world.route(&path, feed_reply((0..4).map(|entry| number * 10 + entry)));
            house.follow(&path).await;
        }
        house.world.route("/7", Reply::status(404));
        let report = round(&house).await;
        assert_eq!((report.read, report.failed, report.added), (149, 1, 596));
        assert_eq!(house.list(Scope::Unread, true).await.len(), 596);
    }

    async fn a_limit_ends_a_round(house: House) {
        for number in 0..10 {
            house.world.route(&format!("/{number}"), feed_reply(1..=2));
            house.follow(&format!("/{number}")).await;
        }
        let report = refresh_due(&house.app, 4, &|_| {}).await.unwrap();
        assert_eq!(report.read, 4);
        assert_eq!(round(&house).await.read, 6);
    }

    async fn an_unreachable_host_is_one_failed_feed(house: House) {
        let closed = Outside::start().await.url("/feed");
        let feed = house.app.db.ensure_feed(&closed, house.clock.now()).await.unwrap();
        assert_eq!(refresh(&house, feed).await.ended, Ended::Failed(Failure::Unreachable));
    }
}
