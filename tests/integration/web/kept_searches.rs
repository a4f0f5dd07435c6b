//! Searches that are kept: a list of their own, and a number beside it that stays right.

use std::str::FromStr as _;

use gleaner::domain::{Clock as _, TagName};
use gleaner::jobs::reindex;
use gleaner::store::NewUnread;

use super::publishing::publish;
use super::searching::articles;
use crate::support::database::on_both_databases;
use crate::support::db::{draft, url};
use crate::support::site::TestSite;

on_both_databases! {
    async fn a_search_is_kept_counted_changed_deleted_and_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        let ids = articles(&site, &ada, "daily", &[("One", "river"), ("Two", "river"), ("Three", "sea")]).await;
        site.app.db.set_read(ada.id, ids[0], true, site.clock.now()).await.unwrap();

        let kept = ada.post("/searches", &[("name", "Rivers & <b>"), ("q", "river")]).await;
        let list = kept.leads_to().split('?').next().unwrap().to_owned();
        reindex::count_saved(&site.app).await.unwrap();

        let page = ada.get(&list).await.text();
        assert!(page.contains("<h1>Rivers &#38; &#60;b&#62;</h1>") && page.contains(">Two</a>"), "{page}");
        let all = ada.get("/all").await.text();
        let line = all.split(&format!("href=\"{list}\"")).nth(1).unwrap().split("</a>").next().unwrap();
        assert!(line.contains("<span class=\"n\">1</span>"), "one of two is unread: {line}");
        ada.post(&list, &[("name", "Sea"), ("q", "sea")]).await.leads_to();
        assert!(ada.get(&list).await.text().contains(">Three</a>"));
        let gone = ada.post(&format!("{list}/delete"), &[]).await;
        let after = ada.get(gone.leads_to()).await.text();
        assert!(after.contains("The search was deleted.") && after.contains("/searches/again"));
        let receipt = gone.leads_to().split("undo=").nth(1).unwrap().to_owned();
        ada.post("/searches/again", &[("receipt", &receipt)]).await.leads_to();
        assert_eq!(site.app.db.saved_searches(ada.id).await.unwrap()[0].name, "Sea");
    }

    async fn saved_searches_are_counted_where_something_is_new_and_not_else(site: TestSite) {
        let (ada, db) = (site.user("ada").await, &site.app.db);
        let mut counts = reindex::SavedCounts::default();
        articles(&site, &ada, "daily", &[("One", "river")]).await;
        let id = db.save_search(ada.id, "Rivers", "river", site.clock.now()).await.unwrap().unwrap();
        let unread = async || db.saved_search(ada.id, id).await.unwrap().unwrap().unread;
        while counts.refresh(&site.app).await.unwrap() {}
        assert_eq!(unread().await, Some(1));
        // What a server with nothing new writes down: that a feed was asked.
        let asked = async || db.set_account_settings(ada.id, "{}").await.unwrap();
        asked().await;
        assert!(!counts.refresh(&site.app).await.unwrap(), "nothing is new");
        articles(&site, &ada, "daily", &[("One", "river"), ("Two", "river")]).await;
        assert!(counts.refresh(&site.app).await.unwrap(), "an article arrived");
        assert_eq!(unread().await, Some(2));
        while counts.refresh(&site.app).await.unwrap() {}
        asked().await;
        site.clock.advance(gleaner::domain::UnixMillis::MINUTE);
        assert!(counts.refresh(&site.app).await.unwrap(), "what was written may have been a name");
        site.clock.advance(gleaner::domain::UnixMillis::MINUTE);
        while counts.refresh(&site.app).await.unwrap() {}
        assert!(!counts.refresh(&site.app).await.unwrap(), "nothing was written");
    }

    async fn saved_searches_are_counted_as_soon_as_their_reader_marks_something(site: TestSite) {
        let (ada, db, now) = (site.user("ada").await, &site.app.db, site.clock.now());
        let mut counts = reindex::SavedCounts::default();
        let article = articles(&site, &ada, "daily", &[("One", "river")]).await[0];
        let id = db.save_search(ada.id, "Mine", "is:starred or is:later or tag:sea", now).await.unwrap().unwrap();
        let unread = async || db.saved_search(ada.id, id).await.unwrap().unwrap().unread;
        while counts.refresh(&site.app).await.unwrap() {}
        assert_eq!(unread().await, Some(0));

        db.set_starred(ada.id, article, true, now).await.unwrap();
        assert!(counts.refresh(&site.app).await.unwrap());
        assert_eq!(unread().await, Some(1), "a star");
        db.set_starred(ada.id, article, false, now.plus(1)).await.unwrap();
        db.set_later(ada.id, article, true, now).await.unwrap();
        assert!(counts.refresh(&site.app).await.unwrap());
        assert_eq!(unread().await, Some(1), "kept for later instead");
        db.set_later(ada.id, article, false, now.plus(1)).await.unwrap();
        assert!(counts.refresh(&site.app).await.unwrap());
        assert_eq!(unread().await, Some(0), "no longer");
        db.tag_article(ada.id, article, &[TagName::parse("sea").unwrap()], now).await.unwrap();
        assert!(counts.refresh(&site.app).await.unwrap());
        assert_eq!(unread().await, Some(1), "a tag");
    }

    async fn the_number_beside_a_kept_search_follows_what_its_reader_does(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let ids = articles(&site, &ada, "daily", &[("One", "river"), ("Two", "river"), ("Three", "sea")]).await;
        let list = ada.post("/searches", &[("name", "Rivers\0"), ("q", "river\0")]).await.leads_to().to_owned();
        let list = list.split('?').next().unwrap();
        let unread = async || {
            reindex::count_saved(&site.app).await.unwrap();
            let page = ada.get("/all").await.text();
            let line = page.split(&format!("href=\"{list}\"")).nth(1).unwrap().split("</a>").next().unwrap().to_owned();
            line.split("<span class=\"n\">").nth(1).map_or(0, |rest| rest.split('<').next().unwrap().parse().unwrap())
        };
        assert_eq!(unread().await, 2);
        ada.get(&format!("/articles/{}", ids[0])).await;
        assert_eq!(unread().await, 1, "one was opened");
        let done = ada.post("/mark-read", &[("list", "all"), ("newest", "99999"), ("back", "/all")]).await;
        assert_eq!(unread().await, 0, "all of them were marked");
        let receipt = done.leads_to().split("undo=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        ada.post("/undo", &[("receipt", &receipt)]).await.leads_to();
        assert_eq!(unread().await, 1, "that was taken back");
        assert_eq!(eve.get(list).await.status, 404);
        assert_eq!(eve.post(list, &[("name", "Mine"), ("q", "x")]).await.status, 404);
        assert_eq!(eve.get("/search/count?q=river").await.text(), "{\"count\":\"0 articles\",\"facets\":{}}");
    }

    async fn a_kept_search_reads_dates_where_its_reader_is(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        // At four in the morning of 1 August in Shanghai, and in the evening of 31 July in London.
        let at = jiff::Timestamp::from_str("2023-07-31T20:00:00Z").unwrap();
        let mut article = draft(1);
        article.published = Some(at.into());
        let (db, now) = (&site.app.db, site.clock.now());
        let feed = db.ensure_feed(&url("https://daily.example/feed"), now).await.unwrap();
        for (person, zone) in [(&ada, "Asia/Shanghai"), (&eve, "Europe/London")] {
            db.subscribe(person.id, feed, None, now, 0).await.unwrap();
            db.set_account_settings(person.id, &format!("{{\"time_zone\":\"{zone}\"}}")).await.unwrap();
        }
        db.store_articles(feed, &[article.into()], NewUnread::All, now).await.unwrap();

        for (person, found) in [(&ada, 1), (&eve, 0)] {
            let id = db.save_search(person.id, "August", "after:2023-08", now).await.unwrap().unwrap();
            reindex::count_saved(&site.app).await.unwrap();
            assert_eq!(db.saved_search(person.id, id).await.unwrap().unwrap().unread, Some(found), "the number beside it");
            let page = person.get(&format!("/searches/{id}")).await.text();
            assert_eq!(page.matches("<h3").count(), usize::try_from(found).unwrap(), "the page itself: {page}");
            let list = publish(person, &[("list", &format!("search-{id}"))]).await;
            let feed = site.visitor().get(&format!("{list}/rss.xml")).await.text();
            assert_eq!(feed.matches("<item>").count(), usize::try_from(found).unwrap(), "what others read of it: {feed}");
        }
    }
}
