//! The program's parts put together for one test, with an account, an outside world and a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use gleaner::app::App;
use gleaner::config::{PicturePlace, Settings};
use gleaner::content::pool::ContentPool;
use gleaner::domain::{AccountId, Clock, Entropy, FeedId, FixedEntropy, ManualClock, UnixMillis};
use gleaner::egress::{Egress, EgressSettings};
use gleaner::media::Media;
use gleaner::store::{Cursor, Feed, ListQuery, ListRow, Order, Scope};

use super::database::TestDatabase;
use super::outside::Outside;

/// Everything that a test of jobs needs.
#[derive(Debug)]
pub(crate) struct House {
    /// The program.
    pub(crate) app: Arc<App>,
    /// Its clock: stands at 2026-01-01T00:00:00Z until it is moved.
    pub(crate) clock: Arc<ManualClock>,
    /// The only server that it may ask.
    pub(crate) world: Outside,
    /// Somebody who reads.
    pub(crate) reader: AccountId,
    /// Where the database is. Dropped last: it goes when nobody uses it any more.
    pub(crate) database: TestDatabase,
}

/// Where the clock stands at first.
pub(crate) const START: UnixMillis = UnixMillis(1_767_225_600_000);

impl House {
    /// A house on this database.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        Self::with_egress(database, |_| ()).await
    }

    /// The same with another door to the outside.
    pub(crate) async fn with_egress(database: TestDatabase, change: impl FnOnce(&mut EgressSettings)) -> Self {
        let world = Outside::start().await;
        let clock = Arc::new(ManualClock::at(START));
        let entropy: Arc<dyn Entropy> = Arc::new(FixedEntropy::default());
        let mut egress =
            EgressSettings { allow: vec![world.rule()], host_interval: Duration::ZERO, ..EgressSettings::default() };
        change(&mut egress);
        let app = App {
            db: database.open().await,
            egress: Egress::new(egress, clock.clone() as Arc<dyn Clock>, entropy.clone()).unwrap(),
            content: ContentPool::new(2),
            media: Media::open(&PicturePlace::Folder(database.folder.path().join("pictures")))
                .unwrap()
                .with_patience(Duration::from_secs(60)),
            clock: clock.clone(),
            entropy,
            settings: Arc::new(Settings::in_folder(database.folder.path())),
        };
        let reader =
            app.db.create_account("reader", "no hash", false, START).await.unwrap().expect("the first account");
        Self { app: Arc::new(app), clock, world, reader, database }
    }

    /// Follows the feed at `path` of the world, without checking it.
    pub(crate) async fn follow(&self, path: &str) -> FeedId {
        let now = self.clock.now();
        let feed = self.app.db.ensure_feed(&self.world.url(path), now).await.unwrap();
        self.app.db.subscribe(self.reader, feed, None, now, 50).await.unwrap();
        feed
    }

    /// What is known of a feed.
    pub(crate) async fn feed(&self, id: FeedId) -> Feed {
        self.app.db.feed(id).await.unwrap().expect("a feed")
    }

    /// The reader's list of a scope, newest first, all of it or only what is unread.
    pub(crate) async fn list(&self, scope: Scope, only_unread: bool) -> Vec<ListRow> {
        let query = ListQuery { scope, only_unread, order: Order::NewestFirst, after: None::<Cursor>, limit: 1_000 };
        self.app.db.list(self.reader, &query).await.unwrap()
    }

    /// The titles of a feed's articles, newest first.
    pub(crate) async fn titles(&self, feed: FeedId) -> Vec<String> {
        self.list(Scope::Feed(feed), false).await.into_iter().map(|row| row.title).collect()
    }
}
