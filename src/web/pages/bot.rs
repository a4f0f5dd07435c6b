//! Who asks: the page that the user agent names, for the operators of the sites that are read. `GET /bot`

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use crate::web::page::{Frame, Page};
use crate::web::{Visit, WebState};

/// The page. Public, so it tells nothing that depends on this server's readers.
#[derive(Debug, Template)]
#[template(path = "pages/bot.html")]
pub struct BotPage {
    frame: Frame,
    agent: String,
}

/// `GET /bot`
pub async fn show(State(web): State<WebState>, visit: Visit) -> Response {
    Page::new(BotPage { frame: visit.frame(&web), agent: web.app.settings.user_agent.clone() }).into_response()
}
