//! Feeds as they are found: every fixture says what must come out of it, and hostile documents cost little.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gleaner::domain::{FeedDocument, FeedWarning, UnixMillis, WebUrl};
use gleaner::feed::decode::{Kind, decode};
use gleaner::feed::{FeedError, ParseContext, parse};

/// 2026-01-01.
const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

fn read_limited(bytes: &[u8], max_entries: usize) -> Result<FeedDocument, FeedError> {
    let url = WebUrl::parse("https://site.example/feed.xml").expect("an address");
    parse(bytes, &ParseContext { url: &url, content_type: None, now: NOW, max_entries })
}

fn read(bytes: &[u8]) -> Result<FeedDocument, FeedError> {
    read_limited(bytes, 1000)
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feed");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a fixture").path()).collect();
    paths.sort();
    paths
}

/// The lines of a fixture that begin with `@`: what is looked at, and what it must be.
fn assertions(bytes: &[u8]) -> Vec<(String, String)> {
    let text = decode(bytes, None, Kind::Xml, None).text;
    let lines: Vec<String> = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(json) => {
            let lines = json["_fixture"].as_array().expect("a member `_fixture`");
            lines.iter().map(|line| line.as_str().expect("a line").to_owned()).collect()
        }
        Err(_) => text.lines().map(str::to_owned).collect(),
    };
    lines
        .iter()
        .filter_map(|line| line.strip_prefix("@ "))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .map(|(path, value)| (path.to_owned(), value.to_owned()))
        .collect()
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn instant(at: Option<UnixMillis>) -> String {
    shown(at.and_then(UnixMillis::to_timestamp))
}

/// What a document holds at the place that a fixture names.
fn look(document: &FeedDocument, path: &str) -> String {
    if let Some((at, field)) = path.split_once('.') {
        return look_into(document, at.parse().expect("the number of an entry"), field);
    }
    match path {
        "format" => format!("{:?}", document.format),
        "title" => document.title.clone(),
        "site_url" => shown(document.site_url.as_ref()),
        "self_url" => shown(document.self_url.as_ref()),
        "description" => shown(document.description.as_ref()),
        "author" => shown(document.author.as_ref()),
        "language" => shown(document.language.as_ref().map(|language| language.as_str().to_owned())),
        "interval_minutes" => shown(document.schedule.interval_millis.map(|millis| millis / UnixMillis::MINUTE)),
        "entries" => document.entries.len().to_string(),
        "repeated" => document.repeated.to_string(),
        "distinct_keys" => {
            document.entries.iter().map(|entry| entry.keys.first).collect::<HashSet<_>>().len().to_string()
        }
        "warnings" => document.warnings.iter().map(|warning| format!("{warning:?}")).collect::<Vec<_>>().join(", "),
        other => panic!("nothing is called {other}"),
    }
}

fn look_into(document: &FeedDocument, at: usize, field: &str) -> String {
    let Some(entry) = document.entries.get(at) else { return format!("(there is no entry {at})") };
    match field {
        "guid" => shown(entry.guid.as_ref()),
        "url" => shown(entry.url.as_ref()),
        "title" => entry.title.clone(),
        "author" => shown(entry.author.as_ref()),
        "published" => instant(entry.published),
        "published_text" => shown(entry.published_text.as_ref()),
        "updated" => instant(entry.updated),
        "summary" => shown(entry.summary.as_ref()),
        "content" => shown(entry.content.as_ref()),
        "language" => shown(entry.language.as_ref().map(|language| language.as_str().to_owned())),
        "base" => shown(entry.base.as_ref()),
        "categories" => entry.categories.join(", "),
        "image" => shown(entry.image.as_ref()),
        "comments_url" => shown(entry.comments_url.as_ref()),
        "enclosures" => {
            let mut text = String::new();
            for file in &entry.enclosures {
                write!(text, " {}", file.url).expect("text");
                file.media_type.iter().for_each(|kind| write!(text, " {kind}").expect("text"));
                file.length.iter().for_each(|length| write!(text, " {length}").expect("text"));
                file.seconds.iter().for_each(|seconds| write!(text, " {seconds}s").expect("text"));
            }
            text.trim_start().to_owned()
        }
        other => panic!("nothing is called {other}"),
    }
}

