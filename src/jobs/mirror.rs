//! The pictures of articles: fetched and kept for as long as the articles are.
//!
//! A job for them is stored with its article, if somebody wants them. It may be done twice: what is kept already is not
//! fetched again. Each picture that fails counts its own tries; after the last it is gone, and pages say so.

use std::slice;
use std::sync::Arc;

use axum::body::Bytes;
use tokio_util::sync::CancellationToken;

use super::due::{Due, work_off};
use super::pictures::{self, PictureError, wait_after};
use crate::app::App;
use crate::content::clean::PictureSources;
use crate::content::pictures::shown_pictures;
use crate::domain::{ArticleDraft, ArticleId, Enclosure, Failure, UnixMillis, WebUrl};
use crate::store::{Job, JobKind, PictureState, StoreError};

/// For how long a job is leased. A job of 200 pictures from a slow host gives up its lease and is begun again with what
/// it has kept so far.
const LEASE: i64 = 30 * UnixMillis::MINUTE;
/// Articles under way at a time, each with one picture; most of them wait for their hosts.
const RUNNING: usize = 6;
/// So many times a picture is tried: over ten minutes, forty minutes, three hours, eleven hours, two days.
const ATTEMPTS: i64 = 6;

/// So many pictures of an article, or so many bytes, wait in memory for being kept in one commit.
const TOGETHER: (usize, usize) = (8, 1024 * 1024);

/// What became of the pictures of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mirrored {
    /// Kept now, or before.
    pub kept: usize,
    /// To be tried again.
    pub missed: usize,
    /// Not to be had any more.
    pub gone: usize,
}

/// Does the jobs for pictures that are due; how many were done, failed ones included. When `stop` is cancelled, those
/// under way are given back undone.
pub async fn keep_due_pictures(app: &Arc<App>, stop: &CancellationToken) -> Result<usize, StoreError> {
    let due = Due { kinds: &[JobKind::Pictures], lease: LEASE, at_once: RUNNING };
    work_off(app, stop, due, |app, job| async move { do_job(&app, &job).await }).await
}

async fn do_job(app: &App, job: &Job) -> Result<(), StoreError> {
    let Ok(article) = job.payload.parse::<ArticleId>() else {
        return app.db.set_job_aside(job.id, "the payload is no article's id").await;
    };
    match keep_pictures(app, article).await {
        Ok(Mirrored { missed: 0, .. }) => app.db.finish_job(job.id, job.lease).await.map(drop),
        Ok(Mirrored { missed, .. }) => {
            let again = app.clock.now().plus(wait_after(job.attempts));
            app.db.fail_job(job.id, job.lease, again, &format!("{missed} pictures could not be had")).await.map(drop)
        }
        Err(PictureError::Store(error)) => {
            // If the job cannot even be given back, its lease runs out by itself.
            let _ = app.db.release_job(job.id, job.lease).await;
            Err(error)
        }
        Err(error) => {
            // The picture store fails; that is the operator's to mend, and the pictures wait.
            tracing::warn!(article = article.0, %error, "pictures could not be kept");
            let again = app.clock.now().plus(wait_after(job.attempts));
            app.db.fail_job(job.id, job.lease, again, &error.to_string()).await.map(drop)
        }
    }
}

