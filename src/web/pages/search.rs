//! Search: what a reader asks, how it was read, and what was found.
//!
//! Addresses: `/search?q=…` with `in=LIST` for the articles of one list, `sort=relevance`, and `after=BOUND.MILLIS.ARTICLE` for the
//! page after that place; `/searches/ID` is the same for a search that the reader keeps. `POST /searches` keeps one.
//!
//! Hits come in windows of a thousand, by the order in which articles came; within a window they stand by date. So a page
//! costs the same however much there is, and up to a thousand hits are in the order of their dates.

mod facets;
mod hits;
pub mod kept;
pub mod suggest;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::Deserialize;
use url::form_urlencoded;

use super::framed::{Framed, framed};
use super::list::title_and_count;
use crate::domain::{ArticleId, SavedSearchId, UnixMillis};
use crate::search::{MAX_QUERY_BYTES, Note, Query, Segment};
use crate::store::{Hit, HitWindow, SavedSearch, Scope, SearchRequest};
use crate::web::layers::visit::is_opened_by_its_reader;
use crate::web::page::{Frame, Page};
use crate::web::view::{ALL_FEEDS, HighlightView, RowView, ScopeName, without_notice};
use crate::web::{CurrentUser, Visit, WebError, WebState};
use facets::{Facet, facets, names};

/// Hits on a page.
const ROWS: usize = 20;
/// Hits that are counted, and the size of a window.
const WINDOW: usize = 1_000;
/// Hits that are ordered by relevance.
const RANKED: usize = 500;

/// The words of a search's address.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct SearchParams {
    #[serde(default)]
    q: String,
    r#in: Option<String>,
    sort: Option<String>,
    after: Option<String>,
}

/// The page of a search.
#[derive(Debug, Template)]
#[template(path = "pages/search.html")]
pub struct SearchPage {
    frame: Frame,
    /// What was typed.
    typed: String,
    most_bytes: usize,
    /// The list in which is searched: its name in addresses and its title.
    within: Option<(ScopeName, String)>,
    /// How the query was read, where that is not what was typed.
    read_as: Option<String>,
    /// What its writer should know about that.
    notes: Vec<String>,
    /// What is searched while texts are being indexed.
    unfinished: Option<String>,
    by_relevance: bool,
    /// How many were found; empty if nothing was asked for.
    count: String,
    rows: Vec<FoundRow>,
    facets: Vec<Facet>,
    /// What the facets count.
    facets_note: Option<String>,
    passages: Vec<FoundPassage>,
    older: Option<String>,
    /// The same search in the other order, and in all lists.
    turned: String,
    everywhere: String,
    kept: Option<SavedSearch>,
    /// Offered where nothing was asked for.
    searches: Vec<SavedSearch>,
    recent: Vec<String>,
}

/// An article that was found.
#[derive(Debug)]
pub(super) struct FoundRow {
    row: RowView,
    title: Vec<Segment>,
    /// Where in the text; the beginning of the text if it is in the title alone.
    snippet: Vec<Segment>,
}

/// A passage or a note that was found.
#[derive(Debug)]
pub(super) struct FoundPassage {
    view: HighlightView,
    path: String,
    title: String,
}

/// Where a page of hits begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Articles below this id.
    bound: ArticleId,
    /// After this hit of the window.
    after: (UnixMillis, ArticleId),
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().ok());
        let mut next = || parts.next().flatten();
        let (bound, moment, id) = (next()?, next()?, next()?);
        Some(Self { bound: ArticleId(bound), after: (UnixMillis(moment), ArticleId(id)) })
    }

    fn to_text(self) -> String {
        format!("{}.{}.{}", self.bound, self.after.0.0, self.after.1)
    }

    /// The beginning of the window below an id.
    fn window(bound: ArticleId) -> Self {
        Self { bound, after: (UnixMillis(i64::MAX), ArticleId(i64::MAX)) }
    }
}

