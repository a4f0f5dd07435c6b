//! Edits at the source: told, compared word by word, and not read unless the reader wants to.

use gleaner::domain::{ArticleId, Clock as _, FeedId};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Cursor, ListQuery, Order, Scope};

use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// The source says this now, and is read.
async fn says(site: &TestSite, person: &Person, title: &str, text: &str) -> FeedId {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let rss = format!(
        "<rss version=\"2.0\"><channel><title>The river</title><item><title>{title}</title><guid>1</guid>\
         <link>https://river.example/1</link><description>{escaped}</description></item></channel></rss>"
    );
    site.world.route("/feed", Reply::ok("application/rss+xml", rss));
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 500).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    feed
}

async fn the_article(site: &TestSite, person: &Person) -> ArticleId {
    let (scope, order) = (Scope::All, Order::NewestFirst);
    let query = ListQuery { scope, only_unread: false, order, after: None::<Cursor>, limit: 1 };
    site.app.db.list(person.id, &query).await.unwrap()[0].id
}

/// The links of a page to single versions, in their order.
fn version_links(page: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    links.filter(|link| link.contains("/versions/")).collect()
}

/// What a comparison says, as `[-gone-]{+new+}`.
fn written(page: &str) -> String {
    let text = page.split("role=\"region\"").nth(1).unwrap().split("</div>").next().unwrap();
    let hidden = without(text, "<span class=\"away\" lang=\"en\">", "</span>");
    hidden.replace("<del>", "[-").replace("</del>", "-]").replace("<ins>", "{+").replace("</ins>", "+}")
}

/// The text without what stands between these two.
fn without(text: &str, begins: &str, ends: &str) -> String {
    let mut parts = text.split(begins);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(ends).map_or("", |(_, rest)| rest))
}

