//! Marks on one article: read, starred, later. `POST /marks` with the mark's name and `ARTICLE.1` to set it or `ARTICLE.0` to
//! take it away, such as `starred=7.1`. One form holds the buttons of a whole list, and each of them says all of this by
//! its name and value.
//!
//! A plain form is answered with the way back. The page's script asks for JSON and gets the account's counters, so that it
//! can show them without loading a page.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{back_to, see_other, wants_json};
use crate::domain::ArticleId;
use crate::web::offline::acted_at;
use crate::web::{CurrentUser, WebError, WebState};

/// The pressed button, and where its page is.
#[derive(Debug, Deserialize)]
pub struct MarkForm {
    read: Option<Mark>,
    starred: Option<Mark>,
    later: Option<Mark>,
    back: Option<String>,
}

/// A mark to be set on an article, or taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Mark {
    article: ArticleId,
    on: bool,
}

impl TryFrom<String> for Mark {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        let (article, on) = match value.split_once('.') {
            Some((article, "1")) => (article, true),
            Some((article, "0")) => (article, false),
            _ => return Err("a mark is an article's number and .1 or .0"),
        };
        let article = article.parse().map(ArticleId).map_err(|_| "this is not the number of an article")?;
        Ok(Self { article, on })
    }
}

/// What the script gets.
#[derive(Debug, Serialize)]
struct Counters {
    unread: i64,
    starred: i64,
    later: i64,
}

/// `POST /marks`
pub async fn set(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let (db, at) = (&web.app.db, acted_at(&headers, web.app.clock.now()));
    let mut article = None;
    if let Some(mark) = form.read {
        db.set_read(user.id, mark.article, mark.on, at).await?;
        article = Some(mark.article);
    }
    if let Some(mark) = form.starred {
        db.set_starred(user.id, mark.article, mark.on, at).await?;
        article = Some(mark.article);
    }
    if let Some(mark) = form.later {
        db.set_later(user.id, mark.article, mark.on, at).await?;
        article = Some(mark.article);
    }
    answer(&web, &user, article.ok_or(WebError::NotFound)?, &headers, &form).await
}

async fn answer(
    web: &WebState,
    user: &CurrentUser,
    id: ArticleId,
    headers: &HeaderMap,
    form: &MarkForm,
) -> Result<Response, WebError> {
    // A mark on what the account may not read did nothing; it is answered as if there were no such article.
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    if wants_json(headers) {
        return counters(web, user).await;
    }
    let back = back_to(form.back.as_deref());
    let is_list = !back.starts_with("/articles/") && !back.contains('#');
    Ok(see_other(web, &if is_list { format!("{back}#a{id}") } else { back }))
}

/// The account's counters for the page's script.
pub(super) async fn counters(web: &WebState, user: &CurrentUser) -> Result<Response, WebError> {
    let counts = web.app.db.counts(user.id).await?;
    let counters = Counters { unread: counts.unread, starred: counts.starred, later: counts.later };
    Ok(axum::Json(counters).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_which_article_and_whether_the_mark_is_set() {
        let read = |value: &str| Mark::try_from(value.to_owned()).ok().map(|mark| (mark.article, mark.on));
        assert_eq!(read("7.1"), Some((ArticleId(7), true)));
        assert_eq!(read("7.0"), Some((ArticleId(7), false)));
        for nonsense in ["7", "7.2", "x.1", ".1", "99999999999999999999.1"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
