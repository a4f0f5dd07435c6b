//! `gleaner backup`: the whole database as one file, while everything goes on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{CliError, count, open, progress};
use crate::app::App;
use crate::config::{PicturePlace, Settings};
use crate::jobs::pictures::{PictureError, copy_originals};
use crate::media::Media;

/// Where to put the backup.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The file to write, an SQLite database whichever database is in use. It holds everything, secrets too.
    file: PathBuf,
    /// Take the place of a file that is already there.
    #[arg(long)]
    replace: bool,
    /// Copy the kept pictures into this folder, too. What is there already is not copied again.
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(settings: Settings, args: BackupArgs) -> Result<ExitCode, CliError> {
    if args.file.exists() && !args.replace {
        return Err(CliError::Exists(args.file));
    }
    let app = open(settings).await?;
    let bar = progress::share("Backing up");
    let done = app.db.back_up(&args.file, &|done, total| progress::show(&bar, done, total)).await;
    bar.finish_and_clear();
    let copied = match (&args.pictures, &done) {
        (Some(folder), Ok(_)) => Some(copy_pictures(&app, folder, Direction::Out).await),
        _ => None,
    };
    app.close().await;
    let facts = done?;
    println!(
        "{} and {} written to {} ({:.1} MB), checked.",
        count(facts.accounts, "account"),
        count(facts.articles, "article"),
        args.file.display(),
        megabytes(facts.bytes)
    );
    if let Some(copied) = copied.transpose()? {
        println!("{} copied beside it.", count(copied, "picture"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether pictures leave the store or come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Into the folder.
    Out,
    /// Out of it.
    Back,
}

/// Copies kept pictures between the picture store and a folder, with progress. How many were not there yet.
pub(super) async fn copy_pictures(app: &App, folder: &Path, direction: Direction) -> Result<u64, CliError> {
    let other = Media::open(&PicturePlace::Folder(folder.to_owned())).map_err(PictureError::from)?;
    let (own, other) = (&*app.media.store, &*other.store);
    let (from, to) = if direction == Direction::Out { (own, other) } else { (other, own) };
    let bar = progress::share("Copying pictures");
    let all = u64::try_from(app.db.picture_use().await?.originals.0).unwrap_or(0);
    let copied = copy_originals(app, from, to, &|done| progress::show(&bar, done, all)).await;
    bar.finish_and_clear();
    Ok(copied?)
}

#[expect(clippy::cast_precision_loss, reason = "a size to look at")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
