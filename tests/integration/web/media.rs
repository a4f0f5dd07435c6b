//! Pictures and recordings through the proxy.

use gleaner::domain::WebUrl;

use super::headers::assert_dressed;
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::outside::Reply as Served;
use crate::support::site::{SERVER, TestSite};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand what else a picture is made of";

fn picture(site: &TestSite, path: &str) -> String {
    site.site.web().signer.picture(&site.world.url(path))
}

on_both_databases! {
    async fn a_picture_is_fetched_for_the_reader_and_kept_by_the_browser(site: TestSite) {
        site.world.route("/p.png", Served::ok("text/html", PNG));
        let user = site.user("ada").await;

        let reply = user.get(&picture(&site, "/p.png")).await;

        assert_eq!((reply.status.as_u16(), reply.bytes.as_slice()), (200, PNG));
        assert_eq!(reply.header("content-type"), "image/png", "by its bytes, whatever its server says");
        assert_eq!(reply.header("cache-control"), "private, max-age=604800");
        assert_dressed(&reply, "a picture");
        assert!(site.world.seen().iter().all(|seen| seen.header("referer").is_none() && seen.header("cookie").is_none()));
    }

    async fn what_is_no_picture_is_not_passed_on(site: TestSite) {
        let user = site.user("ada").await;
        for (n, (content_type, body)) in [
            ("image/png", "<!doctype html><script>alert(1)</script>"),
            ("text/html", "<html><svg onload=alert(1)>"),
            ("image/svg+xml", "<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>"),
            ("multipart/x-mixed-replace", "--a\r\n\r\nGIF"),
            ("application/xml", "<?xml version='1.0'?><x/>"),
        ]
        .into_iter()
        .enumerate()
        {
            let path = format!("/not-{n}");
            site.world.route(&path, Served::ok(content_type, body));
            let reply = user.get(&picture(&site, &path)).await;
            assert_eq!(reply.status, 415, "{body}");
            assert!(reply.header("content-type").starts_with("text/plain"));
            assert_dressed(&reply, body);
            assert!(!reply.text().contains("alert"));
        }
    }

    async fn a_picture_that_does_not_come_is_a_page_for_who_follows_its_link(site: TestSite) {
        site.world.route("/broken.png", Served::status(500));
        let path = picture(&site, "/broken.png");
        let reader = site.user("ada").await.sending("accept-language", "de").sending("sec-fetch-dest", "document");

        for (address, status) in [(path.as_str(), 502), ("/media/p/AAAA/AAAA", 403)] {
            let page = reader.get(address).await;

            assert_eq!(page.status, status);
            assert!(page.text().contains("<html lang=\"de\""), "{}", page.text());
            assert!(page.text().contains("Zurück zum Lesen") && !page.text().contains("Fehler von Gleaner"));
            assert_dressed(&page, address);
        }
        let shown = site.user("bob").await.sending("sec-fetch-dest", "image").get(&path).await;
        assert!(shown.header("content-type").starts_with("text/plain"), "nobody sees it in a page");
    }

    async fn a_drawing_is_shown_in_a_page_and_saved_when_opened(site: TestSite) {
        site.world.route("/d.svg", Served::ok("text/plain", "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"));
        let reply = site.user("ada").await.get(&picture(&site, "/d.svg")).await;
        assert_eq!(reply.header("content-type"), "image/svg+xml");
        assert!(reply.header("content-disposition").starts_with("attachment"));
        assert!(reply.header("content-security-policy").ends_with("; sandbox"));
    }

    async fn only_what_was_signed_here_is_fetched(site: TestSite) {
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let user = site.user("ada").await;
        let good = picture(&site, "/p.png");
        let other = picture(&site, "/q.png");
        let (_, other_address) = other.rsplit_once('/').unwrap();
        let (with_signature, address) = good.rsplit_once('/').unwrap();
        for forged in [
            format!("/media/p/AAAAAAAAAAAAAAAAAAAAAA/{address}"),
            format!("{with_signature}/{other_address}"),
            format!("{}/{address}", &with_signature[..with_signature.len() - 1]),
            format!("{with_signature}/%3Cscript%3E"),
        ] {
            let reply = user.get(&forged).await;
            assert_eq!(reply.status, 403, "{forged}");
            assert_dressed(&reply, &forged);
            assert!(!reply.text().contains('<'));
        }
        assert_eq!(site.world.seen().len(), 0);
    }

    async fn it_fetches_neither_itself_nor_what_lies_inside_the_network(site: TestSite) {
        let user = site.user("ada").await;
        let signer = &site.site.web().signer;
        let own = signer.picture(&WebUrl::parse(&format!("http://{SERVER}/media/p/a/b")).unwrap());
        assert_eq!(user.get(&own).await.status, 403);
        for inside in ["http://10.0.0.1/a.png", "http://169.254.169.254/latest", "http://[::1]/a.png"] {
            let reply = user.get(&signer.picture(&WebUrl::parse(inside).unwrap())).await;
            assert_eq!(reply.status, 502, "{inside}");
        }
    }

    async fn a_server_that_only_serves_its_own_pages_is_told_the_articles_origin(site: TestSite) {
        site.world.route("/p.png", Served::status(403));
        let user = site.user("ada").await;
        user.get(&picture(&site, "/p.png")).await;
        let seen = site.world.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].header("referer"), None);
        assert_eq!(seen[1].header("referer"), Some(site.world.url("/").as_str()));
    }

    async fn one_part_can_be_asked_for_and_many_give_the_whole(site: TestSite) {
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let user = site.user("ada").await;
        let address = picture(&site, "/p.png");
        let part = user.sending("range", "bytes=1-3").get(&address).await;
        assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &PNG[1..4]));
        assert_eq!(part.header("content-range"), format!("bytes 1-3/{}", PNG.len()));
        let many = format!("bytes={}5-6", "0-1,".repeat(1_000));
        for (range, status) in [(many.as_str(), 200), ("bytes=-", 200), ("bytes=5-1", 200), ("bytes=4000-", 416)] {
            let reply = user.sending("range", range).get(&address).await;
            assert_eq!(reply.status.as_u16(), status, "{range:.20}");
        }
        let stale = user.sending("range", "bytes=1-3").sending("if-range", "\"old\"").get(&address).await;
        assert_eq!(stale.status, 200);
    }

    async fn a_recording_is_passed_on_in_the_parts_that_the_browser_asks_for(site: TestSite) {
        let sound = vec![7_u8; 12 * 1024 * 1024];
        site.world.route("/long.mp3", Served::ok("audio/mpeg", sound.clone()).header("accept-ranges", "bytes"));
        let part = Served::status(206).body("abc").header("content-type", "audio/mpeg").header("content-range", "bytes 1-3/9");
        site.world.route("/part.mp3", part);
        let user = site.user("ada").await;
        let signer = &site.site.web().signer;

        let whole = user.get(&signer.media(&site.world.url("/long.mp3"))).await;
        let part = user.sending("range", "bytes=1-3").get(&signer.media(&site.world.url("/part.mp3"))).await;

        assert_eq!((whole.status.as_u16(), whole.bytes.len()), (200, sound.len()), "larger than any picture may be");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        assert_dressed(&whole, "a recording");
        assert_eq!((part.status.as_u16(), part.header("content-range"), part.text().as_str()), (206, "bytes 1-3/9", "abc"));
        assert_eq!(site.world.seen().last().unwrap().header("range"), Some("bytes=1-3"));
    }

    async fn what_is_no_recording_is_not_passed_on(site: TestSite) {
        site.world.route("/page.mp3", Served::ok("text/html", "<script>alert(1)</script>"));
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let user = site.user("ada").await;
        let signer = &site.site.web().signer;
        let reply = user.get(&signer.media(&site.world.url("/page.mp3"))).await;
        assert_eq!(reply.status, 415);
        assert_dressed(&reply, "a page");
        let as_recording = picture(&site, "/p.png").replace("/media/p/", "/media/s/");
        assert_eq!(user.get(&as_recording).await.status, 403, "signed for a picture only");
        for inside in ["http://10.0.0.1/a.mp3", "http://[::1]/a.mp3"] {
            let reply = user.get(&signer.media(&WebUrl::parse(inside).unwrap())).await;
            assert_eq!(reply.status, 502, "{inside}");
        }
    }
}

#[tokio::test]
async fn a_picture_needs_a_session_as_well() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    site.account("ada", true).await;
    let reply = site.visitor().sending("sec-fetch-mode", "no-cors").get(&picture(&site, "/p.png")).await;
    assert_eq!(reply.status, 401);
}
