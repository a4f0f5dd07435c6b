//! Links that many people open: every view is counted, what changed is seen by the next visitor, and nobody learns more than
//! the link gives.

use std::sync::Arc;

use gleaner::app::App;
use gleaner::content::text::plain_text;
use gleaner::domain::{ArticleId, UnixMillis};
use gleaner::store::{Scope, Share};
use gleaner::web::{Site, Web, WebState};
use http_body_util::BodyExt as _;

use super::headers::assert_dressed;
use super::reading::{followed, ids};
use super::sharing::share;
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::site::{Browser, Person, Reply, TestSite};

async fn article(site: &TestSite, person: &Person) -> ArticleId {
    let items = [("The flood".to_owned(), "<p>The river rose in the night.</p>".to_owned())];
    let feed = followed(site, person, "/feed", &items).await;
    ids(site, person, Scope::Feed(feed)).await[0]
}

/// The newest link of a person.
async fn newest(site: &TestSite, person: &Person) -> Share {
    site.app.db.shares(person.id, None).await.unwrap().remove(0)
}

/// Somebody whom nobody has seen here before.
fn stranger(site: &TestSite, number: usize) -> Browser {
    site.visitor_from(&format!("203.0.{}.{}:4000", number / 250, number % 250 + 1))
}

/// Opens a page as two people in a row do: the second one gets what was drawn for the first.
async fn is_open(site: &TestSite, path: &str) -> bool {
    let (first, second) = (stranger(site, 900).get(path).await, stranger(site, 901).get(path).await);
    assert_eq!((first.status, first.text()), (second.status, second.text()), "{path}");
    assert_eq!(format!("{:?}", first.headers), format!("{:?}", second.headers), "{path}");
    first.status == 200
}

/// The answer without what differs in every answer.
fn plain(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.text_without_nonce())
}

