//! A clock that jumps: nothing goes for good because of it, nothing waits for its time, and no session outlives itself.

use std::time::Duration;

use gleaner::domain::{Clock as _, UnixMillis};
use gleaner::jobs::housekeeping::ClockWatch;
use gleaner::store::{FeedOutcome, JobKind, NewUnread};

use crate::support::database::on_both_databases;
use crate::support::db::{START, TestDb, account, articles, feed, followed, on_both, unchanged};
use crate::support::house::House;

const HOUR: Duration = Duration::from_hours(1);
const DAY: i64 = UnixMillis::DAY;
const YEAR: i64 = 365 * DAY;

on_both! {
    async fn a_clock_that_is_a_year_ahead_for_a_day_empties_no_trash(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let known = db.store_articles(daily, &articles(1..=2), NewUnread::None, START).await.unwrap().added;
        db.steady_time(START, HOUR).await.unwrap();
        db.throw_away(ann, known[0], &[], START).await.unwrap().unwrap();

        for hour in 1..=24 {
            let ahead = START.plus(YEAR + hour * UnixMillis::HOUR);
            let time = db.steady_time(ahead, HOUR).await.unwrap();
            assert_eq!(db.sweep_trash(time.now).await.unwrap().for_good, 0, "in hour {hour}");
        }
        let back = db.steady_time(START.plus(DAY), HOUR).await.unwrap();

        assert!(back.clock_went_back && back.now <= START.plus(DAY));
        assert!(db.bring_back(ann, known[0]).await.unwrap());
    }

    async fn after_a_month_without_the_server_the_trash_is_emptied_a_month_later(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let known = db.store_articles(daily, &articles(1..=1), NewUnread::None, START).await.unwrap().added;
        db.steady_time(START, HOUR).await.unwrap();
        db.throw_away(ann, known[0], &[], START).await.unwrap().unwrap();

        let mut gone_after = None;
        for day in 30..90 {
            let time = db.steady_time(START.plus(day * DAY), Duration::from_hours(24)).await.unwrap();
            if db.sweep_trash(time.now).await.unwrap().for_good > 0 {
                gone_after = gone_after.or(Some(day));
            }
        }

        assert_eq!(gone_after, Some(44), "twice as fast as it ran");
        let time = db.steady_time(START.plus(90 * DAY), Duration::from_hours(24)).await.unwrap();
        assert_eq!(time.now, START.plus(90 * DAY), "it has caught up");
    }

    async fn a_clock_that_nobody_has_set_lets_nothing_go_once_it_is(db: &TestDb) {
        let unset = UnixMillis(5 * DAY);
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let known = db.store_articles(daily, &articles(1..=1), NewUnread::None, unset).await.unwrap().added;
        let time = db.steady_time(unset, HOUR).await.unwrap();
        db.throw_away(ann, known[0], &[], unset).await.unwrap().unwrap();
        assert_eq!(db.sweep_trash(time.now).await.unwrap().for_good, 0);

        let set = db.steady_time(START, HOUR).await.unwrap();

        assert_eq!(set.now, START);
        assert_eq!(db.sweep_trash(set.now).await.unwrap().for_good, 0, "its thirty days begin when the clock is set");
        assert_eq!(db.sweep_trash(START.plus(31 * DAY)).await.unwrap().for_good, 1);
    }

    async fn nothing_waits_for_a_time_that_a_wrong_clock_had_shown(db: &TestDb) {
        let ann = account(db, "ann").await;
        let ahead = START.plus(YEAR);
        let mut feeds = Vec::new();
        for name in ["a", "b", "c"] {
            feeds.push(followed(db, ann, name).await);
        }
        db.enqueue(JobKind::Page, None, "1", ahead).await.unwrap();
        let leased = db.lease_due_feeds(ahead, UnixMillis::MINUTE, 2).await.unwrap();
        let outcome = FeedOutcome {
            id: leased[0].feed.id,
            lease: leased[0].lease,
            checked_at: ahead,
            next_check_at: ahead.plus(DAY),
            interval_millis: None,
            failure: None,
            moved: None,
            document: None,
        };
        db.finish_feed(outcome).await.unwrap();
        assert!(db.lease_due_feeds(START.plus(30 * DAY), 0, 9).await.unwrap().len() < 3, "two would wait for a year");

        db.mend_after_clock_went_back(START, DAY).await.unwrap();

        let within_a_day = db.lease_due_feeds(START.plus(DAY), UnixMillis::MINUTE, 9).await.unwrap();
        assert_eq!(within_a_day.len(), 3);
        assert!(within_a_day.iter().all(|due| due.feed.next_check_at <= START.plus(DAY)));
        assert_eq!(db.lease_jobs(START, UnixMillis::MINUTE, 9, &[JobKind::Page]).await.unwrap().len(), 1);
    }

    async fn many_feeds_are_due_one_after_the_other_and_not_all_at_once(db: &TestDb) {
        let ann = account(db, "ann").await;
        for number in 0..60 {
            let feed = feed(db, &format!("feed{number}")).await;
            db.subscribe(ann, feed, None, START, 0).await.unwrap();
        }
        let ahead = START.plus(YEAR);
        for due in db.lease_due_feeds(ahead, UnixMillis::MINUTE, 100).await.unwrap() {
            db.finish_feed(unchanged(&due, ahead)).await.unwrap();
        }

        db.mend_after_clock_went_back(START, DAY).await.unwrap();

        let mut moments = Vec::new();
        for due in db.lease_due_feeds(START.plus(DAY), UnixMillis::MINUTE, 100).await.unwrap() {
            moments.push(due.feed.next_check_at);
        }
        moments.dedup();
        assert_eq!(moments.len(), 60, "each at its own moment");
    }

    async fn a_session_that_begins_in_the_future_does_not_hold_until_then(db: &TestDb) {
        let ann = account(db, "ann").await;
        db.create_session([7; 32], ann, START.plus(YEAR), None).await.unwrap();
        db.create_session([8; 32], ann, START.plus(UnixMillis::HOUR), None).await.unwrap();

        assert_eq!(db.session([7; 32], START).await.unwrap(), None);
        assert!(db.session([8; 32], START).await.unwrap().is_some(), "clocks may be an hour apart");
        assert!(db.session([7; 32], START.plus(YEAR)).await.unwrap().is_some());
    }
}

