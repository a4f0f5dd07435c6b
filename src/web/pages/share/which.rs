//! Which text of an article a link gives: a version of it, as its feed or as its page has it.

use crate::content::text::{excerpt, length, plain_text};
use crate::domain::{BodyKind, VersionId};
use crate::store::{ArticleView, StoredBody, VersionRow};
use crate::web::page::Frame;
use crate::web::{CurrentUser, WebError, WebState};

/// The most texts to choose from: the newest.
const MOST: usize = 100;

/// A text that a link can give.
#[derive(Debug)]
pub(super) struct Text {
    /// As a form says it.
    pub(super) value: String,
    /// As a reader is told of it.
    pub(super) name: String,
    /// It is the one that the link gives if nobody chooses another.
    pub(super) is_chosen: bool,
}

fn value(version: VersionId, kind: BodyKind) -> String {
    format!("{version}.{}", kind.code())
}

/// The texts of an article, the newest first.
fn texts(versions: &[VersionRow]) -> impl Iterator<Item = (&VersionRow, BodyKind)> {
    let all = versions.iter().rev().flat_map(|row| [BodyKind::Feed, BodyKind::Page].map(|kind| (row, kind)));
    all.filter(|(row, kind)| row.brought(*kind)).take(MOST)
}

/// The texts to choose from; none where there is no choice. Where nothing was `typed`, it is what the reader reads.
pub(super) fn choices(versions: &[VersionRow], article: &ArticleView, typed: &str, frame: &Frame) -> Vec<Text> {
    let zone = frame.zone();
    let read = article.body.as_ref().map(|body| value(body.version, body.kind)).unwrap_or_default();
    let chosen = if typed.is_empty() { &read } else { typed };
    let text = |(row, kind): (&VersionRow, BodyKind)| {
        let value = value(row.id, kind);
        let source = frame.t(if kind == BodyKind::Page { "share.which_page" } else { "share.which_feed" });
        let name = format!("{} · {source}", frame.locale.date_time(row.created_at, &zone));
        Text { is_chosen: value == chosen, value, name }
    };
    let texts: Vec<Text> = texts(versions).map(text).collect();
    if texts.len() > 1 { texts } else { Vec::new() }
}

/// Puts the text that was chosen into the article, with what is said of it.
pub(super) async fn choose(
    web: &WebState,
    user: &CurrentUser,
    article: &mut ArticleView,
    typed: &str,
) -> Result<(), WebError> {
    let is_read = article.body.as_ref().is_some_and(|body| value(body.version, body.kind) == typed);
    if typed.is_empty() || is_read {
        return Ok(());
    }
    let db = &web.app.db;
    let versions = db.versions(user.id, article.id).await?;
    let (row, kind) = texts(&versions).find(|(row, kind)| value(row.id, *kind) == typed).ok_or(WebError::NotFound)?;
    let html = db.article_body(user.id, article.id, row.id, kind).await?.ok_or(WebError::NotFound)?;
    let length = length(&plain_text(&html));
    (article.words, article.cjk_chars) = (length.words, length.cjk_chars);
    article.excerpt = excerpt(&html, &row.title);
    article.title.clone_from(&row.title);
    article.body = Some(StoredBody { kind, version: row.id, html });
    Ok(())
}
