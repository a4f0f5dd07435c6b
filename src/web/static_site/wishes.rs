//! What a site is to be: what was said now, else what was said the last time.

use super::manifest::Manifest;
use super::{Plan, PublishError};
use crate::app::App;
use crate::domain::{AccountId, WebUrl};
use crate::store::{Account, Scope};

/// What somebody asks of a site. What is left out stays as it was; a new site has everything that the account keeps.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Whose articles.
    pub user: Option<String>,
    /// Which: `all`, `starred`, `later`, `feed:TITLE`, `category:TITLE`, `tag:NAME`.
    pub list: Option<String>,
    /// What the site is called.
    pub title: Option<String>,
    /// Where it will be found; feeds name whole addresses then.
    pub address: Option<String>,
    /// Each change becomes an entry of a history.
    pub git: Option<bool>,
    /// Pages of articles that are no longer part of the list go.
    pub prune: bool,
    /// Files of others that have the names of ours are replaced.
    pub replace: bool,
}

impl Wishes {
    /// What holds, noted for the next time.
    pub(super) async fn settle(&self, app: &App, manifest: &mut Manifest) -> Result<Plan, PublishError> {
        let account = match self.user.as_ref().or(manifest.user.as_ref()) {
            Some(name) => {
                let found = app.db.account_by_name(name).await?;
                found.ok_or_else(|| PublishError::Account(name.clone()))?
            }
            None => first(app.db.accounts().await?).ok_or(PublishError::NoAccount)?,
        };
        let asked = self.list.clone().unwrap_or_else(|| manifest.wanted.clone());
        let (scope, list_title) = find(app, account.id, &asked).await?;
        let address = match self.address.as_ref().or(manifest.address.as_ref()) {
            Some(text) => {
                let url = WebUrl::parse(text.trim()).map_err(|_| PublishError::Address(text.clone()))?;
                Some(url.as_str().trim_end_matches('/').to_owned())
            }
            None => None,
        };
        manifest.user = Some(account.name.clone());
        manifest.wanted = scope.map_or_else(|| "all".to_owned(), |scope| scope.name().into_owned());
        manifest.address.clone_from(&address);
        manifest.title = self.title.clone().or(manifest.title.take());
        manifest.git = self.git.unwrap_or(manifest.git);
        Ok(Plan { account: account.id, name: account.name, scope, title: manifest.title.clone(), list_title, address })
    }
}

/// The only account, or the first administrator.
fn first(mut accounts: Vec<Account>) -> Option<Account> {
    let at = accounts.iter().position(|account| account.is_admin).or_else(|| (!accounts.is_empty()).then_some(0))?;
    Some(accounts.swap_remove(at))
}

/// The list of a name, and its title where the account gave it one. `None` is everything.
async fn find(app: &App, account: AccountId, asked: &str) -> Result<(Option<Scope>, Option<String>), PublishError> {
    let unknown = || PublishError::List(asked.to_owned());
    let asked = asked.trim();
    match asked {
        "" | "all" => return Ok((None, None)),
        "starred" => return Ok((Some(Scope::Starred), None)),
        "later" => return Ok((Some(Scope::Later), None)),
        _ => {}
    }
    let by_id = Scope::from_name(asked);
    let (kind, name) = asked.split_once(':').unwrap_or((asked, ""));
    let name = name.trim();
    let is = |title: &str| !name.is_empty() && title.to_lowercase() == name.to_lowercase();
    let subscriptions = app.db.subscriptions(account).await?;
    let feed = subscriptions.iter().find(|row| match by_id {
        Some(scope) => scope == Scope::Feed(row.feed),
        None => kind == "feed" && (is(&row.title) || row.url.as_ref().is_some_and(|url| url.as_str() == name)),
    });
    if let Some(row) = feed {
        return Ok((Some(Scope::Feed(row.feed)), Some(row.title.clone())));
    }
    let categories = app.db.categories(account).await?;
    let category = categories.into_iter().find(|one| match by_id {
        Some(scope) => scope == Scope::Category(one.id),
        None => kind == "category" && is(&one.title),
    });
    if let Some(one) = category {
        return Ok((Some(Scope::Category(one.id)), Some(one.title)));
    }
    let tag = app.db.tags(account).await?.into_iter().find(|tag| match by_id {
        Some(scope) => scope == Scope::Tag(tag.id),
        None => kind == "tag" && is(&tag.name),
    });
    tag.map(|tag| (Some(Scope::Tag(tag.id)), Some(tag.name))).ok_or_else(unknown)
}
