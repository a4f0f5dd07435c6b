//! Keeping what one follows: the table of feeds, many at once, fetching now, another address, the order of categories.

use gleaner::domain::{Clock as _, FeedId, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::jobs::round::refresh_due;
use gleaner::store::Scope;

use super::reading::{attribute, followed, ids, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// The ids of the feeds in the table, from top to bottom.
fn table(page: &str) -> Vec<FeedId> {
    let boxes = page.split("name=\"feed\" value=\"").skip(1);
    boxes.map(|rest| FeedId(rest.split('"').next().unwrap().parse().unwrap())).collect()
}

async fn unread(site: &TestSite, person: &Person) -> i64 {
    assert_eq!(site.app.db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    site.app.db.counts(person.id).await.unwrap().unread
}

/// Sends the form of check boxes and gives the page that it leads to.
async fn several(person: &Person, act: &str, feeds: &[FeedId], more: &[(&str, &str)]) -> String {
    let ids: Vec<String> = feeds.iter().map(ToString::to_string).collect();
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("feed", id.as_str())).collect();
    fields.extend([("act", act), ("back", "/feeds?sort=title"), ("newest", "999999")]);
    fields.extend(more);
    let done = person.post("/feeds/several", &fields).await;
    assert!(done.leads_to().starts_with("/feeds?sort=title&"), "{}", done.leads_to());
    person.get(done.leads_to()).await.text()
}

/// Presses the Undo of a page.
async fn undo(person: &Person, page: &str) -> String {
    let notice = page.split("class=\"notice").nth(1).unwrap();
    let path = attribute(notice, "method=\"post\"", "action");
    let done =
        person.post(path, &[("receipt", attribute(notice, "name=\"receipt\"", "value")), ("back", "/feeds")]).await;
    person.get(done.leads_to().split('#').next().unwrap()).await.text()
}

on_both_databases! {
    async fn the_table_is_ordered_and_chosen_from_by_its_address(site: TestSite) {
        let ada = site.user("ada").await;
        let few = followed(&site, &ada, "/few", &numbered(1)).await;
        let many = followed(&site, &ada, "/many", &numbered(4)).await;
        site.world.route("/many", Reply::ok("application/rss+xml", rss("The river", &numbered(4)).replace("</channel>",
            "<item><title>Of today</title><guid>today</guid></item></channel>")));
        refresh_feed(&site.app, many).await.unwrap();
        ada.post(&format!("/feeds/{few}/settings"), &[("title", "Alder & ash"), ("category", "Trees"), ("body", "feed")]).await;
        ada.post(&format!("/feeds/{many}/settings"), &[("title", "Birch"), ("category", ""), ("body", "feed")]).await;

        for (address, expected) in [
            ("/feeds", vec![few, many]),
            ("/feeds?sort=title&dir=other", vec![many, few]),
            ("/feeds?sort=unread", vec![many, few]),
            ("/feeds?sort=unread&dir=other", vec![few, many]),
            ("/feeds?sort=category", vec![few, many]),
            ("/feeds?sort=rhythm", vec![many, few]),
            ("/feeds?q=ALDER", vec![few]),
            ("/feeds?in=none", vec![many]),
            ("/feeds?show=silent", vec![few]),
            ("/feeds?show=trouble", vec![]),
            ("/feeds?page=99", vec![few, many]),
        ] {
            assert_eq!(table(&ada.get(address).await.text()), expected, "{address}");
        }
        let page = ada.get("/feeds?sort=unread").await.text();
        assert_eq!(page.matches("aria-sort=\"descending\"").count(), 1);
        assert!(page.contains("/feeds?sort=unread&#38;dir=other"), "pressed again, the other way round");
    }

    async fn a_thousand_feeds_come_in_pages(site: TestSite) {
        let ada = site.user("ada").await;
        let now = site.clock.now();
        for number in 0..250 {
            let url = format!("https://f{number}.example/feed").parse().unwrap();
            let feed = site.app.db.ensure_feed(&url, now).await.unwrap();
            site.app.db.subscribe(ada.id, feed, None, now, 0).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut address = Some("/feeds?sort=title".to_owned());
        while let Some(next) = address {
            let page = ada.get(&next).await.text();
            let rows = table(&page);
            assert!(rows.len() <= 100);
            seen.extend(rows);
            address = page.contains("rel=\"next\"").then(|| attribute(&page, "rel=\"next\"", "href").replace("&#38;", "&"));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 250);
        let page = several(&ada, "pause", &[], &[("all", "1")]).await;
        assert!(page.contains("250 feeds are paused."));
    }

    async fn of_a_feed_that_never_brought_anything_no_rhythm_is_said(site: TestSite) {
        let ada = site.user("ada").await;
        let empty = followed(&site, &ada, "/empty", &[]).await;
        for page in ["/feeds".to_owned(), format!("/feeds/{empty}/settings")] {
            let text = ada.get(&page).await.text();
            assert!(!text.contains("nothing for four weeks"), "it is followed since a moment ago: {text}");
        }
    }

    async fn many_are_muted_paused_moved_read_and_let_go_and_all_of_it_is_taken_back(site: TestSite) {
        let ada = site.user("ada").await;
        let one = followed(&site, &ada, "/one", &numbered(2)).await;
        let two = followed(&site, &ada, "/two", &numbered(3)).await;
        let other = followed(&site, &ada, "/other", &numbered(4)).await;
        assert_eq!(unread(&site, &ada).await, 9);

        let page = several(&ada, "mute", &[one, two], &[]).await;
        assert!(page.contains("2 feeds are muted") && page.matches(">muted</span>").count() == 2, "{page}");
        assert_eq!(unread(&site, &ada).await, 4);
        undo(&ada, &page).await;
        assert_eq!(unread(&site, &ada).await, 9);

        let page = several(&ada, "read", &[one, other], &[]).await;
        assert_eq!(unread(&site, &ada).await, 3);
        undo(&ada, &page).await;
        assert_eq!(unread(&site, &ada).await, 9);

        let page = several(&ada, "move", &[one, two], &[("category", "Water")]).await;
        assert!(page.contains("2 feeds moved.") && page.matches(">Water</td>").count() == 2);
        assert!(!undo(&ada, &page).await.contains(">Water</td>"));

        let page = several(&ada, "pause", &[one], &[]).await;
        assert!(page.contains("1 feed is paused."));
        assert!(ada.get(&format!("/feeds/{one}/settings")).await.text().contains("Nothing new comes of it until you end the pause."));
        assert!(ada.get(&format!("/feeds/{one}")).await.text().contains("It is paused: nothing new comes of it"));
        let page = several(&ada, "resume", &[one], &[]).await;
        assert!(page.contains("1 feed is fetched again."));

        let page = several(&ada, "leave", &[one, two], &[]).await;
        assert!(page.contains("2 feeds are not followed any more."));
        assert_eq!((table(&page), unread(&site, &ada).await), (vec![other], 4));
        assert_eq!(table(&undo(&ada, &page).await).len(), 3);
        assert_eq!(unread(&site, &ada).await, 9);

        assert!(several(&ada, "mute", &[], &[]).await.contains("Check at least one feed first."));
        let eve = site.user("eve").await;
        several(&eve, "leave", &[one], &[]).await;
        assert_eq!(site.app.db.subscriptions(ada.id).await.unwrap().len(), 3, "others' feeds are not touched");
    }

    async fn a_muted_feed_shows_what_came_and_counts_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let settings = [("title", ""), ("category", ""), ("body", "automatic"), ("muted", "1"), ("plain", "1")];
        let done = ada.post(&format!("/feeds/{feed}/settings"), &settings).await;
        let page = ada.get(done.leads_to()).await.text();
        assert!(page.contains("1 feed is muted, and what was unread of it is read."));
        assert!(attribute(&page, "name=\"plain\"", "type") == "checkbox" && page.contains("name=\"plain\" value=\"1\" checked"));

        site.world.route("/feed", Reply::ok("application/rss+xml", rss("The river", &numbered(4))));
        site.clock.advance(60_000);
        ada.post(&format!("/feeds/{feed}/refresh"), &[]).await.leads_to();

        assert_eq!(unread(&site, &ada).await, 0);
        assert_eq!(ids(&site, &ada, Scope::Feed(feed)).await.len(), 4);
        assert!(ada.get("/all").await.text().contains("class=\"c0\""), "its letter has no colour");
        undo(&ada, &page).await;
        assert_eq!(unread(&site, &ada).await, 2);
    }

    async fn fetching_one_says_what_came(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("The river", &numbered(3))));
        site.clock.advance(60_000);
        let done = ada.post(&format!("/feeds/{feed}/refresh"), &[]).await;
        assert!(ada.get(done.leads_to()).await.text().contains("2 new articles."));
        site.clock.advance(60_000);
        let done = ada.post(&format!("/feeds/{feed}/refresh"), &[]).await;
        assert!(ada.get(done.leads_to()).await.text().contains("There is nothing new."));
    }

    async fn all_are_fetched_once_however_often_that_is_pressed(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let one = followed(&site, &ada, "/one", &numbered(1)).await;
        followed(&site, &ada, "/two", &numbered(1)).await;
        site.world.route("/one", Reply::ok("application/rss+xml", rss("The river", &numbered(3))));
        site.world.route("/two", Reply::status(503));
        site.clock.advance(16 * UnixMillis::MINUTE);
        let now = site.clock.now();
        let (before, later) = (site.world.hits("/one"), now.plus(UnixMillis::HOUR));
        for feed in site.app.db.feeds().await.unwrap() {
            assert!(feed.next_check_at > now && feed.next_check_at < later.plus(365 * UnixMillis::DAY));
        }

        let pressed = futures_util::future::join_all((0..100).map(|_| ada.post("/feeds/fetch", &[("in", "all")]))).await;

        let (begun, refused): (Vec<_>, Vec<_>) = pressed.iter().partition(|reply| reply.status == 303);
        assert_eq!((begun.len(), refused.len()), (1, 99));
        assert!(refused.iter().all(|reply| reply.status == 429 && reply.header("retry-after") == "1801"));
        assert!(refused[0].text().contains("All your feeds were fetched a short while ago. You can have them fetched again in 30 min"));
        let page = ada.get(begun[0].leads_to()).await.text();
        assert!(page.contains("0 of 2 asked") && page.contains("http-equiv=\"refresh\""), "{page}");

        refresh_due(&site.app, usize::MAX, &|_| {}).await.unwrap();

        assert_eq!(site.world.hits("/one"), before + 1);
        let page = ada.get(begun[0].leads_to()).await.text();
        assert!(page.contains("2 feeds were asked. 2 new articles.") && page.contains("1 feed could not be read."), "{page}");
        assert!(page.contains(&format!("/feeds/{one}\">The river</a>")) && !page.contains("http-equiv=\"refresh\""));
        let script = ada.sending("accept", "application/json").get(begun[0].leads_to()).await.text();
        assert!(script.contains("\"done\":2") && script.contains("\"is_done\":true"), "{script}");
        assert_eq!(bob.get(begun[0].leads_to()).await.text().matches("The river").count(), 0, "nobody sees another's feeds");

        site.clock.advance(30 * UnixMillis::MINUTE);
        ada.post("/feeds/fetch", &[("in", "all")]).await.leads_to();
    }

    async fn moving_into_a_new_category_is_taken_back_with_the_category(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;

        let page = several(&ada, "move", &[feed], &[("category", "Water")]).await;
        assert_eq!(site.app.db.categories(ada.id).await.unwrap().len(), 1);
        undo(&ada, &page).await;

        assert_eq!(site.app.db.categories(ada.id).await.unwrap(), []);
        assert_eq!(site.app.db.subscription(ada.id, feed).await.unwrap().unwrap().category, None);
    }

    async fn a_category_is_fetched_without_what_was_asked_a_moment_ago(site: TestSite) {
        let ada = site.user("ada").await;
        let (old, fresh) = (followed(&site, &ada, "/old", &numbered(1)).await, followed(&site, &ada, "/fresh", &numbered(1)).await);
        several(&ada, "move", &[old, fresh], &[("category", "Water")]).await;
        let category = site.app.db.categories(ada.id).await.unwrap()[0].id;
        site.clock.advance(16 * UnixMillis::MINUTE);
        ada.post(&format!("/feeds/{fresh}/refresh"), &[]).await.leads_to();
        let hits = (site.world.hits("/old"), site.world.hits("/fresh"));

        let begun = ada.post("/feeds/fetch", &[("in", &format!("category-{category}"))]).await;
        assert!(ada.get(begun.leads_to()).await.text().contains("1 of 2 asked"));
        refresh_due(&site.app, usize::MAX, &|_| {}).await.unwrap();

        assert_eq!((site.world.hits("/old"), site.world.hits("/fresh")), (hits.0 + 1, hits.1));
        assert!(ada.get(begun.leads_to()).await.text().contains("There is nothing new."));
    }

    async fn a_feed_goes_on_at_another_address_with_all_it_had(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/old", &numbered(2)).await;
        site.world.route("/new", Reply::ok("application/rss+xml", rss("The river", &numbered(3))));
        site.world.route("/page", Reply::ok("text/html", "<title>No feed</title><p>Words"));
        let path = format!("/feeds/{feed}/address");

        let wrong = ada.post(&path, &[("address", site.world.url("/page").as_str())]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("There is a web page at this address, not a feed.") && wrong.text().contains("/page\""));
        let moved = ada.post(&path, &[("address", site.world.url("/new").as_str())]).await;
        assert_eq!(moved.leads_to(), format!("/feeds/{feed}/settings?done=address"));

        assert_eq!(site.app.db.feed(feed).await.unwrap().unwrap().url, Some(site.world.url("/new")));
        assert_eq!(ids(&site, &ada, Scope::Feed(feed)).await.len(), 3, "what it had, and what is new there");
    }

    async fn nobody_elses_feed_moves_with_mine(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let feed = followed(&site, &ada, "/old", &numbered(2)).await;
        site.app.db.subscribe(bob.id, feed, None, site.clock.now(), 50).await.unwrap();
        ada.post(&format!("/feeds/{feed}/settings"), &[("title", "Mine"), ("category", "Water"), ("body", "feed")]).await;
        site.world.route("/new", Reply::ok("application/rss+xml", rss("The river", &numbered(3))));

        let done = ada.post(&format!("/feeds/{feed}/address"), &[("address", site.world.url("/new").as_str())]).await;

        let page = ada.get(done.leads_to()).await.text();
        assert!(page.contains("The old one is paused and keeps its articles."), "{page}");
        assert_eq!(site.app.db.feed(feed).await.unwrap().unwrap().url, Some(site.world.url("/old")));
        let rows = site.app.db.subscriptions(ada.id).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.title.as_str(), row.paused_at.is_some(), row.category.is_some())).collect::<std::collections::BTreeSet<_>>(),
            [("Mine", true, true), ("Mine", false, true)].into());
        assert_eq!(site.app.db.subscriptions(bob.id).await.unwrap().len(), 1);
    }

    async fn categories_move_merge_and_come_apart_again(site: TestSite) {
        let ada = site.user("ada").await;
        let (one, two) = (followed(&site, &ada, "/one", &numbered(1)).await, followed(&site, &ada, "/two", &numbered(1)).await);
        several(&ada, "move", &[one], &[("category", "Brooks")]).await;
        several(&ada, "move", &[two], &[("category", "Rivers")]).await;
        let categories = async || site.app.db.categories(ada.id).await.unwrap();
        let titles = async || categories().await.into_iter().map(|category| category.title).collect::<Vec<_>>();
        let rivers = categories().await[1].id;

        assert_eq!(ada.post(&format!("/categories/{rivers}/move"), &[("to", "up")]).await.leads_to(), format!("/feeds#k{rivers}"));
        assert_eq!(titles().await, ["Rivers", "Brooks"]);

        // A browser sends what is spaces alone: that is a slip, and no request that cannot be understood.
        let nameless = ada.post(&format!("/categories/{rivers}/rename"), &[("title", "  ")]).await;
        let page = ada.get(nameless.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("or the name is empty"), "{page}");
        assert_eq!(titles().await, ["Rivers", "Brooks"]);

        let merged = ada.post(&format!("/categories/{rivers}/rename"), &[("title", "Brooks")]).await;
        let page = ada.get(merged.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("“Rivers” is now part of “Brooks”.") && page.matches(">Brooks</td>").count() == 2, "{page}");
        undo(&ada, &page).await;
        assert_eq!(titles().await, ["Rivers", "Brooks"]);
        assert!(ada.get("/feeds").await.text().contains(">Rivers</td>"));
    }
}
