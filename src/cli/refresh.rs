//! `gleaner refresh`: one round over the feeds.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{CliError, count, in_words, open, progress, until_interrupted};
use crate::app::App;
use crate::config::Settings;
use crate::domain::{FeedId, WebUrl};
use crate::jobs::fulltext::fetch_due_pages;
use crate::jobs::refresh::{Ended, RefreshReport};
use crate::jobs::round::refresh_due_until;

/// Which feeds to fetch.
#[derive(Debug, clap::Args)]
pub struct RefreshArgs {
    /// Ask every feed now, whether it is due or not.
    #[arg(long)]
    all: bool,
}

/// Runs the command. Fails only if the database does: that some feeds cannot be read is normal, and is told.
pub async fn run(settings: Settings, args: RefreshArgs) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = refresh(&app, args.all).await;
    app.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn refresh(app: &App, all: bool) -> Result<(), CliError> {
    let now = app.clock.now();
    if all {
        app.db.make_feeds_due(None, now).await?;
    }
    let feeds = app.db.feeds().await?;
    let due: HashMap<FeedId, String> = feeds
        .iter()
        .filter(|feed| feed.next_check_at <= now && (all || !feed.gone))
        .map(|feed| (feed.id, feed.url.as_ref().map_or_else(String::new, WebUrl::masked)))
        .collect();
    if due.is_empty() {
        println!("Nothing is due: {}. `gleaner refresh --all` asks every feed now.", count(feeds.len(), "feed"));
        return Ok(());
    }
    let bar = progress::bar(due.len(), "Refreshing");
    let tell = |done: &RefreshReport| {
        let address = due.get(&done.feed).map_or("", String::as_str);
        bar.inc(1);
        bar.set_message(address.to_owned());
        if let Ended::Failed(failure) = done.ended {
            bar.suspend(|| println!("{address}: {}", in_words(failure)));
        }
    };
    let report = until_interrupted(async |stop| refresh_due_until(app, usize::MAX, stop, &tell).await).await?;
    bar.finish_and_clear();
    let pages = progress::spinner("Fetching the pages of articles that their feed only begins");
    let fetched = fetch_due_pages(&Arc::new(app.clone()), &CancellationToken::new()).await?;
    pages.finish_and_clear();
    println!(
        "{} asked: {} read, {} without news, {} failed. {}, {} changed.",
        count(report.read + report.unchanged + report.failed, "feed"),
        report.read,
        report.unchanged,
        report.failed,
        count(report.added, "new article"),
        report.changed
    );
    if fetched > 0 {
        println!("{} of articles fetched.", count(fetched, "page"));
    }
    Ok(())
}
