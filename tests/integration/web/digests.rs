//! Digests: lists that become books, by a clock or when their reader says so.

use std::path::Path;

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;
use gleaner::web::digest::make_due;
use tokio_util::sync::CancellationToken;

use super::reading::{attribute, followed, ids, numbered, rss};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply as Served;
use crate::support::site::{Person, Reply, TestSite};

/// A picture that does not become smaller by being packed.
fn photograph(side: u32, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let picture = image::RgbImage::from_fn(side, side, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([state.to_be_bytes()[0], state.to_be_bytes()[1], state.to_be_bytes()[2]])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Makes a digest and gives its id.
pub(super) async fn digest(site: &TestSite, person: &Person, fields: &[(&str, &str)]) -> String {
    assert_eq!(person.post("/digests", fields).await.leads_to(), "/digests?done=stored");
    site.app.db.digests(person.id).await.unwrap()[0].id.to_string()
}

/// What the server does all the time.
async fn work(site: &TestSite) -> usize {
    make_due(site.site.web(), &CancellationToken::new()).await.unwrap()
}

/// Asks for a book now and waits for it.
pub(super) async fn make(site: &TestSite, person: &Person, digest: &str) {
    assert_eq!(person.post(&format!("/digests/{digest}/make"), &[]).await.leads_to(), "/digests");
    assert_eq!(work(site).await, 1);
}

/// The newest book on the page.
pub(super) async fn newest_book(person: &Person) -> Reply {
    let page = person.get("/digests").await.text();
    let book = person.get(attribute(&page, "href=\"/books/", "href")).await;
    assert_eq!((book.status.as_u16(), book.header("content-type")), (200, "application/epub+zip"));
    book
}

/// The text files of a book, and the names of all.
fn open_book(book: &Reply) -> (String, Vec<String>) {
    let source = std::io::Cursor::new(book.bytes.to_vec());
    let mut archive = gleaner::archive::Unzip::open(source, 10_000).unwrap().unwrap();
    let mut names: Vec<String> = archive.names().map(str::to_owned).collect();
    names.sort_unstable();
    let mut text = String::new();
    for name in names.iter().filter(|name| name.ends_with("html")) {
        text.push_str(&String::from_utf8(archive.read(name, 1 << 20).unwrap().unwrap()).unwrap());
    }
    (text, names)
}

/// The checker of EPUB finds nothing wrong; where it is not installed nobody is asked.
pub(super) fn assert_valid(folder: &Path, book: &Reply) {
    let path = folder.join("book.epub");
    std::fs::write(&path, &book.bytes).unwrap();
    // Debian's program is an archive of Java, which not every system starts by its name.
    let checker = Path::new("/usr/share/java/epubcheck.jar");
    if !checker.exists() {
        return;
    }
    let checked = std::process::Command::new("java").arg("-jar").arg(checker).arg(&path).output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&said));
}

