//! An account comes in: what its file says is added to what is there, in batches, and nothing of that is taken back.

use std::collections::HashMap;

use super::{AccountError, PICTURE_BYTES, TakenIn, key_of};
use crate::app::App;
use crate::archive::account::{
    self as form, ArticleLine, FORM, FeedKind, FeedLine, HEAD, Head, LISTS, ListChoiceLine, Lists, MAX_LINES, RuleLine,
};
use crate::archive::{Source, Unzip};
use crate::domain::{
    AccountId, Actions, ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, CategoryId, ChoiceReason, Completeness,
    FeedId, Keys, Language, RuleScope, TagId, TagName, UnixMillis, WebUrl,
};
use crate::jobs::import_log::ImportLog;
use crate::jobs::pictures::{self, PictureError};
use crate::media::PictureHash;
use crate::store::{Completed, IncomingArticle, NewUnread, PrivateKind, Scope, StoreError};

/// The most lists for which a choice is taken in, and the most bytes of one.
const MAX_LISTS: usize = 20_000;
const CHOICE_BYTES: usize = 1_000;
/// Articles taken in together.
const BATCH: usize = 40;
/// The most bytes of one for a reader among others, whose file may be made to fill the memory.
const OTHERS_LINES: u64 = 32 * 1024 * 1024;
/// The most files of lines that are looked for.
const MAX_FILES: usize = 200_000;

/// How many articles a file has, and whether this very file was taken in before.
pub async fn look(app: &App, account: AccountId, source: Box<dyn Source>) -> Result<TakenIn, AccountError> {
    let mut zip = Unzip::open(source, form::MAX_PARTS)?.ok_or(AccountError::NoAccount)?;
    let head: Head = read(&mut zip, HEAD)?.ok_or(AccountError::NoAccount)?;
    let mut articles = 0;
    for name in (1..=MAX_FILES).map(form::articles).take_while(|name| zip.has(name)).collect::<Vec<_>>() {
        let lines = zip.read(&name, OTHERS_LINES)?.unwrap_or_default();
        articles += lines.iter().filter(|byte| **byte == b'\n').count();
    }
    Ok(match app.db.meta_get(&name_of(account, &head)).await? {
        Some(_) => TakenIn { already: articles, ..TakenIn::default() },
        None => TakenIn { added: articles, ..TakenIn::default() },
    })
}

/// Under this name the database knows that a file was taken in.
fn name_of(account: AccountId, head: &Head) -> String {
    format!("account-taken-in {account} {}", head.id.chars().take(64).collect::<String>())
}

/// Takes an account in. `for_all`: feeds that everybody shares take articles and pictures from it, too.
pub async fn take_in(
    app: &App,
    account: AccountId,
    source: Box<dyn Source>,
    for_all: bool,
    log: &mut ImportLog<'_>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<TakenIn, AccountError> {
    let mut zip = Unzip::open(source, form::MAX_PARTS)?.ok_or(AccountError::NoAccount)?;
    let head: Head = read(&mut zip, HEAD)?.ok_or(AccountError::NoAccount)?;
    if head.form > FORM {
        return Err(AccountError::Newer(head.form));
    }
    let lists: Lists = read(&mut zip, LISTS)?.unwrap_or_default();
    let name = name_of(account, &head);
    let mut desk = Desk {
        app,
        account,
        for_all,
        is_again: app.db.meta_get(&name).await?.is_some(),
        feeds: HashMap::new(),
        taken: TakenIn::default(),
    };
    if !desk.is_again {
        app.db.take_choices(account, &head.choices).await?;
        desk.take_lists(&lists).await?;
    }
    for line in &lists.feeds {
        desk.take_feed(line).await?;
    }
    if !desk.is_again {
        desk.take_rules(&lists.rules).await?;
    }
    let most = if for_all { MAX_LINES } else { OTHERS_LINES };
    for name in (1..=MAX_FILES).map(form::articles).take_while(|name| zip.has(name)).collect::<Vec<_>>() {
        let Some(lines) = zip.read(&name, most)? else {
            desk.taken.refused += 1;
            continue;
        };
        let mut batch: Vec<ArticleLine> = Vec::with_capacity(BATCH);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(line) => batch.push(line),
                Err(error) => {
                    tracing::debug!(%error, "a line of an account is no article");
                    desk.taken.refused += 1;
                }
            }
            if batch.len() == BATCH {
                desk.take_articles(&std::mem::take(&mut batch), &mut zip, log).await?;
                progress(desk.taken.added + desk.taken.already + desk.taken.refused);
            }
        }
        desk.take_articles(&batch, &mut zip, log).await?;
    }
    if !desk.is_again {
        desk.take_list_choices(&lists.choices).await?;
        app.db.meta_set_if_absent(&name, "1").await?;
        log.account_file(name);
    }
    Ok(desk.taken)
}

