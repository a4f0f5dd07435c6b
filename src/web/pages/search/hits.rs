//! Hits as the page shows them: rows with marks, the order of relevance, passages and notes.

use url::form_urlencoded;

use super::{FoundPassage, FoundRow, Place, RANKED, ROWS};
use crate::domain::{ArticleId, UnixMillis};
use crate::search::{Folded, Phrase, Query, Segment, marked, places, snippet};
use crate::store::{HighlightCursor, Hit, Pictures, Scope, SearchedText};
use crate::web::page::Frame;
use crate::web::view::{HighlightView, PictureView, RowContext, RowView};
use crate::web::{CurrentUser, WebError, WebState, view};

/// So many of a reader's passages are looked through, the newest first.
const PASSAGES: i64 = 2_000;
/// So many that were found are shown.
const PASSAGES_SHOWN: usize = 5;

/// The rows of found articles, with what was looked for set apart.
pub(super) async fn rows(
    web: &WebState,
    user: &CurrentUser,
    frame: &Frame,
    articles: &[ArticleId],
    query: &Query,
    q: &str,
    scope: Option<Scope>,
) -> Result<Vec<FoundRow>, WebError> {
    let (rows, texts) =
        tokio::try_join!(web.app.db.rows_of(user.id, articles), web.app.db.searched_texts(user.id, articles))?;
    let leads: Vec<_> = rows.iter().filter_map(|row| row.lead_image.clone()).collect();
    let pictures = web.app.db.pictures_at(&leads).await?;
    let phrases = query.phrases();
    let zone = frame.zone();
    let place = view::Place::preferred(scope.unwrap_or(Scope::All), &frame.preferences);
    let context = RowContext::new(frame, &zone, &place, PictureView::new(&web.signer, &pictures));
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut row_view = RowView::new(row, &context);
        row_view.path = with_query(&row_view.path, q);
        let text = texts.get(&row.id).map_or("", |text| text.text.as_str());
        let plain = || vec![Segment { text: row_view.excerpt.clone(), is_hit: false }];
        let snippet = if phrases.is_empty() { None } else { snippet(text, &phrases) };
        found.push(FoundRow {
            title: marked(&row_view.title, &phrases),
            snippet: snippet.unwrap_or_else(plain),
            row: row_view,
        });
        // A long text takes a while to be looked through.
        tokio::task::yield_now().await;
    }
    Ok(found)
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
    mut hits: Vec<Hit>,
    phrases: &[&Phrase],
    place: Option<Place>,
) -> Result<(Vec<ArticleId>, Option<Place>), WebError> {
    hits.truncate(RANKED);
    let bound = hits.first().map_or(ArticleId(0), |hit| ArticleId(hit.id.0 + 1));
    let mut scores: Vec<(i64, ArticleId)> = Vec::with_capacity(hits.len());
    for some in hits.chunks(50) {
        let ids: Vec<ArticleId> = some.iter().map(|hit| hit.id).collect();
        let texts = web.app.db.searched_texts(user.id, &ids).await?;
        scores.extend(ids.iter().map(|id| (texts.get(id).map_or(0, |text| score(text, phrases)), *id)));
        tokio::task::yield_now().await;
    }
    scores.sort_by_key(|score| std::cmp::Reverse(*score));
    // Here the moment of a place is a score.
    let after = place.map(|place| (place.after.0.0, place.after.1));
    let mut rest = scores.into_iter().filter(|score| after.is_none_or(|after| *score < after)).peekable();
    let shown: Vec<(i64, ArticleId)> = rest.by_ref().take(ROWS).collect();
    let next = match (shown.last(), rest.peek()) {
        (Some((score, id)), Some(_)) => {
            Some(Place { bound: place.map_or(bound, |place| place.bound), after: (UnixMillis(*score), *id) })
        }
        _ => None,
    };
    Ok((shown.into_iter().map(|(_, id)| id).collect(), next))
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

/// The reader's own passages and notes that have what was looked for.
pub(super) async fn passages(
    web: &WebState,
    user: &CurrentUser,
    query: &Query,
    scope: Option<Scope>,
    frame: &Frame,
) -> Result<Vec<FoundPassage>, WebError> {
    let phrases = query.phrases();
    if phrases.is_empty() || scope.is_some() {
        return Ok(Vec::new());
    }
    let nothing = Pictures::new();
    let zone = frame.zone();
    let place = view::Place::preferred(Scope::All, &frame.preferences);
    let context = RowContext::new(frame, &zone, &place, PictureView::new(&web.signer, &nothing));
    let all = web.app.db.highlights(user.id, HighlightCursor::NEWEST, PASSAGES).await?;
    let has_all = |text: &str| phrases.iter().all(|phrase| !places(text, &[phrase]).is_empty());
    let found = all.iter().filter(|row| has_all(&format!("{}\n{}", row.highlight.anchor.exact, row.highlight.note)));
    Ok(found
        .take(PASSAGES_SHOWN)
        .map(|row| FoundPassage {
            view: HighlightView::new(&row.highlight, true, &context),
            path: format!("/articles/{}#h{}", row.highlight.article, row.highlight.id),
            title: if row.title.is_empty() { frame.t("list.untitled").to_owned() } else { row.title.clone() },
        })
        .collect())
}
