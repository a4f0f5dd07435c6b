//! Looking after the originals of kept articles: rarely, politely, and never sure of a loss at the first look.
//!
//! Only what somebody marked as worth keeping or saved is looked at, a week after it came at the earliest and about once a month from
//! then on, at most [`BUDGET`] a day. A look is a HEAD; a GET where a server does not know that, or where the page's own text is
//! here to compare. Gone is what three looks over days did not find: an error 404 or 410, no such host, or a front page in
//! place of the article.

use crate::app::App;
use crate::content::article::with_page;
use crate::content::change::{Edit, edit};
use crate::content::extract::extract;
use crate::domain::{ArticleDraft, ArticleId, BodyKind, BodyPreference, Failure, UnixMillis, WebUrl};
use crate::egress::{Answer, FetchError, Fetched, Purpose, Request};
use crate::store::{Fate, Original, StoreError};

/// The most looks in a day.
pub const BUDGET: i64 = 200;
/// The most looks of one call.
const AT_ONCE: i64 = 10;
/// Before it was here for so long nobody looks.
const REST: i64 = 7 * UnixMillis::DAY;
/// The time between two looks, to which chance adds up to a third.
const USUAL: i64 = 30 * UnixMillis::DAY;
/// The time to the next look at what was not found.
const DOUBT: i64 = 2 * UnixMillis::DAY;
/// So many looks in a row must miss it.
const MISSES: i64 = 3;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Look {
    There,
    Moved(WebUrl),
    Changed,
    /// The server says that it is not there.
    Missed,
    /// Nobody answers there. That counts as missed if somebody answers elsewhere.
    Silence,
    /// A server that is out of order or does not let us in says nothing about the article.
    Nothing,
}

/// Looks at some of the originals that are due, within the budget of the day. How many.
pub async fn look_after(app: &App) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let left = BUDGET - app.db.originals_looked_at(now.plus(-UnixMillis::DAY)).await?;
    if left <= 0 {
        return Ok(0);
    }
    let due = app.db.originals_due(now, now.plus(-REST), left.min(AT_ONCE)).await?;
    let mut looks = Vec::with_capacity(due.len());
    for (article, url) in due {
        looks.push((article, look_at(app, article, &url).await?));
    }
    let count = looks.len();
    // Where nobody answers at all, it is our own network that is gone.
    let is_connected = looks.iter().any(|(_, look)| *look != Look::Silence)
        || app.db.has_feed_answered(now.plus(-UnixMillis::DAY)).await?;
    for (article, look) in looks {
        let look = match look {
            Look::Silence if is_connected => Look::Missed,
            Look::Silence => Look::Nothing,
            look => look,
        };
        note(app, article, look).await?;
    }
    Ok(count)
}

async fn note(app: &App, article: ArticleId, look: Look) -> Result<(), StoreError> {
    let now = app.clock.now();
    let known = app.db.original(article).await?;
    let (was, since, misses) =
        known.as_ref().map_or((Fate::Unknown, now, 0), |known| (known.fate, known.since, known.misses));
    let misses = if look == Look::Missed { misses + 1 } else { 0 };
    let mut moved_to = known.and_then(|known| known.moved_to);
    let fate = match look {
        Look::There => Fate::There,
        Look::Changed => Fate::Changed,
        Look::Moved(to) => {
            moved_to = Some(to);
            Fate::Moved
        }
        Look::Missed if misses >= MISSES => Fate::Gone,
        Look::Missed | Look::Silence | Look::Nothing => was,
    };
    if fate != Fate::Moved {
        moved_to = None;
    }
    let wait = if misses > 0 && fate != Fate::Gone { DOUBT } else { USUAL };
    let jitter = app.entropy.below(u64::try_from(wait / 3).unwrap_or(1));
    let next = now.plus(wait).plus(i64::try_from(jitter).unwrap_or(0));
    let since = if fate == was { since } else { now };
    app.db.note_original(article, &Original { fate, since, checked_at: now, misses, moved_to }, next).await
}

