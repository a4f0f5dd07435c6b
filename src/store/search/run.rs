//! Asking: candidates from the index, newest first, and of them those that are hits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sqlx::query::QueryAs;
use tokio::time::timeout_at;

use super::compile::{Argument, Check, Compiled, compile, compile_facts};
use super::hit::{Candidate, Hit, hits};
use super::own::together;
use super::texts::SearchedText;
use crate::domain::{AccountId, ArticleId};
use crate::search::{Node, Sketch, Test};
use crate::store::db::{Db, Pools, read, statements};
use crate::store::error::StoreError;
use crate::store::list::{ListRow, Scope};
use crate::store::row::id_list;

statements! {
    NEWEST_ID = "SELECT COALESCE(MAX(id), 0) FROM article";
}

/// How long a search may take in all.
pub const SEARCH_PATIENCE: Duration = Duration::from_secs(2);
/// SQLite asks so often, in steps of its machine, whether to go on.
const STEPS: i32 = 20_000;
/// Candidates that are looked at in one go: few first, because that is often enough.
const CANDIDATES: [usize; 3] = [256, 1024, 4096];
/// Texts that are read in one go.
const TEXTS: usize = 64;

/// A row of a statement that was made for a query, as [`Compiled`] says.
pub(super) type Row = (Option<String>, Option<Vec<u8>>);

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

/// Hits that came one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HitWindow {
    /// By the order in which they came, the latest first.
    pub hits: Vec<Hit>,
    /// There are no more.
    pub is_all: bool,
    /// It took too long: there may be more.
    pub is_late: bool,
    /// What has to hold for the texts of those that are not sure.
    pub(super) check: Option<Check>,
}

/// How many hits [`Db::confirm`] looks for.
#[derive(Debug, Clone, Copy)]
pub struct HitsWanted {
    /// No more than these.
    pub most: usize,
    /// And these are enough
    pub least: usize,
    /// once so many texts were read.
    pub texts: usize,
}

impl HitsWanted {
    /// So many, whatever it takes.
    pub fn up_to(most: usize) -> Self {
        Self { most, least: most, texts: usize::MAX }
    }
}

/// What became of hits whose texts were read.
#[derive(Debug, Default)]
pub struct Confirmed {
    /// Those that are hits, in the order given.
    pub hits: Vec<Hit>,
    /// The texts that were read for that.
    pub texts: HashMap<ArticleId, SearchedText>,
    /// The first so many of those given were looked at.
    pub looked_at: usize,
    /// It took too long: not all were looked at.
    pub is_late: bool,
}

impl Db {
    /// The newest articles that answer a query, of those that the account may read. Takes two seconds at most, and then gives
    /// what it has.
    pub async fn search(&self, account: AccountId, request: &SearchRequest<'_>) -> Result<HitWindow, StoreError> {
        let until = Instant::now() + SEARCH_PATIENCE;
        let mut found = HitWindow::default();
        let mut below = request.below;
        loop {
            let missing = request.limit - found.hits.len();
            let request = SearchRequest { below, limit: missing, ..*request };
            let some = self.search_likely(account, &request, usize::MAX, until).await?;
            below = some.hits.last().map(|hit| hit.id);
            let likely: Vec<&Hit> = some.hits.iter().collect();
            let confirmed = self.confirm(account, &some, &likely, HitsWanted::up_to(missing), until).await?;
            found.hits.extend(confirmed.hits);
            found.is_late = some.is_late || confirmed.is_late;
            found.is_all = some.is_all && !confirmed.is_late;
            if found.is_all || found.is_late || found.hits.len() >= request.limit {
                return Ok(found);
            }
        }
    }

    /// The same without reading texts: among the hits are some that only seem to be ones. [`Db::confirm`] tells. Where candidates
    /// have to be looked at one by one, that ends when there are `enough`.
    pub async fn search_likely(
        &self,
        account: AccountId,
        request: &SearchRequest<'_>,
        enough: usize,
        until: Instant,
    ) -> Result<HitWindow, StoreError> {
        let names = self.resolve(account, request.node).await?;
        if !self.may_have_own_texts(account).await? {
            let compiled = compile(self, request.node, request.within, &names, false);
            return self.search_index(account, request, compiled, enough, until).await;
        }
        let compiled = compile(self, request.node, request.within, &names, true);
        let found = self.search_index(account, request, compiled, enough, until).await?;
        let own = self.own_hits(account, request, &names, until).await?;
        Ok(together(found, own, request.limit))
    }

    async fn search_index(
        &self,
        account: AccountId,
        request: &SearchRequest<'_>,
        compiled: Compiled,
        enough: usize,
        until: Instant,
    ) -> Result<HitWindow, StoreError> {
        let mut found = HitWindow::default();
        let mut below = request.below.map_or(i64::MAX, |id| id.0);
        for turn in 0.. {
            let missing = request.limit - found.hits.len();
            let wanted = match compiled.check {
                Some(_) => CANDIDATES.get(turn).copied().unwrap_or(CANDIDATES[CANDIDATES.len() - 1]),
                None => missing,
            };
            let Some(rows) = self.candidates(account, &compiled, below, wanted, until).await? else {
                found.is_late = true;
                break;
            };
            let (looked_at, lowest) = match &compiled.check {
                None => {
                    let hits = hits(rows.first().and_then(|(text, _)| text.as_deref()).unwrap_or_default());
                    let last = (hits.len(), hits.last().map_or(0, |hit| hit.id.0));
                    found.hits.extend(hits);
                    last
                }
                Some(check) => {
                    let last = rows.last().and_then(|(text, _)| Candidate::read(text.as_deref()?));
                    let last = (rows.len(), last.map_or(0, |candidate| candidate.id.0));
                    let likely = rows.into_iter().filter_map(|(text, sketch)| {
                        let candidate = Candidate::read(text.as_deref()?)?;
                        check
                            .may_be(&candidate.facts, &Sketch::from_bytes(sketch.unwrap_or_default()))
                            .then_some(candidate)
                    });
                    let likely = likely.take(missing + 1).collect::<Vec<_>>();
                    found.hits.extend(self.hits_of(account, likely).await?);
                    last
                }
            };
            below = lowest;
            if found.hits.len() > request.limit {
                found.hits.truncate(request.limit);
                break;
            }
            if looked_at < wanted {
                found.is_all = true;
                break;
            }
            if found.hits.len() >= request.limit.min(enough) {
                break;
            }
            if Instant::now() > until {
                found.is_late = true;
                break;
            }
        }
        found.check = compiled.check;
        Ok(found)
    }

