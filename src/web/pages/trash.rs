//! The trash: what was thrown away in the last thirty days, and the way back.
//!
//! `POST /articles/ID/delete` puts an article there, `GET /trash` shows what lies there, `POST /trash/back` brings back one article, what went
//! at once, or all.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::backwards::{ASKED, Behind, cut};
use super::framed::{Framed, framed};
use super::{back_to, see_other};
use crate::domain::ArticleId;
use crate::jobs::housekeeping;
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Moment, Simple, article_title, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// What lies in the trash.
#[derive(Debug, Template)]
#[template(path = "pages/trash.html")]
pub struct TrashPage {
    frame: Frame,
    rows: Vec<TrashRow>,
    all: String,
    /// The address of what was thrown away before.
    more: Option<String>,
}

/// An article in the trash.
#[derive(Debug)]
struct TrashRow {
    id: ArticleId,
    title: String,
    language: Option<String>,
    feed: String,
    when: Moment,
    until: Moment,
    by_retention: bool,
}

/// `GET /trash`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(behind): Query<Behind>,
) -> Result<Response, WebError> {
    let mut rows = web.app.db.trash(user.id, behind.place(), ASKED).await?;
    let all = web.app.db.count_trash(user.id).await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let more = cut(&mut rows, "/trash", |row| (row.trashed_at, row.id));
    let zone = frame.zone();
    let rows = rows
        .into_iter()
        .map(|row| TrashRow {
            id: row.id,
            when: Moment::new(row.trashed_at, frame.now, &zone, frame.locale),
            until: Moment::ahead(row.until(), frame.now, &zone, frame.locale),
            title: article_title(&row.title, frame.locale),
            language: row.language.map(|language| language.as_str().to_owned()),
            feed: feed_title(&row.feed_title, frame.locale),
            by_retention: row.by_retention,
        })
        .collect();
    let all = if all == 0 { frame.t("trash.empty").to_owned() } else { frame.count("trash.all", all) };
    Ok(Page::new(TrashPage { rows, all, more, frame }).into_response())
}

/// Where to go afterwards, and whether its reader knows that it is the last copy.
#[derive(Debug, Deserialize)]
pub struct DeleteForm {
    back: Option<String>,
    sure: Option<u8>,
}

/// `POST /articles/{id}/delete`
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<DeleteForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let here = format!("/articles/{id}");
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    if form.sure != Some(1) && web.app.db.is_only_here(id).await? {
        return Ok(see_other(&web, &Done::Simply(Simple::OnlyHere).on(&here)));
    }
    let done = match housekeeping::throw_away(&web.app, user.id, id).await? {
        Some(thrown) => Done::ThrownAway { count: thrown.count, receipt: thrown.receipt },
        None => return Ok(see_other(&web, &Done::Simply(Simple::StillKept).on(&here))),
    };
    // The article's own page is not there any more.
    let back = back_to(form.back.as_deref());
    let back = if back.starts_with(&here) { "/unread".to_owned() } else { back };
    Ok(see_other(&web, &done.on(&back)))
}

/// What comes back: an article, what went at once, or all.
#[derive(Debug, Deserialize)]
pub struct BackForm {
    article: Option<ArticleId>,
    receipt: Option<i64>,
    back: Option<String>,
}

/// `POST /trash/back`
pub async fn bring_back(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<BackForm>,
) -> Result<Response, WebError> {
    let count = match form.article {
        Some(article) => u64::from(web.app.db.bring_back(user.id, article).await?),
        None => web.app.db.bring_back_all(user.id, form.receipt).await?,
    };
    let done = if count == 0 { Done::Simply(Simple::TooLate) } else { Done::BroughtBack { count } };
    let back = form.back.map_or_else(|| "/trash".to_owned(), |back| back_to(Some(&back)));
    Ok(see_other(&web, &done.on(&back)))
}
