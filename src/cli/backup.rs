//! `gleaner backup`: the whole database as one file, while everything goes on.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, count, open, progress};
use crate::config::Settings;

/// Where to put the backup.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The file to write, an SQLite database whichever database is in use. It holds everything, secrets too.
    file: PathBuf,
    /// Take the place of a file that is already there.
    #[arg(long)]
    replace: bool,
}

/// Runs the command.
pub async fn run(settings: Settings, args: BackupArgs) -> Result<ExitCode, CliError> {
    if args.file.exists() && !args.replace {
        return Err(CliError::Exists(args.file));
    }
    let app = open(settings).await?;
    let bar = progress::share("Backing up");
    let done = app.db.back_up(&args.file, &|done, total| progress::show(&bar, done, total)).await;
    app.close().await;
    bar.finish_and_clear();
    let facts = done?;
    println!(
        "{} and {} written to {} ({:.1} MB), checked.",
        count(facts.accounts, "account"),
        count(facts.articles, "article"),
        args.file.display(),
        megabytes(facts.bytes)
    );
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "a size to look at")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
