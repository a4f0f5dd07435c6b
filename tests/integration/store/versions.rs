//! Two bodies, the choice between them, and versions.

use gleaner::domain::{
    ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, KeptPage, UnixMillis,
};
use gleaner::store::{IncomingArticle, MAX_PINNED, NewUnread, Pinned, SubscriptionChange};

use crate::support::db::{START, TestDb, account, articles, draft, followed, on_both, url};

/// The draft with the text of its page, chosen because the feed has a teaser.
fn with_page(mut draft: ArticleDraft, html: &str) -> ArticleDraft {
    draft.bodies.retain(|body| body.kind == BodyKind::Feed);
    draft.bodies.push(Body { kind: BodyKind::Page, html: html.to_owned() });
    draft.choice = BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::FeedIsTeaser };
    draft.words = 900;
    draft
}

fn page(html: &str) -> KeptPage {
    KeptPage { url: url("https://site.example/final"), html: html.to_owned(), fetched_at: START }
}

/// An article of a followed feed with its page.
async fn article_with_page(db: &TestDb) -> (gleaner::domain::AccountId, gleaner::domain::FeedId, ArticleId) {
    let ann = account(db, "ann").await;
    let feed = followed(db, ann, "daily").await;
    let id = db.store_articles(feed, &[draft(1).into()], NewUnread::All, START).await.unwrap().added[0];
    let draft = with_page(draft(1), "<p>Page</p>");
    assert!(db.add_page_body(id, &draft, Some(&page("<html>Page</html>")), START).await.unwrap());
    (ann, feed, id)
}

