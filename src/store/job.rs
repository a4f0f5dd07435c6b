//! Background work as rows. A job is leased, done and deleted; a worker that dies leaves a lease that runs out.

use super::db::{Db, Tx, read, statements, within, write_one};
use super::dialect::LEASE_JOBS;
use super::error::StoreError;
use super::row::clipped;
use crate::domain::{ArticleId, JobId, UnixMillis};

statements! {
    ENQUEUE = "INSERT INTO job (kind, dedup_key, payload, run_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (dedup_key) DO NOTHING";
    FINISH = "DELETE FROM job WHERE id = $1 AND leased_until = $2";
    FAIL = "UPDATE job SET leased_until = 0, open_attempts = 0, run_at = $3, last_error = $4 \
            WHERE id = $1 AND leased_until = $2";
    RELEASE = "UPDATE job SET leased_until = 0, attempts = attempts - 1 WHERE id = $1 AND leased_until = $2";
    SET_ASIDE = "UPDATE job SET leased_until = 0, set_aside = TRUE, last_error = $2 WHERE id = $1";
    ASIDE = "SELECT id, kind, dedup_key, payload, run_at, leased_until, attempts, open_attempts, set_aside, last_error \
             FROM job WHERE set_aside ORDER BY id";
    RETRY = "UPDATE job SET set_aside = FALSE, open_attempts = 0, attempts = 0, run_at = $2 \
             WHERE id = $1 AND set_aside";
    COUNT = "SELECT COUNT(*) FROM job WHERE NOT set_aside";
    NEXT = "SELECT MIN(CASE WHEN leased_until > run_at THEN leased_until ELSE run_at END) FROM job \
            WHERE NOT set_aside AND $1 LIKE '%,' || kind || ',%'";
}

/// A job that was open when its worker died, so many times in a row, is set aside.
const MAX_OPEN_ATTEMPTS: i64 = 2;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Fetch the page of an article; the payload is the article's id.
    Page,
    /// Look for a feed's icon; the payload is the feed's id.
    Icon,
    /// Keep the pictures of an article; the payload is the article's id.
    Pictures,
}

impl JobKind {
    /// The name by which the databases know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Icon => "icon",
            Self::Pictures => "pictures",
        }
    }
}

/// A piece of background work.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What to do: [`JobKind::as_str`].
    pub kind: String,
    /// At most one job of this key waits at a time.
    pub dedup_key: Option<String>,
    /// To what.
    pub payload: String,
    /// Not before.
    pub run_at: UnixMillis,
    /// Until when it is the caller's; also the proof that it still is.
    #[sqlx(rename = "leased_until")]
    pub lease: UnixMillis,
    /// How many times it was begun, this one included.
    pub attempts: i64,
    /// How many times in a row its worker died while it was open.
    pub open_attempts: i64,
    /// It waits for someone to look at it.
    pub set_aside: bool,
    /// Why it failed the last time.
    pub last_error: Option<String>,
}

