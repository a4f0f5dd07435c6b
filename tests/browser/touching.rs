//! Under a finger: what can be pressed on a phone is large enough for it, on every page.

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

const TEXT: &str = "<h2>One</h2><p>Words with <a href=\"https://example.com/\">a link</a> in them.</p><h2>Two</h2>\
                    <pre><code class=\"language-rust\">fn main() {}</code></pre><h2>Three</h2>\
                    <iframe src=\"https://www.youtube.com/embed/abcdefghijk\"></iframe>";

/// What can be pressed and is smaller than 44 pixels, with everything open that can be opened. Links in running text are as
/// large as it is; a box to check is pressed by its label; a link that is stretched over its row is as large as that.
const SMALL: &str = "for (const part of document.querySelectorAll('main details')) part.open = true; \
    const found = []; \
    for (const place of document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')) { \
      if (place.matches('.skip') || !place.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue; \
      const whole = place.matches('[type=checkbox], [type=radio]') ? place.closest('label') ?? place : place; \
      const { width, height } = whole.getBoundingClientRect(); \
      const words = place.textContent.trim(); \
      const isInText = place.localName === 'a' && getComputedStyle(place).display === 'inline' && \
        (place.closest('.text') || place.parentElement.textContent.trim().length > words.length + 8); \
      const after = getComputedStyle(place, '::after'); \
      const isStretched = after.position === 'absolute' && after.content !== 'none' && after.inset === '0px'; \
      if (!isInText && !isStretched && width > 1 && (width < 43.5 || height < 43.5)) \
        found.push(`${place.localName} ${place.className} ${words} ${Math.round(width)} x ${Math.round(height)}`); \
    } \
    if (document.documentElement.scrollWidth > innerWidth) found.push('the page can be moved sideways'); \
    return found";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_be_pressed_on_a_phone_is_large_enough() {
    let outside = Outside::start().await;
    let items: String = (1..=3)
        .map(|n| {
            format!("<item><title>{n}</title><guid>{n}</guid><description><![CDATA[{TEXT}]]></description></item>")
        })
        .collect();
    let reader = Reader::with_account();
    reader.follow(&outside, "書", &items);
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.open(&reader.url("/login")).await;
    becomes(&browser, SMALL, json!([])).await;
    browser.sign_in(&reader).await;
    browser.go(".row h3 a").await;
    let article = browser.client.current_url().await.unwrap().path().to_owned();
    browser.fill("names", "a, b").await;
    browser.go("#tags form.one button").await;
    browser.open(&reader.url("/rules")).await;
    browser.fill("pattern", "a word").await;
    browser.click("[name='read']").await;
    browser.go("[name='act'][value='add']").await;
    browser.open(&reader.url("/search?q=words")).await;
    browser.find(".row").await;
    let feed = browser
        .run("return [...document.querySelectorAll('.side [href*=\"/feeds/\"]')].map((link) => link.pathname)[0]")
        .await;
    let feed = format!("{}/settings", feed.as_str().unwrap());
    let of_article = ["", "/share", "/versions"].map(|part| format!("{article}{part}"));

    for path in [
        "/unread",
        "/all",
        "/starred",
        "/search",
        "/search?q=words",
        "/feeds",
        "/rules",
        "/tags",
        "/highlights",
        "/trash",
        "/add",
        "/settings",
        "/settings/offline",
        "/settings/housekeeping",
        "/settings/programs",
        "/shares",
        "/published",
        "/digests",
        "/only-here",
        "/users",
        "/about",
        "/nothing",
        &feed,
    ]
    .into_iter()
    .chain(of_article.iter().map(String::as_str))
    {
        browser.open(&reader.url(path)).await;
        becomes(&browser, SMALL, json!([])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_stands_for_a_title_stays_in_its_card() {
    let outside = Outside::start().await;
    outside
        .route("/a-text-without-a-title/with/a/long/address.txt", Reply::ok("text/plain", "Words that nobody named."));
    let reader = Reader::with_account();
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/add")).await;
    browser.fill("address", outside.url("/a-text-without-a-title/with/a/long/address.txt").as_str()).await;
    browser.go("main form button").await;
    browser.find(".card h3").await;
    let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    becomes(&browser, over, json!(0)).await;
}
