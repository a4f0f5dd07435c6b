//! Single pictures: fetched and kept, made into variants, checked and swept away.

use std::collections::{HashMap, HashSet};

use axum::body::Bytes;

use crate::app::App;
use crate::content::clean::PictureSources;
use crate::content::pool::PoolError;
use crate::domain::{Failure, UnixMillis, WebUrl};
use crate::egress::{Answer, FetchError, Purpose, Request};
use crate::media::variant::{self, Variant};
use crate::media::{Desk, Facts, PictureHash, PictureKey, PictureStore, Refused, Spec, StorageError};
use crate::store::{PictureState, StoreError, StoredPicture};

/// So many are looked at together in housekeeping.
const BATCH: i64 = 200;

/// Why something about pictures could not be done.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The picture store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The picture is none that may be decoded.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// The picture at this address, if it is kept. If database or store fail, it is as if it were not.
pub async fn kept(app: &App, url: &WebUrl) -> Option<Bytes> {
    let found = app.db.pictures_at(std::slice::from_ref(url)).await.ok()?;
    let Some(PictureState::Kept(picture)) = found.get(url) else { return None };
    app.media.store.get(PictureKey::original(PictureHash(picture.hash))).await.ok().flatten()
}

/// Fetches a picture from its own address, else from one of the others that it is known by, else from the archive that
/// the operator named. The failure is that of its own address.
pub async fn fetch(app: &App, sources: &PictureSources, page: Option<&WebUrl>) -> Result<Bytes, FetchError> {
    let first = match fetch_one(app, &sources.best, page).await {
        Ok(bytes) => return Ok(bytes),
        Err(error) => error,
    };
    for other in &sources.others {
        if let Ok(bytes) = fetch_one(app, other, page).await {
            return Ok(bytes);
        }
    }
    if let Some(archive) = &app.settings.pictures.archive
        && let Ok(copy) = WebUrl::parse(&format!("{archive}{}", sources.best.without_credentials()))
        && let Ok(bytes) = fetch_one(app, &copy, None).await
    {
        return Ok(bytes);
    }
    Err(first)
}

/// Fetches without telling where the picture was seen, unless its host is known to want that; a server that refuses is
/// then told the page's origin, as a browser on that page would. What is no picture is as good as a failure.
pub async fn fetch_one(app: &App, url: &WebUrl, page: Option<&WebUrl>) -> Result<Bytes, FetchError> {
    ask(app, url, page, Purpose::Picture).await
}

/// Fetches the icon of a feed, which may be much smaller than a picture.
pub async fn fetch_icon(app: &App, url: &WebUrl) -> Result<Bytes, FetchError> {
    ask(app, url, None, Purpose::Icon).await
}

async fn ask(app: &App, url: &WebUrl, page: Option<&WebUrl>, purpose: Purpose) -> Result<Bytes, FetchError> {
    let request = |referer| Request { referer, ..Request::new(url.clone(), purpose) };
    let known = app.settings.pictures.referer_of(url).cloned();
    let answer = match app.egress.fetch(request(known)).await {
        Err(FetchError { failure: Failure::Http(401 | 403), .. }) => {
            app.egress.fetch(request(Some(page.unwrap_or(url).clone()))).await?
        }
        other => other?,
    };
    match answer {
        Answer::Fetched(fetched) => Ok(fetched.body.into_bytes().into()),
        Answer::NotModified(_) => Err(Failure::Empty.into()),
    }
}

/// Keeps a picture under its hash and says so to the database. What claims to be larger than pictures may be is not kept,
/// and neither is what is no picture.
pub async fn keep(app: &App, source: i64, bytes: Bytes) -> Result<(), PictureError> {
    let picture = put(app, bytes).await?;
    Ok(app.db.pictures_found(&[(source, picture)], app.clock.now()).await?)
}

/// Keeps several as [`keep`] does, with one commit after all of them lie in the store. The sources of those that are refused.
pub async fn keep_all(app: &App, pictures: Vec<(i64, Bytes)>) -> Result<Vec<i64>, PictureError> {
    let (mut found, mut refused) = (Vec::with_capacity(pictures.len()), Vec::new());
    for (source, bytes) in pictures {
        match put(app, bytes).await {
            Ok(picture) => found.push((source, picture)),
            Err(PictureError::Refused(_)) => refused.push(source),
            Err(error) => return Err(error),
        }
    }
    if !found.is_empty() {
        app.db.pictures_found(&found, app.clock.now()).await?;
    }
    Ok(refused)
}

