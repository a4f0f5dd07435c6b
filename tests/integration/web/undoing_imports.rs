//! Imports that are taken back: what they brought goes, what a reader did since stays.

use gleaner::domain::{Clock as _, TagName, UnixMillis};
use gleaner::store::Scope;

use super::reading::{attribute, ids};
use crate::support::database::on_both_databases;
use crate::support::site::{Person, TestSite};

const LIST: &[u8] = b"title,url,time_added,tags,status\nTea & rain,https://tea.example/1,1692090439,leaf,unread\n\
                      Old,https://tea.example/2,1692090440,leaf|dry,archive\n";
const FEEDS: &[u8] = b"<opml><body><outline text=\"Sea\"><outline type=\"rss\" text=\"Gulls\" \
                       xmlUrl=\"https://gulls.example/feed\"/></outline></body></opml>";

/// Looks at files and takes them in; what the report says.
async fn import(person: &Person, files: &[(&str, &[u8])]) -> String {
    person.upload("/settings/import", files).await;
    person.post("/settings/import/run", &[]).await;
    person.get("/settings/import").await.text()
}

/// The number of the import that stands first on a page.
fn receipt(page: &str) -> String {
    attribute(page, "name=\"receipt\"", "value").to_owned()
}

async fn undo(person: &Person, receipt: &str) -> String {
    assert_eq!(person.post("/settings/import/undo", &[("receipt", receipt)]).await.leads_to(), "/settings/import");
    person.get("/settings/import").await.text()
}

async fn names_of_tags(site: &TestSite, person: &Person) -> Vec<String> {
    site.app.db.tags(person.id).await.unwrap().into_iter().map(|tag| tag.name).collect()
}

on_both_databases! {
    async fn an_import_is_taken_back_with_everything_that_it_brought(site: TestSite) {
        let ada = site.user("ada").await;
        let done = import(&ada, &[("part_000000.csv", LIST), ("feeds.opml", FEEDS)]).await;
        assert!(done.contains("part_000000.csv, feeds.opml") && done.contains("Articles: 2. Feeds: 2."), "{done}");
        assert!(ada.get("/settings").await.text().contains("href=\"/settings/import\""));

        let undone = undo(&ada, &receipt(&done)).await;

        assert!(undone.contains("The import is taken back. In the trash: 2. Feeds no longer followed: 2."), "{undone}");
        assert!(!undone.contains("name=\"receipt\""), "once is enough");
        assert!(undone.contains("can be brought back") && undone.contains("href=\"/trash\">Trash</a>"), "{undone}");
        assert!(site.app.db.subscriptions(ada.id).await.unwrap().is_empty());
        assert!(site.app.db.categories(ada.id).await.unwrap().is_empty());
        assert!(names_of_tags(&site, &ada).await.is_empty());
        assert!(!ada.get("/later").await.text().contains("rain"));
        let trash = ada.get("/trash").await.text();
        assert!(trash.contains("rain") && trash.contains("Old"), "nothing is lost: {trash}");
        assert!(!ada.get("/settings").await.text().contains("href=\"/settings/import\""));
    }

    async fn the_same_file_brings_everything_back(site: TestSite) {
        let ada = site.user("ada").await;
        let done = import(&ada, &[("part_000000.csv", LIST)]).await;
        undo(&ada, &receipt(&done)).await;

        ada.upload("/settings/import", &[("part_000000.csv", LIST)]).await;
        let preview = ada.get("/settings/import").await.text();
        assert!(preview.contains("New: 2."), "{preview}");
        ada.post("/settings/import/run", &[]).await;

        assert!(ada.get("/later").await.text().contains("rain"));
        assert_eq!(names_of_tags(&site, &ada).await, ["dry", "leaf"]);
        assert_eq!(ids(&site, &ada, Scope::Unread).await.len(), 1, "what was read stays read");
        let again = undo(&ada, &receipt(&ada.get("/settings/import").await.text())).await;
        assert!(again.contains("In the trash: 2."), "{again}");
    }

    async fn an_article_comes_back_from_the_trash_by_itself(site: TestSite) {
        let ada = site.user("ada").await;
        let article: &[u8] = b"<!--1692092344000-->\n[Tea](https://tea.example/1)\n------\n\n<p>The rain came late.</p>\n";
        ada.upload("/settings/import/articles", &[("Tea Times/1.md", article)]).await;
        let page = ada.get("/settings/import").await.text();
        assert!(page.contains("Tea Times") && page.contains("Articles: 1. Feeds: 1."), "{page}");
        undo(&ada, &receipt(&page)).await;
        assert!(!ada.get("/all").await.text().contains("Tea Times"), "nor does its source stay");

        ada.post("/trash/back", &[]).await;

        let list = ada.get("/all").await.text();
        assert!(list.contains("Tea Times") && list.contains("The rain came late."), "{list}");
    }

    async fn what_its_reader_marked_since_stays_as_it_is(site: TestSite) {
        let ada = site.user("ada").await;
        let done = import(&ada, &[("part_000000.csv", LIST)]).await;
        let db = &site.app.db;
        let rows = site.app.db.list(ada.id, &gleaner::store::ListQuery {
            scope: Scope::All, only_unread: false, order: gleaner::store::Order::NewestFirst, after: None, limit: 10,
        }).await.unwrap();
        let old = rows.iter().find(|row| row.title == "Old").unwrap().id;
        site.clock.advance(UnixMillis::MINUTE);
        db.tag_article(ada.id, old, &[TagName::parse("mine").unwrap()], site.clock.now()).await.unwrap();

        let undone = undo(&ada, &receipt(&done)).await;

        assert!(undone.contains("In the trash: 1.") && undone.contains("publish them: 1."), "{undone}");
        let tags: Vec<_> = db.article_tags(ada.id, old).await.unwrap().into_iter().map(|tag| tag.name).collect();
        assert_eq!(tags, ["dry", "leaf", "mine"]);
        assert!(ada.get(&format!("/articles/{old}")).await.text().contains("Old"));
    }

    async fn it_works_after_a_restart_and_for_ten_minutes(site: TestSite) {
        let ada = site.user("ada").await;
        import(&ada, &[("part_000000.csv", LIST)]).await;
        site.clock.advance(UnixMillis::MINUTE);
        let other: &[u8] = b"title,url,time_added,tags,status\nEbb,https://sea.example/1,1692090439,,unread\n";
        import(&ada, &[("second.csv", other)]).await;
        // Nothing of the report is left in memory.
        ada.post("/settings/import/forget", &[]).await;

        let page = ada.get("/settings/import").await.text();
        assert_eq!(page.matches("name=\"receipt\"").count(), 2, "each import for itself: {page}");
        let (newest, oldest) = (receipt(&page), receipt(page.split("second.csv").nth(2).unwrap_or(&page)));
        let bob = site.user("bob").await;
        assert!(bob.post("/settings/import/undo", &[("receipt", &newest)]).await.leads_to().contains("too-late"));
        undo(&ada, &newest).await;
        assert!(!ada.get("/later").await.text().contains("Ebb") && ada.get("/later").await.text().contains("rain"));

        site.clock.advance(10 * UnixMillis::MINUTE);
        assert!(ada.post("/settings/import/undo", &[("receipt", &oldest)]).await.leads_to().contains("too-late"));
        assert!(ada.get("/later").await.text().contains("rain"));
    }
}
