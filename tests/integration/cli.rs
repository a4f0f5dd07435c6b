//! The program as its users start it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::outside::{Outside, Reply};

const TEA: &str = "<!--1692092344000-->\n[Tea [and] “rain”](https://tea.example/1_(a).html)\n------\n\n\
                   <div><i>Tue, 15 Aug 2023 09:07:19 GMT</i></div><p>The rain came late.</p>\n";
const FERRY: &str = "---\ntitle: \"Ferry: late\"\ndate: 2023-08-01T00:39:04.000Z\nauthor: Ann\n\
                     from: https://harbour.example/ferry\ntags: [ Ships ]\n---\n<!--1690850344000-->\n\
                     [Ferry: late](https://harbour.example/ferry)\n------\n\n<div>\n<p>It left.</p>\n</div>\n";

/// `gleaner` with data in `data` and nothing of the surroundings.
pub(crate) fn gleaner(data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.env_clear().args(words).arg("--data").arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(data: &Path, words: &[&str]) -> Output {
    gleaner(data, words).output().unwrap()
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn done(data: &Path, words: &[&str]) -> String {
    let output = run(data, words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must fail, and gives what it complained of.
fn fails(data: &Path, words: &[&str]) -> String {
    let output = run(data, words);
    assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn with_input(data: &Path, words: &[&str], input: &str) -> Output {
    let mut child = gleaner(data, words).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A data folder with the administrator `ada`.
pub(crate) fn furnished() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let output = with_input(data.path(), &["user", "add", "ada", "--admin"], "correct horse battery\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    data
}

#[test]
fn an_account_is_made_with_a_password_from_standard_input() {
    let data = furnished();

    let listed = done(data.path(), &["user", "list"]);
    assert!(listed.contains("administrator") && listed.contains("ada"), "{listed}");
    let again = with_input(data.path(), &["user", "add", "Ada"], "correct horse battery\n");
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"), "names are compared without case");
    let short = with_input(data.path(), &["user", "add", "bob"], "short\n");
    assert!(String::from_utf8_lossy(&short.stderr).contains("shorter"));
    assert!(with_input(data.path(), &["user", "passwd", "ada"], "another horse battery\n").status.success());
    assert!(fails(data.path(), &["user", "disable", "ada"]).contains("the last administrator"));
    assert!(with_input(data.path(), &["user", "add", "bob"], "correct horse battery\n").status.success());
    done(data.path(), &["user", "disable", "Bob"]);
    assert!(done(data.path(), &["user", "list"]).contains("bob  (disabled)"));
    done(data.path(), &["user", "enable", "bob"]);
    assert!(!done(data.path(), &["user", "list"]).contains("(disabled)"));
    done(data.path(), &["user", "delete", "bob", "--yes"]);
    assert!(fails(data.path(), &["user", "delete", "ada"]).contains("--yes"));
    assert!(fails(data.path(), &["user", "delete", "ada", "--yes"]).contains("the last administrator"));
    assert!(done(data.path(), &["user", "list"]).contains("ada"), "somebody is left who can manage accounts");
    assert!(with_input(data.path(), &["user", "add", "eve", "--admin"], "correct horse battery\n").status.success());
    done(data.path(), &["user", "delete", "ada", "--yes"]);
    assert!(!done(data.path(), &["user", "list"]).contains("ada"));
}

#[test]
fn a_tree_of_articles_goes_in_once_and_comes_out_as_it_went_in() {
    let data = furnished();
    let tree = data.path().join("tree");
    for (path, text) in [("Tea Times/1_Tea.txt", TEA), ("Harbour/2_Ferry.md", FERRY), ("Harbour/3_broken.md", "")] {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(tree.join("README.rst"), "no article").unwrap();
    let tree = tree.to_str().unwrap();

    let dry = done(data.path(), &["import", "--dry-run", tree]);
    let first = done(data.path(), &["import", tree]);
    let second = done(data.path(), &["import", tree]);

    assert!(dry.contains("2 articles from 2 sources would be read in"), "{dry}");
    assert!(first.contains("2 new."), "{first}");
    assert!(first.contains("3_broken.md: the file is empty"), "{first}");
    assert!(first.contains("1 file with other endings"), "{first}");
    assert!(second.contains("0 new, 2 there already"), "{second}");

    let out = data.path().join("out");
    done(data.path(), &["export", "articles", out.to_str().unwrap()]);
    let fresh = furnished();
    let imported = done(fresh.path(), &["import", out.to_str().unwrap()]);
    assert!(imported.contains("2 articles from 2 sources: 2 new"), "{imported}");
    let out_again = fresh.path().join("out");
    done(fresh.path(), &["export", "articles", out_again.to_str().unwrap()]);
    assert_eq!(articles_in(&out), articles_in(&out_again));
    assert_eq!(articles_in(&out).len(), 2);
}

/// Every file below a folder as (its folder, its text), without what differs from database to database: numbers in
/// names, and the moment of taking in.
fn articles_in(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in fs::read_dir(folder).unwrap() {
        let source = source.unwrap().path();
        for file in fs::read_dir(&source).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("<!--")).collect();
            found.push((source.file_name().unwrap().to_string_lossy().into_owned(), lines.join("\n")));
        }
    }
    found.sort();
    found
}

#[test]
fn a_subscription_list_goes_in_and_comes_out() {
    let data = furnished();
    let list = data.path().join("list.opml");
    fs::write(
        &list,
        r#"<opml version="1.0"><body><outline text="News"><outline text="Harbour" xmlUrl="https://harbour.example/feed"/>
           </outline><outline text="?" xmlUrl="ftp://old.example/"/></body></opml>"#,
    )
    .unwrap();

    let first = done(data.path(), &["import", list.to_str().unwrap()]);
    let second = done(data.path(), &["import", list.to_str().unwrap()]);
    let exported = done(data.path(), &["export", "opml"]);

    assert!(first.contains("1 feed followed, 1 not taken"), "{first}");
    assert!(first.contains("ftp://old.example/"), "{first}");
    assert!(second.contains("0 feeds followed, 1 already"), "{second}");
    assert!(exported.contains("https://harbour.example/feed") && exported.contains("News"), "{exported}");
}

#[test]
fn mistakes_are_named_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("a.txt"), TEA).unwrap();
    let file = data.path().join("a.txt");

    assert!(fails(data.path(), &["import", file.to_str().unwrap()]).contains("gleaner user add"));
    assert!(fails(data.path(), &["import", "/nowhere/at/all"]).contains("/nowhere/at/all"));
    assert!(fails(data.path(), &["doctor", "--poll-min", "soon"]).contains("--poll-min"));
    fs::write(data.path().join("gleaner.toml"), "colour = 'red'\n").unwrap();
    assert!(fails(data.path(), &["doctor"]).contains("colour"));
}

#[test]
fn the_doctor_shows_the_settings_the_versions_and_the_check() {
    let data = furnished();

    let report = done(data.path(), &["doctor", "--setup-code", "hush"]);

    for part in ["127.0.0.1:7411", "SQLite 3.", "found nothing wrong", "1 account", "Feeds in trouble"] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("hush"));
}

/// A running server that is killed if a test gives up.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        // Until it is gone, it holds its database and nobody else can open it.
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_server_says_where_it_is_answers_lets_other_commands_work_and_stops_cleanly() {
    let data = furnished();
    let mut server = Server(gleaner(data.path(), &["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned();

    let mut connection = TcpStream::connect(&address).unwrap();
    write!(connection, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let article = data.path().join("1_Tea.txt");
    fs::write(&article, TEA).unwrap();
    assert!(done(data.path(), &["import", article.to_str().unwrap()]).contains("1 new"));
    assert!(fails(data.path(), &["serve", "--listen", "127.0.0.1:0"]).contains("already uses"));

    let stopping = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().unwrap().success());
    assert!(server.0.wait().unwrap().success());
    assert!(stopping.elapsed() < Duration::from_secs(10), "{:?}", stopping.elapsed());
}

const NEWS: &str = "<rss version=\"2.0\"><channel><item><title>The ferry</title><link>/ferry</link><guid>1</guid>\
                    <description><![CDATA[<p>It left.</p><img src=\"boat.png\">]]></description></item></channel></rss>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_in_the_address_of_a_feed_is_printed_nowhere() {
    let world = Outside::start().await;
    let feed = "/harbour/feed";
    world.replies(feed, vec![Reply::ok("application/rss+xml", NEWS), Reply::ok("text/xml", NEWS), Reply::status(500)]);
    let data = furnished();
    let allow = world.rule().to_string();
    let open = format!("http://ann:hush@{}{feed}", world.address());
    let masked = format!("http://***@{}{feed}", world.address());
    let everything = |words: &[&str]| {
        let output =
            run(data.path(), &[words, &["--allow-net", &allow, "--host-interval", "0", "--log", "trace"]].concat());
        let told = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&told).into_owned()
    };

    let told = [
        everything(&["add", &open, "--follow"]),
        everything(&["refresh", "--all"]),
        everything(&["doctor"]),
        everything(&["add", &format!("{open}/nothing")]),
        everything(&["export", "opml"]),
    ];
    done(data.path(), &["export", "articles", data.path().join("out").to_str().unwrap()]);

    for text in &told {
        assert!(!text.contains("hush") && !text.contains("ann:"), "{text}");
    }
    for text in &told[..3] {
        assert!(text.contains(&masked), "{text}");
    }
    let articles = articles_in(&data.path().join("out"));
    assert!(articles[0].1.contains("/ferry") && articles[0].1.contains("boat.png"), "{articles:?}");
    assert!(!format!("{articles:?}").contains("hush"), "{articles:?}");
    assert!(
        done(data.path(), &["export", "opml", "--with-passwords"]).contains("ann:hush@"),
        "whoever asks for it has it"
    );
    let authorization = |seen: &crate::support::outside::Seen| seen.header("authorization").is_some();
    assert!(world.seen().iter().filter(|seen| seen.target == feed).all(authorization), "and the feed's server gets it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_counted_checked_and_swept_and_the_index_is_made_anew_by_hand() {
    let world = Outside::start().await;
    let news = NEWS.replace("<link>/ferry", &format!("<link>{}", world.url("/ferry")));
    world.route("/feed", Reply::ok("application/rss+xml", news.replace("boat.png", world.url("/boat.png").as_str())));
    world.route("/boat.png", Reply::ok("image/png", crate::pictures::picture(image::ImageFormat::Png, 320, 240)));
    let data = furnished();
    let allow = world.rule().to_string();
    let net = ["--allow-net", allow.as_str(), "--host-interval", "0"];
    done(data.path(), &[&["add", world.url("/feed").as_str(), "--follow"], &net[..]].concat());

    let fetched = done(data.path(), &[&["media", "fetch"], &net[..]].concat());
    assert!(fetched.contains("1 article looked at: 1 picture kept, 0 still to be fetched, 0 gone."), "{fetched}");
    let stats = done(data.path(), &["media", "stats"]);
    let line = stats.lines().find(|line| line.trim_start().starts_with("originals")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("1"), "{stats}");
    assert!(done(data.path(), &["media", "verify"]).contains("1 picture as it was stored, 0 damaged, 0 missing"));

    let mut waiting = vec![data.path().join("pictures")];
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().unwrap().to_str().unwrap();
    let other = if name.ends_with('0') { "1" } else { "0" };
    fs::write(files[0].with_file_name([&name[..name.len() - 1], other].concat()), b"of no picture").unwrap();
    let swept = done(data.path(), &["media", "gc"]);
    assert!(swept.starts_with("1 file swept away"), "{swept}");
    assert!(files[0].exists(), "what an article shows stays");
    fs::write(&files[0], b"damaged").unwrap();
    let damaged = run(data.path(), &["media", "verify"]);
    assert!(!damaged.status.success(), "so that a job of the system notices");
    assert!(String::from_utf8_lossy(&damaged.stdout).contains("0 pictures as it was stored, 1 damaged"), "{damaged:?}");
    done(data.path(), &[&["media", "fetch"], &net[..]].concat());
    assert!(done(data.path(), &["media", "verify"]).contains("1 picture as it was stored, 0 damaged"), "it was mended");

    assert!(done(data.path(), &["reindex"]).contains("1 article indexed."));
    assert!(done(data.path(), &["reindex"]).contains("1 article indexed."), "as often as one likes");
    assert!(done(data.path(), &["doctor"]).contains("found nothing wrong"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_of_the_environment_are_never_used() {
    let (world, proxy) = (Outside::start().await, Outside::start().await);
    world.route("/feed", Reply::ok("application/rss+xml", NEWS));
    let data = furnished();
    let address = format!("http://{}", proxy.address());
    let ask = |url: &str| {
        let mut command = gleaner(data.path(), &["add", url, "--follow", "--allow-net", &world.rule().to_string()]);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, &address);
        }
        command.output().unwrap().status.success()
    };

    assert!(ask(world.url("/feed").as_str()), "the feed is asked itself");
    assert!(!ask(&format!("https://{}/feed", world.address())), "it speaks no TLS");
    assert!(!ask("https://nowhere.invalid/feed"));

    assert!(world.hits("/feed") >= 1);
    assert_eq!(proxy.connections(), 0);
}

/// The program runs where no file may grow beyond this many blocks of 512 bytes: its writes fail as on a broken disk.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_more_is_named_and_what_was_stored_is_safe() {
    let data = furnished();
    let tree = data.path().join("tree");
    fs::create_dir_all(&tree).unwrap();
    fs::write(tree.join("1_Tea.txt"), TEA).unwrap();
    done(data.path(), &["import", tree.to_str().unwrap()]);
    let noise = |seed: u64| {
        let mut state = seed;
        (0..200_000).map(move |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + (state >> 59) as u8 % 26)
        })
    };
    for number in 2..20_u64 {
        let text = format!(
            "[Noise {number}](https://noise.example/{number})\n------\n\n<p>{}</p>",
            noise(number).collect::<String>()
        );
        fs::write(tree.join(format!("{number}_Noise.txt")), text).unwrap();
    }

    let limited = Command::new("sh")
        .env_clear()
        .args(["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_gleaner"), "import"])
        .arg(&tree)
        .arg("--data")
        .arg(data.path())
        .output()
        .unwrap();

    let told = String::from_utf8_lossy(&[limited.stdout, limited.stderr].concat()).into_owned();
    assert!(!limited.status.success(), "{told}");
    assert!(told.contains("the database failed") && !told.contains("panicked"), "{told}");
    assert!(done(data.path(), &["doctor"]).contains("found nothing wrong"));
    assert!(done(data.path(), &["import", tree.to_str().unwrap()]).contains("19 articles"));
    assert!(done(data.path(), &["doctor"]).contains("19 articles"), "each is there once");
}

#[test]
fn a_backup_is_written_and_restored() {
    let data = furnished();
    let file = data.path().join("backup.db");
    let file = file.to_str().unwrap();

    let written = done(data.path(), &["backup", file]);
    assert!(written.contains("1 account and 0 articles"), "{written}");
    assert!(fails(data.path(), &["backup", file]).contains("--replace"), "nothing is overwritten unasked");
    done(data.path(), &["backup", "--replace", file]);

    assert!(fails(data.path(), &["restore", file]).contains("--replace"), "a database in use is not replaced unasked");
    assert!(with_input(data.path(), &["user", "add", "eve", "--admin"], "correct horse battery\n").status.success());
    done(data.path(), &["user", "delete", "ada", "--yes"]);
    let restored = done(data.path(), &["restore", "--replace", file]);
    assert!(restored.contains("1 account"), "{restored}");
    let listed = done(data.path(), &["user", "list"]);
    assert!(listed.contains("ada") && !listed.contains("eve"), "{listed}");
}

#[test]
fn a_proof_is_checked_without_a_database_and_a_changed_text_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let key = gleaner::archive::InstanceKey::new([7; 32]);
    let mut proof = gleaner::archive::Proof::sign(
        &key,
        "The flood",
        "https://a.example/1",
        "2023-08-15T09:07:19Z",
        "<p>Rose.</p>".into(),
    );
    let file = folder.path().join("proof.json");
    let write = |proof: &gleaner::archive::Proof| fs::write(&file, serde_json::to_vec(proof).unwrap()).unwrap();
    let name = file.to_str().unwrap();
    write(&proof);

    let said = done(folder.path(), &["verify", name, "--key", &key.public()]);
    assert!(said.contains("kept since 2023-08-15T09:07:19Z") && said.contains("the one that was signed"), "{said}");
    assert!(fails(folder.path(), &["verify", name, "--key", "other"]).contains("another key"));
    proof.text.push('!');
    write(&proof);
    assert!(fails(folder.path(), &["verify", name]).contains("another SHA-256"));
    assert!(!folder.path().join("gleaner.db").exists());
}

