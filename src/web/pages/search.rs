//! Search: what a reader asks, how it was read, and what was found.
//!
//! Addresses: `/search?q=…` with `in=LIST` for the articles of one list, `sort=relevance`, and `after=BOUND.MILLIS.ARTICLE` for the
//! page after that place; `/searches/ID` is the same for a search that the reader keeps. `POST /searches` keeps one.
//!
//! Hits come in windows of a thousand, by the order in which articles came; within a window they stand by date. So a page
//! costs the same however much there is, and up to a thousand hits are in the order of their dates.
//!
//! Where texts have to be read to know what is a hit, a page reads those that it shows. How many there are is an estimate then,
//! and so is what they have in common; `exact=1` reads all of them, and so does `/search/count`, which the page's script asks.

pub mod counted;
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
use crate::search::{MAX_QUERY_BYTES, Note, Part, Query, Segment};
use crate::store::{Hit, SavedSearch, Scope, SearchRequest};
use crate::web::layers::visit::is_opened_by_its_reader;
use crate::web::page::{Frame, Page};
use crate::web::view::{HighlightView, RowView, ScopeName, without_notice};
use crate::web::{CurrentUser, Visit, WebError, WebState};
use facets::{Facet, facets};
use hits::Found;

/// Hits on a page.
const ROWS: usize = 20;
/// Hits that are counted, and the size of a window.
const WINDOW: usize = 1_000;
/// Hits that are ordered by relevance.
const RANKED: usize = 500;
/// With so many hits that have to be read a page is content; what is fewer is read whole and counted exactly.
const FEW: usize = 40;
/// Articles that wait to be indexed are counted up to here.
const MOST_UNINDEXED: i64 = 100_000;

