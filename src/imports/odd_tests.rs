//! The same formats as other versions of their programs write them, in odd encodings, and several files together.

use super::*;
use crate::archive::ZipFile;

fn listing(name: &str, bytes: &[u8]) -> Listing {
    match read(name, bytes).unwrap_or_else(|error| panic!("{name}: {error}")).pop() {
        Some(Part::Items(listing)) => listing,
        other => panic!("{name}: {other:?}"),
    }
}

/// An item as one line: address, title, state, tags, second of keeping.
fn line(item: &Item) -> String {
    let read = item.read.map_or("-", |read| if read { "read" } else { "unread" });
    let star = if item.starred { "*" } else { "" };
    let added = item.added.map_or(0, |added| added.0 / 1_000);
    format!("{} | {} | {read}{star} | {} | {added}", item.address, item.title, item.tags.join("+"))
}

fn one(name: &str, text: &str) -> (Format, String) {
    let found = listing(name, text.as_bytes());
    assert_eq!((found.items.len(), found.bad.len()), (1, 0), "{text}");
    (found.format, line(&found.items[0]))
}

fn passages(item: &Item) -> Vec<(&str, &str)> {
    item.passages.iter().map(|passage| (passage.text.as_str(), passage.note.as_str())).collect()
}

#[test]
fn the_encoding_of_a_file_does_not_matter() {
    let csv = "title,url,time_added,tags,status\r\n\"Tea,\r\n茶\",https://a.example/1,1692090439,leaf,unread\r\n";
    let json = r#"[{"title":"茶","url":"https://a.example/1","is_archived":1,"is_starred":1,"created_at":"2023-08-15T09:07:19Z","tags":["leaf"]}]"#;
    for (name, text, expected) in [
        ("a.csv", csv, "https://a.example/1 | Tea, 茶 | unread | leaf | 1692090439"),
        ("a.json", json, "https://a.example/1 | 茶 | read* | leaf | 1692090439"),
    ] {
        let wide = |bytes: Vec<u8>, mark: [u8; 2]| [&mark[..], &bytes].concat();
        for bytes in [
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            wide(text.encode_utf16().flat_map(u16::to_le_bytes).collect(), [0xff, 0xfe]),
            wide(text.encode_utf16().flat_map(u16::to_be_bytes).collect(), [0xfe, 0xff]),
        ] {
            assert_eq!(line(&listing(name, &bytes).items[0]), expected);
            assert_eq!(line(&listing("a", &bytes).items[0]), expected, "without an ending");
        }
    }
}

#[test]
fn columns_stand_in_any_order_and_moments_have_any_size() {
    for (moment, second) in [
        ("1692090439", 1_692_090_439),
        ("1692090439000", 1_692_090_439),
        ("1692090439000000", 1_692_090_439),
        ("2023-08-15 09:07:19 UTC", 1_692_090_439),
        ("2023-08-15T11:07:19+02:00", 1_692_090_439),
        ("Tue, 15 Aug 2023 09:07:19 GMT", 1_692_090_439),
        ("2023-08-15 11:07:19 +0200", 1_692_090_439),
        ("nonsense", 0),
    ] {
        let text = format!("status;tags;time_added;url;title\nread;a|b;\"{moment}\";https://a.example/1;One\n");
        let (format, found) = one("x.csv", &text);
        assert_eq!(
            (format, found),
            (Format::Pocket, format!("https://a.example/1 | One | read | a+b | {second}")),
            "{moment}"
        );
    }
}

