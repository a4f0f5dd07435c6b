//! A farm of made-up feeds on loopback: the outside world of the measurements.
//!
//! Deterministic: the same numbers give the same bytes. Half of the feeds are RSS, three tenths Atom, the rest JSON
//! Feed; two fifths are Chinese; an item holds about 6 KB of HTML with headings, lists, code, a table, pictures and
//! links. Validators are honoured, so that the second visit is answered with 304.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::photo::{jpeg, photograph};

/// What an article is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Words of syllables.
    Latin,
    /// Han characters without spaces.
    Chinese,
    /// Han characters and both kinds of kana.
    Japanese,
    /// Words of Hangul.
    Korean,
}

impl Script {
    /// That of a feed: two fifths are Chinese, the others Latin.
    pub(crate) fn of(number: usize) -> Self {
        if number % 5 < 2 { Self::Chinese } else { Self::Latin }
    }

    fn language(self) -> &'static str {
        match self {
            Self::Latin => "en",
            Self::Chinese => "zh",
            Self::Japanese => "ja",
            Self::Korean => "ko",
        }
    }

    fn has_spaces(self) -> bool {
        matches!(self, Self::Latin | Self::Korean)
    }
}

/// How large a farm is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Feeds in all.
    pub(crate) feeds: usize,
    /// Items in each feed.
    pub(crate) items: usize,
    /// Mean bytes of an item's HTML.
    pub(crate) html: usize,
    /// Loopback addresses over which the feeds are spread, so that limits by host do not bite.
    pub(crate) hosts: usize,
    /// Pictures in each item that are there; the others are not.
    pub(crate) pictures: usize,
}

/// A running farm.
#[derive(Debug)]
pub(crate) struct Farm {
    /// Where every feed is.
    pub(crate) urls: Vec<String>,
    /// The feeds' bytes and media types, in the order of `urls`.
    pub(crate) documents: Arc<Vec<Document>>,
    pictures: Arc<Gallery>,
    server: tokio::task::JoinHandle<()>,
}

/// One feed as it is served.
#[derive(Debug)]
pub(crate) struct Document {
    /// The bytes of the feed.
    pub(crate) body: Vec<u8>,
    /// Its media type.
    pub(crate) content_type: &'static str,
    etag: String,
}

impl Drop for Farm {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Farm {
    /// Makes the feeds and serves them until the farm is dropped.
    pub(crate) async fn start(size: Size) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("0.0.0.0", 0)).await?;
        let port = listener.local_addr()?.port();
        let mut documents = Vec::with_capacity(size.feeds);
        let mut urls = Vec::with_capacity(size.feeds);
        for number in 0..size.feeds {
            let host = format!("127.1.{}.{}", number % size.hosts / 250, number % size.hosts % 250 + 1);
            let base = format!("http://{host}:{port}");
            urls.push(format!("{base}/feed/{number}"));
            documents.push(document(number, &base, size, Script::of(number)));
        }
        let pictures = Arc::new(Gallery::new(size.pictures > 0)?);
        let gallery = Arc::clone(&pictures);
        let documents = Arc::new(documents);
        let served = Arc::clone(&documents);
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&served), Arc::clone(&gallery)));
            }
        });
        Ok(Self { urls, documents, pictures, server })
    }

    /// How many pictures were fetched.
    pub(crate) fn pictures_served(&self) -> usize {
        self.pictures.served.load(Ordering::Relaxed)
    }

    /// Bytes of all feeds together.
    pub(crate) fn bytes(&self) -> usize {
        self.documents.iter().map(|d| d.body.len()).sum()
    }

    /// The list of all feeds for an import.
    pub(crate) fn opml(&self) -> String {
        let mut out =
            String::from("<?xml version=\"1.0\"?><opml version=\"2.0\"><head><title>farm</title></head><body>");
        for (number, url) in self.urls.iter().enumerate() {
            let _ = write!(out, "<outline type=\"rss\" text=\"Feed {number}\" xmlUrl=\"{url}\"/>");
        }
        out + "</body></opml>"
    }
}

/// A few photographs, of which every address gives another: its number stands behind the picture's end.
#[derive(Debug)]
struct Gallery {
    files: Vec<Vec<u8>>,
    served: AtomicUsize,
}

impl Gallery {
    fn new(is_open: bool) -> std::io::Result<Self> {
        let mut files = Vec::new();
        for seed in 0..if is_open { 8 } else { 0 } {
            let picture = photograph(1200, 800, seed);
            files.push(jpeg(&picture, 80)?);
        }
        Ok(Self { files, served: AtomicUsize::new(0) })
    }

    /// The picture at an address.
    fn picture(&self, path: &str) -> Option<Vec<u8>> {
        let number: usize = path.strip_prefix("/photo/")?.strip_suffix(".jpg")?.parse().ok()?;
        let mut file = self.files.get(number % self.files.len().max(1))?.clone();
        file.extend(number.to_be_bytes());
        self.served.fetch_add(1, Ordering::Relaxed);
        Some(file)
    }
}

