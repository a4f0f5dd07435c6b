//! Articles as files: one, or a list.
//!
//! `GET /articles/ID/export/FORMAT` and `GET /export?list=…&format=…`. A shared article is given out as a file by
//! `pages::share::public`. A file carries its pictures where its form can; they are fetched as a browser would have them fetched.

use std::collections::HashSet;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::article::add_links;
use super::framed::framed;
use super::publish::listed::{self, Listed};
use super::share::title_of;
use crate::archive::outward::{
    Book, Pictures, Piece, picture_addresses, write_book, write_markdown, write_markdown_with_pictures, write_page,
};
use crate::archive::{self, ArchivedArticle, ZipFile, folder_name};
use crate::content::chinese::Script;
use crate::content::clean::{Rendering, clean, nothing_kept};
use crate::content::text::plain_text;
use crate::domain::{AccountId, ArticleId, UnixMillis, WebUrl};
use crate::jobs::gather::gather;
use crate::store::{ArticleView, ListRow};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::parts::Parts;
use crate::web::view::feed_title;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The type of electronic books.
pub(super) const EPUB: &str = "application/epub+zip";
/// The most articles of a list in one file.
const MOST_ARTICLES: i64 = 200;
/// The most pictures in one file of a reader's own.
const MOST_PICTURES: usize = 300;

/// A form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One web page with everything in it.
    Html,
    /// Markdown.
    Md,
    /// Plain text.
    Txt,
    /// For programs.
    Json,
    /// An electronic book.
    Epub,
    /// The form that can be taken in again, in a ZIP file if there are several.
    Archive,
}

impl Format {
    /// The forms with their names in addresses and what they are called.
    pub(super) fn all(locale: Locale) -> [(&'static str, &'static str); 6] {
        [
            ("html", locale.t("export.html")),
            ("epub", "EPUB"),
            ("md", "Markdown"),
            ("txt", locale.t("export.txt")),
            ("json", "JSON"),
            ("archive", locale.t("export.archive")),
        ]
    }

    fn carries_pictures(self) -> bool {
        matches!(self, Self::Html | Self::Epub | Self::Md)
    }
}

/// `GET /articles/{id}/export/{format}`
pub async fn article(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    path: Result<Path<(ArticleId, Format)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((id, format)) = path?;
    let article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let locale = visit.frame(&web).locale;
    let title = title_of(&article.title, &article.excerpt, locale);
    if format == Format::Archive {
        let name = archive::file_name(id.0, &article.title);
        let text = archive::write(&name, &archived(article));
        return Ok(download(text.into_bytes(), "text/markdown; charset=utf-8", &name));
    }
    let piece = piece(&article, title.clone(), None, locale);
    file(&web, user.id, format, &title, vec![piece], MOST_PICTURES, locale).await
}

/// Which list, and how.
#[derive(Debug, Deserialize)]
pub struct ExportParams {
    list: String,
    format: Format,
    /// To be asked first which of them.
    choose: Option<String>,
}

/// The page on which articles of a list are chosen.
#[derive(Debug, Template)]
#[template(path = "pages/export.html")]
struct ChoosePage {
    frame: Frame,
    title: String,
    list: String,
    formats: [(&'static str, &'static str); 6],
    /// Number, title, and where it is from.
    rows: Vec<(ArticleId, String, String)>,
}

