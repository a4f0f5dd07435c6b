//! Taking in what other readers and keepers exported: every item becomes a saved page with its marks.
//!
//! What is kept already is left as it is, with whatever its reader did since; so the same file can be taken in again. Where a
//! file has no text to an address, a job is left behind that fetches the page, as for every other article. Marks and tags are
//! set in the transaction that adds the article.

use std::collections::HashSet;
use std::io::Cursor;

use futures_util::{StreamExt, stream};

use super::account::{self, AccountError, TakenIn};
use super::identity;
use super::import::{self, ArchiveFile, ArchiveImport, ImportError, ImportOptions, ImportReport, OpmlReport};
use super::import_log::ImportLog;
use super::save::kept_page;
use crate::app::App;
use crate::content::article::{Source, article_from_entry, article_from_page, needs_page};
use crate::content::extract::extract;
use crate::domain::{
    AccountId, Actions, Anchor, ArticleDraft, ArticleId, BodyPreference, Entry, KeptPage, TagName, UnixMillis, WebUrl,
};
use crate::imports::{self, BadReason, Format, ImportsError, Item, Listing, Part};
use crate::store::{IncomingArticle, NewUnread, PrivateKind, StoreError, Verdict};

/// Articles handed to the store together.
const BATCH: usize = 20;
/// Items whose HTML is worked on at the same time.
const AT_ONCE: usize = 4;
/// The most tags that an item brings.
const MAX_TAGS: usize = 20;
/// Rows that are named in a report.
const MAX_NAMED: usize = 1_000;

/// What became of the items of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemsReport {
    /// What wrote the file.
    pub format: Format,
    /// New articles; in a dry run, those that would be.
    pub added: usize,
    /// How many of them have no text yet: their pages are fetched by and by.
    pub to_fetch: usize,
    /// Items that were kept already, or stood in the file before. Nothing of them was changed.
    pub already: usize,
    /// Rows that were not taken.
    pub refused: Vec<(usize, RowReason)>,
    /// How many rows were not taken.
    pub refused_count: usize,
    /// The first titles, or addresses where there is none.
    pub titles: Vec<String>,
}

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowReason {
    /// It makes no sense.
    #[error(transparent)]
    Bad(#[from] BadReason),
    /// What it gives for an address is none of the web.
    #[error("it has no web address: {0}")]
    NoWebAddress(String),
    /// It could not be worked on or stored.
    #[error("it could not be stored: {0}")]
    Refused(String),
}

/// What became of one part of a file.
#[derive(Debug)]
pub enum PartReport {
    /// Items of another reader or keeper.
    Items(String, ItemsReport),
    /// A subscription list.
    Subscriptions(String, OpmlReport),
    /// A whole account.
    Account(String, TakenIn),
    /// Archived articles, all of them together.
    Archived(ImportReport),
}

/// Reads a file on a thread of its own.
pub async fn read(name: String, bytes: Vec<u8>) -> Result<Vec<Part>, ImportsError> {
    let reading = tokio::task::spawn_blocking(move || imports::read(&name, &bytes));
    reading.await.unwrap_or(Err(ImportsError::Unknown))
}

/// How many steps taking in these parts has.
pub fn steps(parts: &[Part]) -> usize {
    let of = |part: &Part| if let Part::Items(listing) = part { listing.items.len() } else { 1 };
    parts.iter().map(of).sum()
}

/// Takes in everything that was found in a file. `fallback_source` is the source of archived articles that name none; what comes is
/// noted in `log`; `step` is called with how many items were worked on since.
pub async fn take_in(
    app: &App,
    reader: AccountId,
    parts: &[Part],
    options: ImportOptions,
    fallback_source: &str,
    log: &mut ImportLog<'_>,
    step: &(dyn Fn(usize) + Sync),
) -> Result<Vec<PartReport>, ImportError> {
    let mut reports = Vec::new();
    let mut archived = ArchiveImport::new(app, reader, options);
    let mut any_archived = false;
    let mut seen = HashSet::new();
    for part in parts {
        match part {
            Part::Items(listing) => {
                let report = items(app, reader, listing, options, (&mut seen, log), step).await?;
                reports.push(PartReport::Items(listing.name.clone(), report));
            }
            Part::Subscriptions { name, bytes } => {
                let report = import::opml(app, reader, bytes, options.dry_run).await?;
                reports.push(PartReport::Subscriptions(name.clone(), report));
                step(1);
            }
            Part::Account { name, bytes } => {
                let source = Box::new(Cursor::new(bytes.clone()));
                let taken = if options.dry_run {
                    account::look(app, reader, source).await
                } else {
                    // Whoever reads alone here, or decides for everybody, gets back what was everybody's.
                    let accounts = app.db.accounts().await?;
                    let for_all = accounts.len() == 1 || accounts.iter().any(|one| one.id == reader && one.is_admin);
                    account::take_in(app, reader, source, for_all, log, &|_| {}).await
                };
                match taken {
                    Ok(taken) => reports.push(PartReport::Account(name.clone(), taken)),
                    Err(AccountError::Store(error)) => return Err(error.into()),
                    Err(error) => {
                        tracing::warn!(%error, "an account could not be taken in");
                        let nothing = TakenIn { refused: 1, ..TakenIn::default() };
                        reports.push(PartReport::Account(name.clone(), nothing));
                    }
                }
                step(1);
            }
            Part::Archived { name, bytes } => {
                any_archived = true;
                let mut folders: Vec<String> = name.split('/').map(str::to_owned).collect();
                folders.pop();
                let fallback_source = fallback_source.to_owned();
                archived
                    .add(vec![ArchiveFile { name: name.clone(), folders, fallback_source, bytes: bytes.clone() }])
                    .await?;
                archived.note(log).await?;
                step(1);
            }
        }
    }
    if any_archived {
        log.changed(archived.changed());
        reports.push(PartReport::Archived(archived.finish()));
    }
    Ok(reports)
}

/// An item that is not kept yet.
struct Arriving<'a> {
    item: &'a Item,
    url: Option<WebUrl>,
}

