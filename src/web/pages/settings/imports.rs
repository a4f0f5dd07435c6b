//! Files of other readers and keepers: sent, looked at, taken in.
//!
//! `POST /settings/import` reads the files and stores nothing; `GET /settings/import` shows what they hold, then how far it is,
//! then what became of it; `POST /settings/import/run` takes it in, `POST /settings/import/forget` lets it be. For ten minutes
//! `POST /settings/import/undo` takes it back, also after a restart.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::{IntoResponse as _, Response};

use super::super::framed::framed;
use super::super::see_other;
use super::files::{archived, count, is_file, read, refuse, sentences, shortened, skipped, summary};
use crate::domain::{AccountId, WebUrl};
use crate::feed::opml::{Refused, RefusedReason};
use crate::imports::BadReason;
use crate::jobs::housekeeping;
use crate::jobs::import::{ImportError, ImportOptions};
use crate::jobs::import_log::ImportLog;
use crate::jobs::import_parts::{self, ItemsReport, PartReport, RowReason};
use crate::store::{StoreError, UndoableImport};
use crate::web::imports::{Looked, Stage};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::router::IMPORT_BYTES;
use crate::web::view::{Done, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Where all this is shown.
const HERE: &str = "/settings/import";
/// So long the answer waits for an import to be over; longer ones are watched.
const SOON: Duration = Duration::from_millis(1_500);

#[derive(Debug, Template)]
#[template(path = "pages/import.html")]
struct ImportPage {
    frame: Frame,
    state: Shown,
    files: Vec<FileView>,
    unknown: Vec<String>,
    total: i64,
    done: i64,
    /// What is said of an import that was taken back.
    undone: Vec<String>,
    /// Whether something of that lies in the trash.
    fills_trash: bool,
    undoable: Vec<UndoView>,
}

/// An import that can still be taken back.
#[derive(Debug)]
struct UndoView {
    receipt: i64,
    name: String,
    /// What it brought, and until when.
    facts: String,
    /// What of it stays in any case.
    stays: Vec<String>,
}

/// What the page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Preview,
    Nothing,
    Running,
    TakingBack,
    Done,
    Undone,
    /// Nothing but imports that can be taken back.
    Earlier,
    Failed,
}

/// What is said of one file.
#[derive(Debug)]
struct FileView {
    name: String,
    format: String,
    summary: String,
    /// First titles.
    titles: Vec<String>,
    /// What was not taken.
    report: Vec<String>,
}

/// `POST /settings/import`: any number of files in fields named `file`.
pub async fn look(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, WebError> {
    if matches!(web.imports.stage(user.id), Some(Stage::Running(_))) {
        return Ok(see_other(&web, HERE));
    }
    let mut form = form?;
    let mut looked =
        Looked { parts: Vec::new(), names: Vec::new(), reports: Vec::new(), unknown: Vec::new(), bytes: 0 };
    while let Some(field) = form.next_field().await? {
        let Some(name) = field.file_name().map(str::to_owned).filter(|_| is_file(&field)) else { continue };
        let bytes = read(field, IMPORT_BYTES - looked.bytes).await?;
        looked.bytes += bytes.len();
        match import_parts::read(name.clone(), bytes).await {
            Ok(parts) => {
                looked.parts.extend(parts);
                looked.names.push(name);
            }
            Err(error) => {
                tracing::debug!(%error, "an uploaded export could not be read");
                looked.unknown.push(name);
            }
        }
    }
    if looked.parts.is_empty() {
        let key = if looked.unknown.is_empty() { "settings.no_file" } else { "imports.unknown" };
        return refuse(&web, &visit, &user, key).await;
    }
    let options = ImportOptions { dry_run: true, read: false };
    let source = visit.frame(&web).locale.t("settings.imported_source");
    let mut log = ImportLog::begin(&web.app, user.id).await?;
    looked.reports =
        match import_parts::take_in(&web.app, user.id, &looked.parts, options, source, &mut log, &|_| {}).await {
            Ok(reports) => reports,
            Err(ImportError::Opml(_)) => return refuse(&web, &visit, &user, "imports.unknown").await,
            Err(ImportError::Store(error)) => return Err(error.into()),
        };
    web.imports.set(user.id, Stage::Waiting(Arc::new(looked)), web.app.clock.now());
    Ok(see_other(&web, HERE))
}

/// `GET /settings/import`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let stage = web.imports.stage(user.id);
    let undoable = web.app.db.imports_to_undo(user.id, web.app.clock.now()).await?;
    if stage.is_none() && undoable.is_empty() {
        return Ok(see_other(&web, "/settings#data"));
    }
    let mut frame = framed(&web, &visit, &user, None).await?.frame;
    frame.here = HERE.to_owned();
    let locale = frame.locale;
    let undoable = undoable.iter().map(|one| undo_view(one, &frame)).collect();
    let mut page = ImportPage {
        frame,
        state: Shown::Earlier,
        files: Vec::new(),
        unknown: Vec::new(),
        total: 0,
        done: 0,
        undone: Vec::new(),
        fills_trash: false,
        undoable,
    };
    match stage {
        None => {}
        Some(Stage::Waiting(looked)) => {
            page.files = looked.reports.iter().map(|report| view(report, true, locale)).collect();
            page.unknown.clone_from(&looked.unknown);
            page.total = looked.reports.iter().map(brings).sum();
            page.state = if page.total == 0 { Shown::Nothing } else { Shown::Preview };
        }
        Some(Stage::Running(steps)) => {
            page.state = if steps.is_undo { Shown::TakingBack } else { Shown::Running };
            (page.total, page.done) = (count(steps.total), count(steps.done()));
        }
        Some(Stage::Undone(undone)) => {
            page.state = Shown::Undone;
            let number = |number: u64| locale.number(i64::try_from(number).unwrap_or(i64::MAX));
            let (thrown, feeds) = (number(undone.thrown), number(undone.feeds));
            let values: [(&str, &dyn std::fmt::Display); 2] = [("articles", &thrown), ("feeds", &feeds)];
            page.undone.push(locale.say("imports.undone", values));
            if undone.kept > 0 {
                page.undone.push(locale.say("imports.undone_kept", [("n", &number(undone.kept))]));
            }
            if undone.thrown > 0 {
                page.undone.push(locale.t("imports.undone_trash").to_owned());
                page.fills_trash = true;
            }
        }
        Some(Stage::Done(reports)) => {
            page.state = Shown::Done;
            page.files = reports.iter().map(|report| view(report, false, locale)).collect();
        }
        Some(Stage::Failed) => page.state = Shown::Failed,
    }
    Ok(Page::new(page).into_response())
}

