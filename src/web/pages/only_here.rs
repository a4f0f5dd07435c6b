//! What is nowhere else any more: kept articles whose originals are gone.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};

use super::backwards::{ASKED, Behind, cut};
use super::framed::{Framed, framed};
use crate::domain::ArticleId;
use crate::web::page::{Frame, Page};
use crate::web::view::{Moment, article_title, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

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

/// `GET /only-here`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(behind): Query<Behind>,
) -> Result<Response, WebError> {
    let mut rows = web.app.db.only_here(user.id, behind.place(), ASKED).await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let more = cut(&mut rows, "/only-here", |row| (row.since, row.id));
    let zone = frame.zone();
    let rows = rows
        .into_iter()
        .map(|row| Row {
            id: row.id,
            title: article_title(&row.title, frame.locale),
            language: row.language.map(|language| language.as_str().to_owned()),
            feed: feed_title(&row.feed_title, frame.locale),
            since: Moment::new(row.since, frame.now, &zone, frame.locale),
        })
        .collect();
    Ok(Page::new(OnlyHerePage { rows, more, frame }).into_response())
}
