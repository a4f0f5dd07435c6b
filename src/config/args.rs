//! The settings as they are written: one list that serves as flags, as environment variables and as the file's keys.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{LogFormat, Size, Span};

/// Settings that may be given or left out. Flags and environment fill one of these, `gleaner.toml` another.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Settings")]
pub struct SettingArgs {
    /// Folder for the database and everything else Gleaner writes [default: the platform's folder for data, on Linux
    /// ~/.local/share/gleaner].
    #[arg(long, env = "GLEANER_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// Settings file [default: gleaner.toml in the data folder, if it is there]. Its keys are the names of these flags
    /// with underscores in place of dashes.
    #[arg(long, env = "GLEANER_CONFIG", value_name = "FILE", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Address and port to listen at [default: 127.0.0.1:7411].
    #[arg(long, env = "GLEANER_LISTEN", value_name = "ADDR", global = true)]
    pub listen: Option<SocketAddr>,

    /// Database: the path of an SQLite file or a postgres:// URL [default: gleaner.db in the data folder].
    #[arg(long, env = "GLEANER_DATABASE", value_name = "PATH|URL", global = true, hide_env_values = true)]
    pub database: Option<String>,

    /// File that holds the value of --database, for URLs with a password.
    #[arg(long, env = "GLEANER_DATABASE_FILE", value_name = "FILE", global = true, hide_short_help = true)]
    pub database_file: Option<PathBuf>,

    /// Address at which readers reach Gleaner when it stands behind a proxy, such as `https://example.com/reader`; its
    /// path goes before every link [default: none].
    #[arg(long, env = "GLEANER_BASE_URL", value_name = "URL", global = true)]
    pub base_url: Option<String>,

    /// Networks of the proxies whose X-Forwarded headers are believed, such as 127.0.0.1/32 [default: none].
    #[arg(
        long,
        env = "GLEANER_TRUSTED_PROXIES",
        value_name = "NET",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub trusted_proxies: Option<Vec<String>>,

    /// Private addresses that may be fetched from all the same: HOST:PORT or a network such as 10.0.0.0/8 [default:
    /// none].
    #[arg(
        long,
        env = "GLEANER_ALLOW_NET",
        value_name = "RULE",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub allow_net: Option<Vec<String>>,

    /// How Gleaner presents itself to the servers it reads from [default: name, version, what it is and, with a base URL, its page /bot].
    #[arg(long, env = "GLEANER_USER_AGENT", value_name = "TEXT", global = true, hide_short_help = true)]
    pub user_agent: Option<String>,

    /// Shortest time between two fetches of one feed [default: 15m].
    #[arg(long, env = "GLEANER_POLL_MIN", value_name = "TIME", global = true, hide_short_help = true)]
    pub poll_min: Option<Span>,

    /// Longest time between two fetches of one feed [default: 24h].
    #[arg(long, env = "GLEANER_POLL_MAX", value_name = "TIME", global = true, hide_short_help = true)]
    pub poll_max: Option<Span>,

    /// Pause between two requests to one host; 0 for none [default: 1s].
    #[arg(long, env = "GLEANER_HOST_INTERVAL", value_name = "TIME", global = true, hide_short_help = true)]
    pub host_interval: Option<Span>,

    /// Connections to one host at the same time [default: 2].
    #[arg(long, env = "GLEANER_HOST_CONNECTIONS", value_name = "N", global = true, hide_short_help = true)]
    pub host_connections: Option<usize>,

    /// Connections to all hosts together [default: 32].
    #[arg(long, env = "GLEANER_CONNECTIONS", value_name = "N", global = true, hide_short_help = true)]
    pub connections: Option<usize>,

    /// Threads that extract articles from pages [default: 2].
    #[arg(long, env = "GLEANER_EXTRACT_THREADS", value_name = "N", global = true, hide_short_help = true)]
    pub extract_threads: Option<usize>,

    /// Where pictures are kept: a folder, or s3://BUCKET/PREFIX [default: the folder pictures in the data folder].
    #[arg(long, env = "GLEANER_PICTURES", value_name = "DIR|URL", global = true, hide_short_help = true)]
    pub pictures: Option<String>,

    /// How much room pictures may take, such as 20G; 0 for no bound. Smaller forms go first, then pictures of articles
    /// that nobody marked; those of marked ones never go [default: 10G].
    #[arg(long, env = "GLEANER_PICTURES_QUOTA", value_name = "SIZE", global = true, hide_short_help = true)]
    pub pictures_quota: Option<Size>,

    /// Hosts that only give pictures to pages of an origin: HOST=URL; hosts below count as well. Added to those that are
    /// known, HOST= takes one of them away [default: none].
    #[arg(
        long,
        env = "GLEANER_PICTURES_REFERER",
        value_name = "HOST=URL",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub pictures_referer: Option<Vec<String>>,

    /// Web archive that is asked for pictures that are gone, such as `https://web.archive.org/web/2im_/`; the picture's
    /// address is added at its end [default: none].
    #[arg(long, env = "GLEANER_PICTURES_ARCHIVE", value_name = "URL", global = true, hide_short_help = true)]
    pub pictures_archive: Option<String>,

