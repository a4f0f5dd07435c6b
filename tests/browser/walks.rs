//! The ways a reader walks: from nothing to the first article, and what comes after.

use std::fs;

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, NAME, PASSWORD, Reader, Screen, Scripts, becomes};

const FEED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Granary</title><link>SITE/</link><description>Notes on keeping</description><language>en</language>
<item><title>How to dry wheat</title><link>SITE/dry</link><guid>1</guid><pubDate>Tue, 17 Nov 2026 09:00:00 GMT</pubDate>
<content:encoded><![CDATA[LONG<p>The last sheaf is turned at noon.</p>]]></content:encoded></item>
<item><title>What a teaser hides</title><link>SITE/teaser</link><guid>2</guid><pubDate>Mon, 16 Nov 2026 09:00:00 GMT</pubDate>
<description>Only the beginning …</description></item>
</channel></rss>"#;

const PAGE: &str = r#"<!doctype html><html lang="en"><head><title>What a teaser hides</title></head><body>
<nav><a href="/">Home</a></nav><article><h1>What a teaser hides</h1>LONG<p>The hidden end of the story is here.</p></article>
<footer>All rights kept</footer></body></html>"#;

/// A site with a feed, an article in full and a teaser whose page has the rest.
async fn granary() -> Outside {
    let outside = Outside::start().await;
    let site = outside.url("/").as_str().trim_end_matches('/').to_owned();
    let long = "<p>A granary is a promise that summer makes to winter, and it is kept one dry day at a time. \
                The floor is swept, the doors stand open to the wind, and nobody hurries.</p>"
        .repeat(12);
    let text = |template: &str| template.replace("SITE", &site).replace("LONG", &long);
    outside.route(
        "/",
        Reply::ok(
            "text/html",
            r#"<html><head><title>The Granary</title><link rel="alternate" type="application/rss+xml" title="The Granary" href="/feed.xml"></head><body><p>Welcome</p></body></html>"#,
        ),
    );
    outside.route("/feed.xml", Reply::ok("application/rss+xml", text(FEED)));
    outside.route("/teaser", Reply::ok("text/html; charset=utf-8", text(PAGE)));
    outside
}

