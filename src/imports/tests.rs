//! Each format in a few lines, as its program writes it; then what is damaged or hostile.

use super::*;
use crate::archive::ZipFile;

fn parts(name: &str, text: &str) -> Vec<Part> {
    read(name, text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn listing(name: &str, text: &str) -> Listing {
    match parts(name, text).pop() {
        Some(Part::Items(listing)) => listing,
        other => panic!("{name}: {other:?}"),
    }
}

/// An item as one line: address, title, marks, tags, second of keeping.
fn line(item: &Item) -> String {
    let read = match item.read {
        Some(true) => "read",
        Some(false) => "unread",
        None => "-",
    };
    let star = if item.starred { " *" } else { "" };
    let added = item.added.map_or(0, |added| added.0 / 1_000);
    format!("{} | {} | {read}{star} | {} | {added}", item.address, item.title, item.tags.join("+"))
}

fn lines(name: &str, text: &str) -> (Format, Vec<String>) {
    let listing = listing(name, text);
    (listing.format, listing.items.iter().map(line).collect())
}

#[test]
fn tables_of_keepers_are_told_apart_by_their_heads() {
    let pocket = "title,url,time_added,tags,status\n\"Tea, \"\"hot\"\"\",https://a.example/1,1692090439,leaf|water,unread\n\
                  ,https://a.example/2,0,,archive\n";
    assert_eq!(
        lines("part_000000.csv", pocket),
        (
            Format::Pocket,
            vec![
                "https://a.example/1 | Tea, \"hot\" | unread | leaf+water | 1692090439".to_owned(),
                "https://a.example/2 |  | read |  | 0".to_owned(),
            ]
        )
    );
    let instapaper = "URL,Title,Selection,Folder,Timestamp,Tags\nhttps://a.example/1,One,said so,Starred,1692090439,[]\n\
                      https://a.example/2,Two,,Archive,1692090440,\"[\"\"x\"\"]\"\nhttps://a.example/3,Three,,Travel,1692090441,\n";
    let (format, found) = lines("instapaper.csv", instapaper);
    assert_eq!(format, Format::Instapaper);
    assert_eq!(
        found,
        [
            "https://a.example/1 | One | unread * |  | 1692090439",
            "https://a.example/2 | Two | read | x | 1692090440",
            "https://a.example/3 | Three | unread | Travel | 1692090441",
        ]
    );
    assert_eq!(listing("instapaper.csv", instapaper).items[0].passages[0].text, "said so");
    let raindrop = "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n\
                    1,One,,,https://a.example/1,Unsorted,\"a, b\",2023-08-15T09:07:19.000Z,,\"first\nsecond\",true\n";
    assert_eq!(lines("raindrop.csv", raindrop).1, ["https://a.example/1 | One | - * | a+b | 1692090439"]);
    assert_eq!(listing("raindrop.csv", raindrop).items[0].passages.len(), 2);
    let reader = "Title,URL,ID,Document tags,Saved date,Reading progress,Location,Seen\n\
                  One,https://a.example/1,x,\"['a', 'b']\",2023-08-15 09:07:19+00:00,0,later,False\n\
                  Two,https://a.example/2,y,[],2023-08-15 09:07:19+00:00,1,archive,True\n";
    assert_eq!(
        lines("reader.csv", reader),
        (
            Format::Readwise,
            vec![
                "https://a.example/1 | One | unread | a+b | 1692090439".to_owned(),
                "https://a.example/2 | Two | read |  | 1692090439".to_owned(),
            ]
        )
    );
    assert_eq!(lines("x.txt", "name;link\nOne;https://a.example/1\n").1, ["https://a.example/1 | One | - |  | 0"]);
    assert_eq!(lines("x.csv", "https://a.example/1,One\n").1, ["https://a.example/1 | One | - |  | 0"]);
}

#[test]
fn highlights_of_readwise_become_an_article_for_each_title() {
    let text =
        "Highlight,Book Title,Book Author,Note\nFirst.,A book,Ann,why\nSecond.,A book,Ann,\nThird.,Another,Bo,\n";
    let listing = listing("readwise.csv", text);
    assert_eq!((listing.format, listing.items.len()), (Format::Readwise, 2));
    let html = listing.items[0].html.as_deref().unwrap();
    assert!(html.contains("First.") && html.contains("why") && html.contains("Second."), "{html}");
}

#[test]
fn keepers_that_write_json_are_told_apart_by_their_fields() {
    let cases: [(&str, Format, &str); 16] = [
        (
            r#"{"bookmarks":[{"article__title":"T","article__url":"https://a.example/1","article__excerpt":"e","favorite":true,"archive":true,"date_added":"2023-08-15T09:07:19","date_archived":null}],"recommendations":[]}"#,
            Format::Readability,
            "https://a.example/1 | T | read * |  | 1692090439",
        ),
        (
            r#"[{"title":"T","alternate":[{"href":"https://a.example/1"}],"published":1692090000,"categories":["user/-/state/org.freshrss/main","user/-/state/com.google/read","user/-/label/a, b"],"content":{"content":"<p>x</p>"}}]"#,
            Format::GoogleReader,
            "https://a.example/1 | T | read | a b | 1692090000",
        ),
        (
            r#"[{"id":1,"title":"T","url":"https://a.example/1","is_archived":1,"is_starred":0,"created_at":"2023-08-15T11:07:19+0200","content":"<p>x</p>","tags":["a"],"domain_name":"a.example","language":"fr"}]"#,
            Format::Wallabag,
            "https://a.example/1 | T | read | a | 1692090439",
        ),
        (
            r#"[{"title":"T","url":"https://a.example/1","is_read":"0","is_fav":"1","content":"","tags":""}]"#,
            Format::Wallabag,
            "https://a.example/1 | T | unread * |  | 0",
        ),
        (
            r#"[{"id":"x","slug":"s","title":"T","url":"https://a.example/1","state":"Archived","labels":["a","b"],"savedAt":"2023-08-15T09:07:19.000Z"}]"#,
            Format::Omnivore,
            "https://a.example/1 | T | read | a+b | 1692090439",
        ),
        (
            r#"{"bookmarks":[{"createdAt":1692090439,"title":"T","tags":["a"],"lists":["l1"],"content":{"type":"link","url":"https://a.example/1"},"note":null,"archived":false}],"lists":[{"id":"l1","name":"Sea"}]}"#,
            Format::Karakeep,
            "https://a.example/1 | T | unread | a+Sea | 1692090439",
        ),
        (
            r#"{"name":"ada","collections":[{"name":"Sea","links":[{"id":7,"name":"T","url":"https://a.example/1","collectionId":2,"tags":[{"id":1,"name":"a"}],"createdAt":"2023-08-15T09:07:19.000Z"}]}],"pinnedLinks":[{"id":7}]}"#,
            Format::Linkwarden,
            "https://a.example/1 | T | - * | a+Sea | 1692090439",
        ),
        (
            r#"[{"id":"u","href":"https://readeck.example/api/bookmarks/u","created":"2023-08-15T09:07:19Z","url":"https://a.example/1","title":"T","is_marked":true,"is_archived":false,"labels":["a"],"links":[{"url":"https://b.example/"}]}]"#,
            Format::Readeck,
            "https://a.example/1 | T | unread * | a | 1692090439",
        ),
        (
            r#"[{"href":"https://a.example/1","description":"T","extended":"why","time":"2023-08-15T09:07:19Z","toread":"yes","tags":"a b"}]"#,
            Format::Pinboard,
            "https://a.example/1 | T | unread | a+b | 1692090439",
        ),
        (
            r#"{"id":"user/-/state/com.google/starred","title":"S","items":[{"title":"T","crawlTimeMsec":"1692090439000","canonical":[{"href":"https://a.example/1"}],"categories":["user/-/state/com.google/reading-list","user/1/label/a","user/-/state/com.google/kept-unread"],"summary":{"content":"<p>x</p>"}}]}"#,
            Format::GoogleReader,
            "https://a.example/1 | T | unread * | a | 1692090439",
        ),
        (
            r#"{"total":1,"entries":[{"id":1,"feed_id":2,"status":"unread","hash":"h","title":"T","url":"https://a.example/1","created_at":"2023-08-15T09:07:19Z","starred":true,"content":"<p>x</p>","feed":{"site_url":"https://a.example/"}}]}"#,
            Format::Miniflux,
            "https://a.example/1 | T | unread * |  | 1692090439",
        ),
        (
            r#"{"stories":[{"story_title":"T","story_permalink":"https://a.example/1","starred_date":"2023-08-15 09:07:19","user_tags":["a"],"story_content":"<p>x</p>"}]}"#,
            Format::NewsBlur,
            "https://a.example/1 | T | read * | a | 1692090439",
        ),
        (
            r#"{"status":1,"list":{"1":{"given_url":"https://a.example/1","resolved_title":"T","status":"1","favorite":"1","time_added":"1692090439","tags":{"a":{"tag":"a"}}}}}"#,
            Format::Pocket,
            "https://a.example/1 | T | read * | a | 1692090439",
        ),
        (
            r#"{"guid":"root________","root":"placesRoot","children":[{"root":"toolbarFolder","title":"Bar","children":[{"title":"Sea","children":[{"title":"T","uri":"https://a.example/1","dateAdded":1692090439000000}]}]}]}"#,
            Format::Firefox,
            "https://a.example/1 | T | - | Sea | 1692090439",
        ),
        (
            r#"{"roots":{"bookmark_bar":{"guid":"0bc5d13f-2cba-5d74-951f-3f233fe6c908","name":"Bar","children":[{"type":"url","name":"T","url":"https://a.example/1","date_added":"13336564039000000"}]}}}"#,
            Format::Chrome,
            "https://a.example/1 | T | - |  | 1692090439",
        ),
        (
            r#"[{"id":1,"url":"https://a.example/1","title":"T","excerpt":"e","imageURL":"","hasArchive":false,"tags":[{"id":1,"name":"a"}],"createdAt":"2023-08-15 09:07:19"}]"#,
            Format::Shiori,
            "https://a.example/1 | T | - | a | 1692090439",
        ),
    ];
    for (text, format, expected) in cases {
        assert_eq!(lines("export.json", text), (format, vec![expected.to_owned()]), "{text}");
    }
}

#[test]
fn later_files_of_wallabag_are_its_own_and_their_dates_begin_with_the_day() {
    let text = r#"[{"is_archived":1,"is_starred":0,"tags":["sea"],"title":"T","url":"https://a.example/1",
        "given_url":"https://a.example/1?x","domain_name":"a.example","created_at":"2023-08-15T09:07:19+00:00"}]"#;
    assert_eq!(
        lines("export.json", text),
        (Format::Wallabag, vec!["https://a.example/1 | T | read | sea | 1692090439".to_owned()])
    );
    let table = "Title;URL;Content;Tags;MIME Type;Language;Creation date\n\"T\";https://a.example/1;x;sea;text/html;en;\"05/08/2023 09:07:19\"\n";
    let added = listing("export.csv", table).items[0].added;
    assert_eq!(added, Some(UnixMillis(1_691_226_439_000)));
}

