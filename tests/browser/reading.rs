//! What a reader leaves in an article with a pointer and a scroll wheel: highlights, tags, a place.

use std::time::Duration;

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// A feed of one long article.
async fn long_read() -> Outside {
    let outside = Outside::start().await;
    let text: String = (0..40)
        .map(|n| format!("<p>Paragraph {n} of the <b>long</b> read. {}</p>", "Grain, water and time. ".repeat(12)))
        .collect();
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>The Granary</title><item><title>A long read</title><guid>1</guid>\
         <description><![CDATA[{text}]]></description></item></channel></rss>"
    );
    outside.route("/feed.xml", Reply::ok("application/rss+xml", feed));
    outside
}

/// The article's page, open in a browser whose errors are counted.
async fn opened(screen: Screen) -> (Outside, Reader, Browser) {
    let outside = long_read().await;
    let reader = Reader::with_account();
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(screen, Scripts::On).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;
    (outside, reader, browser)
}

/// Selects from the bold word of the second paragraph to the first words of the third.
const SELECT: &str = "const [, from, to] = document.querySelectorAll('.art .text p'); \
    const range = document.createRange(); range.setStart(from.querySelector('b').firstChild, 0); \
    range.setEnd(to.firstChild, 9); getSelection().removeAllRanges(); getSelection().addRange(range); return 1";

