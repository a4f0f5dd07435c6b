//! What this program is, how much it holds, and which keys it knows. `GET /about`

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use super::framed::{Framed, framed};
use crate::web::page::{Frame, Page};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/about.html")]
pub struct AboutPage {
    frame: Frame,
    version: &'static str,
    engine: String,
    articles: i64,
    feeds: i64,
    size: String,
    keys: Vec<(Vec<&'static str>, &'static str)>,
}

/// `GET /about`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Framed { frame, .. } = framed(&web, &visit, &user, None).await?;
    let sizes = web.app.db.sizes().await?;
    let page = AboutPage {
        version: env!("CARGO_PKG_VERSION"),
        engine: web.app.db.engine().await?,
        articles: sizes.articles,
        feeds: sizes.feeds,
        size: frame.locale.bytes(sizes.bytes.unsigned_abs()),
        keys: keys(&frame),
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// What the page's script listens to; `static/gleaner.js` has the same list.
fn keys(frame: &Frame) -> Vec<(Vec<&'static str>, &'static str)> {
    vec![
        (vec!["j", "k"], frame.t("keys.move")),
        (vec!["o", "Enter"], frame.t("keys.open")),
        (vec!["n", "p"], frame.t("keys.neighbours")),
        (vec!["v"], frame.t("keys.original")),
        (vec!["m"], frame.t("keys.read")),
        (vec!["s", "f"], frame.t("keys.star")),
        (vec!["l"], frame.t("keys.later")),
        (vec!["t"], frame.t("keys.tag")),
        (vec!["d"], frame.t("keys.body")),
        (vec!["A"], frame.t("keys.mark_all")),
        (vec!["u"], frame.t("keys.undo")),
        (vec!["g u", "g a", "g s", "g l", "g h", "g f"], frame.t("keys.go")),
        (vec!["/"], frame.t("keys.search")),
        (vec![".", ","], frame.t("keys.hits")),
        (vec!["+", "-"], frame.t("keys.size")),
        (vec!["Esc"], frame.t("keys.back")),
        (vec!["?"], frame.t("keys.help")),
    ]
}
