//! Background work as rows.

use gleaner::domain::UnixMillis;
use gleaner::store::{IncomingArticle, JobKind, NewUnread};

use crate::support::db::{START, TestDb, account, draft, followed, on_both};

const LEASE: i64 = UnixMillis::MINUTE;
const ALL: &[JobKind] = &[JobKind::Page, JobKind::Icon];

on_both! {
    async fn a_job_waits_once_and_runs_once(db: &TestDb) {
        assert!(db.enqueue(JobKind::Icon, Some("icon:1"), "1", START).await.unwrap());
        assert!(!db.enqueue(JobKind::Icon, Some("icon:1"), "1", START).await.unwrap());
        assert_eq!(db.lease_jobs(START.plus(-1), LEASE, 10, ALL).await.unwrap(), [], "not before its time");
        assert_eq!(db.lease_jobs(START, LEASE, 10, &[JobKind::Page]).await.unwrap(), [], "not of this kind");

        let job = db.lease_jobs(START, LEASE, 10, ALL).await.unwrap().remove(0);
        assert_eq!((job.kind.as_str(), job.payload.as_str(), job.attempts), ("icon", "1", 1));
        assert_eq!(db.lease_jobs(START, LEASE, 10, ALL).await.unwrap(), []);
        assert!(db.finish_job(job.id, job.lease).await.unwrap());
        assert!(!db.finish_job(job.id, job.lease).await.unwrap());
        assert_eq!(db.count_jobs().await.unwrap(), 0);
    }

    async fn workers_never_get_the_same_job(db: &TestDb) {
        for number in 0..40 {
            db.enqueue(JobKind::Page, Some(&format!("page:{number}")), "1", START).await.unwrap();
        }
        let taken = futures_util::future::join_all((0..8).map(|_| db.lease_jobs(START, LEASE, 10, ALL))).await;
        let mut ids: Vec<_> = taken.into_iter().flat_map(|jobs| jobs.unwrap()).map(|job| job.id).collect();
        assert_eq!(ids.len(), 40);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 40);
    }

    async fn a_failed_job_runs_again_at_its_time(db: &TestDb) {
        db.enqueue(JobKind::Icon, None, "1", START).await.unwrap();
        let job = db.lease_jobs(START, LEASE, 10, ALL).await.unwrap().remove(0);
        let later = START.plus(UnixMillis::HOUR);
        assert!(db.fail_job(job.id, job.lease, later, "no answer").await.unwrap());
        assert_eq!(db.next_job_due(ALL).await.unwrap(), Some(later));
        assert_eq!(db.lease_jobs(START, LEASE, 10, ALL).await.unwrap(), []);

        let job = db.lease_jobs(later, LEASE, 10, ALL).await.unwrap().remove(0);
        assert_eq!((job.attempts, job.open_attempts, job.last_error.as_deref()), (2, 0, Some("no answer")));
        db.release_job(job.id, job.lease).await.unwrap();
        assert_eq!(db.lease_jobs(later, LEASE, 10, ALL).await.unwrap()[0].attempts, 2);
    }

    async fn a_job_open_at_two_deaths_is_set_aside_and_shown(db: &TestDb) {
        db.enqueue(JobKind::Page, Some("page:1"), "1", START).await.unwrap();
        for death in 0..2 {
            assert_eq!(db.lease_jobs(START.plus(death * LEASE), LEASE, 10, ALL).await.unwrap().len(), 1);
        }
        let now = START.plus(2 * LEASE);
        assert_eq!(db.lease_jobs(now, LEASE, 10, ALL).await.unwrap(), []);
        let aside = db.jobs_aside().await.unwrap().remove(0);
        assert_eq!((aside.payload.as_str(), db.count_jobs().await.unwrap()), ("1", 0));

        assert!(db.retry_job(aside.id, now).await.unwrap());
        assert_eq!(db.lease_jobs(now, LEASE, 10, ALL).await.unwrap().len(), 1);
        db.set_job_aside(aside.id, "asked to").await.unwrap();
        assert_eq!(db.jobs_aside().await.unwrap()[0].last_error.as_deref(), Some("asked to"));
    }

    async fn an_article_that_wants_its_page_is_stored_with_its_job(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let wanting = [IncomingArticle { wants_page: true, ..draft(1).into() }, draft(2).into()];
        let id = db.store_articles(feed, &wanting, NewUnread::All, START).await.unwrap().added[0];
        db.store_articles(feed, &wanting, NewUnread::All, START).await.unwrap();

        let jobs = db.lease_jobs(START, LEASE, 10, ALL).await.unwrap();

        assert_eq!(jobs.iter().map(|job| job.payload.clone()).collect::<Vec<_>>(), [id.to_string()]);
        assert!(!db.enqueue_page(id, START).await.unwrap());
    }
}
