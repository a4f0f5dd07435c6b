//! What an account decides for itself.

use crate::support::database::on_both_databases;
use crate::support::site::{PASSWORD, TestSite};

const LIST: &str = "<opml version=\"2.0\"><body><outline text=\"Water\">\
    <outline type=\"rss\" text=\"River\" xmlUrl=\"https://river.example/feed\"/></outline>\
    <outline type=\"rss\" text=\"Bad\" xmlUrl=\"javascript:alert(1)\"/></body></opml>";

on_both_databases! {
    async fn language_and_colours_stay_with_the_account(site: TestSite) {
        let ada = site.user("ada").await;
        let form = [("language", "zh-Hans"), ("theme", "night"), ("order", "oldest"), ("time_zone", "Asia/Shanghai")];
        let done = ada.post("/settings", &form).await;
        let page = ada.get(done.leads_to()).await.text();
        assert!(page.contains("更改已保存。"), "it says so, in the language that was chosen: {page}");
        assert!(page.contains("<html lang=\"zh-Hans\"") && page.contains("data-theme=\"night\""), "{page:.300}");
        assert!(page.contains("value=\"Asia/Shanghai\""));
    }

    async fn only_what_is_on_offer_can_be_chosen(site: TestSite) {
        let ada = site.user("ada").await;
        let form = [("language", "../../etc/passwd"), ("theme", "\0"), ("time_zone", "/etc/localtime"), ("order", "x")];
        let refused = ada.post("/settings", &form).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("There is no time zone “/etc/localtime”."), "{}", refused.text());
        let kept = site.app.db.account_settings(ada.id).await.unwrap();
        assert!(!kept.contains("etc"), "{kept}");
        assert_eq!(ada.get("/settings").await.status, 200);
    }

    async fn a_slip_in_the_time_zone_costs_neither_the_old_one_nor_the_other_choices(site: TestSite) {
        let ada = site.user("ada").await;
        ada.post("/settings", &[("time_zone", "Asia/Shanghai")]).await.leads_to();

        let page = ada.post("/settings", &[("time_zone", "Mars/Olympus <b>"), ("theme", "night")]).await;

        assert_eq!(page.status, 422);
        assert!(page.text().contains("There is no time zone “Mars/Olympus &#60;b&#62;”. Everything else is stored."), "{}", page.text());
        let kept = ada.get("/settings").await.text();
        assert!(kept.contains("value=\"Asia/Shanghai\"") && kept.contains("data-theme=\"night\""), "{kept}");
    }

    async fn the_password_in_the_address_of_a_feed_stands_on_no_page_and_in_no_list(site: TestSite) {
        let ada = site.user("ada").await;
        let now = site.house.app.clock.now();
        let address = "https://ann:hush@river.example/feed".parse().unwrap();
        let feed = site.app.db.ensure_feed(&address, now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 50).await.unwrap();
        let one = format!("/feeds/{feed}");
        let settings = format!("{one}/settings");
        for path in ["/unread", "/feeds", &one, &settings, "/settings/subscriptions.opml"] {
            let text = ada.get(path).await.text();
            assert!(text.contains("river.example/feed") && !text.contains("hush"), "{path}: {text}");
        }
        let left = ada.post(&format!("{one}/unsubscribe"), &[]).await;
        assert!(!left.leads_to().contains("hush"), "nor in an address of ours: {}", left.leads_to());
    }

    async fn a_password_change_wants_the_old_one_and_ends_the_other_sessions(site: TestSite) {
        let ada = site.user("ada").await;
        let elsewhere = site.signed_in(ada.id).await;
        let new = "barley by the river";
        let wrong = ada.post("/settings/password", &[("current", "wrong one here"), ("password", new)]).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(elsewhere.get("/all").await.status, 200);

        let old_cookie = ada.copy();
        let done = ada.post("/settings/password", &[("current", PASSWORD), ("password", new)]).await;

        assert_eq!(done.status, 200);
        assert_eq!(ada.get("/all").await.status, 200, "signed in with a new token");
        assert_eq!(old_cookie.get("/all").await.status, 303);
        assert_eq!(elsewhere.get("/all").await.status, 303);
        let login = site.visitor().post("/login", &[("name", "ada"), ("password", PASSWORD)]).await;
        assert_eq!(login.status, 403);
    }

    async fn an_open_browser_is_no_place_to_guess_the_password(site: TestSite) {
        let ada = site.user("ada").await;
        let mut statuses = Vec::new();
        for _ in 0..6 {
            let form = [("current", "a wrong guess"), ("password", "barley by the river")];
            statuses.push(ada.post("/settings/password", &form).await.status.as_u16());
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    }

    async fn other_sessions_are_shown_and_ended(site: TestSite) {
        let ada = site.user("ada").await;
        let elsewhere = site.signed_in(ada.id).await;
        assert!(ada.get("/settings").await.text().contains("/settings/sessions/end"));
        assert_eq!(ada.post("/settings/sessions/end", &[]).await.status, 200);
        assert_eq!(elsewhere.get("/all").await.status, 303);
        assert_eq!(ada.get("/all").await.status, 200);
    }

    async fn a_subscription_list_goes_in_and_comes_out_again(site: TestSite) {
        let ada = site.user("ada").await;
        ada.upload("/settings/import", &[("list.opml", LIST.as_bytes())]).await.leads_to();
        let preview = ada.get("/settings/import").await.text();
        assert!(preview.contains("Feeds to follow: 1.") && !preview.contains("already."), "none was: {preview}");
        ada.post("/settings/import/run", &[]).await.leads_to();
        let reply = ada.get("/settings/import").await.text();
        assert!(reply.contains("1 new feed is followed."), "{reply}");
        assert!(reply.contains("javascript:alert(1): "), "what was refused is named, and why");

        let list = ada.get("/settings/subscriptions.opml").await;

        assert!(list.header("content-disposition").starts_with("attachment"));
        assert!(list.text().contains("https://river.example/feed") && list.text().contains("Water"));
        ada.upload("/settings/import", &[("list.opml", LIST.as_bytes())]).await.leads_to();
        let again = ada.get("/settings/import").await.text();
        assert!(again.contains("1 was followed already.") && !again.contains("Feeds to follow:"), "{again}");
    }

    async fn what_is_no_list_changes_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        for files in [vec![], vec![("", &b""[..])], vec![("a.opml", &b"hello"[..])]] {
            assert_eq!(ada.upload("/settings/import", &files).await.status, 422);
        }
        let large = vec![b'x'; 32 * 1024 * 1024 + 1];
        assert_eq!(ada.upload("/settings/import", &[("a.opml", &large)]).await.status, 413);
    }

    async fn archived_articles_are_taken_in_and_broken_ones_named(site: TestSite) {
        let ada = site.user("ada").await;
        let post = "---\ntitle: The river\ndate: 2024-05-01\n---\n\n<p>It rose in the night, and by morning the lower \
                    streets were under water.</p>\n";
        let files: [(&str, &[u8]); 2] = [("2024-05-01-river.md", post.as_bytes()), ("broken.md", b"\xff\xfe\0\0")];
        let reply = ada.upload("/settings/import/articles", &files).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.text().contains("broken.md"), "{}", reply.text());
        let again = ada.upload("/settings/import/articles", &files[..1]).await;
        assert!(again.text().contains("There already: 1."), "{}", again.text());
    }
}
