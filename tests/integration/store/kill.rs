//! A process that is killed at any moment loses nothing that it had acknowledged, and the next one starts at once.
//!
//! `GLEANER_TEST_KILLS` says how many processes die; `scripts/kill` runs this longer.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gleaner::store::{DatabaseAddress, Db, ListQuery, NewUnread, Order, Scope};

use crate::support::db::{START, TestDb, articles, on_both, url};
use crate::support::dice::Dice;

/// Tells the process that is to be killed where to write.
const ADDRESS: &str = "GLEANER_TEST_WRITE_TO";

/// What the killed process does: it stores, marks and stars, and says so after each. Started by
/// [`a_kill_loses_no_acknowledged_write`]; by itself it does nothing.
#[tokio::test]
async fn writer() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let db = Db::open(&address.parse().unwrap()).await.unwrap();
    let account = db.account_by_name("ann").await.unwrap().unwrap().id;
    let feed = db.feed_by_url(&url("https://daily.example/feed")).await.unwrap().unwrap().id;
    say("open");
    for round in 0.. {
        let report =
            db.store_articles(feed, &articles(round * 30..(round + 1) * 30), NewUnread::All, START).await.unwrap();
        say(&format!("stored {}", report.added.len() + report.unchanged));
        for id in report.added.iter().take(3) {
            db.set_read(account, *id, true, START).await.unwrap();
            say(&format!("read {id}"));
            db.set_starred(account, *id, true, START).await.unwrap();
            say(&format!("starred {id}"));
        }
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn say(line: &str) {
    println!("said {line}");
}

on_both! {
    async fn a_kill_loses_no_acknowledged_write(db: &TestDb) {
        let ann = db.create_account("ann", "hash", false, START).await.unwrap().unwrap();
        let feed = db.ensure_feed(&url("https://daily.example/feed"), START).await.unwrap();
        db.subscribe(ann, feed, None, START, 0).await.unwrap();
        let address = match db.address() {
            DatabaseAddress::Sqlite(path) => path.to_string_lossy().into_owned(),
            DatabaseAddress::Postgres(address) => address.clone(),
        };
        let (mut stored, mut read, mut starred) = (0, Vec::new(), Vec::new());
        let many: Option<u64> = std::env::var("GLEANER_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
        let mut dice = Dice(9);
        let mut longest = Duration::ZERO;
        for kill in 0..many.unwrap_or(4) {
            let moment = Duration::from_millis(u64::try_from(dice.below(240)).unwrap());
            // One in four dies while it starts, which takes as long as the machine likes.
            let lines = write_until_killed(&address, kill % 4 == 3, moment);
            let begun = Instant::now();
            Db::open(db.address()).await.unwrap().close().await;
            let start = begun.elapsed();
            longest = longest.max(start);
            // Times are measured by the long run alone: the ordinary tests share their machine.
            assert!(many.is_none() || start < Duration::from_secs(2), "after kill {kill} the start took {start:?}");
            let mut of_this_run = 0;
            for line in lines {
                match line.split_once(' ') {
                    None if line == "open" => {}
                    Some(("stored", count)) => of_this_run += count.parse::<i64>().unwrap(),
                    Some(("read", id)) => read.push(id.parse().unwrap()),
                    Some(("starred", id)) => starred.push(id.parse().unwrap()),
                    _ => panic!("the writer said {line:?}"),
                }
            }
            stored = stored.max(of_this_run);

            assert!(db.sizes().await.unwrap().articles >= stored);
            for id in &read {
                assert!(!db.article(ann, *id).await.unwrap().unwrap().unread, "{id} was read");
            }
            for id in &starred {
                assert!(db.article(ann, *id).await.unwrap().unwrap().starred, "{id} was starred");
            }
            assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
            let query = ListQuery {
                scope: Scope::Unread, only_unread: true, order: Order::NewestFirst, after: None, limit: 100_000,
            };
            let unread = i64::try_from(db.list(ann, &query).await.unwrap().len()).unwrap();
            assert_eq!(db.counts(ann).await.unwrap().unread, unread);
        }
        // A machine that is busy with other tests may not let four writers come so far.
        assert!(many.is_none() || stored > 0, "the writer never came to write");
        if let Some(kills) = many {
            let acknowledged = usize::try_from(stored).unwrap() + read.len() + starred.len();
            let database = if matches!(db.address(), DatabaseAddress::Sqlite(_)) { "sqlite" } else { "postgres" };
            figure(&format!("kills_{database} {kills} kills"));
            figure(&format!("kills_{database}_acknowledged {acknowledged} writes"));
            figure(&format!("kills_{database}_lost 0 writes"));
            figure(&format!("kills_{database}_longest_start {:.3} s", longest.as_secs_f64()));
        }
    }
}

#[expect(clippy::print_stdout, reason = "a measurement prints its figures")]
fn figure(line: &str) {
    println!("figure {line}");
}

/// Runs [`writer`] for so long after its first word, or after it was started, kills it, and gives what it had said.
fn write_until_killed(address: &str, at_start: bool, time: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::kill::writer", "--nocapture", "--test-threads=1"])
        .env(ADDRESS, address)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (speaks, spoke) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        output
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.split_once("said ").map(|(_, said)| said.to_owned()))
            .inspect(|_| {
                // Whoever heard the first word listens no more.
                let _ = speaks.send(());
            })
            .collect::<Vec<String>>()
    });
    if !at_start {
        spoke.recv_timeout(Duration::from_secs(60)).expect("the writer opens the database");
    }
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}
