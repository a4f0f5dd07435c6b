//! The accept loop: connections in, requests to the [`Site`].
//!
//! `axum::serve` has no header timeout, no cap and a graceful stop without an end, so Gleaner keeps its own loop over
//! hyper. Its limits: 1,024 connections, of which the one that has waited longest gives way to a new one, 64 of one address (a trusted proxy's address is not counted), a request head
//! within 10 s and 32 KiB, 60 s of idleness between requests, 120 s to read what was written, and 120 s for a whole answer
//! and more by its size. On stop it accepts no more, lets running requests end for up to 20 s, and drops the rest.
//!
//! HTTP/1.1 only: HTTP/2 comes with TLS, which is the proxy's work.

mod connection;
mod crowd;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Site;
use connection::{Clocks, Finishing, Phases, Watched};
use crowd::Crowd;

/// Connections at the same time.
const CONNECTIONS: usize = 1_024;
/// Connections of one address at the same time.
const PER_ADDRESS: usize = 64;
/// The most bytes of a request head.
const HEAD_BYTES: usize = 32 * 1024;
/// For how long running requests may go on after the stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Serves `site` on `listener` until `stop` is cancelled, then lets running requests end. Returns within 20 s of the
/// stop.
pub async fn serve(listener: TcpListener, site: Site, stop: CancellationToken) {
    serve_at_most(CONNECTIONS, listener, site, stop).await;
}

/// The same with so many connections at once.
pub async fn serve_at_most(connections: usize, listener: TcpListener, site: Site, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections));
    let addresses = Addresses::default();
    let crowd = Crowd::default();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or a client that left while it waited: the loop must not spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Some(seat) = addresses.enter(peer.ip(), site.trusts(peer.ip())) else {
            tracing::debug!(client = %peer.ip(), "too many connections of one address");
            continue;
        };
        if places.available_permits() == 0 {
            crowd.make_room();
        }
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = places.clone().acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let phases = Phases::default();
        let member = crowd.join(phases.clone());
        let connection = connect(stream, peer, site.clone(), phases, &graceful);
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                () = member.sent_away() => {
                    tracing::debug!(client = %peer.ip(), "a connection that waited gave way to a new one");
                }
            }
            drop((seat, place));
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within 20 s of the stop and were dropped");
    }
}

/// One connection, as a future that ends with it.
fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    site: Site,
    phases: Phases,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let clocks = Clocks::default();
    let io = TokioIo::new(Watched::new(stream, phases.clone(), clocks));
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        phases.request_came();
        let (site, phases) = (site.clone(), phases.clone());
        async move {
            let response = site.answer(request.map(Body::new), peer).await;
            Ok::<_, std::convert::Infallible>(response.map(|body| Finishing::new(body, phases, clocks)))
        }
    });
    let connection = http1::Builder::new()
        .max_header_size(HEAD_BYTES)
        .max_buf_size(4 * HEAD_BYTES)
        // `Watched` keeps the time instead: hyper's one timer would also end quiet connections after 10 s.
        .header_read_timeout(None)
        .serve_connection(io, service);
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(client = %peer.ip(), %error, "a connection ended early");
        }
    }
}

/// How many connections each address holds.
#[derive(Debug, Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Addresses {
    /// A seat for one more connection of `address`, or `None` if it has too many. An exempt address is always seated:
    /// behind a proxy everybody shares one.
    fn enter(&self, address: IpAddr, exempt: bool) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(address).or_default();
        if *taken >= PER_ADDRESS && !exempt {
            return None;
        }
        *taken += 1;
        Some(Seat { addresses: self.clone(), address })
    }
}

/// The seat of one connection, given back when dropped.
#[derive(Debug)]
struct Seat {
    addresses: Addresses,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.address) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.address);
            }
        }
    }
}
