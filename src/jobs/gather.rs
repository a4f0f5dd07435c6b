//! Pictures gathered for a file that carries them.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::app::App;
use crate::archive::outward::{Picture, PictureKind, Pictures};
use crate::domain::WebUrl;
use crate::egress::{Answer, Purpose, Request};

/// Fetched at the same time.
const AT_ONCE: usize = 4;
/// How long it may take. What is there by then goes along.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most bytes of all pictures together.
const MOST_BYTES: usize = 48 * 1024 * 1024;

/// Fetches the first `most` of these pictures. What does not come, is of another kind or would be too much is left out.
pub async fn gather(app: &App, addresses: Vec<String>, most: usize) -> Pictures {
    let mut pictures = HashMap::new();
    let mut room = MOST_BYTES;
    let fetch = |address: String| async move {
        let url = WebUrl::parse(&address).ok()?;
        let request = Request::new(url.clone(), Purpose::Picture);
        let Answer::Fetched(fetched) = app.egress.fetch(Request { referer: Some(url), ..request }).await.ok()? else {
            return None;
        };
        let bytes: Vec<u8> = fetched.body.into_bytes();
        Some((address, Picture { kind: PictureKind::of(&bytes)?, bytes }))
    };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut coming = stream::iter(addresses.into_iter().take(most)).map(fetch).buffer_unordered(AT_ONCE);
    while let Ok(Some(found)) = tokio::time::timeout_at(deadline, coming.next()).await {
        let Some((address, picture)) = found else { continue };
        if picture.bytes.len() > room {
            break;
        }
        room -= picture.bytes.len();
        pictures.insert(address, picture);
    }
    pictures
}
