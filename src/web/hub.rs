//! Word to a hub (WebSub, W3C Recommendation of 2018) that a published list has something new, so that its readers need not ask.
//!
//! Owns: sealing the codes of published lists, when a hub is told and how long it is left alone after a failure. Does not own:
//! which articles a list has (`pages::publish::listed`), the links to the hub in feeds (`feed::publish`), the way out (`egress`).
//! In: published lists whose code was made while a hub was set. Out: one POST for each form of a feed.
//!
//! The database knows the hash of a code only, so that nobody who reads it can open a list. To name a list's address to a hub the
//! code itself is needed: it is kept sealed, bound to that hash, by a key that is derived from the secret of the instance.

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::code::Code;
use super::pages::publish::listed;
use super::pages::publish::public::FORMATS;
use super::{WebError, WebState};
use crate::domain::{Entropy, UnixMillis, WebUrl};
use crate::store::{Announced, Revision};

/// The time between two looks: what comes within it is one burst.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(60);
/// Every so many looks are made whether anything changed or not.
const EVERY: u32 = 5;
/// For how long one server keeps others from telling the same.
const LEASE: i64 = 5 * UnixMillis::MINUTE;
/// The wait after the first failure; four times as long after each further one, up to a day.
const FIRST_WAIT: i64 = 2 * UnixMillis::MINUTE;

/// Seals codes and opens them again. Never printed.
pub struct Sealer(LessSafeKey);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// A sealer whose key is derived from the secret of the instance.
    pub fn new(secret: [u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("HMAC takes keys of any length");
        mac.update(b"sealed codes of published lists, 1");
        let key: [u8; 32] = mac.finalize().into_bytes().into();
        #[expect(clippy::expect_used, reason = "every 32 bytes are a key (RFC 8439, section 2.8)")]
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).expect("every 32 bytes are a key");
        Self(LessSafeKey::new(key))
    }

    /// The code, sealed and bound to its hash: a nonce, then what only this instance can open. `None` if that failed, which it
    /// does for texts beyond any memory only.
    pub fn seal(&self, code: &Code, entropy: &dyn Entropy) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = code.as_str().as_bytes().to_vec();
        let at = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(at, Aad::from(code.hash()), &mut text).ok()?;
        Some([&nonce[..], &text].concat())
    }

    /// The code of a published list.
    pub fn open(&self, sealed: &[u8], hash: &[u8]) -> Option<Code> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let code = self.0.open_in_place(nonce, Aad::from(hash), &mut text).ok()?;
        Code::read(std::str::from_utf8(code).ok()?)
    }
}

/// Tells the hub what is new until `stop` is cancelled. Without a hub there is nothing to do.
pub async fn keep(web: WebState, stop: CancellationToken) {
    let (mut seen, mut round): (Option<Revision>, u32) = (None, 0);
    while web.app.settings.hub.is_some() && !stop.is_cancelled() {
        // Read first: what is committed meanwhile is seen the next time.
        let revision = web.app.db.revision().await.ok();
        // Now and then although nothing changed: a hub that failed is due again some time.
        let is_wanted = revision.is_none() || revision != seen || round.is_multiple_of(EVERY);
        round = round.wrapping_add(1);
        let telling = async { if is_wanted { announce(&web).await } else { Ok(()) } };
        match stop.run_until_cancelled(telling).await {
            Some(Ok(())) => seen = revision,
            Some(Err(error)) => tracing::warn!(%error, "the hub could not be told; trying again soon"),
            None => return,
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}

/// Tells the hub of every published list that has something new since it was told the last time.
pub async fn announce(web: &WebState) -> Result<(), WebError> {
    let Some(hub) = web.app.settings.hub.clone() else { return Ok(()) };
    for list in web.app.db.announced_publications(web.app.clock.now()).await? {
        tell(web, &hub, list).await?;
    }
    Ok(())
}

async fn tell(web: &WebState, hub: &WebUrl, list: Announced) -> Result<(), WebError> {
    let Some(code) = web.sealer.open(&list.sealed_code, &list.code_hash) else { return Ok(()) };
    let rows = match listed::rows(web, &list.publication).await {
        Ok(rows) => rows,
        Err(WebError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut state = Sha256::new();
    for row in &rows {
        state.update(row.id.0.to_le_bytes());
    }
    let state: [u8; 32] = state.finalize().into();
    let (db, now) = (&web.app.db, web.app.clock.now());
    match &list.told {
        Some(told) if told[..] == state => return Ok(()),
        // Nobody can have subscribed before.
        None => return Ok(db.publication_told(list.publication.id, &state, now).await?),
        Some(_) => {}
    }
    if !db.claim_announcement(list.publication.id, list.next_ping_at, now.plus(LEASE)).await? {
        return Ok(());
    }
    let page = format!("{}/p/{}", web.app.settings.public_url(), code.encoded());
    for (_, end) in FORMATS {
        let topic = format!("{page}/{end}");
        if let Err(error) = web.app.egress.post_form(hub, &[("hub.mode", "publish"), ("hub.url", &topic)]).await {
            let failures = list.failures + 1;
            let wait = wait_after(failures).max(error.hints.retry_after_millis.unwrap_or(0)).min(UnixMillis::DAY);
            tracing::info!(list = %list.publication.id, failure = %error.failure, failures, "the hub was not told");
            db.announcement_failed(list.publication.id, failures, web.app.clock.now().plus(wait)).await?;
            return Ok(());
        }
    }
    Ok(db.publication_told(list.publication.id, &state, web.app.clock.now()).await?)
}

fn wait_after(failures: i64) -> i64 {
    let doublings = u32::try_from(failures.clamp(1, 8) - 1).unwrap_or(0) * 2;
    FIRST_WAIT.saturating_mul(1 << doublings).min(UnixMillis::DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FixedEntropy;

    #[test]
    fn a_sealed_code_opens_here_alone_and_only_for_its_own_list() {
        let entropy = FixedEntropy::default();
        let (sealer, code, other) = (Sealer::new([7; 32]), Code::new(&entropy), Code::new(&entropy));
        let sealed = sealer.seal(&code, &entropy).unwrap();

        assert!(sealer.open(&sealed, &code.hash()) == Some(code.clone()));
        assert!(!sealed.windows(4).any(|part| code.as_str().as_bytes().starts_with(part)), "nothing of it shows");
        assert!(sealer.open(&sealed, &other.hash()).is_none(), "of another list");
        assert!(Sealer::new([8; 32]).open(&sealed, &code.hash()).is_none(), "by another instance");
        let mut damaged = sealed.clone();
        damaged[NONCE_LEN] ^= 1;
        assert!(sealer.open(&damaged, &code.hash()).is_none());
        assert!(sealer.open(&sealed[..5], &code.hash()).is_none());
        assert_ne!(sealer.seal(&code, &entropy).unwrap(), sealed, "never twice the same");
    }

    #[test]
    fn a_hub_that_fails_is_left_alone_for_longer_and_longer() {
        let minutes = |failures| wait_after(failures) / UnixMillis::MINUTE;
        assert_eq!([1, 2, 3, 50].map(minutes), [2, 8, 32, 24 * 60]);
    }
}
