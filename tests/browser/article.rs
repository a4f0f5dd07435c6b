//! What an article offers beside its words: pictures, sound, the other script, a voice, footnotes, paper.

use serde_json::json;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// A grey picture of 640 by 400 pixels: smaller ones do not open large once their size is known.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, 0x49, 0x48, 0x44, 0x52, 0, 0, 2, 0x80, 0, 0, 1, 0x90, 1,
    0, 0, 0, 0, 0x16, 0x88, 0xec, 0x88, 0, 0, 0, 0x88, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0xed, 0xcc, 0xb1, 0, 0, 0,
    0, 2, 0xb0, 0x24, 0xf3, 0x57, 0x49, 0xa2, 0x73, 3, 0x58, 0x7a, 0x16, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1,
    0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85,
    0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14,
    0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50,
    0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42,
    0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa, 0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0xa,
    0x85, 0x42, 0xa1, 0x50, 0x28, 0x14, 0x3e, 0xc, 0xb3, 0xdb, 0x83, 0x68, 0x34, 0xcd, 0xff, 0xd9, 0, 0, 0, 0, 0x49,
    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// A minute of silence.
fn silence() -> Vec<u8> {
    let samples: u32 = 8_000 * 60;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(b"\x01\0\x08\0data");
    wav.extend(samples.to_le_bytes());
    wav.resize(44 + 8_000 * 60, 128);
    wav
}

/// The first article of a feed of these, open in a browser.
async fn opened(articles: &[(&str, &str)], scripts: Scripts) -> (Outside, Reader, Browser) {
    opened_on(Screen::Desktop, articles, scripts).await
}

async fn opened_on(screen: Screen, articles: &[(&str, &str)], scripts: Scripts) -> (Outside, Reader, Browser) {
    let outside = Outside::start().await;
    for name in ["/one.png", "/two.png"] {
        outside.route(name, Reply::ok("image/png", PNG.to_vec()));
    }
    // In one part that is the whole: without parts a browser cannot go to another place of it.
    let sound = Reply::status(206).body(silence()).header("content-type", "audio/wav");
    let sound = sound.header("accept-ranges", "bytes").header("content-range", "bytes 0-480043/480044");
    outside.route("/sound.wav", sound);
    let items: String = articles
        .iter()
        .enumerate()
        .map(|(n, (title, text))| {
            let text = text.replace("SITE", outside.url("/").as_str().trim_end_matches('/'));
            format!(
                "<item><title>{title}</title><guid>{n}</guid><pubDate>Tue, 17 Nov 2026 09:{:02}:00 GMT</pubDate>\
                 <description><![CDATA[{text}]]></description></item>",
                59 - n
            )
        })
        .collect();
    let reader = Reader::with_account();
    reader.follow(&outside, "The Granary", &items);
    let browser = Browser::start(screen, scripts).await;
    browser.sign_in(&reader).await;
    (outside, reader, browser)
}

async fn open_first(reader: &Reader, browser: &Browser) -> String {
    browser.open(&reader.url("/all")).await;
    browser.go(".row h3 a").await;
    browser.client.current_url().await.unwrap().to_string()
}

async fn press(browser: &Browser, key: &str) {
    browser.client.active_element().await.unwrap().send_keys(key).await.unwrap();
}

const RIGHT: &str = "\u{e014}";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

