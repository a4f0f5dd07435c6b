//! Figures, and the floors they must not fall below.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::Value;

/// One measured value.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// Dotted, such as `feeds.fields`.
    pub(crate) name: String,
    /// The value, in `unit`.
    pub(crate) value: f64,
    /// `%`, `F1`, `ms`, `count` …
    pub(crate) unit: &'static str,
}

impl Figure {
    /// A figure of any unit.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit }
    }

    /// A number of things.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn count(name: impl Into<String>, count: usize) -> Self {
        Self::new(name, count as f64, "count")
    }

    /// `part` of `whole` in per cent; 100 where there was nothing to do.
    #[expect(clippy::cast_precision_loss, reason = "counts of files are far below 2^52")]
    pub(crate) fn share(name: impl Into<String>, part: usize, whole: usize) -> Self {
        let value = if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 };
        Self::new(name, value, "%")
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded down, so that 98.999 % never looks like a reached 99 %.
        write!(f, "figure {} {:.4} {}", self.name, (self.value * 10_000.0).floor() / 10_000.0, self.unit)
    }
}

/// How far a figure may go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bound {
    /// The least value.
    at_least: Option<f64>,
    /// The greatest value.
    at_most: Option<f64>,
}

/// Compares the figures with `tests/corpus-floors.toml` and says which are missed. A floor without a figure is missed
/// too when `all` sections ran.
pub(crate) fn floors_hold(figures: &[Figure], all: bool) -> bool {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus-floors.toml");
    let floors: BTreeMap<String, Bound> = match std::fs::read_to_string(path).map(|text| toml::from_str(&text)) {
        Ok(Ok(floors)) => floors,
        Ok(Err(error)) => {
            eprintln!("corpus: {path}: {error}");
            return false;
        }
        Err(error) => {
            eprintln!("corpus: {path}: {error}");
            return false;
        }
    };
    let mut held = true;
    for (name, bound) in &floors {
        let Some(figure) = figures.iter().find(|figure| &figure.name == name) else {
            if all {
                eprintln!("missed: {name} was not measured");
                held = false;
            }
            continue;
        };
        let below = bound.at_least.is_some_and(|least| figure.value < least);
        let above = bound.at_most.is_some_and(|most| figure.value > most);
        if below || above {
            let bound = bound.at_least.or(bound.at_most).unwrap_or_default();
            eprintln!("missed: {name} is {:.4} {}, its bound is {bound}", figure.value, figure.unit);
            held = false;
        }
    }
    held
}

/// How many were right of how many.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) right: usize,
    pub(crate) all: usize,
}

impl Tally {
    /// Counts one more.
    pub(crate) fn count(&mut self, right: bool) {
        self.all += 1;
        self.right += usize::from(right);
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.all += other.all;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {:.1}%", self.right, self.all, Figure::share("", self.right, self.all).value)
    }
}

/// The cases of a folder: the list in its `cases.json`, empty if there is none.
pub(crate) fn read_cases(folder: &Path) -> Vec<Value> {
    let path = folder.join("cases.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("corpus: {}: {error}", path.display());
            return Vec::new();
        }
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(mut whole) => match whole["cases"].take() {
            Value::Array(cases) => cases,
            _ => Vec::new(),
        },
        Err(error) => {
            eprintln!("corpus: {}: {error}", path.display());
            Vec::new()
        }
    }
}

static LISTING: AtomicBool = AtomicBool::new(false);
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Turns on the list of what was missed (`--list`).
pub(crate) fn list_misses() {
    LISTING.store(true, Ordering::Relaxed);
}

/// Prints one thing that was missed, if the caller wants to know.
pub(crate) fn list(miss: &str) {
    if LISTING.load(Ordering::Relaxed) {
        println!("miss {miss}");
    }
}

/// Counts every panic, also those that are caught behind a boundary of the reader.
pub(crate) fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(info);
    }));
}

/// How many panics there were so far.
pub(crate) fn panics() -> usize {
    PANICS.load(Ordering::Relaxed)
}

/// Expectations that contradict the specification or what Gleaner documents, each by name and with its reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// Paths below the corpus root, or ids of cases.
    cases: Vec<String>,
    /// The fields that are not compared.
    fields: Vec<String>,
    /// Why.
    #[expect(dead_code, reason = "for readers of the file; required, so that no exception goes without")]
    reason: String,
}

impl Exceptions {
    /// Reads `tests/corpus-exceptions.toml`.
    pub(crate) fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus-exceptions.toml");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        toml::from_str(&text).unwrap_or_else(|error| {
            eprintln!("corpus: {path}: {error}");
            Self::default()
        })
    }

    /// Whether `field` of `case` is excepted.
    pub(crate) fn hold(&self, case: &str, field: &str) -> bool {
        self.exception.iter().any(|exception| {
            exception.cases.iter().any(|name| name == case)
                && exception.fields.iter().any(|name| name == field || name == "*")
        })
    }
}

/// A text with single spaces where it has any white space.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
