//! Keeping what one follows, with and without scripts: many feeds at once, categories, fetching now, rules.

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

fn rss(title: &str, count: usize) -> String {
    let items: String = (1..=count)
        .map(|n| {
            format!(
                "<item><title>{title} {n}</title><guid>{title}{n}</guid><description>Words of {n}.</description></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>")
}

/// A reader who follows three feeds of two articles each.
async fn three_feeds(screen: Screen, scripts: Scripts) -> (Outside, Reader, Browser) {
    let outside = Outside::start().await;
    let reader = Reader::impatient();
    for title in ["Alder", "Birch", "Cedar"] {
        let path = format!("/{}", title.to_lowercase());
        outside.route(&path, Reply::ok("application/rss+xml", rss(title, 2)));
        reader.command(&["add", outside.url(&path).as_str()], None);
    }
    let browser = Browser::start(screen, scripts).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/feeds?sort=title")).await;
    (outside, reader, browser)
}

/// Checks the boxes of the first `count` feeds and presses a button of the form for many.
async fn with_checked(browser: &Browser, count: usize, act: &str) {
    for row in 1..=count {
        browser.click(&format!(".health tbody tr:nth-child({row}) [name='feed']")).await;
    }
    browser.click("details.several summary").await;
    browser.go(&format!("[name='act'][value='{act}']")).await;
}

async fn undo(browser: &Browser) {
    browser.go(".notice form button").await;
}

async fn unread(reader: &Reader, browser: &Browser) -> usize {
    browser.open(&reader.url("/unread")).await;
    browser.find(".list").await;
    let count = browser.count(".row").await;
    browser.open(&reader.url("/feeds?sort=title")).await;
    count
}

async fn many_at_once(screen: Screen, scripts: Scripts, name: &str) {
    let (_outside, reader, browser) = three_feeds(screen, scripts).await;
    browser.picture(&format!("feeds-{name}")).await;

    with_checked(&browser, 2, "mute").await;
    browser.says(".notice", "2 feeds are muted").await;
    browser.picture(&format!("feeds-muted-{name}")).await;
    undo(&browser).await;
    browser.counts(".badge", 0).await;
    browser.open(&reader.url("/feeds?sort=title")).await;

    with_checked(&browser, 1, "pause").await;
    browser.begins(".badge", "paused").await;
    undo(&browser).await;
    assert_eq!(unread(&reader, &browser).await, 6);

    browser.click(".health tbody tr:nth-child(1) [name='feed']").await;
    browser.click("details.several summary").await;
    browser.fill("category", "Trees").await;
    browser.go("[name='act'][value='move']").await;
    browser.says(".notice", "1 feed moved.").await;
    browser.find(".pair [name='title'][value='Trees']").await;

    browser.open(&reader.url("/feeds?sort=title")).await;
    with_checked(&browser, 3, "leave").await;
    browser.says(".notice", "3 feeds are not followed any more.").await;
    undo(&browser).await;
    browser.counts(".health tbody tr", 3).await;
    assert_eq!(unread(&reader, &browser).await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_feeds_at_once_on_a_desktop() {
    many_at_once(Screen::Desktop, Scripts::On, "desktop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_feeds_at_once_on_a_phone() {
    many_at_once(Screen::Phone, Scripts::On, "phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_feeds_at_once_without_scripts() {
    many_at_once(Screen::Desktop, Scripts::Off, "plain").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn categories_are_put_in_order_and_made_one() {
    let (_outside, reader, browser) = three_feeds(Screen::Desktop, Scripts::Off).await;
    for title in ["Brooks", "Rivers"] {
        let form = "section form[action$='/categories']";
        browser.write(&format!("{form} input"), title).await;
        browser.go(&format!("{form} button")).await;
    }
    let order = "return [...document.querySelectorAll('.pair [name=title]')].map(i => i.value).join()";
    browser.go(".pair:last-of-type [name='to'][value='up']").await;
    becomes(&browser, order, json!("Rivers,Brooks")).await;

    browser.write(".pair [value='Rivers']", "Brooks").await;
    browser.leave("Enter", async || browser.find(".pair [value='Rivers']").await.send_keys("\n").await.unwrap()).await;
    browser.says(".notice", "“Rivers” is now part of “Brooks”.").await;
    browser.picture("feeds-merged").await;
    undo(&browser).await;
    browser.open(&reader.url("/feeds")).await;
    becomes(&browser, order, json!("Rivers,Brooks")).await;
}

async fn fetched_now(scripts: Scripts) {
    let (outside, reader, browser) = three_feeds(Screen::Desktop, scripts).await;
    outside.route("/birch", Reply::ok("application/rss+xml", rss("Birch", 5)));

    // Whether or not the script watches, the page ends with what came.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    browser.open(&reader.url("/feeds")).await;
    browser.click("button[name='in'][value='all']").await;
    browser.says("main", "3 feeds were asked. 3 new articles.").await;
    browser.picture("feeds-fetched").await;
    browser.go("ul.plain a").await;
    browser.counts(".row", 5).await;
    browser.open(&reader.url("/feeds")).await;
    browser.click("button[name='in'][value='all']").await;
    browser.says(".sheet .notice", "All your feeds were fetched a short while ago.").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_are_fetched_now_with_scripts() {
    fetched_now(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_are_fetched_now_without_scripts() {
    fetched_now(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_whose_work_takes_a_while_keeps_its_icon_and_says_so_until_the_page_is_shown_again() {
    let (_outside, _reader, browser) = three_feeds(Screen::Phone, Scripts::On).await;
    let looks = "const button = document.querySelector('[name=in][value=all]');
                 const icon = button.querySelector('.i').getBoundingClientRect();
                 return [button.textContent, icon.width > 15, getComputedStyle(button).opacity]";
    assert_eq!(browser.run(looks).await, json!(["Fetch all", true, "1"]));

    // Under way for as long as nothing answers.
    let send = "const form = document.querySelector('[name=in][value=all]').form;
                form.addEventListener('submit', (event) => event.preventDefault());
                form.requestSubmit()";
    browser.run(send).await;
    assert_eq!(browser.run(looks).await, json!(["Fetching…", true, "0.5"]));

    browser.run("dispatchEvent(new PageTransitionEvent('pageshow'))").await;
    assert_eq!(browser.run(looks).await, json!(["Fetch all", true, "1"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_made_changed_tried_and_applied() {
    let (_outside, reader, browser) = three_feeds(Screen::Desktop, Scripts::Off).await;
    browser.open(&reader.url("/rules")).await;
    browser.fill("pattern", "nothing").await;
    browser.go("[name='act'][value='add']").await;
    browser.go(".pair a").await;
    browser.fill("pattern", "Alder").await;
    browser.go("[name='act'][value='try']").await;
    browser.counts("ul.plain li", 2).await;
    browser.picture("rules-tried").await;
    browser.go("form[action$='/rules/apply'] button").await;
    browser.says(".notice", "The rule was applied to 2 articles.").await;
    undo(&browser).await;
    assert_eq!(unread(&reader, &browser).await, 6);

    browser.open(&reader.url("/rules")).await;
    browser.go(".pair form[action$='/switch'] button").await;
    browser.says(".pair", "switched off").await;
}