#[test]
fn readeck_is_read_from_its_archive_with_texts_and_passages() {
    let mut inner = ZipFile::default();
    inner.store(
        "index.html",
        b"<p>The whole text.</p><img src=\"./_resources/a.png\"><img src=\"https://a.example/b.png\">",
    );
    let inner = inner.finish();
    let mut zip = ZipFile::default();
    zip.deflate("data.json", br#"{"Info":{"Version":"1"},"Users":[{"ID":1,"Username":"ada"}],"Tokens":[]}"#);
    for (id, marked) in [("a1", "true"), ("b2", "false")] {
        let info = format!(
            r#"{{"UID":"{id}","UserID":1,"Created":"2023-08-15T09:07:19.123456+00:00","Updated":"2023-08-16T09:07:19Z","State":0,
            "URL":"https://a.example/{id}?x=1","Title":"T {id}","Site":"a.example","Published":null,"Authors":["Ann"],"Lang":"en",
            "Labels":["a","b c"],"IsArchived":{marked},"IsMarked":{marked},
            "Annotations":[{{"id":"x","text":"whole text","note":"so","color":"yellow"}}]}}"#
        );
        zip.deflate(&format!("bookmarks/{id}/info.json"), info.as_bytes());
        zip.store(&format!("bookmarks/{id}/container.zip"), &inner);
    }
    let parts = read("readeck.zip", &zip.finish()).unwrap();
    let [Part::Items(found)] = parts.as_slice() else { panic!("one list of all: {parts:?}") };
    assert_eq!(found.format, Format::Readeck);
    assert_eq!(
        found.items.iter().map(line).collect::<Vec<_>>(),
        [
            "https://a.example/a1?x=1 | T a1 | read* | a+b c | 1692090439",
            "https://a.example/b2?x=1 | T b2 | unread | a+b c | 1692090439",
        ]
    );
    assert_eq!(found.items[1].row, 2);
    assert_eq!(found.items[0].html.as_deref(), Some("<p>The whole text.</p><img src=\"https://a.example/b.png\">"));
    assert_eq!(passages(&found.items[0]), [("whole text", "so")]);
    assert_eq!(found.items[0].author.as_deref(), Some("Ann"));
}

#[test]
fn marks_of_each_program_are_known() {
    let cases: [(&str, Format, &str); 9] = [
        (
            r#"{"id":"user/-/state/org.freshrss/feed/1","items":[{"timestampUsec":"1692090439000000","title":"T","canonical":[{"href":"https://a.example/1"}],"categories":["user/-/state/com.google/reading-list","user/-/state/com.google/unread","user/-/state/com.google/unstarred"]}]}"#,
            Format::GoogleReader,
            "https://a.example/1 | T | unread |  | 1692090439",
        ),
        (
            r#"{"id":"user/u/tag/global.saved","items":[{"id":"e1","originId":"o","title":"T","unread":true,"crawled":1692090000000,"published":1692000000000,"actionTimestamp":1692090439000,"canonicalUrl":"https://a.example/1","alternate":[{"href":"https://a.example/2","type":"text/html"}],"categories":[{"id":"user/u/category/Tech","label":"Tech"}],"tags":[{"id":"user/u/tag/global.saved"},{"id":"user/u/tag/0f1","label":"To cite"}],"keywords":["of the source"],"summary":{"content":"<p>x</p>"}}]}"#,
            Format::GoogleReader,
            "https://a.example/1 | T | unread* | To cite | 1692090439",
        ),
        (
            r#"{"bookmarks":[{"createdAt":"2023-08-15T09:07:19.000Z","title":null,"favourited":true,"archived":true,"tags":[{"id":"x","name":"a","attachedBy":"ai"}],"content":{"type":"link","url":"https://a.example/1","title":"T"}}]}"#,
            Format::Karakeep,
            "https://a.example/1 | T | read* | a | 1692090439",
        ),
        (
            r#"{"collections":[{"name":"Unorganized","links":[{"id":7,"name":"T","type":"url","url":"https://a.example/1","collectionId":2,"tags":[],"pinnedBy":[{"id":1}],"createdAt":"2023-08-15T09:07:19.000Z"}]}]}"#,
            Format::Linkwarden,
            "https://a.example/1 | T | -* |  | 1692090439",
        ),
        (
            r#"[{"id":5,"feed_id":2,"status":"read","hash":"h","title":"T","url":"https://a.example/1","created_at":"2023-08-15T09:07:19Z","starred":true,"tags":["of the source"],"feed":{}}]"#,
            Format::Miniflux,
            "https://a.example/1 | T | read* |  | 1692090439",
        ),
        (
            r#"[{"id":1,"feed_id":2,"title":"T","author":"A","content":"<p>x</p>","summary":"x","url":"https://a.example/1","extracted_content_url":"https://e.example/","published":"2023-08-15T09:07:19.000000Z","created_at":"2023-08-15T09:07:19.000000Z"}]"#,
            Format::Feedbin,
            "https://a.example/1 | T | read* |  | 1692090439",
        ),
        (
            r#"[{"id":"1","slug":"s","title":"T","description":"d","author":null,"url":"https://a.example/1","state":"Active","readingProgress":40,"thumbnail":"","labels":["a"],"savedAt":"2023-08-15T09:07:19.000Z","updatedAt":"2023-08-16T09:07:19.000Z"}]"#,
            Format::Omnivore,
            "https://a.example/1 | T | unread | a | 1692090439",
        ),
        (
            r#"[{"href":"https:\/\/a.example\/1","description":"T","extended":"","meta":"m","hash":"h","time":"2023-08-15T09:07:19Z","shared":"no","toread":"no","tags":""}]"#,
            Format::Pinboard,
            "https://a.example/1 | T | read |  | 1692090439",
        ),
        (
            r#"[{"title":"T","url":"https://a.example/1","is_archived":false,"is_starred":true,"tags":[{"id":1,"label":"a","slug":"a"}],"created_at":"2023-08-15T09:07:19+0000","annotations":[]}]"#,
            Format::Wallabag,
            "https://a.example/1 | T | unread* | a | 1692090439",
        ),
    ];
    for (text, format, expected) in cases {
        assert_eq!(one("export.json", text), (format, expected.to_owned()), "{text}");
    }
}

