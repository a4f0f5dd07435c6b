//! What the servers of pictures do beside sending pictures: other kinds of file, headers, names, silence, redirects.

use std::time::Duration;

use gleaner::domain::{ArticleId, UnixMillis, WebUrl};
use gleaner::egress::Deadlines;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::media::Spec;
use gleaner::store::Scope;
use image::ImageFormat;

use super::{kept, picture, reader, run_jobs, state};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::house::House;
use crate::support::outside::{Reply, Step};
use crate::support::site::{Browser, Reply as Given, TestSite};

/// Drawings that do something, if they are let.
const DRAWINGS: [&str; 4] = [
    "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg'><foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>\
     <iframe src='javascript:alert(3)'/></body></foreignObject></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>\
     <use x:href='http://elsewhere.example/a.svg#b'/><image href='http://elsewhere.example/c.png'/></svg>",
    "<?xml version='1.0'?><?xml-stylesheet href='http://elsewhere.example/d.css'?>\
     <svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:alert(4)'><text>here</text></a></svg>",
];

/// A drawing whose entities unfold to a billion letters.
const LAUGHS: &str = "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'haha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\
    <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&c;</text></svg>";

/// Such bytes do nothing on our origin, whoever opens them and however.
fn assert_does_nothing(reply: &Given, what: &str) {
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("; sandbox"), "{what}: {policy}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    if reply.header("content-type") == "image/svg+xml" {
        assert_eq!(
            reply.header("content-disposition"),
            "attachment; filename=\"picture.svg\"",
            "{what}: saved, not opened"
        );
    }
}

/// All headers that an answer may have. What the other server sent beside its bytes is none of them.
const OURS: [&str; 18] = [
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "gleaner-reader",
    "origin-agent-cluster",
    "permissions-policy",
    "referrer-policy",
    "server-timing",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "x-robots-tag",
];