on_both_databases! {
    async fn every_view_of_a_page_that_many_open_is_counted(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let (path, other) = (share(&ada, id, &[]).await, share(&ada, id, &[("password", "high water")]).await);
        let visits = (0..200).map(|number| {
            let (visitor, path) = (stranger(&site, number), path.clone());
            async move { visitor.get(&path).await.status.as_u16() }
        });

        let found = futures_util::future::join_all(visits).await;
        site.clock.advance(UnixMillis::HOUR);
        stranger(&site, 300).get(&path).await;
        assert_eq!(stranger(&site, 301).post(&other, &[("password", "high water")]).await.status, 200);

        assert!(found.iter().all(|status| *status == 200), "{found:?}");
        let list = ada.get("/shares").await.text();
        assert!(list.contains("201 views") && list.contains("1 view"), "{list}");
        let link = site.app.db.shares(ada.id, None).await.unwrap().pop().unwrap();
        assert_eq!((link.views, link.last_view_at), (201, Some(gleaner::domain::Clock::now(&*site.clock))));
    }

    async fn views_are_written_before_a_server_that_is_stopped_ends(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let path = share(&ada, id, &[]).await;
        for number in 0..3 {
            assert_eq!(stranger(&site, number).get(&path).await.status, 200);
        }

        site.app.close().await;

        let again = site.database.open().await;
        assert_eq!(again.shares(ada.id, None).await.unwrap()[0].views, 3);
        again.close().await;
    }

    async fn views_are_written_by_themselves_soon_after(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let path = share(&ada, id, &[]).await;
        assert_eq!(stranger(&site, 0).get(&path).await.status, 200);
        // As another program sees it that knows nothing of what this one has in memory.
        let other = site.database.open().await;

        let mut written = 0;
        for _ in 0..200 {
            written = other.shares(ada.id, None).await.unwrap()[0].views;
            if written > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }

        assert_eq!(written, 1);
        other.close().await;
    }

    async fn a_link_that_ends_after_three_views_is_opened_three_times_however_many_come_at_once(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let path = share(&ada, id, &[("ends", "views"), ("views", "3")]).await;
        // A server that died at once after the third view, and was started anew on the same database.
        let restarted = Site::new(WebState::new(Web::new(Arc::new(App::clone(&site.app))).await.unwrap())).unwrap();
        let visits = (0..20).map(|number| {
            let (visitor, path) = (stranger(&site, number), path.clone());
            async move { visitor.post(&path, &[]).await }
        });

        let found = futures_util::future::join_all(visits).await;

        assert_eq!(found.iter().filter(|reply| reply.text().contains("rose in the night")).count(), 3);
        let unknown = plain(&stranger(&site, 30).get("/s/AAAAAAAAAAAAAAAAAAAAAA").await);
        for (number, reply) in found.iter().filter(|reply| reply.status != 200).enumerate() {
            assert_eq!(plain(reply), unknown, "{number}");
        }
        assert_eq!(plain(&stranger(&site, 31).get(&path).await), unknown, "it looks as if it had never been");
        let site = TestSite { site: restarted, house: site.house };
        assert_eq!(stranger(&site, 32).post(&path, &[]).await.status, 404);
        assert_eq!(newest(&site, &ada).await.views, 3);
    }

    async fn what_changed_is_seen_by_the_next_visitor(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let unknown = plain(&stranger(&site, 902).get("/s/AAAAAAAAAAAAAAAAAAAAAA").await);
        let gone = async |path: &str| assert_eq!(plain(&stranger(&site, 903).get(path).await), unknown, "{path}");

        let path = share(&ada, id, &[]).await;
        assert!(is_open(&site, &path).await);
        ada.post(&format!("/shares/{}/delete", newest(&site, &ada).await.id), &[]).await.leads_to();
        gone(&path).await;

        let path = share(&ada, id, &[("ends", "day")]).await;
        site.clock.advance(UnixMillis::DAY - 10_000);
        assert!(is_open(&site, &path).await);
        site.clock.advance(9_999);
        assert!(is_open(&site, &path).await, "a millisecond is left");
        site.clock.advance(1);
        gone(&path).await;

        let path = share(&ada, id, &[]).await;
        assert!(is_open(&site, &path).await);
        ada.post(&format!("/feeds/{}/unsubscribe", site.app.db.article(ada.id, id).await.unwrap().unwrap().feed_id), &[]).await.leads_to();
        assert!(is_open(&site, &path).await, "what was shared stays its sharer's, whatever they follow");
        ada.post(&format!("/articles/{id}/delete"), &[]).await;
        assert!(is_open(&site, &path).await, "an article is not thrown away as long as it is shared");
        site.app.db.delete_account(ada.id).await.unwrap();
        gone(&path).await;
    }

    async fn a_page_that_was_drawn_for_one_is_not_given_to_another_who_needs_another(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada).await;
        let path = share(&ada, id, &[]).await;
        let english = stranger(&site, 1).get(&path).await.text();

        let chinese = stranger(&site, 2).sending("accept-language", "zh-CN").get(&path).await.text();
        let request = http::Request::builder().uri(&path).header("host", "other.test").body(axum::body::Body::empty()).unwrap();
        let elsewhere = site.site.answer(request, "203.0.113.9:4000".parse().unwrap()).await.into_body().collect().await.unwrap();
        let elsewhere = String::from_utf8(elsewhere.to_bytes().to_vec()).unwrap();
        let signed_in = ada.get(&path).await.text();

        assert!(english.contains("<html lang=\"en\"") && english.contains("Kept from river.example"), "{english}");
        assert!(chinese.contains("<html lang=\"zh-Hans\"") && !chinese.contains("Kept from"), "{chinese}");
        assert!(elsewhere.contains(&format!("http://other.test{path}\"")) && !elsewhere.contains("http://reader.test"), "{elsewhere}");
        assert_eq!(signed_in, english, "who reads it does not matter");
        let again = stranger(&site, 4).get(&path).await.text();
        assert_eq!(again, english);
    }

    async fn a_page_that_is_given_away_leads_nowhere_that_could_look_back(site: TestSite) {
        let ada = site.user("ada").await;
        let text = "<p>It <a href=\"https://elsewhere.example/\" target=\"x\" rel=\"opener\">rose</a> and <a href=\"#x\">fell</a>.</p>";
        let feed = followed(&site, &ada, "/feed", &[("The flood".to_owned(), text.to_owned())]).await;
        let path = share(&ada, ids(&site, &ada, Scope::Feed(feed)).await[0], &[]).await;

        let reply = stranger(&site, 1).get(&path).await;

        let page = reply.text();
        let links: Vec<&str> = page.split("<a ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        assert!(links.len() > 3, "{page}");
        for link in links {
            let is_inside = link.contains("href=\"#");
            assert!(is_inside || link.contains("noopener"), "{link}");
        }
        assert!(!page.contains("rel=\"opener\""), "{page}");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("x-frame-options"), "DENY");
    }
}

#[tokio::test]
async fn a_page_that_is_given_again_is_throttled_like_any_other() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let id = article(&site, &ada).await;
    let path = share(&ada, id, &[]).await;
    let visitor = site.visitor_from("198.51.100.7:4000");

    let mut found = std::collections::BTreeMap::new();
    for _ in 0..100 {
        *found.entry(visitor.get(&path).await.status.as_u16()).or_insert(0) += 1;
    }

    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(200, 60), (429, 40)]);
    assert_eq!(stranger(&site, 1).get(&path).await.status, 200, "others do not wait");
    assert_eq!(newest(&site, &ada).await.views, 61, "who was turned away has seen nothing");
}

