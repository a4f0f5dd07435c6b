//! A list as a site of files, on both databases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gleaner::archive::{self, ArchivedArticle};
use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::domain::{AccountId, ArticleId, Clock as _, TagName, WebUrl};
use gleaner::imports;
use gleaner::jobs::import::{ArchiveFile, ImportOptions, archive_files};
use gleaner::jobs::import_log::ImportLog;
use gleaner::jobs::import_parts;
use gleaner::jobs::mirror::keep_pictures;
use gleaner::store::{Cursor, ListQuery, Order, Scope};
use gleaner::web::static_site::{PublishError, Report, Wishes, keep, publish};
use image::ImageFormat;
use tokio_util::sync::CancellationToken;

use crate::support::database::on_both_databases;
use crate::support::house::House;
use crate::support::outside::Reply;

/// An archived article of a source.
fn file(source: &str, number: i64, title: &str, body: &str) -> ArchiveFile {
    let stamp = 1_692_092_344_000 + number * 86_400_000;
    let host: String = source.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let address = format!("https://{host}.example/{number}");
    ArchiveFile {
        name: format!("{number}.md"),
        folders: vec![source.to_owned()],
        fallback_source: "Imported".to_owned(),
        bytes: format!("<!--{stamp}-->\n[{title}]({address})\n------\n\n{body}\n").into_bytes(),
    }
}

async fn take_in(house: &House, account: AccountId, files: Vec<ArchiveFile>) {
    let report = archive_files(&house.app, account, files, ImportOptions::default()).await.unwrap();
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
}

async fn site(house: &House, folder: &Path, wishes: Wishes) -> Report {
    publish(&house.app, folder, &wishes, &|_, _| {}).await.unwrap()
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder but those that are no pages, with the time at which it was written.
fn times(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if kind.is_file() {
                found.insert(path.clone(), fs::metadata(&path).unwrap().modified().unwrap());
            }
        }
    }
    found
}

/// What the pages of an account show, without what differs from database to database.
async fn articles(house: &House, account: AccountId) -> Vec<(String, String, Option<String>, String, Option<i64>)> {
    let query = ListQuery {
        scope: Scope::All,
        only_unread: false,
        order: Order::NewestFirst,
        after: None::<Cursor>,
        limit: 1_000,
    };
    let mut found = Vec::new();
    for row in house.app.db.list(account, &query).await.unwrap() {
        let article = house.app.db.article(account, row.id).await.unwrap().expect("an article");
        let itself = |url: &WebUrl| url.to_string();
        let rendering = Rendering { base: None, picture: &itself, media: &itself, kept: &nothing_kept };
        let body = article.body.map(|body| clean(&body.html, &rendering).into_string()).unwrap_or_default();
        let url = article.url.map(|url| url.to_string());
        found.push((row.feed_title, article.title, url, body, article.published.map(|at| at.0)));
    }
    found.sort();
    found
}

async fn id_of(house: &House, title: &str) -> ArticleId {
    let rows = house.list(Scope::All, false).await;
    rows.iter().find(|row| row.title == title).unwrap_or_else(|| panic!("no {title}")).id
}

