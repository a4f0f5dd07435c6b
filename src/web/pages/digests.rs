//! Digests: lists that become books, by a clock or when their reader says so.
//!
//! `GET /digests` shows them with their books, `POST /digests` makes one, `POST /digests/ID` changes it, `/digests/ID/make` asks for a
//! book now and `/digests/ID/delete` ends it; `GET /books/ID` is a book and `POST /books/ID/delete` deletes it. How a book is made
//! stands in `web::digest`.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::export::{EPUB, download};
use super::framed::framed;
use super::publish::listed::Listed;
use super::{Now, see_other, wants_json};
use crate::domain::{DigestBookId, DigestId, PublicationId};
use crate::store::{Digest, DigestBook, DigestChoice, DigestOutcome, Scope};
use crate::web::digest::{DAILY, next_due};
use crate::web::page::{Frame, Notice, Page};
use crate::web::view::{Done, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Articles of a book: how many if nobody says otherwise, and at most.
const USUAL: i64 = 50;
const MOST: i64 = 200;
/// Megabytes of a book: how many if nobody says otherwise, and at most.
const USUAL_SIZE: i64 = 8;
const MOST_SIZE: i64 = 20;
const MEGABYTE: i64 = 1_000_000;
/// Books that are kept: how many if nobody says otherwise, and at most.
const USUAL_KEPT: i64 = 5;
const MOST_KEPT: i64 = 10;
/// The hour of the day if nobody says otherwise.
const USUAL_HOUR: i64 = 6;

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/digests.html")]
pub struct DigestsPage {
    frame: Frame,
    /// What a new one starts from.
    fresh: Fields,
    digests: Vec<Line>,
    /// What is said of the books that are on their way.
    under_way: Option<String>,
}

/// The fields of a form.
#[derive(Debug)]
struct Fields {
    /// Apart from those of other forms of the page.
    key: String,
    /// The lists to choose from.
    lists: Vec<(String, String, bool)>,
    title: String,
    rhythms: Vec<(i64, String, bool)>,
    hours: Vec<(i64, String, bool)>,
    newest: i64,
    most: i64,
    size: i64,
    most_size: i64,
    kept: i64,
    most_kept: i64,
    only_new: bool,
    /// Published lists whose catalogue could have the books.
    catalogues: Vec<(PublicationId, String, bool)>,
}

/// A digest.
#[derive(Debug)]
struct Line {
    id: DigestId,
    title: String,
    facts: String,
    trouble: Option<String>,
    is_under_way: bool,
    fields: Fields,
    books: Vec<BookLine>,
}

/// A book of one.
#[derive(Debug)]
struct BookLine {
    id: DigestBookId,
    title: String,
    facts: String,
}

/// `GET /digests`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    if wants_json(&headers) {
        // Asked each second: nothing but what it says.
        let left = web.app.db.is_digest_under_way(user.id, web.app.clock.now()).await?;
        let frame = visit.frame(&web);
        let sentence = frame.t("digest.making").to_owned();
        return Ok(axum::Json(Now { done: i64::from(!left), total: 1, sentence, is_done: !left }).into_response());
    }
    Ok(Page::new(page(&web, &visit, &user).await?).into_response())
}

/// What a digest is to be like.
#[derive(Debug, Deserialize)]
pub struct DigestForm {
    #[serde(default)]
    list: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    rhythm: String,
    #[serde(default)]
    hour: String,
    #[serde(default)]
    newest: String,
    #[serde(default)]
    size: String,
    #[serde(default)]
    kept: String,
    only_new: Option<String>,
    #[serde(default)]
    catalogue: String,
}

impl DigestForm {
    /// What was chosen; whatever is no choice is as usual. `title` is that of the list.
    fn choice(&self, title: &str) -> DigestChoice {
        let number = |text: &str, usual: i64, most: i64| text.trim().parse().unwrap_or(usual).clamp(1, most);
        DigestChoice {
            title: Some(self.title.trim()).filter(|title| !title.is_empty()).unwrap_or(title).to_owned(),
            rhythm: self.rhythm.parse().ok().filter(|rhythm| (0..=DAILY).contains(rhythm)).unwrap_or(0),
            hour: self.hour.parse().ok().filter(|hour| (0..24).contains(hour)).unwrap_or(USUAL_HOUR),
            newest: number(&self.newest, USUAL, MOST),
            only_new: self.only_new.is_some(),
            max_bytes: number(&self.size, USUAL_SIZE, MOST_SIZE) * MEGABYTE,
            kept: number(&self.kept, USUAL_KEPT, MOST_KEPT),
            publication: self.catalogue.parse().ok().map(PublicationId),
        }
    }
}

