//! A published list for somebody without an account.
//!
//! `GET /p/CODE` is a web page of it, `/p/CODE/rss.xml`, `/p/CODE/atom.xml` and `/p/CODE/feed.json` are feeds with the full
//! texts, `/p/CODE/NAME` is an article and `/p/CODE/p/SIGNATURE/ADDRESS` a picture. As with links to single articles, no cookie
//! is read or set, and what was taken back is gone with the next request.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::header::{CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::listed;
use crate::content::chinese::Script;
use crate::content::clean::{Rendering, clean, nothing_kept};
use crate::domain::{ArticleId, Enclosure, UnixMillis, WebUrl, hex};
use crate::feed::publish::{Channel, File, Item, atom, json_feed, rss};
use crate::store::{AT_A_TIME, ArticleView, ListRow, Publication, Snapshot};
use crate::web::code::Code;
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::{CachePolicy, Frame};
use crate::web::pages::media;
use crate::web::pages::programs::server_of;
use crate::web::pages::share::given::{self, Given};
use crate::web::pages::share::preview;
use crate::web::public_media::PublicMedia;
use crate::web::view::Moment;
use crate::web::{Visit, Web, WebError, WebState};

/// So many parts of a feed are under way at a time.
const AHEAD: usize = 3;

/// The list as a web page.
#[derive(Debug, Template)]
#[template(path = "pages/published.html")]
pub struct PublishedPage {
    frame: Frame,
    title: String,
    feeds: Vec<(&'static str, String)>,
    /// The whole list as a book.
    book: Option<String>,
    /// The page's own whole address.
    here: String,
    rows: Vec<Row>,
}

/// An article of the list.
#[derive(Debug)]
struct Row {
    address: String,
    title: String,
    excerpt: String,
    source: String,
    when: Moment,
    lang: Option<(String, &'static str)>,
    picture: Option<String>,
}

/// The formats of a list: media type and the end of the address.
pub(in crate::web) const FORMATS: [(&str, &str); 3] =
    [("application/rss+xml", "rss.xml"), ("application/atom+xml", "atom.xml"), ("application/feed+json", "feed.json")];

/// `GET /p/{code}`
pub async fn page(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(code) = code?;
    let open = Open::find(&web, &visit, &code).await?;
    let frame = visit.frame(&web);
    let zone = frame.zone();
    let mut rows = Vec::new();
    for row in listed::rows(&web, &open.publication).await? {
        rows.push(Row {
            address: format!("{}{}/{}", web.base.as_str(), open.path(), open.name(&web, row.id)),
            title: crate::web::pages::share::title_of(&row.title, &row.excerpt, frame.locale),
            excerpt: if row.title.is_empty() { String::new() } else { row.excerpt.clone() },
            source: row.url.as_ref().map(|url| url.site().to_owned()).unwrap_or_default(),
            when: Moment::new(row.published.unwrap_or(row.sort_at), frame.now, &zone, frame.locale),
            lang: row.language.as_ref().map(|lang| (lang.as_str().to_owned(), lang.direction().as_str())),
            picture: row.lead_image.as_ref().map(|url| open.media(&web).picture(url)),
        });
    }
    let title = open.publication.title.clone();
    let has_book = !open.publication.titles_only && !rows.is_empty();
    let book = has_book.then(|| web.base.join(&format!("{}/book.epub", open.path())));
    let here = format!("{}{}", server_of(&web, &visit, &headers), open.path());
    let page = PublishedPage { book, feeds: open.feeds(&web), rows, title, here, frame };
    Ok(given::public(page.render().map_err(WebError::internal)?, false))
}

/// `GET /p/{code}/preview`: the picture that stands for the list where its link is shown: that of its newest article with one, or
/// a card with its title.
pub async fn preview(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let open = Open::find(&web, &visit, &code?.0).await?;
    let rows = listed::rows(&web, &open.publication).await?;
    let list = &open.publication;
    let said = Snapshot {
        title: list.title.clone(),
        url: rows.iter().find(|row| row.lead_image.is_some()).and_then(|row| row.url.clone()),
        lead_image: rows.iter().find_map(|row| row.lead_image.clone()),
        source: "Gleaner".to_owned(),
        published: Some(rows.iter().map(|row| row.sort_at).max().unwrap_or(list.created_at)),
        ..Snapshot::default()
    };
    preview::give(&web, list.account, &said, (visit.language, &headers)).await
}

/// `GET /p/{code}/{name}/preview`: the picture that stands for one of its articles.
pub async fn article_preview(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, name)) = path?;
    let open = Open::find(&web, &visit, &code).await?;
    let mut article = open.article(&web, &name).await?;
    listed::in_script(&open.publication, &mut article);
    let said = crate::web::pages::share::plain_snapshot(&article);
    preview::give(&web, open.publication.account, &said, (visit.language, &headers)).await
}

