//! Lists that readers publish: as feeds that any reader takes, and as web pages.

use std::sync::Arc;

use gleaner::app::App;
use gleaner::domain::{Clock as _, FeedDocument, TagName, UnixMillis, WebUrl};
use gleaner::feed::{ParseContext, parse};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;
use gleaner::web::{Site, Web, WebState, hub};

use super::reading::{attribute, followed, ids, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply as Served;
use crate::support::site::{Person, Reply, TestSite};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nabc";
pub(super) const FORMATS: [(&str, &str); 3] = [
    ("rss.xml", "application/rss+xml; charset=utf-8"),
    ("atom.xml", "application/atom+xml; charset=utf-8"),
    ("feed.json", "application/feed+json; charset=utf-8"),
];

/// The path of what the page just made.
fn made(page: &Reply) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    attribute(&page.text(), "id=\"made1\"", "value").strip_prefix("http://reader.test").unwrap().to_owned()
}

pub(super) async fn publish(person: &Person, fields: &[(&str, &str)]) -> String {
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

/// The same site with a hub, which is at `/hub` of the world outside.
async fn with_hub(site: TestSite) -> TestSite {
    let mut settings = (*site.app.settings).clone();
    settings.hub = Some(site.world.url("/hub"));
    settings.base_url = Some(WebUrl::parse("http://reader.test").unwrap());
    let app = App { settings: Arc::new(settings), ..(*site.app).clone() };
    let with_hub = Site::new(WebState::new(Web::new(Arc::new(app)).await.unwrap())).unwrap();
    TestSite { site: with_hub, house: site.house }
}

/// The addresses that the hub was told, in their order.
fn told(site: &TestSite) -> Vec<String> {
    let seen = site.world.seen().into_iter().filter(|seen| seen.target == "/hub");
    seen.map(|seen| {
        assert_eq!(
            (seen.method.as_str(), seen.header("content-type")),
            ("POST", Some("application/x-www-form-urlencoded"))
        );
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(seen.body.as_bytes()).into_owned().collect();
        assert_eq!(fields[0], ("hub.mode".to_owned(), "publish".to_owned()));
        fields[1].1.clone()
    })
    .collect()
}

/// Brings `count` articles into the feed at `/feed`.
async fn arrive(site: &TestSite, feed: gleaner::domain::FeedId, count: usize) {
    site.world.route("/feed", Served::ok("application/rss+xml", rss("The river", &numbered(count))));
    site.clock.advance(UnixMillis::HOUR);
    refresh_feed(&site.app, feed).await.unwrap();
}

on_both_databases! {
    async fn a_hub_is_told_once_of_each_burst_of_articles(site: TestSite) {
        let site = with_hub(site).await;
        site.world.route("/hub", Served::status(204));
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let path = publish(&ada, &[("list", &format!("feed-{feed}"))]).await;
        let web = site.site.web();
        hub::announce(web).await.unwrap();
        assert_eq!(told(&site), Vec::<String>::new(), "nobody can have subscribed before");

        arrive(&site, feed, 3).await;
        arrive(&site, feed, 5).await;
        hub::announce(web).await.unwrap();
        hub::announce(web).await.unwrap();

        let topics = FORMATS.map(|(end, _)| format!("http://reader.test{path}/{end}"));
        assert_eq!(told(&site), topics, "each feed once");
        let hub_url = site.world.url("/hub").to_string();
        for ((end, _), topic) in FORMATS.iter().zip(topics) {
            let reply = site.visitor().get(&format!("{path}/{end}")).await;
            assert_eq!(reply.header("link"), format!("<{hub_url}>; rel=\"hub\", <{topic}>; rel=\"self\""));
            assert!(reply.text().contains(&hub_url), "{end}: {}", reply.text());
        }
        assert!(ada.get("/published").await.text().contains("new articles are announced to the hub"));
    }

    async fn a_hub_that_fails_is_asked_again_later(site: TestSite) {
        let site = with_hub(site).await;
        site.world.replies("/hub", vec![Served::status(503), Served::status(202)]);
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        publish(&ada, &[("list", &format!("feed-{feed}"))]).await;
        let web = site.site.web();
        hub::announce(web).await.unwrap();
        arrive(&site, feed, 2).await;

        hub::announce(web).await.unwrap();
        assert_eq!(told(&site).len(), 1, "the others would fail as well");
        hub::announce(web).await.unwrap();
        assert_eq!(told(&site).len(), 1, "it is left alone");
        site.clock.advance(2 * UnixMillis::MINUTE);
        hub::announce(web).await.unwrap();

        assert_eq!(told(&site).len(), 4);
        site.clock.advance(UnixMillis::DAY);
        hub::announce(web).await.unwrap();
        assert_eq!(told(&site).len(), 4, "it knows");
    }

    async fn a_list_from_before_the_hub_is_announced_at_its_next_address_only(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let old = publish(&ada, &[("list", &format!("feed-{feed}"))]).await;
        assert!(!ada.get("/published").await.text().contains("the hub"));
        let site = with_hub(site).await;
        site.world.route("/hub", Served::status(204));
        let ada = Person { id: ada.id, browser: site.signed_in(ada.id).await };
        assert!(ada.get("/published").await.text().contains("not announced to the hub"));
        let plain = site.visitor().get(&format!("{old}/atom.xml")).await;
        assert_eq!((plain.header("link"), plain.text().contains("rel=\"hub\"")), ("", false));
        let id = site.app.db.publications(ada.id).await.unwrap()[0].id;

        let new = made(&ada.post(&format!("/published/{id}/code"), &[]).await);

        hub::announce(site.site.web()).await.unwrap();
        arrive(&site, feed, 2).await;
        hub::announce(site.site.web()).await.unwrap();
        assert!(told(&site).iter().all(|topic| topic.contains(&new)) && told(&site).len() == 3);
        let sealed = &site.app.db.announced_publications(UnixMillis(i64::MAX)).await.unwrap()[0].sealed_code;
        let code = new.strip_prefix("/p/").unwrap().as_bytes();
        assert!(!sealed.windows(8).any(|part| code.windows(8).any(|known| known == part)), "no code lies open in the database");
    }

    async fn a_list_and_its_articles_have_a_picture_where_links_are_shown(site: TestSite) {
        let ada = site.user("ada").await;
        let mut large = std::io::Cursor::new(Vec::new());
        image::GrayImage::new(1_600, 1_200).write_to(&mut large, image::ImageFormat::Png).unwrap();
        site.world.route("/large.png", Served::ok("image/png", large.into_inner()));
        let text = format!("<p><img src=\"{}\" width=\"800\" height=\"500\" alt=\"\"></p><p>It rose.</p>", site.world.url("/large.png"));
        let with = followed(&site, &ada, "/with", &[("The flood".to_owned(), text)]).await;
        let without = followed(&site, &ada, "/without", &numbered(1)).await;
        for (feed, kind) in [(with, "image/jpeg"), (without, "image/png")] {
            let path = publish(&ada, &[("list", &format!("feed-{feed}")), ("title", "Water")]).await;
            let robot = site.visitor().without("sec-fetch-site");
            let page = robot.get(&path).await.text();
            assert_eq!(attribute(&page, "og:title", "content"), "Water");
            let name = page.split("<a href=\"/p/").last().unwrap().split('"').next().unwrap().to_owned();
            let article = robot.get(&format!("/p/{name}")).await.text();
            for page in [page, article] {
                let picture = attribute(&page, "og:image", "content").strip_prefix("http://reader.test").unwrap().to_owned();
                let preview = robot.get(&picture).await;
                assert_eq!((preview.status.as_u16(), preview.header("content-type")), (200, kind), "{picture}");
                let size = image::load_from_memory(&preview.bytes).map(|picture| (picture.width(), picture.height())).unwrap();
                assert_eq!(size, (1_200, 630));
            }
            let id = site.app.db.publications(ada.id).await.unwrap()[0].id;
            ada.post(&format!("/published/{id}/delete"), &[]).await;
            assert_eq!(robot.get(&format!("{path}/preview")).await.status, 404);
        }
    }

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

    async fn a_list_is_given_in_the_script_that_its_owner_chose(site: TestSite) {
        let ada = site.user("ada").await;
        let simplified = "<p>一夜之间，河水上涨，淹没了下城的街道，人们只好搬到高处去住。</p><pre>国</pre>";
        let items = [("洪水之后的国家".to_owned(), simplified.to_owned()), ("High water".to_owned(), "<p>It rose.</p>".to_owned())];
        let feed = followed(&site, &ada, "/feed", &items).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let list = format!("feed-{feed}");
        let form = ada.get("/published").await.text();
        assert!(form.contains("<option value=\"hant\">traditional</option>"), "{form}");
        let written = publish(&ada, &[("list", &list)]).await;
        let path = publish(&ada, &[("list", &list), ("title", "国家"), ("chinese", "hant")]).await;
        let visitor = site.visitor();
        let (title, words) = ("洪水之後的國家", "一夜之間，河水上漲，淹沒了下城的街道，人們只好搬到高處去住。");

        for (end, _) in FORMATS {
            let document = read(&visitor.get(&format!("{path}/{end}")).await);
            assert_eq!((document.title.as_str(), document.entries[0].title.as_str()), ("国家", title), "{end}");
            let content = document.entries[0].content.as_deref().unwrap();
            assert!(content.contains(words) && content.contains("<pre>国</pre>"), "{end}: {content}");
            assert!(document.entries[1].content.as_deref().unwrap().contains("It rose."));
            let plain = read(&visitor.get(&format!("{written}/{end}")).await);
            assert!(plain.entries[0].content.as_deref().unwrap().contains("一夜之间"), "{end}");
        }
        let page = visitor.get(&path).await.text();
        assert!(page.contains(title), "{page}");
        let article = visitor.get(attribute(&page, title, "href")).await.text();
        assert!(article.contains(&format!("<h1>{title}</h1>")) && article.contains(words), "{article}");
        assert!(article.contains("lang=\"zh-Hant\"") && !article.contains("一夜之间"), "{article}");
        let catalogue = visitor.get(&format!("{path}/opds.xml")).await.text();
        assert!(catalogue.contains(title), "{catalogue}");
        let book = visitor.get(&format!("{path}/book.epub")).await;
        let mut book = gleaner::archive::Unzip::open(std::io::Cursor::new(book.bytes.to_vec()), 100).unwrap().unwrap();
        let chapter = String::from_utf8(book.read("book/a0.xhtml", 1 << 20).unwrap().unwrap()).unwrap();
        assert!(chapter.contains(words) && chapter.contains("xml:lang=\"zh-Hant\""), "{chapter}");
        // Such a list is one like any other for what it holds.
        ada.post(&format!("/articles/{id}/delete"), &[]).await;
        assert!(visitor.get(&path).await.text().contains(title), "what is published is not thrown away");
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