/// Puts a picture into the store. It is kept once the database knows of it.
async fn put(app: &App, bytes: Bytes) -> Result<StoredPicture, PictureError> {
    let facts = Facts::read(&bytes)?;
    let hash = PictureHash::of(&bytes);
    let colour = if facts.kind.is_decoded() {
        let (desk, bytes) = (app.media.background_desk().await, bytes.clone());
        // Without a colour a picture is as good.
        desk.run(move || variant::colour(&bytes)).await.unwrap_or(None)
    } else {
        None
    };
    let picture = StoredPicture {
        hash: hash.0,
        kind: facts.kind.content_type().to_owned(),
        bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        width: facts.width,
        height: facts.height,
        animated: facts.animated,
        colour,
    };
    store(app, PictureKey::original(hash), bytes).await?;
    Ok(picture)
}

/// Puts bytes into the store. Where it is full, older variants give way.
async fn store(app: &App, key: PictureKey, bytes: Bytes) -> Result<(), PictureError> {
    match app.media.store.put(key.clone(), bytes.clone()).await {
        Err(error) if error.is_full() && give_way(app).await?.files > 0 => Ok(app.media.store.put(key, bytes).await?),
        other => Ok(other?),
    }
}

/// The disk is full: some of the oldest variants go, because what is written next is needed more. Their files go before their
/// rows, since a full database may not even take note of that; a variant without a file is made again when it is asked for.
pub async fn give_way(app: &App) -> Result<Freed, PictureError> {
    let mut freed = Freed::default();
    let variants = app.db.oldest_variants(BATCH).await?;
    for (hash, spec, bytes) in &variants {
        app.media.delete(PictureKey::variant(PictureHash(*hash), spec.clone())).await?;
        freed.add(*bytes);
    }
    app.db.forget_variants(&variants).await?;
    Ok(freed)
}

/// Makes room for the database, as far as variants and its own log take any, and says so in the log.
pub async fn give_way_to_database(app: &App) {
    match give_way(app).await {
        Ok(freed) if freed.files == 0 => {}
        Ok(freed) => tracing::warn!(files = freed.files, bytes = freed.bytes, "the disk is full: variants gave way"),
        Err(error) => tracing::warn!(%error, "the disk is full, and variants could not give way"),
    }
    if let Err(error) = app.db.fold_log().await {
        tracing::warn!(%error, "the disk is full, and the log of the database could not be folded in");
    }
}

/// A variant of a kept picture, made now if it was not before; `None` if there is no such picture. `spec` names its output.
pub async fn variant(app: &App, hash: PictureHash, spec: &Spec) -> Result<Option<Bytes>, PictureError> {
    let text = spec.to_string();
    let key = PictureKey::variant(hash, text.clone());
    if let Some(bytes) = app.media.recent.get(&key, app.clock.now()) {
        return Ok(Some(bytes));
    }
    if let Some(bytes) = app.media.store.get(key.clone()).await? {
        app.media.recent.put(key, bytes.clone(), app.clock.now());
        return Ok(Some(bytes));
    }
    let desk = app.media.desk().await;
    // Somebody else may have made it while this one waited for a desk.
    if let Some(bytes) = app.media.store.get(key.clone()).await? {
        return Ok(Some(bytes));
    }
    let Some(original) = app.media.store.get(PictureKey::original(hash)).await? else { return Ok(None) };
    let made = make(&desk, original, *spec).await?;
    drop(desk);
    if made.is_final
        && let Err(error) = keep_variant(app, key, &text, made.bytes.clone()).await
    {
        // It is shown all the same, and made again the next time.
        tracing::warn!(%error, "a smaller form of a picture could not be kept");
    }
    Ok(Some(made.bytes))
}

