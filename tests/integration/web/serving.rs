//! The accept loop over real sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gleaner::web::serve::{serve, serve_at_most};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::support::database::TestDatabase;
use crate::support::outside::Reply as Served;
use crate::support::site::TestSite;

/// A server on a port of its own.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    site: TestSite,
}

impl Server {
    async fn start() -> Self {
        let site = TestSite::on(TestDatabase::sqlite()).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, site.site.clone(), stop.clone()));
        Self { address, stop, task, site }
    }

    /// One that holds so many connections at once.
    async fn of_places(places: usize) -> Self {
        let site = TestSite::on(TestDatabase::sqlite()).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve_at_most(places, listener, site.site.clone(), stop.clone()));
        Self { address, stop, task, site }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads until the server closes.
    async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // A server that hangs up on bytes it has not read resets the connection; what came before counts.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[tokio::test]
async fn it_answers_over_a_socket_and_keeps_the_connection() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
}

#[tokio::test]
async fn who_waits_longest_gives_way_when_every_place_is_taken() {
    let server = Server::of_places(3).await;
    // Three that never end their heads.
    let mut half = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        half.push(stream);
    }

    let begun = Instant::now();
    let answer = server.exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let mut rest = Vec::new();
    let _ = half[0].read_to_end(&mut rest).await;
    assert_eq!(rest, b"", "the first was closed without a word");
    assert!(begun.elapsed() < Duration::from_secs(8), "nobody waited for the ten seconds that a head may take");
    half[2].write_all(b"st: a\r\nConnection: close\r\n\r\n").await.unwrap();
    half[2].read_to_end(&mut rest).await.unwrap();
    assert!(rest.starts_with(b"HTTP/1.1"), "the others stayed");
}

#[tokio::test]
async fn damaged_and_ambiguous_requests_are_refused() {
    let server = Server::start().await;
    for request in [
        "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\nConnection: close\r\n\r\nname=",
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nname=",
        "GET / HTTP/1.1\r\nHost : a\r\nConnection: close\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\nConnection: close\r\n\r\nname=",
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\nConnection: close\r\n\r\nname=",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let answer = server.exchange(request.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5"),
            "{request}{answer}"
        );
    }
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n", "a".repeat(40 * 1024));
    assert!(server.exchange(long.as_bytes()).await.starts_with("HTTP/1.1 431"));
    assert!(server.exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.contains("200 OK"));
}

/// Two programs that read the end of a request differently must never see one more request in it than was sent.
#[tokio::test]
async fn no_body_becomes_a_request_of_its_own() {
    let server = Server::start().await;
    let hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let length = hidden.len() + 5;
    for head in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {length}"),
        "Transfer-Encoding: chunked, identity".to_owned(),
    ] {
        let request = format!("POST /login HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\n{hidden}");
        let answer = server.exchange(request.as_bytes()).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1 && !answer.contains("200 OK"), "{head}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up_after_ten_seconds() {
    let server = Server::start().await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-").await.unwrap();
        slow.push(stream);
    }
    let begun = Instant::now();
    for stream in &mut slow {
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut rest)).await.expect("closed");
    }
    assert!(begun.elapsed() > Duration::from_secs(8));
}

#[tokio::test]
async fn one_address_holds_at_most_64_connections() {
    let server = Server::start().await;
    let mut held = Vec::new();
    for _ in 0..64 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        held.push(stream);
    }
    assert_eq!(server.exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await, "", "the 65th is closed");
    held.truncate(10);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let answer = server.exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("200 OK"));
}

#[tokio::test]
async fn it_stops_at_once_when_nothing_is_under_way() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    idle.read_exact(&mut answer).await.unwrap();
    server.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), server.task).await.expect("stopped in time").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_when_it_stops_is_answered_and_half_a_request_keeps_nobody() {
    let server = Server::start().await;
    let ada = server.site.user("ada").await;
    let feed = "<rss version=\"2.0\"><channel><title>River</title><item><title>It rose</title></item></channel></rss>";
    let slow = Served::ok("application/rss+xml", feed).after(Duration::from_millis(1_500));
    server.site.world.route("/feed", slow);
    let form = format!("address={}", server.site.world.url("/feed"));
    let head = format!(
        "POST /add HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nSec-Fetch-Site: same-origin\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        ada.cookie().unwrap(),
        form.len()
    );
    let mut half_open = Vec::new();
    for _ in 0..20 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /all HTTP/1.1\r\nHost: a\r\nX-").await.unwrap();
        half_open.push(stream);
    }
    let mut under_way = Vec::new();
    for _ in 0..4 {
        let mut stream = server.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        // Somebody asks for the form: this one is being answered, and not only on its way (RFC 9110, section 10.1.1).
        let mut goes_on = [0; 25];
        stream.read_exact(&mut goes_on).await.unwrap();
        assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(form.as_bytes()).await.unwrap();
        under_way.push(stream);
    }

    server.stop.cancel();

    for mut stream in under_way {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("River"), "{answer:.400}");
    }
    tokio::time::timeout(Duration::from_secs(20), server.task).await.expect("stopped in time").unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody is let in any more");
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_given_up_after_thirty_seconds() {
    let server = Server::start().await;
    let begun = Instant::now();
    let slow = (0..5).map(|_| async {
        let mut stream = server.connect().await;
        let head = b"POST /login HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nSec-Fetch-Site: same-origin\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let trickle = async {
            while writing.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let mut answer = Vec::new();
        tokio::select! {
            () = trickle => {}
            _ = reading.read_to_end(&mut answer) => {}
        }
        String::from_utf8_lossy(&answer).into_owned()
    });
    let others = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let answer = server.exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            assert!(answer.contains("200 OK"), "others are answered");
        }
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(slow), others);
    assert!((25..90).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let is_refused =
        |answer: &String| answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5");
    assert!(answers.iter().all(is_refused), "{answers:?}");
}
