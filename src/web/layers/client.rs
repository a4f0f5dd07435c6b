//! Who is asking: the client's address and scheme, through proxies that the operator named.
//!
//! A header such as `X-Forwarded-For` can be written by anyone. It is read only when the connection itself comes from a
//! trusted network, and then from the right: each trusted hop vouches for the one before it, and the first that is not
//! trusted is the client.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// More hops than any chain of proxies has; the rest of a longer list is not looked at.
const MOST_HOPS: usize = 32;

/// The address and scheme behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The client's own address as far as it can be known.
    pub address: IpAddr,
    /// Whether a trusted proxy says that the client came over https.
    pub https: bool,
    /// Whether the request came straight from this machine, through no proxy at all.
    pub local: bool,
}

/// Finds the client of a request that came from `peer` with these headers.
pub fn client_of(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let peer = peer.ip().to_canonical();
    let forwarded = ["x-forwarded-for", "forwarded", "via", "x-real-ip"].iter().any(|name| headers.contains_key(*name));
    if !is_trusted(peer, trusted) {
        // A proxy on this machine that nobody declared also connects from 127.0.0.1: what it forwards is not local.
        return Client { address: peer, https: false, local: peer.is_loopback() && !forwarded };
    }
    let mut address = peer;
    for hop in hops(headers) {
        let Some(hop) = hop else { break };
        address = hop;
        if !is_trusted(hop, trusted) {
            break;
        }
    }
    let scheme = headers.get_all("x-forwarded-proto").iter().next_back().and_then(|value| value.to_str().ok());
    let https = scheme.and_then(|list| list.rsplit(',').next()).is_some_and(|s| s.trim().eq_ignore_ascii_case("https"));
    Client { address, https, local: peer.is_loopback() && !forwarded }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The hops of `X-Forwarded-For`, or of `Forwarded` (RFC 7239) without it, nearest first; `None` for one that is no
/// address.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let name = if headers.contains_key("x-forwarded-for") { "x-forwarded-for" } else { "forwarded" };
    let values: Vec<_> = headers.get_all(name).iter().collect();
    values
        .into_iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or("?").rsplit(','))
        .take(MOST_HOPS)
        .map(move |hop| if name == "forwarded" { forwarded_for(hop) } else { address_of(hop) })
}

/// The `for` of one element of a `Forwarded` header.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address_of(value.trim().trim_matches('"')))?
    })
}

/// Reads `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, with or without a zone.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if text.bytes().filter(|b| *b == b':').count() == 1 => text.split(':').next()?,
        None => text,
    };
    let bare = bare.split('%').next()?;
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn client(peer: &str, headers: &[(&str, &str)]) -> Client {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        client_of(peer.parse().unwrap(), &map, &trusted)
    }

    #[test]
    fn an_unlisted_peer_cannot_claim_another_address_or_scheme() {
        let client = client("192.0.2.9:1", &[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "https")]);
        assert_eq!(client.address.to_string(), "192.0.2.9");
        assert!(!client.https);
    }

    #[test]
    fn the_client_is_the_right_most_hop_that_is_not_trusted() {
        for (chain, address) in [
            ("198.51.100.1", "198.51.100.1"),
            ("203.0.113.5, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::7%eth0]:80", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("198.51.100.1, rubbish, 10.1.1.1", "10.1.1.1"),
            ("rubbish", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ] {
            let client = client("10.0.0.1:5", &[("x-forwarded-for", chain)]);
            assert_eq!(client.address.to_string(), address, "{chain}");
        }
    }

    #[test]
    fn several_header_lines_count_as_one_list_and_a_hundred_hops_do_no_harm() {
        let several = client("10.0.0.1:5", &[("x-forwarded-for", "203.0.113.5"), ("x-forwarded-for", "198.51.100.1")]);
        assert_eq!(several.address.to_string(), "198.51.100.1");
        let many = client("10.0.0.1:5", &[("x-forwarded-for", &["10.0.0.2"; 100].join(", "))]);
        assert_eq!(many.address.to_string(), "10.0.0.2");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let client = client("[::1]:5", &[("forwarded", "for=\"[2001:db8::7]:80\";proto=https, for=10.1.1.1")]);
        assert_eq!(client.address.to_string(), "2001:db8::7");
    }

    #[test]
    fn only_a_connection_without_any_proxy_counts_as_local() {
        assert!(client("127.0.0.1:5", &[]).local);
        assert!(client("[::ffff:127.0.0.1]:5", &[]).local);
        assert!(!client("127.0.0.1:5", &[("x-forwarded-for", "127.0.0.1")]).local);
        assert!(!client("192.0.2.9:1", &[]).local);
        assert!(!client("10.0.0.1:5", &[("x-forwarded-for", "127.0.0.1")]).local);
    }
}
