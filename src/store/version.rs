//! Versions of an article, its page's body and the page itself.

use super::access::may_read;
use super::body::{self, pack, unpack};
use super::db::{Db, Tx, read, statements, within};
use super::details::{self, Reading};
use super::error::StoreError;
use super::ingest::new_version;
use super::picture::want_pictures_in;
use super::repeat;
use super::row::{clipped, storable};
use super::search;
use crate::content::change::{self, Edit};
use crate::content::text::plain_text;
use crate::domain::{
    AccountId, ArticleDraft, ArticleId, BodyKind, Completeness, FeedId, KeptPage, UnixMillis, VersionId, WebUrl,
};
use crate::search::{Folded, Likeness};

statements! {
    OF_ARTICLE = concat!("SELECT v.id, v.created_at, v.title, v.trivial, \
                  EXISTS (SELECT 1 FROM body b WHERE b.version_id = v.id AND b.kind = 0) AS has_feed_body, \
                  EXISTS (SELECT 1 FROM body b WHERE b.version_id = v.id AND b.kind = 1) AS has_page_body \
                  FROM version v JOIN article a ON a.id = v.article_id WHERE a.id = $2 AND ", may_read!(), " ORDER BY v.id");
    LATEST = "SELECT id, title FROM version WHERE article_id = $1 ORDER BY id DESC LIMIT 1";
    LATEST_PAGE_BODY = "SELECT b.codec, b.raw_len, b.content FROM version v JOIN body b ON b.version_id = v.id \
                        WHERE v.article_id = $1 AND b.kind = 1 ORDER BY v.id DESC LIMIT 1";
    TAKE_PAGE = "UPDATE article SET title = $2, url = COALESCE($3, url), author = COALESCE(author, $4), \
                 language = COALESCE($5, language), words = $6, cjk_chars = $7, excerpt = $8, \
                 lead_image = COALESCE($9, lead_image), partial = $10, shown = $11, reason = $12, \
                 published_at = COALESCE($13, published_at), details = $14 WHERE id = $1";
    KEPT = "SELECT url, fetched_at, codec, raw_len, content FROM page WHERE article_id = $1";
    WITHOUT_PAGE = "SELECT a.id FROM article a WHERE a.feed_id = $1 AND a.url IS NOT NULL \
                    AND NOT EXISTS (SELECT 1 FROM page p WHERE p.article_id = a.id) \
                    ORDER BY a.sort_at DESC, a.id DESC LIMIT $2 + 0";
}

/// A version of an article.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionRow {
    /// Its id; versions of an article are in their order by it.
    pub id: VersionId,
    /// When it was stored.
    pub created_at: UnixMillis,
    /// The article's title then.
    pub title: String,
    /// It says what the one before said, with other signs, pictures or links.
    pub trivial: bool,
    /// It brought a new text of the feed. One that did not shows the text of the version before.
    pub has_feed_body: bool,
    /// It brought a new text of the page.
    pub has_page_body: bool,
}

impl VersionRow {
    /// Whether it brought a new text of this kind.
    pub fn brought(&self, kind: BodyKind) -> bool {
        match kind {
            BodyKind::Feed => self.has_feed_body,
            BodyKind::Page => self.has_page_body,
        }
    }
}

impl Db {
    /// The versions of an article that the account may read, oldest first.
    pub async fn versions(&self, account: AccountId, article: ArticleId) -> Result<Vec<VersionRow>, StoreError> {
        Ok(read!(self, c => sqlx::query_as(OF_ARTICLE).bind(account).bind(article).fetch_all(c).await)?)
    }

