//! Readers of one server who read different texts of an article find what they read, and nothing else.

use gleaner::domain::{
    AccountId, ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, FeedId,
};
use gleaner::store::{Db, SubscriptionChange};

use super::searching::{found, store, with_text};
use crate::support::db::{START, TestDb, account, followed, on_both};

/// An article whose feed has a teaser and whose page has it whole, which is shown.
async fn two_texts(db: &Db, feed: FeedId, number: i64) -> ArticleId {
    let teaser = with_text(number, "Title", "a teaser of wheat 麦田");
    let id = store(db, feed, vec![teaser.clone()]).await[0];
    let mut whole =
        ArticleDraft { choice: BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::FeedIsTeaser }, ..teaser };
    whole.bodies.push(Body { kind: BodyKind::Page, html: "<p>the whole of barley 稻田里</p>".into() });
    db.add_page_body(id, &whole, None, START).await.unwrap();
    id
}

/// How many articles each of these queries finds: two that only the teaser answers, two that only the whole text does.
async fn counts(db: &Db, account: AccountId) -> [usize; 4] {
    let mut counts = [0; 4];
    for (count, query) in counts.iter_mut().zip(["teaser", "\"wheat 麦田\"", "barley", "\"稻田里\""]) {
        *count = found(db, account, query).await.len();
    }
    counts
}

async fn prefer(db: &Db, account: AccountId, feed: FeedId, preference: BodyPreference) {
    let change = SubscriptionChange { preference: Some(preference), ..SubscriptionChange::default() };
    db.update_subscription(account, feed, &change).await.unwrap();
    while db.reindex_some(20).await.unwrap() > 0 {}
}

on_both! {
    async fn what_one_reader_chose_of_an_article_changes_nothing_for_another(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let daily = followed(db, ann, "daily").await;
        db.subscribe(bob, daily, None, START, 10).await.unwrap();
        let (one, _other) = (two_texts(db, daily, 1).await, two_texts(db, daily, 2).await);

        db.set_body_choice(ann, one, Some(BodyKind::Feed)).await.unwrap();
        assert_eq!(counts(db, ann).await, [1, 1, 1, 1]);
        assert_eq!(counts(db, bob).await, [0, 0, 2, 2]);

        db.set_body_choice(bob, one, Some(BodyKind::Page)).await.unwrap();
        assert_eq!(counts(db, ann).await, [1, 1, 1, 1], "now they disagree");
        assert_eq!(counts(db, bob).await, [0, 0, 2, 2]);
        assert_eq!(found(db, ann, "teaser or barley").await.len(), 2);
        assert_eq!(found(db, ann, "-teaser").await.len(), 1);
        assert_eq!(found(db, bob, "-teaser").await.len(), 2);

        db.set_body_choice(ann, one, None).await.unwrap();
        db.set_body_choice(bob, one, None).await.unwrap();
        assert_eq!((counts(db, ann).await, counts(db, bob).await), ([0, 0, 2, 2], [0, 0, 2, 2]));
    }

    async fn what_one_reader_wants_of_a_feed_changes_nothing_for_another(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let (daily, weekly) = (followed(db, ann, "daily").await, followed(db, ann, "weekly").await);
        for feed in [daily, weekly] {
            db.subscribe(bob, feed, None, START, 10).await.unwrap();
        }
        let (one, _other) = (two_texts(db, daily, 1).await, two_texts(db, weekly, 2).await);

        prefer(db, ann, daily, BodyPreference::Feed).await;
        assert_eq!(counts(db, ann).await, [1, 1, 1, 1]);
        assert_eq!(counts(db, bob).await, [0, 0, 2, 2]);

        prefer(db, bob, daily, BodyPreference::Page).await;
        assert_eq!(counts(db, ann).await, [1, 1, 1, 1], "now they disagree");
        assert_eq!(counts(db, bob).await, [0, 0, 2, 2]);

        db.set_starred(bob, one, true, START).await.unwrap();
        db.unsubscribe(bob, &[daily], START).await.unwrap();
        assert_eq!(counts(db, bob).await, [0, 0, 2, 2], "what was starred is read as it was before");
        let eve = account(db, "eve").await;
        assert_eq!(counts(db, eve).await, [0; 4], "and nobody finds what they may not read");
    }
}
