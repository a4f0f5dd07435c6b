//! Which picture an element shows, where it offers several, and how one that is kept here is written.

use std::borrow::Cow;

use super::Rendering;
use super::addresses::web;
use super::finish::{read_attributes, read_tag};
use super::srcset;
use crate::domain::WebUrl;

/// The widest candidate that is worth keeping: a wide screen of high density shows no more of an article's column.
const WIDEST: u32 = 2_560;
/// So much of a `picture` is searched for its parts.
const PICTURE_BYTES: usize = 32 * 1024;
/// The most addresses that stand in for the best one.
const MOST_OTHERS: usize = 3;

/// The addresses of one picture: the best one, and where else it is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSources {
    /// The largest of those offered that is not larger than any screen needs.
    pub best: WebUrl,
    /// Others that show the same, the most faithful first.
    pub others: Vec<WebUrl>,
}

/// What is kept of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Nothing, or nothing is known: it is shown by its own addresses.
    Unknown,
    /// The picture.
    Here(KeptPicture),
    /// It was lost at its source before it could be kept.
    Gone,
}

/// A kept picture as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptPicture {
    /// Its address on this server.
    pub src: String,
    /// The same in several widths, as `srcset` lists them; empty for one width.
    pub srcset: String,
    /// How wide it is shown, as `sizes` says it; only counts beside a `srcset`.
    pub sizes: &'static str,
    /// Its own size, if it is known.
    pub size: Option<(u32, u32)>,
    /// The class of its colour; empty for none.
    pub class: String,
}

/// For renderings that keep nothing.
pub fn nothing_kept(_: &PictureSources) -> Kept {
    Kept::Unknown
}

/// The addresses of an `img` with these attributes.
pub(super) fn sources_of(attributes: &[(&str, Cow<'_, str>)], rendering: &Rendering<'_>) -> Option<PictureSources> {
    let of = |name: &str| attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_ref());
    let mut found: Vec<WebUrl> = of("srcset").map(|set| candidates(set, rendering)).unwrap_or_default();
    found.truncate(1);
    for name in ["src", "data-via"] {
        found.extend(of(name).and_then(|text| web(text.trim(), rendering.base)));
    }
    one_of(found)
}

/// The address of a film's still picture.
pub(super) fn sources_of_poster(url: WebUrl) -> PictureSources {
    PictureSources { best: url, others: Vec::new() }
}

/// The addresses of a `picture`, of which `after` is the content: those of its `img`, or else of the first source.
pub(super) fn sources_within(after: &str, rendering: &Rendering<'_>) -> Option<PictureSources> {
    let end = after.find("</picture").unwrap_or(after.len()).min(PICTURE_BYTES);
    let mut rest = after.get(..end)?;
    let mut fallback = None;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let Some((tag, after)) = read_tag(rest) else {
            rest = &rest[1..];
            continue;
        };
        let attributes = read_attributes(tag.attributes);
        match tag.name {
            "img" => return sources_of(&attributes, rendering).or(fallback),
            "source" if fallback.is_none() => fallback = sources_of(&attributes, rendering),
            _ => {}
        }
        rest = after;
    }
    fallback
}

fn one_of(found: Vec<WebUrl>) -> Option<PictureSources> {
    let mut found = found.into_iter();
    let best = found.next()?;
    let mut others: Vec<WebUrl> = Vec::new();
    for url in found {
        if url != best && !others.contains(&url) && others.len() < MOST_OTHERS {
            others.push(url);
        }
    }
    Some(PictureSources { best, others })
}

/// The addresses of a `srcset`, the best first.
fn candidates(set: &str, rendering: &Rendering<'_>) -> Vec<WebUrl> {
    let mut rated: Vec<(u64, WebUrl)> = srcset::parse(set, super::addresses::MAX_CANDIDATES)
        .into_iter()
        .filter_map(|candidate| Some((rate(&candidate.descriptor), web(&candidate.url, rendering.base)?)))
        .collect();
    rated.sort_by_key(|(rating, _)| std::cmp::Reverse(*rating));
    rated.into_iter().map(|(_, url)| url).collect()
}

/// How good a candidate is: the wider or denser the better, up to what a screen shows; beyond that the narrower.
fn rate(descriptor: &str) -> u64 {
    const TOO_WIDE: u64 = 100_000;
    if let Some(width) = descriptor.strip_suffix('w').and_then(|width| width.parse::<u64>().ok()) {
        return if width <= u64::from(WIDEST) { TOO_WIDE + width } else { TOO_WIDE.saturating_sub(width) };
    }
    match descriptor.strip_suffix('x').and_then(|density| density.parse::<f64>().ok()) {
        Some(density) if density <= 3.0 => {
            TOO_WIDE
                + if density > 2.0 {
                    3
                } else if density > 1.0 {
                    2
                } else {
                    1
                }
        }
        Some(_) => TOO_WIDE - 1,
        None => TOO_WIDE + 1,
    }
}
