//! Pictures gathered for a file that carries them.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::pictures;
use crate::app::App;
use crate::archive::outward::{Picture, PictureKind, Pictures};
use crate::domain::WebUrl;
use crate::media::{Fit, Output, Spec};

/// Fetched at the same time.
const AT_ONCE: usize = 4;
/// How long it may take while somebody waits for the file. What is there by then goes along.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long it may take for a file that nobody waits for.
const LONG_PATIENCE: Duration = Duration::from_secs(180);
/// The most bytes of all pictures together.
const MOST_BYTES: usize = 48 * 1024 * 1024;
/// A small picture is so wide: more than the screens of most e-readers show.
const SMALL: Spec =
    Spec { width: Some(800), height: Some(1_000), fit: Fit::Inside, output: Some(Output::Jpeg), quality: Some(70) };

/// The first `most` of these pictures: those that are kept, and what is fetched of the others. What does not come, is of another kind or would be too much is left out.
pub async fn gather(app: &App, addresses: Vec<String>, most: usize) -> Pictures {
    gather_in(app, addresses, most, MOST_BYTES, false).await
}

/// The same for a file that is made in the background: pictures are made small, so that more of them fit into `room` bytes.
pub async fn gather_small(app: &App, addresses: Vec<String>, most: usize, room: usize) -> Pictures {
    gather_in(app, addresses, most, room, true).await
}

async fn gather_in(app: &App, addresses: Vec<String>, most: usize, mut room: usize, is_small: bool) -> Pictures {
    let mut gathered = HashMap::new();
    let fetch = |address: String| async move {
        let url = WebUrl::parse(&address).ok()?;
        let bytes = match pictures::kept(app, &url).await {
            Some(bytes) => bytes,
            None => pictures::fetch_one(app, &url, None).await.ok()?,
        };
        let bytes = match is_small {
            true => pictures::variant_in_background(app, bytes.clone(), &SMALL)
                .await
                .ok()
                .filter(|small| small.len() < bytes.len() || PictureKind::of(&bytes).is_none())
                .unwrap_or(bytes),
            false => bytes,
        };
        Some((address, Picture { kind: PictureKind::of(&bytes)?, bytes }))
    };
    let patience = if is_small { LONG_PATIENCE } else { PATIENCE };
    let deadline = tokio::time::Instant::now() + patience;
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