/// From nothing to the first article: set up, add a site, read.
async fn first_article(screen: Screen, scripts: Scripts, name: &str) {
    let outside = granary().await;
    let mut reader = Reader::empty();
    let browser = Browser::start(screen, scripts).await;

    browser.open(&reader.url("/")).await;
    browser.picture(&format!("{name}-setup")).await;
    browser.fill("name", NAME).await;
    browser.fill("password", PASSWORD).await;
    if browser.count("[name='password_again']").await > 0 {
        browser.fill("password_again", PASSWORD).await;
    }
    browser.go("main form button").await;
    browser.find(".list .empty").await;
    browser.picture(&format!("{name}-empty")).await;

    browser.open(&reader.url("/add")).await;
    browser.fill("address", outside.url("/").as_str()).await;
    browser.go("main form button").await;
    browser.find("form[action$='/add/follow']").await;
    browser.picture(&format!("{name}-found")).await;
    browser.go("form[action$='/add/follow'] button").await;
    browser.find(".row").await;

    browser.open(&reader.url("/unread")).await;
    browser.find(".row").await;
    browser.counts(".row", 2).await;
    browser.picture(&format!("{name}-list")).await;
    browser.go(".row h3 a").await;
    browser.says(".art .text", "The last sheaf is turned at noon.").await;
    browser.reads(".art h1", "How to dry wheat").await;
    browser.picture(&format!("{name}-article")).await;

    // What was done survives a power cut.
    reader.kill();
    reader.start();
    browser.open(&reader.url("/all")).await;
    browser.find(".row").await;
    browser.counts(".row", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_the_first_article_on_a_desktop() {
    first_article(Screen::Desktop, Scripts::On, "desktop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_the_first_article_on_a_phone() {
    first_article(Screen::Phone, Scripts::On, "phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_the_first_article_without_scripts() {
    first_article(Screen::Desktop, Scripts::Off, "plain").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_teaser_is_shown_with_the_text_of_its_page() {
    let outside = granary().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.sign_in(&reader).await;

    // The page is fetched in the background; the reader looks again until it is there.
    let mut text = String::new();
    for _ in 0..100 {
        browser.open(&reader.url("/all?order=oldest")).await;
        browser.go(".row h3 a").await;
        text = browser.text(".art .text").await;
        if text.contains("hidden end") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }

    assert!(text.contains("The hidden end of the story is here."), "{text}");
    assert!(!text.contains("All rights kept"), "{text}");
}

/// An archived article in Chinese, as the one that this program was made for.
async fn chinese_article(screen: Screen, name: &str) {
    let reader = Reader::with_account();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/archive/2_麦田.md");
    let folder = reader.folder().join("in/麦田新闻");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(file, folder.join("2_麦田.md")).unwrap();
    reader.command(&["import", &folder.display().to_string()], None);
    let browser = Browser::start(screen, Scripts::On).await;
    browser.sign_in(&reader).await;

    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;

    browser.find(".art").await;
    browser.picture(name).await;
    let text = browser.text(".art .text").await;
    browser.reads(".art h1", "麦田里的图书馆").await;
    browser.reads(".art figure figcaption", "秋天的麦田旁，一座小图书馆开门了。").await;
    assert!(text.contains("来的人比她想的多"), "{text}");
    for gone in ["获取更多", "feedx", "GMT"] {
        assert!(!text.contains(gone), "{gone} is still in {text}");
    }
    becomes(&browser, "return document.querySelector('.art').lang", json!("zh-Hans")).await;
    becomes(&browser, "return document.querySelector('.art time').dateTime", json!("2023-11-15T09:30:00Z")).await;
    let foreign =
        browser.run("return [...document.images].map(i => i.src).filter(s => new URL(s).host !== location.host)").await;
    assert_eq!(foreign, json!([]), "every picture comes through the reader");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chinese_article_is_set_as_chinese_on_a_desktop() {
    chinese_article(Screen::Desktop, "chinese-desktop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chinese_article_is_set_as_chinese_on_a_phone() {
    chinese_article(Screen::Phone, "chinese-phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_star_stays_and_reading_is_undone_without_scripts() {
    let outside = granary().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(Screen::Desktop, Scripts::Off).await;
    browser.sign_in(&reader).await;

    browser.open(&reader.url("/unread")).await;
    browser.go(".row [name='starred']").await;
    browser.open(&reader.url("/starred")).await;
    browser.find(".row").await;
    browser.counts(".row", 1).await;

    browser.open(&reader.url("/unread")).await;
    browser.go("form[action$='/mark-read'] button").await;
    browser.counts(".row", 0).await;
    browser.go("form[action$='/undo'] button").await;
    browser.counts(".row", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wider_than_a_phone() {
    let outside = granary().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.sign_in(&reader).await;

    for path in [
        "/unread",
        "/all",
        "/history",
        "/tags",
        "/highlights",
        "/rules",
        "/add",
        "/feeds",
        "/settings",
        "/users",
        "/about",
        "/nowhere",
    ] {
        browser.open(&reader.url(path)).await;
        let over =
            browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert_eq!(over, 0, "{path} is wider than the window");
        browser.picture(&format!("phone{}", path.replace('/', "-"))).await;
    }
}

/// Feed, category, tag, title and text are each one word that no line holds.
async fn long_words_are_broken(screen: Screen, name: &str) {
    let word = "Donaudampfschifffahrtsgesellschaft".repeat(6);
    let feed = FEED
        .replace("The Granary", &word)
        .replace("How to dry wheat", &word)
        .replace("LONG", &format!("<p>{word}</p>"));
    let outside = granary().await;
    outside.route("/words.xml", Reply::ok("application/rss+xml", feed.replace("SITE", "https://words.example")));
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/words.xml").as_str(), "--category", &word[..100]], None);
    let browser = Browser::start(screen, Scripts::On).await;
    browser.sign_in(&reader).await;
    let over = "return document.documentElement.scrollWidth > innerWidth";
    let held = async |page: &str| {
        assert_eq!(browser.run(over).await, json!(false), "{page} is wider than the window");
        browser.picture(&format!("{name}-{page}")).await;
    };

    browser.open(&reader.url("/all")).await;
    held("list").await;
    browser.go(".row h3 a").await;
    browser.fill("names", &word[..40]).await;
    browser.click(".own-tags .one button").await;
    becomes(&browser, "return document.querySelectorAll('.own-tags .tags a').length", json!(1)).await;
    held("article").await;
    for page in ["feeds", "tags"] {
        browser.open(&reader.url(&format!("/{page}"))).await;
        held(page).await;
    }
    // Neither lies one thing on another: the name of a tag ends before the field that renames it.
    let apart = "const [tag, form] = document.querySelectorAll('.pair > *'); const box = tag.getBoundingClientRect(); \
                 return tag.scrollWidth <= tag.clientWidth && (box.right <= form.getBoundingClientRect().left || box.bottom <= form.getBoundingClientRect().top)";
    assert_eq!(browser.run(apart).await, json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_without_end_are_broken_on_a_desktop() {
    long_words_are_broken(Screen::Desktop, "words-desktop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_without_end_are_broken_on_a_phone() {
    long_words_are_broken(Screen::Phone, "words-phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_have_room_and_are_put_in_order_on_every_screen() {
    let outside = granary().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str(), "--category", "The harvest"], None);
    let long = FEED
        .replace("The Granary", "The long and winding annals of the granary beside the river")
        .replace("SITE", "https://words.example");
    outside.route("/long.xml", Reply::ok("application/rss+xml", long));
    let category = "Landwirtschaftswissenschaftlerinnen";
    reader.command(&["add", outside.url("/long.xml").as_str(), "--category", category], None);
    for screen in [Screen::Phone, Screen::Desktop] {
        let browser = Browser::start(screen, Scripts::On).await;
        browser.sign_in(&reader).await;
        browser.open(&reader.url("/settings")).await;
        let speak =
            "const field = document.querySelector('[name=language]'); field.value = 'ru'; field.form.requestSubmit()";
        browser.run(speak).await;
        becomes(&browser, "return document.documentElement.lang", json!("ru")).await;

        browser.open(&reader.url("/feeds")).await;
        browser.go(".health thead th:nth-child(4) a").await;
        let ordered = "return document.querySelector('.health thead th:nth-child(4)').hasAttribute('aria-sort')";
        assert_eq!(browser.run(ordered).await, json!(true));
        for width in [320, 920, 1100, 1366, 1440] {
            let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
            let over = "const [table, sheet] = ['.health', '.sheet'].map((css) => document.querySelector(css).offsetWidth); \
                        return document.documentElement.scrollWidth > innerWidth || table > sheet";
            assert_eq!(browser.run(over).await, json!(false), "at {width} pixels");
        }
        let category = "const words = document.createRange(); \
            words.selectNodeContents([...document.querySelectorAll('.health td:nth-child(2)')].find((cell) => cell.textContent === 'The harvest')); \
            return words.getClientRects().length";
        assert_eq!(browser.run(category).await, json!(1), "a category of two words stands on one line");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ways_to_sort_feeds_take_two_lines_on_a_phone() {
    let outside = granary().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/feeds")).await;

    let lines = "return new Set([...document.querySelectorAll('.health thead a')].map((link) => Math.round(link.getBoundingClientRect().top))).size";
    assert_eq!(browser.run(lines).await, json!(2));
    let lined = "return getComputedStyle(document.querySelector('main a.btn')).textDecorationLine";
    assert_eq!(browser.run(lined).await, json!("none"), "a button is no link in a text");
}
