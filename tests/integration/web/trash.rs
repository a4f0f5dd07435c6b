//! What readers throw away, by hand or by what they set: shown before, brought back after, gone for good at last.

use gleaner::domain::{ArticleId, Clock as _, FeedId, UnixMillis};
use gleaner::jobs::housekeeping;
use gleaner::store::{NewUnread, Scope};

use crate::support::database::on_both_databases;
use crate::support::db::{articles_of, followed};
use crate::support::site::{Person, TestSite};

/// Twelve articles, the first two of which are unread, and none of which stands in the feed any more.
async fn twelve(site: &TestSite, person: &Person) -> (FeedId, Vec<ArticleId>) {
    let feed = followed(&site.app.db, person.id, "daily").await;
    let now = site.clock.now();
    let added = site.app.db.store_articles(feed, &articles_of(feed, 1..=12), NewUnread::All, now).await.unwrap().added;
    for id in &added[2..] {
        site.app.db.set_read(person.id, *id, true, now).await.unwrap();
    }
    site.app.db.note_listed(feed, &[]).await.unwrap();
    (feed, added)
}

fn days(count: i64) -> i64 {
    count * UnixMillis::DAY
}

on_both_databases! {
    async fn a_deleted_article_rests_in_the_trash_and_comes_back_as_it_was(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let (feed, articles) = twelve(&site, &ada).await;
        site.app.db.subscribe(bob.id, feed, None, site.clock.now(), 99).await.unwrap();
        let address = format!("/articles/{}", articles[0]);

        let after = ada.post(&format!("{address}/delete"), &[("back", "/all")]).await;

        let list = ada.get(after.leads_to()).await.text();
        assert!(list.contains("1 article lies in the trash.") && !list.contains("Article 1<"), "{list}");
        assert!(list.contains("href=\"/trash\">Trash</a>"), "and the way there: {list}");
        assert_eq!(ada.get(&address).await.status, 404);
        assert!(!ada.get("/unread").await.text().contains("Article 1<"));
        assert!(!ada.get("/search?q=Article").await.text().contains("The text of 1."));
        assert!(bob.get(&address).await.text().contains("The text of 1."), "it is only hers that is thrown away");
        let trash = ada.get("/trash").await.text();
        assert!(trash.contains("Article 1") && trash.contains("deleted by you"), "{trash}");
        assert!(!bob.get("/trash").await.text().contains("Article 1"));

        let after = ada.post("/trash/back", &[("article", &articles[0].to_string())]).await;

        assert!(ada.get(after.leads_to()).await.text().contains("1 article is back."));
        assert!(ada.get("/unread").await.text().contains("Article 1<"), "it is unread as it was");
        assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 2);
        assert!(bob.get("/trash").await.text().contains("There is nothing in it."));
    }

    async fn what_is_marked_as_worth_keeping_is_not_deleted(site: TestSite) {
        let ada = site.user("ada").await;
        let (_, articles) = twelve(&site, &ada).await;
        site.app.db.set_later(ada.id, articles[4], true, site.clock.now()).await.unwrap();
        let address = format!("/articles/{}", articles[4]);

        let after = ada.post(&format!("{address}/delete"), &[("back", "/all")]).await;

        let page = ada.get(after.leads_to()).await.text();
        assert!(page.contains("so it stays. Take that away first.") && page.contains("The text of 5."), "{page}");
    }

    async fn a_preview_shows_what_would_go_and_then_just_that_goes(site: TestSite) {
        let ada = site.user("ada").await;
        let (feed, articles) = twelve(&site, &ada).await;
        site.app.db.set_starred(ada.id, articles[5], true, site.clock.now()).await.unwrap();
        let fields = [("days", ""), ("articles", "4"), ("megabytes", ""), ("act", "preview")];

        let shown = ada.post("/settings/housekeeping", &fields).await.text();

        // Of the eight oldest two are unread and one is starred.
        assert!(shown.contains("5 articles would go into the trash."), "{shown}");
        assert!(shown.contains("Article 8<") && !shown.contains("Article 6<"), "{shown}");
        assert_eq!(site.app.db.count_trash(ada.id).await.unwrap(), 0, "nothing went yet");

        let fields = [("days", ""), ("articles", "4"), ("megabytes", ""), ("act", "store")];
        let after = ada.post("/settings/housekeeping", &fields).await;

        let page = ada.get(after.leads_to()).await.text();
        assert!(page.contains("5 articles lie in the trash.") && page.contains("value=\"4\""), "{page}");
        let list = ada.get(&format!("/feeds/{feed}")).await.text();
        assert!(list.contains("Article 1<") && list.contains("Article 6<") && list.contains("Article 9<"), "{list}");
        assert!(!list.contains("Article 3<") && !list.contains("Article 8<"), "{list}");

        let receipt = site.clock.now().0.to_string();
        ada.post("/trash/back", &[("receipt", &receipt), ("back", "/all")]).await.leads_to();
        assert!(ada.get("/all").await.text().contains("Article 8<"), "Undo brings them back");
        assert_eq!(housekeeping::apply_all(&site.app, site.clock.now()).await.unwrap(), 0, "and they are not taken again");
    }

    async fn a_feed_has_a_choice_of_its_own_and_what_it_lists_stays(site: TestSite) {
        let ada = site.user("ada").await;
        let (feed, _) = twelve(&site, &ada).await;
        let keys: Vec<_> = articles_of(feed, 3..=12).iter().map(|article| article.draft.keys.first).collect();
        site.app.db.note_listed(feed, &keys).await.unwrap();
        let page = format!("/feeds/{feed}/housekeeping");
        let fields = [("own", "1"), ("days", ""), ("articles", "1"), ("megabytes", "")];

        let shown = ada.post(&page, &[&fields[..], &[("act", "preview")]].concat()).await.text();
        assert!(shown.contains("Nothing would go into the trash."), "all that is read is still listed: {shown}");
        site.app.db.note_listed(feed, &keys[5..]).await.unwrap();
        ada.post(&page, &[&fields[..], &[("act", "store")]].concat()).await.leads_to();

        assert_eq!(site.app.db.count_trash(ada.id).await.unwrap(), 5);
        assert_eq!(site.app.db.retention(ada.id).await.unwrap(), Default::default(), "others are kept for ever");
        let settings = ada.get(&format!("/feeds/{feed}/settings")).await.text();
        assert!(settings.contains(&format!("href=\"{page}\"")), "{settings}");
    }

    async fn after_thirty_days_it_is_gone_and_no_refresh_brings_it_back(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let (feed, articles) = twelve(&site, &ada).await;
        site.app.db.subscribe(bob.id, feed, None, site.clock.now(), 0).await.unwrap();
        for person in [&ada, &bob] {
            person.post(&format!("/articles/{}/delete", articles[3]), &[]).await.leads_to();
        }
        ada.post(&format!("/articles/{}/delete", articles[4]), &[]).await.leads_to();

        site.clock.advance(days(29));
        assert_eq!(housekeeping::sweep(&site.app, site.clock.now()).await.unwrap().for_good, 0);
        site.clock.advance(days(2));
        let swept = housekeeping::sweep(&site.app, site.clock.now()).await.unwrap();

        assert_eq!((swept.for_good, swept.deleted), (3, 1), "Bob still has the other");
        assert_eq!(site.app.db.count_trash(ada.id).await.unwrap(), 0);
        let now = site.clock.now();
        let again = site.app.db.store_articles(feed, &articles_of(feed, 3..=5), NewUnread::All, now).await.unwrap();
        assert_eq!((again.added.len(), again.unchanged), (0, 3), "the feed lists them once more");
        let (ada, bob) = (site.signed_in(ada.id).await, site.signed_in(bob.id).await);
        let list = ada.get(&format!("/feeds/{feed}")).await.text();
        assert!(list.contains("Article 3<") && !list.contains("Article 4<") && !list.contains("Article 5<"), "{list}");
        assert!(bob.get(&format!("/feeds/{feed}")).await.text().contains("Article 5<"));
        let mut reused = articles_of(feed, [4]);
        reused[0].draft.url = Some(crate::support::db::url("https://daily.example/quite-another"));
        let reused = site.app.db.store_articles(feed, &reused, NewUnread::All, now).await.unwrap();
        assert_eq!(reused.added.len(), 1, "the guid of a deleted article may name another page");
        assert!(site.app.db.integrity(false).await.unwrap().problems.is_empty());
    }

    async fn a_published_list_keeps_what_it_shows(site: TestSite) {
        let ada = site.user("ada").await;
        let (feed, articles) = twelve(&site, &ada).await;
        let list = gleaner::store::NewPublication {
            list: Scope::Feed(feed).name().into_owned(),
            script: String::new(),
            title: "Mine".to_owned(),
            code_hash: [7; 32],
            newest: 3,
            titles_only: false,
            sealed_code: None,
        };
        site.app.db.publish(ada.id, &list, site.clock.now()).await.unwrap().unwrap();

        let newest = ada.post(&format!("/articles/{}/delete", articles[11]), &[]).await;
        let older = ada.post(&format!("/articles/{}/delete", articles[8]), &[]).await;

        assert!(newest.leads_to().contains("still-kept") && older.leads_to().contains("thrown"));
    }
}