/// The address of a search.
pub(super) fn address(q: &str, within: Option<ScopeName>, by_relevance: bool) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    fields.append_pair("q", q);
    if let Some(name) = within {
        fields.append_pair("in", &name.to_string());
    }
    if by_relevance {
        fields.append_pair("sort", "relevance");
    }
    format!("/search?{}", fields.finish())
}

/// `GET /search`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Params(params): Params<SearchParams>,
) -> Result<Response, WebError> {
    if params.after.is_none() && !params.q.trim().is_empty() && is_opened_by_its_reader(&headers) {
        web.app.db.note_search(user.id, params.q.trim(), web.app.clock.now()).await?;
    }
    page(&web, &visit, &user, &params, None).await
}

/// `GET /searches/{id}`
pub async fn show_kept(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<SavedSearchId>, PathRejection>,
    Params(params): Params<SearchParams>,
) -> Result<Response, WebError> {
    let kept = web.app.db.saved_search(user.id, id?.0).await?.ok_or(WebError::NotFound)?;
    let params = SearchParams { q: kept.query.clone(), r#in: None, ..params };
    page(&web, &visit, &user, &params, Some(kept)).await
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    params: &SearchParams,
    kept: Option<SavedSearch>,
) -> Result<Response, WebError> {
    let scope = params.r#in.as_deref().and_then(ScopeName::parse).filter(|scope| *scope != Scope::All);
    let Framed { mut frame, sidebar } = framed(web, visit, user, scope).await?;
    frame.section = Some(kept.as_ref().map_or("/search".to_owned(), |kept| format!("/searches/{}", kept.id)));
    let within = match scope {
        Some(scope) => {
            let (title, _) = title_and_count(scope, &sidebar, &frame).ok_or(WebError::NotFound)?;
            Some((ScopeName(scope), title))
        }
        None => None,
    };
    let zone = frame.zone();
    let query = Query::parse(&params.q, frame.now, &zone);
    let by_relevance = params.sort.as_deref() == Some("relevance");
    let name = within.as_ref().map(|(name, _)| *name);
    let mut page = SearchPage {
        typed: params.q.clone(),
        most_bytes: MAX_QUERY_BYTES,
        read_as: read_as(&params.q, &query),
        notes: query.notes.iter().map(|note| note_text(note, &frame)).collect(),
        unfinished: unfinished(web, &frame).await?,
        by_relevance,
        count: String::new(),
        rows: Vec::new(),
        facets: Vec::new(),
        facets_note: None,
        passages: Vec::new(),
        older: None,
        turned: address(&params.q, name, !by_relevance),
        everywhere: address(&params.q, None, by_relevance),
        within,
        kept,
        searches: Vec::new(),
        recent: Vec::new(),
        frame,
    };
    let Some(node) = &query.node else {
        page.searches = web.app.db.saved_searches(user.id).await?;
        page.recent = web.app.db.recent_searches(user.id).await?;
        return Ok(Page::new(page).into_response());
    };
    let place = params.after.as_deref().and_then(Place::parse);
    let below = place.map(|place| place.bound);
    let request = SearchRequest { node, within: scope, below, limit: WINDOW + 1 };
    let mut found = web.app.db.search(user.id, &request).await?;
    let is_more = found.hits.len() > WINDOW || found.is_late;
    found.hits.truncate(WINDOW);
    page.count = count(&found, is_more, below.is_some(), &page.frame);
    if place.is_none() {
        let subscriptions = match sidebar.counts.feeds > ALL_FEEDS {
            true => web.app.db.subscriptions(user.id).await?,
            false => Vec::new(),
        };
        page.facets = facets(&found.hits, &params.q, name, &names(&sidebar, &subscriptions), &page.frame, &zone);
        page.facets_note = is_more.then(|| page.frame.t("search.facets_note").to_owned());
        page.passages = hits::passages(web, user, &query, scope, &page.frame).await?;
    }
    let phrases = query.phrases();
    let bound = below.unwrap_or_else(|| found.hits.first().map_or(ArticleId(0), |hit| ArticleId(hit.id.0 + 1)));
    let (shown, next) = if by_relevance {
        hits::ranked(web, user, found.hits, &phrases, place).await?
    } else {
        newest(found.hits, is_more, bound, place)
    };
    page.rows = hits::rows(web, user, &page.frame, &shown, &query, &params.q, scope).await?;
    page.older = next.map(|next| with_place(&without_notice(&page.frame.here), next));
    Ok(Page::new(page).into_response())
}

/// The hits of a page by date, and where the next page begins.
fn newest(
    mut hits: Vec<Hit>,
    is_more: bool,
    bound: ArticleId,
    place: Option<Place>,
) -> (Vec<ArticleId>, Option<Place>) {
    let lowest = hits.last().map_or(ArticleId(0), |hit| hit.id);
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.sort_at, hit.id)));
    let after = place.map_or((UnixMillis(i64::MAX), ArticleId(i64::MAX)), |place| place.after);
    let mut rest = hits.into_iter().filter(|hit| (hit.sort_at, hit.id) < after).peekable();
    let shown: Vec<Hit> = rest.by_ref().take(ROWS).collect();
    let next = match (shown.last(), rest.peek()) {
        (Some(last), Some(_)) => Some(Place { bound, after: (last.sort_at, last.id) }),
        _ => is_more.then(|| Place::window(lowest)),
    };
    (shown.into_iter().map(|hit| hit.id).collect(), next)
}

