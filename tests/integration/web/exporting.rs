//! Articles as files: for other programs, for e-readers, and to be taken in again.

use gleaner::archive;
use gleaner::store::Scope;
use http::Method;
use serde_json::Value;

use super::reading::{attribute, followed, ids, numbered};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply as Served;
use crate::support::site::TestSite;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nabc";

on_both_databases! {
    async fn an_article_is_saved_in_every_form(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let text = format!("<p>The river <b>rose</b>.</p><p><img src=\"{picture}\" alt=\"A field\"></p><script>alert(1)</script>");
        let feed = followed(&site, &ada, "/feed", &[("洪水 &amp; water".to_owned(), text)]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        for (format, kind, words) in [
            ("html", "text/html; charset=utf-8", "<img src=\"data:image/png;base64,iVBORw0KGgphYmM=\""),
            ("md", "text/markdown; charset=utf-8", "The river **rose**."),
            ("txt", "text/plain; charset=utf-8", "洪水 & water\nhttps://river.example/0\n\nThe river rose."),
            ("json", "application/json", "\"title\": \"洪水 & water\""),
            ("epub", "application/epub+zip", "mimetypeapplication/epub+zip"),
            ("archive", "text/markdown; charset=utf-8", "[洪水 & water](https://river.example/0)"),
        ] {
            let reply = ada.get(&format!("/articles/{id}/export/{format}")).await;

            assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, kind));
            assert!(reply.text().contains(words), "{format}: {}", reply.text());
            let name = reply.header("content-disposition");
            assert!(name.starts_with("attachment; filename=\"article."), "{name}");
            assert!(name.contains("%E6%B4%AA%E6%B0%B4"), "{name}");
            assert!(reply.header("content-security-policy").ends_with("sandbox"), "{format}");
            assert!(format == "archive" || !reply.text().contains("alert(1)"), "{format}");
        }
        assert_eq!(ada.get(&format!("/articles/{id}/export/exe")).await.status, 404);
        let eve = site.user("eve").await;
        assert_eq!(eve.get(&format!("/articles/{id}/export/md")).await.status, 404);
    }

    async fn what_is_saved_to_be_taken_in_again_is_the_same_article(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("The flood".to_owned(), "<p>The river rose.</p>".to_owned())]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let file = ada.get(&format!("/articles/{id}/export/archive")).await;

        let read = archive::read("1_x.md", &file.bytes).unwrap();

        assert_eq!((read.title.as_str(), read.address.as_str()), ("The flood", "https://river.example/0"));
        assert_eq!(read.body, "<p>The river rose.</p>");
        let eve = site.user("eve").await;
        let report = eve.upload("/settings/import/articles", &[("1_The flood.md", &file.bytes)]).await;
        assert_eq!(report.status, 200, "{}", report.text());
        let taken = ids(&site, &eve, Scope::All).await[0];
        assert!(eve.get(&format!("/articles/{taken}")).await.text().contains("The river rose."));
    }

    async fn a_list_is_one_file(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let save = async |format: &str| ada.get(&format!("/export?list=feed-{feed}&format={format}")).await;

        let json: Value = serde_json::from_slice(&save("json").await.bytes).unwrap();
        let titles: Vec<&str> = json.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["Article 0", "Article 1", "Article 2"]);
        assert_eq!(json[1]["text"].as_str().unwrap().trim(), "Text of number 1.");
        assert_eq!(save("md").await.text().matches("\n# Article").count(), 2);
        assert_eq!(save("html").await.text().matches("<article").count(), 3);
        let zip = save("archive").await;
        assert_eq!((zip.header("content-type"), &zip.bytes[..4]), ("application/zip", b"PK\x03\x04".as_slice()));
        let names = String::from_utf8_lossy(&zip.bytes).matches("The river/").count();
        assert_eq!(names, 6, "three files, each with an entry in the directory");
        let book = save("epub").await;
        assert!(book.header("content-disposition").contains("The%20river.epub"), "{}", book.header("content-disposition"));
        let eve = site.user("eve").await;
        assert_eq!(eve.get(&format!("/export?list=feed-{feed}&format=md")).await.status, 404);
        assert_eq!(ada.get("/export?list=history&format=md").await.status, 404);
    }

    async fn a_shared_article_can_be_saved_by_whoever_may_read_it(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("The flood".to_owned(), "<p>The river rose.</p>".to_owned())]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let share = async |fields: &[(&str, &str)]| {
            let page = ada.post(&format!("/articles/{id}/share"), fields).await.text();
            attribute(&page, "id=\"link\"", "value").strip_prefix("http://reader.test").unwrap().to_owned()
        };
        let (open, closed) = (share(&[]).await, share(&[("password", "secret word")]).await);
        let visitor = site.visitor();

        assert!(visitor.get(&open).await.text().contains(&format!("<a href=\"{open}/epub\"")));
        for format in ["html", "epub", "md", "txt"] {
            assert_eq!(visitor.get(&format!("{open}/{format}")).await.status, 200, "{format}");
            assert_eq!(visitor.get(&format!("{closed}/{format}")).await.status, 404, "{format}");
        }
        let opened = visitor.post(&closed, &[("password", "secret word")]).await.text();
        assert!(opened.contains("The river rose.") && !opened.contains("/epub"));
        let link = site.app.db.shares(ada.id, None).await.unwrap().pop().unwrap();
        ada.send(Method::POST, &format!("/shares/{}/delete", link.id), "", axum::body::Body::empty()).await.leads_to();
        assert_eq!(visitor.get(&format!("{open}/md")).await.status, 404);
    }
}
