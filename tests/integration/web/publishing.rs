//! Lists that readers publish: as feeds that any reader takes, and as web pages.

use gleaner::domain::{Clock as _, FeedDocument, TagName, UnixMillis, WebUrl};
use gleaner::feed::{ParseContext, parse};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;

use super::reading::{attribute, followed, ids, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply as Served;
use crate::support::site::{Person, Reply, TestSite};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nabc";
const FORMATS: [(&str, &str); 3] = [
    ("rss.xml", "application/rss+xml; charset=utf-8"),
    ("atom.xml", "application/atom+xml; charset=utf-8"),
    ("feed.json", "application/feed+json; charset=utf-8"),
];

/// The path of what the page just made.
fn made(page: &Reply) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    attribute(&page.text(), "id=\"made1\"", "value").strip_prefix("http://reader.test").unwrap().to_owned()
}

async fn publish(person: &Person, fields: &[(&str, &str)]) -> String {
    made(&person.post("/published", fields).await)
}

/// A feed as our own reader takes it.
fn read(reply: &Reply) -> FeedDocument {
    let url = WebUrl::parse("http://reader.test/feed").unwrap();
    let content_type = reply.header("content-type");
    let context = ParseContext {
        url: &url,
        content_type: Some(content_type),
        now: UnixMillis(1_800_000_000_000),
        max_entries: 500,
    };
    let document = parse(&reply.bytes, &context).unwrap();
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    document
}

