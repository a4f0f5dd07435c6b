//! The door itself: takes a request through guard, politeness, redirects and limits.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION, REFERER,
};
use http::{Method, StatusCode, header};
use tokio::time::{Instant, timeout};

use super::exchange::{Answer, FetchError, Fetched, Request, Unchanged, Validators};
use super::guard::{Guard, Target, port_of};
use super::hints::CacheHints;
use super::limits::{Deadlines, HEADER_BYTES, HEADER_FIELDS, Purpose, REDIRECTS};
use super::politeness::Hosts;
use super::resolve::{CheckedResolver, Lookup, SystemLookup};
use super::room::Rooms;
use super::rules::{AllowRule, plain_host};
use crate::domain::{Clock, Entropy, Failure, WebUrl};

mod post;
mod reading;
mod stream;
pub(super) mod tls;

pub use stream::Recording;

#[expect(clippy::disallowed_types, reason = "this is the one place with a client")]
type HttpClient = reqwest::Client;

/// The longest validator that is kept and sent back.
const VALIDATOR_BYTES: usize = 1_024;

/// What the operator decides about requests.
#[derive(Debug, Clone)]
pub struct EgressSettings {
    /// The `User-Agent` header: program, version and the project's address.
    pub user_agent: String,
    /// Exceptions from the guard.
    pub allow: Vec<AllowRule>,
    /// Where this program listens; requests to it are refused.
    pub own_addresses: Vec<SocketAddr>,
    /// Under which host names this program is known; requests to them are refused.
    pub own_hosts: Vec<String>,
    /// The most connections to one host at a time.
    pub connections_per_host: usize,
    /// The least time between the starts of two requests to one host; zero for no pause.
    pub host_interval: Duration,
    /// The most requests under way at a time, whatever their hosts.
    pub connections: usize,
    /// How long a request may take.
    pub deadlines: Deadlines,
}

