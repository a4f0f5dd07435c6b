use proptest::prelude::*;

use super::*;

fn list(body: &str) -> SubscriptionList {
    read(format!("<opml version='2.0'><head><title>My &amp; list</title></head><body>{body}</body></opml>").as_bytes())
        .expect("a list")
}

fn addresses(list: &SubscriptionList) -> Vec<&str> {
    list.outlines.iter().map(|outline| outline.url.as_str()).collect()
}

#[test]
fn folders_titles_and_sites_are_read() {
    let list = list(
        "<outline text='新闻'><outline text='World'><outline type='rss' text='One &amp; two' xmlUrl='https://a.example/rss'
         htmlUrl='https://a.example/'/></outline><outline text='B' xmlUrl='https://b.example/rss'/></outline>
         <outline text='C' xmlUrl='https://c.example/rss' category='/Tech/Rust,/Other'/>",
    );
    assert_eq!(list.title, "My & list");
    assert_eq!(addresses(&list), ["https://a.example/rss", "https://b.example/rss", "https://c.example/rss"]);
    assert_eq!(list.outlines[0].folders, ["新闻", "World"]);
    assert_eq!(list.outlines[0].title, "One & two");
    assert_eq!(list.outlines[0].site_url.as_ref().map(WebUrl::as_str), Some("https://a.example/"));
    assert_eq!(list.outlines[1].folders, ["新闻"]);
    assert_eq!(list.outlines[2].folders, ["Tech", "Rust"]);
}

#[test]
fn sloppy_lists_are_read() {
    let list = list(
        "<OUTLINE TEXT='a' XMLURL='feed://a.example/rss'/><outline xmlurl=https://b.example/?x=1&y=2>
         <outline text='x' xmlUrl='c.example/rss'",
    );
    assert_eq!(addresses(&list), ["https://a.example/rss", "https://b.example/?x=1&y=2", "https://c.example/rss"]);
}

#[test]
fn a_prefix_of_a_namespace_changes_nothing() {
    let list = read(
        br#"<o:opml xmlns:o="http://opml.example/"><o:body><o:outline text="In"><o:outline text="One" xmlUrl="https://a.example/1"/></o:outline><o:outline text="Two" xmlUrl="https://a.example/2"/></o:body></o:opml>"#,
    );
    let outlines = list.unwrap().outlines;
    assert_eq!((outlines[0].folders.as_slice(), outlines[1].folders.len()), (["In".to_owned()].as_slice(), 0));
}

#[test]
fn an_outline_with_url_alone_is_a_feed_if_its_type_says_so() {
    let outlines = ["rss", "RSS2", "atom10", "include", "link", ""]
        .map(|kind| format!("<outline text='x' type='{kind}' url='https://{}.example/'/>", kind.to_lowercase()));
    let list = list(&outlines.concat());
    assert_eq!(addresses(&list), ["https://rss.example/", "https://rss2.example/", "https://atom10.example/"]);
    let others: Vec<&str> = list.others.iter().map(|other| other.text.as_str()).collect();
    assert_eq!(
        others,
        ["https://include.example/", "https://link.example/", "https://.example/"],
        "and is told of otherwise"
    );
    assert!(list.refused.is_empty());
}

#[test]
fn a_list_that_breaks_off_gives_what_stood_in_it_so_far() {
    let list =
        read(b"<opml><body><outline xmlUrl='https://a.example/'/><outline xmlUrl='https://b.exa").expect("a list");
    assert_eq!(addresses(&list), ["https://a.example/"]);
}

#[test]
fn what_cannot_be_followed_is_listed_with_its_reason() {
    let list = list(
        "<outline xmlUrl='javascript:alert(1)'/><outline xmlUrl='no address'/><outline xmlUrl='file:///etc/passwd'/>
         <outline xmlUrl=''/>",
    );
    let reasons: Vec<_> = list.refused.iter().map(|refused| refused.reason).collect();
    assert_eq!(reasons, [RefusedReason::Scheme, RefusedReason::NotAnAddress, RefusedReason::Scheme]);
    assert!(list.outlines.is_empty());
}

#[test]
fn a_feed_stands_once_in_each_folder() {
    let twice = "<outline xmlUrl='https://a.example/'/><outline xmlUrl='https://a.example/'/>";
    let list = list(&format!("{twice}<outline text='F'>{twice}</outline>"));
    assert_eq!((list.outlines.len(), list.repeated), (2, 2));
}

#[test]
fn hostile_lists_cost_little() {
    let deep = format!("{}<outline xmlUrl='https://a.example/'/>", "<outline text='f'>".repeat(10_000));
    let list_of_deep = list(&deep);
    assert_eq!(list_of_deep.outlines[0].folders.len(), DEEPEST_FOLDER);
    let many: String = (0..100_000).map(|at| format!("<outline xmlUrl='https://a.example/{at}'/>")).collect();
    assert_eq!(list(&many).outlines.len(), 100_000);
    let foreign = b"<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><opml><body><outline text='&x;' xmlUrl='https://a.example/'/></body></opml>";
    assert_eq!(read(foreign).expect("a list").outlines[0].title, "&x;");
}

#[test]
fn other_files_are_no_list() {
    assert_eq!(read(b" \n"), Err(OpmlError::Empty));
    assert_eq!(read(b"<rss version='2.0'><channel/></rss>"), Err(OpmlError::NotOpml));
    assert_eq!(read(b"\x1f\x8b\x08\x00"), Err(OpmlError::NotOpml));
}

/// A name as it comes out of a list: not blank, white space collapsed.
fn name() -> impl Strategy<Value = String> {
    "[\\PC&<>\"']{1,12}".prop_map(|name| collapse(&name)).prop_filter("blank", |name| !name.is_empty())
}

fn outline() -> impl Strategy<Value = Outline> {
    let folders = proptest::collection::vec(name(), 0..4);
    (name(), folders, "[a-z]{1,8}", "[a-z0-9&=?/%]{0,12}", any::<bool>()).prop_map(
        |(title, folders, host, path, site)| {
            let site_url = WebUrl::parse(&format!("https://{host}.example/")).ok().filter(|_| site);
            let url = WebUrl::parse(&format!("https://{host}.example/{path}")).expect("an address");
            Outline { url, title, site_url, folders }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(outlines in proptest::collection::vec(outline(), 0..20), title in name()) {
        let mut seen = HashSet::new();
        let outlines: Vec<Outline> =
            outlines.into_iter().filter(|outline| seen.insert((outline.url.clone(), outline.folders.clone()))).collect();
        let written = write(&title, &outlines, UnixMillis(1_700_000_000_000));
        let read = read(written.as_bytes()).expect("a list");
        prop_assert_eq!(read.title, title);
        prop_assert_eq!(read.outlines, outlines);
        prop_assert!(read.refused.is_empty());
    }
}