#[test]
fn marked_passages_and_texts_come_along() {
    let text = r#"[{"title":"T","url":"https://a.example/1","is_archived":0,"is_starred":0,"domain_name":"a.example",
        "content":"<p>The text.</p>","annotations":[{"quote":"The text","text":"mine"}]}]"#;
    let item = &listing("wallabag.json", text).items[0];
    assert_eq!(item.html.as_deref(), Some("<p>The text.</p>"));
    assert_eq!(item.passages, [Passage { text: "The text".to_owned(), note: "mine".to_owned() }]);
}

#[test]
fn lists_of_bookmarks_keep_tags_folders_and_marks() {
    let text = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1><DL><p>\n\
        <DT><H3 PERSONAL_TOOLBAR_FOLDER=\"true\">Bar</H3><DL><p>\n\
        <DT><A HREF=\"https://a.example/1?a=1&amp;b=2\" ADD_DATE=\"1692090439\" TAGS=\"a,b\">One &amp; all</A><DD>A remark\n\
        <DT><A HREF=\"https://a.example/2\" TOREAD=\"1\">Two</A></DL><p>\n\
        <DT><H3>Sea</H3><DL><p><DT><A HREF=\"https://a.example/3\">Three</A></DL><p></DL>";
    let listing = listing("bookmarks.html", text);
    assert_eq!(
        listing.items.iter().map(line).collect::<Vec<_>>(),
        [
            "https://a.example/1?a=1&b=2 | One & all | - | a+b | 1692090439",
            "https://a.example/2 | Two | unread |  | 0",
            "https://a.example/3 | Three | - | Sea | 0",
        ]
    );
    assert_eq!(listing.items[0].summary, "A remark");
    let pocket = "<!DOCTYPE html><html><head><title>Pocket Export</title></head><body><h1>Unread</h1><ul>\
        <li><a href=\"https://a.example/1\" time_added=\"1692090439\" tags=\"a,b\">One</a></li></ul>\
        <h1>Read Archive</h1><ul><li><a href=\"https://a.example/2\" time_added=\"1692090440\" tags=\"\">Two</a></li></ul>";
    assert_eq!(
        lines("ril_export.html", pocket),
        (
            Format::Pocket,
            vec![
                "https://a.example/1 | One | unread | a+b | 1692090439".to_owned(),
                "https://a.example/2 | Two | read |  | 1692090440".to_owned(),
            ]
        )
    );
}

