// What is fuzzed: one function for each reader of foreign bytes, with what must hold for every input.
//
// The file belongs to two programs: the fuzzer (`scripts/fuzz`), which runs them for hours, and the ordinary tests,
// which run them over their seeds and some thousand mutations.

mod inert;

use gleaner::archive;
use gleaner::archive::Unzip;
use gleaner::archive::account::{ArticleLine, Lists};
use gleaner::content::{bound, clean as sanitiser, extract, text};
use gleaner::domain::{Language, UnixMillis, WebUrl};
use gleaner::egress::guard;
use gleaner::feed::{self, dates, decode};
use gleaner::imports;
use gleaner::media::header::LONGEST_SIDE;
use gleaner::media::{Facts, Output, Spec, variant};
use gleaner::search::{self, Part, Query};

/// A moment for what needs one: 2026-11-20T00:00:00Z.
const NOW: UnixMillis = UnixMillis(1_795_132_800_000);

fn home() -> WebUrl {
    WebUrl::parse("https://site.example/feed").expect("a constant address")
}

/// Bytes to text: never a panic, never an illegal control character that XML could not carry.
pub(crate) fn decode(bytes: &[u8]) {
    for kind in [decode::Kind::Xml, decode::Kind::Html] {
        let _ = decode::decode(bytes, None, kind, Some("site.example"));
    }
    let _ = decode::decode(bytes, Some("text/xml; charset=gb2312"), decode::Kind::Xml, None);
}

/// Feed bytes to entries: bounded numbers, dates within their bounds, the same keys on a second reading.
pub(crate) fn feed(bytes: &[u8]) {
    let url = home();
    let context = feed::ParseContext { url: &url, content_type: None, now: NOW, max_entries: 1000 };
    let Ok(document) = feed::parse(bytes, &context) else { return };
    assert!(document.entries.len() <= 1000, "more entries than the limit");
    for entry in &document.entries {
        for date in [entry.published, entry.updated].into_iter().flatten() {
            assert!((0..=NOW.0 + UnixMillis::DAY).contains(&date.0), "a date out of bounds");
        }
        assert!(entry.title.chars().count() <= 1024, "a title over its limit");
    }
    let again = feed::parse(bytes, &context).expect("what was read once is read twice");
    let keys = |d: &gleaner::domain::FeedDocument| d.entries.iter().map(|e| e.keys.first).collect::<Vec<_>>();
    assert_eq!(keys(&document), keys(&again), "keys differ from reading to reading");
}

/// HTML to bounded HTML: within its limits, and nothing left to bound.
pub(crate) fn bound(bytes: &[u8]) {
    let html = String::from_utf8_lossy(bytes);
    let bounded = bound::bound(&html, &bound::ENTRY);
    let again = bound::bound(&bounded.html, &bound::ENTRY);
    assert!(!again.cut || bounded.cut, "bounding made something that must be bounded");
}

/// A page to an article to clean HTML: nothing active comes out.
pub(crate) fn content(bytes: &[u8]) {
    let html = String::from_utf8_lossy(bytes);
    let url = home();
    let page = extract::extract(&html, &url);
    let bounded = bound::bound(&html, &bound::ENTRY);
    let _ = text::plain_text(&bounded.html);
    for body in page.body.as_deref().into_iter().chain([bounded.html.as_ref()]) {
        assert_inert(&cleaned(body));
    }
}

/// HTML to clean HTML: nothing active comes out, and what came out twice comes out a third time as it is.
pub(crate) fn clean(bytes: &[u8]) {
    let html = String::from_utf8_lossy(bytes);
    let once = cleaned(&bound::bound(&html, &bound::ENTRY).html);
    assert_inert(&once);
    let twice = cleaned(&once);
    assert_inert(&twice);
    assert_eq!(cleaned(&twice), twice, "no fixed point after two rounds");
}

fn cleaned(html: &str) -> String {
    let url = home();
    let as_is = |address: &WebUrl| address.to_string();
    let rendering =
        sanitiser::Rendering { base: Some(&url), picture: &as_is, media: &as_is, kept: &sanitiser::nothing_kept };
    sanitiser::clean(html, &rendering).into_string()
}

fn assert_inert(html: &str) {
    if let Some(what) = inert::violation(html) {
        panic!("{what} came through: {html:?}");
    }
}

/// A text that someone typed as an address: refused, or safe to ask.
pub(crate) fn url(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    let _ = guard::check_typed(&typed);
    if let Ok(url) = WebUrl::from_typed(&typed) {
        assert!(matches!(url.as_url().scheme(), "http" | "https"));
        assert!(!url.host().is_empty());
        let short = url.without_tracking();
        assert_eq!(short.without_tracking(), short, "removing trackers twice removes more");
    }
}

