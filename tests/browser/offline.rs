//! Reading without a network: the server is gone, the lists are there, and what is done reaches it later.

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, PASSWORD, Reader, Screen, Scripts, becomes};

/// One pixel.
const PIXEL: &[u8] = include_bytes!("../../static/icons/mark-180.png");

/// A feed of three articles, each with a picture.
async fn illustrated() -> Outside {
    let outside = Outside::start().await;
    let site = outside.url("/").as_str().trim_end_matches('/').to_owned();
    let items: String = (1..=3)
        .map(|n| {
            format!(
                "<item><title>Sheaf {n}</title><guid>{n}</guid><pubDate>Tue, 1{n} Nov 2026 09:00:00 GMT</pubDate>\
                 <description><![CDATA[<p>Text of sheaf {n}.</p><p><img src=\"{site}/{n}.png\" alt=\"\" width=\"180\" \
                 height=\"180\"></p>]]></description></item>"
            )
        })
        .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>The Granary</title>{items}</channel></rss>");
    outside.route("/feed.xml", Reply::ok("application/rss+xml", feed));
    for n in 1..=3 {
        outside.route(&format!("/{n}.png"), Reply::ok("image/png", PIXEL));
    }
    outside
}

/// A reader with the feed, signed in, on whose device the unread list is kept.
async fn kept(base: &'static str) -> (Outside, Reader, Browser) {
    let (outside, reader, browser) = signed_in(base).await;
    keep(&reader, &browser, base).await;
    (outside, reader, browser)
}

/// A reader with the feed, signed in.
async fn signed_in(base: &'static str) -> (Outside, Reader, Browser) {
    let outside = illustrated().await;
    let reader = Reader::with_account_below(base);
    reader.command(&["add", outside.url("/feed.xml").as_str()], None);
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.sign_in(&reader).await;
    (outside, reader, browser)
}

/// Has the unread list kept on the device.
async fn keep(reader: &Reader, browser: &Browser, base: &str) {
    browser.open(&reader.url("/settings/offline")).await;
    browser.click("[name=list][value=unread]").await;
    browser.go("main form .btn.main").await;
    browser.find("#keeping [value=keep]").await;
    becomes(
        browser,
        "return document.querySelector('#keeping [role=status]').textContent.slice(0, 15)",
        json!("Nothing is kept"),
    )
    .await;
    browser.run("document.querySelector('#keeping [value=keep]').click()").await;
    let kept = "return document.querySelector('#keeping [role=status]').textContent.slice(0, 34)";
    becomes(browser, kept, json!("Kept on this device: 3 articles, 0")).await;
    browser.picture(&format!("offline-settings{}", base.replace('/', "-"))).await;
}

/// What of this origin is left in the browser: caches, databases, workers.
const LEFT: &str = "return Promise.all([caches.keys(), indexedDB.databases(), navigator.serviceWorker.getRegistrations()])\
                    .then((all) => all.map((some) => some.length))";

/// The titles of the list's rows, with `*` for a star, `+` for later and `!` for unread.
const ROWS: &str = "return [...document.querySelectorAll('.row')].map((row) => row.querySelector('h3').textContent \
    + (row.querySelector('[name=starred]').ariaPressed === 'true' ? '*' : '') \
    + (row.querySelector('[name=later]').ariaPressed === 'true' ? '+' : '') \
    + (row.classList.contains('unread') ? '!' : ''))";