    /// Reads the texts of hits that are not sure, in the order given, until as many are hits as are wanted.
    pub async fn confirm(
        &self,
        account: AccountId,
        window: &HitWindow,
        hits: &[&Hit],
        wanted: HitsWanted,
        until: Instant,
    ) -> Result<Confirmed, StoreError> {
        let mut confirmed = Confirmed::default();
        while confirmed.looked_at < hits.len() {
            let missing = wanted.most.saturating_sub(confirmed.hits.len());
            if missing == 0 || (confirmed.texts.len() >= wanted.texts && confirmed.hits.len() >= wanted.least) {
                break;
            }
            if Instant::now() > until {
                confirmed.is_late = true;
                break;
            }
            let some = hits.iter().skip(confirmed.looked_at).take(missing.clamp(8, TEXTS));
            let unsure: Vec<ArticleId> = some.clone().filter(|hit| !hit.is_sure).map(|hit| hit.id).collect();
            let texts = self.searched_texts(account, &unsure).await?;
            confirmed.looked_at += some.len();
            for hit in some {
                let holds = |check: &Check| texts.get(&hit.id).is_some_and(|text| check.holds(&hit.facts, text));
                if hit.is_sure || window.check.as_ref().is_some_and(holds) {
                    confirmed.hits.push(Hit { is_sure: true, ..(*hit).clone() });
                }
            }
            confirmed.texts.extend(texts);
            tokio::task::yield_now().await;
        }
        confirmed.hits.truncate(wanted.most);
        Ok(confirmed)
    }

    /// Of what a query asks for beside texts, what holds for each of these articles; `None` if there was no time for it.
    pub async fn facts_of(
        &self,
        account: AccountId,
        node: &Node,
        articles: &[ArticleId],
        until: Instant,
    ) -> Result<Option<HashMap<ArticleId, Vec<Test>>>, StoreError> {
        let nothing = || Ok(Some(HashMap::new()));
        if articles.is_empty() {
            return nothing();
        }
        let names = self.resolve(account, node).await?;
        let Some(compiled) = compile_facts(self, node, articles, &names) else { return nothing() };
        let Some(check) = &compiled.check else { return nothing() };
        let Some(rows) = self.candidates(account, &compiled, i64::MAX, articles.len(), until).await? else {
            return Ok(None);
        };
        let candidates = rows.iter().filter_map(|(text, _)| Candidate::read(text.as_deref()?));
        Ok(Some(candidates.map(|candidate| (candidate.id, check.facts_of(&candidate.facts))).collect()))
    }

    /// What the statement gives; `None` if that took too long, waiting for others that search included.
    pub(super) async fn candidates(
        &self,
        account: AccountId,
        compiled: &Compiled,
        below: i64,
        limit: usize,
        until: Instant,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let Ok(Ok(_place)) = timeout_at(until.into(), self.searching.acquire()).await else { return Ok(None) };
        match self.candidates_in_place(account, compiled, below, limit, until).await {
            Err(error) if is_interrupted(&error) => Ok(None),
            rows => rows.map(Some),
        }
    }

    async fn candidates_in_place(
        &self,
        account: AccountId,
        compiled: &Compiled,
        below: i64,
        limit: usize,
        until: Instant,
    ) -> Result<Vec<Row>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = || sqlx::AssertSqlSafe(compiled.sql.clone());
        match &self.pools {
            Pools::Sqlite { search, .. } => {
                let mut connection = search.acquire().await?;
                // The connection serves searches alone, and each of them sets its own end first.
                connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < until);
                let mut query = sqlx::query_as(sql()).bind(account).bind(below).bind(limit);
                for argument in &compiled.arguments {
                    query = bind_sqlite(query, argument);
                }
                Ok(query.fetch_all(&mut *connection).await?)
            }
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                // PostgreSQL measures by itself; 0 would be for ever.
                let left = until.saturating_duration_since(Instant::now()).as_millis().max(1);
                let patience = sqlx::AssertSqlSafe(format!("SET LOCAL statement_timeout = {left}"));
                sqlx::query(patience).execute(&mut *tx).await?;
                let mut query = sqlx::query_as(sql()).bind(account).bind(below).bind(limit);
                for argument in &compiled.arguments {
                    query = bind_postgres(query, argument);
                }
                // Planned anew for these terms: how frequent they are decides what to begin with.
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
        let mut rows: HashMap<ArticleId, ListRow> = rows.into_iter().map(|row| (row.id, row)).collect();
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
            query: QueryAs<'q, $backend, Row, <$backend as sqlx::Database>::Arguments>,
            argument: &Argument,
        ) -> QueryAs<'q, $backend, Row, <$backend as sqlx::Database>::Arguments> {
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
