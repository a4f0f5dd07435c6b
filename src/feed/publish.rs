//! Feeds written: one list as RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1.
//!
//! What goes in is trusted to be clean HTML and plain text; what comes out is well-formed whatever it holds, because characters
//! that XML does not allow are left out and everything else is escaped.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::text::is_allowed;
use crate::domain::UnixMillis;

/// A list on its way out. All addresses are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Plain text.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// The list as a page.
    pub page: String,
    /// The feed itself.
    pub address: String,
    /// A name that stays when the address changes: an IRI.
    pub id: String,
    /// The hub that tells of what is new in it (WebSub).
    pub hub: Option<String>,
    /// When it last changed.
    pub updated: UnixMillis,
    /// The newest first.
    pub items: Vec<Item>,
}

/// An article on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// A name that nothing else has: an IRI.
    pub id: String,
    /// Its original, or its page here.
    pub link: String,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// When it was published.
    pub published: UnixMillis,
    /// When its text last changed.
    pub updated: UnixMillis,
    /// The language of its text.
    pub language: Option<String>,
    /// The text; `None` where the title has to do.
    pub html: Option<String>,
    /// Plain text each.
    pub categories: Vec<String>,
    /// Sound, film, a file.
    pub files: Vec<File>,
}

/// A file of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub address: String,
    /// What it is, as its feed says.
    pub media_type: String,
    /// How many bytes; 0 if nobody knows.
    pub length: u64,
}

/// RSS 2.0 with the full text as `content:encoded`.
pub fn rss(channel: &Channel) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n",
    );
    element(&mut out, "title", &channel.title);
    element(&mut out, "link", &channel.page);
    element(&mut out, "description", &channel.description);
    element(&mut out, "lastBuildDate", &rfc_822(channel.updated));
    element(&mut out, "generator", "Gleaner");
    let address = escaped(&channel.address);
    out.push_str(&format!("<atom:link href=\"{address}\" rel=\"self\" type=\"application/rss+xml\"/>\n"));
    if let Some(hub) = &channel.hub {
        out.push_str(&format!("<atom:link href=\"{}\" rel=\"hub\"/>\n", escaped(hub)));
    }
    for item in &channel.items {
        out.push_str("<item>\n");
        element(&mut out, "title", &html_title(&item.title));
        element(&mut out, "link", &strict(&item.link));
        out.push_str(&format!("<guid isPermaLink=\"false\">{}</guid>\n", escaped(&item.id)));
        element(&mut out, "pubDate", &rfc_822(item.published));
        if let Some(author) = &item.author {
            element(&mut out, "dc:creator", author);
        }
        for category in &item.categories {
            element(&mut out, "category", category);
        }
        if let Some(html) = &item.html {
            element(&mut out, "content:encoded", html);
        }
        // RSS allows one.
        if let Some(file) = item.files.first() {
            let (address, kind) = (escaped(&strict(&file.address)), escaped(&file.media_type));
            out.push_str(&format!("<enclosure url=\"{address}\" length=\"{}\" type=\"{kind}\"/>\n", file.length));
        }
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

/// Atom 1.0 with the full text as HTML.
pub fn atom(channel: &Channel) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    element(&mut out, "id", &channel.id);
    element(&mut out, "title", &channel.title);
    element(&mut out, "subtitle", &channel.description);
    element(&mut out, "updated", &rfc_3339(channel.updated));
    out.push_str("<generator>Gleaner</generator>\n<author><name>Gleaner</name></author>\n");
    let (page, address) = (escaped(&channel.page), escaped(&channel.address));
    out.push_str(&format!("<link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n"));
    out.push_str(&format!("<link rel=\"self\" type=\"application/atom+xml\" href=\"{address}\"/>\n"));
    if let Some(hub) = &channel.hub {
        out.push_str(&format!("<link rel=\"hub\" href=\"{}\"/>\n", escaped(hub)));
    }
    for item in &channel.items {
        match item.language.as_deref() {
            Some(language) => out.push_str(&format!("<entry xml:lang=\"{}\">\n", escaped(language))),
            None => out.push_str("<entry>\n"),
        }
        element(&mut out, "id", &item.id);
        element(&mut out, "title", &item.title);
        element(&mut out, "published", &rfc_3339(item.published));
        element(&mut out, "updated", &rfc_3339(item.updated.max(item.published)));
        out.push_str(&format!("<link rel=\"alternate\" href=\"{}\"/>\n", escaped(&strict(&item.link))));
        if let Some(author) = &item.author {
            out.push_str(&format!("<author><name>{}</name></author>\n", escaped(author)));
        }
        for category in &item.categories {
            out.push_str(&format!("<category term=\"{}\"/>\n", escaped(category)));
        }
        for file in &item.files {
            let (address, kind) = (escaped(&strict(&file.address)), escaped(&file.media_type));
            let length = if file.length > 0 { format!(" length=\"{}\"", file.length) } else { String::new() };
            out.push_str(&format!("<link rel=\"enclosure\" href=\"{address}\" type=\"{kind}\"{length}/>\n"));
        }
        if let Some(html) = &item.html {
            out.push_str(&format!("<content type=\"html\">{}</content>\n", escaped(html)));
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

/// A book of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookEntry {
    /// An IRI.
    pub id: String,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub author: Option<String>,
    /// Plain text; may be empty.
    pub summary: String,
    /// When it last changed.
    pub updated: UnixMillis,
    /// The language of its text.
    pub language: Option<String>,
    /// Where the EPUB is.
    pub address: String,
}

/// The type of a catalogue.
pub const CATALOGUE: &str = "application/atom+xml;profile=opds-catalog;kind=acquisition";

/// A catalogue of books for e-readers (OPDS 1.2). The items of the channel do not matter.
pub fn opds(channel: &Channel, books: &[BookEntry]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:dc=\"http://purl.org/dc/terms/\">\n",
    );
    element(&mut out, "id", &format!("{}#books", channel.id));
    element(&mut out, "title", &channel.title);
    element(&mut out, "updated", &rfc_3339(channel.updated));
    out.push_str("<author><name>Gleaner</name></author>\n");
    for rel in ["self", "start"] {
        let address = escaped(&channel.address);
        out.push_str(&format!("<link rel=\"{rel}\" href=\"{address}\" type=\"{CATALOGUE}\"/>\n"));
    }
    for book in books {
        out.push_str("<entry>\n");
        element(&mut out, "id", &book.id);
        element(&mut out, "title", &book.title);
        element(&mut out, "updated", &rfc_3339(book.updated));
        if let Some(author) = &book.author {
            out.push_str(&format!("<author><name>{}</name></author>\n", escaped(author)));
        }
        if let Some(language) = &book.language {
            element(&mut out, "dc:language", language);
        }
        if !book.summary.is_empty() {
            element(&mut out, "summary", &book.summary);
        }
        let address = escaped(&book.address);
        out.push_str(&format!(
            "<link rel=\"http://opds-spec.org/acquisition\" href=\"{address}\" type=\"application/epub+zip\"/>\n</entry>\n"
        ));
    }
    out.push_str("</feed>\n");
    out
}

/// JSON Feed 1.1.
pub fn json_feed(channel: &Channel) -> String {
    let items: Vec<Value> = channel.items.iter().map(json_item).collect();
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "description": channel.description,
        "home_page_url": channel.page,
        "feed_url": channel.address,
        "items": items,
    });
    if let (Some(hub), Some(fields)) = (&channel.hub, feed.as_object_mut()) {
        fields.insert("hubs".to_owned(), json!([{ "type": "WebSub", "url": hub }]));
    }
    feed.to_string()
}

