//! The pages of articles, and the loops inside the server, on both databases.

use std::time::Duration;

use gleaner::domain::{ArticleId, BodyKind, BodyPreference, Clock as _, Failure, UnixMillis};
use gleaner::jobs::fulltext::{PageError, fetch_due_pages, fetch_page};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::jobs::scheduler;
use gleaner::store::{Scope, SubscriptionChange};
use tokio_util::sync::CancellationToken;

use crate::support::database::on_both_databases;
use crate::support::house::House;
use crate::support::outside::{Reply, Step};

const HOUR: i64 = UnixMillis::HOUR;

/// An article page of some length.
fn page() -> String {
    let text = "<p>The river rose in the night, and by morning the lower streets were under water, as they had been \
                in the year of the great flood, which the old people still talk about.</p>"
        .repeat(12);
    format!(
        "<!doctype html><html lang=en><head><title>The river</title></head><body><nav>Menu</nav><article><h1>The river</h1>{text}</article></body></html>"
    )
}

/// A house whose reader follows a feed with one teaser and wants pages; the article, not yet fetched.
async fn with_teaser(house: &House) -> ArticleId {
    let link = house.world.url("/article");
    let rss = format!(
        "<rss version=\"2.0\"><channel><title>Teasers</title><item><title>The river</title><link>{link}</link>\
         <guid>1</guid><description>The river rose in the night…</description></item></channel></rss>"
    );
    house.world.route("/feed", Reply::ok("application/rss+xml", rss));
    let feed = house.follow("/feed").await;
    let change = SubscriptionChange { preference: Some(BodyPreference::Page), ..SubscriptionChange::default() };
    house.app.db.update_subscription(house.reader, feed, &change).await.unwrap();
    refresh_feed(&house.app, feed).await.unwrap();
    house.list(Scope::Feed(feed), false).await[0].id
}

async fn run_jobs(house: &House) -> usize {
    fetch_due_pages(&house.app, &CancellationToken::new()).await.unwrap()
}

async fn kept(house: &House, article: ArticleId) -> bool {
    house.app.db.kept_page(article).await.unwrap().is_some()
}

on_both_databases! {
    async fn the_page_of_a_teaser_is_fetched_and_kept(house: House) {
        house.world.route("/article", Reply::ok("text/html; charset=utf-8", page()));
        let article = with_teaser(&house).await;
        assert!(!kept(&house, article).await);
        assert_eq!(run_jobs(&house).await, 1);
        let page = house.app.db.kept_page(article).await.unwrap().unwrap();
        assert_eq!(page.url, house.world.url("/article"));
        assert!(page.html.contains("The river rose"));
        let view = house.app.db.article(house.reader, article).await.unwrap().unwrap();
        let shown = view.body.expect("a body is shown");
        assert_eq!(shown.kind, BodyKind::Page, "the text of the page is stored beside the feed's, and shown");
        assert!(shown.html.contains("great flood") && !shown.html.contains("Menu"), "{}", shown.html);
        assert!(view.has_other_body, "the feed's own is still there");
        assert_eq!(run_jobs(&house).await, 0, "the job is done");
        assert_eq!(house.world.hits("/article"), 1);
    }

    async fn a_page_that_does_not_come_is_tried_again_a_few_times(house: House) {
        house.world.route("/article", Reply::status(503));
        let article = with_teaser(&house).await;
        for _ in 0..10 {
            run_jobs(&house).await;
            house.clock.advance(24 * HOUR);
        }
        assert_eq!(house.world.hits("/article"), 4);
        assert_eq!(house.app.db.count_jobs().await.unwrap(), 0);
        assert!(!kept(&house, article).await);
    }

    async fn a_page_that_is_not_there_is_not_tried_again(house: House) {
        house.world.route("/article", Reply::status(404));
        with_teaser(&house).await;
        run_jobs(&house).await;
        assert_eq!(house.app.db.count_jobs().await.unwrap(), 0);
    }

    async fn what_is_no_page_has_nothing_to_read(house: House) {
        house.world.route("/article", Reply::ok("application/pdf", "%PDF-1.7"));
        let article = with_teaser(&house).await;
        let error = fetch_page(&house.app, article).await.unwrap_err();
        assert!(matches!(error, PageError::Failed { failure: Failure::NothingToRead, .. }), "{error}");
        assert!(matches!(fetch_page(&house.app, ArticleId(999_999)).await, Err(PageError::NoPage)));
    }

    async fn the_scheduler_checks_feeds_and_pages_and_stops_at_once(house: House) {
        house.world.route("/article", Reply::ok("text/html", page()));
        house.world.route("/hangs", Reply::script(vec![Step::Hang]));
        let article = with_teaser(&house).await;
        let hanging = house.follow("/hangs").await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(scheduler::run(house.app.clone(), stop.clone()));
        for _ in 0..200 {
            if kept(&house, article).await && house.world.hits("/hangs") == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(kept(&house, article).await);
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(1), running).await.expect("it stops").unwrap();
        let again = house.app.db.lease_feed(hanging, house.clock.now(), HOUR).await.unwrap();
        assert!(again.is_some(), "what was under way is given back");
    }
}
