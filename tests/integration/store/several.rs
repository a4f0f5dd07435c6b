//! What is done with followed feeds and taken back: mute, pause, move, let go; categories and rules likewise.

use gleaner::domain::{Actions, BodyPreference, Condition, PicturePolicy, RuleScope, TagName, UnixMillis};
use gleaner::store::{BulkChange, CategoryRenamed, NewUnread, Scope, Step, SubscriptionChange, UNDO_MILLIS, Wanted};

use crate::support::db::{START, TestDb, account, articles, articles_of, followed, on_both};

const LEASE: i64 = UnixMillis::MINUTE;

async fn unread(db: &TestDb, account: gleaner::domain::AccountId) -> i64 {
    assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    db.counts(account).await.unwrap().unread
}

on_both! {
    async fn a_muted_feed_arrives_read_and_is_heard_again_from_then_on(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 0).await.unwrap();
        db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap();

        let muted = db.change_subscriptions(ann, &[feed], BulkChange::Muted(true), START).await.unwrap();
        db.store_articles(feed, &articles(4..=5), NewUnread::All, START).await.unwrap();

        assert_eq!((muted.count, unread(db, ann).await, unread(db, bob).await), (1, 0, 5));
        assert!(db.subscription(ann, feed).await.unwrap().unwrap().muted);
        assert_eq!(db.change_subscriptions(ann, &[feed], BulkChange::Muted(true), START).await.unwrap().count, 0);

        db.change_subscriptions(ann, &[feed], BulkChange::Muted(false), START).await.unwrap();
        db.store_articles(feed, &articles(6..=6), NewUnread::All, START).await.unwrap();
        assert_eq!(unread(db, ann).await, 1, "only what arrived since");
    }

    async fn muting_is_taken_back_with_what_was_unread(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (one, two) = (followed(db, ann, "one").await, followed(db, ann, "two").await);
        db.store_articles(one, &articles_of(one, 1..=3), NewUnread::All, START).await.unwrap();
        db.store_articles(two, &articles_of(two, 1..=2), NewUnread::All, START).await.unwrap();
        let muted = db.change_subscriptions(ann, &[one, two], BulkChange::Muted(true), START).await.unwrap();
        assert_eq!((muted.count, unread(db, ann).await), (2, 0));

        let eve = account(db, "eve").await;
        assert_eq!(db.undo_change(eve, muted.receipt, START).await.unwrap(), None, "not hers");
        assert_eq!(db.undo_change(ann, muted.receipt, START).await.unwrap(), Some(2));

        assert_eq!(unread(db, ann).await, 5);
        assert!(!db.subscription(ann, one).await.unwrap().unwrap().muted);
        assert_eq!(db.undo_change(ann, muted.receipt, START).await.unwrap(), None, "once");
    }

    async fn a_feed_is_fetched_as_long_as_anybody_follows_it_unpaused(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 0).await.unwrap();
        let pause = |account, paused| db.change_subscriptions(account, std::slice::from_ref(&feed), BulkChange::Paused(paused), START);
        pause(ann, true).await.unwrap();

        let due = db.lease_due_feeds(START, LEASE, 10).await.unwrap();
        assert_eq!(due.len(), 1, "for bob");
        db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap();
        db.release_feed(feed, due[0].lease).await.unwrap();
        assert_eq!((unread(db, ann).await, unread(db, bob).await), (0, 2));
        assert_eq!(db.wanted_feeds(ann, &Wanted::All).await.unwrap(), []);

        pause(bob, true).await.unwrap();
        assert_eq!(db.lease_due_feeds(START, LEASE, 10).await.unwrap(), []);
        assert_eq!(db.next_feed_due().await.unwrap(), None);

        pause(ann, false).await.unwrap();
        assert_eq!(unread(db, ann).await, 2, "what came meanwhile");
        assert_eq!(db.lease_due_feeds(START, LEASE, 10).await.unwrap().len(), 1);
    }

    async fn feeds_move_together_and_back_to_where_each_was(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (one, two) = (followed(db, ann, "one").await, followed(db, ann, "two").await);
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let tech = db.create_category(ann, "Tech").await.unwrap().unwrap();
        db.change_subscriptions(ann, &[one], BulkChange::Category(Some(news)), START).await.unwrap();

        let moved = db.change_subscriptions(ann, &[one, two], BulkChange::Category(Some(tech)), START).await.unwrap();
        let category = async |feed| db.subscription(ann, feed).await.unwrap().unwrap().category;
        assert_eq!((moved.count, category(one).await, category(two).await), (2, Some(tech), Some(tech)));
        db.undo_change(ann, moved.receipt, START).await.unwrap();
        assert_eq!((category(one).await, category(two).await), (Some(news), None));

        let bobs = db.create_category(account(db, "bob").await, "Bob").await.unwrap().unwrap();
        db.change_subscriptions(ann, &[one], BulkChange::Category(Some(bobs)), START).await.unwrap();
        assert_eq!(category(one).await, None, "a category of another account is none");
    }

    async fn a_category_that_was_made_for_feeds_goes_when_they_do(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let (one, two) = (followed(db, ann, "one").await, followed(db, ann, "two").await);
        let titles = async || db.categories(ann).await.unwrap().into_iter().map(|known| known.title).collect::<Vec<_>>();
        let new = async |title| BulkChange::NewCategory(db.create_category(ann, title).await.unwrap().unwrap());

        let moved = db.change_subscriptions(ann, &[one, two], new("Sea").await, START).await.unwrap();
        assert_eq!((moved.count, titles().await), (2, vec!["Sea".to_owned()]));
        assert_eq!(db.undo_change(bob, moved.receipt, START).await.unwrap(), None, "not his");
        assert_eq!(db.undo_change(ann, moved.receipt, START).await.unwrap(), Some(2));
        assert_eq!(titles().await, Vec::<String>::new());
        assert_eq!(db.subscription(ann, one).await.unwrap().unwrap().category, None);

        let moved = db.change_subscriptions(ann, &[one], new("Sea").await, START).await.unwrap();
        let sea = db.categories(ann).await.unwrap()[0].id;
        db.change_subscriptions(ann, &[two], BulkChange::Category(Some(sea)), START).await.unwrap();
        db.undo_change(ann, moved.receipt, START).await.unwrap();
        assert_eq!(titles().await, ["Sea"], "another feed is in it by now");
        assert_eq!(db.subscription(ann, two).await.unwrap().unwrap().category, Some(sea));

        let moved = db.change_subscriptions(ann, &[one], BulkChange::Category(Some(sea)), START).await.unwrap();
        db.change_subscriptions(ann, &[two], BulkChange::Category(None), START).await.unwrap();
        db.undo_change(ann, moved.receipt, START).await.unwrap();
        assert_eq!(titles().await, ["Sea"], "one that was there before stays, empty as it may be");
    }

    async fn letting_go_is_taken_back_with_settings_and_unread_articles(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (one, two) = (followed(db, ann, "one").await, followed(db, ann, "two").await);
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let change = SubscriptionChange {
            title: Some("Mine".to_owned()),
            category: Some(Some(news)),
            preference: Some(BodyPreference::Page),
            plain_tile: Some(true),
        };
        db.update_subscription(ann, one, &change).await.unwrap();
        let added = db.store_articles(one, &articles(1..=4), NewUnread::All, START).await.unwrap().added;
        db.set_read(ann, added[0], true, START).await.unwrap();
        db.change_subscriptions(ann, &[two], BulkChange::Paused(true), START).await.unwrap();
        db.set_feed_picture_policy(ann, one, Some(PicturePolicy::None)).await.unwrap();
        let before = (db.subscription(ann, one).await.unwrap(), db.subscription(ann, two).await.unwrap());

        let (count, receipt) = db.unsubscribe(ann, &[one, two], START).await.unwrap().unwrap();
        assert_eq!((count, unread(db, ann).await, db.subscriptions(ann).await.unwrap().len()), (2, 0, 0));
        assert_eq!(db.undo_unsubscribe(account(db, "eve").await, receipt, 50, START).await.unwrap(), None);
        let back = db.undo_unsubscribe(ann, receipt, 50, START).await.unwrap().unwrap();

        assert_eq!((back.len(), unread(db, ann).await), (2, 3));
        assert_eq!((db.subscription(ann, one).await.unwrap(), db.subscription(ann, two).await.unwrap()), before);
        assert_eq!(db.feed_picture_policy(ann, one).await.unwrap(), Some(PicturePolicy::None));
    }

    async fn to_follow_again_within_thirty_days_is_to_go_on(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 0).await.unwrap();
        let added = db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap().added;
        db.set_read(ann, added[2], true, START).await.unwrap();
        let change = SubscriptionChange { title: Some("Mine".to_owned()), ..SubscriptionChange::default() };
        db.update_subscription(ann, feed, &change).await.unwrap();

        db.unsubscribe(ann, &[feed], START).await.unwrap().unwrap();
        db.store_articles(feed, &articles(4..=9), NewUnread::All, START).await.unwrap();
        assert!(db.subscribe(ann, feed, None, START.plus(29 * UnixMillis::DAY), 2).await.unwrap());
        assert_eq!(unread(db, ann).await, 2 + 2, "the two that were, and the newest two that came since");
        assert_eq!(db.subscription(ann, feed).await.unwrap().unwrap().title, "Mine");

        db.unsubscribe(ann, &[feed], START).await.unwrap().unwrap();
        assert!(db.subscribe(ann, feed, None, START.plus(31 * UnixMillis::DAY), 3).await.unwrap());
        assert_eq!((unread(db, ann).await, db.subscription(ann, feed).await.unwrap().unwrap().own_title), (3, None));
    }

    async fn categories_are_put_in_order(db: &TestDb) {
        let ann = account(db, "ann").await;
        for title in ["A", "B", "C"] {
            db.create_category(ann, title).await.unwrap().unwrap();
        }
        let titles = async || {
            db.categories(ann).await.unwrap().into_iter().map(|category| category.title).collect::<Vec<_>>().concat()
        };
        let c = db.categories(ann).await.unwrap()[2].id;
        assert!(db.move_category(ann, c, Step::Up).await.unwrap());
        assert_eq!(titles().await, "ACB");
        assert!(db.move_category(ann, c, Step::Up).await.unwrap());
        assert!(db.move_category(ann, c, Step::Up).await.unwrap(), "the first one stays");
        assert_eq!(titles().await, "CAB");
        assert!(db.move_category(ann, c, Step::Down).await.unwrap());
        assert_eq!(titles().await, "ACB");
        let sidebar = db.sidebar(ann, None, 60).await.unwrap();
        assert_eq!(sidebar.categories.iter().map(|category| category.title.as_str()).collect::<Vec<_>>(), ["A", "C", "B"]);
    }

    async fn two_categories_become_one_and_two_again(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (one, two, three) =
            (followed(db, ann, "one").await, followed(db, ann, "two").await, followed(db, ann, "three").await);
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let tech = db.create_category(ann, "Tech").await.unwrap().unwrap();
        db.change_subscriptions(ann, &[one, three], BulkChange::Category(Some(news)), START).await.unwrap();
        db.change_subscriptions(ann, &[two], BulkChange::Category(Some(tech)), START).await.unwrap();
        let (condition, actions) =
            (Condition { pattern: "x".to_owned(), ..Condition::default() }, Actions { star: true, ..Actions::default() });
        db.add_rule(ann, RuleScope::Category(Some(news)), &condition, &actions, START).await.unwrap();

        let CategoryRenamed::Merged(gone) = db.rename_category(ann, news, " Tech ", START).await.unwrap() else { panic!() };
        let of = async |feed| db.subscription(ann, feed).await.unwrap().unwrap().category;
        assert_eq!((of(one).await, of(two).await, of(three).await), (Some(tech), Some(tech), Some(tech)));
        assert_eq!(db.rules(ann).await.unwrap()[0].scope, RuleScope::Category(Some(tech)));
        assert_eq!(db.categories(ann).await.unwrap().len(), 1);
        db.change_subscriptions(ann, &[three], BulkChange::Category(None), START).await.unwrap();

        let back = db.restore_category(ann, gone.receipt, START).await.unwrap().unwrap();
        assert_eq!((of(one).await, of(two).await), (Some(back), Some(tech)));
        assert_eq!(of(three).await, None, "it was moved since");
        assert_eq!(db.rules(ann).await.unwrap()[0].scope, RuleScope::Category(Some(back)));
        let titles: Vec<String> = db.categories(ann).await.unwrap().into_iter().map(|category| category.title).collect();
        assert_eq!(titles, ["News", "Tech"], "it is where it was");

        let gone = db.delete_category(ann, back, START).await.unwrap().unwrap();
        assert_eq!((of(one).await, db.rules(ann).await.unwrap()[0].scope), (None, RuleScope::Category(None)));
        assert_eq!(db.restore_category(ann, gone.receipt, START.plus(UNDO_MILLIS)).await.unwrap(), None, "too late");
        let gone = db.delete_category(ann, tech, START).await.unwrap().unwrap();
        let tech = db.restore_category(ann, gone.receipt, START).await.unwrap().unwrap();
        assert_eq!(of(two).await, Some(tech));
    }

    async fn a_rule_is_changed_and_switched_off_and_on(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        let condition = Condition { pattern: "river".to_owned(), ..Condition::default() };
        let star = Actions { star: true, ..Actions::default() };
        let id = db.add_rule(ann, RuleScope::All, &condition, &star, START).await.unwrap().unwrap();
        let changed = Condition { pattern: "flood".to_owned(), ..Condition::default() };
        let tag = Actions { tag: TagName::parse("water"), ..Actions::default() };

        assert!(!db.change_rule(bob, id, RuleScope::All, &changed, &tag, START).await.unwrap());
        assert!(!db.switch_rule(bob, id, true).await.unwrap());
        assert!(db.change_rule(ann, id, RuleScope::Feed(Some(feed)), &changed, &tag, START).await.unwrap());
        let rule = db.rules(ann).await.unwrap().remove(0);
        assert_eq!((rule.scope, &rule.condition, &rule.actions), (RuleScope::Feed(Some(feed)), &changed, &tag));
        assert_eq!(db.rules_of_feed(feed).await.unwrap().len(), 1);

        assert!(db.switch_rule(ann, id, true).await.unwrap());
        assert_eq!(db.rules_of_feed(feed).await.unwrap(), []);
        let receipt = db.delete_rule(ann, id, START).await.unwrap().unwrap();
        assert!(db.restore_rule(ann, receipt, START).await.unwrap());
        let rule = db.rules(ann).await.unwrap().remove(0);
        assert!(rule.is_off, "it comes back as it was");
        assert!(db.switch_rule(ann, rule.id, false).await.unwrap());
        assert_eq!(db.rules_of_feed(feed).await.unwrap().len(), 1);
    }

    async fn what_is_done_with_stored_articles_is_taken_back_and_nothing_else(db: &TestDb) {
        let (ann, eve) = (account(db, "ann").await, account(db, "eve").await);
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=4), NewUnread::All, START).await.unwrap().added;
        db.set_starred(ann, added[0], true, START.plus(-1)).await.unwrap();
        db.set_read(ann, added[1], true, START).await.unwrap();
        let all = Actions { read: true, star: true, later: true, tag: TagName::parse("water") };

        assert_eq!(db.do_now(eve, &added, &all, START).await.unwrap().count, 0, "not hers to read");
        let done = db.do_now(ann, &added[..3], &all, START).await.unwrap();
        let counts = db.counts(ann).await.unwrap();
        assert_eq!((done.count, counts.unread, counts.starred, counts.later), (3, 1, 3, 3));
        assert_eq!(db.tags(ann).await.unwrap()[0].articles, 3);

        assert!(!db.undo_deeds(eve, done.receipt, START).await.unwrap());
        assert!(db.undo_deeds(ann, done.receipt, START).await.unwrap());
        let counts = db.counts(ann).await.unwrap();
        assert_eq!((counts.unread, counts.starred, counts.later), (3, 1, 0), "the star and the read one from before stay");
        assert_eq!(db.tags(ann).await.unwrap()[0].articles, 0);
        assert_eq!(unread(db, ann).await, 3);
        assert_eq!(db.list(ann, &gleaner::store::ListQuery {
            scope: Scope::Starred, only_unread: false, order: gleaner::store::Order::NewestFirst, after: None, limit: 9,
        }).await.unwrap()[0].id, added[0]);
    }
}
