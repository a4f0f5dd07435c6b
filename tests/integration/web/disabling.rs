//! Accounts that are disabled: they open nothing until they are enabled again, and lose nothing.

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::store::Scope;

use super::publishing::publish;
use super::reading::{followed, ids, numbered};
use super::sharing::share;
use crate::support::database::on_both_databases;
use crate::support::site::{PASSWORD, Person, TestSite};

/// An administrator, and somebody else with an article of a feed.
async fn ada_and_bob(site: &TestSite) -> (Person, Person) {
    let (ada, bob) = (site.admin("ada").await, site.user("bob").await);
    followed(site, &bob, "/feed", &numbered(3)).await;
    (ada, bob)
}

async fn disable(admin: &Person, other: &Person) {
    let page = admin.post(&format!("/users/{}/disable", other.id), &[]).await;
    assert_eq!(page.status, 200, "{}", page.text());
}

async fn enable(admin: &Person, other: &Person) {
    assert_eq!(admin.post(&format!("/users/{}/enable", other.id), &[]).await.status, 200);
}

on_both_databases! {
    /// A05, P01: sessions and keys of a disabled account end at once, and its password opens nothing.
    async fn a_disabled_account_is_out_at_once_and_cannot_come_in(site: TestSite) {
        let (ada, bob) = ada_and_bob(&site).await;
        let page = bob.post("/settings/programs", &[("name", "a script")]).await.text();
        let key = page.split("value=\"gleaner_").nth(1).unwrap().split('"').next().unwrap();
        let program =
            site.visitor().without("sec-fetch-site").sending("authorization", &format!("Bearer gleaner_{key}"));
        let save = async || {
            let body = axum::body::Body::from("{\"url\": \"nonsense\"}");
            program.send(http::Method::POST, "/api/save", "application/json", body).await.status.as_u16()
        };
        assert_ne!(save().await, 401, "the key opens");

        disable(&ada, &bob).await;

        assert!(bob.get("/all").await.leads_to().starts_with("/login"));
        assert_eq!(save().await, 401);
        let form = [("name", "bob"), ("password", PASSWORD)];
        let refused = site.visitor().post("/login", &form).await;
        assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (403, ""));
        assert!(refused.text().contains("This account is disabled"), "who knows the password learns why");
        let wrong = site.visitor().post("/login", &[("name", "bob"), ("password", "not the password")]).await;
        assert!(!wrong.text().contains("disabled"), "nobody else does");
        let people = ada.get("/users").await.text();
        assert!(people.contains("disabled · "), "{people}");

        enable(&ada, &bob).await;

        assert!(bob.get("/all").await.leads_to().starts_with("/login"), "the old session stays ended");
        assert_ne!(save().await, 401);
        let bob_again = site.visitor();
        assert_eq!(bob_again.post("/login", &form).await.leads_to(), "/");
        assert!(bob_again.get("/all").await.text().matches("Article ").count() > 2, "all is as it was");
        assert_eq!(site.app.db.counts(bob.id).await.unwrap().unread, 3);
    }

    /// S03: a link of a disabled account, its pictures and its published lists are the same 404 as any that never was.
    async fn links_and_lists_of_a_disabled_account_are_as_if_they_had_never_been(site: TestSite) {
        let (ada, bob) = ada_and_bob(&site).await;
        let article = ids(&site, &bob, Scope::All).await[0];
        let link = share(&bob, article, &[]).await;
        let list = publish(&bob, &[("list", "all"), ("title", "Everything")]).await;
        let visitor = site.visitor();
        let mut paths = vec![link.clone(), format!("{link}/export/html"), list.clone()];
        paths.extend(["rss.xml", "atom.xml", "feed.json"].map(|name| format!("{list}/{name}")));
        let opened = async || {
            let mut open = Vec::new();
            for path in &paths {
                open.push(visitor.get(path).await);
            }
            open
        };
        let before = opened().await;
        assert!(before.iter().filter(|reply| reply.status == 200).count() >= 4, "{:?}", before.iter().map(|r| r.status).collect::<Vec<_>>());

        disable(&ada, &bob).await;

        let never = visitor.get(&format!("/s/{}", "x".repeat(22))).await;
        for (path, reply) in paths.iter().zip(opened().await) {
            assert_eq!(reply.status, 404, "{path}");
        }
        let gone = visitor.get(&link).await;
        assert_eq!(gone.text_without_nonce(), never.text_without_nonce());

        enable(&ada, &bob).await;

        let after: Vec<_> = opened().await.iter().map(|reply| reply.status).collect();
        assert_eq!(after, before.iter().map(|reply| reply.status).collect::<Vec<_>>());
    }

    /// S03: feeds are not fetched for disabled accounts alone, and are again when one of their readers is back.
    async fn feeds_rest_that_only_disabled_accounts_follow(site: TestSite) {
        let (ada, bob) = ada_and_bob(&site).await;
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), site.clock.now()).await.unwrap();
        site.clock.advance(2 * UnixMillis::DAY);
        let ada = Person { id: ada.id, browser: site.signed_in(ada.id).await };
        let due = async || {
            let now = site.clock.now();
            let due = site.app.db.lease_due_feeds(now, 1, 10).await.unwrap();
            site.clock.advance(2);
            (due.iter().map(|due| due.feed.id).collect::<Vec<_>>(), site.app.db.next_feed_due().await.unwrap().is_some())
        };

        disable(&ada, &bob).await;
        assert_eq!(due().await, (Vec::new(), false));

        site.app.db.subscribe(ada.id, feed, None, site.clock.now(), 50).await.unwrap();
        assert_eq!(due().await, (vec![feed], true), "ada follows it, too");

        site.app.db.unsubscribe(ada.id, &[feed], site.clock.now()).await.unwrap();
        assert_eq!(due().await, (Vec::new(), false));
        enable(&ada, &bob).await;
        assert_eq!(due().await, (vec![feed], true));
    }

    /// Somebody is always left who can manage accounts, and a disabled administrator is not that one.
    async fn the_last_administrator_stays_able_to_sign_in(site: TestSite) {
        let (ada, eve) = (site.admin("ada").await, site.admin("eve").await);
        disable(&ada, &eve).await;

        let own = format!("/users/{}/disable", ada.id);
        let refused = ada.post(&own, &[]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("The last administrator cannot be disabled"));
        assert_eq!(ada.post(&format!("/users/{}/delete", ada.id), &[("confirmed", "1")]).await.status, 422);
        assert_eq!(ada.get("/all").await.status, 200);

        enable(&ada, &eve).await;
        assert_eq!(ada.post(&own, &[]).await.leads_to(), "/login");
        assert!(ada.get("/all").await.leads_to().starts_with("/login"));
        assert!(!site.app.db.disable_account(eve.id, site.clock.now()).await.unwrap());
        assert_eq!(ada.post("/users/999/disable", &[]).await.status, 303, "and ada is nobody now");
    }

    /// Whoever finds an open browser later can disable nobody, and no reader can.
    async fn only_an_administrator_who_proves_it_disables(site: TestSite) {
        let (ada, bob) = ada_and_bob(&site).await;
        let path = format!("/users/{}/disable", ada.id);
        assert_eq!(bob.post(&path, &[]).await.status, 403);
        site.clock.advance(11 * UnixMillis::MINUTE);
        let path = format!("/users/{}/disable", bob.id);
        assert_eq!(ada.post(&path, &[]).await.status, 422);
        assert!(ada.get(&format!("/users/{}", bob.id)).await.text().contains("id=\"current-disable\""));
        assert_eq!(bob.get("/all").await.status, 200);
        assert_eq!(ada.post(&path, &[("current", PASSWORD)]).await.status, 200);
        assert_eq!(ada.post("/users/999/disable", &[("current", PASSWORD)]).await.status, 404);
    }
}