#[test]
fn xml_of_tiny_tiny_rss_and_of_pinboard_is_read() {
    let text = "<?xml version=\"1.0\"?><articles schema-version=\"120\"><article><guid><![CDATA[g]]></guid>\
        <title><![CDATA[T & U]]></title><content><![CDATA[<p>x</p>]]></content><marked><![CDATA[1]]></marked>\
        <link><![CDATA[https://a.example/1]]></link><tag_cache><![CDATA[a]]></tag_cache>\
        <label_cache><![CDATA[[[\"-1025\",\"Sea\",\"\",\"\"]]]]></label_cache><updated><![CDATA[2023-08-15 09:07:19]]></updated>\
        </article></articles>";
    assert_eq!(
        lines("export.xml", text),
        (Format::TinyTinyRss, vec!["https://a.example/1 | T & U | read * | a+Sea | 1692090439".to_owned()])
    );
    let posts = "<?xml version=\"1.0\"?><posts user=\"ada\"><post href=\"https://a.example/1\" description=\"T\" \
        time=\"2023-08-15T09:07:19Z\" tag=\"a b\" toread=\"yes\"/></posts>";
    assert_eq!(lines("pins.xml", posts).1, ["https://a.example/1 | T | unread | a+b | 1692090439"]);
}

#[test]
fn a_saved_page_tells_where_it_is_from() {
    let page = "<!DOCTYPE html> <html lang=en><!--\n Page saved with SingleFile \n url: https://a.example/1 \n \
        saved date: Tue Aug 15 2023 11:07:19 GMT+0200 (CEST)\n--><title>T</title><p>Text.</p></html>";
    let item = &listing("page.html", page).items[0];
    assert_eq!((item.address.as_str(), item.added), ("https://a.example/1", Some(UnixMillis(1_692_090_439_000))));
    let canonical = "<html><head><link rel=canonical href='https://a.example/2'></head><body>x</body></html>";
    assert_eq!(listing("page.html", canonical).items[0].address, "https://a.example/2");
    let short = "<html><!-- url: --><link rel=canonical href='https://a.example/3'><article><p>x</p></article></html>";
    assert_eq!(listing("page.html", short).format, Format::Page);
    let nowhere = listing("page.html", "<html><body>x</body></html>");
    assert_eq!(nowhere.bad, [BadRow { row: 1, reason: BadReason::NoAddress }]);
}

