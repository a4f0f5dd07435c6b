//! `gleaner account`: everything that an account has as one file, out and in.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use axum::body::Bytes;
use tokio::sync::mpsc;

use super::account::{UserArg, choose};
use super::{CliError, also, count, open, progress};
use crate::app::App;
use crate::config::Settings;
use crate::jobs::account::{self, TakenIn};
use crate::jobs::import_log::ImportLog;

/// What to do with a whole account.
#[derive(Debug, clap::Subcommand)]
pub enum AccountCommand {
    /// Write everything that an account has to one file: articles with every version and picture, marks, tags, highlights,
    /// subscriptions, rules, searches. Not its password, its keys and the links that it gave away.
    Export {
        /// The file to write, a ZIP archive.
        file: PathBuf,
        /// Take the place of a file that is already there.
        #[arg(long)]
        replace: bool,
        /// Keep user names and passwords that stand in the addresses of feeds; they are left out otherwise.
        #[arg(long)]
        with_passwords: bool,
        /// Whose account.
        #[command(flatten)]
        user: UserArg,
    },
    /// Take such a file in. What is there already stays as it is, so it can be repeated.
    Import {
        /// The file.
        file: PathBuf,
        /// Whose account.
        #[command(flatten)]
        user: UserArg,
    },
}

/// Parts that wait to be written.
const WAITING: usize = 4;

/// Runs the command.
pub async fn run(settings: Settings, command: AccountCommand) -> Result<ExitCode, CliError> {
    if let AccountCommand::Export { file, replace: false, .. } = &command
        && file.exists()
    {
        return Err(CliError::Exists(file.clone()));
    }
    let app = open(settings).await?;
    let done = match command {
        AccountCommand::Export { file, with_passwords, user, .. } => export(&app, &file, with_passwords, &user).await,
        AccountCommand::Import { file, user } => import(&app, &file, &user).await,
    };
    app.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn export(app: &App, path: &Path, with_passwords: bool, user: &UserArg) -> Result<(), CliError> {
    let account = choose(&app.db, user.user.as_deref()).await?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = private(&part).map_err(CliError::file(&part))?;
    let (parts, mut coming) = mpsc::channel::<std::io::Result<Bytes>>(WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        while let Some(bytes) = coming.blocking_recv() {
            file.write_all(&bytes?)?;
        }
        file.sync_all()
    });
    let bar = progress::spinner("Exporting");
    let told = |articles: usize| bar.set_message(format!("Exporting: {}", count(articles, "article")));
    let exported = account::export(app, account.id, with_passwords, &parts, &told).await;
    drop(parts);
    bar.finish_and_clear();
    let written = writing.await.map_err(|stopped| CliError::Failed(stopped.to_string()))?;
    let placed = match (exported, written) {
        (Ok(exported), Ok(())) => std::fs::rename(&part, path).map(|()| exported).map_err(CliError::file(path)),
        (_, Err(source)) => Err(CliError::File { path: path.to_owned(), source }),
        (Err(error), Ok(())) => Err(CliError::Failed(error.to_string())),
    };
    if placed.is_err() {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&part);
    }
    let exported = placed?;
    println!(
        "{} with {} and {} written to {}.",
        count(exported.articles, "article"),
        count(exported.feeds, "feed"),
        count(exported.pictures, "picture"),
        path.display()
    );
    Ok(())
}

/// A new file that only its owner may read: it holds what somebody reads.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn import(app: &App, path: &Path, user: &UserArg) -> Result<(), CliError> {
    let account = choose(&app.db, user.user.as_deref()).await?;
    let file = File::open(path).map_err(CliError::file(path))?;
    let bar = progress::spinner("Importing");
    let told = |articles: usize| bar.set_message(format!("Importing: {}", count(articles, "article")));
    // Whoever may run commands here decides for everybody.
    let mut log = ImportLog::begin(app, account.id).await?;
    let taken = account::take_in(app, account.id, Box::new(file), true, &mut log, &told).await;
    log.close(path.display().to_string()).await?;
    bar.finish_and_clear();
    let taken = taken.map_err(|error| CliError::Failed(format!("{}: {error}", path.display())))?;
    println!("{}", in_words(&taken));
    Ok(())
}

pub(super) fn in_words(taken: &TakenIn) -> String {
    format!(
        "{} new{}; {} followed, {} kept.",
        count(taken.added, "article"),
        also(&[(taken.already, "there already"), (taken.refused, "not taken")]),
        count(taken.feeds, "feed"),
        count(taken.pictures, "picture")
    )
}
