//! What goes out with every answer.

use http::Method;

use crate::support::database::TestDatabase;
use crate::support::site::{PASSWORD, Reply, TestSite};

/// Headers that no answer of any route may lack.
pub(super) fn assert_dressed(reply: &Reply, route: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
    ] {
        assert_eq!(reply.header(name), value, "{route}: {name}");
    }
    // The files under /static/ are also for pages that are given away, which are in an origin of their own. A style sheet opens
    // nothing, and has nothing to be permitted.
    let is_file = route.starts_with("/static/") && reply.status.is_success();
    let shared_with = if is_file { "cross-origin" } else { "same-origin" };
    assert_eq!(reply.header("cross-origin-opener-policy"), if is_file { "" } else { "same-origin" }, "{route}");
    assert_eq!(reply.header("permissions-policy").starts_with("camera=()"), !is_file, "{route}");
    assert_eq!(reply.header("cross-origin-resource-policy"), shared_with, "{route}");
    assert!(["no-referrer", "same-origin"].contains(&reply.header("referrer-policy")), "{route}");
    for absent in ["server", "x-powered-by"] {
        assert!(!reply.headers.contains_key(absent), "{route}: {absent}");
    }
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; "), "{route}: {policy}");
    assert!(policy.contains("base-uri 'none'") && policy.contains("frame-ancestors 'none'"), "{route}: {policy}");
    let is_page = reply.header("content-type").starts_with("text/html");
    let is_worker = route.ends_with("/worker.js");
    assert_eq!(
        policy.contains("sandbox"),
        !is_page && !is_worker,
        "{route}: only our own pages and the worker do anything"
    );
    if is_page {
        assert_eq!(reply.header("cache-control"), "no-store", "{route}");
        assert!(reply.header("vary").contains("Cookie"), "{route}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(nonce.len() >= 22, "{route}: {nonce}");
        let meta =
            reply.text().split("<meta http-equiv=\"Content-Security-Policy\" content=\"").nth(1).unwrap().to_owned();
        let meta = meta.split('"').next().unwrap();
        for own in policy.split("; ").filter(|own| !own.starts_with("frame-ancestors")) {
            assert!(meta.split("; ").any(|said| said == own), "{route}: a proxy may have dropped the header: {own}");
        }
        for script in reply.text().split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains(&format!("nonce=\"{nonce}\"")), "{route}: {script:.80}");
        }
    }
}

#[tokio::test]
async fn two_answers_never_share_a_nonce() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let (one, other) = (site.visitor().get("/setup").await, site.visitor().get("/setup").await);
    assert_ne!(one.header("content-security-policy"), other.header("content-security-policy"));
    assert_eq!(one.text_without_nonce(), other.text_without_nonce());
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host_and_https_is_remembered() {
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.base_url = Some("https://reader.test/".parse().unwrap());
    })
    .await;
    site.account("ada", false).await;
    let reply = site.visitor().post("/login", &[("name", "ada"), ("password", PASSWORD)]).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-gleaner="), "{cookie}");
    for flag in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn only_a_trusted_proxy_can_say_that_it_was_https() {
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    for (peer, https) in [("10.0.0.1:5", true), ("198.51.100.7:5", false)] {
        let reply = site.visitor_from(peer).sending("x-forwarded-proto", "https").get("/setup").await;
        assert_eq!(reply.headers.contains_key("strict-transport-security"), https, "{peer}");
    }
}

#[tokio::test]
async fn every_address_lies_below_the_base_path() {
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.base_url = Some("https://reader.test/reader".parse().unwrap());
    })
    .await;
    site.account("ada", true).await;
    let visitor = site.visitor();
    assert_eq!(visitor.get("/login").await.status, 404, "not below the base path");
    assert_eq!(visitor.get("/reader").await.header("location"), "/reader/");
    assert_eq!(visitor.get("/reader/all").await.leads_to(), "/reader/login?next=%2Freader%2Fall");
    let form = [("name", "ada"), ("password", PASSWORD), ("next", "/reader/all")];
    let reply = visitor.post("/reader/login", &form).await;
    assert_eq!(reply.leads_to(), "/reader/all");
    assert!(reply.header("set-cookie").starts_with("__Secure-gleaner="));
    assert!(reply.header("set-cookie").contains("; Path=/reader;"));
    for path in ["/reader/all", "/reader/settings", "/reader/users", "/reader/add", "/reader/feeds", "/reader/about"] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for attribute in ["href=\"/", "src=\"/", "action=\"/"] {
            for address in page.text().split(attribute).skip(1) {
                assert!(address.starts_with("reader/"), "{path}: {attribute}{address:.60}");
            }
        }
    }
    let manifest = visitor.get("/reader/manifest.webmanifest").await.text();
    assert!(manifest.contains("\"scope\":\"/reader/\"") && manifest.contains("\"/reader/static/"), "{manifest}");
}

#[tokio::test]
async fn pages_travel_packed_and_pictures_do_not() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    for (accepted, form) in [("gzip, br", "br"), ("gzip", "gzip"), ("", "")] {
        let page = site.visitor().sending("accept-encoding", accepted).get("/setup").await;
        assert_eq!(page.header("content-encoding"), form, "{accepted}");
        assert!(page.header("vary").to_ascii_lowercase().contains("accept-encoding"));
    }
}

#[tokio::test]
async fn files_are_kept_for_a_year_and_not_sent_twice() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let page = site.visitor().get("/setup").await.text();
    let address =
        page.split("href=\"").find(|rest| rest.starts_with("/static/") && rest.contains("gleaner.css")).unwrap();
    let address = address.split('"').next().unwrap();

    let file = site.visitor().sending("accept-encoding", "br").get(address).await;

    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("content-encoding"), "br");
    assert_dressed(&file, address);
    let again = site.visitor().sending("if-none-match", file.header("etag")).get(address).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(site.visitor().send(Method::HEAD, address, "", axum::body::Body::empty()).await.status, 200);
}

#[tokio::test]
async fn nothing_but_the_files_of_the_program_can_be_had() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    for path in [
        "/static/unknown/gleaner.css",
        "/static/../Cargo.toml",
        "/static/x/../../Cargo.toml",
        "/static/x/%2e%2e%2fCargo.toml",
        "/static/x/..%5cCargo.toml",
        "/static//etc/passwd",
        "/static/x/C:/windows",
        "/static/x/%00",
        "/.env",
        "/data/gleaner.db",
        "/gleaner.db",
        "/config",
    ] {
        let reply = site.visitor().get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_dressed(&reply, path);
    }
}

#[tokio::test]
async fn too_long_too_many_and_packed_requests_are_refused() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let visitor = site.visitor();
    assert_eq!(visitor.get(&format!("/{}", "a".repeat(8 * 1024))).await.status, 414);
    let mut crowded = visitor.clone();
    for n in 0..70 {
        crowded = crowded.sending(&format!("x-field-{n}"), "1");
    }
    assert_eq!(crowded.get("/setup").await.status, 431);
    assert_eq!(visitor.sending("content-encoding", "gzip").post("/setup", &[]).await.status, 415);
    let large = "x".repeat(65 * 1024);
    assert_eq!(visitor.post("/setup", &[("name", large.as_str())]).await.status, 413);
}

#[tokio::test]
async fn the_pages_speak_the_browsers_language() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let page = site.visitor().sending("accept-language", "zh-CN,zh;q=0.9,en;q=0.8").get("/setup").await.text();
    assert!(page.contains("<html lang=\"zh-Hans\""), "{page:.200}");
}
