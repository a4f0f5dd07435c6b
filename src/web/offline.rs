//! What the server and the worker in a reader's browser agree on, so that what is kept on a device and what was done
//! without a network stays with the account that it belongs to.
//!
//! Owns: three headers. `gleaner-reader` names the account by a tag that nobody else knows: in an answer it says whose
//! page this is, in a request for whom it acts. `gleaner-age` says how many milliseconds ago something was done.
//! `gleaner-keep` asks for a page as a copy that will be read later. Does not own: the pages about it
//! ([`super::pages::offline`]), the worker itself (`static/worker.js`).

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{CurrentUser, Web, WebError};
use crate::domain::UnixMillis;

/// Whose answer this is, or for whom a request acts.
pub const READER: HeaderName = HeaderName::from_static("gleaner-reader");
/// How long ago it was done, in milliseconds.
const AGE: HeaderName = HeaderName::from_static("gleaner-age");
/// What is said to be older than this is as old as this.
const OLDEST: i64 = 366 * UnixMillis::DAY;
/// The page is kept and read later.
const KEEP: HeaderName = HeaderName::from_static("gleaner-keep");

/// Whether a page will be kept on the device that asks.
pub fn is_kept(headers: &HeaderMap) -> bool {
    headers.contains_key(KEEP)
}

/// Refuses what was done by another account than the one that is signed in.
pub fn check_reader(web: &Web, user: &CurrentUser, headers: &HeaderMap) -> Result<(), WebError> {
    match headers.get(READER) {
        Some(named) if named.as_bytes() != web.signer.reader(user.id).as_bytes() => Err(WebError::OtherReader),
        _ => Ok(()),
    }
}

/// The value of [`READER`] for an account.
pub fn reader_header(web: &Web, user: &CurrentUser) -> HeaderValue {
    HeaderValue::try_from(web.signer.reader(user.id)).unwrap_or(HeaderValue::from_static("unknown"))
}

/// When it was done what this request tells: now, or as long ago as it says. The device counts how long ago that was,
/// so that its clock may be wrong.
pub fn acted_at(headers: &HeaderMap, now: UnixMillis) -> UnixMillis {
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.parse::<i64>().ok()).unwrap_or(0);
    now.plus(-age.clamp(0, OLDEST))
}

/// Up to when its reader knew what this request takes away or writes over: what came since from elsewhere stays. No end where
/// it is done now, so that a clock that was set back keeps nothing.
pub fn known_until(headers: &HeaderMap, now: UnixMillis) -> UnixMillis {
    Some(acted_at(headers, now)).filter(|at| *at < now).unwrap_or(UnixMillis(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_lies_in_the_past_and_not_before_the_last_year() {
        let now = UnixMillis(100_000_000_000);
        for (age, at) in [("1500", now.0 - 1500), ("-5", now.0), ("soon", now.0), ("999999999999", now.0 - OLDEST)] {
            let headers = HeaderMap::from_iter([(AGE, HeaderValue::from_static(age))]);
            assert_eq!(acted_at(&headers, now).0, at, "{age}");
            assert_eq!(known_until(&headers, now).0, if at < now.0 { at } else { i64::MAX }, "{age}");
        }
        assert_eq!(acted_at(&HeaderMap::new(), now), now);
    }
}
