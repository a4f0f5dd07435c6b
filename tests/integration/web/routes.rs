//! Walks over the table of routes: what holds for one must hold for all.

use axum::body::Body;
use gleaner::domain::{
    AccountId, Actions, Anchor, ArticleId, CategoryId, Clock as _, Condition, DigestBookId, DigestId, FeedId,
    HighlightColour, RuleScope, ShareId, TagName,
};
use gleaner::store::{DigestChoice, DigestOutcome, NewBook, NewPublication, NewShare, Scope, Shared, Snapshot};
use gleaner::web::router::{Access, Route, table};
use http::Method;

use super::headers::assert_dressed;
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::outside::Reply as Served;
use crate::support::site::{SERVER, TestSite};

const FORM: &str = "application/x-www-form-urlencoded";

/// A form that every route finds its fields in.
const FIELDS: [(&str, &str); 10] = [
    ("title", "Field"),
    ("on", "1"),
    ("body", "page"),
    ("kind", "page"),
    ("category", ""),
    ("back", "/all"),
    ("name", "somebody"),
    ("password", "a password of some length"),
    ("confirmed", "1"),
    ("current", ""),
];

/// The route's path with this in the place of every parameter.
fn path(route: &Route, parameter: &str) -> String {
    let parts = route.path.split('/').map(|part| if part.starts_with('{') { parameter } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn unsafe_routes() -> impl Iterator<Item = Route> {
    table().into_iter().filter(|route| !route.method.is_safe() && route.access != Access::Key)
}

#[test]
fn only_signing_in_setting_up_health_files_and_the_word_to_other_sites_are_public() {
    let public: Vec<&str> =
        table().iter().filter(|route| route.access == Access::Public).map(|route| route.path).collect();
    assert_eq!(
        public,
        [
            "/healthz",
            "/readyz",
            "/robots.txt",
            "/manifest.webmanifest",
            "/worker.js",
            "/bot",
            "/.well-known/gleaner-key",
            "/static/{hash}/{*name}",
            "/setup",
            "/setup",
            "/login",
            "/login",
            "/s/{code}",
            "/s/{code}",
            "/s/{code}/proof",
            "/s/{code}/preview",
            "/s/{code}/{format}",
            "/s/{code}/{kind}/{signature}/{address}",
            "/p/{code}",
            "/p/{code}/rss.xml",
            "/p/{code}/atom.xml",
            "/p/{code}/feed.json",
            "/p/{code}/preview",
            "/p/{code}/{name}/preview",
            "/p/{code}/opds.xml",
            "/p/{code}/book.epub",
            "/p/{code}/digests/{book}",
            "/p/{code}/{name}/book.epub",
            "/p/{code}/{name}",
            "/p/{code}/{kind}/{signature}/{address}",
        ]
    );
}

on_both_databases! {
    async fn without_a_session_every_route_leads_to_signing_in(site: TestSite) {
        site.account("ada", true).await;
        for route in table().into_iter().filter(|route| matches!(route.access, Access::Signed | Access::User | Access::Admin)) {
            let visitor = site.visitor();
            let reply = visitor.send(route.method.clone(), &path(&route, "1"), FORM, Body::empty()).await;
            assert!(reply.leads_to().starts_with("/login"), "{route:?}");
            assert_dressed(&reply, route.path);
            let script = visitor.sending("sec-fetch-mode", "cors");
            let reply = script.send(route.method.clone(), &path(&route, "1"), FORM, Body::empty()).await;
            assert_eq!(reply.status, 401, "{route:?} for a script");
        }
        assert_eq!(site.app.db.accounts().await.unwrap().len(), 1, "nothing was done on the way");
    }

    async fn without_a_key_no_program_gets_in_whatever_session_it_has(site: TestSite) {
        let admin = site.admin("ada").await;
        let wrong = admin.sending("authorization", &format!("Bearer gleaner_{}", "A".repeat(43)));
        for route in table().into_iter().filter(|route| route.access == Access::Key) {
            for program in [&admin.browser, &wrong] {
                let reply = program.send(route.method.clone(), &path(&route, "1"), "", Body::empty()).await;
                assert_eq!(reply.status, 401, "{route:?}");
                assert_eq!(reply.header("content-type"), "application/json", "{route:?}");
                assert_eq!(reply.header("www-authenticate"), "Bearer", "{route:?}");
                assert_dressed(&reply, route.path);
            }
        }
    }

    async fn an_administrators_routes_are_closed_to_everybody_else(site: TestSite) {
        let user = site.user("bob").await;
        for route in table().into_iter().filter(|route| route.access == Access::Admin) {
            let reply = user.send(route.method.clone(), &path(&route, "1"), FORM, Body::empty()).await;
            assert_eq!(reply.status, 403, "{route:?}");
        }
    }

    async fn what_another_site_sends_is_refused_everywhere(site: TestSite) {
        let admin = site.admin("ada").await;
        let plain = admin.without("sec-fetch-site");
        let other_port = format!("http://{SERVER}:81");
        let below = format!("http://sub.{SERVER}");
        let foreign = [
            ("cross-site", plain.sending("sec-fetch-site", "cross-site")),
            ("same-site", plain.sending("sec-fetch-site", "same-site")),
            ("silent", plain.clone()),
            ("null", plain.sending("origin", "null")),
            ("another port", plain.sending("origin", &other_port)),
            ("a sub-domain", plain.sending("origin", &below)),
            ("another site", plain.sending("origin", "https://evil.example")),
        ];
        for route in unsafe_routes() {
            for (what, browser) in &foreign {
                let reply = browser.post(&path(&route, "1"), &FIELDS).await;
                assert_eq!(reply.status, 403, "{route:?} {what}");
                assert_dressed(&reply, route.path);
            }
        }
        assert_eq!(admin.get("/all").await.status, 200, "still signed in");
        let own = plain.sending("origin", &format!("http://{SERVER}"));
        assert_eq!(own.post("/settings/sessions/end", &[]).await.status, 200, "our own form on plain http");
    }

    async fn no_form_can_be_sent_by_opening_an_address(site: TestSite) {
        let admin = site.admin("ada").await;
        let both: Vec<_> = table().into_iter().filter(|route| route.method == Method::GET).map(|r| r.path).collect();
        for route in unsafe_routes().filter(|route| !both.contains(&route.path)) {
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::TRACE, Method::PATCH] {
                let reply = admin.send(method.clone(), &path(&route, "1"), "", Body::empty()).await;
                // A path such as /feeds/again is also one of /feeds/{id}, where “again” is no id.
                assert!([403, 404, 405].contains(&reply.status.as_u16()), "{method} {route:?}: {}", reply.status);
            }
        }
        assert_eq!(admin.get("/all").await.status, 200, "still signed in");
    }

    async fn foreign_and_missing_things_cannot_be_told_apart(site: TestSite) {
        let owner = site.user("ada").await;
        let stranger = site.user("bob").await;
        let (feed, category) = owned_things(&site, &owner).await;
        let article = site.app.db.list(owner.id, &everything(feed)).await.unwrap()[0].id;
        let name = [TagName::parse("water").unwrap()];
        site.app.db.tag_article(owner.id, article, &name, site.clock.now()).await.unwrap();
        let condition = Condition { pattern: "water".to_owned(), ..Condition::default() };
        let actions = Actions { star: true, ..Actions::default() };
        let rule = site.app.db.add_rule(owner.id, RuleScope::All, &condition, &actions, site.clock.now()).await.unwrap().unwrap();
        let anchor = Anchor { exact: "water".to_owned(), ..Anchor::default() };
        let colour = Some(HighlightColour::Yellow);
        site.app.db.highlight(owner.id, article, &anchor, colour, "", site.clock.now()).await.unwrap();
        let highlight = site.app.db.article_highlights(owner.id, article).await.unwrap()[0].id;
        let tag = site.app.db.tags(owner.id).await.unwrap()[0].id;
        let key = site.app.db.create_api_token(owner.id, "script", [7; 32], site.clock.now()).await.unwrap().unwrap();
        let search = site.app.db.save_search(owner.id, "Water", "water", site.clock.now()).await.unwrap().unwrap();
        let share = shared_thing(&site, owner.id, article).await;
        let list = NewPublication {
            list: "starred".to_owned(),
            script: String::new(),
            title: "Stars".to_owned(),
            code_hash: [8; 32],
            newest: 50,
            titles_only: false,
            sealed_code: None,
        };
        let published = site.app.db.publish(owner.id, &list, site.clock.now()).await.unwrap().unwrap();
        let (digest, book) = digest_with_book(&site, owner.id).await;
        for route in table().into_iter().filter(|route| route.path.contains("{id}") && route.access == Access::User) {
            let own = match route.path.split('/').nth(1) {
                Some("feeds") => feed.to_string(),
                Some("categories") => category.to_string(),
                Some("articles") => article.to_string(),
                Some("tags") => tag.to_string(),
                Some("rules") => rule.to_string(),
                Some("searches") => search.to_string(),
                Some("highlights") => highlight.to_string(),
                Some("shares") => share.to_string(),
                Some("published") => published.to_string(),
                Some("digests") => digest.to_string(),
                Some("books") => book.to_string(),
                Some("settings") => key.to_string(),
                other => panic!("{other:?} has an owner that this test does not know"),
            };
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(FIELDS).finish();
            let open = async |id: String| {
                let body = Body::from(form.clone());
                stranger.send(route.method.clone(), &path(&route, &id), FORM, body).await
            };
            let (foreign, missing) = (open(own.clone()).await, open("999999".to_owned()).await);
            assert_eq!(foreign.status, 404, "{route:?}");
            // Only whole parts of a path: the hash in a file's address may begin with the same digits.
            let plain = |reply: &crate::support::site::Reply, id: &str| {
                let whole = |text: String, end| text.replace(&format!("/{id}{end}"), &format!("/ID{end}"));
                ["/", "?", "#", "\""].into_iter().fold(reply.text_without_nonce(), whole)
            };
            assert_eq!(foreign.status, missing.status, "{route:?}");
            assert_eq!(plain(&foreign, &own), plain(&missing, "999999"), "{route:?}");
            for nonsense in ["0", "-1", "x", "99999999999999999999", "1%00"] {
                assert_eq!(open(nonsense.to_owned()).await.status, 404, "{route:?} {nonsense}");
            }
        }
        assert_eq!(site.app.db.list(owner.id, &everything(feed)).await.unwrap().len(), 1, "nothing was touched");
        assert_eq!(site.app.db.categories(owner.id).await.unwrap().len(), 1);
        assert_eq!(site.app.db.tags(owner.id).await.unwrap()[0].articles, 1);
        assert_eq!(site.app.db.rules(owner.id).await.unwrap().len(), 1);
        assert_eq!(site.app.db.article_highlights(owner.id, article).await.unwrap().len(), 1);
        assert_eq!(site.app.db.api_tokens(owner.id).await.unwrap().len(), 1);
        assert!(site.app.db.open_publication([8; 32], site.clock.now()).await.unwrap().is_some());
        assert_eq!(site.app.db.shares(owner.id, None).await.unwrap().len(), 1);
        assert_eq!(site.app.db.digest_books(owner.id).await.unwrap().len(), 1);
        assert_eq!(site.app.db.digests(owner.id).await.unwrap()[0].choice.title, "Stars", "nor changed");
        assert_eq!(site.app.db.saved_searches(owner.id).await.unwrap()[0].name, "Water");
    }

    async fn every_page_is_dressed_and_opening_it_changes_nothing(site: TestSite) {
        let admin = site.admin("ada").await;
        let (feed, _) = owned_things(&site, &admin).await;
        let before = site.app.db.counts(admin.id).await.unwrap();
        for route in table().into_iter().filter(|route| route.method == Method::GET) {
            for method in [Method::GET, Method::HEAD] {
                let browser = admin.sending("range", "bytes=0-3").sending("if-none-match", "*").sending("sec-purpose", "prefetch");
                let reply = browser.send(method.clone(), &path(&route, &feed.to_string()), "", Body::empty()).await;
                assert!(reply.status.as_u16() < 500, "{method} {route:?}: {}", reply.status);
                if method == Method::GET {
                    assert_dressed(&reply, route.path);
                } else {
                    assert_eq!(reply.bytes.len(), 0, "{route:?}");
                }
            }
        }
        assert_eq!(site.app.db.counts(admin.id).await.unwrap(), before);
    }
}

fn everything(feed: FeedId) -> gleaner::store::ListQuery {
    gleaner::store::ListQuery {
        scope: Scope::Feed(feed),
        only_unread: false,
        order: gleaner::store::Order::NewestFirst,
        after: None,
        limit: 10,
    }
}

/// A feed with one article, in a category, that only `owner` follows.
async fn owned_things(site: &TestSite, owner: &crate::support::site::Person) -> (FeedId, CategoryId) {
    let rss = "<rss version=\"2.0\"><channel><title>River news</title><item><title>The river</title><guid>1</guid>\
               <description>It rose in the night.</description></item></channel></rss>";
    site.world.route("/feed", Served::ok("application/rss+xml", rss));
    let db = &site.app.db;
    let now = site.clock.now();
    let category = db.create_category(owner.id, "Water").await.unwrap().unwrap();
    let feed = db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    db.subscribe(owner.id, feed, Some(category), now, 50).await.unwrap();
    gleaner::jobs::refresh::refresh_feed(&site.app, feed).await.unwrap();
    (feed, category)
}

/// A digest and a book of it.
async fn digest_with_book(site: &TestSite, owner: AccountId) -> (DigestId, DigestBookId) {
    let (db, now) = (&site.app.db, site.clock.now());
    let choice = DigestChoice {
        title: "Stars".to_owned(),
        rhythm: 0,
        hour: 6,
        newest: 50,
        only_new: true,
        max_bytes: 1_000_000,
        kept: 5,
        publication: None,
    };
    let digest = db.add_digest(owner, "starred", &choice, Some(now)).await.unwrap().unwrap();
    let leased = db.lease_digest(now, now.plus(1_000)).await.unwrap().unwrap();
    let book = NewBook { title: "A book".to_owned(), articles: Vec::new(), left_out: 0, file: b"PK".to_vec() };
    assert!(db.finish_digest(&leased, DigestOutcome::Made, Some(&book), (None, 0), now).await.unwrap());
    (digest, db.digest_books(owner).await.unwrap()[0].id)
}

/// A link to an article.
async fn shared_thing(site: &TestSite, owner: AccountId, article: ArticleId) -> ShareId {
    let view = site.app.db.article(owner, article).await.unwrap().unwrap();
    let new = NewShare {
        article,
        version: view.version,
        kind: view.choice.shown,
        code_hash: [9; 32],
        slug: None,
        snapshot: Snapshot::default(),
        password_hash: None,
        shows_name: false,
        may_index: false,
        expires_at: None,
        max_views: None,
    };
    match site.app.db.share(owner, &new, site.clock.now()).await.unwrap() {
        Shared::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn health_is_public_and_says_nothing_else() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let reply = site.visitor().get(path).await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, text));
        assert_dressed(&reply, path);
    }
    site.app.db.close().await;
    let site_after = site.visitor();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(site_after.get("/readyz").await.status, 503);
    assert_eq!(site_after.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn the_operator_of_a_site_learns_who_asks_without_an_account() {
    let base: gleaner::domain::WebUrl = "https://reader.test/below".parse().unwrap();
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        settings.user_agent = format!("Gleaner/9 (+{base}/bot)");
        settings.base_url = Some(base.clone());
    })
    .await;
    for (language, word) in [("en", "answer 410"), ("zh-CN", "请回应 410")] {
        let reply = site.visitor_from("203.0.113.9:4000").sending("accept-language", language).get("/below/bot").await;
        assert_eq!(reply.status, 200);
        let text = reply.text();
        assert!(text.contains("Gleaner/9 (+https://reader.test/below/bot)") && text.contains(word), "{text}");
    }
}
