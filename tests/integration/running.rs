//! The running program, as it is installed: killed, full, damaged, told to stop twice, and what it says of itself.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cli::{Server, done, furnished, gleaner, run};
use crate::support::outside::{Outside, Reply};

const NEWS: &str = "<rss version=\"2.0\"><channel><title>Harbour</title><item><title>The ferry</title><link>/ferry</link>\
                    <guid>1</guid><description><![CDATA[<p>It left.</p>]]></description></item></channel></rss>";
const PASSWORD: &str = "correct horse battery";

/// A server that was started, and what it printed until it was ready.
struct Running {
    server: Server,
    address: String,
    announced: String,
}

impl Running {
    /// Starts it and reads as many lines as it prints; its log goes to the end of `log`.
    fn start(mut command: Command, lines: usize, log: &Path) -> Self {
        let log = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut server = Server(command.stderr(Stdio::from(log)).spawn().unwrap());
        let mut output = BufReader::new(server.0.stdout.take().unwrap());
        let mut announced = String::new();
        for _ in 0..lines {
            output.read_line(&mut announced).unwrap();
        }
        let address = announced.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self { address: address.to_owned(), announced, server }
    }

    /// One request over a connection of its own: the head of the answer, and its body.
    fn ask(&self, method: &str, path: &str, cookie: &str, form: &str) -> (String, String) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\nsec-fetch-site: same-origin\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {1}\r\nconnection: close\r\n\r\n",
            self.address,
            form.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(form.as_bytes()).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
        (head.to_owned(), body.to_owned())
    }

    fn signal(&self, name: &str) {
        let process = self.server.0.id().to_string();
        assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    }
}

/// The value of a header.
fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_survives_a_kill_and_no_secret_stands_in_the_log() {
    let world = Outside::start().await;
    world.route("/feed", Reply::ok("application/rss+xml", NEWS));
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("log");
    let rule = world.rule().to_string();
    let words = ["serve", "--listen", "127.0.0.1:0", "--host-interval", "0", "--log", "trace", "--log-format", "json"];
    let words = [&words[..], &["--allow-net", &rule, "--setup-code", "hush-hush-hush"]].concat();
    let serve = || gleaner(data.path(), &words);

    let first = Running::start(serve(), 3, &log);
    assert!(first.announced.contains("From another machine this takes the set-up code"), "{}", first.announced);
    let account = format!("name=ada&password={}", PASSWORD.replace(' ', "+"));
    let (head, _) = first.ask("POST", "/setup", "", &account);
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let cookie = header(&head, "set-cookie").split(';').next().unwrap().to_owned();
    let (head, _) = first.ask("POST", "/add/follow", &cookie, &format!("url={}", world.url("/feed")));
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let feed = header(&head, "location").split(['?', '#']).next().unwrap().to_owned();
    let (_, list) = first.ask("GET", "/unread", &cookie, "");
    let article = list.split("href=\"/articles/").nth(1).and_then(|rest| rest.split(['"', '?', '#']).next()).unwrap();
    let (head, _) = first.ask("POST", "/marks", &cookie, &format!("starred={article}.1"));
    assert!(head.starts_with("HTTP/1.1 2") || head.starts_with("HTTP/1.1 303"), "{head}");
    let wrong = "name=%1b%5b31mada%0d%0a%7b%22level%22:%22FORGED%22%7d&password=guessed+wrongly";
    assert!(first.ask("POST", "/login", "", wrong).0.starts_with("HTTP/1.1 403"));
    first.ask("GET", "/search?q=whispered", &cookie, "");
    first.ask("GET", "/%0d%0a%7b%22level%22:%22FORGED%22%7d%1b%5b31m", &cookie, "");

    first.signal("-KILL");
    drop(first);
    let second = Running::start(serve(), 1, &log);

    let (head, page) = second.ask("GET", &feed, &cookie, "");
    assert!(head.starts_with("HTTP/1.1 200") && page.contains("The ferry"), "still signed in: {head}");
    assert!(second.ask("GET", "/starred", &cookie, "").1.contains("The ferry"));
    let (head, page) = second.ask("GET", &format!("/articles/{article}"), &cookie, "");
    assert!(head.starts_with("HTTP/1.1 200") && page.contains("It left."), "{head}");
    assert!(second.ask("GET", "/setup", "", "").0.starts_with("HTTP/1.1 303"), "setting up is over");
    second.signal("-TERM");
    let mut server = second.server;
    assert!(server.0.wait().unwrap().success());

    let log = fs::read_to_string(&log).unwrap();
    let mut requests = 0;
    for line in log.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(record["level"], "FORGED", "{line}");
        requests += usize::from(record["message"] == "request");
    }
    assert!(requests >= 10, "{requests}");
    let token = cookie.split_once('=').unwrap().1;
    for secret in [PASSWORD, "correct+horse", "guessed", "hush-hush", token, "whispered", "\u{1b}"] {
        assert!(!log.contains(secret), "{secret:?} is in the log");
    }
    assert!(doctor_finds_nothing(data.path()));
}