/// A file of JSON; `None` if there is none, or it is none.
fn read<T: serde::de::DeserializeOwned>(zip: &mut Unzip<'_>, name: &str) -> Result<Option<T>, AccountError> {
    Ok(zip.read(name, MAX_LINES)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

struct Desk<'a> {
    app: &'a App,
    account: AccountId,
    for_all: bool,
    /// This very file was taken in before.
    is_again: bool,
    feeds: HashMap<i64, FeedId>,
    taken: TakenIn,
}

impl Desk<'_> {
    async fn take_lists(&self, lists: &Lists) -> Result<(), StoreError> {
        for title in &lists.categories {
            self.app.db.category_by_title_or_create(self.account, title).await?;
        }
        let known = self.app.db.saved_searches(self.account).await?;
        for (name, query) in &lists.searches {
            if !known.iter().any(|one| one.name == *name && one.query == *query) {
                self.app.db.save_search(self.account, name, query, self.app.clock.now()).await?;
            }
        }
        Ok(())
    }

    async fn take_feed(&mut self, line: &FeedLine) -> Result<(), StoreError> {
        let (db, now) = (&self.app.db, self.app.clock.now());
        let url = line.url.as_deref().and_then(|url| WebUrl::parse(url).ok());
        let feed = match (line.kind, url) {
            (FeedKind::Saved, _) => db.private_feed(self.account, PrivateKind::Saved, now).await?,
            (FeedKind::Feed, Some(url)) => {
                let feed = db.ensure_feed(&url, now).await?;
                let follows = line.followed.is_some() && !self.is_again;
                if self.for_all {
                    db.describe_feed(feed, line).await?;
                }
                if follows && db.subscribe(self.account, feed, None, now, 0).await? {
                    self.taken.feeds += 1;
                    self.follow_as(feed, line).await?;
                }
                if self.for_all {
                    feed
                } else {
                    let title = if line.title.trim().is_empty() { url.host().to_owned() } else { line.title.clone() };
                    db.private_feed(self.account, PrivateKind::Imported(title), now).await?
                }
            }
            // The name of a source may be anything, even nothing.
            (FeedKind::Imported | FeedKind::Feed, _) => {
                db.private_feed(self.account, PrivateKind::Imported(line.title.clone()), now).await?
            }
        };
        let is_first =
            !self.is_again && line.kind != FeedKind::Feed && db.article_ids(feed, ArticleId(0), 1).await?.is_empty();
        if is_first {
            self.follow_as(feed, line).await?;
        }
        self.feeds.insert(line.number, feed);
        Ok(())
    }

    async fn follow_as(&self, feed: FeedId, line: &FeedLine) -> Result<(), StoreError> {
        let Some(followed) = &line.followed else { return Ok(()) };
        let category = match &followed.category {
            Some(title) => Some(self.app.db.category_by_title_or_create(self.account, title).await?),
            None => None,
        };
        self.app.db.follow_as(self.account, feed, line, category).await
    }

    async fn take_rules(&self, lines: &[RuleLine]) -> Result<(), StoreError> {
        let (db, now) = (&self.app.db, self.app.clock.now());
        let known = db.rules(self.account).await?;
        for line in lines {
            let scope = match (line.feed, &line.category) {
                (Some(number), _) => match self.feeds.get(&number) {
                    Some(feed) => RuleScope::Feed(Some(*feed)),
                    None => continue,
                },
                (None, Some(title)) => {
                    RuleScope::Category(Some(db.category_by_title_or_create(self.account, title).await?))
                }
                (None, None) => RuleScope::All,
            };
            let tag = line.tag.as_deref().and_then(TagName::parse);
            let actions = Actions { read: line.read, star: line.star, later: line.later, tag };
            let is_same = |rule: &crate::store::Rule| {
                rule.scope == scope && rule.condition == line.when && rule.actions == actions
            };
            if known.iter().any(is_same) {
                continue;
            }
            let Some(rule) = db.add_rule(self.account, scope, &line.when, &actions, now).await? else { break };
            if line.off {
                db.switch_rule(self.account, rule, true).await?;
            }
        }
        Ok(())
    }

    /// After the articles, which bring the tags. A list for which something was chosen here stays as it is.
    async fn take_list_choices(&self, lines: &[ListChoiceLine]) -> Result<(), StoreError> {
        let db = &self.app.db;
        let categories: HashMap<String, CategoryId> =
            db.categories(self.account).await?.into_iter().map(|one| (one.title, one.id)).collect();
        let tags: HashMap<String, TagId> =
            db.tags(self.account).await?.into_iter().map(|tag| (tag.name, tag.id)).collect();
        for line in lines.iter().filter(|line| line.choice.len() <= CHOICE_BYTES).take(MAX_LISTS) {
            let scope = match line {
                ListChoiceLine { feed: Some(number), .. } => self.feeds.get(number).copied().map(Scope::Feed),
                ListChoiceLine { category: Some(title), .. } => categories.get(title).copied().map(Scope::Category),
                ListChoiceLine { tag: Some(name), .. } => tags.get(name).copied().map(Scope::Tag),
                ListChoiceLine { list, .. } => list.as_deref().and_then(Scope::from_name),
            };
            let Some(scope) = scope else { continue };
            if db.list_choice(self.account, scope).await?.is_none() {
                db.set_list_choice(self.account, scope, &line.choice).await?;
            }
        }
        Ok(())
    }

    async fn take_articles(
        &mut self,
        lines: &[ArticleLine],
        zip: &mut Unzip<'_>,
        log: &mut ImportLog<'_>,
    ) -> Result<(), AccountError> {
        let (db, now) = (&self.app.db, self.app.clock.now());
        let mut completed = Vec::with_capacity(lines.len());
        let (mut back, mut there) = (Vec::new(), Vec::new());
        let mut fresh: Vec<(FeedId, Vec<Fresh<'_>>)> = Vec::new();
        for line in lines {
            let (Some(feed), Some(key)) = (self.feeds.get(&line.feed).copied(), key_of(&line.key)) else {
                self.taken.refused += 1;
                continue;
            };
            if let Some(known) = db.article_by_key(self.account, feed, key).await? {
                // What was thrown away comes back.
                if db.bring_back(self.account, known.id).await? || db.want_again(self.account, known.id).await? {
                    self.taken.added += 1;
                    back.push(known.id);
                } else {
                    self.taken.already += 1;
                    there.push(known.id);
                }
                completed.extend((!self.is_again).then_some(Completed { id: known.id, line, is_new: false }));
                continue;
            }
            match fresh.iter_mut().find(|(other, _)| *other == feed) {
                Some((_, of_feed)) => of_feed.push((line, key)),
                None => fresh.push((feed, vec![(line, key)])),
            }
        }
        for (feed, of_feed) in fresh {
            let incoming: Vec<IncomingArticle> = of_feed.iter().map(|(line, key)| incoming(line, *key, now)).collect();
            let stored = db.store_articles(feed, &incoming, NewUnread::None, now).await?;
            for (line, key) in of_feed {
                let known = db.article_by_key(self.account, feed, key).await?;
                match known.filter(|known| stored.added.contains(&known.id)) {
                    Some(known) => completed.push(Completed { id: known.id, line, is_new: true }),
                    // Deleted here for good, or refused.
                    None => self.taken.refused += 1,
                }
            }
        }
        let before = db.marks_of(self.account, &there).await?;
        db.complete_articles(self.account, &completed).await?;
        log.marked(&there, &before).await?;
        back.extend(completed.iter().filter(|one| one.is_new).map(|one| one.id));
        log.added(&back).await?;
        for one in completed.iter().filter(|one| one.is_new) {
            self.taken.added += 1;
            if self.for_all {
                self.take_pictures(one.id, one.line, zip).await?;
            }
        }
        Ok(())
    }

    async fn take_pictures(
        &mut self,
        article: ArticleId,
        line: &ArticleLine,
        zip: &mut Unzip<'_>,
    ) -> Result<(), AccountError> {
        let named: HashMap<WebUrl, &str> =
            line.pictures.iter().filter_map(|(url, hash)| Some((WebUrl::parse(url).ok()?, hash.as_str()))).collect();
        let addresses: Vec<WebUrl> = named.keys().cloned().collect();
        for source in self.app.db.note_pictures(Some(article), &addresses, None).await? {
            let Some(hash) = named.get(&source.url).filter(|_| !source.is_kept) else { continue };
            let Some(bytes) = zip.read(&form::picture(hash), PICTURE_BYTES)? else { continue };
            if key_of(hash) != Some(PictureHash::of(&bytes).0) {
                continue;
            }
            match pictures::keep(self.app, source.id, bytes.into()).await {
                Ok(_) => self.taken.pictures += 1,
                Err(PictureError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::debug!(%error, "a picture of an account was not taken"),
            }
        }
        Ok(())
    }
}

/// An article that is not there yet, and its key.
type Fresh<'a> = (&'a ArticleLine, [u8; 16]);

fn incoming(line: &ArticleLine, key: [u8; 16], now: UnixMillis) -> IncomingArticle {
    IncomingArticle { seen_at: Some(UnixMillis(line.seen)), ..draft_of(line, key, now).into() }
}

/// An article as it stands now, with the newest text of each kind.
fn draft_of(line: &ArticleLine, key: [u8; 16], now: UnixMillis) -> ArticleDraft {
    let newest =
        |text: fn(&form::VersionLine) -> &Option<String>| line.versions.iter().rev().find_map(|one| text(one).clone());
    let bodies = [(BodyKind::Feed, newest(|one| &one.feed)), (BodyKind::Page, newest(|one| &one.page))];
    let address = |text: &Option<String>| text.as_deref().and_then(|url| WebUrl::parse(url).ok());
    let text = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
    ArticleDraft {
        keys: Keys { first: key, second: line.second_key.as_deref().and_then(key_of) },
        guid: line.guid.clone(),
        url: address(&line.url),
        title: text(&line.title, 1_024),
        author: line.author.as_deref().map(|author| text(author, 256)),
        site_name: line.site_name.clone(),
        published: line.published.map(|at| UnixMillis(at.clamp(0, now.plus(UnixMillis::DAY).0))),
        published_text: line.published_text.clone(),
        dates: line.dates.clone().map(|dates| dates.held(now)),
        language: line.language.as_deref().and_then(Language::parse),
        excerpt: text(&line.excerpt, 2_000),
        words: line.words,
        cjk_chars: line.cjk_chars,
        lead_image: address(&line.lead_image),
        completeness: if line.partial { Completeness::Partial } else { Completeness::Whole },
        enclosures: line.enclosures.clone(),
        categories: line.categories.clone(),
        comments_url: address(&line.comments_url),
        bodies: bodies.into_iter().filter_map(|(kind, html)| Some(Body { kind, html: html? })).collect(),
        choice: BodyChoice { shown: BodyKind::from_code(line.shown), reason: ChoiceReason::from_code(line.reason) },
    }
}
