//! Taking in what other readers and keepers export, on both databases.

use gleaner::domain::UnixMillis;
use gleaner::imports::read;
use gleaner::jobs::import::ImportOptions;
use gleaner::jobs::import_log::ImportLog;
use gleaner::jobs::import_parts::{ItemsReport, PartReport, take_in};
use gleaner::store::{Job, JobKind, Scope};

use crate::support::database::on_both_databases;
use crate::support::house::House;

const LIST: &str = "title,url,time_added,tags,status\n\
    Tea,https://tea.example/1?utm_source=x,1692090439,leaf|water,unread\n\
    Harbour,https://harbour.example/2,1692094039,,archive\n\
    Twice,https://tea.example/1,1692094040,,unread\n\
    Script,javascript:alert(1),1692094040,,unread\n";

const TEXTS: &str = r#"[{"title":"Kept","url":"https://tea.example/long","is_archived":0,"is_starred":1,
    "created_at":"2023-08-15T11:07:19+0200","domain_name":"tea.example","language":"fr","tags":["a"],
    "content":"<p>La pluie est venue tard.</p><script>alert(1)</script>",
    "annotations":[{"quote":"pluie est venue","text":"enfin"}]}]"#;

async fn import(house: &House, name: &str, text: &str, dry_run: bool) -> ItemsReport {
    let parts = read(name, text.as_bytes()).unwrap();
    let options = ImportOptions { dry_run, read: false };
    let mut log = ImportLog::begin(&house.app, house.reader).await.unwrap();
    let reports = take_in(&house.app, house.reader, &parts, options, "Imported", &mut log, &|_| {}).await.unwrap();
    let Some(PartReport::Items(_, report)) = reports.into_iter().next() else { panic!("no items") };
    report
}

fn outcome(report: &ItemsReport) -> (usize, usize, usize, usize) {
    (report.added, report.already, report.refused_count, report.to_fetch)
}

async fn pages_to_fetch(house: &House) -> Vec<Job> {
    house.app.db.lease_jobs(house.app.clock.now(), 1_000, 10, &[JobKind::Page]).await.unwrap()
}

