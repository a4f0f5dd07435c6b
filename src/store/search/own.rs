//! Articles of which a reader reads another text than the index knows, so that theirs is read: those of which they chose a
//! version, and those of which others chose another body than they did.

use super::compile::compile_own;
use super::hit::{Candidate, Hit};
use super::resolve::Names;
use super::run::{HitWindow, HitsWanted, SearchRequest};
use crate::domain::AccountId;
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use std::time::Instant;

/// The kind of body that account `$1` wants of an article, whose table's name is given.
macro_rules! wanted_kind {
    ($article:literal) => {
        concat!(
            "COALESCE((SELECT k.kind FROM body_choice k WHERE k.account_id = $1 AND k.article_id = ",
            $article,
            ".id), (SELECT CASE m.preference WHEN 1 THEN 0 WHEN 2 THEN 1 END FROM subscription m \
             WHERE m.account_id = $1 AND m.feed_id = ",
            $article,
            ".feed_id), ",
            $article,
            ".shown)"
        )
    };
}
pub(super) use wanted_kind;

/// The articles, of both kinds, of account `$1`. Where nobody disagrees with it about a feed, that feed's are not looked at.
macro_rules! read_otherwise {
    () => {
        concat!(
            "SELECT p.article_id FROM pinned p WHERE p.account_id = $1 UNION SELECT d.id FROM article d \
             JOIN search_text y ON y.article_id = d.id \
             WHERE (d.id IN (SELECT c.article_id FROM body_choice c) OR d.feed_id IN (SELECT o.feed_id FROM subscription o \
             WHERE o.preference <> 0 AND o.preference <> COALESCE((SELECT m.preference FROM subscription m \
             WHERE m.account_id = $1 AND m.feed_id = o.feed_id), 0))) AND y.kind <> ",
            $crate::store::search::own::wanted_kind!("d"),
            " AND (SELECT COUNT(DISTINCT b.kind) FROM version v JOIN body b ON b.version_id = v.id \
             WHERE v.article_id = d.id) > 1"
        )
    };
}
pub(super) use read_otherwise;

statements! {
    /// Whether there can be any: nothing that others chose, nothing to disagree about. (Two ranges are looked up, `<>` is not.)
    MAY_HAVE_OWN = "SELECT EXISTS (SELECT 1 FROM pinned WHERE account_id = $1) \
                    OR EXISTS (SELECT 1 FROM body_choice WHERE account_id < $1 OR account_id > $1) \
                    OR EXISTS (SELECT 1 FROM subscription WHERE (account_id < $1 OR account_id > $1) AND preference <> 0)";
}

impl Db {
    /// Whether the account may read another text of some article than the index knows.
    pub(super) async fn may_have_own_texts(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(MAY_HAVE_OWN).bind(account).fetch_one(c).await)?)
    }

    /// The hits among those articles, the latest first, and whether there was time for all of them.
    pub(super) async fn own_hits(
        &self,
        account: AccountId,
        request: &SearchRequest<'_>,
        names: &Names,
        deadline: Instant,
    ) -> Result<(Vec<Hit>, bool), StoreError> {
        let compiled = compile_own(self, request.node, request.within, names);
        let below = request.below.map_or(i64::MAX, |id| id.0);
        let Some(rows) = self.candidates(account, &compiled, below, usize::MAX, deadline).await? else {
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
pub(super) fn together(mut found: HitWindow, own: (Vec<Hit>, bool), limit: usize) -> HitWindow {
    let (own, is_whole) = own;
    let reaches =
        if found.is_all || found.is_late { i64::MIN } else { found.hits.last().map_or(i64::MIN, |hit| hit.id.0) };
    let known = found.hits.len();
    found.hits.extend(own.into_iter().filter(|hit| hit.id.0 > reaches));
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
