//! Which addresses may be asked: a function of the address and the operator's rules alone.
//!
//! It is used on the host of every URL and redirect as written, on every address that a name resolves to, and on the
//! peer of every connection. Names are never trusted: whatever a name is called, its addresses decide.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::rules::{AllowRule, plain_host};
use crate::domain::{UrlError, WebUrl};

/// Why the guard refuses. For logs and tests; whoever asked only ever learns that the address cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The address belongs to a network that is not the public internet.
    #[error("the address is not a public one")]
    Address,
    /// The port belongs to a service that is no web server.
    #[error("the port is not one of web servers")]
    Port,
    /// The name always means this machine.
    #[error("the name means this machine")]
    LocalName,
    /// It is this program itself.
    #[error("the address is Gleaner's own")]
    Own,
}

/// The host of an address that passed [`Guard::check_url`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An IP address, in whatever spelling, already checked.
    Address(IpAddr),
    /// A name, lower case and without final dot; what it resolves to is still to be checked.
    Name(String),
}

/// The rules by which requests may leave.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Vec<AllowRule>,
    own_addresses: Vec<SocketAddr>,
    own_hosts: Vec<String>,
}

impl Guard {
    /// A guard with the operator's exceptions, the addresses on which this program listens, and the host names under
    /// which it is known.
    pub fn new(allow: Vec<AllowRule>, own_addresses: Vec<SocketAddr>, own_hosts: &[String]) -> Self {
        let own_hosts = own_hosts.iter().map(|host| plain_host(host)).collect();
        Self { allow, own_addresses, own_hosts }
    }

    /// Checks the host and port of `url` as written: ports, own names, local names, and IP addresses in every spelling
    /// that the URL standard knows (it turns `2130706433`, `0x7f.1` and full-width digits into `127.0.0.1`).
    pub fn check_url(&self, url: &WebUrl) -> Result<Target, Blocked> {
        let port = port_of(url);
        let host = plain_host(url.host());
        let named = self.allow.iter().any(|rule| rule.names(&host, port));
        let address = match url.as_url().host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            // What the standard takes for a name may still be read as an address by a lenient resolver.
            _ => host.parse().ok(),
        };
        if !is_web_port(port) && !self.opens_port(&host, address, port) {
            return Err(Blocked::Port);
        }
        if !named && self.own_hosts.contains(&host) {
            return Err(Blocked::Own);
        }
        if let Some(address) = address {
            return self.check_address(&host, address, port).map(|()| Target::Address(address));
        }
        if !named && (host == "localhost" || host.ends_with(".localhost") || host.is_empty()) {
            return Err(Blocked::LocalName);
        }
        Ok(Target::Name(host))
    }

    /// Checks one address to which a request for `host` and `port` would connect.
    pub fn check_address(&self, host: &str, address: IpAddr, port: u16) -> Result<(), Blocked> {
        let address = unmapped(address);
        let exact = self.allow.iter().any(|rule| rule.is_exactly(address, port));
        if exact {
            return Ok(());
        }
        if self.is_own(address, port) {
            return Err(Blocked::Own);
        }
        if is_metadata(address) {
            return Err(Blocked::Address);
        }
        if is_public(address) || self.opens(&plain_host(host), address, port) {
            return Ok(());
        }
        Err(Blocked::Address)
    }

    /// The ports that any rule or own address speaks of: requests to other ports need not know theirs.
    pub(super) fn special_ports(&self) -> Vec<u16> {
        let rules = self.allow.iter().filter_map(AllowRule::port);
        let mut ports: Vec<u16> = rules.chain(self.own_addresses.iter().map(SocketAddr::port)).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn opens(&self, host: &str, address: IpAddr, port: u16) -> bool {
        let address = unmapped(address);
        self.allow.iter().any(|rule| rule.opens(host, address, port))
    }

    /// Whether a rule that itself names the port opens it; a whole network is opened for web ports only.
    fn opens_port(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        self.allow.iter().any(|rule| {
            rule.port() == Some(port)
                && (rule.names(host, port) || address.is_some_and(|address| rule.opens(host, unmapped(address), port)))
        })
    }

    fn is_own(&self, address: IpAddr, port: u16) -> bool {
        self.own_addresses.iter().any(|own| {
            let (own_ip, own_port) = (unmapped(own.ip()), own.port());
            own_port == port
                && (own_ip == address
                    // Connecting to 0.0.0.0 reaches the loopback address.
                    || (address.is_unspecified() && (own_ip.is_loopback() || own_ip.is_unspecified()))
                    || (own_ip.is_unspecified() && (address.is_loopback() || is_this_machine(address))))
        })
    }
}