on_both_databases! {
    async fn a_list_is_a_feed_with_full_texts_for_any_reader(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let text = format!("<p>It rose &amp; fell.</p><p><img src=\"{picture}\" alt=\"\"></p><script>alert(1)</script>");
        let feed = followed(&site, &ada, "/feed", &[("High &amp; low".to_owned(), text), ("洪水".to_owned(), "<p>水。</p>".to_owned())]).await;

        let path = publish(&ada, &[("list", &format!("feed-{feed}")), ("title", "Water for all")]).await;

        let visitor = site.visitor();
        for (end, kind) in FORMATS {
            let reply = visitor.get(&format!("{path}/{end}")).await;
            assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, kind));
            let document = read(&reply);
            assert_eq!(document.title, "Water for all");
            assert_eq!(document.self_url.map(|url| url.to_string()), Some(format!("http://reader.test{path}/{end}")));
            assert_eq!(document.site_url.map(|url| url.to_string()), Some(format!("http://reader.test{path}")));
            let titles: Vec<&str> = document.entries.iter().map(|entry| entry.title.as_str()).collect();
            assert_eq!(titles, ["High & low", "洪水"]);
            let first = &document.entries[0];
            assert_eq!(first.url.as_ref().map(WebUrl::as_str), Some("https://river.example/0"));
            let content = first.content.as_deref().unwrap();
            assert!(content.contains("<p>It rose &amp; fell.</p>") && !content.contains("alert"), "{content}");
            let picture = attribute(content, "src=\"http", "src").strip_prefix("http://reader.test").unwrap().to_owned();
            assert_eq!(visitor.get(&picture).await.bytes, PNG, "{end}: our own picture");
            assert!(first.guid.as_deref().unwrap().starts_with("urn:uuid:"));
            for secret in ["ada", "/articles/", "set-cookie"] {
                assert!(!reply.text().contains(secret), "{secret}");
            }
        }
    }

    async fn a_feed_reader_that_has_it_already_is_told_so(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let path = publish(&ada, &[("list", &format!("feed-{feed}"))]).await;
        let (address, visitor) = (format!("{path}/atom.xml"), site.visitor());
        let first = visitor.get(&address).await;
        let (tag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());

        assert_eq!(visitor.sending("if-none-match", &tag).get(&address).await.status, 304);
        assert_eq!(visitor.sending("if-modified-since", &date).get(&address).await.status, 304);
        site.world.route("/feed", Served::ok("application/rss+xml", rss("The river", &numbered(3))));
        site.clock.advance(UnixMillis::HOUR);
        refresh_feed(&site.app, feed).await.unwrap();

        let after = visitor.sending("if-none-match", &tag).get(&address).await;
        assert_eq!(after.status, 200);
        assert_eq!(read(&after).entries.len(), 3);
        assert_ne!(after.header("last-modified"), date);
    }

    async fn a_new_address_closes_the_old_one_and_taking_back_closes_all(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let text = format!("<p>Rose.</p><p><img src=\"{}\" alt=\"\"></p>", site.world.url("/p.png"));
        let feed = followed(&site, &ada, "/feed", &[("The flood".to_owned(), text)]).await;
        let old = publish(&ada, &[("list", &format!("feed-{feed}"))]).await;
        let visitor = site.visitor();
        let names = |document: FeedDocument| document.entries.into_iter().map(|entry| entry.guid).collect::<Vec<_>>();
        let known = names(read(&visitor.get(&format!("{old}/rss.xml")).await));
        let page = visitor.get(&old).await.text();
        let article = attribute(&page, "\">The flood", "href").to_owned();
        let picture = attribute(&visitor.get(&article).await.text(), "src=\"/p/", "src").to_owned();
        assert_eq!(visitor.get(&picture).await.status, 200);
        let id = site.app.db.publications(ada.id).await.unwrap()[0].id;

        let new = made(&ada.post(&format!("/published/{id}/code"), &[]).await);

        for gone in [&old, &format!("{old}/rss.xml"), &article, &picture] {
            assert_eq!(visitor.sending("if-none-match", "*").get(gone).await.status, 404, "{gone}");
        }
        assert_eq!(names(read(&visitor.get(&format!("{new}/rss.xml")).await)), known, "nothing is new to a feed reader");
        assert_eq!(ada.post(&format!("/published/{id}/delete"), &[]).await.leads_to(), "/published?done=list-taken-back");
        assert_eq!(visitor.get(&new).await.status, 404);
        assert!(!ada.get("/published").await.text().contains("/code\""));
    }

    async fn every_list_but_what_was_read_can_be_published(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let all = ids(&site, &ada, Scope::Feed(feed)).await;
        let (db, now) = (&site.app.db, site.clock.now());
        db.set_starred(ada.id, all[0], true, now).await.unwrap();
        db.set_later(ada.id, all[1], true, now).await.unwrap();
        db.tag_article(ada.id, all[2], &[TagName::parse("water").unwrap()], now).await.unwrap();
        let tag = db.tags(ada.id).await.unwrap()[0].id;
        let category = db.create_category(ada.id, "Rivers").await.unwrap().unwrap();
        let search = db.save_search(ada.id, "Number one", "\"number 1\"", now).await.unwrap().unwrap();
        for (list, titles) in [
            ("starred".to_owned(), vec!["Article 0"]),
            ("later".to_owned(), vec!["Article 1"]),
            (format!("tag-{tag}"), vec!["Article 2"]),
            (format!("search-{search}"), vec!["Article 1"]),
            (format!("category-{category}"), vec![]),
            ("all".to_owned(), vec!["Article 0", "Article 1", "Article 2"]),
        ] {
            let path = publish(&ada, &[("list", &list)]).await;
            let document = read(&site.visitor().get(&format!("{path}/feed.json")).await);
            let found: Vec<&str> = document.entries.iter().map(|entry| entry.title.as_str()).collect();
            assert_eq!(found, titles, "{list}");
        }
        let eve = site.user("eve").await;
        for (person, list) in [(&ada, "history".to_owned()), (&ada, "unread".to_owned()), (&eve, format!("feed-{feed}")), (&eve, format!("tag-{tag}"))] {
            assert_eq!(person.post("/published", &[("list", &list)]).await.status, 404, "{list}");
        }
        let few = publish(&ada, &[("list", "all"), ("newest", "2"), ("titles_only", "1")]).await;
        let document = read(&site.visitor().get(&format!("{few}/rss.xml")).await);
        assert_eq!(document.entries.len(), 2);
        assert!(document.entries.iter().all(|entry| entry.content.is_none() && entry.summary.is_none()));
    }

    async fn a_list_is_a_page_with_its_articles(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("<![CDATA[<b>High</b> water]]>".to_owned(), "<p>The river rose in the night.</p><script>alert(1)</script>".to_owned())]).await;
        let path = publish(&ada, &[("list", &format!("feed-{feed}")), ("title", "A <list>")]).await;
        let visitor = site.visitor();

        let reply = visitor.get(&path).await;

        let page = reply.text();
        assert!(page.contains("A &#60;list&#62;</h1>") && page.contains("rel=\"alternate\" type=\"application/atom+xml\""), "{page}");
        assert!(reply.header("content-security-policy").contains("sandbox allow-popups"));
        assert_eq!((reply.header("set-cookie"), reply.header("cache-control")), ("", "no-store"));
        assert_eq!(reply.header("x-robots-tag"), "noindex, nofollow, noarchive");
        let address = attribute(&page, "water</a>", "href").to_owned();
        let article = visitor.get(&address).await.text();
        assert!(article.contains("The river rose in the night.") && !article.contains("alert(1)"), "{article}");
        assert!(article.contains(&format!("<a href=\"{path}\">A &#60;list&#62;</a>")), "back to the list");
        assert_eq!(visitor.get(&format!("{path}/{}", "0".repeat(32))).await.status, 404);
        assert!(!page.contains("/articles/") && !article.contains("/articles/"));
    }

    async fn a_list_is_a_catalogue_of_books_for_e_readers(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let path = publish(&ada, &[("list", &format!("feed-{feed}")), ("title", "To read")]).await;
        let visitor = site.visitor();

        let reply = visitor.get(&format!("{path}/opds.xml")).await;

        assert!(reply.header("content-type").starts_with("application/atom+xml;profile=opds-catalog"));
        let text = reply.text();
        let books: Vec<&str> = text.split("acquisition\" href=\"http://reader.test").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(books.len(), 3, "the whole list and each article: {text}");
        for book in books {
            let book = visitor.get(book).await;
            assert_eq!(book.header("content-type"), "application/epub+zip");
            assert!(book.text().contains("mimetypeapplication/epub+zip"));
        }
        let titles = publish(&ada, &[("list", "all"), ("titles_only", "1")]).await;
        assert_eq!(visitor.get(&format!("{titles}/opds.xml")).await.status, 404);
        assert_eq!(visitor.get(&format!("{titles}/book.epub")).await.status, 404);
    }

    async fn what_is_read_with_a_password_stays_out_of_mixed_lists(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/feed", Served::ok("application/rss+xml", rss("Members", &[("For members".to_owned(), "<p>B</p>".to_owned())])));
        let mut url = site.world.url("/feed").as_url().clone();
        url.set_username("ada").unwrap();
        let feed = site.app.db.ensure_feed(&url.as_str().parse().unwrap(), site.clock.now()).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, site.clock.now(), 50).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();
        let (mixed, own) = (publish(&ada, &[("list", "all")]).await, publish(&ada, &[("list", &format!("feed-{feed}"))]).await);

        let visitor = site.visitor();
        assert!(!visitor.get(&mixed).await.text().contains("For members"));
        assert!(visitor.get(&format!("{mixed}/rss.xml")).await.text().matches("<item>").count() == 0);
        assert!(visitor.get(&own).await.text().contains("For members"), "its owner chose that very feed");
    }
}
