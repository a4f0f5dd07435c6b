//! Reading state: single marks, marks of many, and taking them back.

use gleaner::domain::{ArticleId, ReadingPlace, UnixMillis};
use gleaner::store::{Marked, NewUnread, Opening, Reads, Scope, SubscriptionChange, UNDO_MILLIS};

use crate::support::db::{START, TestDb, account, articles, articles_of, followed, on_both};

on_both! {
    async fn a_mark_set_twice_counts_once(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let id = db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap().added[0];

        for (read, changed, unread) in [(true, true, 1), (true, false, 1), (false, true, 2), (false, false, 2)] {
            assert_eq!(db.set_read(ann, id, read, START).await.unwrap(), changed);
            assert_eq!(db.counts(ann).await.unwrap().unread, unread);
        }
        for (starred, changed, count) in [(true, true, 1), (true, false, 1), (false, true, 0), (false, false, 0)] {
            assert_eq!(db.set_starred(ann, id, starred, START).await.unwrap(), changed);
            assert_eq!(db.counts(ann).await.unwrap().starred, count);
            assert_eq!(db.set_later(ann, id, starred, START).await.unwrap(), changed);
            assert_eq!(db.counts(ann).await.unwrap().later, count);
        }
        assert!(!db.set_read(ann, ArticleId(404), false, START).await.unwrap());
        assert!(!db.set_starred(ann, ArticleId(404), true, START).await.unwrap());
    }

    async fn of_two_marks_the_later_one_holds_whichever_is_told_first(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let id = db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap().added[0];
        let at = |minutes: i64| START.plus(minutes * UnixMillis::MINUTE);
        db.set_starred(ann, id, true, at(1)).await.unwrap();
        db.set_starred(ann, id, false, at(5)).await.unwrap();
        db.set_read(ann, id, false, at(5)).await.unwrap();

        assert!(!db.set_starred(ann, id, true, at(3)).await.unwrap());
        assert!(!db.set_read(ann, id, true, at(3)).await.unwrap());
        assert!(!db.open_article(ann, id, Opening::First, Reads::Now, at(4)).await.unwrap());
        let article = db.article(ann, id).await.unwrap().unwrap();
        assert!(article.unread && !article.starred);

        db.open_article(ann, id, Opening::First, Reads::Now, at(9)).await.unwrap();
        assert!(!db.set_read(ann, id, false, at(8)).await.unwrap(), "it was opened after that");
        db.set_reading_place(ann, id, ReadingPlace::new(500, 5), at(9)).await.unwrap();
        db.set_reading_place(ann, id, ReadingPlace::new(300, 3), at(7)).await.unwrap();
        db.set_reading_place(ann, id, ReadingPlace::new(1000, 9), at(7)).await.unwrap();
        assert!(!db.article(ann, id).await.unwrap().unwrap().unread);
        assert_eq!(db.reading_place(ann, id).await.unwrap(), Some(ReadingPlace::new(500, 5)));

        db.forget_acted(at(0).plus(91 * UnixMillis::DAY)).await.unwrap();
        assert!(db.set_starred(ann, id, true, at(3)).await.unwrap(), "nobody can tell any more");
    }

    async fn one_account_reads_for_itself(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 10).await.unwrap();
        let id = db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap().added[0];
        db.set_read(ann, id, true, START).await.unwrap();
        db.set_starred(ann, id, true, START).await.unwrap();
        let his = db.article(bob, id).await.unwrap().unwrap();
        assert!(his.unread && !his.starred);
    }

    async fn many_are_marked_by_scope(db: &TestDb) {
        let ann = account(db, "ann").await;
        let category = db.create_category(ann, "News").await.unwrap().unwrap();
        let (a, b, c) = (followed(db, ann, "a").await, followed(db, ann, "b").await, followed(db, ann, "c").await);
        let change = SubscriptionChange { category: Some(Some(category)), ..SubscriptionChange::default() };
        db.update_subscription(ann, a, &change).await.unwrap();
        let mut starred = Vec::new();
        for feed in [a, b, c] {
            let added = db.store_articles(feed, &articles_of(feed, 1..=4), NewUnread::All, START).await.unwrap().added;
            db.set_starred(ann, added[0], true, START).await.unwrap();
            db.set_later(ann, added[1], true, START).await.unwrap();
            starred.push(added[0]);
        }
        let newest = db.counts(ann).await.unwrap().newest;

        for (scope, marked, left) in [
            (Scope::Category(category), 4, 8),
            (Scope::Feed(b), 4, 4),
            (Scope::Starred, 1, 3),
            (Scope::Later, 1, 2),
            (Scope::Unread, 2, 0),
        ] {
            let receipt = db.mark_read(ann, scope, &Marked::All, newest, START).await.unwrap();
            assert_eq!((receipt.marked, db.counts(ann).await.unwrap().unread), (marked, left), "{scope:?}");
        }
        assert_eq!(db.mark_read(ann, Scope::All, &Marked::All, newest, START).await.unwrap().marked, 0);
        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    }

    async fn a_part_of_a_list_is_marked_and_taken_back_alone(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let other = followed(db, ann, "weekly").await;
        // In the feed one article a minute: at this moment the third begins.
        let added = db.store_articles(feed, &articles(-5..=-1), NewUnread::All, START).await.unwrap().added;
        db.store_articles(other, &articles(-9..=-8), NewUnread::All, START).await.unwrap();
        let newest = db.counts(ann).await.unwrap().newest;
        let before = Marked::Before(START.plus(-3 * UnixMillis::MINUTE));

        let old = db.mark_read(ann, Scope::Feed(feed), &before, newest, START).await.unwrap();
        assert_eq!((old.marked, db.counts(ann).await.unwrap().unread), (2, 5));
        let page = Marked::These(vec![added[0], added[4]]);
        let some = db.mark_read(ann, Scope::Unread, &page, newest, START).await.unwrap();
        assert_eq!((some.marked, db.counts(ann).await.unwrap().unread), (1, 4), "one of them is read already");

        assert_eq!(db.undo_mark(ann, some.id, START).await.unwrap(), 1);
        assert!(db.article(ann, added[4]).await.unwrap().unwrap().unread);
        assert!(!db.article(ann, added[0]).await.unwrap().unwrap().unread, "that was another mark");
        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    }

    async fn what_arrived_after_the_page_was_drawn_stays_unread(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        db.store_articles(feed, &articles(10..=12), NewUnread::All, START).await.unwrap();
        let drawn = db.counts(ann).await.unwrap().newest;
        let late = db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap().added;

        assert_eq!(db.mark_read(ann, Scope::Unread, &Marked::All, drawn, START).await.unwrap().marked, 3);

        for id in late {
            assert!(db.article(ann, id).await.unwrap().unwrap().unread);
        }
    }

    async fn a_mark_of_many_can_be_taken_back_for_ten_minutes(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=30), NewUnread::All, START).await.unwrap().added;
        db.set_read(ann, added[0], true, START).await.unwrap();
        let newest = db.counts(ann).await.unwrap().newest;
        let receipt = db.mark_read(ann, Scope::Unread, &Marked::All, newest, START).await.unwrap();

        let bob = account(db, "bob").await;
        assert_eq!(db.undo_mark(bob, receipt.id, START).await.unwrap(), 0, "someone else's");
        assert_eq!(db.undo_mark(ann, receipt.id, START.plus(UNDO_MILLIS)).await.unwrap(), 0, "too late");
        let now = START.plus(UNDO_MILLIS - 1);
        assert_eq!(db.undo_mark(ann, receipt.id, now).await.unwrap(), 29, "only what the mark had marked");
        assert_eq!(db.undo_mark(ann, receipt.id, now).await.unwrap(), 0, "once");
        assert_eq!(db.counts(ann).await.unwrap().unread, 29);
    }

    async fn taking_a_mark_back_respects_what_happened_since(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (a, b) = (followed(db, ann, "a").await, followed(db, ann, "b").await);
        let added = db.store_articles(a, &articles(1..=3), NewUnread::All, START).await.unwrap().added;
        db.store_articles(b, &articles(4..=6), NewUnread::All, START).await.unwrap();
        let newest = db.counts(ann).await.unwrap().newest;
        let receipt = db.mark_read(ann, Scope::All, &Marked::All, newest, START).await.unwrap();
        db.set_read(ann, added[0], false, START).await.unwrap();
        db.unsubscribe(ann, &[b], START).await.unwrap();

        assert_eq!(db.undo_mark(ann, receipt.id, START).await.unwrap(), 2);

        assert_eq!(db.counts(ann).await.unwrap().unread, 3);
        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    }

    async fn a_mark_of_more_than_a_chunk_is_whole(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        for start in 0..6 {
            let entries = articles(start * 1_000..(start + 1) * 1_000);
            db.store_articles(feed, &entries, NewUnread::All, START.plus(UnixMillis::DAY)).await.unwrap();
        }
        let newest = db.counts(ann).await.unwrap().newest;

        let receipt = db.mark_read(ann, Scope::Feed(feed), &Marked::All, newest, START).await.unwrap();

        assert_eq!((receipt.marked, db.counts(ann).await.unwrap().unread), (6_000, 0));
        assert_eq!(db.undo_mark(ann, receipt.id, START).await.unwrap(), 6_000);
        assert_eq!(db.counts(ann).await.unwrap().unread, 6_000);
    }

    async fn many_writers_at_once_never_meet_a_locked_database(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=50), NewUnread::All, START).await.unwrap().added;
        let second = gleaner::store::Db::open(db.address()).await.unwrap();

        let marks = added.iter().enumerate().map(|(place, id)| {
            let db = if place % 2 == 0 { &db.db } else { &second };
            db.set_read(ann, *id, true, START)
        });
        let marks = futures_util::future::join_all(marks).await;

        assert!(marks.into_iter().all(|mark| mark.unwrap()));
        assert_eq!(db.counts(ann).await.unwrap().unread, 0);
        second.close().await;
    }
}
