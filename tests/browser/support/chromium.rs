//! A headless Chromium behind its driver, at the size of a desktop or of a phone.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// How often something is asked before the test gives up; together half a minute, for machines that are busy.
const PATIENCE: u32 = 600;
/// The time between two questions.
const BREATH: Duration = Duration::from_millis(50);

/// How large the window is and what kind of device it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// 1440 × 900, a mouse.
    Desktop,
    /// 390 × 844, a finger.
    Phone,
}

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    /// As in most browsers.
    On,
    /// Switched off by the reader.
    Off,
}

/// A browser of its own for one test.
#[derive(Debug)]
pub(crate) struct Browser {
    /// The WebDriver session.
    pub(crate) client: Client,
    driver: Child,
    port: u16,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that is only killed leaves its Chromium behind, and that goes on for ever.
        let _ = self.end_session();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Asks the driver to end its Chromium and waits until it has (WebDriver, section 8.2).
    fn end_session(&self) -> std::io::Result<()> {
        let mut driver = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
        driver.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(driver, "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", self.session)?;
        driver.read(&mut [0; 64]).map(drop)
    }

    /// Starts a driver and a Chromium with an empty profile.
    pub(crate) async fn start(screen: Screen, scripts: Scripts) -> Self {
        // A port that is free when the driver chooses it may be taken when it listens; then it ends at once.
        let (driver, port) = (0..10).find_map(|_| driver()).expect("a driver that says on which port it listens");
        let capabilities = capabilities(screen, scripts);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        let session = client.session_id().await.expect("an answer").expect("a session");
        Self { client, driver, port, session }
    }

    /// Opens an address.
    pub(crate) async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Opens an address until `script` gives what is wanted there: a choice may still be on its way when a page is loaded.
    pub(crate) async fn open_until(&self, address: &str, script: &str, wanted: Value) {
        self.until(&format!("{address}: {script} gives {wanted}"), async || {
            self.client.goto(address).await?;
            Ok(self.client.execute(script, Vec::new()).await? == wanted)
        })
        .await;
    }

    /// Fills the field called `name`.
    pub(crate) async fn fill(&self, name: &str, value: &str) {
        self.write(&format!("[name='{name}']"), value).await;
    }

    /// Empties the field that `css` selects and writes `value` into it.
    pub(crate) async fn write(&self, css: &str, value: &str) {
        self.patiently(&format!("write into {css}"), async || {
            let field = self.client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(value).await
        })
        .await;
    }

    /// Clicks the first element that `css` selects.
    pub(crate) async fn click(&self, css: &str) {
        // In the middle of the window nothing that stays in its place lies above it.
        let script = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.patiently(&format!("click {css}"), async || {
            let element = self.client.find(Locator::Css(css)).await?;
            self.client.execute(script, vec![json!(css)]).await?;
            element.click().await
        })
        .await;
    }

    /// Clicks what leads to another page and waits until that page is there: what is asked next must not find the old
    /// one, and an address opened too soon would break off what the click has sent.
    pub(crate) async fn go(&self, css: &str) {
        self.leave(css, async || self.click(css).await).await;
    }

    /// Does what leads to another page and waits until that page is there.
    pub(crate) async fn leave(&self, by: &str, act: impl AsyncFnOnce()) {
        self.run("document.documentElement.left = true").await;
        act().await;
        let arrived = "return !document.documentElement.left && document.readyState === 'complete'";
        self.until(&format!("{by} leads to another page"), async || {
            Ok(self.client.execute(arrived, Vec::new()).await? == json!(true))
        })
        .await;
    }

