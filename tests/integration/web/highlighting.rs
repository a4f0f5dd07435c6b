//! Highlights in the browser: marked by words alone or by the script, noted, listed, handed out, and found again when the
//! text comes anew.

use gleaner::domain::ArticleId;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;

use super::reading::{attribute, followed, ids, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

const TEXT: &str = "<p>The river <b>rose</b> in the night.</p><p>By morning the lower streets were under water.</p>";

/// An article with this text, and the feed that it is from.
async fn article(site: &TestSite, person: &Person, text: &str) -> ArticleId {
    let feed = followed(site, person, "/feed", &[("The flood".to_owned(), text.to_owned())]).await;
    ids(site, person, Scope::Feed(feed)).await[0]
}

on_both_databases! {
    async fn a_passage_is_marked_without_a_script_by_its_words(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, TEXT).await;
        let fields = [("exact", "rose in the night.\r\n\r\nBy morning"), ("colour", "blue"), ("note", "When?")];

        let marked = ada.post(&format!("/articles/{id}/highlights"), &fields).await;

        let highlight = site.app.db.article_highlights(ada.id, id).await.unwrap().remove(0);
        assert_eq!(marked.leads_to(), format!("/articles/{id}#h{}", highlight.id));
        assert_eq!(highlight.anchor.exact, "rose in the night.\nBy morning", "as it stands in the text");
        assert_eq!((highlight.anchor.prefix.as_str(), highlight.anchor.start), ("The river", 10));
        let page = ada.get(&format!("/articles/{id}")).await.text();
        let mark = format!("<mark class=\"hl blue\" data-highlight=\"{}\"", highlight.id);
        assert!(page.contains(&format!("<b>{mark} id=\"h{}\">rose</mark></b>{mark}> in the night.</mark>", highlight.id)));
        assert!(page.contains("When?") && page.contains("id=\"hl"));
        assert!(!page.contains("does not have this passage"));
    }

    async fn the_script_marks_the_very_place_and_gets_its_number(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "<p>no. Bob said no. Eve said no.</p>").await;
        let fields =
            [("exact", "no"), ("prefix", "no. Bob said "), ("suffix", ". Eve"), ("start", "13"), ("colour", "red")];

        let answer = ada.sending("accept", "application/json").post(&format!("/articles/{id}/highlights"), &fields).await;

        let highlight = site.app.db.article_highlights(ada.id, id).await.unwrap().remove(0);
        let wanted = format!("{{\"id\":{0},\"colour\":\"red\",\"to\":\"/articles/{id}#h{0}\"}}", highlight.id);
        assert_eq!(answer.text(), wanted);
        let page = ada.get(&format!("/articles/{id}")).await.text();
        assert!(page.contains("<p>no. Bob said <mark class=\"hl red\""));
    }

    async fn highlights_survive_a_new_version_and_are_never_lost(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, TEXT).await;
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "lower streets were under water")]).await.leads_to();
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "The river rose"), ("note", "mine")]).await.leads_to();
        let other = "<div><p>It is known now: by morning the <i>lower</i>\n streets were under water, and stayed so.</p></div>";
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("The river", &[("The flood".to_owned(), other.to_owned())])));
        let feed = site.app.db.article(ada.id, id).await.unwrap().unwrap().feed_id;
        refresh_feed(&site.app, feed).await.unwrap();
        assert_eq!(site.app.db.article(ada.id, id).await.unwrap().unwrap().versions, 2);

        let page = ada.get(&format!("/articles/{id}")).await.text();

        assert!(page.contains(">lower</mark></i>"), "found in other markup");
        assert_eq!(page.matches("does not have this passage any more").count(), 1);
        assert!(page.contains("<p>The river rose</p>") && page.contains("mine"), "shown below the text");
    }

    async fn words_that_the_text_does_not_have_are_kept_and_said(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, TEXT).await;
        let kept = ada.post(&format!("/articles/{id}/highlights"), &[("exact", "no such words"), ("note", "typed")]).await;
        let page = ada.get(kept.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("The passage is kept below") && page.contains("no such words") && page.contains("typed"));
        let empty = ada.post(&format!("/articles/{id}/highlights"), &[("exact", " \r\n ")]).await;
        assert!(ada.get(empty.leads_to().split('#').next().unwrap()).await.text().contains("nothing to mark"));
    }

    async fn a_highlight_is_changed_deleted_and_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, TEXT).await;
        let here = format!("/articles/{id}?in=all");
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "the lower streets")]).await.leads_to();
        let highlight = site.app.db.article_highlights(ada.id, id).await.unwrap()[0].id;

        let fields = [("colour", "green"), ("note", "<b>which?</b>"), ("back", here.as_str())];
        let changed = ada.post(&format!("/highlights/{highlight}"), &fields).await;
        assert_eq!(changed.leads_to(), format!("{here}#hl{highlight}"));
        let page = ada.get(&here).await.text();
        assert!(page.contains("class=\"hl green\"") && page.contains("&#60;b&#62;which?&#60;/b&#62;"));

        let deleted = ada.post(&format!("/highlights/{highlight}/delete"), &[("back", &here)]).await;
        let page = ada.get(deleted.leads_to()).await.text();
        assert!(page.contains("The highlight is gone") && !page.contains("class=\"hl "));
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        let back = ada.post("/highlights/again", &[("receipt", &receipt), ("back", &here)]).await;
        let page = ada.get(back.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("class=\"hl green\"") && page.contains("which?"));
        assert_eq!(ada.post("/highlights/again", &[("receipt", &receipt)]).await.leads_to(), "/highlights?done=too-late");
    }

    async fn all_highlights_are_on_one_page_and_in_one_document(site: TestSite) {
        let ada = site.user("ada").await;
        assert!(ada.get("/highlights").await.text().contains("No highlights yet"));
        let items: Vec<_> = (0..2).map(|n| (format!("Part {n}"), format!("<p>One *two* three of {n}.</p>"))).collect();
        let feed = followed(&site, &ada, "/feed", &items).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        for (article, exact, note) in [(0, "three of 0", ""), (0, "One *two*", "My note."), (1, "One", "")] {
            let path = format!("/articles/{}/highlights", articles[article]);
            ada.post(&path, &[("exact", exact), ("note", note)]).await.leads_to();
            site.clock.advance(1_000);
        }

        let page = ada.get("/highlights").await.text();
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(place(">Part 1</a>") < place(">Part 0</a>") && place("<p>One *two*</p>") < place("<p>three of 0</p>"));
        assert_eq!(page.matches(">Part 0</a>").count(), 1, "grouped");
        assert!(page.contains(&format!("href=\"/articles/{}#h", articles[0])));

        let document = ada.get("/highlights.md").await;
        assert_eq!(document.header("content-type"), "text/markdown; charset=utf-8");
        let text = document.text();
        assert!(text.starts_with("# Highlights\n\n## [Part 1](<https://river.example/1>)\n\nThe river · 1 December 2025\n\n> One\n"), "{text}");
        assert!(text.contains("> One \\*two\\*\n\n*Yellow · 1 January 2026*\n\nMy note.\n\n> three of 0\n"), "{text}");
        let one = ada.get(&format!("/articles/{}/highlights.md", articles[1])).await.text();
        assert!(one.contains("Part 1") && !one.contains("Part 0"));
    }

    async fn another_readers_highlights_are_not_there(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let id = article(&site, &ada, TEXT).await;
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "river"), ("note", "secret")]).await.leads_to();
        let highlight = site.app.db.article_highlights(ada.id, id).await.unwrap()[0].id;
        let feed = site.app.db.article(ada.id, id).await.unwrap().unwrap().feed_id;
        let now = gleaner::domain::Clock::now(site.clock.as_ref());
        site.app.db.subscribe(eve.id, feed, None, now, 5).await.unwrap();

        let page = eve.get(&format!("/articles/{id}")).await.text();
        assert!(!page.contains("secret") && !page.contains("class=\"hl "));
        assert_eq!(eve.post(&format!("/highlights/{highlight}/delete"), &[]).await.status, 404);
        assert!(!eve.get("/highlights.md").await.text().contains("secret"));
    }
}
