//! What goes in, once, and never loses a reader's state.

use gleaner::domain::{BodyKind, UnixMillis};
use gleaner::store::{IncomingArticle, NewUnread};

use crate::support::db::{START, TestDb, account, article_key, articles, draft, followed, on_both};

/// The same article with another text.
fn rewritten(number: i64) -> IncomingArticle {
    let mut draft = draft(number);
    draft.bodies[0].html = format!("<p>Another text of {number}.</p>");
    draft.into()
}

on_both! {
    async fn the_number_of_an_article_that_went_for_good_is_given_to_no_other(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let known = db.store_articles(daily, &articles(1..=2), NewUnread::None, START).await.unwrap().added;
        db.store_articles(daily, &articles(3..=3), NewUnread::None, START).await.unwrap();
        for article in &known {
            db.throw_away(ann, *article, &[], START).await.unwrap().unwrap();
        }
        let newest = db.store_articles(daily, &articles(4..=4), NewUnread::None, START).await.unwrap().added[0];
        db.throw_away(ann, newest, &[], START).await.unwrap().unwrap();
        let later = START.plus(40 * UnixMillis::DAY);
        // What the feed still lists does not go.
        db.store_articles(daily, &articles(3..=3), NewUnread::None, later).await.unwrap();
        assert!(db.sweep_trash(later).await.unwrap().for_good > 0);
        assert!(!db.is_visible(ann, newest).await.unwrap());

        let next = db.store_articles(daily, &articles(5..=6), NewUnread::None, later).await.unwrap().added;

        assert!(next.iter().all(|id| *id > newest), "{next:?} behind {newest}");
        assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    }

    async fn new_articles_are_unread_for_everyone_who_follows(db: &TestDb) {
        let (ann, bob, eve) = (account(db, "ann").await, account(db, "bob").await, account(db, "eve").await);
        let feed = followed(db, ann, "daily").await;
        db.subscribe(bob, feed, None, START, 10).await.unwrap();

        let report = db.store_articles(feed, &articles(1..=45), NewUnread::All, START).await.unwrap();

        assert_eq!((report.added.len(), report.changed.len(), report.unchanged), (45, 0, 0));
        assert_eq!(report.refused, []);
        for (who, unread) in [(ann, 45), (bob, 45), (eve, 0)] {
            assert_eq!(db.counts(who).await.unwrap().unread, unread);
        }
        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    }

    async fn an_article_comes_back_as_it_went_in(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut draft = draft(1);
        draft.keys.second = Some([9; 16]);
        draft.comments_url = draft.url.clone();
        draft.site_name = Some("Site".to_owned());
        draft.lead_image = draft.url.clone();
        draft.guid = draft.url.as_ref().map(ToString::to_string);
        let now = START.plus(UnixMillis::DAY);
        let id = db.store_articles(feed, &[draft.clone().into()], NewUnread::All, now).await.unwrap().added[0];

        let (of, stored) = db.article_draft(id).await.unwrap().unwrap();
        assert_eq!((of, &stored), (feed, &draft));
        let view = db.article(ann, id).await.unwrap().unwrap();
        let body = view.body.unwrap();
        assert_eq!((body.kind, body.html), (BodyKind::Feed, "<p>The text of 1.</p>".to_owned()));
        assert_eq!((view.title, view.categories, view.versions), (draft.title, draft.categories, 1));
        assert_eq!((view.published, view.fetched_at, view.sort_at), (draft.published, now, START.plus(UnixMillis::MINUTE)));
        assert!(view.unread && view.subscribed && !view.has_other_body);
    }

    async fn a_guid_that_is_given_to_another_article_is_a_new_entry_and_the_old_one_stays(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut first = draft(1);
        first.keys.second = Some([1; 16]);
        let mut other = draft(2);
        other.keys = gleaner::domain::Keys { first: article_key(1), second: Some([2; 16]) };
        let store = async |draft: &gleaner::domain::ArticleDraft| {
            db.store_articles(feed, &[draft.clone().into()], NewUnread::All, START).await.unwrap()
        };
        let old = store(&first).await.added[0];
        db.set_read(ann, old, true, START).await.unwrap();
        db.set_starred(ann, old, true, START).await.unwrap();

        let new = store(&other).await.added[0];

        assert_eq!(store(&other).await.unchanged, 1, "it is known by now");
        let view = async |id| db.article(ann, id).await.unwrap().unwrap();
        assert_eq!((view(old).await.title.as_str(), view(old).await.versions), ("Article 1", 1));
        assert!(view(old).await.starred && !view(old).await.unread);
        assert!(view(new).await.title == "Article 2" && view(new).await.unread);
        // The old one comes back under the guid: it is found by its second key, and nothing is added.
        let back = store(&first).await;
        assert_eq!((back.added.len(), back.changed.len()), (0, 0));
        assert!(!view(old).await.unread);
        assert_eq!(store(&other).await.added, []);
        assert_eq!(db.sizes().await.unwrap().articles, 2);
        assert_eq!(db.counts(ann).await.unwrap().unread, 1);
    }

    async fn an_edit_of_title_address_or_date_alone_is_still_the_same_entry(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let id = db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap().added[0];
        let edits: [fn(&mut gleaner::domain::ArticleDraft); 3] = [
            |draft| draft.title = "Another title".to_owned(),
            |draft| draft.url = Some("https://moved.example/new/path".parse().unwrap()),
            // The title and the address are other ones than at first, the date is the same.
            |draft| draft.title = "A third title".to_owned(),
        ];
        let mut draft = draft(1);
        for edit in edits {
            edit(&mut draft);
            draft.bodies[0].html.push('!');
            let report = db.store_articles(feed, &[draft.clone().into()], NewUnread::All, START).await.unwrap();
            assert_eq!((report.added.len(), report.changed), (0, vec![id]));
        }
    }

    async fn an_unchanged_entry_writes_nothing(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap().added;
        db.set_read(ann, added[0], true, START).await.unwrap();

        let report = db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap();

        assert_eq!((report.added.len(), report.changed.len(), report.unchanged), (0, 0, 3));
        assert_eq!(db.sizes().await.unwrap().versions, 3);
        assert_eq!(db.counts(ann).await.unwrap().unread, 2, "what was read stays read");
    }

    async fn white_space_is_no_change(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap();
        let mut indented = draft(1);
        indented.bodies[0].html = "\n  <p>The text\u{a0}of 1.\n</p>".to_owned();

        let report = db.store_articles(feed, &[indented.into()], NewUnread::All, START).await.unwrap();

        assert_eq!((report.changed.len(), report.unchanged), (0, 1));
    }

    async fn a_changed_text_adds_a_version_and_stays_read(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let id = db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap().added[0];
        db.set_read(ann, id, true, START).await.unwrap();
        db.set_starred(ann, id, true, START).await.unwrap();

        let now = START.plus(UnixMillis::HOUR);
        let report = db.store_articles(feed, &[rewritten(1)], NewUnread::All, now).await.unwrap();

        assert_eq!((report.added.len(), report.changed.as_slice()), (0, &[id][..]));
        let view = db.article(ann, id).await.unwrap().unwrap();
        assert_eq!(view.body.unwrap().html, "<p>Another text of 1.</p>");
        assert_eq!((view.versions, view.changed_at, view.sort_at), (2, now, START));
        assert!(!view.unread && view.starred);
        let versions = db.versions(ann, id).await.unwrap();
        let first = db.article_body(ann, id, versions[0].id, BodyKind::Feed).await.unwrap();
        assert_eq!(first.as_deref(), Some("<p>The text of 1.</p>"), "the first version is kept");
    }

    async fn an_article_whose_guid_changed_is_found_by_its_second_key(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut old = draft(1);
        old.keys.second = Some([5; 16]);
        let id = db.store_articles(feed, &[old.clone().into()], NewUnread::All, START).await.unwrap().added[0];
        db.set_read(ann, id, true, START).await.unwrap();
        let mut new = old.clone();
        new.keys.first = article_key(1_000);

        for _ in 0..2 {
            let report = db.store_articles(feed, &[new.clone().into()], NewUnread::All, START).await.unwrap();
            assert_eq!((report.added.len(), report.changed.len(), report.unchanged), (0, 0, 1));
        }
        assert_eq!(db.article_draft(id).await.unwrap().unwrap().1.keys.first, article_key(1_000));
        assert_eq!(db.counts(ann).await.unwrap().unread, 0);
    }

    async fn two_entries_of_one_second_key_are_two_articles(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let entries: Vec<IncomingArticle> = (1..=2)
            .map(|number| {
                let mut draft = draft(number);
                draft.keys.second = Some([5; 16]);
                draft.into()
            })
            .collect();
        db.store_articles(feed, &entries[..1], NewUnread::All, START).await.unwrap();

        for added in [1, 0] {
            let report = db.store_articles(feed, &entries, NewUnread::All, START).await.unwrap();
            assert_eq!((report.added.len(), report.changed.len()), (added, 0));
        }
        assert_eq!(db.sizes().await.unwrap().articles, 2);
    }

    async fn one_key_twice_in_a_document_is_one_article(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let document = [draft(1).into(), rewritten(1)];
        for _ in 0..3 {
            db.store_articles(feed, &document, NewUnread::All, START).await.unwrap();
        }
        assert_eq!((db.sizes().await.unwrap().articles, db.sizes().await.unwrap().versions), (1, 1));
    }

    async fn the_same_entry_in_two_feeds_is_two_articles(db: &TestDb) {
        let ann = account(db, "ann").await;
        for name in ["a", "b"] {
            let feed = followed(db, ann, name).await;
            assert_eq!(db.store_articles(feed, &articles(1..=1), NewUnread::All, START).await.unwrap().added.len(), 1);
        }
    }

    async fn of_a_first_reading_only_the_newest_are_unread(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let now = START.plus(UnixMillis::DAY);
        db.store_articles(feed, &articles(1..=50), NewUnread::Newest(7), now).await.unwrap();
        assert_eq!(db.counts(ann).await.unwrap().unread, 7);
        db.store_articles(feed, &articles(51..=60), NewUnread::None, now).await.unwrap();
        assert_eq!(db.counts(ann).await.unwrap().unread, 7);
        db.store_articles(feed, &articles(61..=62), NewUnread::Newest(7), now).await.unwrap();
        assert_eq!(db.counts(ann).await.unwrap().unread, 9);
    }

    async fn a_date_in_the_future_sorts_by_the_first_fetch(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut future = draft(600);
        let mut undated = draft(2);
        undated.published = None;
        future.title.clear();
        let entries = [future.clone().into(), undated.into()];
        for id in db.store_articles(feed, &entries, NewUnread::All, START).await.unwrap().added {
            assert_eq!(db.article(ann, id).await.unwrap().unwrap().sort_at, START);
        }
    }

    async fn what_a_database_cannot_hold_does_not_keep_the_others_out(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut entries = articles(1..=25);
        entries[3].draft.title = "a\0b".to_owned();
        entries[3].draft.excerpt = "\0".to_owned();
        entries[3].draft.author = Some("x\0".repeat(9_999));
        entries[3].draft.guid = Some("g\0".repeat(9_999));
        entries[3].draft.bodies[0].html = "<p>\0</p>".to_owned();

        let report = db.store_articles(feed, &entries, NewUnread::All, START).await.unwrap();

        assert_eq!((report.added.len(), report.refused.len()), (25, 0));
        assert_eq!(db.article(ann, report.added[3]).await.unwrap().unwrap().title, "ab");
        assert_eq!(db.store_articles(feed, &entries, NewUnread::All, START).await.unwrap().unchanged, 25);
    }

    async fn an_unknown_feed_stores_nothing(db: &TestDb) {
        let report = db.store_articles(gleaner::domain::FeedId(404), &articles(1..=3), NewUnread::All, START).await.unwrap();
        assert_eq!((report.added.len(), report.refused.len()), (0, 3));
        assert_eq!(db.sizes().await.unwrap().articles, 0);
    }

    async fn two_processes_that_store_the_same_document_store_it_once(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let entries = articles(1..=60);
        let reports = futures_util::future::join_all(
            (0..4).map(|_| db.store_articles(feed, &entries, NewUnread::All, START)),
        )
        .await;

        let added: usize = reports.into_iter().map(|report| report.unwrap().added.len()).sum();
        assert_eq!((added, db.counts(ann).await.unwrap().unread), (60, 60));
        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
    }

    async fn nobody_who_follows_is_no_reason_not_to_keep(db: &TestDb) {
        let feed = crate::support::db::feed(db, "daily").await;
        db.store_articles(feed, &articles(1..=3), NewUnread::All, START).await.unwrap();
        let ann = account(db, "ann").await;
        db.subscribe(ann, feed, None, START, 2).await.unwrap();
        assert_eq!(db.counts(ann).await.unwrap().unread, 2);
    }
}
