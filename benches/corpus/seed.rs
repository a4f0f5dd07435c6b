//! Articles as relays of feeds hand them out: is the date line read, is every picture where it really is, has each
//! caption its picture, is the tail gone, is all the text there.

use std::path::Path;

use gleaner::archive;
use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::content::normalise::{Facts, Normalised, normalise};
use gleaner::domain::{UnixMillis, WebUrl};
use gleaner::feed::{self, ParseContext};
use scraper::{Html, Node};
use serde::Deserialize;

use crate::report::Figure;

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    #[serde(default)]
    expect: Expectation,
}

#[derive(Deserialize, Default)]
struct Expectation {
    published: Option<String>,
    #[serde(default)]
    image_origins: Vec<String>,
    #[serde(default)]
    text_contains: Vec<String>,
    #[serde(default)]
    forbidden_in_page: Vec<String>,
}

/// How often a thing was to be done, and how often it was.
#[derive(Default)]
struct Tally {
    due: usize,
    done: usize,
}

impl Tally {
    fn add(&mut self, due: usize, done: usize, what: &str, file: &str) {
        self.due += due;
        self.done += done.min(due);
        if done < due {
            println!("  {what}: {done} of {due} in {file}");
        }
    }
}

#[derive(Default)]
struct Tallies {
    date_lines: Tally,
    pictures: Tally,
    captions: Tally,
    tails: Tally,
    texts: Tally,
    forbidden: Tally,
}

/// Walks `seed`, `seedstyle` and `feeds/full-text-chinese` below the corpus root.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let mut tallies = Tallies::default();
    for entry in std::fs::read_dir(root.join("seed")).into_iter().flatten().flatten() {
        let expect = Expectation { published: Some("2023-08-15T09:07:19Z".to_owned()), ..Expectation::default() };
        measure_file(&entry.path(), &expect, &mut tallies);
    }
    let folder = root.join("seedstyle");
    let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap_or_default();
    match serde_json::from_str::<Collection>(&cases) {
        Ok(collection) => {
            for case in &collection.cases {
                measure_file(&folder.join(&case.file), &case.expect, &mut tallies);
            }
        }
        Err(error) => println!("seedstyle/cases.json: {error}"),
    }
    for entry in std::fs::read_dir(root.join("feeds/full-text-chinese")).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "xml") {
            measure_feed(&entry.path(), &mut tallies);
        }
    }
    [
        ("seed.date_lines", tallies.date_lines),
        ("seed.pictures", tallies.pictures),
        ("seed.captions", tallies.captions),
        ("seed.tails", tallies.tails),
        ("seed.texts", tallies.texts),
        ("seed.forbidden_absent", tallies.forbidden),
    ]
    .into_iter()
    .map(|(name, tally)| {
        println!("{name:<24} {} of {}", tally.done, tally.due);
        Figure::share(name, tally.done, tally.due)
    })
    .collect()
}

fn measure_file(path: &Path, expect: &Expectation, tallies: &mut Tallies) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Ok(bytes) = std::fs::read(path) else { return };
    let Ok(article) = archive::read(&name, &bytes) else {
        tallies.texts.add(expect.text_contains.len(), 0, "unreadable", &name);
        return;
    };
    let url = WebUrl::parse(&article.address).ok();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    measure_body(&name, &article.body, &article.title, url.as_ref(), &folder, article.seen_at(), expect, tallies);
}

fn measure_feed(path: &Path, tallies: &mut Tallies) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (Ok(bytes), Ok(url)) = (std::fs::read(path), WebUrl::parse("https://relay.example/feed.xml")) else { return };
    let context =
        ParseContext { url: &url, content_type: None, now: UnixMillis(1_700_000_000_000), max_entries: 1_000 };
    let Ok(document) = feed::parse(&bytes, &context) else {
        tallies.texts.add(1, 0, "unreadable", &name);
        return;
    };
    for entry in &document.entries {
        let body = entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default();
        // What the rules must do shows in the body itself; no expectation says it a second time.
        let expect =
            Expectation { published: body.starts_with("<div><i>").then(String::new), ..Expectation::default() };
        let file = format!("{name}: {}", entry.title);
        measure_body(&file, body, &entry.title, entry.url.as_ref(), &document.title, entry.published, &expect, tallies);
    }
}

#[expect(clippy::too_many_arguments, reason = "an article has so many parts, and only this file hands them on")]
fn measure_body(
    file: &str,
    body: &str,
    title: &str,
    url: Option<&WebUrl>,
    source_title: &str,
    published: Option<UnixMillis>,
    expect: &Expectation,
    tallies: &mut Tallies,
) {
    let facts =
        Facts { title, url, base: None, source_title, published, language: None, now: UnixMillis(1_700_000_000_000) };
    let ours: Normalised = normalise(body, &facts);
    let as_is = |url: &WebUrl| url.to_string();
    let page =
        clean(&ours.html, &Rendering { base: url, picture: &as_is, media: &as_is, kept: &nothing_kept }).into_string();

    if expect.published.is_some() {
        let taken = ours.date_line.as_ref().is_some_and(|line| !ours.html.contains(line.as_str()));
        tallies.date_lines.add(1, usize::from(taken), "date line", file);
    }
    let proxied = body.matches("weserv.nl").count() + body.matches("wsrv.nl").count();
    let left = page.matches("weserv.nl").count() + page.matches("wsrv.nl").count();
    tallies.pictures.add(proxied, proxied.saturating_sub(left), "proxied pictures", file);
    let without_scheme = |address: &str| address.trim_start_matches("https:").trim_start_matches("http:").to_owned();
    let shown: Vec<String> = addresses(&page).iter().map(|address| without_scheme(address)).collect();
    let found = expect.image_origins.iter().filter(|origin| shown.contains(&without_scheme(origin))).count();
    tallies.pictures.add(expect.image_origins.len(), found, "original pictures", file);
    let captions = body.matches("<div><small").count();
    tallies.captions.add(captions, page.matches("<figcaption>").count(), "captions", file);
    let tails = ["获取更多RSS", "appeared first on", "=====</p>"];
    let due = tails.iter().filter(|tail| body.contains(*tail)).count();
    let left = tails.iter().filter(|tail| page.contains(*tail)).count();
    tallies.tails.add(due, due - left, "tails", file);
    let text = text_of(&page);
    let there = expect.text_contains.iter().filter(|part| text.contains(&squeeze(part))).count();
    tallies.texts.add(expect.text_contains.len(), there, "text", file);
    let absent = expect.forbidden_in_page.iter().filter(|part| !page.contains(part.as_str())).count();
    tallies.forbidden.add(expect.forbidden_in_page.len(), absent, "forbidden", file);
}

fn addresses(html: &str) -> Vec<String> {
    Html::parse_fragment(html)
        .tree
        .nodes()
        .filter_map(|node| node.value().as_element())
        .flat_map(|element| [element.attr("src"), element.attr("poster")])
        .flatten()
        .map(str::to_owned)
        .collect()
}

fn text_of(html: &str) -> String {
    let document = Html::parse_fragment(html);
    squeeze(
        &document
            .tree
            .nodes()
            .filter_map(|node| if let Node::Text(text) = node.value() { Some(&**text) } else { None })
            .collect::<String>(),
    )
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
