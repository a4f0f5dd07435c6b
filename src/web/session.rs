//! Sessions: the cookie that says who is signed in, and its place in the database.
//!
//! A token is 32 random bytes; the browser holds it, the database only its SHA-256. A session ends after 30 days
//! without use and 90 days in any case (the store sees to both); it is noted as used at most every ten minutes, so that
//! reading writes nothing. Signing in always makes a new token: one that was put into a browser beforehand is worth
//! nothing.
//!
//! Does not own: passwords, throttling, the pages. In: cookie headers. Out: [`CurrentUser`] or nobody.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};

use super::error::WebError;
use super::view::Preferences;
use super::{Web, WebState};
use crate::domain::{AccountId, Entropy, UnixMillis};
use crate::store::{Revision, StoreError};

/// The cookie's name without its prefix.
const NAME: &str = "gleaner";
/// The cookie's names, strictest first. A browser takes the prefixed ones only from https (RFC 6265bis, 4.1.3).
const NAMES: [&str; 3] = ["__Host-gleaner", "__Secure-gleaner", NAME];
/// For how long the browser keeps the cookie: as long as a session can last at most.
const MAX_AGE_SECONDS: i64 = 90 * 24 * 60 * 60;
/// How often the use of a session is noted.
const TOUCH_EVERY: i64 = 10 * UnixMillis::MINUTE;

/// The hash of a session's token, as the database knows it.
pub type TokenHash = [u8; 32];

/// A fresh token, on its way to the browser. Never printed.
pub struct Token([u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A token that nobody can guess.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// What the database keeps.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }

    /// Reads the form that [`Token::text`] gives; anything else is no token.
    fn parse(text: &str) -> Option<Self> {
        // Checked first, so that a cookie of a megabyte is not decoded.
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Where and how the cookie is set: its name and flags follow from the scheme and the base path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieJar<'a> {
    /// Whether the browser came over https.
    pub https: bool,
    /// The base path, empty at the root.
    pub base: &'a str,
}

impl CookieJar<'_> {
    fn name(&self) -> &'static str {
        match (self.https, self.base.is_empty()) {
            (true, true) => NAMES[0],
            (true, false) => NAMES[1],
            (false, _) => NAMES[2],
        }
    }

    /// The `Set-Cookie` header of a new session.
    pub fn set(&self, token: &Token) -> HeaderValue {
        self.header(&token.text(), MAX_AGE_SECONDS)
    }

    /// The `Set-Cookie` header that takes the cookie away.
    pub fn clear(&self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age: i64) -> HeaderValue {
        let (name, path) = (self.name(), if self.base.is_empty() { "/" } else { self.base });
        let secure = if self.https { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        // The base path was checked when the settings were read; an impossible one must not bring a login down.
        HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static("gleaner=; Max-Age=0"))
    }

    /// The token in a request's cookies. Only the name that we would set ourselves counts: an attacker on a sibling
    /// host can plant `gleaner`, but no `__Host-gleaner`.
    pub fn token(&self, headers: &HeaderMap) -> Option<Token> {
        cookies(headers).find_map(|(name, value)| (name == self.name()).then(|| Token::parse(value))?)
    }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Whether a request carries any cookie that could be a session's.
pub fn has_session_cookie(headers: &HeaderMap) -> bool {
    cookies(headers).any(|(name, _)| NAMES.contains(&name))
}

/// Who is signed in. As an extractor it stands in the arguments of every handler that only a user may call; the
/// router has looked the session up by then. Handlers hold it while they wait, so it is no larger than a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser(Arc<SignedIn>);

impl std::ops::Deref for CurrentUser {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// What is known of who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The account.
    pub id: AccountId,
    /// Its name as it was typed.
    pub name: String,
    /// Whether it may manage accounts.
    pub is_admin: bool,
    /// Its choices.
    pub preferences: Preferences,
    /// The session that was used, so that “end all others” can leave it.
    pub session: TokenHash,
    /// When the session began, which is when the password was given.
    pub signed_in_at: UnixMillis,
}

/// For so long after signing in nobody is asked for the password again.
const RECENT: i64 = 10 * UnixMillis::MINUTE;

impl CurrentUser {
    /// Its choices, to be changed for the rest of this request.
    pub fn preferences_mut(&mut self) -> &mut Preferences {
        &mut Arc::make_mut(&mut self.0).preferences
    }

    /// Whether the password was given within the last ten minutes.
    pub fn is_recent(&self, now: UnixMillis) -> bool {
        (0..RECENT).contains(&now.0.saturating_sub(self.signed_in_at.0))
    }
}

/// Looks up who holds the session of these cookies, and says which state of the database that was true in: whatever is
/// read later in the same request is that state or a newer one.
pub async fn user_of(
    web: &Web,
    jar: &CookieJar<'_>,
    headers: &HeaderMap,
    now: UnixMillis,
) -> Result<Option<(CurrentUser, Revision)>, StoreError> {
    let Some(token) = jar.token(headers) else { return Ok(None) };
    let hash = token.hash();
    let db = &web.app.db;
    let revision = db.revision().await?;
    let session = match web.shelf.session(&revision, &hash) {
        Some(session) => session,
        None => {
            let Some(session) = db.session(hash, now).await? else { return Ok(None) };
            web.shelf.keep_session(&revision, hash, session.clone());
            session
        }
    };
    if !session.holds(now) {
        return Ok(None);
    }
    if now.0.saturating_sub(session.last_seen_at.0) >= TOUCH_EVERY {
        // A note that is not written costs at most ten minutes of a session's life: no reason to refuse a page.
        if let Err(error) = db.touch_session(hash, now).await {
            tracing::warn!(%error, "the use of a session could not be noted");
        }
    }
    let user = CurrentUser(Arc::new(SignedIn {
        id: session.account,
        name: session.account_name,
        is_admin: session.is_admin,
        preferences: Preferences::from_json(&session.settings),
        session: hash,
        signed_in_at: session.created_at,
    }));
    Ok(Some((user, revision)))
}

impl FromRequestParts<WebState> for CurrentUser {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _web: &WebState) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().cloned().ok_or(WebError::SignInFirst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FixedEntropy;

    fn request(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn the_cookie_is_as_strict_as_scheme_and_path_allow() {
        let token = Token::new(&FixedEntropy::default());
        for (https, base, start, end) in [
            (true, "", "__Host-gleaner=", "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure"),
            (true, "/reader", "__Secure-gleaner=", "; Path=/reader; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure"),
            (false, "", "gleaner=", "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"),
        ] {
            let header = CookieJar { https, base }.set(&token);
            let header = header.to_str().unwrap();
            assert!(header.starts_with(start) && header.ends_with(end), "{header}");
            assert!(!header.contains("Domain"));
        }
    }

    #[test]
    fn a_token_is_found_again_under_its_own_name_only() {
        let token = Token::new(&FixedEntropy::default());
        let jar = CookieJar { https: true, base: "" };
        let text = token.text();
        let found = jar.token(&request(&format!("a=b; __Host-gleaner={text}"))).unwrap();
        assert_eq!(found.hash(), token.hash());
        assert!(jar.token(&request(&format!("gleaner={text}"))).is_none());
    }

    #[test]
    fn what_is_no_token_is_nobody() {
        let jar = CookieJar { https: false, base: "" };
        let long = "A".repeat(1_000_000);
        for value in ["", "x", "a.b", &long, &"~".repeat(43), &"A".repeat(42), &"A".repeat(44)] {
            assert!(jar.token(&request(&format!("gleaner={value}"))).is_none());
        }
    }
}