/// `GET /p/{code}/{name}`: one article of the list.
pub async fn article(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, name)) = path?;
    let open = Open::find(&web, &visit, &code).await?;
    let mut article = open.article(&web, &name).await?;
    // Titles only means titles only, here as well.
    let body = article.body.take().filter(|_| !open.publication.titles_only);
    let script = listed::in_script(&open.publication, &mut article);
    let snapshot = crate::web::pages::share::plain_snapshot(&article);
    let given = Given {
        article: article.id,
        script,
        snapshot: &snapshot,
        path: format!("{}/{name}", open.path()),
        media: open.media(&web),
        by: None,
        indexed: false,
        feeds: open.feeds(&web),
        files: Vec::new(),
        list: Some((web.base.join(&open.path()), open.publication.title.clone())),
        has_preview: true,
    };
    let body = body.map(|body| (article.changed_at, body.html));
    given.show(&web, &visit, &server_of(&web, &visit, &headers), body).await
}

/// `GET /p/{code}/rss.xml`
pub async fn as_rss(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    feed(&web, &visit, &headers, code, 0, rss).await
}

/// `GET /p/{code}/atom.xml`
pub async fn as_atom(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    feed(&web, &visit, &headers, code, 1, atom).await
}

/// `GET /p/{code}/feed.json`
pub async fn as_json(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    feed(&web, &visit, &headers, code, 2, json_feed).await
}

/// `GET /p/{code}/{kind}/{signature}/{address}`: a picture or a recording of an article of the list.
pub async fn file(
    State(web): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<(String, String, String, String)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, kind, signature, address)) = path?;
    let code = Code::read(&code).ok_or(WebError::NotFound)?;
    let media = PublicMedia::new(&web.signer, &web.base, path_of(&code));
    let found = media.check(&kind, &signature, &address).ok_or(WebError::NotFound)?;
    let publication = web.app.db.open_publication(code.hash(), web.app.clock.now()).await?;
    let account = publication.ok_or(WebError::NotFound)?.account;
    Ok(media::give(&web, account, found, None, &headers).await)
}

fn path_of(code: &Code) -> String {
    format!("/p/{}", code.encoded())
}

/// A list that somebody came to with its code.
pub(super) struct Open {
    pub(super) code: Code,
    pub(super) publication: Publication,
}

impl Open {
    pub(super) async fn find(web: &Web, visit: &Visit, code: &str) -> Result<Self, WebError> {
        let now = web.app.clock.now();
        web.public_visits.visit(visit.client.address, now).map_err(|wait| WebError::TooManyTries(wait.0))?;
        let code = Code::read(code).ok_or(WebError::NotFound)?;
        let publication = web.app.db.open_publication(code.hash(), now).await?.ok_or(WebError::NotFound)?;
        Ok(Self { code, publication })
    }

    /// The article of the list that has this name.
    async fn article(&self, web: &Web, name: &str) -> Result<ArticleView, WebError> {
        let rows = listed::rows(web, &self.publication).await?;
        let row = rows.iter().find(|row| self.name(web, row.id) == name).ok_or(WebError::NotFound)?;
        web.app.db.article(self.publication.account, row.id).await?.ok_or(WebError::NotFound)
    }

    pub(super) fn path(&self) -> String {
        path_of(&self.code)
    }

    fn media(&self, web: &Web) -> PublicMedia {
        PublicMedia::new(&web.signer, &web.base, self.path())
    }

    fn feeds(&self, web: &Web) -> Vec<(&'static str, String)> {
        FORMATS.map(|(kind, end)| (kind, format!("{}/{end}", web.base.join(&self.path())))).into()
    }

    /// A name for an article that stays whatever the code is, and that says nothing about it.
    pub(super) fn name(&self, web: &Web, article: ArticleId) -> String {
        hex(&web.signer.name(&format!("article {} {article}", self.publication.account)))
    }
}