#[test]
fn every_fixture_gives_what_it_says() {
    let mut failures = Vec::new();
    for path in fixtures() {
        let bytes = fs::read(&path).expect("a readable fixture");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let asserted = assertions(&bytes);
        assert!(!asserted.is_empty(), "{name} asserts nothing");
        match read(&bytes) {
            Ok(document) => {
                for (path, wanted) in asserted {
                    let found = look(&document, &path);
                    if found != wanted {
                        failures.push(format!("{name}: {path} is «{found}», not «{wanted}»"));
                    }
                }
            }
            Err(error) if asserted == [("error".to_owned(), format!("{error:?}"))] => {}
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A document and the time that reading it took.
fn timed(bytes: &[u8]) -> (Result<FeedDocument, FeedError>, Duration) {
    let start = Instant::now();
    let read = read(bytes);
    (read, start.elapsed())
}

fn rss(items: &str) -> Vec<u8> {
    format!("<rss version='2.0'><channel><title>T</title>{items}</channel></rss>").into_bytes()
}

#[test]
fn of_the_pictures_of_an_entry_the_largest_stands_for_it() {
    let image = |media: &str| {
        let items = format!("<item><title>t</title><guid>1</guid>{media}</item>").replace("m:", "media:");
        let document = rss(&items);
        let document = read(&document).expect("a feed");
        let entry = &document.entries[0];
        (entry.image.as_ref().map(|url| url.as_url().path().to_owned()), entry.image_width)
    };
    for (media, path, width) in [
        (
            "<m:thumbnail url='/t'/><m:content url='/a.jpg?w=1' width='140'/><m:content url='/b.jpg?w=2' width='460'/>",
            "/b.jpg",
            Some(460),
        ),
        ("<m:thumbnail url='/t'/><m:content url='/c' medium='image'/>", "/c", None),
        ("<m:content url='/c' type='image/png' width='900'/><m:thumbnail url='/t' width='72'/>", "/c", Some(900)),
        ("<m:content url='/film.mp4'/><m:thumbnail url='/t' width='x'/>", "/t", None),
    ] {
        assert_eq!(image(media), (Some(path.to_owned()), width), "{media}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_walked() {
    for name in ["media:group", "media:content", "x"] {
        let deep = rss(&format!("<item>{}</item>", format!("<{name}>").repeat(50_000)));
        assert_eq!(read(&deep).err(), Some(FeedError::TooDeep), "{name}");
    }
    let brackets = format!("{{\"items\": {}", "[".repeat(100_000));
    assert_eq!(read(brackets.as_bytes()).err(), Some(FeedError::NotAFeed));
}

#[test]
fn no_document_takes_more_than_linear_time() {
    let half_a_megabyte = [
        "<?x",
        "<!a[",
        "<![CDATA[",
        "<a b='",
        "<b",
        "&",
        "&#",
        "</",
        "<item>",
        "<title>",
        "<title><b>",
        "<item/>",
        "<b></i>",
        "='",
    ];
    for piece in half_a_megabyte {
        let inside = rss(&format!("<item><title>{}", piece.repeat(500_000 / piece.len())));
        let outside = piece.repeat(500_000 / piece.len()).into_bytes();
        for bytes in [inside, outside] {
            let (_, took) = timed(&bytes);
            // Without optimisation on a busy machine; anything quadratic takes minutes.
            assert!(took < Duration::from_secs(10), "{piece} took {took:?}");
        }
    }
}

#[test]
fn tags_with_a_hundred_thousand_attributes_cost_little() {
    for attribute in ["a{}='1' ", "xmlns:a{}='urn:x' "] {
        let attributes: String = (0..100_000).map(|at| attribute.replace("{}", &at.to_string())).collect();
        let (document, took) = timed(&rss(&format!("<item {attributes}><title>One</title></item>")));
        assert_eq!(document.map(|document| document.entries[0].title.clone()).as_deref(), Ok("One"));
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[test]
fn of_too_many_entries_the_newest_are_kept() {
    let items: String = (0..3_000)
        .map(|at| format!("<item><guid>{at}</guid><pubDate>{}</pubDate></item>", 1_600_000_000 + at * 60))
        .collect();
    let document = read(&rss(&items)).expect("a feed");
    let guids: BTreeSet<u32> = document
        .entries
        .iter()
        .map(|entry| entry.guid.as_deref().expect("a guid").parse().expect("a number"))
        .collect();
    assert_eq!(guids, (2_000..3_000).collect());
    assert_eq!(document.warnings, [FeedWarning::TooManyEntries(2_000)]);
}

#[test]
fn long_texts_are_cut_and_said_to_be() {
    let long = "x".repeat(2_000_000);
    let item = format!(
        "<item><title>{long}</title><guid>{long}</guid><author>{long}</author><link>https://a.example/{long}</link>
         <description>{long}&lt;a href='</description></item>"
    );
    let document = read(&rss(&item)).expect("a feed");
    let entry = &document.entries[0];
    assert_eq!(entry.title.chars().count(), 1024);
    assert_eq!(entry.author.as_ref().map(|author| author.chars().count()), Some(256));
    assert_eq!(entry.url, None);
    assert!(entry.guid.as_ref().is_some_and(|guid| guid.len() < 100));
    assert_eq!(entry.summary.as_ref().map(String::len), Some(1 << 20));
    assert_eq!(document.warnings, [FeedWarning::CutBodies(1)]);
}

#[test]
fn entries_keep_their_keys_when_the_feed_is_read_again() {
    for path in fixtures() {
        let bytes = fs::read(&path).expect("a readable fixture");
        // Cut anywhere, so that the damaged forms are covered too.
        for length in (0..=bytes.len()).step_by(7) {
            let once = read(&bytes[..length]);
            assert_eq!(once, read(&bytes[..length]), "{} cut at {length}", path.display());
            if let Ok(document) = once {
                let keys: HashSet<_> = document.entries.iter().map(|entry| entry.keys.first).collect();
                assert_eq!(keys.len(), document.entries.len(), "{} cut at {length}", path.display());
            }
        }
    }
}

#[test]
fn a_new_entry_moves_no_old_ones_key() {
    let old = "<item><guid>g</guid><link>/a</link><title>A</title></item><item><link>/b</link><title>B</title></item>";
    let before = read(&rss(old)).expect("a feed");
    let after = read(&rss(&format!("<item><title>New</title></item>{old}"))).expect("a feed");
    let keys = |document: &FeedDocument| document.entries.iter().map(|entry| entry.keys).collect::<Vec<_>>();
    assert_eq!(keys(&before), keys(&after)[1..]);
}

#[test]
fn an_empty_document_is_called_empty() {
    for bytes in [&b""[..], b" \n\t", b"\xef\xbb\xbf", b"\0\0"] {
        assert_eq!(read(bytes).err(), Some(FeedError::Empty));
    }
}

#[test]
fn a_feed_in_json_that_ends_in_the_middle_gives_its_whole_items() {
    let whole = r#"{"title":"J","items":[{"id":"1","title":"a \"}]\" b","tags":[{"x":[]}]},{"id":"2","title":"two"},{"id":"3","title":"three"}]}"#;
    let count = |text: &str| read(text.as_bytes()).map(|document| (document.entries.len(), document.warnings));
    assert_eq!(count(whole), Ok((3, vec![FeedWarning::Mended])));
    assert_eq!(count(&whole[..whole.len() - 8]), Ok((2, vec![FeedWarning::Truncated])));
    assert_eq!(count(&whole[..whole.len() - 1]), Ok((3, vec![FeedWarning::Truncated])));
    assert_eq!(count(&whole[..40]), Err(FeedError::NotAFeed));
    for end in 0..whole.len() {
        let _ = count(&whole[..end]);
    }
}
