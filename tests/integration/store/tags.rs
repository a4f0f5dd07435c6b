//! Tags: given, renamed, merged, deleted, brought back; each account's own.

use gleaner::domain::{AccountId, ArticleId, TagId, TagName, UnixMillis};
use gleaner::store::{Db, ListQuery, MAX_TAGS_OF_ARTICLE, NewUnread, Order, Renamed, Scope, Tagged, UNDO_MILLIS};

use crate::support::db::{START, TestDb, account, articles, followed, on_both};

fn name(text: &str) -> TagName {
    TagName::parse(text).unwrap()
}

fn names(text: &str) -> Vec<TagName> {
    TagName::parse_list(text).unwrap()
}

/// The account's tags as `NAME COUNT`.
async fn tags(db: &Db, account: AccountId) -> Vec<String> {
    db.tags(account).await.unwrap().into_iter().map(|tag| format!("{} {}", tag.name, tag.articles)).collect()
}

async fn id(db: &Db, account: AccountId, name: &str) -> TagId {
    db.tags(account).await.unwrap().into_iter().find(|tag| tag.name == name).expect("a tag").id
}

async fn list(db: &Db, account: AccountId, tag: TagId) -> Vec<ArticleId> {
    let query =
        ListQuery { scope: Scope::Tag(tag), only_unread: false, order: Order::NewestFirst, after: None, limit: 50 };
    db.list(account, &query).await.unwrap().into_iter().map(|row| row.id).collect()
}

/// Ann and her articles, the oldest first.
async fn library(db: &TestDb) -> (AccountId, Vec<ArticleId>) {
    let ann = account(db, "ann").await;
    let feed = followed(db, ann, "daily").await;
    (ann, db.store_articles(feed, &articles(1..=4), NewUnread::All, START).await.unwrap().added)
}

