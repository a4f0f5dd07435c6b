//! What is read with an article but not in lists: one JSON text in its row.

use super::db::{Tx, statements, within};
use super::error::StoreError;
use crate::domain::{ArticleDraft, ArticleId, Enclosure, GivenDates, UnixMillis, WebUrl};

statements! {
    STORED = "SELECT details, published_at, fetched_at FROM article WHERE id = $1";
}

/// What is read with an article but not in lists; every field may be missing.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guid: Option<String>,
    /// Instead of a guid that is the address once more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) guid_is_url: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published_text: Option<String>,
    /// All dates that are given, where they are more than the one that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dates: Option<GivenDates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) site_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comments_url: Option<WebUrl>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) enclosures: Vec<Enclosure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<String>,
}

impl Details {
    /// What a draft says.
    pub(super) fn of(draft: &ArticleDraft) -> Self {
        let guid_is_url = draft.guid.is_some() && draft.guid.as_deref() == draft.url.as_ref().map(WebUrl::as_str);
        Self {
            guid: draft.guid.clone().filter(|_| !guid_is_url),
            guid_is_url,
            published_text: draft.published_text.clone(),
            dates: draft.dates.clone(),
            site_name: draft.site_name.clone(),
            comments_url: draft.comments_url.clone(),
            enclosures: draft.enclosures.clone(),
            categories: draft.categories.clone(),
        }
    }

    /// As it is stored; `None` if there is nothing to say.
    pub(super) fn json(&self) -> Option<String> {
        // JSON writes NUL as an escape of its own, which both databases take in a text.
        serde_json::to_string(self).ok().filter(|json| json != "{}")
    }
}

/// Reads what was stored of an article's details; what cannot be read is missing.
pub(super) fn read_details(json: Option<&str>) -> Details {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// What of an article is stored anew when its source is read again.
#[derive(Debug)]
pub(super) struct Renewed {
    /// Its details, as they are stored.
    pub(super) details: Option<String>,
    /// The date that counts, never later than the article was first seen.
    pub(super) published: Option<UnixMillis>,
}

/// What a new reading of a stored article makes of its details: the dates that were given before, and the name of its site, are
/// not lost with a reading that lacks them.
pub(super) async fn renewed(
    tx: &mut Tx,
    article: ArticleId,
    draft: &ArticleDraft,
    from: Reading,
) -> Result<Renewed, StoreError> {
    let stored: Option<(Option<String>, Option<UnixMillis>, UnixMillis)> =
        within!(*tx, c => sqlx::query_as(STORED).bind(article).fetch_optional(c).await)?;
    let Some((json, published, seen)) = stored else {
        return Ok(Renewed { details: Details::of(draft).json(), published: draft.published });
    };
    let old = read_details(json.as_deref());
    let before = old.dates.clone().unwrap_or_else(|| GivenDates::of_feed(published, old.published_text.as_deref()));
    let now = draft.given_dates();
    let dates = match from {
        Reading::Feed => before.or(now, seen),
        Reading::Page => GivenDates { page: now.page.clone(), ..GivenDates::default() }.or(before.or(now, seen), seen),
    };
    let mut merged = ArticleDraft { site_name: draft.site_name.clone().or(old.site_name), ..draft.clone() };
    merged.date_by(dates, seen);
    merged.published_text = merged.published_text.or(old.published_text);
    Ok(Renewed { details: Details::of(&merged).json(), published: merged.published })
}

/// What was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Its feed: what was said first stays.
    Feed,
    /// Its page: what it says now holds for the page.
    Page,
}