/// The words of a search's address.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct SearchParams {
    #[serde(default)]
    q: String,
    r#in: Option<String>,
    sort: Option<String>,
    after: Option<String>,
    exact: Option<String>,
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
    /// Where they are counted, if that is an estimate: for the script, and as a page.
    counted: Option<(String, String)>,
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
    /// Windows were before this one.
    is_later: bool,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().ok());
        let mut next = || parts.next().flatten();
        let (bound, moment, id) = (next()?, next()?, next()?);
        let is_later = next() == Some(1);
        Some(Self { bound: ArticleId(bound), after: (UnixMillis(moment), ArticleId(id)), is_later })
    }

    fn to_text(self) -> String {
        format!("{}.{}.{}{}", self.bound, self.after.0.0, self.after.1, if self.is_later { ".1" } else { "" })
    }

    /// The beginning of the window below an id, if others were before it.
    fn window(bound: ArticleId) -> Self {
        Self { bound, after: (UnixMillis(i64::MAX), ArticleId(i64::MAX)), is_later: true }
    }

    fn is_window(self) -> bool {
        self.after.0.0 == i64::MAX
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
    if params.after.is_none()
        && params.exact.is_none()
        && !params.q.trim().is_empty()
        && is_opened_by_its_reader(&headers)
    {
        web.app.db.note_search(user.id, params.q.trim(), web.app.clock.now());
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
    let zone = user.preferences.zone();
    let query = Query::parse(&params.q, web.app.clock.now(), &zone);
    let by_relevance = params.sort.as_deref() == Some("relevance");
    let place = params.after.as_deref().and_then(Place::parse);
    let phrases = query.phrases(Part::Title);
    let search = async {
        let Some(node) = &query.node else { return Ok::<_, WebError>(None) };
        let request = SearchRequest { node, within: scope, below: place.map(|place| place.bound), limit: WINDOW + 1 };
        if by_relevance {
            hits::ranked(web, user, &request, &phrases, place).await.map(Some)
        } else {
            hits::newest(web, user, &request, place, params.exact.is_some()).await.map(Some)
        }
    };
    // The frame is drawn while the index is asked.
    let unindexed = async { Ok(web.app.db.count_unindexed(MOST_UNINDEXED).await?) };
    let (framed, unindexed, found) = tokio::try_join!(framed(web, visit, user, scope), unindexed, search)?;
    let Framed { mut frame, sidebar } = framed;
    frame.section = Some(kept.as_ref().map_or("/search".to_owned(), |kept| format!("/searches/{}", kept.id)));
    let within = match scope {
        Some(scope) => {
            let (title, _) = title_and_count(scope, &sidebar, &frame).ok_or(WebError::NotFound)?;
            Some((ScopeName(scope), title))
        }
        None => None,
    };
    let name = within.as_ref().map(|(name, _)| *name);
    let mut page = SearchPage {
        typed: params.q.clone(),
        most_bytes: MAX_QUERY_BYTES,
        read_as: read_as(&params.q, &query),
        notes: query.notes.iter().map(|note| note_text(note, &frame)).collect(),
        unfinished: (unindexed > 0).then(|| frame.count("search.unfinished", unindexed)),
        by_relevance,
        count: String::new(),
        counted: None,
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
    let Some(mut found) = found else {
        page.searches = web.app.db.saved_searches(user.id).await?;
        page.recent = web.app.db.recent_searches(user.id).await?;
        return Ok(Page::new(page).into_response());
    };
    let snippets = hits::snippets(web, user, &mut found, &query);
    page.count = count(&found, &page.frame);
    if !found.is_counted && !found.is_late && !found.is_later {
        page.counted = Some((
            address(&params.q, name, false).replacen("/search", "/search/count", 1),
            with_field(&without_notice(&page.frame.here), "exact", "1"),
        ));
    }
    let is_first = place.is_none();
    let counted: &[Hit] = if is_first { &found.hits } else { &[] };
    let (rows, facets, (passages, are_all)) = tokio::try_join!(
        hits::rows(web, user, &page.frame, (&found.shown, snippets), (&query, &params.q), scope),
        // A thousand hits are counted while the rows are read.
        async {
            let names = facets::names(web, user, &sidebar, counted).await?;
            Ok(facets(counted, &params.q, name, &names, &page.frame, &zone))
        },
        async {
            if is_first { hits::passages(web, user, &query, scope, &page.frame).await } else { Ok((Vec::new(), true)) }
        },
    )?;
    (page.rows, page.facets, page.passages) = (rows, facets, passages);
    if !are_all {
        page.notes.push(page.frame.t("search.note.passages").to_owned());
    }
    if is_first {
        page.facets_note = (found.is_more && found.is_counted).then(|| page.frame.t("search.facets_note").to_owned());
    }
    page.older = found.next.map(|next| with_field(&without_notice(&page.frame.here), "after", &next.to_text()));
    Ok(Page::new(page).into_response())
}

/// The address of this page in another form.
fn with_field(here: &str, field: &str, value: &str) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after" && name != "exact");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair(field, value).finish();
    format!("{path}?{query}")
}

fn count(found: &Found, frame: &Frame) -> String {
    let n = i64::try_from(found.hits.len()).unwrap_or(i64::MAX);
    let most = i64::try_from(WINDOW).unwrap_or(i64::MAX);
    if found.is_late {
        frame.say("search.late", &[("n", frame.number(n))])
    } else if found.is_later || (found.is_counted && found.is_more) {
        frame.say("search.more_than", &[("n", frame.number(most))])
    } else if found.is_counted {
        frame.count("search.count", n)
    } else if found.is_more {
        frame.say("search.about_more", &[("n", frame.number(n))])
    } else {
        frame.say("search.about", &[("n", frame.number(n))])
    }
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FeedId;

    #[test]
    fn a_place_in_the_hits_goes_through_an_address() {
        let place = Place { bound: ArticleId(9), after: (UnixMillis(-5), ArticleId(3)), is_later: false };
        for place in [place, Place { is_later: true, ..place }, Place::window(ArticleId(9))] {
            assert_eq!(Place::parse(&place.to_text()), Some(place));
        }
        assert_eq!(Place::parse("1.2"), None);
        let next = |here| with_field(here, "after", &place.to_text());
        assert_eq!(next("/search?q=a+b&after=1.2.3&exact=1"), "/search?q=a+b&after=9.-5.3");
        assert_eq!(next("/searches/7"), "/searches/7?after=9.-5.3");
    }

    #[test]
    fn an_address_holds_any_query() {
        let feed = Some(ScopeName(Scope::Feed(FeedId(7))));
        assert_eq!(address("a & \"麦\"", feed, true), "/search?q=a+%26+%22%E9%BA%A6%22&in=feed-7&sort=relevance");
    }
}