#[test]
fn an_archive_is_read_with_what_belongs_together() {
    let mut zip = ZipFile::default();
    zip.deflate(
        "export/metadata_0_to_1.json",
        br#"[{"slug":"s","title":"T","url":"https://a.example/1","state":"Active","labels":[],"savedAt":"2023-08-15T09:07:19Z"}]"#,
    );
    let bytes = {
        zip.deflate("export/content/s.html", b"<p>The whole text.</p>");
        zip.deflate("export/highlights/s.md", b"> The whole\n\nsaid twice\n\n");
        zip.store("feeds.opml.xml", b"<opml><body><outline xmlUrl='https://a.example/feed'/></body></opml>");
        zip.store("_posts/2024-05-01-river.md", b"---\ntitle: River\n---\n<p>Rose.</p>");
        zip.finish()
    };
    let parts = read("omnivore.zip", &bytes).unwrap();
    let Part::Items(listing) = &parts[0] else { panic!("{parts:?}") };
    assert_eq!(listing.items[0].html.as_deref(), Some("<p>The whole text.</p>"));
    assert_eq!(listing.items[0].passages, [Passage { text: "The whole".to_owned(), note: "said twice".to_owned() }]);
    assert!(parts.iter().any(|part| matches!(part, Part::Subscriptions { .. })));
    assert!(parts.iter().any(|part| matches!(part, Part::Archived { name, .. } if name.ends_with("river.md"))));
    assert_eq!(parts.len(), 3);
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let mut zip = ZipFile::default();
    zip.deflate("bomb.csv", &vec![b' '; 80 * 1024 * 1024]);
    assert_eq!(read("bomb.zip", &zip.finish()), Err(ImportsError::TooLarge));
    // One archive within another, many times: each unpacks to little, all of them to too much.
    let mut inner = ZipFile::default();
    inner.deflate("index.html", &vec![b'x'; 1024 * 1024]);
    let inner = inner.finish();
    let mut zip = ZipFile::default();
    zip.deflate("data.json", br#"{"Info":{"Version":"1"},"Users":[{"ID":1}],"Tokens":[]}"#);
    for id in 0..260 {
        let info = format!(
            r#"{{"UID":"{id}","UserID":1,"State":0,"URL":"https://a.example/{id}","Title":"T","Labels":[],"IsArchived":true,"IsMarked":true}}"#
        );
        zip.deflate(&format!("bookmarks/{id}/info.json"), info.as_bytes());
        zip.store(&format!("bookmarks/{id}/container.zip"), &inner);
    }
    let bomb = zip.finish();
    assert!(bomb.len() < 4 * 1024 * 1024, "{}", bomb.len());
    assert_eq!(read("readeck.zip", &bomb), Err(ImportsError::TooLarge));
    assert_eq!(read("many.json", format!("[{}1]", "1,".repeat(11_000_000)).as_bytes()), Err(ImportsError::Unknown));
    assert_eq!(read("cut.zip", b"PK\x03\x04 and no more"), Err(ImportsError::Archive));
}

#[test]
fn bad_rows_are_counted_and_keep_no_other_out() {
    let found =
        listing("x.csv", "url,title\nhttps://a.example/1,One\n,none\n\"never closed,Two\nhttps://a.example/3,Three\n");
    assert_eq!(found.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["One", "Three"]);
    assert_eq!(
        found.bad,
        [BadRow { row: 2, reason: BadReason::NoAddress }, BadRow { row: 3, reason: BadReason::Unreadable }]
    );
    assert_eq!(found.items[1].row, 4);
    let found = listing("x.json", r#"[{"url":"https://a.example/1"},{"title":"none"},7]"#);
    assert_eq!((found.items.len(), found.bad.len()), (1, 2));
}

#[test]
fn what_is_nothing_of_this_is_refused() {
    for (name, bytes) in [("a.csv", &b""[..]), ("a", b"hello"), ("a.json", b"{\"a\":[1,2]}"), ("a.bin", b"\0\x01\x02")]
    {
        assert!(read(name, bytes).is_err(), "{name}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read("deep.json", deep.as_bytes()), Err(ImportsError::Unknown));
}