/// A feed of one article that shows a picture, with this picture of its own.
fn feed_with_icon(house: &House, icon: &str) -> String {
    house.world.route("/shown.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
    format!(
        "<rss version=\"2.0\"><channel><title>Icons</title><image><url>{icon}</url></image><item><title>One</title>\
         <link>{}</link><guid>1</guid><description><![CDATA[<p>Words.</p><img src=/shown.png>]]></description></item></channel></rss>",
        house.world.url("/one")
    )
}

/// The answers to every way in which a reader can come to the picture at `path`: shown in an article, kept, resized, and in a
/// shared article.
async fn every_way(site: &TestSite, user: &Browser, path: &str) -> Vec<Given> {
    let (signer, url) = (&site.site.web().signer, site.world.url(path));
    let mut ways = vec![signer.picture(&url)];
    if let Some(hash) = kept(site, path).await {
        ways.push(signer.kept(hash, None));
        ways.push(signer.kept(hash, Some(&Spec::wide(300))));
    }
    ways.push(signer.own(&url, &Spec::wide(300)));
    let mut answers = Vec::new();
    for way in ways {
        answers.push(user.get(&way).await);
    }
    answers
}

/// A page that was given away with one picture, and the picture's address there.
async fn shared_picture(site: &TestSite, user: &Browser, article: ArticleId) -> (String, String) {
    let page = user.post(&format!("/articles/{article}/share"), &[]).await.text();
    let link = page.split("id=\"link\"").nth(1).unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let link = link.strip_prefix("http://reader.test").unwrap().to_owned();
    let shown = site.visitor().get(&link).await.text();
    let at = shown.find(&format!("{link}/p/")).unwrap_or_else(|| panic!("a picture in {shown}"));
    let picture = shown[at..].split('"').next().unwrap().to_owned();
    (link, picture)
}

on_both_databases! {
    /// I10: drawings with scripts, foreign objects and things from elsewhere, opened by their address in every way that there is.
    async fn a_drawing_opened_by_itself_is_saved_and_does_nothing(site: TestSite) {
        for (n, drawing) in DRAWINGS.iter().enumerate() {
            site.world.route(&format!("/{n}.svg"), Reply::ok("image/svg+xml", *drawing));
        }
        let shown: String = (0..DRAWINGS.len()).map(|n| format!("<img src=/{n}.svg>")).collect();
        let (user, article) = reader(&site, &shown).await;
        run_jobs(&site).await;

        for (n, drawing) in DRAWINGS.iter().enumerate() {
            let path = format!("/{n}.svg");
            let answers = every_way(&site, &user, &path).await;
            assert_eq!(answers.len(), 4, "it is kept");
            for answer in answers {
                assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"), "{drawing}");
                assert_does_nothing(&answer, drawing);
            }
        }
        let (_, picture) = shared_picture(&site, &user, article).await;
        let given = site.visitor().get(&picture).await;
        assert_eq!((given.status.as_u16(), given.header("content-type")), (200, "image/svg+xml"));
        assert_does_nothing(&given, "in a shared article");
        let elsewhere = site.world.seen().iter().any(|seen| seen.header("host").is_some_and(|host| host.contains("elsewhere")));
        assert!(!elsewhere, "nothing in a drawing is followed");
    }

    /// I10: a drawing as a feed's own picture is kept as bytes and never drawn; one with entities is no picture at all.
    async fn a_drawing_with_entities_is_refused(site: TestSite) {
        site.world.route("/laughs.svg", Reply::ok("image/svg+xml", LAUGHS));
        let (user, _) = reader(&site, "<img src=/laughs.svg>").await;
        run_jobs(&site).await;
        assert_eq!(kept(&site, "/laughs.svg").await, None);
        for answer in every_way(&site, &user, "/laughs.svg").await {
            assert_eq!(answer.status, 415);
            assert_does_nothing(&answer, "entities");
            assert!(!answer.text().contains("haha"));
        }
    }

    /// I12: what browsers show and we do not decode goes through as it is, below the bound; other codings do not go through.
    async fn what_is_not_decoded_passes_if_browsers_show_it_and_it_is_not_too_large(site: TestSite) {
        let avif = [&b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"[..], &[7; 400]].concat();
        let film = [&b"\0\0\0\x18ftypisom\0\0\0\0isomavc1"[..], &[7; 400]].concat();
        let large = [&avif[..], &vec![7; 11 * 1024 * 1024]].concat();
        site.world.route("/a.avif", Reply::ok("image/avif", avif.clone()));
        site.world.route("/film.mp4", Reply::ok("video/mp4", film.clone()));
        site.world.route("/large.avif", Reply::ok("image/avif", large));
        site.world.route("/a.heic", Reply::ok("image/heic", [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], &[7; 400]].concat()));
        site.world.route("/a.jxl", Reply::ok("image/jxl", [&b"\0\0\0\x0cJXL \r\n\x87\n"[..], &[7; 400]].concat()));
        site.world.route("/b.jxl", Reply::ok("image/jxl", [&b"\xff\x0a"[..], &[7; 400]].concat()));
        let html = "<img src=/a.avif><img src=/film.mp4><img src=/large.avif><img src=/a.heic><img src=/a.jxl><img src=/b.jxl>";
        let (user, _) = reader(&site, html).await;
        run_jobs(&site).await;

        let answers = every_way(&site, &user, "/a.avif").await;
        assert_eq!(answers.len(), 4, "it is kept");
        for answer in answers {
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/avif"));
            assert_eq!(answer.bytes, avif, "not decoded, so not resized either");
        }
        let film_in_img = user.get(&site.site.web().signer.picture(&site.world.url("/film.mp4"))).await;
        assert_eq!((film_in_img.header("content-type"), &film_in_img.bytes), ("video/mp4", &film));
        assert_does_nothing(&film_in_img, "a film");
        for (path, status) in [("/large.avif", 502), ("/a.heic", 415), ("/a.jxl", 415), ("/b.jxl", 415)] {
            assert_eq!(kept(&site, path).await, None, "{path}");
            for answer in every_way(&site, &user, path).await {
                assert_eq!(answer.status, status, "{path}");
            }
        }
        assert_eq!(kept(&site, "/film.mp4").await, None, "a film is no picture that is kept");
    }

    /// I14: a feed's own picture that is too large, leads into a private network, or is empty is refused; when it is sound
    /// later, it is kept then.
    async fn a_bad_icon_is_refused_and_tried_again(house: House) {
        let mut large = picture(ImageFormat::Png, 16, 16);
        large.resize(10 * 1024 * 1024 - 1, 0);
        let bad = [Reply::ok("image/png", large), Reply::redirect(301, "http://10.0.0.1/icon.png"), Reply::ok("image/png", "")];
        for (n, reply) in bad.into_iter().enumerate() {
            let (feed, icon) = (format!("/feed{n}"), format!("/icon{n}.png"));
            house.world.route(&icon, reply);
            house.world.route(&feed, Reply::ok("application/rss+xml", feed_with_icon(&house, house.world.url(&icon).as_str())));
            let feed = house.follow(&feed).await;
            refresh_feed(&house.app, feed).await.unwrap();
            assert_eq!(house.list(Scope::Feed(feed), false).await.len(), 1, "the feed is read all the same");
            run_jobs(&house).await;
            assert_eq!((kept(&house, &icon).await, house.world.hits(&icon)), (None, 1), "{icon}");

            house.world.route(&icon, Reply::ok("image/png", picture(ImageFormat::Png, 16, 16)));
            run_jobs(&house).await;
            assert_eq!(house.world.hits(&icon), 1, "not at once");
            house.clock.advance(11 * UnixMillis::MINUTE);
            run_jobs(&house).await;
            assert!(kept(&house, &icon).await.is_some(), "{icon}");
        }
    }

    /// U31: a feed's own picture inside the network, as a data URL of 5 MB, or with a script is not fetched, not kept, or inert.
    async fn an_icon_that_is_no_address_outside_is_left(house: House) {
        let data = format!("data:image/png;base64,{}", "A".repeat(5 * 1024 * 1024));
        for (n, icon) in ["http://10.0.0.1/icon.png", "http://[::1]/icon.png", "file:///etc/passwd", &data].iter().enumerate() {
            let path = format!("/feed{n}");
            house.world.route(&path, Reply::ok("application/rss+xml", feed_with_icon(&house, icon)));
            let feed = house.follow(&path).await;
            refresh_feed(&house.app, feed).await.unwrap();
            run_jobs(&house).await;
            assert_eq!(house.list(Scope::Feed(feed), false).await.len(), 1, "{icon:.40}");
        }
        let kept = house.app.media.store.list().await.unwrap();
        assert_eq!(kept.len(), 1, "the picture of the articles alone");
    }

    /// I18: of what a picture's server says nothing but the bytes goes on, for pictures and recordings alike.
    async fn no_header_of_another_server_is_passed_on(site: TestSite) {
        let hostile = |reply: Reply| {
            reply
                .header("set-cookie", "__Host-gleaner=stolen; Path=/; Secure")
                .header("content-security-policy", "default-src *; script-src 'unsafe-inline'")
                .header("content-security-policy-report-only", "report-uri /spy")
                .header("strict-transport-security", "max-age=99999999; includeSubDomains")
                .header("refresh", "0;url=https://evil.example/")
                .header("link", "<https://evil.example/a.css>; rel=stylesheet")
                .header("location", "https://evil.example/")
                .header("clear-site-data", "\"*\"")
                .header("access-control-allow-origin", "*")
                .header("service-worker-allowed", "/")
                .header("content-disposition", "inline; filename=\"a.html\"")
                .header("x-frame-options", "ALLOWALL")
                .header("sourcemap", "https://evil.example/a.map")
                .header("www-authenticate", "Basic realm=\"evil\"")
                .header("alt-svc", "h3=\"evil.example:443\"")
                .header("nel", "{}")
                .header("server", "evil")
        };
        site.world.route("/a.png", hostile(Reply::ok("image/png", picture(ImageFormat::Png, 30, 20))));
        site.world.route("/a.mp3", hostile(Reply::ok("audio/mpeg", "ID3 and sound")));
        site.world.route("/gone.png", hostile(Reply::status(404)));
        site.world.route("/page.png", hostile(Reply::ok("text/html", "<script>alert(1)</script>")));
        let (user, article) = reader(&site, "<img src=/a.png>").await;

        let mut answers = every_way(&site, &user, "/a.png").await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        answers.push(site.visitor().get(&shared_picture(&site, &user, article).await.1).await);
        assert_eq!(answers.last().unwrap().status, 200);
        let sound = user.get(&site.site.web().signer.media(&site.world.url("/a.mp3"))).await;
        assert_eq!(sound.status, 200);
        answers.push(sound);
        answers.extend(every_way(&site, &user, "/gone.png").await);
        answers.extend(every_way(&site, &user, "/page.png").await);
        for answer in answers {
            for name in answer.headers.keys() {
                assert!(OURS.contains(&name.as_str()), "{name}: {}", answer.header(name.as_str()));
            }
            for (name, value) in &answer.headers {
                let value = value.to_str().unwrap();
                assert!(!value.contains("evil") && !value.contains("unsafe") && !value.contains("a.html"), "{name}: {value}");
            }
            assert_does_nothing(&answer, "with headers");
        }
    }

    /// I19: a type that breaks out of its line or is as long as a book is not ours to repeat.
    async fn the_type_of_an_answer_is_our_own(site: TestSite) {
        let raw = |content_type: &str, body: &[u8]| {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
            Reply::script(vec![Step::Send(head.into_bytes()), Step::Send(body.to_vec())])
        };
        let png = picture(ImageFormat::Png, 30, 20);
        let user = site.user("ada").await;
        let signer = &site.site.web().signer;
        let types = ["image/png\r\nset-cookie: a=b", "image/png\r\n folded: x", "image/png\nx-evil: 1", &format!("image/{}", "x".repeat(10_000)), "\u{1}", ""];
        for (n, content_type) in types.into_iter().enumerate() {
            let path = format!("/{n}.png");
            site.world.route(&path, raw(content_type, &png));
            let answer = user.get(&signer.picture(&site.world.url(&path))).await;
            // A server that breaks the rules of HTTP may be refused; whatever comes is ours.
            match answer.status.as_u16() {
                200 => assert_eq!((answer.header("content-type"), &answer.bytes), ("image/png", &png), "{n}"),
                status => assert_eq!((status, answer.header("content-type")), (502, "text/plain; charset=utf-8"), "{n}"),
            }
            assert!(answer.headers.keys().all(|name| OURS.contains(&name.as_str())), "{n}: {:?}", answer.headers);
        }
        assert_eq!(user.get(&signer.picture(&site.world.url("/3.png"))).await.status, 200, "long is not wrong");

        let long = format!("audio/{}", "x".repeat(10_000));
        for (n, (content_type, range)) in [
            ("audio/mpeg\r\nset-cookie: a=b", "bytes 0-2/3"),
            (long.as_str(), "bytes 0-2/3"),
            ("audio/mpeg; x=\"<script>\"", "bytes 0-2/3, <script>"),
        ].into_iter().enumerate() {
            let path = format!("/{n}.mp3");
            let head = format!("HTTP/1.1 206 Part\r\ncontent-type: {content_type}\r\ncontent-range: {range}\r\ncontent-length: 3\r\n\r\nabc");
            site.world.route(&path, Reply::script(vec![Step::Send(head.into_bytes())]));
            let answer = user.sending("range", "bytes=0-2").get(&signer.media(&site.world.url(&path))).await;
            let given = if answer.status.is_success() { "audio/mpeg" } else { "text/plain; charset=utf-8" };
            assert_eq!(answer.header("content-type"), given, "{n}");
            for (name, value) in &answer.headers {
                assert!(OURS.contains(&name.as_str()) && !value.to_str().unwrap().contains("script>"), "{n} {name}: {value:?}");
            }
        }
    }

    /// I20: no name in an address becomes the name of a file, or a line of its own.
    async fn a_name_in_an_address_is_no_name_of_a_file(site: TestSite) {
        let (png, svg) = (picture(ImageFormat::Png, 30, 20), DRAWINGS[0]);
        let long = format!("/{}.png", "n".repeat(3_000));
        let paths = ["/x%22.html", "/a/..%2f..%2fetc%2fpasswd", "/a%0d%0aset-cookie:%20a=b", "/x%22%3b%20filename=%22y.exe", long.as_str()];
        let user = site.user("bob").await;
        let signer = &site.site.web().signer;
        for path in paths {
            site.world.route(path, Reply::ok("image/png", png.clone()));
            let answer = user.get(&signer.picture(&site.world.url(path))).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"), "{path:.40}");
            assert!(!answer.headers.contains_key("content-disposition") && !answer.headers.contains_key("set-cookie"));
            site.world.route(&format!("{path}?svg"), Reply::ok("image/svg+xml", svg));
            let answer = user.get(&signer.picture(&site.world.url(&format!("{path}?svg")))).await;
            assert_eq!(answer.header("content-disposition"), "attachment; filename=\"picture.svg\"", "{path:.40}");
        }
        // Ten kilobytes are no address at all: nothing of it is shown or asked for.
        let endless = format!("{}{}.png", site.world.url("/"), "n".repeat(10_000));
        assert!(WebUrl::parse(&endless).is_err());
        let (person, article) = reader(&site, &format!("<img src=\"{endless}\">")).await;
        let page = person.get(&format!("/articles/{article}")).await.text();
        assert!(page.contains("The river rose.") && !page.contains("/media/p/"));
    }
}

/// I17: servers that send a byte now and then cost their deadline and nothing else: the reader's places are free again.
#[tokio::test]
async fn a_picture_that_never_comes_to_its_end_is_left_and_its_place_is_free() {
    let deadlines = Deadlines { picture: Duration::from_millis(700), ..Deadlines::default() };
    let hurried = House::with_egress(TestDatabase::sqlite(), |egress| {
        egress.deadlines = deadlines;
        egress.connections_per_host = 32;
    });
    let site = TestSite::in_house(hurried.await, |_| ()).await;
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 1000000\r\n\r\n\x89PNG\r\n\x1a\n".to_vec();
    let trickle = vec![Step::Send(head), Step::Repeat(b"x".to_vec(), 1_000_000, Duration::from_millis(50))];
    site.world.route("/sound.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
    let user = site.user("ada").await;
    let signer = &site.site.web().signer;
    // More than one reader may fetch at a time.
    let slow = (0..20).map(|n| {
        let path = format!("/slow{n}.png");
        site.world.route(&path, Reply::script(trickle.clone()));
        let address = signer.picture(&site.world.url(&path));
        let user = &user;
        async move { user.get(&address).await.status.as_u16() }
    });
    assert_eq!(futures_util::future::join_all(slow).await, [504; 20]);

    assert_eq!(user.get(&signer.picture(&site.world.url("/sound.png"))).await.status, 200);
}

/// U34: ten thousand pictures in one entry: the page leaves it to the browser when to load each, no reader has more than
/// eight fetches under way, others do not wait for them, and of one article no more than two hundred are kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_pictures_in_one_article_cost_a_reader_eight_places() {
    let house = House::with_egress(TestDatabase::sqlite(), |egress| egress.connections_per_host = 32).await;
    let site = TestSite::in_house(house, |_| ()).await;
    let html: String = (0..10_000).map(|n| format!("<img src=/p{n}.png>")).collect();
    let (ada, article) = reader(&site, &html).await;
    let bob = site.user("bob").await;

    let page = ada.get(&format!("/articles/{article}")).await.text();
    let pictures: Vec<&str> = page.split("<img ").skip(1).filter(|img| img.contains("/media/p/")).collect();
    let lazy = pictures.iter().filter(|img| img.split('>').next().unwrap().contains("loading=\"lazy\"")).count();
    assert!(pictures.len() > 1_000, "{}", pictures.len());
    assert_eq!(lazy, pictures.len());

    let addresses: Vec<String> = pictures[..40]
        .iter()
        .map(|img| img.split("src=\"").nth(1).unwrap().split('"').next().unwrap().into())
        .collect();
    for n in 0..40 {
        site.world.route(&format!("/p{n}.png"), Reply::script(vec![Step::Hang]));
    }
    site.world.route("/other.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
    let asking: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let browser = ada.copy();
            tokio::spawn(async move { browser.get(&address.replace("&amp;", "&")).await.status })
        })
        .collect();
    let under_way = || site.world.seen().iter().filter(|seen| seen.target.starts_with("/p")).count();
    for _ in 0..600 {
        if under_way() >= 8 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let reply = bob.get(&site.site.web().signer.picture(&site.world.url("/other.png"))).await;
    assert_eq!(reply.status, 200, "others do not wait");
    assert_eq!(under_way(), 8);
    for task in asking {
        task.abort();
    }

    let kept = gleaner::content::pictures::shown_pictures(&html, Some(&site.world.url("/article")));
    assert_eq!(kept.len(), 200);
}

/// I14: an icon that never comes is asked for six times, over days, and then no more.
#[tokio::test]
async fn an_icon_that_never_comes_is_given_up() {
    let house = House::on(TestDatabase::sqlite()).await;
    house.world.route("/icon.png", Reply::status(404));
    let icon = house.world.url("/icon.png");
    house.world.route("/feed", Reply::ok("application/rss+xml", feed_with_icon(&house, icon.as_str())));
    let feed = house.follow("/feed").await;
    refresh_feed(&house.app, feed).await.unwrap();
    for _ in 0..10 {
        run_jobs(&house).await;
        house.clock.advance(8 * UnixMillis::DAY);
    }
    assert_eq!(house.world.hits("/icon.png"), 6);
    assert_eq!(state(&house, "/icon.png").await, Some(gleaner::store::PictureState::Gone));
}
