//! Articles as files: for other programs, for e-readers, and to be taken in again.

use gleaner::archive;
use gleaner::store::Scope;
use http::Method;
use serde_json::Value;

use super::reading::{attribute, followed, ids, numbered};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::outside::Reply as Served;
use crate::support::site::TestSite;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nabc";

/// Texts that break the rules of books, in several languages, with pictures of every kind.
pub(super) fn odd_texts(site: &TestSite) -> Vec<(String, String)> {
    let picture = |kind: &str, format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(40, 30).write_to(&mut bytes, format).unwrap();
        let path = format!("/picture.{kind}");
        site.world.route(&path, Served::ok(&format!("image/{kind}"), bytes.into_inner()));
        format!("<img src=\"{}\" alt=\"{kind} &amp; &lt;b&gt;\">", site.world.url(&path))
    };
    let pictures = [
        picture("png", image::ImageFormat::Png),
        picture("jpeg", image::ImageFormat::Jpeg),
        picture("gif", image::ImageFormat::Gif),
        picture("webp", image::ImageFormat::WebP),
    ]
    .concat();
    site.world.route(
        "/drawing.svg",
        Served::ok("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>"),
    );
    let drawing = format!(
        "<img src=\"{}\"><img src=\"{}\" alt=\"lost\">",
        site.world.url("/drawing.svg"),
        site.world.url("/lost.png")
    );
    let mut texts: Vec<(String, String)> = include_str!("../../fixtures/payloads/active.html")
        .lines()
        .enumerate()
        .map(|(at, html)| (format!("Payload {at}"), format!("<p>Before.</p>{html}<p>After.</p>")))
        .collect();
    let odd = [
        ("Pictures", pictures.as_str()),
        ("Drawings", &drawing),
        ("مرحبا", "<p>مرحبا بالعالم، هذا نص عربي طويل بما يكفي ليعرف.</p><ul><li>١</ul>"),
        (
            "ルビ",
            "<p><ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby><ruby><rt>x</rt></ruby><ruby>a<rt>b</rt>c</ruby></p>",
        ),
        (
            "",
            "<p>No title at all, and an id twice.</p><p id=\"a\">1</p><p id=\"a\">2</p><a href=\"#a\">up</a><a href=\"#none\">none</a>",
        ),
        (
            "Nested",
            "<h1><p>In a heading</p></h1><b><div>Block</div></b><p><table><tr><td>1<tr><td colspan=9>2</table></p><dl>x<dt>a<dd>b</dl>",
        ),
        (
            "Lists",
            "<ul>text<p>p</p><ul><li>a</ul></ul><ol start=\"-3\"><li value=\"9\">x</ol><ol reversed></ol><ul></ul><table></table>",
        ),
        (
            "Links",
            "<a href=\"https://a.example/a b|c?x=[1]#y#z\">1</a><a href=\"mailto:x\">2</a><a href=\"http://[::1\">3</a><a href=\"https://例え.example/ü%zz\">4</a>",
        ),
        (
            "Media",
            "<video controls src=\"/v.mp4\"><a href=\"/v.mp4\">film</a></video><audio><source src=\"/a.mp3\"></audio><iframe src=\"https://www.youtube.com/embed/x\"></iframe>",
        ),
        (
            "Figures",
            "<figure><figcaption>alone</figcaption></figure><details><summary>S</summary>text</details><hr><p><hr></p><br>",
        ),
        (
            "Signs",
            "<p>&#0;&#8;&#xfffe;&#x1f600; \u{202e}abc &amp;amp; &nbsp;</p><pre>  a\n\tb</pre><math alttext=\"x^2\"><mi>x</mi></math><time datetime=\"x\">t</time>",
        ),
        ("Nothing", ""),
    ];
    texts.extend(odd.map(|(title, html)| (title.to_owned(), html.to_owned())));
    texts
}

