//! What a box offers while somebody types: saved searches, what they looked for last, feeds and tags.

use axum::Json;
use axum::extract::{Query as Params, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::search::{Folded, Test};
use crate::web::page::CachePolicy;
use crate::web::view::feed_title;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// So many are offered.
const OFFERED: usize = 8;

/// What was typed so far.
#[derive(Debug, Deserialize)]
pub struct SuggestParams {
    #[serde(default)]
    q: String,
}

/// `GET /search/suggest`: whole queries, as a list of texts in JSON.
pub async fn suggest(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Params(params): Params<SuggestParams>,
) -> Result<Response, WebError> {
    let typed = params.q.trim_start();
    let db = &web.app.db;
    let (kept, recent, feeds, tags) = tokio::try_join!(
        db.saved_searches(user.id),
        db.recent_searches(user.id),
        db.subscriptions(user.id),
        db.tags(user.id)
    )?;
    let locale = visit.frame(&web).locale;
    let (before, last) = typed.rsplit_once(' ').unwrap_or(("", typed));
    let (whole, word) = (folded(typed), folded(last.rsplit(':').next().unwrap_or(last)));
    let is_field = |field: &str| last.starts_with(field) || !last.contains(':');
    let joined = |value: String| if before.is_empty() { value } else { format!("{before} {value}") };
    let queries = kept
        .iter()
        .filter(|kept| folded(&kept.name).contains(&whole))
        .map(|kept| kept.query.clone())
        .chain(recent.into_iter().filter(|query| folded(query).starts_with(&whole)));
    let feeds = feeds
        .iter()
        .filter(|_| !word.is_empty() && is_field("feed:"))
        .map(|feed| match &feed.url {
            // One that was never read goes by its address, in queries as well.
            Some(url) if feed.title.is_empty() => url.masked(),
            _ => feed_title(&feed.title, locale),
        })
        .filter(|title| folded(title).contains(&word))
        .map(|title| joined(Test::Feed(title).to_string()));
    let tags = tags
        .iter()
        .filter(|_| !word.is_empty() && is_field("tag:"))
        .filter(|tag| folded(&tag.name).contains(&word))
        .map(|tag| joined(Test::Tag(tag.name.clone()).to_string()));
    let mut offered: Vec<String> = Vec::new();
    for text in queries.take(OFFERED / 2).chain(tags.take(OFFERED / 4)).chain(feeds.take(OFFERED / 2)) {
        if !offered.contains(&text) && text != typed {
            offered.push(text);
        }
    }
    let mut response = Json(offered).into_response();
    response.extensions_mut().insert(CachePolicy::NoStore);
    Ok(response)
}

fn folded(text: &str) -> String {
    Folded::new(text).as_str().to_owned()
}