/// Whatever is in an article, each form that it can be saved in stays that form.
#[tokio::test]
async fn nothing_of_a_hostile_article_goes_out_in_a_file() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let payloads: Vec<&str> = include_str!("../../fixtures/payloads/active.html").lines().collect();
    let items: Vec<(String, String)> = payloads
        .iter()
        .map(|html| {
            let title = html.replace('&', "&amp;").replace('<', "&lt;");
            (format!("<![CDATA[{title}]]>"), format!("<p>Words before.</p>{html}<p>Words after.</p>"))
        })
        .collect();
    let feed = followed(&site, &ada, "/feed", &items).await;
    let saved = async |format: &str| {
        let reply = ada.get(&format!("/export?list=feed-{feed}&format={format}")).await;
        assert_eq!(reply.status, 200, "{format}");
        assert!(reply.header("content-disposition").starts_with("attachment"), "{format}");
        reply
    };

    let page = saved("html").await.text();
    let book = saved("epub").await.bytes;
    let markdown = saved("md").await.text();

    let (_, body) = page.split_once("<body>").unwrap();
    assert_eq!(body.matches("<article").count(), payloads.len());
    is_harmless(body, "the page");
    let mut book = gleaner::archive::Unzip::open(std::io::Cursor::new(book), 1_000).unwrap().unwrap();
    let names: Vec<String> = book.names().filter(|name| name.ends_with(".xhtml")).map(str::to_owned).collect();
    assert_eq!(names.len(), payloads.len() + 1, "a chapter each, and the contents");
    for name in names {
        let chapter = String::from_utf8(book.read(&name, 1 << 20).unwrap().unwrap()).unwrap();
        is_harmless(chapter.split_once("<body>").unwrap().1, &name);
    }
    // In Markdown a sign stands alone only where it begins an address.
    for (at, _) in markdown.match_indices('<') {
        let is_escaped = markdown[..at].ends_with('\\');
        let is_address = ["https://", "http://", "mailto:"].iter().any(|scheme| markdown[at + 1..].starts_with(scheme));
        assert!(is_escaped || is_address, "{}", &markdown[at..].chars().take(60).collect::<String>());
    }
    assert!(!markdown.to_lowercase().contains("](<javascript:") && !markdown.contains("](<data:"));
    assert!(plain_text(body).contains("Words after."));
}

/// That nothing in HTML does anything, whatever its words say.
fn is_harmless(html: &str, what: &str) {
    for sign in [
        "<script",
        "<iframe",
        "<object",
        "<embed",
        "<svg",
        "<form",
        "<meta",
        "<base",
        "<style",
        "<link",
        "=\"javascript:",
    ] {
        assert!(!html.contains(sign), "{sign} in {what}: {html}");
    }
    for tag in html.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
        let names = tag.split('"').step_by(2).flat_map(str::split_whitespace);
        assert!(names.skip(1).all(|name| !name.starts_with("on")), "{tag} in {what}");
    }
}

#[tokio::test]
async fn every_error_that_a_visitor_meets_is_a_page_of_ours_that_repeats_nothing_of_theirs() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    site.account("ada", true).await;
    let theirs = "theirsxtheirs";
    let visitor = stranger(&site, 1);
    let mut found = Vec::new();
    for path in [
        "/s/X",
        "/s/X%3Cb%3E",
        "/s/X/proof",
        "/s/X/preview",
        "/s/X/epub",
        "/s/X/p/a/X",
        "/p/X",
        "/p/X/rss.xml",
        "/p/X/opds.xml",
        "/p/X/X",
        "/p/X/p/a/X",
        "/nowhere/X",
        "/static/a/X",
    ] {
        found.push((400..=404, visitor.get(&path.replace('X', theirs)).await));
    }
    found.push((414..=414, visitor.get(&format!("/s/{}", theirs.repeat(1_000))).await));
    found.push((405..=405, visitor.post("/robots.txt", &[(theirs, theirs)]).await));
    found.push((413..=413, visitor.post("/login", &[("name", theirs.repeat(10_000).as_str())]).await));
    found.push((415..=415, visitor.sending("content-encoding", theirs).post("/login", &[]).await));
    found
        .push((403..=403, visitor.sending("sec-fetch-site", "cross-site").post("/s/x", &[("password", theirs)]).await));
    found.push((400..=499, visitor.post("/login", &[("name", theirs), ("password", theirs)]).await));
    for _ in 0..60 {
        visitor.get("/s/none").await;
    }
    found.push((429..=429, visitor.get(&format!("/s/{theirs}")).await));

    for (number, (wanted, reply)) in found.iter().enumerate() {
        assert!(wanted.contains(&reply.status.as_u16()), "{number}: {}", reply.status);
        assert_dressed(reply, "an error");
        assert!(reply.header("content-type").starts_with("text/html"), "{number}");
        assert_eq!(reply.header("set-cookie"), "", "{number}");
        // Who tries to sign in finds the name in its field.
        let is_form = reply.text().contains("name=\"password\"");
        assert!(is_form || !reply.text().contains(theirs), "{number}: {}", reply.text());
    }
}