/// `GET /export`: the newest articles of a list; with `id=…`, any number of times, only those of them; with `choose=1` a page
/// where they are chosen.
pub async fn list(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<ExportParams>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let frame = visit.frame(&web);
    let lists = Listed::all(&web, user.id, &frame).await?;
    let chosen = lists.into_iter().find(|(list, _)| list.to_string() == params.list);
    let (list, title) = chosen.ok_or(WebError::NotFound)?;
    let mut rows = listed::newest(&web, user.id, list, MOST_ARTICLES).await?;
    if params.choose.is_some() {
        let frame = framed(&web, &visit, &user, None).await?.frame;
        let row = |row: ListRow| {
            let title = title_of(&row.title, &row.excerpt, frame.locale);
            (row.id, title, feed_title(&row.feed_title, frame.locale))
        };
        let rows = rows.into_iter().map(row).collect();
        let page = ChoosePage { title, list: params.list, formats: Format::all(frame.locale), rows, frame };
        return Ok(Page::new(page).into_response());
    }
    let query = query.unwrap_or_default();
    let fields = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "id");
    let chosen: HashSet<ArticleId> = fields.filter_map(|(_, id)| id.parse().ok().map(ArticleId)).collect();
    rows.retain(|row| chosen.is_empty() || chosen.contains(&row.id));
    if params.format == Format::Archive {
        let mut zip = ZipFile::default();
        for row in rows {
            let Some(article) = web.app.db.article(user.id, row.id).await? else { continue };
            let name = archive::file_name(row.id.0, &article.title);
            let folder = folder_name(&title);
            let source = archive::source_beside(&folder, &article.feed_title);
            let archived = ArchivedArticle { source, ..archived(article) };
            zip.deflate(&format!("{folder}/{name}"), archive::write(&name, &archived).as_bytes());
        }
        return Ok(download(zip.finish(), "application/zip", &format!("{title}.zip")));
    }
    let mut pieces = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(article) = web.app.db.article(user.id, row.id).await? else { continue };
        let title = title_of(&article.title, &article.excerpt, frame.locale);
        pieces.push(piece(&article, title, None, frame.locale));
        // Cleaning many texts takes a while.
        tokio::task::yield_now().await;
    }
    file(&web, user.id, params.format, &title, pieces, MOST_PICTURES, frame.locale).await
}

/// An article on its way out, with the addresses that its pictures have at home and links to its files.
pub(in crate::web) fn piece(article: &ArticleView, title: String, script: Option<Script>, locale: Locale) -> Piece {
    let base = article.url.clone().or_else(|| article.site_url.clone());
    let host = article.url.as_ref().map(|url| url.site().to_owned());
    let mut html = article.body.as_ref().map(|body| body.html.clone()).unwrap_or_default();
    add_links(&article.enclosures, locale, &mut html);
    Piece {
        title,
        author: article.author.clone(),
        url: article.url.as_ref().map(|url| url.without_credentials().to_string()),
        source: host.or_else(|| article.site_name.clone()).unwrap_or_default(),
        language: article.language.as_ref().map(|language| language.as_str().to_owned()),
        is_rtl: article.language.as_ref().is_some_and(|language| language.direction().as_str() == "rtl"),
        published: article.published,
        html: at_home(&html, base.as_ref(), script),
    }
}

/// A text cleaned as for a page, but with the addresses that its pictures have at home; converted into a script of Chinese, if it is to be.
pub(in crate::web) fn at_home(html: &str, base: Option<&WebUrl>, script: Option<Script>) -> String {
    let itself = |url: &WebUrl| url.to_string();
    let html = clean(html, &Rendering { base, picture: &itself, media: &itself, kept: &nothing_kept });
    Script::apply(script, html).into_string()
}

/// An article as JSON.
#[derive(Debug, Serialize)]
struct Record<'a> {
    title: &'a str,
    author: Option<&'a str>,
    url: Option<&'a str>,
    source: &'a str,
    language: Option<&'a str>,
    published: Option<String>,
    html: &'a str,
    text: String,
}

impl<'a> Record<'a> {
    fn of(piece: &'a Piece) -> Self {
        Self {
            title: &piece.title,
            author: piece.author.as_deref(),
            url: piece.url.as_deref(),
            source: &piece.source,
            language: piece.language.as_deref(),
            published: piece.published.and_then(UnixMillis::to_timestamp).map(|at| at.strftime("%FT%TZ").to_string()),
            html: &piece.html,
            text: plain_text(&piece.html),
        }
    }
}

