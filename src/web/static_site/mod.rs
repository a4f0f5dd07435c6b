//! A list as a site of files: pages, feeds and archived articles in a folder, for any web server or none.
//!
//! Owns: what stands in such a folder and when a file of it is written again; in `wishes` what was asked for and in `manifest`
//! what each file was made from; in `lines` which articles a site has, in `article` what is made of one, in `pages` the pages of
//! lists and their templates, in `files` how a file gets its name, in `git` the history of the folder. Does not own: the
//! archived form (`archive`), the formats of feeds (`feed::publish`), when a site is brought up to date by itself (`keep`, which
//! the server runs) and what a list has (`store`).
//!
//! In: an account, a list, a folder. Out: files, and a [`Report`]. Nothing is fetched: a picture that is not kept is left out.
//! Nothing in a page acts but the search, which has a page of its own; every page says so in its policy. A page of an article
//! stays when the article leaves the list, until somebody asks for the rest to be swept away.

mod article;
mod files;
mod git;
mod lines;
mod manifest;
mod pages;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use self::article::{Made, make};
use self::files::Files;
use self::lines::{Line, Lines};
use self::manifest::Manifest;
use self::pages::Shell;
use super::MediaSigner;
use super::locale::Locale;
use super::page::{BasePath, Frame};
use super::signer::instance_secret;
use super::view::Preferences;
use crate::app::{App, SharedApp};
use crate::domain::{AccountId, ArticleId, hex};
use crate::store::StoreError;

pub use wishes::Wishes;

/// Goes up when the same articles are to become other files.
const FORM: u32 = 3;
/// Articles whose files are made at the same time; more would only wait for the threads.
const AT_ONCE: usize = 4;
/// After so many the manifest is written, so that what was made is not made again if the rest is broken off.
const STRETCH: usize = 2_000;
/// How long a site may be behind.
const PAUSE: Duration = Duration::from_secs(60);

/// Why a site could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds something else.
    #[error("{} holds files that are not of this list; choose another folder, or say --replace", .0.display())]
    Foreign(PathBuf),
    /// Another program is at it.
    #[error("{} is being written by another program", .0.display())]
    Busy(PathBuf),
    /// No account to work for.
    #[error("there is no account called “{0}”")]
    Account(String),
    /// No account at all.
    #[error("there is no account yet; make one with `gleaner user add NAME --admin`, or open the web page")]
    NoAccount,
    /// There is no such list.
    #[error("there is no list “{0}”; say all, starred, later, feed:TITLE, category:TITLE or tag:NAME")]
    List(String),
    /// The address of the site is none.
    #[error("“{0}” is no address of a site; it begins with https:// or http://")]
    Address(String),
    /// There is no git.
    #[error("git: the program git is not there; install it, or leave out --git")]
    NoGit,
    /// It refused.
    #[error("git: {0}")]
    Git(String),
    /// A page could not be drawn.
    #[error("a page could not be drawn: {0}")]
    Page(#[from] askama::Error),
}

/// What became of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Articles of the list.
    pub articles: usize,
    /// Articles whose files were made, new ones and changed ones.
    pub made: usize,
    /// How many were to be made; those that went meanwhile, or that could not be made, are tried again the next time.
    pub wanted: usize,
    /// Files that were written because their content is another.
    pub written: usize,
    /// Files that were taken away.
    pub removed: usize,
    /// Pages of articles that are no longer part of the list and stay.
    pub left: usize,
    /// Articles of feeds that are read with a password, which are left out.
    pub private: usize,
    /// The history got another entry.
    pub committed: bool,
}

