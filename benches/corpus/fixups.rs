//! Clean-ups that another reader does: how many of their outcomes come out of ours. Ideas, not obligations.

use std::path::Path;

use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::content::normalise::{Facts, normalise};
use gleaner::domain::{UnixMillis, WebUrl};
use serde::Deserialize;

use crate::report::Figure;
use crate::shape::Shape;

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    about: String,
    #[serde(default)]
    rules: Option<String>,
    url: Option<String>,
    #[serde(default)]
    title: String,
    input: String,
    expected: String,
    expected_title: Option<String>,
    max_chars: Option<i64>,
}

/// Walks `html-fixups` below the corpus root.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let path = root.join("html-fixups/cases.json");
    let collection: Collection = match std::fs::read_to_string(&path).map(|text| serde_json::from_str(&text)) {
        Ok(Ok(collection)) => collection,
        Ok(Err(error)) => {
            println!("{}: {error}", path.display());
            return vec![Figure::share("fixups.met", 0, 1)];
        }
        Err(error) => {
            println!("{}: {error}", path.display());
            return vec![Figure::share("fixups.met", 0, 1)];
        }
    };
    let (mut met, mut measured) = (0, 0);
    // Cases with a length are about excerpts, not about bodies.
    for case in collection.cases.iter().filter(|case| case.max_chars.is_none()) {
        measured += 1;
        if outcome_is_met(case) {
            met += 1;
        } else {
            println!("  other outcome: {} {} ({})", case.id, case.about, case.rules.as_deref().unwrap_or_default());
        }
    }
    println!("{met} of {measured} outcomes");
    vec![Figure::share("fixups.met", met, measured)]
}

fn outcome_is_met(case: &Case) -> bool {
    let url = case.url.as_deref().and_then(|url| WebUrl::parse(url).ok());
    let facts = Facts {
        title: &case.title,
        url: url.as_ref(),
        base: None,
        source_title: "",
        published: None,
        language: None,
        now: UnixMillis(1_700_000_000_000),
    };
    let ours = normalise(&case.input, &facts);
    let title = ours.title.as_deref().unwrap_or(&case.title);
    if case.expected_title.as_deref().is_some_and(|expected| expected != title) {
        return false;
    }
    let as_is = |url: &WebUrl| url.to_string();
    let rendering = Rendering { base: url.as_ref(), picture: &as_is, media: &as_is, kept: &nothing_kept };
    let shown = |html: &str| Shape::of(clean(html, &rendering).as_str());
    shown(&ours.html).is_like(&shown(&case.expected))
}