impl Db {
    /// Adds a job. False if one of the same `dedup_key` (at most 512 characters) is there already.
    pub async fn enqueue(
        &self,
        kind: JobKind,
        dedup_key: Option<&str>,
        payload: &str,
        run_at: UnixMillis,
    ) -> Result<bool, StoreError> {
        let dedup_key = dedup_key.map(|key| clipped(key, 512));
        let added = write_one!(self, c => sqlx::query(ENQUEUE)
            .bind(kind.as_str()).bind(dedup_key).bind(payload).bind(run_at)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(added > 0)
    }

    /// Adds the job that fetches an article's page. False if it waits already.
    pub async fn enqueue_page(&self, article: ArticleId, run_at: UnixMillis) -> Result<bool, StoreError> {
        self.enqueue(JobKind::Page, Some(&page_key(article)), &article.to_string(), run_at).await
    }

    /// Takes up to `limit` jobs of these kinds that are due at `now`, for `lease_millis`. A job whose lease ran out
    /// twice in a row is set aside instead and shown by `doctor`.
    pub async fn lease_jobs(
        &self,
        now: UnixMillis,
        lease_millis: i64,
        limit: i64,
        kinds: &[JobKind],
    ) -> Result<Vec<Job>, StoreError> {
        let kinds = list_of(kinds);
        let mut tx = self.begin().await?;
        let statement = LEASE_JOBS.of(self);
        let rows: Vec<Job> = within!(tx, c => sqlx::query_as(statement)
            .bind(now.plus(lease_millis)).bind(now).bind(limit).bind(&kinds).fetch_all(c).await)?;
        let mut taken = Vec::with_capacity(rows.len());
        for job in rows {
            if job.open_attempts >= MAX_OPEN_ATTEMPTS {
                aside(&mut tx, job.id, "its worker died twice while it was open").await?;
            } else {
                taken.push(job);
            }
        }
        tx.commit().await?;
        taken.sort_by_key(|job| (job.run_at, job.id));
        Ok(taken)
    }

    /// Ends a job that was done. False if the lease had run out.
    pub async fn finish_job(&self, id: JobId, lease: UnixMillis) -> Result<bool, StoreError> {
        let done = write_one!(self, c => sqlx::query(FINISH)
            .bind(id).bind(lease).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done > 0)
    }

    /// Gives a job back that failed, to run again at `run_at`. False if the lease had run out.
    pub async fn fail_job(
        &self,
        id: JobId,
        lease: UnixMillis,
        run_at: UnixMillis,
        error: &str,
    ) -> Result<bool, StoreError> {
        let done = write_one!(self, c => sqlx::query(FAIL)
            .bind(id).bind(lease).bind(run_at).bind(clipped(error, 500))
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done > 0)
    }

    /// Gives a job back undone, as a server does that stops.
    pub async fn release_job(&self, id: JobId, lease: UnixMillis) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(RELEASE).bind(id).bind(lease).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Sets a job aside until someone asks for it.
    pub async fn set_job_aside(&self, id: JobId, error: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        aside(&mut tx, id, error).await?;
        tx.commit().await
    }

    /// The jobs that were set aside.
    pub async fn jobs_aside(&self) -> Result<Vec<Job>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(ASIDE).fetch_all(c).await)?)
    }

    /// Lets a job run again that was set aside. Whether there was such a one.
    pub async fn retry_job(&self, id: JobId, run_at: UnixMillis) -> Result<bool, StoreError> {
        let done = write_one!(self, c => sqlx::query(RETRY)
            .bind(id).bind(run_at).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(done > 0)
    }

    /// How many jobs wait or run.
    pub async fn count_jobs(&self) -> Result<i64, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(COUNT).fetch_one(c).await)?)
    }

    /// When the next job of these kinds can run; `None` if none waits.
    pub async fn next_job_due(&self, kinds: &[JobKind]) -> Result<Option<UnixMillis>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(NEXT).bind(list_of(kinds)).fetch_one(c).await)?)
    }
}

/// Kinds as a statement takes them: `,page,icon,`.
fn list_of(kinds: &[JobKind]) -> String {
    kinds.iter().fold(",".to_owned(), |list, kind| list + kind.as_str() + ",")
}

fn page_key(article: ArticleId) -> String {
    format!("page:{article}")
}

async fn aside(tx: &mut Tx, id: JobId, error: &str) -> Result<(), StoreError> {
    within!(*tx, c => sqlx::query(SET_ASIDE).bind(id).bind(clipped(error, 500)).execute(c).await.map(drop))?;
    Ok(())
}

/// Adds, in the transaction that stored it, the job that fetches an article's page.
pub(super) async fn enqueue_page_in(tx: &mut Tx, article: ArticleId, run_at: UnixMillis) -> Result<(), StoreError> {
    within!(*tx, c => sqlx::query(ENQUEUE)
        .bind(JobKind::Page.as_str()).bind(page_key(article)).bind(article.to_string()).bind(run_at)
        .execute(c).await.map(drop))?;
    Ok(())
}
