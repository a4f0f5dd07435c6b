//! Asking: candidates from the index, newest first, and of them those that are hits.

use std::time::{Duration, Instant};

use sqlx::query::QueryAs;

use super::compile::{Argument, Check, Compiled, compile};
use super::pins::together;
use crate::domain::{AccountId, ArticleId, FeedId, Language, UnixMillis};
use crate::search::{Node, Sketch};
use crate::store::db::{Db, Pools, read, statements};
use crate::store::error::StoreError;
use crate::store::list::{ListRow, Scope};
use crate::store::row::id_list;

statements! {
    NEWEST_ID = "SELECT COALESCE(MAX(id), 0) FROM article";
}

/// How long a search may take in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// PostgreSQL measures by itself.
const PATIENCE_OF_POSTGRES: &str = "SET LOCAL statement_timeout = 2000";
/// SQLite asks so often, in steps of its machine, whether to go on.
const STEPS: i32 = 20_000;
/// Candidates of which the text may have to be read, in one go: first few, because that is often enough.
const CANDIDATES: [usize; 3] = [64, 256, 1024];

/// What to search for.
#[derive(Debug, Clone, Copy)]
pub struct SearchRequest<'a> {
    /// What an article must be.
    pub node: &'a Node,
    /// Of which list.
    pub within: Option<Scope>,
    /// Only articles that came before this one.
    pub below: Option<ArticleId>,
    /// The most hits.
    pub limit: usize,
}

/// An article that was found, with what facets count.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    /// Its id.
    pub id: ArticleId,
    /// Its moment in lists.
    pub sort_at: UnixMillis,
    /// Its feed.
    pub feed_id: FeedId,
    /// The language of its text.
    pub language: Option<Language>,
    /// Not read.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Kept for later.
    pub later: bool,
    /// Answers to tests, as [`Check`] wants them.
    pub(super) facts: String,
    sketch: Option<Vec<u8>>,
}

/// Hits that came one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HitWindow {
    /// By the order in which they came, the latest first.
    pub hits: Vec<Hit>,
    /// There are no more.
    pub is_all: bool,
    /// It took too long: there may be more.
    pub is_late: bool,
}

impl Db {
    /// The newest articles that answer a query, of those that the account may read. Takes two seconds at most, and then gives
    /// what it has.
    pub async fn search(&self, account: AccountId, request: &SearchRequest<'_>) -> Result<HitWindow, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let names = self.resolve(account, request.node).await?;
        if !self.has_pins(account).await? {
            let compiled = compile(self, request.node, request.within, &names, false);
            return self.search_index(account, request, &compiled, deadline).await;
        }
        let compiled = compile(self, request.node, request.within, &names, true);
        let found = self.search_index(account, request, &compiled, deadline).await?;
        let pinned = match self.pinned_hits(account, request, &names, deadline).await {
            Err(error) if is_interrupted(&error) => (Vec::new(), false),
            pinned => pinned?,
        };
        Ok(together(found, pinned, request.limit))
    }

