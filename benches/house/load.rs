//! Asks a server for pages, over kept-alive connections, and counts.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run of requests showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Half of the answers took at most so long.
    pub(crate) median: Duration,
    /// 95 of 100 answers took at most so long.
    pub(crate) p95: Duration,
    /// 99 of 100 answers took at most so long.
    pub p99: Duration,
    /// Answers a second over all connections.
    pub(crate) per_second: f64,
    /// Bytes of one answer's body.
    pub(crate) bytes: usize,
}

/// Whether every request is for the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// The same: the server may give its page again.
    Same,
    /// Each has a word of its own at its end that means nothing: the server draws each page anew.
    New,
}

/// Asks for `path` on `connections` at once for `seconds`; every answer must be 200.
pub(crate) async fn load(
    address: &str,
    (path, kind): (&str, Address),
    cookie: &str,
    connections: usize,
    seconds: f64,
) -> Result<Load, String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let request = |word: String| {
        format!("GET {path}{word} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n")
    };
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let mut tasks = Vec::new();
    for number in 0..connections {
        let address = address.to_owned();
        let (same, request) = (request(String::new()), request(format!("{joint}new=WORD")));
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut times = Vec::new();
            let mut bytes = 0;
            while Instant::now() < end {
                let asked = Instant::now();
                let word = format!("{number}.{}", times.len());
                bytes = match kind {
                    Address::Same => connection.ask(&same).await?.len(),
                    Address::New => connection.ask(&request.replace("WORD", &word)).await?.len(),
                };
                times.push(asked.elapsed());
            }
            Ok::<_, String>((times, bytes))
        }));
    }
    let mut times = Vec::new();
    let mut bytes = 0;
    for task in tasks {
        let (mut some, size) = task.await.map_err(|e| e.to_string())??;
        times.append(&mut some);
        bytes = size;
    }
    let elapsed = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    let per_second = times.len() as f64 / elapsed;
    Ok(Load { median: at(50), p95: at(95), p99: at(99), per_second, bytes })
}

/// One kept-alive connection to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|e| format!("{address}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        Ok(Self { stream, buffer: Vec::with_capacity(1 << 16) })
    }

    /// Sends `request` and gives the body of an answer with status 200.
    pub(crate) async fn ask(&mut self, request: &str) -> Result<Vec<u8>, String> {
        let (head, body) = self.exchange(request).await?;
        if head.starts_with("HTTP/1.1 200") {
            Ok(body)
        } else {
            Err(head.lines().next().unwrap_or_default().to_owned())
        }
    }

    /// Sends `request` and gives the head and the body of the answer, whatever its status.
    pub(crate) async fn exchange(&mut self, request: &str) -> Result<(String, Vec<u8>), String> {
        self.stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let field = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        if let Some(length) = field("content-length").and_then(|v| v.parse::<usize>().ok()) {
            while self.buffer.len() < head_end + length {
                self.more().await?;
            }
        } else if field("transfer-encoding").is_some() {
            while !self.buffer.ends_with(b"0\r\n\r\n") {
                self.more().await?;
            }
        }
        Ok((head, self.buffer[head_end..].to_vec()))
    }

    async fn more(&mut self) -> Result<(), String> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}
