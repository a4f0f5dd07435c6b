//! Articles in each form: what a reader of that form sees, and that nothing of a text becomes markup.

use std::io::Cursor;

use super::tree::{Writing, write};
use super::*;
use crate::archive::Unzip;

const TEXT: &str = "<p>The river <b>rose </b>in <a href=\"https://a.example/x?a=1&amp;b=2\">the night</a>.<br>All of it.</p>\
    <figure><img src=\"https://a.example/p.png\" alt=\"A &quot;field&quot;\"><figcaption>Behind the mill</figcaption></figure>\
    <h2>What was lost</h2><ul><li>One</li><li><p>Two</p><ol start=\"3\"><li>three</li></ol></li></ul>\
    <blockquote><p>Worse.</p><p>Much.</p></blockquote><pre><code>let a = `b`;\n  c</code></pre>\
    <table><thead><tr><th>Year</th><th>Height</th></tr></thead><tbody><tr><td>1784</td><td>a|b</td></tr></tbody></table>";

fn piece(html: &str) -> Piece {
    Piece {
        title: "High & <low>".to_owned(),
        author: Some("Ada".to_owned()),
        url: Some("https://a.example/high?x=1&y=2".to_owned()),
        source: "a.example".to_owned(),
        language: Some("en".to_owned()),
        is_rtl: false,
        published: Some(UnixMillis(1_692_092_344_000)),
        html: html.to_owned(),
    }
}

fn pictures() -> Pictures {
    let bytes = b"\x89PNG\r\n\x1a\nabc".as_slice().into();
    Pictures::from([("https://a.example/p.png".to_owned(), Picture { kind: PictureKind::Png, bytes })])
}

fn book(pieces: &[Piece]) -> Vec<u8> {
    let book = Book {
        title: "Read".to_owned(),
        id: "urn:uuid:00000000-0000-8000-8000-000000000000".to_owned(),
        contents: "Contents".to_owned(),
        language: "en".to_owned(),
        made: UnixMillis(1_700_000_000_000),
        cover: None,
    };
    write_book(&book, pieces, &pictures()).concat()
}

#[test]
fn markdown_says_the_same() {
    assert_eq!(
        write_markdown(&[piece(TEXT)]),
        "---\ntitle: \"High & <low>\"\nauthor: \"Ada\"\ndate: \"2023-08-15T09:39:04Z\"\nfrom: \"https://a.example/high?x=1&y=2\"\n---\n\n\
         # High \\& \\<low\\>\n\n\
         The river **rose** in [the night](<https://a.example/x?a=1&b=2>).\\\nAll of it.\n\n\
         ![A \"field\"](<https://a.example/p.png>)\n\n*Behind the mill*\n\n## What was lost\n\n\
         - One\n- Two\n\n  3. three\n\n> Worse.\n>\n> Much.\n\n```\nlet a = `b`;\n  c\n```\n\n\
         | Year | Height |\n| --- | --- |\n| 1784 | a\\|b |\n"
    );
}

#[test]
fn several_articles_are_sections_of_markdown() {
    let text = write_markdown(&[piece("<p>a</p>"), piece("<p>b</p>")]);
    let one = "# High \\& \\<low\\>\n\nAda · a.example · 2023-08-15\n\n<https://a.example/high?x=1&y=2>\n\n";
    assert_eq!(text, format!("{one}a\n\n---\n\n{one}b\n"));
}

#[test]
fn an_article_in_markdown_is_read_again_with_its_pictures() {
    let text = "<p>The <b>river</b> rose: 1 &lt; 2, {{ a }}.</p><p><img src=\"https://a.example/p.png\" alt=\"A &quot;field&quot;\"></p>";
    let zip = write_markdown_with_pictures("High", &mut [piece(text)], &pictures()).unwrap().concat();
    let mut zip = Unzip::open(Cursor::new(zip), 10).unwrap().unwrap();
    assert_eq!(zip.names().collect::<Vec<_>>(), ["pictures/1.png", "High.md"]);
    let markdown = zip.read("High.md", 10_000).unwrap().unwrap();
    assert!(String::from_utf8_lossy(&markdown).contains("](<pictures/1.png> \"https://a.example/p.png\")"));

    let read = crate::archive::read("High.md", &markdown).unwrap();

    assert_eq!((read.title.as_str(), read.address.as_str()), ("High & <low>", "https://a.example/high?x=1&y=2"));
    assert_eq!((read.author.as_deref(), read.date.as_deref()), (Some("Ada"), Some("2023-08-15T09:39:04Z")));
    assert_eq!(
        read.body,
        "<p>The <strong>river</strong> rose: 1 &lt; 2, {{ a }}.</p>\n\
         <p><img src=\"https://a.example/p.png\" alt=\"A &quot;field&quot;\" /></p>\n"
    );
    assert_eq!(write_markdown_with_pictures("High", &mut [piece("<p>a</p>")], &pictures()), None);
}