fn json_item(item: &Item) -> Value {
    let mut value = json!({
        "id": item.id,
        "url": item.link,
        "title": item.title,
        "date_published": rfc_3339(item.published),
        "date_modified": rfc_3339(item.updated.max(item.published)),
    });
    let Some(fields) = value.as_object_mut() else { return value };
    match &item.html {
        Some(html) => fields.insert("content_html".to_owned(), json!(html)),
        // One of the two has to be there.
        None => fields.insert("content_text".to_owned(), json!(item.title)),
    };
    if let Some(author) = &item.author {
        fields.insert("authors".to_owned(), json!([{ "name": author }]));
    }
    if let Some(language) = &item.language {
        fields.insert("language".to_owned(), json!(language));
    }
    if !item.categories.is_empty() {
        fields.insert("tags".to_owned(), json!(item.categories));
    }
    if !item.files.is_empty() {
        let file = |file: &File| match file.length {
            0 => json!({ "url": file.address, "mime_type": file.media_type }),
            length => json!({ "url": file.address, "mime_type": file.media_type, "size_in_bytes": length }),
        };
        fields.insert("attachments".to_owned(), item.files.iter().map(file).collect());
    }
    value
}

/// A title as readers of RSS take it: RSS does not say whether that is text or HTML, so one that could be HTML is written as such.
fn html_title(title: &str) -> Cow<'_, str> {
    if title.contains('<') {
        Cow::Owned(title.replace('&', "&amp;").replace('<', "&lt;"))
    } else {
        Cow::Borrowed(title)
    }
}

