//! From names to addresses, and the only way by which the client gets any: every address is checked here.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::Guard;
use super::limits::ADDRESSES;

/// The addresses of a name, on their way.
pub type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks names up. The system's resolver in the program, a table in tests.
pub trait Lookup: Send + Sync + std::fmt::Debug {
    /// All addresses of `host`, unchecked.
    fn lookup(&self, host: &str) -> Looking;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> Looking {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Gives the client checked addresses only. The client asks for each new connection and connects to what it gets, so
/// nothing can change between check and connect. It does not tell the port: rules that speak of a port have a client
/// of their own, whose resolver knows it.
#[derive(Debug, Clone)]
pub(super) struct CheckedResolver {
    pub(super) guard: Arc<Guard>,
    pub(super) lookup: Arc<dyn Lookup>,
    /// How long a lookup may take.
    pub(super) deadline: Duration,
    /// `None`: a port that no rule and no own address speaks of.
    pub(super) port: Option<u16>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = tokio::time::timeout(this.deadline, this.lookup.lookup(host))
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let port = this.port.unwrap_or(0);
            let checked: Vec<SocketAddr> = found
                .into_iter()
                .take(ADDRESSES)
                .filter(|address| match this.guard.check_address(host, *address, port) {
                    Ok(()) => true,
                    Err(reason) => {
                        tracing::debug!(host, %address, %reason, "an address is left out");
                        false
                    }
                })
                // The client puts the URL's port in the place of 0.
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if checked.is_empty() {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
            }
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}
