//! Pictures gathered for a file that carries them.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::pictures;
use crate::app::App;
use crate::archive::outward::{Picture, PictureKind, Pictures};
use crate::domain::WebUrl;

/// Fetched at the same time.
const AT_ONCE: usize = 4;
/// How long it may take. What is there by then goes along.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most bytes of all pictures together.
const MOST_BYTES: usize = 48 * 1024 * 1024;

/// The first `most` of these pictures: those that are kept, and what is fetched of the others. What does not come, is of another kind or would be too much is left out.
pub async fn gather(app: &App, addresses: Vec<String>, most: usize) -> Pictures {
    let mut gathered = HashMap::new();
    let mut room = MOST_BYTES;
    let fetch = |address: String| async move {
        let url = WebUrl::parse(&address).ok()?;
        let bytes = match pictures::kept(app, &url).await {
            Some(bytes) => bytes,
            None => pictures::fetch_one(app, &url, None).await.ok()?,
        };
        Some((address, Picture { kind: PictureKind::of(&bytes)?, bytes: bytes.into() }))
    };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut coming = stream::iter(addresses.into_iter().take(most)).map(fetch).buffer_unordered(AT_ONCE);
    while let Ok(Some(found)) = tokio::time::timeout_at(deadline, coming.next()).await {
        let Some((address, picture)) = found else { continue };
        if picture.bytes.len() > room {
            break;
        }
        room -= picture.bytes.len();
        gathered.insert(address, picture);
    }
    gathered
}