/// `POST /settings/import/run`: takes in what waits. A long import goes on by itself.
pub async fn run(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Response {
    let source = visit.frame(&web).locale.t("settings.imported_source");
    let begun = web.imports.begin(user.id, web.app.clock.now(), |looked| import_parts::steps(&looked.parts));
    if let Some((looked, steps)) = begun {
        let (app, account) = (Arc::clone(&web.app), user.id);
        let taking = async move {
            let step = |done| steps.add(done);
            let mut log = ImportLog::begin(&app, account).await?;
            let options = ImportOptions::default();
            let taken = import_parts::take_in(&app, account, &looked.parts, options, source, &mut log, &step).await;
            // What broke off can be taken back as well.
            log.close(looked.names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")).await?;
            Ok::<_, ImportError>(Stage::Done(Arc::new(taken?)))
        };
        carry_out(&web, account, "an import", taking).await;
    }
    see_other(&web, HERE)
}

/// Does what was begun (`name` for the log), and notes what became of it. Waits a little for that; what takes longer goes on by itself.
async fn carry_out<E: std::fmt::Display + Send + 'static>(
    web: &WebState,
    account: AccountId,
    name: &'static str,
    work: impl Future<Output = Result<Stage, E>> + Send + 'static,
) {
    let house = web.clone();
    let watched = tokio::spawn(async move {
        // A task of its own: if it dies, the page says so.
        let stage = match tokio::spawn(work).await {
            Ok(Ok(stage)) => stage,
            Ok(Err(error)) => {
                tracing::error!(%error, "{name} failed");
                Stage::Failed
            }
            Err(error) => {
                tracing::error!(%error, "{name} broke off");
                Stage::Failed
            }
        };
        house.imports.set(account, stage, house.app.clock.now());
    });
    let _ = tokio::time::timeout(SOON, watched).await;
}

/// What names an import that can be taken back.
#[derive(Debug, serde::Deserialize)]
pub struct UndoForm {
    receipt: i64,
}

/// `POST /settings/import/undo`: takes back an import of the last ten minutes. A long one goes on by itself.
pub async fn undo(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<UndoForm>,
) -> Result<Response, WebError> {
    let now = web.app.clock.now();
    let known = web.app.db.imports_to_undo(user.id, now).await?;
    let Some(known) = known.into_iter().find(|one| one.receipt == form.receipt) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooLate).on("/settings#data")));
    };
    if let Some(steps) = web.imports.begin_undo(user.id, now, known.imported.articles.len()) {
        let (app, account) = (Arc::clone(&web.app), user.id);
        let taking = async move {
            let undone = housekeeping::undo_import(&app, account, known.receipt, &|done| steps.add(done)).await?;
            Ok::<_, StoreError>(Stage::Undone(undone.unwrap_or_default()))
        };
        carry_out(&web, account, "taking back an import", taking).await;
    }
    Ok(see_other(&web, HERE))
}

