//! Taking in what was collected elsewhere: subscription lists and archived articles.
//!
//! Both are idempotent: what is there already is found again and left alone, so that an import that was broken off is
//! simply repeated. One damaged file or outline is reported and does not keep the others out.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, stream};

use super::identity;
use super::import_log::ImportLog;
use super::refresh::NEWEST_UNREAD;
use crate::app::App;
use crate::archive::{self, ArchiveError, ArchivedArticle};
use crate::content::article::{Source, article_from_entry};
use crate::content::pool::PoolError;
use crate::domain::{
    AccountId, Actions, ArticleDraft, ArticleId, CategoryId, Entry, FeedId, TagName, UnixMillis, WebUrl,
};
use crate::feed::dates::{DateContext, parse_date};
use crate::feed::opml::{self, OpmlError, Outline};
use crate::store::{IncomingArticle, NewUnread, PrivateKind, StoreError, SubscriptionChange, Verdict};

/// Files whose HTML is worked on at the same time; more would only wait for the threads.
const AT_ONCE: usize = 4;
/// Articles handed to the store together.
const BATCH: usize = 100;
/// The most tags of a post that are taken.
const MAX_TAGS: usize = 20;

/// Why a whole import failed. What is wrong with single files or outlines stands in the report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is no subscription list.
    #[error(transparent)]
    Opml(#[from] OpmlError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a subscription list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpmlReport {
    /// Feeds that are followed now and were not before; in a dry run, those that would be.
    pub followed: Vec<WebUrl>,
    /// How many were followed already. Their categories and names are left as they are.
    pub already: usize,
    /// Outlines that name nothing that can be followed.
    pub refused: Vec<opml::Refused>,
    /// Outlines that name something else than a feed.
    pub others: Vec<opml::Refused>,
}

/// Follows every feed of a subscription list (OPML). Folders become categories, nested ones joined by “ / ”.
///
/// Nothing is fetched: new feeds are due at once, and the scheduler or the next refresh reads them. With `dry_run`
/// nothing is stored.
pub async fn opml(app: &App, account: AccountId, bytes: &[u8], dry_run: bool) -> Result<OpmlReport, ImportError> {
    let list = opml::read(bytes)?;
    let mut known: HashSet<WebUrl> =
        app.db.subscriptions(account).await?.into_iter().filter_map(|row| row.url).collect();
    let mut categories = HashMap::new();
    let mut report = OpmlReport { refused: list.refused, others: list.others, ..OpmlReport::default() };
    for outline in list.outlines {
        if !known.insert(outline.url.clone()) {
            report.already += 1;
            continue;
        }
        if !dry_run {
            follow_outline(app, account, &outline, &mut categories).await?;
        }
        report.followed.push(outline.url);
    }
    Ok(report)
}

async fn follow_outline(
    app: &App,
    account: AccountId,
    outline: &Outline,
    categories: &mut HashMap<String, Option<CategoryId>>,
) -> Result<(), StoreError> {
    let folder = outline.folders.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
    let folder = folder.collect::<Vec<_>>().join(" / ");
    let category = match categories.get(&folder) {
        Some(category) => *category,
        None if folder.is_empty() => None,
        None => {
            let category = Some(app.db.category_by_title_or_create(account, &folder).await?);
            categories.insert(folder, category);
            category
        }
    };
    let now = app.clock.now();
    let feed = app.db.ensure_feed(&outline.url, now).await?;
    app.db.subscribe(account, feed, category, now, NEWEST_UNREAD as i64).await?;
    // The name by which the reader knew the feed; many lists write the address where there is none.
    let title = outline.title.trim();
    if !title.is_empty() && title != outline.url.as_str() {
        let change = SubscriptionChange { title: Some(title.to_owned()), ..SubscriptionChange::default() };
        app.db.update_subscription(account, feed, &change).await?;
    }
    Ok(())
}

/// A file that may hold an archived article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// What to call it in reports; its last part is the file name.
    pub name: String,
    /// The folders it lies in, outermost first; the innermost that tells anything names its source.
    pub folders: Vec<String>,
    /// The title of the source when the folders tell none.
    pub fallback_source: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// How articles are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Read everything and store nothing.
    pub dry_run: bool,
    /// Count the articles as read; otherwise they are unread.
    pub read: bool,
}

/// What became of archived articles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// New articles; in a dry run, those that could be read.
    pub added: usize,
    /// Articles whose text was another before; they got a version.
    pub changed: usize,
    /// Articles that were there already.
    pub unchanged: usize,
    /// Files that hold no article, with the reason.
    pub skipped: Vec<(String, SkipReason)>,
    /// The titles of the sources, each once, in the order in which they were met.
    pub sources: Vec<String>,
}