/// What became of each article of a file: title, state, tags, when it was kept there, what was marked in it.
async fn became(house: &House, host: &str) -> Vec<String> {
    let (db, mut lines) = (&house.app.db, Vec::new());
    let ids = async |scope, only_unread| {
        house.list(scope, only_unread).await.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let (unread, later, starred) =
        (ids(Scope::Unread, true).await, ids(Scope::Later, false).await, ids(Scope::Starred, false).await);
    for row in house.list(Scope::All, false).await {
        let article = db.article(house.reader, row.id).await.unwrap().unwrap();
        if article.url.as_ref().is_none_or(|url| url.host() != host) {
            continue;
        }
        let mut state = vec![if unread.contains(&row.id) { "unread" } else { "read" }];
        state.extend(later.contains(&row.id).then_some("later"));
        state.extend(starred.contains(&row.id).then_some("starred"));
        let tags = db.article_tags(house.reader, row.id).await.unwrap();
        // A tag is written as it was written first.
        let tags: Vec<String> = tags.iter().map(|tag| tag.name.to_lowercase()).collect();
        let marked = db.article_highlights(house.reader, row.id).await.unwrap();
        let marked: Vec<String> = marked.iter().map(|one| format!("{} ({})", one.anchor.exact, one.note)).collect();
        let kept = article.fetched_at.to_timestamp().unwrap();
        lines.push(format!(
            "{} | {} | {} | {kept} | {}",
            article.title,
            state.join(" "),
            tags.join(", "),
            marked.join("; ")
        ));
    }
    lines.sort();
    lines
}

/// A file of each program as it writes it, with what its reader finds afterwards.
const FILES: [(&str, &str, &[&str]); 20] = [
    (
        "freshrss.json",
        r#"{"id":"user/-/state/org.freshrss/starred","title":"List of favourite articles","items":[{"id":"1","timestampUsec":"1692090439000000","categories":["user/-/state/com.google/reading-list","user/-/state/com.google/starred","user/-/label/Sea"],"title":"A &amp; B","author":"Ann","published":1692000000,"canonical":[{"href":"https://HOST/1"}],"alternate":[{"href":"https://HOST/1"}],"content":{"content":"<p>The text of it.</p>"},"origin":{"streamId":"feed/1","title":"Feed"}}]}"#,
        &["A & B | read starred | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "inoreader.json",
        r#"{"direction":"ltr","id":"user/-/state/com.google/starred","title":"Starred","items":[{"crawlTimeMsec":"1692090439000","id":"tag:google.com,2005:reader/item/1","categories":["user/1001/state/com.google/read","user/1001/state/com.google/starred","user/1001/label/Sea"],"title":"One","published":1692000000,"canonical":[{"href":"https://HOST/1"}],"summary":{"direction":"ltr","content":"<p>The text of it.</p>"},"annotations":[]}]}"#,
        &["One | read starred | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "feedly.json",
        r#"{"id":"user/u/tag/global.saved","items":[{"id":"e","title":"One","unread":true,"actionTimestamp":1692090439000,"canonicalUrl":"https://HOST/1","tags":[{"id":"user/u/tag/global.saved"},{"id":"user/u/tag/9","label":"Sea"}],"crawled":1692000000000,"content":{"content":"<p>The text of it.</p>"}}]}"#,
        &["One | unread later starred | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "miniflux.json",
        r#"{"total":1,"entries":[{"id":1,"user_id":1,"feed_id":2,"status":"unread","hash":"h","title":"One","url":"https://HOST/1","published_at":"2023-08-01T00:00:00Z","created_at":"2023-08-15T09:07:19Z","starred":true,"content":"<p>The text of it.</p>","feed":{}}]}"#,
        &["One | unread later starred |  | 2023-08-15T09:07:19Z | "],
    ),
    (
        "tt-rss.xml",
        "<?xml version=\"1.0\"?><articles schema-version=\"140\"><article><guid><![CDATA[g]]></guid><title><![CDATA[One & all]]></title><content><![CDATA[<p>The text of it.</p>]]></content><marked><![CDATA[1]]></marked><published><![CDATA[]]></published><score><![CDATA[0]]></score><note><![CDATA[]]></note><link><![CDATA[https://HOST/1]]></link><tag_cache><![CDATA[sea]]></tag_cache><label_cache><![CDATA[]]></label_cache><feed_title><![CDATA[F]]></feed_title><updated><![CDATA[2023-08-15 09:07:19]]></updated></article></articles>",
        &["One & all | read starred | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "starred.json",
        r#"[{"id":1,"feed_id":2,"title":"One","author":null,"content":"<p>The text of it.</p>","summary":"The","url":"https://HOST/1","extracted_content_url":"https://x.example/","published":"2023-08-01T00:00:00.000000Z","created_at":"2023-08-15T09:07:19.000000Z"}]"#,
        &["One | read starred |  | 2023-08-15T09:07:19Z | "],
    ),
    (
        "newsblur.json",
        r#"{"stories":[{"story_title":"One","story_permalink":"https://HOST/1","story_content":"<p>The text of it.</p>","story_date":"2023-08-01 00:00:00","starred":true,"starred_date":"2023-08-15 09:07:19","user_tags":["Sea"],"highlights":["text of"],"user_notes":"why","read_status":1}]}"#,
        &["One | read starred | sea | 2023-08-15T09:07:19Z | One (why); text of ()"],
    ),
    (
        "part_000000.csv",
        "title,url,time_added,tags,status\nOne,https://HOST/1,1692090439,sea|tea,unread\nTwo,https://HOST/2,1692090439,,archive\n",
        &["One | unread later | sea, tea | 2023-08-15T09:07:19Z | ", "Two | read |  | 2023-08-15T09:07:19Z | "],
    ),
    (
        "instapaper-export.csv",
        "URL,Title,Selection,Folder,Timestamp,Tags\nhttps://HOST/1,One,text of,Unread,1692090439,\"[\"\"sea\"\"]\"\nhttps://HOST/2,Two,,Archive,1692090439,[]\nhttps://HOST/3,Three,,Starred,1692090439,[]\nhttps://HOST/4,Four,,Travel,1692090439,[]\n",
        &[
            "Four | unread later | travel | 2023-08-15T09:07:19Z | ",
            "One | unread later | sea | 2023-08-15T09:07:19Z | text of ()",
            "Three | unread later starred |  | 2023-08-15T09:07:19Z | ",
            "Two | read |  | 2023-08-15T09:07:19Z | ",
        ],
    ),
    (
        "metadata_0_to_1.json",
        r#"[{"id":"1","slug":"one","title":"One","description":"d","author":"Ann","url":"https://HOST/1","state":"Archived","readingProgress":100,"labels":["Sea"],"savedAt":"2023-08-15T09:07:19.000Z","updatedAt":"2023-08-16T09:07:19.000Z","publishedAt":null}]"#,
        &["One | read | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "wallabag.json",
        r#"[{"is_archived":0,"is_starred":1,"tags":["sea"],"is_public":false,"id":1,"title":"One","url":"https://HOST/1","content":"<p>The text of it.</p>","created_at":"2023-08-15T09:07:19+00:00","annotations":[{"text":"why","quote":"text of"}],"mimetype":"text/html","language":"en","reading_time":1,"domain_name":"HOST","preview_picture":""}]"#,
        &["One | unread later starred | sea | 2023-08-15T09:07:19Z | text of (why)"],
    ),
    (
        "readeck.json",
        r#"[{"id":"u","href":"https://r.example/api/bookmarks/u","created":"2023-08-15T09:07:19Z","updated":"2023-08-16T09:07:19Z","state":0,"url":"https://HOST/1","title":"One","site":"HOST","labels":["sea"],"is_marked":true,"is_archived":true,"is_deleted":false,"read_progress":0}]"#,
        &["One | read starred | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "karakeep.json",
        r#"{"bookmarks":[{"createdAt":1692090439,"title":"One","tags":["sea"],"content":{"type":"link","url":"https://HOST/1"},"note":"why","archived":true},{"createdAt":1692090439,"title":"Two","tags":[],"content":{"type":"link","url":"https://HOST/2"},"archived":false}]}"#,
        &["One | read | sea | 2023-08-15T09:07:19Z | One (why)", "Two | unread later |  | 2023-08-15T09:07:19Z | "],
    ),
    (
        "linkwarden.json",
        r#"{"id":1,"name":"ada","collections":[{"id":2,"name":"Sea","parentId":null,"links":[{"id":7,"name":"One","type":"url","description":"","url":"https://HOST/1","collectionId":2,"tags":[{"id":1,"name":"tea"}],"createdAt":"2023-08-15T09:07:19.000Z"}]}],"pinnedLinks":[{"id":7}]}"#,
        &["One | read starred | sea, tea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "shiori.html",
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL>\n<DT><A HREF=\"https://HOST/1\" ADD_DATE=\"1692090439\" LAST_MODIFIED=\"1692090439\" TAGS=\"sea,tea\">One</A>\n</DL>\n",
        &["One | read | sea, tea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "pinboard_export.json",
        r#"[{"href":"https:\/\/HOST\/1","description":"One","extended":"why","meta":"m","hash":"h","time":"2023-08-15T09:07:19Z","shared":"yes","toread":"yes","tags":"sea tea"},{"href":"https:\/\/HOST\/2","description":"Two","extended":"","time":"2023-08-15T09:07:19Z","shared":"no","toread":"no","tags":""}]"#,
        &[
            "One | unread later | sea, tea | 2023-08-15T09:07:19Z | One (why)",
            "Two | read |  | 2023-08-15T09:07:19Z | ",
        ],
    ),
    (
        "raindrop.csv",
        "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n1,One,why,e,https://HOST/1,Travel,\"sea, tea\",2023-08-15T09:07:19.000Z,,\"Highlight:text of\nNote:mine\",true\n",
        &["One | read starred | sea, tea, travel | 2023-08-15T09:07:19Z | One (why); text of (mine)"],
    ),
    (
        "bookmarks.html",
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE><H1>Bookmarks Menu</H1>\n<DL><p>\n<DT><H3 ADD_DATE=\"1\" PERSONAL_TOOLBAR_FOLDER=\"true\">Bookmarks bar</H3>\n<DL><p>\n<DT><H3>Sea</H3>\n<DL><p>\n<DT><A HREF=\"https://HOST/1\" ADD_DATE=\"1692090439\" ICON=\"data:image/png;base64,AAAA\">One</A>\n</DL><p>\n</DL><p>\n</DL>",
        &["One | read | sea | 2023-08-15T09:07:19Z | "],
    ),
    (
        "readwise-data.csv",
        "Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,Highlighted at,Document tags,URL\ntext of,One,Ann,,mine,,sea,order,0,2023-08-15 09:07:19+00:00,tea,https://HOST/1\nanother,One,Ann,,,,,order,1,2023-08-15 09:07:20+00:00,tea,https://HOST/1\n",
        &["One | read | sea, tea | 2023-08-15T09:07:19Z | text of (mine); another ()"],
    ),
    (
        "diigo.csv",
        "title,url,tags,description,comments,annotations,created_at\nOne,https://HOST/1,sea \"\"tea,why,,Highlight:text of,2023-08-15 09:07:19\n",
        &["One | read | sea, tea | 2023-08-15T09:07:19Z | One (why); text of ()"],
    ),
];

on_both_databases! {
    async fn every_program_brings_its_articles_with_their_states_and_none_twice(house: House) {
        for (number, (name, text, expected)) in (0..).zip(FILES) {
            let host = format!("host{number}.example");
            let text = text.replace("HOST", &host);
            let dry = import(&house, name, &text, true).await;
            assert!(became(&house, &host).await.is_empty(), "{name}: a dry run");

            let report = import(&house, name, &text, false).await;

            assert_eq!(outcome(&report), outcome(&dry), "{name}");
            assert_eq!((report.added, report.already, report.refused_count), (expected.len(), 0, 0), "{name}");
            assert_eq!(became(&house, &host).await, expected, "{name}");
            let again = import(&house, name, &text, false).await;
            assert_eq!((again.added, again.already), (0, expected.len()), "{name}: nothing twice");
            assert_eq!(became(&house, &host).await, expected, "{name}");
        }
    }

    async fn links_are_kept_with_their_states_and_fetched_by_and_by(house: House) {
        let dry = import(&house, "pocket.csv", LIST, true).await;
        assert!(house.list(Scope::All, false).await.is_empty(), "a dry run stores nothing");
        let report = import(&house, "pocket.csv", LIST, false).await;

        assert_eq!(outcome(&dry), (2, 1, 1, 2));
        assert_eq!(outcome(&report), (2, 1, 1, 2));
        assert_eq!(report.refused[0].0, 4, "a bad row is named by its number");
        let unread = house.list(Scope::Unread, true).await;
        assert_eq!(unread.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Tea"]);
        let later = house.list(Scope::Later, false).await;
        assert_eq!(later.len(), 1);
        let article = house.app.db.article(house.reader, later[0].id).await.unwrap().expect("the article");
        assert_eq!(article.url.unwrap().as_str(), "https://tea.example/1");
        assert_eq!(article.fetched_at, UnixMillis(1_692_090_439_000), "it counts from when it was kept there");
        let tags = house.app.db.article_tags(house.reader, later[0].id).await.unwrap();
        assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["leaf", "water"]);
        assert_eq!(pages_to_fetch(&house).await.len(), 2);
    }

    async fn the_same_file_again_changes_nothing_that_its_reader_did_since(house: House) {
        import(&house, "pocket.csv", LIST, false).await;
        let tea = house.list(Scope::Later, false).await[0].id;
        let now = house.app.clock.now();
        house.app.db.set_read(house.reader, tea, true, now).await.unwrap();
        house.app.db.set_later(house.reader, tea, false, now).await.unwrap();

        let again = import(&house, "pocket.csv", LIST, false).await;

        assert_eq!(outcome(&again), (0, 3, 1, 0));
        assert!(house.list(Scope::Unread, true).await.is_empty() && house.list(Scope::Later, false).await.is_empty());
        assert_eq!(house.list(Scope::All, false).await.len(), 2);
    }

    async fn a_text_that_the_file_brings_is_kept_with_what_was_marked_in_it(house: House) {
        let report = import(&house, "wallabag.json", TEXTS, false).await;

        assert_eq!((report.added, report.refused_count), (1, 0));
        let starred = house.list(Scope::Starred, false).await;
        let article = house.app.db.article(house.reader, starred[0].id).await.unwrap().expect("the article");
        assert!(article.body.unwrap().html.contains("La pluie est venue tard."));
        assert_eq!(article.language.unwrap().as_str(), "fr");
        let marked = house.app.db.article_highlights(house.reader, starred[0].id).await.unwrap();
        assert_eq!((marked[0].anchor.exact.as_str(), marked[0].note.as_str()), ("pluie est venue", "enfin"));
    }

    async fn a_saved_page_is_read_as_if_it_had_been_fetched(house: House) {
        let text = "The harbour was quiet in the morning, and the ferry came late as it always does in autumn. ".repeat(8);
        let page = format!("<!doctype html><html><!-- Page saved with SingleFile\n url: https://harbour.example/quiet\n\
            saved date: Tue Aug 15 2023 09:07:19 GMT+0000\n--><head><title>Quiet</title></head>\
            <body><nav>Menu</nav><article><h1>Quiet</h1><p>{text}</p><p>{text}</p></article></body></html>");

        let report = import(&house, "quiet.html", &page, false).await;

        assert_eq!(outcome(&report), (1, 0, 0, 0));
        let rows = house.list(Scope::Unread, true).await;
        let article = house.app.db.article(house.reader, rows[0].id).await.unwrap().expect("the article");
        assert_eq!(article.title, "Quiet");
        assert!(article.body.unwrap().html.contains("the ferry came late"));
        assert!(house.list(Scope::Later, false).await.is_empty() && pages_to_fetch(&house).await.is_empty());
    }
}