/// `POST /digests`
pub async fn create(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<DigestForm>,
) -> Result<Response, WebError> {
    let shown = page(&web, &visit, &user).await?;
    // Only what the form offers: no list of anybody else, and none that is gone.
    let (list, title, _) = shown.fresh.lists.iter().find(|(name, ..)| *name == form.list).ok_or(WebError::NotFound)?;
    let choice = form.choice(title);
    if is_private(list, &choice) {
        return Ok(refused(shown, "digest.unread"));
    }
    let due = next_due(choice.rhythm, choice.hour, shown.frame.now, &shown.frame.zone());
    match web.app.db.add_digest(user.id, list, &choice, due).await? {
        Some(_) => Ok(see_other(&web, &Done::Simply(Simple::Stored).on("/digests"))),
        None => Ok(refused(shown, "digest.too_many")),
    }
}

/// `POST /digests/{id}`
pub async fn change(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<DigestId>, PathRejection>,
    Form(form): Form<DigestForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let known = web.app.db.digest(user.id, id).await?.ok_or(WebError::NotFound)?;
    let mut choice = form.choice(&known.choice.title);
    let frame = visit.frame(&web);
    let is_other = !form.list.is_empty() && form.list != known.list;
    let list = if is_other { &form.list } else { &known.list };
    if is_other {
        let all = lists(&web, &user, &frame).await?;
        let title = |list: &str| all.iter().find(|(name, _)| name == list).map(|(_, title)| title);
        let new = title(list).ok_or(WebError::NotFound)?;
        if title(&known.list) == Some(&choice.title) {
            // It was called as its list is, and still is.
            choice.title.clone_from(new);
        }
    }
    if is_private(list, &choice) {
        return Ok(refused(page(&web, &visit, &user).await?, "digest.unread"));
    }
    let due = next_due(choice.rhythm, choice.hour, frame.now, &frame.zone());
    web.app.db.change_digest(user.id, id, list, &choice, due).await?;
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on("/digests")))
}

/// What somebody has not read is nobody else's business.
fn is_private(list: &str, choice: &DigestChoice) -> bool {
    choice.publication.is_some() && Listed::parse(list) == Some(Listed::Scope(Scope::Unread))
}

fn refused(mut shown: DigestsPage, key: &str) -> Response {
    shown.frame.notice = Some(Notice::error(shown.frame.t(key).to_owned()));
    Page::new(shown).status(StatusCode::UNPROCESSABLE_ENTITY).into_response()
}

/// `POST /digests/{id}/make`: a book as soon as there is somebody to make it, which is a matter of seconds.
pub async fn make(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<DigestId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.make_digest_now(user.id, id, web.app.clock.now()).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, "/digests"))
}

/// `POST /digests/{id}/delete`
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<DigestId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.delete_digest(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::DigestDeleted).on("/digests")))
}

/// `GET /books/{id}`
pub async fn book(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<DigestBookId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let (title, file) = web.app.db.digest_file(user.id, id).await?.ok_or(WebError::NotFound)?;
    Ok(download(file, EPUB, &format!("{title}.epub")))
}

/// `POST /books/{id}/delete`
pub async fn delete_book(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<DigestBookId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.delete_digest_book(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::BookDeleted).on("/digests")))
}

/// The lists that a digest can be of, with their titles.
async fn lists(web: &WebState, user: &CurrentUser, frame: &Frame) -> Result<Vec<(String, String)>, WebError> {
    let mut all = vec![(Listed::Scope(Scope::Unread).to_string(), frame.t("list.unread").to_owned())];
    let lists = Listed::all(web, user.id, frame).await?;
    all.extend(lists.into_iter().map(|(list, title)| (list.to_string(), title)));
    Ok(all)
}

async fn page(web: &WebState, visit: &Visit, user: &CurrentUser) -> Result<DigestsPage, WebError> {
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.section = Some("/settings".to_owned());
    let db = &web.app.db;
    let (digests, books, publications) =
        tokio::try_join!(db.digests(user.id), db.digest_books(user.id), db.publications(user.id))?;
    let choices = lists(web, user, &frame).await?;
    // A catalogue of titles has no books.
    let catalogues: Vec<(PublicationId, String)> =
        publications.into_iter().filter(|list| !list.titles_only).map(|list| (list.id, list.title)).collect();
    let mut shelves: HashMap<DigestId, Vec<BookLine>> = HashMap::new();
    for book in books {
        shelves.entry(book.digest).or_default().push(book_line(book, &frame));
    }
    let fresh = DigestChoice {
        title: String::new(),
        rhythm: 0,
        hour: USUAL_HOUR,
        newest: USUAL,
        only_new: true,
        max_bytes: USUAL_SIZE * MEGABYTE,
        kept: USUAL_KEPT,
        publication: None,
    };
    let line = |digest: Digest| {
        let list = choices.iter().find(|(name, _)| *name == digest.list).map(|(_, title)| title.as_str());
        Line {
            id: digest.id,
            title: digest.choice.title.clone(),
            facts: facts(&digest, list, &frame),
            trouble: trouble(&digest, list.is_some(), &frame),
            is_under_way: is_under_way(&digest, frame.now),
            fields: fields(format!("d{}", digest.id), (&digest.list, &choices), &digest.choice, &catalogues, &frame),
            books: shelves.remove(&digest.id).unwrap_or_default(),
        }
    };
    let digests: Vec<Line> = digests.into_iter().map(line).collect();
    let is_any_under_way = digests.iter().any(|line| line.is_under_way);
    Ok(DigestsPage {
        fresh: fields(
            "new".to_owned(),
            (&Listed::Scope(Scope::Unread).to_string(), &choices),
            &fresh,
            &catalogues,
            &frame,
        ),
        under_way: is_any_under_way.then(|| frame.t("digest.making").to_owned()),
        digests,
        frame,
    })
}

