//! The articles of a site, as its lists show them.

use std::collections::HashMap;

use super::PublishError;
use super::manifest::digest;
use crate::app::App;
use crate::domain::{AccountId, ArticleId, CategoryId, FeedId, Language, UnixMillis, WebUrl};
use crate::store::{Category, ListQuery, ListRow, Order, Scope};

/// Rows asked for at a time.
const PAGE: i64 = 500;

/// An article in the lists of a site.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: ArticleId,
    pub(super) feed: FeedId,
    pub(super) feed_title: String,
    pub(super) title: String,
    pub(super) excerpt: String,
    pub(super) url: Option<WebUrl>,
    pub(super) language: Option<Language>,
    pub(super) lead: Option<WebUrl>,
    /// When it was published, else when it was found.
    pub(super) at: UnixMillis,
    pub(super) words: u32,
    pub(super) cjk_chars: u32,
    /// Another one as soon as anything is another that the site shows of it.
    pub(super) stamp: String,
}

/// The articles of a site, in the order of the list.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) account: AccountId,
    pub(super) all: Vec<Line>,
    /// The categories of the account, in its order.
    pub(super) categories: Vec<Category>,
    pub(super) category_of: HashMap<FeedId, CategoryId>,
    /// How many were left out because they are read with a password.
    pub(super) private: usize,
}

impl Lines {
    /// The articles of a list; without a scope, everything that the account keeps.
    pub(super) async fn read(app: &App, account: AccountId, scope: Option<Scope>) -> Result<Self, PublishError> {
        let db = &app.db;
        let with_password = db.feeds_with_password().await?;
        let (mut all, mut private, mut after) = (Vec::new(), 0, None);
        loop {
            let mut rows = match scope {
                None => db.list_whole(account, after, PAGE).await?,
                Some(scope) => {
                    let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after, limit: PAGE };
                    db.list(account, &query).await?
                }
            };
            let Some(last) = rows.last() else { break };
            after = Some(last.cursor);
            let before = rows.len();
            // As with published lists: what is read with a password goes into the list of that very feed only.
            rows.retain(|row| scope == Some(Scope::Feed(row.feed_id)) || !with_password.contains(&row.feed_id));
            private += before - rows.len();
            let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
            let mut marks = db.article_marks(account, &ids).await?;
            all.extend(rows.into_iter().map(|row| {
                let mark = marks.remove(&row.id).unwrap_or_default();
                Line::of(row, &mark)
            }));
        }
        let (categories, category_of) = tokio::try_join!(db.categories(account), db.feed_categories(account))?;
        Ok(Self { account, all, categories, category_of, private })
    }

    /// What the whole site is made from.
    pub(super) fn fingerprint(&self, look: &str) -> String {
        let mut parts = vec![look.to_owned()];
        for line in &self.all {
            parts.push(format!("{} {} {:?}", line.id, line.stamp, self.category_of.get(&line.feed)));
        }
        parts.extend(self.categories.iter().map(|one| format!("{} {}", one.id, one.title)));
        digest(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

impl Line {
    fn of(row: ListRow, mark: &str) -> Self {
        let at = row.published.unwrap_or(row.sort_at);
        let url = row.url.map(|url| url.without_credentials());
        let text = |url: &Option<WebUrl>| url.as_ref().map(ToString::to_string).unwrap_or_default();
        let stamp = digest(&[
            mark,
            &row.title,
            &row.excerpt,
            &row.feed_title,
            row.author.as_deref().unwrap_or_default(),
            &text(&url),
            &text(&row.lead_image),
            row.language.as_ref().map_or("", Language::as_str),
            &format!("{} {} {} {}", at.0, row.words, row.cjk_chars, row.feed_id),
        ]);
        Self {
            id: row.id,
            feed: row.feed_id,
            feed_title: row.feed_title,
            title: row.title,
            excerpt: row.excerpt,
            url,
            language: row.language,
            lead: row.lead_image,
            at,
            words: row.words,
            cjk_chars: row.cjk_chars,
            stamp,
        }
    }
}