    async fn search_index(
        &self,
        account: AccountId,
        request: &SearchRequest<'_>,
        compiled: &Compiled,
        deadline: Instant,
    ) -> Result<HitWindow, StoreError> {
        let mut found = HitWindow::default();
        let mut below = request.below.map_or(i64::MAX, |id| id.0);
        for turn in 0.. {
            let missing = request.limit - found.hits.len();
            let wanted = match compiled.check {
                Some(_) => CANDIDATES.get(turn).copied().unwrap_or(CANDIDATES[CANDIDATES.len() - 1]),
                None => missing,
            };
            let candidates = match self.candidates(account, compiled, below, wanted, deadline).await {
                Ok(candidates) => candidates,
                Err(error) if is_interrupted(&error) => {
                    found.is_late = true;
                    return Ok(found);
                }
                Err(error) => return Err(error),
            };
            let is_last = candidates.len() < wanted;
            below = candidates.last().map_or(0, |last| last.id.0);
            match &compiled.check {
                Some(check) => self.read_through(account, check, candidates, request.limit, &mut found.hits).await?,
                None => found.hits.extend(candidates),
            }
            if found.hits.len() >= request.limit {
                return Ok(found);
            }
            if is_last {
                found.is_all = true;
                return Ok(found);
            }
            if Instant::now() > deadline {
                found.is_late = true;
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// Adds the candidates that are hits, up to `limit` hits in all.
    async fn read_through(
        &self,
        account: AccountId,
        check: &Check,
        candidates: Vec<Hit>,
        limit: usize,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let mut likely: Vec<Hit> = candidates;
        likely.retain_mut(|hit| {
            let sketch = Sketch::from_bytes(hit.sketch.take().unwrap_or_default());
            check.may_be(hit, &sketch)
        });
        for some in likely.chunks(64) {
            if hits.len() >= limit {
                break;
            }
            let ids: Vec<ArticleId> = some.iter().map(|hit| hit.id).collect();
            let texts = self.searched_texts(account, &ids).await?;
            for hit in some {
                if hits.len() < limit && texts.get(&hit.id).is_some_and(|text| check.holds(hit, text)) {
                    hits.push(hit.clone());
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    pub(super) async fn candidates(
        &self,
        account: AccountId,
        compiled: &Compiled,
        below: i64,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Hit>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = || sqlx::AssertSqlSafe(compiled.sql.clone());
        match &self.pools {
            Pools::Sqlite { search, .. } => {
                let mut connection = search.acquire().await?;
                // The connection serves searches alone, and each of them sets its own end first.
                connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < deadline);
                let mut query = sqlx::query_as(sql()).bind(account).bind(below).bind(limit);
                for argument in &compiled.arguments {
                    query = bind_sqlite(query, argument);
                }
                Ok(query.persistent(false).fetch_all(&mut *connection).await?)
            }
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query(PATIENCE_OF_POSTGRES).execute(&mut *tx).await?;
                let mut query = sqlx::query_as(sql()).bind(account).bind(below).bind(limit);
                for argument in &compiled.arguments {
                    query = bind_postgres(query, argument);
                }
                let rows = query.persistent(false).fetch_all(&mut *tx).await?;
                tx.rollback().await?;
                Ok(rows)
            }
        }
    }

    /// Rows of these articles as lists show them, in the order given: of hits, that the account may read.
    pub async fn rows_of(&self, account: AccountId, articles: &[ArticleId]) -> Result<Vec<ListRow>, StoreError> {
        let ids = id_list(articles.iter().map(|id| id.0));
        let rows = self.list_of(account, &ids).await?;
        let mut rows: std::collections::HashMap<ArticleId, ListRow> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(articles.iter().filter_map(|id| rows.remove(id)).collect())
    }

    /// The id of the newest article of anybody: what comes later has a greater one.
    pub async fn newest_article_id(&self) -> Result<ArticleId, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(NEWEST_ID).fetch_one(c).await)?)
    }
}

macro_rules! bind {
    ($name:ident, $backend:ty) => {
        fn $name<'q>(
            query: QueryAs<'q, $backend, Hit, <$backend as sqlx::Database>::Arguments>,
            argument: &Argument,
        ) -> QueryAs<'q, $backend, Hit, <$backend as sqlx::Database>::Arguments> {
            match argument {
                Argument::Number(number) => query.bind(*number),
                Argument::Text(text) => query.bind(text.clone()),
            }
        }
    };
}
bind!(bind_sqlite, sqlx::Sqlite);
bind!(bind_postgres, sqlx::Postgres);

/// Whether a database stopped a statement because it took too long: SQLITE_INTERRUPT, or query_canceled.
fn is_interrupted(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => matches!(error.code().as_deref(), Some("9" | "57014")),
        _ => false,
    }
}