async fn keep_variant(app: &App, key: PictureKey, spec: &str, bytes: Bytes) -> Result<(), PictureError> {
    let (hash, size) = (key.hash.0, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    store(app, key, bytes).await?;
    Ok(app.db.add_variant(&hash, spec, size, app.clock.now()).await?)
}

/// A variant of these bytes, which is not kept.
pub async fn variant_of(app: &App, original: Bytes, spec: &Spec) -> Result<Bytes, PictureError> {
    Ok(make(&app.media.desk().await, original, *spec).await?.bytes)
}

/// The same, for what nobody waits for.
pub async fn variant_in_background(app: &App, original: Bytes, spec: &Spec) -> Result<Bytes, PictureError> {
    Ok(make(&app.media.background_desk().await, original, *spec).await?.bytes)
}

/// What came of a try to make a variant.
struct Made {
    bytes: Bytes,
    /// Another try would bring the same.
    is_final: bool,
}

/// What cannot be decoded although its header is sound is shown by browsers as far as it goes: it is passed on. So is what
/// takes too long, this time.
async fn make(desk: &Desk, original: Bytes, spec: Spec) -> Result<Made, Refused> {
    let bytes = original.clone();
    let (bytes, is_final) = match desk.run(move || variant::make(&bytes, &spec)).await {
        Ok(Ok(Variant::Encoded(encoded))) => (encoded.into(), true),
        Ok(Ok(Variant::Same)) => (original, true),
        Ok(Err(Refused::Damaged)) if Facts::read(&original).is_ok() => (original, true),
        Ok(Err(refused)) => return Err(refused),
        Err(PoolError::TimedOut | PoolError::Full) => (original, false),
        Err(PoolError::Crashed) => return Err(Refused::Damaged),
    };
    Ok(Made { bytes, is_final })
}

/// What was swept away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Freed {
    fn add(&mut self, bytes: i64) {
        self.files += 1;
        self.bytes += u64::try_from(bytes).unwrap_or(0);
    }
}

/// Sweeps pictures away until they take no more room than the operator gives them: first variants, the oldest first; then
/// originals that no article shows; then those of articles that nobody marked, the oldest first. Those of marked articles
/// and of feeds stay, whatever the bound.
pub async fn keep_within_quota(app: &App) -> Result<Freed, PictureError> {
    let mut freed = Freed::default();
    let quota = i64::try_from(app.settings.pictures.quota).unwrap_or(i64::MAX);
    if quota == 0 {
        return Ok(freed);
    }
    let mut over = app.db.picture_bytes().await?.saturating_sub(quota);
    while over > 0 {
        let variants = app.db.oldest_variants(BATCH).await?;
        if variants.is_empty() {
            break;
        }
        for (hash, spec, bytes) in variants {
            if over <= 0 {
                break;
            }
            app.db.forget_variant(&hash, &spec).await?;
            app.media.delete(PictureKey::variant(PictureHash(hash), spec)).await?;
            freed.add(bytes);
            over -= bytes;
        }
    }
    while over > 0 {
        let spare = app.db.spare_pictures(BATCH).await?;
        let before = over;
        for (hash, bytes) in spare {
            if over <= 0 {
                break;
            }
            if forget(app, hash).await? {
                freed.add(bytes);
                over -= bytes;
            }
        }
        if over == before {
            tracing::warn!(over, "pictures of marked articles alone take more room than pictures_quota gives");
            break;
        }
    }
    Ok(freed)
}

/// Forgets a picture, row first: a file without a row is swept away later, a row without a file would show nothing.
async fn forget(app: &App, hash: [u8; 32]) -> Result<bool, PictureError> {
    let Some(variants) = app.db.forget_picture(&hash).await? else { return Ok(false) };
    for spec in variants {
        app.media.delete(PictureKey::variant(PictureHash(hash), spec)).await?;
    }
    app.media.delete(PictureKey::original(PictureHash(hash))).await?;
    Ok(true)
}

/// What a look at every picture found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// Originals that are as they were stored.
    pub sound: u64,
    /// Originals whose bytes changed. They were taken away.
    pub damaged: u64,
    /// Originals and variants that the database knows and that are not there any more.
    pub missing: u64,
    /// Files that the database does not know.
    pub unknown: u64,
}

