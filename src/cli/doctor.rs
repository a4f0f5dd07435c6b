//! `gleaner doctor`: is everything as it should be, and if not, what is wrong.

use std::process::ExitCode;

use super::{CliError, count, in_words, megabytes, open};
use crate::config::Settings;
use crate::domain::WebUrl;
use crate::media::{PictureHash, PictureKey};

/// Prints versions, settings in force, the database check and feeds in trouble. Fails if the database is damaged or
/// the picture store is out of reach.
pub async fn run(settings: Settings) -> Result<ExitCode, CliError> {
    println!("Gleaner {}", env!("CARGO_PKG_VERSION"));
    println!("\nSettings in force");
    for (name, value) in settings.in_force() {
        println!("  {name:<17} {value}");
    }
    let app = open(settings).await?;
    println!("\nDatabase");
    println!("  {}", app.db.engine().await?);
    let integrity = app.db.integrity(true).await?;
    if integrity.problems.is_empty() {
        println!("  The check found nothing wrong.");
    }
    for problem in &integrity.problems {
        println!("  DAMAGED: {problem}");
    }
    let sizes = app.db.sizes().await?;
    println!(
        "  {}, {}, {}, {}, {} on disk",
        count(app.db.count_accounts().await?, "account"),
        count(sizes.feeds, "feed"),
        count(sizes.articles, "article"),
        count(sizes.versions, "version"),
        megabytes(sizes.bytes),
    );
    println!("\nPictures");
    let pictures = app.db.picture_use().await?;
    println!(
        "  {} in {}, {} with their smaller forms; {} still to be fetched, {} gone",
        count(pictures.originals.0, "picture"),
        app.media.store.place(),
        megabytes(pictures.originals.1 + pictures.variants.1),
        pictures.waiting,
        pictures.gone,
    );
    let probe = PictureKey::original(PictureHash([0; 32]));
    let reachable = app.media.store.get(probe).await;
    if let Err(error) = &reachable {
        println!("  OUT OF REACH: {error}");
    }
    println!("\nFeeds in trouble");
    let feeds = app.db.feeds_in_trouble().await?;
    let troubled: Vec<_> = feeds.iter().filter(|feed| feed.failure.is_some()).collect();
    if troubled.is_empty() {
        println!("  none");
    }
    for feed in troubled {
        let since = feed.failing_since.and_then(crate::domain::UnixMillis::to_timestamp);
        let since = since.map_or_else(String::new, |time| format!(" since {}", time.strftime("%Y-%m-%d %H:%M UTC")));
        let failure = feed.failure.map_or_else(String::new, in_words);
        let address = feed.url.as_ref().map_or_else(String::new, WebUrl::masked);
        println!("  {address}\n    {failure}{since}; tries in a row: {}", feed.failure_count);
    }
    app.close().await;
    Ok(if integrity.problems.is_empty() && reachable.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
