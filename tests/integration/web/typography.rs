//! The Aa panel: what a reader chooses is in the first byte of the next page.

use gleaner::store::Scope;

use super::reading::{followed, ids};
use crate::support::database::on_both_databases;
use crate::support::site::TestSite;

const CHINESE: &str = "<h2>里面</h2><h2>后面</h2><h2>上面</h2><p>皇后在后面晒头<b>发</b>，<code>说</code>了几句话，\
                       <a href=\"https://example.com/说\">说</a>完走了。</p><pre>国</pre>";

on_both_databases! {
    async fn what_is_chosen_in_the_panel_is_in_the_next_page(site: TestSite) {
        let ada = site.user("ada").await;
        assert!(ada.get("/all").await.text().contains("data-size=\"m\""));
        let form = [("theme", "sepia"), ("size", "xl"), ("face", "sans"), ("leading", "loose"), ("back", "/all")];

        let changed = ada.post("/settings/typography", &form).await;

        assert_eq!(changed.leads_to(), "/all");
        let page = ada.get("/all").await.text();
        for attribute in ["data-theme=\"sepia\"", "data-size=\"xl\"", "data-face=\"sans\"", "data-leading=\"loose\""] {
            assert!(page.contains(attribute), "{attribute}");
        }
        assert!(page.contains("data-width=\"normal\""), "what was not sent stays");
    }

    async fn a_script_gets_nothing_but_the_word_that_it_is_kept(site: TestSite) {
        let ada = site.user("ada").await;
        let script = ada.sending("accept", "application/json");
        assert_eq!(script.post("/settings/typography", &[("size", "s")]).await.status, 204);
        assert!(ada.get("/all").await.text().contains("data-size=\"s\""));
    }

    async fn what_is_not_on_offer_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        ada.post("/settings/typography", &[("size", "huge\" onload=\"x"), ("face", "comic")]).await;
        let page = ada.get("/all").await.text();
        assert!(page.contains("data-size=\"m\"") && page.contains("data-face=\"serif\""));
    }

    async fn chinese_is_shown_in_the_script_that_its_reader_wants(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("头发和发展".to_owned(), CHINESE.to_owned())]).await;
        let address = format!("/articles/{}", ids(&site, &ada, Scope::Feed(feed)).await[0]);
        let page = ada.get(&address).await.text();
        assert!(page.contains("lang=\"zh-Hans\" dir=\"ltr\">\n<header>") && page.contains("name=\"chinese\" value=\"hant\""));

        ada.post("/settings/typography", &[("chinese", "hant")]).await;

        let page = ada.get(&address).await.text();
        for shown in [
            "lang=\"zh-Hant\" dir=\"ltr\">\n<header>\n<h1>頭髮和發展</h1>",
            "<p>皇后在後面曬頭<b>髮</b>，<code>说</code>了幾句話，<a href=\"https://example.com/%E8%AF%B4\"",
            "<pre>国</pre>",
            "<a href=\"#part-1\">裡面</a>",
        ] {
            assert!(page.contains(shown), "{shown}");
        }
        ada.post("/settings/typography", &[("chinese", "hans")]).await;
        assert!(ada.get(&address).await.text().contains("<h1>头发和发展</h1>"), "it is simplified as it was written");
    }

    async fn japanese_and_english_stay_as_they_are(site: TestSite) {
        let ada = site.user("ada").await;
        let texts = [("学校の国語".to_owned(), "<p>国語の授業を学校で受けています。</p>".to_owned()), ("Field".to_owned(), "<p>A field in the country.</p>".to_owned())];
        let feed = followed(&site, &ada, "/feed", &texts).await;
        ada.post("/settings/typography", &[("chinese", "hant")]).await;
        for (id, text) in ids(&site, &ada, Scope::Feed(feed)).await.into_iter().zip(texts) {
            let page = ada.get(&format!("/articles/{id}")).await.text();
            assert!(page.contains(&text.1) && !page.contains("name=\"chinese\""), "{}", text.0);
        }
    }

    async fn a_passage_of_converted_text_is_kept_as_it_was_written(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("头发".to_owned(), CHINESE.to_owned())]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let (address, marks) = (format!("/articles/{id}"), format!("/articles/{id}/highlights"));
        ada.post("/settings/typography", &[("chinese", "hant")]).await;

        let fields = [("exact", "曬頭髮"), ("prefix", "皇后在後面"), ("suffix", "，说了"), ("start", "11")];
        ada.post(&marks, &fields).await.leads_to();

        let highlight = site.app.db.article_highlights(ada.id, id).await.unwrap().remove(0);
        assert_eq!((highlight.anchor.exact.as_str(), highlight.anchor.prefix.as_str()), ("晒头发", "里面\n后面\n上面\n皇后在后面"));
        let page = ada.get(&address).await.text();
        assert!(page.contains(">曬頭</mark><b><mark") && page.contains("<p>曬頭髮</p>"), "{page}");
        ada.post("/settings/typography", &[("chinese", "written")]).await;
        let page = ada.get(&address).await.text();
        assert!(page.contains(">晒头</mark><b><mark") && page.contains("<p>晒头发</p>"));
    }
}
