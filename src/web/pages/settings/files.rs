//! An account's data in and out: lists of subscriptions as OPML, articles as files.
//!
//! Uploads are read file by file, so that a folder of any size needs the memory of a few files only.

use std::collections::HashMap;

use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::page;
use crate::domain::CategoryId;
use crate::feed::opml::{self, Outline};
use crate::jobs::import::{ArchiveFile, ArchiveImport, ImportOptions, ImportReport, SkipReason};
use crate::jobs::import_log::ImportLog;
use crate::web::locale::Locale;
use crate::web::page::Notice;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// Lines of a report that are shown; a longer one ends with how many more there are.
const REPORT_LINES: usize = 100;
/// The most bytes of one uploaded article.
const ARTICLE_BYTES: usize = 8 * 1024 * 1024;
/// Files that are handed on together: at most so many, and no further one once they have so many bytes.
const BATCH_FILES: usize = 20;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// `GET /settings/subscriptions.opml`: everything this account follows, as a download.
pub async fn export_opml(State(web): State<WebState>, user: CurrentUser) -> Result<Response, WebError> {
    let db = &web.app.db;
    let categories: HashMap<CategoryId, String> =
        db.categories(user.id).await?.into_iter().map(|category| (category.id, category.title)).collect();
    let subscriptions = db.subscriptions(user.id).await?;
    let outlines: Vec<Outline> = subscriptions
        .into_iter()
        .filter_map(|row| {
            let folder = row.category.and_then(|id| categories.get(&id).cloned());
            // A private feed of saved pages has no address that another reader could follow.
            Some(Outline {
                // Lists are made to be handed on. Who wants the passwords in it asks on the command line.
                url: row.url?.without_credentials(),
                title: row.title,
                site_url: row.site_url,
                folders: folder.into_iter().collect(),
            })
        })
        .collect();
    let mut response = opml::write("Gleaner", &outlines, web.app.clock.now()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/x-opml; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"gleaner.opml\""));
    Ok(response)
}

/// `POST /settings/import/articles`: any number of archived articles in fields named `file`. A file that holds none is
/// named in the report, and the others are taken; sending the same again changes nothing.
pub async fn import_articles(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, WebError> {
    let mut form = form?;
    let locale = visit.frame(&web).locale;
    let mut import = ArchiveImport::new(&web.app, user.id, ImportOptions::default());
    let mut log = ImportLog::begin(&web.app, user.id).await?;
    let mut batch = Vec::new();
    let mut any = false;
    while let Some(field) = form.next_field().await? {
        let Some(path) = field.file_name().map(str::to_owned).filter(|_| is_file(&field)) else { continue };
        any = true;
        let mut folders: Vec<String> = path.split(['/', '\\']).map(str::to_owned).collect();
        let name = folders.pop().unwrap_or_default();
        let fallback_source = locale.t("settings.imported_source").to_owned();
        batch.push(ArchiveFile { name, folders, fallback_source, bytes: read(field, ARTICLE_BYTES).await? });
        let bytes: usize = batch.iter().map(|file| file.bytes.len()).sum();
        if batch.len() >= BATCH_FILES || bytes >= BATCH_BYTES {
            import.add(std::mem::take(&mut batch)).await?;
            import.note(&mut log).await?;
        }
    }
    if !any {
        return refuse(&web, &visit, &user, "settings.no_file").await;
    }
    import.add(batch).await?;
    import.note(&mut log).await?;
    let report = import.finish();
    log.changed(report.changed);
    log.close(report.sources.iter().take(3).cloned().collect::<Vec<_>>().join(", ")).await?;
    let notice = Notice::done(archived(&report, locale));
    page(&web, &visit, &user, StatusCode::OK, Some(notice), skipped(&report, locale)).await
}

/// The archived files that were not taken, and why.
pub(super) fn skipped(report: &ImportReport, locale: Locale) -> Vec<String> {
    let lines = report.skipped.iter().map(|(name, reason)| {
        let reason = locale.t(match reason {
            SkipReason::Unreadable(_) => "settings.skip_unreadable",
            SkipReason::Pool(_) => "settings.skip_pool",
            SkipReason::File(_) | SkipReason::Refused(_) => "settings.skip_refused",
        });
        format!("{name}: {reason}")
    });
    shortened(lines, locale)
}

/// A field that names a file which was chosen: a form without a choice sends an empty name.
pub(super) fn is_file(field: &Field<'_>) -> bool {
    field.name() == Some("file") && field.file_name().is_some_and(|name| !name.is_empty())
}

/// The whole file, if it is no larger than `most` bytes.
pub(super) async fn read(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, WebError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(WebError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

pub(super) async fn refuse(web: &WebState, visit: &Visit, user: &CurrentUser, key: &str) -> Result<Response, WebError> {
    let notice = Notice::error(visit.frame(web).locale.t(key).to_owned());
    page(web, visit, user, StatusCode::UNPROCESSABLE_ENTITY, Some(notice), Vec::new()).await
}

/// What became of archived articles, in words.
pub(super) fn archived(report: &ImportReport, locale: Locale) -> String {
    let counts = [
        ("imports.added", report.added),
        ("imports.changed", report.changed),
        ("imports.already", report.unchanged),
        ("imports.refused", report.skipped.len()),
    ];
    summary(&counts, locale)
}

/// What became of the articles of a file. What there is nothing of is not worth a sentence; but one is said.
pub(super) fn summary(counts: &[(&str, usize)], locale: Locale) -> String {
    let said = counts.iter().filter(|(_, n)| *n > 0).chain(counts.iter().all(|(_, n)| *n == 0).then(|| &counts[0]));
    sentences(said.map(|(key, n)| locale.say(key, [("n", &locale.number(count(*n)))])))
}

/// Sentences in a row. Scripts that end one by a sign as wide as a character leave no space behind it.
pub(super) fn sentences(all: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for sentence in all {
        if !text.is_empty() && !text.ends_with('。') {
            text.push(' ');
        }
        text.push_str(&sentence);
    }
    text
}

/// At most [`REPORT_LINES`] lines, then how many were left out.
pub(super) fn shortened(lines: impl ExactSizeIterator<Item = String>, locale: Locale) -> Vec<String> {
    let more = lines.len().saturating_sub(REPORT_LINES);
    let mut lines: Vec<String> = lines.take(REPORT_LINES).collect();
    if more > 0 {
        lines.push(locale.count("settings.report_more", count(more)));
    }
    lines
}

pub(super) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
