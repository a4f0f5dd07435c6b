//! What readers may have fetched for themselves, and how much of it.

use gleaner::domain::Clock as _;

use crate::support::database::on_both_databases;
use crate::support::outside::{Outside, Reply, Step};
use crate::support::site::TestSite;

const NEWS: &str = "<rss version=\"2.0\"><channel><title>River</title><item><title>It rose</title><guid>1</guid>\
                    <description>In the night.</description></item></channel></rss>";

on_both_databases! {
    async fn a_feed_that_is_asked_for_a_hundred_times_is_fetched_once(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/feed", Reply::ok("application/rss+xml", NEWS));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 50).await.unwrap();
        let (path, fields) = (format!("/feeds/{feed}/refresh"), []);

        let pressed = futures_util::future::join_all((0..100).map(|_| ada.post(&path, &fields))).await;

        assert!(pressed.iter().all(|reply| reply.status == 303));
        assert_eq!(site.world.hits("/feed"), 1);
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 1);
        site.clock.advance(60_000);
        ada.post(&path, &[]).await.leads_to();
        assert_eq!(site.world.hits("/feed"), 2, "a minute later it is asked again");
    }

    async fn one_account_cannot_send_the_server_out_for_more_than_sixteen_things(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        site.world.route("/slow", Reply::script(vec![Step::Hang]));
        let slow = site.world.url("/slow").to_string();
        let looking: Vec<_> = (0..16)
            .map(|_| {
                let (ada, slow) = (ada.copy(), slow.clone());
                tokio::spawn(async move { ada.post("/add", &[("address", &slow)]).await.status })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;

        for (path, field) in [("/add", "address"), ("/add/follow", "url"), ("/add/save", "url")] {
            let refused = ada.post(path, &[(field, &slow)]).await;
            assert_eq!(refused.status, 429, "{path}");
            assert!(refused.text().contains("A lot is being fetched for you already"), "{path}");
            assert!(refused.text().contains("/slow"), "the address is kept for the next try");
        }
        assert_eq!(site.app.db.subscriptions(ada.id).await.unwrap().len(), 0);
        let bobs = bob.post("/add", &[("address", "javascript:alert(1)")]).await;
        assert_eq!(bobs.status, 422, "others are heard");

        for look in looking {
            look.abort();
            assert!(look.await.is_err());
        }
        let again = ada.post("/add", &[("address", "javascript:alert(1)")]).await;
        assert_eq!(again.status, 422, "who hung up is done");
    }

    async fn nothing_that_a_reader_can_ask_for_reaches_into_the_network(site: TestSite) {
        let ada = site.user("ada").await;
        let victim = Outside::start().await;
        victim.route("/", Reply::ok("application/rss+xml", NEWS));
        let inside = victim.url("/").to_string();
        let item = format!("<rss version=\"2.0\"><channel><title>T</title><link>{inside}</link><image><url>{inside}</url>\
            </image><item><title>Teaser</title><guid>1</guid><link>{inside}</link><enclosure url=\"{inside}\"/>\
            <description>Read on…</description></item></channel></rss>");
        site.world.route("/feed", Reply::ok("application/rss+xml", item));
        let page = format!("<link rel=alternate type=application/rss+xml href=\"{inside}\"><link rel=icon href=\"{inside}\">");
        site.world.route("/page", Reply::ok("text/html", page));
        let opml = format!("<opml version=\"2.0\"><body><outline text=\"In\" xmlUrl=\"{inside}\"/></body></opml>");
        let world = |path: &str| site.world.url(path).to_string();

        let typed = ada.post("/add", &[("address", &inside)]).await;
        assert!(typed.text().contains("No answer from its server"), "{}", typed.text());
        ada.post("/add", &[("address", &world("/page"))]).await;
        ada.post("/add/follow", &[("url", &inside)]).await;
        assert_eq!(ada.post("/add/save", &[("url", &inside)]).await.status, 422);
        ada.upload("/settings/import", &[("list.opml", opml.as_bytes())]).await.leads_to();
        ada.post("/settings/import/run", &[]).await.leads_to();
        ada.post("/add/follow", &[("url", &world("/feed"))]).await.leads_to();
        gleaner::jobs::round::refresh_due(&site.app, usize::MAX, &|_| {}).await.unwrap();
        gleaner::jobs::fulltext::fetch_due_pages(&site.app, &Default::default()).await.unwrap();
        let unread = ada.get("/unread").await.text();
        let article = unread.split("href=\"/articles/").nth(1).and_then(|rest| rest.split(['"', '?', '#', '/']).next()).unwrap();
        let read = ada.post(&format!("/articles/{article}/page"), &[("back", "/unread")]).await;
        assert!(read.leads_to().contains("page-not-read"), "{}", read.leads_to());

        assert_eq!(victim.connections(), 0);
    }
}