/// An archived file to an article and back: the same article.
pub(crate) fn archive(bytes: &[u8]) {
    let name = "site/1_title.md";
    let Ok(article) = archive::read(name, bytes) else { return };
    let written = archive::write(name, &article);
    let again = archive::read(name, written.as_bytes()).expect("what was written can be read");
    assert_eq!(archive::write(name, &again), written, "writing is not stable");
}

/// An export of another program, under each name that could decide how it is read: bounded, and every row counted once.
pub(crate) fn imports(bytes: &[u8]) {
    for name in ["export.csv", "starred.json", "notes.txt", "export"] {
        for part in imports::read(name, bytes).unwrap_or_default() {
            let imports::Part::Items(listing) = part else { continue };
            assert!(listing.items.len() <= imports::MAX_ITEMS, "more items than the limit");
            let rows = listing.items.windows(2).all(|pair| pair[0].row < pair[1].row);
            assert!(rows, "two items of one row");
            assert!(listing.items.iter().all(|item| item.title.chars().count() <= 1_024), "a title over its limit");
        }
    }
}

/// A whole account: an archive is opened or refused, and no part of it is larger than what was asked for.
pub(crate) fn account(bytes: &[u8]) {
    const MOST: u64 = 64 * 1024;
    let opened = Unzip::open(std::io::Cursor::new(bytes), 10_000).expect("memory is read");
    let Some(mut zip) = opened else { return };
    let names: Vec<String> = zip.names().map(str::to_owned).collect();
    for name in names.iter().take(100) {
        let content = zip.read(name, MOST).expect("memory is read").unwrap_or_default();
        assert!(content.len() as u64 <= MOST, "a part over its limit");
        for line in content.split(|byte| *byte == b'\n') {
            let _ = serde_json::from_slice::<ArticleLine>(line);
        }
        let _ = serde_json::from_slice::<Lists>(&content);
    }
}

/// A query, and behind its first line break a text: every query is read, and as the same again; what is marked of a text is
/// that text.
pub(crate) fn search(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (query, text) = input.split_once('\n').unwrap_or((&input, &input));
    let query = Query::parse(query, NOW, &jiff::tz::TimeZone::UTC);
    let shown = query.to_string();
    if shown.len() <= search::MAX_QUERY_BYTES {
        assert_eq!(Query::parse(&shown, NOW, &jiff::tz::TimeZone::UTC).to_string(), shown, "read differently again");
    }
    let phrases = query.phrases(Part::Any);
    let marked = search::marked(text, &phrases);
    let whole: String = marked.iter().map(|segment| segment.text.as_str()).collect();
    assert_eq!(whole, text.replace('\n', " "), "marking changed the text");
    let indexed = search::indexed("", "", text);
    let terms: std::collections::HashSet<&str> = indexed.terms.split(' ').collect();
    for phrase in phrases {
        if phrase.is_in(&search::Folded::new(text)) {
            let of_phrase = phrase.terms(Part::Any);
            assert!(
                of_phrase.iter().all(|term| terms.contains(term.as_str())),
                "a text without the terms of its phrase"
            );
            assert!(phrase.may_be_in(&indexed.sketch), "a sketch that denies what is there");
        }
    }
    let _ = search::snippet(text, &query.phrases(Part::Any));
}

/// A date: unreadable or within its bounds.
pub(crate) fn dates(bytes: &[u8]) {
    let written = String::from_utf8_lossy(bytes);
    let chinese = Language::parse("zh-CN");
    for language in [None, chinese.as_ref()] {
        let context = dates::DateContext { language, host: Some("site.example"), now: NOW };
        if let Some(date) = dates::parse_date(&written, &context) {
            assert!((0..=NOW.0 + UnixMillis::DAY).contains(&date.0), "{written:?} gave {date:?}");
        }
    }
}

/// A picture: refused by its header, or small enough, and its variant is a picture again.
pub(crate) fn picture(bytes: &[u8]) {
    let Ok(facts) = Facts::read(bytes) else { return };
    assert!(facts.width <= LONGEST_SIDE && facts.height <= LONGEST_SIDE);
    let spec = Spec::fitting(20, 20).with_output(Output::WebP);
    if let Ok(variant::Variant::Encoded(made)) = variant::make(bytes, &spec) {
        let made = Facts::read(&made).expect("a variant is a picture");
        assert!(made.width <= 20 && made.height <= 20, "{made:?} of {facts:?}");
    }
}
