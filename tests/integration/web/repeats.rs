//! Articles that several feeds bring: one row, one unread, read together, and nothing lost.

use gleaner::domain::{
    ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, ChoiceReason, Clock as _, FeedId, UnixMillis,
};
use gleaner::store::{BulkChange, NewUnread, SubscriptionChange};

use crate::support::database::on_both_databases;
use crate::support::db::{article_key, draft, url};
use crate::support::site::{Person, TestSite};

/// A feed of this name that the person follows.
async fn feed(site: &TestSite, person: &Person, name: &str) -> FeedId {
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&url(&format!("https://{name}.example/feed")), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 9).await.unwrap();
    let change = SubscriptionChange { title: Some(name.to_owned()), ..SubscriptionChange::default() };
    site.app.db.update_subscription(person.id, feed, &change).await.unwrap();
    feed
}

/// The flood, as a feed of this name tells of it.
fn flood(name: &str) -> ArticleDraft {
    let mut article = told(
        name,
        "The river has risen",
        "The river has risen by three feet since Monday, and the lower \
        fields are under water. The miller has carried his sacks to the loft, the school is closed, and the ferry lies \
        in a garden. Nobody is hurt. More rain is expected from the west on Thursday, says the station on the hill.",
    );
    article.bodies[0].html += &format!("<p>Copied by {name}.</p>");
    article
}

fn told(name: &str, title: &str, text: &str) -> ArticleDraft {
    let mut article = draft(1);
    article.url = Some(url(&format!("https://{name}.example/{}", title.replace(' ', "-"))));
    article.keys.first = article_key(i64::try_from(title.len() * 1_000 + name.len()).unwrap());
    article.title = title.to_owned();
    article.bodies = vec![Body { kind: BodyKind::Feed, html: format!("<p>{text}</p>") }];
    article
}

async fn brings(site: &TestSite, feed: FeedId, article: ArticleDraft) -> ArticleId {
    let report = site.app.db.store_articles(feed, &[article.into()], NewUnread::All, site.clock.now()).await.unwrap();
    report.added[0]
}

/// Three feeds that bring the flood one after the other.
async fn three(site: &TestSite, person: &Person) -> [(FeedId, ArticleId); 3] {
    let mut all = Vec::new();
    for name in ["alpha", "beta", "gamma"] {
        let feed = feed(site, person, name).await;
        all.push((feed, brings(site, feed, flood(name)).await));
    }
    all.try_into().unwrap()
}

/// Which of the articles are rows of a list.
async fn rows(person: &Person, list: &str) -> Vec<ArticleId> {
    let page = person.get(list).await.text();
    let ids =
        page.split("<li class=\"row").skip(1).map(|row| row.split("id=\"a").nth(1).unwrap().split('"').next().unwrap());
    ids.map(|id| ArticleId(id.parse().unwrap())).collect()
}

async fn unread(site: &TestSite, person: &Person) -> i64 {
    site.app.db.counts(person.id).await.unwrap().unread
}

