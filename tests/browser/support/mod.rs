//! What the browser tests stand on: a Chromium, a running Gleaner, and the outside world.

pub(crate) mod chromium;
#[path = "../../integration/support/outside.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use the rest of it")]
pub(crate) mod outside;
pub(crate) mod reader;

pub(crate) use chromium::{Browser, Screen, Scripts};
pub(crate) use reader::{NAME, PASSWORD, Reader};

impl Browser {
    /// Signs in by the form.
    pub(crate) async fn sign_in(&self, reader: &Reader) {
        self.open(&reader.url("/login")).await;
        self.fill("name", NAME).await;
        self.fill("password", PASSWORD).await;
        self.go("main form button").await;
        self.find(".list").await;
    }
}

/// Asks until the script's answer is the wanted one.
pub(crate) async fn becomes(browser: &Browser, script: &str, wanted: serde_json::Value) {
    let mut found = serde_json::Value::Null;
    for _ in 0..200 {
        // A page that is just being left has no answer.
        found = browser.client.execute(script, Vec::new()).await.unwrap_or_default();
        if found == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{script}: {found} and not {wanted}");
}