/// The address of the page that begins at a place.
fn with_place(here: &str, place: Place) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("after", &place.to_text())
        .finish();
    format!("{path}?{query}")
}

fn count(found: &HitWindow, is_more: bool, is_later: bool, frame: &Frame) -> String {
    let n = i64::try_from(found.hits.len()).unwrap_or(i64::MAX);
    if found.is_late {
        return frame.say("search.late", &[("n", frame.number(n))]);
    }
    if is_more || is_later {
        let most = i64::try_from(WINDOW).unwrap_or(i64::MAX);
        return frame.say("search.more_than", &[("n", frame.number(most))]);
    }
    frame.count("search.count", n)
}

/// How the query was read, if that is not how it was written.
fn read_as(typed: &str, query: &Query) -> Option<String> {
    let read = query.to_string();
    (!read.is_empty() && read != typed.trim()).then_some(read)
}

fn note_text(note: &Note, frame: &Frame) -> String {
    match note {
        Note::Cut => frame.t("search.note.cut").to_owned(),
        Note::Unclosed => frame.t("search.note.unclosed").to_owned(),
        Note::Nothing(text) => frame.say("search.note.nothing", &[("text", text.as_str())]),
        Note::AsWords(text) => frame.say("search.note.as_words", &[("text", text.as_str())]),
        Note::NotYet(state) => frame.say("search.note.not_yet", &[("state", state.as_str())]),
    }
}

/// What to say while articles wait to be indexed.
async fn unfinished(web: &WebState, frame: &Frame) -> Result<Option<String>, WebError> {
    const MOST: i64 = 100_000;
    let left = web.app.db.count_unindexed(MOST).await?;
    Ok((left > 0).then(|| frame.count("search.unfinished", left)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FeedId;

    #[test]
    fn a_place_in_the_hits_goes_through_an_address() {
        let place = Place { bound: ArticleId(9), after: (UnixMillis(-5), ArticleId(3)) };
        assert_eq!(Place::parse(&place.to_text()), Some(place));
        assert_eq!(Place::parse("1.2"), None);
        assert_eq!(with_place("/search?q=a+b&after=1.2.3", place), "/search?q=a+b&after=9.-5.3");
        assert_eq!(with_place("/searches/7", place), "/searches/7?after=9.-5.3");
    }

    #[test]
    fn an_address_holds_any_query() {
        let feed = Some(ScopeName(Scope::Feed(FeedId(7))));
        assert_eq!(address("a & \"麦\"", feed, true), "/search?q=a+%26+%22%E9%BA%A6%22&in=feed-7&sort=relevance");
    }
}
