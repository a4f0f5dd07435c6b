//! Behind a proxy: what a reader sees when something stands between the browser and the program.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::json;

use crate::support::{Browser, Reader, Screen, Scripts, becomes};

/// The name of the header with the policy, and another one of the same length that browsers know nothing of.
const POLICY: [&[u8]; 2] = [b"content-security-policy:", b"content-xxxxxxxx-xxxxxx:"];

/// A proxy that passes everything on but the policy; gives its address.
fn proxy_that_drops_the_policy(program: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for browser in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&program).unwrap();
            let (up, down) = (browser.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || pass_on(up, down, |_| ()));
            std::thread::spawn(move || pass_on(server, browser, drop_the_policy));
        }
    });
    format!("http://{address}")
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, change: fn(&mut [u8])) {
    let mut bytes = vec![0; 256 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        change(&mut bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
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

    let proxy = proxy_that_drops_the_policy(reader.url("").trim_start_matches("http://").to_owned());
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
