//! `gleaner reindex`: makes the index of the search anew.

use std::process::ExitCode;

use super::{CliError, count, open, progress, until_interrupted};
use crate::app::App;
use crate::config::Settings;
use crate::jobs::reindex::reindex_waiting;

/// Runs the command. Interrupted, it goes on where it stopped with the next one, or with the server.
pub async fn run(settings: Settings) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = reindex(&app).await;
    app.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn reindex(app: &App) -> Result<(), CliError> {
    app.db.check_search_scheme().await?;
    app.db.reindex_everything().await?;
    let waiting = usize::try_from(app.db.count_unindexed(i64::MAX).await?).unwrap_or(0);
    let bar = progress::bar(waiting, "Indexing");
    let (done, was_stopped) = until_interrupted(async |stop| {
        let done = reindex_waiting(app, stop, &|done| bar.inc(done as u64)).await;
        (done, stop.is_cancelled())
    })
    .await;
    let done = done?;
    bar.finish_and_clear();
    println!("{} indexed.", count(done, "article"));
    if was_stopped {
        println!("The others follow when the server runs, or with the next `gleaner reindex`.");
    }
    Ok(())
}