/// Whether a book is made or waits for that. One that failed waits for longer, and does not count.
fn is_under_way(digest: &Digest, now: crate::domain::UnixMillis) -> bool {
    digest.lease > now || digest.due_at.is_some_and(|due| due <= now)
}

fn fields(
    key: String,
    (list, choices): (&str, &[(String, String)]),
    choice: &DigestChoice,
    catalogues: &[(PublicationId, String)],
    frame: &Frame,
) -> Fields {
    let mut lists: Vec<(String, String, bool)> =
        choices.iter().map(|(name, title)| (name.clone(), title.clone(), name == list)).collect();
    if !lists.iter().any(|(.., is_chosen)| *is_chosen) {
        // One that is gone stays until another is chosen.
        lists.insert(0, (list.to_owned(), frame.t("digest.gone").to_owned(), true));
    }
    let mut rhythms = vec![(0, rhythm(0, frame)), (DAILY, rhythm(DAILY, frame))];
    rhythms.extend((1..=7).map(|day| (day, rhythm(day, frame))));
    Fields {
        key,
        lists,
        title: choice.title.clone(),
        rhythms: rhythms.into_iter().map(|(number, name)| (number, name, number == choice.rhythm)).collect(),
        hours: (0..24).map(|hour| (hour, format!("{hour}:00"), hour == choice.hour)).collect(),
        newest: choice.newest,
        most: MOST,
        size: choice.max_bytes / MEGABYTE,
        most_size: MOST_SIZE,
        kept: choice.kept,
        most_kept: MOST_KEPT,
        only_new: choice.only_new,
        catalogues: catalogues
            .iter()
            .map(|(id, title)| (*id, title.clone(), choice.publication == Some(*id)))
            .collect(),
    }
}

fn rhythm(number: i64, frame: &Frame) -> String {
    match number {
        DAILY => frame.t("digest.daily").to_owned(),
        1..=7 => {
            let day = frame.t(&format!("weekday.{number}"));
            frame.locale.say("digest.weekly", [("day", &day)])
        }
        _ => frame.t("digest.by_hand").to_owned(),
    }
}

fn facts(digest: &Digest, list: Option<&str>, frame: &Frame) -> String {
    let mut said: Vec<String> = list.map(str::to_owned).into_iter().collect();
    said.push(rhythm(digest.choice.rhythm, frame));
    if let Some(due) = digest.due_at.filter(|due| *due > frame.now && list.is_some()) {
        let date = frame.locale.date_time(due, &frame.zone());
        said.push(frame.locale.say("digest.next", [("date", &date)]));
    }
    said.join(" · ")
}

/// Why there is no newer book, if there is a reason.
fn trouble(digest: &Digest, is_there: bool, frame: &Frame) -> Option<String> {
    let key = match digest.outcome {
        _ if !is_there => return Some(frame.t("digest.gone").to_owned()),
        DigestOutcome::ListGone => return Some(frame.t("digest.gone").to_owned()),
        DigestOutcome::NothingNew => "digest.nothing",
        DigestOutcome::Failed => "digest.failed",
        DigestOutcome::Made | DigestOutcome::None => return None,
    };
    let date = frame.locale.date_time(digest.outcome_at?, &frame.zone());
    Some(frame.locale.say(key, [("date", &date)]))
}

fn book_line(book: DigestBook, frame: &Frame) -> BookLine {
    let locale = frame.locale;
    let mut said = vec![
        locale.date_time(book.made_at, &frame.zone()),
        locale.count("digest.articles", book.articles),
        locale.bytes(u64::try_from(book.bytes).unwrap_or(0)),
    ];
    if book.left_out > 0 {
        said.push(locale.count("digest.left_out", book.left_out));
    }
    BookLine { id: book.id, title: book.title, facts: said.join(" · ") }
}