fn doctor_finds_nothing(data: &Path) -> bool {
    done(data, &["doctor"]).contains("found nothing wrong")
}

/// A disk that is full takes no line of the log, and a program that read the log may end.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_nobody_takes_stops_nothing() {
    let data = furnished();
    let serve = || gleaner(data.path(), &["serve", "--listen", "127.0.0.1:0", "--log", "debug"]);
    let mut piped = Running::start(serve(), 1, Path::new("/dev/full"));
    for _ in 0..3 {
        assert!(piped.ask("GET", "/login", "", "").0.starts_with("HTTP/1.1 200"));
    }
    piped.signal("-TERM");
    assert!(piped.server.0.wait().unwrap().success());

    let pipe = data.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = std::thread::spawn({
        let pipe = pipe.clone();
        move || File::open(pipe).unwrap().read(&mut [0; 1]).unwrap()
    });
    let mut left = Running::start(serve(), 1, &pipe);
    left.ask("GET", "/login", "", "");
    reading.join().unwrap();
    for _ in 0..3 {
        assert!(left.ask("GET", "/login", "", "").0.starts_with("HTTP/1.1 200"), "its reader is gone");
    }
    left.signal("-TERM");
    assert!(left.server.0.wait().unwrap().success());
}

#[test]
fn a_second_signal_stops_it_at_once() {
    let data = furnished();
    let mut running =
        Running::start(gleaner(data.path(), &["serve", "--listen", "127.0.0.1:0"]), 1, &data.path().join("log"));
    let mut half_open = TcpStream::connect(&running.address).unwrap();
    half_open.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    running.signal("-TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(running.server.0.try_wait().unwrap().is_none(), "half a request is waited for");

    // Two signals that come before it looks are one to it, so that it gets more until it ends.
    let ended = (0..100).find_map(|_| {
        if let Some(ended) = running.server.0.try_wait().unwrap() {
            return Some(ended);
        }
        running.signal("-TERM");
        std::thread::sleep(Duration::from_millis(50));
        None
    });

    assert_eq!(ended.expect("an end without waiting for the half request").code(), Some(130));
    assert!(doctor_finds_nothing(data.path()));
}

#[cfg(target_os = "linux")]
#[test]
fn more_connections_than_the_system_allows_are_survived() {
    let data = furnished();
    let mut command = Command::new("sh");
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
    let limited = "ulimit -n 64; exec \"$0\" \"$@\"";
    command.args(["-c", limited, env!("CARGO_BIN_EXE_gleaner"), "serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(data.path());
    let running = Running::start(command, 1, &data.path().join("log"));

    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&running.address).unwrap()).collect();
    let has_noticed = || fs::read_to_string(data.path().join("log")).unwrap().contains("could not be accepted");
    for _ in 0..300 {
        if has_noticed() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(crowd);

    let (head, _) = running.ask("GET", "/login", "", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let log = fs::read_to_string(data.path().join("log")).unwrap();
    assert!(log.contains("could not be accepted"), "the limit was reached: {log}");
    assert!(log.lines().count() < 200, "it does not spin: {} lines", log.lines().count());
}

#[test]
fn a_damaged_database_is_named_and_neither_hidden_nor_made_worse() {
    let data = furnished();
    let tree = data.path().join("tree");
    fs::create_dir_all(&tree).unwrap();
    for number in 0..40 {
        let text = format!("Line {number} of the log. ").repeat(400);
        let text = format!("[Log {number}](https://log.example/{number})\n------\n\n<p>{text}</p>\n");
        fs::write(tree.join(format!("{number}_Log.txt")), text).unwrap();
    }
    done(data.path(), &["import", tree.to_str().unwrap()]);
    assert!(doctor_finds_nothing(data.path()));
    let file = data.path().join("gleaner.db");
    let whole = fs::read(&file).unwrap();

    let mut noticed = 0;
    let pages = whole.len() / 16_384;
    for page in (4..pages).step_by(pages / 8) {
        fs::write(&file, &whole).unwrap();
        let mut damaged: File = OpenOptions::new().write(true).open(&file).unwrap();
        damaged.seek(SeekFrom::Start(u64::try_from(page * 16_384).unwrap())).unwrap();
        damaged.write_all(&[0x5a; 16_384]).unwrap();
        drop(damaged);

        let output = run(data.path(), &["doctor"]);

        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!told.contains("panicked"), "page {page}: {told}");
        if !output.status.success() {
            assert!(told.contains("DAMAGED") || told.contains("malformed"), "page {page}: {told}");
            noticed += 1;
        }
    }
    assert!(noticed >= 6, "{noticed} of 8 damaged pages are noticed");
    fs::write(&file, &whole).unwrap();
    assert!(doctor_finds_nothing(data.path()), "looking changed nothing");
}

#[test]
fn no_folder_for_temporary_files_is_needed() {
    let data = furnished();
    let tree = data.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("1_Log.txt"), "[Log](https://log.example/1)\n------\n\n<p>A line of the log.</p>\n").unwrap();
    let backup = data.path().join("backup.db");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let nowhere = |words: &[&str]| {
        let mut command = gleaner(data.path(), words);
        command.env("TMPDIR", "/nowhere/at/all").env("SQLITE_TMPDIR", "/nowhere/at/all");
        command
    };

    for words in [&["import", tree.to_str().unwrap()][..], &["backup", backup.to_str().unwrap()], &["doctor"]] {
        let output = nowhere(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut running = Running::start(nowhere(&serve), 1, &data.path().join("log"));

    assert!(running.ask("GET", "/login", "", "").0.starts_with("HTTP/1.1 200"));
    running.signal("-TERM");
    assert!(running.server.0.wait().unwrap().success());
}

#[test]
fn settings_come_from_flags_then_variables_then_the_file() {
    let data = furnished();
    fs::write(data.path().join("gleaner.toml"), "listen = '127.0.0.1:1001'\npoll_min = '20m'\npoll_max = '30h'\n")
        .unwrap();
    let mut command = gleaner(data.path(), &["doctor", "--listen", "127.0.0.1:1003"]);
    command.env("GLEANER_LISTEN", "127.0.0.1:1002").env("GLEANER_POLL_MIN", "25m").env("GLEANER_POL_MAX", "1h");

    let output = command.output().unwrap();

    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let setting = |name: &str| told.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default();
    assert!(setting("listen").ends_with("127.0.0.1:1003"), "{told}");
    assert!(setting("poll_min").ends_with("25m"), "{told}");
    assert!(setting("poll_max").ends_with("30h"), "{told}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("GLEANER_POL_MAX"), "a mistyped name is told: {errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_is_made_by_hand_and_the_doctor_names_what_ails() {
    let world = Outside::start().await;
    world.route("/feed", Reply::ok("application/rss+xml", NEWS));
    world.route("/gone", Reply::status(410));
    let data = furnished();
    let list = data.path().join("list.opml");
    let outlines: String =
        ["/feed", "/gone"].map(|path| format!("<outline text=\"x\" xmlUrl=\"{}\"/>", world.url(path))).concat();
    fs::write(&list, format!("<opml version=\"2.0\"><body>{outlines}</body></opml>")).unwrap();
    done(data.path(), &["import", list.to_str().unwrap()]);
    let rule = world.rule().to_string();
    let refresh = || done(data.path(), &["refresh", "--allow-net", &rule, "--host-interval", "0"]);

    let first = refresh();
    let second = refresh();

    assert!(first.contains("1 new article"), "{first}");
    assert!(second.contains("Nothing is due: 2 feeds"), "{second}");
    assert_eq!((world.hits("/feed"), world.hits("/gone")), (1, 1));
    let report = done(data.path(), &["doctor"]);
    assert!(report.contains(world.url("/gone").as_str()) && report.contains("gone for good (410)"), "{report}");
}