on_both! {
    async fn a_page_joins_the_version_it_belongs_to(db: &TestDb) {
        let (ann, feed, id) = article_with_page(db).await;

        let view = db.article(ann, id).await.unwrap().unwrap();
        assert_eq!((view.versions, view.words, view.has_other_body), (1, 900, true));
        assert_eq!(view.choice, BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::FeedIsTeaser });
        assert_eq!(view.body.unwrap().html, "<p>Page</p>");
        assert!(view.unread);
        assert_eq!(db.kept_page(id).await.unwrap().unwrap(), page("<html>Page</html>"));
        assert_eq!(db.articles_without_page(feed, 10).await.unwrap(), []);
        let report = db.store_articles(feed, &[draft(1).into()], NewUnread::All, START).await.unwrap();
        assert_eq!(report.unchanged, 1, "the feed still says the same");
    }

    async fn a_page_that_changed_adds_a_version_and_the_same_one_does_not(db: &TestDb) {
        let (ann, _, id) = article_with_page(db).await;
        let now = START.plus(UnixMillis::HOUR);
        for (html, versions) in [("<p> Page </p>", 1), ("<p>Edited</p>", 2), ("<p>Edited</p>", 2)] {
            db.add_page_body(id, &with_page(draft(1), html), Some(&page(html)), now).await.unwrap();
            assert_eq!(db.article(ann, id).await.unwrap().unwrap().versions, versions);
        }
        assert_eq!(db.kept_page(id).await.unwrap().unwrap().html, "<p>Edited</p>", "of pages the newest is kept");
        let versions = db.versions(ann, id).await.unwrap();
        for (version, text) in [(versions[0].id, "<p>Page</p>"), (versions[1].id, "<p>Edited</p>")] {
            let body = db.article_body(ann, id, version, BodyKind::Page).await.unwrap();
            assert_eq!(body.as_deref(), Some(text));
            let body = db.article_body(ann, id, version, BodyKind::Feed).await.unwrap();
            assert_eq!(body.as_deref(), Some("<p>The text of 1.</p>"), "unchanged, so not stored twice");
        }
        assert_eq!((versions[1].has_feed_body, versions[1].has_page_body), (false, true));
    }

    async fn a_source_that_says_something_else_each_time_does_not_fill_the_disk(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut id = ArticleId(0);
        for edition in 0..110 {
            let mut draft = draft(1);
            draft.bodies[0].html = format!("<p>Edition {edition}</p>");
            let report = db.store_articles(feed, &[draft.into()], NewUnread::All, START.plus(edition)).await.unwrap();
            id = report.added.first().or(report.changed.first()).copied().unwrap();
        }

        let versions = db.versions(ann, id).await.unwrap();
        assert_eq!((versions.len(), db.article(ann, id).await.unwrap().unwrap().versions), (100, 100));
        let text = async |at: usize| db.article_body(ann, id, versions[at].id, BodyKind::Feed).await.unwrap().unwrap();
        assert_eq!(text(0).await, "<p>Edition 0</p>");
        assert_eq!(text(99).await, "<p>Edition 109</p>");
    }

    async fn a_chosen_version_is_not_written_anew_however_many_there_are(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let edition = async |number: i64| {
            let mut draft = draft(1);
            draft.bodies[0].html = format!("<p>Edition {number}</p>");
            db.store_articles(feed, &[draft.into()], NewUnread::All, START.plus(number)).await.unwrap();
        };
        for number in 0..105 {
            edition(number).await;
        }
        let id = db.article_ids(feed, ArticleId(0), 1).await.unwrap()[0];
        let chosen = db.versions(ann, id).await.unwrap()[99].id;
        assert_eq!(db.pin_version(ann, id, chosen, BodyKind::Feed, START).await.unwrap(), Pinned::Done);

        for number in 105..110 {
            edition(number).await;
        }

        assert_eq!(db.article(ann, id).await.unwrap().unwrap().body.unwrap().html, "<p>Edition 104</p>");
        assert_eq!(db.versions(ann, id).await.unwrap().len(), 101);
    }

    async fn a_chosen_version_shows_the_body_that_its_reader_wants(db: &TestDb) {
        let (ann, _, id) = article_with_page(db).await;
        let first = db.versions(ann, id).await.unwrap()[0].id;
        db.add_page_body(id, &with_page(draft(1), "<p>Edited</p>"), None, START).await.unwrap();
        db.pin_version(ann, id, first, BodyKind::Page, START).await.unwrap();
        assert_eq!(db.article(ann, id).await.unwrap().unwrap().body.unwrap().html, "<p>Page</p>");

        db.set_body_choice(ann, id, Some(BodyKind::Feed)).await.unwrap();

        let view = db.article(ann, id).await.unwrap().unwrap();
        assert_eq!((view.choice.shown, view.body.unwrap().html.as_str()), (BodyKind::Feed, "<p>The text of 1.</p>"));
        db.unpin_version(ann, id).await.unwrap();
        db.set_body_choice(ann, id, None).await.unwrap();
        assert_eq!(db.article(ann, id).await.unwrap().unwrap().body.unwrap().html, "<p>Edited</p>");
    }

    async fn an_account_chooses_versions_of_so_many_articles(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let added = db.store_articles(feed, &articles(1..=MAX_PINNED + 1), NewUnread::All, START).await.unwrap().added;
        let pin = async |article: ArticleId| {
            let version = db.versions(ann, article).await.unwrap()[0].id;
            db.pin_version(ann, article, version, BodyKind::Feed, START).await.unwrap()
        };
        let (last, others) = added.split_last().unwrap();
        for article in others {
            assert_eq!(pin(*article).await, Pinned::Done);
        }
        assert_eq!(pin(*last).await, Pinned::TooMany);
        assert_eq!(pin(others[0]).await, Pinned::Done, "another version of one of them is no further article");
    }

    async fn a_feed_that_changes_does_not_take_the_page_away(db: &TestDb) {
        let (ann, feed, id) = article_with_page(db).await;
        let mut edited = draft(1);
        edited.bodies[0].html = "<p>Edited teaser</p>".to_owned();
        edited.excerpt = "Edited".to_owned();
        let edited = IncomingArticle { wants_page: true, ..edited.into() };

        let report = db.store_articles(feed, &[edited], NewUnread::All, START).await.unwrap();

        assert_eq!(report.changed, [id]);
        let view = db.article(ann, id).await.unwrap().unwrap();
        assert_eq!((view.choice.shown, view.words, view.versions), (BodyKind::Page, 900, 2));
        assert_eq!(view.body.unwrap().html, "<p>Page</p>");
        assert_eq!(db.article_draft(id).await.unwrap().unwrap().1.bodies[0].html, "<p>Edited teaser</p>");
        assert_eq!(db.count_jobs().await.unwrap(), 1, "the page is asked again");
    }

    async fn a_reader_chooses_for_himself(db: &TestDb) {
        let (ann, feed, id) = article_with_page(db).await;
        let bob = account(db, "bob").await;
        assert!(!db.set_body_choice(bob, id, Some(BodyKind::Feed)).await.unwrap(), "he may not read it");
        db.subscribe(bob, feed, None, START, 10).await.unwrap();

        assert!(db.set_body_choice(bob, id, Some(BodyKind::Feed)).await.unwrap());

        let his = db.article(bob, id).await.unwrap().unwrap();
        assert_eq!(his.choice, BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::Reader });
        assert_eq!(his.body.unwrap().kind, BodyKind::Feed);
        assert_eq!(db.article(ann, id).await.unwrap().unwrap().choice.shown, BodyKind::Page);
        db.set_body_choice(bob, id, Some(BodyKind::Page)).await.unwrap();
        db.set_body_choice(bob, id, None).await.unwrap();
        assert_eq!(db.article(bob, id).await.unwrap().unwrap().choice.reason, ChoiceReason::FeedIsTeaser);
    }

    async fn a_subscription_prefers_what_there_is(db: &TestDb) {
        let (ann, feed, id) = article_with_page(db).await;
        let other = db.store_articles(feed, &[draft(2).into()], NewUnread::All, START).await.unwrap().added[0];
        for (preference, first, second) in [
            (BodyPreference::Feed, BodyKind::Feed, BodyKind::Feed),
            (BodyPreference::Page, BodyKind::Page, BodyKind::Feed),
        ] {
            let change = SubscriptionChange { preference: Some(preference), ..SubscriptionChange::default() };
            db.update_subscription(ann, feed, &change).await.unwrap();
            assert_eq!(db.article(ann, id).await.unwrap().unwrap().choice.shown, first);
            assert_eq!(db.article(ann, other).await.unwrap().unwrap().choice.shown, second, "there is no page");
        }
        assert_eq!(db.articles_without_page(feed, 10).await.unwrap(), [other]);
    }

    async fn an_article_of_title_and_link_alone_has_no_body(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let mut bare = draft(1);
        bare.bodies.clear();
        let id = db.store_articles(feed, &[bare.clone().into()], NewUnread::All, START).await.unwrap().added[0];

        let view = db.article(ann, id).await.unwrap().unwrap();
        assert_eq!((view.body, view.has_other_body, view.versions), (None, false, 1));
        db.add_page_body(id, &with_page(bare, "<p>Page</p>"), None, START).await.unwrap();
        assert_eq!(db.article(ann, id).await.unwrap().unwrap().body.unwrap().html, "<p>Page</p>");
    }

    async fn an_article_goes_in_with_both_bodies_and_its_page(db: &TestDb) {
        let ann = account(db, "ann").await;
        let feed = followed(db, ann, "daily").await;
        let both = IncomingArticle {
            draft: with_page(draft(1), "<p>Page</p>"),
            page: Some(page("<html>Page</html>")),
            ..draft(1).into()
        };
        let id = db.store_articles(feed, &[both], NewUnread::All, START).await.unwrap().added[0];
        assert!(db.article(ann, id).await.unwrap().unwrap().has_other_body);
        assert!(db.kept_page(id).await.unwrap().is_some());
    }

    async fn nothing_of_a_stranger_is_shown(db: &TestDb) {
        let (_, _, id) = article_with_page(db).await;
        let eve = account(db, "eve").await;
        let version = db.article_draft(id).await.unwrap().map(|_| gleaner::domain::VersionId(1)).unwrap();
        assert_eq!(db.article(eve, id).await.unwrap(), None);
        assert_eq!(db.versions(eve, id).await.unwrap(), []);
        assert_eq!(db.article_body(eve, id, version, BodyKind::Feed).await.unwrap(), None);
        assert!(!db.set_starred(eve, id, true, START).await.unwrap());
        assert!(!db.set_later(eve, id, true, START).await.unwrap());
        assert!(!db.set_read(eve, id, false, START).await.unwrap());
        assert!(!db.add_page_body(ArticleId(404), &draft(1), None, START).await.unwrap());
    }
}
