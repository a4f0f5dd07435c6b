//! Accounts, for administrators.

use gleaner::domain::UnixMillis;

use crate::support::database::on_both_databases;
use crate::support::site::{PASSWORD, TestSite};

on_both_databases! {
    async fn an_administrator_adds_people_who_can_then_sign_in(site: TestSite) {
        let admin = site.admin("ada").await;
        let form = [("name", "Bob"), ("password", "another long one")];
        assert_eq!(admin.post("/users", &form).await.leads_to(), "/users");
        assert!(admin.get("/users").await.text().contains("Bob"));

        let bob = site.visitor();
        let form = [("name", "bob"), ("password", "another long one")];
        assert_eq!(bob.post("/login", &form).await.leads_to(), "/");
        assert_eq!(bob.get("/users").await.status, 403, "and is no administrator");
    }

    async fn a_name_is_taken_in_every_case_and_shown_as_text(site: TestSite) {
        let admin = site.admin("ada").await;
        let taken = admin.post("/users", &[("name", "ADA"), ("password", "another long one")]).await;
        assert_eq!(taken.status, 422);
        let markup = "<img src=x onerror=alert(1)>";
        admin.post("/users", &[("name", markup), ("password", "another long one")]).await.leads_to();
        assert!(!admin.get("/users").await.text().contains("<img src=x"));
    }

    async fn a_new_password_ends_every_session_of_the_account(site: TestSite) {
        let admin = site.admin("ada").await;
        let bob = site.user("bob").await;
        let path = format!("/users/{}/password", bob.id);
        let reply = admin.post(&path, &[("password", "a rather new one")]).await;
        assert_eq!(reply.status, 200);
        assert_eq!(bob.get("/all").await.status, 303);
        let form = [("name", "bob"), ("password", "a rather new one")];
        assert_eq!(site.visitor().post("/login", &form).await.leads_to(), "/");
        assert_eq!(admin.get("/all").await.status, 200);
    }

    async fn an_account_is_deleted_with_a_tick_and_the_last_administrator_is_not(site: TestSite) {
        let admin = site.admin("ada").await;
        let bob = site.user("bob").await;
        let path = format!("/users/{}/delete", bob.id);
        assert_eq!(admin.post(&path, &[]).await.status, 422, "without the tick");
        assert_eq!(admin.post(&path, &[("confirmed", "1")]).await.leads_to(), "/users");
        assert_eq!(bob.get("/all").await.status, 303);
        assert_eq!(admin.post(&path, &[("confirmed", "1")]).await.status, 404, "gone already");

        let own = format!("/users/{}/delete", admin.id);
        assert_eq!(admin.post(&own, &[("confirmed", "1")]).await.status, 422);
        assert_eq!(site.app.db.count_accounts().await.unwrap(), 1);
    }

    async fn an_open_browser_found_later_cannot_take_the_server_over(site: TestSite) {
        let admin = site.admin("ada").await;
        site.clock.advance(11 * UnixMillis::MINUTE);
        let form = [("name", "eve"), ("password", "another long one"), ("is_admin", "1")];
        assert_eq!(admin.post("/users", &form).await.status, 422);
        assert!(admin.get("/users").await.text().contains("name=\"current\""));

        let mut with_password = form.to_vec();
        with_password.push(("current", PASSWORD));
        assert_eq!(admin.post("/users", &with_password).await.leads_to(), "/users");
    }

    async fn a_form_cannot_make_its_sender_an_administrator(site: TestSite) {
        let bob = site.user("bob").await;
        let form = [("is_admin", "1"), ("role", "admin"), ("id", "1"), ("theme", "night"), ("current", PASSWORD)];
        bob.post("/settings", &form).await.leads_to();
        bob.post("/settings/password", &form).await;
        assert!(!site.app.db.account(bob.id).await.unwrap().unwrap().is_admin);
    }
}
