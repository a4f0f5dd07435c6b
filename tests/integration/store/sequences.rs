//! Random sequences of everything that readers and feeds do, against a model of a few sets.

use std::collections::{BTreeMap, BTreeSet};

use gleaner::domain::{AccountId, ArticleId, FeedId};
use gleaner::store::{ListQuery, MarkReceipt, Marked, NewUnread, Order, Scope};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::db::{START, TestDb, account, draft, feed, url};

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Refresh { feed: usize, from: i64, count: i64, edition: u8 },
    Read { account: usize, article: usize, read: bool },
    Star { account: usize, article: usize, starred: bool },
    MarkFeed { account: usize, feed: usize },
    MarkAll { account: usize },
    Undo { account: usize },
    Follow { account: usize, feed: usize },
    Unfollow { account: usize, feed: usize },
}

const FEEDS: usize = 3;
const ACCOUNTS: usize = 2;
const NEWEST: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let (account, feed, article) = (0..ACCOUNTS, 0..FEEDS, 0_usize..100);
    prop_oneof![
        4 => (feed.clone(), 0_i64..20, 1_i64..25, 0_u8..2)
            .prop_map(|(feed, from, count, edition)| Step::Refresh { feed, from, count, edition }),
        4 => (account.clone(), article.clone(), any::<bool>())
            .prop_map(|(account, article, read)| Step::Read { account, article, read }),
        2 => (account.clone(), article, any::<bool>())
            .prop_map(|(account, article, starred)| Step::Star { account, article, starred }),
        1 => (account.clone(), feed.clone()).prop_map(|(account, feed)| Step::MarkFeed { account, feed }),
        1 => account.clone().prop_map(|account| Step::MarkAll { account }),
        1 => account.clone().prop_map(|account| Step::Undo { account }),
        1 => (account.clone(), feed.clone()).prop_map(|(account, feed)| Step::Follow { account, feed }),
        1 => (account, feed).prop_map(|(account, feed)| Step::Unfollow { account, feed }),
    ]
}

/// What should be so, in the simplest form that can say it.
#[derive(Default)]
struct Model {
    articles: BTreeMap<ArticleId, FeedId>,
    follows: BTreeSet<(AccountId, FeedId)>,
    unread: BTreeSet<(AccountId, ArticleId)>,
    starred: BTreeSet<(AccountId, ArticleId)>,
    marks: BTreeMap<AccountId, (MarkReceipt, Vec<ArticleId>)>,
    /// What was unread of a feed that was let go, and its newest article then.
    departed: BTreeMap<(AccountId, FeedId), (Vec<ArticleId>, Option<ArticleId>)>,
}

impl Model {
    fn may_read(&self, account: AccountId, article: ArticleId) -> bool {
        self.follows.contains(&(account, self.articles[&article]))
    }

    /// Takes the unread articles of an account away that `which` names.
    fn mark(&mut self, account: AccountId, which: impl Fn(FeedId) -> bool) -> Vec<ArticleId> {
        let marked: Vec<ArticleId> = self
            .unread
            .iter()
            .filter(|(who, article)| *who == account && which(self.articles[article]))
            .map(|(_, article)| *article)
            .collect();
        for article in &marked {
            self.unread.remove(&(account, *article));
        }
        marked
    }
}

async fn play(db: &TestDb, steps: &[Step]) {
    let mut accounts = Vec::new();
    for name in ["ann", "bob"] {
        accounts.push(account(db, name).await);
    }
    let mut feeds = Vec::new();
    for name in ["a", "b", "c"] {
        feeds.push(feed(db, name).await);
    }
    let mut model = Model::default();
    for step in steps {
        take(db, &mut model, &accounts, &feeds, step).await;
        check(db, &model, &accounts, &feeds, step).await;
    }
}

