//! Highlights as Markdown: all of them, or those of one article.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::archive::{MarkedArticle, Passage, write_passages};
use crate::domain::ArticleId;
use crate::store::{HighlightCursor, ListedHighlight, Scope};
use crate::web::page::Frame;
use crate::web::view::{ColourView, article_title, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Passages that are read from the database together.
const BATCH: i64 = 1_000;

/// `GET /highlights.md`
pub async fn all(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let rows = read(&web, &user).await?;
    Ok(markdown(&rows, &visit.frame(&web)))
}

/// `GET /articles/{id}/highlights.md`
pub async fn of_article(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let rows: Vec<ListedHighlight> = web
        .app
        .db
        .article_highlights(user.id, id)
        .await?
        .into_iter()
        .map(|highlight| ListedHighlight {
            highlight,
            title: article.title.clone(),
            url: article.url.clone(),
            author: article.author.clone(),
            language: article.language.clone(),
            published: article.published,
            feed_title: article.feed_title.clone(),
        })
        .collect();
    Ok(markdown(&rows, &visit.frame(&web)))
}

async fn read(web: &WebState, user: &CurrentUser) -> Result<Vec<ListedHighlight>, WebError> {
    let (mut rows, mut after) = (Vec::new(), HighlightCursor::NEWEST);
    loop {
        let batch = web.app.db.highlights(user.id, Scope::All, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(rows) };
        after = super::cursor(last);
        rows.extend(batch);
    }
}

/// One section for each article, those that were marked last first; the passages as they stand in the text.
fn markdown(rows: &[ListedHighlight], frame: &Frame) -> Response {
    let mut places: HashMap<ArticleId, usize> = HashMap::new();
    let mut groups: Vec<Vec<&ListedHighlight>> = Vec::new();
    for row in rows {
        let place = *places.entry(row.highlight.article).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let (locale, zone) = (frame.locale, frame.zone());
    let articles: Vec<MarkedArticle> = groups
        .into_iter()
        .filter_map(|mut group| {
            group.sort_by_key(|row| (row.highlight.anchor.start, row.highlight.id));
            let first = *group.first()?;
            let published = first.published.map(|at| locale.date(at, &zone));
            let source = Some(feed_title(&first.feed_title, locale));
            Some(MarkedArticle {
                title: article_title(&first.title, locale),
                url: first.url.as_ref().map(ToString::to_string),
                facts: [first.author.clone(), source, published].into_iter().flatten().collect(),
                passages: group
                    .iter()
                    .map(|row| Passage {
                        exact: row.highlight.anchor.exact.clone(),
                        note: row.highlight.note.clone(),
                        facts: vec![
                            ColourView::new(row.highlight.colour, locale).label.to_owned(),
                            locale.date(row.highlight.created_at, &zone),
                        ],
                    })
                    .collect(),
            })
        })
        .collect();
    let mut response = write_passages(locale.t("highlights.title"), &articles).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"highlights.md\""));
    response
}
