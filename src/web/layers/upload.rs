//! Large bodies: lists, exports and articles that readers send, and pages that their programs send.
//!
//! They come in a few at a time, so that together they take a bounded part of the memory however many are sent at once, and
//! they have time by their size, so that a slow line is no obstacle. Whoever may not send was turned away before.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::domain::AccountId;
use crate::web::api_token::ApiUser;
use crate::web::router::{PASSAGE_BYTES, table};
use crate::web::{CurrentUser, WebError, WebState};

/// Large bodies at the same time, of everybody.
const AT_ONCE: usize = 4;
/// Those of one account among them, so that nobody keeps all the places.
const OF_ONE: usize = 2;
/// For so long a place is waited for.
const WAIT: Duration = Duration::from_secs(20);

/// For how long a body of usual size may be on its way.
const BODY: Duration = Duration::from_secs(30);
/// For how long a handler may work, its reading of such a body included.
const HANDLER: Duration = Duration::from_secs(30);
/// The slowest line that a large body may come over, in bytes a second: 1 Mbit/s.
const SLOWEST: u64 = 128 * 1024;

/// Whether bodies of a route that takes so many bytes need a place.
pub fn is_large(limit: usize) -> bool {
    limit > PASSAGE_BYTES
}

/// For how long the body of a route that takes so many bytes may be on its way.
pub fn time_for(limit: usize) -> Duration {
    let by_size = if is_large(limit) { u64::try_from(limit).unwrap_or(u64::MAX) / SLOWEST } else { 0 };
    BODY + Duration::from_secs(by_size)
}

/// For how long a request for `path`, below the base path, may be worked on.
pub fn patience(path: &str) -> Duration {
    static LARGE: LazyLock<Vec<(&'static str, Duration)>> = LazyLock::new(|| {
        let large = table().into_iter().filter(|route| is_large(route.body_limit));
        large.map(|route| (route.path, HANDLER + time_for(route.body_limit))).collect()
    });
    LARGE.iter().find(|(known, _)| *known == path).map_or(HANDLER, |(_, patience)| *patience)
}

/// Places for large bodies.
#[derive(Debug)]
pub struct Uploads {
    all: Arc<Semaphore>,
    of: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
    wait: Duration,
}

/// The place of one large body; the next one takes it when this is dropped.
#[derive(Debug)]
pub struct Place {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), of: Mutex::default(), wait: WAIT }
    }
}

impl Uploads {
    /// Waits for a place; `None` if there is none for too long.
    pub async fn place(&self, account: AccountId) -> Option<Place> {
        let own = {
            let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(of.entry(account).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE))))
        };
        let both = async {
            // The own one first: who has two on their way waits for those and takes nobody else's turn.
            let own = own.acquire_owned().await.ok()?;
            let shared = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Place { _own: own, _shared: shared })
        };
        timeout(self.wait, both).await.ok().flatten()
    }
}

/// Lets a large body through when it has a place.
pub async fn place(State(web): State<WebState>, request: Request, next: Next) -> Response {
    let user = request.extensions().get::<CurrentUser>().map(|user| user.id);
    let Some(account) = user.or_else(|| request.extensions().get::<ApiUser>().map(|user| user.id)) else {
        return WebError::SignInFirst.into_response();
    };
    let Some(place) = web.uploads.place(account).await else { return WebError::Busy.into_response() };
    let response = next.run(request).await;
    drop(place);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::router::{ARTICLES_BYTES, FORM_BYTES, PAGE_BYTES};

    #[test]
    fn a_form_has_half_a_minute_and_a_large_body_what_a_slow_line_needs() {
        assert_eq!(time_for(FORM_BYTES), Duration::from_secs(30));
        assert_eq!(time_for(PASSAGE_BYTES), Duration::from_secs(30));
        assert_eq!(time_for(PAGE_BYTES), Duration::from_secs(30 + 96));
        assert_eq!(time_for(ARTICLES_BYTES), Duration::from_secs(30 + 2_048));
        assert_eq!(patience("/login"), Duration::from_secs(30));
        assert_eq!(patience("/settings/import/articles"), Duration::from_secs(60 + 2_048));
    }

    #[test]
    fn every_route_that_takes_large_bodies_knows_who_sends_them_and_has_its_time() {
        let large: Vec<_> = table().into_iter().filter(|route| is_large(route.body_limit)).collect();
        assert!(large.len() >= 3, "{large:?}");
        for route in large {
            assert!(route.access != crate::web::router::Access::Public, "{route:?}");
            assert!(patience(route.path) > HANDLER && !route.path.contains('{'), "{route:?}");
        }
    }

    #[tokio::test]
    async fn four_at_once_and_two_of_one_account() {
        let uploads = Uploads { wait: Duration::from_millis(20), ..Uploads::default() };
        let (ann, bob, cleo) = (AccountId(1), AccountId(2), AccountId(3));
        let mut of_ann = vec![uploads.place(ann).await.unwrap(), uploads.place(ann).await.unwrap()];
        assert!(uploads.place(ann).await.is_none(), "a third of hers waits");
        let of_bob = [uploads.place(bob).await.unwrap(), uploads.place(bob).await.unwrap()];
        assert!(uploads.place(cleo).await.is_none(), "a fifth of all waits");
        of_ann.pop();
        assert!(uploads.place(cleo).await.is_some());
        drop(of_bob);
        assert!(uploads.place(ann).await.is_some());
    }
}