async fn take(db: &TestDb, model: &mut Model, accounts: &[AccountId], feeds: &[FeedId], step: &Step) {
    let nth = |number: usize| model.articles.keys().nth(number % model.articles.len().max(1)).copied();
    match *step {
        Step::Refresh { feed, from, count, edition } => {
            let feed = feeds[feed];
            let entries: Vec<_> = (from..from + count)
                .map(|number| {
                    let mut draft = draft(number);
                    // No feed brings what another one has, so that the model need not know of repeats.
                    draft.url = Some(url(&format!("https://site{feed}.example/{number}")));
                    draft.bodies[0].html = format!("<p>{number}, edition {edition}</p>");
                    draft.into()
                })
                .collect();
            let report = db.store_articles(feed, &entries, NewUnread::All, START).await.unwrap();
            for id in report.added {
                model.articles.insert(id, feed);
                let followers = model.follows.iter().filter(|(_, followed)| *followed == feed);
                model.unread.extend(followers.map(|(account, _)| (*account, id)));
            }
        }
        Step::Read { account, article, read } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            let changed = db.set_read(account, article, read, START).await.unwrap();
            let expected = if read {
                model.unread.remove(&(account, article))
            } else {
                model.may_read(account, article) && model.unread.insert((account, article))
            };
            assert_eq!(changed, expected, "{step:?}");
        }
        Step::Star { account, article, starred } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            let changed = db.set_starred(account, article, starred, START).await.unwrap();
            let expected = if starred {
                model.may_read(account, article) && model.starred.insert((account, article))
            } else {
                model.starred.remove(&(account, article))
            };
            assert_eq!(changed, expected, "{step:?}");
        }
        Step::MarkFeed { account, feed } => {
            mark(db, model, accounts[account], Scope::Feed(feeds[feed])).await;
        }
        Step::MarkAll { account } => mark(db, model, accounts[account], Scope::All).await,
        Step::Undo { account } => {
            let account = accounts[account];
            let Some((receipt, marked)) = model.marks.remove(&account) else { return };
            db.undo_mark(account, receipt.id, START).await.unwrap();
            for article in marked {
                if model.may_read(account, article) {
                    model.unread.insert((account, article));
                }
            }
        }
        Step::Follow { account, feed } => {
            let (account, feed) = (accounts[account], feeds[feed]);
            let followed = db.subscribe(account, feed, None, START, NEWEST as i64).await.unwrap();
            assert_eq!(followed, model.follows.insert((account, feed)));
            if followed {
                let query = ListQuery {
                    scope: Scope::Feed(feed),
                    only_unread: false,
                    order: Order::NewestFirst,
                    after: None,
                    limit: 1_000,
                };
                let (unread, last) = model.departed.remove(&(account, feed)).unwrap_or_default();
                model.unread.extend(unread.into_iter().map(|id| (account, id)));
                let listed = db.list(account, &query).await.unwrap();
                let newer = listed.into_iter().filter(|row| last.is_none_or(|last| row.id > last));
                model.unread.extend(newer.take(NEWEST).map(|row| (account, row.id)));
            }
        }
        Step::Unfollow { account, feed } => {
            let (account, feed) = (accounts[account], feeds[feed]);
            let unfollowed = db.unsubscribe(account, &[feed], START).await.unwrap().is_some();
            assert_eq!(unfollowed, model.follows.remove(&(account, feed)));
            let unread = model.mark(account, |of| of == feed);
            if unfollowed {
                let newest = model.articles.iter().rev().find(|(_, of)| **of == feed).map(|(id, _)| *id);
                model.departed.insert((account, feed), (unread, newest));
            }
        }
    }
}

async fn mark(db: &TestDb, model: &mut Model, account: AccountId, scope: Scope) {
    let newest = db.counts(account).await.unwrap().newest;
    let receipt = db.mark_read(account, scope, &Marked::All, newest, START).await.unwrap();
    let marked = model.mark(account, |feed| scope == Scope::All || scope == Scope::Feed(feed));
    assert_eq!(usize::try_from(receipt.marked).unwrap(), marked.len());
    model.marks.insert(account, (receipt, marked));
}

async fn check(db: &TestDb, model: &Model, accounts: &[AccountId], feeds: &[FeedId], step: &Step) {
    assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new(), "{step:?}");
    for account in accounts {
        let of = |set: &BTreeSet<(AccountId, ArticleId)>| -> BTreeSet<ArticleId> {
            set.iter().filter(|(who, _)| who == account).map(|(_, article)| *article).collect()
        };
        for (scope, expected) in [(Scope::Unread, of(&model.unread)), (Scope::Starred, of(&model.starred))] {
            let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None, limit: 1_000 };
            let listed: BTreeSet<ArticleId> =
                db.list(*account, &query).await.unwrap().into_iter().map(|row| row.id).collect();
            assert_eq!(listed, expected, "{scope:?} after {step:?}");
        }
        for row in db.subscriptions(*account).await.unwrap() {
            assert!(feeds.contains(&row.feed));
            let counted = of(&model.unread).iter().filter(|article| model.articles[article] == row.feed).count();
            assert_eq!(usize::try_from(row.unread).unwrap(), counted, "after {step:?}");
        }
    }
}

fn run(cases: u32, open: impl AsyncFn() -> Option<TestDb>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..40), |steps| {
            runtime.block_on(async {
                if let Some(db) = open().await {
                    play(&db, &steps).await;
                    db.close().await;
                }
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn counters_and_lists_agree_with_a_simple_model_on_sqlite() {
    run(24, async || Some(TestDb::sqlite().await));
}

#[test]
fn counters_and_lists_agree_with_a_simple_model_on_postgres() {
    run(6, TestDb::postgres);
}
