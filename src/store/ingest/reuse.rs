//! Guids that a source gives away twice. Some programs number their posts anew after a deletion: the same guid then names
//! an article of another title, address and date. Taken for an edit, it would put the new article in the place of the old.

use super::super::db::{Db, Tx, read, statements, within};
use super::super::error::StoreError;
use super::super::row::{id_list, short_hash};
use super::{IncomingArticle, KnownArticles};
use crate::domain::{ArticleDraft, ArticleId, UnixMillis, WebUrl};

statements! {
    FACTS = "SELECT id, title, url, published_at FROM article WHERE id IN (SELECT value FROM json_each($1))";
    RETIRE = "UPDATE article SET first_key = $3 WHERE id = $1 AND first_key = $2";
}

#[derive(Debug, sqlx::FromRow)]
struct Facts {
    id: ArticleId,
    title: String,
    url: Option<String>,
    published_at: Option<UnixMillis>,
}

impl Db {
    /// Takes out of `found` the articles whose first key names another article by now.
    pub(super) async fn part_with_reused(
        &self,
        articles: &[IncomingArticle],
        hashes: &[[u8; 16]],
        found: &mut KnownArticles,
    ) -> Result<(), StoreError> {
        let changed: Vec<(&ArticleDraft, ArticleId)> = articles
            .iter()
            .zip(hashes)
            .filter_map(|(article, hash)| {
                let known = found.by_first.get(&article.draft.keys.first)?;
                (known.hash != hash).then_some((&article.draft, known.id))
            })
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let ids = id_list(changed.iter().map(|(_, id)| id.0));
        let facts: Vec<Facts> = read!(self, c => sqlx::query_as(FACTS).bind(&ids).fetch_all(c).await)?;
        for (draft, id) in changed {
            if facts.iter().any(|facts| facts.id == id && is_another(facts, draft)) {
                found.by_first.remove(&draft.keys.first);
                found.retired.insert(draft.keys.first, id);
            }
        }
        Ok(())
    }
}

/// Whether an article and its supposed new state have neither title nor address nor date in common. Any one of them that
/// stayed makes it an edit.
fn is_another(known: &Facts, draft: &ArticleDraft) -> bool {
    let (Some(old), Some(new)) = (known.url.as_deref().and_then(|url| WebUrl::parse(url).ok()), &draft.url) else {
        return false;
    };
    let words = |title: &str| title.split_whitespace().collect::<Vec<_>>().join(" ");
    let path =
        |url: &WebUrl| url.without_tracking().as_url()[url::Position::BeforePath..].trim_end_matches('/').to_owned();
    let same_date = known.published_at.is_some() && known.published_at == draft.published;
    words(&known.title) != words(&draft.title) && path(&old) != path(new) && !same_date
}

/// Gives the old article a key of its own, so that the new one can have its.
pub(super) async fn retire(tx: &mut Tx, old: ArticleId, first: &[u8; 16]) -> Result<(), StoreError> {
    let key = short_hash(&[b"retired".as_slice(), first, &old.0.to_le_bytes()].concat());
    Ok(within!(*tx, c => sqlx::query(RETIRE).bind(old).bind(&first[..]).bind(&key[..]).execute(c).await.map(drop))?)
}
