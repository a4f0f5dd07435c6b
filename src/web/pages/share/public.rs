//! The other end of a link: an article for somebody without an account.
//!
//! `GET /s/CODE` shows it, or asks for the password; a link that opens a few times only asks before it opens, so that no robot
//! that fetches a preview uses it up. A page that asks nothing is given again for a short while, as long as nothing has changed
//! about its link. `GET /s/CODE/p/SIGNATURE/ADDRESS` is a picture of it. No cookie is read or set here, and an unknown code, one
//! that was taken back and one whose time is over are the same 404.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::given::{self, Given};
use super::title_of;
use crate::archive::Proof;
use crate::archive::outward::Piece;
use crate::domain::UnixMillis;
use crate::store::OpenShare;
use crate::web::code::Code;
use crate::web::page::{CachePolicy, Frame, Notice, Page};
use crate::web::pages::add_links;
use crate::web::pages::export::{self, Format};
use crate::web::pages::media;
use crate::web::pages::programs::server_of;
use crate::web::password::{Password, Verdict};
use crate::web::public_media::PublicMedia;
use crate::web::shelf::{GivenKey, GivenPage};
use crate::web::throttle::Wait;
use crate::web::{Visit, Web, WebError, WebState};

/// The most pictures in a file for somebody without an account.
const MOST_PICTURES: usize = 40;

/// The page that comes before an article.
#[derive(Debug, Template)]
#[template(path = "pages/gate.html")]
pub struct GatePage {
    frame: Frame,
    asks_password: bool,
    /// How often it can still be opened.
    left: Option<String>,
}

/// `GET /s/{code}`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let (code, now) = arrive(&web, &visit, code)?;
    let server = server_of(&web, &visit, &headers);
    // Read before anything else: what is committed from now on is seen by the next visitor.
    let revision = web.app.db.revision().await?;
    let key = GivenKey { code: code.hash(), language: visit.language.tag(), server };
    let known = match web.shelf.given(&revision, &key, now) {
        Some((page, true)) => return Ok(give_again(&web, &page, now)),
        known => known.map(|(page, _)| page),
    };
    let share = look_up(&web, &code, now).await?;
    if share.asks_first() {
        return Ok(Page::new(gate(&web, &visit, &share)).into_response());
    }
    if let Some(page) = known.filter(|page| page.share.gives_the_same_as(&share)) {
        web.shelf.still_given(&revision, &key, &page);
        return Ok(give_again(&web, &page, now));
    }
    let html = draw(&web, &visit, &key.server, &code, &share).await?;
    let page = GivenPage { share: Arc::new(share), html: html.into() };
    web.shelf.keep_given(&revision, key, page.clone(), now);
    Ok(give_again(&web, &page, now))
}

/// A page that is there, counted as a view.
fn give_again(web: &Web, page: &GivenPage, now: UnixMillis) -> Response {
    web.app.db.note_view(page.share.id, now);
    given::public(page.html.clone(), page.share.may_index)
}

/// What opens a link.
#[derive(Debug, Deserialize)]
pub struct GateForm {
    #[serde(default)]
    password: String,
}

/// `POST /s/{code}`: opens a link that asks first.
pub async fn open(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
    Form(form): Form<GateForm>,
) -> Result<Response, WebError> {
    let (code, share) = find(&web, &visit, code).await?;
    if let Some(hash) = &share.password_hash {
        // No account can have such a name.
        let (name, now) = (format!("\0share {}", share.id), web.app.clock.now());
        web.throttle.attempt(&name, visit.client.address, now).map_err(too_many)?;
        let verdict = match Password::typed(&form.password) {
            Ok(password) => web.passwords.verify(password, Some(hash.clone())).await?,
            Err(_) => Verdict::Wrong,
        };
        if verdict == Verdict::Wrong {
            let mut page = gate(&web, &visit, &share);
            page.frame.notice = Some(Notice::error(page.frame.t("shared.wrong").to_owned()));
            return Ok(Page::new(page).status(StatusCode::FORBIDDEN).into_response());
        }
        web.throttle.succeeded(&name, visit.client.address, now);
    }
    let html = draw(&web, &visit, &server_of(&web, &visit, &headers), &code, &share).await?;
    if share.max_views.is_none() {
        web.app.db.note_view(share.id, web.app.clock.now());
    } else if !web.app.db.count_view(share.id, web.app.clock.now()).await? {
        return Err(WebError::NotFound);
    }
    Ok(given::public(html, share.may_index))
}

/// `GET /s/{code}/proof`: the text as it was kept, signed. A link that asks first gives out none.
pub async fn proof(
    State(web): State<WebState>,
    visit: Visit,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let share = find_open(&web, &visit, code).await?;
    let (at, text) = web.app.db.shared_body(&share).await?.ok_or(WebError::NotFound)?;
    let said = &share.snapshot;
    let kept = at.to_timestamp().map(|at| at.strftime("%FT%TZ").to_string()).unwrap_or_default();
    let url = said.url.as_ref().map(ToString::to_string).unwrap_or_default();
    let proof = Proof::sign(&web.key, &said.title, &url, &kept, text);
    let json = serde_json::to_vec_pretty(&proof).map_err(WebError::internal)?;
    Ok(export::download(json, "application/json", "proof.json"))
}