on_both! {
    async fn an_article_gets_several_tags_and_a_tag_lists_its_articles_by_the_time_of_tagging(db: &TestDb) {
        let (ann, added) = library(db).await;
        db.tag_article(ann, added[0], &names("Rust, 阅读"), START.plus(2)).await.unwrap();
        db.tag_article(ann, added[1], &names("rust"), START.plus(1)).await.unwrap();
        db.tag_article(ann, added[1], &names("RUST"), START.plus(9)).await.unwrap();

        assert_eq!(tags(db, ann).await, ["Rust 2", "阅读 1"], "case makes no other tag");
        assert_eq!(list(db, ann, id(db, ann, "Rust").await).await, [added[0], added[1]]);
        assert_eq!(db.sidebar(ann, None, 60).await.unwrap().tags.len(), 2);
        let of_first: Vec<String> =
            db.article_tags(ann, added[0]).await.unwrap().into_iter().map(|tag| tag.name).collect();
        assert_eq!(of_first, ["Rust", "阅读"]);

        let rust = id(db, ann, "Rust").await;
        assert!(!db.untag_article(ann, added[0], rust, START).await.unwrap(), "it was given again since");
        assert!(db.untag_article(ann, added[0], rust, START.plus(2)).await.unwrap());
        assert!(!db.untag_article(ann, added[0], rust, START.plus(2)).await.unwrap());
        assert_eq!(tags(db, ann).await, ["Rust 1", "阅读 1"]);
    }

    async fn the_tags_of_one_account_are_nobody_elses(db: &TestDb) {
        let (ann, added) = library(db).await;
        let bob = account(db, "bob").await;
        db.tag_article(ann, added[0], &names("mine"), START).await.unwrap();
        let tag = id(db, ann, "mine").await;

        assert_eq!(db.tag_article(bob, added[0], &names("his"), START).await.unwrap(), Tagged::NoArticle);
        assert!(!db.untag_article(bob, added[0], tag, START).await.unwrap());
        assert_eq!(db.rename_tag(bob, tag, &name("his"), START).await.unwrap(), Renamed::NoTag);
        assert_eq!(db.delete_tag(bob, tag, START).await.unwrap(), None);
        assert_eq!(list(db, bob, tag).await, []);
        assert_eq!((tags(db, ann).await, tags(db, bob).await), (vec!["mine 1".to_owned()], vec![]));
    }

    async fn a_tag_takes_another_name_or_joins_the_tag_that_has_it(db: &TestDb) {
        let (ann, added) = library(db).await;
        db.tag_article(ann, added[0], &names("a, b"), START).await.unwrap();
        db.tag_article(ann, added[1], &names("a"), START.plus(1)).await.unwrap();
        db.tag_article(ann, added[2], &names("b"), START.plus(2)).await.unwrap();
        let a = id(db, ann, "a").await;

        assert_eq!(db.rename_tag(ann, a, &name("A"), START).await.unwrap(), Renamed::Done, "its own name in capitals");
        let Renamed::Merged(gone) = db.rename_tag(ann, a, &name("B"), START).await.unwrap() else { panic!("no merge") };
        assert_eq!((gone.name.as_str(), gone.into.as_deref()), ("A", Some("b")));
        assert_eq!(tags(db, ann).await, ["b 3"]);

        db.restore_tag(ann, gone.receipt, START).await.unwrap().expect("an undo");
        assert_eq!(tags(db, ann).await, ["A 2", "b 2"], "as before");
        assert_eq!(list(db, ann, id(db, ann, "A").await).await, [added[1], added[0]]);
        assert_eq!(list(db, ann, id(db, ann, "b").await).await, [added[2], added[0]]);
    }

    async fn a_deleted_tag_comes_back_for_ten_minutes(db: &TestDb) {
        let (ann, added) = library(db).await;
        for article in &added {
            db.tag_article(ann, *article, &names("x"), START).await.unwrap();
        }
        let gone = db.delete_tag(ann, id(db, ann, "x").await, START).await.unwrap().unwrap();
        assert_eq!(tags(db, ann).await, Vec::<String>::new());
        let bob = account(db, "bob").await;

        assert_eq!(db.restore_tag(bob, gone.receipt, START).await.unwrap(), None, "someone else's");
        assert_eq!(db.restore_tag(ann, gone.receipt, START.plus(UNDO_MILLIS)).await.unwrap(), None, "too late");
        assert!(db.restore_tag(ann, gone.receipt, START.plus(UNDO_MILLIS - 1)).await.unwrap().is_some());
        assert_eq!(db.restore_tag(ann, gone.receipt, START).await.unwrap(), None, "once");
        assert_eq!(tags(db, ann).await, ["x 4"]);
    }

    async fn what_is_tagged_stays_when_its_feed_is_let_go(db: &TestDb) {
        let (ann, added) = library(db).await;
        db.tag_article(ann, added[0], &names("keep"), START).await.unwrap();
        let feed = db.article(ann, added[0]).await.unwrap().unwrap().feed_id;
        db.unsubscribe(ann, &[feed], START).await.unwrap();

        assert_eq!(list(db, ann, id(db, ann, "keep").await).await, [added[0]]);
        assert!(db.is_visible(ann, added[0]).await.unwrap() && !db.is_visible(ann, added[1]).await.unwrap());
        assert!(db.set_starred(ann, added[0], true, UnixMillis(1)).await.unwrap());
    }

    async fn there_is_an_end_to_the_tags_of_an_article(db: &TestDb) {
        let (ann, added) = library(db).await;
        let many: Vec<TagName> = (0..MAX_TAGS_OF_ARTICLE).map(|n| name(&format!("tag {n}"))).collect();
        assert_eq!(db.tag_article(ann, added[0], &many, START).await.unwrap(), Tagged::Done);
        assert_eq!(db.tag_article(ann, added[0], &names("one, more"), START).await.unwrap(), Tagged::TooMany);
        assert_eq!(tags(db, ann).await.len(), many.len(), "nothing of it was kept");
    }
}