#[test]
fn everything_goes_out_as_a_site_and_as_one_file_and_comes_back() {
    let data = furnished();
    let tree = data.path().join("tree");
    fs::create_dir_all(tree.join("Harbour")).unwrap();
    fs::write(tree.join("Harbour/1_Tea.txt"), TEA).unwrap();
    fs::write(tree.join("Harbour/2_Ferry.md"), FERRY).unwrap();
    done(data.path(), &["import", tree.to_str().unwrap()]);
    let (site, file) = (data.path().join("site"), data.path().join("account.zip"));
    let (site, file) = (site.to_str().unwrap(), file.to_str().unwrap());

    let first = done(data.path(), &["publish", site, "--title", "My reading"]);
    let second = done(data.path(), &["publish", "--publish", site]);
    let exported = done(data.path(), &["account", "export", file]);

    assert!(first.contains("2 articles in") && first.contains("2 made anew"), "{first}");
    assert!(second.contains("0 made anew, 0 files written, 0 taken away"), "{second}");
    assert!(
        fs::read_to_string(Path::new(site).join("index.html")).unwrap().contains("<h1 dir=\"auto\">My reading</h1>")
    );
    assert!(exported.contains("2 articles with 1 feed and 0 pictures"), "{exported}");
    assert!(fails(data.path(), &["account", "export", file]).contains("--replace"));

    let fresh = furnished();
    let imported = done(fresh.path(), &["import", site]);
    assert!(imported.contains("2 articles from 1 source: 2 new"), "{imported}");
    for (words, said) in [
        (["account", "import", file].as_slice(), "2 articles new; "),
        (["account", "import", file].as_slice(), "0 articles new, 2 there already"),
        (["import", file].as_slice(), "0 articles new, 2 there already"),
    ] {
        let fresh = fresh.path().join("own");
        fs::create_dir_all(&fresh).unwrap();
        if !fresh.join("gleaner.db").exists() {
            assert!(with_input(&fresh, &["user", "add", "ada", "--admin"], "correct horse battery\n").status.success());
        }
        let taken = done(&fresh, words);
        assert!(taken.contains(said), "{words:?}: {taken}");
    }
    assert!(
        fails(data.path(), &["account", "import", tree.join("Harbour/1_Tea.txt").to_str().unwrap()])
            .contains("no account")
    );
    assert!(fails(data.path(), &["publish", site, "--list", "tag:none"]).contains("tag:NAME"));
}

