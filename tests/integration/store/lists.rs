//! Lists, their pages and neighbours: every list is compared with what a simple sort of everything would give.

use gleaner::domain::{AccountId, ArticleId, CategoryId, FeedId, UnixMillis};
use gleaner::store::{
    Cursor, Db, ListQuery, ListRow, NewUnread, Opening, Order, PrivateKind, Reads, Scope, SubscriptionChange,
};

use crate::support::db::{START, TestDb, account, articles, articles_of, feed, followed, on_both};

/// Much later than any article of these tests.
const NOW: UnixMillis = UnixMillis(START.0 + 365 * UnixMillis::DAY);

fn query(scope: Scope) -> ListQuery {
    ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None, limit: 50 }
}

async fn ids(db: &Db, account: AccountId, query: &ListQuery) -> Vec<ArticleId> {
    db.list(account, query).await.unwrap().into_iter().map(|row| row.id).collect()
}

/// The whole list, read in pages of `limit`.
async fn paged(db: &Db, account: AccountId, mut query: ListQuery, limit: i64) -> Vec<ListRow> {
    query.limit = limit;
    let mut rows: Vec<ListRow> = Vec::new();
    loop {
        let page = db.list(account, &query).await.unwrap();
        assert!(page.len() <= usize::try_from(limit).unwrap());
        let Some(last) = page.last() else { return rows };
        query.after = Some(last.cursor);
        rows.extend(page);
    }
}

/// Ann follows `feeds` feeds, every second of them in a category; each holds articles, three of them read.
async fn library(db: &Db, feeds: i64) -> (AccountId, CategoryId, Vec<FeedId>) {
    let ann = account(db, "ann").await;
    let category = db.create_category(ann, "News").await.unwrap().unwrap();
    let stranger = feed(db, "stranger").await;
    db.store_articles(stranger, &articles(1..=9), NewUnread::All, NOW).await.unwrap();
    let mut followed_feeds = Vec::new();
    for number in 0..feeds {
        let id = followed(db, ann, &format!("feed{number}")).await;
        if number % 2 == 0 {
            let change = SubscriptionChange { category: Some(Some(category)), ..SubscriptionChange::default() };
            db.update_subscription(ann, id, &change).await.unwrap();
        }
        // Several articles share a moment, so that the id has to decide.
        let entries = articles_of(id, (0..6).map(|k| (number % 3) + k * 2));
        let added = db.store_articles(id, &entries, NewUnread::All, NOW).await.unwrap().added;
        for article in &added[..3] {
            db.open_article(ann, *article, Opening::First, Reads::Now, START.plus(number)).await.unwrap();
        }
        db.set_starred(ann, added[0], true, START.plus(number)).await.unwrap();
        db.set_starred(ann, added[5], true, START.plus(number)).await.unwrap();
        db.set_later(ann, added[1], true, START.plus(-number)).await.unwrap();
        db.set_later(ann, added[4], true, START.plus(-number)).await.unwrap();
        followed_feeds.push(id);
    }
    (ann, category, followed_feeds)
}

/// Every list of the library in both orders, by pages of several sizes, has what it should, once, in order.
async fn check_every_list(db: &Db, feeds: i64) {
    let (ann, category, followed_feeds) = library(db, feeds).await;
    let everything = {
        let mut all = Vec::new();
        for feed in &followed_feeds {
            all.extend(paged(db, ann, query(Scope::Feed(*feed)), 4).await);
        }
        all
    };
    assert_eq!(everything.len(), usize::try_from(feeds * 6).unwrap());
    let categorised: Vec<FeedId> = followed_feeds.iter().copied().step_by(2).collect();
    for scope in [
        Scope::Unread,
        Scope::All,
        Scope::Starred,
        Scope::Later,
        Scope::History,
        Scope::Category(category),
        Scope::Feed(followed_feeds[1]),
    ] {
        for only_unread in [false, true] {
            for order in [Order::NewestFirst, Order::OldestFirst] {
                let wanted = ListQuery { only_unread, order, ..query(scope) };
                let found = paged(db, ann, wanted, 7).await;
                let belongs = |row: &&ListRow| {
                    let inside = match scope {
                        Scope::Unread => row.unread,
                        Scope::All => true,
                        Scope::Starred => row.starred,
                        Scope::Later => row.later,
                        Scope::History => !row.unread,
                        Scope::Tag(_) => false,
                        Scope::Category(_) => categorised.contains(&row.feed_id),
                        Scope::Feed(feed) => row.feed_id == feed,
                    };
                    inside && (row.unread || !only_unread)
                };
                let mut expected: Vec<ArticleId> = everything.iter().filter(belongs).map(|row| row.id).collect();
                let mut got: Vec<ArticleId> = found.iter().map(|row| row.id).collect();
                let place = |row: &ListRow| (row.cursor.sort_at, row.cursor.id);
                let sorted = match order {
                    Order::NewestFirst => found.is_sorted_by(|a, b| place(a) > place(b)),
                    Order::OldestFirst => found.is_sorted_by(|a, b| place(a) < place(b)),
                };
                assert!(sorted, "{wanted:?}");
                expected.sort();
                got.sort();
                assert_eq!(got, expected, "{wanted:?}");
            }
        }
    }
}