const PICTURES: &str = "<figure><img src=\"SITE/one.png\" alt=\"A field\"><figcaption>The field in May</figcaption></figure>\
                        <p>Words.</p><p><img src=\"SITE/two.png\" alt=\"\"></p>\
                        <p><a href=\"https://example.com/\"><img src=\"SITE/one.png\" alt=\"Elsewhere\"></a></p>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_opens_large_and_the_reader_comes_back_to_it() {
    let (_outside, reader, browser) = opened(&[("Pictures", PICTURES)], Scripts::On).await;
    let here = open_first(&reader, &browser).await;
    // A picture within a link keeps its link.
    browser.counts(".text a.large", 2).await;

    browser.click(".text a.large").await;

    browser.reads("dialog.large figcaption", "The field in May").await;
    let loaded = "return document.querySelector('dialog.large img').naturalWidth > 0";
    becomes(&browser, loaded, json!(true)).await;
    browser.picture("large").await;
    press(&browser, RIGHT).await;
    becomes(&browser, "return document.querySelectorAll('dialog.large figcaption').length", json!(0)).await;
    becomes(&browser, loaded, json!(true)).await;
    becomes(&browser, "return document.querySelector('dialog.large [value=\"1\"]').disabled", json!(true)).await;
    press(&browser, ESCAPE).await;
    becomes(&browser, "return document.querySelector('dialog.large').open", json!(false)).await;
    let focused = "return document.activeElement === document.querySelectorAll('.text a.large')[1]";
    becomes(&browser, focused, json!(true)).await;
    assert_eq!(
        browser.client.current_url().await.unwrap().as_str(),
        here,
        "Escape left the picture and not the article"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_opens_by_a_key_and_closes_by_one() {
    let (_outside, reader, browser) = opened(&[("Pictures", PICTURES)], Scripts::On).await;
    open_first(&reader, &browser).await;
    browser.run("document.querySelectorAll('.text a.large')[1].focus()").await;
    let is_open = "return document.querySelector('dialog.large').open";

    press(&browser, ENTER).await;

    becomes(&browser, is_open, json!(true)).await;
    // Nothing behind it is reached by keys while it is open.
    let within = "return document.querySelector('dialog.large').contains(document.activeElement)";
    becomes(&browser, within, json!(true)).await;
    browser.run("document.querySelector('dialog.large [value=\"0\"]').focus()").await;
    press(&browser, ENTER).await;
    becomes(&browser, is_open, json!(false)).await;
    let focused = "return document.activeElement === document.querySelectorAll('.text a.large')[1]";
    becomes(&browser, focused, json!(true)).await;
}

/// How wide the large picture is on the glass, and how far the page is enlarged.
const ON_GLASS: &str = "const { width } = document.querySelector('dialog.large img').getBoundingClientRect(); \
                        return Math.round(width * visualViewport.scale)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_fingers_make_a_large_picture_larger() {
    let (_outside, reader, browser) = opened_on(Screen::Phone, &[("Pictures", PICTURES)], Scripts::On).await;
    open_first(&reader, &browser).await;
    browser.click(".text a.large").await;
    becomes(&browser, "return document.querySelector('dialog.large img').naturalWidth", json!(640)).await;
    // As wide as the phone.
    becomes(&browser, ON_GLASS, json!(390)).await;

    browser.pinch((195, 422), (40, 100)).await;

    becomes(&browser, "return visualViewport.scale > 1.5", json!(true)).await;
    let width = browser.run(ON_GLASS).await.as_f64().unwrap();
    assert!(width > 1.5 * 390.0, "{width}");
    browser.picture("large-pinched").await;
    // What two fingers do is no tap: the picture is still open, and it can be made small again and left.
    assert_eq!(browser.run("return document.querySelector('dialog.large').open").await, json!(true));
    browser.pinch((195, 422), (180, 20)).await;
    becomes(&browser, ON_GLASS, json!(390)).await;
    browser.click("dialog.large [value=\"0\"]").await;
    becomes(&browser, "return document.querySelector('dialog.large').open", json!(false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_opens_large_without_scripts() {
    let (_outside, reader, browser) = opened(&[("Pictures", PICTURES)], Scripts::Off).await;
    open_first(&reader, &browser).await;
    browser.go(".text a.large").await;
    let address = browser.client.current_url().await.unwrap();
    // Kept by now, or still passed on.
    assert!(address.path().starts_with("/media/") && address.as_str().starts_with(&reader.url("/")), "{address}");
    browser.picture("large-without-scripts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_goes_on_where_it_stopped() {
    let text = "<p>Listen:</p><audio src=\"SITE/sound.wav\"></audio>";
    let (_outside, reader, browser) = opened(&[("Sound", text)], Scripts::On).await;
    let here = open_first(&reader, &browser).await;
    let load = "const sound = document.querySelector('audio'); sound.preload = 'auto'; sound.load(); return 1";
    browser.run(load).await;
    becomes(&browser, "return document.querySelector('audio').duration", json!(60)).await;
    browser.run("document.querySelector('audio').currentTime = 40; return 1").await;
    becomes(&browser, "return document.querySelector('audio').seeking", json!(false)).await;
    browser.open(&reader.url("/all")).await;

    let mut kept = json!(null);
    for _ in 0..40 {
        browser.open(&here).await;
        kept = browser.run("return document.querySelector('audio').src.split('#')[1] ?? ''").await;
        if kept == json!("t=40") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(kept, json!("t=40"));
    browser.run(load).await;
    becomes(&browser, "return document.querySelector('audio').currentTime", json!(40)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chinese_is_read_and_marked_in_the_other_script() {
    let text = "<p>皇后在后面晒头<b>发</b>，说了几句话就走了，国王没有听见她说什么。</p>";
    let (_outside, reader, browser) = opened(&[("头发和发展", text)], Scripts::On).await;
    let here = open_first(&reader, &browser).await;
    browser.click(".aa > summary").await;
    browser.click(".aa [name=chinese][value=hant] + span").await;
    becomes(&browser, "return document.querySelector('.art h1').textContent", json!("頭髮和發展")).await;
    becomes(&browser, "return document.querySelector('.art').lang", json!("zh-Hant")).await;
    browser.picture("chinese-traditional").await;

    browser
        .run(
            "const p = document.querySelector('.text p'), range = document.createRange(); \
             range.setStart(p.firstChild, 5); range.setEnd(p.querySelector('b').firstChild, 1); \
             getSelection().removeAllRanges(); getSelection().addRange(range); return 1",
        )
        .await;
    becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(false)).await;
    browser.click("#highlighter [value=green]").await;
    let marked = "return [...document.querySelectorAll('.text mark')].map(m => m.textContent).join('')";
    becomes(&browser, marked, json!("曬頭髮")).await;
    becomes(&browser, "return document.querySelectorAll('#highlights .passage').length", json!(1)).await;

    browser.open(&here).await;
    becomes(&browser, marked, json!("曬頭髮")).await;
    browser.click(".aa > summary").await;
    browser.click(".aa [name=chinese][value=written] + span").await;
    becomes(&browser, marked, json!("晒头发")).await;
}

/// A browser with two voices that say nothing.
const VOICES: &str = "window.spoken = []; \
    Object.defineProperty(window, 'SpeechSynthesisUtterance', { value: class { constructor(text) { this.text = text; } } }); \
    Object.defineProperty(window, 'speechSynthesis', { value: { \
        getVoices: () => [{ name: 'Zoé', lang: 'fr-FR', voiceURI: 'zoe' }, { name: 'Ann', lang: 'en-GB', voiceURI: 'ann' }], \
        addEventListener() {}, cancel() {}, \
        speak(said) { spoken.push(said.text); window.said = said; } } });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_is_read_aloud_and_then_the_next() {
    let text = "<p>The river rose in the <b>night</b>. By morning\nthe streets were under water.</p><pre>let river = 1;</pre>\
                <p>Nobody was hurt, and the water was gone before the evening came.</p>";
    let articles = [("The flood", text), ("The drought", text)];
    let (_outside, reader, browser) = opened(&articles, Scripts::On).await;
    // Loaded by itself: a page that was loaded ahead of a click does not know of the script.
    let here = open_first(&reader, &browser).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": VOICES })).await;
    browser.open(&here).await;
    becomes(&browser, "return document.querySelector('#listen').hidden", json!(false)).await;
    browser.click("#listen button").await;
    becomes(&browser, "return spoken.join('|')", json!("The flood")).await;
    let next = "said.onend(); return spoken.at(-1)";
    assert_eq!(browser.run(next).await, json!("The river rose in the night."));
    let marked = "return [...CSS.highlights.get('spoken')].map(range => range.toString()).join()";
    becomes(&browser, marked, json!("The river rose in the night.")).await;
    assert_eq!(browser.run("return said.lang + said.voice.name").await, json!("en-GBAnn"), "the voice of its language");
    assert_eq!(browser.run(next).await, json!("By morning the streets were under water."), "a line break ends nothing");
    browser.picture("listening").await;

    browser.click("#listening [name=pause]").await;
    browser.run("said.onend(); return 1").await;
    assert_eq!(browser.run("return spoken.length").await, json!(3), "it rests");
    browser.click("#listening [name=pause]").await;
    becomes(&browser, "return spoken.at(-1)", json!("By morning the streets were under water.")).await;
    browser.click("#listening [name=onward]").await;
    let last = browser.run(next).await;
    assert_eq!(last, json!("Nobody was hurt, and the water was gone before the evening came."), "no code");
    browser.run("setTimeout(() => said.onend()); return 1").await;
    becomes(&browser, "return (window.spoken ?? []).join('|')", json!("The drought")).await;
    press(&browser, ESCAPE).await;
    assert_eq!(
        browser.run("return CSS.highlights.size + Number(!document.querySelector('#listening').hidden)").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn footnotes_jump_and_come_back_and_tables_scroll_within_themselves() {
    let filler = "<p>Grain, water and time.</p>".repeat(60);
    let wide = "<td>unbreakable_word_of_the_table</td>".repeat(20);
    let text = format!(
        "<p>It rose<sup id=\"r1\"><a href=\"#n1\">1</a></sup>.</p><table><tr>{wide}</tr></table>{filler}\
         <ol><li id=\"n1\">By the gauge. <a href=\"#r1\">↩</a></li></ol>"
    );
    let (_outside, reader, browser) = opened(&[("Notes", &text)], Scripts::On).await;
    open_first(&reader, &browser).await;
    let sees = |id: &str| {
        format!(
            "const box = document.getElementById('{id}').getBoundingClientRect(); return box.top > 40 && box.bottom < innerHeight"
        )
    };
    browser.click(".text sup a").await;
    becomes(&browser, &sees("art-n1"), json!(true)).await;
    browser.click(".text li a").await;
    becomes(&browser, &sees("art-r1"), json!(true)).await;
    let over = "const table = document.querySelector('.text table'); return [table.scrollWidth > table.clientWidth, \
                document.documentElement.scrollWidth <= document.documentElement.clientWidth]";
    becomes(&browser, over, json!([true, true])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn formulas_lists_and_all_buttons_stay_on_a_small_phone() {
    let sum = format!("<mrow>{}</mrow>", "<mi>abc</mi><mo>+</mo>".repeat(60));
    let text = format!(
        "<p>Let <math>{sum}</math> be.</p><math display=\"block\">{sum}</math>{}deep{}",
        "<ul><li>one".repeat(9),
        "</li></ul>".repeat(9)
    );
    let (_outside, reader, browser) = opened(&[("Sums", &text)], Scripts::On).await;
    let size = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
    open_first(&reader, &browser).await;
    // As many buttons as there are where a browser has voices and the article two texts.
    let listen = "const form = document.querySelector('#listen'); form.hidden = false; \
                  for (const _ of 'ab') form.append(form.firstElementChild.cloneNode(true)); return 1";
    browser.run(listen).await;

    let within = "const { scrollWidth, clientWidth } = document.documentElement; \
                  const sums = [...document.querySelectorAll('.text math')]; \
                  return [scrollWidth - clientWidth, sums.map((sum) => sum.scrollWidth > sum.clientWidth && sum.tabIndex === 0)]";
    assert_eq!(browser.run(within).await, json!([0, [true, true]]));
    browser.picture("small-phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn escape_takes_away_what_lies_over_the_page_before_it_leaves() {
    let (_outside, reader, browser) = opened(&[("Layers", "<p>Grain, water and time.</p>")], Scripts::On).await;
    open_first(&reader, &browser).await;
    let open = |selector: &str| {
        format!(
            "const box = document.querySelector('{selector}'); return [box.open, document.activeElement === box.firstElementChild]"
        )
    };
    browser.click(".aa > summary").await;
    press(&browser, ESCAPE).await;
    assert_eq!(browser.run(&open(".aa")).await, json!([false, true]), "the focus is where it was");
    browser.click(".menu > summary").await;
    browser.click(".side [type=search]").await;
    press(&browser, ESCAPE).await;
    assert_eq!(browser.run(&open(".menu")).await, json!([false, true]), "from its field as well");
    let select = "getSelection().selectAllChildren(document.querySelector('.text p')); return 1";
    browser.run(select).await;
    becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(false)).await;
    press(&browser, ESCAPE).await;
    becomes(&browser, "return document.querySelector('#highlighter').hidden", json!(true)).await;
    press(&browser, ESCAPE).await;
    browser.find("body.listing").await;
    // A page of an article leads back to it.
    browser.go(".row h3 a").await;
    browser.go("[data-key=S]").await;
    press(&browser, ESCAPE).await;
    browser.reads(".art h1", "Layers").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_counts_as_read_at_its_end_where_its_reader_wants_that() {
    let long = "<p>Grain, water and time.</p>".repeat(80);
    let (_outside, reader, browser) = opened(&[("Long", &long)], Scripts::On).await;
    browser.open(&reader.url("/settings")).await;
    browser.click("#read-when option[value=ended]").await;
    browser.go("form[action$='/settings'] button").await;
    browser.find("#read-when option[value=ended][selected]").await;
    open_first(&reader, &browser).await;
    let read = "return document.querySelector('[data-at-end]').ariaPressed";
    becomes(&browser, read, json!("false")).await;
    let drawing = "return getComputedStyle(document.querySelector('[data-at-end] .i')).maskPosition";
    let pale = browser.run(drawing).await;
    browser.run("document.querySelector('.kept').scrollIntoView(); return 1").await;
    becomes(&browser, read, json!("true")).await;
    assert_ne!(browser.run(drawing).await, pale, "seen without colours, too");
    becomes(&browser, "return document.querySelector('[data-count=unread]')?.textContent ?? ''", json!("")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paper_is_white_and_has_the_article_alone() {
    let text = "<p>See <a href=\"https://example.com/grain\">the grain</a>.</p><pre>let grain = 1;</pre>\
                <details><summary>More</summary><p>Folded.</p></details>";
    let (_outside, reader, browser) = opened(&[("Paper", text)], Scripts::On).await;
    open_first(&reader, &browser).await;
    browser.click(".aa > summary").await;
    browser.click(".aa [name=theme][value=night] + span").await;
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    let seen = "const style = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo); \
        return [document.querySelector('.text details p').checkVisibility(), style('.bar').display, style('.thumbbar').display, style('html').backgroundColor, style('.text p').color, \
        style('.text a', '::after').content.includes('https://example.com/grain'), style('.text pre').backgroundColor]";
    let white = "rgb(255, 255, 255)";
    becomes(&browser, seen, json!([true, "none", "none", white, "rgb(0, 0, 0)", true, "rgba(0, 0, 0, 0)"])).await;
    let pdf = browser.devtools("Page.printToPDF", json!({ "printBackground": true })).await;
    assert!(pdf["data"].as_str().unwrap().starts_with("JVBERi0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paper_is_no_wider_and_no_longer_than_its_words() {
    let arabic = "<p>ارتفع منسوب النهر في الليل، ومع الصباح كان الطريق السفلي قد اختفى تحت مياه بنية.</p>".repeat(3);
    let (_outside, reader, browser) = opened(&[("الفيضان الذي همس", &arabic)], Scripts::On).await;
    let sheet = json!({ "width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", sheet).await;
    open_first(&reader, &browser).await;
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    let fits = "const { scrollWidth, clientWidth } = document.documentElement; \
                return [scrollWidth - clientWidth, document.querySelector('.art').dir, document.body.offsetHeight < 900]";
    becomes(&browser, fits, json!([0, "rtl", true])).await;
    // A heading or the head of a table is not left behind alone, and a short piece of code is not torn.
    let kept = "return ['h2', 'pre', 'thead'].map((name) => { const tag = document.createElement(name); \
                document.querySelector('.text').append(tag); const style = getComputedStyle(tag); \
                return [style.breakInside, style.breakAfter]; })";
    assert_eq!(browser.run(kept).await, json!([["avoid", "avoid"], ["avoid", "auto"], ["avoid", "avoid"]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_finger_the_copy_button_leaves_code_to_be_read() {
    let text = "<p>Run</p><pre><code class=\"language-sh\">cargo install --locked gleaner --features s3</code></pre>\
                <p>or</p><pre>cargo install --locked gleaner --features s3,more</pre>";
    let (_outside, reader, browser) = opened_on(Screen::Phone, &[("Code", text)], Scripts::On).await;
    open_first(&reader, &browser).await;
    let apart = "return [...document.querySelectorAll('.text pre')].map((code) => { \
                 const words = document.createRange(); words.selectNodeContents(code); \
                 const button = code.previousElementSibling.querySelector('.btn')?.getBoundingClientRect(); \
                 return button && [button.height >= 44, button.bottom <= words.getBoundingClientRect().top + 1]; })";
    becomes(&browser, apart, json!([[true, true], [true, true]])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_moves_for_a_picture_whose_size_nobody_knows() {
    let text = "<p>Before it.</p><p><img src=\"SITE/busy.png\"></p><p>After it.</p>";
    let (outside, reader, browser) = opened(&[("Pictures", text)], Scripts::On).await;
    outside.route("/busy.png", Reply::status(503));
    open_first(&reader, &browser).await;

    let place = "const picture = document.querySelector('.text img'); const box = picture.getBoundingClientRect(); \
                 return [picture.className, Math.round(box.width / box.height * 100)]";
    becomes(&browser, place, json!(["unsized missing", 150])).await;
    assert_eq!(browser.moved().await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_plays_after_a_click_and_only_where_one_is() {
    let text = "<p>Before it.</p><iframe src=\"https://player.vimeo.com/video/42\" title=\"The harvest\"></iframe>";
    let (_outside, reader, browser) = opened(&[("Film", text)], Scripts::On).await;
    // What a page refuses to frame is told; what it may frame is asked for, whether or not anybody answers.
    let frame = "window.refused = []; \
        addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective)); \
        const frame = document.createElement('iframe'); frame.src = 'https://player.vimeo.com/video/42'; \
        document.body.append(frame); return new Promise((done) => setTimeout(() => done(refused), 500))";
    assert_eq!(browser.run(frame).await, json!(["frame-src"]), "a list plays nothing");
    open_first(&reader, &browser).await;
    assert_eq!(browser.run(frame).await, json!([]));

    browser.click("[data-embed-provider] a").await;

    let player = "return document.querySelector('.text iframe')?.src ?? ''";
    becomes(&browser, player, json!("https://player.vimeo.com/video/42?dnt=1&autoplay=1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_waits_behind_a_sign_that_is_a_link_as_a_whole() {
    let text = "<p>Before it.</p><iframe src=\"https://player.vimeo.com/video/42\" title=\"The harvest\"></iframe>";
    let (_outside, reader, browser) = opened(&[("Film", text)], Scripts::Off).await;
    open_first(&reader, &browser).await;

    browser.reads("[data-embed-provider] a", "The harvest · Vimeo").await;
    browser.picture("film").await;
    browser
        .client
        .execute("document.querySelector('[data-embed-provider]').scrollIntoView()", Vec::new())
        .await
        .unwrap();
    let corner = "const box = document.querySelector('[data-embed-provider]').getBoundingClientRect(); \
                  return document.elementFromPoint(box.left + 9, box.top + box.height / 2).href";
    becomes(&browser, corner, json!("https://vimeo.com/42")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_small_screens_pictures_reach_the_edges_and_the_rest_has_one_margin() {
    let (_outside, reader, browser) = opened_on(Screen::Phone, &[("Pictures", PICTURES)], Scripts::On).await;
    open_first(&reader, &browser).await;
    let edges = "const style = getComputedStyle(document.querySelector('.text figure img')); \
                 const { left, right } = document.querySelector('.text figure').getBoundingClientRect(); \
                 return [left, innerWidth - right, style.borderRadius]";
    becomes(&browser, edges, json!([0, 0, "0px"])).await;

    for width in [390, 820] {
        let size = json!({ "width": width, "height": 1000, "deviceScaleFactor": 2, "mobile": true });
        browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let left = "return new Set(['.bar', '.text', '.kept'] \
                    .map((name) => document.querySelector(name).getBoundingClientRect().left)).size";
        becomes(&browser, left, json!(1)).await;
    }
}
