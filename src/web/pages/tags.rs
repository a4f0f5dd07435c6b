//! Tags: the page that keeps them, and the forms that give them to an article and take them away.
//!
//! `GET /tags` lists them all; `POST /tags/ID/rename` and `/tags/ID/delete` change one, and `POST /tags/again` takes a deletion
//! or a merge back. `POST /articles/ID/tags` gives an article one or more, `POST /articles/ID/tags/TAG/remove` takes one away.
//! The list of a tag's articles, `/tags/ID`, is in [`list`](super::list).

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::{ReceiptForm, back_to, leads_to, see_other};
use crate::domain::{ArticleId, MAX_TAG_CHARS, TagId, TagName};
use crate::store::{Renamed, Tag, TagGone, Tagged};
use crate::web::offline::{acted_at, known_until};
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Simple, tag_name_of};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The page that keeps the tags.
#[derive(Debug, Template)]
#[template(path = "pages/tags.html")]
pub struct TagsPage {
    frame: Frame,
    tags: Vec<Tag>,
    most_chars: usize,
    /// What is no name, and of which tag it was to be.
    bad: Option<(String, i64)>,
}

impl TagsPage {
    /// What was to be the name of a tag, if it cannot be one.
    fn bad_of(&self, tag: &Tag) -> Option<&str> {
        self.bad.as_ref().filter(|(_, of)| *of == tag.id.0).map(|(typed, _)| typed.as_str())
    }
}

/// `GET /tags`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    let page = TagsPage { tags: sidebar.tags, most_chars: MAX_TAG_CHARS, bad: tag_name_of(&frame.here), frame };
    Ok(Page::new(page).into_response())
}

/// A tag's new name.
#[derive(Debug, Deserialize)]
pub struct NameForm {
    name: String,
}

/// `POST /tags/{id}/rename`: a name that another tag has makes one tag of the two, which the next page can take back.
pub async fn rename(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<TagId>, PathRejection>,
    Form(form): Form<NameForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let Some(name) = TagName::parse(&form.name) else {
        let known = web.app.db.tags(user.id).await?.iter().any(|tag| tag.id == id);
        let done = Done::TagNameBad { typed: form.name, tag: id.0 }.on(&format!("/tags#t{id}"));
        return if known { Ok(see_other(&web, &done)) } else { Err(WebError::NotFound) };
    };
    let done = match web.app.db.rename_tag(user.id, id, &name, web.app.clock.now()).await? {
        Renamed::Done => Done::Simply(Simple::TagsChanged),
        Renamed::Merged(gone) => tag_gone(gone),
        Renamed::NoTag => return Err(WebError::NotFound),
    };
    Ok(see_other(&web, &done.on("/tags")))
}

/// `POST /tags/{id}/delete`: its articles stay, without it. The next page can take that back.
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<TagId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let gone = web.app.db.delete_tag(user.id, id, web.app.clock.now()).await?.ok_or(WebError::NotFound)?;
    Ok(see_other(&web, &tag_gone(gone).on("/tags")))
}

fn tag_gone(gone: TagGone) -> Done {
    Done::TagGone { name: gone.name, into: gone.into, receipt: gone.receipt }
}

/// `POST /tags/again`: brings a tag back that was deleted or became part of another.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.restore_tag(user.id, form.receipt, web.app.clock.now()).await?;
    let done = if back.is_some() { Simple::TagsChanged } else { Simple::TooLate };
    Ok(see_other(&web, &Done::Simply(done).on("/tags")))
}

/// Names with commas between them.
#[derive(Debug, Deserialize)]
pub struct TagForm {
    #[serde(default)]
    names: String,
    back: Option<String>,
}

/// `POST /articles/{id}/tags`: gives an article these tags beside those that it has.
pub async fn tag(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<TagForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let names = TagName::parse_list(&form.names);
    let at = acted_at(&headers, web.app.clock.now());
    let outcome = web.app.db.tag_article(user.id, id, names.as_deref().unwrap_or_default(), at).await?;
    let done = match outcome {
        Tagged::NoArticle => return Err(WebError::NotFound),
        Tagged::TooMany => Some(Done::Simply(Simple::TooManyTags)),
        Tagged::Done => names.is_none().then_some(Done::TagNameBad { typed: form.names, tag: 0 }),
    };
    Ok(leads_to(&web, &headers, tags_of(form.back.as_deref(), done)))
}

/// Where the form of a tag's removal comes back to.
#[derive(Debug, Deserialize)]
pub struct UntagForm {
    back: Option<String>,
}

/// `POST /articles/{id}/tags/{tag}/remove`
pub async fn untag(
    State(web): State<WebState>,
    user: CurrentUser,
    ids: Result<Path<(ArticleId, TagId)>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<UntagForm>,
) -> Result<Response, WebError> {
    let Path((article, tag)) = ids?;
    if !web.app.db.is_visible(user.id, article).await? {
        return Err(WebError::NotFound);
    }
    let until = known_until(&headers, web.app.clock.now());
    web.app.db.untag_article(user.id, article, tag, until).await?;
    Ok(leads_to(&web, &headers, tags_of(form.back.as_deref(), None)))
}

/// The tags on the article's page.
fn tags_of(back: Option<&str>, done: Option<Done>) -> String {
    let mut back = back_to(back);
    back.truncate(back.find('#').unwrap_or(back.len()));
    back.push_str("#tags");
    match done {
        Some(done) => done.on(&back),
        None => back,
    }
}
