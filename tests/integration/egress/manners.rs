//! How the program behaves: credentials, referrers, pauses.

use super::*;

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