/// An address by the strict rules of RFC 3986, which those who check feeds go by; browsers leave more signs as they are.
fn strict(address: &str) -> Cow<'_, str> {
    let is_odd = |c| matches!(c, '|' | '^' | '`' | '{' | '}' | '[' | ']' | '\\');
    // Behind the host, which may be a number in brackets.
    let path = address.find("://").and_then(|at| Some(at + 3 + address[at + 3..].find(['/', '?'])?));
    let Some((host, rest)) = path.map(|path| address.split_at(path)).filter(|(_, rest)| rest.contains(is_odd)) else {
        return Cow::Borrowed(address);
    };
    let mut out = host.to_owned();
    for c in rest.chars() {
        if is_odd(c) { out.push_str(&format!("%{:X}", u32::from(c))) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>{}</{name}>\n", escaped(text)));
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars().filter(|c| is_allowed(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

fn rfc_822(at: UnixMillis) -> String {
    at.to_timestamp().map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
}

fn rfc_3339(at: UnixMillis) -> String {
    at.to_timestamp().map(|at| at.strftime("%FT%TZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FeedFormat, WebUrl};
    use crate::feed::{ParseContext, parse};

    fn channel() -> Channel {
        let item = |id: &str, title: &str, html: Option<&str>| Item {
            id: id.to_owned(),
            link: format!("https://river.example/{id}?a=1&b=2"),
            title: title.to_owned(),
            author: Some("A. Miller & Söhne".to_owned()),
            published: UnixMillis(1_692_092_344_000),
            updated: UnixMillis(1_692_099_999_000),
            language: Some("zh-Hans".to_owned()),
            html: html.map(str::to_owned),
            categories: vec!["<water>".to_owned()],
            files: vec![File {
                address: "https://river.example/a.mp3".to_owned(),
                media_type: "audio/mpeg".to_owned(),
                length: 1_234,
            }],
        };
        Channel {
            title: "High & low “water”".to_owned(),
            description: "Published with Gleaner.".to_owned(),
            page: "https://reader.example/p/code".to_owned(),
            address: "https://reader.example/p/code/feed".to_owned(),
            id: "urn:uuid:0b1c".to_owned(),
            hub: None,
            updated: UnixMillis(1_692_099_999_000),
            items: vec![
                item("one", "The <b>flood</b>\u{b}", Some("<p>It rose ]]> &amp; fell.</p>\n<pre>a\n  b</pre>")),
                item("two", "洪水", Some("<p>一夜之间，河水上涨。</p>")),
            ],
        }
    }

    #[test]
    fn what_is_written_is_read_back_by_our_own_reader() {
        let base = WebUrl::parse("https://reader.example/p/code/feed").unwrap();
        let channel = channel();
        for (text, format) in [
            (rss(&channel), FeedFormat::Rss),
            (atom(&channel), FeedFormat::Atom),
            (json_feed(&channel), FeedFormat::Json),
        ] {
            let context =
                ParseContext { url: &base, content_type: None, now: UnixMillis(1_700_000_000_000), max_entries: 100 };
            let read = parse(text.as_bytes(), &context).unwrap();
            assert_eq!((read.format, read.title.as_str()), (format, "High & low “water”"), "{text}");
            assert_eq!(read.entries.len(), 2);
            let first = &read.entries[0];
            assert_eq!(first.title, "The <b>flood</b>", "{format:?}");
            assert_eq!(first.url.as_ref().map(WebUrl::as_str), Some("https://river.example/one?a=1&b=2"));
            assert_eq!(first.author.as_deref(), Some("A. Miller & Söhne"));
            assert_eq!(first.published, Some(UnixMillis(1_692_092_344_000)));
            assert_eq!(first.content.as_deref(), channel.items[0].html.as_deref(), "{format:?}");
            assert_eq!(first.enclosures.len(), 1);
            assert_eq!(read.entries[1].title, "洪水");
        }
    }

    #[test]
    fn addresses_are_written_by_the_strict_rules() {
        for (given, written) in [
            ("https://a.example/麦?b=1", "https://a.example/麦?b=1"),
            ("https://[::1]:8/a|b[1]?{x}#^", "https://[::1]:8/a%7Cb%5B1%5D?%7Bx%7D#%5E"),
            ("articles/1.html", "articles/1.html"),
            ("https://a.example", "https://a.example"),
        ] {
            assert_eq!(strict(given), written);
        }
    }

    #[test]
    fn titles_alone_are_a_feed_too() {
        let mut channel = channel();
        for item in &mut channel.items {
            item.html = None;
        }
        assert!(!rss(&channel).contains("content:encoded>") && !atom(&channel).contains("<content"));
        assert!(json_feed(&channel).contains("\"content_text\":\"洪水\""));
    }
}
