//! Hits as the page shows them: rows with marks, the order of relevance, passages and notes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use url::form_urlencoded;

use super::{FEW, FoundPassage, FoundRow, Place, RANKED, ROWS, WINDOW};
use crate::domain::{AccountId, ArticleId, UnixMillis};
use crate::search::{Folded, Part, Phrase, Query, Segment, Test, marked, snippet};
use crate::store::{
    Db, HighlightCursor, Hit, HitsWanted, ListedHighlight, Pictures, SEARCH_PATIENCE, Scope, SearchRequest,
    SearchedText, StoreError,
};
use crate::web::page::Frame;
use crate::web::pages::highlights::cursor;
use crate::web::view::{HighlightView, PictureView, RowContext, RowView, article_title};
use crate::web::{CurrentUser, WebError, WebState, view};

/// Once so many texts were read for a page,
const TEXTS: usize = 100;
/// it may show so few hits. The next page goes on.
const LEAST: usize = 5;
/// So many of a reader's passages are looked through in one go, the newest first,
const PASSAGES: i64 = 200;
/// and so long.
const PASSAGES_PATIENCE: Duration = Duration::from_secs(1);
/// So many that were found are shown.
const PASSAGES_SHOWN: usize = 5;

/// The hits of a window, and those that the page shows.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Of the window, in no order.
    pub(super) hits: Vec<Hit>,
    /// There are more after this window.
    pub(super) is_more: bool,
    /// It took too long.
    pub(super) is_late: bool,
    /// All of them are hits, and as many as are counted. Else some may only seem to be ones, and others are missing.
    pub(super) is_counted: bool,
    /// Windows were before this one.
    pub(super) is_later: bool,
    /// Those that are shown, in their order; they are hits.
    pub(super) shown: Vec<ArticleId>,
    /// Where the next page begins.
    pub(super) next: Option<Place>,
    /// Texts that were read meanwhile.
    texts: HashMap<ArticleId, SearchedText>,
}

/// The hits of a page by date. If a window turns out to have few, those of the next one follow.
pub(super) async fn newest(
    web: &WebState,
    user: &CurrentUser,
    request: &SearchRequest<'_>,
    place: Option<Place>,
    is_exact: bool,
) -> Result<Found, WebError> {
    let until = Instant::now() + SEARCH_PATIENCE;
    let mut found = window(web, user, request, place, is_exact, until).await?;
    while found.shown.len() < LEAST && !found.is_late {
        let Some(next) = found.next.filter(|next| next.is_window()) else { break };
        let request = SearchRequest { below: Some(next.bound), ..*request };
        let later = window(web, user, &request, Some(next), is_exact, until).await?;
        found.shown.extend(later.shown);
        found.texts.extend(later.texts);
        found.next = later.next;
        found.is_late |= later.is_late;
    }
    Ok(found)
}

/// The hits of a window that a page shows.
async fn window(
    web: &WebState,
    user: &CurrentUser,
    request: &SearchRequest<'_>,
    place: Option<Place>,
    is_exact: bool,
    until: Instant,
) -> Result<Found, WebError> {
    let db = &web.app.db;
    let mut window = if is_exact {
        db.search(user.id, request).await?
    } else {
        db.search_likely(user.id, request, FEW, until).await?
    };
    let mut found = Found {
        is_more: window.hits.len() > WINDOW || !window.is_all,
        is_late: window.is_late,
        is_later: place.is_some_and(|place| place.is_later),
        ..Found::default()
    };
    let first = window.hits.first().map_or(ArticleId(0), |hit| ArticleId(hit.id.0 + 1));
    let bound = place.map_or(first, |place| place.bound);
    window.hits.truncate(WINDOW);
    let lowest = window.hits.last().map_or(ArticleId(0), |hit| hit.id);
    found.hits = std::mem::take(&mut window.hits);
    found.hits.sort_by_key(|hit| std::cmp::Reverse((hit.sort_at, hit.id)));
    let unsure = found.hits.iter().filter(|hit| !hit.is_sure).count();
    if !found.is_more && (1..=FEW).contains(&unsure) {
        let all: Vec<&Hit> = found.hits.iter().collect();
        let confirmed = db.confirm(user.id, &window, &all, HitsWanted::up_to(usize::MAX), until).await?;
        (found.hits, found.texts) = (confirmed.hits, confirmed.texts);
        found.is_late |= confirmed.is_late;
    }
    found.is_counted = if found.is_more { unsure == 0 && found.hits.len() == WINDOW } else { unsure <= FEW };
    let after = place.map_or((UnixMillis(i64::MAX), ArticleId(i64::MAX)), |place| place.after);
    let rest: Vec<&Hit> = found.hits.iter().filter(|hit| (hit.sort_at, hit.id) < after).collect();
    let wanted = HitsWanted { most: ROWS + 1, least: LEAST, texts: TEXTS };
    let mut confirmed = db.confirm(user.id, &window, &rest, wanted, until).await?;
    let is_rest = confirmed.hits.len() > ROWS;
    confirmed.hits.truncate(ROWS);
    let seen = rest.get(..confirmed.looked_at).and_then(|seen| seen.last().copied());
    let last = if is_rest { confirmed.hits.last() } else { seen };
    found.next = match last {
        Some(last) if is_rest || confirmed.looked_at < rest.len() => {
            Some(Place { bound, after: (last.sort_at, last.id), is_later: found.is_later })
        }
        _ => found.is_more.then(|| Place::window(lowest)),
    };
    found.shown = confirmed.hits.iter().map(|hit| hit.id).collect();
    found.texts.extend(confirmed.texts);
    found.is_late |= confirmed.is_late;
    Ok(found)
}