/// How many articles the list says it has.
const COUNT: &str = "return document.querySelector('h1 + .n').textContent";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_read_and_marked_without_the_server_and_it_learns_of_it_once() {
    for base in ["", "/reader"] {
        let (_outside, mut reader, browser) = kept(base).await;
        reader.kill();

        // The list, an article and its picture are there, and say that they are copies.
        browser.open(&reader.url("/")).await;
        browser.begins("[data-copy-of]", "You are reading the copy kept on").await;
        becomes(&browser, ROWS, json!(["Sheaf 3!", "Sheaf 2!", "Sheaf 1!"])).await;
        browser.picture(&format!("offline-list{}", base.replace('/', "-"))).await;
        browser.go(".row h3 a").await;
        browser.says(".art .text", "Text of sheaf 3.").await;
        becomes(&browser, "return document.querySelector('.art img').naturalWidth", json!(180)).await;
        browser.click(".bar [name=starred]").await;
        becomes(&browser, "return document.querySelector('.bar [name=starred]').ariaPressed", json!("true")).await;
        browser.picture(&format!("offline-article{}", base.replace('/', "-"))).await;

        // What was done shows in the list; a form without the page's script is taken, too.
        browser.open(&reader.url("/unread")).await;
        becomes(&browser, ROWS, json!(["Sheaf 3*", "Sheaf 2!", "Sheaf 1!"])).await;
        becomes(&browser, COUNT, json!("2")).await;
        browser
            .run("const button = document.querySelectorAll('.row [name=later]')[1]; button.form.requestSubmit(button)")
            .await;
        becomes(&browser, ROWS, json!(["Sheaf 3*", "Sheaf 2+!", "Sheaf 1!"])).await;

        // What is not kept leads to what is.
        browser.open(&reader.url("/feeds")).await;
        browser.reads("main h1", "Without a network").await;
        browser.counts("main li a[href$='/unread']", 1).await;
        browser.picture(&format!("offline-missing{}", base.replace('/', "-"))).await;

        // Back again: the server knows it, once, and shows its own pages.
        reader.start();
        browser.open(&reader.url("/all")).await;
        assert_eq!(browser.count("[data-copy-of]").await, 0);
        becomes(&browser, ROWS, json!(["Sheaf 3*", "Sheaf 2+!", "Sheaf 1!"])).await;
        for (list, count) in [("/starred", 1), ("/later", 1), ("/history", 1), ("/unread", 2)] {
            let rows = "return document.querySelectorAll('.row').length";
            for _ in 0..50 {
                browser.open(&reader.url(list)).await;
                if browser.run(rows).await == json!(count) {
                    break;
                }
            }
            assert_eq!(browser.run(rows).await, json!(count), "{list}");
        }

        // Signing out leaves nothing behind.
        browser.run("document.querySelector('form.out').requestSubmit()").await;
        browser.find("[name=password]").await;
        becomes(&browser, LEFT, json!([0, 0, 0])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_before_it_is_switched_on_here_and_after_it_is_switched_off() {
    let (_outside, mut reader, browser) = kept("").await;
    let elsewhere = Browser::start(Screen::Desktop, Scripts::On).await;
    elsewhere.sign_in(&reader).await;
    elsewhere.open(&reader.url("/unread")).await;
    elsewhere.go(".row h3 a").await;
    elsewhere.find(".art .text").await;
    becomes(&elsewhere, LEFT, json!([0, 0, 0])).await;

    browser.run("document.querySelector('#keeping [value=forget]').click()").await;
    becomes(
        &browser,
        "return document.querySelector('#keeping [role=status]').textContent.slice(0, 15)",
        json!("Nothing is kept"),
    )
    .await;
    becomes(&browser, "return caches.keys().then((all) => all.length)", json!(0)).await;
    reader.kill();
    assert!(browser.client.goto(&reader.url("/unread")).await.is_err(), "the server is gone and nothing is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_and_marks_stay_with_the_account_that_they_belong_to() {
    let (_outside, mut reader, browser) = kept("").await;
    reader.command(&["user", "add", "rye"], Some(PASSWORD));
    reader.kill();
    browser.open(&reader.url("/unread")).await;
    browser.click(".row [name=starred]").await;
    becomes(&browser, ROWS, json!(["Sheaf 3*!", "Sheaf 2!", "Sheaf 1!"])).await;
    reader.start();

    // The session ends; another account signs in.
    browser.client.delete_all_cookies().await.unwrap();
    browser.open(&reader.url("/unread")).await;
    browser.fill("name", "rye").await;
    browser.fill("password", PASSWORD).await;
    browser.go("main form button").await;
    browser.find(".list .empty").await;
    browser.open(&reader.url("/starred")).await;
    assert_eq!(browser.count(".row").await, 0, "nobody else's star");
    becomes(&browser, "return caches.keys().then((all) => all.length)", json!(0)).await;

    // The mark waited for its reader.
    browser.client.delete_all_cookies().await.unwrap();
    browser.sign_in(&reader).await;
    becomes(&browser, ROWS, json!(["Sheaf 3*!", "Sheaf 2!", "Sheaf 1!"])).await;
    browser.open(&reader.url("/starred")).await;
    browser.counts(".row", 1).await;
}

/// Whether the copy of an article shows the tag and the passage that wait.
const SHOWN: &str = "return [[...document.querySelectorAll('#tags li bdi')].map((tag) => tag.textContent).join(), \
    [...document.querySelectorAll('.text mark.hl')].map((mark) => mark.textContent).join()]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_and_passages_marked_without_the_server_are_there_once() {
    let (_outside, mut reader, browser) = kept("").await;
    reader.kill();
    browser.open(&reader.url("/")).await;
    browser.go(".row h3 a").await;
    browser.says(".art .text", "Text of sheaf 3.").await;

    // A tag by the form, twice; a passage by hand with the page's script; another by the form below the text.
    for _ in 0..2 {
        browser.fill("names", "harvest, old mills").await;
        browser.go("#tags form.one button").await;
        browser.find("[data-copy-of]").await;
    }
    browser
        .run(
            "const words = document.querySelector('.text p').firstChild; const range = document.createRange(); \
             range.setStart(words, 8); range.setEnd(words, 13); getSelection().removeAllRanges(); \
             getSelection().addRange(range)",
        )
        .await;
    becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(false)).await;
    browser.run("document.querySelector('#highlighter [value=green]').click()").await;
    becomes(&browser, SHOWN, json!(["harvest,old mills", "sheaf"])).await;
    browser
        .run(
            "const form = document.querySelector('#highlights > details form'); form.elements.exact.value = 'Text'; \
             form.elements.note.value = 'the first word'; form.requestSubmit()",
        )
        .await;

    // The copy shows what waits.
    becomes(&browser, SHOWN, json!(["harvest,old mills", "Text,sheaf"])).await;
    browser.picture("offline-tags").await;

    // Back again: the server knows each of them once, and goes on knowing it once.
    reader.start();
    for _ in 0..50 {
        browser.open(&reader.url("/highlights")).await;
        if browser.count(".passage").await == 2 {
            break;
        }
    }
    for _ in 0..2 {
        browser.open(&reader.url("/highlights")).await;
        browser.counts(".passage", 2).await;
        browser.says(".passages", "the first word").await;
    }
    browser.open(&reader.url("/tags")).await;
    browser.counts("main form[action$='/rename']", 2).await;
    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;
    let tags = "return [...document.querySelectorAll('#tags li a')].map((tag) => tag.textContent)";
    becomes(&browser, tags, json!(["harvest", "old mills"])).await;
    let marks = "return [...document.querySelectorAll('.text mark.hl')].map((mark) => mark.className)";
    becomes(&browser, marks, json!(["hl yellow", "hl green"])).await;

    // With a network the worker sends the form on, and what the server says of it arrives.
    browser.fill("names", &"a name that is too long ".repeat(20)).await;
    browser.go("#tags form.one button").await;
    browser.find(".notice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_away_or_noted_without_the_server_reaches_it_later() {
    let (_outside, mut reader, browser) = signed_in("").await;
    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;
    let here = browser.client.current_url().await.unwrap().to_string();
    browser.fill("names", "harvest, old mills").await;
    browser.go("#tags form.one button").await;
    for word in ["Text", "sheaf"] {
        let fill = format!(
            "const form = document.querySelector('#highlights > details form'); form.elements.exact.value = '{word}'; \
             form.requestSubmit()"
        );
        browser.leave(word, async || drop(browser.run(&fill).await)).await;
    }
    becomes(&browser, SHOWN, json!(["harvest,old mills", "Text,sheaf"])).await;
    browser.go("[name=read]").await;
    keep(&reader, &browser, "").await;
    reader.kill();
    browser.open(&here).await;
    browser.find("[data-copy-of]").await;

    // A tag goes, one passage gets a note and another colour, the other passage goes.
    let act = async |what: &str, script: &str| {
        browser.leave(what, async || drop(browser.run(script).await)).await;
        browser.find("[data-copy-of]").await;
    };
    act("a tag", "document.querySelector('#tags li form').requestSubmit()").await;
    becomes(&browser, SHOWN, json!(["old mills", "Text,sheaf"])).await;
    let note = "const form = document.querySelector('.passage form'); form.elements.note.value = 'the first word'; \
                form.elements.colour.value = 'green'; form.requestSubmit()";
    act("a note", note).await;
    browser.says(".passage .note", "the first word").await;
    becomes(&browser, "return document.querySelector('.text mark.hl').className", json!("hl green")).await;
    let delete = "document.querySelector('.passage:nth-child(2) form[action$=delete]').requestSubmit()";
    act("a passage", delete).await;
    becomes(&browser, SHOWN, json!(["old mills", "Text"])).await;
    browser.picture("offline-taken-away").await;

    reader.start();
    for _ in 0..50 {
        browser.open(&reader.url("/highlights")).await;
        if browser.count(".passage.green").await == 1 && browser.count(".passage").await == 1 {
            break;
        }
    }
    browser.counts(".passage", 1).await;
    browser.says(".passage .note", "the first word").await;
    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;
    let tags = "return [...document.querySelectorAll('#tags li a')].map((tag) => tag.textContent)";
    becomes(&browser, tags, json!(["old mills"])).await;
}
