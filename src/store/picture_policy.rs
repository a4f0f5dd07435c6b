//! Which pictures an account keeps: of all its feeds, and of one.

use super::db::{Db, read, statements, write_one};
use super::error::StoreError;
use crate::domain::{AccountId, ArticleId, FeedId, PicturePolicy};

statements! {
    POLICY = "SELECT pictures FROM account WHERE id = $1";
    SET_POLICY = "UPDATE account SET pictures = $2 WHERE id = $1";
    FEED_POLICY = "SELECT pictures FROM subscription WHERE account_id = $1 AND feed_id = $2";
    SET_FEED_POLICY = "UPDATE subscription SET pictures = $3 WHERE account_id = $1 AND feed_id = $2";
    /// What one account keeps of an article's pictures, marks not looked at.
    POLICY_FOR = "SELECT COALESCE((SELECT s.pictures FROM subscription s JOIN article a ON a.feed_id = s.feed_id \
                  WHERE s.account_id = $1 AND a.id = $2), k.pictures) FROM account k WHERE k.id = $1";
}

impl Db {
    /// Which pictures an account keeps where a subscription says nothing else.
    pub async fn picture_policy(&self, account: AccountId) -> Result<PicturePolicy, StoreError> {
        let code: Option<i64> = read!(self, c => sqlx::query_scalar(POLICY).bind(account).fetch_optional(c).await)?;
        Ok(PicturePolicy::from_code(code.unwrap_or_default()))
    }

    /// Sets what [`Db::picture_policy`] gives.
    pub async fn set_picture_policy(&self, account: AccountId, policy: PicturePolicy) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(SET_POLICY)
            .bind(account).bind(policy.code()).execute(c).await.map(drop))?)
    }

    /// Which pictures an account keeps of a feed, if it made a choice of its own there.
    pub async fn feed_picture_policy(
        &self,
        account: AccountId,
        feed: FeedId,
    ) -> Result<Option<PicturePolicy>, StoreError> {
        let code: Option<Option<i64>> =
            read!(self, c => sqlx::query_scalar(FEED_POLICY).bind(account).bind(feed).fetch_optional(c).await)?;
        Ok(code.flatten().map(PicturePolicy::from_code))
    }

    /// Sets what [`Db::feed_picture_policy`] gives.
    pub async fn set_feed_picture_policy(
        &self,
        account: AccountId,
        feed: FeedId,
        policy: Option<PicturePolicy>,
    ) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(SET_FEED_POLICY)
            .bind(account).bind(feed).bind(policy.map(PicturePolicy::code)).execute(c).await.map(drop))?)
    }

    /// What an account keeps of the pictures of an article, if it can read it.
    pub async fn picture_policy_for(
        &self,
        account: AccountId,
        article: Option<ArticleId>,
    ) -> Result<PicturePolicy, StoreError> {
        let article = article.unwrap_or(ArticleId(0));
        let code: Option<i64> =
            read!(self, c => sqlx::query_scalar(POLICY_FOR).bind(account).bind(article).fetch_optional(c).await)?;
        Ok(PicturePolicy::from_code(code.unwrap_or_default()))
    }
}