/// The port to which a request for `url` goes.
pub(super) fn port_of(url: &WebUrl) -> u16 {
    url.as_url().port_or_known_default().unwrap_or(80)
}

/// Whether the address lies in the public internet, as the IANA registries of special-purpose addresses
/// (RFC 6890 and its updates) have it. Addresses that carry an IPv4 address inside are judged by that one.
pub fn is_public(address: IpAddr) -> bool {
    match unmapped(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)            // this network, private, loopback
            | (100, 64..=127, _)        // carrier-grade NAT
            | (169, 254, _)             // link-local
            | (172, 16..=31, _)         // private
            | (192, 0, 0 | 2)           // protocol assignments, documentation
            | (192, 88, 99)             // 6to4 relays, deprecated
            | (192, 168, _)             // private
            | (198, 18 | 19, _)         // benchmarks
            | (198, 51, 100)            // documentation
            | (203, 0, 113)             // documentation
            | (224..=255, _, _) // multicast, reserved, broadcast
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        // Well-known NAT64 prefix (RFC 6052) and the translated form of RFC 2765.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => is_public_v4(inner(high, low)),
        // Teredo (RFC 4380): the server's address, and the client's with every bit turned.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            is_public_v4(inner(server_high, server_low)) && is_public_v4(inner(!high, !low))
        }
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => is_public_v4(inner(high, low)),
        // Benchmarks, ORCHID, documentation.
        [0x2001, 2, 0, ..] | [0x2001, 0x10..=0x2f, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Everything that is handed out to anybody lies in 2000::/3: this leaves out loopback, unique local (fc00::/7),
        // link and site-local, multicast, the discard prefix, local NAT64 prefixes, and IPv4-compatible addresses.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn inner(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

/// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address: that is where the system connects to.
fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The services from which a cloud machine reads its own credentials. Not opened by a network rule.
fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(
            v4.octets(),
            [169, 254, 169, 254] | [169, 254, 170, 2] | [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16]
        ),
        IpAddr::V6(v6) => match v6.segments() {
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => true,
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_metadata(IpAddr::V4(inner(high, low))),
            _ => false,
        },
    }
}

/// Whether the address is one of this machine's own: only then can a socket be bound to it. Asked when the program
/// listens on all addresses and a request goes to its own port.
fn is_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// Whether web servers live on the port: 80, 443 and everything from 1024 on, without the ports that browsers refuse
/// (the Fetch standard's “bad ports”) and those of widespread databases and control services.
pub fn is_web_port(port: u16) -> bool {
    const REFUSED: &[u16] = &[
        // Browsers refuse these.
        1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
        10080,
        // SQL Server, Oracle, Docker, ZooKeeper, etcd, MySQL, RDP, PostgreSQL, AMQP, VNC, CouchDB, WinRM, Redis.
        1433, 1434, 1521, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5433, 5672, 5900, 5984, 5985, 5986, 6379,
        6380,
        // Cassandra, Elasticsearch, memcached, kubelet, Redis sentinel, MongoDB, and the last port of all.
        9042, 9200, 9300, 10250, 11211, 26379, 27017, 27018, 65535,
    ];
    match port {
        80 | 443 => true,
        0..=1023 => false,
        _ => !REFUSED.contains(&port),
    }
}

/// Reads an address as people type it and checks it with no exceptions: everything of the guard that needs no network.
/// Pure and total, so that it can be fuzzed. `Err(Ok(_))` is a refusal, `Err(Err(_))` a text that is no address.
pub fn check_typed(text: &str) -> Result<(WebUrl, Target), Result<Blocked, UrlError>> {
    let url = WebUrl::from_typed(text).map_err(Err)?;
    let target = Guard::default().check_url(&url).map_err(Ok)?;
    Ok((url, target))
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