fn undo_view(one: &UndoableImport, frame: &Frame) -> UndoView {
    let (locale, imported) = (frame.locale, &one.imported);
    let number = |number: usize| locale.number(count(number));
    let (articles, feeds) = (number(imported.articles.len()), number(imported.new.feeds.len()));
    let until = locale.date_time(one.until, &frame.zone());
    let values: [(&str, &dyn std::fmt::Display); 3] = [("articles", &articles), ("feeds", &feeds), ("date", &until)];
    let mut stays = Vec::new();
    if imported.changed > 0 {
        stays.push(locale.say("imports.undo_changed", [("n", &number(imported.changed))]));
    }
    if imported.account_file.is_some() {
        stays.push(locale.t("imports.undo_settings").to_owned());
    }
    UndoView {
        receipt: one.receipt,
        name: imported.name.clone(),
        facts: locale.say("imports.undo_facts", values),
        stays,
    }
}

/// `POST /settings/import/forget`
pub async fn forget(State(web): State<WebState>, user: CurrentUser) -> Response {
    web.imports.forget(user.id);
    see_other(&web, "/settings#data")
}

/// How much new a part would bring.
fn brings(report: &PartReport) -> i64 {
    count(match report {
        PartReport::Items(_, report) => report.added,
        PartReport::Subscriptions(_, report) => report.followed.len(),
        PartReport::Account(_, taken) => taken.added + taken.feeds,
        PartReport::Archived(report) => report.added + report.changed,
    })
}

fn view(report: &PartReport, preview: bool, locale: Locale) -> FileView {
    match report {
        PartReport::Items(name, report) => FileView {
            name: name.clone(),
            format: report.format.name().to_owned(),
            summary: items_summary(report, locale),
            titles: if preview { report.titles.clone() } else { Vec::new() },
            report: rows(report, locale),
        },
        PartReport::Subscriptions(name, report) => {
            let followed = count(report.followed.len());
            let already = count(report.already);
            let news = if preview {
                locale.say("imports.feeds", [("n", &locale.number(followed))])
            } else {
                locale.count("settings.opml_followed", followed)
            };
            // What there is nothing of is not worth a sentence; but one is said.
            let news = (followed > 0 || already == 0).then_some(news);
            let already = (already > 0).then(|| locale.count("settings.opml_already", already));
            let not_taken: Vec<&Refused> = report.refused.iter().chain(&report.others).collect();
            FileView {
                name: name.clone(),
                format: "OPML".to_owned(),
                summary: sentences(news.into_iter().chain(already)),
                titles: if preview { report.followed.iter().take(5).map(WebUrl::masked).collect() } else { Vec::new() },
                report: shortened(not_taken.iter().map(|refused| not_followed(refused, locale)), locale),
            }
        }
        PartReport::Account(name, taken) => FileView {
            name: name.clone(),
            format: locale.t("imports.account").to_owned(),
            summary: summary(
                &[
                    ("imports.added", taken.added),
                    ("imports.already", taken.already),
                    ("imports.refused", taken.refused),
                ],
                locale,
            ),
            titles: Vec::new(),
            report: Vec::new(),
        },
        PartReport::Archived(report) => FileView {
            name: String::new(),
            format: locale.t("imports.archived").to_owned(),
            summary: archived(report, locale),
            titles: Vec::new(),
            report: skipped(report, locale),
        },
    }
}

/// A line of a list of subscriptions that names no feed, and why.
fn not_followed(refused: &Refused, locale: Locale) -> String {
    let reason = locale.t(match refused.reason {
        RefusedReason::NotAnAddress => "settings.refused_address",
        RefusedReason::Scheme => "settings.refused_scheme",
        RefusedReason::TooLong => "settings.refused_long",
        RefusedReason::NoFeed => "settings.refused_no_feed",
    });
    format!("{}: {reason}", refused.text)
}

fn items_summary(report: &ItemsReport, locale: Locale) -> String {
    let counts = [
        ("imports.added", report.added),
        ("imports.already", report.already),
        ("imports.refused", report.refused_count),
    ];
    let to_fetch =
        (report.to_fetch > 0).then(|| locale.say("imports.to_fetch", [("n", &locale.number(count(report.to_fetch)))]));
    sentences([summary(&counts, locale)].into_iter().chain(to_fetch))
}

fn rows(report: &ItemsReport, locale: Locale) -> Vec<String> {
    let lines = report.refused.iter().map(|(row, reason)| {
        let (key, address) = match reason {
            RowReason::Bad(BadReason::NoAddress) => ("imports.no_address", ""),
            RowReason::Bad(BadReason::Unreadable) => ("imports.unreadable", ""),
            RowReason::Bad(BadReason::TooMany) => ("imports.too_many", ""),
            RowReason::NoWebAddress(address) => ("settings.refused_address", address.as_str()),
            RowReason::Refused(_) => ("settings.skip_refused", ""),
        };
        let row = locale.say("imports.row", [("n", row as &dyn std::fmt::Display)]);
        format!("{row}: {}{}{address}", locale.t(key), if address.is_empty() { "" } else { " · " })
    });
    shortened(lines, locale)
}
