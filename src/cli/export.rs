//! `gleaner export`: everything out again, in forms that other programs and `gleaner import` read.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::account::{UserArg, choose};
use super::{CliError, count, open, progress};
use crate::app::App;
use crate::archive::{self, ArchivedArticle};
use crate::config::Settings;
use crate::domain::{AccountId, ArticleId, CategoryId};
use crate::feed::opml::{self, Outline};
use crate::store::SubscriptionRow;
use crate::web::pages::export::archived;

/// What to write out.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The subscription list as OPML, categories as folders.
    Opml {
        /// The file to write [default: standard output].
        file: Option<PathBuf>,
        /// Keep user names and passwords that stand in the addresses of feeds; they are left out otherwise.
        #[arg(long)]
        with_passwords: bool,
        #[command(flatten)]
        user: UserArg,
    },
    /// Every article as a file: DIR/SOURCE/NUMBER_TITLE.md, with the body that is shown.
    Articles {
        /// The folder to write to; made if it is not there.
        folder: PathBuf,
        #[command(flatten)]
        user: UserArg,
    },
}

/// Articles asked for at a time.
const PAGE: i64 = 500;

/// Runs the command.
pub async fn run(settings: Settings, args: ExportArgs) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = match args.what {
        What::Opml { file, with_passwords, user } => {
            export_list(&app, user.user.as_deref(), file.as_deref(), with_passwords).await
        }
        What::Articles { folder, user } => export_articles(&app, user.user.as_deref(), &folder).await,
    };
    app.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn export_list(app: &App, user: Option<&str>, file: Option<&Path>, with_passwords: bool) -> Result<(), CliError> {
    let account = choose(&app.db, user).await?;
    let (text, feeds) = subscription_list(app, account.id, &account.name, with_passwords).await?;
    match file {
        Some(path) if path != Path::new("-") => {
            write_whole(path, text.as_bytes())?;
            println!("{} written to {}.", count(feeds, "feed"), path.display());
        }
        _ => std::io::stdout().write_all(text.as_bytes()).map_err(CliError::file("standard output"))?,
    }
    Ok(())
}

/// An account's subscriptions as OPML, and how many there are.
async fn subscription_list(
    app: &App,
    account: AccountId,
    name: &str,
    with_passwords: bool,
) -> Result<(String, usize), CliError> {
    let categories: HashMap<CategoryId, String> =
        app.db.categories(account).await?.into_iter().map(|category| (category.id, category.title)).collect();
    let outlines: Vec<Outline> = app
        .db
        .subscriptions(account)
        .await?
        .into_iter()
        .filter_map(|row| {
            let folder = row.category.and_then(|category| categories.get(&category).cloned());
            let url = row.url?;
            Some(Outline {
                url: if with_passwords { url } else { url.without_credentials() },
                title: row.title,
                site_url: row.site_url,
                folders: folder.into_iter().collect(),
            })
        })
        .collect();
    Ok((opml::write(&format!("Subscriptions of {name}"), &outlines, app.clock.now()), outlines.len()))
}

async fn export_articles(app: &App, user: Option<&str>, folder: &Path) -> Result<(), CliError> {
    let account = choose(&app.db, user).await?;
    let feeds = app.db.subscriptions(account.id).await?;
    let bar = progress::bar(feeds.len(), "Exporting");
    let mut taken = HashMap::new();
    let mut written = 0;
    for feed in &feeds {
        bar.set_message(feed.title.clone());
        let folder = folder.join(folder_of(feed, &mut taken));
        written += export_feed(app, account.id, feed, &folder).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{} written to {}.", count(written, "article"), folder.display());
    Ok(())
}

/// A folder of its own for each feed, also where two have the same title.
fn folder_of(feed: &SubscriptionRow, taken: &mut HashMap<String, ()>) -> String {
    let title = match (&feed.url, feed.title.trim()) {
        (Some(url), "") => url.host(),
        (None, "") => "Saved",
        (_, title) => title,
    };
    let mut name = archive::folder_name(title);
    // Some file systems do not tell cases apart.
    if taken.insert(name.to_lowercase(), ()).is_some() {
        name = format!("{name} ({})", feed.feed);
        taken.insert(name.to_lowercase(), ());
    }
    name
}

async fn export_feed(app: &App, account: AccountId, feed: &SubscriptionRow, folder: &Path) -> Result<usize, CliError> {
    let mut written = 0;
    let mut after = ArticleId(0);
    loop {
        let ids = app.db.article_ids(feed.feed, after, PAGE).await?;
        let Some(last) = ids.last() else { return Ok(written) };
        after = *last;
        if written == 0 {
            fs::create_dir_all(folder).map_err(CliError::file(folder))?;
        }
        for id in ids {
            let Some(article) = app.db.article(account, id).await? else { continue };
            let name = archive::file_name(id.0, &article.title);
            let own = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let source = archive::source_beside(&own, feed.title.trim());
            let text = archive::write(&name, &ArchivedArticle { source, ..archived(article) });
            write_whole(&folder.join(&name), text.as_bytes())?;
            written += 1;
        }
    }
}

/// Writes a file beside its place and moves it there, so that a full disk never leaves half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.map_err(|source| {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&part);
        CliError::File { path: path.to_owned(), source }
    })
}
