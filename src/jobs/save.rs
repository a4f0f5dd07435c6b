//! Saving a page: one address becomes an article in the account's private feed of saved pages.

use super::document::fetch_document;
use super::fulltext::{self, PageError};
use super::identity;
use super::subscribe::AddError;
use crate::app::App;
use crate::content::article::article_from_page;
use crate::content::extract::{ExtractedPage, extract};
use crate::domain::{AccountId, ArticleDraft, ArticleId, Completeness, KeptPage, WebUrl};
use crate::store::{IncomingArticle, NewUnread, PrivateKind, StoreError};

/// Fetches a page and keeps it as an article; one that is kept already is only found again.
///
/// A page on which nothing can be read (a picture, an app, a wall) is kept as its title and link alone. The decoded
/// page stays beside the article, so that a better extractor can read it again.
pub async fn save_page(app: &App, account: AccountId, url: &WebUrl) -> Result<ArticleId, AddError> {
    if let Some(kept) = kept_page(app, account, url).await? {
        app.db.want_again(account, kept).await?;
        return Ok(kept);
    }
    let document = fetch_document(app, url).await?;
    // What opened the page is not kept with it: the article's address is shown, linked and exported.
    let url = document.url.without_credentials();
    let incoming = if document.is_html() {
        article_of_page(app, url.clone(), move || document.html()).await?
    } else {
        // A file that is no page: the link is what can be kept of it.
        IncomingArticle::from(article_from_page(&bare_page(url.clone()), app.clock.now()))
    };
    keep(app, account, &url, incoming).await
}

/// Keeps a page as its reader's browser saw it: behind a login, after its scripts. Nothing is fetched. Where the page is
/// kept already, this text joins what is there, and a different one makes a version.
pub async fn save_seen_page(app: &App, account: AccountId, url: &WebUrl, html: String) -> Result<ArticleId, AddError> {
    let url = url.without_credentials();
    if let Some(kept) = kept_page(app, account, &url).await? {
        app.db.want_again(account, kept).await?;
        return match fulltext::take_seen_page(app, kept, url, html).await {
            Ok(()) | Err(PageError::NoPage) => Ok(kept),
            Err(PageError::Failed { failure, .. }) => Err(AddError::Fetch(failure)),
            Err(PageError::Store(error)) => Err(error.into()),
        };
    }
    let incoming = article_of_page(app, url.clone(), move || html).await?;
    keep(app, account, &url, incoming).await
}

async fn keep(app: &App, account: AccountId, url: &WebUrl, incoming: IncomingArticle) -> Result<ArticleId, AddError> {
    let now = app.clock.now();
    let mut draft = incoming.draft;
    // The key and the address are one, so that whoever stored the article first, it is found by its address.
    let address = identity::address_of_page(draft.url.as_ref().unwrap_or(url));
    draft.url = Some(address.clone());
    draft.keys = identity::of_page(&address);
    if draft.title.trim().is_empty() {
        draft.title = title_of_address(&address);
    }
    if let Some(kept) = app.db.saved_article(account, &address).await? {
        app.db.want_again(account, kept).await?;
        return Ok(kept);
    }
    let feed = app.db.private_feed(account, PrivateKind::Saved, now).await?;
    let stored = app.db.store_articles(feed, &[IncomingArticle { draft, ..incoming }], NewUnread::All, now).await?;
    match stored.added.first().or(stored.changed.first()) {
        Some(id) => Ok(*id),
        // Somebody saved the same page in this very moment.
        None => app.db.saved_article(account, &address).await?.ok_or(AddError::NotKept),
    }
}

/// The account's article of this page, if it keeps one.
pub(super) async fn kept_page(app: &App, account: AccountId, url: &WebUrl) -> Result<Option<ArticleId>, StoreError> {
    if let Some(id) = app.db.saved_article(account, url).await? {
        return Ok(Some(id));
    }
    let bare = identity::address_of_page(url);
    if bare == *url { Ok(None) } else { app.db.saved_article(account, &bare).await }
}

/// The article that a page holds. `html` makes its text, in the pool.
async fn article_of_page(
    app: &App,
    url: WebUrl,
    html: impl FnOnce() -> String + Send + 'static,
) -> Result<IncomingArticle, AddError> {
    let now = app.clock.now();
    let at = url.clone();
    let (draft, html): (ArticleDraft, String) = app
        .content
        .run(move || {
            let html = html();
            let page = extract(&html, &at);
            (article_from_page(&page, now), html)
        })
        .await?;
    let page = KeptPage { url, html, fetched_at: now };
    Ok(IncomingArticle { page: Some(page), ..draft.into() })
}

/// What is known of an address behind which there is no page.
fn bare_page(url: WebUrl) -> ExtractedPage {
    ExtractedPage {
        url,
        title: String::new(),
        author: None,
        published_text: None,
        site_name: None,
        language: None,
        lead_image: None,
        description: None,
        body: None,
        completeness: Completeness::Whole,
    }
}

/// What to call a page that has no title: the last part of its path, or its host.
fn title_of_address(url: &WebUrl) -> String {
    let last = url.as_url().path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    last.map_or_else(|| url.host().to_owned(), |part| format!("{} – {part}", url.host()))
}
