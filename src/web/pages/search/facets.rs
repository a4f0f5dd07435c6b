//! What the hits have in common: feeds, categories, years, languages, states, each with its number.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::address;
use crate::domain::{FeedId, Language};
use crate::search::{Folded, MAX_QUERY_BYTES, Query};
use crate::store::{Hit, Sidebar};
use crate::web::locale::Locale;
use crate::web::page::Frame;
use crate::web::view::{ALL_FEEDS, ScopeName};
use crate::web::{CurrentUser, WebError, WebState};

/// So many of a kind are offered.
const OFFERED: usize = 8;

/// So many feeds are looked up by name, those with most hits. Several may go by one.
const NAMED: usize = 4 * OFFERED;

/// One kind of facet.
#[derive(Debug)]
pub(in crate::web::pages) struct Facet {
    /// What it is about, in the reader's language.
    pub(in crate::web::pages) title: &'static str,
    /// Its values: name, number, and the address of the narrower search.
    pub(in crate::web::pages) values: Vec<(String, i64, String)>,
}

/// For each feed its title and that of its category; either may be empty.
pub(super) type FeedNames = HashMap<FeedId, (String, String)>;

/// The names of feeds that have hits: from the sidebar, or, where that leaves some out, looked up.
pub(super) async fn names(
    web: &WebState,
    user: &CurrentUser,
    sidebar: &Sidebar,
    hits: &[Hit],
) -> Result<FeedNames, WebError> {
    if sidebar.counts.feeds <= ALL_FEEDS {
        let feeds = sidebar.categories.iter().flat_map(|category| {
            category.feeds.iter().map(|feed| (feed.id, (feed.title.clone(), category.title.clone())))
        });
        return Ok(feeds.collect());
    }
    let feeds = counted(hits.iter().map(|hit| hit.feed_id));
    let most: Vec<FeedId> = feeds.iter().take(NAMED).map(|(feed, _)| *feed).collect();
    if most.is_empty() {
        return Ok(FeedNames::new());
    }
    let (mut titles, places) =
        tokio::try_join!(web.app.db.feed_titles(user.id, &most), web.app.db.feed_categories(user.id))?;
    let category = |feed| {
        let id = places.get(feed)?;
        sidebar.categories.iter().find(|category| category.id == Some(*id)).map(|category| category.title.clone())
    };
    let names = feeds
        .iter()
        .map(|(feed, _)| (*feed, (titles.remove(feed).unwrap_or_default(), category(feed).unwrap_or_default())));
    Ok(names.collect())
}

/// The facets of hits. What all of them have in common narrows nothing and is left out.
pub(super) fn facets(
    hits: &[Hit],
    q: &str,
    within: Option<ScopeName>,
    names: &FeedNames,
    frame: &Frame,
    zone: &TimeZone,
) -> Vec<Facet> {
    let count_of = |is: fn(&Hit) -> bool| i64::try_from(hits.iter().filter(|hit| is(hit)).count()).unwrap_or(0);
    let states = vec![
        ("unread", frame.t("list.unread"), count_of(|hit| hit.unread)),
        ("read", frame.t("mark.read"), count_of(|hit| !hit.unread)),
        ("starred", frame.t("list.starred"), count_of(|hit| hit.starred)),
        ("later", frame.t("list.later"), count_of(|hit| hit.later)),
    ];
    let year = |hit: &Hit| {
        let moment = Timestamp::from_millisecond(hit.sort_at.0).ok()?;
        Some(moment.to_zoned(zone.clone()).year())
    };
    // What was begun and not ended would take in what comes after it.
    let query = Query::parse(q, frame.now, zone);
    let q = if query.notes.is_empty() && !ends_in_or(q) { q.trim().to_owned() } else { query.to_string() };
    let narrower = |word: &str| format!("{q} {word}");
    let quoted = |field: &str, value: &str| narrower(&format!("{field}:\"{}\"", value.replace('"', "'")));
    let feeds = by_name(hits.iter().filter_map(|hit| Some(names.get(&hit.feed_id)?.0.as_str())));
    let categories = by_name(hits.iter().filter_map(|hit| Some(names.get(&hit.feed_id)?.1.as_str())));
    let mut years = counted(hits.iter().filter_map(year));
    years.sort_by_key(|(year, _)| std::cmp::Reverse(*year));
    let all = [
        (
            "search.facet.feed",
            feeds.into_iter().map(|(title, n)| (title.to_owned(), n, quoted("feed", title))).collect::<Vec<_>>(),
        ),
        (
            "search.facet.category",
            categories.into_iter().map(|(title, n)| (title.to_owned(), n, quoted("category", title))).collect(),
        ),
        (
            "search.facet.year",
            years
                .into_iter()
                .map(|(year, n)| (year.to_string(), n, narrower(&format!("after:{year:04} before:{:04}", year + 1))))
                .collect(),
        ),
        (
            "search.facet.language",
            counted(hits.iter().filter_map(|hit| hit.language.as_deref().map(narrowing)))
                .into_iter()
                .map(|(tag, n)| (language_name(tag), n, narrower(&format!("lang:{tag}"))))
                .collect(),
        ),
        (
            "search.facet.state",
            states
                .into_iter()
                .filter(|(_, _, n)| *n > 0)
                .map(|(word, title, n)| (title.to_owned(), n, narrower(&format!("is:{word}"))))
                .collect(),
        ),
    ];
    let total = i64::try_from(hits.len()).unwrap_or(0);
    all.into_iter()
        .map(|(key, values)| {
            // A query that is cut finds something else.
            let narrows = |n, query: &str| n < total && query.len() <= MAX_QUERY_BYTES;
            let values = values.into_iter().filter(|(_, n, query)| narrows(*n, query)).take(OFFERED);
            let values = values.map(|(name, n, query)| (name, n, address(&query, within, false))).collect();
            Facet { title: frame.t(key), values }
        })
        .filter(|facet| !facet.values.is_empty())
        .collect()
}

/// The part of a tag that readers tell languages by: `lang:en` finds what is American and what is British, too. The two
/// scripts of Chinese stay apart.
fn narrowing(language: &Language) -> &str {
    if language.primary() == "zh" { language.as_str() } else { language.primary() }
}

/// What a language calls itself, if it is one of ours; else its tag.
fn language_name(tag: &str) -> String {
    Locale::by_tag(tag).map_or_else(|| tag.to_owned(), |locale| locale.name().to_owned())
}

fn ends_in_or(q: &str) -> bool {
    q.split_whitespace().next_back().is_some_and(|last| last.eq_ignore_ascii_case("or") || last.ends_with(['|', '｜']))
}

/// How many times each name is there; those that a query does not tell apart are one.
fn by_name<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, i64)> {
    let (mut all, mut places) = (Vec::new(), HashMap::new());
    for (name, n) in counted(names.filter(|name| !name.is_empty())) {
        let place = *places.entry(Folded::new(name).as_str().to_owned()).or_insert(all.len());
        match all.get_mut(place) {
            Some((_, sum)) => *sum += n,
            None => all.push((name, n)),
        }
    }
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    all
}

/// How many times each value is there, the most frequent first.
fn counted<T: Eq + Hash + Ord + Clone>(values: impl Iterator<Item = T>) -> Vec<(T, i64)> {
    let mut counts: HashMap<T, i64> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(T, i64)> = counts.into_iter().collect();
    counts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    counts
}