/// The pieces of the texts that are shown, by article.
type Snippets = HashMap<ArticleId, Vec<Segment>>;
/// The same while it is looked for.
type Snipping = Vec<JoinHandle<Result<Snippets, StoreError>>>;

/// Begins to look for what was found in the texts of the articles that are shown, beside what else is asked for the page: reading
/// twenty texts takes a quarter of its time, and half as long in two parts.
pub(super) fn snippets(web: &WebState, user: &CurrentUser, found: &mut Found, query: &Query) -> Snipping {
    if query.phrases(Part::Any).is_empty() {
        return Vec::new();
    }
    let parts = found.shown.chunks(ROWS.div_ceil(2));
    let parts = parts.map(|shown| {
        let texts: HashMap<_, _> = shown.iter().filter_map(|id| found.texts.remove_entry(id)).collect();
        tokio::spawn(snipped(web.app.db.clone(), user.id, query.clone(), shown.to_vec(), texts))
    });
    parts.collect()
}

async fn snipped(
    db: Db,
    account: AccountId,
    query: Query,
    shown: Vec<ArticleId>,
    mut texts: HashMap<ArticleId, SearchedText>,
) -> Result<Snippets, StoreError> {
    let phrases = query.phrases(Part::Any);
    let mut snippets = Snippets::new();
    let unread: Vec<ArticleId> = shown.iter().filter(|id| !texts.contains_key(id)).copied().collect();
    texts.extend(db.searched_texts(account, &unread).await?);
    for id in shown {
        if let Some(segments) = texts.get(&id).and_then(|text| snippet(&text.text, &phrases)) {
            snippets.insert(id, segments);
        }
        // A long text takes a while to be looked through.
        tokio::task::yield_now().await;
    }
    Ok(snippets)
}

/// The rows of the articles that are shown, with what was looked for set apart.
pub(super) async fn rows(
    web: &WebState,
    user: &CurrentUser,
    frame: &Frame,
    (shown, snipping): (&[ArticleId], Snipping),
    (query, q): (&Query, &str),
    scope: Option<Scope>,
) -> Result<Vec<FoundRow>, WebError> {
    let db = &web.app.db;
    let rows = db.rows_of(user.id, shown).await?;
    let leads: Vec<_> = rows.iter().filter_map(|row| row.lead_image.clone()).collect();
    let pictures = db.pictures_at(&leads).await?;
    let mut snippets = Snippets::new();
    for part in snipping {
        // A text that makes the search panic is shown by its beginning.
        snippets.extend(part.await.unwrap_or_else(|_| Ok(Snippets::new()))?);
    }
    let in_title = query.phrases(Part::Title);
    let zone = frame.zone();
    let place = view::Place::preferred(scope.unwrap_or(Scope::All), &frame.preferences);
    let context = RowContext::new(frame, &zone, &place, PictureView::new(&web.signer, &pictures));
    let found = rows.iter().map(|row| {
        let mut row_view = RowView::new(row, &context);
        row_view.path = with_query(&row_view.path, q);
        let plain = || vec![Segment { text: row_view.excerpt.clone(), is_hit: false }];
        FoundRow {
            title: marked(&row_view.title, &in_title),
            snippet: snippets.remove(&row.id).unwrap_or_else(plain),
            row: row_view,
        }
    });
    Ok(found.collect())
}

/// The address of an article with the query that found it.
fn with_query(path: &str, q: &str) -> String {
    let q = form_urlencoded::Serializer::new(String::new()).append_pair("q", q.trim()).finish();
    format!("{path}&{q}")
}

