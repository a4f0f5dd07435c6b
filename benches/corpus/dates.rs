//! Dates as found in feeds, and the instants they mean.

use std::path::Path;

use gleaner::domain::UnixMillis;
use gleaner::feed::dates::{DateContext, parse_date};

use crate::report::{Exceptions, Figure, Tally, list, read_cases};

/// 2026-11-01.
const NOW: UnixMillis = UnixMillis(1_793_491_200_000);

/// Measures `dates`, by the level that each case has.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let exceptions = Exceptions::load();
    let ctx = DateContext { language: None, host: None, now: NOW };
    let levels = ["must", "should", "may"];
    let mut tallies = [Tally::default(); 3];
    for case in read_cases(&root.join("dates")) {
        let (Some(input), Some(id)) = (case["input"].as_str(), case["id"].as_str()) else { continue };
        if exceptions.hold(id, "utc") {
            continue;
        }
        let read = parse_date(input, &ctx);
        let right = match (case["utc"].as_str(), case["readable"].as_bool()) {
            (Some(utc), _) => {
                // Years before 1970 are clamped, however few digits they are written with.
                let wanted = utc.parse::<jiff::Timestamp>().map_or(0, |at| at.as_millisecond().max(0));
                read.is_some_and(|read| (read.0 - wanted).abs() < 1000)
            }
            (None, Some(readable)) => read.is_some() == readable,
            (None, None) => read.is_none(),
        };
        let level = levels.iter().position(|level| case["level"] == **level).unwrap_or(2);
        tallies[level].count(right);
        if !right {
            let read = read.and_then(UnixMillis::to_timestamp);
            list(&format!("dates {id}: «{input}» gives {read:?} instead of {}", case["utc"]));
        }
    }
    for (level, tally) in levels.iter().zip(&tallies) {
        println!("{level:<8} {tally}");
    }
    levels
        .iter()
        .zip(&tallies)
        .map(|(level, tally)| Figure::share(format!("dates.{level}"), tally.right, tally.all))
        .collect()
}