/// Reads every original and compares it with its name. Such as are damaged or missing are forgotten, so that they are
/// fetched again; a variant that is missing is forgotten, too.
pub async fn verify(app: &App, progress: &(dyn Fn(u64) + Sync)) -> Result<Verified, PictureError> {
    let mut found = Verified::default();
    let mut after = Vec::new();
    loop {
        let hashes = app.db.picture_hashes(&after, BATCH).await?;
        let Some(last) = hashes.last() else { break };
        after = last.to_vec();
        for hash in hashes {
            let key = PictureKey::original(PictureHash(hash));
            match app.media.store.get(key.clone()).await? {
                Some(bytes) if PictureHash::of(&bytes).0 == hash => found.sound += 1,
                Some(_) => {
                    found.damaged += 1;
                    app.db.lose_picture(&hash).await?;
                    app.media.delete(key).await?;
                }
                None => {
                    found.missing += 1;
                    app.db.lose_picture(&hash).await?;
                }
            }
            progress(found.sound + found.damaged + found.missing);
        }
    }
    let (lost, unknown) = compare(app).await?;
    for (hash, spec) in lost {
        found.missing += 1;
        app.db.forget_variant(&hash, &spec).await?;
    }
    found.unknown = unknown.len() as u64;
    Ok(found)
}

/// Copies the originals that the database knows from one store to another, those that are there already left out. How many.
pub async fn copy_originals(
    app: &App,
    from: &dyn PictureStore,
    to: &dyn PictureStore,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, PictureError> {
    let there: HashSet<PictureKey> = to.list().await?.into_iter().map(|(key, _)| key).collect();
    let (mut seen, mut copied, mut after) = (0, 0, Vec::new());
    loop {
        let hashes = app.db.picture_hashes(&after, BATCH).await?;
        let Some(last) = hashes.last() else { return Ok(copied) };
        after = last.to_vec();
        for hash in hashes {
            let key = PictureKey::original(PictureHash(hash));
            if !there.contains(&key)
                && let Some(bytes) = from.get(key.clone()).await?
            {
                to.put(key, bytes).await?;
                copied += 1;
            }
            seen += 1;
            progress(seen);
        }
    }
}

/// Sweeps away what the database does not know, and then what is above the quota.
pub async fn sweep(app: &App) -> Result<Freed, PictureError> {
    let mut freed = keep_within_quota(app).await?;
    let (lost, unknown) = compare(app).await?;
    for (hash, spec) in lost {
        app.db.forget_variant(&hash, &spec).await?;
    }
    for (key, bytes) in unknown {
        // A picture is stored before its row is; it may have got one meanwhile.
        if key.variant.is_none() && app.db.has_picture(&key.hash.0).await? {
            continue;
        }
        app.media.delete(key).await?;
        freed.add(i64::try_from(bytes).unwrap_or(0));
    }
    Ok(freed)
}

type Lost = Vec<([u8; 32], String)>;

/// Everything in the store against everything in the database: variants without a file, files without a row.
async fn compare(app: &App) -> Result<(Lost, Vec<(PictureKey, u64)>), PictureError> {
    let mut files: HashMap<PictureKey, u64> = app.media.store.list().await?.into_iter().collect();
    let mut after = Vec::new();
    loop {
        let hashes = app.db.picture_hashes(&after, BATCH).await?;
        let Some(last) = hashes.last() else { break };
        after = last.to_vec();
        for hash in hashes {
            files.remove(&PictureKey::original(PictureHash(hash)));
        }
    }
    let mut lost = Lost::new();
    let mut after = (Vec::new(), String::new());
    loop {
        let variants = app.db.variants_after((&after.0, &after.1), BATCH).await?;
        let Some((hash, spec)) = variants.last() else { break };
        after = (hash.to_vec(), spec.clone());
        for (hash, spec) in variants {
            if files.remove(&PictureKey::variant(PictureHash(hash), spec.clone())).is_none() {
                lost.push((hash, spec));
            }
        }
    }
    Ok((lost, files.into_iter().collect()))
}

/// How long a failed fetch waits for its next try: ten minutes, then four times as long each time, within a week.
pub(super) fn wait_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 6) - 1).unwrap_or(0) * 2;
    (10 * UnixMillis::MINUTE).saturating_mul(1 << doublings).min(7 * UnixMillis::DAY)
}