/// Answers the requests of one connection until it closes.
async fn answer(mut connection: TcpStream, documents: Arc<Vec<Document>>, pictures: Arc<Gallery>) {
    let mut buffer = Vec::with_capacity(2048);
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            let mut chunk = [0; 2048];
            match connection.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(n) => buffer.extend_from_slice(&chunk[..n]),
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.drain(..end);
        let path = head.split(' ').nth(1).unwrap_or_default();
        if let Some(picture) = pictures.picture(path) {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len());
            if connection.write_all(head.as_bytes()).await.is_err() || connection.write_all(&picture).await.is_err() {
                return;
            }
            continue;
        }
        let number =
            Some(path).and_then(|path| path.strip_prefix("/feed/")).and_then(|number| number.parse::<usize>().ok());
        let Some(document) = number.and_then(|n| documents.get(n)) else {
            let _ = connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
            continue;
        };
        let known = head.lines().any(|line| {
            line.split_once(':').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("if-none-match") && value.trim() == document.etag
            })
        });
        let sent = if known {
            let head = format!("HTTP/1.1 304 Not Modified\r\nETag: {}\r\n\r\n", document.etag);
            connection.write_all(head.as_bytes()).await
        } else {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nETag: {}\r\n\r\n",
                document.content_type,
                document.body.len(),
                document.etag
            );
            match connection.write_all(head.as_bytes()).await {
                Ok(()) => connection.write_all(&document.body).await,
                error => error,
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A small generator of repeatable numbers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// A sequence that depends on `seed` alone.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(1))
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap_or(0) % bound.max(1)
    }
}

const SYLLABLES: [&str; 40] = [
    "ba", "ne", "ri", "to", "lu", "sha", "ker", "min", "dol", "ven", "ta", "quo", "pel", "gri", "an", "or", "est",
    "ul", "ix", "ond", "ch", "ma", "re", "si", "du", "fa", "the", "con", "per", "ing", "wa", "yo", "zan", "hel", "ju",
    "ep", "ar", "om", "ith", "ol",
];

/// A word of the made-up language; small numbers are frequent ones.
fn word(dice: &mut Dice, out: &mut String) {
    // The product of two draws leans to small ranks, as words of a language do.
    let rank = dice.below(70) * dice.below(70);
    let mut seed = Dice::new(rank as u64);
    for _ in 0..1 + seed.below(3) {
        out.push_str(SYLLABLES[seed.below(SYLLABLES.len())]);
    }
}

/// One of so many characters from `first` on; small numbers are frequent ones.
fn glyph(dice: &mut Dice, first: u32, step: usize, count: usize) -> char {
    let rank = dice.below(45) * dice.below(45);
    let code = first + u32::try_from(rank * step % count).unwrap_or(0);
    char::from_u32(code).unwrap_or('一')
}

/// A sentence, with its full stop.
fn sentence(dice: &mut Dice, script: Script, out: &mut String) {
    match script {
        Script::Chinese | Script::Japanese => {
            let length = 14 + dice.below(30);
            for at in 0..length {
                out.push(match if script == Script::Japanese { dice.below(4) } else { 0 } {
                    0 => glyph(dice, 0x4e00, 7, 6000),
                    1 | 2 => glyph(dice, 0x3042, 1, 80),
                    _ => glyph(dice, 0x30a2, 1, 80),
                });
                if at % 11 == 10 {
                    out.push(if script == Script::Japanese { '、' } else { '，' });
                }
            }
            out.push('。');
        }
        Script::Korean => {
            for at in 0..5 + dice.below(9) {
                if at > 0 {
                    out.push(' ');
                }
                for _ in 0..1 + dice.below(5) {
                    out.push(glyph(dice, 0xac00, 28, 11_172));
                }
            }
            out.push('.');
        }
        Script::Latin => {
            for at in 0..8 + dice.below(16) {
                if at > 0 {
                    out.push(' ');
                }
                word(dice, out);
            }
            out.push('.');
        }
    }
}

fn sentences(dice: &mut Dice, script: Script, count: usize) -> String {
    let mut out = String::new();
    for at in 0..count {
        if at > 0 && script.has_spaces() {
            out.push(' ');
        }
        sentence(dice, script, &mut out);
    }
    out
}