#[test]
fn folders_and_archives_of_other_programs_are_taken_in() {
    let data = furnished();
    let tree = data.path().join("tree");
    let put = |path: &str, bytes: &[u8]| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let mut zip = gleaner::archive::ZipFile::default();
    zip.store("data.json", b"{\"Users\":[{\"ID\":1}]}");
    zip.store(
        "bookmarks/a/info.json",
        br#"{"URL":"https://tea.example/1","UserID":1,"Title":"Tea","Labels":["leaf"],"Created":"2023-08-15T09:07:19Z","IsArchived":false,"IsMarked":true}"#,
    );
    put("readeck.zip", &zip.finish());
    let metadata = br#"[{"slug":"s","title":"Gulls","url":"https://sea.example/1","state":"Archived","labels":["Sea"],"savedAt":"2023-08-15T09:07:19Z"}]"#;
    put("omnivore/metadata_0_to_1.json", metadata);
    put("omnivore/content/s.html", b"<p>The gulls flew over the harbour.</p>");
    put("omnivore/highlights/s.md", b"> gulls flew\n\nfar\n");
    put("myblog/_posts/2020-01-02-the-first-crossing.md", b"---\ntags: [ferry]\n---\nIt was **cold**.\n");
    put("myblog/_posts/2020-01-03-secret.md", b"---\npublished: false\n---\nNot yet.\n");
    put("myblog/_posts/2020-01-04-page.html", b"---\ntitle: Page\n---\n<p>As it is.</p>\n");
    put("myblog/index.html", b"<!doctype html><html><p>mine</p></html>");
    put("myblog/package.json", b"{\"name\":\"x\"}");

    let path = tree.to_str().unwrap();
    let dry = done(data.path(), &["import", path, "--dry-run"]);
    assert!(dry.contains("(Readeck): 1 article would be taken in") && dry.contains("(Omnivore): 1 article"), "{dry}");
    let said = done(data.path(), &["import", path]);

    assert!(said.contains("(Readeck): 1 article new") && said.contains("(Omnivore): 1 article new"), "{said}");
    assert!(said.contains("2 articles from 1 source: 2 new"), "{said}");
    assert!(said.contains("the post says that it is not published") && said.contains("Left alone: 2 files"), "{said}");
    let out = data.path().join("out");
    done(data.path(), &["export", "articles", out.to_str().unwrap()]);
    let blog = fs::read_dir(out.join("myblog")).expect("the source is the folder above the shelf");
    let texts: Vec<String> = blog.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(
        texts.iter().any(|text| text.contains("The First Crossing") && text.contains("<strong>cold</strong>")),
        "{texts:?}"
    );
    assert!(texts.iter().any(|text| text.contains("<p>As it is.</p>")), "{texts:?}");
    let again = done(data.path(), &["import", path]);
    assert!(again.contains("0 articles new, 1 there already") && again.contains("0 new, 2 there already"), "{again}");
}
