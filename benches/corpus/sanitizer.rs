//! The sanitiser on collections of payloads: what must never come out, whether a second cleaning changes anything, and
//! how often the result is the one that another project accepts, or a stricter one.

use std::path::Path;
use std::time::Instant;

use gleaner::content::bound::{self, bound};
use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::domain::WebUrl;
use serde::Deserialize;

use crate::inert::violation;
use crate::report::Figure;
use crate::shape::Shape;

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input: String,
    #[serde(default)]
    outputs: Vec<String>,
    base_url: Option<String>,
}

/// What was counted over one file.
#[derive(Default)]
struct Counts {
    cases: usize,
    violations: usize,
    moving: usize,
    compared: usize,
    matched: usize,
    slowest_millis: u128,
}

/// Walks `sanitizer` below the corpus root.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let mut total = Counts::default();
    println!(
        "{:<28} {:>6} {:>10} {:>8} {:>9} {:>9}",
        "collection", "cases", "violations", "moving", "compared", "matched"
    );
    for (name, text) in collections(&root.join("sanitizer")) {
        let collection: Collection = match serde_json::from_str(&text) {
            Ok(collection) => collection,
            Err(error) => {
                println!("{name}: {error}");
                total.violations += 1;
                continue;
            }
        };
        let counts = measure(&name, &collection);
        println!(
            "{name:<28} {:>6} {:>10} {:>8} {:>9} {:>9}",
            counts.cases, counts.violations, counts.moving, counts.compared, counts.matched
        );
        total.cases += counts.cases;
        total.violations += counts.violations;
        total.moving += counts.moving;
        total.compared += counts.compared;
        total.matched += counts.matched;
        total.slowest_millis = total.slowest_millis.max(counts.slowest_millis);
    }
    vec![
        count("sanitizer.cases", total.cases),
        count("sanitizer_violations", total.violations),
        count("sanitizer_not_fixpoint", total.moving),
        Figure::share("sanitizer.outputs", total.matched, total.compared),
        count("sanitizer.slowest_ms", usize::try_from(total.slowest_millis).unwrap_or(usize::MAX)),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn count(name: &str, value: usize) -> Figure {
    Figure::new(name, value as f64, "count")
}

fn collections(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some((name, std::fs::read_to_string(path).ok()?))
        })
        .collect()
}

fn measure(name: &str, collection: &Collection) -> Counts {
    let mut counts = Counts::default();
    for case in &collection.cases {
        counts.cases += 1;
        let base = case
            .base_url
            .as_deref()
            .and_then(|base| WebUrl::parse(base).ok())
            .or_else(|| WebUrl::parse("https://article.example/a/").ok());
        let started = Instant::now();
        let once = cleaned(&case.input, base.as_ref());
        counts.slowest_millis = counts.slowest_millis.max(started.elapsed().as_millis());
        if let Some(what) = violation(&once) {
            counts.violations += 1;
            println!("  violation in {name} {}: {what}", case.id);
        }
        if cleaned(&once, base.as_ref()) != once {
            counts.moving += 1;
            println!("  not a fixed point: {name} {}", case.id);
        }
        if !case.outputs.is_empty() {
            counts.compared += 1;
            let ours = Shape::of(&once);
            if case.outputs.iter().any(|output| ours.is_within(&Shape::of(output))) {
                counts.matched += 1;
            } else if std::env::var_os("CORPUS_VERBOSE").is_some() {
                println!("  {name} {}: {:?}\n    ours {once:?}\n    outputs {:?}", case.id, case.input, case.outputs);
            }
        }
    }
    counts
}

fn cleaned(html: &str, base: Option<&WebUrl>) -> String {
    let as_is = |url: &WebUrl| url.to_string();
    let bounded = bound(html, &bound::ENTRY);
    clean(&bounded.html, &Rendering { base, picture: &as_is, media: &as_is, kept: &nothing_kept }).into_string()
}
