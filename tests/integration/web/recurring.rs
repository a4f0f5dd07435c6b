//! What all articles of a feed begin and end with: shown first, cut only where its reader says so, and given back.

use gleaner::domain::{ArticleId, Body, BodyKind, Clock as _, FeedId};
use gleaner::store::NewUnread;

use crate::support::database::on_both_databases;
use crate::support::db::{draft, followed};
use crate::support::site::{Person, TestSite};

/// Twelve articles that greet their readers and ask for money.
async fn begging(site: &TestSite, person: &Person) -> (FeedId, Vec<ArticleId>) {
    let feed = followed(&site.app.db, person.id, "daily").await;
    let articles: Vec<_> = (1..=12)
        .map(|number| {
            let mut article = draft(number);
            let html = format!(
                "<p>Dear &lt;reader&gt;, welcome.</p><p>This is story {number}.</p><p>It ends after {number} days.</p>\
                 <hr><p>Please give us money.</p>"
            );
            article.bodies = vec![Body { kind: BodyKind::Feed, html }];
            article.into()
        })
        .collect();
    let added = site.app.db.store_articles(feed, &articles, NewUnread::All, site.clock.now()).await.unwrap().added;
    (feed, added)
}

/// The value of a hidden field of a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let field =
        page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {page}"));
    field.split('"').next().unwrap()
}

on_both_databases! {
    async fn it_is_shown_cut_when_wanted_and_given_back(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        let (feed, articles) = begging(&site, &ada).await;
        site.app.db.subscribe(bob.id, feed, None, site.clock.now(), 9).await.unwrap();
        let (page, article) = (format!("/feeds/{feed}/recurring"), format!("/articles/{}", articles[3]));

        let shown = ada.get(&page).await.text();

        assert!(shown.contains("Cut this from 12 of the newest 12 articles?"), "{shown}");
        assert!(shown.contains("<blockquote dir=\"auto\">Dear &#60;reader&#62;, welcome.</blockquote>"), "{shown}");
        assert!(shown.contains("<blockquote dir=\"auto\">Please give us money.</blockquote>") && !shown.contains("This is story"));
        assert!(ada.get(&article).await.text().contains("Please give us money."), "nothing is cut by itself");

        let fields = [("heads", hidden(&shown, "heads")), ("tails", hidden(&shown, "tails"))];
        let after = ada.post(&page, &fields).await;

        let text = ada.get(&article).await.text();
        assert!(text.contains("This is story 4.") && text.contains("It ends after 4 days."), "{text}");
        assert!(!text.contains("welcome.") && !text.contains("give us money"), "{text}");
        assert!(text.contains(&format!("<a href=\"{page}\">Text that recurs is cut")), "and the article says so: {text}");
        let exported = site.app.db.article(ada.id, articles[3]).await.unwrap().unwrap().body.unwrap().html;
        assert_eq!(exported, "<p>This is story 4.</p><p>It ends after 4 days.</p>");
        assert!(bob.get(&article).await.text().contains("give us money"), "others read it whole");
        let cut = ada.get(after.leads_to()).await.text();
        assert!(cut.contains("is cut from the articles of this feed") && !cut.contains("Cut it<"), "{cut}");

        ada.post(&page, &[]).await.leads_to();

        let text = ada.get(&article).await.text();
        assert!(text.contains("welcome.") && text.contains("Please give us money."), "it was never lost");
    }

    async fn a_feed_of_few_articles_and_a_feed_of_others_offer_nothing(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let (feed, _) = begging(&site, &ada).await;
        let page = format!("/feeds/{feed}/recurring");
        assert_eq!(eve.get(&page).await.status, 404);
        assert_eq!(eve.post(&page, &[("heads", "1")]).await.status, 404);
        ada.post(&page, &[("heads", "nonsense..-1.99999999999999999999"), ("tails", "<p>")]).await.leads_to();

        let quiet = followed(&site.app.db, ada.id, "quiet").await;
        let shown = ada.get(&format!("/feeds/{quiet}/recurring")).await.text();
        assert!(shown.contains("Nothing was found that recurs"), "{shown}");
    }
}
