//! Settings: from flags, environment and file to one checked value.
//!
//! Owns every setting, its default, its documentation and the order in which the sources count: flag, environment
//! (`GLEANER_…`), `gleaner.toml`, default. Does not own what a setting does; the rooms take what they need from
//! [`Settings`]. What a user sets in the browser is no setting in this sense and lives in the database.
//!
//! In: [`SettingArgs`] as clap read them (flags and environment). Out: [`Settings`], or a [`ConfigError`] that names the
//! setting and the place it was read from.

mod args;
mod pictures;
mod place;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;

use crate::domain::WebUrl;
use crate::egress::{AllowRule, AllowRuleError};

pub use args::SettingArgs;
pub use pictures::{BucketPlace, PicturePlace, PictureSettings};
pub use value::{LogFormat, Size, SizeError, Span, SpanError};

/// The name of the settings file that is read from the data folder when no other is named.
pub const FILE_NAME: &str = "gleaner.toml";

/// Everything an operator can set, checked and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Folder that holds the database and everything else Gleaner writes.
    pub data_dir: PathBuf,
    /// The settings file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// Address and port to listen at.
    pub listen: SocketAddr,
    /// Where the database is.
    pub database: DatabasePlace,
    /// The address readers type, if it is not the listening address. Its path is the base path of every link.
    pub base_url: Option<WebUrl>,
    /// Networks whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Private `host:port` pairs and networks that may be fetched from in spite of the address guard.
    pub allow_net: Vec<AllowRule>,
    /// How Gleaner presents itself to the servers it reads from.
    pub user_agent: String,
    /// How feeds are polled.
    pub polling: Polling,
    /// How the log is written.
    pub log_format: LogFormat,
    /// What the log holds: a level, or levels by room (`info`, `gleaner=debug,sqlx=warn` …).
    pub log: String,
    /// Code that setting up from another machine asks for; none: one is made up and printed at start.
    pub setup_code: Option<Secret>,
    /// Threads that extract articles from pages.
    pub extract_threads: usize,
    /// Where and how pictures are kept.
    pub pictures: PictureSettings,
    /// The hub that is told of news in published lists.
    pub hub: Option<WebUrl>,
    /// The folder of a site that the server keeps up to date.
    pub publish: Option<PathBuf>,
}

/// How often and how eagerly feeds are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// Shortest time between two fetches of one feed.
    pub min_interval: Duration,
    /// Longest time between two fetches of one feed, errors included.
    pub max_interval: Duration,
    /// Pause between two requests to one host; zero for none.
    pub host_interval: Duration,
    /// Connections to one host at the same time.
    pub host_connections: usize,
    /// Connections to all hosts together.
    pub connections: usize,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabasePlace {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL, which may hold a password: shown masked only.
    Postgres(String),
}

/// A text that must not show in logs or reports.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that compares or uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(set)")
    }
}

impl std::fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(address) => f.write_str(&value::mask_password(address)),
        }
    }
}

impl std::fmt::Debug for DatabasePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Why the settings cannot be used. Each names the setting or the file at fault.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("the settings file {} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings file holds an unknown key or a value that does not fit.
    #[error("the settings file {} is not right: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The parser's words; they name line and key.
        message: String,
    },
    /// One value does not fit.
    #[error("{setting}: {message}")]
    Value {
        /// The setting's name as in the file; the flag has dashes in place of underscores.
        setting: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The platform names no folder for data.
    #[error("data: no folder for data is known on this system; name one with --data DIR or GLEANER_DATA")]
    NoDataFolder,
}

impl ConfigError {
    fn value(setting: &'static str, message: impl Into<String>) -> Self {
        Self::Value { setting, message: message.into() }
    }
}

impl Settings {
    /// Merges `given` (flags and environment) with the settings file and the defaults, and checks the whole.
    ///
    /// The file is the one that `given` names, else `gleaner.toml` in the data folder, where it may be missing.
    pub fn load(given: SettingArgs) -> Result<Self, ConfigError> {
        let default_dir = || place::data_folder(|name| std::env::var_os(name)).ok_or(ConfigError::NoDataFolder);
        let (path, required) = if let Some(path) = &given.config {
            (path.clone(), true)
        } else {
            let folder = match &given.data {
                Some(folder) => folder.clone(),
                None => default_dir()?,
            };
            (folder.join(FILE_NAME), false)
        };
        let (layer, file) = match std::fs::read_to_string(&path) {
            Ok(text) => (Self::parse_file(&path, &text)?, Some(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => (SettingArgs::default(), None),
            Err(source) => return Err(ConfigError::File { path, source }),
        };
        let merged = given.or(layer);
        let data_dir = match &merged.data {
            Some(folder) => folder.clone(),
            None => default_dir()?,
        };
        Self::complete(merged, data_dir, file)
    }

    /// The defaults with data in `data_dir`: what tests start from.
    pub fn in_folder(data_dir: &Path) -> Self {
        #[expect(clippy::expect_used, reason = "the defaults are constants, and a test loads them")]
        Self::complete(SettingArgs::default(), data_dir.to_owned(), None).expect("the defaults are valid")
    }

    fn parse_file(path: &Path, text: &str) -> Result<SettingArgs, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Content {
            path: path.to_owned(),
            message: error.to_string().trim().to_owned(),
        })
    }

