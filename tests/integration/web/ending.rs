//! What is given away, down to its last file: what goes out with it, that it ends as a whole, and that no end looks like another.

use std::collections::BTreeMap;

use axum::body::Body;
use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;
use http::Method;

use super::publishing::publish;
use super::reading::{attribute, ids, rss};
use super::sharing::{PNG, article, share};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::outside::Reply as Served;
use crate::support::site::{Browser, Person, Reply, TestSite};

/// An episode with a picture that is kept and one that is not, in a feed of `person`.
async fn episode(site: &TestSite, person: &Person) -> gleaner::domain::ArticleId {
    let mut picture = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(1_600, 1_200).write_to(&mut picture, image::ImageFormat::Png).unwrap();
    site.world.route("/kept.png", Served::ok("image/png", picture.into_inner()));
    site.world.route("/e.mp3", Served::ok("audio/mpeg", "ID3 and sound"));
    let text = format!(
        "<p><img src=\"{}\" width=\"1600\" height=\"1200\" alt=\"\"></p><p>The river rose in the night.</p>",
        site.world.url("/kept.png")
    );
    let file =
        format!("<enclosure url=\"{}\" type=\"audio/mpeg\" length=\"1300000\"/><guid>", site.world.url("/e.mp3"));
    let document = rss("The river", &[("The flood".to_owned(), text)]).replace("<guid>", &file);
    site.world.route("/talk", Served::ok("application/rss+xml", document));
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url("/talk"), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 500).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    let id = ids(site, person, Scope::Feed(feed)).await[0];
    gleaner::jobs::mirror::keep_pictures(&site.app, id).await.unwrap();
    id
}

/// Each from another address, because visits are counted.
fn stranger(site: &TestSite, number: usize) -> Browser {
    site.visitor_from(&format!("203.0.{}.{}:4000", number / 200, number % 200 + 1))
}

/// Everything that a link opens.
async fn below(site: &TestSite, link: &str) -> Vec<String> {
    let page = stranger(site, 0).get(link).await.text();
    let (picture, sound) = (attribute(&page, &format!("src=\"{link}/p/"), "src"), attribute(&page, "controls", "src"));
    let mut paths = vec![link.to_owned(), picture.to_owned(), sound.to_owned()];
    let kinds = ["preview", "proof", "html", "md", "epub", "txt", "json"];
    paths.extend(kinds.map(|kind| format!("{link}/{kind}")));
    paths
}

/// An answer without what differs in every one.
fn plain(reply: &Reply) -> (u16, String, BTreeMap<String, String>) {
    let nonce = reply.header("content-security-policy").split('\'').find(|part| part.starts_with("nonce-"));
    let value = |value: &http::HeaderValue| value.to_str().unwrap().replace(nonce.unwrap_or("(none)"), "NONCE");
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, text)| (name.to_string(), value(text))).collect();
    (reply.status.as_u16(), reply.text_without_nonce(), headers)
}