/// Selects what is marked.
const SELECT_MARKED: &str = "const marks = [...document.querySelectorAll('.text mark')]; \
    const range = document.createRange(); range.setStartBefore(marks[0]); range.setEndAfter(marks.at(-1)); \
    getSelection().removeAllRanges(); getSelection().addRange(range); return 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_selected_is_highlighted_and_stays_so() {
    for screen in [Screen::Desktop, Screen::Phone] {
        let (_outside, reader, browser) = opened(screen).await;
        browser.run(SELECT).await;
        becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(false)).await;
        browser.click("#highlighter [value=green]").await;

        let marks = "return [...document.querySelectorAll('.text mark.green')].map(m => m.textContent.slice(0, 9))";
        becomes(&browser, marks, json!(["long", " read. Gr", "Paragraph"])).await;
        becomes(&browser, "return document.querySelectorAll('#highlights .passage').length", json!(1)).await;
        let drawn = browser.run("return document.querySelector('.art .text').innerHTML").await;
        browser.picture(&format!("highlight-{screen:?}")).await;
        let here = browser.client.current_url().await.unwrap();
        browser.open(here.as_str()).await;
        assert_eq!(
            browser.run("return document.querySelector('.art .text').innerHTML").await,
            drawn,
            "the script marks as the server does"
        );

        // A note by the same bar leads to the field for it.
        browser.run(SELECT_MARKED).await;
        becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(false)).await;
        browser.click("#highlighter [name=write]").await;
        becomes(&browser, "return document.activeElement.name ?? ''", json!("note")).await;
        browser.open(&reader.url("/highlights")).await;
        // The same passage is one highlight.
        browser.counts(".passage.green", 1).await;
        let over =
            browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert!(over.as_i64().unwrap() <= 0, "{screen:?}: {over}");
        browser.picture(&format!("highlights-{screen:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_is_kept_when_the_page_is_left() {
    let (_outside, reader, browser) = opened(Screen::Desktop).await;
    let here = browser.client.current_url().await.unwrap();
    browser.run("document.querySelectorAll('.art .text p')[20].scrollIntoView(); return 1").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    browser.open(&reader.url("/all")).await;

    let mut offered = 0;
    for _ in 0..40 {
        browser.open(here.as_str()).await;
        offered = browser.count(".stopped a").await;
        if offered > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(offered, 1);
    browser.picture("place").await;
    browser.click(".stopped a").await;
    let there = browser.run("return document.querySelector('#place').parentElement.textContent.slice(0, 13)").await;
    assert!(there == json!("Paragraph 20 ") || there == json!("Paragraph 19 "), "{there}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_shows_how_far_a_reader_has_come() {
    let (_outside, _reader, browser) = opened(Screen::Phone).await;
    let share =
        "return Math.round(document.querySelector('.progress').getBoundingClientRect().width / innerWidth * 10)";
    let to =
        |part: &str| format!("scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * {part}); return 1");

    becomes(&browser, share, json!(0)).await;
    browser.run(&to(".5")).await;
    becomes(&browser, share, json!(5)).await;
    browser.run(&to("1")).await;
    becomes(&browser, share, json!(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_is_given_by_keys_alone() {
    let (_outside, reader, browser) = opened(Screen::Desktop).await;
    browser.run("document.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true })); return 1").await;
    becomes(&browser, "return document.activeElement.name ?? ''", json!("names")).await;
    browser.fill("names", "grain, reading").await;
    browser.click(".own-tags .one button").await;
    becomes(&browser, "return document.querySelectorAll('.own-tags .tags a').length", json!(2)).await;
    browser.picture("tags").await;

    // In a list the key leads to the field, too.
    browser.open(&reader.url("/all")).await;
    for key in ["j", "t"] {
        browser
            .run(&format!(
                "document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }})); return 1"
            ))
            .await;
    }
    browser.find(".own-tags").await;
    becomes(&browser, "return document.activeElement.name ?? ''", json!("names")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_that_were_found_are_visited_and_an_article_is_shared_by_keys() {
    let (_outside, reader, browser) = opened(Screen::Desktop).await;
    let press = async |key: &str| {
        let event = format!("new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }})");
        browser.run(&format!("document.body.dispatchEvent({event}); return 1")).await;
    };
    browser.open(&reader.url("/search?q=paragraph")).await;
    browser.go(".row h3 a").await;
    let here = "return [...document.querySelectorAll('.text mark.here')].map(mark => mark.id)";
    let is_seen = "const box = document.querySelector('.text mark.here').getBoundingClientRect(); \
                   return box.top >= 0 && box.bottom <= innerHeight";
    for (key, hit) in
        [(".", "hit1"), (".", "hit2"), (",", "hit1"), (",", "hit40"), (",", "hit39"), (".", "hit40"), (".", "hit1")]
    {
        press(key).await;
        becomes(&browser, here, json!([hit])).await;
        becomes(&browser, is_seen, json!(true)).await;
    }

    press("S").await;
    browser.find("form[action$='/share'] [name=slug]").await;
    browser.fill("slug", "long-read").await;
    browser.go("form[action$='/share'] button.main").await;
    becomes(&browser, "return document.querySelector('#link').value.endsWith('/s/long-read')", json!(true)).await;
    becomes(
        &browser,
        "return document.querySelector('svg[role=img] path:last-child').getBBox().width > 20",
        json!(true),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_panel_sets_the_text_at_once_and_for_good() {
    for screen in [Screen::Desktop, Screen::Phone] {
        let (_outside, _reader, browser) = opened(screen).await;
        let here = browser.client.current_url().await.unwrap();
        let size = "return parseFloat(getComputedStyle(document.querySelector('.art .text')).fontSize)";
        let usual = browser.run(size).await.as_f64().unwrap();

        browser.click(".aa > summary").await;
        browser.click(".aa [name=size][value=xl] + span").await;
        browser.click(".aa [name=theme][value=night] + span").await;

        assert!(browser.run(size).await.as_f64().unwrap() > usual);
        browser.picture(&format!("panel-{screen:?}")).await;
        let outside = "const box = document.querySelector('.aa form').getBoundingClientRect(); \
                       return box.left < 0 || box.right > innerWidth || box.bottom > innerHeight";
        assert_eq!(browser.run(outside).await, json!(false), "{screen:?}");

        let kept = "const { size, theme } = document.documentElement.dataset; return [size, theme]";
        browser.open_until(here.as_str(), kept, json!(["xl", "night"])).await;
        let key = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '-', bubbles: true })); return 1";
        browser.run(key).await;
        becomes(&browser, "return document.documentElement.dataset.size", json!("l")).await;
    }
}
