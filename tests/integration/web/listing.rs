//! How lists are looked at, and marks that their page's script makes.

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::jobs::subscribe::follow;
use gleaner::store::Scope;
use serde_json::Value;

use super::reading::{attribute, followed, ids, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Browser, Person, TestSite};

/// Whether the article with the number 0, the newest, stands above the other.
async fn newest_first(person: &Person, address: &str) -> bool {
    let page = person.get(address).await.text();
    let place = |i: usize| page.find(&format!(">Article {i}</a>")).unwrap();
    place(0) < place(1)
}

/// What a page's script sends, and what it gets.
async fn script(person: &Person, path: &str, form: &[(&str, &str)]) -> Value {
    let browser: Browser = person.sending("accept", "application/json");
    serde_json::from_str(&browser.post(path, form).await.text()).unwrap()
}

on_both_databases! {
    async fn every_list_remembers_how_it_was_looked_at(site: TestSite) {
        let ada = site.user("ada").await;
        let river = followed(&site, &ada, "/river", &numbered(2)).await;
        let sea = followed(&site, &ada, "/sea", &numbered(2)).await;
        let name = format!("feed-{river}");
        let (river, sea) = (format!("/feeds/{river}"), format!("/feeds/{sea}"));

        let turned = ada.post("/settings/list", &[("list", name.as_str()), ("order", "oldest"), ("back", &river)]).await;

        assert_eq!(turned.leads_to(), river);
        assert!(!newest_first(&ada, &river).await);
        assert!(newest_first(&ada, &sea).await && newest_first(&ada, "/all").await, "other lists are as they were");
        assert!(newest_first(&ada, &format!("{river}?order=newest")).await, "an address goes before it");

        let choices = [("list", name.as_str()), ("show", "unread"), ("density", "titles")];
        ada.post("/settings/list", &choices).await.leads_to();
        let id = ids(&site, &ada, Scope::All).await[0];
        let page = ada.get(&river).await.text();
        assert!(page.contains("listing titles") && page.contains("Only unread") && !newest_first(&ada, &river).await);
        assert!(ada.get(&sea).await.text().contains("listing comfortable"));
        let article = ada.get(&format!("/articles/{id}?in={name}")).await.text();
        assert!(article.contains(&format!("href=\"{river}#a{id}\"")), "the way back says nothing that the list knows");

        ada.post("/settings/list", &[("list", name.as_str()), ("density", "sideways")]).await.leads_to();
        ada.post("/settings/list", &[("list", "unread"), ("density", "cards")]).await.leads_to();
        assert!(ada.get(&river).await.text().contains("listing titles"));
        assert!(ada.get("/unread").await.text().contains("listing cards"));
    }

    async fn days_part_a_list_and_a_picture_stands_beside_its_text(site: TestSite) {
        let ada = site.user("ada").await;
        let words = "<p>Words enough to stand beside a picture.</p>";
        let picture = "<p><img src=\"https://p.example/a.jpg\" width=\"900\" height=\"600\"></p>";
        let items = [("Newer".to_owned(), format!("{picture}{words}")), ("Older".to_owned(), words.to_owned())];
        let feed = rss("The river", &items).replace("Mon, 01 Dec 2025 23:58", "Sun, 30 Nov 2025 23:58");
        site.world.route("/days", Reply::ok("application/rss+xml", feed));
        follow(&site.app, ada.id, &site.world.url("/days"), None).await.unwrap();

        let page = ada.get("/all").await.text();
        let days: Vec<&str> = page.split("<h2 class=\"day\">").collect();

        assert_eq!(days.len(), 1 + 2, "{page}");
        assert!(days[1].contains(">Newer</a>") && !days[1].contains(">Older</a>") && days[2].contains(">Older</a>"));
        let row = days[1].split("<li class=\"row").nth(1).unwrap();
        assert!(row.contains("<img src=\"/media/") && row.contains(" alt=\"\"") && !row.contains("p.example"), "{row}");
        assert!(!days[2].contains("<img src=\"/media/"), "it has none");
        ada.post("/settings/list", &[("list", "all"), ("density", "titles")]).await.leads_to();
        assert!(!ada.get("/all").await.text().contains("<img src=\"/media/"), "nor have titles alone");
        let oldest = ada.get("/all?order=oldest").await.text();
        assert!(oldest.find(">Older</a>") < oldest.find(">Newer</a>") && oldest.matches("class=\"day\"").count() == 2);
    }

    async fn the_settings_are_for_all_lists_that_nobody_chose_for(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(2)).await;
        ada.post("/settings/list", &[("list", "all"), ("order", "newest"), ("density", "cards")]).await.leads_to();
        ada.post("/settings", &[("order", "oldest"), ("density", "titles")]).await.leads_to();
        assert!(!newest_first(&ada, "/all").await, "newest was the account's own way then");
        assert!(ada.get("/all").await.text().contains("listing cards"));
        assert!(ada.get("/unread").await.text().contains("listing titles"));
    }

    async fn nobody_chooses_for_a_list_of_somebody_else(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let category = site.app.db.create_category(ada.id, "Water").await.unwrap().unwrap();
        for list in [format!("feed-{feed}"), format!("category-{category}"), "tag-1".to_owned(), "feed-x".to_owned()] {
            let form = [("list", list.as_str()), ("order", "oldest")];
            assert_eq!(eve.post("/settings/list", &form).await.status, 404, "{list}");
        }
        let own = format!("category-{category}");
        ada.post("/settings/list", &[("list", own.as_str()), ("order", "oldest")]).await.leads_to();
        site.app.db.delete_category(ada.id, category, site.clock.now()).await.unwrap();
        assert_eq!(site.app.db.list_choice(ada.id, Scope::Category(category)).await.unwrap(), None, "gone with it");
    }

    async fn the_way_back_from_an_article_leads_to_its_page_of_the_list(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(60)).await;
        let page = ada.get("/all").await.text();
        let next = attribute(&page, "rel=\"next\"", "href").to_owned();

        let article = attribute(&ada.get(&next).await.text(), ">Article 55</a>", "href").replace("&#38;", "&");

        assert!(article.contains("&after="), "{article}");
        let back = attribute(&ada.get(&article).await.text(), "data-back", "href").to_owned();
        assert!(back.starts_with(&next) && ada.get(&back).await.text().contains("Article 55"), "{back}");
    }

    async fn what_is_older_than_an_article_is_marked_and_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(5)).await;
        followed(&site, &ada, "/other", &numbered(3)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        let page = ada.get(&format!("/feeds/{feed}")).await.text();
        assert!(page.contains(&format!("name=\"than\" value=\"{}\"", articles[1])));
        assert!(ada.get(&format!("/articles/{}", articles[0])).await.text().contains("name=\"than\""));
        let newest = attribute(&page, "name=\"newest\"", "value");
        let (list, than) = (format!("feed-{feed}"), articles[1].to_string());

        let form = [("list", list.as_str()), ("newest", newest), ("than", than.as_str()), ("back", "/all")];
        let marked = ada.post("/mark-read", &form).await;

        assert!(marked.leads_to().contains("done=marked&n=3"), "{}", marked.leads_to());
        let left = ada.get(&format!("/feeds/{feed}?show=unread")).await.text();
        assert!(!left.contains(">Article 2</a>") && left.contains(">Article 1</a>"));
        let receipt = attribute(&ada.get(marked.leads_to()).await.text(), "name=\"receipt\"", "value").to_owned();
        ada.post("/undo", &[("receipt", &receipt)]).await.leads_to();
        assert!(ada.get(&format!("/feeds/{feed}?show=unread")).await.text().contains(">Article 4</a>"));
    }

    async fn articles_of_one_moment_are_older_by_their_order(site: TestSite) {
        let ada = site.user("ada").await;
        let items: String = (0..4).map(|i| format!("<item><title>Article {i}</title><guid>{i}</guid></item>")).collect();
        let feed = format!("<rss version=\"2.0\"><channel><title>No dates</title>{items}</channel></rss>");
        site.world.route("/feed", Reply::ok("application/rss+xml", feed));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 500).await.unwrap();
        gleaner::jobs::refresh::refresh_feed(&site.app, feed).await.unwrap();
        let articles = ids(&site, &ada, Scope::Unread).await;

        let than = articles[2].to_string();
        let answer = script(&ada, "/mark-read", &[("list", "unread"), ("newest", "99999"), ("than", &than)]).await;

        assert_eq!(answer["counts"]["unread"], 3, "the one below it, and no other: {answer}");
    }

    async fn what_was_scrolled_past_is_one_thing_to_take_back(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(6)).await;
        let articles = ids(&site, &ada, Scope::Unread).await;
        let page = |range: std::ops::Range<usize>| {
            articles[range].iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
        };
        let (first, second) = (page(0..2), page(1..4));
        let form = |page| [("list", "unread"), ("newest", "0"), ("which", "page"), ("page", page)];

        let one = script(&ada, "/mark-read", &form(&first)).await;
        let receipt = one["done"]["fields"].as_str().unwrap().strip_prefix("receipt=").unwrap().to_owned();
        let mut more = form(&second).to_vec();
        more.push(("receipt", &receipt));
        let two = script(&ada, "/mark-read", &more).await;

        assert_eq!(one["done"]["text"], "2 articles marked as read.");
        assert_eq!(two["done"]["text"], "4 articles marked as read.");
        assert_eq!(two["done"]["fields"], one["done"]["fields"]);
        assert_eq!((&two["counts"]["unread"], &two["counts"][format!("feed-{feed}")]), (&2.into(), &2.into()));
        let undone = script(&ada, "/undo", &[("receipt", &receipt), ("in", "unread")]).await;
        assert_eq!((&undone["counts"]["unread"], &undone["done"]["text"]), (&6.into(), &"4 articles are unread again.".into()));
        let eve = site.user("eve").await;
        let again = script(&eve, "/mark-read", &more).await;
        assert_eq!(again["done"]["undo"], "", "a receipt of somebody else is none: {again}");
    }

    async fn a_mark_is_taken_back_as_it_was(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(3)).await;
        let articles = ids(&site, &ada, Scope::All).await;
        for id in &articles {
            site.clock.advance(UnixMillis::MINUTE);
            ada.post("/marks", &[("starred", format!("{id}.1").as_str())]).await.leads_to();
        }
        let before = ids(&site, &ada, Scope::Starred).await;
        site.clock.advance(UnixMillis::MINUTE);

        let gone = ada.post("/marks", &[("starred", format!("{}.0", articles[1]).as_str()), ("back", "/starred")]).await;

        let page = ada.get(gone.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("The star is taken away.") && !page.contains(">Article 1</a>"));
        let undo = attribute(&page, "name=\"starred\" value=\"", "value").to_owned();
        ada.post("/marks", &[("starred", &undo), ("back", "/starred")]).await.leads_to();
        assert_eq!(ids(&site, &ada, Scope::Starred).await, before, "at its place of before");
        let nothing = script(&ada, "/marks", &[("starred", &undo)]).await;
        assert_eq!(nothing["done"], Value::Null, "what changes nothing needs no Undo");
    }

    async fn counters_come_for_a_page_that_stays_open(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let category = site.app.db.create_category(ada.id, "Water").await.unwrap().unwrap();
        ada.post(&format!("/feeds/{feed}/settings"), &[("title", ""), ("category", "Water"), ("body", "automatic")]).await;
        let text = ada.get(&format!("/counts?in=feed-{feed}")).await.text();
        let counts: Value = serde_json::from_str(&text).unwrap();
        for (name, count) in [("unread".to_owned(), 3), (format!("feed-{feed}"), 3), (format!("category-{category}"), 3)] {
            assert_eq!(counts["counts"][&name], count, "{name}: {text}");
            let page = ada.get(&format!("/feeds/{feed}")).await.text();
            assert!(page.contains(&format!("data-count=\"{name}\"")), "{name} has its place on the page");
        }
    }

    async fn habits_are_switched_on_and_off(site: TestSite) {
        let ada = site.user("ada").await;
        assert!(ada.get("/all").await.text().contains("data-habits=\"keys swipes\""));
        ada.post("/settings", &[("endless", "1"), ("read_on_scroll", "1")]).await.leads_to();
        assert!(ada.get("/all").await.text().contains("data-habits=\"endless scroll\""));
        let page = ada.get("/settings").await.text();
        assert!(page.contains("name=\"endless\" value=\"1\" checked") && page.contains("name=\"keys\" value=\"1\">"));
    }
}