impl Default for EgressSettings {
    /// 2 connections and one request a second for each host, 32 overall, no exceptions.
    fn default() -> Self {
        Self {
            user_agent: concat!("Gleaner/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow: Vec::new(),
            own_addresses: Vec::new(),
            own_hosts: Vec::new(),
            connections_per_host: 2,
            host_interval: Duration::from_secs(1),
            connections: 32,
            deadlines: Deadlines::default(),
        }
    }
}

/// Why no door could be built from the settings.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The user agent holds characters that no header may hold.
    #[error("the user agent “{0}” cannot be sent: use visible ASCII characters only")]
    UserAgent(String),
    /// The TLS library refuses its own defaults.
    #[error("the TLS library could not be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refuses its settings.
    #[error("the HTTP client could not be set up")]
    Client(#[from] reqwest::Error),
}

/// The one door through which any request leaves. Cheap to clone; all clones share connections and politeness.
#[derive(Debug, Clone)]
pub struct Egress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    guard: Arc<Guard>,
    hosts: Hosts,
    rooms: Rooms,
    deadlines: Deadlines,
    /// For all ports that no rule speaks of.
    client: HttpClient,
    /// For each port that one speaks of: the resolver of each knows its port.
    clients_by_port: HashMap<u16, HttpClient>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What one hop brought.
enum Hop {
    Redirect { to: WebUrl, permanent: bool },
    Unchanged(CacheHints),
    Answer(Headed),
}

/// An answer of which the headers are there and the body is on its way.
struct Headed {
    content_type: Option<String>,
    validators: Validators,
    hints: CacheHints,
    response: reqwest::Response,
}

impl Egress {
    /// A door by these settings that resolves names with the system's resolver.
    pub fn new(
        settings: EgressSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, EgressError> {
        Self::with_lookup(settings, clock, entropy, Arc::new(SystemLookup))
    }

    /// As [`Egress::new`], with another way to resolve names.
    pub fn with_lookup(
        settings: EgressSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, EgressError> {
        Self::build(settings, clock, entropy, lookup, tls::mozilla_roots())
    }

    /// As [`Egress::with_lookup`], trusting whom `roots` say.
    fn build(
        settings: EgressSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        lookup: Arc<dyn Lookup>,
        roots: rustls::RootCertStore,
    ) -> Result<Self, EgressError> {
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| EgressError::UserAgent(settings.user_agent.clone()))?;
        let guard = Arc::new(Guard::new(settings.allow, settings.own_addresses, &settings.own_hosts));
        let tls = tls::config(roots)?;
        let deadlines = settings.deadlines;
        let resolver = CheckedResolver { guard: Arc::clone(&guard), lookup, deadline: deadlines.lookup, port: None };
        let client = |port| {
            let resolver = CheckedResolver { port, ..resolver.clone() };
            build_client(&user_agent, settings.connections_per_host, deadlines.connect, tls.clone(), resolver)
        };
        let mut clients_by_port = HashMap::new();
        for port in guard.special_ports() {
            clients_by_port.insert(port, client(Some(port))?);
        }
        Ok(Self(Arc::new(Inner {
            hosts: Hosts::new(settings.connections, settings.connections_per_host, settings.host_interval),
            rooms: Rooms::new(settings.connections),
            client: client(None)?,
            clients_by_port,
            deadlines,
            guard,
            clock,
            entropy,
        })))
    }

    /// Fetches one thing, following up to five redirects, each checked like the first address.
    ///
    /// Waits as long as politeness asks for; the time in the network itself is bounded by the purpose. Dropping the
    /// future gives everything back.
    pub async fn fetch(&self, request: Request) -> Result<Answer, FetchError> {
        let outcome = self.follow(request).await;
        self.blur(outcome.as_ref().err()).await;
        outcome
    }

    /// A refusal is faster than a connection that fails: a short random wait keeps the clock from telling.
    async fn blur(&self, error: Option<&FetchError>) {
        if let Some(FetchError { failure: Failure::Unreachable, .. }) = error {
            let wait = 20 + self.0.entropy.below(100);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }

    async fn follow(&self, request: Request) -> Result<Answer, FetchError> {
        let inner = &*self.0;
        let feed_host = plain_host(request.url.host());
        if request.purpose == Purpose::Feed
            && let Some(millis) = inner.hosts.held_for(&feed_host, inner.clock.now())
        {
            let hints = CacheHints { retry_after_millis: Some(millis), ..CacheHints::default() };
            return Err(FetchError { failure: Failure::Http(StatusCode::TOO_MANY_REQUESTS.as_u16()), hints });
        }
        let mut url = request.url.clone();
        let mut visited = vec![url.clone()];
        let mut all_permanent = true;
        let mut left = inner.deadlines.total(request.purpose);
        loop {
            let first = visited.len() == 1;
            let host = self.check(&url)?;
            let paced = first && request.purpose.is_paced();
            let place = inner.hosts.place(&host, paced).await.ok_or(Failure::Unreachable)?;
            let room = inner.rooms.enter(request.purpose.longest_body()).await.ok_or(Failure::Unreachable)?;
            let started = Instant::now();
            let hop = match timeout(left, inner.hop(&url, &host, &request)).await {
                Ok(hop) => hop,
                Err(_) => Err(Failure::TimedOut.into()),
            };
            left = left.saturating_sub(started.elapsed());
            if request.purpose == Purpose::Feed {
                inner.note_mood(&feed_host, &request.url, hop.as_ref().err());
            }
            let moved = |url: WebUrl| (visited.len() > 1 && all_permanent).then_some(url);
            match hop? {
                Hop::Unchanged(hints) => {
                    return Ok(Answer::NotModified(Unchanged { hints, moved_to: moved(url) }));
                }
                Hop::Answer(Headed { content_type, validators, hints, response }) => {
                    let moved_to = moved(url.clone());
                    // What it says of a body that it does not send is of no interest.
                    let body = match request.purpose {
                        Purpose::Probe => Vec::new().into(),
                        purpose => inner.read_body(response, purpose, left, room).await?,
                    };
                    drop(place);
                    if body.is_empty() && request.purpose != Purpose::Probe {
                        return Err(FetchError { failure: Failure::Empty, hints });
                    }
                    return Ok(Answer::Fetched(Fetched { url, moved_to, content_type, validators, hints, body }));
                }
                Hop::Redirect { to, permanent } => {
                    if visited.len() > REDIRECTS || visited.contains(&to) {
                        return Err(Failure::Redirects.into());
                    }
                    all_permanent &= permanent;
                    visited.push(to.clone());
                    url = to;
                }
            }
        }
    }

    /// The guard's word on an address as written; the reason of a refusal goes to the log only.
    fn check(&self, url: &WebUrl) -> Result<String, Failure> {
        match self.0.guard.check_url(url) {
            Ok(Target::Name(host)) => Ok(host),
            Ok(Target::Address(address)) => Ok(address.to_string()),
            Err(reason) => {
                tracing::debug!(host = url.host(), %reason, "a request is refused");
                Err(Failure::Unreachable)
            }
        }
    }
}

impl Inner {
    /// One request up to the headers of its answer, from a peer that may be asked. The text is the body, mostly empty.
    async fn send(
        &self,
        url: &WebUrl,
        host: &str,
        (method, body): (Method, String),
        headers: HeaderMap,
    ) -> Result<reqwest::Response, FetchError> {
        let port = port_of(url);
        let client = self.clients_by_port.get(&port).unwrap_or(&self.client);
        let mut asking = client.request(method, url.as_url().clone()).headers(headers);
        if !body.is_empty() {
            asking = asking.body(body);
        }
        let sending = asking.send();
        let response = timeout(self.deadlines.first_byte, sending)
            .await
            .map_err(|_| Failure::TimedOut)?
            .map_err(|error| send_failure(&error))?;
        // The third look: whatever happened on the way, a peer that may not be asked is not listened to.
        if response.remote_addr().is_none_or(|peer| self.guard.check_address(host, peer.ip(), port).is_err()) {
            tracing::warn!(host, "connected to an address that was not allowed; the answer is thrown away");
            return Err(Failure::Unreachable.into());
        }
        if response.headers().len() > HEADER_FIELDS || header_bytes(response.headers()) > HEADER_BYTES {
            return Err(Failure::TooLarge.into());
        }
        Ok(response)
    }

    /// One request and its answer, without following anything.
    async fn hop(&self, url: &WebUrl, host: &str, request: &Request) -> Result<Hop, FetchError> {
        let method = if request.purpose == Purpose::Probe { Method::HEAD } else { Method::GET };
        let response = self.send(url, host, (method, String::new()), request_headers(request, url)).await?;
        let headers = response.headers();
        let hints = CacheHints::read(headers, self.clock.now());
        let status = response.status();
        match status {
            StatusCode::NOT_MODIFIED => return Ok(Hop::Unchanged(hints)),
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let to = redirect_target(url, headers)?;
                let permanent = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                return Ok(Hop::Redirect { to, permanent });
            }
            StatusCode::GONE => return Err(FetchError { failure: Failure::Gone, hints }),
            _ if status.is_success() => {}
            _ => return Err(FetchError { failure: Failure::Http(status.as_u16()), hints }),
        }
        let content_type = text_of(headers, &CONTENT_TYPE);
        let validators = Validators {
            etag: text_of(headers, &ETAG).filter(|text| text.len() <= VALIDATOR_BYTES),
            last_modified: text_of(headers, &LAST_MODIFIED).filter(|text| text.len() <= VALIDATOR_BYTES),
        };
        Ok(Hop::Answer(Headed { content_type, validators, hints, response }))
    }

    /// Remembers whether the host turns its feeds away.
    fn note_mood(&self, host: &str, feed: &WebUrl, error: Option<&FetchError>) {
        match error {
            Some(FetchError { failure: Failure::Http(429 | 503), hints }) => {
                self.hosts.turn_away(host, feed.as_str(), hints.retry_after_millis, self.clock.now());
            }
            Some(_) => {}
            None => self.hosts.welcome(host, feed.as_str()),
        }
    }
}

/// Where a redirect leads. Credentials never come from a `Location`, and those of the request stay with its origin.
fn redirect_target(from: &WebUrl, headers: &HeaderMap) -> Result<WebUrl, Failure> {
    let location = headers.get(LOCATION).ok_or(Failure::Redirects)?;
    // Headers hold bytes; many servers put UTF-8 into this one.
    let location = String::from_utf8_lossy(location.as_bytes());
    let joined = from.join(&location).map_err(|_| Failure::Redirects)?;
    let (old, mut new) = (from.as_url(), joined.as_url().clone());
    let (name, password) = if new.origin() == old.origin() { (old.username(), old.password()) } else { ("", None) };
    // Both fail only on addresses without a host, which a `WebUrl` never is.
    if new.set_username(name).is_err() || new.set_password(password).is_err() {
        return Err(Failure::Redirects);
    }
    WebUrl::try_from(new).map_err(|_| Failure::Redirects)
}

fn request_headers(request: &Request, url: &WebUrl) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(ACCEPT, HeaderValue::from_static(request.purpose.accept()));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
    let mut add = |name: HeaderName, value: Option<&str>| {
        // Validators are what some server sent: what is no header value any more is left out.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    };
    add(IF_NONE_MATCH, request.validators.etag.as_deref());
    add(IF_MODIFIED_SINCE, request.validators.last_modified.as_deref());
    if let Some(page) = &request.referer {
        let is_downgrade = page.as_url().scheme() == "https" && url.as_url().scheme() == "http";
        let origin = format!("{}/", page.as_url().origin().ascii_serialization());
        add(REFERER, (!is_downgrade).then_some(origin.as_str()));
    }
    headers
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes()).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Everything that kept a connection from coming about is one reason, so that nobody can map a network by asking.
fn send_failure(error: &reqwest::Error) -> Failure {
    tracing::debug!(error = %RootCause(error), "no answer");
    if error.is_connect() || error.is_builder() || error.is_dns() { Failure::Unreachable } else { Failure::Garbled }
}

/// An error's innermost cause. The outer ones hold the URL, and a URL may hold a password.
struct RootCause<'a>(&'a reqwest::Error);

impl std::fmt::Display for RootCause<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut cause = std::error::Error::source(self.0);
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        match cause {
            Some(cause) => std::fmt::Display::fmt(cause, f),
            None => f.write_str("no cause given"),
        }
    }
}

#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this is the one place with a client")]
fn build_client(
    user_agent: &HeaderValue,
    idle_per_host: usize,
    connect: Duration,
    tls: rustls::ClientConfig,
    resolver: CheckedResolver,
) -> Result<HttpClient, reqwest::Error> {
    let mut always = HeaderMap::new();
    always.insert(header::USER_AGENT, user_agent.clone());
    reqwest::Client::builder()
        .default_headers(always)
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        // Whatever HTTP_PROXY says: a proxy would connect where the guard cannot look.
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(connect)
        .pool_max_idle_per_host(idle_per_host)
        .pool_idle_timeout(Duration::from_secs(20))
        .http1_max_headers(HEADER_FIELDS)
        .build()
}