on_both_databases! {
    /// S02, S03, S04, S08: with a link everything below it ends at once, whatever a browser has of it and however it asks.
    async fn with_a_link_everything_below_it_ends_whatever_a_browser_has_of_it(site: TestSite) {
        let admin = site.admin("root").await;
        for (number, end) in ["taken back", "time over", "used up", "disabled", "deleted"].into_iter().enumerate() {
            let ada = Person { id: site.account(&format!("ada{number}"), false).await, browser: site.visitor() };
            let ada = Person { browser: site.signed_in(ada.id).await, ..ada };
            let id = episode(&site, &ada).await;
            let fields: &[(&str, &str)] = match end {
                "time over" => &[("ends", "day")],
                "used up" => &[("ends", "views"), ("views", "1")],
                _ => &[],
            };
            let link = share(&ada, id, fields).await;
            let paths = if end == "used up" {
                let page = stranger(&site, 1).post(&link, &[]).await.text();
                let picture = attribute(&page, &format!("src=\"{link}/p/"), "src").to_owned();
                vec![link.clone(), picture, attribute(&page, "controls", "src").to_owned()]
            } else {
                below(&site, &link).await
            };
            let mut known = Vec::new();
            for path in &paths {
                let reply = stranger(&site, 2).get(path).await;
                if end != "used up" || path != &link {
                    assert_eq!(reply.status, 200, "{path}");
                    assert_eq!(reply.header("cache-control"), "no-store", "{path}: nobody keeps it");
                    let head = stranger(&site, 3).send(Method::HEAD, path, "", Body::empty()).await;
                    assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0), "{path}");
                }
                known.push((reply.header("etag").to_owned(), reply.header("last-modified").to_owned()));
            }

            match end {
                "taken back" => {
                    let link = site.app.db.shares(ada.id, None).await.unwrap().remove(0);
                    ada.post(&format!("/shares/{}/delete", link.id), &[]).await.leads_to();
                }
                "time over" => site.clock.advance(UnixMillis::DAY),
                "used up" => site.clock.advance(11 * UnixMillis::MINUTE),
                "disabled" => {
                    let admin = Person { id: admin.id, browser: site.signed_in(admin.id).await };
                    assert_eq!(admin.post(&format!("/users/{}/disable", ada.id), &[]).await.status, 200);
                }
                _ => assert!(site.app.db.delete_account(ada.id).await.unwrap()),
            }

            let never = stranger(&site, 10).get("/s/AAAAAAAAAAAAAAAAAAAAAA").await;
            assert_eq!(never.status, 404);
            for (path, (etag, modified)) in paths.iter().zip(&known) {
                let visitor = stranger(&site, 20 + number);
                let askings = [
                    ("cookie", ada.cookie().unwrap_or_default()),
                    ("if-none-match", "*".to_owned()),
                    ("if-none-match", if etag.is_empty() { "W/\"x\"".to_owned() } else { etag.clone() }),
                    ("if-modified-since", if modified.is_empty() { "Wed, 01 Jan 2031 00:00:00 GMT".to_owned() } else { modified.clone() }),
                    ("range", "bytes=0-1".to_owned()),
                ];
                for (header, value) in askings {
                    let reply = visitor.sending(header, &value).get(path).await;
                    assert_eq!(plain(&reply), plain(&never), "{end}: {path} with {header}: {value}");
                }
                let head = visitor.send(Method::HEAD, path, "", Body::empty()).await;
                assert_eq!((head.status.as_u16(), head.bytes.len()), (404, 0), "{end}: {path}");
                site.clock.advance(UnixMillis::MINUTE);
            }
            if end != "taken back" {
                continue;
            }
            let form = [("password", "a guess")];
            assert_eq!(plain(&stranger(&site, 11).post(&link, &form).await).1, plain(&never).1, "nothing tells that there was a link");
        }
    }

    /// S08: a link that asks first gives its files to whoever got in, and to nobody who got in elsewhere.
    async fn the_files_of_a_link_with_a_password_are_for_who_knows_it(site: TestSite) {
        let ada = site.user("ada").await;
        let id = episode(&site, &ada).await;
        let (open, closed) = (share(&ada, id, &[]).await, share(&ada, id, &[("password", "high water")]).await);
        let visitor = stranger(&site, 1);

        let gate = visitor.get(&closed).await.text();
        assert!(!gate.contains(&format!("{closed}/")) && !gate.contains("og:"), "{gate}");
        for path in below(&site, &open).await.iter().filter(|path| **path != open) {
            let reply = visitor.get(&path.replace(&open, &closed)).await;
            assert_eq!(reply.status, 404, "{path} is signed for another link, or tells what is in it");
        }

        let page = visitor.post(&closed, &[("password", "high water")]).await.text();
        for path in [attribute(&page, &format!("src=\"{closed}/p/"), "src"), attribute(&page, "controls", "src")] {
            assert_eq!(visitor.get(path).await.status, 200, "{path}");
        }
    }

    /// An episode that goes out as a file has no player: it says where the recording is, of what kind and how large.
    async fn a_file_says_where_the_recordings_of_its_article_are(site: TestSite) {
        let ada = site.user("ada").await;
        let id = episode(&site, &ada).await;
        let link = share(&ada, id, &[]).await;
        let sound = site.world.url("/e.mp3").to_string();
        let list = publish(&ada, &[("list", "all"), ("title", "Talks")]).await;
        let facts = " · audio/mpeg · 1.3 MB";

        for path in [format!("/articles/{id}/export"), link.clone()] {
            let page = ada.get(&format!("{path}/html")).await.text();
            assert!(page.contains(&format!("<a href=\"{sound}\">e.mp3</a>{facts}")), "{path}: {page}");
            let text = ada.get(&format!("{path}/txt")).await.text();
            assert!(text.contains(&format!("e.mp3{facts}")), "{path}: {text}");
            let zip = ada.get(&format!("{path}/md")).await.bytes;
            let mut zip = gleaner::archive::Unzip::open(std::io::Cursor::new(zip), 100).unwrap().unwrap();
            let name = zip.names().find(|name| name.ends_with(".md")).unwrap().to_owned();
            let text = String::from_utf8(zip.read(&name, 1 << 20).unwrap().unwrap()).unwrap();
            assert!(text.contains("[e.mp3](") && text.contains(&sound), "{path}: {text}");
        }
        let page = stranger(&site, 1).get(&list).await.text();
        let article = attribute(&page, "\">The flood", "href").to_owned();
        for path in [format!("/articles/{id}/export/epub"), format!("{link}/epub"), format!("{list}/book.epub"), format!("{article}/book.epub")] {
            let book = ada.get(&path).await;
            let mut zip = gleaner::archive::Unzip::open(std::io::Cursor::new(book.bytes.clone()), 100).unwrap().unwrap();
            let chapter = String::from_utf8(zip.read("book/a0.xhtml", 1 << 20).unwrap().unwrap()).unwrap();
            assert!(chapter.contains(&format!("<a href=\"{sound}\">e.mp3</a>{facts}")), "{path}: {chapter}");
            super::digests::assert_valid(site.database.folder.path(), &book);
        }
        let archived = ada.get(&format!("/articles/{id}/export/archive")).await.text();
        assert!(!archived.contains("e.mp3"), "what is taken in again is the text as it was: {archived}");
    }

    /// An episode without a word of text can be heard and saved as well.
    async fn an_episode_without_words_is_given_away_all_the_same(site: TestSite) {
        let ada = site.user("ada").await;
        let file = format!("<enclosure url=\"{}\" type=\"audio/mpeg\"/>", site.world.url("/e.mp3"));
        let item = format!("<item><title>The ferry</title><link>https://talks.example/1</link><guid>1</guid>{file}</item>");
        let document = format!("<rss version=\"2.0\"><channel><title>Talks</title>{item}</channel></rss>");
        site.world.route("/talk", Served::ok("application/rss+xml", document));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/talk"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 500).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();

        let link = share(&ada, ids(&site, &ada, Scope::Feed(feed)).await[0], &[]).await;

        let page = stranger(&site, 1).get(&link).await.text();
        assert!(page.contains("e.mp3</a>") && attribute(&page, "controls", "src").starts_with(&format!("{link}/")), "{page}");
        let text = stranger(&site, 1).get(&format!("{link}/md")).await.text();
        assert!(text.contains("[e.mp3]("), "{text}");
    }

    /// A collection that somebody picks by hand is a tag, and the page where lists are published says so.
    async fn what_a_reader_picks_by_hand_is_published_as_a_tag(site: TestSite) {
        let ada = site.user("ada").await;
        let articles: Vec<(String, String)> =
            ["One", "Two", "Three", "Four"].map(|title| (title.to_owned(), format!("<p>About {title}.</p>"))).into();
        let feed = super::reading::followed(&site, &ada, "/feed", &articles).await;
        let all = ids(&site, &ada, Scope::Feed(feed)).await;
        let form = ada.get("/published").await.text();
        let note = attribute(&form, "name=\"list\"", "aria-describedby");
        let said = form.split(&format!("id=\"{note}\">")).nth(1).unwrap();
        assert!(said.starts_with("To publish articles that you pick by hand, give them a tag of their own"), "{form}");
        for article in [all[0], all[2]] {
            ada.post(&format!("/articles/{article}/tags"), &[("names", "For my friends")]).await.leads_to();
        }
        let tag = site.app.db.tags(ada.id).await.unwrap()[0].id;
        assert!(ada.get("/published").await.text().contains(&format!("<option value=\"tag-{tag}\">For my friends</option>")));

        let list = publish(&ada, &[("list", &format!("tag-{tag}"))]).await;

        let titles = async || {
            let feed = site.visitor().get(&format!("{list}/feed.json")).await;
            let feed: serde_json::Value = serde_json::from_slice(&feed.bytes).unwrap();
            assert_eq!(feed["title"], "For my friends");
            let items = feed["items"].as_array().unwrap().iter();
            let mut titles: Vec<String> = items.map(|item| item["title"].as_str().unwrap().to_owned()).collect();
            titles.sort();
            titles
        };
        assert_eq!(titles().await, ["One", "Three"]);
        ada.post(&format!("/articles/{}/tags", all[1]), &[("names", "For my friends")]).await.leads_to();
        assert_eq!(titles().await, ["One", "Three", "Two"], "and grows with the tag");
    }

    async fn unknown_ended_and_taken_back_look_the_same(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>Water.</p>").await;
        let (ended, taken_back) = (share(&ada, id, &[("ends", "day")]).await, share(&ada, id, &[]).await);
        let visitor = site.visitor();
        assert_eq!(visitor.get(&ended).await.status, 200);
        let link = site.app.db.shares(ada.id, None).await.unwrap().remove(0);
        ada.post(&format!("/shares/{}/delete", link.id), &[]).await.leads_to();
        site.clock.advance(UnixMillis::DAY);

        let unknown = visitor.get("/s/AAAAAAAAAAAAAAAAAAAAAA").await;

        assert_eq!(unknown.status, 404);
        for path in [&ended, &taken_back, "/s/x", "/s/no-such-words", "/s/%2e%2e"] {
            assert_eq!(plain(&visitor.get(path).await), plain(&unknown), "{path}");
        }
        let list = ada.get("/shares").await.text();
        assert!(list.contains("1 view") && list.contains("ended"), "{list}");
        site.app.db.delete_account(ada.id).await.unwrap();
        assert_eq!(visitor.get(&ended).await.status, 404, "with the account everything is gone");
    }

    async fn a_link_ends_when_its_maker_said(site: TestSite) {
        let ada = site.user("ada").await;
        site.app.db.set_account_settings(ada.id, "{\"time_zone\":\"Asia/Shanghai\"}").await.unwrap();
        let id = article(&site, &ada, "The flood", "<p>The river rose.</p>").await;
        // The clock stands at midnight of 1 January in UTC. The last day counts whole, as long as it lasts in Shanghai.
        let last_day = 2 * UnixMillis::DAY - 8 * UnixMillis::HOUR;
        for (fields, end) in [
            ([("ends", "day"), ("date", "")], UnixMillis::DAY),
            ([("ends", "week"), ("date", "")], 7 * UnixMillis::DAY),
            ([("ends", "date"), ("date", "2026-01-10")], last_day),
            ([("ends", "never"), ("date", "2026-01-11")], UnixMillis::DAY),
        ] {
            let path = share(&Person { id: ada.id, browser: site.signed_in(ada.id).await }, id, &fields).await;
            let visitor = site.visitor();
            for kind in ["", "/md", "/proof", "/preview"] {
                assert_eq!(visitor.get(&format!("{path}{kind}")).await.status, 200, "{fields:?} {kind}");
            }
            site.clock.advance(end - 1);
            assert_eq!(visitor.get(&path).await.status, 200, "{fields:?}: a millisecond is left");
            site.clock.advance(1);
            for kind in ["", "/md", "/proof", "/preview"] {
                for asking in [visitor.clone(), visitor.sending("if-none-match", "*")] {
                    assert_eq!(asking.get(&format!("{path}{kind}")).await.status, 404, "{fields:?} {kind}");
                }
            }
        }
        let ada = Person { id: ada.id, browser: site.signed_in(ada.id).await };
        let past = ada.post(&format!("/articles/{id}/share"), &[("ends", "date"), ("date", "2026-01-10")]).await;
        assert_eq!(past.status, 422, "that day is over in Shanghai");
    }

    async fn an_episode_that_is_shared_or_published_can_be_heard(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/e.mp3", Served::ok("audio/mpeg", "ID3 and sound"));
        let file = format!("<enclosure url=\"{}\" type=\"audio/mpeg\"/><guid>", site.world.url("/e.mp3"));
        let document = rss("The river", &[("The ferry".to_owned(), "<p>About the ferry.</p>".to_owned())]);
        site.world.route("/talk", Served::ok("application/rss+xml", document.replace("<guid>", &file)));
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&site.world.url("/talk"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 500).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];

        let shared = share(&ada, id, &[]).await;
        let published = ada.post("/published", &[("list", "all"), ("title", "Talks"), ("newest", "5")]).await.text();
        let list = published.split("http://reader.test").find(|part| part.starts_with("/p/")).unwrap();
        let list = list.split('"').next().unwrap();
        let visitor = site.visitor();
        let rows = visitor.get(list).await.text();
        // Its name is that of no feed.
        let is_article = |part: &&str| part.strip_prefix(list).is_some_and(|rest| rest.find('"') == Some(33));
        let article = rows.split("href=\"").find(is_article).unwrap();

        for path in [shared.as_str(), article.split('"').next().unwrap()] {
            let page = visitor.get(path).await.text();
            assert!(page.contains("About the ferry.") && page.contains(">e.mp3</a>"), "{path}: {page}");
            let sound = visitor.get(attribute(&page, "controls", "src")).await;
            assert_eq!((sound.status.as_u16(), sound.text()), (200, "ID3 and sound".to_owned()), "{path}");
        }
    }

    async fn whoever_types_a_number_of_views_gets_a_link_that_ends_whatever_was_left_chosen_above_it(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose.</p>").await;
        let path = share(&ada, id, &[("ends", "never"), ("views", "1")]).await;
        let visitor = site.visitor();
        assert!(!visitor.get(&path).await.text().contains("rose"), "a page of ours asks first");
        assert!(visitor.post(&path, &[]).await.text().contains("rose"));
        assert_eq!(visitor.get(&path).await.status, 404);
        for slip in [[("ends", "never"), ("views", "some")], [("ends", "never"), ("date", "2025-01-01")]] {
            assert_eq!(ada.post(&format!("/articles/{id}/share"), &slip).await.status, 422, "{slip:?}");
        }
    }

    async fn a_link_for_two_views_is_not_used_up_by_a_preview(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let id = article(&site, &ada, "The flood", &format!("<p>Rose.</p><p><img src=\"{picture}\" alt=\"\"></p>")).await;
        let path = share(&ada, id, &[("ends", "views"), ("views", "2")]).await;
        let visitor = site.visitor();
        for _ in 0..3 {
            let gate = visitor.get(&path).await.text();
            assert!(gate.contains("The link can be opened 2 more times.") && !gate.contains("flood"), "{gate}");
        }

        assert!(visitor.post(&path, &[]).await.text().contains("Rose."));
        assert!(visitor.get(&path).await.text().contains("opened 1 more time."));
        let last = visitor.post(&path, &[]).await.text();

        assert!(last.contains("Rose."));
        assert_eq!(visitor.get(&path).await.status, 404);
        assert_eq!(visitor.post(&path, &[]).await.status, 404);
        let picture = attribute(&last, "src=\"/s/", "src").to_owned();
        assert_eq!(visitor.get(&picture).await.status, 200, "the last view has its pictures");
        site.clock.advance(UnixMillis::HOUR);
        assert_eq!(visitor.get(&picture).await.status, 404);
    }
}