/// The hits of a page by relevance: of the newest ones those first that have the words in their titles, and then those that
/// have them more often for their length. Both databases put them into the same order.
pub(super) async fn ranked(
    web: &WebState,
    user: &CurrentUser,
    request: &SearchRequest<'_>,
    phrases: &[&Phrase],
    place: Option<Place>,
) -> Result<Found, WebError> {
    let until = Instant::now() + SEARCH_PATIENCE;
    let mut window = web.app.db.search(user.id, request).await?;
    let mut found = Found {
        is_more: window.hits.len() > WINDOW || window.is_late,
        is_late: window.is_late,
        is_counted: true,
        ..Found::default()
    };
    window.hits.truncate(WINDOW);
    found.hits = window.hits;
    let hits: Vec<&Hit> = found.hits.iter().take(RANKED).collect();
    let bound = hits.first().map_or(ArticleId(0), |hit| ArticleId(hit.id.0 + 1));
    let mut scores: Vec<(i64, ArticleId)> = Vec::with_capacity(hits.len());
    for some in hits.chunks(50) {
        let ids: Vec<ArticleId> = some.iter().map(|hit| hit.id).collect();
        // Those for whose texts there is no time come last, the latest first.
        let texts =
            if Instant::now() < until { web.app.db.searched_texts(user.id, &ids).await? } else { HashMap::new() };
        scores.extend(ids.iter().map(|id| (texts.get(id).map_or(0, |text| score(text, phrases)), *id)));
        tokio::task::yield_now().await;
    }
    scores.sort_by_key(|score| std::cmp::Reverse(*score));
    // Here the moment of a place is a score.
    let after = place.map(|place| (place.after.0.0, place.after.1));
    let mut rest = scores.into_iter().filter(|score| after.is_none_or(|after| *score < after)).peekable();
    let shown: Vec<(i64, ArticleId)> = rest.by_ref().take(ROWS).collect();
    found.next = match (shown.last(), rest.peek()) {
        (Some((score, id)), Some(_)) => {
            let bound = place.map_or(bound, |place| place.bound);
            Some(Place { bound, after: (UnixMillis(*score), *id), is_later: false })
        }
        _ => None,
    };
    found.shown = shown.into_iter().map(|(_, id)| id).collect();
    Ok(found)
}

/// How much an article is about phrases. Titles count most; in a text what comes often counts less each time (BM25).
fn score(text: &SearchedText, phrases: &[&Phrase]) -> i64 {
    let (title, body) = (Folded::new(&text.title), Folded::new(&text.text));
    let length = (text.text.len() / 6).clamp(20, 20_000);
    let mut score = 0;
    for phrase in phrases {
        if phrase.is_in(&title) {
            score += 10_000;
        }
        let times = phrase.places(body.as_str()).take(200).count();
        score += times * 2_200 * 1_000 / (times * 1_000 + 300 + 900 * length / 800);
    }
    i64::try_from(score).unwrap_or(i64::MAX)
}

/// The reader's own passages and notes that have the words that were looked for, in articles that are what else was asked for, and
/// whether all were looked through. A few are in memory
/// at once, and there is a time for all of them: the page waits.
pub(super) async fn passages(
    web: &WebState,
    user: &CurrentUser,
    query: &Query,
    scope: Option<Scope>,
    frame: &Frame,
) -> Result<(Vec<FoundPassage>, bool), WebError> {
    let Some(node) = query.node.as_ref().filter(|_| !query.phrases(Part::Any).is_empty()) else {
        return Ok((Vec::new(), true));
    };
    let nothing = Pictures::new();
    let zone = frame.zone();
    let place = view::Place::preferred(Scope::All, &frame.preferences);
    let context = RowContext::new(frame, &zone, &place, PictureView::new(&web.signer, &nothing));
    let until = Instant::now() + PASSAGES_PATIENCE;
    let (mut found, mut after) = (Vec::new(), HighlightCursor::NEWEST);
    loop {
        let rows = web.app.db.highlights(user.id, scope.unwrap_or(Scope::All), after, PASSAGES).await?;
        let Some(last) = rows.last() else { return Ok((found, true)) };
        after = cursor(last);
        let folded =
            |row: &ListedHighlight| Folded::new(&format!("{}\n{}", row.highlight.anchor.exact, row.highlight.note));
        let likely = rows.iter().map(|row| (row, folded(row))).filter(|(_, text)| query.is_met_by_words(text));
        let likely: Vec<_> = likely.collect();
        let articles: Vec<ArticleId> = likely.iter().map(|(row, _)| row.highlight.article).collect();
        // A passage has neither feed nor title: these are its article's.
        let Some(facts) = web.app.db.facts_of(user.id, node, &articles, until).await? else {
            return Ok((found, false));
        };
        for (row, text) in likely {
            let facts = facts.get(&row.highlight.article);
            let holds = |test: &Test| match test {
                Test::Text { part: Part::Author, phrase } => {
                    phrase.is_in(&Folded::new(row.author.as_deref().unwrap_or_default()))
                }
                Test::Text { phrase, .. } => phrase.is_in(&Folded::new(&row.title)),
                test => facts.is_some_and(|facts| facts.contains(test)),
            };
            if query.is_met_with(&text, &holds) {
                found.push(FoundPassage {
                    view: HighlightView::new(&row.highlight, true, &context),
                    path: format!("/articles/{}#h{}", row.highlight.article, row.highlight.id),
                    title: article_title(&row.title, frame.locale),
                });
            }
            if found.len() == PASSAGES_SHOWN {
                return Ok((found, true));
            }
        }
        if Instant::now() > until {
            return Ok((found, false));
        }
        tokio::task::yield_now().await;
    }
}
