//! `gleaner publish`: a list as a site of files, made and brought up to date.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;

use super::{CliError, count, open, progress};
use crate::config::Settings;
use crate::web::static_site::{PublishError, Report, Wishes, publish};

/// What to publish, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gleaner publish site/                       everything that the account keeps, as pages and Markdown
  gleaner publish site/ --list starred        what is starred; also: later, feed:TITLE, category:TITLE, tag:NAME
  gleaner publish site/ --git                 each change becomes a commit of the folder
  gleaner publish site/                       brought up to date, as it was asked for before

What was said once holds for the next time, also for a server that keeps the folder up to date (--publish DIR as a
setting). The folder can be put on any web server, or read as it is. Feeds name whole addresses if --address says where
it will be found. `gleaner import site/` takes the articles in again.

A page keeps its address whatever becomes of its article's title; one whose article left the list stays until --prune.
Files of other names are never touched. Articles of feeds that are read with a password are only in the list of that feed.")]
pub struct PublishArgs {
    /// The folder; made if it is not there [default: that of the setting --publish].
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Whose articles [default: the only account, or the first administrator].
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Which: all, starred, later, feed:TITLE, category:TITLE, tag:NAME [default: all].
    #[arg(long)]
    list: Option<String>,
    /// What the site is called [default: the list's title].
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Where the site will be found, such as `https://example.com/reading`.
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Take away pages of articles that are no longer part of the list.
    #[arg(long)]
    prune: bool,
    /// Make a commit of the folder whenever something changed; --git=false ends that.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    git: Option<bool>,
    /// Take over a folder that holds other files; those that have the names of ours are replaced.
    #[arg(long)]
    replace: bool,
}

/// Runs the command.
pub async fn run(settings: Settings, args: PublishArgs) -> Result<ExitCode, CliError> {
    let folder = args.folder.or_else(|| settings.publish.clone());
    let folder = folder.ok_or_else(|| CliError::Failed("publish: name the folder that the site goes to".to_owned()))?;
    let wishes = Wishes {
        user: args.user,
        list: args.list,
        title: args.title,
        address: args.address,
        git: args.git,
        prune: args.prune,
        replace: args.replace,
    };
    let app = open(settings).await?;
    let bar = OnceLock::new();
    let told = |done: usize, all: usize| {
        bar.get_or_init(|| progress::bar(all, "Publishing")).set_position(done as u64);
    };
    let published = publish(&app, &folder, &wishes, &told).await;
    if let Some(bar) = bar.get() {
        bar.finish_and_clear();
    }
    app.close().await;
    let report = published.map_err(|error| match error {
        PublishError::Store(error) => CliError::Store(error),
        PublishError::File { path, source } => CliError::File { path, source },
        other => CliError::Failed(other.to_string()),
    })?;
    println!("{}", in_words(&report, &folder.display().to_string()));
    Ok(if report.made == report.wanted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_words(report: &Report, folder: &str) -> String {
    let mut said = format!(
        "{} in {folder}: {} made anew, {} written, {} taken away.",
        count(report.articles, "article"),
        report.made,
        count(report.written, "file"),
        report.removed
    );
    if report.left > 0 {
        let pages = count(report.left, "page");
        said.push_str(&format!(
            "\n{pages} of articles that are no longer part of the list stay; --prune takes them away."
        ));
    }
    if report.private > 0 {
        let articles = count(report.private, "article");
        said.push_str(&format!(
            "\n{articles} of feeds that are read with a password left out; --list feed:TITLE publishes such a feed."
        ));
    }
    if report.made < report.wanted {
        let articles = count(report.wanted - report.made, "article");
        said.push_str(&format!("\n{articles} could not be made a page, and are tried again the next time."));
    }
    if report.committed {
        said.push_str("\nA commit was made.");
    }
    said
}
