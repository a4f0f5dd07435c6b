//! Highlights: passages that a reader marked, with notes.
//!
//! `POST /articles/ID/highlights` marks a passage by its words (and, from the page's script, by what stands around them);
//! `POST /highlights/ID` changes colour and note, `POST /highlights/ID/delete` deletes, `POST /highlights/again` takes that back.
//! `GET /highlights` lists all of them, newest first, with `after=MILLIS.ID` for the page after that place;
//! `/highlights.md` and `/articles/ID/highlights.md` hand them out as Markdown.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::article::{Around, Text, text_of};
use super::framed::{Framed, framed};
use super::{ReceiptForm, back_to, leads_to, see_other, wants_json};
use crate::content::highlight::anchor;
use crate::domain::{Anchor, ArticleId, HighlightColour, HighlightId, Language, MAX_PASSAGE_CHARS, UnixMillis};
use crate::store::{HighlightCursor, Highlighted, ListedHighlight, Pictures, Scope};
use crate::web::offline::{acted_at, known_until};
use crate::web::page::{Frame, Page};
use crate::web::view::{
    ColourView, Done, HighlightView, PictureView, Place, RowContext, Simple, article_title, feed_title, without_notice,
};
use crate::web::{CurrentUser, Visit, WebError, WebState};

pub mod export;

/// Passages on a page.
const ROWS: usize = 50;

/// The list of all passages.
#[derive(Debug, Template)]
#[template(path = "pages/highlights.html")]
pub struct HighlightsPage {
    frame: Frame,
    groups: Vec<Group>,
    colours: Vec<ColourView>,
    /// Whether the page begins after a place.
    is_later_page: bool,
    /// The address of the next page.
    older: Option<String>,
}

/// Passages of one article that were marked one after the other.
#[derive(Debug)]
struct Group {
    article: ArticleId,
    title: String,
    lang: Option<(String, &'static str)>,
    source: String,
    passages: Vec<HighlightView>,
}

impl Group {
    /// The path of the article's page.
    fn path(&self) -> String {
        format!("/articles/{}", self.article)
    }
}

/// The words of the list's address.
#[derive(Debug, Default, Deserialize)]
pub struct ListParams {
    after: Option<String>,
}

/// `GET /highlights`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<ListParams>,
) -> Result<Response, WebError> {
    let after = params.after.as_deref().and_then(parse_cursor);
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut rows = web.app.db.highlights(user.id, Scope::All, after.unwrap_or(HighlightCursor::NEWEST), limit).await?;
    let older = (rows.len() > ROWS).then(|| rows.get(ROWS - 1).map(cursor)).flatten();
    rows.truncate(ROWS);
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let zone = frame.zone();
    let place = Place::preferred(Scope::All, &user.preferences);
    let nothing = Pictures::new();
    let context = RowContext::new(&frame, &zone, &place, PictureView::new(&web.signer, &nothing));
    let page = HighlightsPage {
        groups: groups(&rows, &context),
        colours: ColourView::all(frame.locale),
        is_later_page: after.is_some(),
        older: older.map(|cursor| format!("/highlights?after={}.{}", cursor.created_at.0, cursor.id)),
        frame,
    };
    Ok(Page::new(page).into_response())
}

fn groups(rows: &[ListedHighlight], context: &RowContext<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let passage = HighlightView::new(&row.highlight, true, context);
        match groups.last_mut().filter(|group| group.article == row.highlight.article) {
            Some(group) => group.passages.push(passage),
            None => groups.push(Group {
                article: row.highlight.article,
                title: article_title(&row.title, context.locale),
                lang: row.language.as_ref().map(lang_and_dir),
                source: feed_title(&row.feed_title, context.locale),
                passages: vec![passage],
            }),
        }
    }
    groups
}

fn lang_and_dir(language: &Language) -> (String, &'static str) {
    (language.as_str().to_owned(), language.direction().as_str())
}

/// The place of a passage in their order.
pub(super) fn cursor(row: &ListedHighlight) -> HighlightCursor {
    HighlightCursor { created_at: row.highlight.created_at, id: row.highlight.id }
}

fn parse_cursor(text: &str) -> Option<HighlightCursor> {
    let (created_at, id) = text.split_once('.')?;
    Some(HighlightCursor { created_at: UnixMillis(created_at.parse().ok()?), id: HighlightId(id.parse().ok()?) })
}

/// A passage to mark: by a reader who typed it, or by the script that saw it selected.
#[derive(Debug, Deserialize)]
pub struct PassageForm {
    #[serde(default)]
    exact: String,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    suffix: String,
    start: Option<i64>,
    colour: Option<HighlightColour>,
    #[serde(default)]
    note: String,
    /// The reader wants to write a note next.
    write: Option<u8>,
    back: Option<String>,
}