async fn items(
    app: &App,
    account: AccountId,
    listing: &Listing,
    options: ImportOptions,
    (seen, log): (&mut HashSet<[u8; 16]>, &mut ImportLog<'_>),
    step: &(dyn Fn(usize) + Sync),
) -> Result<ItemsReport, StoreError> {
    let mut report = ItemsReport {
        format: listing.format,
        added: 0,
        to_fetch: 0,
        already: 0,
        refused: Vec::new(),
        refused_count: 0,
        titles: Vec::new(),
    };
    for bad in &listing.bad {
        report.refuse(bad.row, bad.reason.into());
    }
    for chunk in listing.items.chunks(BATCH) {
        let mut arriving = Vec::with_capacity(chunk.len());
        let mut returning = Vec::new();
        for item in chunk {
            let url = match WebUrl::from_typed(&item.address) {
                Ok(url) => Some(identity::address_of_page(&url)),
                Err(_) if item.address.is_empty() && item.html.is_some() => None,
                Err(_) => {
                    let address = item.address.chars().take(200).collect();
                    report.refuse(item.row, RowReason::NoWebAddress(address));
                    continue;
                }
            };
            let known = match &url {
                Some(url) if !seen.insert(identity::of_page(url).first) => {
                    report.already += 1;
                    continue;
                }
                Some(url) => kept_page(app, account, url).await?,
                None => None,
            };
            if let Some(known) = known {
                // What was thrown away comes back with what the file says of it.
                if app.db.is_thrown_away(account, known).await? {
                    returning.push((item, known));
                } else {
                    report.already += 1;
                }
                continue;
            }
            if report.titles.len() < 5 {
                report.titles.push(if item.title.is_empty() { item.address.clone() } else { item.title.clone() });
            }
            arriving.push(Arriving { item, url });
        }
        if options.dry_run {
            report.added += arriving.len() + returning.len();
            report.to_fetch += arriving.iter().filter(|new| new.item.html.is_none() && new.item.page.is_none()).count();
        } else {
            store(app, account, &arriving, options, (&mut report, log)).await?;
            for (item, article) in returning {
                bring_back(app, account, item, article, options).await?;
                log.added(&[article]).await?;
                report.added += 1;
            }
        }
        step(chunk.len());
    }
    report.refused.sort_by_key(|(row, _)| *row);
    Ok(report)
}

impl ItemsReport {
    fn refuse(&mut self, row: usize, reason: RowReason) {
        self.refused_count += 1;
        if self.refused.len() < MAX_NAMED {
            self.refused.push((row, reason));
        }
    }
}

async fn store(
    app: &App,
    account: AccountId,
    arriving: &[Arriving<'_>],
    options: ImportOptions,
    (report, log): (&mut ItemsReport, &mut ImportLog<'_>),
) -> Result<(), StoreError> {
    if arriving.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let own: Vec<(Item, Option<WebUrl>)> = arriving.iter().map(|new| (new.item.clone(), new.url.clone())).collect();
    let made: Vec<_> = stream::iter(own)
        .map(|(item, url)| async move { app.content.run(move || article_of(&item, url, now)).await })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut items, mut articles) = (Vec::new(), Vec::new());
    for (new, made) in arriving.iter().zip(made) {
        match made {
            Ok((draft, page)) => {
                let wants_page = page.is_none() && needs_page(&draft, BodyPreference::Automatic);
                report.to_fetch += usize::from(wants_page && draft.bodies.is_empty());
                items.push(new);
                articles.push(IncomingArticle {
                    draft,
                    page,
                    wants_page,
                    seen_at: new.item.added.map(|added| added.min(now)),
                    verdicts: verdicts(new.item, account, options),
                });
            }
            Err(error) => report.refuse(new.item.row, RowReason::Refused(error.to_string())),
        }
    }
    let feed = app.db.private_feed(account, PrivateKind::Saved, now).await?;
    let stored = app.db.store_articles(feed, &articles, NewUnread::All, now).await?;
    report.added += stored.added.len();
    report.already += stored.changed.len() + stored.unchanged;
    for refused in stored.refused {
        let row = items.get(refused.index).map_or(0, |new| new.item.row);
        report.refuse(row, RowReason::Refused(refused.error));
    }
    for new in items {
        let has_marks = !new.item.passages.is_empty() || !new.item.note.is_empty();
        let Some(url) = new.url.as_ref().filter(|_| has_marks) else { continue };
        let Some(article) = kept_page(app, account, url).await? else { continue };
        mark_passages(app, account, new.item, article).await?;
    }
    log.added(&stored.added).await
}

async fn mark_passages(app: &App, account: AccountId, item: &Item, article: ArticleId) -> Result<(), StoreError> {
    if !item.note.is_empty() {
        // What was noted on the whole of it stands beside its title: the summary goes when its page comes.
        let title = if item.title.is_empty() { &item.address } else { &item.title };
        let anchor = Anchor { exact: title.clone(), ..Anchor::default() };
        app.db.highlight(account, article, &anchor, None, &item.note, app.clock.now()).await?;
    }
    for passage in &item.passages {
        // The words find the passage, in the text that is there or in the one that is still to come.
        let anchor = Anchor { exact: passage.text.clone(), ..Anchor::default() };
        app.db.highlight(account, article, &anchor, None, &passage.note, app.clock.now()).await?;
    }
    Ok(())
}

/// Takes an article out of the trash, and gives it the marks that the file says.
async fn bring_back(
    app: &App,
    account: AccountId,
    item: &Item,
    article: ArticleId,
    options: ImportOptions,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    if !app.db.bring_back(account, article).await? {
        app.db.want_again(account, article).await?;
    }
    let at = item.added.map_or(now, |added| added.min(now));
    app.db.mark_again(article, &verdicts(item, account, options), at).await?;
    mark_passages(app, account, item, article).await
}

/// The marks and tags that an item had elsewhere.
fn verdicts(item: &Item, account: AccountId, options: ImportOptions) -> Vec<Verdict> {
    let waits = item.read == Some(false) && !options.read;
    let actions = Actions { read: !waits, star: item.starred, later: waits && item.page.is_none(), tag: None };
    let mut all = vec![Verdict { account, actions }];
    let names = item.tags.iter().filter_map(|name| TagName::parse(name)).take(MAX_TAGS);
    all.extend(names.map(|name| Verdict { account, actions: Actions { tag: Some(name), ..Actions::default() } }));
    all
}

/// The article that an item is.
fn article_of(item: &Item, url: Option<WebUrl>, now: UnixMillis) -> (ArticleDraft, Option<KeptPage>) {
    if let (Some(html), Some(url)) = (&item.page, &url) {
        let mut draft = article_from_page(&extract(html, url), now);
        draft.keys = identity::of_page(url);
        draft.url = Some(url.clone());
        return (draft, Some(KeptPage { url: url.clone(), html: html.clone(), fetched_at: item.added.unwrap_or(now) }));
    }
    let mut entry = Entry {
        title: item.title.clone(),
        author: item.author.clone(),
        published: item.published.map(|published| published.min(now)),
        content: item.html.clone(),
        language: item.language.clone(),
        base: url.clone(),
        url,
        ..Entry::default()
    };
    entry.keys = identity::of_entry(&entry);
    let mut draft = article_from_entry(&entry, &Source::default(), now);
    if draft.excerpt.is_empty() {
        // Until its page is there, a link without a title is called by its address.
        let address = || entry.url.as_ref().map(ToString::to_string).unwrap_or_default();
        draft.excerpt =
            if item.summary.is_empty() && draft.title.is_empty() { address() } else { item.summary.clone() };
    }
    (draft, None)
}
