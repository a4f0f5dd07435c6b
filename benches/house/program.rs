//! The release binary as a child process: commands, a running server, its memory and its time to the first answer.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::Connection;

/// The name and the password of the account that every measurement uses.
pub(crate) const NAME: &str = "bench";
const PASSWORD: &str = "a long enough pass phrase";

/// A binary with a data folder of its own.
#[derive(Debug)]
pub(crate) struct Program {
    binary: PathBuf,
    folder: PathBuf,
    /// Removes the folder at the end, where it is not kept.
    _temporary: Option<tempfile::TempDir>,
    /// Where its data is, if not in the folder.
    database: Option<String>,
}

/// What a command took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From start to end.
    pub(crate) elapsed: Duration,
    /// The most memory that was resident, in MB.
    pub(crate) peak_mb: f64,
}

impl Program {
    /// An empty data folder with one account.
    pub(crate) fn new(binary: &Path) -> Result<Self, String> {
        Self::temporary(binary, None)
    }

    /// The same with an empty database elsewhere.
    pub(crate) fn on(binary: &Path, database: &str) -> Result<Self, String> {
        Self::temporary(binary, Some(database.to_owned()))
    }

    fn temporary(binary: &Path, database: Option<String>) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let place = folder.path().to_owned();
        Self { database, binary: binary.to_owned(), folder: place, _temporary: Some(folder) }.with_account()
    }

    /// The same in a folder that stays.
    pub(crate) fn within(binary: &Path, folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Self { database: None, binary: binary.to_owned(), folder: folder.to_owned(), _temporary: None }.with_account()
    }

    /// With a copy of what is in `kept`.
    pub(crate) fn copy_of(binary: &Path, kept: &Path) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        for file in std::fs::read_dir(kept).map_err(|e| format!("{}: {e}", kept.display()))? {
            let file = file.map_err(|e| e.to_string())?;
            std::fs::copy(file.path(), folder.path().join(file.file_name())).map_err(|e| e.to_string())?;
        }
        let place = folder.path().to_owned();
        Ok(Self { database: None, binary: binary.to_owned(), folder: place, _temporary: Some(folder) })
    }

    fn with_account(self) -> Result<Self, String> {
        self.run(&["user", "add", NAME, "--admin"], Some(PASSWORD))?;
        Ok(self)
    }

    /// Where the data is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .env("GLEANER_DATA", &self.folder)
            .envs(self.database.iter().map(|address| ("GLEANER_DATABASE", address)))
            .env("GLEANER_ALLOW_NET", "127.0.0.0/8")
            .env("GLEANER_HOST_INTERVAL", "0s")
            .env("GLEANER_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("GLEANER_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &[&str], input: Option<&str>) -> Result<Cost, String> {
        let mut command = self.command(words);
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let start = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", self.binary.display()))?;
        if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
            writeln!(stdin, "{text}").map_err(|e| e.to_string())?;
        }
        let mut peak_mb: f64 = 0.0;
        let status = loop {
            peak_mb = peak_mb.max(memory_mb(child.id(), "VmHWM"));
            match child.try_wait().map_err(|e| e.to_string())? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let elapsed = start.elapsed();
        if status.success() {
            return Ok(Cost { elapsed, peak_mb });
        }
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        Err(format!("gleaner {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
    }

    /// Starts the server and waits for its first answer.
    pub(crate) async fn serve(&self) -> Result<Served, String> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|e| e.to_string())?
            .port();
        let address = format!("127.0.0.1:{port}");
        let start = Instant::now();
        let mut child = self.command(&["serve", "--listen", &address]).spawn().map_err(|e| e.to_string())?;
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
        loop {
            if let Ok(mut connection) = Connection::open(&address).await
                && connection.ask(&request).await.is_ok()
            {
                return Ok(Served { first_answer: start.elapsed(), child, address });
            }
            if child.try_wait().map_err(|e| e.to_string())?.is_some() {
                return Err("the server ended before it answered".to_owned());
            }
            if start.elapsed() > Duration::from_secs(30) {
                let _ = child.kill();
                return Err("the server did not answer within 30 s".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A running server; it is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    /// Where it listens.
    pub(crate) address: String,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    child: Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Memory that is resident now, in MB.
    pub(crate) fn resident_mb(&self) -> f64 {
        memory_mb(self.child.id(), "VmRSS")
    }

    /// Logs in and gives the cookie.
    pub(crate) async fn log_in(&self) -> Result<String, String> {
        let body = format!("name={NAME}&password={}", PASSWORD.replace(' ', "+"));
        let request = format!(
            "POST /login HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {1}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let (head, _) = Connection::open(&self.address).await?.exchange(&request).await?;
        head.lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("set-cookie")
                    .then(|| value.split(';').next().unwrap_or_default().trim().to_owned())
            })
            .ok_or_else(|| format!("no cookie: {}", head.lines().next().unwrap_or_default()))
    }

    /// The body of a page that must be there.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Result<String, String> {
        Ok(String::from_utf8_lossy(&self.page_bytes(path, cookie).await?).into_owned())
    }

    /// The same for what is no text.
    pub(crate) async fn page_bytes(&self, path: &str, cookie: &str) -> Result<Vec<u8>, String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n", self.address);
        Connection::open(&self.address).await?.ask(&request).await.map_err(|e| format!("{path}: {e}"))
    }

    /// Sends a form and gives the page that answers.
    pub(crate) async fn post(&self, path: &str, form: &str, cookie: &str) -> Result<String, String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {1}\r\n\r\n{form}",
            self.address,
            form.len()
        );
        let body = Connection::open(&self.address).await?.ask(&request).await.map_err(|e| format!("{path}: {e}"))?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

/// A line of the process's status in MB, or 0 where the system does not tell.
pub(crate) fn memory_mb(process: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| {
            line.strip_prefix(field)?.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u32>().ok()
        })
        .unwrap_or(0);
    f64::from(kib) * 1024.0 / 1e6
}