/// The file. `account` pays for the fetching of pictures.
pub(super) async fn file(
    web: &WebState,
    account: AccountId,
    format: Format,
    title: &str,
    mut pieces: Vec<Piece>,
    most_pictures: usize,
    locale: Locale,
) -> Result<Response, WebError> {
    // A table of contents has at least one line.
    if pieces.is_empty() && format == Format::Epub {
        return Err(WebError::NotFound);
    }
    let pictures = if format.carries_pictures() {
        let _errand = web.errands.begin(account, web.app.clock.now()).map_err(|_| WebError::Busy)?;
        let addresses = pieces.iter().flat_map(|piece| picture_addresses(&piece.html)).collect();
        gather(&web.app, addresses, most_pictures).await
    } else {
        Pictures::new()
    };
    let book = Book {
        title: title.to_owned(),
        id: super::publish::public::uuid(web.signer.name(&format!("book {account} {title}"))),
        contents: locale.t("article.outline").to_owned(),
        language: locale.tag().to_owned(),
        made: web.app.clock.now(),
        cover: None,
    };
    let name = title.to_owned();
    let whole = |text: String| vec![Bytes::from(text)];
    let write = move || match format {
        Format::Html => (whole(write_page(&name, &pieces, &pictures)), "text/html; charset=utf-8", "html"),
        Format::Md | Format::Archive => match write_markdown_with_pictures(&name, &mut pieces, &pictures) {
            Some(zip) => (zip, "application/zip", "zip"),
            None => (whole(write_markdown(&pieces)), "text/markdown; charset=utf-8", "md"),
        },
        Format::Txt => (whole(plain(&pieces)), "text/plain; charset=utf-8", "txt"),
        Format::Epub => (write_book(&book, &pieces, &pictures), EPUB, "epub"),
        Format::Json => {
            let records: Vec<Record<'_>> = pieces.iter().map(Record::of).collect();
            let json = match records.as_slice() {
                [only] => serde_json::to_string_pretty(only),
                all => serde_json::to_string_pretty(all),
            };
            (whole(json.unwrap_or_default()), "application/json", "json")
        }
    };
    let (parts, kind, ending) = web.app.content.run(write).await.map_err(WebError::internal)?;
    Ok(download(Parts::from(parts), kind, &format!("{title}.{ending}")))
}

fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| {
        let head = [Some(piece.title.clone()), piece.author.clone(), piece.url.clone()];
        let head: Vec<String> = head.into_iter().flatten().collect();
        format!("{}\n\n{}\n", head.join("\n"), plain_text(&piece.html))
    };
    pieces.iter().map(text).collect::<Vec<_>>().join("\n\n")
}

/// The archived form: what is shown of an article.
pub fn archived(article: ArticleView) -> ArchivedArticle {
    ArchivedArticle {
        stamp: Some(article.fetched_at.0).filter(|stamp| *stamp >= 0),
        title: article.title,
        address: article.url.as_ref().map_or_else(String::new, |url| url.as_str().to_owned()),
        author: article.author,
        date: article.published.and_then(UnixMillis::to_timestamp).map(|time| format!("{time:.3}")),
        tags: article.categories,
        body: article.body.map_or_else(String::new, |body| body.html),
        ..ArchivedArticle::default()
    }
}

/// A file to be saved under a name in any script (RFC 6266, RFC 8187).
pub(super) fn download(bytes: impl Into<Body>, kind: &'static str, name: &str) -> Response {
    // A long title is cut, and the ending stays.
    let name = match name.rsplit_once('.').filter(|(_, ending)| ending.len() < 8) {
        Some((stem, ending)) => format!("{}.{ending}", folder_name(stem)),
        None => folder_name(name),
    };
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    let ending = name.rsplit('.').next().filter(|ending| ending.bytes().all(|b| b.is_ascii_alphanumeric()));
    let plain = format!("article.{}", ending.unwrap_or("txt"));
    let mut response = bytes.into().into_response();
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")) {
        fields.insert(CONTENT_DISPOSITION, value);
    }
    response
}
