//! What an operator opens in the guard: exact hosts with a port, or networks.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// One exception from the guard, as given with `--allow-net`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowRule {
    /// One host and port, such as `localhost:3000`, `192.168.1.10:8080` or `[::1]:8080`. A name is kept in lower
    /// case without its final dot, an IPv6 address without brackets.
    HostPort(String, u16),
    /// A network, such as `10.0.0.0/8`; with a port (`10.0.0.0/8:8080`) only that one.
    Network(IpNet, Option<u16>),
}

/// A text that is no [`AllowRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no rule: write a host with its port (“localhost:3000”, “[::1]:3000”) or a network (“10.0.0.0/8”)")]
pub struct AllowRuleError(String);

impl AllowRule {
    /// The only port that the rule speaks of; `None` for a network with all its ports.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::HostPort(_, port) => Some(*port),
            Self::Network(_, port) => *port,
        }
    }

    /// Whether the rule names this one address with this port, and nothing beside it. Only such a rule opens
    /// metadata services and the program's own listener.
    pub(super) fn is_exactly(&self, address: IpAddr, port: u16) -> bool {
        match self {
            Self::HostPort(host, rule_port) => *rule_port == port && host.parse() == Ok(address),
            Self::Network(network, rule_port) => {
                *rule_port == Some(port)
                    && network.prefix_len() == network.max_prefix_len()
                    && network.contains(&address)
            }
        }
    }

    /// Whether the rule opens `address` and `port` for a request to `host` (lower case, no final dot, no brackets).
    pub(super) fn opens(&self, host: &str, address: IpAddr, port: u16) -> bool {
        match self {
            Self::HostPort(rule_host, rule_port) => {
                *rule_port == port && (rule_host == host || rule_host.parse() == Ok(address))
            }
            Self::Network(network, rule_port) => {
                rule_port.is_none_or(|rule_port| rule_port == port) && network.contains(&address)
            }
        }
    }

    /// Whether the rule names `host` and `port` in so many words.
    pub(super) fn names(&self, host: &str, port: u16) -> bool {
        matches!(self, Self::HostPort(rule_host, rule_port) if *rule_port == port && rule_host == host)
    }
}

impl FromStr for AllowRule {
    type Err = AllowRuleError;

    fn from_str(text: &str) -> Result<Self, AllowRuleError> {
        let error = || AllowRuleError(text.to_owned());
        let trimmed = text.trim();
        if let Some((address, rest)) = trimmed.split_once('/') {
            let (length, port) = match rest.split_once(':') {
                Some((length, port)) => (length, Some(parse_port(port).ok_or_else(error)?)),
                None => (rest, None),
            };
            let address = address.trim_start_matches('[').trim_end_matches(']');
            let network: IpNet = format!("{address}/{length}").parse().map_err(|_| error())?;
            return Ok(Self::Network(network.trunc(), port));
        }
        let (host, port) = trimmed.rsplit_once(':').ok_or_else(error)?;
        let port = parse_port(port).ok_or_else(error)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|inner| inner.parse::<IpAddr>().is_ok()).ok_or_else(error)?,
            None if host.contains(':') => return Err(error()),
            None => host,
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@' | '?' | '#' | '*')) {
            return Err(error());
        }
        Ok(Self::HostPort(plain_host(host), port))
    }
}

impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostPort(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::HostPort(host, port) => write!(f, "{host}:{port}"),
            Self::Network(network, Some(port)) => write!(f, "{network}:{port}"),
            Self::Network(network, None) => write!(f, "{network}"),
        }
    }
}

/// The form in which hosts are compared: lower case, no brackets, no final dot; an IP address in its usual spelling.
pub(super) fn plain_host(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    bare.parse::<IpAddr>().map_or(bare, |address| address.to_string())
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_written_back() {
        for (text, written) in [
            ("127.0.0.1:8801", "127.0.0.1:8801"),
            ("Localhost.:3000", "localhost:3000"),
            ("[::1]:8080", "[::1]:8080"),
            ("[0:0:0:0:0:0:0:1]:8080", "[::1]:8080"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.0.0.0/8:8080", "10.0.0.0/8:8080"),
            ("fd00::/8", "fd00::/8"),
            (" 192.168.1.10:80 ", "192.168.1.10:80"),
        ] {
            assert_eq!(text.parse::<AllowRule>().map(|rule| rule.to_string()), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_with_an_example() {
        for text in ["", "localhost", "10.0.0.0", "::1:80", "host:0", "host:70000", "10.0.0.0/40", "a b:80", "*:80"] {
            let error = text.parse::<AllowRule>().unwrap_err();
            assert!(error.to_string().contains("localhost:3000"), "{text}");
        }
    }
}
