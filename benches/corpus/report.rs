//! Figures, and the floors they must not fall below.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

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
