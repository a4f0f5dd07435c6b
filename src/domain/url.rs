//! Addresses of the web: absolute, http or https, of bounded length.

use std::fmt;
use std::str::FromStr;

/// An absolute `http` or `https` address of at most [`WebUrl::MAX_BYTES`] bytes with a host.
///
/// Holding one says nothing about whether it may be fetched: that is decided by `egress` for each request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebUrl(url::Url);

/// Why a text is no address that Gleaner can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text is not an address at all.
    #[error("“{0}” is not a web address")]
    Malformed(String),
    /// The address has a scheme other than http and https.
    #[error("addresses that begin with “{0}:” cannot be read; use http or https")]
    Scheme(String),
    /// The address is longer than 4,096 bytes.
    #[error("the address is longer than {} bytes", WebUrl::MAX_BYTES)]
    TooLong,
}

impl WebUrl {
    /// The longest address that is kept.
    pub const MAX_BYTES: usize = 4096;

    /// Reads an absolute address as it stands in a document.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > Self::MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        let url = url::Url::parse(text).map_err(|_| UrlError::Malformed(shorten(text)))?;
        Self::try_from(url)
    }

    /// Reads an address as people type it: surrounding space, a missing scheme (https is assumed) and the schemes
    /// `feed:` and `rss:` of old subscription links are accepted.
    pub fn from_typed(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        for scheme in ["feed:", "rss:"] {
            if lower.starts_with(scheme) {
                let rest = &text[scheme.len()..];
                let bare = rest.trim_start_matches('/');
                let nested =
                    ["http:", "https:"].iter().any(|s| bare.get(..s.len()).is_some_and(|b| b.eq_ignore_ascii_case(s)));
                return if nested { Self::parse(bare) } else { Self::parse(&format!("https://{bare}")) };
            }
        }
        match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::parse(text),
            // “example.com:8080/feed” parses with “example.com” as its scheme.
            Ok(url) if !url.scheme().contains('.') && url.scheme() != "localhost" => {
                Err(UrlError::Scheme(url.scheme().to_owned()))
            }
            // With a scheme and yet no address: another scheme before it would only hide that.
            Err(_) if text.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && is_scheme(scheme)) => {
                Err(UrlError::Malformed(shorten(text)))
            }
            _ if text.is_empty() || text.contains(char::is_whitespace) || !text.contains(['.', ':']) => {
                Err(UrlError::Malformed(shorten(text)))
            }
            _ => Self::parse(&format!("https://{}", text.trim_start_matches('/'))),
        }
    }

    /// Resolves `reference` (absolute, relative or protocol-relative) against this address.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        if reference.len() > Self::MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        Self::try_from(self.0.join(reference.trim()).map_err(|_| UrlError::Malformed(shorten(reference)))?)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host as it is written in the address: lower case, punycode, IPv6 in brackets.
    pub fn host(&self) -> &str {
        // An http address has a host: the type is only made by `try_from`, which checks it.
        self.0.host_str().unwrap_or_default()
    }

    /// The host without `www.`, as people name a site.
    pub fn site(&self) -> &str {
        self.host().trim_start_matches("www.")
    }

    /// Whether a user name or a password stands in the address.
    pub fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// The address without user name and password: for whatever is made of it and goes elsewhere.
    pub fn without_credentials(&self) -> Self {
        self.with_user("")
    }

    /// The address for logs, terminals and pages: stars in the place of user name and password.
    pub fn masked(&self) -> String {
        if self.has_credentials() { self.with_user("***").0.into() } else { self.0.as_str().to_owned() }
    }

    fn with_user(&self, name: &str) -> Self {
        let mut url = self.0.clone();
        // Both fail only on addresses without a host, which this one has.
        let _ = url.set_username(name);
        let _ = url.set_password(None);
        Self(url)
    }

    /// The parsed form, for those who need its parts.
    pub fn as_url(&self) -> &url::Url {
        &self.0
    }
}

impl TryFrom<url::Url> for WebUrl {
    type Error = UrlError;

    fn try_from(url: url::Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::Malformed(shorten(url.as_str())));
        }
        if url.as_str().len() > Self::MAX_BYTES {
            return Err(UrlError::TooLong);
        }
        Ok(Self(url))
    }
}

impl FromStr for WebUrl {
    type Err = UrlError;
    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

/// The whole address, credentials included: for documents and databases. What people or logs see is
/// [`WebUrl::masked`].
impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Masked: this is the form that finds its way into logs.
impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.masked(), f)
    }
}

impl serde::Serialize for WebUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for WebUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether `text` has only characters of schemes (RFC 3986, 3.1).
fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_an_address() {
        for (typed, address) in [
            ("example.com", "https://example.com/"),
            ("  example.com/feed ", "https://example.com/feed"),
            ("example.com:8080/feed", "https://example.com:8080/feed"),
            ("localhost:8080/feed", "https://localhost:8080/feed"),
            ("feed://example.com/rss", "https://example.com/rss"),
            ("feed:https://example.com/rss", "https://example.com/rss"),
            ("HTTP://Example.com/A", "http://example.com/A"),
            ("//example.com/a", "https://example.com/a"),
        ] {
            assert_eq!(WebUrl::from_typed(typed).map(|u| u.to_string()), Ok(address.to_owned()), "{typed}");
        }
    }

    #[test]
    fn credentials_are_masked_for_those_who_look_and_left_out_for_those_who_go_elsewhere() {
        for (address, masked, bare) in [
            ("https://me:hush@example.com/feed", "https://***@example.com/feed", "https://example.com/feed"),
            ("https://me@example.com/feed", "https://***@example.com/feed", "https://example.com/feed"),
            ("https://:hush@example.com/feed", "https://***@example.com/feed", "https://example.com/feed"),
            ("https://example.com/@me:hush", "https://example.com/@me:hush", "https://example.com/@me:hush"),
        ] {
            let url = WebUrl::parse(address).unwrap();
            assert_eq!((url.masked().as_str(), url.as_str()), (masked, address));
            assert_eq!(url.without_credentials().as_str(), bare);
            assert_eq!(format!("{url:?}"), format!("{masked:?}"));
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for typed in [
            "",
            "hello",
            "two words.example",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "mailto:a@b.c",
            "http://",
            "http://a%00.example/",
        ] {
            assert!(WebUrl::from_typed(typed).is_err(), "{typed}");
        }
    }
}