on_both_databases! {
    async fn what_three_feeds_bring_is_one_row_and_unread_once(site: TestSite) {
        let ada = site.user("ada").await;
        let [(alpha, first), (beta, second), (_, third)] = three(&site, &ada).await;

        assert_eq!(rows(&ada, "/all").await, [first]);
        assert_eq!(rows(&ada, "/unread").await, [first]);
        assert_eq!(unread(&site, &ada).await, 1);
        let page = ada.get("/all").await.text();
        assert!(page.contains("<span>also in beta, gamma</span>"), "{page}");
        assert_eq!(rows(&ada, &format!("/feeds/{beta}")).await, [second], "its own feed has it still");
        let article = ada.get(&format!("/articles/{third}?in=feed-{alpha}")).await.text();
        for other in [first, second] {
            assert!(article.contains(&format!("<a href=\"/articles/{other}\">")), "{article}");
        }
    }

    async fn it_is_read_and_unread_in_all_feeds_at_once(site: TestSite) {
        let ada = site.user("ada").await;
        let [(_, first), (beta, second), _] = three(&site, &ada).await;
        let row = async || ada.get(&format!("/feeds/{beta}?show=all")).await.text();
        assert!(row().await.contains("class=\"row unread\""));

        ada.get(&format!("/articles/{second}?in=feed-{beta}")).await;

        assert_eq!(unread(&site, &ada).await, 0);
        assert!(!row().await.contains("class=\"row unread\""));
        ada.post("/marks", &[("read", &format!("{second}.0")), ("back", "/all")]).await.leads_to();
        assert_eq!(rows(&ada, "/unread").await, [first]);
        let feed = format!("feed-{beta}");
        let marked = ada.post("/mark-read", &[("list", &feed), ("newest", "99999"), ("back", "/all")]).await;
        assert_eq!(unread(&site, &ada).await, 0, "who has read the feed has read what it repeats");
        let receipt = marked.leads_to().split("undo=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        site.app.db.undo_mark(ada.id, receipt, site.clock.now()).await.unwrap();
        assert_eq!(rows(&ada, "/unread").await, [first]);
    }

    async fn what_is_read_already_does_not_come_back_from_another_feed(site: TestSite) {
        let ada = site.user("ada").await;
        let (alpha, beta) = (feed(&site, &ada, "alpha").await, feed(&site, &ada, "beta").await);
        let first = brings(&site, alpha, flood("alpha")).await;
        site.app.db.set_read(ada.id, first, true, site.clock.now()).await.unwrap();

        brings(&site, beta, flood("beta")).await;

        assert_eq!(unread(&site, &ada).await, 0);
        assert_eq!(rows(&ada, "/all").await, [first]);
    }

    async fn whoever_follows_one_of_the_feeds_has_its_article(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let beta = feed(&site, &bob, "beta").await;
        let [_, (_, second), _] = three(&site, &ada).await;

        assert_eq!(rows(&bob, "/unread").await, [second]);
        assert!(!bob.get("/all").await.text().contains("also in"), "the other feeds are none of his");
        assert_eq!(unread(&site, &bob).await, 1);
        let gamma = feed(&site, &bob, "gamma").await;
        assert_eq!(rows(&bob, "/all").await, [second], "followed later, it brings nothing twice");
        assert_eq!(rows(&bob, &format!("/feeds/{gamma}?show=all")).await.len(), 1);
        assert_eq!(site.app.db.subscription(bob.id, beta).await.unwrap().unwrap().unread, 1);
    }

    async fn a_feed_that_is_let_go_takes_nothing_along(site: TestSite) {
        let ada = site.user("ada").await;
        let [(alpha, _), (beta, second), _] = three(&site, &ada).await;

        let (_, receipt) = site.app.db.unsubscribe(ada.id, &[alpha], site.clock.now()).await.unwrap().unwrap();

        assert_eq!(rows(&ada, "/unread").await, [second], "the next one takes its place");
        assert!(ada.get("/all").await.text().contains("<span>also in gamma</span>"));
        assert_eq!(site.app.db.subscription(ada.id, beta).await.unwrap().unwrap().unread, 1);
        site.app.db.undo_unsubscribe(ada.id, receipt, 10, site.clock.now()).await.unwrap().unwrap();
        assert_eq!((rows(&ada, "/unread").await, unread(&site, &ada).await), (vec![second], 1), "and back it is still one");
    }

    async fn a_muted_feed_silences_only_itself(site: TestSite) {
        let ada = site.user("ada").await;
        let [(alpha, _), (_, second), _] = three(&site, &ada).await;

        let change = BulkChange::Muted(true);
        let muted = site.app.db.change_subscriptions(ada.id, &[alpha], change, site.clock.now()).await.unwrap();

        assert_eq!((rows(&ada, "/unread").await, unread(&site, &ada).await), (vec![second], 1));
        assert_eq!(rows(&ada, "/all").await, [second]);
        site.app.db.undo_change(ada.id, muted.receipt, site.clock.now()).await.unwrap();
        assert_eq!(unread(&site, &ada).await, 1);
        let rain = |name| told(name, "Rain from the west", "It has rained since noon. The station on the hill counted forty \
            millimetres until six, more than in all of September, and the storm drains of the lower town are full to the brim.");
        site.app.db.change_subscriptions(ada.id, &[alpha], change, site.clock.now()).await.unwrap();
        brings(&site, alpha, rain("alpha")).await;
        let heard = brings(&site, feed(&site, &ada, "beta").await, rain("beta")).await;
        assert!(rows(&ada, "/unread").await.contains(&heard), "what a muted feed had first is heard from another");
    }

    async fn a_reader_can_switch_it_off_and_on(site: TestSite) {
        let ada = site.user("ada").await;
        let [(_, first), (_, second), (_, third)] = three(&site, &ada).await;
        assert!(ada.get("/settings").await.text().contains("name=\"repeats\" value=\"1\" checked"));

        ada.post("/settings", &[]).await.leads_to();

        assert_eq!(rows(&ada, "/all").await.len(), 3);
        assert_eq!(unread(&site, &ada).await, 1, "what was read with another stays read");
        for article in [second, third] {
            site.app.db.set_read(ada.id, article, false, site.clock.now()).await.unwrap();
        }
        let delta = feed(&site, &ada, "delta").await;
        brings(&site, delta, flood("delta")).await;
        assert_eq!((rows(&ada, "/unread").await.len(), unread(&site, &ada).await), (4, 4));

        ada.post("/settings", &[("repeats", "1")]).await.leads_to();

        assert_eq!((rows(&ada, "/all").await, unread(&site, &ada).await), (vec![first], 1));
        assert_eq!(site.app.db.subscription(ada.id, delta).await.unwrap().unwrap().unread, 0);
    }

    async fn a_category_shows_what_its_own_feeds_bring(site: TestSite) {
        let ada = site.user("ada").await;
        let [(alpha, first), (beta, second), (gamma, _)] = three(&site, &ada).await;
        let now = site.clock.now();
        let news = site.app.db.create_category(ada.id, "News").await.unwrap().unwrap();
        let river = site.app.db.create_category(ada.id, "River").await.unwrap().unwrap();
        for (category, feeds) in [(news, vec![alpha]), (river, vec![beta, gamma])] {
            site.app.db.change_subscriptions(ada.id, &feeds, BulkChange::Category(Some(category)), now).await.unwrap();
        }

        assert_eq!(rows(&ada, &format!("/categories/{news}?show=all")).await, [first]);
        assert!(rows(&ada, &format!("/categories/{river}?show=all")).await.contains(&second), "it is not shown here otherwise");
    }

    async fn articles_that_only_look_alike_stay_apart(site: TestSite) {
        let ada = site.user("ada").await;
        let (alpha, beta) = (feed(&site, &ada, "alpha").await, feed(&site, &ada, "beta").await);
        for (feed, name, text) in [
            (alpha, "alpha", "This week a lighthouse that was moved on rails, a font drawn by a dentist, and why cats knead."),
            (beta, "beta", "Compilers, mostly. Somebody wrote one in a spreadsheet, and it is faster than mine by far, alas."),
        ] {
            brings(&site, feed, told(name, "Links of the week", text)).await;
        }
        let mut late = flood("beta");
        late.published = Some(site.clock.now().plus(-9 * UnixMillis::DAY));
        brings(&site, beta, late).await;
        brings(&site, alpha, flood("alpha")).await;

        assert_eq!(rows(&ada, "/all").await.len(), 4);
        assert_eq!(unread(&site, &ada).await, 4);
    }

    async fn a_page_that_is_read_later_shows_that_two_are_one(site: TestSite) {
        let ada = site.user("ada").await;
        let (alpha, beta) = (feed(&site, &ada, "alpha").await, feed(&site, &ada, "beta").await);
        let first = brings(&site, alpha, flood("alpha")).await;
        let teaser = told("beta", "The river has risen", "What the flood means for us.");
        let second = brings(&site, beta, teaser.clone()).await;
        assert_eq!((rows(&ada, "/all").await.len(), unread(&site, &ada).await), (2, 2));

        let mut page = teaser;
        page.bodies.push(Body { kind: BodyKind::Page, html: flood("beta").bodies[0].html.clone() });
        page.choice = BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::FeedIsTeaser };
        site.app.db.add_page_body(second, &page, None, site.clock.now()).await.unwrap();

        assert_eq!((rows(&ada, "/all").await, unread(&site, &ada).await), (vec![first], 1));
    }
}
