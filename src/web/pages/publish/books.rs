//! A published list for e-readers: a catalogue, each article as a book, and the whole list as one.
//!
//! `GET /p/CODE/opds.xml`, `/p/CODE/NAME/book.epub` and `/p/CODE/book.epub`. Books are made when they are asked for; those of a digest
//! that its owner put into the catalogue lie there, `/p/CODE/digests/ID`. A list of titles only has none.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::listed;
use super::public::{Open, answer, uuid};
use crate::archive::outward::Piece;
use crate::domain::DigestBookId;
use crate::feed::publish::{BookEntry, CATALOGUE, Channel, opds};
use crate::store::ListRow;
use crate::web::pages::export::{self, EPUB, Format};
use crate::web::pages::programs::server_of;
use crate::web::pages::share::title_of;
use crate::web::{Visit, WebError, WebState};

/// The most pictures of a book.
const MOST_PICTURES: usize = 100;

/// `GET /p/{code}/opds.xml`
pub async fn catalogue(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let (open, rows) = find(&web, &visit, &code?.0).await?;
    let page = format!("{}/p/{}", server_of(&web, &visit, &headers), open.code.encoded());
    let list = &open.publication;
    let updated = rows.iter().map(|row| row.sort_at).max().unwrap_or(list.created_at);
    let channel = Channel {
        title: list.title.clone(),
        description: String::new(),
        address: format!("{page}/opds.xml"),
        id: uuid(web.signer.name(&format!("list {}", list.id))),
        updated,
        hub: None,
        items: Vec::new(),
        page: page.clone(),
    };
    let mut books = Vec::with_capacity(rows.len() + 1);
    if !rows.is_empty() {
        books.push(BookEntry {
            id: uuid(web.signer.name(&format!("book {}", list.id))),
            title: list.title.clone(),
            author: None,
            summary: String::new(),
            updated,
            language: None,
            address: format!("{page}/book.epub"),
        });
    }
    books.extend(rows.into_iter().map(|row| BookEntry {
        id: uuid(web.signer.name(&format!("article {} {}", list.account, row.id))),
        title: title_of(&row.title, &row.excerpt, visit.language),
        address: format!("{page}/{}/book.epub", open.name(&web, row.id)),
        author: row.author,
        summary: row.excerpt,
        updated: row.sort_at,
        language: row.language.map(|language| language.as_str().to_owned()),
    }));
    let digests = web.app.db.offered_books(list.id).await?;
    let updated = digests.iter().map(|book| book.made_at).max().map_or(updated, |made| made.max(updated));
    books.extend(digests.into_iter().map(|book| BookEntry {
        id: uuid(web.signer.name(&format!("digest {}", book.id))),
        title: book.title,
        author: None,
        summary: visit.language.count("digest.articles", book.articles),
        updated: book.made_at,
        language: None,
        address: format!("{page}/digests/{}", book.id),
    }));
    let channel = Channel { updated, ..channel };
    Ok(answer(opds(&channel, &books), CATALOGUE, updated, &headers))
}

/// `GET /p/{code}/digests/{book}`: a book of a digest that lies in this catalogue.
pub async fn digest(
    State(web): State<WebState>,
    visit: Visit,
    path: Result<Path<(String, DigestBookId)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, book)) = path?;
    let open = Open::find(&web, &visit, &code).await?;
    if open.publication.titles_only {
        return Err(WebError::NotFound);
    }
    let found = web.app.db.offered_file(open.publication.id, book).await?;
    let (title, file) = found.ok_or(WebError::NotFound)?;
    Ok(export::download(file, EPUB, &format!("{title}.epub")))
}

/// `GET /p/{code}/{name}/book.epub`: one article.
pub async fn one(
    State(web): State<WebState>,
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, WebError> {
    let Path((code, name)) = path?;
    let (open, mut rows) = find(&web, &visit, &code).await?;
    rows.retain(|row| open.name(&web, row.id) == name);
    let title = rows.first().map(|row| title_of(&row.title, &row.excerpt, visit.language));
    book(&web, &visit, &open, &title.ok_or(WebError::NotFound)?, rows).await
}

/// `GET /p/{code}/book.epub`: the whole list.
pub async fn whole(
    State(web): State<WebState>,
    visit: Visit,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, WebError> {
    let (open, rows) = find(&web, &visit, &code?.0).await?;
    book(&web, &visit, &open, &open.publication.title, rows).await
}

async fn find(web: &WebState, visit: &Visit, code: &str) -> Result<(Open, Vec<ListRow>), WebError> {
    let open = Open::find(web, visit, code).await?;
    if open.publication.titles_only {
        return Err(WebError::NotFound);
    }
    let rows = listed::rows(web, &open.publication).await?;
    Ok((open, rows))
}

async fn book(
    web: &WebState,
    visit: &Visit,
    open: &Open,
    title: &str,
    rows: Vec<ListRow>,
) -> Result<Response, WebError> {
    let account = open.publication.account;
    let mut pieces: Vec<Piece> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(mut article) = web.app.db.article(account, row.id).await? else { continue };
        let script = listed::in_script(&open.publication, &mut article);
        let title = title_of(&article.title, &article.excerpt, visit.language);
        pieces.push(export::piece(&article, title, script, visit.language));
        tokio::task::yield_now().await;
    }
    export::file(web, account, Format::Epub, title, pieces, MOST_PICTURES, visit.language).await
}