on_both_databases! {
    async fn a_list_becomes_pages_feeds_and_markdown_that_are_read_back(house: House) {
        let picture = crate::pictures::picture(ImageFormat::Png, 320, 240);
        house.world.route("/boat.png", Reply::ok("image/png", picture.clone()));
        let boat = house.world.url("/boat.png");
        let mut files: Vec<_> =
            (1..=120).map(|n| file("Harbour", n, &format!("Ferry {n}"), &format!("<p>It left {n} times.</p>"))).collect();
        files.push(file("Tea & <Rain>", 500, "雨", &format!("<p>一夜之间，河水上涨。</p><img src=\"{boat}\" alt=\"船\">")));
        take_in(&house, house.reader, files).await;
        let rain = id_of(&house, "雨").await;
        keep_pictures(&house.app, rain).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();

        let report = site(&house, folder, Wishes { address: Some("https://mirror.example/".into()), ..Wishes::default() }).await;

        assert_eq!((report.articles, report.made, report.left), (121, 121, 0));
        let first = read(folder, "index.html");
        assert_eq!(first.matches("<li class=\"row\">").count(), 50, "50 articles on a page");
        assert!(first.contains("Content-Security-Policy") && !first.contains("<script"));
        assert!(first.contains(&format!("articles/{rain}.html")) && first.contains("href=\"index-2.html\""));
        assert_eq!(read(folder, "index-3.html").matches("<li class=\"row\">").count(), 21);
        let page = read(folder, &format!("articles/{rain}.html"));
        assert!(page.contains("一夜之间，河水上涨。") && page.contains("<h1>雨</h1>"));
        let shown = page.split("src=\"../pictures/").nth(1).and_then(|rest| rest.split('"').next()).expect("a picture");
        assert_eq!(fs::read(folder.join("pictures").join(shown)).unwrap(), picture);
        for (path, words) in [
            ("archive/index.html", "2023.html"),
            ("archive/2023-08.html", "Ferry 3"),
            ("feeds/index.html", "Tea &#38; &#60;Rain&#62;"),
            ("categories/index.html", "Categories"),
            ("search.html", "search-index.js"),
            ("search-index.js", "河水上涨"),
            ("rss.xml", "https://mirror.example/rss.xml"),
            ("atom.xml", "河水上涨"),
            ("feed.json", "https://jsonfeed.org/version/1.1"),
            ("style.css", ".text"),
        ] {
            assert!(read(folder, path).contains(words), "{path}: {words}");
        }
        let markdown = read(folder, &format!("markdown/Tea & Rain/{rain}.md"));
        assert!(markdown.contains(&format!("src=\"../../pictures/{shown}\"")) && markdown.contains(boat.as_str()));

        // Another account reads the folder in.
        let other = house.app.db.create_account("other", "no hash", false, house.app.clock.now()).await.unwrap().unwrap();
        let back = times(folder)
            .into_keys()
            .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
            .map(|path| ArchiveFile {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                folders: path.parent().unwrap().iter().map(|part| part.to_string_lossy().into_owned()).collect(),
                fallback_source: "Imported".to_owned(),
                bytes: fs::read(path).unwrap(),
            })
            .collect();
        take_in(&house, other, back).await;
        let ours = articles(&house, house.reader).await;
        let theirs = articles(&house, other).await;
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            assert_eq!(ours, theirs);
        }
    }

    async fn whatever_articles_and_sources_are_called_they_are_read_back(house: House) {
        let long = "渡".repeat(300);
        let titles = [
            "مرحبا بالعالم", "🚢🌊 👩‍👩‍👧", "a/b\\c: d?* <e> | \"f\"", "...", "CON", "nul.txt", "[a](https://b.example/)", "- no list",
            "# no heading", "---", "{{ no }} {% tag %}", "../../up", "published: false", "\u{202e}txt.exe", " ", long.as_str(),
        ];
        let mut files = Vec::new();
        for (number, title) in titles.iter().enumerate() {
            let article = ArchivedArticle {
                stamp: Some(1_692_092_344_000 + number as i64 * 86_400_000),
                title: (*title).to_owned(),
                address: format!("https://odd.example/{number}"),
                body: format!("<p>Text number {number}.</p>"),
                source: Some((*title).to_owned()),
                ..ArchivedArticle::default()
            };
            let bytes = archive::write("1.md", &article).into_bytes();
            files.push(ArchiveFile { name: "1.md".to_owned(), folders: Vec::new(), fallback_source: "Imported".to_owned(), bytes });
        }
        take_in(&house, house.reader, files).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(site(&house, folder, Wishes::default()).await.made, titles.len());

        let other = house.app.db.create_account("other", "no hash", false, house.app.clock.now()).await.unwrap().unwrap();
        let texts = times(folder).into_keys().filter(|path| path.extension().is_some_and(|ending| ending == "md"));
        let back = texts.map(|path| ArchiveFile {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            folders: path.parent().unwrap().iter().map(|part| part.to_string_lossy().into_owned()).collect(),
            fallback_source: "Imported".to_owned(),
            bytes: fs::read(path).unwrap(),
        });
        take_in(&house, other, back.collect()).await;

        assert_eq!(articles(&house, house.reader).await, articles(&house, other).await);
    }

    async fn a_page_of_a_site_is_read_back_as_the_article_that_it_shows(house: House) {
        let text = "<p>一夜之间，河水上涨，渡口又开了。</p><p>The ferry left at noon with nobody on board, and came back late.</p>";
        take_in(&house, house.reader, vec![file("Harbour", 1, "雨 & <rain>", text)]).await;
        let folder = tempfile::tempdir().unwrap();
        site(&house, folder.path(), Wishes::default()).await;
        let page = read(folder.path(), &format!("articles/{}.html", id_of(&house, "雨 & <rain>").await));

        let other = house.app.db.create_account("other", "no hash", false, house.app.clock.now()).await.unwrap().unwrap();
        let parts = imports::read("1.html", page.as_bytes()).unwrap();
        let mut log = ImportLog::begin(&house.app, other).await.unwrap();
        import_parts::take_in(&house.app, other, &parts, ImportOptions::default(), "Imported", &mut log, &|_| {}).await.unwrap();

        let found = articles(&house, other).await;
        assert_eq!(found.len(), 1);
        let (_, title, url, body, _) = &found[0];
        assert_eq!((title.as_str(), url.as_deref()), ("雨 & <rain>", Some("https://harbour.example/1")));
        assert!(body.contains("渡口又开了") && body.contains("came back late"), "{body}");
        assert!(!body.contains("Markdown"), "what leads elsewhere is no part of the text: {body}");
    }

    async fn a_page_of_a_site_says_where_the_recordings_of_its_article_are(house: House) {
        let feed = "<rss version=\"2.0\"><channel><title>Talks</title><item><title>The ferry</title><guid>1</guid>\
            <enclosure url=\"https://talks.example/1.mp3\" type=\"audio/mpeg\" length=\"1300000\"/>\
            <enclosure url=\"https://talks.example/1.jpg\" type=\"image/jpeg\" length=\"9\"/>\
            <description>About the ferry.</description></item>\
            <item><title>No words</title><guid>2</guid><enclosure url=\"https://talks.example/2.mp3\" type=\"audio/mpeg\"/></item></channel></rss>";
        house.world.route("/talks", Reply::ok("application/rss+xml", feed));
        let (db, now) = (&house.app.db, house.clock.now());
        let talks = db.ensure_feed(&house.world.url("/talks"), now).await.unwrap();
        db.subscribe(house.reader, talks, None, now, 50).await.unwrap();
        gleaner::jobs::refresh::refresh_feed(&house.app, talks).await.unwrap();
        let folder = tempfile::tempdir().unwrap();

        site(&house, folder.path(), Wishes::default()).await;

        let page = read(folder.path(), &format!("articles/{}.html", id_of(&house, "The ferry").await));
        assert!(page.contains("<a href=\"https://talks.example/1.mp3\"") && page.contains("1.mp3</a> · audio/mpeg · 1.3 MB"), "{page}");
        assert!(!page.contains("1.jpg"), "{page}");
        let page = read(folder.path(), &format!("articles/{}.html", id_of(&house, "No words").await));
        assert!(page.contains("2.mp3</a> · audio/mpeg</p>"), "{page}");
        for (path, words) in [
            ("rss.xml", "<enclosure url=\"https://talks.example/1.mp3\" length=\"1300000\" type=\"audio/mpeg\"/>"),
            ("atom.xml", "<link rel=\"enclosure\" href=\"https://talks.example/1.mp3\""),
            ("feed.json", "\"size_in_bytes\":1300000"),
        ] {
            assert!(read(folder.path(), path).contains(words), "{path}: {}", read(folder.path(), path));
        }
    }

    async fn only_what_changed_is_written_again(house: House) {
        take_in(&house, house.reader, (1..=60).map(|n| file("Harbour", n, &format!("Ferry {n}"), "<p>It left.</p>")).collect()).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        site(&house, folder, Wishes::default()).await;
        let before = times(folder);

        let nothing = site(&house, folder, Wishes::default()).await;

        assert_eq!((nothing.made, nothing.written, nothing.removed), (0, 0, 0));
        assert_eq!(times(folder), before, "not even the time of a file is another");

        take_in(&house, house.reader, vec![file("Harbour", 7, "Ferry 7", "<p>It left again, and much later than that.</p>")]).await;
        let changed = site(&house, folder, Wishes::default()).await;
        assert_eq!(changed.made, 1);
        let page = format!("articles/{}.html", id_of(&house, "Ferry 7").await);
        assert!(read(folder, &page).contains("much later"));
        let after = times(folder);
        let is_page = |path: &&PathBuf| path.parent().is_some_and(|parent| parent.ends_with("articles"));
        let touched: Vec<_> = after.keys().filter(|path| before.get(*path) != after.get(*path)).filter(is_page).collect();
        assert_eq!(touched, [&folder.join(&page)]);

        // A file that somebody took away comes back, and so does everything when the manifest is lost: the others stay.
        fs::remove_file(folder.join(&page)).unwrap();
        assert_eq!(site(&house, folder, Wishes::default()).await.written, 1);
        let before = times(folder);
        fs::remove_file(folder.join(".gleaner/site.json")).unwrap();
        assert_eq!(site(&house, folder, Wishes::default()).await.written, 0);
        assert_eq!(times(folder), before);
    }

    async fn an_address_stays_when_a_title_changes(house: House) {
        take_in(&house, house.reader, vec![file("Harbour", 7, "The ferry", "<p>It left.</p>")]).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        site(&house, folder, Wishes::default()).await;
        let before: Vec<_> = times(folder).into_keys().collect();
        let id = id_of(&house, "The ferry").await;

        take_in(&house, house.reader, vec![file("Harbour", 7, "The ferry, late", "<p>It left in the evening.</p>")]).await;
        let changed = site(&house, folder, Wishes::default()).await;

        assert_eq!((changed.made, changed.removed, changed.left), (1, 0, 0));
        assert_eq!(times(folder).into_keys().collect::<Vec<_>>(), before, "no file has another name");
        for path in [format!("articles/{id}.html"), format!("markdown/Harbour/{id}.md"), "index.html".to_owned()] {
            assert!(read(folder, &path).contains("The ferry, late"), "{path}");
        }
        assert!(read(folder, &format!("markdown/Harbour/{id}.md")).contains("in the evening"));
    }

    async fn a_page_stays_when_its_article_leaves_until_it_is_swept_away(house: House) {
        take_in(&house, house.reader, (1..=3).map(|n| file("Harbour", n, &format!("Ferry {n}"), "<p>It left.</p>")).collect()).await;
        let now = house.app.clock.now();
        for number in 1..=2 {
            let id = id_of(&house, &format!("Ferry {number}")).await;
            house.app.db.set_starred(house.reader, id, true, now).await.unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("CNAME"), "mirror.example").unwrap();
        let first = site(&house, folder, Wishes { list: Some("starred".into()), ..Wishes::default() }).await;
        let one = id_of(&house, "Ferry 1").await;
        let page = format!("articles/{one}.html");
        house.app.db.set_starred(house.reader, one, false, now).await.unwrap();

        let second = site(&house, folder, Wishes::default()).await;

        assert_eq!((first.articles, second.articles, second.left), (2, 1, 1));
        assert!(!read(folder, "index.html").contains(&page), "the list is what is starred, as it was asked for");
        assert!(read(folder, &page).contains("It left."), "the address stays");
        let swept = site(&house, folder, Wishes { prune: true, ..Wishes::default() }).await;
        assert_eq!((swept.removed, swept.left), (2, 0));
        assert!(!folder.join(&page).exists());
        assert!(folder.join("CNAME").exists(), "files of others are never touched");
    }

    async fn hostile_articles_stay_within_their_pages(house: House) {
        let evil = "<script>alert(1)</script><p onclick=alert(1)>words <a href=\"javascript:alert(1)\">x</a></p>\
                    <img src=x onerror=alert(1)><svg onload=alert(1)></svg><iframe src=\"https://e.example/\"></iframe>";
        take_in(&house, house.reader, vec![
            file("../../../evil", 1, "</title><script>alert(1)</script>", evil),
            file("CON\u{0}:*?", 2, "Two", "<p>--&gt;</p><style>*{display:none}</style><meta http-equiv=refresh content=0>"),
        ]).await;
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("deep/site");

        site(&house, &folder, Wishes { title: Some("</title><script>alert(1)</script>".into()), ..Wishes::default() }).await;

        let all = times(outside.path());
        assert!(all.keys().all(|path| path.starts_with(&folder)), "{all:?}");
        for path in all.keys().filter(|path| path.extension().is_some_and(|ending| ending == "html" || ending == "md")) {
            // The title of an archived article is a line of text.
            let is_title = |line: &&str| line.starts_with("title: ") || line.starts_with('[');
            let text: String = fs::read_to_string(path).unwrap().lines().filter(|line| !is_title(line)).collect();
            let text = text.replace("<script src=\"search-index.js\" defer></script>", "");
            let text = text.replace("<script src=\"search.js\" defer></script>", "");
            for sign in ["<script", "onclick=", "onerror=", "onload=", "\"javascript:", "<iframe", "<style", "http-equiv=refresh"] {
                assert!(!text.contains(sign), "{}: {sign}", path.display());
            }
        }
    }

    async fn the_server_keeps_a_site_up_to_date_as_it_was_asked_for(house: House) {
        let folder = house.database.folder.path().join("site");
        let running = || {
            let stop = CancellationToken::new();
            (stop.clone(), tokio::spawn(keep(house.app.clone(), folder.clone(), stop)))
        };
        let until = async |what: &str, holds: &(dyn Fn() -> bool + Sync)| {
            let end = tokio::time::Instant::now() + Duration::from_secs(30);
            while !holds() {
                assert!(tokio::time::Instant::now() < end, "{what}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let shows = |words: &str| fs::read_to_string(folder.join("index.html")).is_ok_and(|page| page.contains(words));
        take_in(&house, house.reader, vec![file("Harbour", 1, "The ferry", "<p>It left.</p>")]).await;
        let star = id_of(&house, "The ferry").await;
        house.app.db.set_starred(house.reader, star, true, house.clock.now()).await.unwrap();
        site(&house, &folder, Wishes { list: Some("starred".into()), ..Wishes::default() }).await;
        fs::remove_file(folder.join("index.html")).unwrap();

        let (stop, server) = running();
        until("what is not there is made", &|| shows("The ferry")).await;
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), server).await.expect("it stops at once").unwrap();
        take_in(&house, house.reader, vec![file("Harbour", 2, "The storm", "<p>It came.</p>"), file("Harbour", 3, "Unmarked", "<p>No.</p>")]).await;
        let star = id_of(&house, "The storm").await;
        house.app.db.set_starred(house.reader, star, true, house.clock.now()).await.unwrap();
        let (stop, server) = running();
        until("what came meanwhile is there", &|| shows("The storm")).await;

        assert!(shows("The ferry") && !shows("Unmarked"), "still the list that was asked for");
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), server).await.expect("it stops at once").unwrap();
    }

    async fn a_folder_of_something_else_is_left_alone(house: House) {
        take_in(&house, house.reader, vec![file("Harbour", 1, "Ferry", "<p>It left.</p>")]).await;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "mine").unwrap();

        let refused = publish(&house.app, folder.path(), &Wishes::default(), &|_, _| {}).await;

        assert!(matches!(refused, Err(PublishError::Foreign(_))), "{refused:?}");
        assert_eq!(read(folder.path(), "index.html"), "mine");
        let unknown = Wishes { list: Some("tag:none".into()), ..Wishes::default() };
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(matches!(publish(&house.app, elsewhere.path(), &unknown, &|_, _| {}).await, Err(PublishError::List(_))));
    }

    async fn a_tag_a_feed_and_a_category_are_lists_too(house: House) {
        take_in(&house, house.reader, vec![
            file("Harbour", 1, "Ferry", "<p>It left.</p>"),
            file("Tea", 2, "Rain", "<p>It came.</p>"),
        ]).await;
        let now = house.app.clock.now();
        let rain = id_of(&house, "Rain").await;
        house.app.db.tag_article(house.reader, rain, &[TagName::parse("Water").unwrap()], now).await.unwrap();
        for list in ["tag:water", "feed:tea"] {
            let folder = tempfile::tempdir().unwrap();
            let report = site(&house, folder.path(), Wishes { list: Some(list.into()), ..Wishes::default() }).await;
            assert_eq!(report.articles, 1, "{list}");
            assert!(read(folder.path(), "index.html").contains("Rain"), "{list}");
        }
    }

    async fn each_change_becomes_a_commit(house: House) {
        if std::process::Command::new("git").arg("--version").output().is_err() {
            return;
        }
        take_in(&house, house.reader, vec![file("Harbour", 1, "Ferry", "<p>It left.</p>")]).await;
        let folder = tempfile::tempdir().unwrap();

        site(&house, folder.path(), Wishes::default()).await;
        let first = site(&house, folder.path(), Wishes { git: Some(true), ..Wishes::default() }).await;
        let second = site(&house, folder.path(), Wishes::default()).await;
        take_in(&house, house.reader, vec![file("Harbour", 2, "Gull", "<p>It flew.</p>")]).await;
        let third = site(&house, folder.path(), Wishes::default()).await;

        assert_eq!((first.committed, second.committed, third.committed), (true, false, true));
        let log = std::process::Command::new("git").arg("-C").arg(folder.path()).args(["log", "--oneline"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&log.stdout).lines().count(), 2);
    }
}
