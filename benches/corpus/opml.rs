//! Subscription lists: the feeds in them, with their titles and folders.

use std::path::Path;
use std::time::Instant;

use gleaner::domain::{UnixMillis, WebUrl};
use gleaner::feed::opml::{SubscriptionList, read, write};
use serde_json::Value;

use crate::report::{Exceptions, Figure, Tally, list, one_line, read_cases};

/// Measures `opml`: counts and feeds against the reference, and whether what is written is read back.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let exceptions = Exceptions::load();
    let folder = root.join("opml");
    let (mut counts, mut feeds, mut round_trips) = (Tally::default(), Tally::default(), Tally::default());
    let mut slowest = 0_f64;
    for case in read_cases(&folder) {
        let Some(file) = case["file"].as_str() else { continue };
        let Ok(bytes) = std::fs::read(folder.join(file)) else { continue };
        let path = format!("opml/{file}");
        let start = Instant::now();
        let read_list = read(&bytes);
        slowest = slowest.max(start.elapsed().as_secs_f64() * 1000.0);
        let found = read_list.unwrap_or_default();
        let written = write(&found.title, &found.outlines, UnixMillis(0));
        let again = read(written.as_bytes()).unwrap_or_default();
        round_trips.count(again.outlines == found.outlines);
        let reference = &case["reference"];
        let Some(count) = reference["count"].as_u64() else { continue };
        let total = found.outlines.len() + found.repeated + found.refused.len();
        if !exceptions.hold(&path, "count") {
            counts.count(total as u64 == count);
            if total as u64 != count {
                list(&format!("{path}: {total} feeds instead of {count}"));
            }
        }
        for wanted in reference["feeds"].as_array().into_iter().flatten() {
            if exceptions.hold(&path, "feeds") {
                continue;
            }
            let right = has(&found, wanted);
            feeds.count(right);
            if !right {
                list(&format!("{path}: {wanted} is missing"));
            }
        }
    }
    println!("counts      {counts}");
    println!("feeds       {feeds}");
    println!("round trips {round_trips}");
    vec![
        Figure::share("opml.counts", counts.right, counts.all),
        Figure::share("opml.feeds", feeds.right, feeds.all),
        Figure::share("opml.round_trips", round_trips.right, round_trips.all),
        Figure::new("opml.slowest", slowest, "ms"),
    ]
}

/// Whether a list holds a wanted feed with its title and folders, or refused its address.
fn has(found: &SubscriptionList, wanted: &Value) -> bool {
    let address = wanted["url"].as_str().unwrap_or_default();
    let Ok(url) = WebUrl::from_typed(address) else {
        return found.refused.iter().any(|refused| address.starts_with(refused.text.trim_end_matches('…')));
    };
    let title = one_line(wanted["title"].as_str().unwrap_or_default());
    // Folders without a name are none.
    let folders: Vec<String> = wanted["folders"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(one_line)
        .filter(|name| !name.is_empty())
        .collect();
    found.outlines.iter().any(|outline| {
        let by_category = folders.is_empty() && wanted["category"].is_string();
        outline.url == url && outline.title == title && (outline.folders == folders || by_category)
    })
}
