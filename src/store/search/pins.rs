//! Articles of which a reader chose a version: the index knows another text of them, so their own is read.

use super::compile::compile_pinned;
use super::hit::{Candidate, Hit};
use super::resolve::Names;
use super::run::{HitWindow, HitsWanted, SearchRequest};
use crate::domain::AccountId;
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use crate::store::pin::MAX_PINNED;
use std::time::Instant;

statements! {
    HAS_PINS = "SELECT EXISTS (SELECT 1 FROM pinned WHERE account_id = $1)";
}

impl Db {
    /// Whether the account chose a version of any article.
    pub(super) async fn has_pins(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(HAS_PINS).bind(account).fetch_one(c).await)?)
    }

    /// The hits among those articles, the latest first, and whether there was time for all of them.
    pub(super) async fn pinned_hits(
        &self,
        account: AccountId,
        request: &SearchRequest<'_>,
        names: &Names,
        deadline: Instant,
    ) -> Result<(Vec<Hit>, bool), StoreError> {
        let compiled = compile_pinned(self, request.node, request.within, names);
        let below = request.below.map_or(i64::MAX, |id| id.0);
        let most = usize::try_from(MAX_PINNED).unwrap_or(usize::MAX);
        let Some(rows) = self.candidates(account, &compiled, below, most, deadline).await? else {
            return Ok((Vec::new(), false));
        };
        let candidates = rows.iter().filter_map(|(text, _)| Candidate::read(text.as_deref()?)).collect();
        let window = HitWindow { check: compiled.check, ..HitWindow::default() };
        let hits = self.hits_of(account, candidates).await?;
        let hits: Vec<&Hit> = hits.iter().collect();
        let confirmed = self.confirm(account, &window, &hits, HitsWanted::up_to(usize::MAX), deadline).await?;
        Ok((confirmed.hits, !confirmed.is_late))
    }
}

/// Puts the hits of both kinds into one order. What lies below the last that the index gave is left for the next page.
pub(super) fn together(mut found: HitWindow, pinned: (Vec<Hit>, bool), limit: usize) -> HitWindow {
    let (pinned, is_whole) = pinned;
    let reaches =
        if found.is_all || found.is_late { i64::MIN } else { found.hits.last().map_or(i64::MIN, |hit| hit.id.0) };
    let known = found.hits.len();
    found.hits.extend(pinned.into_iter().filter(|hit| hit.id.0 > reaches));
    if found.hits.len() > known {
        found.hits.sort_by_key(|hit| std::cmp::Reverse(hit.id));
    }
    if found.hits.len() > limit {
        found.hits.truncate(limit);
        found.is_all = false;
        found.is_late = false;
    }
    found.is_late |= !is_whole;
    found.is_all &= is_whole;
    found
}
