//! The other end of a link: an article for somebody without an account.
//!
//! `GET /s/CODE` shows it, or asks for the password; a link that opens a few times only asks before it opens, so that no robot
//! that fetches a preview uses it up. `GET /s/CODE/p/SIGNATURE/ADDRESS` is a picture of it. No cookie is read or set here, and
//! an unknown code, one that was taken back and one whose time is over are the same 404.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::title_of;
use crate::content::clean::{CleanHtml, Rendering, clean};
use crate::content::highlight::{Marking, mark};
use crate::domain::{HighlightId, UnixMillis, WebUrl};
use crate::store::OpenShare;
use crate::web::code::Code;
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::{CachePolicy, Frame, Notice, Page};
use crate::web::pages::media;
use crate::web::pages::programs::server_of;
use crate::web::password::{Password, Verdict};
use crate::web::public_media::PublicMedia;
use crate::web::signer::Signed;
use crate::web::throttle::Wait;
use crate::web::view::{ColourView, Moment, reading_time};
use crate::web::{Visit, Web, WebError, WebState};

/// Texts up to so many bytes are cleaned on the spot; longer ones on the pool.
const QUICK_BYTES: usize = 64 * 1024;

/// The page that comes before an article.
#[derive(Debug, Template)]
#[template(path = "pages/gate.html")]
pub struct GatePage {
    frame: Frame,
    asks_password: bool,
    /// How often it can still be opened.
    left: Option<String>,
}

/// A shared article.
#[derive(Debug, Template)]
#[template(path = "pages/shared.html")]
pub struct SharedPage {
    frame: Frame,
    title: String,
    lang: Option<(String, &'static str)>,
    author: Option<String>,
    when: Option<Moment>,
    reading_time: String,
    note: String,
    kept: String,
    original: Option<(String, String)>,
    text: CleanHtml,
    passages: Vec<PassageView>,
    /// The SHA-256 of the text as it was kept, and when that was.
    proof: Option<(String, Moment)>,
    indexed: bool,
    card: Card,
}

/// A passage that goes with the article.
#[derive(Debug)]
struct PassageView {
    colour: ColourView,
    lines: Vec<String>,
    note: String,
}

/// What previews show.
#[derive(Debug)]
struct Card {
    /// The page's own whole address.
    address: String,
    description: String,
    picture: Option<String>,
    source: String,
    published: Option<String>,
    linked_data: String,
}

/// `GET /s/{code}`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let (code, share) = find(&web, &visit, code).await?;
    if share.password_hash.is_some() || share.max_views.is_some() {
        return Ok(Page::new(gate(&web, &visit, &share)).into_response());
    }
    give(&web, &visit, &headers, &code, &share).await
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
    give(&web, &visit, &headers, &code, &share).await
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
    let (what, url) = media_of(&web, &code).check(&kind, &signature, &address).ok_or(WebError::NotFound)?;
    let now = web.app.clock.now();
    let share = web.app.db.open_share(code.hash(), now).await?.filter(|share| share.gives_pictures(now));
    let share = share.ok_or(WebError::NotFound)?;
    let mut response = match what {
        Signed::Picture => media::give_picture(&web, share.account, url, share.snapshot.url, &headers).await,
        Signed::Recording => media::recording::give(&web, share.account, url, &headers).await,
    };
    response.extensions_mut().insert(ContentPolicy::PublicFile);
    // Nobody keeps it: with the link it is gone.
    response.extensions_mut().insert(CachePolicy::NoStore);
    Ok(response)
}

fn too_many(wait: Wait) -> WebError {
    WebError::TooManyTries(wait.0)
}

