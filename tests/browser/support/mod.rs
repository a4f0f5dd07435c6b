//! What the browser tests stand on: a Chromium, a running Gleaner, and the outside world.

pub(crate) mod chromium;
#[path = "../../integration/support/outside.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use the rest of it")]
pub(crate) mod outside;
pub(crate) mod reader;

use fantoccini::error::CmdError;

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
    let what = format!("{script} becomes {wanted}");
    browser
        .until(&what, async || {
            found = browser.client.execute(script, Vec::new()).await?;
            if found == wanted { Ok(true) } else { Err(CmdError::NotW3C(found.clone())) }
        })
        .await;
}
