//! Values that settings hold: times, networks, addresses. Each error says what the setting accepts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::{ConfigError, DatabasePlace};
use crate::domain::WebUrl;

/// Where Gleaner listens unless told otherwise: this machine only, a port that nothing common uses.
pub(super) const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7411);

/// The honest name under which Gleaner fetches: program, version, what it is and, where this server has a public address,
/// the page on it that tells a site's operator who asks and how to make it stop.
pub(super) fn default_user_agent(base_url: Option<&WebUrl>) -> String {
    let page = base_url.map_or_else(String::new, |url| format!("; +{}/bot", url.as_str().trim_end_matches('/')));
    format!("Gleaner/{} (self-hosted feed reader{page})", env!("CARGO_PKG_VERSION"))
}

/// A length of time as settings write it: `90s`, `15m`, `24h`, `7d`, `250ms`, or `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a length of time; write a number and a unit: 250ms, 90s, 15m, 24h, 7d")]
pub struct SpanError(String);

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let wrong = || SpanError(text.to_owned());
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(split);
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let millis = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            // A bare number would leave the unit to be guessed; nought needs none.
            "" if number == 0 => 1,
            _ => return Err(wrong()),
        };
        number.checked_mul(millis).map(|millis| Self(Duration::from_millis(millis))).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
            if millis >= length && millis.is_multiple_of(length) {
                return write!(f, "{}{unit}", millis / length);
            }
        }
        write!(f, "{millis}ms")
    }
}

impl<'de> serde::Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of bytes as settings write it: `500M`, `20G`, `1T`, or `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// The text is no number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a size; write a number and a unit: 500M, 20G, 1T")]
pub struct SizeError(String);

const SIZES: [(&str, u64); 3] = [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20)];

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let wrong = || SizeError(text.to_owned());
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(split);
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let letter = unit.trim().trim_end_matches("iB").trim_end_matches('B').to_ascii_uppercase();
        let bytes = match SIZES.iter().find(|(name, _)| *name == letter) {
            Some((_, bytes)) => *bytes,
            None if number == 0 && letter.is_empty() => 1,
            None => return Err(wrong()),
        };
        number.checked_mul(bytes).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SIZES.iter().find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes)) {
            Some((name, bytes)) => write!(f, "{}{name}", self.0 / bytes),
            None => write!(f, "{}", self.0),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: time, level, message, fields.
    #[default]
    Human,
    /// For machines: one JSON object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

/// Reads `database`: a path (relative to the data folder), `sqlite:PATH`, or a PostgreSQL URL.
pub(super) fn database_place(text: &str, data_dir: &Path) -> Result<DatabasePlace, ConfigError> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return match url::Url::parse(text) {
            Ok(_) => Ok(DatabasePlace::Postgres(text.to_owned())),
            // The text stays out of the message: it may hold a password.
            Err(error) => Err(ConfigError::value("database", format!("not a PostgreSQL URL: {error}"))),
        };
    }
    let path = text.strip_prefix("sqlite:").map_or(text, |rest| rest.strip_prefix("//").unwrap_or(rest));
    if path.is_empty() || path.contains("://") {
        return Err(ConfigError::value("database", "give the path of an SQLite file or a postgres:// URL"));
    }
    Ok(DatabasePlace::Sqlite(data_dir.join(path)))
}

/// The URL with its password, if any, replaced by stars.
pub(super) fn mask_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return "(set)".to_owned() };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "(set)".to_owned();
    }
    // libpq also takes the password as a parameter.
    if url.query_pairs().any(|(name, _)| name == "password") {
        url.set_query(Some("…"));
    }
    url.to_string()
}

/// Reads `base_url`: http or https, without query, fragment or password.
pub(super) fn base_url(text: &str) -> Result<WebUrl, ConfigError> {
    let url = WebUrl::parse(text).map_err(|error| ConfigError::value("base_url", error.to_string()))?;
    let whole = url.as_url();
    if whole.query().is_some()
        || whole.fragment().is_some()
        || !whole.username().is_empty()
        || whole.password().is_some()
    {
        return Err(ConfigError::value("base_url", format!("“{text}” must be scheme, host and path only")));
    }
    Ok(url)
}

/// Reads a network; a bare address is the network of that address alone.
pub(super) fn network(text: &str) -> Result<IpNet, ConfigError> {
    let text = text.trim();
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
        ConfigError::value(
            "trusted_proxies",
            format!("“{text}” is neither an address nor a network such as 10.0.0.0/8"),
        )
    })
}
