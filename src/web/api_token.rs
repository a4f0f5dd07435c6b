//! Keys for programs of a reader's own: what they look like and how a request shows one.
//!
//! A key is `gleaner_` and 32 random bytes, so that whoever finds one in a file sees what it opens. The database holds
//! its SHA-256 only, and it is shown once. Requests bring it as a bearer token (RFC 6750, section 2.1); cookies do not
//! count where keys do, so that no page in a browser can act with a session it happens to have.

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use sha2::{Digest as _, Sha256};

use super::WebState;
use super::error::WebError;
use crate::domain::{AccountId, Entropy};

const PREFIX: &str = "gleaner_";

/// A key in the clear, on its way to its reader. Never printed.
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A key that nobody can guess.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The key as its reader copies it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// The hash of the key that a request shows; `None` without one, or if what it shows cannot be one.
pub fn shown(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let is_one = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX) && token.len() == PREFIX.len() + 43;
    is_one.then(|| Sha256::digest(token.as_bytes()).into())
}

/// The account that a program acts for. As an extractor it stands in the arguments of handlers behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUser {
    /// The account.
    pub id: AccountId,
}

impl FromRequestParts<WebState> for ApiUser {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _web: &WebState) -> Result<Self, WebError> {
        parts.extensions.get::<Self>().copied().ok_or(WebError::SignInFirst)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::domain::FixedEntropy;

    fn request(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_key_is_known_again_and_nothing_else_is_one() {
        let secret = Secret::new(&FixedEntropy::default());
        let key = secret.expose();

        assert_eq!(shown(&request(&format!("Bearer {key}"))), Some(secret.hash()));
        assert_eq!(shown(&request(&format!("bearer  {key}"))), Some(secret.hash()));
        for other in ["Bearer", "Bearer x", &format!("Basic {key}"), &format!("Bearer {key}x"), key] {
            assert_eq!(shown(&request(other)), None, "{other}");
        }
        assert_eq!(shown(&HeaderMap::new()), None);
    }
}
