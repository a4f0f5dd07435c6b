//! Reading without a network, as far as the server has a part in it: what a device may keep, whose it is, and marks that
//! are told later than they were made.

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::store::{HighlightCursor, Scope};
use serde_json::Value;

use super::reading::{followed, ids, numbered};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::site::{Browser, Reply, TestSite};

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.bytes).unwrap()
}

/// The pressed state of a button in a page: whether its next press sets the mark.
fn would_set(page: &str, mark: &str, article: &str) -> bool {
    page.contains(&format!("name=\"{mark}\" value=\"{article}.1\""))
}

async fn chosen(browser: &Browser, fields: &[(&str, &str)]) -> Value {
    assert_eq!(browser.post("/settings/offline", fields).await.leads_to(), "/settings/offline?done=stored");
    json(&browser.get("/offline/wanted").await)
}

on_both_databases! {
    async fn nothing_is_wanted_until_a_list_is_chosen(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(2)).await;
        let wanted = json(&ada.get("/offline/wanted").await);
        assert_eq!(wanted["pages"], serde_json::json!(["/offline"]));
        assert_eq!(wanted["texts"], serde_json::json!([]));
        assert!(!ada.get("/all").await.text().contains("offline.js"), "pages are as light as ever");

        let wanted = chosen(&ada, &[("list", "unread"), ("list", "category-99"), ("list", "all"), ("articles", "50")]).await;

        assert_eq!(wanted["pages"], serde_json::json!(["/offline", "/unread"]));
        assert_eq!(wanted["texts"].as_array().unwrap().len(), 2);
        assert_eq!(wanted["counters"]["unread"], 2);
        assert_eq!(wanted["pictures"], false, "the box was not ticked");
        assert!(ada.get("/all").await.text().contains("/offline.js"));
        for text in wanted["texts"].as_array().unwrap() {
            assert!(ada.get("/unread").await.text().contains(&format!("href=\"{}\"", text.as_str().unwrap())));
        }
        for asset in wanted["assets"].as_array().unwrap() {
            assert_eq!(ada.get(asset.as_str().unwrap()).await.status, 200, "{asset}");
        }
    }

    async fn the_pages_of_a_long_list_are_those_that_it_links_to(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(120)).await;
        for id in ids(&site, &ada, Scope::Feed(feed)).await {
            site.app.db.set_later(ada.id, id, true, site.clock.now()).await.unwrap();
        }
        let wanted = chosen(&ada, &[("list", "later"), ("articles", "100"), ("pictures", "1")]).await;
        let pages = wanted["pages"].as_array().unwrap();
        assert_eq!((pages.len(), wanted["texts"].as_array().unwrap().len()), (3, 100));
        let second = pages[2].as_str().unwrap();
        assert!(ada.get("/later").await.text().contains(&format!("href=\"{second}\"")), "{second}");
        assert_eq!(wanted["pictures"], true);
    }

    async fn a_copy_for_a_device_says_when_it_was_made_and_counts_as_nothing_read(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let keeps = ada.sending("gleaner-keep", "1").sending("sec-fetch-dest", "empty");
        let address = format!("/articles/{id}");
        ada.get("/all").await;

        let copy = keeps.get(&address).await.text();

        assert!(copy.contains("You are reading the copy kept on") && copy.contains("data-ahead"), "{copy}");
        assert!(keeps.get("/all").await.text().contains("You are reading the copy"), "though the page was drawn before");
        assert!(!ada.get("/all").await.text().contains("You are reading the copy"));
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 1);
    }

    async fn what_one_reader_did_is_never_taken_for_another(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        followed(&site, &eve, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let tag = ada.get("/all").await.header("gleaner-reader").to_owned();
        let hers = eve.get("/all").await.header("gleaner-reader").to_owned();
        assert!(tag.len() > 20 && tag != hers, "{tag} {hers}");
        assert_eq!(site.visitor().get("/login").await.header("gleaner-reader"), "");
        let mark = [("starred", format!("{id}.1"))];
        let mark: Vec<(&str, &str)> = mark.iter().map(|(name, value)| (*name, value.as_str())).collect();

        let refused = eve.sending("gleaner-reader", &tag).post("/marks", &mark).await;
        assert_eq!(refused.status, 409);
        assert_eq!(site.app.db.counts(eve.id).await.unwrap().starred, 0);

        let taken = ada.sending("gleaner-reader", &tag).sending("accept", "application/json").post("/marks", &mark).await;
        assert_eq!(json(&taken)["counts"]["starred"], 1);
    }

    async fn tags_and_passages_that_are_told_twice_are_there_once_and_as_old_as_they_are(site: TestSite) {
        let ada = site.user("ada").await;
        let bob = site.user("bob").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let back = ("back", "/all");
        let (tags, passages) = (format!("/articles/{id}/tags"), format!("/articles/{id}/highlights"));
        let tag = ada.get("/all").await.header("gleaner-reader").to_owned();
        site.clock.advance(UnixMillis::DAY);
        let worker = |browser: &Browser| {
            let age = UnixMillis::HOUR.to_string();
            browser.sending("gleaner-reader", &tag).sending("gleaner-age", &age).sending("accept", "application/json")
        };

        for _ in 0..2 {
            let told = json(&worker(&ada).post(&tags, &[("names", "harvest, mills"), back]).await);
            assert_eq!(told["to"], "/all#tags");
            let told = json(&worker(&ada).post(&passages, &[("exact", "nowhere"), ("colour", "green"), back]).await);
            assert!(told["to"].as_str().unwrap().starts_with("/all?done="), "{told}");
        }
        let told = json(&worker(&ada).post(&tags, &[("names", &"long ".repeat(40)), back]).await);
        let to = told["to"].as_str().unwrap();
        assert!(to.starts_with("/all?done=tag-name&title=long+long") && to.ends_with("#tags"), "{to}: where the server says");

        assert_eq!(site.app.db.tags(ada.id).await.unwrap().len(), 2);
        let marked = site.app.db.highlights(ada.id, Scope::All, HighlightCursor::NEWEST, 9).await.unwrap();
        assert_eq!(marked.len(), 1);
        assert_eq!(marked[0].highlight.created_at, site.clock.now().plus(-UnixMillis::HOUR));
        assert_eq!(worker(&bob).post(&tags, &[("names", "hers"), back]).await.status, 409, "for her, not for him");
    }

    async fn a_mark_that_is_told_late_does_not_undo_a_newer_one(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0].to_string();
        let send = async |minutes_ago: i64, mark: &str, on: &str| {
            let age = (minutes_ago * UnixMillis::MINUTE).to_string();
            let value = format!("{id}.{on}");
            let reply = ada.sending("gleaner-age", &age).post("/marks", &[(mark, value.as_str()), ("back", "/all")]).await;
            assert_eq!(reply.status, 303);
        };
        site.clock.advance(UnixMillis::HOUR);
        send(0, "starred", "0").await;
        send(20, "starred", "1").await;
        assert!(would_set(&ada.get("/all").await.text(), "starred", &id), "the star was taken away later");

        send(10, "later", "1").await;
        send(10, "later", "1").await;
        send(30, "later", "0").await;
        assert!(!would_set(&ada.get("/all").await.text(), "later", &id));
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().later, 1);
    }

    async fn pages_that_were_loaded_ahead_go_when_something_is_done(site: TestSite) {
        let ada = site.user("ada").await;
        let reply = ada.post("/settings/offline", &[]).await;
        assert_eq!(reply.header("clear-site-data"), "\"prefetchCache\", \"prerenderCache\"");
        assert!(!ada.get("/all").await.headers.contains_key("clear-site-data"));
    }
}