/// Keeps the pictures of an article, as far as somebody wants them and they can be had: those that its bodies show, the
/// one beside its title, those among its enclosures, and its feed's icon.
pub async fn keep_pictures(app: &App, article: ArticleId) -> Result<Mirrored, PictureError> {
    let outcome = Mirrored::default();
    if !app.db.wants_pictures(article).await? {
        return Ok(outcome);
    }
    let Some((_, draft)) = app.db.article_draft(article).await? else { return Ok(outcome) };
    let icon = app.db.icon_of(article).await?;
    let page = draft.url.clone();
    let wanted = match app.content.run(move || wanted(&draft)).await {
        Ok(wanted) => wanted,
        Err(error) => {
            tracing::error!(article = article.0, %error, "the pictures of an article could not be found");
            return Ok(outcome);
        }
    };
    let addresses: Vec<WebUrl> = wanted.iter().map(|sources| sources.best.clone()).collect();
    let mut fetched = Fetched { app, article, bytes: 0, waiting: Vec::new(), outcome };
    for source in app.db.note_pictures(Some(article), &addresses, icon.as_ref()).await? {
        if source.is_kept {
            fetched.outcome.kept += 1;
            continue;
        }
        if source.gone {
            fetched.outcome.gone += 1;
            continue;
        }
        if let Some(larger) = wanted.iter().find(|sources| sources.others.contains(&source.url)) {
            fetched.keep().await?;
            let known = app.db.pictures_at(slice::from_ref(&larger.best)).await?.remove(&larger.best);
            if let Some(PictureState::Kept(same)) = known {
                // A smaller form of what is kept already, such as the one beside a title.
                app.db.pictures_found(&[(source.id, same)], app.clock.now()).await?;
                fetched.outcome.kept += 1;
                continue;
            }
        }
        let alone = PictureSources { best: source.url.clone(), others: Vec::new() };
        let sources = wanted.iter().find(|sources| sources.best == source.url).unwrap_or(&alone);
        let answer = if source.is_icon {
            pictures::fetch_icon(app, &source.url).await
        } else {
            pictures::fetch(app, sources, page.as_ref()).await
        };
        match answer {
            Ok(bytes) => fetched.add(source.id, bytes).await?,
            Err(error) => fetched.missed(source.id, error.failure).await?,
        }
    }
    fetched.keep().await?;
    Ok(fetched.outcome)
}

/// Pictures of one article that are here and not kept yet. What a crash takes of them is fetched again.
struct Fetched<'a> {
    app: &'a App,
    article: ArticleId,
    waiting: Vec<(i64, Bytes)>,
    bytes: usize,
    outcome: Mirrored,
}

impl Fetched<'_> {
    async fn add(&mut self, source: i64, bytes: Bytes) -> Result<(), PictureError> {
        self.bytes += bytes.len();
        self.waiting.push((source, bytes));
        if self.waiting.len() >= TOGETHER.0 || self.bytes >= TOGETHER.1 { self.keep().await } else { Ok(()) }
    }

    /// Keeps those that wait.
    async fn keep(&mut self) -> Result<(), PictureError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        let count = waiting.len();
        let refused = pictures::keep_all(self.app, waiting).await?;
        self.outcome.kept += count - refused.len();
        for source in refused {
            self.missed(source, Failure::Garbled).await?;
        }
        Ok(())
    }

    async fn missed(&mut self, source: i64, failure: Failure) -> Result<(), PictureError> {
        tracing::debug!(article = self.article.0, %failure, "picture not kept");
        if self.app.db.picture_missed(source, failure, ATTEMPTS).await? {
            self.outcome.gone += 1;
        } else {
            self.outcome.missed += 1;
        }
        Ok(())
    }
}

/// The pictures of an article, each once.
fn wanted(draft: &ArticleDraft) -> Vec<PictureSources> {
    let mut wanted: Vec<PictureSources> = Vec::new();
    let mut add = |sources: PictureSources| {
        if wanted.iter().all(|other| other.best != sources.best) {
            wanted.push(sources);
        }
    };
    let alone = |url: &WebUrl| PictureSources { best: url.clone(), others: Vec::new() };
    // Those of the text come first: they know where else they are to be had.
    for body in &draft.bodies {
        shown_pictures(&body.html, draft.url.as_ref()).into_iter().for_each(&mut add);
    }
    draft.lead_image.iter().map(alone).for_each(&mut add);
    draft.enclosures.iter().filter(|file| is_picture(file)).map(|file| alone(&file.url)).for_each(&mut add);
    wanted
}

fn is_picture(file: &Enclosure) -> bool {
    file.media_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().starts_with("image/"))
}
