//! Exports of other readers and keepers: whether every item comes out with what the file says of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use gleaner::domain::UnixMillis;
use gleaner::imports::{Item, Part, read};
use serde_json::Value;

use crate::report::{Figure, Tally, list, one_line, read_cases};

/// Measures `imports`: which files are recognised, how many items come out, and what they say.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let folder = root.join("imports");
    let (mut recognised, mut counts, mut fields) = (Tally::default(), Tally::default(), Tally::default());
    let mut slowest = 0_f64;
    for case in read_cases(&folder) {
        let Some(file) = case["file"].as_str() else { continue };
        let Ok(bytes) = std::fs::read(folder.join(file)) else { continue };
        let name = file.rsplit('/').next().unwrap_or(file);
        let start = Instant::now();
        let parts = read(name, &bytes).unwrap_or_default();
        slowest = slowest.max(start.elapsed().as_secs_f64() * 1000.0);
        let (mut items, mut rows, mut format) = (Vec::new(), 0, "nothing");
        for part in &parts {
            if let Part::Items(listing) = part {
                rows += listing.items.len() + listing.bad.len();
                items.extend(&listing.items);
                format = listing.format.name();
            }
        }
        println!("{:<48} {format:<36} {:>6}", file, items.len());
        recognised.count(!items.is_empty());
        if let Some(count) = case["expect"]["count"].as_u64() {
            counts.count(rows as u64 == count);
            if rows as u64 != count {
                list(&format!("imports/{file}: {rows} items instead of {count}"));
            }
        }
        for (index, wanted) in case["expect"]["items"].as_array().into_iter().flatten().enumerate() {
            for (field, value) in wanted.as_object().into_iter().flatten() {
                let right = items.get(index).is_some_and(|item| holds(item, field, value));
                fields.count(right);
                if !right {
                    list(&format!("imports/{file}, item {}: {field} is not {value}", index + 1));
                }
            }
        }
    }
    println!("recognised  {recognised}");
    println!("counts      {counts}");
    println!("fields      {fields}");
    vec![
        Figure::share("imports.recognised", recognised.right, recognised.all),
        Figure::share("imports.counts", counts.right, counts.all),
        Figure::share("imports.fields", fields.right, fields.all),
        Figure::new("imports.slowest", slowest, "ms"),
    ]
}

/// Whether an item says this. Fields that only the source knows are not compared.
fn holds(item: &Item, field: &str, wanted: &Value) -> bool {
    let text = wanted.as_str().unwrap_or_default();
    match field {
        "url" => item.address == text,
        "title" => item.title == one_line(text),
        "tags" => {
            let wanted: BTreeSet<&str> = wanted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            item.tags.iter().map(String::as_str).collect::<BTreeSet<_>>() == wanted
        }
        "read" => item.read == wanted.as_bool(),
        "starred" => Some(item.starred) == wanted.as_bool(),
        "added" => item.added.and_then(UnixMillis::to_timestamp).is_some_and(|added| {
            let second = jiff::Timestamp::from_second(added.as_second()).unwrap_or_default();
            second.to_string() == text
        }),
        "folder" => item.folder == text,
        "selection" => item.passages.first().is_some_and(|passage| passage.text == text),
        "lang" => item.language.as_ref().is_some_and(|language| language.as_str().eq_ignore_ascii_case(text)),
        "has_content" => Some(item.html.is_some()) == wanted.as_bool(),
        _ => true,
    }
}
