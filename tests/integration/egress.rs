//! The one door out, against an outside world that is obliging or hostile.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gleaner::domain::{Failure, FixedEntropy, ManualClock, UnixMillis, WebUrl};
use gleaner::egress::{
    AllowRule, Answer, Deadlines, Egress, EgressSettings, FetchError, Fetched, Looking, Lookup, Purpose, Request,
    Validators,
};

use crate::support::outside::{Outside, Reply, Step};

/// Long enough for a busy machine, short enough for a test.
const HURRIED: Deadlines = Deadlines {
    lookup: Duration::from_millis(300),
    connect: Duration::from_millis(600),
    first_byte: Duration::from_millis(900),
    feed: Duration::from_millis(1_500),
    page: Duration::from_millis(1_500),
    picture: Duration::from_millis(1_500),
    room: Duration::from_millis(300),
};

fn settings(allow: Vec<AllowRule>) -> EgressSettings {
    EgressSettings { allow, host_interval: Duration::ZERO, ..EgressSettings::default() }
}

fn door(settings: EgressSettings) -> Egress {
    door_with_names(settings, &[])
}

/// A door for which names mean what the test says: each lookup takes the next answer, the last one stays.
fn door_with_names(settings: EgressSettings, names: &[(&str, &[&[&str]])]) -> Egress {
    let names = names
        .iter()
        .map(|(name, answers)| {
            let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
            ((*name).to_owned(), answers)
        })
        .collect();
    let clock = Arc::new(ManualClock::at(UnixMillis(1_700_000_000_000)));
    Egress::with_lookup(settings, clock, Arc::new(FixedEntropy::default()), Arc::new(Names(Mutex::new(names)))).unwrap()
}

