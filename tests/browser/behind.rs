//! Behind a proxy: what a reader sees when something stands between the browser and the program.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::support::outside::Outside;
use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// The name of the header with the policy, and another one of the same length that browsers know nothing of.
const POLICY: [&[u8]; 2] = [b"content-security-policy:", b"content-xxxxxxxx-xxxxxx:"];

/// A proxy whose answers go to the browser as `pass_on` sends them; gives its address.
fn proxy(reader: &Reader, pass_on: fn(TcpStream, TcpStream)) -> String {
    let program = reader.url("").trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for browser in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&program).unwrap();
            let (up, down) = (browser.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || pass(up, down, 64 * 1024, |_| ()));
            std::thread::spawn(move || pass_on(server, browser));
        }
    });
    format!("http://{address}")
}

/// Passes everything on, so many bytes at a time at the most, after something was done with them.
fn pass(mut from: TcpStream, mut to: TcpStream, most: usize, meanwhile: fn(&mut [u8])) {
    let mut bytes = vec![0; most];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        meanwhile(&mut bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
}

fn without_the_policy(server: TcpStream, browser: TcpStream) {
    pass(server, browser, 256 * 1024, drop_the_policy);
}

/// As a weak network does: between two pieces there is time to draw.
fn piece_by_piece(server: TcpStream, browser: TcpStream) {
    pass(server, browser, 300, |_| std::thread::sleep(Duration::from_millis(20)));
}

fn drop_the_policy(bytes: &mut [u8]) {
    let [known, unknown] = POLICY;
    if let Some(at) = bytes.windows(known.len()).position(|some| some == known) {
        bytes[at..at + known.len()].copy_from_slice(unknown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_policy_still_holds_and_the_administrator_is_told() {
    let reader = Reader::with_account();
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    let shown = "return !document.querySelector('[data-stripped]').hidden";

    browser.sign_in(&reader).await;
    becomes(&browser, "return sessionStorage.policed ?? ''", json!("1")).await;
    assert_eq!(browser.run(shown).await, json!(false), "nothing stands between");

    let proxy = proxy(&reader, without_the_policy);
    browser.open(&format!("{proxy}/unread")).await;
    becomes(&browser, shown, json!(true)).await;
    browser.picture("stripped").await;
    browser
        .run(
            "addEventListener('securitypolicyviolation', (event) => { window.refused = event.effectiveDirective; }); \
             document.body.append(Object.assign(new Image(), { src: 'http://elsewhere.example/' })); return 1",
        )
        .await;
    becomes(&browser, "return window.refused ?? ''", json!("img-src")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_moves_while_a_page_arrives_piece_by_piece() {
    let outside = Outside::start().await;
    let items: String = (0..12)
        .map(|n| {
            let picture = outside.url(&format!("/{n}.png"));
            let picture = if n % 2 == 0 { format!("<p><img src='{picture}' width='640' height='360' alt=''></p>") } else { String::new() };
            format!(
                "<item><title>大水 {n}</title><guid>{n}</guid><description><![CDATA[<h2>夜里</h2><p>一夜之间，河水上涨，淹没了下城的街道，人们只好\
                 搬到高处去住，等到早晨水才慢慢退去。</p>{picture}<h2>早晨</h2><p>水退了。</p><h2>后来</h2><p>人们回家了。</p>]]></description></item>"
            )
        })
        .collect();
    let reader = Reader::with_account();
    reader.follow(&outside, "河", &items);
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    browser.sign_in(&reader).await;
    let proxy = proxy(&reader, piece_by_piece);

    browser.open(&format!("{proxy}/all")).await;
    let article = browser.run("return document.querySelector('.row h3 a').getAttribute('href')").await;
    for path in ["/all", article.as_str().unwrap(), "/feeds", "/search?q=河水", "/rules", "/settings", "/about"] {
        browser.open(&format!("{proxy}{path}")).await;
        assert_eq!(browser.moved().await, json!([]), "{path}");
        let unseen = "return [...document.querySelectorAll('main :is(.sheet > *, .head, .bar)')] \
                      .filter((part) => getComputedStyle(part).visibility !== 'visible').length";
        assert_eq!(browser.run(unseen).await, json!(0), "{path}: all of it is shown in the end");
    }
}