    /// Server of an s3:// picture store that is not Amazon's.
    #[arg(long, env = "GLEANER_S3_ENDPOINT", value_name = "URL", global = true, hide_short_help = true)]
    pub s3_endpoint: Option<String>,

    /// Region of an s3:// picture store [default: us-east-1].
    #[arg(long, env = "GLEANER_S3_REGION", value_name = "NAME", global = true, hide_short_help = true)]
    pub s3_region: Option<String>,

    /// Name of the access key of an s3:// picture store.
    #[arg(long, env = "GLEANER_S3_KEY_ID", value_name = "ID", global = true, hide_short_help = true)]
    pub s3_key_id: Option<String>,

    /// Access key of an s3:// picture store.
    #[arg(
        long,
        env = "GLEANER_S3_SECRET",
        value_name = "KEY",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub s3_secret: Option<String>,

    /// File that holds the access key.
    #[arg(long, env = "GLEANER_S3_SECRET_FILE", value_name = "FILE", global = true, hide_short_help = true)]
    pub s3_secret_file: Option<PathBuf>,

    /// Hub (WebSub) that is told when a published list has something new, such as `https://pubsubhubbub.appspot.com/`; needs
    /// --base-url [default: none].
    #[arg(long, env = "GLEANER_HUB", value_name = "URL", global = true, hide_short_help = true)]
    pub hub: Option<String>,

    /// Folder in which the server keeps a site of an account's articles up to date, as `gleaner publish` made it, else of
    /// everything that the first administrator keeps [default: none].
    #[arg(long, env = "GLEANER_PUBLISH", value_name = "DIR", global = true, hide_short_help = true)]
    pub publish: Option<PathBuf>,

    /// What to log: error, warn, info, debug, trace, or by room, such as gleaner::egress=debug [default: info].
    #[arg(long, env = "GLEANER_LOG", value_name = "LEVEL", global = true, hide_short_help = true)]
    pub log: Option<String>,

    /// Form of the log [default: human].
    #[arg(long, env = "GLEANER_LOG_FORMAT", value_name = "FORM", global = true, hide_short_help = true)]
    pub log_format: Option<LogFormat>,

    /// Code that the first visitor from another machine must give to create the administrator [default: made up at
    /// start and printed].
    #[arg(
        long,
        env = "GLEANER_SETUP_CODE",
        value_name = "CODE",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub setup_code: Option<String>,

    /// File that holds the set-up code.
    #[arg(long, env = "GLEANER_SETUP_CODE_FILE", value_name = "FILE", global = true, hide_short_help = true)]
    pub setup_code_file: Option<PathBuf>,
}

impl SettingArgs {
    /// Those of `names` that look like settings in the environment and are none, such as `GLEANER_LISTN`.
    ///
    /// They are worth a warning and no more: platforms put variables of their own beside ours.
    pub fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<String> {
        let command = <Self as clap::Args>::augment_args(clap::Command::new("settings"));
        let known: Vec<&std::ffi::OsStr> = command.get_arguments().filter_map(|argument| argument.get_env()).collect();
        let ours = |name: &String| name.starts_with("GLEANER_") && !name.starts_with("GLEANER_TEST_");
        names.into_iter().filter(|name| ours(name) && !known.iter().any(|known| *known == name.as_str())).collect()
    }

    /// These settings where they are given, else those of `below`.
    ///
    /// A secret and its `_file` count as one setting, so that a flag can replace a file that the settings file names.
    pub(super) fn or(self, below: Self) -> Self {
        let (database, database_file) = match (self.database, self.database_file) {
            (None, None) => (below.database, below.database_file),
            given => given,
        };
        let (setup_code, setup_code_file) = match (self.setup_code, self.setup_code_file) {
            (None, None) => (below.setup_code, below.setup_code_file),
            given => given,
        };
        let (s3_secret, s3_secret_file) = match (self.s3_secret, self.s3_secret_file) {
            (None, None) => (below.s3_secret, below.s3_secret_file),
            given => given,
        };
        Self {
            data: self.data.or(below.data),
            config: self.config,
            listen: self.listen.or(below.listen),
            database,
            database_file,
            base_url: self.base_url.or(below.base_url),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            allow_net: self.allow_net.or(below.allow_net),
            user_agent: self.user_agent.or(below.user_agent),
            poll_min: self.poll_min.or(below.poll_min),
            poll_max: self.poll_max.or(below.poll_max),
            host_interval: self.host_interval.or(below.host_interval),
            host_connections: self.host_connections.or(below.host_connections),
            connections: self.connections.or(below.connections),
            extract_threads: self.extract_threads.or(below.extract_threads),
            pictures: self.pictures.or(below.pictures),
            pictures_quota: self.pictures_quota.or(below.pictures_quota),
            pictures_referer: self.pictures_referer.or(below.pictures_referer),
            pictures_archive: self.pictures_archive.or(below.pictures_archive),
            s3_endpoint: self.s3_endpoint.or(below.s3_endpoint),
            s3_region: self.s3_region.or(below.s3_region),
            s3_key_id: self.s3_key_id.or(below.s3_key_id),
            s3_secret,
            s3_secret_file,
            hub: self.hub.or(below.hub),
            publish: self.publish.or(below.publish),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
            setup_code,
            setup_code_file,
        }
    }
}
