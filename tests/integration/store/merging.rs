//! Two feeds become one.

use gleaner::domain::{ArticleId, BodyKind, UnixMillis};
use gleaner::store::{IncomingArticle, ListQuery, NewUnread, Order, Scope, Strangers};

use crate::support::db::{START, TestDb, account, articles, articles_of, draft, feed, followed, on_both};

/// The titles of a list, each with a dot if it is unread, by number.
async fn shown(db: &TestDb, account: gleaner::domain::AccountId, scope: Scope) -> Vec<String> {
    let query = ListQuery { scope, only_unread: false, order: Order::OldestFirst, after: None, limit: 100 };
    let rows = db.list(account, &query).await.unwrap();
    rows.iter().map(|row| format!("{}{}", row.title, if row.unread { " •" } else { "" })).collect()
}

on_both! {
    async fn a_merged_feed_keeps_articles_marks_and_what_was_read(db: &TestDb) {
        let (ann, bob, cid) = (account(db, "ann").await, account(db, "bob").await, account(db, "cid").await);
        let old = followed(db, ann, "old").await;
        let new = followed(db, bob, "new").await;
        for (reader, feed) in [(cid, old), (cid, new)] {
            db.subscribe(reader, feed, None, START, 0).await.unwrap();
        }
        // 1 to 3 are in the old feed, 2 to 4 in the new one; 3 has another text there.
        let was = db.store_articles(old, &articles_of(old, 1..=3), NewUnread::All, START.plus(UnixMillis::DAY)).await.unwrap().added;
        let mut other = articles_of(new, 2..=4);
        other[1].draft.bodies[0].html = "<p>Another text of 3.</p>".to_owned();
        let is = db.store_articles(new, &other, NewUnread::All, START.plus(UnixMillis::DAY)).await.unwrap().added;
        db.set_read(ann, was[0], true, START).await.unwrap();
        db.set_starred(ann, was[1], true, START).await.unwrap();
        db.set_later(cid, was[1], true, START).await.unwrap();
        db.set_read(cid, was[1], true, START).await.unwrap();
        db.set_starred(bob, is[0], true, START).await.unwrap();
        db.set_read(bob, is[2], true, START).await.unwrap();

        assert!(db.merge_feeds(old, new, Strangers::Allowed).await.unwrap());

        assert_eq!(db.feed(old).await.unwrap(), None);
        assert_eq!(
            shown(db, ann, Scope::Feed(new)).await,
            ["Article 1", "Article 2 •", "Article 3 •", "Article 3", "Article 4"],
            "she follows the new one, and what she never had is no news"
        );
        assert_eq!(
            shown(db, bob, Scope::Feed(new)).await,
            ["Article 1", "Article 2 •", "Article 3", "Article 3 •", "Article 4"],
            "his own state is untouched"
        );
        assert_eq!(
            shown(db, cid, Scope::Feed(new)).await,
            ["Article 1 •", "Article 2", "Article 3 •", "Article 3 •", "Article 4 •"],
            "read in one of the two is read"
        );
        assert_eq!(shown(db, ann, Scope::Starred).await, ["Article 2 •"]);
        assert_eq!(shown(db, bob, Scope::Starred).await, ["Article 2 •"]);
        assert_eq!(shown(db, cid, Scope::Later).await, ["Article 2"]);
        for (reader, unread) in [(ann, 2), (bob, 2), (cid, 4)] {
            assert_eq!(db.counts(reader).await.unwrap().unread, unread);
            assert_eq!(db.subscription(reader, new).await.unwrap().unwrap().unread, unread);
            assert_eq!(db.subscriptions(reader).await.unwrap().len(), 1);
        }
        let text = |id: ArticleId| async move { db.article(cid, id).await.unwrap().unwrap().body.unwrap().html };
        assert!(text(was[2]).await.contains("The text of 3"), "of two texts both stay");
        assert!(text(is[1]).await.contains("Another text of 3"));
        assert!(db.integrity(true).await.unwrap().problems.is_empty());
        let again = db.store_articles(new, &other, NewUnread::All, START.plus(UnixMillis::DAY)).await.unwrap();
        assert_eq!((again.added.len(), again.changed.len()), (0, 0), "the new feed goes on as before");
    }

    async fn an_article_with_a_history_or_a_page_of_its_own_is_not_given_up(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (old, new) = (followed(db, ann, "old").await, followed(db, ann, "new").await);
        let mut first = articles(1..=2);
        first[0].draft.bodies[0].html = "<p>As it was before.</p>".to_owned();
        first[1].draft.bodies.push(gleaner::domain::Body { kind: BodyKind::Page, html: "<p>The page.</p>".to_owned() });
        first[1].page = Some(gleaner::domain::KeptPage {
            url: "https://site.example/2".parse().unwrap(),
            html: "<p>The page.</p>".to_owned(),
            fetched_at: START,
        });
        db.store_articles(old, &first, NewUnread::None, START).await.unwrap();
        db.store_articles(old, &[IncomingArticle::from(draft(1))], NewUnread::None, START).await.unwrap();
        db.store_articles(new, &articles(1..=2), NewUnread::None, START).await.unwrap();

        assert!(db.merge_feeds(old, new, Strangers::Refused).await.unwrap());

        assert_eq!(shown(db, ann, Scope::Feed(new)).await.len(), 4);
    }

    async fn nobody_finds_the_articles_of_a_strangers_feed_in_their_own(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let evil = followed(db, ann, "evil").await;
        let famous = followed(db, bob, "famous").await;
        db.store_articles(evil, &articles(1..=2), NewUnread::All, START).await.unwrap();

        assert!(!db.merge_feeds(evil, famous, Strangers::Refused).await.unwrap());
        assert_eq!(shown(db, bob, Scope::Feed(famous)).await, [""; 0]);
        assert_eq!(db.counts(ann).await.unwrap().unread, 2, "nothing changed");
        db.unsubscribe(bob, &[famous], START).await.unwrap();
        assert!(db.merge_feeds(evil, famous, Strangers::Refused).await.unwrap(), "nobody is there to be deceived");
        assert_eq!(db.counts(ann).await.unwrap().unread, 2);
    }

    async fn only_two_public_feeds_are_merged(db: &TestDb) {
        let ann = account(db, "ann").await;
        let old = followed(db, ann, "old").await;
        let saved = db.private_feed(ann, gleaner::store::PrivateKind::Saved, START).await.unwrap();
        let lonely = feed(db, "lonely").await;
        for (one, other) in [(old, saved), (saved, old), (old, old), (old, gleaner::domain::FeedId(99))] {
            assert!(!db.merge_feeds(one, other, Strangers::Allowed).await.unwrap());
        }
        assert!(db.merge_feeds(old, lonely, Strangers::Allowed).await.unwrap());
    }
}