/// Why a file was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// It is no archived article.
    #[error(transparent)]
    Unreadable(#[from] ArchiveError),
    /// Its HTML could not be worked on.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The file itself could not be read.
    #[error("{0}")]
    File(String),
    /// The database refused it.
    #[error("the database refused it: {0}")]
    Refused(String),
}

/// Takes in archived articles, some files at a time, so that a tree of any size passes through little memory.
#[derive(Debug)]
pub struct ArchiveImport<'a> {
    app: &'a App,
    account: AccountId,
    options: ImportOptions,
    /// First keys given out in this import, by source.
    keys: HashMap<String, HashSet<[u8; 16]>>,
    feeds: HashMap<String, FeedId>,
    report: ImportReport,
    /// Articles that were added, or came back from the trash, and that nobody has asked for yet.
    added: Vec<ArticleId>,
    /// Whether anything lies in the trash that could come back; `None` until somebody has to know.
    any_trash: Option<bool>,
}

/// An article on its way from a file to the store.
struct Arriving {
    name: String,
    source: String,
    draft: ArticleDraft,
    /// The collector's stamp.
    seen_at: Option<UnixMillis>,
    /// What its writer tagged it with.
    tags: Vec<TagName>,
}

impl Arriving {
    fn split(self, account: AccountId) -> (String, IncomingArticle) {
        let tagged = |name| Verdict { account, actions: Actions { tag: Some(name), ..Actions::default() } };
        let verdicts = self.tags.into_iter().map(tagged).collect();
        (self.name, IncomingArticle { seen_at: self.seen_at, verdicts, ..self.draft.into() })
    }
}

impl<'a> ArchiveImport<'a> {
    /// Begins an import for one account.
    pub fn new(app: &'a App, account: AccountId, options: ImportOptions) -> Self {
        let report = ImportReport::default();
        let (keys, feeds) = (HashMap::new(), HashMap::new());
        Self { app, account, options, keys, feeds, report, added: Vec::new(), any_trash: None }
    }

    /// Writes what was added since into the notes of the import.
    pub async fn note(&mut self, log: &mut ImportLog<'_>) -> Result<(), StoreError> {
        log.added(&std::mem::take(&mut self.added)).await
    }

    /// Names a file that could not even be opened.
    pub fn skip(&mut self, name: String, reason: SkipReason) {
        self.report.skipped.push((name, reason));
    }

