//! Where nothing may go: private networks, by redirects, names and tricks with both.

use super::*;

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
        let begun = Instant::now();
        messages.push(fetch(&door, url.parse().unwrap()).await.unwrap_err().to_string());
        assert!(begun.elapsed() >= Duration::from_millis(20), "{url}: no refusal is told by its speed");
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
    assert!(begin.elapsed() < Duration::from_secs(20));
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

/// Counts how often it is asked for a number, and always gives the same.
#[derive(Debug, Default)]
struct CountedEntropy(std::sync::atomic::AtomicUsize);

impl gleaner::domain::Entropy for CountedEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        buffer.fill(7);
    }
}

/// U38: whether a port behind the guard is open, closed or silent cannot be told, because nobody ever connects there: the
/// message is one, and each refusal waits for the same throw of the dice.
#[tokio::test]
async fn open_closed_and_silent_ports_behind_the_guard_are_refused_alike() {
    let open = Outside::start().await;
    open.route("/", Reply::ok("text/html", "<title>inside</title>"));
    let closed = {
        let world = Outside::start().await;
        world.address().port()
    };
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let entropy = Arc::new(CountedEntropy::default());
    let clock = Arc::new(ManualClock::at(UnixMillis(1_700_000_000_000)));
    let names = [("inside.example".to_owned(), vec![vec!["127.0.0.1".parse().unwrap()]])];
    let lookup = Arc::new(Names(Mutex::new(names.into_iter().collect())));
    let door = Egress::with_lookup(settings(Vec::new()), clock, entropy.clone(), lookup).unwrap();
    let thrown = Duration::from_millis(20 + u64::from_le_bytes([7; 8]) % 100);
    let mut told = Vec::new();
    let open_port = open.address().port();
    for url in [
        format!("http://127.0.0.1:{open_port}/"),
        format!("http://127.0.0.1:{closed}/"),
        format!("http://127.0.0.1:{}/", silent.local_addr().unwrap().port()),
        "http://127.0.0.1:22/".to_owned(),
        "http://10.1.2.3/".to_owned(),
        "http://169.254.169.254/latest/".to_owned(),
        format!("http://inside.example:{open_port}/"),
    ] {
        for purpose in [Purpose::Feed, Purpose::Page, Purpose::Picture] {
            let (before, begun) = (entropy.0.load(std::sync::atomic::Ordering::SeqCst), Instant::now());
            let error = door.fetch(Request::new(url.parse().unwrap(), purpose)).await.unwrap_err();
            let asked = entropy.0.load(std::sync::atomic::Ordering::SeqCst) - before;
            told.push((error.to_string(), asked));
            assert!(begun.elapsed() >= thrown, "{url}: refused before its time");
        }
    }
    let first = told[0].clone();
    assert!(told.iter().all(|one| *one == first), "{told:?}");
    assert_eq!(first.1, 1, "one wait of random length");
    assert_eq!(open.connections(), 0);
}