on_both_databases! {
    async fn a_list_becomes_a_book_when_its_reader_says_so(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", photograph(900, 1)));
        let picture = site.world.url("/p.png");
        let text = format!("<p>It rose.</p><p><img src=\"{picture}\" alt=\"The mill\"></p><script>alert(1)</script>");
        let feed = followed(&site, &ada, "/feed", &[("High &amp; low".to_owned(), text), ("洪水".to_owned(), "<p>水。</p>".to_owned())]).await;
        assert!(ada.get("/digests").await.text().contains("There is no digest yet."));
        let list = format!("feed-{feed}");
        let id = digest(&site, &ada, &[("list", &list), ("title", "For the train"), ("only_new", "1")]).await;
        assert!(ada.get("/digests").await.text().contains("There is no book yet."));
        assert_eq!(work(&site).await, 0, "nobody asked");

        ada.post(&format!("/digests/{id}/make"), &[]).await;
        assert!(ada.get("/digests").await.text().contains("A book is being made."));
        assert_eq!(work(&site).await, 1);

        let page = ada.get("/digests").await.text();
        assert!(page.contains("For the train · 1 January 2026") && page.contains("2 articles"), "{page}");
        assert!(!page.contains("being made"));
        let book = newest_book(&ada).await;
        let (text, names) = open_book(&book);
        assert!(text.contains("It rose.") && text.contains("水。") && !text.contains("alert(1)"));
        assert!(text.find("High &amp; low").unwrap() < text.find("洪水").unwrap());
        for name in ["mimetype", "book/cover.png", "book/cover.xhtml", "book/contents.xhtml", "book/i0.jpg"] {
            assert!(names.iter().any(|known| known == name), "{name} is not in {names:?}");
        }
        assert!(book.bytes.len() < 900_000, "pictures are small: {}", book.bytes.len());
        assert_valid(site.database.folder.path(), &book);
    }

    async fn the_next_book_brings_what_no_earlier_one_had(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let id = digest(&site, &ada, &[("list", "unread"), ("only_new", "1")]).await;
        make(&site, &ada, &id).await;

        make(&site, &ada, &id).await;
        assert!(ada.get("/digests").await.text().contains("there was nothing new"));
        let fresh = "<item><title>Fresh</title><link>https://river.example/fresh</link><guid>fresh</guid>\
                     <description>New today.</description></item></channel>";
        site.world.route("/feed", Served::ok("application/rss+xml", rss("The river", &numbered(2)).replace("</channel>", fresh)));
        site.clock.advance(UnixMillis::HOUR);
        refresh_feed(&site.app, feed).await.unwrap();
        make(&site, &ada, &id).await;

        let page = ada.get("/digests").await.text();
        assert_eq!(page.matches("href=\"/books/").count(), 2, "nothing new makes no book: {page}");
        let (text, _) = open_book(&newest_book(&ada).await);
        assert!(text.contains("New today.") && !text.contains("number 1."), "{text}");
    }

    async fn a_book_comes_by_itself_at_its_hour(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(1)).await;
        // The clock stands at midnight, on a Thursday.
        site.app.db.set_account_settings(ada.id, "{\"time_zone\":\"UTC\"}").await.unwrap();
        digest(&site, &ada, &[("list", "all"), ("rhythm", "8"), ("hour", "7"), ("kept", "2")]).await;
        assert!(ada.get("/digests").await.text().contains("next 1 January 2026, 07:00"));
        site.clock.advance(6 * UnixMillis::HOUR);
        assert_eq!(work(&site).await, 0);

        for _ in 0..3 {
            site.clock.advance(UnixMillis::DAY);
            assert_eq!(work(&site).await, 1);
        }

        let page = ada.get("/digests").await.text();
        assert_eq!(page.matches("href=\"/books/").count(), 2, "the newest are kept: {page}");
        assert!(page.contains("next 4 January 2026, 07:00"), "{page}");
        let id = site.app.db.digests(ada.id).await.unwrap()[0].id;
        let changed = ada.post(&format!("/digests/{id}"), &[("title", "Weekly"), ("rhythm", "1"), ("hour", "6"), ("kept", "1")]).await;
        assert_eq!(changed.leads_to(), "/digests?done=stored");
        let page = ada.get("/digests").await.text();
        assert!(page.contains("once a week: Monday") && page.contains("next 5 January 2026, 06:00"), "{page}");
        assert_eq!(page.matches("href=\"/books/").count(), 1);
    }

    async fn a_book_is_no_larger_than_its_reader_wants(site: TestSite) {
        let ada = site.user("ada").await;
        let items: Vec<(String, String)> = (0..4).map(|at| {
            site.world.route(&format!("/{at}.png"), Served::ok("image/png", photograph(790, at)));
            (format!("Article {at}"), format!("<p>Text {at}.</p><p><img src=\"{}\" alt=\"\"></p>", site.world.url(&format!("/{at}.png"))))
        }).collect();
        followed(&site, &ada, "/feed", &items).await;
        let id = digest(&site, &ada, &[("list", "all"), ("size", "1")]).await;

        make(&site, &ada, &id).await;

        let book = newest_book(&ada).await;
        assert!(book.bytes.len() <= 1_000_000, "{}", book.bytes.len());
        let (text, names) = open_book(&book);
        let pictures = names.iter().filter(|name| name.starts_with("book/i")).count();
        assert!((1..4).contains(&pictures), "as many as fit: {names:?}");
        assert!((0..4).all(|at| text.contains(&format!("Text {at}."))), "texts go before pictures");
    }

    async fn what_is_deleted_is_gone_and_a_list_that_is_gone_says_so(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = digest(&site, &ada, &[("list", &format!("feed-{feed}")), ("title", "River")]).await;
        make(&site, &ada, &id).await;
        let page = ada.get("/digests").await.text();
        let book = attribute(&page, "href=\"/books/", "href").to_owned();

        site.app.db.unsubscribe(ada.id, &[feed], site.clock.now()).await.unwrap();
        site.clock.advance(UnixMillis::MINUTE);
        make(&site, &ada, &id).await;
        assert!(ada.get("/digests").await.text().contains("The list is gone"));
        assert_eq!(ada.get(&book).await.status, 200, "what was made stays");

        assert_eq!(ada.post(&format!("{book}/delete"), &[]).await.leads_to(), "/digests?done=book-deleted");
        assert_eq!(ada.get(&book).await.status, 404);
        assert_eq!(ada.post(&format!("/digests/{id}/delete"), &[]).await.leads_to(), "/digests?done=digest-deleted");
        assert!(ada.get("/digests").await.text().contains("There is no digest yet."));
        let eve = site.user("eve").await;
        assert_eq!(eve.post("/digests", &[("list", &format!("feed-{feed}"))]).await.status, 404, "a list of hers, or none");
    }

    async fn a_digest_becomes_one_of_another_list_at_another_hour(site: TestSite) {
        let ada = site.user("ada").await;
        let river = followed(&site, &ada, "/feed", &numbered(2)).await;
        followed(&site, &ada, "/sea", &[("Gulls".to_owned(), "<p>High up.</p>".to_owned())]).await;
        let id = digest(&site, &ada, &[("list", &format!("feed-{river}")), ("newest", "1")]).await;
        let page = ada.get("/digests").await.text();
        assert!(page.contains(&format!("<option value=\"feed-{river}\" selected>")), "{page}");

        // The title is sent as the form shows it: that of its list.
        let fields = [("list", "unread"), ("title", "The river"), ("newest", "9"), ("rhythm", "8"), ("hour", "7")];
        assert_eq!(ada.post(&format!("/digests/{id}"), &fields).await.leads_to(), "/digests?done=stored");

        let page = ada.get("/digests").await.text();
        assert!(page.contains("Unread · every day"), "{page}");
        assert!(page.contains("dir=\"auto\">Unread</h3>"), "called as its list, it still is: {page}");
        make(&site, &ada, &id).await;
        let (text, _) = open_book(&newest_book(&ada).await);
        assert!(text.contains("High up.") && text.contains("Text of number 1."), "{text}");
        let elsewhere = [("list", "feed-999999"), ("title", "Mine")];
        assert_eq!(ada.post(&format!("/digests/{id}"), &elsewhere).await.status, 404, "a list of hers, or none");
    }

    async fn a_digest_whose_list_is_gone_gets_another(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = digest(&site, &ada, &[("list", &format!("feed-{feed}")), ("title", "Mine")]).await;
        site.app.db.unsubscribe(ada.id, &[feed], site.clock.now()).await.unwrap();
        make(&site, &ada, &id).await;
        assert!(ada.get("/digests").await.text().contains(&format!("<option value=\"feed-{feed}\" selected>")));

        // Something else is changed: nobody chose another list for it.
        ada.post(&format!("/digests/{id}"), &[("list", &format!("feed-{feed}")), ("title", "Mine"), ("newest", "3")]).await;
        assert_eq!(site.app.db.digests(ada.id).await.unwrap()[0].list, format!("feed-{feed}"));
        ada.post(&format!("/digests/{id}"), &[("list", "unread"), ("title", "Mine")]).await;

        let page = ada.get("/digests").await.text();
        assert!(!page.contains("The list is gone"), "{page}");
        assert!(page.contains("Mine"));
    }

    async fn others_find_a_book_in_the_catalogue_where_its_owner_put_it(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let made = ada.post("/published", &[("list", &format!("feed-{feed}")), ("title", "To read")]).await.text();
        let path = attribute(&made, "id=\"made1\"", "value").strip_prefix("http://reader.test").unwrap().to_owned();
        let list = site.app.db.publications(ada.id).await.unwrap()[0].id.to_string();
        let star = ids(&site, &ada, Scope::Feed(feed)).await[0];
        site.app.db.set_starred(ada.id, star, true, site.clock.now()).await.unwrap();
        let visitor = site.visitor();
        let book_of = async || {
            let text = visitor.get(&format!("{path}/opds.xml")).await.text();
            let at = text.find(&format!("{path}/digests/"))?;
            Some(text[at..].split('"').next().unwrap().to_owned())
        };
        let id = digest(&site, &ada, &[("list", "starred"), ("title", "Stars")]).await;
        make(&site, &ada, &id).await;
        assert_eq!(book_of().await, None, "nobody said that it is for others");

        let change = [("title", "Stars"), ("catalogue", list.as_str())];
        ada.post(&format!("/digests/{id}"), &change).await;
        assert_eq!(book_of().await, None, "it was made for its owner alone");
        make(&site, &ada, &id).await;
        let book = book_of().await.unwrap();
        let reply = visitor.get(&book).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/epub+zip"));
        assert!(reply.header("content-security-policy").ends_with("sandbox"));

        ada.post(&format!("/digests/{id}"), &[("title", "Stars")]).await;
        assert_eq!(visitor.get(&book).await.status, 404, "taken back");
        let refused = ada.post("/digests", &[("list", "unread"), ("catalogue", &list)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("nobody else’s business"));
    }
    async fn what_is_read_with_a_password_stays_out_of_books_for_others(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/open", &numbered(1)).await;
        let members = rss("Members", &[("For members".to_owned(), "<p>Paid for.</p>".to_owned())]);
        site.world.route("/members", Served::ok("application/rss+xml", members.replace("river.example", "members.example")));
        let mut url = site.world.url("/members").as_url().clone();
        url.set_username("ada").unwrap();
        let feed = site.app.db.ensure_feed(&url.as_str().parse().unwrap(), site.clock.now()).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, site.clock.now(), 50).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();
        ada.post("/published", &[("list", "all")]).await;
        let list = site.app.db.publications(ada.id).await.unwrap()[0].id.to_string();

        for (fields, is_in) in [(vec![("list", "all")], true), (vec![("list", "all"), ("catalogue", list.as_str())], false)] {
            let id = digest(&site, &ada, &fields).await;
            make(&site, &ada, &id).await;
            let (text, _) = open_book(&newest_book(&ada).await);
            assert!(text.contains("Text of number 0."), "{text}");
            assert_eq!(text.contains("Paid for."), is_in, "for others: {}", !is_in);
        }
    }
}
