//! The versions of an article: which there are, what each one changed, and which one is read.
//!
//! `GET /articles/ID/versions` lists them, `GET /articles/ID/versions/VERSION` shows what one changed of the one before it and
//! its text as it was. `POST /articles/ID/versions/VERSION/pin` makes one the text that this account reads, searches and exports,
//! whatever comes later; `POST /articles/ID/versions/unpin` goes back to the newest. A new version leaves an article as
//! read as it was.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::article::{Around, lang_and_dir, text_of};
use super::framed::{Framed, framed};
use super::{back_to, see_other};
use crate::content::change::{Change, Stretch, compare};
use crate::content::chinese::Script;
use crate::content::clean::CleanHtml;
use crate::content::text::plain_text;
use crate::domain::{ArticleId, BodyKind, VersionId};
use crate::store::{ArticleView, Pinned, Scope, StoredBody, VersionRow};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Moment, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The list of versions.
#[derive(Debug, Template)]
#[template(path = "pages/versions.html")]
pub struct VersionsPage {
    frame: Frame,
    article: ArticleId,
    title: String,
    lang: Option<(String, &'static str)>,
    /// Newest first: the first one, and those that changed something that a reader would call an edit.
    edits: Vec<VersionView>,
    /// Those that changed punctuation, pictures or links.
    trivial: Vec<VersionView>,
    is_pinned: bool,
}

/// A version in the list.
#[derive(Debug)]
struct VersionView {
    id: VersionId,
    when: Moment,
    title: String,
    is_first: bool,
    is_newest: bool,
    is_pinned: bool,
}

/// One version.
#[derive(Debug, Template)]
#[template(path = "pages/version.html")]
pub struct VersionPage {
    frame: Frame,
    article: ArticleId,
    version: VersionId,
    title: String,
    lang: Option<(String, &'static str)>,
    when: Moment,
    is_first: bool,
    is_pinned: bool,
    /// The title before, where it was another one.
    former_title: Option<String>,
    changes: Vec<Stretch>,
    text: CleanHtml,
}

/// `GET /articles/{id}/versions`
pub async fn list(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let versions = web.app.db.versions(user.id, id).await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, Some(Scope::Feed(article.feed_id))).await?;
    let zone = frame.zone();
    let script = script_of(&user, &article);
    let newest = versions.last().map(|version| version.id);
    let (mut edits, mut trivial) = (Vec::new(), Vec::new());
    for (at, version) in versions.iter().enumerate().rev() {
        let view = VersionView {
            id: version.id,
            when: Moment::new(version.created_at, frame.now, &zone, frame.locale),
            title: written(&version.title, script, &frame),
            is_first: at == 0,
            is_newest: newest == Some(version.id),
            is_pinned: article.pinned == Some(version.id),
        };
        if version.trivial { trivial.push(view) } else { edits.push(view) }
    }
    let page = VersionsPage {
        article: id,
        title: written(&article.title, script, &frame),
        lang: lang(&article, script),
        edits,
        trivial,
        is_pinned: article.pinned.is_some(),
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// `GET /articles/{id}/versions/{version}`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    ids: Result<Path<(ArticleId, VersionId)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((id, version)) = ids?;
    let mut article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let versions = web.app.db.versions(user.id, id).await?;
    let at = versions.iter().position(|row| row.id == version).ok_or(WebError::NotFound)?;
    let former = at.checked_sub(1).map(|before| &versions[before]);
    let kind = kind_of(&versions[at], article.choice.shown);
    let body_at = async |version: VersionId| {
        let body = web.app.db.article_body(user.id, id, version, kind).await?;
        Ok::<_, WebError>(body.unwrap_or_default())
    };
    let html = body_at(version).await?;
    let script = script_of(&user, &article);
    let changes = match former {
        None => Vec::new(),
        Some(former) => {
            let (old, new) = (body_at(former.id).await?, html.clone());
            let read = move |html: &str| {
                let text = plain_text(html);
                script.map_or_else(|| text.clone(), |script| script.convert(&text))
            };
            let compared = move || compare(&read(&old), &read(&new));
            web.app.content.run(compared).await.map_err(WebError::internal)?
        }
    };
    article.body = Some(StoredBody { kind, version, html });
    let text = text_of(
        &web,
        &mut article,
        Around { pictures: web.app.db.pictures_of(id).await?, ..Around::of(script) },
        |text| text.shown,
    )
    .await?;
    let Framed { frame, .. } = framed(&web, &visit, &user, Some(Scope::Feed(article.feed_id))).await?;
    let title = written(&versions[at].title, script, &frame);
    let page = VersionPage {
        article: id,
        version,
        former_title: former.map(|former| written(&former.title, script, &frame)).filter(|former| *former != title),
        title,
        lang: lang(&article, script),
        when: Moment::new(versions[at].created_at, frame.now, &frame.zone(), frame.locale),
        is_first: at == 0,
        is_pinned: article.pinned == Some(version),
        changes,
        text,
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// The kind of body that a version is looked at by: the one that is read, unless it brought only the other one.
fn kind_of(version: &VersionRow, shown: BodyKind) -> BodyKind {
    if !version.brought(shown) && version.brought(shown.other()) { shown.other() } else { shown }
}

fn script_of(user: &CurrentUser, article: &ArticleView) -> Option<Script> {
    user.preferences.typography.chinese.script_for(article.language.as_ref())
}

fn lang(article: &ArticleView, script: Option<Script>) -> Option<(String, &'static str)> {
    match script {
        Some(script) => Some((script.tag().to_owned(), "ltr")),
        None => article.language.as_ref().map(lang_and_dir),
    }
}

fn written(title: &str, script: Option<Script>, frame: &Frame) -> String {
    match (title.is_empty(), script) {
        (true, _) => frame.t("list.untitled").to_owned(),
        (false, Some(script)) => script.convert(title),
        (false, None) => title.to_owned(),
    }
}

/// Where a form comes back to.
#[derive(Debug, Deserialize)]
pub struct PinForm {
    back: Option<String>,
}

/// `POST /articles/{id}/versions/{version}/pin`
pub async fn pin(
    State(web): State<WebState>,
    user: CurrentUser,
    ids: Result<Path<(ArticleId, VersionId)>, PathRejection>,
    Form(form): Form<PinForm>,
) -> Result<Response, WebError> {
    let Path((id, version)) = ids?;
    let shown = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?.choice.shown;
    let done = match web.app.db.pin_version(user.id, id, version, shown, web.app.clock.now()).await? {
        Pinned::Done => Simple::VersionPinned,
        Pinned::TooMany => Simple::TooManyPinned,
        Pinned::NoVersion => return Err(WebError::NotFound),
    };
    Ok(see_other(&web, &Done::Simply(done).on(&back_to(form.back.as_deref()))))
}

/// `POST /articles/{id}/versions/unpin`
pub async fn unpin(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<PinForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    web.app.db.unpin_version(user.id, id).await?;
    Ok(see_other(&web, &Done::Simply(Simple::VersionUnpinned).on(&back_to(form.back.as_deref()))))
}
