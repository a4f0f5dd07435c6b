//! Random sequences of refreshing, reading, starring, tagging, throwing away, waiting, purging, changing guids and taking back, against a
//! model: no unread or kept article is lost, no read one is unread again, and nothing that was purged comes back.
//!
//! `PROPTEST_CASES` says how many sequences are tried; `scripts/kill --sequences` plays 100,000.

use std::collections::{BTreeMap, BTreeSet};

use gleaner::domain::{AccountId, ArticleId, FeedId, Retention, TagName, UnixMillis};
use gleaner::store::{Cursor, ListQuery, ListRow, Marked, NewUnread, Order, Scope, Tagged};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::db::{START, TestDb, account, article_key, draft, feed, url};

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    /// The feed lists so many articles from this one on, with guids of this generation.
    Refresh {
        from: i64,
        count: i64,
        guids: i64,
        edition: u8,
    },
    Read {
        account: usize,
        article: usize,
        read: bool,
    },
    Star {
        account: usize,
        article: usize,
        starred: bool,
    },
    Tag {
        account: usize,
        article: usize,
        tagged: bool,
    },
    MarkAll {
        account: usize,
    },
    UndoMark {
        account: usize,
    },
    ThrowAway {
        account: usize,
        article: usize,
    },
    BringBack {
        account: usize,
        article: Option<usize>,
    },
    Retain {
        account: usize,
        days: Option<u32>,
        articles: Option<u32>,
    },
    Wait {
        days: i64,
    },
    Leave {
        account: usize,
    },
    Return {
        account: usize,
    },
}

const ACCOUNTS: usize = 2;
/// Tombstones stand for 400 days after their feed last listed the article.
const LONGEST: i64 = 390;

fn step() -> impl Strategy<Value = Step> {
    let (account, article) = (0..ACCOUNTS, 0_usize..100);
    prop_oneof![
        5 => (0_i64..15, 0_i64..10, 0_i64..3, 0_u8..2)
            .prop_map(|(from, count, guids, edition)| Step::Refresh { from, count, guids, edition }),
        4 => (account.clone(), article.clone(), prop::bool::weighted(0.8))
            .prop_map(|(account, article, read)| Step::Read { account, article, read }),
        2 => (account.clone(), article.clone(), any::<bool>())
            .prop_map(|(account, article, starred)| Step::Star { account, article, starred }),
        2 => (account.clone(), article.clone(), any::<bool>())
            .prop_map(|(account, article, tagged)| Step::Tag { account, article, tagged }),
        1 => account.clone().prop_map(|account| Step::MarkAll { account }),
        1 => account.clone().prop_map(|account| Step::UndoMark { account }),
        3 => (account.clone(), article.clone()).prop_map(|(account, article)| Step::ThrowAway { account, article }),
        2 => (account.clone(), prop::option::of(article))
            .prop_map(|(account, article)| Step::BringBack { account, article }),
        3 => (account.clone(), prop::option::of(1_u32..60), prop::option::of(1_u32..6))
            .prop_map(|(account, days, articles)| Step::Retain { account, days, articles }),
        3 => (1_i64..40).prop_map(|days| Step::Wait { days }),
        1 => account.clone().prop_map(|account| Step::Leave { account }),
        1 => account.prop_map(|account| Step::Return { account }),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Trash {
        since: i64,
        was_unread: bool,
    },
    Gone,
    /// Brought back: only a hand takes it again.
    Back,
}

/// What should be so, in the simplest form that can say it.
struct Model {
    now: UnixMillis,
    feed: FeedId,
    /// By the number of the article in the feed.
    articles: BTreeMap<i64, ArticleId>,
    came: BTreeMap<ArticleId, UnixMillis>,
    listed: BTreeSet<ArticleId>,
    follows: BTreeSet<AccountId>,
    unread: BTreeSet<(AccountId, ArticleId)>,
    starred: BTreeSet<(AccountId, ArticleId)>,
    tagged: BTreeSet<(AccountId, ArticleId)>,
    places: BTreeMap<(AccountId, ArticleId), Place>,
    marks: BTreeMap<AccountId, (i64, Vec<ArticleId>)>,
    /// What was deleted for good.
    deleted: BTreeSet<ArticleId>,
    /// When an account let the feed go, and what was unread of it.
    left: BTreeMap<AccountId, (UnixMillis, Vec<ArticleId>)>,
}

impl Model {
    fn is_kept(&self, account: AccountId, article: ArticleId) -> bool {
        !matches!(self.places.get(&(account, article)), Some(Place::Trash { .. } | Place::Gone))
    }

    fn is_marked(&self, account: AccountId, article: ArticleId) -> bool {
        self.starred.contains(&(account, article)) || self.tagged.contains(&(account, article))
    }

    fn may_read(&self, account: AccountId, article: ArticleId) -> bool {
        (self.follows.contains(&account) || self.is_marked(account, article)) && self.is_kept(account, article)
    }

    /// The articles that the account's list of the feed must show.
    fn listed_for(&self, account: AccountId) -> BTreeSet<ArticleId> {
        let all = self.came.keys().copied();
        all.filter(|id| self.follows.contains(&account) && self.is_kept(account, *id)).collect()
    }

    fn throw(&mut self, account: AccountId, article: ArticleId) {
        let was_unread = self.unread.remove(&(account, article));
        self.places.insert((account, article), Place::Trash { since: self.now.0, was_unread });
    }
}

async fn rows(db: &TestDb, account: AccountId, scope: Scope) -> Vec<ListRow> {
    let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None::<Cursor>, limit: 1_000 };
    db.list(account, &query).await.unwrap()
}

