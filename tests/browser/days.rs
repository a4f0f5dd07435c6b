//! A day's reading on lists: by keys alone, by a finger, without scripts, and with lists that move by themselves.

use std::time::Duration;

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use serde_json::{Value, json};

use crate::support::outside::Outside;
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// A feed of so many articles, the newest first: Article 0, Article 1 …
async fn followed(reader: &Reader, count: usize) -> Outside {
    let outside = Outside::start().await;
    let items: String = (0..count)
        .map(|i| {
            format!(
                "<item><title>Article {i}</title><link>https://river.example/{i}</link><guid>{i}</guid>\
                 <pubDate>Mon, 01 Dec 2025 {:02}:{:02}:00 GMT</pubDate><description>What number {i} has to say of the \
                 river, which rose in the night and by morning stood in the lower streets.</description></item>",
                23 - i / 60,
                59 - i % 60
            )
        })
        .collect();
    reader.follow(&outside, "The river", &items);
    outside
}

/// Somebody who follows such a feed and has the list of what is unread before them.
async fn begin(screen: Screen, scripts: Scripts, count: usize, habits: &[&str]) -> (Outside, Reader, Browser) {
    let reader = Reader::with_account();
    let outside = followed(&reader, count).await;
    let browser = Browser::start(screen, scripts).await;
    browser.sign_in(&reader).await;
    if !habits.is_empty() {
        browser.open(&reader.url("/settings")).await;
        for habit in habits {
            browser.click(&format!("[name={habit}]")).await;
        }
        browser.go("form[action$='/settings'] .btn.main").await;
        browser.open(&reader.url("/unread")).await;
    }
    browser.find(".row").await;
    if scripts == Scripts::On {
        becomes(&browser, "return document.readyState", json!("complete")).await;
    }
    (outside, reader, browser)
}

/// Presses keys, one after the other, as a keyboard does.
async fn press(browser: &Browser, keys: &str) {
    // A page that is not complete does not know its keys yet.
    becomes(browser, "return document.readyState", json!("complete")).await;
    for key in keys.chars() {
        let stroke = KeyActions::new("keys".to_owned()).then(KeyAction::Down { value: key });
        browser.client.perform_actions(stroke.then(KeyAction::Up { value: key })).await.unwrap();
    }
}

/// Waits until what was changed is drawn.
const DRAWN: &str =
    "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))";

/// Wipes with a finger from the middle of what `css` selects.
async fn wipe(browser: &Browser, css: &str, (x, y): (i64, i64)) {
    // A browser knows only of what it has drawn whether a finger scrolls it.
    browser.run(DRAWN).await;
    let box_of = format!(
        "const box = document.querySelector('{css}').getBoundingClientRect(); \
         return [box.left + box.width / 2, box.top + box.height / 2]"
    );
    let middle = browser.run(&box_of).await;
    let (left, top) = (middle[0].as_f64().unwrap(), middle[1].as_f64().unwrap());
    let touch = async |kind: &str, points: Value| {
        browser.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    };
    let at = |share: f64| json!([{ "x": left + x as f64 * share, "y": top + y as f64 * share }]);
    touch("touchStart", at(0.0)).await;
    for step in 1..=8 {
        touch("touchMove", at(f64::from(step) / 8.0)).await;
    }
    touch("touchEnd", json!([])).await;
}

/// What the page shows of the number of unread articles: beside the list, in the sidebar for all and for the feed, and in
/// the window's title.
const COUNTS: &str = "return [document.querySelector('.head .n').textContent, \
    document.querySelector('.side [data-count=unread]').textContent, \
    document.querySelector('.side [data-count^=feed]').textContent, document.title]";

fn counts(n: usize) -> Value {
    let n = n.to_string();
    json!([n, n, n, format!("Unread ({n}) · Gleaner")])
}

/// The numbers of the articles that the page shows as read.
const READ: &str = "return [...document.querySelectorAll('.row:not(.unread) h3')].map(h => +h.textContent.slice(8))";

