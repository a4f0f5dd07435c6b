//! Accounts, sessions and categories.

use gleaner::domain::{Anchor, CategoryId, ReadingPlace, TagName, UnixMillis};
use gleaner::store::{CategoryRenamed, NewUnread, Opening, PrivateKind, Reads, Step, SubscriptionChange};

use crate::support::db::{START, TestDb, account, articles, followed, on_both};

on_both! {
    async fn only_one_first_administrator_is_made(db: &TestDb) {
        let (one, two) = tokio::join!(
            db.create_first_admin("ann", "hash", START),
            db.create_first_admin("bob", "hash", START),
        );
        let made: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();

        assert_eq!(made.len(), 1);
        assert_eq!(db.count_accounts().await.unwrap(), 1);
        assert!(db.account(made[0]).await.unwrap().unwrap().is_admin);
        assert_eq!(db.create_first_admin("eve", "hash", START).await.unwrap(), None);
    }

    async fn no_first_administrator_is_made_where_an_account_exists(db: &TestDb) {
        account(db, "ann").await;
        assert_eq!(db.create_first_admin("eve", "hash", START).await.unwrap(), None);
    }

    async fn names_are_compared_without_case_and_kept_as_typed(db: &TestDb) {
        let ann = account(db, "Ann").await;
        assert_eq!(db.create_account("ANN ", "hash", false, START).await.unwrap(), None);
        let found = db.account_by_name("ann").await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (ann, "Ann"));
        assert_eq!(db.account_by_name("bob").await.unwrap(), None);
    }

    async fn a_password_and_settings_can_be_replaced(db: &TestDb) {
        let ann = account(db, "ann").await;
        assert!(db.set_password(ann, "other").await.unwrap());
        assert!(db.set_admin(ann, true).await.unwrap());
        assert_eq!(db.account_settings(ann).await.unwrap(), "{}");
        db.set_account_settings(ann, r#"{"theme":"dark"}"#).await.unwrap();
        assert_eq!(db.account_settings(ann).await.unwrap(), r#"{"theme":"dark"}"#);
        let ann = db.accounts().await.unwrap().remove(0);
        assert_eq!((ann.password_hash.as_str(), ann.is_admin), ("other", true));
    }

    async fn a_session_holds_until_it_is_idle_or_old(db: &TestDb) {
        let ann = account(db, "ann").await;
        let token = [7; 32];
        db.create_session(token, ann, START, Some("Browser")).await.unwrap();

        let day = |days: i64| START.plus(days * UnixMillis::DAY);
        assert_eq!(db.session(token, day(29)).await.unwrap().unwrap().account, ann);
        assert_eq!(db.session(token, day(31)).await.unwrap(), None, "idle for 31 days");
        for days in [20, 40, 60, 80] {
            db.touch_session(token, day(days)).await.unwrap();
        }
        assert!(db.session(token, day(89)).await.unwrap().is_some());
        assert_eq!(db.session(token, day(91)).await.unwrap(), None, "begun 91 days ago");
        db.touch_session(token, START).await.unwrap();
        assert_eq!(db.session(token, day(80)).await.unwrap().unwrap().last_seen_at, day(80), "never moved back");
        assert_eq!(db.purge_sessions(day(80)).await.unwrap(), 0);
        assert_eq!(db.purge_sessions(day(91)).await.unwrap(), 1);
    }

    async fn sessions_end_one_by_one_or_all_but_one(db: &TestDb) {
        let ann = account(db, "ann").await;
        for token in 1..=4 {
            db.create_session([token; 32], ann, START, None).await.unwrap();
        }
        db.delete_session([1; 32]).await.unwrap();
        assert_eq!(db.session([1; 32], START).await.unwrap(), None);
        assert_eq!(db.delete_sessions_of(ann, Some([2; 32])).await.unwrap(), 2);
        assert_eq!(db.sessions_of(ann).await.unwrap().len(), 1);
        assert_eq!(db.delete_sessions_of(ann, None).await.unwrap(), 1);
    }

    async fn categories_belong_to_one_account(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let news = db.create_category(ann, " News ").await.unwrap().unwrap();
        assert_eq!(db.create_category(ann, "News").await.unwrap(), None);
        assert_eq!(db.category_by_title_or_create(ann, "News").await.unwrap(), news);
        let tech = db.category_by_title_or_create(ann, "Tech").await.unwrap();

        let foreign = db.rename_category(bob, tech, "Mine", START).await.unwrap();
        assert_eq!(foreign, CategoryRenamed::NoCategory, "someone else's");
        assert_eq!(db.delete_category(bob, tech, START).await.unwrap(), None, "someone else's");
        assert!(!db.move_category(bob, tech, Step::Up).await.unwrap(), "someone else's");
        assert_eq!(db.rename_category(ann, tech, "Science", START).await.unwrap(), CategoryRenamed::Done);
        let titles: Vec<String> = db.categories(ann).await.unwrap().into_iter().map(|c| c.title).collect();
        assert_eq!(titles, ["News", "Science"]);
        assert_eq!(db.categories(bob).await.unwrap(), []);
    }

    async fn a_deleted_category_leaves_its_feeds(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let news = db.create_category(ann, "News").await.unwrap().unwrap();
        let change = SubscriptionChange { category: Some(Some(news)), ..SubscriptionChange::default() };
        assert!(db.update_subscription(ann, feed, &change).await.unwrap());

        assert!(db.delete_category(ann, news, START).await.unwrap().is_some());

        assert_eq!(db.subscription(ann, feed).await.unwrap().unwrap().category, None);
    }

    async fn a_category_of_another_account_is_taken_for_none(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        let news = db.create_category(bob, "News").await.unwrap().unwrap();
        for category in [news, CategoryId(999)] {
            let change = SubscriptionChange { category: Some(Some(category)), ..SubscriptionChange::default() };
            db.update_subscription(ann, feed, &change).await.unwrap();
            assert_eq!(db.subscription(ann, feed).await.unwrap().unwrap().category, None);
        }
    }

    async fn the_last_administrator_cannot_be_deleted(db: &TestDb) {
        let ann = account(db, "ann").await;
        let admin = async |name: &str| db.create_account(name, "hash", true, START).await.unwrap().unwrap();
        let (bob, eve) = (admin("bob").await, admin("eve").await);
        let feed = followed(db, bob, "daily").await;
        let article = db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap().added[0];
        db.set_starred(bob, article, true, START).await.unwrap();
        assert!(db.disable_account(eve, START).await.unwrap());

        assert!(!db.delete_account(bob).await.unwrap(), "who is disabled cannot manage accounts");
        assert!(db.article(bob, article).await.unwrap().unwrap().starred, "nothing of theirs is gone");

        assert!(db.delete_account(eve).await.unwrap(), "a disabled one can go");
        assert!(db.delete_account(ann).await.unwrap(), "and so can a reader");
        admin("ida").await;
        assert!(db.delete_account(bob).await.unwrap());
    }

    async fn a_deleted_account_takes_only_what_is_its_own(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 0).await.unwrap();
        let saved = db.private_feed(ann, PrivateKind::Saved, START).await.unwrap();
        let common = db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap().added;
        let own = db.store_articles(saved, &articles(3..=3), NewUnread::All, START).await.unwrap().added;
        for article in [common[0], own[0]] {
            assert!(db.set_starred(ann, article, true, START).await.unwrap());
            assert!(db.set_later(ann, article, true, START).await.unwrap());
            db.open_article(ann, article, Opening::First, Reads::Now, START).await.unwrap();
            db.tag_article(ann, article, &[TagName::parse("own").unwrap()], START).await.unwrap();
            let anchor = Anchor { exact: "text".to_owned(), ..Anchor::default() };
            db.highlight(ann, article, &anchor, None, "note", START).await.unwrap();
            db.set_reading_place(ann, article, ReadingPlace::new(500, 3), START).await.unwrap();
        }
        let binned = db.tags(ann).await.unwrap()[0].id;
        db.delete_tag(ann, binned, START).await.unwrap();
        db.tag_article(ann, own[0], &[TagName::parse("again").unwrap()], START).await.unwrap();
        db.create_session([1; 32], ann, START, None).await.unwrap();

        assert!(db.delete_account(ann).await.unwrap());
        assert!(!db.delete_account(ann).await.unwrap());

        assert_eq!(db.session([1; 32], START).await.unwrap(), None);
        assert_eq!(db.feed(saved).await.unwrap(), None);
        assert!(db.article_draft(own[0]).await.unwrap().is_none());
        assert!(db.article(bob, common[0]).await.unwrap().unwrap().unread, "others keep reading");
        assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    }
}
