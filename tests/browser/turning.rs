//! From one page to the next: what a browser shows in between, and what it loads before anybody asks for it.

use serde_json::{Value, json};

use crate::support::outside::Outside;
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// Somebody with three unread articles, before their list.
async fn three_unread() -> (Outside, Reader, Browser) {
    let outside = Outside::start().await;
    let items: String = (1..=3)
        .map(|n| {
            format!(
                "<item><title>Article {n}</title><guid>{n}</guid><pubDate>Tue, 17 Nov 2026 09:0{n}:00 GMT</pubDate>\
                 <description>What number {n} has to say of the river, which rose in the night.</description></item>"
            )
        })
        .collect();
    let reader = Reader::with_account();
    reader.follow(&outside, "The river", &items);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.sign_in(&reader).await;
    (outside, reader, browser)
}

/// Notes on both sides of a change of pages whether the browser fades from one to the other, and how much of it moves.
const WATCHED: &str = "addEventListener('pageswap', (event) => { \
        sessionStorage.left = event.viewTransition !== null; \
    }); \
    addEventListener('pagereveal', (event) => { \
        sessionStorage.come = event.viewTransition !== null; \
        event.viewTransition?.ready.then(() => { \
            const moving = document.getAnimations().map(({ effect }) => effect.pseudoElement ?? ''); \
            sessionStorage.moving = moving.filter((name) => name.startsWith('::view-transition')).length > 0; \
        }); \
    });";

/// What was noted on the way from the list to its first article, by a click.
async fn turned(reader: &Reader, browser: &Browser) -> Value {
    browser.open(&reader.url("/all")).await;
    browser.run("sessionStorage.clear()").await;
    browser.go(".row h3 a").await;
    browser.find(".art h1").await;
    // Until what moves has begun to.
    let settled = "return sessionStorage.come === 'false' || 'moving' in sessionStorage";
    becomes(browser, settled, json!(true)).await;
    browser.run("return [sessionStorage.left, sessionStorage.come, sessionStorage.moving ?? null]").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_fades_into_its_article_where_that_is_wanted() {
    let (_outside, reader, browser) = three_unread().await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCHED })).await;
    // A page that was loaded ahead does not know of that script.
    browser.devtools("Page.setPrerenderingAllowed", json!({ "isAllowed": false })).await;

    assert_eq!(turned(&reader, &browser).await, json!(["true", "true", "true"]));

    // Who asked their system for less motion gets none.
    let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    browser.devtools("Emulation.setEmulatedMedia", calm).await;
    assert_eq!(turned(&reader, &browser).await, json!(["false", "false", null]));
    browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;

    // A screen of ink would show every step of it.
    browser.click(".aa > summary").await;
    browser.click(".aa [name=theme][value=eink] + span").await;
    let theme = "return document.documentElement.dataset.theme";
    browser.open_until(&reader.url("/all"), theme, json!("eink")).await;
    let inked = turned(&reader, &browser).await;
    assert_eq!(inked[2], json!("false"), "{inked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_loaded_ahead_is_read_once_it_is_looked_at_and_not_before() {
    let (_outside, reader, browser) = three_unread().await;
    browser.open(&reader.url("/unread")).await;
    let rules =
        "return JSON.parse(document.querySelector('script[type=speculationrules]').textContent).prerender.length";
    assert_eq!(browser.run(rules).await, json!(1));
    let unread = "return fetch(document.body.dataset.base + '/counts?in=unread').then((answer) => answer.json()) \
                  .then(({ counts }) => counts.unread)";

    // A pointer rests on a title.
    let middle = browser
        .run(
            "const box = document.querySelector('.row h3 a').getBoundingClientRect(); \
              return [box.left + 20, box.top + box.height / 2]",
        )
        .await;
    let pointer = json!({ "type": "mouseMoved", "x": middle[0], "y": middle[1] });
    browser.devtools("Input.dispatchMouseEvent", pointer).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(browser.run(unread).await, json!(3), "nobody looked at it");
    browser.go(".row h3 a").await;

    browser.find("form[data-ahead]").await;
    let ahead = "return performance.getEntriesByType('navigation')[0].activationStart > 0";
    becomes(&browser, ahead, json!(true)).await;
    becomes(&browser, unread, json!(2)).await;
}
