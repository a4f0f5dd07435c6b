//! A whole account as one file, out and in (docs/account-export.md).
//!
//! Out: written in parts, article by article, each picture once. In: read in parts, from wherever it lies; what is there already
//! is left as it is, with whatever its reader did since, so the same file can come again. Feeds that everybody shares take
//! nothing from a file unless its reader may decide for everybody: their articles go into a source of the same title then.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::body::Bytes;
use tokio::sync::mpsc;

use crate::app::App;
use crate::archive::ZipFile;
use crate::archive::account::{self as form, FORM, HEAD, Head, LISTS, Lists, RuleLine};
use crate::domain::{AccountId, Actions, ArticleId, CategoryId, FeedId, RuleScope, WebUrl, hex};
use crate::media::{PictureHash, PictureKey};
use crate::store::StoreError;

mod take_in;

pub use take_in::{look, take_in};

/// Articles asked for at a time.
const PAGE: i64 = 200;
/// A file of lines ends with the article that makes it this long.
const LINES_BYTES: usize = 8 * 1024 * 1024;
/// The most bytes of a picture.
const PICTURE_BYTES: u64 = 64 * 1024 * 1024;

/// Why an account could not go out or in.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be read or written.
    #[error("the file could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// It is no account.
    #[error("this file holds no account of Gleaner")]
    NoAccount,
    /// It was written by a program that knows more.
    #[error("the file is of form {0}, which a newer Gleaner wrote")]
    Newer(u32),
}

/// What went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Articles.
    pub articles: usize,
    /// Feeds that are followed.
    pub feeds: usize,
    /// Pictures.
    pub pictures: usize,
}

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenIn {
    /// New articles.
    pub added: usize,
    /// Articles that were there already.
    pub already: usize,
    /// Lines that are no article.
    pub refused: usize,
    /// Feeds that are followed now and were not before.
    pub feeds: usize,
    /// Pictures that are kept now and were not before.
    pub pictures: usize,
}

/// Where the parts of a file go.
pub type Parts = mpsc::Sender<std::io::Result<Bytes>>;

/// Writes an account. `out` takes the file in parts; `with_passwords` keeps those that stand in addresses of feeds.
pub async fn export(
    app: &App,
    account: AccountId,
    with_passwords: bool,
    out: &Parts,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Exported, AccountError> {
    let db = &app.db;
    let mut zip = ZipFile::default();
    let mut id = [0; 16];
    app.entropy.fill(&mut id);
    let head = Head {
        form: FORM,
        id: hex(&id),
        program: concat!("Gleaner ", env!("CARGO_PKG_VERSION")).to_owned(),
        made_at: app.clock.now().0,
        choices: db.account_choices(account).await?,
    };
    // First, so that the kind of file can be told by its beginning.
    zip.store(HEAD, &to_json(&head)?);
    let mut exported = Exported::default();
    let mut feeds: BTreeSet<FeedId> = db.subscriptions(account).await?.into_iter().map(|row| row.feed).collect();
    let mut pictures: HashSet<String> = HashSet::new();
    let (mut lines, mut number, mut after) = (Vec::new(), 0, ArticleId(0));
    loop {
        let ids = db.readable_articles(account, after, PAGE).await?;
        let Some(last) = ids.last() else { break };
        after = *last;
        for id in ids {
            let Some(line) = db.article_line(account, id).await? else { continue };
            feeds.insert(FeedId(line.feed));
            for (_, hash) in &line.pictures {
                if pictures.insert(hash.clone())
                    && let Some(bytes) = kept_picture(app, hash).await
                {
                    zip.store_shared(&form::picture(hash), &bytes);
                    send(out, zip.take()).await?;
                    exported.pictures += 1;
                }
            }
            let line = to_json(&line)?;
            // What is longer than all others together stands alone, so that a reader with less room loses only that.
            if line.len() >= LINES_BYTES && !lines.is_empty() {
                number += 1;
                zip.deflate(&form::articles(number), &std::mem::take(&mut lines));
            }
            lines.extend(line);
            lines.push(b'\n');
            exported.articles += 1;
            progress(exported.articles);
            if lines.len() >= LINES_BYTES {
                number += 1;
                zip.deflate(&form::articles(number), &std::mem::take(&mut lines));
                send(out, zip.take()).await?;
            }
        }
    }
    if !lines.is_empty() {
        zip.deflate(&form::articles(number + 1), &lines);
    }
    let mut lists = Lists {
        categories: db.categories(account).await?.into_iter().map(|category| category.title).collect(),
        tags: db.tags(account).await?.into_iter().map(|tag| tag.name).collect(),
        searches: db.saved_searches(account).await?.into_iter().map(|one| (one.name, one.query)).collect(),
        rules: rules(app, account).await?,
        choices: db.list_choices(account).await?,
        feeds: Vec::with_capacity(feeds.len()),
    };
    for feed in feeds {
        let Some(mut line) = db.feed_line(account, feed).await? else { continue };
        if !with_passwords && let Some(url) = line.url.as_deref().and_then(|url| WebUrl::parse(url).ok()) {
            line.url = Some(url.without_credentials().to_string());
        }
        exported.feeds += usize::from(line.followed.is_some());
        lists.feeds.push(line);
    }
    zip.deflate(LISTS, &to_json(&lists)?);
    send(out, zip.finish_parts()).await?;
    Ok(exported)
}

/// Hands on parts; whoever took them may have gone.
async fn send(out: &Parts, parts: Vec<Bytes>) -> Result<(), AccountError> {
    let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    for part in parts {
        out.send(Ok(part)).await.map_err(gone)?;
    }
    Ok(())
}

fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, AccountError> {
    Ok(serde_json::to_vec(value).map_err(std::io::Error::from)?)
}

/// A picture by its hash; one that the store has lost is left out.
async fn kept_picture(app: &App, hash: &str) -> Option<Bytes> {
    let key = PictureKey::original(PictureHash(key_of(hash)?));
    match app.media.store.get(key).await {
        Ok(bytes) => bytes.filter(|bytes| bytes.len() as u64 <= PICTURE_BYTES),
        Err(error) => {
            tracing::warn!(%error, "a picture could not be read");
            None
        }
    }
}

async fn rules(app: &App, account: AccountId) -> Result<Vec<RuleLine>, StoreError> {
    let categories: HashMap<CategoryId, String> =
        app.db.categories(account).await?.into_iter().map(|one| (one.id, one.title)).collect();
    let line = |rule: crate::store::Rule| {
        let (feed, category) = match rule.scope {
            RuleScope::All => (None, None),
            // A rule that rests has nothing to look at there, either.
            RuleScope::Feed(feed) => (Some(feed?.0), None),
            RuleScope::Category(category) => (None, Some(categories.get(&category?)?.clone())),
        };
        let tag = rule.actions.tag.as_ref().map(|tag| tag.as_str().to_owned());
        let Actions { read, star, later, .. } = rule.actions;
        Some(RuleLine { feed, category, when: rule.condition, read, star, later, tag, off: rule.is_off })
    };
    Ok(app.db.rules(account).await?.into_iter().filter_map(line).collect())
}

/// A key or a hash in hexadecimal.
fn key_of<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut key = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}
