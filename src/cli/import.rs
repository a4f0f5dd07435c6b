//! `gleaner import`: subscription lists, what other readers and keepers export, archived articles, and whole trees of them.

mod find;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::find::{Findings, Folder, FoundFile, find, is_other};
use super::account::{UserArg, choose};
use super::whole_account::in_words;
use super::{CliError, also, count, open, progress};
use crate::app::App;
use crate::archive::{ArchiveError, MAX_BYTES};
use crate::config::Settings;
use crate::domain::AccountId;
use crate::feed::opml::RefusedReason;
use crate::imports::{self, ImportsError, MAX_BYTES as MAX_BYTES_OF_EXPORT, Part};
use crate::jobs::import::{
    ArchiveFile, ArchiveImport, ImportError, ImportOptions, ImportReport, OpmlReport, SkipReason, opml,
};
use crate::jobs::import_log::ImportLog;
use crate::jobs::import_parts::{self, ItemsReport, PartReport};

/// What to take in, and for whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gleaner import subscriptions.opml     follow everything in the list; folders become categories
  gleaner import pocket.zip stars.json  take in what other programs export, with states and tags
  gleaner import omnivore/ pocket/      the same, unpacked
  gleaner import articles/ blog/        archived articles and posts of static sites; each folder becomes a source
  gleaner import --dry-run articles/    only say what would be taken in

Recognised by their content: OPML, FreshRSS, Inoreader, Feedly, Miniflux, Tiny Tiny RSS, Feedbin, NewsBlur, Pocket,
Instapaper, Omnivore, wallabag, Readeck, Karakeep, Linkwarden, Shiori, linkding, Pinboard, Delicious, Diigo, Raindrop.io,
Readwise, bookmarks of browsers, single pages (HTML), posts of Jekyll (Markdown or HTML with front matter), any table (CSV) or
JSON with addresses, and archives (.zip) of these. In a folder only what a known program wrote is taken.

What is there already is left alone, so an import can be repeated. For ten minutes it can be taken back: /settings/import.")]
pub struct ImportArgs {
    /// OPML files, exports of other programs, archived articles (.txt, .md), or folders of them.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
    /// Read everything, store nothing, and report.
    #[arg(long)]
    dry_run: bool,
    /// Count imported articles as read.
    #[arg(long)]
    read: bool,
    #[command(flatten)]
    user: UserArg,
}

/// Files read and handed over together.
const CHUNK: usize = 64;
/// Rows of an export that are named when they were not taken.
const SHOWN_ROWS: usize = 100;
/// The source of articles that name none.
const FALLBACK_SOURCE: &str = "Imported";
/// Runs the command.
pub async fn run(settings: Settings, args: ImportArgs) -> Result<ExitCode, CliError> {
    // Before anything is opened: a mistyped path must not leave half an import behind.
    let mut findings = Findings::default();
    for path in &args.paths {
        find(path, &mut findings)?;
    }
    let app = open(settings).await?;
    let done = import(&app, &args, findings).await;
    app.close().await;
    done
}

async fn import(app: &App, args: &ImportArgs, findings: Findings) -> Result<ExitCode, CliError> {
    let account = choose(&app.db, args.user.user.as_deref()).await?;
    let mut log = ImportLog::begin(app, account.id).await?;
    let done = import_all(app, account.id, args, findings, &mut log).await;
    if !args.dry_run {
        // What broke off can be taken back as well.
        let names: Vec<String> = args.paths.iter().take(3).map(|path| path.display().to_string()).collect();
        log.close(names.join(", ")).await?;
    }
    done
}