#[test]
fn tables_bring_marks_and_passages() {
    let wallabag = "\"Title\";\"URL\";\"Content\";\"Tags\";\"MIME Type\";\"Language\";\"Creation date\"\n\
                    \"T\";\"https://a.example/1\";\"<p>x</p>\";\"a, b\";\"text/html\";\"fr\";\"15/08/2023 09:07:19\"\n";
    let found = listing("wallabag.csv", wallabag.as_bytes());
    assert_eq!((found.format, found.items[0].html.as_deref()), (Format::Wallabag, Some("<p>x</p>")));
    assert_eq!(found.items[0].tags, ["a", "b"]);

    let raindrop = "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n\
        1,T,,,https://a.example/1,Sea / Boats,,2023-08-15T09:07:19.000Z,,\"Highlight:first\nNote:why\nso\n\nHighlight:second\",false\n";
    let found = listing("raindrop.csv", raindrop.as_bytes());
    assert_eq!(passages(&found.items[0]), [("first", "why\nso"), ("second", "")]);
    assert_eq!(line(&found.items[0]), "https://a.example/1 | T | - | Sea / Boats | 1692090439");

    let readwise = "Highlight,Book Title,Book Author,Note,Tags,Highlighted at,URL\n\
        one,T,Ann,mine,a,2023-08-15 09:07:19,https://a.example/1\ntwo,T,Ann,,b,2023-08-15 09:07:20,https://a.example/1\nthree,Book,Bo,,,,\n";
    let found = listing("readwise.csv", readwise.as_bytes());
    assert_eq!((found.format, found.items.len()), (Format::Readwise, 2));
    assert_eq!(line(&found.items[0]), "https://a.example/1 | T | read | a+b | 1692090439");
    assert_eq!(passages(&found.items[0]), [("one", "mine"), ("two", "")]);
    assert!(found.items[1].html.as_deref().is_some_and(|html| html.contains("three")));

    let diigo = "title,url,tags,description,comments,annotations,created_at\n\
        \"T\",\"https://a.example/1\",\"leaf \"\"green tea\"\" 茶\",\"a remark\",\"\",\"Highlight:it rose\",\"2023-08-15 09:07:19\"\n\
        U,https://a.example/2,no_tag,,,,2023-08-15 09:07:19\n";
    let found = listing("diigo.csv", diigo.as_bytes());
    assert_eq!((found.format, found.items.len()), (Format::Diigo, 2));
    assert_eq!(line(&found.items[0]), "https://a.example/1 | T | - | leaf+green tea+茶 | 1692090439");
    assert_eq!((passages(&found.items[0]), found.items[0].summary.as_str()), (vec![("it rose", "")], "a remark"));
    assert_eq!(line(&found.items[1]), "https://a.example/2 | U | - |  | 1692090439");

    let pocket = "title,url,time_added,cursor,tags,status\n,https://a.example/1,1692090439,x,,unread\n";
    assert_eq!(
        one("pocket.csv", pocket),
        (Format::Pocket, "https://a.example/1 |  | unread |  | 1692090439".to_owned())
    );
}

