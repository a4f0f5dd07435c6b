//! Feeds, their schedule and subscriptions.

use gleaner::domain::{BodyPreference, Failure, FeedWarning, UnixMillis};
use gleaner::store::{
    DocumentFacts, DueFeed, FeedKind, FeedOutcome, Moved, NewUnread, PrivateKind, Scope, SubscriptionChange,
};

use crate::support::db::{START, TestDb, account, articles, feed, followed, on_both, unchanged, url};

const LEASE: i64 = UnixMillis::MINUTE;

fn failed(due: &DueFeed, now: UnixMillis, failure: Failure) -> FeedOutcome {
    FeedOutcome { failure: Some(failure), ..unchanged(due, now) }
}

on_both! {
    async fn an_address_is_one_feed_however_often_it_is_added(db: &TestDb) {
        let (one, two) = tokio::join!(feed(db, "daily"), feed(db, "daily"));
        assert_eq!(one, two);
        let known = db.feed_by_url(&url("https://daily.example/feed")).await.unwrap().unwrap();
        assert_eq!((known.id, known.kind, known.read_at), (one, FeedKind::Public, None));
        assert_eq!(db.feed_by_url(&url("https://daily.example/other")).await.unwrap(), None);
    }

    async fn an_address_may_be_as_long_as_addresses_get(db: &TestDb) {
        let long = url(&format!("https://daily.example/{}", "é".repeat(600)));
        let id = db.ensure_feed(&long, START).await.unwrap();
        assert_eq!(db.feed(id).await.unwrap().unwrap().url, Some(long));
    }

    async fn private_feeds_are_their_owners_alone_and_never_due(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let saved = db.private_feed(ann, PrivateKind::Saved, START).await.unwrap();
        let folder = db.private_feed(ann, PrivateKind::Imported("blog".to_owned()), START).await.unwrap();
        assert_eq!(db.private_feed(ann, PrivateKind::Saved, START).await.unwrap(), saved);
        assert_ne!(db.private_feed(bob, PrivateKind::Saved, START).await.unwrap(), saved);
        assert_ne!(folder, saved);

        assert!(!db.subscribe(bob, saved, None, START, 10).await.unwrap());
        assert!(db.unsubscribe(ann, &[saved], START).await.unwrap().is_none(), "the only way to its articles stays");
        assert!(db.is_subscribed(ann, saved).await.unwrap());
        assert_eq!(db.lease_due_feeds(START.plus(UnixMillis::DAY), LEASE, 10).await.unwrap(), []);
        assert_eq!(db.lease_feed(saved, START, LEASE).await.unwrap(), None);
        let known = db.feed(folder).await.unwrap().unwrap();
        assert_eq!((known.kind, known.title.as_str(), known.url), (FeedKind::Imported, "blog", None));
    }

    async fn a_due_feed_is_given_to_one_worker(db: &TestDb) {
        let ann = account(db, "ann").await;
        for name in ["a", "b", "c"] {
            followed(db, ann, name).await;
        }
        feed(db, "nobodys").await;

        let (one, two) = tokio::join!(
            db.lease_due_feeds(START, LEASE, 2),
            db.lease_due_feeds(START, LEASE, 2),
        );
        let mut taken: Vec<_> = one.unwrap().into_iter().chain(two.unwrap()).map(|due| due.feed.id).collect();
        taken.sort();
        taken.dedup();

        assert_eq!(taken.len(), 3, "each once, and only what somebody follows");
        assert_eq!(db.lease_due_feeds(START, LEASE, 10).await.unwrap(), []);
    }

    async fn a_finished_feed_is_due_again_at_its_time(db: &TestDb) {
        let ann = account(db, "ann").await;
        followed(db, ann, "daily").await;
        let due = db.lease_due_feeds(START, LEASE, 10).await.unwrap().remove(0);
        assert!(due.is_new());
        assert!(db.finish_feed(unchanged(&due, START)).await.unwrap());

        assert_eq!(db.next_feed_due().await.unwrap(), Some(START.plus(UnixMillis::HOUR)));
        assert_eq!(db.lease_due_feeds(START.plus(UnixMillis::HOUR - 1), LEASE, 10).await.unwrap().len(), 0);
        assert_eq!(db.lease_due_feeds(START.plus(UnixMillis::HOUR), LEASE, 10).await.unwrap().len(), 1);
    }

    async fn a_lease_runs_out_by_itself_and_its_late_holder_writes_nothing(db: &TestDb) {
        let ann = account(db, "ann").await;
        let id = followed(db, ann, "daily").await;
        let late = db.lease_due_feeds(START, LEASE, 10).await.unwrap().remove(0);
        let now = START.plus(LEASE);
        let other = db.lease_due_feeds(now, LEASE, 10).await.unwrap().remove(0);

        assert!(!db.finish_feed(failed(&late, now, Failure::TimedOut)).await.unwrap());
        assert_eq!(db.feed(id).await.unwrap().unwrap().failure, None);
        assert!(db.finish_feed(unchanged(&other, now)).await.unwrap());
    }

    async fn a_feed_that_is_given_back_is_due_at_once_and_not_suspected(db: &TestDb) {
        let ann = account(db, "ann").await;
        followed(db, ann, "daily").await;
        for _ in 0..5 {
            let due = db.lease_due_feeds(START, LEASE, 10).await.unwrap().remove(0);
            db.release_feed(due.feed.id, due.lease).await.unwrap();
        }
    }

    async fn a_feed_open_at_two_deaths_is_set_aside_for_a_day(db: &TestDb) {
        let ann = account(db, "ann").await;
        let id = followed(db, ann, "poison").await;
        assert_eq!(db.lease_due_feeds(START, LEASE, 10).await.unwrap().len(), 1);
        assert_eq!(db.lease_due_feeds(START.plus(LEASE), LEASE, 10).await.unwrap().len(), 1, "once may be chance");

        let now = START.plus(2 * LEASE);
        assert_eq!(db.lease_due_feeds(now, LEASE, 10).await.unwrap(), []);
        assert_eq!(db.feed(id).await.unwrap().unwrap().failure, Some(Failure::SetAside));
        assert_eq!(db.feeds_in_trouble().await.unwrap().len(), 1);

        let asked = db.lease_feed(id, now, LEASE).await.unwrap().expect("someone asked for it");
        db.release_feed(id, asked.lease).await.unwrap();
        let tomorrow = db.lease_due_feeds(now.plus(UnixMillis::DAY), LEASE, 10).await.unwrap().remove(0);
        assert!(db.finish_feed(unchanged(&tomorrow, now.plus(UnixMillis::DAY))).await.unwrap());
        assert_eq!(db.feed(id).await.unwrap().unwrap().failure, None);
    }

    async fn failures_are_counted_from_the_first_to_the_next_success(db: &TestDb) {
        let ann = account(db, "ann").await;
        let id = followed(db, ann, "daily").await;
        let mut now = START;
        for _ in 0..3 {
            let due = db.lease_feed(id, now, LEASE).await.unwrap().unwrap();
            assert!(db.finish_feed(failed(&due, now, Failure::Http(503))).await.unwrap());
            now = now.plus(UnixMillis::HOUR);
        }
        let known = db.feed(id).await.unwrap().unwrap();
        assert_eq!((known.failure, known.failing_since, known.failure_count), (Some(Failure::Http(503)), Some(START), 3));
        assert!(db.sidebar(ann, None, 60).await.unwrap().categories[0].feeds[0].trouble);

        let due = db.lease_feed(id, now, LEASE).await.unwrap().unwrap();
        assert!(db.finish_feed(unchanged(&due, now)).await.unwrap());
        let known = db.feed(id).await.unwrap().unwrap();
        assert_eq!((known.failure, known.failing_since, known.failure_count), (None, None, 0));
    }

    async fn a_feed_that_is_gone_is_not_asked_until_someone_does(db: &TestDb) {
        let ann = account(db, "ann").await;
        let id = followed(db, ann, "daily").await;
        let due = db.lease_feed(id, START, LEASE).await.unwrap().unwrap();
        assert!(db.finish_feed(failed(&due, START, Failure::Gone)).await.unwrap());

        let later = START.plus(300 * UnixMillis::DAY);
        assert_eq!(db.lease_due_feeds(later, LEASE, 10).await.unwrap(), []);
        assert_eq!(db.next_feed_due().await.unwrap(), None);
        let due = db.lease_feed(id, later, LEASE).await.unwrap().unwrap();
        assert!(due.feed.gone);
        assert!(db.finish_feed(unchanged(&due, later)).await.unwrap());
        assert!(!db.feed(id).await.unwrap().unwrap().gone);
    }

    async fn what_a_document_says_is_kept_until_the_next_one(db: &TestDb) {
        let id = feed(db, "daily").await;
        let due = db.lease_feed(id, START, LEASE).await.unwrap().unwrap();
        let facts = DocumentFacts {
            title: "The Daily\0".to_owned(),
            site_url: Some(url("https://daily.example/")),
            warnings: vec![FeedWarning::Mended, FeedWarning::CutBodies(2)],
            etag: Some("\"a\"".to_owned()),
            body_hash: Some(vec![1, 2, 3]),
            ..DocumentFacts::default()
        };
        let outcome = FeedOutcome {
            document: Some(facts),
            interval_millis: Some(UnixMillis::HOUR),
            moved: Some(Moved { to: url("https://new.example/feed"), count: 1 }),
            ..unchanged(&due, START)
        };
        assert!(db.finish_feed(outcome).await.unwrap());

        let due = db.lease_feed(id, START, LEASE).await.unwrap().unwrap();
        assert_eq!((due.etag.as_deref(), due.body_hash.as_deref()), (Some("\"a\""), Some(&[1, 2, 3][..])));
        assert_eq!((due.feed.title.as_str(), due.feed.read_at), ("The Daily", Some(START)));
        assert_eq!(due.feed.warnings, [FeedWarning::Mended, FeedWarning::CutBodies(2)]);
        assert_eq!((due.feed.moved_to.clone(), due.feed.moved_count), (Some(url("https://new.example/feed")), 1));
        assert!(db.finish_feed(unchanged(&due, START)).await.unwrap());
        let known = db.feed(id).await.unwrap().unwrap();
        assert_eq!(known.title, "The Daily");
        assert_eq!((known.moved_to, known.interval_millis), (None, Some(UnixMillis::HOUR)));
    }

    async fn many_checks_that_end_together_are_all_written(db: &TestDb) {
        let ann = account(db, "ann").await;
        for number in 0..60 {
            followed(db, ann, &format!("feed{number}")).await;
        }
        let due = db.lease_due_feeds(START, LEASE, 100).await.unwrap();
        assert_eq!(due.len(), 60);

        let finished =
            futures_util::future::join_all(due.iter().map(|due| db.finish_feed(unchanged(due, START)))).await;

        assert!(finished.into_iter().all(|done| done.unwrap()));
        assert_eq!(db.next_feed_due().await.unwrap(), Some(START.plus(UnixMillis::HOUR)));
    }

    async fn a_moved_feed_keeps_everything_unless_the_place_is_taken(db: &TestDb) {
        let ann = account(db, "ann").await;
        let old = followed(db, ann, "old").await;
        db.store_articles(old, &articles(1..=2), NewUnread::All, START).await.unwrap();
        feed(db, "taken").await;

        assert!(!db.move_feed(old, &url("https://taken.example/feed")).await.unwrap());
        assert!(db.move_feed(old, &url("https://new.example/feed")).await.unwrap());

        assert_eq!(db.feed_by_url(&url("https://new.example/feed")).await.unwrap().unwrap().id, old);
        assert_eq!(db.counts(ann).await.unwrap().unread, 2);
    }

    async fn someone_may_ask_for_all_feeds_at_once(db: &TestDb) {
        let ann = account(db, "ann").await;
        for name in ["a", "b"] {
            let id = followed(db, ann, name).await;
            let due = db.lease_feed(id, START, LEASE).await.unwrap().unwrap();
            db.finish_feed(unchanged(&due, START)).await.unwrap();
        }
        assert_eq!(db.make_feeds_due(Some(account(db, "bob").await), START).await.unwrap(), 0);
        assert_eq!(db.make_feeds_due(Some(ann), START).await.unwrap(), 2);
        assert_eq!(db.make_feeds_due(None, START).await.unwrap(), 0);
        assert_eq!(db.lease_due_feeds(START, LEASE, 10).await.unwrap().len(), 2);
    }

    async fn a_new_follower_gets_the_newest_articles_unread(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let id = followed(db, ann, "daily").await;
        db.store_articles(id, &articles(1..=30), NewUnread::All, START.plus(UnixMillis::DAY)).await.unwrap();

        assert!(db.subscribe(bob, id, None, START, 5).await.unwrap());
        assert!(!db.subscribe(bob, id, None, START, 5).await.unwrap());

        assert_eq!(db.counts(bob).await.unwrap().unread, 5);
        assert_eq!(db.subscription(bob, id).await.unwrap().unwrap().unread, 5);
    }

    async fn to_follow_again_brings_the_articles_and_stars_back(db: &TestDb) {
        let ann = account(db, "ann").await;
        let id = followed(db, ann, "daily").await;
        let added = db.store_articles(id, &articles(1..=3), NewUnread::All, START).await.unwrap().added;
        db.set_starred(ann, added[0], true, START).await.unwrap();

        assert!(db.unsubscribe(ann, &[id], START).await.unwrap().is_some());
        assert!(db.unsubscribe(ann, &[id], START).await.unwrap().is_none());
        assert_eq!(db.counts(ann).await.unwrap().unread, 0);
        assert!(db.article(ann, added[0]).await.unwrap().is_some_and(|kept| kept.starred && !kept.subscribed));
        assert!(db.article(ann, added[1]).await.unwrap().is_none());

        assert!(db.subscribe(ann, id, None, START, 2).await.unwrap());
        assert_eq!(db.counts(ann).await.unwrap().unread, 3, "all that were unread");
        assert!(db.article(ann, added[1]).await.unwrap().is_some());
    }

    async fn a_subscription_has_a_title_and_a_preference_of_its_own(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let id = followed(db, ann, "daily").await;
        db.subscribe(bob, id, None, START, 0).await.unwrap();
        let change = SubscriptionChange {
            title: Some("Mine".to_owned()),
            preference: Some(BodyPreference::Page),
            ..SubscriptionChange::default()
        };
        assert!(db.update_subscription(ann, id, &change).await.unwrap());

        let own = db.subscription(ann, id).await.unwrap().unwrap();
        assert_eq!((own.title.as_str(), own.preference), ("Mine", BodyPreference::Page));
        assert_eq!(db.subscription(bob, id).await.unwrap().unwrap().own_title, None);
        assert_eq!(db.body_preferences(id).await.unwrap(), [BodyPreference::Automatic, BodyPreference::Page]);
        assert_eq!(db.sidebar(ann, None, 60).await.unwrap().categories[0].feeds[0].title, "Mine");
        let back = SubscriptionChange { title: Some(" ".to_owned()), ..SubscriptionChange::default() };
        assert!(db.update_subscription(ann, id, &back).await.unwrap());
        assert_eq!(db.subscription(ann, id).await.unwrap().unwrap().own_title, None);
        assert!(!db.update_subscription(account(db, "eve").await, id, &back).await.unwrap());
    }

    async fn the_sidebar_counts_by_feed_and_category(db: &TestDb) {
        let ann = account(db, "ann").await;
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let (b, a, loose) = (followed(db, ann, "b").await, followed(db, ann, "a").await, followed(db, ann, "loose").await);
        let saved = db.private_feed(ann, PrivateKind::Saved, START).await.unwrap();
        for id in [a, b] {
            let change = SubscriptionChange { category: Some(Some(news)), ..SubscriptionChange::default() };
            db.update_subscription(ann, id, &change).await.unwrap();
        }
        let added = db.store_articles(a, &articles(1..=3), NewUnread::All, START).await.unwrap().added;
        db.store_articles(b, &articles(4..=5), NewUnread::All, START).await.unwrap();
        db.set_starred(ann, added[0], true, START).await.unwrap();
        db.set_later(ann, added[1], true, START).await.unwrap();

        let sidebar = db.sidebar(ann, None, 60).await.unwrap();

        assert_eq!((sidebar.counts.unread, sidebar.counts.starred, sidebar.counts.later), (5, 1, 1));
        let category = &sidebar.categories[0];
        assert_eq!((category.id, category.unread, category.size), (Some(news), 5, 2));
        assert_eq!(category.feeds.iter().map(|f| (f.id, f.unread)).collect::<Vec<_>>(), [(a, 3), (b, 2)]);
        assert_eq!(category.feeds[0].title, "https://a.example/feed", "the address, as there is no title yet");
        let none = &sidebar.categories[1];
        assert_eq!((none.id, none.unread, none.size), (None, 0, 2));
        assert_eq!(none.feeds.iter().map(|f| f.id).collect::<Vec<_>>(), [loose, saved]);
        let rows = db.subscriptions(ann).await.unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows.iter().find(|row| row.feed == a).unwrap().newest_article_at, Some(START));
    }

    async fn a_long_sidebar_names_only_the_feeds_around_where_one_is(db: &TestDb) {
        let ann = account(db, "ann").await;
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let (inside, loose) = (followed(db, ann, "inside").await, followed(db, ann, "loose").await);
        let change = SubscriptionChange { category: Some(Some(news)), ..SubscriptionChange::default() };
        db.update_subscription(ann, inside, &change).await.unwrap();

        for (here, named) in [
            (None, [vec![], vec![]]),
            (Some(Scope::All), [vec![], vec![]]),
            (Some(Scope::Category(news)), [vec![inside], vec![]]),
            (Some(Scope::Feed(inside)), [vec![inside], vec![]]),
            (Some(Scope::Feed(loose)), [vec![], vec![loose]]),
        ] {
            let sidebar = db.sidebar(ann, here, 1).await.unwrap();

            let feeds = sidebar.categories.iter().map(|c| c.feeds.iter().map(|f| f.id).collect::<Vec<_>>());
            assert_eq!(feeds.collect::<Vec<_>>(), named, "{here:?}");
            assert_eq!(sidebar.counts.feeds, 2);
        }
    }
}