#[test]
fn no_text_becomes_markup_in_markdown() {
    for (html, written) in [
        ("<p># no *heading* [x](y) &lt;script&gt;</p>", "\\# no \\*heading\\* \\[x\\](y) \\<script\\>"),
        ("<p>1. no list</p><p>- none</p>", "1\\. no list\n\n\\- none"),
        (
            "<p><a href=\"javascript:alert(1)\">x</a> <a href=\"https://a.example/&gt;)\">y</a></p>",
            "x [y](<https://a.example/%3E)>)",
        ),
        ("<p>a\\</p><p><br></p><p>b<br></p>", "a\\\\\n\nb"),
        ("<pre>```\n&lt;b&gt;</pre>", "````\n```\n<b>\n````"),
        ("text <div>and <i>more</i></div> after", "text\n\nand *more*\n\nafter"),
    ] {
        let text = write_markdown(&[Piece { html: html.to_owned(), ..Piece::default() }]);
        assert_eq!(text.trim_start_matches("---\ntitle: \"\"\n---\n\n# \n\n").trim_end(), written);
    }
}

#[test]
fn a_page_has_everything_in_it_and_asks_nobody() {
    let page = write_page("Read", &[piece(TEXT)], &pictures());
    assert!(
        page.contains("<img src=\"data:image/png;base64,iVBORw0KGgphYmM=\" alt=\"A &quot;field&quot;\"/>"),
        "{page}"
    );
    assert!(page.contains("<h1>High &amp; &lt;low&gt;</h1>") && page.contains("default-src 'none'"));
    assert!(!page.contains("src=\"http") && !page.contains("<link"));
    let without = write_page("Read", &[piece(TEXT)], &Pictures::new());
    assert!(without.contains("[A &quot;field&quot;]") && !without.contains("<img"));
}

#[test]
fn what_breaks_the_rules_of_books_is_written_so_that_it_does_not() {
    let none = |_: &str| None;
    let written = |html: &str| write(html, Writing { picture: &none, is_book: true });
    for (html, xml) in [
        ("<h2>a<div>b</div></h2>", "<h2>a <span>b</span> </h2>"),
        ("<b><p>a</p></b>", "<div><p>a</p></div>"),
        ("<ul>a<p>b</p><li>c</ul>", "<ul><li>a</li><li><p>b</p></li><li>c</li></ul>"),
        ("<a href=\"#nowhere\">a</a>", "<span>a</span>"),
        ("<p id=\"art-x\">b</p><a href=\"#art-x\">a</a>", "<p id=\"art-x\">b</p><a href=\"#art-x\">a</a>"),
        ("<p id=\"1 2\">a</p>", "<p>a</p>"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "<div><p><strong><span>a</span></strong></p><div>b</div></div>"),
        ("<ruby>漢<rt>かん</rt></ruby>", "<ruby>漢<rt>かん</rt></ruby>"),
        ("<table><tr></tr>a</table>", "a<div> <span> <span></span> </span> </div>"),
        ("<video src=\"https://a.example/v\"></video>", "<a href=\"https://a.example/v\">https://a.example/v</a>"),
        (
            "<a href=\"https://a.example/a|b?c=[d]&amp;e=5%\">x</a>",
            "<a href=\"https://a.example/a%7Cb?c=%5Bd%5D&amp;e=5%25\">x</a>",
        ),
        ("<a href=\"mailto:\">x</a>", "<span>x</span>"),
        ("<p>a\u{b}&amp;b<br>c</p>", "<p>a&amp;b<br/>c</p>"),
    ] {
        assert_eq!(written(html), xml, "{html}");
    }
}

#[test]
fn a_book_begins_with_what_it_is_and_has_chapters_and_pictures() {
    let bytes = book(&[piece(TEXT), piece("<p>二</p>")]);
    assert_eq!(&bytes[30..58], b"mimetypeapplication/epub+zip");
    let text = String::from_utf8_lossy(&bytes);
    for name in ["META-INF/container.xml", "book/package.opf", "book/a0.xhtml", "book/a1.xhtml", "book/i0.png"] {
        assert_eq!(text.matches(name).count(), 2, "{name} stands before the file and in the directory");
    }
    assert_eq!(bytes, book(&[piece(TEXT), piece("<p>二</p>")]), "the same articles give the same bytes");
}

#[test]
fn pictures_are_what_their_bytes_say() {
    assert_eq!(PictureKind::of(b"\xff\xd8\xff\xe0"), Some(PictureKind::Jpeg));
    assert_eq!(PictureKind::of(b"GIF89a.."), Some(PictureKind::Gif));
    assert_eq!(PictureKind::of(b"<svg onload=alert(1)>"), None);
    let twice =
        "<img src=\"https://a.example/1\"><p><img src=\"https://a.example/2\"><img src=\"https://a.example/1\"></p>";
    assert_eq!(picture_addresses(twice), ["https://a.example/1", "https://a.example/2"]);
}