    /// Reads and stores these files. What it stored is on disk when it returns.
    pub async fn add(&mut self, files: Vec<ArchiveFile>) -> Result<(), StoreError> {
        let app = self.app;
        let now = app.clock.now();
        let arriving: Vec<_> = stream::iter(files)
            .map(|file| async move {
                let name = file.name.clone();
                let arrived = app.content.run(move || arrive(&file, now)).await;
                arrived.map_err(SkipReason::from).and_then(|inner| inner).map_err(|reason| (name, reason))
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut by_source: Vec<(String, Vec<Arriving>)> = Vec::new();
        for arrived in arriving {
            match arrived {
                Ok(article) => match by_source.iter_mut().find(|(source, _)| *source == article.source) {
                    Some((_, articles)) => articles.push(article),
                    None => by_source.push((article.source.clone(), vec![article])),
                },
                Err(skipped) => self.report.skipped.push(skipped),
            }
        }
        for (source, mut articles) in by_source {
            if !self.report.sources.contains(&source) {
                self.report.sources.push(source.clone());
            }
            self.tell_apart(&source, &mut articles);
            if self.options.dry_run {
                self.report.added += articles.len();
                continue;
            }
            while !articles.is_empty() {
                let rest = articles.split_off(articles.len().min(BATCH));
                self.store(&source, std::mem::replace(&mut articles, rest), now).await?;
            }
        }
        Ok(())
    }

    /// How many articles that were there got a version.
    pub fn changed(&self) -> usize {
        self.report.changed
    }

    /// Ends the import.
    pub fn finish(self) -> ImportReport {
        self.report
    }

    /// Gives files of one address that differ in their text keys of their own: both are articles, and neither must
    /// become a version of the other, or a second import would change them back and forth.
    fn tell_apart(&mut self, source: &str, articles: &mut [Arriving]) {
        let given = self.keys.entry(source.to_owned()).or_default();
        for article in articles {
            if !given.insert(article.draft.keys.first) {
                article.draft.keys.first = identity::of_text(&article.draft);
                given.insert(article.draft.keys.first);
            }
        }
    }

    async fn store(&mut self, source: &str, articles: Vec<Arriving>, now: UnixMillis) -> Result<(), StoreError> {
        let feed = match self.feeds.get(source) {
            Some(feed) => *feed,
            None => {
                let kind = PrivateKind::Imported(source.to_owned());
                let feed = self.app.db.private_feed(self.account, kind, now).await?;
                self.feeds.insert(source.to_owned(), feed);
                feed
            }
        };
        let (names, articles): (Vec<String>, Vec<IncomingArticle>) =
            articles.into_iter().map(|article| article.split(self.account)).unzip();
        let unread = if self.options.read { NewUnread::None } else { NewUnread::All };
        let stored = self.app.db.store_articles(feed, &articles, unread, now).await?;
        let back = self.bring_back(feed, &articles, stored.added.len()).await?;
        self.report.added += stored.added.len() + back.len();
        self.report.changed += stored.changed.len();
        self.report.unchanged += stored.unchanged - back.len().min(stored.unchanged);
        self.added.extend(stored.added.into_iter().chain(back));
        for refused in stored.refused {
            let name = names.get(refused.index).cloned().unwrap_or_default();
            self.report.skipped.push((name, SkipReason::Refused(refused.error)));
        }
        Ok(())
    }
}

impl ArchiveImport<'_> {
    /// Takes articles out of the trash that their reader brings in anew, if any of them lies there.
    async fn bring_back(
        &mut self,
        feed: FeedId,
        articles: &[IncomingArticle],
        added: usize,
    ) -> Result<Vec<ArticleId>, StoreError> {
        let (db, account) = (&self.app.db, self.account);
        if added == articles.len() || !*self.any_trash.get_or_insert(db.count_trash(account).await? > 0) {
            return Ok(Vec::new());
        }
        let mut back = Vec::new();
        for article in articles {
            if let Some(known) = db.article_by_key(account, feed, article.draft.keys.first).await?
                && (db.bring_back(account, known.id).await? || db.want_again(account, known.id).await?)
            {
                back.push(known.id);
            }
        }
        Ok(back)
    }
}

/// Takes in some files at once: what the web does with an upload.
pub async fn archive_files(
    app: &App,
    account: AccountId,
    files: Vec<ArchiveFile>,
    options: ImportOptions,
) -> Result<ImportReport, StoreError> {
    let mut import = ArchiveImport::new(app, account, options);
    import.add(files).await?;
    Ok(import.finish())
}

fn arrive(file: &ArchiveFile, now: UnixMillis) -> Result<Arriving, SkipReason> {
    let archived = archive::read(&file.name, &file.bytes)?;
    let source = source_of(file, &archived);
    let draft = article_of(&archived, &source, now);
    let tags = archived.tags.iter().filter(|tag| archived.is_post && **tag != source);
    let tags = tags.filter_map(|tag| TagName::parse(tag)).take(MAX_TAGS).collect();
    Ok(Arriving { name: file.name.clone(), source, draft, seen_at: archived.seen_at(), tags })
}

/// The source that the file names, or by folder; for articles of others on a static site's common shelf, by their first tag, which
/// names the site.
fn source_of(file: &ArchiveFile, archived: &ArchivedArticle) -> String {
    if let Some(source) = archived.source.as_deref().map(str::trim).filter(|source| !source.is_empty()) {
        return source.to_owned();
    }
    let on_shelf = file.folders.iter().any(|folder| matches!(folder.as_str(), "_posts" | "archived"));
    match archived.tags.first() {
        Some(tag) if on_shelf && !archived.address.is_empty() => tag.clone(),
        _ => {
            let folders = file.folders.iter().map(String::as_str);
            archive::source_title(folders).unwrap_or(&file.fallback_source).to_owned()
        }
    }
}

/// The article that a file holds.
///
/// Its date is the front matter's, else the one in the text, else the collector's stamp; it is never later than the
/// stamp, because nothing is collected before it is published.
pub fn article_of(archived: &ArchivedArticle, source_title: &str, now: UnixMillis) -> ArticleDraft {
    let url = WebUrl::parse(archived.address.trim()).ok().map(|url| url.without_tracking());
    let host = url.as_ref().map(|url| url.host().to_owned());
    let dates = DateContext { language: None, host: host.as_deref(), now };
    let seen = archived.seen_at();
    let mut entry = Entry {
        title: archived.title.clone(),
        author: archived.author.clone(),
        published: archived.date.as_deref().and_then(|date| parse_date(date, &dates)),
        published_text: archived.date.clone(),
        content: Some(archived.body.clone()),
        base: url.clone(),
        url,
        categories: archived.tags.clone(),
        ..Entry::default()
    };
    let source = Source { title: source_title, url: None, site_url: None, language: None };
    entry.keys = identity::of_entry(&entry);
    let mut draft = article_from_entry(&entry, &source, now);
    draft.published = match (draft.published, seen) {
        (Some(published), Some(seen)) => Some(published.min(seen)),
        (published, seen) => published.or(seen),
    };
    draft
}