/// How many rows have a star.
const STARS: &str = "return document.querySelectorAll('.row [name=starred][aria-pressed=true]').length";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_read_by_keys_alone() {
    let (_outside, reader, browser) = begin(Screen::Desktop, Scripts::On, 6, &[]).await;
    browser.picture("keys-list").await;

    press(&browser, "jjm").await;
    becomes(&browser, READ, json!([1])).await;
    becomes(&browser, COUNTS, counts(5)).await;
    press(&browser, "jsl").await;
    becomes(&browser, STARS, json!(1)).await;
    becomes(&browser, "return document.querySelector('.told span').textContent", json!("Kept for later.")).await;
    browser.picture("keys-told").await;
    // Three things back, the last one first.
    press(&browser, "uu").await;
    becomes(&browser, STARS, json!(0)).await;
    press(&browser, "u").await;
    becomes(&browser, COUNTS, counts(6)).await;
    becomes(&browser, READ, json!([])).await;

    // Read two of them, and come back to the row.
    press(&browser, "o").await;
    browser.reads(".art h1", "Article 2").await;
    press(&browser, "n").await;
    becomes(&browser, "return document.querySelector('.art h1')?.textContent", json!("Article 3")).await;
    press(&browser, "gs").await;
    browser.find(".list .empty").await;
    press(&browser, "ga").await;
    becomes(&browser, "return document.querySelector('h1').textContent", json!("All")).await;
    becomes(&browser, READ, json!([2, 3])).await;

    // The whole list, and back.
    press(&browser, "A").await;
    browser.find("form[action$='/undo']").await;
    becomes(&browser, READ, json!([0, 1, 2, 3, 4, 5])).await;
    press(&browser, "u").await;
    becomes(&browser, READ, json!([2, 3])).await;

    // The table, and nothing while typing or with Ctrl.
    press(&browser, "?").await;
    browser.find("#keys").await;
    press(&browser, "\u{e00c}").await;
    becomes(&browser, "return document.querySelector('h1').textContent", json!("All")).await;
    browser.open(&reader.url("/add")).await;
    browser.click("#address").await;
    press(&browser, "jA?gu").await;
    assert_eq!(browser.run("return document.querySelector('#address').value").await, json!("jA?gu"));
    browser.open(&reader.url("/all")).await;
    let control = '\u{e009}';
    let chord = KeyActions::new("keys".to_owned()).then(KeyAction::Down { value: control });
    let chord = chord.then(KeyAction::Down { value: 'j' }).then(KeyAction::Up { value: 'j' });
    browser.client.perform_actions(chord.then(KeyAction::Up { value: control })).await.unwrap();
    assert_eq!(browser.count(".row.here").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_wiping_can_be_switched_off() {
    let (_outside, _reader, browser) = begin(Screen::Phone, Scripts::On, 3, &["keys", "swipes"]).await;
    press(&browser, "jm").await;
    wipe(&browser, ".row", (150, 0)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(browser.count(".row.here").await, 0);
    assert_eq!(browser.run(READ).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_reads_and_stars_and_scrolls() {
    let (_outside, reader, browser) = begin(Screen::Phone, Scripts::On, 12, &[]).await;
    browser.picture("finger-list").await;

    wipe(&browser, ".row:nth-child(2)", (150, 8)).await;
    becomes(&browser, READ, json!([1])).await;
    becomes(&browser, COUNTS, counts(11)).await;
    wipe(&browser, ".row:nth-child(3)", (-150, 0)).await;
    becomes(&browser, STARS, json!(1)).await;
    wipe(&browser, ".row:nth-child(2)", (150, 0)).await;
    becomes(&browser, READ, json!([])).await;
    // Two fingers make the list larger and small again, and mark nothing.
    for (fingers, is_larger) in [((40, 100), true), ((180, 20), false)] {
        browser.pinch((195, 422), fingers).await;
        becomes(&browser, "return visualViewport.scale > 1.5", json!(is_larger)).await;
    }
    assert_eq!(browser.run(READ).await, json!([]));
    // Not far enough, and from top to bottom: nothing but scrolling.
    wipe(&browser, ".row:nth-child(2)", (50, 0)).await;
    wipe(&browser, ".row:nth-child(4)", (30, -300)).await;
    becomes(&browser, "return scrollY > 100", json!(true)).await;
    assert_eq!(browser.run(READ).await, json!([]));
    assert!(browser.client.current_url().await.unwrap().path().ends_with("/unread"), "no article was opened");
    // Towards the end of the line is to the left where lines run so.
    browser.open(&reader.url("/unread")).await;
    browser.run("document.documentElement.dir = 'rtl'; return 1").await;
    wipe(&browser, ".row:nth-child(1)", (-150, 0)).await;
    becomes(&browser, READ, json!([0])).await;
    browser.run("document.documentElement.dir = 'ltr'; return 1").await;
    // By the button that says what can be taken back.
    becomes(&browser, "return document.querySelector('.told button').hidden", json!(false)).await;
    becomes(&browser, "return document.querySelectorAll('[data-swipe]').length", json!(0)).await;
    // A tap right after a wipe may end the wipe's momentum and be nothing else: a finger then taps again.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if browser.run("return document.querySelector('.told button').hidden").await == json!(false) {
            browser.click(".told button").await;
        }
    }
    becomes(&browser, READ, json!([])).await;

    // What else can be done stands in the row's menu.
    browser.click(".row:nth-child(2) summary").await;
    browser.picture("finger-menu").await;
    let outside = "const box = document.querySelector('details[open] > div').getBoundingClientRect(); \
                   return box.left < 0 || box.right > innerWidth";
    becomes(&browser, outside, json!(false)).await;
    browser.go(".row:nth-child(2) .i-tag").await;
    becomes(&browser, "return document.activeElement.name ?? ''", json!("names")).await;
    browser.open(&reader.url("/unread")).await;
    browser.click(".row:nth-child(2) summary").await;
    browser.go(".row:nth-child(2) [name=than]").await;
    // Article 1 was opened for its tags, so the second row was Article 2: itself and what is newer stay.
    browser.counts(".row", 2).await;
    browser.go("form[action$='/undo'] button").await;
    browser.find(".row:nth-child(11)").await;

    // The bar below: to everything and back, to the menu.
    browser.go(".thumbbar a[href$='/all']").await;
    becomes(&browser, "return document.querySelector('h1').textContent", json!("All")).await;
    browser.go(".thumbbar a[href$='/unread']").await;
    becomes(&browser, "return document.querySelector('h1').textContent", json!("Unread")).await;
    browser.click(".menu > summary").await;
    browser.go(".side a[href*='/feeds/']").await;
    browser.find(".about-feed").await;
    browser.go(".thumbbar [name=show]").await;
    becomes(&browser, "return document.querySelectorAll('.row').length", json!(11)).await;
    browser.picture("finger-feed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_on_a_list_is_done_without_scripts() {
    let (_outside, reader, browser) = begin(Screen::Desktop, Scripts::Off, 5, &[]).await;
    browser.client.set_window_size(700, 900).await.unwrap();
    let first = async || browser.text(".row h3").await;

    browser.go(".tools [name=order]").await;
    browser.find(".tools [value=newest]").await;
    assert_eq!(first().await, "Article 4");
    browser.open(&reader.url("/all")).await;
    assert_eq!(first().await, "Article 0", "each list remembers its own way");
    browser.go(".tools [name=density]").await;
    browser.find("body.titles").await;
    browser.open(&reader.url("/unread")).await;
    browser.find("body.comfortable").await;
    assert_eq!(first().await, "Article 4");

    browser.go(".row [name=read]").await;
    browser.find(".notice [data-key=u]").await;
    browser.counts(".row", 4).await;
    browser.go(".notice [data-key=u]").await;
    browser.find(".row:nth-child(5)").await;
    browser.click(".row:nth-child(3) summary").await;
    browser.go(".row:nth-child(3) [name=than]").await;
    browser.find(".notice [data-key=u]").await;
    assert_eq!(first().await, "Article 2");
    browser.click(".menu > summary").await;
    browser.go(".side a[href$='/about']").await;
    browser.find("#keys").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_page_comes_by_itself() {
    let (_outside, reader, browser) = begin(Screen::Desktop, Scripts::On, 120, &["endless"]).await;
    let rows = "return document.querySelectorAll('.row').length";
    let to_the_end = "scrollTo(0, document.body.scrollHeight); return 1";
    browser.open(&reader.url("/all")).await;
    browser.run(to_the_end).await;
    becomes(&browser, rows, json!(100)).await;
    browser.run(to_the_end).await;
    becomes(&browser, rows, json!(120)).await;
    let different = "return new Set([...document.querySelectorAll('.row')].map(row => row.id)).size";
    becomes(&browser, different, json!(120)).await;
    assert_eq!(browser.count(".day").await, 1, "one day has one heading");
    browser.counts(".more a", 0).await;

    // Keys and marks know the rows that came. Of a new feed the newest 50 are unread.
    let is_unread = "return document.querySelector('.row.here').matches('.unread')";
    press(&browser, &"j".repeat(80)).await;
    becomes(&browser, "return document.activeElement.textContent", json!("Article 79")).await;
    for (key, unread) in [("m", true), ("u", false), ("m", true)] {
        press(&browser, key).await;
        becomes(&browser, is_unread, json!(unread)).await;
    }
    becomes(&browser, "return document.querySelector('.side [data-count=unread]').textContent", json!("51")).await;

    // The answer to a mark takes a while, and its reader is quicker.
    let slow = "const { fetch } = window; \
                window.fetch = async (...all) => { await new Promise((go) => setTimeout(go, 500)); return fetch(...all); }";
    browser.run(slow).await;
    press(&browser, "umu").await;
    becomes(&browser, is_unread, json!(false)).await;
    press(&browser, "m").await;
    becomes(&browser, "return document.querySelector('.side [data-count=unread]').textContent", json!("51")).await;

    // What is shown is the page that is marked, and comes back with one Undo.
    browser.click(".ends [value=page]").await;
    let notice = "return document.querySelector('.notice:not(.told) span')?.textContent";
    becomes(&browser, notice, json!("51 articles marked as read.")).await;
    press(&browser, "u").await;
    becomes(&browser, "return document.querySelector('.side [data-count=unread]').textContent", json!("51")).await;

    // The way back from an article leads to its row.
    browser.open(&reader.url("/all")).await;
    browser.run(to_the_end).await;
    becomes(&browser, rows, json!(100)).await;
    press(&browser, &"j".repeat(61)).await;
    press(&browser, "o").await;
    browser.reads(".art h1", "Article 60").await;
    browser.client.back().await.unwrap();
    let seen = "const row = document.querySelector(':target'); const box = row?.getBoundingClientRect(); \
                return row && box.top >= 0 && box.bottom <= innerHeight ? row.querySelector('h3').textContent : null";
    becomes(&browser, seen, json!("Article 60")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_scrolled_past_is_read_and_nothing_else() {
    let (_outside, reader, browser) = begin(Screen::Desktop, Scripts::On, 50, &["read_on_scroll"]).await;
    // A jump to the end: what was in sight was seen, and nothing of what lies between. Nothing is seen before it is drawn.
    browser.run(DRAWN).await;
    let in_sight = browser
        .run("return [...document.querySelectorAll('.row')].filter(r => r.getBoundingClientRect().bottom <= innerHeight) \
              .map(r => +r.querySelector('h3').textContent.slice(8))")
        .await;
    browser.run("scrollTo(0, document.body.scrollHeight); return 1").await;
    becomes(&browser, READ, in_sight).await;
    browser.run("scrollTo(0, 0); return 1").await;
    press(&browser, "u").await;
    becomes(&browser, READ, json!([])).await;
    browser.open(&reader.url("/unread")).await;
    becomes(&browser, "return document.readyState", json!("complete")).await;

    // A row that somebody marked as unread by hand stays so.
    browser.run(DRAWN).await;
    press(&browser, "jjmm").await;
    for step in 1..=6 {
        browser.run(&format!("scrollTo(0, {step} * 100); return 1")).await;
        becomes(
            &browser,
            "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))",
            json!(1),
        )
        .await;
    }
    let above = browser
        .run(
            "const edge = document.querySelector('.head').getBoundingClientRect().bottom; \
              return [...document.querySelectorAll('.row')].filter(r => r.getBoundingClientRect().bottom <= edge) \
              .map(r => +r.querySelector('h3').textContent.slice(8)).filter(n => n !== 1)",
        )
        .await;
    let number = above.as_array().unwrap().len();
    assert!(number >= 2, "{above}");
    becomes(&browser, READ, above).await;
    becomes(&browser, COUNTS, counts(50 - number)).await;
    let words = format!("{number} articles marked as read.");
    becomes(&browser, "return document.querySelector('.told span').textContent", json!(words)).await;
    browser.picture("scrolled-past").await;
    press(&browser, "u").await;
    becomes(&browser, READ, json!([])).await;
    becomes(&browser, COUNTS, counts(50)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_title_is_set_as_its_own_script_asks_for() {
    let texts = [
        ("River", "The river rose in the night, and by the morning the lower streets of the town were under water."),
        ("ساعة النهر", "ارتفع منسوب النهر في الليل، ومع الصباح كان الطريق السفلي قد اختفى تحت مياه بنية اللون."),
        ("강물", "밤사이에 강물이 불어나 아침에는 마을의 낮은 길이 모두 물에 잠겨 있었고 사람들은 높은 곳으로 갔다."),
        (
            "川の水",
            "夜のあいだに川の水が増えて、朝には町の低い通りがすっかり水の下になっていました。人々は丘へ行きました。",
        ),
    ];
    let outside = Outside::start().await;
    let items: String = texts
        .iter()
        .enumerate()
        .map(|(n, (title, text))| {
            format!(
                "<item><title>{title}</title><guid>{n}</guid><pubDate>Mon, 01 Dec 2025 12:0{}:00 GMT</pubDate>\
                 <description>{text}</description></item>",
                9 - n
            )
        })
        .collect();
    let reader = Reader::with_account();
    reader.follow(&outside, "Rivers", &items);
    let browser = Browser::start(Screen::Phone, Scripts::On).await;
    browser.sign_in(&reader).await;
    browser.open(&reader.url("/all")).await;

    let set = "return [...document.querySelectorAll('.row h3')].map((title) => { \
               const words = document.createRange(); words.selectNodeContents(title.firstChild); \
               const [box, line] = [title, words].map((part) => part.getBoundingClientRect()); \
               return [line.left - box.left < 2 ? 'left' : 'right', getComputedStyle(title).wordBreak]; })";

    let wanted = json!([["left", "normal"], ["right", "normal"], ["left", "keep-all"], ["left", "auto-phrase"]]);
    becomes(&browser, set, wanted).await;
}
