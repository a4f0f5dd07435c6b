//! The addresses of pictures: in pages, signed, and for pages elsewhere.

use gleaner::domain::{ArticleId, WebUrl};
use gleaner::media::{MediaKind, Spec};
use image::ImageFormat;

use super::{bytes, kept, picture, run_jobs, state};
use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// The same, when its pictures are kept.
async fn reader(site: &TestSite, html: &str) -> (Person, ArticleId) {
    let reader = super::reader(site, html).await;
    run_jobs(site).await;
    reader
}

/// The value of an attribute in the first tag that begins like this.
fn attribute(html: &str, tag: &str, name: &str) -> String {
    let start = html.find(tag).unwrap_or_else(|| panic!("{tag} in {html}"));
    let tag = &html[start..start + html[start..].find('>').unwrap()];
    let value = tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {tag}"));
    value.split('"').next().unwrap().replace("&amp;", "&")
}

on_both_databases! {
    async fn a_kept_picture_is_shown_from_the_store_in_sizes_that_fit(site: TestSite) {
        site.world.route("/wide.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 1200, 800)));
        let (user, article) = reader(&site, "<p><img src=/wide.jpg alt='A river' width=300 height=300></p>").await;

        let page = user.get(&format!("/articles/{article}")).await.text();

        let img = "<img src=\"/media/";
        assert_eq!((attribute(&page, img, "width"), attribute(&page, img, "height")), ("1200".into(), "800".into()));
        assert_eq!(attribute(&page, img, "class"), "p1");
        assert_eq!(attribute(&page, img, "loading"), "lazy");
        assert_eq!(attribute(&page, img, "alt"), "A river");
        let set = attribute(&page, img, "srcset");
        let widths: Vec<_> = set.split(", ").map(|one| one.split(' ').nth(1).unwrap()).collect();
        assert_eq!(widths, ["480w", "960w", "1200w"]);
        let browser = user.sending("accept", "image/avif,image/webp,*/*");
        for candidate in set.split(", ") {
            let (address, width) = candidate.split_once(' ').unwrap();
            let reply = browser.get(address).await;
            // What is small already goes out as it is, in its own size.
            let kind = if width == "1200w" { "image/jpeg" } else { "image/webp" };
            assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, kind), "{address}");
            assert_eq!(reply.header("vary"), "Accept");
            assert_eq!(reply.header("cache-control"), "private, max-age=31536000, immutable");
            let shown = image::load_from_memory(&reply.bytes).unwrap();
            assert_eq!(format!("{}w", shown.width()), width);
        }
        let plain = user.get(set.split(' ').next().unwrap()).await;
        assert_eq!(plain.header("content-type"), "image/jpeg", "for a browser without WebP");
        assert_eq!(site.world.hits("/wide.jpg"), 1);

        let list = user.get("/all").await.text();
        assert_eq!(attribute(&list, "<img src=\"/media/", "class"), "p1");
        let thumbnail = browser.get(&attribute(&list, "<img src=\"/media/", "src")).await;
        let thumbnail = image::load_from_memory(&thumbnail.bytes).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), (240, 180));
        assert_eq!(attribute(&list, "<img src=\"/media/", "width"), "240");
    }

    async fn one_of_many_forms_is_enough_where_a_picture_is_kept(site: TestSite) {
        site.world.route("/a.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 300, 200)));
        let html = "<picture><source srcset=/a.avif type=image/avif><img src=/a.jpg></picture>";
        let (user, article) = reader(&site, html).await;
        let page = user.get(&format!("/articles/{article}")).await.text();
        assert!(!page.contains("<source") && page.contains("<picture><img src=\"/media/"), "{page}");
        assert_eq!(site.world.hits("/a.avif"), 0);
    }

    async fn what_is_not_kept_yet_comes_through_the_proxy_and_is_kept(site: TestSite) {
        let (user, article) = reader(&site, "<img src=/late.png>").await;
        let file = picture(ImageFormat::Png, 30, 20);
        site.world.route("/late.png", Reply::ok("image/png", file.clone()));
        let page = user.get(&format!("/articles/{article}")).await.text();
        let address = attribute(&page, "<img src=\"/media/p/", "src");

        let reply = user.get(&address).await;

        assert_eq!(reply.bytes, file);
        let hash = kept(&site, "/late.png").await.expect("kept when it was looked at");
        assert_eq!(bytes(&site, hash).await, Some(file.clone()));
        let hits = site.world.hits("/late.png");
        assert_eq!(user.get(&address).await.bytes, file);
        assert_eq!(site.world.hits("/late.png"), hits, "the second time from the store");
        let page = user.get(&format!("/articles/{article}?again=1")).await.text();
        assert!(page.contains(&format!("/media/{hash}/")));
    }

    async fn a_reader_who_keeps_none_sees_pictures_and_keeps_none(site: TestSite) {
        site.world.route("/a.png", Reply::status(404));
        let (user, _) = reader(&site, "<img src=/a.png>").await;
        let settings = [("pictures", "none"), ("theme", "auto")];
        assert!(user.post("/settings", &settings).await.status.is_redirection());
        site.world.route("/a.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        let reply = user.get(&site.site.web().signer.picture(&site.world.url("/a.png"))).await;
        assert_eq!(reply.status, 200);
        assert_eq!(kept(&site, "/a.png").await, None);
    }

    async fn a_picture_that_is_gone_leaves_its_words_in_a_frame(site: TestSite) {
        let (user, article) = reader(&site, "<p>Here: <img src=/lost.png alt='A “boat”' width=320 height=200></p>").await;
        for _ in 0..6 {
            site.clock.advance(8 * gleaner::domain::UnixMillis::DAY);
            run_jobs(&site).await;
        }
        assert_eq!(state(&site, "/lost.png").await, Some(gleaner::store::PictureState::Gone));
        // The session is as old as the tries by now.
        let page = site.signed_in(user.id).await.get(&format!("/articles/{article}")).await.text();
        assert_eq!(attribute(&page, "<span class=\"lost\"", "aria-label"), "A “boat”");
        let frame = "<img src=\"data:image/svg+xml,";
        assert_eq!((attribute(&page, frame, "width"), attribute(&page, frame, "height")), ("320".into(), "200".into()));
        assert!(!page.contains("/media/p/"), "nobody asks for it any more");
    }

    async fn a_saved_article_carries_the_picture_that_its_source_lost(site: TestSite) {
        site.world.route("/a.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        let (user, article) = reader(&site, "<img src=/a.png>").await;
        assert!(kept(&site, "/a.png").await.is_some());
        site.world.route("/a.png", Reply::status(404));
        let file = user.get(&format!("/articles/{article}/export/html")).await.text();
        assert!(file.contains("<img src=\"data:image/png;base64,"), "{file}");
    }

    async fn only_signed_forms_of_a_picture_are_given(site: TestSite) {
        site.world.route("/a.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 600, 400)));
        reader(&site, "<img src=/a.jpg>").await;
        let signer = &site.site.web().signer;
        let hash = kept(&site, "/a.jpg").await.unwrap();
        let good = signer.kept(hash, Some(&Spec::wide(300)));
        let visitor = site.visitor();
        assert_eq!(visitor.get(&good).await.status, 200, "the signature is enough");
        for forged in [
            good.replace("w=300", "w=301"),
            good.replace(&hash.to_string(), &"0".repeat(64)),
            good.replace("/w=300", "/original"),
            format!("{good}A"),
            good.split('?').next().unwrap().to_owned() + "?s=",
            format!("/media/..%2f..%2fetc/w=300?s={}", good.split("s=").nth(1).unwrap()),
        ] {
            assert_eq!(visitor.get(&forged).await.status, 403, "{forged}");
        }
        let unknown = signer.kept(gleaner::media::PictureHash::of(b"unknown"), Some(&Spec::wide(300)));
        assert_eq!(visitor.get(&unknown).await.status, 404);
    }

    async fn a_picture_through_the_own_proxy_needs_a_signature_or_a_session(site: TestSite) {
        let file = picture(ImageFormat::Png, 600, 400);
        site.world.route("/a.png", Reply::ok("image/png", file));
        let user = site.user("ada").await;
        let address = site.world.url("/a.png");
        let query: String = url::form_urlencoded::byte_serialize(address.as_str().as_bytes()).collect();
        let asked = format!("/img?url={query}&w=300&h=300&fit=cover&output=webp&we&q=60");

        let reply = user.get(&asked).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "image/webp"));
        let shown = image::load_from_memory(&reply.bytes).unwrap();
        assert_eq!((shown.width(), shown.height()), (300, 300));

        let visitor = site.visitor().sending("sec-fetch-mode", "no-cors");
        assert_eq!(visitor.get(&asked).await.status, 401);
        assert_eq!(visitor.get(&format!("{asked}&s=AAAAAAAAAAAAAAAAAAAAAA")).await.status, 403);
        let signed = site.site.web().signer.own(&address, &"w=200,output=jpg".parse().unwrap());
        let reply = visitor.get(&signed).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "image/jpeg"));
        assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin", "pages elsewhere may show it");
        assert_eq!(visitor.get(&signed.replace("w=200", "w=201")).await.status, 403);
        for (wrong, status) in [("/img", 400), ("/img?url=javascript:1", 400), ("/img?url=http://10.0.0.1/a.png", 502)] {
            assert_eq!(user.get(wrong).await.status, status, "{wrong}");
        }
        assert_eq!(user.get(&format!("/img?url={query}&w=99999")).await.status, 400);
    }

    async fn drawings_and_moving_pictures_come_as_they_are(site: TestSite) {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let gif = super::hostile::gif(20, 20, 3);
        site.world.route("/a.svg", Reply::ok("image/svg+xml", svg));
        site.world.route("/a.gif", Reply::ok("image/gif", gif.clone()));
        let (user, article) = reader(&site, "<img src=/a.svg><img src=/a.gif>").await;
        let page = user.get(&format!("/articles/{article}")).await.text();

        let drawing = user.get(&attribute(&page, "<img src=\"/media/", "src")).await;
        assert_eq!((drawing.header("content-type"), drawing.text().as_str()), ("image/svg+xml", svg));
        assert!(drawing.header("content-disposition").starts_with("attachment"));
        assert!(drawing.header("content-security-policy").ends_with("; sandbox"));
        let hash = kept(&site, "/a.gif").await.unwrap();
        let moving = user.get(&site.site.web().signer.kept(hash, Some(&Spec::wide(10)))).await;
        assert_eq!(moving.bytes, gif);
        let still = user.get(&site.site.web().signer.kept(hash, Some(&Spec::fitting(10, 10)))).await;
        assert_eq!(MediaKind::of(&still.bytes), Some(MediaKind::Jpeg), "nothing moves in a list");
    }
}

#[tokio::test]
async fn addresses_without_a_scheme_are_read_as_weserv_does() {
    let site = TestSite::on(crate::support::database::TestDatabase::sqlite()).await;
    let user = site.user("ada").await;
    for text in ["127.0.0.1/a.png", "ssl:127.0.0.1/a.png", "//127.0.0.1/a.png"] {
        assert_eq!(
            user.get(&format!("/img?url={text}")).await.status,
            502,
            "{text} is an address, if one of this machine"
        );
    }
    assert!(WebUrl::parse("https://127.0.0.1/a.png").is_ok());
}