#[derive(Debug)]
struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Lookup for Names {
    fn lookup(&self, host: &str) -> Looking {
        let mut names = self.0.lock().unwrap();
        let answer = match names.get_mut(host) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Box::pin(async move {
            if answer.as_ref().is_ok_and(Vec::is_empty) {
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

async fn fetch(door: &Egress, url: WebUrl) -> Result<Fetched, FetchError> {
    match door.fetch(Request::new(url, Purpose::Feed)).await? {
        Answer::Fetched(fetched) => Ok(fetched),
        Answer::NotModified(_) => panic!("no validators were sent"),
    }
}

async fn failure(door: &Egress, url: WebUrl) -> Failure {
    fetch(door, url).await.expect_err("nothing may come").failure
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_comes_with_its_type_its_validators_and_its_hints() {
    let world = Outside::start().await;
    world.route(
        "/feed",
        Reply::ok("application/rss+xml; charset=gb2312", "<rss/>")
            .header("etag", "\"1\"")
            .header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")
            .header("cache-control", "max-age=3600"),
    );
    let fetched = fetch(&door(settings(vec![world.rule()])), world.url("/feed")).await.unwrap();
    assert_eq!(*fetched.body, *b"<rss/>");
    assert_eq!(fetched.content_type.as_deref(), Some("application/rss+xml; charset=gb2312"));
    assert_eq!(fetched.validators.etag.as_deref(), Some("\"1\""));
    assert_eq!(fetched.hints.max_age_millis, Some(3_600_000));
    assert_eq!(fetched.moved_to, None);
    let seen = &world.seen()[0];
    assert_eq!(seen.header("accept-encoding"), Some("gzip, br"));
    assert!(seen.header("user-agent").unwrap().starts_with("Gleaner/"));
    for name in ["referer", "cookie", "authorization", "if-none-match", "if-modified-since"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let world = Outside::start().await;
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    world.route("/tagged", Reply::ok("text/xml", "<rss/>").header("etag", "W/\"ä\"").header("expires", "0"));
    world.route("/dated", Reply::ok("text/xml", "<rss/>").header("last-modified", date));
    let door = door(settings(vec![world.rule()]));
    for path in ["/tagged", "/dated"] {
        let validators = fetch(&door, world.url(path)).await.unwrap().validators;
        let again = Request { validators, ..Request::new(world.url(path), Purpose::Feed) };
        assert!(matches!(door.fetch(again).await, Ok(Answer::NotModified(_))), "{path}");
    }
    let other = Validators { etag: Some("\"2\"".to_owned()), last_modified: None };
    let again = Request { validators: other, ..Request::new(world.url("/tagged"), Purpose::Feed) };
    assert!(matches!(door.fetch(again).await, Ok(Answer::Fetched(_))));
}

#[tokio::test]
async fn connections_are_used_again() {
    let world = Outside::start().await;
    world.route("/feed", Reply::ok("text/xml", "<rss/>"));
    let door = door(settings(vec![world.rule()]));
    for _ in 0..5 {
        fetch(&door, world.url("/feed")).await.unwrap();
    }
    assert_eq!(world.connections(), 1);
}

#[tokio::test]
async fn packed_bodies_are_unpacked_once() {
    let world = Outside::start().await;
    let text = "<rss>Grüße, 早上好</rss>".repeat(100);
    let mut brotli = Vec::new();
    brotli::CompressorWriter::new(&mut brotli, 4096, 5, 22).write_all(text.as_bytes()).unwrap();
    let packed = |encoding, body| Reply::ok("text/xml", body).header("content-encoding", encoding);
    world.route("/gzip", packed("gzip", gzip(text.as_bytes())));
    world.route("/br", packed("br", brotli));
    world.route("/twice", packed("gzip", gzip(&gzip(text.as_bytes()))));
    world.route("/two-layers", packed("gzip, gzip", gzip(&gzip(text.as_bytes()))));
    world.route("/zstd", packed("zstd", b"\x28\xb5\x2f\xfd".to_vec()));
    let door = door(settings(vec![world.rule()]));
    for path in ["/gzip", "/br"] {
        assert_eq!(*fetch(&door, world.url(path)).await.unwrap().body, *text.as_bytes(), "{path}");
    }
    assert_eq!(*fetch(&door, world.url("/twice")).await.unwrap().body, *gzip(text.as_bytes()));
    assert_eq!(failure(&door, world.url("/two-layers")).await, Failure::Garbled);
    assert_eq!(failure(&door, world.url("/zstd")).await, Failure::Garbled);
}

#[tokio::test]
async fn a_bomb_is_cut_while_it_unfolds() {
    let world = Outside::start().await;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..256 {
        bomb.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    world.route("/bomb", Reply::ok("text/xml", bomb.finish().unwrap()).header("content-encoding", "gzip"));
    let door = door(settings(vec![world.rule()]));
    let begin = Instant::now();
    assert_eq!(failure(&door, world.url("/bomb")).await, Failure::TooLarge);
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn bodies_over_their_limit_are_cut_whether_announced_or_not() {
    let world = Outside::start().await;
    let endless = |head: &str, piece: Vec<u8>| {
        Reply::script(vec![
            Step::Send(format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes()),
            Step::Repeat(piece, 1_000, Duration::ZERO),
        ])
    };
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(vec![b'x'; 0x10000]);
    chunk.extend(b"\r\n");
    world.route("/announced", endless("content-length: 999999999999\r\n", vec![b'x'; 0x10000]));
    world.route("/chunked", endless("transfer-encoding: chunked\r\n", chunk));
    world.route("/until-close", endless("", vec![b'x'; 0x10000]));
    let door = door(settings(vec![world.rule()]));
    for path in ["/announced", "/chunked", "/until-close"] {
        assert_eq!(failure(&door, world.url(path)).await, Failure::TooLarge, "{path}");
    }
}

#[tokio::test]
async fn long_bodies_together_take_no_more_than_their_room_and_short_ones_do_not_wait_for_it() {
    let world = Outside::start().await;
    let long = vec![b'x'; 15 * 1024 * 1024];
    world.route("/plain", Reply::ok("text/xml", long.clone()));
    world.route("/packed", Reply::ok("text/xml", gzip(&noise(12 * 1024 * 1024))).header("content-encoding", "gzip"));
    world.route("/short", Reply::ok("text/xml", vec![b'x'; 700 * 1024]));
    let deadlines = Deadlines { room: Duration::from_millis(300), ..Deadlines::default() };
    let door = door(EgressSettings { connections_per_host: 32, deadlines, ..settings(vec![world.rule()]) });
    let many = (0..32).map(|n| fetch(&door, world.url(if n % 2 == 0 { "/plain" } else { "/packed" })));

    let (kept, refused): (Vec<_>, Vec<_>) =
        futures_util::future::join_all(many).await.into_iter().partition(Result::is_ok);

    let held: usize = kept.iter().flatten().map(|fetched| fetched.body.len()).sum();
    assert!((2..=4).contains(&kept.len()) && held <= 64 * 1024 * 1024, "{} bodies, {held} bytes", kept.len());
    assert!(refused.into_iter().all(|refused| refused.is_err_and(|error| error.failure == Failure::TimedOut)));
    assert!(fetch(&door, world.url("/short")).await.is_ok(), "a body of usual length");
    assert_eq!(failure(&door, world.url("/plain")).await, Failure::TimedOut, "the others are still held");
    drop(kept);
    assert!(fetch(&door, world.url("/plain")).await.is_ok());
}

/// Bytes that compress to about half.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefghijklmnop"[(state >> 28) as usize]
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn those_who_never_come_to_an_end_are_left() {
    let world = Outside::start().await;
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n".to_vec();
    let trickle = |piece: &[u8]| Step::Repeat(piece.to_vec(), 1_000, Duration::from_millis(100));
    world.route("/silent", Reply::script(vec![Step::Hang]));
    world.route("/half-a-head", Reply::script(vec![Step::Send(head.clone()), Step::Hang]));
    world.route("/endless-head", Reply::script(vec![Step::Send(head.clone()), trickle(b"x: y\r\n")]));
    world.route("/only-continue", Reply::script(vec![trickle(b"HTTP/1.1 100 Continue\r\n\r\n")]));
    let mut body = head.clone();
    body.extend(b"transfer-encoding: chunked\r\n\r\n");
    world.route("/byte-by-byte", Reply::script(vec![Step::Send(body.clone()), trickle(b"1\r\nx\r\n")]));
    let door = door(EgressSettings { deadlines: HURRIED, connections_per_host: 8, ..settings(vec![world.rule()]) });
    let begin = Instant::now();
    let all = ["/silent", "/half-a-head", "/endless-head", "/only-continue", "/byte-by-byte"]
        .map(|path| failure(&door, world.url(path)));
    let failures = futures_util::future::join_all(all).await;
    assert_eq!(failures, [Failure::TimedOut; 5]);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn floods_of_headers_are_refused() {
    let world = Outside::start().await;
    let flood = |line: String, times| {
        Reply::script(vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Step::Repeat(line.into_bytes(), times, Duration::ZERO),
            Step::Send(b"content-length: 6\r\n\r\n<rss/>".to_vec()),
        ])
    };
    world.route("/many", flood("x: y\r\n".to_owned(), 101));
    world.route("/a-million", flood("x: y\r\n".to_owned(), 1_000_000));
    world.route("/long", flood(format!("x: {}\r\n", "y".repeat(70_000)), 1));
    world.route("/fine", flood("x: y\r\n".to_owned(), 50));
    let door = door(settings(vec![world.rule()]));
    for path in ["/many", "/a-million", "/long"] {
        let failure = failure(&door, world.url(path)).await;
        assert!(matches!(failure, Failure::TooLarge | Failure::Garbled), "{path}: {failure}");
    }
    assert_eq!(*fetch(&door, world.url("/fine")).await.unwrap().body, *b"<rss/>");
}

#[tokio::test]
async fn answers_that_break_the_rules_of_http_end_cleanly() {
    let world = Outside::start().await;
    let raw = |bytes: &str| Reply::script(vec![Step::Send(bytes.as_bytes().to_vec())]);
    world.route("/too-short", raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<rss/>"));
    world.route("/http-0.9", raw("<rss/>"));
    world.route("/noise", raw("\0\u{1}\u{2}\u{3}\r\n\r\n"));
    world.route("/nothing", raw(""));
    world.route("/bad-chunk", raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"));
    world.route("/bad-gzip", raw("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\u{1f}nonsense"));
    let door = door(settings(vec![world.rule()]));
    for path in ["/too-short", "/http-0.9", "/noise", "/nothing", "/bad-chunk", "/bad-gzip"] {
        assert_eq!(failure(&door, world.url(path)).await, Failure::Garbled, "{path}");
    }
    world.route("/longer", raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<rss/>HTTP/1.1 200 OK\r\n\r\nsmuggled"));
    assert_eq!(*fetch(&door, world.url("/longer")).await.unwrap().body, *b"<rss/>");
    world.route("/http-1.0", raw("HTTP/1.0 200 OK\r\n\r\n<rss/>"));
    assert_eq!(*fetch(&door, world.url("/http-1.0")).await.unwrap().body, *b"<rss/>");
}

#[tokio::test]
async fn statuses_become_reasons() {
    let world = Outside::start().await;
    world.route("/gone", Reply::status(410));
    world.route("/busy", Reply::status(503).header("retry-after", "120"));
    world.route("/empty", Reply::status(200));
    world.route("/no-content", Reply::status(204));
    let door = door(settings(vec![world.rule()]));
    assert_eq!(failure(&door, world.url("/missing")).await, Failure::Http(404));
    assert_eq!(failure(&door, world.url("/gone")).await, Failure::Gone);
    assert_eq!(failure(&door, world.url("/empty")).await, Failure::Empty);
    assert_eq!(failure(&door, world.url("/no-content")).await, Failure::Empty);
    let busy = fetch(&door, world.url("/busy")).await.unwrap_err();
    assert_eq!((busy.failure, busy.hints.retry_after_millis), (Failure::Http(503), Some(120_000)));
}

#[tokio::test]
async fn redirects_are_followed_and_told_when_all_are_permanent() {
    let world = Outside::start().await;
    world.route("/feed", Reply::ok("text/xml", "<rss/>").header("etag", "\"1\""));
    world.route("/301", Reply::redirect(301, "/feed"));
    world.route("/308", Reply::redirect(308, "301"));
    world.route("/302", Reply::redirect(302, "/feed"));
    world.route("/301-302", Reply::redirect(301, "/302"));
    let door = door(settings(vec![world.rule()]));
    for (path, is_permanent) in [("/301", true), ("/308", true), ("/302", false), ("/301-302", false)] {
        let fetched = fetch(&door, world.url(path)).await.unwrap();
        assert_eq!(fetched.url, world.url("/feed"), "{path}");
        assert_eq!(fetched.moved_to, is_permanent.then(|| world.url("/feed")), "{path}");
    }
    let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
    let again = Request { validators, ..Request::new(world.url("/301"), Purpose::Feed) };
    let Ok(Answer::NotModified(unchanged)) = door.fetch(again).await else { panic!("nothing changed") };
    assert_eq!(unchanged.moved_to, Some(world.url("/feed")));
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let world = Outside::start().await;
    for step in 0..10 {
        world.route(&format!("/{step}"), Reply::redirect(302, &format!("/{}", step + 1)));
    }
    world.route("/10", Reply::ok("text/xml", "<rss/>"));
    let door = door(settings(vec![world.rule()]));
    assert_eq!(fetch(&door, world.url("/5")).await.unwrap().url, world.url("/10"));
    assert_eq!(failure(&door, world.url("/4")).await, Failure::Redirects);
}

#[tokio::test]
async fn redirects_that_lead_nowhere_are_refused() {
    let world = Outside::start().await;
    world.route("/loop", Reply::redirect(301, "/pool"));
    world.route("/pool", Reply::redirect(301, "/loop"));
    world.route("/no-location", Reply::status(302));
    world.route("/file", Reply::redirect(302, "file:///etc/passwd"));
    world.route("/data", Reply::redirect(302, "data:text/xml,<rss/>"));
    world.route("/long", Reply::redirect(302, &format!("/{}", "x".repeat(5_000))));
    let door = door(settings(vec![world.rule()]));
    for path in ["/loop", "/no-location", "/file", "/data", "/long"] {
        assert_eq!(failure(&door, world.url(path)).await, Failure::Redirects, "{path}");
    }
    world.route("/1-mib", Reply::redirect(302, &format!("/{}", "x".repeat(1024 * 1024))));
    assert_eq!(failure(&door, world.url("/1-mib")).await, Failure::Garbled);
    // Neither of these is a redirect to the fetcher.
    world.route(
        "/refresh",
        Reply::ok("text/html", "<meta http-equiv=refresh content='0;/feed'>").header("refresh", "0;/feed"),
    );
    assert!(fetch(&door, world.url("/refresh")).await.is_ok());
    assert_eq!(world.hits("/feed"), 0);
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_refused_at_the_hop_with_every_code() {
    let (world, victim) = (Outside::start().await, Outside::start().await);
    let port = victim.address().port();
    let door = door(settings(vec![world.rule()]));
    let targets = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://0:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("//127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
    ];
    for status in [301, 302, 303, 307, 308] {
        for target in &targets {
            world.route("/", Reply::redirect(status, target));
            assert_eq!(failure(&door, world.url("/")).await, Failure::Unreachable, "{status} to {target}");
        }
    }
    assert_eq!(victim.connections(), 0);
}

#[tokio::test]
async fn nothing_is_asked_in_this_machine_without_a_rule() {
    let victim = Outside::start().await;
    let port = victim.address().port();
    let door = door_with_names(settings(Vec::new()), &[("inside.example", &[&["127.0.0.1", "::1"]])]);
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0", "inside.example"] {
        for purpose in [Purpose::Feed, Purpose::Page, Purpose::Picture, Purpose::Icon, Purpose::Opml] {
            let url = format!("http://{host}:{port}/").parse().unwrap();
            let error = door.fetch(Request::new(url, purpose)).await.unwrap_err();
            assert_eq!(error.failure, Failure::Unreachable, "{host}");
        }
    }
    assert_eq!(victim.connections(), 0);
}

#[tokio::test]
async fn blocked_closed_and_unknown_look_the_same() {
    let closed = {
        let world = Outside::start().await;
        world.address()
    };
    let rule = AllowRule::HostPort(closed.ip().to_string(), closed.port());
    let door = door_with_names(settings(vec![rule]), &[("inside.example", &[&["10.0.0.1"]])]);
    let mut messages = Vec::new();
    for url in [
        format!("http://{closed}/"),
        "http://10.0.0.1/".into(),
        "http://inside.example/".into(),
        "http://nowhere.example/".into(),
    ] {
        messages.push(fetch(&door, url.parse().unwrap()).await.unwrap_err().to_string());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn a_server_without_a_certificate_is_unreachable_by_tls() {
    let world = Outside::start().await;
    world.route("/", Reply::ok("text/xml", "<rss/>"));
    let door = door(settings(vec![world.rule()]));
    let url = format!("https://{}/", world.address()).parse().unwrap();
    assert_eq!(failure(&door, url).await, Failure::Unreachable);
    assert_eq!(world.seen().len(), 0, "nothing is asked in the clear instead");
}

#[tokio::test]
async fn of_a_names_addresses_only_the_allowed_ones_are_used() {
    let world = Outside::start().await;
    let port = world.address().port();
    let victim = Outside::start_at(SocketAddr::from(([127, 0, 0, 2], port))).await;
    world.route("/", Reply::ok("text/xml", "<rss/>"));
    let names: [(&str, &[&[&str]]); 1] = [("both.example", &[&["127.0.0.2", "127.0.0.1", "10.0.0.1"]])];
    let door = door_with_names(settings(vec![world.rule()]), &names);
    let fetched = fetch(&door, format!("http://both.example:{port}/").parse().unwrap()).await;
    assert_eq!(*fetched.unwrap().body, *b"<rss/>");
    assert_eq!(victim.connections(), 0);
    assert_eq!(world.seen()[0].header("host"), Some(format!("both.example:{port}").as_str()));
}

#[tokio::test]
async fn a_name_that_changes_its_address_after_the_check_gains_nothing() {
    let world = Outside::start().await;
    let port = world.address().port();
    let victim = Outside::start_at(SocketAddr::from(([127, 0, 0, 2], port))).await;
    world.route("/", Reply::ok("text/xml", "<rss/>").header("connection", "close"));
    let names: [(&str, &[&[&str]]); 1] = [("turning.example", &[&["127.0.0.1"], &["127.0.0.2"]])];
    let door = door_with_names(settings(vec![world.rule()]), &names);
    let url: WebUrl = format!("http://turning.example:{port}/").parse().unwrap();
    assert!(fetch(&door, url.clone()).await.is_ok());
    for _ in 0..3 {
        assert_eq!(failure(&door, url.clone()).await, Failure::Unreachable);
    }
    assert_eq!((world.connections(), victim.connections()), (1, 0));
}

#[tokio::test]
async fn a_connection_that_is_used_again_is_one_to_the_checked_address() {
    let world = Outside::start().await;
    let port = world.address().port();
    let victim = Outside::start_at(SocketAddr::from(([127, 0, 0, 2], port))).await;
    world.replies("/", vec![Reply::ok("text/xml", "<rss/>"), Reply::ok("text/xml", "<rss/>"), Reply::status(500)]);
    let names: [(&str, &[&[&str]]); 1] = [("turning.example", &[&["127.0.0.1"], &["127.0.0.2"]])];
    let door = door_with_names(settings(vec![world.rule()]), &names);
    let url: WebUrl = format!("http://turning.example:{port}/").parse().unwrap();
    for _ in 0..2 {
        assert!(fetch(&door, url.clone()).await.is_ok());
    }
    assert_eq!(failure(&door, url).await, Failure::Http(500), "and a failure is not tried again elsewhere");
    assert_eq!((world.connections(), world.hits("/"), victim.connections()), (1, 3, 0));
}

#[tokio::test]
async fn names_that_do_not_resolve_in_time_or_to_a_thousand_addresses_end_cleanly() {
    let private: Vec<String> = (0..1_000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let private: Vec<&str> = private.iter().map(String::as_str).collect();
    let names: [(&str, &[&[&str]]); 2] = [("thousand.example", &[&private]), ("slow.example", &[&[]])];
    let door = door_with_names(EgressSettings { deadlines: HURRIED, ..settings(Vec::new()) }, &names);
    let begin = Instant::now();
    for host in ["thousand.example", "slow.example", "nowhere.example"] {
        assert_eq!(failure(&door, format!("http://{host}/").parse().unwrap()).await, Failure::Unreachable, "{host}");
    }
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_rule_for_a_port_opens_a_name_on_that_port_only() {
    let (open, shut) = (Outside::start().await, Outside::start().await);
    open.route("/", Reply::ok("text/xml", "<rss/>"));
    shut.route("/", Reply::ok("text/xml", "<rss/>"));
    let rule = AllowRule::HostPort("nas.example".to_owned(), open.address().port());
    let door = door_with_names(settings(vec![rule]), &[("nas.example", &[&["127.0.0.1"]])]);
    let at = |world: &Outside| format!("http://nas.example:{}/", world.address().port()).parse().unwrap();
    assert!(fetch(&door, at(&open)).await.is_ok());
    assert_eq!(failure(&door, at(&shut)).await, Failure::Unreachable);
    open.route("/", Reply::redirect(302, shut.url("/").as_str()));
    assert_eq!(failure(&door, at(&open)).await, Failure::Unreachable, "where it redirects to is checked as ever");
    assert_eq!(shut.connections(), 0);
}

#[tokio::test]
async fn the_own_listener_is_not_asked_even_in_an_open_network() {
    let (own, other) = (Outside::start().await, Outside::start().await);
    own.route("/", Reply::ok("text/xml", "<rss/>"));
    other.route("/", Reply::redirect(302, own.url("/").as_str()));
    let door = door_with_names(
        EgressSettings {
            own_addresses: vec![own.address()],
            own_hosts: vec!["reader.example".to_owned()],
            ..settings(vec!["127.0.0.0/8".parse().unwrap()])
        },
        &[("alias.example", &[&["127.0.0.1"]]), ("reader.example", &[&["127.0.0.1"]])],
    );
    let port = own.address().port();
    for url in [own.url("/"), other.url("/"), format!("http://alias.example:{port}/").parse().unwrap()] {
        assert_eq!(failure(&door, url.clone()).await, Failure::Unreachable, "{url}");
    }
    assert_eq!(failure(&door, "http://reader.example/".parse().unwrap()).await, Failure::Unreachable);
    assert_eq!(own.connections(), 0);
}

#[tokio::test]
async fn credentials_of_an_address_go_to_its_origin_only() {
    let (world, other) = (Outside::start().await, Outside::start().await);
    world.route("/", Reply::redirect(302, "/here"));
    world.route("/here", Reply::redirect(302, &format!("http://x:y@{}/", other.address())));
    other.route("/", Reply::ok("text/xml", "<rss/>"));
    let door = door(settings(vec![world.rule(), other.rule()]));
    let url = format!("http://reader:secret@{}/", world.address()).parse().unwrap();
    let fetched = fetch(&door, url).await.unwrap();
    assert_eq!(fetched.url, other.url("/"));
    assert!(world.seen().iter().all(|seen| seen.header("authorization") == Some("Basic cmVhZGVyOnNlY3JldA==")));
    assert_eq!(other.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn only_the_origin_of_a_referring_page_is_told() {
    let world = Outside::start().await;
    world.route("/picture", Reply::ok("image/png", "png"));
    let door = door(settings(vec![world.rule()]));
    for (page, told) in [("http://a.example/secret?x=1", Some("http://a.example/")), ("https://a.example/", None)] {
        let referer = Some(page.parse().unwrap());
        let request = Request { referer, ..Request::new(world.url("/picture"), Purpose::Picture) };
        door.fetch(request).await.unwrap();
        assert_eq!(world.seen().last().unwrap().header("referer"), told);
    }
}

#[tokio::test]
async fn a_host_sees_two_connections_at_most_and_others_do_not_wait_for_it() {
    let slow = Outside::start().await;
    let quick = Outside::start_at(SocketAddr::from(([127, 0, 0, 3], 0))).await;
    slow.route("/", Reply::script(vec![Step::Hang]));
    let door = door(EgressSettings { deadlines: HURRIED, connections: 3, ..settings(vec![slow.rule(), quick.rule()]) });
    let hanging: Vec<_> = (0..6)
        .map(|_| {
            let (door, url) = (door.clone(), slow.url("/"));
            tokio::spawn(async move { failure(&door, url).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    quick.route("/", Reply::ok("text/xml", "<rss/>").after(Duration::from_millis(10)));
    let begin = Instant::now();
    assert!(fetch(&door, quick.url("/")).await.is_ok());
    assert!(begin.elapsed() < Duration::from_millis(500));
    assert_eq!(slow.connections(), 2, "the other four wait");
    for hanging in hanging {
        assert_eq!(hanging.await.unwrap(), Failure::TimedOut);
    }
    assert_eq!(slow.connections(), 6);
}

#[tokio::test]
async fn a_host_that_turns_several_feeds_away_is_left_alone_as_a_whole() {
    let world = Outside::start().await;
    for path in ["/1", "/2"] {
        world.route(path, Reply::status(429).header("retry-after", "600"));
    }
    world.route("/3", Reply::ok("text/xml", "<rss/>"));
    let door = door(settings(vec![world.rule()]));
    assert_eq!(failure(&door, world.url("/1")).await, Failure::Http(429));
    assert!(fetch(&door, world.url("/3")).await.is_ok(), "one feed is no reason to leave the others alone");
    assert_eq!(failure(&door, world.url("/2")).await, Failure::Http(429));
    let held = fetch(&door, world.url("/3")).await.unwrap_err();
    assert_eq!((held.failure, held.hints.retry_after_millis), (Failure::Http(429), Some(600_000)));
    assert_eq!(world.hits("/3"), 1);
}

#[tokio::test]
async fn a_user_agent_with_a_line_break_is_refused() {
    let settings = EgressSettings { user_agent: "a\r\nx-evil: 1".to_owned(), ..settings(Vec::new()) };
    let clock = Arc::new(ManualClock::at(UnixMillis(0)));
    let error = Egress::new(settings, clock, Arc::new(FixedEntropy::default())).unwrap_err();
    assert!(error.to_string().contains("visible ASCII"));
}
