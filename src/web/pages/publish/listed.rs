//! Which articles a published list has.

use std::fmt;

use crate::content::chinese::Script;
use crate::domain::{AccountId, Language, SavedSearchId};
use crate::jobs::zone::zone_of;
use crate::search::Query;
use crate::store::{ArticleView, ListQuery, ListRow, Order, Publication, Scope, SearchRequest};
use crate::web::page::Frame;
use crate::web::view::{Chinese, ScopeName, feed_title};
use crate::web::{Web, WebError};

/// A list that can be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Listed {
    /// One of those with a place in the sidebar.
    Scope(Scope),
    /// What a saved search finds.
    Search(SavedSearchId),
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => ScopeName(*scope).fmt(f),
            Self::Search(id) => write!(f, "search-{id}"),
        }
    }
}

impl Listed {
    /// The list of a name; `None` for what is none.
    pub(in crate::web) fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("search-") {
            Some(id) => id.parse().ok().map(Self::Search),
            None => ScopeName::parse(name).map(Self::Scope),
        }
    }

    /// The lists of an account with their titles: what is read and not read yet is nobody's business, so that is none of them.
    pub(in crate::web) async fn all(
        web: &Web,
        account: AccountId,
        frame: &Frame,
    ) -> Result<Vec<(Self, String)>, WebError> {
        let db = &web.app.db;
        let (categories, subscriptions, tags, searches) = tokio::try_join!(
            db.categories(account),
            db.subscriptions(account),
            db.tags(account),
            db.saved_searches(account)
        )?;
        let mut lists = vec![
            (Self::Scope(Scope::Starred), frame.t("list.starred").to_owned()),
            (Self::Scope(Scope::Later), frame.t("list.later").to_owned()),
            (Self::Scope(Scope::All), frame.t("list.all").to_owned()),
        ];
        lists.extend(tags.into_iter().map(|tag| (Self::Scope(Scope::Tag(tag.id)), tag.name)));
        lists.extend(searches.into_iter().map(|search| (Self::Search(search.id), search.name)));
        lists.extend(categories.into_iter().map(|one| (Self::Scope(Scope::Category(one.id)), one.title)));
        let name = |title: &str| feed_title(title, frame.locale);
        lists.extend(subscriptions.into_iter().map(|row| (Self::Scope(Scope::Feed(row.feed)), name(&row.title))));
        Ok(lists)
    }
}

/// The newest articles of a published list. A list that is gone is not found, and what is read with a password goes only into
/// the list of that very feed.
pub(in crate::web) async fn rows(web: &Web, publication: &Publication) -> Result<Vec<ListRow>, WebError> {
    let listed = Listed::parse(&publication.list).ok_or(WebError::NotFound)?;
    let mut rows = newest(web, publication.account, listed, publication.newest).await?;
    let private = web.app.db.feeds_with_password().await?;
    for row in &mut rows {
        let script = script_for(publication, row.language.as_ref());
        convert(script, [&mut row.title, &mut row.excerpt], &mut row.language);
    }
    rows.retain(|row| listed == Listed::Scope(Scope::Feed(row.feed_id)) || !private.contains(&row.feed_id));
    Ok(rows)
}

/// The script into which texts of this language are converted for those who read a list.
fn script_for(publication: &Publication, language: Option<&Language>) -> Option<Script> {
    Chinese::from_name(&publication.script).unwrap_or_default().script_for(language)
}

/// What an article says beside its text, in the script of its list; and the one into which its text is to be converted.
pub(super) fn in_script(publication: &Publication, article: &mut ArticleView) -> Option<Script> {
    let script = script_for(publication, article.language.as_ref());
    convert(script, [&mut article.title, &mut article.excerpt], &mut article.language);
    script
}

fn convert(script: Option<Script>, texts: [&mut String; 2], language: &mut Option<Language>) {
    let Some(script) = script else { return };
    for text in texts {
        *text = script.convert(text);
    }
    *language = Language::parse(script.tag());
}

/// The newest articles of a list.
pub(in crate::web) async fn newest(
    web: &Web,
    account: AccountId,
    listed: Listed,
    limit: i64,
) -> Result<Vec<ListRow>, WebError> {
    let db = &web.app.db;
    match listed {
        Listed::Scope(scope) => {
            let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None, limit };
            Ok(db.list(account, &query).await?)
        }
        Listed::Search(id) => {
            let search = db.saved_search(account, id).await?.ok_or(WebError::NotFound)?;
            let query = Query::parse(&search.query, web.app.clock.now(), &zone_of(&web.app, account).await?);
            let Some(node) = &query.node else { return Ok(Vec::new()) };
            let limit = usize::try_from(limit).unwrap_or(0);
            let found = db.search(account, &SearchRequest { node, within: None, below: None, limit }).await?;
            let ids: Vec<_> = found.hits.iter().map(|hit| hit.id).collect();
            Ok(db.rows_of(account, &ids).await?)
        }
    }
}
