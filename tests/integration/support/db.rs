//! What the store's tests begin with: an empty database, accounts, feeds and articles of few words.

use gleaner::domain::{
    AccountId, ArticleDraft, Body, BodyChoice, BodyKind, ChoiceReason, Completeness, FeedId, Keys, UnixMillis, WebUrl,
};
use gleaner::store::{DatabaseAddress, Db, DueFeed, FeedOutcome, IncomingArticle};

use super::database::TestDatabase;

/// An open database that vanishes with this value.
#[derive(Debug)]
pub(crate) struct TestDb {
    /// The database.
    pub(crate) db: Db,
    /// Where it is, for a second program that opens it.
    pub(crate) home: TestDatabase,
}

impl std::ops::Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    /// Opens the database of a test.
    pub(crate) async fn on(home: TestDatabase) -> Self {
        Self { db: home.open().await, home }
    }

    /// An empty SQLite database.
    pub(crate) async fn sqlite() -> Self {
        Self::on(TestDatabase::sqlite()).await
    }

    /// An empty PostgreSQL database, or `None` if there is no server to test on.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::on(TestDatabase::postgres().await?).await)
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &DatabaseAddress {
        &self.home.address
    }
}

/// Makes each `async fn name(db: &TestDb)` a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: &$kind:ident) $body:block)+) => {
        crate::support::database::on_both_databases! {
            $($(#[$attribute])* async fn $name(given: $kind) {
                let $db = &given;
                $body
            })+
        }
    };
}
pub(crate) use on_both;

/// The moment at which tests begin.
pub(crate) const START: UnixMillis = UnixMillis(1_760_000_000_000);

/// An address.
pub(crate) fn url(text: &str) -> WebUrl {
    WebUrl::parse(text).unwrap()
}

/// An account of this name.
pub(crate) async fn account(db: &Db, name: &str) -> AccountId {
    db.create_account(name, "hash", false, START).await.unwrap().unwrap()
}

/// A public feed of this name.
pub(crate) async fn feed(db: &Db, name: &str) -> FeedId {
    db.ensure_feed(&url(&format!("https://{name}.example/feed")), START).await.unwrap()
}

/// A feed of this name that the account follows.
pub(crate) async fn followed(db: &Db, account: AccountId, name: &str) -> FeedId {
    let feed = feed(db, name).await;
    assert!(db.subscribe(account, feed, None, START, 10).await.unwrap());
    feed
}

/// An article of a feed: the number tells them apart, and is how many minutes after [`START`] it was published.
pub(crate) fn draft(number: i64) -> ArticleDraft {
    ArticleDraft {
        keys: Keys { first: article_key(number), second: None },
        guid: Some(format!("guid-{number}")),
        url: Some(url(&format!("https://site.example/{number}"))),
        title: format!("Article {number}"),
        author: Some("Ann Author".to_owned()),
        site_name: None,
        published: Some(START.plus(number * UnixMillis::MINUTE)),
        published_text: Some("Thu, 09 Oct 2025".to_owned()),
        dates: None,
        language: gleaner::domain::Language::parse("en"),
        excerpt: format!("The beginning of {number}."),
        words: 100,
        cjk_chars: 0,
        lead_image: None,
        completeness: Completeness::Whole,
        enclosures: Vec::new(),
        categories: vec!["news".to_owned()],
        comments_url: None,
        bodies: vec![Body { kind: BodyKind::Feed, html: format!("<p>The text of {number}.</p>") }],
        choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
    }
}

/// A first key made of a number.
pub(crate) fn article_key(number: i64) -> [u8; 16] {
    i128::from(number).to_be_bytes()
}

/// The same at addresses of this feed, so that no other feed has them, too.
pub(crate) fn articles_of(feed: FeedId, numbers: impl IntoIterator<Item = i64>) -> Vec<IncomingArticle> {
    let at_home = |number| {
        let address = Some(url(&format!("https://site{feed}.example/{number}")));
        ArticleDraft { url: address, ..draft(number) }.into()
    };
    numbers.into_iter().map(at_home).collect()
}

/// Articles of these numbers on their way in.
pub(crate) fn articles(numbers: impl IntoIterator<Item = i64>) -> Vec<IncomingArticle> {
    numbers.into_iter().map(|number| draft(number).into()).collect()
}

/// A check that found nothing new, an hour before the next one.
pub(crate) fn unchanged(due: &DueFeed, now: UnixMillis) -> FeedOutcome {
    FeedOutcome {
        id: due.feed.id,
        lease: due.lease,
        checked_at: now,
        next_check_at: now.plus(UnixMillis::HOUR),
        interval_millis: None,
        failure: None,
        moved: None,
        document: None,
    }
}
