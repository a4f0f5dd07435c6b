//! `gleaner restore`: a backup becomes the database.

use std::path::PathBuf;
use std::process::ExitCode;

use super::backup::{Direction, copy_pictures};
use super::{CliError, count, open, progress};
use crate::app;
use crate::config::Settings;
use crate::domain::{Clock as _, SystemClock};
use crate::store::{Db, examine_backup};

/// What to restore.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// A file that `gleaner backup` wrote, from either database.
    file: PathBuf,
    /// Take the place of a database that has accounts. One of SQLite stays beside the new one, with a date in its name.
    #[arg(long)]
    replace: bool,
    /// Take the pictures back from a folder that `gleaner backup --pictures` filled.
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(settings: Settings, args: RestoreArgs) -> Result<ExitCode, CliError> {
    let facts = examine_backup(&args.file).await?;
    let address = app::prepare_database(&settings)?;
    let in_use = match Db::open(&address).await {
        Ok(db) => {
            let accounts = db.count_accounts().await;
            db.close().await;
            accounts.map_or(true, |accounts| accounts > 0)
        }
        // Whatever is there cannot be used, which may be why a backup is to take its place.
        Err(_) => true,
    };
    if in_use && !args.replace {
        return Err(CliError::Failed(
            "the database already has something in it; with --replace the backup takes its place".to_owned(),
        ));
    }
    let bar = progress::share("Restoring");
    let stamp = SystemClock.now().0.to_string();
    let before = address
        .restore(&args.file, &stamp, &settings.data_dir, &|done, total| progress::show(&bar, done, total))
        .await?;
    bar.finish_and_clear();
    let copied = match &args.pictures {
        Some(folder) => {
            let app = open(settings).await?;
            let copied = copy_pictures(&app, folder, Direction::Back).await;
            app.close().await;
            Some(copied?)
        }
        None => None,
    };
    println!(
        "{} and {} restored from {}.",
        count(facts.accounts, "account"),
        count(facts.articles, "article"),
        args.file.display()
    );
    if let Some(copied) = copied {
        println!("{} came back.", count(copied, "picture"));
    }
    if let Some(before) = before.filter(|_| in_use) {
        println!("What was there before is in {}.", before.display());
    }
    Ok(ExitCode::SUCCESS)
}