async fn import_all(
    app: &App,
    account: AccountId,
    args: &ImportArgs,
    findings: Findings,
    log: &mut ImportLog<'_>,
) -> Result<ExitCode, CliError> {
    let mut all_failed = true;
    let mut findings = findings;
    for path in &findings.lists {
        all_failed &= !import_list(app, account, path, args.dry_run).await?;
    }
    let options = ImportOptions { dry_run: args.dry_run, read: args.read };
    for path in &findings.exports {
        all_failed &= !import_export(app, account, path, options, log).await?;
    }
    let mut any_of_folders = false;
    for folder in std::mem::take(&mut findings.folders) {
        let Some((path, parts, used)) = read_folder(folder).await else { continue };
        findings.articles.retain(|file| !used.contains(&file.path));
        findings.others -= used.iter().filter(|path| is_other(path)).count().min(findings.others);
        if !parts.is_empty() {
            any_of_folders = true;
            all_failed &= !take_parts(app, account, &path, &parts, options, log).await?;
        }
    }
    if !findings.articles.is_empty() {
        let report = import_articles(app, account, &findings.articles, options, log).await?;
        all_failed &= report.added + report.changed + report.unchanged == 0;
        tell(&report, args.dry_run);
    }
    if findings.others > 0 {
        println!("Left alone: {} with other endings.", count(findings.others, "file"));
    }
    if findings.lists.is_empty() && findings.exports.is_empty() && findings.articles.is_empty() && !any_of_folders {
        return Err(CliError::Failed(
            "there is no OPML file, no export and no .txt or .md file at these paths".to_owned(),
        ));
    }
    Ok(if all_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Follows a list's feeds; false if it is none.
async fn import_list(app: &App, account: AccountId, path: &Path, dry_run: bool) -> Result<bool, CliError> {
    let bytes = fs::read(path).map_err(CliError::file(path))?;
    let report = match opml(app, account, &bytes, dry_run).await {
        Ok(report) => report,
        Err(ImportError::Opml(error)) => {
            println!("Skipped {}: {error}", path.display());
            return Ok(false);
        }
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    let verb = if dry_run { "would be followed" } else { "followed" };
    tell_list(&path.display().to_string(), &report, verb);
    Ok(true)
}

fn tell_list(name: &str, report: &OpmlReport, verb: &str) {
    println!(
        "{name}: {} {verb}{}.",
        count(report.followed.len(), "feed"),
        also(&[(report.already, "already"), (report.refused.len(), "not taken")])
    );
    for refused in report.refused.iter().chain(&report.others) {
        let reason = match refused.reason {
            RefusedReason::NotAnAddress => "no web address",
            RefusedReason::Scheme => "not an http or https address",
            RefusedReason::TooLong => "longer than 4,096 bytes",
            RefusedReason::NoFeed => "not said to be a feed",
        };
        println!("  not taken: {} ({reason})", refused.text);
    }
}

/// What is known among the files of a folder: where it lies, its parts, and the files that they were read from. `None` if they are too
/// many, which is said.
async fn read_folder(mut folder: Folder) -> Option<(PathBuf, Vec<Part>, HashSet<PathBuf>)> {
    let path = folder.path.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let read = imports::read_files(&mut folder, false);
        read.map(|(parts, used)| (parts, used.iter().filter_map(|name| folder.all.get(name).cloned()).collect()))
    });
    match reading.await.unwrap_or(Err(ImportsError::Unknown)) {
        Ok((parts, used)) => Some((path, parts, used)),
        Err(error) => {
            println!("Skipped {}: {error}", path.display());
            None
        }
    }
}

/// Takes in what another program exported; false if nothing in the file is known.
async fn import_export(
    app: &App,
    account: AccountId,
    path: &Path,
    options: ImportOptions,
    log: &mut ImportLog<'_>,
) -> Result<bool, CliError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let length = fs::metadata(path).map_err(CliError::file(path))?.len();
    let parts = if length > MAX_BYTES_OF_EXPORT as u64 {
        Err(ImportsError::TooLarge)
    } else {
        import_parts::read(name, fs::read(path).map_err(CliError::file(path))?).await
    };
    let parts = match parts {
        Ok(parts) => parts,
        Err(error) => {
            println!("Skipped {}: {error}", path.display());
            return Ok(false);
        }
    };
    take_parts(app, account, path, &parts, options, log).await
}