/// `GET /.well-known/gleaner-key`: whose signature is on proofs of this instance.
pub async fn key(State(web): State<WebState>) -> Response {
    let mut response = format!("{}\n", web.key.public()).into_response();
    response.extensions_mut().insert(CachePolicy::PublicDay);
    response
}

/// `GET /s/{code}/{format}`: a shared article as a file. A link that asks first gives out none.
pub async fn saved(
    State(web): State<WebState>,
    visit: Visit,
    path: Result<Path<(String, Format)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, format)) = path?;
    let share = find_open(&web, &visit, Ok(Path(code))).await?;
    if format == Format::Archive {
        return Err(WebError::NotFound);
    }
    let said = &share.snapshot;
    let locale = visit.frame(&web).locale;
    let title = title_of(&said.title, &said.excerpt, locale);
    let mut html = web.app.db.shared_body(&share).await?.map(|(_, html)| html).unwrap_or_default();
    add_links(&said.recordings, locale, &mut html);
    let piece = Piece {
        title: title.clone(),
        author: said.author.clone(),
        url: said.url.as_ref().map(ToString::to_string),
        source: said.source.clone(),
        language: said.language.as_ref().map(|language| language.as_str().to_owned()),
        is_rtl: said.language.as_ref().is_some_and(|language| language.direction().as_str() == "rtl"),
        published: said.published,
        html: export::at_home(&html, said.url.as_ref(), None),
    };
    export::file(&web, share.account, format, &title, vec![piece], MOST_PICTURES, locale).await
}

/// `GET /s/{code}/{kind}/{signature}/{address}`: a picture or a recording of a shared article, as long as the link opens.
pub async fn file(
    State(web): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<(String, String, String, String)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, kind, signature, address)) = path?;
    let code = Code::read(&code).ok_or(WebError::NotFound)?;
    // First what costs nothing: an address that was not signed for this very link asks the database nothing.
    let found = media_of(&web, &code).check(&kind, &signature, &address).ok_or(WebError::NotFound)?;
    let now = web.app.clock.now();
    let share = web.app.db.open_share(code.hash(), now).await?.filter(|share| share.gives_pictures(now));
    let share = share.ok_or(WebError::NotFound)?;
    Ok(media::give(&web, share.account, found, share.snapshot.url, &headers).await)
}

fn too_many(wait: Wait) -> WebError {
    WebError::TooManyTries(wait.0)
}

/// The code of an address, and when somebody came with it. Every visit counts, whether there is such a link or not.
fn arrive(web: &Web, visit: &Visit, code: Result<Path<String>, PathRejection>) -> Result<(Code, UnixMillis), WebError> {
    let now = web.app.clock.now();
    web.public_visits.visit(visit.client.address, now).map_err(too_many)?;
    let Path(code) = code?;
    Ok((Code::read(&code).ok_or(WebError::NotFound)?, now))
}

async fn look_up(web: &Web, code: &Code, now: UnixMillis) -> Result<OpenShare, WebError> {
    let share = web.app.db.open_share(code.hash(), now).await?.filter(OpenShare::has_views_left);
    share.ok_or(WebError::NotFound)
}

/// The link of an address.
async fn find(
    web: &Web,
    visit: &Visit,
    code: Result<Path<String>, PathRejection>,
) -> Result<(Code, OpenShare), WebError> {
    let (code, now) = arrive(web, visit, code)?;
    let share = look_up(web, &code, now).await?;
    Ok((code, share))
}

/// The link of an address, if it gives its article without asking anything.
pub(super) async fn find_open(
    web: &Web,
    visit: &Visit,
    code: Result<Path<String>, PathRejection>,
) -> Result<OpenShare, WebError> {
    let (_, share) = find(web, visit, code).await?;
    if share.asks_first() { Err(WebError::NotFound) } else { Ok(share) }
}

/// The path of a link, below the base path.
fn path_of(code: &Code) -> String {
    format!("/s/{}", code.encoded())
}

fn media_of(web: &Web, code: &Code) -> PublicMedia {
    PublicMedia::new(&web.signer, &web.base, path_of(code))
}

fn gate(web: &Web, visit: &Visit, share: &OpenShare) -> GatePage {
    let frame = visit.frame(web);
    let left = share.max_views.map(|most| frame.count("shared.left", most - share.views));
    GatePage { asks_password: share.password_hash.is_some(), left, frame }
}

/// The page of a link, opened.
async fn draw(web: &WebState, visit: &Visit, server: &str, code: &Code, share: &OpenShare) -> Result<String, WebError> {
    let body = web.app.db.shared_body(share).await?;
    let given = Given {
        article: share.article,
        script: None,
        snapshot: &share.snapshot,
        path: path_of(code),
        media: media_of(web, code),
        by: share.shows_name.then_some(share.account_name.as_str()),
        indexed: share.may_index,
        feeds: Vec::new(),
        list: None,
        has_preview: !share.asks_first(),
        files: if share.asks_first() { Vec::new() } else { Format::all(visit.language)[..4].into() },
    };
    given.draw(web, visit, server, body).await
}
