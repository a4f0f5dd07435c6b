//! An account on its way out: its feeds, its articles with every version, and what it did with them.

use crate::archive::account::{ArticleLine, Choices, FeedKind, FeedLine, Followed, HighlightLine, Marks, VersionLine};
use crate::domain::{AccountId, ArticleId, BodyKind, Completeness, FeedId, UnixMillis, VersionId, WebUrl, hex};
use crate::store::access::may_read;
use crate::store::body::unpack;
use crate::store::db::{Db, read, statements};
use crate::store::error::StoreError;
use crate::store::{FeedKind as StoredKind, PictureState};

statements! {
    CHOICES = "SELECT settings, pictures, folds_repeats, retention FROM account WHERE id = $1";
    FOLLOWED = "SELECT c.title AS category, s.title, s.preference, s.muted, s.paused_at, s.plain_tile, s.pictures, s.retention, \
                g.blocks AS cutting, s.created_at FROM subscription s \
                LEFT JOIN category c ON c.id = s.category_id \
                LEFT JOIN cutting g ON g.account_id = s.account_id AND g.feed_id = s.feed_id \
                WHERE s.account_id = $1 AND s.feed_id = $2";
    READABLE = concat!("SELECT a.id FROM article a WHERE a.id > $2 AND ", may_read!(), " ORDER BY a.id LIMIT $3 + 0");
    VERSIONS = "SELECT v.id, v.created_at, v.title, v.trivial, b.kind, b.codec, b.raw_len, b.content \
                FROM version v LEFT JOIN body b ON b.version_id = v.id WHERE v.article_id = $1 ORDER BY v.id, b.kind";
    FACTS = "SELECT a.content_hash, a.shown, a.reason, a.fetched_at, \
             EXISTS (SELECT 1 FROM unread n WHERE n.account_id = $1 AND n.article_id = a.id) AS unread, \
             (SELECT marked_at FROM starred k WHERE k.account_id = $1 AND k.article_id = a.id) AS starred, \
             (SELECT marked_at FROM later k WHERE k.account_id = $1 AND k.article_id = a.id) AS later, \
             (SELECT opened_at FROM opened k WHERE k.account_id = $1 AND k.article_id = a.id) AS opened, \
             (SELECT kind FROM body_choice k WHERE k.account_id = $1 AND k.article_id = a.id) AS chosen, \
             p.share, p.paragraph, p.stored_at, v.version_id, v.pinned_at \
             FROM article a LEFT JOIN place p ON p.account_id = $1 AND p.article_id = a.id \
             LEFT JOIN pinned v ON v.account_id = $1 AND v.article_id = a.id WHERE a.id = $2";
    PLAYED = "SELECT file_key, seconds, stored_at FROM played WHERE account_id = $1 AND article_id = $2 ORDER BY file_key";
    TAGS = "SELECT t.name, g.marked_at FROM tagged g JOIN tag t ON t.id = g.tag_id \
            WHERE g.article_id = $2 AND g.account_id = $1 ORDER BY g.marked_at, t.name_key";
}

#[derive(Debug, sqlx::FromRow)]
struct FollowedRow {
    category: Option<String>,
    title: Option<String>,
    preference: i64,
    muted: bool,
    paused_at: Option<i64>,
    plain_tile: bool,
    pictures: Option<i64>,
    retention: Option<String>,
    cutting: Option<String>,
    created_at: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct VersionRow {
    id: VersionId,
    created_at: i64,
    title: String,
    trivial: bool,
    kind: Option<i64>,
    codec: Option<i64>,
    raw_len: Option<i64>,
    content: Option<Vec<u8>>,
}

#[derive(Debug, sqlx::FromRow)]
struct FactsRow {
    content_hash: Vec<u8>,
    shown: i64,
    reason: i64,
    fetched_at: i64,
    unread: bool,
    starred: Option<i64>,
    later: Option<i64>,
    opened: Option<i64>,
    chosen: Option<i64>,
    share: Option<i64>,
    paragraph: Option<i64>,
    stored_at: Option<i64>,
    version_id: Option<VersionId>,
    pinned_at: Option<i64>,
}

impl Db {
    /// What an account chose for itself.
    pub async fn account_choices(&self, account: AccountId) -> Result<Choices, StoreError> {
        let row: (String, i64, bool, String) =
            read!(self, c => sqlx::query_as(CHOICES).bind(account).fetch_one(c).await)?;
        Ok(Choices { settings: row.0, pictures: row.1, folds_repeats: row.2, retention: row.3 })
    }