on_both_databases! {
    async fn an_edit_is_told_and_leads_to_what_changed(site: TestSite) {
        let ada = site.user("ada").await;
        says(&site, &ada, "High water", "<p>The river rose by three feet.</p><p>It is &lt;b&gt; calm.</p>").await;
        let article = format!("/articles/{}", the_article(&site, &ada).await);
        assert!(!ada.get(&article).await.text().contains("/versions"), "nothing was edited");

        says(&site, &ada, "Low water", "<p>The river fell by three feet.</p><p>It is &lt;b&gt; calm.</p>").await;

        let page = ada.get(&article).await.text();
        assert!(page.contains(&format!("<a href=\"{article}/versions\">Edited once at its source, on ")), "{page}");
        assert!(page.contains("The river fell"));
        let list = ada.get(&format!("{article}/versions")).await.text();
        assert!(list.contains("First version") && list.contains("Newest version") && list.contains("High water"), "{list}");
        let links = version_links(&list);
        let comparison = ada.get(&links[0]).await.text();
        assert!(written(&comparison).contains("<p>The river [-rose-]{+fell+} by three feet.</p>"), "{comparison}");
        assert!(comparison.contains("<del><span class=\"away\" lang=\"en\">Removed: </span>High</del>") || comparison.contains("Removed: </span>High water</del>"), "the title, too");
        assert!(comparison.contains("It is &#60;b&#62; calm."), "text stays text: {comparison}");
        let first = ada.get(&links[1]).await.text();
        assert!(first.contains("The river rose by three feet.") && !first.contains("<ins>"), "{first}");
    }

    async fn a_text_without_spaces_is_compared_by_its_characters(site: TestSite) {
        let ada = site.user("ada").await;
        says(&site, &ada, "利率", "<p>央行昨天宣布加息，市场反应平静。</p>").await;
        says(&site, &ada, "利率", "<p>央行昨天宣布降息，市场反应平静。</p>").await;
        let article = the_article(&site, &ada).await;

        let list = ada.get(&format!("/articles/{article}/versions")).await.text();
        let comparison = ada.get(&version_links(&list)[0]).await.text();

        assert!(written(&comparison).contains("央行昨天宣布[-加-]{+降+}息，市场反应平静。"), "{comparison}");
        assert!(comparison.contains("lang=\"zh"), "set as Chinese");
        let arabic = ada.sending("accept-language", "ar").get(&version_links(&list)[0]).await.text();
        assert!(arabic.contains("<details lang=\"ar\" dir=\"rtl\"><summary"), "a button stands where its language begins");
        assert!(arabic.contains("<div class=\"text\" lang=\"zh"), "and the text as its own: {arabic}");
    }

    async fn an_edit_leaves_an_article_read(site: TestSite) {
        let ada = site.user("ada").await;
        says(&site, &ada, "High water", "The river rose.").await;
        let article = the_article(&site, &ada).await;
        site.app.db.set_read(ada.id, article, true, site.clock.now()).await.unwrap();

        says(&site, &ada, "High water", "The river fell.").await;

        assert_eq!(site.app.db.counts(ada.id).await.unwrap().unread, 0);
        assert!(ada.get("/search?q=is:edited").await.text().contains("1 article<"));
        assert!(ada.get("/search?q=is:edited+is:unread").await.text().contains("0 articles"));
    }

    async fn counters_are_no_edit_and_trifles_are_folded(site: TestSite) {
        let ada = site.user("ada").await;
        says(&site, &ada, "High water", "<p>The river rose.</p><p>12 comments</p>").await;
        says(&site, &ada, "High water", "<div><p>The  river rose.</p><p>19 comments</p></div>").await;
        let article = format!("/articles/{}", the_article(&site, &ada).await);
        let page = ada.get(&article).await.text();
        assert!(page.contains("19 comments") && !page.contains("Edited"), "brought up to date, and no edit: {page}");

        says(&site, &ada, "High water", "<p>The river rose!</p><p>19 comments</p>").await;

        assert!(!ada.get(&article).await.text().contains("Edited"));
        says(&site, &ada, "High water", "<p>The river rose again!</p><p>19 comments</p>").await;
        assert!(ada.get(&article).await.text().contains("Edited once"));
        let list = ada.get(&format!("{article}/versions")).await.text();
        let folded = list.split("<details>").nth(1).unwrap().split("</details>").next().unwrap();
        assert!(folded.contains("1 more that changed only punctuation") && version_links(folded).len() == 1, "{list}");
    }

    async fn a_chosen_version_is_what_is_read_found_and_exported(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        says(&site, &ada, "High water", "The river rose in the night.").await;
        let feed = says(&site, &bob, "Low water", "The river fell in the day.").await;
        let id = the_article(&site, &ada).await;
        let article = format!("/articles/{id}");
        let list = ada.get(&format!("{article}/versions")).await.text();
        let first = version_links(&list)[1].clone();

        let pinned = ada.post(&format!("{first}/pin"), &[("back", &article)]).await;

        let page = ada.get(pinned.leads_to()).await.text();
        assert!(page.contains("from now on") && page.contains("The river rose"), "{page}");
        assert!(page.contains("<h1>High water</h1>") && page.contains("a version that you chose"));
        says(&site, &ada, "Lower water", "The river fell further.").await;
        assert!(ada.get(&article).await.text().contains("The river rose"), "whatever comes later");
        let row = ada.get("/all").await.text();
        assert!(row.contains(">High water</a>") && row.contains("The river rose in the night."), "{row}");
        for (query, mine, his) in [
            ("rose", 1, 0), ("%22rose+in+the+night%22", 1, 0), ("title:high", 1, 0), ("fell", 0, 1), ("-fell+river", 1, 0),
            ("-rose", 0, 1), ("%22fell+further%22", 0, 1), ("is:edited", 1, 1), ("rose+is:unread", 0, 0), ("fell+or+rose", 1, 1),
        ] {
            for (person, count) in [(&ada, mine), (&bob, his)] {
                let found = person.get(&format!("/search?q={query}")).await.text();
                let says = if count == 1 { "1 article<" } else { "0 articles" };
                assert!(found.contains(says), "{query} by {}: {found}", person.id);
            }
        }
        assert!(ada.get("/search?q=night").await.text().contains("rose in the <mark class=\"hit\">night</mark>"));
        assert_eq!(site.app.db.article(ada.id, id).await.unwrap().unwrap().body.unwrap().html.trim(), "The river rose in the night.");
        assert!(bob.get(&article).await.text().contains("The river fell further"), "another reader chose nothing");

        ada.post(&format!("{article}/versions/unpin"), &[("back", &article)]).await.leads_to();

        assert!(ada.get(&article).await.text().contains("The river fell further"));
        assert!(ada.get("/search?q=rose").await.text().contains("0 articles"));
        assert_eq!(site.app.db.article_ids(feed, ArticleId(0), 9).await.unwrap().len(), 1);
    }

    async fn hits_of_chosen_versions_stand_in_their_order(site: TestSite) {
        use crate::support::db::{draft, followed};
        use gleaner::domain::{Body, BodyKind};
        use gleaner::store::{NewUnread, Pinned, SearchRequest};
        let ada = site.user("ada").await;
        let db = &site.app.db;
        let feed = followed(db, ada.id, "daily").await;
        let version = |number, text: &str| {
            let mut article = draft(number);
            article.bodies = vec![Body { kind: BodyKind::Feed, html: format!("<p>{text}</p>") }];
            article.into()
        };
        let now = site.clock.now();
        let drafts: Vec<_> = (1..=9).map(|number| version(number, "river")).collect();
        let ids = db.store_articles(feed, &drafts, NewUnread::All, now).await.unwrap().added;
        for at in [2_usize, 5, 8] {
            let newest = db.versions(ada.id, ids[at]).await.unwrap()[0].id;
            assert_eq!(db.pin_version(ada.id, ids[at], newest, BodyKind::Feed, now).await.unwrap(), Pinned::Done);
        }
        let drafts: Vec<_> = (1..=9).map(|number| version(number, if number > 3 { "river" } else { "sea" })).collect();
        db.store_articles(feed, &drafts, NewUnread::All, now).await.unwrap();

        let query = gleaner::search::Query::parse("river", now, &jiff::tz::TimeZone::UTC);
        let node = query.node.as_ref().unwrap();
        let (mut found, mut below) = (Vec::new(), None);
        loop {
            let request = SearchRequest { node, within: None, below, limit: 2 };
            let window = db.search(ada.id, &request).await.unwrap();
            found.extend(window.hits.iter().map(|hit| hit.id));
            below = found.last().copied();
            if window.is_all {
                break;
            }
            assert_eq!(window.hits.len(), 2);
        }

        let mut expected: Vec<ArticleId> = ids[2..].to_vec();
        expected.reverse();
        assert_eq!(found, expected, "the third says river in the version that was chosen");
    }

    async fn versions_of_others_are_not_there(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        says(&site, &ada, "High water", "The river rose.").await;
        says(&site, &ada, "Low water", "The river fell.").await;
        let article = format!("/articles/{}", the_article(&site, &ada).await);
        let first = version_links(&ada.get(&format!("{article}/versions")).await.text())[1].clone();

        for path in [format!("{article}/versions"), first.clone(), format!("{article}/versions/999")] {
            assert_eq!(eve.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(eve.post(&format!("{first}/pin"), &[]).await.status, 404);
        assert_eq!(eve.post(&format!("{article}/versions/unpin"), &[]).await.status, 404);
        assert_eq!(ada.get(&format!("{article}/versions/999")).await.status, 404);
        assert_eq!(ada.post(&format!("{article}/versions/999/pin"), &[]).await.status, 404);
    }
}
