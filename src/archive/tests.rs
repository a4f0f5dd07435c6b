use proptest::prelude::*;

use super::*;

const PLAIN: &str = "<!--1692092344000-->\n[标题](https://example.org/a.html)\n------\n\n<p>正文。</p>\n";

fn article(text: &str) -> ArchivedArticle {
    read("000001_x.txt", text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_file_has_a_stamp_a_link_a_rule_and_a_body() {
    let article = article(PLAIN);

    assert_eq!(article.seen_at(), Some(UnixMillis(1_692_092_344_000)));
    assert_eq!(article.title, "标题");
    assert_eq!(article.address, "https://example.org/a.html");
    assert_eq!(article.body, "<p>正文。</p>");
}

#[test]
fn titles_and_addresses_are_not_escaped() {
    for (line, title, address) in [
        ("[a [b] c](https://e.org/)", "a [b] c", "https://e.org/"),
        ("[a] b]](https://e.org/)", "a] b]", "https://e.org/"),
        ("[a](b) c](https://e.org/d_(e))", "a](b) c", "https://e.org/d_(e)"),
        ("[see](http://x.org/) b](https://e.org/)", "see](http://x.org/) b", "https://e.org/"),
        (r"[\a\ “b” \“c\”](https://e.org/)", r"\a\ “b” “c”", "https://e.org/"),
        ("[a &amp; b &lt;c&gt; &#39;d&#x27; &e](https://e.org/)", "a & b <c> 'd' &e", "https://e.org/"),
        ("[a]()", "a", ""),
        ("[a](/b.html)", "a", "/b.html"),
        ("[a](https://e.org/b", "a", "https://e.org/b"),
        ("[a\nb](https://e.org/)", "a b", "https://e.org/"),
        ("[a", "a", ""),
        ("a", "a", ""),
        ("[](https://e.org/)", "x", "https://e.org/"),
    ] {
        let article = article(&format!("<!--1-->\n{line}\n------\n\n<p>b</p>\n"));

        assert_eq!((article.title.as_str(), article.address.as_str()), (title, address), "{line}");
        assert_eq!(article.body, "<p>b</p>", "{line}");
    }
}

#[test]
fn a_stamp_that_is_no_time_counts_as_none() {
    for (stamp, seen) in [
        ("<!--NaN-->\n", None),
        ("<!--999999999999999999999999-->\n", None),
        ("<!---5-->\n", None),
        ("", None),
        ("<!--1692092344-->\n", Some(1_692_092_344_000)),
        ("\n \n<!--1692092344000-->\r\n", Some(1_692_092_344_000)),
        ("\u{feff}<!--1692092344000-->\n", Some(1_692_092_344_000)),
    ] {
        let article = article(&format!("{stamp}[t](https://e.org/)\n---\n\nb"));

        assert_eq!(article.seen_at().map(|time| time.0), seen, "{stamp:?}");
    }
}

#[test]
fn front_matter_tells_author_date_and_tags_and_its_division_is_taken_off() {
    let article = article(
        "---\nlayout: post\ntitle: \"A: \\\"b\\\"\"\ndate: 2023-08-01T00:39:04.000Z\nauthor: 某人\n\
         from: https://e.org/1\ntags: [ x, 'y, z' ]\ncomments: True\ncategories:\n  - x\n  - w\n---\n\
         <!--1690850344000-->\n[A](https://e.org/1)\n------\n\n<div>\n<p>b</p>\n<p>c</p>\n</div>\n\n",
    );

    assert_eq!(article.title, "A: \"b\"");
    assert_eq!(article.date.as_deref(), Some("2023-08-01T00:39:04.000Z"));
    assert_eq!(article.author.as_deref(), Some("某人"));
    assert_eq!(article.address, "https://e.org/1");
    assert_eq!(article.tags, ["x", "y, z", "w"]);
    assert_eq!(article.body, "<p>b</p>\n<p>c</p>");
}

#[test]
fn a_post_of_a_static_site_needs_neither_stamp_nor_link() {
    let post = read("_posts/2020-01-02-a--b.md", b"---\nlayout: post\nfrom: https://e.org/\n---\n<p>b</p>\n").unwrap();

    assert_eq!(post.title, "a/b");
    assert_eq!(post.date.as_deref(), Some("2020-01-02"));
    assert_eq!(post.body, "<p>b</p>");
}

#[test]
fn files_in_other_encodings_are_read() {
    let (gbk, ..) = encoding_rs::GBK.encode(PLAIN);
    let wide: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();

    for bytes in [&gbk[..], &[&[0xff, 0xfe], &wide[..]].concat()] {
        assert_eq!(read("1.txt", bytes), Ok(article(PLAIN)));
    }
}

#[test]
fn what_is_no_article_is_refused_with_a_reason() {
    for (text, error) in [
        ("", ArchiveError::Empty),
        (" \n\n", ArchiveError::Empty),
        ("<!--1692092344000-->\n", ArchiveError::NoTitle),
        ("---\nlayout: post\n---\n", ArchiveError::NoText),
        ("<!--1692092344000-->\n<p>only text</p>", ArchiveError::NoTitle),
        ("hello", ArchiveError::NoTitle),
        ("---\ntitle: a\n", ArchiveError::OpenFrontMatter),
    ] {
        assert_eq!(read("1.txt", text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(read("1.txt", &vec![b'a'; MAX_BYTES + 1]), Err(ArchiveError::TooLarge));
    assert_eq!(read("1.txt", &[1; 600]), Err(ArchiveError::NotText));
}

#[test]
fn names_are_safe_on_every_file_system() {
    for (title, name) in [
        ("a/b", "7_a--b.md"),
        ("a: \"b\"?", "7_a b.md"),
        ("", "7.md"),
        ("…", "7_….md"),
        ("a.", "7_a.md"),
        ("\n\r\t", "7.md"),
    ] {
        assert_eq!(file_name(7, title), name);
    }
    assert!(file_name(7, &"长".repeat(500)).len() < 140);
    for (title, name) in [("../../etc", "--..--etc"), ("..", "articles"), ("", "articles"), ("  远声台 ", "远声台")]
    {
        assert_eq!(folder_name(title), name);
    }
}

#[test]
fn the_source_of_a_file_is_its_innermost_telling_folder() {
    for (folders, source) in [
        (&["articles", "远声台"][..], Some("远声台")),
        (&["oped", "_posts"], Some("oped")),
        (&["oped", "archived", "2021-05-06"], Some("oped")),
        (&[], None),
    ] {
        assert_eq!(source_title(folders.iter().copied()), source);
    }
}

fn any_article() -> impl Strategy<Value = ArchivedArticle> {
    let text = || {
        prop_oneof![
            "[a-z\\[\\]()\\\\\"'&;#<>:,\n\r -]{0,20}",
            "\\PC{0,20}",
            any::<String>(),
            Just("a](https://b/) c".to_owned()),
        ]
    };
    (
        proptest::option::of(0..=253_402_300_799_999_i64),
        text().prop_map(|title| if title.is_empty() { "t".to_owned() } else { title }),
        text().prop_map(|address| if address.is_empty() { "https://e.org/".to_owned() } else { address }),
        proptest::option::of(text().prop_filter("given", |text| !text.is_empty())),
        proptest::option::of("[0-9TZ:.-]{1,24}"),
        proptest::collection::btree_set(text().prop_filter("given", |text| !text.is_empty()), 0..4),
        text(),
        proptest::option::of(text().prop_filter("given", |text| !text.is_empty())),
    )
        .prop_map(|(stamp, title, address, author, date, tags, body, source)| ArchivedArticle {
            stamp,
            title,
            address,
            author,
            date,
            tags: tags.into_iter().collect(),
            body,
            source,
            is_post: false,
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(article in any_article()) {
        let written = write("1.md", &article);
        prop_assert_eq!(read("1.md", written.as_bytes()), Ok(article), "{}", written);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[-<>!\\[\\]()0-9a\n\r: \"']{0,120}") {
        let _ = read("a", &bytes);
        let _ = read("a", text.as_bytes());
        let _ = read("a", format!("---\n{text}\n---\n{text}").as_bytes());
    }
}

#[test]
fn a_post_in_markdown_is_read_with_what_its_head_and_its_name_say() {
    let text = b"---\nlayout: post\ncategories: travel  rivers\ntags: [ferry, \"two words\"]\nexcerpt_separator: <!--rest-->\n\
                 date: 2015-11-17 16:16:01 -0600\n---\n\n# The first crossing\n\nIt was *cold*.\n\n<!--rest-->\n\n- a\n- b\n";
    let post = read("_posts/2015-11-18-the-first-crossing.md", text).unwrap();
    assert_eq!((post.title.as_str(), post.is_post), ("The first crossing", true));
    assert_eq!(post.tags, ["travel", "rivers", "ferry", "two words"]);
    assert_eq!(post.date.as_deref(), Some("2015-11-17 16:16:01 -0600"));
    assert!(post.body.starts_with("<p>It was <em>cold</em>.</p>") && !post.body.contains("rest"), "{}", post.body);

    let bare =
        read("2015-11-18-the-first-crossing.markdown", b"---\r\ncategory: by the sea\r\n---\r\nText.\r\n").unwrap();
    assert_eq!((bare.title.as_str(), bare.date.as_deref()), ("The First Crossing", Some("2015-11-18")));
    assert_eq!((bare.tags, bare.body.as_str()), (vec!["by the sea".to_owned()], "<p>Text.</p>\n"));

    let page = read("2015-11-18-a.html", b"---\ntitle: A\n---\n<p>One *two*</p>\n\n  {% include x.html %}\n<p>b</p>\n")
        .unwrap();
    assert!(page.body.contains("<p>One *two*</p>") && !page.body.contains("include"), "{}", page.body);
    assert_eq!(read("a.md", b"---\ntitle: A\npublished: false\n---\nb"), Err(ArchiveError::Unpublished));
    assert_eq!(read("a.md", b"---\ntitle: A\ndraft: true\n---\nb"), Err(ArchiveError::Unpublished));
    let published = read("a.md", b"---\ntitle: A\npublished: true\n---\n[A](https://e.org/) is a link.").unwrap();
    assert_eq!((published.title.as_str(), published.date), ("A", None));
    assert_eq!(published.body, "<p><a href=\"https://e.org/\">A</a> is a link.</p>\n");
}
