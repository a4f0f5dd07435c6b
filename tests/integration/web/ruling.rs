//! Rules: made and tried in the browser, at work when articles arrive.

use gleaner::domain::{Clock as _, FeedId};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Scope, SubscriptionChange};

use super::reading::{attribute, followed, ids, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

fn items(titles: &[&str]) -> Vec<(String, String)> {
    titles.iter().map(|title| ((*title).to_owned(), format!("<p>About {title} and water.</p>"))).collect()
}

/// What is unread, by title.
async fn unread(site: &TestSite, person: &Person) -> Vec<String> {
    let mut titles = Vec::new();
    for id in ids(site, person, Scope::Unread).await {
        titles.push(site.app.db.article(person.id, id).await.unwrap().unwrap().title);
    }
    titles.sort();
    titles
}

async fn follow(site: &TestSite, person: &Person, path: &str) -> FeedId {
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url(path), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 500).await.unwrap();
    feed
}

on_both_databases! {
    async fn a_rule_reads_dates_where_its_reader_is(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = follow(&site, &ada, "/feed").await;
        follow(&site, &eve, "/feed").await;
        let rule = [("scope", "all"), ("field", "text"), ("test", "query"), ("pattern", "after:2025-12-02"), ("star", "1"), ("act", "add")];
        for (person, zone) in [(&ada, "Asia/Shanghai"), (&eve, "Europe/London")] {
            site.app.db.set_account_settings(person.id, &format!("{{\"time_zone\":\"{zone}\"}}")).await.unwrap();
            person.post("/rules", &rule).await.leads_to();
        }
        // One minute before midnight of 1 December in London.
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &items(&["Night"]))));

        refresh_feed(&site.app, feed).await.unwrap();

        for (person, starred) in [(&ada, 1), (&eve, 0)] {
            assert_eq!(site.app.db.counts(person.id).await.unwrap().starred, starred);
            let tried = [&rule[..5], &[("act", "try")]].concat();
            let sentence = format!("meant {starred}:");
            let page = person.post("/rules", &tried).await.text();
            assert!(page.contains(&sentence), "what trying it says is what it does: {page}");
        }
    }

    async fn a_search_as_a_condition_knows_feeds_categories_and_ages(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = follow(&site, &ada, "/feed").await;
        let water = site.app.db.category_by_title_or_create(ada.id, "Water works").await.unwrap();
        let change = SubscriptionChange {
            title: Some("The “River”".to_owned()), category: Some(Some(water)), ..SubscriptionChange::default()
        };
        site.app.db.update_subscription(ada.id, feed, &change).await.unwrap();
        let rule = |pattern| [("scope", "all"), ("field", "text"), ("test", "query"), ("pattern", pattern), ("act", "add")];
        for (pattern, (deed, value)) in [
            ("feed:\"the “river”\"", ("star", "1")), ("category:water night", ("later", "1")), ("after:20y -before:20y", ("tag", "new")),
            ("-feed:river", ("read", "1")), ("feed:lake or category:fire", ("read", "1")), ("before:20y", ("read", "1")),
        ] {
            ada.post("/rules", &[&rule(pattern)[..], &[(deed, value)]].concat()).await.leads_to();
        }
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &items(&["Night"]))));

        refresh_feed(&site.app, feed).await.unwrap();

        let counts = site.app.db.counts(ada.id).await.unwrap();
        assert_eq!((counts.starred, counts.later, counts.unread), (1, 1, 1));
        assert_eq!(site.app.db.tags(ada.id).await.unwrap()[0].articles, 1);
        let tried = [&rule("-category:\"water works\" or feed:river")[..4], &[("act", "try")]].concat();
        assert!(ada.post("/rules", &tried).await.text().contains("meant 1:"));
    }

    async fn a_rule_acts_on_what_arrives_for_its_own_reader_only(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = follow(&site, &ada, "/feed").await;
        follow(&site, &eve, "/feed").await;
        let quiet = [("scope", "all"), ("field", "title"), ("test", "words"), ("pattern", "SPONSORED"), ("read", "1"), ("act", "add")];
        ada.post("/rules", &quiet).await.leads_to();
        let scope = format!("feed-{feed}");
        let keep = [("scope", scope.as_str()), ("field", "text"), ("test", "regex"), ("pattern", "flo{2}d"), ("star", "1"), ("later", "1"), ("tag", "Rivers"), ("act", "add")];
        ada.post("/rules", &keep).await.leads_to();
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &items(&["A flood", "Sponsored: boats", "Other news"]))));

        refresh_feed(&site.app, feed).await.unwrap();

        assert_eq!(unread(&site, &ada).await, ["A flood", "Other news"]);
        assert_eq!(unread(&site, &eve).await, ["A flood", "Other news", "Sponsored: boats"]);
        let counts = site.app.db.counts(ada.id).await.unwrap();
        assert_eq!((counts.unread, counts.starred, counts.later), (2, 1, 1));
        let tags = site.app.db.tags(ada.id).await.unwrap();
        assert_eq!((tags[0].name.as_str(), tags[0].articles), ("Rivers", 1));
        assert_eq!(site.app.db.integrity(false).await.unwrap().problems, Vec::<String>::new());
        assert_eq!(ids(&site, &ada, Scope::Feed(feed)).await.len(), 3, "nothing is deleted");

        // A change of an article is no arrival.
        ada.post("/marks", &[]).await;
        let sponsored = ids(&site, &ada, Scope::Feed(feed)).await[1];
        site.app.db.set_read(ada.id, sponsored, false, site.clock.now()).await.unwrap();
        let mut changed = items(&["A flood", "Sponsored: boats", "Other news"]);
        changed[1].1 = "<p>Other words.</p>".to_owned();
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &changed)));
        refresh_feed(&site.app, feed).await.unwrap();
        assert_eq!(unread(&site, &ada).await.len(), 3);
    }

    async fn a_rule_is_tried_on_what_is_there_and_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &items(&["A flood", "Drought", "Floods again"])).await;
        let fields = [("scope", "all"), ("field", "title"), ("test", "regex"), ("pattern", "^.*flood"), ("star", "1"), ("act", "try")];

        let page = ada.post("/rules", &fields).await;

        assert_eq!(page.status, 200);
        let page = page.text();
        assert!(page.contains("Of the newest 3 articles, it would have meant 2:"), "{page}");
        assert!(page.contains(">A flood</a>") && page.contains(">Floods again</a>") && !page.contains(">Drought</a>"));
        assert_eq!(attribute(&page, "id=\"pattern\"", "value"), "^.*flood", "what was typed stays");
        assert_eq!(site.app.db.rules(ada.id).await.unwrap().len(), 0);
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().starred, 0);
    }

    async fn what_cannot_be_a_rule_is_said_and_what_was_typed_stays(site: TestSite) {
        let ada = site.user("ada").await;
        for (pattern, star, said) in [("(", "1", "This is no regular expression"), ("a", "", "Choose at least one thing"), (" ", "1", "Write what to look for")] {
            let mut fields = vec![("test", "regex"), ("pattern", pattern), ("act", "add")];
            if !star.is_empty() {
                fields.push(("star", star));
            }
            let page = ada.post("/rules", &fields).await;
            assert_eq!(page.status, 422, "{pattern}");
            assert!(page.text().contains(said), "{pattern}");
            assert_eq!(attribute(&page.text(), "id=\"pattern\"", "value"), pattern);
        }
        assert!(site.app.db.rules(ada.id).await.unwrap().is_empty());
    }

    async fn a_rule_is_deleted_and_brought_back_and_follows_its_tag(site: TestSite) {
        let ada = site.user("ada").await;
        let fields = [("pattern", "flood"), ("tag", "water"), ("act", "add")];
        ada.post("/rules", &fields).await.leads_to();
        let water = site.app.db.tags(ada.id).await.unwrap()[0].id;
        ada.post(&format!("/tags/{water}/rename"), &[("name", "River")]).await.leads_to();
        let rule = site.app.db.rules(ada.id).await.unwrap().remove(0);
        assert_eq!(rule.actions.tag.as_ref().unwrap().as_str(), "River");

        let deleted = ada.post(&format!("/rules/{}/delete", rule.id), &[]).await;
        let page = ada.get(deleted.leads_to()).await.text();
        assert!(page.contains("The rule is gone") && site.app.db.rules(ada.id).await.unwrap().is_empty());
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        let page = ada.get(ada.post("/rules/again", &[("receipt", &receipt)]).await.leads_to()).await.text();
        assert!(page.contains("the title, these words “flood”") && page.contains("tag it “River”"));

        let gone = ada.post(&format!("/tags/{water}/delete"), &[]).await;
        let page = ada.get(gone.leads_to()).await.text();
        assert_eq!(site.app.db.rules(ada.id).await.unwrap()[0].actions.tag, None);
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        ada.post("/tags/again", &[("receipt", &receipt)]).await.leads_to();
        assert_eq!(site.app.db.rules(ada.id).await.unwrap()[0].actions.tag.as_ref().unwrap().as_str(), "River");
    }

    async fn a_rule_is_changed_switched_off_and_done_to_what_is_there(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &items(&["A flood", "Drought", "Floods again"])).await;
        ada.post("/rules", &[("pattern", "drought"), ("star", "1"), ("act", "add")]).await.leads_to();
        let rule = site.app.db.rules(ada.id).await.unwrap()[0].id;
        let form = ada.get(&format!("/rules/{rule}")).await.text();
        assert_eq!(attribute(&form, "id=\"pattern\"", "value"), "drought");

        let fields = [("scope", "all"), ("test", "regex"), ("pattern", "flood"), ("read", "1"), ("star", "1"), ("tag", "Water")];
        let mut tried = fields.to_vec();
        tried.push(("act", "try"));
        let page = ada.post(&format!("/rules/{rule}"), &tried).await.text();
        assert!(page.contains("it would have meant 2:") && page.contains("Do it to these 2 articles now"), "{page}");
        assert_eq!(site.app.db.rules(ada.id).await.unwrap()[0].condition.pattern, "drought", "only tried");
        let articles = attribute(&page, "name=\"articles\"", "value");
        let apply = [("articles", articles), ("read", "1"), ("star", "1"), ("tag", "Water")];

        assert!(eve.post("/rules/apply", &apply).await.leads_to().contains("n=0"), "not hers");
        let applied = ada.post("/rules/apply", &apply).await;
        let counts = site.app.db.counts(ada.id).await.unwrap();
        assert_eq!((counts.unread, counts.starred), (1, 2));
        let page = ada.get(applied.leads_to()).await.text();
        assert!(page.contains("The rule was applied to 2 articles."));
        let receipt = attribute(&page, "name=\"receipt\"", "value");
        ada.post("/rules/undo", &[("receipt", receipt)]).await.leads_to();
        let counts = site.app.db.counts(ada.id).await.unwrap();
        assert_eq!((counts.unread, counts.starred, site.app.db.tags(ada.id).await.unwrap()[0].articles), (3, 0, 0));

        ada.post(&format!("/rules/{rule}"), &fields).await.leads_to();
        ada.post(&format!("/rules/{rule}/switch"), &[("off", "1")]).await.leads_to();
        assert!(ada.get("/rules").await.text().contains("switched off"));
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &items(&["A flood", "Drought", "Floods again", "More flood"]))));
        refresh_feed(&site.app, feed).await.unwrap();
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().starred, 0);
        ada.post(&format!("/rules/{rule}/switch"), &[("off", "0")]).await.leads_to();
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("River", &items(&["A flood", "Drought", "Floods again", "More flood", "Last flood"]))));
        refresh_feed(&site.app, feed).await.unwrap();
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().starred, 1);
    }

    async fn rules_are_read_sixty_times_a_minute_at_most(site: TestSite) {
        let ada = site.user("ada").await;
        let mut refused = 0;
        for _ in 0..70 {
            let reply = ada.post("/rules", &[("test", "regex"), ("pattern", r"\w{500}"), ("act", "try")]).await;
            refused += usize::from(reply.status == 429);
        }
        assert_eq!(refused, 10);
    }

    async fn a_kept_search_becomes_a_rule(site: TestSite) {
        let ada = site.user("ada").await;
        let list = ada.post("/searches", &[("name", "Rivers"), ("q", "river \"a & b\"")]).await.leads_to().to_owned();
        let page = ada.get(&list).await.text();
        let link = page.split("<a class=\"btn edge\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        assert!(link.starts_with("/rules?"), "{page}");

        let form = ada.get(link.split('#').next().unwrap()).await.text();

        assert!(form.contains("value=\"river &#34;a &#38; b&#34;\""), "{form}");
        assert!(form.contains("<option value=\"query\" selected>"), "{form}");
    }

    async fn a_search_that_would_be_cut_is_no_condition(site: TestSite) {
        let ada = site.user("ada").await;
        let add = async |test: &str, pattern: &str| {
            ada.post("/rules", &[("scope", "all"), ("field", "text"), ("test", test), ("pattern", pattern), ("read", "1"), ("act", "add")]).await
        };
        let long = "river ".repeat(43);
        let answer = add("query", &long).await;
        assert_eq!(answer.status, 422);
        let page = answer.text();
        assert!(page.contains("longer than 256 bytes") && page.contains(long.trim()), "{page}");
        assert!(!add("words", &long).await.leads_to().is_empty(), "words may be longer");
        assert!(!add("query", &long[..256]).await.leads_to().is_empty());
    }
}