/// Brings the site in `folder` up to date, or makes it. `progress` is told how many articles are done, and of how many.
pub async fn publish(
    app: &App,
    folder: &Path,
    wishes: &Wishes,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Report, PublishError> {
    let signer = MediaSigner::new(BasePath::default(), instance_secret(app).await?);
    let home = hex(&signer.name("site"));
    let (mut manifest, _lock) = Manifest::open(folder, &home, wishes.replace)?;
    let had_git = manifest.git;
    let plan = wishes.settle(app, &mut manifest).await?;
    let lines = Lines::read(app, plan.account, plan.scope).await?;
    let preferences = Preferences::from_json(&app.db.account_settings(plan.account).await?);
    let locale = preferences.language.as_deref().and_then(Locale::by_tag).unwrap_or_default();
    let mut frame = Frame::bare(locale, BasePath::default(), app.clock.now());
    frame.preferences = preferences;
    let shell = Arc::new(Shell::new(frame, &plan, signer));
    let look = manifest::digest(&[&FORM.to_string(), env!("CARGO_PKG_VERSION"), &shell.look()]);
    let fingerprint = lines.fingerprint(&look);

    let mut report = Report { articles: lines.all.len(), private: lines.private, ..Report::default() };
    let present: BTreeSet<i64> = lines.all.iter().map(|line| line.id.0).collect();
    report.left = manifest.articles.keys().filter(|id| !present.contains(id)).count();
    let is_swept = !wishes.prune || report.left == 0;
    if manifest.list == fingerprint && is_swept && manifest.is_whole(folder) {
        report.committed = commit(folder, &mut manifest, had_git, &report).await?;
        return Ok(report);
    }
    if wishes.prune {
        manifest.articles.retain(|id, _| present.contains(id));
        report.left = 0;
    }
    // Until everything is in its place again, nothing is believed to be.
    manifest.list.clear();
    let mut files = Files::new(folder, std::mem::take(&mut manifest.files));
    make_articles(app, &shell, &lines, &look, (&mut manifest, &mut files), (&mut report, progress)).await?;
    pages::write_all(app, &shell, &lines, &manifest, &mut files, plan.account).await?;
    let kept = manifest.kept_files();
    report.removed = files.remove_others(&kept)?;
    report.written = files.written;
    manifest.files = files.into_marks();
    if report.made == report.wanted {
        manifest.list = fingerprint;
    }
    manifest.committed = false;
    manifest.save(folder)?;
    report.committed = commit(folder, &mut manifest, had_git, &report).await?;
    Ok(report)
}

/// Makes the files of every article that is another one than when they were made.
async fn make_articles(
    app: &App,
    shell: &Arc<Shell>,
    lines: &Lines,
    look: &str,
    (manifest, files): (&mut Manifest, &mut Files),
    (report, progress): (&mut Report, &(dyn Fn(usize, usize) + Sync)),
) -> Result<(), PublishError> {
    for line in &lines.all {
        manifest.folder_of(line.feed.0, &line.feed_title);
    }
    let folders: BTreeMap<i64, String> = manifest.feeds.clone();
    let stale: Vec<&Line> = lines.all.iter().filter(|line| !is_fresh(manifest, files, line, look)).collect();
    let account = lines.account;
    report.wanted = stale.len();
    let mut done = 0;
    for stretch in stale.chunks(STRETCH) {
        let known = files.reader();
        let mut work = Vec::with_capacity(stretch.len());
        for line in stretch {
            let known_place = manifest.articles.get(&line.id.0).map(|entry| entry.text.clone());
            let place = known_place.unwrap_or_else(|| manifest::article_place(&folders, line.feed.0, line.id.0));
            work.push(make(app, account, shell.clone(), (*line).clone(), place, known.clone()));
        }
        let mut coming = stream::iter(work).buffer_unordered(AT_ONCE);
        let mut made: Vec<Made> = Vec::with_capacity(stretch.len());
        while let Some(one) = coming.next().await {
            done += 1;
            made.extend(one?);
            progress(done, stale.len());
        }
        drop(coming);
        report.made += made.len();
        let stamps: HashMap<ArticleId, &str> = stretch.iter().map(|line| (line.id, line.stamp.as_str())).collect();
        for one in made {
            let stamp = stamps.get(&one.id).copied().unwrap_or_default();
            manifest.articles.insert(one.id.0, one.entry(manifest::digest(&[look, stamp])));
            files.take_in(one.files);
        }
        manifest.files = files.marks();
        manifest.save(files.root())?;
    }
    Ok(())
}

fn is_fresh(manifest: &Manifest, files: &Files, line: &Line, look: &str) -> bool {
    manifest.articles.get(&line.id.0).is_some_and(|entry| {
        entry.stamp == manifest::digest(&[look, &line.stamp])
            && files.is_there(&manifest::page_place(line.id.0))
            && files.is_there(&entry.text)
            && entry.pictures.iter().all(|name| files.is_there(&format!("pictures/{name}")))
    })
}

/// Makes an entry of the history, where one is wanted and something is not in it; notes that for the next time.
async fn commit(folder: &Path, manifest: &mut Manifest, had_git: bool, report: &Report) -> Result<bool, PublishError> {
    let mut done = false;
    if manifest.git && !manifest.committed {
        let (place, words) = (folder.to_owned(), format!("{} articles, {} made", report.articles, report.made));
        let committing = tokio::task::spawn_blocking(move || git::commit(&place, &words)).await;
        done = committing.map_err(|stopped| PublishError::Git(stopped.to_string()))??;
        manifest.committed = true;
        manifest.save(folder)?;
    } else if manifest.git != had_git {
        manifest.save(folder)?;
    }
    Ok(done)
}

/// Keeps the site in `folder` up to date until `stop` is cancelled: as it was asked for the last time, else everything that the
/// first administrator keeps.
pub async fn keep(app: SharedApp, folder: PathBuf, stop: CancellationToken) {
    let as_before = Wishes::default();
    let mut done = None;
    while !stop.is_cancelled() {
        // Read first: what is committed meanwhile is seen the next time.
        let revision = app.db.revision().await.ok();
        // A new server has nobody yet whose articles these could be.
        let is_set_up = app.db.count_accounts().await.is_ok_and(|accounts| accounts > 0);
        if is_set_up && (revision.is_none() || revision != done) {
            let running = publish(&app, &folder, &as_before, &|_, _| {});
            match stop.run_until_cancelled(running).await {
                Some(Ok(report)) => {
                    done = revision;
                    if report.written > 0 || report.removed > 0 {
                        tracing::info!(
                            articles = report.articles,
                            written = report.written,
                            "the site was brought up to date"
                        );
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "the site could not be brought up to date; trying again soon");
                }
                None => return,
            }
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}

/// A file below the folder of a site.
fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::File { path, source }
}

/// Whose site it is and of what.
#[derive(Debug, Clone)]
struct Plan {
    account: AccountId,
    name: String,
    scope: Option<crate::store::Scope>,
    title: Option<String>,
    list_title: Option<String>,
    address: Option<String>,
}