    /// The text a reader sees of the first element that `css` selects; waits for it.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.patiently(&format!("the text of {css}"), async || self.client.find(Locator::Css(css)).await?.text().await)
            .await
    }

    /// Waits until a reader sees `part` in the first element that `css` selects.
    pub(crate) async fn says(&self, css: &str, part: &str) {
        self.shows(&format!("{css} says “{part}”"), css, |text| text.contains(part)).await;
    }

    /// Waits until what a reader sees there begins with `part`.
    pub(crate) async fn begins(&self, css: &str, part: &str) {
        self.shows(&format!("{css} begins with “{part}”"), css, |text| text.starts_with(part)).await;
    }

    /// Waits until a reader sees just this there.
    pub(crate) async fn reads(&self, css: &str, whole: &str) {
        self.shows(&format!("{css} reads “{whole}”"), css, |text| text == whole).await;
    }

    async fn shows(&self, what: &str, css: &str, is_right: impl Fn(&str) -> bool) {
        self.until(what, async || Ok(is_right(&self.client.find(Locator::Css(css)).await?.text().await?))).await;
    }

    /// Waits until `css` selects `wanted` elements.
    pub(crate) async fn counts(&self, css: &str, wanted: usize) {
        self.until(&format!("there are {wanted} of {css}"), async || {
            Ok(self.client.find_all(Locator::Css(css)).await?.len() == wanted)
        })
        .await;
    }

    /// The first element that `css` selects; waits for it.
    pub(crate) async fn find(&self, css: &str) -> fantoccini::elements::Element {
        self.patiently(&format!("find {css}"), async || self.client.find(Locator::Css(css)).await).await
    }

    /// How many elements `css` selects now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect("a valid selector").len()
    }

    /// Waits until what is asked is true.
    pub(crate) async fn until(&self, what: &str, mut ask: impl AsyncFnMut() -> Result<bool, CmdError>) {
        let mut last = String::new();
        for _ in 0..PATIENCE {
            match ask().await {
                Ok(true) => return,
                Ok(false) => "not yet".clone_into(&mut last),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(BREATH).await;
        }
        self.give_up(what, &last).await;
    }

    /// Tries until it succeeds: between finding an element and using it the page may be left for another one.
    async fn patiently<T>(&self, what: &str, mut attempt: impl AsyncFnMut() -> Result<T, CmdError>) -> T {
        let mut found = None;
        self.until(what, async || {
            found = Some(attempt().await?);
            Ok(true)
        })
        .await;
        found.expect("what is waited for is there")
    }

    async fn give_up(&self, what: &str, last: &str) -> ! {
        let address = self.client.current_url().await.map(|address| address.to_string()).unwrap_or_default();
        let page = self.client.source().await.unwrap_or_default();
        panic!("waited in vain: {what}, at {address}: {last}\n{page}")
    }

    /// Runs a script in the page and gives its result.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What moved on this page by itself so far: each shift of the layout with its size and what it moved.
    pub(crate) async fn moved(&self) -> Value {
        self.run(
            "const moved = []; new PerformanceObserver((list) => { for (const { value, sources } of list.getEntries()) \
             moved.push([value, ...sources.map(({ node }) => node?.className ?? node?.nodeName)]); }) \
             .observe({ type: 'layout-shift', buffered: true }); \
             return new Promise((done) => setTimeout(() => done(moved), 500))",
        )
        .await
    }

    /// Writes a picture of the window to the folder named by `GLEANER_TEST_SCREENSHOTS`, if it is set.
    pub(crate) async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("GLEANER_TEST_SCREENSHOTS") else { return };
        let png = self.client.screenshot().await.expect("a picture of the window");
        std::fs::create_dir_all(&folder).expect("the folder for pictures");
        std::fs::write(format!("{folder}/{name}.png"), png).expect("a written picture");
    }
}

/// Starts a driver; gives it and its port.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .args(["--port=0", "--log-level=SEVERE"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver is installed (scripts/test does it)");
    let stdout = driver.stdout.take().expect("the driver's output is a pipe");
    let mut lines = BufReader::new(stdout).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        line.split("on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok().filter(|port| *port > 0)
    });
    // Whatever else it prints must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    if port.is_none() {
        let _ = driver.wait();
    }
    Some((driver, port?))
}

fn capabilities(screen: Screen, scripts: Scripts) -> serde_json::Map<String, Value> {
    let mut arguments = vec!["--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"];
    arguments.push(match screen {
        Screen::Desktop => "--window-size=1440,900",
        Screen::Phone => "--window-size=390,844",
    });
    // Chromium's own sandbox does not start for root, as whom containers often run tests.
    if std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0) {
        arguments.push("--no-sandbox");
    }
    let mut options = json!({ "args": arguments });
    if let Ok(binary) = std::env::var("GLEANER_TEST_CHROMIUM") {
        options["binary"] = json!(binary);
    }
    if screen == Screen::Phone {
        options["mobileEmulation"] =
            json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true } });
    }
    if scripts == Scripts::Off {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    let mut map = serde_json::Map::new();
    map.insert("goog:chromeOptions".to_owned(), options);
    // A page that asks something by alert, confirm or prompt must not hang the test.
    map.insert("unhandledPromptBehavior".to_owned(), json!("ignore"));
    map
}

/// A command of Chromium's own protocol, sent through its driver.
#[derive(Debug)]
struct Devtools(Value);

impl fantoccini::wd::WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

impl Browser {
    /// Sends a command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let request = Devtools(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(request).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Puts two fingers down side by side about a place, so far from it, and moves them until they are as far as that.
    pub(crate) async fn pinch(&self, (x, y): (i32, i32), (from, to): (i32, i32)) {
        let touch = async |kind: &str, points: Value| {
            self.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
        };
        let fingers = |far: i32| json!([{ "id": 1, "x": x - far, "y": y }, { "id": 2, "x": x + far, "y": y }]);
        touch("touchStart", fingers(from)).await;
        for step in 1..=10 {
            touch("touchMove", fingers(from + (to - from) * step / 10)).await;
        }
        touch("touchEnd", json!([])).await;
    }
}