async fn look_at(app: &App, article: ArticleId, url: &WebUrl) -> Result<Look, StoreError> {
    let draft = app.db.article_draft(article).await?.map(|(_, draft)| draft);
    let has_page = draft.as_ref().is_some_and(|draft| page_of(draft).is_some());
    let head = app.egress.fetch(Request::new(url.clone(), Purpose::Probe)).await;
    let failure = as_answered(&head).err();
    let is_unsure = failure.is_some_and(|failure| !matches!(failure, Failure::Unreachable | Failure::TimedOut));
    if !(is_unsure || failure.is_none() && has_page) {
        return Ok(verdict(url, as_answered(&head)));
    }
    // The server does not like to be asked in this way, or there is a text to compare.
    let page = app.egress.fetch(Request::new(url.clone(), Purpose::Page)).await;
    let look = verdict(url, as_answered(&page));
    if look == Look::There
        && let (Some(draft), Ok(Answer::Fetched(fetched))) = (draft, page)
        && has_page
        && is_changed(app, draft, fetched).await
    {
        return Ok(Look::Changed);
    }
    Ok(look)
}

fn as_answered(result: &Result<Answer, FetchError>) -> Result<&Answer, Failure> {
    result.as_ref().map_err(|error| error.failure)
}

fn page_of(draft: &ArticleDraft) -> Option<&str> {
    draft.bodies.iter().find(|body| body.kind == BodyKind::Page).map(|body| body.html.as_str())
}

/// Whether the page says something else than the text that was taken from it. What cannot be read says nothing.
async fn is_changed(app: &App, draft: ArticleDraft, fetched: Fetched) -> bool {
    let now = app.clock.now();
    let compared = app.content.run(move || {
        let document = super::document::PageDocument {
            url: fetched.url.without_credentials(),
            content_type: fetched.content_type,
            body: fetched.body,
        };
        if !document.is_html() {
            return false;
        }
        let extracted = extract(&document.html(), &document.url);
        let (title, old) = (draft.title.clone(), page_of(&draft).unwrap_or_default().to_owned());
        let new = with_page(draft, &extracted, BodyPreference::Automatic, now);
        page_of(&new).is_some_and(|new| edit((&title, &old), (&title, new)) == Edit::Real)
    });
    compared.await.unwrap_or(false)
}

/// What an answer says about an article that was at `url`.
fn verdict(url: &WebUrl, answer: Result<&Answer, Failure>) -> Look {
    let (at, moved_to) = match answer {
        Ok(Answer::Fetched(fetched)) => (Some(&fetched.url), &fetched.moved_to),
        Ok(Answer::NotModified(unchanged)) => (None, &unchanged.moved_to),
        Err(Failure::Http(404) | Failure::Gone) => return Look::Missed,
        Err(Failure::Unreachable) => return Look::Silence,
        Err(_) => return Look::Nothing,
    };
    let is_front = |url: &WebUrl| url.as_url().path() == "/" && url.as_url().query().is_none();
    // Who sells names sends every old address to a page of its own, with the name in the query.
    let is_for_sale = |at: &WebUrl| at.host() != url.host() && matches!(at.as_url().path(), "/" | "/lander");
    if at.is_some_and(|at| is_front(at) || is_for_sale(at)) && !is_front(url) {
        return Look::Missed;
    }
    match moved_to {
        Some(to) if to.bare() != url.bare() => Look::Moved(to.without_credentials()),
        _ => Look::There,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::{CacheHints, Validators};

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    fn answered(at: &str, moved_to: Option<&str>) -> Result<Answer, Failure> {
        Ok(Answer::Fetched(Fetched {
            url: url(at),
            moved_to: moved_to.map(url),
            content_type: None,
            validators: Validators::default(),
            hints: CacheHints::default(),
            body: Vec::new().into(),
        }))
    }

    #[test]
    fn an_answer_says_what_became_of_an_article() {
        let article = url("http://site.example/2026/story/");
        for (answer, look) in [
            (answered("http://site.example/2026/story/", None), Look::There),
            (answered("https://www.site.example/2026/story", Some("https://www.site.example/2026/story")), Look::There),
            (
                answered("https://new.example/story", Some("https://new.example/story")),
                Look::Moved(url("https://new.example/story")),
            ),
            (answered("https://site.example/", Some("https://site.example/")), Look::Missed),
            (answered("https://site.example/login", None), Look::There),
            (
                answered(
                    "https://names.example/?domain=site.example",
                    Some("https://names.example/?domain=site.example"),
                ),
                Look::Missed,
            ),
            (Err(Failure::Http(404)), Look::Missed),
            (Err(Failure::Gone), Look::Missed),
            (Err(Failure::Unreachable), Look::Silence),
            (Err(Failure::Http(403)), Look::Nothing),
            (Err(Failure::Http(503)), Look::Nothing),
            (Err(Failure::TimedOut), Look::Nothing),
        ] {
            assert_eq!(verdict(&article, answer.as_ref().map_err(|failure| *failure)), look);
        }
    }
}