#[test]
fn bookmarks_tell_reading_lists_and_favourites() {
    let safari = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<HTML><META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\
        <Title>Bookmarks</Title><H1>Bookmarks</H1>\n<DT><H3 FOLDED>Sea</H3>\n<DL><p>\n<DT><H3 FOLDED>Boats</H3>\n<DL><p>\n\
        <DT><A HREF=\"https://a.example/1\">One</A>\n</DL><p>\n</DL><p>\n\
        <DT><H3 FOLDED id=\"com.apple.ReadingList\">Reading List</H3>\n<DL><p>\n<DT><A HREF=\"https://a.example/2\">Two</A>\n</DL><p>\n\
        <DT><A HREF=\"https://a.example/3\">Three</A></HTML>";
    assert_eq!(
        listing("Safari.html", safari.as_bytes()).items.iter().map(line).collect::<Vec<_>>(),
        [
            "https://a.example/1 | One | - | Boats | 0",
            "https://a.example/2 | Two | unread |  | 0",
            "https://a.example/3 | Three | - |  | 0",
        ]
    );
    let raindrop = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Raindrop.io Bookmarks</TITLE>\n<DL><p>\n\
        <DT><A HREF=\"https://a.example/1\" ADD_DATE=\"1692090439\" LAST_MODIFIED=\"1692090439\" TAGS=\"a,b\" DATA-COVER=\"\" DATA-IMPORTANT=\"true\">One</A>\n</DL><p>";
    assert_eq!(one("r.html", raindrop).1, "https://a.example/1 | One | -* | a+b | 1692090439");
}

/// A folder in memory.
struct Shelf(Vec<(&'static str, &'static [u8])>);

impl Files for Shelf {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportsError> {
        Ok(self.0.iter().find(|(known, _)| *known == name).map(|(_, bytes)| bytes.to_vec()))
    }
}

#[test]
fn an_unpacked_export_is_read_with_what_belongs_together() {
    let mut shelf = Shelf(vec![
        ("o/metadata_0_to_1.json", br#"[{"slug":"s","title":"T","url":"https://a.example/1","state":"Active","labels":[],"savedAt":"2023-08-15T09:07:19Z"}]"#),
        ("o/content/s.html", b"<html><p>The whole text.</p></html>"),
        ("o/highlights/s.md", b"> The whole\n\nsaid twice\n"),
        ("package.json", br#"{"name":"x","items":[{"url":"https://b.example/"}]}"#),
        ("page.html", b"<html><head><link rel=canonical href=https://c.example/></head><p>somebody's page</p></html>"),
        ("saved.html", b"<!DOCTYPE html><html><!--\n Page saved with SingleFile \n url: https://d.example/ \n--><p>kept</p></html>"),
        ("notes.md", b"# Notes"),
    ]);
    let (parts, used) = read_files(&mut shelf, false).unwrap();
    let found: Vec<&Listing> =
        parts.iter().filter_map(|part| if let Part::Items(listing) = part { Some(listing) } else { None }).collect();
    assert_eq!(found.iter().map(|list| list.format).collect::<Vec<_>>(), [Format::Omnivore, Format::Page]);
    assert_eq!(passages(&found[0].items[0]), [("The whole", "said twice")]);
    assert_eq!(found[1].items[0].address, "https://d.example/");
    assert!(used.contains("o/highlights/s.md") && !used.contains("notes.md") && !used.contains("page.html"));
}

#[test]
fn of_a_site_that_was_published_its_articles_alone_are_read() {
    let mut shelf = Shelf(vec![
        (".gleaner/site.json", b"{}"),
        ("feed.json", br#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"https://a.example/1","title":"T"}]}"#),
        ("articles/1.html", b"<!doctype html><html><head><link rel=canonical href=https://a.example/1></head><p>x</p></html>"),
        ("markdown/Tea/1.md", b"<!--1692092344000-->\n[T](https://a.example/1)\n------\n\n<p>x</p>\n"),
    ]);
    let (parts, _) = read_files(&mut shelf, true).unwrap();
    assert!(matches!(parts.as_slice(), [Part::Archived { name, .. }] if name == "markdown/Tea/1.md"), "{parts:?}");
}
