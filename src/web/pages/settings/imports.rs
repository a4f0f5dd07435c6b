//! Files of other readers and keepers: sent, looked at, taken in.
//!
//! `POST /settings/import` reads the files and stores nothing; `GET /settings/import` shows what they hold, then how far it is,
//! then what became of it; `POST /settings/import/run` takes it in, `POST /settings/import/forget` lets it be.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::{IntoResponse as _, Response};

use super::super::framed::framed;
use super::super::see_other;
use super::files::{count, is_file, read, refuse, shortened, skipped, summary};
use crate::domain::WebUrl;
use crate::feed::opml::{Refused, RefusedReason};
use crate::imports::BadReason;
use crate::jobs::import::{ImportError, ImportOptions};
use crate::jobs::import_parts::{self, ItemsReport, PartReport, RowReason};
use crate::web::imports::{Looked, Stage};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::router::IMPORT_BYTES;
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
}

/// What the page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Preview,
    Nothing,
    Running,
    Done,
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
    let mut looked = Looked { parts: Vec::new(), reports: Vec::new(), unknown: Vec::new(), bytes: 0 };
    while let Some(field) = form.next_field().await? {
        let Some(name) = field.file_name().map(str::to_owned).filter(|_| is_file(&field)) else { continue };
        let bytes = read(field, IMPORT_BYTES - looked.bytes).await?;
        looked.bytes += bytes.len();
        match import_parts::read(name.clone(), bytes).await {
            Ok(parts) => looked.parts.extend(parts),
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
    looked.reports = match import_parts::take_in(&web.app, user.id, &looked.parts, options, source, &|_| {}).await {
        Ok(reports) => reports,
        Err(ImportError::Opml(_)) => return refuse(&web, &visit, &user, "imports.unknown").await,
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    web.imports.set(user.id, Stage::Waiting(Arc::new(looked)), web.app.clock.now());
    Ok(see_other(&web, HERE))
}

/// `GET /settings/import`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let Some(stage) = web.imports.stage(user.id) else { return Ok(see_other(&web, "/settings#data")) };
    let mut frame = framed(&web, &visit, &user, None).await?.frame;
    frame.here = HERE.to_owned();
    let locale = frame.locale;
    let mut page =
        ImportPage { frame, state: Shown::Failed, files: Vec::new(), unknown: Vec::new(), total: 0, done: 0 };
    match stage {
        Stage::Waiting(looked) => {
            page.files = looked.reports.iter().map(|report| view(report, true, locale)).collect();
            page.unknown.clone_from(&looked.unknown);
            page.total = looked.reports.iter().map(brings).sum();
            page.state = if page.total == 0 { Shown::Nothing } else { Shown::Preview };
        }
        Stage::Running(steps) => {
            page.state = Shown::Running;
            (page.total, page.done) = (count(steps.total), count(steps.done()));
        }
        Stage::Done(reports) => {
            page.state = Shown::Done;
            page.files = reports.iter().map(|report| view(report, false, locale)).collect();
        }
        Stage::Failed => {}
    }
    Ok(Page::new(page).into_response())
}

/// `POST /settings/import/run`: takes in what waits. A long import goes on by itself.
pub async fn run(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Response {
    let source = visit.frame(&web).locale.t("settings.imported_source");
    let begun = web.imports.begin(user.id, web.app.clock.now(), |looked| import_parts::steps(&looked.parts));
    if let Some((looked, steps)) = begun {
        let (house, account) = (web.clone(), user.id);
        let work = tokio::spawn(async move {
            let app = Arc::clone(&house.app);
            // A task of its own: if it dies, the page says so.
            let taking = tokio::spawn(async move {
                let step = |done| steps.add(done);
                import_parts::take_in(&app, account, &looked.parts, ImportOptions::default(), source, &step).await
            });
            let stage = match taking.await {
                Ok(Ok(reports)) => Stage::Done(Arc::new(reports)),
                Ok(Err(error)) => {
                    tracing::error!(%error, "an import failed");
                    Stage::Failed
                }
                Err(error) => {
                    tracing::error!(%error, "an import broke off");
                    Stage::Failed
                }
            };
            house.imports.set(account, stage, house.app.clock.now());
        });
        let _ = tokio::time::timeout(SOON, work).await;
    }
    see_other(&web, HERE)
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
            let news = if preview {
                locale.say("imports.feeds", [("n", &locale.number(followed))])
            } else {
                locale.count("settings.opml_followed", followed)
            };
            let already = locale.count("settings.opml_already", count(report.already));
            FileView {
                name: name.clone(),
                format: "OPML".to_owned(),
                summary: format!("{news} {already}"),
                titles: if preview { report.followed.iter().take(5).map(WebUrl::masked).collect() } else { Vec::new() },
                report: shortened(report.refused.iter().map(|refused| not_followed(refused, locale)), locale),
            }
        }
        PartReport::Account(name, taken) => FileView {
            name: name.clone(),
            format: locale.t("imports.account").to_owned(),
            summary: locale.say(
                "imports.summary",
                [("added", &taken.added), ("already", &taken.already), ("refused", &taken.refused)],
            ),
            titles: Vec::new(),
            report: Vec::new(),
        },
        PartReport::Archived(report) => FileView {
            name: String::new(),
            format: locale.t("imports.archived").to_owned(),
            summary: summary(report, locale),
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
    });
    format!("{}: {reason}", refused.text)
}

fn items_summary(report: &ItemsReport, locale: Locale) -> String {
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("added", &report.added), ("already", &report.already), ("refused", &report.refused_count)];
    let mut text = locale.say("imports.summary", values);
    if report.to_fetch > 0 {
        text.push(' ');
        text.push_str(&locale.say("imports.to_fetch", [("n", &locale.number(count(report.to_fetch)))]));
    }
    text
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
