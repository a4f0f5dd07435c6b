//! For those who watch the server: is it alive, can it work. They say nothing about its inside.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::web::WebState;
use crate::web::layers::policy::ContentPolicy;

/// A probe counts for so long: anybody may ask, and asking must not become writing.
const FRESH: Duration = Duration::from_secs(2);

/// The last probe of the database.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    fn last(&self) -> Option<bool> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, ready)| ready)
    }

    fn note(&self, ready: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), ready));
    }
}

/// `GET /healthz`: the process answers.
pub async fn live() -> Response {
    plain(StatusCode::OK, "ok\n")
}

/// `GET /readyz`: the database takes writes.
pub async fn ready(State(web): State<WebState>) -> Response {
    let ready = match web.readiness.last() {
        Some(ready) => ready,
        None => {
            let now = web.app.clock.now().0.to_string();
            let probe = tokio::time::timeout(Duration::from_secs(5), web.app.db.meta_set("ready-probe", &now)).await;
            let ready = matches!(probe, Ok(Ok(())));
            if !ready {
                tracing::error!(?probe, "the database does not take writes");
            }
            web.readiness.note(ready);
            ready
        }
    };
    if ready { plain(StatusCode::OK, "ready\n") } else { plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    response.extensions_mut().insert(ContentPolicy::Inert);
    response
}
