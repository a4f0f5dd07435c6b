//! Lists that a reader publishes: any list as a feed with full texts and as a web page.
//!
//! Owns: the form that publishes a list, what was published, new codes; in `listed` which articles a list has; in `public` what
//! others see, in `books` what e-readers get. Does not own: the formats of feeds (`feed::publish`) and the page of a single article (`pages::share`).
//! In: forms of the owner, visits of anybody. Out: pages and feeds.
//!
//! `GET /published` shows both, `POST /published` publishes, `POST /published/ID/code` changes the address, `POST
//! /published/ID/delete` takes a list back.

pub mod books;
pub(in crate::web) mod listed;
pub mod public;

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use self::listed::Listed;
use super::export::Format;
use super::framed::framed;
use super::programs::server_of;
use super::see_other;
use crate::domain::PublicationId;
use crate::store::NewPublication;
use crate::web::code::Code;
use crate::web::page::{Frame, Notice, Page};
use crate::web::view::{Chinese, Done, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// How many articles a list has if nobody says otherwise, and at most.
const USUAL: i64 = 50;
const MOST: i64 = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/publish.html")]
pub struct PublishPage {
    frame: Frame,
    /// The lists to choose from.
    choices: Vec<Choice>,
    /// The scripts in which Chinese can be given: value and name.
    scripts: Vec<(&'static str, &'static str)>,
    /// The forms of files.
    formats: [(&'static str, &'static str); 6],
    usual: i64,
    most: i64,
    /// The address of a list that was just published or got a new one.
    made: Option<String>,
    lists: Vec<Line>,
}

/// A list to choose.
#[derive(Debug)]
struct Choice {
    name: String,
    title: String,
}

/// A published list.
#[derive(Debug)]
struct Line {
    id: PublicationId,
    title: String,
    facts: String,
}

/// `GET /published`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    Ok(Page::new(page(&web, &visit, &user, None).await?).into_response())
}

/// What is to be published.
#[derive(Debug, Deserialize)]
pub struct PublishForm {
    #[serde(default)]
    list: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    newest: String,
    titles_only: Option<String>,
    #[serde(default)]
    chinese: String,
}

/// `POST /published`: the answer is the only page that ever shows the address.
pub async fn create(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<PublishForm>,
) -> Result<Response, WebError> {
    let mut shown = page(&web, &visit, &user, None).await?;
    // Only what the form offers: no list of anybody else, and none that is gone.
    let choice = shown.choices.iter().find(|choice| choice.name == form.list).ok_or(WebError::NotFound)?;
    let code = Code::new(&*web.app.entropy);
    let new = NewPublication {
        list: choice.name.clone(),
        script: Chinese::from_name(&form.chinese).unwrap_or_default().as_str().to_owned(),
        title: Some(form.title.trim()).filter(|title| !title.is_empty()).unwrap_or(&choice.title).to_owned(),
        code_hash: code.hash(),
        newest: form.newest.trim().parse().unwrap_or(USUAL).clamp(1, MOST),
        titles_only: form.titles_only.is_some(),
        sealed_code: sealed(&web, &code),
    };
    if web.app.db.publish(user.id, &new, web.app.clock.now()).await?.is_none() {
        shown.frame.notice = Some(Notice::error(shown.frame.t("published.too_many").to_owned()));
        return Ok(Page::new(shown).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    }
    let address = format!("{}/p/{}", server_of(&web, &visit, &headers), code.as_str());
    Ok(Page::new(page(&web, &visit, &user, Some(address)).await?).into_response())
}

/// `POST /published/{id}/code`: another address; the old one opens nothing any more.
pub async fn recode(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<PublicationId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let code = Code::new(&*web.app.entropy);
    if !web.app.db.recode_publication(user.id, id, code.hash(), sealed(&web, &code)).await? {
        return Err(WebError::NotFound);
    }
    let address = format!("{}/p/{}", server_of(&web, &visit, &headers), code.as_str());
    Ok(Page::new(page(&web, &visit, &user, Some(address)).await?).into_response())
}

/// `POST /published/{id}/delete`
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<PublicationId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.delete_publication(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::ListTakenBack).on("/published")))
}

/// The code as it is kept where a hub is told of the list, and only there.
fn sealed(web: &WebState, code: &Code) -> Option<Vec<u8>> {
    web.app.settings.hub.as_ref()?;
    web.sealer.seal(code, &*web.app.entropy)
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    made: Option<String>,
) -> Result<PublishPage, WebError> {
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.section = Some("/settings".to_owned());
    let (locale, zone) = (frame.locale, frame.zone());
    let line = |publication: crate::store::Publication| {
        let date = |at| locale.date_time(at, &zone);
        let hub = match publication.is_announced {
            _ if web.app.settings.hub.is_none() => None,
            true => Some(locale.t("published.hub")),
            false => Some(locale.t("published.no_hub")),
        };
        let mut said = vec![
            locale.say("share.since", [("date", &date(publication.created_at))]),
            match publication.last_read_at {
                Some(at) => locale.say("published.read", [("date", &date(at))]),
                None => locale.t("published.never_read").to_owned(),
            },
        ];
        said.extend(hub.map(str::to_owned));
        Line { id: publication.id, title: publication.title, facts: said.join(" · ") }
    };
    let lists = web.app.db.publications(user.id).await?.into_iter().map(line).collect();
    let choices = Listed::all(web, user.id, &frame).await?;
    let choices = choices.into_iter().map(|(list, title)| Choice { name: list.to_string(), title }).collect();
    let scripts = Chinese::ALL.iter().map(|script| (script.as_str(), locale.t(script.key()))).collect();
    Ok(PublishPage { formats: Format::all(locale), scripts, choices, usual: USUAL, most: MOST, made, lists, frame })
}
