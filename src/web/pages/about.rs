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
        (vec!["S"], frame.t("keys.share")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;
    use crate::web::page::BasePath;

    /// The keys of an object in a script: what stands before a colon at the beginning of a line, two spaces in.
    fn keys_of<'a>(script: &'a str, object: &str) -> Vec<&'a str> {
        let body = script.split(object).nth(1).unwrap().split("};").next().unwrap();
        body.lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| Some(line.trim().split_once(':')?.0.trim_matches('"')))
            .collect()
    }

    #[test]
    fn the_table_says_of_every_key_that_the_scripts_listen_to() {
        let script = include_str!("../../../static/gleaner.js");
        let frame = Frame::bare(Locale::english(), BasePath::default(), crate::domain::UnixMillis(0));
        let mut told: Vec<&str> = keys(&frame).into_iter().flat_map(|(keys, _)| keys).collect();
        let places = script.split("const places = {").nth(1).unwrap().split("};").next().unwrap();
        let places = places.split(',').map(|place| format!("g {}", place.split(':').next().unwrap().trim()));
        let mut known: Vec<String> = keys_of(script, "const keys = {").into_iter().map(str::to_owned).collect();
        // A focused link opens by itself; the size of the text is in the other script, and Escape has a short name.
        known.extend(places.chain(["Enter", "+", "-"].map(str::to_owned)));
        let mut known: Vec<&str> = known.iter().map(|key| if key == "Escape" { "Esc" } else { key.as_str() }).collect();
        known.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, known);
    }
}