/// The link of an address. Every visit counts, whether there is such a link or not.
async fn find(
    web: &Web,
    visit: &Visit,
    code: Result<Path<String>, PathRejection>,
) -> Result<(Code, OpenShare), WebError> {
    let now = web.app.clock.now();
    web.public_visits.visit(visit.client.address, now).map_err(too_many)?;
    let Path(code) = code?;
    let code = Code::read(&code).ok_or(WebError::NotFound)?;
    let share = web.app.db.open_share(code.hash(), now).await?.filter(OpenShare::has_views_left);
    Ok((code, share.ok_or(WebError::NotFound)?))
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

/// Counts the view and gives the article.
async fn give(
    web: &WebState,
    visit: &Visit,
    headers: &HeaderMap,
    code: &Code,
    share: &OpenShare,
) -> Result<Response, WebError> {
    let body = web.app.db.shared_body(share).await?;
    if !web.app.db.count_view(share.id, web.app.clock.now()).await? {
        return Err(WebError::NotFound);
    }
    let kept_at = body.as_ref().map(|(at, _)| *at);
    let (text, proof) = match body {
        Some((_, html)) => text_of(web, code, share, html).await?,
        None => (CleanHtml::default(), String::new()),
    };
    let server = server_of(web, visit, headers);
    let page = page(web, visit, &server, code, share, text, kept_at.map(|at| (proof, at)));
    let html = page.render().map_err(WebError::internal)?;
    let mut response = html.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.extensions_mut().insert(ContentPolicy::Public { indexed: share.may_index });
    response.extensions_mut().insert(CachePolicy::NoStore);
    Ok(response)
}

/// The text with its passages, and the SHA-256 of what was kept.
async fn text_of(
    web: &Web,
    code: &Code,
    share: &OpenShare,
    html: String,
) -> Result<(CleanHtml, String), WebError> {
    let media = media_of(web, code);
    let base = share.snapshot.url.clone();
    // Numbers of their own: those of the owner's passages are nobody's business.
    let markings: Vec<Marking> = (1..)
        .zip(&share.snapshot.passages)
        .map(|(id, passage)| Marking {
            id: HighlightId(id),
            colour: passage.colour,
            anchor: passage.anchor.clone(),
        })
        .collect();
    let is_quick = html.len() <= QUICK_BYTES;
    let work = move || {
        let (picture, recording) = (|url: &WebUrl| media.picture(url), |url: &WebUrl| media.recording(url));
        let text = clean(&html, &Rendering { base: base.as_ref(), picture: &picture, media: &recording });
        (mark(&text, text.clone(), &markings).html, fingerprint(&html))
    };
    if is_quick { Ok(work()) } else { web.app.content.run(work).await.map_err(WebError::internal) }
}

/// The SHA-256 of a text as it was kept, in hexadecimal digits.
fn fingerprint(html: &str) -> String {
    Sha256::digest(html.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn page(
    web: &Web,
    visit: &Visit,
    server: &str,
    code: &Code,
    share: &OpenShare,
    text: CleanHtml,
    proof: Option<(String, UnixMillis)>,
) -> SharedPage {
    let frame = visit.frame(web);
    let (locale, zone, now, said) = (frame.locale, frame.zone(), frame.now, &share.snapshot);
    let date = locale.date(said.kept, &zone);
    let source = if said.source.is_empty() { "Gleaner" } else { &said.source };
    let title = title_of(&said.title, &said.excerpt, locale);
    let address = format!("{server}{}", path_of(code));
    let picture = said.lead_image.as_ref().map(|url| media_of(web, code).whole(server).picture(url));
    let original = said.url.as_ref().map(|url| (url.to_string(), url.host().trim_start_matches("www.").to_owned()));
    let published = said.published.map(|at| Moment::new(at, now, &zone, locale));
    let machine = published.as_ref().map(|moment| moment.machine.clone());
    SharedPage {
        lang: said.language.as_ref().map(|lang| (lang.as_str().to_owned(), lang.direction().as_str())),
        author: said.author.clone(),
        reading_time: reading_time(said.words, said.cjk_chars, locale),
        note: said.note.clone(),
        kept: if share.shows_name {
            locale.say("shared.kept_by", [("name", &share.account_name), ("source", &source), ("date", &date)])
        } else {
            locale.say("shared.kept", [("source", &source), ("date", &date)])
        },
        passages: said
            .passages
            .iter()
            .map(|passage| PassageView {
                colour: ColourView::new(passage.colour, locale),
                lines: passage.anchor.exact.lines().map(str::to_owned).collect(),
                note: passage.note.clone(),
            })
            .collect(),
        proof: proof.map(|(hash, at)| (hash, Moment::new(at, now, &zone, locale))),
        indexed: share.may_index,
        card: Card {
            linked_data: linked_data(share, &title, &address, picture.as_deref(), machine.as_deref()),
            description: if said.note.is_empty() { said.excerpt.clone() } else { said.note.clone() },
            source: source.to_owned(),
            published: machine,
            address,
            picture,
        },
        when: published,
        original,
        text,
        title,
        frame,
    }
}

/// The article for machines (schema.org, JSON-LD 1.1). No tag can end within it.
fn linked_data(share: &OpenShare, title: &str, address: &str, picture: Option<&str>, published: Option<&str>) -> String {
    let said = &share.snapshot;
    let mut article = serde_json::json!({
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": title,
        "url": address,
        "isBasedOn": said.url.as_ref().map(ToString::to_string),
        "mainEntityOfPage": said.url.as_ref().map_or(address.to_owned(), ToString::to_string),
        "inLanguage": said.language.as_ref().map(|language| language.as_str().to_owned()),
        "datePublished": published,
        "description": said.excerpt,
        "image": picture,
        "author": said.author.as_ref().map(|name| serde_json::json!({ "@type": "Person", "name": name })),
    });
    if let Some(fields) = article.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    article.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}
