//! A link on its way to somebody: by the share sheet of the device where it has one.

use serde_json::json;

use crate::support::outside::Outside;
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// A device with a share sheet that notes what it is handed. The first time its owner changes their mind (Web Share, section 2.1).
const SHARE_SHEET: &str = "
    window.handed = []; window.unhandled = 0;
    addEventListener('unhandledrejection', () => { window.unhandled += 1; });
    Navigator.prototype.share = function (data) {
        if (!navigator.userActivation.isActive) throw new TypeError('nobody pressed anything');
        window.handed.push(data);
        return window.handed.length === 1 ? Promise.reject(new DOMException('Not now', 'AbortError')) : Promise.resolve();
    };
";

/// A link to an article, just made.
async fn shared(screen: Screen, scripts: Scripts, device: &str) -> (Outside, Reader, Browser) {
    let outside = Outside::start().await;
    let item = "<item><title>High &amp;amp; low \"water\"</title><guid>1</guid>\
                <description>It rose in the night.</description></item>";
    let reader = Reader::with_account();
    reader.follow(&outside, "The river", item);
    let browser = Browser::start(screen, scripts).await;
    if !device.is_empty() {
        browser.devtools("Page.enable", json!({})).await;
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": device })).await;
    }
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/all")).await;
    // By their addresses: a page that was loaded ahead would not be of this device.
    let article = browser.find(".row h3 a").await.attr("href").await.unwrap().unwrap();
    browser.open(&reader.url(&article)).await;
    let form = browser.find("a[data-key='S']").await.attr("href").await.unwrap().unwrap();
    browser.open(&reader.url(&form)).await;
    browser.go("form[action$='/share'] button.main").await;
    (outside, reader, browser)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_handed_to_the_share_sheet_of_the_device() {
    let (_outside, reader, browser) = shared(Screen::Phone, Scripts::On, SHARE_SHEET).await;
    let link = browser.run("return document.querySelector('#link').value").await.as_str().unwrap().to_owned();
    let code = link.strip_prefix(&reader.url("/s/")).expect("the public address");
    assert!(code.len() == 22 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{link}");
    becomes(&browser, "return document.querySelector('[data-share]').checkVisibility()", json!(true)).await;

    for times in 1..=2 {
        browser.click("[data-share]").await;
        becomes(&browser, "return handed.length", json!(times)).await;
    }

    let handed = browser.run("return [handed, unhandled, location.pathname.endsWith('/share')]").await;
    let said = json!({ "url": link, "title": "High & low \"water\"" });
    assert_eq!(handed, json!([[said, said], 0, true]), "that somebody changes their mind is no error");
    browser.client.delete_all_cookies().await.unwrap();
    browser.open(&link).await;
    browser.says("main", "It rose in the night.").await;
}

/// A device that can neither hand an address on nor write to the clipboard by itself, as on a page without TLS.
const NOTHING_OF_ITS_OWN: &str = "
    delete Navigator.prototype.share; delete Navigator.prototype.clipboard; window.taken = [];
    addEventListener('copy', () => window.taken.push(getSelection().toString()));
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_copied_where_the_device_has_no_share_sheet() {
    let (_outside, _reader, browser) = shared(Screen::Desktop, Scripts::On, NOTHING_OF_ITS_OWN).await;
    let link = browser.run("return document.querySelector('#link').value").await;
    assert_eq!(browser.run("return document.querySelector('[data-share]').checkVisibility()").await, json!(false));

    browser.click("[data-copied]").await;

    becomes(&browser, "return document.querySelector('[data-copied]').textContent", json!("Copied")).await;
    assert_eq!(browser.run("return taken").await, json!([link]));
    becomes(&browser, "return document.querySelector('[data-copied]').textContent", json!("Copy")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_there_to_be_taken_without_scripts() {
    let (_outside, reader, browser) = shared(Screen::Desktop, Scripts::Off, "").await;

    let link = browser.find("#link").await.attr("value").await.unwrap().unwrap();

    assert!(link.starts_with(&reader.url("/s/")), "{link}");
    let seen = "return [...document.querySelectorAll('[data-copied], [data-share]')].map((it) => it.checkVisibility())";
    assert_eq!(browser.run(seen).await, json!([false, false]), "they can do nothing here");
}
