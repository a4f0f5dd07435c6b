//! Signing in, staying signed in, signing out.

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::store::{HighlightCursor, Scope};
use gleaner::web::session::Token;

use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::site::{Browser, PASSWORD, Reply, TestSite};

async fn sign_in(browser: &Browser, name: &str, password: &str) -> Reply {
    browser.post("/login", &[("name", name), ("password", password)]).await
}

on_both_databases! {
    async fn the_right_password_leads_to_where_one_was_going(site: TestSite) {
        site.account("Ada", false).await;
        let browser = site.visitor();
        let turned_away = browser.get("/starred?order=oldest").await;
        let login = turned_away.leads_to();
        assert_eq!(login, "/login?next=%2Fstarred%3Forder%3Doldest");
        assert!(browser.get(login).await.text().contains("value=\"/starred?order=oldest\""));

        let form = [("name", " ada "), ("password", PASSWORD), ("next", "/starred?order=oldest")];
        let reply = browser.post("/login", &form).await;

        assert_eq!(reply.leads_to(), "/starred?order=oldest");
        assert_eq!(browser.get("/starred").await.status, 200);
    }

    async fn what_was_typed_too_late_is_shown_and_not_lost(site: TestSite) {
        let ada = site.user("ada").await;
        let (note, visitor) = ("A thought </textarea><b> of its own", site.visitor());

        let answer = visitor.post("/highlights/1", &[("note", note), ("colour", "green"), ("password", "not to be shown")]).await;

        assert_eq!(answer.status, 401);
        let page = answer.text();
        assert!(page.contains("A thought &#60;/textarea&#62;&#60;b&#62; of its own</textarea>"), "{page}");
        assert!(page.contains("Your session had ended") && page.contains("target=\"_blank\"") && !page.contains("not to be shown"));
        assert!(site.app.db.highlights(ada.id, Scope::All, HighlightCursor::NEWEST, 9).await.unwrap().is_empty());
        for (path, fields) in [("/searches", [("q", "river flood")]), ("/rules", [("pattern", "river flood")])] {
            assert!(visitor.post(path, &fields).await.text().contains("river flood</textarea>"), "{path}");
        }
        assert_eq!(visitor.post("/marks", &[("starred", "1.1")]).await.leads_to(), "/login", "nothing was typed");
        let feed = [("title", "The River"), ("category", "Waters"), ("body", "feed"), ("muted", "1"), ("back", "/feeds?q=x")];
        let share = [("slug", "high-water"), ("note", "For you"), ("password", "sesame"), ("views", "3"), ("name", "1"), ("text", "9.1")];
        let user = [("name", "eve"), ("password", "sesame"), ("current", "sesame"), ("is_admin", "1")];
        for (path, fields, shown) in [
            ("/feeds/1/settings", &feed[..], &["The River", "Waters"][..]),
            ("/articles/1/share", &share, &["high-water", "For you"]),
            ("/users", &user, &["eve"]),
            ("/categories", &[("title", "Rivers"), ("list", "all"), ("newest", "77")], &["Rivers"]),
            ("/settings", &[("time_zone", "Asia/Shanghai"), ("theme", "dark")], &["Asia/Shanghai"]),
        ] {
            let page = visitor.post(path, fields).await.text();
            let texts: Vec<&str> = page.split("</textarea>").filter_map(|part| Some(part.rsplit_once("<textarea ")?.1.rsplit_once('>')?.1)).collect();
            assert_eq!(texts, shown, "{path}");
            assert!(!page.contains("sesame"), "{path}");
        }
    }

    async fn nobody_is_led_to_another_site(site: TestSite) {
        site.account("ada", false).await;
        for next in ["//evil.example", "/\\evil.example", "https://evil.example", "/%5cevil.example", "/.//evil.example"] {
            let form = [("name", "ada"), ("password", PASSWORD), ("next", next)];
            assert_eq!(site.visitor().post("/login", &form).await.leads_to(), "/", "{next}");
        }
    }

    async fn a_wrong_name_and_a_wrong_password_look_the_same(site: TestSite) {
        site.account("ada", false).await;
        let browser = site.visitor();
        let wrong = sign_in(&browser, "ada", "not the password").await;
        let unknown = sign_in(&browser, "eve", "not the password").await;
        let long = sign_in(&browser, "ada", &"x".repeat(5_000)).await;
        assert_eq!(wrong.status, 403);
        assert_eq!(wrong.header("set-cookie"), "");
        let plain = |reply: &Reply| reply.text_without_nonce().replace("\"eve\"", "\"ada\"");
        assert_eq!((wrong.status, plain(&wrong)), (unknown.status, plain(&unknown)));
        assert_eq!((wrong.status, plain(&wrong)), (long.status, plain(&long)));
    }

    async fn guessing_is_slowed_down_and_the_owner_elsewhere_still_gets_in(site: TestSite) {
        site.account("ada", false).await;
        let guesser = site.visitor_from("203.0.113.5:1");
        for _ in 0..5 {
            assert_eq!(sign_in(&guesser, "ada", "a wrong guess").await.status, 403);
        }
        let refused = sign_in(&guesser, "ada", PASSWORD).await;
        assert_eq!(refused.status, 429, "not even the right one is looked at");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(sign_in(&site.visitor_from("198.51.100.7:1"), "ada", PASSWORD).await.leads_to(), "/");

        site.clock.advance(2 * UnixMillis::SECOND);
        assert_eq!(sign_in(&guesser, "ada", PASSWORD).await.leads_to(), "/");
    }

    async fn a_session_from_before_is_worth_nothing_after_signing_in(site: TestSite) {
        let browser = site.user("ada").await;
        let planted = browser.copy();
        let before = browser.cookie();
        sign_in(&browser, "ada", PASSWORD).await.leads_to();
        assert_ne!(browser.cookie(), before);
        assert_eq!(planted.get("/all").await.leads_to(), "/login?next=%2Fall");
    }

    async fn after_signing_out_the_cookie_opens_nothing(site: TestSite) {
        let browser = site.user("ada").await;
        let stolen = browser.copy();
        let reply = browser.post("/logout", &[]).await;
        assert_eq!(reply.leads_to(), "/login?out=1");
        assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"");
        assert_eq!(browser.cookie(), None);
        assert_eq!(stolen.get("/").await.leads_to(), "/login");
    }

    async fn a_session_ends_when_it_is_not_used_for_a_month_or_is_three_months_old(site: TestSite) {
        let idle = site.user("ada").await;
        let busy = site.user("bob").await;
        for _ in 0..3 {
            site.clock.advance(29 * UnixMillis::DAY);
            assert_eq!(busy.get("/all").await.status, 200);
        }
        assert_eq!(idle.get("/all").await.status, 303);
        site.clock.advance(4 * UnixMillis::DAY);
        assert_eq!(busy.get("/all").await.status, 303, "91 days");
    }

    async fn a_clock_that_jumps_back_or_ahead_for_a_moment_ends_no_session(site: TestSite) {
        let browser = site.user("ada").await;
        for jump in [-UnixMillis::DAY, UnixMillis::DAY, UnixMillis::DAY] {
            site.clock.advance(jump);
            assert_eq!(browser.get("/all").await.status, 200);
        }
    }

    async fn reading_writes_the_session_at_most_every_ten_minutes(site: TestSite) {
        let person = site.user("ada").await;
        let start = site.clock.now();
        let mut seen = Vec::new();
        for _ in 0..4 {
            site.clock.advance(4 * UnixMillis::MINUTE);
            person.get("/all").await;
            let session = site.app.db.sessions_of(person.id).await.unwrap().remove(0);
            seen.push((session.last_seen_at.0 - start.0) / UnixMillis::MINUTE);
        }
        assert_eq!(seen, [0, 0, 12, 12]);
    }

    async fn what_is_no_session_is_nobody_and_leaves_no_trace(site: TestSite) {
        let person = site.user("ada").await;
        let name = person.cookie().unwrap().split('=').next().unwrap().to_owned();
        for value in ["x", &"A".repeat(43), &"A".repeat(6_000), "a.b.c"] {
            let cookie = format!("{name}={value}");
            let reply = site.visitor().sending("cookie", &cookie).get("/all").await;
            assert_eq!(reply.leads_to(), "/login?next=%2Fall");
            assert_eq!(reply.header("set-cookie"), "");
        }
        assert_eq!(site.app.db.sessions_of(person.id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn fifty_logins_at_once_are_bounded() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    site.account("ada", false).await;
    let logins = (0..50u8).map(|n| {
        let browser = site.visitor_from(&format!("198.51.{n}.7:1"));
        async move { sign_in(&browser, &format!("name{n}"), "whatever it is").await.status.as_u16() }
    });
    let statuses = futures_util::future::join_all(logins).await;
    assert!(statuses.iter().filter(|status| **status == 403).count() >= 18);
    assert!(statuses.iter().filter(|status| **status == 503).count() >= 1, "{statuses:?}");
}

#[tokio::test]
async fn a_stolen_database_holds_no_token() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let token = Token::new(&*site.app.entropy);
    assert_eq!(format!("{token:?}"), "Token(…)");
    let person = site.user("ada").await;
    let value = person.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    site.app.db.close().await;
    for entry in std::fs::read_dir(&site.app.settings.data_dir).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(value.len()).any(|window| window == value.as_bytes()));
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_the_same_work_as_a_wrong_password() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    site.account("ada", false).await;
    let passwords = &site.site.web().passwords;
    let mut answers = Vec::new();
    for (place, name) in ["ada", "nobody", "ADA", "no\u{301}body"].iter().enumerate() {
        let before = passwords.computed();
        let visitor = site.visitor_from(&format!("198.51.{place}.1:4000"));
        let reply = sign_in(&visitor, name, "not her password").await;
        assert_eq!(passwords.computed() - before, 1, "one hash for {name:?}");
        let shown = reply.text_without_nonce().replace(&format!("value=\"{name}\""), "value=\"NAME\"");
        answers.push((reply.status, shown));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "and the same words: {answers:?}");
}