async fn take_parts(
    app: &App,
    account: AccountId,
    path: &Path,
    parts: &[Part],
    options: ImportOptions,
    log: &mut ImportLog<'_>,
) -> Result<bool, CliError> {
    let bar = progress::bar(import_parts::steps(parts), "Importing");
    bar.set_message(path.display().to_string());
    let done =
        import_parts::take_in(app, account, parts, options, FALLBACK_SOURCE, log, &|steps| bar.inc(steps as u64)).await;
    bar.finish_and_clear();
    let reports = match done {
        Ok(reports) => reports,
        Err(ImportError::Opml(error)) => {
            println!("Skipped {}: {error}", path.display());
            return Ok(false);
        }
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    println!("{}:", path.display());
    for report in &reports {
        match report {
            PartReport::Items(name, report) => tell_items(name, report, options.dry_run),
            PartReport::Subscriptions(name, report) => {
                tell_list(name, report, if options.dry_run { "would be followed" } else { "followed" });
            }
            PartReport::Account(name, taken) if options.dry_run => {
                let already = also(&[(taken.already, "there already")]);
                println!("{name}: {} would be taken in{already}.", count(taken.added, "article"));
            }
            PartReport::Account(name, taken) => println!("{name}: {}", in_words(taken)),
            PartReport::Archived(report) => tell(report, options.dry_run),
        }
    }
    Ok(true)
}

fn tell_items(name: &str, report: &ItemsReport, dry_run: bool) {
    println!(
        "{name} ({}): {} {}{}.",
        report.format.name(),
        count(report.added, "article"),
        if dry_run { "would be taken in" } else { "new" },
        also(&[(report.already, "there already"), (report.refused_count, "not taken")])
    );
    if report.to_fetch > 0 {
        let page = count(report.to_fetch, "page");
        println!(
            "  {page} {} by the server, one after the other",
            if dry_run { "would be fetched" } else { "will be fetched" }
        );
    }
    if dry_run {
        report.titles.iter().for_each(|title| println!("  · {title}"));
    }
    for (row, reason) in report.refused.iter().take(SHOWN_ROWS) {
        println!("  row {row} not taken: {reason}");
    }
    if report.refused_count > SHOWN_ROWS {
        println!("  and {} more", report.refused_count - SHOWN_ROWS);
    }
}

async fn import_articles(
    app: &App,
    account: AccountId,
    files: &[FoundFile],
    options: ImportOptions,
    log: &mut ImportLog<'_>,
) -> Result<ImportReport, CliError> {
    let bar = progress::bar(files.len(), "Importing");
    let mut import = ArchiveImport::new(app, account, options);
    for chunk in files.chunks(CHUNK) {
        if let Some(last) = chunk.last() {
            bar.set_message(last.path.display().to_string());
        }
        let mut loaded = Vec::with_capacity(chunk.len());
        for file in chunk {
            match load(file) {
                Ok(file) => loaded.push(file),
                Err(reason) => import.skip(file.path.display().to_string(), reason),
            }
        }
        import.add(loaded).await?;
        import.note(log).await?;
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    log.changed(import.changed());
    Ok(import.finish())
}

fn load(file: &FoundFile) -> Result<ArchiveFile, SkipReason> {
    let failed = |error: std::io::Error| SkipReason::File(error.to_string());
    let length = fs::metadata(&file.path).map_err(failed)?.len();
    if length > MAX_BYTES as u64 {
        return Err(ArchiveError::TooLarge.into());
    }
    Ok(ArchiveFile {
        name: file.path.display().to_string(),
        folders: file.folders.clone(),
        fallback_source: FALLBACK_SOURCE.to_owned(),
        bytes: fs::read(&file.path).map_err(failed)?,
    })
}

fn tell(report: &ImportReport, dry_run: bool) {
    let sources = count(report.sources.len(), "source");
    if dry_run {
        println!("{} from {sources} would be read in.", count(report.added, "article"));
    } else {
        println!(
            "{} from {sources}: {} new{}.",
            count(report.added + report.changed + report.unchanged, "article"),
            report.added,
            also(&[(report.changed, "changed"), (report.unchanged, "there already")])
        );
    }
    if !report.skipped.is_empty() {
        println!("Skipped {}:", count(report.skipped.len(), "file"));
    }
    for (name, reason) in &report.skipped {
        println!("  {name}: {reason}");
    }
}
