//! Highlights: marked, changed, listed, deleted, brought back; each account's own.

use gleaner::domain::{AccountId, Anchor, ArticleId, HighlightColour, HighlightId};
use gleaner::store::{Db, HighlightCursor, Highlighted, NewUnread, Scope, UNDO_MILLIS};

use crate::support::db::{START, TestDb, account, articles, followed, on_both};

fn passage(exact: &str, start: i64) -> Anchor {
    Anchor { exact: exact.to_owned(), prefix: "before ".to_owned(), suffix: " after".to_owned(), start }
}

async fn mark(db: &Db, account: AccountId, article: ArticleId, exact: &str, minute: i64) -> HighlightId {
    let now = START.plus(minute);
    match db.highlight(account, article, &passage(exact, minute), Some(HighlightColour::Blue), "", now).await.unwrap() {
        Highlighted::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn library(db: &TestDb) -> (AccountId, Vec<ArticleId>) {
    let ann = account(db, "ann").await;
    let feed = followed(db, ann, "daily").await;
    (ann, db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap().added)
}

on_both! {
    async fn a_passage_keeps_what_finds_it_again(db: &TestDb) {
        let (ann, added) = library(db).await;
        let anchor = Anchor { exact: "河水\n上涨 🌾".into(), prefix: "“".into(), suffix: "\0".into(), start: 7 };
        let done = db.highlight(ann, added[0], &anchor, Some(HighlightColour::Red), "why?", START).await.unwrap();
        let Highlighted::Done(id) = done else { panic!("{done:?}") };

        let stored = db.article_highlights(ann, added[0]).await.unwrap();

        assert_eq!(stored.len(), 1);
        assert_eq!((stored[0].id, stored[0].colour, stored[0].note.as_str()), (id, HighlightColour::Red, "why?"));
        assert_eq!(stored[0].anchor, Anchor { suffix: String::new(), ..anchor }, "a NUL is dropped");
    }

    async fn a_passage_that_is_marked_twice_is_one_highlight_in_the_new_colour(db: &TestDb) {
        let (ann, added) = library(db).await;
        let anchor = passage("same", 4);
        db.highlight(ann, added[0], &anchor, Some(HighlightColour::Red), "first", START).await.unwrap();
        db.highlight(ann, added[0], &anchor, Some(HighlightColour::Green), "", START).await.unwrap();
        let stored = db.article_highlights(ann, added[0]).await.unwrap();
        assert_eq!((stored.len(), stored[0].colour, stored[0].note.as_str()), (1, HighlightColour::Green, "first"));
    }

    async fn all_highlights_are_listed_newest_first_in_pages(db: &TestDb) {
        let (ann, added) = library(db).await;
        for minute in 0..7 {
            let article = added[usize::try_from(minute).unwrap() % 3];
            // Two of them in one moment, so that the id has to decide.
            mark(db, ann, article, &format!("passage {minute}"), minute / 2).await;
        }
        let (mut seen, mut after) = (Vec::new(), HighlightCursor::NEWEST);
        loop {
            let page = db.highlights(ann, Scope::All, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = HighlightCursor { created_at: last.highlight.created_at, id: last.highlight.id };
            seen.extend(page.into_iter().map(|listed| (listed.highlight.anchor.exact, listed.title)));
        }
        let expected: Vec<_> =
            (0..7).rev().map(|n| (format!("passage {n}"), format!("Article {}", n % 3 + 1))).collect();
        assert_eq!(seen, expected);
    }

    async fn a_highlight_is_changed_deleted_and_brought_back(db: &TestDb) {
        let (ann, added) = library(db).await;
        let id = mark(db, ann, added[1], "text", 0).await;
        let changed = db.change_highlight(ann, id, HighlightColour::Yellow, "a note", (START, START)).await.unwrap();
        assert_eq!(changed, Some(added[1]));
        let before = db.article_highlights(ann, added[1]).await.unwrap().remove(0);
        let late = (START.plus(9), START.plus(-1));
        let told_late = db.change_highlight(ann, id, HighlightColour::Red, "an older note", late).await.unwrap();
        assert_eq!((told_late, db.delete_highlight(ann, id, late).await.unwrap()), (None, None), "the later word holds");
        let (article, receipt) = db.delete_highlight(ann, id, (START, START)).await.unwrap().unwrap();
        assert_eq!((article, db.article_highlights(ann, added[1]).await.unwrap()), (added[1], vec![]));

        assert_eq!(db.restore_highlight(ann, receipt, START.plus(UNDO_MILLIS)).await.unwrap(), None, "too late");
        let (_, back) = db.restore_highlight(ann, receipt, START).await.unwrap().unwrap();
        assert_eq!(db.restore_highlight(ann, receipt, START).await.unwrap(), None, "once");
        let after = db.article_highlights(ann, added[1]).await.unwrap().remove(0);
        assert_eq!(after, gleaner::store::Highlight { id: back, ..before });
        assert_eq!(db.restore_tag(ann, receipt, START).await.unwrap(), None, "a highlight is no tag");
    }

    async fn the_highlights_of_one_account_are_nobody_elses(db: &TestDb) {
        let (ann, added) = library(db).await;
        let bob = account(db, "bob").await;
        let id = mark(db, ann, added[0], "mine", 0).await;

        let his = db.highlight(bob, added[0], &passage("his", 0), Some(HighlightColour::Red), "", START).await.unwrap();
        assert_eq!(his, Highlighted::NoArticle);
        assert_eq!(db.change_highlight(bob, id, HighlightColour::Red, "", (START, START)).await.unwrap(), None);
        assert_eq!(db.delete_highlight(bob, id, (START, START)).await.unwrap(), None);
        assert_eq!(db.article_highlights(bob, added[0]).await.unwrap(), []);
        assert_eq!(db.highlights(bob, Scope::All, HighlightCursor::NEWEST, 10).await.unwrap(), []);
        assert_eq!(db.article_highlights(ann, added[0]).await.unwrap().len(), 1);
    }

    async fn what_is_highlighted_stays_when_its_feed_is_let_go(db: &TestDb) {
        let (ann, added) = library(db).await;
        mark(db, ann, added[0], "keep", 0).await;
        let feed = db.article(ann, added[0]).await.unwrap().unwrap().feed_id;
        db.unsubscribe(ann, &[feed], START).await.unwrap();
        assert!(db.article(ann, added[0]).await.unwrap().is_some());
        assert!(!db.is_visible(ann, added[1]).await.unwrap());
        assert_eq!(db.highlights(ann, Scope::All, HighlightCursor::NEWEST, 10).await.unwrap().len(), 1);
    }
}