/// S01: who tries codes finds none, and is soon slowed down. Ten thousand are tried while a link of each kind is open, or as many
/// as `GLEANER_TEST_CODES` says.
#[tokio::test]
async fn nobody_finds_a_link_by_trying() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let feed = super::reading::followed(&site, &ada, "/feed", &super::reading::numbered(1)).await;
    let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
    for fields in [&[][..], &[("short", "1")], &[("password", "high water")]] {
        share(&ada, id, fields).await;
    }
    let mut found = BTreeMap::new();
    let tries = std::env::var("GLEANER_TEST_CODES").ok().and_then(|tries| tries.parse().ok()).unwrap_or(10_000);
    // A hundred from each address, of which sixty are answered.
    let strangers: usize = tries / 100;
    for number in 0..strangers * 100 {
        let code = gleaner::web::code::Code::new(&gleaner::domain::SystemEntropy);
        let reply = stranger(&site, number % strangers).get(&format!("/s/{}", code.as_str())).await;
        *found.entry(reply.status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(404, strangers * 60), (429, strangers * 40)]);
}

/// S06: what is given away is nobody's to keep, to list or to frame, and its links tell nobody where they stood.
#[tokio::test]
async fn everything_that_is_given_away_goes_out_with_the_same_caution() {
    // A proxy on this machine speaks TLS with the browser.
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ada = site.user("ada").await;
    let id = episode(&site, &ada).await;
    let link = share(&ada, id, &[]).await;
    let closed = share(&ada, id, &[("password", "high water")]).await;
    let list = publish(&ada, &[("list", "all"), ("title", "Everything")]).await;
    let mut paths = below(&site, &link).await;
    paths.push(closed);
    let page = stranger(&site, 1).get(&list).await.text();
    paths.push(attribute(&page, "\">The flood", "href").to_owned());
    paths.push(list.clone());
    paths.extend(
        ["preview", "rss.xml", "atom.xml", "feed.json", "opds.xml", "book.epub"].map(|end| format!("{list}/{end}")),
    );
    for path in paths {
        let reply = site
            .visitor()
            .sending("x-forwarded-proto", "https")
            .sending("cookie", &ada.cookie().unwrap())
            .get(&path)
            .await;

        assert_eq!(reply.status, 200, "{path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("set-cookie", ""),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(reply.header(name), value, "{path}: {name}");
        }
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}: {policy}");
        // Feeds are asked for again and again, and answered with “the same” after their link was looked up.
        let is_checked = ["rss.xml", "atom.xml", "feed.json", "opds.xml"].iter().any(|end| path.ends_with(end));
        let cache = reply.header("cache-control");
        assert!(if is_checked { cache.contains("no-cache") } else { cache == "no-store" }, "{path}: {cache}");
        assert!(!cache.contains("public"), "{path}: {cache}");
    }
    let indexed = share(&ada, id, &[("index", "1")]).await;
    assert_eq!(site.visitor().get(&indexed).await.header("x-robots-tag"), "", "unless its owner says so");
}