on_both! {
    async fn every_list_is_complete_and_in_order_with_few_feeds(db: &TestDb) {
        check_every_list(db, 4).await;
    }

    async fn every_list_is_complete_and_in_order_with_many_feeds(db: &TestDb) {
        check_every_list(db, 46).await;
    }

    async fn a_row_tells_what_a_list_shows(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let change = SubscriptionChange { title: Some("My daily".to_owned()), ..SubscriptionChange::default() };
        db.update_subscription(ann, feed, &change).await.unwrap();
        let id = db.store_articles(feed, &articles(1..=1), NewUnread::All, NOW).await.unwrap().added[0];
        db.set_later(ann, id, true, NOW).await.unwrap();

        let row = db.list(ann, &query(Scope::Unread)).await.unwrap().remove(0);

        assert_eq!((row.id, row.feed_id, row.feed_title.as_str(), row.title.as_str()), (id, feed, "My daily", "Article 1"));
        assert_eq!((row.excerpt.as_str(), row.words, row.cjk_chars), ("The beginning of 1.", 100, 0));
        assert_eq!(row.language.as_ref().map(gleaner::domain::Language::as_str), Some("en"));
        assert_eq!((row.unread, row.starred, row.later), (true, false, true));
        assert_eq!(row.cursor, Cursor { sort_at: START.plus(UnixMillis::MINUTE), id });
    }

    async fn a_stranger_sees_an_empty_list(db: &TestDb) {
        let (_, category, feeds) = library(db, 2).await;
        let eve = account(db, "eve").await;
        for scope in [Scope::Unread, Scope::All, Scope::Starred, Scope::Later, Scope::History, Scope::Category(category), Scope::Feed(feeds[0])] {
            for only_unread in [true, false] {
                assert_eq!(ids(db, eve, &ListQuery { only_unread, ..query(scope) }).await, [], "{scope:?}");
            }
        }
    }

    async fn what_arrives_between_two_pages_shifts_nothing(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        db.store_articles(feed, &articles(1..=20), NewUnread::All, NOW).await.unwrap();
        let first = db.list(ann, &ListQuery { limit: 10, ..query(Scope::Unread) }).await.unwrap();
        db.store_articles(feed, &articles(21..=30), NewUnread::All, NOW).await.unwrap();
        for row in &first {
            db.set_read(ann, row.id, true, NOW).await.unwrap();
        }

        let after = first.last().map(|row| row.cursor);
        let second = db.list(ann, &ListQuery { limit: 10, after, ..query(Scope::Unread) }).await.unwrap();

        let titles: Vec<String> = second.into_iter().map(|row| row.title).collect();
        assert_eq!(titles, (1..=10).rev().map(|number| format!("Article {number}")).collect::<Vec<_>>());
    }

    async fn neighbours_are_those_of_the_list(db: &TestDb) {
        for (feeds, ann_feeds) in [(3, "few")] {
            let (ann, category, followed_feeds) = library(db, feeds).await;
            for scope in [Scope::Unread, Scope::All, Scope::Starred, Scope::Later, Scope::History, Scope::Category(category), Scope::Feed(followed_feeds[0])] {
                for order in [Order::NewestFirst, Order::OldestFirst] {
                    let wanted = ListQuery { order, ..query(scope) };
                    let list = ids(db, ann, &wanted).await;
                    for (place, id) in list.iter().enumerate() {
                        let beside = db.neighbours(ann, &wanted, *id).await.unwrap();
                        let before = place.checked_sub(1).map(|place| list[place]);
                        assert_eq!(beside.previous.map(|row| row.id), before, "{ann_feeds} {wanted:?}");
                        assert_eq!(beside.next.map(|row| row.id), list.get(place + 1).copied(), "{ann_feeds} {wanted:?}");
                    }
                }
            }
        }
    }

    async fn an_article_just_read_still_has_neighbours_in_the_unread_list(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=3), NewUnread::All, NOW).await.unwrap().added;
        db.set_read(ann, added[1], true, NOW).await.unwrap();

        let beside = db.neighbours(ann, &query(Scope::Unread), added[1]).await.unwrap();

        assert_eq!(beside.previous.map(|row| row.id), Some(added[2]));
        assert_eq!(beside.next.map(|row| row.id), Some(added[0]));
        assert_eq!(db.neighbours(ann, &query(Scope::Unread), ArticleId(404)).await.unwrap(), Default::default());
    }

    async fn stars_outlive_a_subscription_in_their_list(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=3), NewUnread::All, NOW).await.unwrap().added;
        db.set_starred(ann, added[0], true, NOW).await.unwrap();
        db.unsubscribe(ann, &[feed], START).await.unwrap();

        assert_eq!(ids(db, ann, &query(Scope::Starred)).await, [added[0]]);
        assert_eq!(ids(db, ann, &query(Scope::All)).await, []);
        assert_eq!(ids(db, ann, &query(Scope::Feed(feed))).await, []);
    }

    async fn the_history_has_each_article_once_by_the_last_time_it_was_opened(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=3), NewUnread::All, NOW).await.unwrap().added;
        for (minute, place) in [(1, 0), (2, 1), (3, 2), (4, 0)] {
            let first = db.open_article(ann, added[place], Opening::First, Reads::Now, NOW.plus(minute)).await.unwrap();
            assert_eq!(first, minute < 4, "only what was unread becomes read");
        }
        assert_eq!(ids(db, ann, &query(Scope::History)).await, [added[0], added[2], added[1]]);

        db.open_article(ann, added[1], Opening::InPlace, Reads::Now, NOW.plus(5)).await.unwrap();
        assert_eq!(ids(db, ann, &query(Scope::History)).await, [added[0], added[2], added[1]]);
        let beside = db.neighbours(ann, &query(Scope::History), added[2]).await.unwrap();
        assert_eq!((beside.previous.unwrap().id, beside.next.unwrap().id), (added[0], added[1]));
        assert_eq!(db.counts(ann).await.unwrap().unread, 0);
    }

    async fn loading_the_article_that_was_opened_last_again_writes_nothing(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "f").await;
        let ids = db.store_articles(feed, &articles(1..=2), NewUnread::All, START).await.unwrap().added;
        db.open_article(ann, ids[0], Opening::First, Reads::Now, START).await.unwrap();
        let before = db.revision().await.unwrap();

        db.open_article(ann, ids[0], Opening::First, Reads::Now, START.plus(1)).await.unwrap();
        let loaded_again = db.revision().await.unwrap();
        db.open_article(ann, ids[0], Opening::First, Reads::Now, START.plus(UnixMillis::HOUR)).await.unwrap();

        if db.is_sqlite() {
            // Other tests write to the same server of PostgreSQL.
            assert_eq!(loaded_again, before);
        }
        assert_ne!(db.revision().await.unwrap(), loaded_again, "an hour later it is opened anew");
    }

    async fn what_was_opened_stays_readable_and_nothing_else_does(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=2), NewUnread::All, NOW).await.unwrap().added;
        db.open_article(ann, added[0], Opening::First, Reads::Now, NOW).await.unwrap();
        db.open_article(bob, added[0], Opening::First, Reads::Now, NOW).await.unwrap();
        db.unsubscribe(ann, &[feed], START).await.unwrap();

        assert_eq!(ids(db, ann, &query(Scope::History)).await, [added[0]]);
        assert!(db.article(ann, added[0]).await.unwrap().is_some());
        assert!(!db.is_visible(ann, added[1]).await.unwrap());
        assert!(!db.is_visible(bob, added[0]).await.unwrap(), "opening what one may not read does nothing");
    }

    async fn saved_pages_are_a_list_like_any_other(db: &TestDb) {
        let ann = account(db, "ann").await;
        let saved = db.private_feed(ann, PrivateKind::Saved, NOW).await.unwrap();
        let added = db.store_articles(saved, &articles(1..=2), NewUnread::None, NOW).await.unwrap().added;
        assert_eq!(ids(db, ann, &query(Scope::Feed(saved))).await, [added[1], added[0]]);
        let address = crate::support::db::url("https://site.example/1");
        assert_eq!(db.saved_article(ann, &address).await.unwrap(), Some(added[0]));
        assert_eq!(db.saved_article(account(db, "bob").await, &address).await.unwrap(), None);
        assert_eq!(db.article_ids(saved, ArticleId(0), 10).await.unwrap(), added);
    }
}