async fn play(db: &TestDb, names: &str, steps: &[Step]) {
    let mut accounts = Vec::new();
    for name in ["ann", "bob"] {
        accounts.push(account(db, &format!("{name}{names}")).await);
    }
    let feed = feed(db, &format!("daily{names}")).await;
    for account in &accounts {
        db.subscribe(*account, feed, None, START, 0).await.unwrap();
    }
    let mut model = Model {
        now: START,
        feed,
        articles: BTreeMap::new(),
        came: BTreeMap::new(),
        listed: BTreeSet::new(),
        follows: accounts.iter().copied().collect(),
        unread: BTreeSet::new(),
        starred: BTreeSet::new(),
        tagged: BTreeSet::new(),
        places: BTreeMap::new(),
        marks: BTreeMap::new(),
        deleted: BTreeSet::new(),
        left: BTreeMap::new(),
    };
    for (at, step) in steps.iter().enumerate() {
        take(db, &mut model, &accounts, step).await;
        check(db, &model, &accounts, step, at + 1 == steps.len()).await;
    }
}

async fn take(db: &TestDb, model: &mut Model, accounts: &[AccountId], step: &Step) {
    let nth = |number: usize| model.came.keys().nth(number % model.came.len().max(1)).copied();
    let now = model.now;
    match *step {
        Step::Refresh { from, count, guids, edition } => {
            let numbers: Vec<i64> = (from..from + count).collect();
            let entries: Vec<_> = numbers
                .iter()
                .map(|number| {
                    let mut draft = draft(*number);
                    draft.keys.first = article_key(number + 1_000 * guids);
                    draft.keys.second = Some(article_key(-1 - number));
                    draft.url = Some(url(&format!("https://site{}.example/{number}", model.feed)));
                    draft.bodies[0].html = format!("<p>{number} of {}, edition {edition}</p>", model.feed);
                    draft.into()
                })
                .collect();
            let report = db.store_articles(model.feed, &entries, NewUnread::All, now).await.unwrap();
            let keys: Vec<_> =
                entries.iter().map(|entry: &gleaner::store::IncomingArticle| entry.draft.keys.first).collect();
            db.note_listed(model.feed, &keys).await.unwrap();
            let new: Vec<i64> = numbers.iter().copied().filter(|number| !model.articles.contains_key(number)).collect();
            assert_eq!(report.added.len(), new.len(), "what is known or was purged is not new: {step:?}");
            for (number, id) in new.into_iter().zip(report.added) {
                model.articles.insert(number, id);
                model.came.insert(id, now);
                model.unread.extend(model.follows.iter().map(|account| (*account, id)));
            }
            model.listed = numbers.iter().filter_map(|number| model.articles.get(number).copied()).collect();
        }
        Step::Read { account, article, read } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            db.set_read(account, article, read, now).await.unwrap();
            if read {
                model.unread.remove(&(account, article));
            } else if model.follows.contains(&account) && model.is_kept(account, article) {
                model.unread.insert((account, article));
            }
        }
        Step::Star { account, article, starred } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            db.set_starred(account, article, starred, now).await.unwrap();
            if !starred {
                model.starred.remove(&(account, article));
            } else if model.may_read(account, article) {
                model.starred.insert((account, article));
            }
        }
        Step::Tag { account, article, tagged } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            if tagged {
                let done = db.tag_article(account, article, &[TagName::parse("kept").unwrap()], now).await.unwrap();
                assert_eq!(done == Tagged::Done, model.may_read(account, article), "{step:?}");
                if done == Tagged::Done {
                    model.tagged.insert((account, article));
                }
            } else if let Some(tag) = db.tags(account).await.unwrap().first() {
                let had = db.untag_article(account, article, tag.id, UnixMillis(i64::MAX)).await.unwrap();
                assert_eq!(had, model.tagged.remove(&(account, article)), "{step:?}");
            }
        }
        Step::MarkAll { account } => {
            let account = accounts[account];
            let newest = db.counts(account).await.unwrap().newest;
            let receipt = db.mark_read(account, Scope::All, &Marked::All, newest, now).await.unwrap();
            let marked: Vec<_> = model.unread.iter().filter(|(who, _)| *who == account).map(|(_, id)| *id).collect();
            assert_eq!(usize::try_from(receipt.marked).unwrap(), marked.len(), "{step:?}");
            model.unread.retain(|(who, _)| *who != account);
            model.marks.insert(account, (receipt.id, marked));
        }
        Step::UndoMark { account } => {
            let account = accounts[account];
            let Some((receipt, marked)) = model.marks.remove(&account) else { return };
            db.undo_mark(account, receipt, now).await.unwrap();
            let follows = model.follows.contains(&account);
            let back: Vec<_> = marked.into_iter().filter(|id| follows && model.is_kept(account, *id)).collect();
            model.unread.extend(back.into_iter().map(|id| (account, id)));
        }
        Step::ThrowAway { account, article } => {
            let (account, Some(article)) = (accounts[account], nth(article)) else { return };
            let thrown = db.throw_away(account, article, &[], now).await.unwrap().is_some();
            let expected = model.may_read(account, article) && !model.is_marked(account, article);
            assert_eq!(thrown, expected, "{step:?}");
            if thrown {
                model.throw(account, article);
            }
        }
        Step::BringBack { account, article } => {
            let account = accounts[account];
            let chosen = article.map(nth);
            match chosen {
                Some(None) => return,
                Some(Some(article)) => drop(db.bring_back(account, article).await.unwrap()),
                None => drop(db.bring_back_all(account, None).await.unwrap()),
            }
            for ((who, id), place) in &mut model.places {
                if *who == account
                    && chosen.is_none_or(|chosen| chosen == Some(*id))
                    && let Place::Trash { was_unread, .. } = *place
                {
                    *place = Place::Back;
                    if was_unread && model.follows.contains(&account) {
                        model.unread.insert((account, *id));
                    }
                }
            }
        }
        Step::Retain { account, days, articles } => {
            let account = accounts[account];
            db.set_retention(account, &Retention { days, articles, megabytes: None }).await.unwrap();
            let order = rows(db, account, Scope::Feed(model.feed)).await;
            let preview = db.preview_retention(account, (None, None), &[], now).await.unwrap();
            let thrown = db.apply_retention(account, &[], now).await.unwrap().count;
            assert_eq!(
                preview.iter().map(|feed| feed.count).sum::<u64>(),
                thrown,
                "the preview tells the truth: {step:?}"
            );
            let mut expected = 0;
            for (place, row) in order.iter().enumerate() {
                let is_old = days.is_some_and(|days| model.came[&row.id].plus(i64::from(days) * UnixMillis::DAY) < now);
                let is_many = articles.is_some_and(|articles| place >= usize::try_from(articles).unwrap());
                let stays = model.unread.contains(&(account, row.id))
                    || model.is_marked(account, row.id)
                    || model.listed.contains(&row.id)
                    || model.places.get(&(account, row.id)) == Some(&Place::Back);
                if (is_old || is_many) && !stays {
                    model.throw(account, row.id);
                    expected += 1;
                }
            }
            assert_eq!(thrown, expected, "{step:?}");
        }
        Step::Wait { days } => {
            if now.plus(days * UnixMillis::DAY) < START.plus(LONGEST * UnixMillis::DAY) {
                model.now = now.plus(days * UnixMillis::DAY);
                // The ten minutes are over.
                model.marks.clear();
            }
            db.sweep_trash(model.now).await.unwrap();
            let end = model.now.plus(-30 * UnixMillis::DAY).0;
            for place in model.places.values_mut() {
                if matches!(place, Place::Trash { since, .. } if *since <= end) {
                    *place = Place::Gone;
                }
            }
            take_note_of_deleted(db, model, accounts, step).await;
        }
        Step::Leave { account } => {
            let account = accounts[account];
            db.unsubscribe(account, &[model.feed], now).await.unwrap();
            if model.follows.remove(&account) {
                let unread = model.unread.iter().filter(|(who, _)| *who == account).map(|(_, id)| *id).collect();
                model.left.insert(account, (now, unread));
            }
            model.unread.retain(|(who, _)| *who != account);
            model.marks.remove(&account);
        }
        Step::Return { account } => {
            let account = accounts[account];
            db.subscribe(account, model.feed, None, now, 0).await.unwrap();
            if model.follows.insert(account) {
                // What was unread is again, for thirty days.
                let (at, unread) = model.left.remove(&account).unwrap();
                let unread = if at > now.plus(-30 * UnixMillis::DAY) { unread } else { Vec::new() };
                let unread: Vec<_> = unread.into_iter().filter(|id| model.is_kept(account, *id)).collect();
                model.unread.extend(unread.into_iter().map(|id| (account, id)));
            }
        }
    }
}

