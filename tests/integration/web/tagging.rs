//! Tags in the browser: given on the article's page, kept on their own, each a list.

use gleaner::store::Scope;

use super::reading::{attribute, followed, ids, numbered};
use crate::support::database::on_both_databases;
use crate::support::site::TestSite;

on_both_databases! {
    async fn an_article_gets_tags_that_become_lists(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        let here = format!("/articles/{}?in=all", articles[0]);

        let tagged =
            ada.post(&format!("/articles/{}/tags", articles[0]), &[("names", "Rust, 阅读 <b>"), ("back", &here)]).await;

        assert_eq!(tagged.leads_to(), format!("{here}#tags"));
        let page = ada.get(&here).await.text();
        assert!(page.contains(">Rust</bdi></a>") && page.contains("阅读 &#60;b&#62;</bdi></a>"), "{page}");
        let other = ada.get(&format!("/articles/{}", articles[1])).await.text();
        assert!(other.contains("<option value=\"Rust\">"), "the field of another article offers what there is");
        let tag = tag_id(&site, ada.id, "Rust").await;
        let list = format!("/tags/{tag}");
        assert!(other.contains(&format!("href=\"{list}\"")), "the sidebar leads to the tag's list");
        let page = ada.get(&list).await.text();
        assert!(page.contains("Article 0</a>") && !page.contains("Article 1</a>"));
        assert_eq!(attribute(&page, "All tags", "href"), "/tags");
        assert_eq!(attribute(&page, "Article 0</a>", "href"), format!("/articles/{}?in=tag-{tag}", articles[0]));

        ada.post(&format!("/articles/{}/tags/{tag}/remove", articles[0]), &[("back", &here)]).await.leads_to();
        assert!(ada.get(&list).await.text().contains("No article has this tag"));
    }

    async fn what_cannot_be_a_tag_is_said_and_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let long = format!("fine, {}", "x".repeat(101));

        let refused = ada.post(&format!("/articles/{id}/tags"), &[("names", &long), ("back", &format!("/articles/{id}"))]).await;

        let page = ada.get(refused.leads_to().split('#').next().unwrap()).await.text();
        assert_eq!(page.matches("1 to 100 visible characters").count(), 1, "beside the field and nowhere else: {page}");
        assert!(page.contains(&format!("<input name=\"names\" value=\"{long}\" aria-invalid=\"true\"")), "{page}");
        assert!(site.app.db.tags(ada.id).await.unwrap().is_empty());

        ada.post(&format!("/articles/{id}/tags"), &[("names", "river, sea")]).await.leads_to();
        let river = tag_id(&site, ada.id, "river").await;
        for bad in [" ", "a,b", "<b>,", &"水".repeat(101)] {
            let refused = ada.post(&format!("/tags/{river}/rename"), &[("name", bad)]).await;
            let page = ada.get(refused.leads_to().split('#').next().unwrap()).await.text();
            let shown = bad.replace('<', "&#60;").replace('>', "&#62;");
            assert!(page.contains(&format!("name=\"name\" value=\"{shown}\" required aria-invalid")), "{page}");
            assert_eq!(page.matches("aria-invalid").count(), 1, "at this tag alone");
            assert_eq!(page.matches("1 to 100 visible characters").count(), 1);
        }
        assert_eq!(names(&site, ada.id).await, ["river 1", "sea 1"]);
    }

    async fn tags_are_renamed_merged_deleted_and_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        ada.post(&format!("/articles/{}/tags", articles[0]), &[("names", "river")]).await.leads_to();
        ada.post(&format!("/articles/{}/tags", articles[1]), &[("names", "rivers")]).await.leads_to();
        let river = tag_id(&site, ada.id, "river").await;

        ada.post(&format!("/tags/{river}/rename"), &[("name", "Water")]).await.leads_to();
        let merged = ada.post(&format!("/tags/{river}/rename"), &[("name", "Rivers")]).await;
        let page = ada.get(merged.leads_to()).await.text();
        assert!(page.contains("“Water” is now part of “rivers”."));
        assert_eq!(names(&site, ada.id).await, ["rivers 2"]);
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        ada.post("/tags/again", &[("receipt", &receipt)]).await.leads_to();
        assert_eq!(names(&site, ada.id).await, ["rivers 1", "Water 1"]);

        let water = tag_id(&site, ada.id, "Water").await;
        let deleted = ada.post(&format!("/tags/{water}/delete"), &[]).await;
        let page = ada.get(deleted.leads_to()).await.text();
        assert!(page.contains("The tag “Water” is gone"));
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        assert!(ada.get(ada.post("/tags/again", &[("receipt", &receipt)]).await.leads_to()).await.text().contains("Your tags are changed."));
        let again = ada.post("/tags/again", &[("receipt", &receipt)]).await;
        assert!(ada.get(again.leads_to()).await.text().contains("cannot be taken back any more"));
        assert_eq!(names(&site, ada.id).await, ["rivers 1", "Water 1"]);
    }
}

async fn tag_id(site: &TestSite, account: gleaner::domain::AccountId, name: &str) -> gleaner::domain::TagId {
    site.app.db.tags(account).await.unwrap().into_iter().find(|tag| tag.name == name).expect("a tag").id
}

async fn names(site: &TestSite, account: gleaner::domain::AccountId) -> Vec<String> {
    let tags = site.app.db.tags(account).await.unwrap();
    tags.into_iter().map(|tag| format!("{} {}", tag.name, tag.articles)).collect()
}