    /// A feed as an account knows it; `None` if there is none of this number.
    pub async fn feed_line(&self, account: AccountId, id: FeedId) -> Result<Option<FeedLine>, StoreError> {
        let Some(feed) = self.feed(id).await? else { return Ok(None) };
        let row: Option<FollowedRow> =
            read!(self, c => sqlx::query_as(FOLLOWED).bind(account).bind(id).fetch_optional(c).await)?;
        let followed = row.map(|row| Followed {
            category: row.category,
            title: row.title,
            preference: row.preference,
            muted: row.muted,
            paused_at: row.paused_at,
            plain_tile: row.plain_tile,
            pictures: row.pictures,
            retention: row.retention,
            cutting: row.cutting,
            since: row.created_at,
        });
        let text = |url: Option<WebUrl>| url.map(|url| url.to_string());
        Ok(Some(FeedLine {
            number: id.0,
            kind: match feed.kind {
                StoredKind::Public => FeedKind::Feed,
                StoredKind::Saved => FeedKind::Saved,
                StoredKind::Imported => FeedKind::Imported,
            },
            url: text(feed.url),
            title: feed.title,
            site_url: text(feed.site_url),
            icon_url: text(feed.icon_url),
            language: feed.language.map(|language| language.as_str().to_owned()),
            followed,
        }))
    }

    /// Up to `limit` articles that the account may read with ids above `after`, in their order: begin with `ArticleId(0)`.
    pub async fn readable_articles(
        &self,
        account: AccountId,
        after: ArticleId,
        limit: i64,
    ) -> Result<Vec<ArticleId>, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(READABLE).bind(account).bind(after).bind(limit).fetch_all(c).await)?)
    }

    /// An article with its versions and what the account did with it; `None` if it is not there any more.
    pub async fn article_line(&self, account: AccountId, id: ArticleId) -> Result<Option<ArticleLine>, StoreError> {
        let Some((feed, draft)) = self.article_draft(id).await? else { return Ok(None) };
        let facts: Option<FactsRow> =
            read!(self, c => sqlx::query_as(FACTS).bind(account).bind(id).fetch_optional(c).await)?;
        let Some(facts) = facts else { return Ok(None) };
        let rows: Vec<VersionRow> = read!(self, c => sqlx::query_as(VERSIONS).bind(id).fetch_all(c).await)?;
        let mut versions: Vec<VersionLine> = Vec::new();
        let mut ids: Vec<VersionId> = Vec::new();
        for row in rows {
            if ids.last() != Some(&row.id) {
                ids.push(row.id);
                let line =
                    VersionLine { at: row.created_at, title: row.title, trivial: row.trivial, ..Default::default() };
                versions.push(line);
            }
            let (Some(kind), Some(codec), Some(raw_len), Some(content)) =
                (row.kind, row.codec, row.raw_len, row.content)
            else {
                continue;
            };
            let html = unpack(codec, raw_len, content)?;
            if let Some(version) = versions.last_mut() {
                match BodyKind::from_code(kind) {
                    BodyKind::Feed => version.feed = Some(html),
                    BodyKind::Page => version.page = Some(html),
                }
            }
        }
        let place = facts.share.zip(facts.paragraph).zip(facts.stored_at);
        let pinned = facts.version_id.and_then(|pinned| ids.iter().position(|id| *id == pinned)).zip(facts.pinned_at);
        let highlight = |one: crate::store::Highlight| HighlightLine {
            at: one.created_at.0,
            colour: one.colour,
            anchor: one.anchor,
            note: one.note,
        };
        let marks = Marks {
            unread: facts.unread,
            starred: facts.starred,
            later: facts.later,
            opened: facts.opened,
            place: place.map(|((share, paragraph), at)| (share, paragraph, at)),
            played: read!(self, c => sqlx::query_as(PLAYED).bind(account).bind(id).fetch_all(c).await)?,
            text: facts.chosen,
            pinned,
            tags: read!(self, c => sqlx::query_as(TAGS).bind(account).bind(id).fetch_all(c).await)?,
            highlights: self.article_highlights(account, id).await?.into_iter().map(highlight).collect(),
        };
        let mut pictures: Vec<(String, String)> = Vec::new();
        for (url, state) in self.pictures_of(id).await? {
            if let PictureState::Kept(picture) = state {
                pictures.push((url.to_string(), hex(&picture.hash)));
            }
        }
        pictures.sort();
        let text = |url: Option<WebUrl>| url.map(|url| url.to_string());
        Ok(Some(ArticleLine {
            feed: feed.0,
            key: hex(&draft.keys.first),
            second_key: draft.keys.second.as_ref().map(|key| hex(key)),
            content: hex(&facts.content_hash),
            guid: draft.guid,
            url: text(draft.url),
            title: draft.title,
            author: draft.author,
            site_name: draft.site_name,
            published: draft.published.map(|at: UnixMillis| at.0),
            published_text: draft.published_text,
            dates: draft.dates,
            seen: facts.fetched_at,
            language: draft.language.map(|language| language.as_str().to_owned()),
            excerpt: draft.excerpt,
            words: draft.words,
            cjk_chars: draft.cjk_chars,
            lead_image: text(draft.lead_image),
            partial: draft.completeness == Completeness::Partial,
            enclosures: draft.enclosures,
            categories: draft.categories,
            comments_url: text(draft.comments_url),
            shown: facts.shown,
            reason: facts.reason,
            versions,
            pictures,
            marks,
        }))
    }
}