/// The HTML of one item, about `target` bytes.
pub(crate) fn item_html(dice: &mut Dice, script: Script, base: &str, target: usize) -> String {
    let target = target * (50 + dice.below(100)) / 100;
    let mut out = String::with_capacity(target + 1024);
    let mut block = 0;
    while out.len() < target {
        let kind = if block == 1 { 0 } else { dice.below(20) };
        let _ = match kind {
            0 => write!(
                out,
                "<figure><img src=\"{base}/img/{}.png\" alt=\"\" width=\"640\" height=\"360\"><figcaption>{}</figcaption></figure>",
                dice.below(5000),
                sentences(dice, script, 1)
            ),
            1 => write!(out, "<h2>{}</h2>", sentences(dice, script, 1)),
            2 => write!(
                out,
                "<ul><li>{}</li><li>{}</li><li>{}</li></ul>",
                sentences(dice, script, 1),
                sentences(dice, script, 1),
                sentences(dice, script, 1)
            ),
            3 => write!(
                out,
                "<pre><code class=\"language-rust\">fn main() {{\n    let n = {};\n    assert!(n &lt; {});\n}}</code></pre>",
                dice.below(9000),
                dice.below(9000)
            ),
            4 => write!(
                out,
                "<table><tr><th>n</th><th>m</th></tr><tr><td>{}</td><td>{}</td></tr></table>",
                dice.below(1000),
                dice.below(1000)
            ),
            5 => write!(out, "<blockquote><p>{}</p></blockquote>", sentences(dice, script, 2)),
            6 | 7 => write!(
                out,
                "<p>{} <a href=\"{base}/a/{}?utm_source=feed\">{}</a></p>",
                sentences(dice, script, 2),
                dice.below(9000),
                sentences(dice, script, 1)
            ),
            _ => {
                let count = 2 + dice.below(4);
                write!(out, "<p>{}</p>", sentences(dice, script, count))
            }
        };
        out.push('\n');
        block += 1;
    }
    out
}

/// A title without its full stop.
pub(crate) fn title(dice: &mut Dice, script: Script) -> String {
    let mut title = sentences(dice, script, 1);
    title.pop();
    title.chars().take(60).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The moment of an item: the newest first, a little over half a day apart, the last on 20 November 2026.
fn moment(feed: usize, item: usize) -> jiff::Timestamp {
    let seconds = 1_795_132_800 - i64::try_from(item * 51_840 + feed * 37 % 3000).unwrap_or(0);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// The feed of this number as it is served.
pub(crate) fn document(number: usize, base: &str, size: Size, script: Script) -> Document {
    let mut dice = Dice::new(number as u64 + 17);
    let language = script.language();
    let name = format!("{} #{number}", escape(&title(&mut dice, script)));
    let mut body = String::new();
    let mut json_items = Vec::new();
    let kind = number % 10;
    let content_type = match kind {
        0..=4 => {
            let _ = write!(
                body,
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>{name}</title><link>{base}/site/{number}</link><description>{name}</description><language>{language}</language>"
            );
            "application/rss+xml; charset=utf-8"
        }
        5..=7 => {
            let _ = write!(
                body,
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\"><title>{name}</title><id>tag:farm.invalid,2026:{number}</id><updated>{}</updated><link href=\"{base}/site/{number}\"/>",
                moment(number, 0)
            );
            "application/atom+xml; charset=utf-8"
        }
        _ => "application/feed+json",
    };
    for item in 0..size.items {
        let heading = title(&mut dice, script);
        let text = item_html(&mut dice, script, base, size.html);
        // Before the text, whose own pictures are not there: so the lead picture is one that can be had.
        let mut html = String::new();
        for picture in 0..size.pictures {
            let number = (number * size.items + item) * size.pictures + picture;
            let _ = write!(html, "<p><img src=\"{base}/photo/{number}.jpg\" alt=\"\"></p>");
        }
        html.push_str(&text);
        let summary = sentences(&mut dice, script, 2);
        let when = moment(number, item);
        let url = format!("{base}/a/{number}/{item}");
        let id = format!("tag:farm.invalid,2026:{number}/{item}");
        let _ = match kind {
            0..=4 => write!(
                body,
                "<item><title>{}</title><link>{url}</link><guid isPermaLink=\"false\">{id}</guid><pubDate>{}</pubDate><dc:creator>Author {}</dc:creator><category>{}</category><description>{}</description><content:encoded><![CDATA[{html}]]></content:encoded></item>",
                escape(&heading),
                when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
                dice.below(40),
                SYLLABLES[dice.below(40)],
                escape(&summary)
            ),
            5..=7 => write!(
                body,
                "<entry><title>{}</title><id>{id}</id><link href=\"{url}\"/><published>{when}</published><updated>{when}</updated><author><name>Author {}</name></author><category term=\"{}\"/><summary>{}</summary><content type=\"html\">{}</content></entry>",
                escape(&heading),
                dice.below(40),
                SYLLABLES[dice.below(40)],
                escape(&summary),
                escape(&html)
            ),
            _ => {
                json_items.push(serde_json::json!({
                    "id": id, "url": url, "title": heading, "content_html": html, "summary": summary,
                    "date_published": when.to_string(), "authors": [{"name": format!("Author {}", dice.below(40))}],
                    "tags": [SYLLABLES[dice.below(40)]],
                }));
                Ok(())
            }
        };
    }
    match kind {
        0..=4 => body.push_str("</channel></rss>"),
        5..=7 => body.push_str("</feed>"),
        _ => {
            body = serde_json::json!({
                "version": "https://jsonfeed.org/version/1.1", "title": name, "home_page_url": format!("{base}/site/{number}"),
                "language": language, "items": json_items,
            })
            .to_string();
        }
    }
    Document { etag: format!("\"farm-{number}-{}\"", body.len()), body: body.into_bytes(), content_type }
}
