//! What the running program consists of.
//!
//! Owns the opening of the parts in their order and their closing. Does not own what any of them does. In: checked
//! [`Settings`]; out: an [`App`] that jobs, pages and commands share, or an [`OpenError`] that says which part failed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{DatabasePlace, Settings};
use crate::content::pool::ContentPool;
use crate::domain::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::egress::{Egress, EgressError, EgressSettings};
use crate::media::{Media, StorageError};
use crate::store::{DatabaseAddress, Db, StoreError};

/// Everything a job or a page needs. Its parts are cheap to clone and safe to share.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The door through which requests leave.
    pub egress: Egress,
    /// The threads that parse untrusted HTML.
    pub content: ContentPool,
    /// Where pictures are kept and resized.
    pub media: Media,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
}

/// The program as tasks share it.
pub type SharedApp = Arc<App>;

/// Why the program could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder cannot be made.
    #[error("data: the folder {} cannot be made: {source}", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The door out cannot be built.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The picture store cannot be set up.
    #[error(transparent)]
    Pictures(#[from] StorageError),
}

impl App {
    /// Opens the program with the system's clock and randomness. Makes the data folder and the database if they are
    /// not there.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        Self::open_with(settings, Arc::new(SystemClock), Arc::new(SystemEntropy)).await
    }

    /// As [`App::open`], with the caller's clock and randomness.
    pub async fn open_with(
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let address = prepare_database(&settings)?;
        Ok(Self {
            egress: Egress::new(egress_settings(&settings), clock.clone(), entropy.clone())?,
            db: Db::open(&address).await?,
            content: ContentPool::new(settings.extract_threads),
            media: Media::open(&settings.pictures.place)?,
            clock,
            entropy,
            settings: Arc::new(settings),
        })
    }

    /// Closes the database, so that everything written is in its main file.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Where the database is; makes the folder for one that is a file.
pub fn prepare_database(settings: &Settings) -> Result<DatabaseAddress, OpenError> {
    Ok(match &settings.database {
        DatabasePlace::Sqlite(path) => {
            make_private_folder(&settings.data_dir)?;
            DatabaseAddress::Sqlite(path.clone())
        }
        DatabasePlace::Postgres(address) => DatabaseAddress::Postgres(address.clone()),
    })
}

/// What the settings mean for the door out: among other things, that nobody reads this very server through it.
fn egress_settings(settings: &Settings) -> EgressSettings {
    EgressSettings {
        user_agent: settings.user_agent.clone(),
        allow: settings.allow_net.clone(),
        own_addresses: vec![settings.listen] as Vec<SocketAddr>,
        own_hosts: settings.base_url.iter().map(|url| url.host().to_owned()).collect(),
        connections_per_host: settings.polling.host_connections,
        host_interval: settings.polling.host_interval,
        connections: settings.polling.connections,
        ..EgressSettings::default()
    }
}

/// Makes a folder that only its owner can look into; one that is there keeps its rights.
fn make_private_folder(path: &Path) -> Result<(), OpenError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| OpenError::DataFolder { path: path.to_owned(), source })
}
