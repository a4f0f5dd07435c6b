//! A Gleaner of its own for one test: the real binary on a free port, with a folder that survives a restart.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::outside::{Outside, Reply};

/// The account that tests sign in with when they do not set one up in the browser.
pub(crate) const NAME: &str = "wheat";
/// Its password.
pub(crate) const PASSWORD: &str = "a field of ripe wheat";

/// The program with its data.
#[derive(Debug)]
pub(crate) struct Reader {
    folder: tempfile::TempDir,
    server: Option<Child>,
    address: String,
    poll_min: &'static str,
    /// Where it lives below its host; empty at the root.
    base: &'static str,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Reader {
    /// A running server without any account.
    pub(crate) fn empty() -> Self {
        Self::begin("15m", "")
    }

    /// The same, where a feed may be fetched again after so long, below a path of its host.
    fn begin(poll_min: &'static str, base: &'static str) -> Self {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut reader = Self { folder: tempfile::tempdir().unwrap(), server: None, address, poll_min, base };
        reader.start();
        reader
    }

    /// A running server with one account, see [`NAME`].
    pub(crate) fn with_account() -> Self {
        Self::empty().and_account()
    }

    /// A running server with one account, whose feeds may be fetched again after a second.
    pub(crate) fn impatient() -> Self {
        Self::begin("1s", "").and_account()
    }

    /// A running server with one account below a path of its host, such as `/reader`.
    pub(crate) fn with_account_below(base: &'static str) -> Self {
        Self::begin("15m", base).and_account()
    }

    fn and_account(self) -> Self {
        self.command(&["user", "add", NAME, "--admin"], Some(PASSWORD));
        self
    }

    /// Has its account follow a feed of this title with these items, which is at `/feed.xml` from now on.
    pub(crate) fn follow(&self, outside: &Outside, title: &str, items: &str) {
        let feed = format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>");
        outside.route("/feed.xml", Reply::ok("application/rss+xml", feed));
        self.command(&["add", outside.url("/feed.xml").as_str()], None);
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command
            .args(words)
            .env("GLEANER_DATA", self.folder.path())
            .env("GLEANER_LISTEN", &self.address)
            .env("GLEANER_ALLOW_NET", "127.0.0.0/8")
            .env("GLEANER_HOST_INTERVAL", "0s")
            .env("GLEANER_POLL_MIN", self.poll_min)
            .env("GLEANER_LOG", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if !self.base.is_empty() {
            command.env("GLEANER_BASE_URL", self.url(""));
        }
        command
    }

    /// Runs a command of the program to its end; it must succeed.
    pub(crate) fn command(&self, words: &[&str], input: Option<&str>) {
        let mut child = self.program(words).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if let Some(text) = input {
            writeln!(stdin, "{text}").unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "gleaner {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&mut self) {
        self.server = Some(self.program(&["serve"]).spawn().unwrap());
        let begun = Instant::now();
        while std::net::TcpStream::connect(&self.address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server without any warning, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        if self.base.is_empty() {
            return format!("http://{}{path}", self.address);
        }
        // By name: a configured host is never fetched from, and the outside world of the tests has this number, too.
        format!("http://{}{}{path}", self.address.replace("127.0.0.1", "localhost"), self.base)
    }

    /// Where the data is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