    fn complete(args: SettingArgs, data_dir: PathBuf, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let pictures = PictureSettings::read(&args, &data_dir)?;
        let database = match secret_of("database", args.database, args.database_file)? {
            None => DatabasePlace::Sqlite(data_dir.join("gleaner.db")),
            Some(text) => value::database_place(&text, &data_dir)?,
        };
        let setup_code = secret_of("setup_code", args.setup_code, args.setup_code_file)?.map(Secret);
        let polling = Polling {
            min_interval: args.poll_min.map_or(Duration::from_mins(15), |span| span.0),
            max_interval: args.poll_max.map_or(Duration::from_hours(24), |span| span.0),
            host_interval: args.host_interval.map_or(Duration::from_secs(1), |span| span.0),
            host_connections: args.host_connections.unwrap_or(2),
            connections: args.connections.unwrap_or(32),
        };
        if polling.min_interval < Duration::from_secs(1) {
            return Err(ConfigError::value("poll_min", "must be at least 1s"));
        }
        if polling.max_interval < polling.min_interval {
            return Err(ConfigError::value("poll_max", "must not be shorter than poll_min"));
        }
        for (setting, number) in [
            ("host_connections", polling.host_connections),
            ("connections", polling.connections),
            ("extract_threads", args.extract_threads.unwrap_or(2)),
        ] {
            if !(1..=1024).contains(&number) {
                return Err(ConfigError::value(setting, format!("{number} is not between 1 and 1024")));
            }
        }
        let base_url = args.base_url.map(|text| value::base_url(&text)).transpose()?;
        let user_agent = args.user_agent.unwrap_or_else(|| value::default_user_agent(base_url.as_ref()));
        if user_agent.is_empty() || !user_agent.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(ConfigError::value("user_agent", "must be printable ASCII and not empty"));
        }
        let hub = args.hub.as_deref().filter(|text| !text.is_empty()).map(WebUrl::parse).transpose();
        let hub = hub.map_err(|error| ConfigError::value("hub", error.to_string()))?;
        if hub.is_some() && base_url.is_none() {
            return Err(ConfigError::value(
                "hub",
                "needs base_url: a hub comes to the address under which others know us",
            ));
        }
        Ok(Self {
            listen: args.listen.unwrap_or(value::DEFAULT_LISTEN),
            database,
            base_url,
            trusted_proxies: args
                .trusted_proxies
                .unwrap_or_default()
                .iter()
                .map(|text| value::network(text))
                .collect::<Result<_, _>>()?,
            allow_net: args
                .allow_net
                .unwrap_or_default()
                .iter()
                .map(|text| {
                    text.parse().map_err(|error: AllowRuleError| ConfigError::value("allow_net", error.to_string()))
                })
                .collect::<Result<_, _>>()?,
            user_agent,
            polling,
            log_format: args.log_format.unwrap_or_default(),
            log: args.log.unwrap_or_else(|| "info".to_owned()),
            setup_code,
            extract_threads: args.extract_threads.unwrap_or(2),
            pictures,
            hub,
            publish: args.publish,
            data_dir,
            file,
        })
    }

    /// The path before every link, without a slash at its end: empty, or for example `/reader`.
    pub fn base_path(&self) -> &str {
        self.base_url.as_ref().map_or("", |url| url.as_url().path().trim_end_matches('/'))
    }

    /// The address to open in a browser, with base path and without a slash at its end.
    ///
    /// Without `base_url` it is made from the listening address, an unspecified one written as `localhost`.
    pub fn public_url(&self) -> String {
        match &self.base_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None if self.listen.ip().is_unspecified() => format!("http://localhost:{}", self.listen.port()),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether readers come over TLS, which decides on the cookie's `Secure` flag and on HSTS.
    pub fn is_https(&self) -> bool {
        self.base_url.as_ref().is_some_and(|url| url.as_url().scheme() == "https")
    }

    /// The settings in force as (name, value) with secrets masked, in the order of the documentation.
    pub fn in_force(&self) -> Vec<(&'static str, String)> {
        let list = |items: Vec<String>| if items.is_empty() { "(none)".to_owned() } else { items.join(", ") };
        vec![
            ("config", self.file.as_ref().map_or_else(|| "(no file)".to_owned(), |file| file.display().to_string())),
            ("data", self.data_dir.display().to_string()),
            ("listen", self.listen.to_string()),
            ("database", self.database.to_string()),
            ("base_url", self.base_url.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string)),
            ("trusted_proxies", list(self.trusted_proxies.iter().map(ToString::to_string).collect())),
            ("allow_net", list(self.allow_net.iter().map(ToString::to_string).collect())),
            ("user_agent", self.user_agent.clone()),
            ("poll_min", Span(self.polling.min_interval).to_string()),
            ("poll_max", Span(self.polling.max_interval).to_string()),
            ("host_interval", Span(self.polling.host_interval).to_string()),
            ("host_connections", self.polling.host_connections.to_string()),
            ("connections", self.polling.connections.to_string()),
            ("extract_threads", self.extract_threads.to_string()),
            ("pictures", self.pictures.place.to_string()),
            ("pictures_quota", Size(self.pictures.quota).to_string()),
            ("pictures_referer", list(self.pictures.referers_in_force())),
            (
                "pictures_archive",
                self.pictures.archive.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string),
            ),
            ("hub", self.hub.as_ref().map_or_else(|| "(none)".to_owned(), WebUrl::masked)),
            ("publish", self.publish.as_ref().map_or_else(|| "(none)".to_owned(), |path| path.display().to_string())),
            ("log", self.log.clone()),
            ("log_format", self.log_format.to_string()),
            ("setup_code", if self.setup_code.is_some() { "(set)" } else { "(made up at start)" }.to_owned()),
        ]
    }
}

/// A secret given as text, or as the path of a file that holds it (as container platforms hand them out).
fn secret_of(
    setting: &'static str,
    text: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<String>, ConfigError> {
    match (text, file) {
        (Some(_), Some(_)) => Err(ConfigError::value(setting, format!("give {setting} or {setting}_file, not both"))),
        (Some(text), None) => Ok(Some(text)),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(source) => Err(ConfigError::File { path, source }),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