/// Every way to get a book gives one that the checker of EPUB finds nothing wrong with.
#[tokio::test]
async fn every_kind_of_book_is_valid() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let texts = odd_texts(&site);
    let feed = followed(&site, &ada, "/feed", &texts).await;
    let list = format!("feed-{feed}");
    let pictures = ids(&site, &ada, Scope::Feed(feed)).await[texts.len() - 12];
    let shared = ada.post(&format!("/articles/{pictures}/share"), &[]).await.text();
    let shared = attribute(&shared, "id=\"link\"", "value").strip_prefix("http://reader.test").unwrap().to_owned();
    let published =
        super::publishing::publish(&ada, &[("list", &list), ("title", "All & <everything>"), ("newest", "200")]).await;
    let catalogue = site.visitor().get(&format!("{published}/opds.xml")).await.text();
    let books: Vec<&str> = catalogue
        .split("acquisition\" href=\"http://reader.test")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(books.len(), texts.len() + 1);

    for path in
        [format!("/export?list={list}&format=epub"), format!("{shared}/epub"), books[books.len() - 12].to_owned()]
    {
        let book = ada.get(&path).await;
        assert_eq!((book.status.as_u16(), book.header("content-type")), (200, "application/epub+zip"), "{path}");
        super::digests::assert_valid(site.database.folder.path(), &book);
    }
    super::digests::digest(&site, &ada, &[("list", &list), ("title", "For <the> train"), ("newest", "200")]).await;
    let id = site.app.db.digests(ada.id).await.unwrap()[0].id.to_string();
    super::digests::make(&site, &ada, &id).await;
    super::digests::assert_valid(site.database.folder.path(), &super::digests::newest_book(&ada).await);
}

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
            ("md", "application/zip", "pictures/1.png"),
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

    async fn what_is_saved_in_other_forms_is_known_again(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let text = format!("<p>{}</p><p><img src=\"{picture}\" alt=\"A field\"></p>", "The river <b>rose</b> & fell, 洪水, all night long. ".repeat(9));
        let feed = followed(&site, &ada, "/feed", &[("洪水 &amp; \"water\"".to_owned(), text)]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        for format in ["html", "md", "json", "archive"] {
            let file = ada.get(&format!("/articles/{id}/export/{format}")).await;
            let eve = site.user(&format!("eve{format}")).await;
            let name = if format == "archive" { "1.md".to_owned() } else { format!("x.{format}") };

            eve.upload("/settings/import", &[(&name, &file.bytes)]).await;
            eve.post("/settings/import/run", &[]).await;

            let all = ids(&site, &eve, Scope::All).await;
            assert_eq!(all.len(), 1, "{format}: {}", eve.get("/settings/import").await.text());
            let article = site.app.db.article(eve.id, all[0]).await.unwrap().unwrap();
            assert_eq!(article.title, "洪水 & \"water\"", "{format}");
            assert_eq!(article.url.unwrap().as_str(), "https://river.example/0", "{format}");
            let page = eve.get(&format!("/articles/{}", all[0])).await.text();
            assert!(page.contains("fell, 洪水, all night long."), "{format}: {page}");
            assert!(page.contains("alt=\"A field\""), "{format}: {page}");
        }
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

    async fn some_articles_of_a_list_are_chosen_without_scripts(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        assert!(ada.get("/published").await.text().contains("name=\"choose\""), "the page of files leads there");
        let list = format!("/export?list=feed-{feed}&format=md");

        let page = ada.get(&format!("{list}&choose=1")).await.text();

        assert_eq!(page.matches("type=\"checkbox\" name=\"id\"").count(), 3, "{page}");
        for format in ["html", "epub", "md", "txt", "json", "archive"] {
            assert!(page.contains(&format!("<option value=\"{format}\">")), "{format}");
        }
        let text = ada.get(&format!("{list}&id={}&id={}", articles[0], articles[2])).await.text();
        assert!(text.contains("Article 0") && !text.contains("Article 1") && text.contains("Article 2"), "{text}");
        assert_eq!(eve.get(&format!("{list}&choose=1")).await.status, 404);
        followed(&site, &eve, "/other", &numbered(1)).await;
        let foreign = eve.get(&format!("/export?list=all&format=json&id={}", articles[1])).await.text();
        assert!(!foreign.contains("Article 1"), "numbers choose from the list and open nothing else: {foreign}");
    }
}