    /// Stores what the page of an article gave: its body, if `draft` has one, what `draft` now says about the article,
    /// and the page itself. Reading state stays. False if there is no such article.
    ///
    /// The first body of a page joins the newest version; a different one later makes a version of its own.
    pub async fn add_page_body(
        &self,
        article: ArticleId,
        draft: &ArticleDraft,
        page: Option<&KeptPage>,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let body = draft.bodies.iter().find(|body| body.kind == BodyKind::Page).map(|body| body.html.as_str());
        let packed_body = body.map(pack);
        let title = clipped(&draft.title, 1_024);
        let packed_page = page.map(|page| (page, pack(&page.html)));
        // Only now there may be a whole text to compare with others.
        let likeness = body
            .filter(|_| draft.choice.shown == BodyKind::Page)
            .map(|html| Likeness::new(draft.url.as_ref(), &Folded::new(&title), &Folded::new(&plain_text(html))));
        let mut tx = self.begin().await?;
        let latest: Option<(VersionId, String)> =
            within!(tx, c => sqlx::query_as(LATEST).bind(article).fetch_optional(c).await)?;
        let Some((latest, _)) = latest else { return Ok(false) };
        take_page(&mut tx, article, draft).await?;
        if let (Some(html), Some(packed)) = (body, &packed_body) {
            let former: Option<(i64, i64, Vec<u8>)> =
                within!(tx, c => sqlx::query_as(LATEST_PAGE_BODY).bind(article).fetch_optional(c).await)?;
            match former {
                None => body::put(&mut tx, latest, BodyKind::Page.code(), packed).await?,
                Some((codec, raw_len, content)) => {
                    // A body that cannot be read any more is worth replacing.
                    let edit = unpack(codec, raw_len, content)
                        .map_or(Edit::Real, |former| change::edit((&title, &former), (&title, html)));
                    if edit != Edit::Nothing {
                        let version = new_version(&mut tx, article, &title, edit, now).await?;
                        body::put(&mut tx, version, BodyKind::Page.code(), packed).await?;
                    }
                }
            }
        }
        if let Some(likeness) = likeness {
            repeat::note_again(&mut tx, article, likeness).await?;
        }
        if let Some((page, packed)) = &packed_page {
            body::keep_page(&mut tx, article, page, packed).await?;
        }
        search::index_stored(&mut tx, &[article]).await?;
        want_pictures_in(&mut tx, draft.may_show_pictures().then_some(article), now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The page that was kept of an article.
    pub async fn kept_page(&self, article: ArticleId) -> Result<Option<KeptPage>, StoreError> {
        let row: Option<(String, UnixMillis, i64, i64, Vec<u8>)> =
            read!(self, c => sqlx::query_as(KEPT).bind(article).fetch_optional(c).await)?;
        let Some((url, fetched_at, codec, raw_len, content)) = row else { return Ok(None) };
        let url = WebUrl::parse(&url).map_err(|error| StoreError::Damaged(format!("a page's address: {error}")))?;
        Ok(Some(KeptPage { url, html: unpack(codec, raw_len, content)?, fetched_at }))
    }

    /// The newest articles of a feed of which no page is kept, for a subscription that now wants pages.
    pub async fn articles_without_page(&self, feed: FeedId, limit: i64) -> Result<Vec<ArticleId>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(WITHOUT_PAGE).bind(feed).bind(limit).fetch_all(c).await)?)
    }
}

async fn take_page(tx: &mut Tx, article: ArticleId, draft: &ArticleDraft) -> Result<(), StoreError> {
    let renewed = details::renewed(tx, article, draft, Reading::Page).await?;
    within!(*tx, c => sqlx::query(TAKE_PAGE)
        .bind(article)
        .bind(clipped(&draft.title, 1_024))
        .bind(draft.url.as_ref().map(WebUrl::as_str))
        .bind(draft.author.as_deref().map(|author| clipped(author, 256)))
        .bind(draft.language.as_ref())
        .bind(i64::from(draft.words))
        .bind(i64::from(draft.cjk_chars))
        .bind(storable(&draft.excerpt))
        .bind(draft.lead_image.as_ref().map(WebUrl::as_str))
        .bind(draft.completeness == Completeness::Partial)
        .bind(draft.choice.shown.code())
        .bind(draft.choice.reason.code())
        .bind(renewed.published)
        .bind(renewed.details.as_deref())
        .execute(c).await.map(drop))?;
    Ok(())
}
