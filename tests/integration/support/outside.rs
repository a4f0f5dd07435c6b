//! The outside world: a web server on raw TCP that does what a test tells it, obliging or hostile, and remembers what
//! it was asked.
//!
//! It speaks HTTP/1.1 with keep-alive and answers conditional requests from the `ETag` and `Last-Modified` of a route.
//! Whatever a well-behaved server library would refuse to send goes out as [`Reply::script`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gleaner::domain::WebUrl;
use gleaner::egress::AllowRule;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server on a port of its own, gone when dropped.
#[derive(Debug)]
pub(crate) struct Outside {
    address: SocketAddr,
    world: Arc<World>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct World {
    routes: Mutex<HashMap<String, Vec<Reply>>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
}

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `GET` and the like.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// What was sent.
    pub(crate) body: String,
}

impl Seen {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a route answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    before: Duration,
    script: Option<Vec<Step>>,
}

/// A step of a raw answer.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes so many times, with a pause after each.
    Repeat(Vec<u8>, usize, Duration),
    /// Stays silent until the client hangs up.
    Hang,
}

impl Reply {
    /// 200 with this body.
    pub(crate) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).body(body).header("content-type", content_type)
    }

    /// This status without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), before: Duration::ZERO, script: None }
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Raw bytes in steps, after which the connection is closed.
    pub(crate) fn script(steps: Vec<Step>) -> Self {
        Self { script: Some(steps), ..Self::status(200) }
    }

    /// With this body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// After this time.
    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.before = wait;
        self
    }

    fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the request already has what this reply would send (RFC 9110, 13.2.2, as far as tests need it).
    fn is_known_to(&self, request: &Seen) -> bool {
        let same = |condition: &str, validator: &str| {
            request.header(condition).is_some_and(|value| self.header_value(validator) == Some(value))
        };
        self.status == 200
            && match request.header("if-none-match") {
                Some(_) => same("if-none-match", "etag"),
                None => same("if-modified-since", "last-modified"),
            }
    }
}

impl Outside {
    /// A server without routes on a free port of 127.0.0.1: everything is 404.
    pub(crate) async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// The same at an address of this machine, with port 0 for a free one.
    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let world = Arc::new(World::default());
        let task = tokio::spawn(accept(listener, Arc::clone(&world)));
        Self { address, world, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path here.
    pub(crate) fn url(&self, path: &str) -> WebUrl {
        format!("http://{}{path}", self.address).parse().expect("an address")
    }

    /// The rule that lets egress come here.
    pub(crate) fn rule(&self) -> AllowRule {
        AllowRule::HostPort(self.address.ip().to_string(), self.address.port())
    }

    /// Answers `path` (with query) like this from now on.
    pub(crate) fn route(&self, path: &str, reply: Reply) {
        self.replies(path, vec![reply]);
    }

    /// Answers `path` with each of these in turn, and with the last one for ever.
    pub(crate) fn replies(&self, path: &str, replies: Vec<Reply>) {
        assert!(!replies.is_empty());
        self.world.routes.lock().unwrap().insert(path.to_owned(), replies);
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.world.seen.lock().unwrap().clone()
    }

    /// How many requests came for `path`.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.world.seen.lock().unwrap().iter().filter(|seen| seen.target == path).count()
    }

    /// How many connections were made, used or not.
    pub(crate) fn connections(&self) -> usize {
        self.world.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, world: Arc<World>) {
    let mut talks = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        world.connections.fetch_add(1, Ordering::SeqCst);
        let world = Arc::clone(&world);
        talks.spawn(async move {
            // A client that hangs up in the middle is part of the game.
            let _ = talk(stream, &world).await;
        });
    }
}

async fn talk(mut stream: TcpStream, world: &World) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(seen) = read_request(&mut stream, &mut buffer).await? {
        let reply = next_reply(world, &seen.target);
        let is_known = reply.is_known_to(&seen);
        let is_head = seen.method == "HEAD";
        world.seen.lock().unwrap().push(seen);
        tokio::time::sleep(reply.before).await;
        if let Some(steps) = reply.script {
            return play(&mut stream, steps).await;
        }
        let (status, body) = if is_known { (304, Vec::new()) } else { (reply.status, reply.body) };
        let mut head = format!("HTTP/1.1 {status} Told\r\n");
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 304 && !reply.headers.iter().any(|(name, _)| name == "content-length") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        if !is_head {
            stream.write_all(&body).await?;
        }
    }
    Ok(())
}

/// The next request of a connection, `None` when the client is done.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Seen>> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, length)| length.parse().ok());
    let length: usize = length.unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = String::from_utf8_lossy(&buffer[..length]).into_owned();
    buffer.drain(..length);
    Ok(Some(Seen { method: method.to_owned(), target: target.to_owned(), headers, body }))
}

fn next_reply(world: &World, target: &str) -> Reply {
    let mut routes = world.routes.lock().unwrap();
    match routes.get_mut(target) {
        Some(replies) if replies.len() > 1 => replies.remove(0),
        Some(replies) => replies[0].clone(),
        None => Reply::status(404),
    }
}

async fn play(stream: &mut TcpStream, steps: Vec<Step>) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Repeat(bytes, times, pause) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                    if pause.is_zero() {
                        tokio::task::yield_now().await;
                    } else {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
            Step::Hang => while stream.read(&mut [0; 64]).await? > 0 {},
        }
    }
    stream.shutdown().await
}
