//! Feeds found in pages and from addresses, and tracking parameters taken out of addresses.

use std::path::Path;

use gleaner::domain::WebUrl;
use gleaner::feed::discovery::{FeedLink, find_feeds, known_feeds};

use crate::report::{Exceptions, Figure, Tally, list, read_cases};

/// Measures `discovery`: pages and addresses.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let exceptions = Exceptions::load();
    let folder = root.join("discovery");
    let (mut pages, mut addresses) = (Tally::default(), Tally::default());
    for case in read_cases(&folder) {
        let Some(wanted) = case["feeds"].as_array() else { continue };
        let url = case["url"].as_str().unwrap_or("https://page.example/");
        let page = WebUrl::parse(url);
        let name = case["file"].as_str().or(case["id"].as_str()).unwrap_or_default();
        if exceptions.hold(&format!("discovery/{name}"), "feeds") {
            continue;
        }
        let found: Vec<FeedLink> = match (&page, case["file"].as_str()) {
            (Err(_), _) => Vec::new(),
            (Ok(page), None) => known_feeds(page),
            (Ok(page), Some(file)) => {
                let html = std::fs::read(folder.join(file)).unwrap_or_default();
                find_feeds(&String::from_utf8_lossy(&html), page)
            }
        };
        let right = found.len() == wanted.len()
            && found.iter().zip(wanted).all(|(found, wanted)| {
                let address = wanted["url"].as_str().unwrap_or_default();
                let address = page.as_ref().ok().and_then(|page| page.join(address).ok());
                // A missing title stays missing; readers show the address in its place.
                let title = wanted["title"]
                    .as_str()
                    .is_none_or(|title| title == found.title || Some(title) == wanted["url"].as_str());
                address.as_ref() == Some(&found.url) && title
            });
        if case["file"].is_string() { &mut pages } else { &mut addresses }.count(right);
        if !right {
            list(&format!("discovery {name} {url}: {found:?} instead of {wanted:?}"));
        }
    }
    println!("in pages       {pages}");
    println!("by the address {addresses}");
    vec![
        Figure::share("discovery.pages", pages.right, pages.all),
        Figure::share("discovery.addresses", addresses.right, addresses.all),
    ]
}

/// Measures the tracking cases of `urls`.
pub(crate) fn urls(root: &Path) -> Vec<Figure> {
    let exceptions = Exceptions::load();
    let mut tally = Tally::default();
    for case in read_cases(&root.join("urls")) {
        let (Some(input), Some(id)) = (case["input"].as_str(), case["id"].as_str()) else { continue };
        if case["kind"] != "tracking" || exceptions.hold(id, "expected") {
            continue;
        }
        let Ok(url) = WebUrl::parse(input) else { continue };
        let right = case["expected"].as_str() == Some(url.without_tracking().as_str());
        tally.count(right);
        if !right {
            list(&format!("urls {id}: {} instead of {}", url.without_tracking(), case["expected"]));
        }
    }
    println!("tracking {tally}");
    vec![Figure::share("urls.tracking", tally.right, tally.all)]
}