/// A name as a UUID of the kind that everybody may make as they like (RFC 9562, section 5.8).
pub(in crate::web) fn uuid(mut name: [u8; 16]) -> String {
    name[6] = (name[6] & 0x0f) | 0x80;
    name[8] = (name[8] & 0x3f) | 0x80;
    let hex = hex(&name);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

async fn feed(
    web: &WebState,
    visit: &Visit,
    headers: &HeaderMap,
    code: Result<Path<String>, PathRejection>,
    format: usize,
    write: fn(&Channel) -> String,
) -> Result<Response, WebError> {
    let Path(code) = code?;
    let open = Open::find(web, visit, &code).await?;
    let server = server_of(web, visit, headers);
    let (kind, end) = FORMATS[format];
    let page = format!("{server}{}", open.path());
    let mut channel = Channel {
        title: open.publication.title.clone(),
        description: visit.language.t("published.description").to_owned(),
        address: format!("{page}/{end}"),
        id: uuid(web.signer.name(&format!("list {}", open.publication.id))),
        updated: open.publication.created_at,
        page,
        hub: web.app.settings.hub.as_ref().filter(|_| open.publication.is_announced).map(ToString::to_string),
        items: Vec::new(),
    };
    let media = open.media(web).whole(&server);
    let rows = listed::rows(web, &open.publication).await?;
    // While some texts are cleaned, the next ones are read.
    let parts: Vec<Vec<ListRow>> = rows.chunks(AT_A_TIME).map(<[ListRow]>::to_vec).collect();
    let mut coming = stream::iter(parts).map(|rows| items(web, &open, rows, &media)).buffered(AHEAD);
    while let Some(items) = coming.next().await {
        channel.items.extend(items?);
    }
    drop(coming);
    channel.updated = channel.items.iter().map(|item| item.updated).fold(channel.updated, UnixMillis::max);
    let mut response = answer(write(&channel), kind, channel.updated, headers);
    if let Some(hub) = &channel.hub
        && let Ok(links) = HeaderValue::try_from(format!("<{hub}>; rel=\"hub\", <{}>; rel=\"self\"", channel.address))
    {
        response.headers_mut().insert(LINK, links);
    }
    Ok(response)
}

/// Some articles of a list as items of a feed.
async fn items(web: &WebState, open: &Open, rows: Vec<ListRow>, media: &PublicMedia) -> Result<Vec<Item>, WebError> {
    let (account, titles_only) = (open.publication.account, open.publication.titles_only);
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
    let articles = web.app.db.articles(account, &ids).await?;
    let named = articles.into_iter().filter_map(|mut article| {
        let row = rows.iter().find(|row| row.id == article.id)?;
        let id = uuid(web.signer.name(&format!("article {account} {}", article.id)));
        let page = format!("{}/{}", media.page(), open.name(web, article.id));
        let script = listed::in_script(&open.publication, &mut article);
        Some((row.published.unwrap_or(row.sort_at), article, script, (id, page)))
    });
    let (named, media): (Vec<_>, PublicMedia) = (named.collect(), media.clone());
    let work = move || {
        let items = named
            .into_iter()
            .map(|(published, article, script, named)| item(published, article, script, named, &media, titles_only));
        items.collect()
    };
    web.app.content.run(work).await.map_err(WebError::internal)
}

fn item(
    published: UnixMillis,
    article: ArticleView,
    script: Option<Script>,
    (id, page): (String, String),
    media: &PublicMedia,
    titles_only: bool,
) -> Item {
    let base = article.url.clone().or_else(|| article.site_url.clone());
    let (picture, recording) = (|url: &WebUrl| media.picture(url), |url: &WebUrl| media.recording(url));
    let rendering = Rendering { base: base.as_ref(), picture: &picture, media: &recording, kept: &nothing_kept };
    let html = article
        .body
        .filter(|_| !titles_only)
        .map(|body| Script::apply(script, clean(&body.html, &rendering)).into_string());
    Item {
        id,
        link: article.url.as_ref().map_or(page, |url| url.without_credentials().to_string()),
        title: if article.title.is_empty() { article.excerpt } else { article.title },
        author: article.author,
        published,
        updated: article.changed_at,
        language: article.language.map(|language| language.as_str().to_owned()),
        html,
        categories: article.categories,
        files: files(article.enclosures),
    }
}

/// The files of an article, as feeds name them: none can be named of which nobody said what it is.
pub(in crate::web) fn files(enclosures: Vec<Enclosure>) -> Vec<File> {
    let file = |file: Enclosure| {
        Some(File { address: file.url.to_string(), media_type: file.media_type?, length: file.length.unwrap_or(0) })
    };
    enclosures.into_iter().filter_map(file).collect()
}

/// The feed, or word that the reader has it already.
pub(super) fn answer(text: String, kind: &'static str, updated: UnixMillis, headers: &HeaderMap) -> Response {
    let etag = format!("W/\"{}\"", hex(&Sha256::digest(text.as_bytes())[..12]));
    let modified = updated.to_timestamp().map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    // RFC 9110, section 13.1.3: a date counts only where there is no tag.
    let has_it = match headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) {
        Some(known) => known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag.trim_start_matches("W/")),
        None => headers
            .get(IF_MODIFIED_SINCE)
            .is_some_and(|value| modified.as_deref().is_some_and(|modified| value.as_bytes() == modified.as_bytes())),
    };
    let mut response = if has_it { StatusCode::NOT_MODIFIED.into_response() } else { text.into_response() };
    let fields = response.headers_mut();
    if let Ok(kind) = HeaderValue::try_from(format!("{kind}; charset=utf-8")) {
        fields.insert(CONTENT_TYPE, kind);
    }
    for (name, value) in [(ETAG, Some(etag)), (LAST_MODIFIED, modified)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            fields.insert(name, value);
        }
    }
    response.extensions_mut().insert(ContentPolicy::Inert);
    response.extensions_mut().insert(CachePolicy::Checked);
    response
}
