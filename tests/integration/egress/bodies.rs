//! What comes back: bodies, packed or endless, and answers that break the rules.

use super::*;

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
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
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
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
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
