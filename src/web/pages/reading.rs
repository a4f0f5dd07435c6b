//! What an article's page tells while it is read: that it is looked at, and where its reader stopped.
//!
//! `POST /articles/ID/opened` is sent by a page that was loaded ahead, `POST /articles/ID/place` when a page is left,
//! `POST /articles/ID/played` while sound or film plays and when it stops.

use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::mark::answer;
use crate::content::text::reading_minutes;
use crate::domain::{ArticleId, ReadingPlace};
use crate::store::{Opening, Scope};
use crate::web::offline::acted_at;
use crate::web::signer::Signed;
use crate::web::view::ScopeName;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// In an article of fewer minutes nobody needs help to find their place.
const LONG_MINUTES: u32 = 3;

/// Whether an article is so long that the place in it is kept.
pub(super) fn is_long(words: u32, cjk_chars: u32) -> bool {
    reading_minutes(words, cjk_chars) >= LONG_MINUTES
}

/// What opening an article from a list does to the history.
pub(super) fn opening_in(scope: Scope) -> Opening {
    if scope == Scope::History { Opening::InPlace } else { Opening::First }
}

/// The form of a page that was loaded ahead, when it is shown.
#[derive(Debug, Deserialize)]
pub struct OpenedForm {
    r#in: Option<String>,
}

/// `POST /articles/{id}/opened`: a page that was loaded ahead is looked at. Answered with the account's counters.
pub async fn opened(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<OpenedForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let list = form.r#in.as_deref().and_then(ScopeName::parse);
    let opening = list.map_or(Opening::First, opening_in);
    let reads = user.preferences.read_when.reads();
    let at = acted_at(&headers, web.app.clock.now());
    web.app.db.open_article(user.id, id, opening, reads, at).await?;
    answer(&web, &visit, &user, list, None).await
}

/// How far a reader has come.
#[derive(Debug, Deserialize)]
pub struct PlaceForm {
    /// In thousandths of the text.
    #[serde(default)]
    share: i64,
    /// The number of the first paragraph in sight.
    #[serde(default)]
    paragraph: i64,
}

/// `POST /articles/{id}/place`: keeps where the reader stopped. Nothing is shown for it; the page is already gone.
pub async fn place(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<PlaceForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let place = ReadingPlace::new(form.share, form.paragraph);
    web.app.db.set_reading_place(user.id, id, place, acted_at(&headers, web.app.clock.now())).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Where somebody is in a recording.
#[derive(Debug, Deserialize)]
pub struct PlayedForm {
    /// The last two parts of the recording's address on this server.
    #[serde(default)]
    file: String,
    /// The second.
    #[serde(default)]
    at: f64,
    /// How many seconds there are; 0 if the page does not know.
    #[serde(default)]
    of: f64,
}

impl PlayedForm {
    /// The second worth coming back to: after the first few, and before the last few.
    fn second(&self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "bounded right here")]
        let whole = |seconds: f64| seconds.clamp(0.0, LONGEST_SECONDS) as i64;
        let (at, of) = (whole(self.at), whole(self.of));
        (at >= FIRST_SECONDS && (of == 0 || at < of - FIRST_SECONDS)).then_some(at)
    }
}

/// So near to its beginning, or its end, nobody needs help to find the place in a recording.
const FIRST_SECONDS: i64 = 5;
/// No recording is longer: four weeks.
const LONGEST_SECONDS: f64 = 2_419_200.0;

/// `POST /articles/{id}/played`: keeps where the reader is in a recording that this server put into a page.
pub async fn played(
    State(web): State<WebState>,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<PlayedForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let file = form.file.split_once('/');
    let file = file.and_then(|(signature, address)| web.signer.check(Signed::Recording, signature, address));
    let Some(file) = file else { return Err(WebError::BadRequest("no recording of ours".to_owned())) };
    web.app.db.set_played(user.id, id, &file, form.second(), acted_at(&headers, web.app.clock.now())).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_midst_of_a_recording_is_worth_coming_back_to() {
        for (at, of, second) in [
            (0.0, 600.0, None),
            (4.9, 600.0, None),
            (65.4, 600.0, Some(65)),
            (65.4, 0.0, Some(65)),
            (597.0, 600.0, None),
            (f64::NAN, f64::INFINITY, None),
            (1e300, f64::NAN, Some(2_419_200)),
        ] {
            assert_eq!(PlayedForm { file: String::new(), at, of }.second(), second, "{at} of {of}");
        }
    }
}
