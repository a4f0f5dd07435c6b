//! Feeds: entry counts, fields, encodings, and the outcome of broken documents.

use std::path::Path;
use std::time::Instant;

use gleaner::domain::{FeedDocument, FeedWarning, UnixMillis, WebUrl};
use gleaner::feed::{ParseContext, discovery, parse};
use serde_json::Value;

use crate::compare::{self, Expected};
use crate::report::{Exceptions, Figure, Tally, list, panics, read_cases};

/// Where documents are said to come from whose case names no address.
const NOWHERE: &str = "https://corpus.example/feed.xml";
/// 2026-11-01: later than every document of the corpus.
const NOW: UnixMillis = UnixMillis(1_793_491_200_000);

/// What was counted in a folder.
#[derive(Debug, Default, Clone)]
struct Counts {
    documents: usize,
    entries: Tally,
    fields: Tally,
    /// Cases with all they expect.
    whole: Tally,
    unstable: usize,
    slowest_millis: f64,
}

/// Measures every folder below `feeds`.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let exceptions = Exceptions::load();
    let feeds = root.join("feeds");
    let mut folders: Vec<String> = std::fs::read_dir(&feeds)
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    folders.sort();
    println!(
        "{:<20} {:>9} {:>17} {:>17} {:>15} {:>8} {:>10}",
        "folder", "documents", "entry counts", "fields", "whole cases", "unstable", "slowest"
    );
    let mut figures = Vec::new();
    let mut all = Counts::default();
    for folder in &folders {
        let counts = folder_counts(&feeds.join(folder), folder, &exceptions);
        println!(
            "{folder:<20} {:>9} {:>17} {:>17} {:>15} {:>8} {:>7.0} ms",
            counts.documents,
            counts.entries.to_string(),
            counts.fields.to_string(),
            counts.whole.to_string(),
            counts.unstable,
            counts.slowest_millis
        );
        if matches!(folder.as_str(), "encodings" | "broken" | "feedvalidator") {
            figures.push(Figure::share(format!("feeds.{folder}"), counts.whole.right, counts.whole.all));
        }
        all.documents += counts.documents;
        all.entries.add(&counts.entries);
        all.fields.add(&counts.fields);
        all.unstable += counts.unstable;
        all.slowest_millis = all.slowest_millis.max(counts.slowest_millis);
    }
    figures.insert(0, Figure::share("feeds.entry_counts", all.entries.right, all.entries.all));
    figures.insert(1, Figure::share("feeds.fields", all.fields.right, all.fields.all));
    figures.push(Figure::count("feeds.unstable", all.unstable));
    figures.push(Figure::count("feeds.panics", panics()));
    figures.push(Figure::new("feeds.slowest", all.slowest_millis, "ms"));
    figures
}

fn folder_counts(folder: &Path, name: &str, exceptions: &Exceptions) -> Counts {
    let mut counts = Counts::default();
    for case in read_cases(folder) {
        let Some(file) = case["file"].as_str() else { continue };
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            list(&format!("{name}/{file}: the file is missing"));
            continue;
        };
        let url = case["url"].as_str().and_then(|url| WebUrl::parse(url).ok());
        let url = url.or_else(|| WebUrl::parse(NOWHERE).ok());
        let Some(url) = url else { continue };
        let ctx = ParseContext { url: &url, content_type: header(&case), now: NOW, max_entries: 1000 };
        let start = Instant::now();
        let read = parse(&bytes, &ctx);
        counts.slowest_millis = counts.slowest_millis.max(start.elapsed().as_secs_f64() * 1000.0);
        counts.documents += 1;
        let again = parse(&bytes, &ctx);
        if read != again {
            counts.unstable += 1;
            list(&format!("{name}/{file}: a second reading gives something else"));
        }
        let path = format!("feeds/{name}/{file}");
        let document = read.as_ref().ok();
        let expected = compare::expected_of(&case, folder);
        let mut misses = Vec::new();
        if let Some(right) = count_is_right(document, &expected)
            && !exceptions.hold(&path, "entry_count")
        {
            counts.entries.count(right);
            if !right {
                misses.push(format!(
                    "entries: {} instead of {:?}",
                    stood(document),
                    expected.count.or(expected.at_least)
                ));
            }
        }
        if name == "broken" || name == "feedvalidator" {
            misses.extend(outcome_miss(&case, document).filter(|_| !exceptions.hold(&path, "outcome")));
        }
        if let Some(document) = document {
            let checked = compare::fields(document, &expected, &url);
            for field in checked {
                if exceptions.hold(&path, &field.name) {
                    continue;
                }
                counts.fields.count(field.right);
                if !field.right {
                    misses.push(format!("{}: {} instead of {}", field.name, field.found, field.wanted));
                }
            }
        } else {
            let lost = expected.fields();
            if lost > 0 && !exceptions.hold(&path, "entry_count") {
                counts.fields.all += lost;
                misses.push(format!("{lost} fields lost: {:?}", read.as_ref().err()));
            }
        }
        if let Some(wanted) = case["expect"]["discovered"].as_str() {
            let found = discovery::find_feeds(&String::from_utf8_lossy(&bytes), &url);
            if !found.iter().any(|link| link.url.as_str() == wanted) {
                misses.push(format!("{wanted} was not discovered"));
            }
        }
        counts.whole.count(misses.is_empty());
        for miss in misses {
            list(&format!("{path}: {miss}"));
        }
    }
    counts
}

fn header(case: &Value) -> Option<&str> {
    case["http"].as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?.1.as_str()
}

/// How many entries stood in the document, those that the limit left out and repeated ones included.
fn stood(document: Option<&FeedDocument>) -> usize {
    let Some(document) = document else { return 0 };
    let left_out = document.warnings.iter().find_map(|warning| match warning {
        FeedWarning::TooManyEntries(count) => Some(*count),
        _ => None,
    });
    document.entries.len() + (document.repeated + left_out.unwrap_or(0)) as usize
}

fn count_is_right(document: Option<&FeedDocument>, expected: &Expected) -> Option<bool> {
    let stood = stood(document);
    if let Some(stored) = expected.stored
        && document.map_or(0, |document| document.entries.len()) != stored
    {
        return Some(false);
    }
    match (expected.count, expected.at_least) {
        (Some(count), _) => Some(stood == count),
        (None, Some(least)) => Some(stood >= least),
        (None, None) => None,
    }
}

/// What a case says about being a feed at all.
fn outcome_miss(case: &Value, document: Option<&FeedDocument>) -> Option<String> {
    let valid = case["finding"]["name"] == "Error" && case["finding"]["absent"] == true;
    match case["outcome"].as_str() {
        Some("read") if document.is_none() => Some("should be read and was refused".to_owned()),
        Some("refuse") if document.is_some() => Some("should be refused and was read".to_owned()),
        None if valid && document.is_none() => Some("is valid and was refused".to_owned()),
        _ => None,
    }
}
