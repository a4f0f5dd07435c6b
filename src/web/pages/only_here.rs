//! What is nowhere else any more: kept articles whose originals are gone.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::framed::{Framed, framed};
use crate::domain::{ArticleId, UnixMillis};
use crate::web::page::{Frame, Page};
use crate::web::view::{Moment, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Rows of a page.
const ROWS: usize = 100;

/// The list.
#[derive(Debug, Template)]
#[template(path = "pages/only_here.html")]
pub struct OnlyHerePage {
    frame: Frame,
    rows: Vec<Row>,
    /// The address of what went before.
    more: Option<String>,
}

#[derive(Debug)]
struct Row {
    id: ArticleId,
    title: String,
    language: Option<String>,
    feed: String,
    since: Moment,
}

/// The words of the address: the last row of the page before.
#[derive(Debug, Deserialize)]
pub struct OnlyHereParams {
    at: Option<i64>,
    id: Option<i64>,
}

/// `GET /only-here`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<OnlyHereParams>,
) -> Result<Response, WebError> {
    let after = params.at.zip(params.id).map(|(at, id)| (UnixMillis(at), ArticleId(id)));
    let mut rows = web.app.db.only_here(user.id, after, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let has_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let more = rows.last().filter(|_| has_more).map(|row| format!("/only-here?at={}&id={}", row.since.0, row.id));
    let zone = frame.zone();
    let rows = rows
        .into_iter()
        .map(|row| Row {
            id: row.id,
            title: if row.title.is_empty() { frame.t("list.untitled").to_owned() } else { row.title },
            language: row.language.map(|language| language.as_str().to_owned()),
            feed: feed_title(&row.feed_title, frame.locale),
            since: Moment::new(row.since, frame.now, &zone, frame.locale),
        })
        .collect();
    Ok(Page::new(OnlyHerePage { rows, more, frame }).into_response())
}