#[tokio::test]
async fn the_worker_and_what_it_keeps_lie_below_the_base_path() {
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.base_url = Some("https://reader.test/reader".parse().unwrap());
    })
    .await;
    let ada = site.user("ada").await;
    let worker = ada.get("/reader/worker.js").await;
    assert_eq!((worker.status.as_u16(), worker.header("cache-control")), (200, "no-cache"));
    assert_eq!(worker.header("content-type"), "text/javascript; charset=utf-8");
    ada.post("/reader/settings/offline", &[("list", "unread")]).await;

    let wanted = json(&ada.get("/reader/offline/wanted").await);

    for kind in ["pages", "assets"] {
        let addresses = wanted[kind].as_array().unwrap();
        assert!(
            !addresses.is_empty() && addresses.iter().all(|a| a.as_str().unwrap().starts_with("/reader/")),
            "{wanted}"
        );
    }
    let page = ada.get("/reader/unread").await.text();
    assert!(page.contains("\"/reader/articles/*\"") && !page.contains("\"/articles/*\""), "what may be loaded ahead");
    let manifest = json(&ada.get("/reader/manifest.webmanifest").await);
    assert_eq!(manifest["id"], "/reader/");
    for part in ["shortcuts", "icons"] {
        for thing in manifest[part].as_array().unwrap() {
            let address = thing["url"].as_str().or(thing["src"].as_str()).unwrap();
            assert!(address.starts_with("/reader/"), "{thing}");
            assert_eq!(ada.get(address).await.status, 200, "{thing}");
        }
    }
    assert!(manifest["icons"].as_array().unwrap().iter().any(|icon| icon["purpose"] == "maskable"));
}

#[test]
fn the_worker_and_what_pages_load_for_it_are_small() {
    use gleaner::web::assets::Asset;
    for (name, most) in [("worker.js", 3 * 1024), ("offline.js", 820)] {
        let (bytes, form) = Asset::find(name).unwrap().packed("br");
        assert_eq!(form, Some("br"), "{name}");
        assert!(bytes.len() <= most, "{name}: {} bytes", bytes.len());
    }
}
