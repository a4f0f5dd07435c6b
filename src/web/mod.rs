//! The web side: from an HTTP request to a page, and nothing that a page does not need.
//!
//! Owns: the accept loop ([`serve`]), what happens to every request and response ([`layers`]), sessions and passwords, the
//! table of routes ([`router`]), pages and their languages, the files under `static/`. Does not own: SQL (`store`), fetching
//! (`egress`, `jobs`), cleaning HTML (`content`).
//!
//! In: requests of browsers. Out: responses; every one of them went through [`Site::answer`], and no other way out exists.

pub mod api_token;
pub mod assets;
pub mod code;
pub mod digest;
pub mod errands;
pub mod error;
pub mod hub;
pub mod imports;
pub mod layers;
pub mod locale;
pub mod offline;
pub mod page;
pub mod pages;
pub mod parts;
pub mod password;
pub mod public_media;
pub mod router;
pub mod serve;
pub mod session;
pub mod shelf;
pub mod signer;
pub mod static_site;
pub mod throttle;
pub mod view;

mod setup_code;
mod site;
mod surround;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ipnet::IpNet;

use crate::app::SharedApp;
use crate::archive::InstanceKey;
use crate::config::Secret;
use crate::store::StoreError;

pub use error::WebError;
pub use layers::visit::Visit;
pub use session::CurrentUser;
pub use setup_code::SetupCode;
pub use signer::MediaSigner;
pub use site::Site;

use errands::Errands;
use imports::Imports;
use layers::upload::Uploads;
use page::BasePath;
use pages::health::Readiness;
use pages::media::Places;
use pages::media::own::OwnPlaces;
use password::Passwords;
use shelf::Shelf;
use throttle::{PublicVisits, Throttle};

/// Why the web side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum WebStartError {
    /// The database refused the instance's secret.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configured address is none that a browser can send as its origin.
    #[error("base_url: {0}")]
    BaseUrl(tower_http::csrf::ConfigError),
}

/// What all handlers share.
#[derive(Debug)]
pub struct Web {
    /// The rooms below: database, egress, clock, settings.
    pub app: SharedApp,
    /// Where the server lives below its host.
    pub base: BasePath,
    /// Whether browsers come over https, where the configured address says so; else it is known per request.
    pub is_https: Option<bool>,
    /// Proxies whose word on the client's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Signs the addresses of pictures in articles.
    pub signer: MediaSigner,
    /// Seals the codes of lists that a hub is told of.
    pub sealer: hub::Sealer,
    /// Signs proofs of what was kept.
    pub key: InstanceKey,
    /// Hashes and compares passwords.
    pub passwords: Passwords,
    /// Counts tries to sign in.
    pub throttle: Throttle,
    /// Counts visits of what is given away.
    pub public_visits: PublicVisits,
    /// Lets someone on another machine create the administrator.
    pub setup_code: SetupCode,
    /// The last probe of the database.
    pub readiness: Readiness,
    /// Places for fetching pictures, by reader.
    pub media_places: Places,
    /// Places for fetching pictures for pages elsewhere.
    pub own_places: OwnPlaces,
    /// Sessions and pages that are still true.
    pub shelf: Shelf,
    /// What is fetched for whom at this moment because somebody asked for it.
    pub errands: Errands,
    /// Files on their way in, by reader.
    pub imports: Imports,
    /// Places for large bodies.
    pub uploads: Uploads,
    /// Held while accounts are deleted, one after the other.
    pub account_changes: tokio::sync::Mutex<()>,
    /// Set once an account was seen: setting up is over then, and the database need not be asked again.
    has_accounts: AtomicBool,
}

impl Web {
    /// Prepares the web side: reads (or makes) the instance's secret and the set-up code.
    pub async fn new(app: SharedApp) -> Result<Self, StoreError> {
        let base_url = app.settings.base_url.as_ref();
        let base = BasePath::new(base_url.map_or("", |url| url.as_url().path()));
        let secret = signer::instance_secret(&app).await?;
        let signer = MediaSigner::new(base.clone(), secret);
        let key = signer::instance_key(&app).await?;
        Ok(Self {
            sealer: hub::Sealer::new(secret),
            key,
            is_https: base_url.map(|url| url.as_url().scheme() == "https"),
            trusted_proxies: app.settings.trusted_proxies.clone(),
            passwords: Passwords::new(app.entropy.clone()),
            throttle: Throttle::default(),
            public_visits: PublicVisits::default(),
            setup_code: SetupCode::new(app.settings.setup_code.as_ref().map(Secret::expose), &*app.entropy),
            readiness: Readiness::default(),
            media_places: Places::default(),
            own_places: OwnPlaces::default(),
            shelf: Shelf::default(),
            errands: Errands::default(),
            imports: Imports::default(),
            uploads: Uploads::default(),
            account_changes: tokio::sync::Mutex::default(),
            has_accounts: AtomicBool::new(false),
            base,
            signer,
            app,
        })
    }

    /// Whether anyone can sign in yet. Asks the database until the answer is yes, which it then stays.
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        use std::sync::atomic::Ordering;
        if self.has_accounts.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let found = self.app.db.count_accounts().await? > 0;
        if found {
            self.has_accounts.store(true, Ordering::Relaxed);
        }
        Ok(found)
    }
}

/// The state that axum hands to handlers: `State(web): State<WebState>`, then `web.app`, `web.base` and so on.
#[derive(Debug, Clone)]
pub struct WebState(Arc<Web>);

impl WebState {
    /// Shares `web` among all handlers.
    pub fn new(web: Web) -> Self {
        Self(Arc::new(web))
    }
}

impl Deref for WebState {
    type Target = Web;

    fn deref(&self) -> &Web {
        &self.0
    }
}
