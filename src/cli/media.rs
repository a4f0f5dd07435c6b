//! `gleaner media`: the kept pictures.

use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{CliError, count, megabytes, open, progress};
use crate::app::App;
use crate::config::Settings;
use crate::domain::WebUrl;
use crate::jobs::mirror::keep_due_pictures;
use crate::jobs::pictures::{self, PictureError};
use crate::media::Spec;
use crate::web::Web;

/// What to do with kept pictures.
#[derive(Debug, clap::Subcommand)]
pub enum MediaCommand {
    /// Show how many pictures there are, and how much room they take.
    Stats,
    /// Read every picture and compare it with its hash; what is damaged or missing is fetched again later. Fails if there
    /// was such a one.
    Verify,
    /// Sweep away what belongs to no article, and what is above the quota.
    Gc,
    /// Fetch the pictures of all articles whose readers want them, now.
    Fetch,
    /// Print an address under which pages elsewhere show a picture through this server.
    Sign {
        /// The picture's address.
        url: String,
        /// Its form: w=900 h=600 fit=cover q=75 output=webp.
        form: Vec<String>,
    },
}

impl From<PictureError> for CliError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Store(error) => Self::Store(error),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Runs the command.
pub async fn run(settings: Settings, command: MediaCommand) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = match command {
        MediaCommand::Stats => stats(&app).await,
        MediaCommand::Verify => verify(&app).await,
        MediaCommand::Gc => gc(&app).await,
        MediaCommand::Fetch => fetch(&app).await,
        MediaCommand::Sign { url, form } => sign(&app, &url, &form).await,
    };
    app.close().await;
    done
}

async fn stats(app: &App) -> Result<ExitCode, CliError> {
    let found = app.db.picture_use().await?;
    let quota = app.settings.pictures.quota;
    println!("Pictures in {}", app.media.store.place());
    for (what, (number, bytes)) in
        [("originals", found.originals), ("  of marked articles", found.kept), ("smaller forms", found.variants)]
    {
        println!("  {what:<21} {number:>9}  {:>12}", megabytes(bytes));
    }
    println!("  {:<21} {:>9}", "still to be fetched", found.waiting);
    println!("  {:<21} {:>9}", "gone at their sources", found.gone);
    let bound = i64::try_from(quota).unwrap_or(i64::MAX);
    let bound = if quota == 0 { "no bound".to_owned() } else { megabytes(bound) };
    println!("  {:<21} {:>9}  {:>12} of {bound}", "room", "", megabytes(found.originals.1 + found.variants.1));
    Ok(ExitCode::SUCCESS)
}

async fn verify(app: &App) -> Result<ExitCode, CliError> {
    let all = app.db.picture_use().await?.originals.0;
    let bar = progress::bar(usize::try_from(all).unwrap_or(0), "Verifying");
    let found = pictures::verify(app, &|done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    println!(
        "{} as it was stored, {} damaged, {} missing, {} of no picture.",
        count(found.sound, "picture"),
        found.damaged,
        found.missing,
        count(found.unknown, "file")
    );
    let is_whole = found.damaged + found.missing == 0;
    if !is_whole {
        println!(
            "What is damaged or missing is fetched again when it is looked at; `gleaner media fetch` does it now."
        );
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn gc(app: &App) -> Result<ExitCode, CliError> {
    let freed = pictures::sweep(app).await?;
    println!(
        "{} swept away, {}.",
        count(freed.files, "file"),
        megabytes(i64::try_from(freed.bytes).unwrap_or(i64::MAX))
    );
    Ok(ExitCode::SUCCESS)
}

async fn fetch(app: &App) -> Result<ExitCode, CliError> {
    let wanted = app.db.want_all_pictures(app.clock.now()).await?;
    let spinner = progress::spinner("Fetching the pictures of articles");
    keep_due_pictures(&Arc::new(app.clone()), &CancellationToken::new()).await?;
    spinner.finish_and_clear();
    let found = app.db.picture_use().await?;
    println!(
        "{} looked at: {} kept, {} still to be fetched, {} gone.",
        count(wanted, "article"),
        count(found.originals.0, "picture"),
        found.waiting,
        found.gone
    );
    Ok(ExitCode::SUCCESS)
}

async fn sign(app: &App, url: &str, form: &[String]) -> Result<ExitCode, CliError> {
    let url = WebUrl::from_typed(url).map_err(|error| CliError::Failed(error.to_string()))?;
    let spec: Spec = form.join(",").parse().map_err(|error| CliError::Failed(format!("{error}")))?;
    let web = Web::new(Arc::new(app.clone())).await.map_err(CliError::Store)?;
    let address = web.signer.own(&url, &spec);
    let base = app.settings.public_url();
    let base = base.strip_suffix(app.settings.base_path()).unwrap_or(&base);
    println!("{base}{address}");
    Ok(ExitCode::SUCCESS)
}