/// What is not in the database any more may only be what nobody could want back.
async fn take_note_of_deleted(db: &TestDb, model: &mut Model, accounts: &[AccountId], step: &Step) {
    let all: Vec<ArticleId> = model.came.keys().copied().collect();
    for id in all {
        if db.article_draft(id).await.unwrap().is_some() || !model.deleted.insert(id) {
            continue;
        }
        assert!(!model.listed.contains(&id), "{id} is still listed: {step:?}");
        for account in accounts {
            assert!(!model.is_marked(*account, id), "{id} was starred or tagged: {step:?}");
            if model.places.get(&(*account, id)) != Some(&Place::Gone) {
                let left = model.left.get(account).map(|(at, _)| *at);
                let is_over = left.is_some_and(|at| at.plus(30 * UnixMillis::DAY) <= model.now);
                assert!(is_over, "{id} was there for {account}: {step:?}");
                model.places.insert((*account, id), Place::Gone);
            }
        }
    }
}

/// What must be so after each step, and what at least at the end.
async fn check(db: &TestDb, model: &Model, accounts: &[AccountId], step: &Step, all: bool) {
    for account in accounts {
        let of = |set: &BTreeSet<(AccountId, ArticleId)>| -> BTreeSet<ArticleId> {
            set.iter().filter(|(who, _)| who == account).map(|(_, article)| *article).collect()
        };
        let lists = [
            (Scope::Unread, of(&model.unread)),
            (Scope::Feed(model.feed), model.listed_for(*account)),
            (Scope::Starred, of(&model.starred)),
            (Scope::All, model.listed_for(*account)),
        ];
        let marked = if all { &model.tagged } else { &BTreeSet::new() };
        for id in marked.iter().filter(|(who, _)| who == account).map(|(_, id)| id) {
            assert!(db.is_visible(*account, *id).await.unwrap(), "{id} was tagged, after {step:?}");
        }
        for (scope, expected) in lists.into_iter().take(if all { 4 } else { 2 }) {
            let listed: BTreeSet<ArticleId> = rows(db, *account, scope).await.into_iter().map(|row| row.id).collect();
            assert_eq!(listed, expected, "{scope:?} after {step:?}");
        }
        let in_trash =
            model.places.iter().filter(|((who, _), place)| who == account && matches!(place, Place::Trash { .. }));
        assert_eq!(db.count_trash(*account).await.unwrap(), i64::try_from(in_trash.count()).unwrap(), "{step:?}");
    }
}

/// Plays sequences, fifty on each database.
fn run(usual: u32, open: impl AsyncFn() -> Option<TestDb>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let current = std::cell::RefCell::new((None::<TestDb>, 0_u32));
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..30), |steps| {
            runtime.block_on(async {
                let (mut db, played) = current.take();
                if played % 50 == 0 {
                    if let Some(db) = &db {
                        assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
                        db.close().await;
                    }
                    db = open().await;
                }
                if let Some(db) = &db {
                    play(db, &played.to_string(), &steps).await;
                }
                current.replace((db, played + 1));
            });
            Ok(())
        })
        .unwrap();
    runtime.block_on(async {
        if let (Some(db), _) = current.take() {
            assert_eq!(db.integrity(false).await.unwrap().problems, Vec::<String>::new());
            db.close().await;
        }
    });
}

#[test]
fn nothing_unread_or_kept_is_lost_and_nothing_purged_comes_back_on_sqlite() {
    run(200, async || Some(TestDb::sqlite().await));
}

#[test]
fn nothing_unread_or_kept_is_lost_and_nothing_purged_comes_back_on_postgres() {
    run(30, TestDb::postgres);
}