/// In a module of its own, because these begin with a whole program.
mod watched {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    on_both_databases! {
        async fn within_a_minute_nothing_waits_for_the_time_of_a_clock_that_went_back(house: House) {
            let db = &house.app.db;
            house.clock.advance(YEAR);
            let mut watch = ClockWatch::new(&house.app);
            let ahead = house.clock.now();
            house.follow("/feed").await;
            let leased = db.lease_due_feeds(ahead, UnixMillis::MINUTE, 9).await.unwrap();
            db.finish_feed(unchanged(&leased[0], ahead)).await.unwrap();
            db.enqueue(JobKind::Page, None, "1", ahead).await.unwrap();

            house.clock.advance(-YEAR);

            assert!(watch.look(&house.app, MINUTE).await.unwrap(), "it is noticed");
            let now = house.clock.now();
            assert_eq!(db.lease_jobs(now, UnixMillis::MINUTE, 9, &[JobKind::Page]).await.unwrap().len(), 1);
            assert_eq!(db.lease_due_feeds(now.plus(DAY), UnixMillis::MINUTE, 9).await.unwrap().len(), 1);
            house.clock.advance(UnixMillis::MINUTE);
            assert!(!watch.look(&house.app, MINUTE).await.unwrap(), "and once only");
        }

        async fn a_clock_that_is_corrected_stands_or_jumps_ahead_is_left_alone(house: House) {
            let mut watch = ClockWatch::new(&house.app);
            for step in [UnixMillis::MINUTE, 0, -3 * UnixMillis::MINUTE, UnixMillis::HOUR, YEAR, 61 * UnixMillis::SECOND] {
                house.clock.advance(step);
                assert!(!watch.look(&house.app, MINUTE).await.unwrap(), "{step}");
            }
            // Summer time moves no clock that counts in UTC: one that goes back by an hour is wrong.
            house.clock.advance(-UnixMillis::HOUR);
            assert!(watch.look(&house.app, MINUTE).await.unwrap());
        }
    }
}