/// What the script gets, and where the worker leads.
#[derive(Debug, Serialize)]
struct Answer {
    id: HighlightId,
    colour: &'static str,
    to: String,
}

/// `POST /articles/{id}/highlights`: marks a passage. One that the text does not have is kept all the same, below the text.
pub async fn mark(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<PassageForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let mut article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let back = form.back.as_deref().map_or_else(|| format!("/articles/{id}"), |back| back_to(Some(back)));
    let back = without_notice(back.split('#').next().unwrap_or_default());
    let exact = form.exact.replace("\r\n", "\n").trim().chars().take(MAX_PASSAGE_CHARS).collect::<String>();
    if exact.is_empty() {
        return Ok(leads_to(&web, &headers, Done::Simply(Simple::PassageEmpty).on(&format!("{back}#highlights"))));
    }
    let wanted = Anchor { exact, prefix: form.prefix, suffix: form.suffix, start: form.start.unwrap_or(0) };
    let script = user.preferences.typography.chinese.script_for(article.language.as_ref());
    let find = |wanted: Anchor| move |text: Text| anchor(&text.written, &text.shown, &wanted);
    let found = text_of(&web, &mut article, Around::of(script), find(wanted.clone())).await?;
    let (colour, note) = (form.colour, form.note.replace("\r\n", "\n"));
    let anchor = found.as_ref().unwrap_or(&wanted);
    let at = acted_at(&headers, web.app.clock.now());
    let marked = match web.app.db.highlight(user.id, id, anchor, colour, note.trim(), at).await? {
        Highlighted::Done(marked) => marked,
        Highlighted::NoArticle => return Err(WebError::NotFound),
        Highlighted::TooMany => {
            let to = Done::Simply(Simple::TooManyHighlights).on(&format!("{back}#highlights"));
            return Ok(leads_to(&web, &headers, to));
        }
    };
    let address = match (found.is_some(), form.write) {
        (true, None) => format!("{back}#h{marked}"),
        (true, Some(_)) => format!("{back}#hl{marked}"),
        (false, _) => Done::Simply(Simple::PassageNotFound).on(&format!("{back}#hl{marked}")),
    };
    if wants_json(&headers) {
        let colour = colour.unwrap_or_default().name();
        return Ok(axum::Json(Answer { id: marked, colour, to: address }).into_response());
    }
    Ok(see_other(&web, &address))
}

/// A highlight's colour and note.
#[derive(Debug, Deserialize)]
pub struct ChangeForm {
    colour: Option<HighlightColour>,
    #[serde(default)]
    note: String,
    back: Option<String>,
}

/// `POST /highlights/{id}`
pub async fn change(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<HighlightId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<ChangeForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let (colour, note) = (form.colour.unwrap_or_default(), form.note.replace("\r\n", "\n"));
    let now = web.app.clock.now();
    let at = (acted_at(&headers, now), known_until(&headers, now));
    let changed = web.app.db.change_highlight(user.id, id, colour, note.trim(), at).await?;
    changed.ok_or(WebError::NotFound)?;
    Ok(leads_to(&web, &headers, format!("{}#hl{id}", plain_back(form.back.as_deref()))))
}

/// Where the form of a deletion, or of its Undo, comes back to.
#[derive(Debug, Deserialize)]
pub struct DeleteForm {
    back: Option<String>,
}

/// `POST /highlights/{id}/delete`: the next page can take that back.
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<HighlightId>, PathRejection>,
    headers: HeaderMap,
    Form(form): Form<DeleteForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let now = web.app.clock.now();
    let gone = web.app.db.delete_highlight(user.id, id, (now, known_until(&headers, now))).await?;
    let (_, receipt) = gone.ok_or(WebError::NotFound)?;
    Ok(leads_to(&web, &headers, Done::HighlightGone { receipt }.on(&plain_back(form.back.as_deref()))))
}

/// `POST /highlights/again`: brings a deleted highlight back.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = plain_back(form.back.as_deref());
    let address = match web.app.db.restore_highlight(user.id, form.receipt, web.app.clock.now()).await? {
        Some((_, id)) => format!("{back}#hl{id}"),
        None => Done::Simply(Simple::TooLate).on(&back),
    };
    Ok(see_other(&web, &address))
}

/// Where a form comes back to, without a notice and a place on that page; the list of highlights if it does not say.
fn plain_back(back: Option<&str>) -> String {
    let back = back_to(Some(back.unwrap_or("/highlights")));
    without_notice(back.split('#').next().unwrap_or_default())
}
