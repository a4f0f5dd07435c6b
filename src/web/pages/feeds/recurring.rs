//! What all articles of a feed begin and end with: found, shown, and cut where its reader says so.
//!
//! `GET /feeds/ID/recurring` shows what would be cut from the newest articles and what is cut already; `POST` with the keys of the
//! shown blocks has exactly them cut, and without any nothing more. What is stored stays whole.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::super::framed::{Framed, framed};
use super::super::see_other;
use crate::content::boilerplate::{Block, Boilerplate, Cutting, learn};
use crate::domain::FeedId;
use crate::store::Scope;
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Simple, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// So many of the newest articles are looked at.
const ARTICLES: i64 = 50;
/// So many blocks can be cut at each end.
const BLOCKS: usize = 20;

/// What can be cut and what is.
#[derive(Debug, Template)]
#[template(path = "pages/recurring.html")]
pub struct RecurringPage {
    frame: Frame,
    feed: FeedId,
    title: String,
    heads: Vec<Block>,
    tails: Vec<Block>,
    /// The question, or that nothing was found.
    sentence: String,
    /// The keys of the form.
    head_keys: String,
    tail_keys: String,
    is_cut: bool,
    /// What is shown is what is cut.
    is_same: bool,
}

/// `GET /feeds/{id}/recurring`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(feed) = id?;
    let row = web.app.db.subscription(user.id, feed).await?.ok_or(WebError::NotFound)?;
    let bodies = web.app.db.newest_bodies(user.id, feed, ARTICLES).await?;
    let all = bodies.len();
    let Boilerplate { mut heads, mut tails, bodies } =
        web.app.content.run(move || learn(&bodies)).await.map_err(WebError::internal)?;
    heads.truncate(BLOCKS);
    tails.truncate(BLOCKS);
    let cutting = web.app.db.cutting(user.id, feed).await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, Some(Scope::Feed(feed))).await?;
    let sentence = match bodies {
        0 => frame.t("recurring.none").to_owned(),
        count => frame.count("recurring.would", count).replace("{of}", &all.to_string()),
    };
    let page = RecurringPage {
        title: feed_title(&row.title, frame.locale),
        is_cut: !cutting.is_empty(),
        is_same: is_same(&heads, &cutting.heads) && is_same(&tails, &cutting.tails),
        head_keys: joined(&heads),
        tail_keys: joined(&tails),
        feed,
        heads,
        tails,
        sentence,
        frame,
    };
    Ok(Page::new(page).into_response())
}

fn joined(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.key.to_string()).collect::<Vec<_>>().join(".")
}

fn is_same(blocks: &[Block], keys: &[i64]) -> bool {
    blocks.iter().all(|block| keys.contains(&block.key))
}

/// What is cut from now on: keys with full stops between them.
#[derive(Debug, Deserialize)]
pub struct CutForm {
    #[serde(default)]
    heads: String,
    #[serde(default)]
    tails: String,
}

/// `POST /feeds/{id}/recurring`
pub async fn store(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<FeedId>, PathRejection>,
    Form(form): Form<CutForm>,
) -> Result<Response, WebError> {
    let Path(feed) = id?;
    if !web.app.db.is_subscribed(user.id, feed).await? {
        return Err(WebError::NotFound);
    }
    let keys = |text: &str| text.split('.').filter_map(|key| key.parse().ok()).take(BLOCKS).collect();
    let cutting = Cutting { heads: keys(&form.heads), tails: keys(&form.tails) };
    web.app.db.set_cutting(user.id, feed, &cutting).await?;
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on(&format!("/feeds/{feed}/recurring"))))
}
