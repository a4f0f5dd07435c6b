//! The command line: one file per command.
//!
//! Owns arguments, progress, and what a command prints: results to standard output, progress and failures to standard
//! error. Does not own any work: a command opens the [`crate::app::App`], calls the step in `jobs` or `store` that
//! the web calls too, and puts what came of it into words. In: parsed arguments and [`Settings`]; out: an exit code, 0
//! when everything asked for was done.
//!
//! Commands other than `serve` may run while a server works on the same database.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a command is for")]

pub mod account;
pub mod add;
pub mod backup;
pub mod doctor;
pub mod export;
pub mod import;
pub mod log;
pub mod media;
mod progress;
pub mod publish;
pub mod refresh;
pub mod reindex;
pub mod restore;
pub mod serve;
pub mod user;
pub mod verify;
pub mod whole_account;

use std::path::PathBuf;
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::app::{App, OpenError};
use crate::config::{ConfigError, Settings};
use crate::domain::Failure;
use crate::jobs::subscribe::AddError;
use crate::store::StoreError;

pub use account::AccountError;

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings are not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The program could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No account to work for.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Nothing could be followed or kept.
    #[error(transparent)]
    Add(#[from] AddError),
    /// The address to listen at is taken or not allowed.
    #[error("listen: cannot listen at {address}: {source}; choose another with --listen ADDR")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that would be overwritten.
    #[error("{} is already there; choose another name, or say --replace", .0.display())]
    Exists(PathBuf),
    /// The log could not be set up.
    #[error("log: {0}")]
    Log(String),
    /// The threads could not be started.
    #[error("the program could not be started: {0}")]
    Runtime(std::io::Error),
    /// A job of the program failed in a way that is its own fault.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// An error that carries the path which caused it.
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// Prints what went wrong, with its causes, and gives the exit code of a failure.
pub fn report_failure(error: &CliError) -> ExitCode {
    eprintln!("gleaner: {error}");
    ExitCode::FAILURE
}

/// Opens the program for a command that ends by itself.
async fn open(settings: Settings) -> Result<App, CliError> {
    Ok(App::open(settings).await?)
}

/// Runs `work` until it ends. Ctrl-C cancels the token that it is given: what is under way is given back, a matter of a
/// moment.
async fn until_interrupted<T>(work: impl AsyncFnOnce(&CancellationToken) -> T) -> T {
    let stop = CancellationToken::new();
    let interrupted = tokio::spawn({
        let stop = stop.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        }
    });
    let done = work(&stop).await;
    interrupted.abort();
    done
}

/// A stored reason in words for the terminal; pages have their own, in the reader's language.
fn in_words(failure: Failure) -> String {
    match failure {
        Failure::Unreachable => "nobody answers there, or the address may not be asked".to_owned(),
        Failure::TimedOut => "the answer took too long".to_owned(),
        Failure::Http(404) => "the server says that there is nothing there (404)".to_owned(),
        Failure::Http(status) => format!("the server answered with status {status}"),
        Failure::Gone => "the server says that it is gone for good (410)".to_owned(),
        Failure::TooLarge => "the answer is too large".to_owned(),
        Failure::Redirects => "it redirects in circles".to_owned(),
        Failure::Garbled => "the answer is damaged".to_owned(),
        Failure::Empty => "the answer is empty".to_owned(),
        Failure::HtmlPage => "a web page came instead of a feed".to_owned(),
        Failure::NotAFeed => "what came is no feed".to_owned(),
        Failure::TooDeep => "the document is nested too deep".to_owned(),
        Failure::NothingToRead => "there is nothing to read".to_owned(),
        Failure::SetAside => "it stopped the program twice and was set aside".to_owned(),
    }
}

/// A size for people.
fn megabytes(bytes: i64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// `1 article`, `2 articles`.
fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(0);
    let plural = match noun.strip_suffix('y') {
        Some(stem) if number != 1 => format!("{stem}ies"),
        _ if number != 1 => format!("{noun}s"),
        _ => noun.to_owned(),
    };
    format!("{number} {plural}")
}

/// What else is to be said of an import, each behind a comma. What there is nothing of is not worth a word.
fn also(counts: &[(usize, &str)]) -> String {
    counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect()
}
