//! The picture that stands for a shared article where its link is shown: `GET /s/CODE/preview`. Published lists and their articles
//! have such pictures, too (`pages::publish::public`).
//!
//! It always exists: the article's lead picture, cut to what such places show, or, where there is none worth it, a card with title,
//! source and date. Robots fetch it and no view is counted for it. A link that asks before it opens gives none.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::public::find_open;
use super::title_of;
use crate::domain::AccountId;
use crate::jobs::pictures;
use crate::media::card::{self, Card};
use crate::media::{Facts, Output, Spec};
use crate::store::Snapshot;
use crate::web::layers::policy::ContentPolicy;
use crate::web::locale::Locale;
use crate::web::page::CachePolicy;
use crate::web::pages::media::{is_own, show_bytes};
use crate::web::{Visit, WebError, WebState};

/// A smaller lead picture is an ornament, and enlarged it is a blur.
const LEAST: (u32, u32) = (600, 315);

/// `GET /s/{code}/preview`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let share = find_open(&web, &visit, code).await?;
    give(&web, share.account, &share.snapshot, (visit.language, &headers)).await
}

/// The picture for what a snapshot says. `account` pays for fetching it.
pub(in crate::web::pages) async fn give(
    web: &WebState,
    account: AccountId,
    said: &Snapshot,
    (locale, headers): (Locale, &HeaderMap),
) -> Result<Response, WebError> {
    let bytes = match lead(web, account, said, headers).await {
        Some(bytes) => bytes,
        None => drawn(web, said, locale).await?,
    };
    let mut response = show_bytes(bytes, headers);
    response.extensions_mut().insert(ContentPolicy::PublicFile);
    response.extensions_mut().insert(CachePolicy::NoStore);
    Ok(response)
}

/// The lead picture, if there is one, it can be had and is large enough.
async fn lead(web: &WebState, account: AccountId, said: &Snapshot, headers: &HeaderMap) -> Option<Bytes> {
    let url = said.lead_image.as_ref().filter(|url| !is_own(web, url, headers))?;
    let bytes = match pictures::kept(&web.app, url).await {
        Some(bytes) => bytes,
        None => {
            let places = web.media_places.of(account);
            let _place = places.acquire().await.ok()?;
            pictures::fetch_one(&web.app, url, said.url.as_ref()).await.ok()?
        }
    };
    let facts = Facts::read(&bytes).ok().filter(|facts| facts.kind.is_decoded())?;
    if facts.width < LEAST.0 || facts.height < LEAST.1 {
        return None;
    }
    let spec = Spec::fitting(card::WIDTH, card::HEIGHT).with_output(Output::Jpeg);
    pictures::variant_of(&web.app, bytes, &spec).await.ok()
}

async fn drawn(web: &WebState, said: &Snapshot, locale: Locale) -> Result<Bytes, WebError> {
    let card = Card {
        title: title_of(&said.title, &said.excerpt, locale),
        source: said.source.clone(),
        date: locale.date(said.published.unwrap_or(said.kept), &jiff::tz::TimeZone::UTC),
        language: said.language.as_ref().map(|language| language.as_str().to_owned()),
        is_rtl: said.language.as_ref().is_some_and(|language| language.direction().as_str() == "rtl"),
    };
    let desk = web.app.media.desk().await;
    let drawn = desk.run(move || card.draw()).await.map_err(WebError::internal)?;
    Ok(drawn.map_err(WebError::internal)?.into())
}
