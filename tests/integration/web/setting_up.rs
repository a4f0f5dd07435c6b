//! The first visit.

use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::site::{PASSWORD, TestSite};

on_both_databases! {
    async fn whoever_comes_first_becomes_the_administrator_and_is_signed_in(site: TestSite) {
        let visitor = site.visitor();
        assert_eq!(visitor.get("/").await.leads_to(), "/setup");
        assert_eq!(visitor.get("/login").await.leads_to(), "/setup");
        assert!(visitor.get("/setup").await.text().contains("name=\"password\""));

        let created = visitor.post("/setup", &[("name", "Ada"), ("password", PASSWORD)]).await;

        assert_eq!(created.leads_to(), "/");
        assert_eq!(visitor.get("/users").await.status, 200, "an administrator");
    }

    async fn setting_up_is_closed_once_there_is_an_account(site: TestSite) {
        site.account("ada", true).await;
        let visitor = site.visitor();
        assert_eq!(visitor.get("/setup").await.leads_to(), "/login");
        assert_eq!(visitor.post("/setup", &[("name", "eve"), ("password", PASSWORD)]).await.status, 404);
        assert_eq!(site.app.db.count_accounts().await.unwrap(), 1);
    }

    async fn of_two_first_visitors_at_once_one_becomes_the_administrator(site: TestSite) {
        let (one, other) = (site.visitor(), site.visitor());
        let (first, second) = tokio::join!(
            one.post("/setup", &[("name", "ada"), ("password", PASSWORD)]),
            other.post("/setup", &[("name", "bob"), ("password", PASSWORD)]),
        );
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404]);
        assert_eq!(site.app.db.count_accounts().await.unwrap(), 1);
    }

    async fn from_another_machine_it_takes_the_code(site: TestSite) {
        let stranger = site.visitor_from("198.51.100.7:40000");
        assert!(stranger.get("/setup").await.text().contains("name=\"code\""));
        for code in ["", "AAAA-AAAA-AAAA-AAAA"] {
            let form = [("name", "eve"), ("password", PASSWORD), ("code", code)];
            assert_eq!(stranger.post("/setup", &form).await.status, 403);
        }
        assert_eq!(site.app.db.count_accounts().await.unwrap(), 0);

        let code = site.site.web().setup_code.expose().to_lowercase();
        let form = [("name", "ada"), ("password", PASSWORD), ("code", code.as_str())];
        assert_eq!(stranger.post("/setup", &form).await.leads_to(), "/");
    }

    async fn the_code_cannot_be_guessed_at_leisure(site: TestSite) {
        let stranger = site.visitor_from("198.51.100.7:40000");
        let mut statuses = Vec::new();
        for _ in 0..7 {
            let form = [("name", "eve"), ("password", PASSWORD), ("code", "AAAA")];
            statuses.push(stranger.post("/setup", &form).await.status.as_u16());
        }
        assert_eq!(statuses, [403, 403, 403, 403, 403, 429, 429]);
    }

    async fn a_forwarded_request_does_not_count_as_local(site: TestSite) {
        let behind_proxy = site.visitor().sending("x-forwarded-for", "127.0.0.1");
        let form = [("name", "eve"), ("password", PASSWORD)];
        assert_eq!(behind_proxy.post("/setup", &form).await.status, 403);
    }

    async fn what_cannot_be_a_name_or_a_password_is_said_and_typed_again(site: TestSite) {
        let visitor = site.visitor();
        for (name, password, sentence) in [
            ("", PASSWORD, "visible characters"),
            ("a\u{202e}b", PASSWORD, "visible characters"),
            ("ada", "short", "too short"),
            ("ada", "password1234", "first that anyone would try"),
            ("lovelace.ada", "Lovelace.Ada", "name of the account"),
        ] {
            let reply = visitor.post("/setup", &[("name", name), ("password", password)]).await;
            assert_eq!(reply.status, 422);
            assert!(reply.text().contains(sentence), "{sentence}");
            assert!(!reply.text().contains(&format!("value=\"{password}\"")), "a password never comes back");
        }
    }
}

#[tokio::test]
async fn a_configured_code_is_the_one_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code");
    std::fs::write(&file, "open sesame").unwrap();
    let site = TestSite::with(TestDatabase::sqlite(), |settings| {
        let args = gleaner::config::SettingArgs {
            data: Some(folder.path().to_owned()),
            setup_code_file: Some(file.clone()),
            ..Default::default()
        };
        settings.setup_code = gleaner::config::Settings::load(args).unwrap().setup_code;
    })
    .await;
    let stranger = site.visitor_from("198.51.100.7:40000");
    let form = [("name", "ada"), ("password", PASSWORD), ("code", "Open Sesame")];
    assert_eq!(stranger.post("/setup", &form).await.leads_to(), "/");
}
