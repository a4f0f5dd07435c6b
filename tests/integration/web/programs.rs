//! Saving from elsewhere: keys, the bookmarklet, what other apps share.

use axum::body::Body;
use gleaner::domain::{Clock as _, UnixMillis};
use http::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::outside::Reply as Answer;
use crate::support::site::{Browser, Person, Reply, TestSite};

const PAGE: &str = "<html><head><title>High water</title></head><body><article><h1>High water</h1>\
    <p>The river rose in the night, and by the morning the lower streets stood under water up to the window sills.</p>\
    <p>The old people said that it had not been so high since the year of the great ice, when the bridge went.</p>\
    <p>Toward evening the rain stopped, and the boats brought bread and candles to those who had stayed.</p>\
    </article></body></html>";

/// Makes a key as its reader does, and gives a program that shows it.
async fn program(site: &TestSite, person: &Person) -> Browser {
    let page = person.post("/settings/programs", &[("name", "a script")]).await.text();
    let key = page.split("value=\"gleaner_").nth(1).unwrap().split('"').next().unwrap();
    site.visitor().without("sec-fetch-site").sending("authorization", &format!("Bearer gleaner_{key}"))
}

async fn save(program: &Browser, body: &Value) -> Reply {
    program.send(Method::POST, "/api/save", "application/json", Body::from(body.to_string())).await
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes).unwrap()
}

on_both_databases! {
    async fn a_program_with_a_key_keeps_a_page_for_its_reader(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/high-water", Answer::ok("text/html", PAGE));
        let program = program(&site, &ada).await;

        let reply = save(&program, &json!({ "url": site.world.url("/high-water").as_str() })).await;

        assert_eq!(reply.status, 200, "{}", reply.text());
        let path = json(&reply)["path"].as_str().unwrap().to_owned();
        assert!(ada.get(&path).await.text().contains("boats brought bread"));
        let again = save(&program, &json!({ "url": site.world.url("/high-water").as_str() })).await;
        assert_eq!(json(&again)["path"], path, "kept once");
    }

    async fn a_page_behind_a_login_is_kept_as_its_reader_sees_it(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        let body = json!({ "url": "https://members.example/high-water", "html": PAGE });

        let reply = save(&program, &body).await;

        assert_eq!(reply.status, 200, "{}", reply.text());
        let page = ada.get(json(&reply)["path"].as_str().unwrap()).await.text();
        assert!(page.contains("boats brought bread") && page.contains("members.example"));
        assert!(site.world.seen().is_empty(), "nothing was fetched");
        assert!(ada.get("/all").await.text().contains("<bdi>members.example</bdi>"), "a list says where it came from");
    }

    async fn a_page_that_is_sent_later_joins_the_teaser_that_was_kept(site: TestSite) {
        let ada = site.user("ada").await;
        let teaser = "<html><title>High water</title><body><p>Members read on.</p></body></html>";
        site.world.route("/high-water", Answer::ok("text/html", teaser));
        let url = site.world.url("/high-water");
        let program = program(&site, &ada).await;
        let first = save(&program, &json!({ "url": url.as_str() })).await;

        let second = save(&program, &json!({ "url": url.as_str(), "html": PAGE })).await;

        assert_eq!(json(&second)["id"], json(&first)["id"]);
        assert!(ada.get(json(&second)["path"].as_str().unwrap()).await.text().contains("boats brought bread"));
    }

    async fn a_key_is_shown_once_and_opens_nothing_after_it_was_taken_back(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        let body = json!({ "url": "https://a.example/", "html": PAGE });
        assert_eq!(save(&program, &body).await.status, 200);

        let page = ada.get("/settings/programs").await.text();
        assert!(page.contains("a script") && !page.contains("value=\"gleaner_"), "{page}");
        let key = site.app.db.api_tokens(ada.id).await.unwrap()[0].clone();
        assert_eq!(key.last_used_at, Some(site.clock.now()));
        let eve = site.user("eve").await;
        assert_eq!(eve.post(&format!("/settings/programs/{}/delete", key.id), &[]).await.status, 404);
        ada.post(&format!("/settings/programs/{}/delete", key.id), &[]).await.leads_to();

        assert_eq!(save(&program, &body).await.status, 401);
    }

    async fn a_key_opens_the_door_for_programs_and_no_page(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        assert!(program.get("/unread").await.leads_to().starts_with("/login"));
        assert!(program.get("/settings").await.leads_to().starts_with("/login"));
    }

    async fn an_extension_may_come_from_any_origin(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        let extension =
            program.sending("origin", "chrome-extension://abcdef").sending("sec-fetch-site", "cross-site");

        assert_eq!(save(&extension, &json!({ "url": "https://a.example/", "html": PAGE })).await.status, 200);
    }

    async fn what_cannot_be_kept_is_refused_in_words_that_a_program_reads(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        for (body, status) in [
            (json!({ "url": "javascript:alert(1)" }), 400),
            (json!({ "address": "https://a.example/" }), 400),
            (json!({ "url": site.world.url("/nothing").as_str() }), 502),
            (json!({ "url": "https://a.example/", "html": "x".repeat(13 * 1024 * 1024) }), 413),
        ] {
            let reply = save(&program, &body).await;

            assert_eq!(reply.status, status, "{}", reply.text());
            assert!(json(&reply)["error"].is_string());
        }
        assert_eq!(program.post("/api/save", &[("url", "https://a.example/")]).await.status, 415);
        let nothing = json!({ "url": site.world.url("/nothing").as_str() });
        let error = json(&save(&program.sending("accept-language", "de"), &nothing).await)["error"].to_string();
        assert!(error.contains("HTTP 404"), "what the other server said is no fault of ours: {error}");
    }

    async fn the_use_of_a_key_is_noted_once_a_minute(site: TestSite) {
        let ada = site.user("ada").await;
        let program = program(&site, &ada).await;
        let body = json!({ "url": "https://a.example/", "html": PAGE });
        let used = async || site.app.db.api_tokens(ada.id).await.unwrap()[0].last_used_at;
        save(&program, &body).await;
        let first = used().await;
        site.clock.advance(UnixMillis::MINUTE / 2);
        save(&program, &body).await;
        assert_eq!(used().await, first);

        site.clock.advance(UnixMillis::MINUTE);
        save(&program, &body).await;

        assert!(used().await > first);
    }

    async fn what_another_app_shares_fills_the_box_wherever_it_put_the_address(site: TestSite) {
        let ada = site.user("ada").await;
        for query in [
            "url=https%3A%2F%2Fa.example%2Fx",
            "url=&text=Look%20at%20https%3A%2F%2Fa.example%2Fx",
            "title=https%3A%2F%2Fa.example%2Fx&text=",
        ] {
            let page = ada.get(&format!("/add?{query}")).await.text();
            assert!(page.contains("value=\"https://a.example/x\"") && page.contains("Keep as an article"), "{query}");
        }
        assert!(!ada.get("/add?url=two%20words").await.text().contains("Keep as an article"));
        let manifest: Value = json(&site.visitor().get("/manifest.webmanifest").await);
        assert_eq!(manifest["share_target"]["action"], "/add");
    }

    async fn the_bookmarklet_leads_to_this_server(site: TestSite) {
        let ada = site.user("ada").await;
        let page = ada.get("/settings/programs").await.text();
        assert!(page.contains("open(&#39;http://reader.test/add?url=&#39;+encodeURIComponent(location.href))"), "{page}");
    }
}
