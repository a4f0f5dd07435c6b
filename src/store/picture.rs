//! Pictures: what is known of them, who wants them, and which may go.

use std::collections::HashMap;

use super::db::{Db, Tx, first, read, statements, within, write_one};
use super::dialect::PICTURES_AT;
use super::error::StoreError;
use super::row::{clipped, hex_list, id_list, short_hash, url};
use crate::domain::{ArticleId, Failure, PictureId, UnixMillis, WebUrl};

/// Whether somebody wants the pictures of article `a` kept: a follower who keeps all, or anyone who marked it and
/// keeps any.
macro_rules! is_wanted {
    () => {
        concat!(
            "(EXISTS (SELECT 1 FROM subscription s JOIN account k ON k.id = s.account_id \
              WHERE s.feed_id = a.feed_id AND COALESCE(s.pictures, k.pictures) = 0) OR ",
            is_wanted!("starred"),
            " OR ",
            is_wanted!("later"),
            " OR ",
            is_wanted!("tagged"),
            " OR ",
            is_wanted!("highlight"),
            ")"
        )
    };
    ($mark:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM ",
            $mark,
            " m JOIN account k ON k.id = m.account_id LEFT JOIN subscription s \
             ON s.account_id = m.account_id AND s.feed_id = a.feed_id \
             WHERE m.article_id = a.id AND COALESCE(s.pictures, k.pictures) < 2)"
        )
    };
}

/// Whether a picture is of an article that somebody marked, so that it never goes by itself. `p.id` is the picture.
macro_rules! is_kept {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM picture_source o JOIN article_picture ap ON ap.source_id = o.id \
             WHERE o.picture_id = p.id AND (",
            is_kept!("starred"),
            " OR ",
            is_kept!("later"),
            " OR ",
            is_kept!("tagged"),
            " OR ",
            is_kept!("highlight"),
            "))"
        )
    };
    ($mark:literal) => {
        concat!("EXISTS (SELECT 1 FROM ", $mark, " m WHERE m.article_id = ap.article_id)")
    };
}

statements! {
    /// The moment is part of the key: what was wanted while a job was under way is another job.
    WANT = concat!(
        "INSERT INTO job (kind, dedup_key, payload, run_at) \
         SELECT 'pictures', 'pictures:' || CAST(a.id AS TEXT) || ':' || CAST($2 AS TEXT), CAST(a.id AS TEXT), CAST($2 AS BIGINT) FROM article a \
         WHERE a.id IN (SELECT value FROM json_each($1)) AND ", is_wanted!(), " ON CONFLICT (dedup_key) DO NOTHING"
    );
    WANT_ALL = concat!(
        "INSERT INTO job (kind, dedup_key, payload, run_at) \
         SELECT 'pictures', 'pictures:' || CAST(a.id AS TEXT) || ':' || CAST($1 AS TEXT), CAST(a.id AS TEXT), CAST($1 AS BIGINT) FROM article a \
         WHERE ", is_wanted!(), " ON CONFLICT (dedup_key) DO NOTHING"
    );
    IS_WANTED = concat!("SELECT EXISTS (SELECT 1 FROM article a WHERE a.id = $1 AND ", is_wanted!(), ")");
    ADD_SOURCE = "INSERT INTO picture_source (url_key, url, of_feed) VALUES ($1, $2, $3) \
                  ON CONFLICT (url_key) DO UPDATE SET of_feed = picture_source.of_feed OR excluded.of_feed \
                  RETURNING id, url, picture_id, gone";
    LINK = "INSERT INTO article_picture (article_id, source_id) SELECT a.id, CAST($2 AS BIGINT) FROM article a \
            WHERE a.id = $1 ON CONFLICT DO NOTHING";
    ADD_PICTURE = "INSERT INTO picture (hash, kind, bytes, width, height, animated, colour, stored_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                   ON CONFLICT (hash) DO UPDATE SET colour = COALESCE(excluded.colour, picture.colour) RETURNING id";
    FOUND = "UPDATE picture_source SET picture_id = $2, attempts = 0, gone = FALSE, failure = NULL WHERE id = $1";
    MISSED = "UPDATE picture_source SET attempts = attempts + 1, failure = $2, gone = attempts + 1 >= $3 \
              WHERE id = $1 AND picture_id IS NULL RETURNING gone";
    OF_ARTICLE = "SELECT o.url, o.gone, p.hash, p.kind, p.bytes, p.width, p.height, p.animated, p.colour \
                  FROM article_picture ap JOIN picture_source o ON o.id = ap.source_id \
                  LEFT JOIN picture p ON p.id = o.picture_id WHERE ap.article_id = $1";
    ICON_OF = "SELECT icon_url FROM feed WHERE id = (SELECT feed_id FROM article WHERE id = $1)";
    PICTURE_ID = "SELECT id FROM picture WHERE hash = $1";
    ADD_VARIANT = "INSERT INTO variant (picture_id, spec, bytes, made_at) \
                   SELECT p.id, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM picture p \
                   WHERE p.hash = $1 ON CONFLICT (picture_id, spec) DO UPDATE SET made_at = excluded.made_at";
    USE_OF_ORIGINALS = "SELECT COUNT(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM picture";
    USE_OF_VARIANTS = "SELECT COUNT(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM variant";
    KEPT = concat!("SELECT COUNT(*), COALESCE(CAST(SUM(p.bytes) AS BIGINT), 0) FROM picture p WHERE ", is_kept!());
    WAITING = "SELECT COUNT(*) FROM picture_source WHERE picture_id IS NULL AND NOT gone";
    GONE = "SELECT COUNT(*) FROM picture_source WHERE picture_id IS NULL AND gone";
    OLDEST_VARIANTS = "SELECT p.hash, v.spec, v.bytes FROM variant v JOIN picture p ON p.id = v.picture_id \
                       ORDER BY v.made_at, v.picture_id LIMIT $1 + 0";
    FORGET_VARIANT = "DELETE FROM variant WHERE spec = $2 AND picture_id = (SELECT id FROM picture WHERE hash = $1)";
    /// Pictures of no article and no feed come first, then the oldest.
    SPARE_PICTURES = concat!(
        "SELECT p.hash, '' AS spec, p.bytes FROM picture p WHERE NOT ", is_kept!(),
        " AND NOT EXISTS (SELECT 1 FROM picture_source o WHERE o.picture_id = p.id AND o.of_feed) \
         ORDER BY EXISTS (SELECT 1 FROM picture_source o JOIN article_picture ap ON ap.source_id = o.id \
         WHERE o.picture_id = p.id), p.stored_at, p.id LIMIT $1 + 0"
    );
    VARIANTS_OF = "SELECT v.spec FROM variant v JOIN picture p ON p.id = v.picture_id WHERE p.hash = $1";
    FORGET_PICTURE = concat!("DELETE FROM picture AS p WHERE p.hash = $1 AND NOT ", is_kept!());
    LOST_PICTURE = "DELETE FROM picture WHERE hash = $1";
    HASHES = "SELECT hash FROM picture WHERE hash > $1 ORDER BY hash LIMIT $2 + 0";
    VARIANTS_AFTER = "SELECT p.hash, v.spec FROM variant v JOIN picture p ON p.id = v.picture_id \
                      WHERE (p.hash, v.spec) > ($1, $2) ORDER BY p.hash, v.spec LIMIT $3 + 0";
}

/// What is known of a kept picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// The SHA-256 of its bytes, by which the picture store knows it.
    pub hash: [u8; 32],
    /// Its content type.
    pub kind: String,
    /// Its size.
    pub bytes: i64,
    /// Its width as it is shown; 0 if it is not known.
    pub width: u32,
    /// Its height as it is shown.
    pub height: u32,
    /// It moves.
    pub animated: bool,
    /// Its colour as a whole, one of 27.
    pub colour: Option<u8>,
}

/// What became of a picture's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureState {
    /// It is kept.
    Kept(StoredPicture),
    /// It is still to be fetched.
    Waiting,
    /// It was tried often enough.
    Gone,
}

/// Pictures by their addresses.
pub type Pictures = HashMap<WebUrl, PictureState>;

/// An address from which a picture is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSource {
    /// Its row.
    pub id: i64,
    /// The address.
    pub url: WebUrl,
    /// It is the icon of a feed.
    pub is_icon: bool,
    /// The picture is kept already.
    pub is_kept: bool,
    /// It was tried often enough.
    pub gone: bool,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PictureUse {
    /// Originals: how many, and their bytes.
    pub originals: (i64, i64),
    /// Of these, those of articles that somebody marked.
    pub kept: (i64, i64),
    /// Variants.
    pub variants: (i64, i64),
    /// Addresses that are still to be fetched.
    pub waiting: i64,
    /// Addresses at which nothing is any more.
    pub gone: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct Record {
    url: String,
    gone: bool,
    hash: Option<Vec<u8>>,
    kind: Option<String>,
    bytes: Option<i64>,
    width: Option<i64>,
    height: Option<i64>,
    animated: Option<bool>,
    colour: Option<i64>,
}

impl Record {
    fn state(self) -> Result<PictureState, StoreError> {
        let Some(hash) = self.hash else {
            return Ok(if self.gone { PictureState::Gone } else { PictureState::Waiting });
        };
        let side = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
        Ok(PictureState::Kept(StoredPicture {
            hash: whole_hash(&hash)?,
            kind: self.kind.unwrap_or_default(),
            bytes: self.bytes.unwrap_or_default(),
            width: side(self.width),
            height: side(self.height),
            animated: self.animated.unwrap_or_default(),
            colour: self.colour.and_then(|colour| u8::try_from(colour).ok()),
        }))
    }
}

#[derive(Debug, sqlx::FromRow)]
struct SourceRecord {
    id: i64,
    url: String,
    picture_id: Option<i64>,
    gone: bool,
}

fn whole_hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged(format!("a picture's name of {} bytes", bytes.len())))
}

fn by_address(rows: Vec<Record>) -> Result<Pictures, StoreError> {
    let mut found = Pictures::with_capacity(rows.len());
    for row in rows {
        if let Some(address) = url(Some(row.url.clone())) {
            found.insert(address, row.state()?);
        }
    }
    Ok(found)
}

fn key_of(url: &WebUrl) -> [u8; 16] {
    short_hash(url.as_str().as_bytes())
}

impl Db {
    /// What is known of these addresses. Those of which nothing is known are left out.
    pub async fn pictures_at(&self, addresses: &[WebUrl]) -> Result<Pictures, StoreError> {
        if addresses.is_empty() {
            return Ok(Pictures::new());
        }
        let keys: Vec<_> = addresses.iter().map(key_of).collect();
        let statement = PICTURES_AT.of(self);
        by_address(read!(self, c => sqlx::query_as(statement).bind(hex_list(&keys)).fetch_all(c).await)?)
    }

    /// What is known of the pictures of an article.
    pub async fn pictures_of(&self, article: ArticleId) -> Result<Pictures, StoreError> {
        by_address(read!(self, c => sqlx::query_as(OF_ARTICLE).bind(article).fetch_all(c).await)?)
    }

    /// Whether somebody wants the pictures of an article kept.
    pub async fn wants_pictures(&self, article: ArticleId) -> Result<bool, StoreError> {
        Ok(read!(self, c => sqlx::query_scalar(IS_WANTED).bind(article).fetch_one(c).await)?)
    }

    /// The address of the icon of an article's feed.
    pub async fn icon_of(&self, article: ArticleId) -> Result<Option<WebUrl>, StoreError> {
        let icon: Option<Option<String>> =
            read!(self, c => sqlx::query_scalar(ICON_OF).bind(article).fetch_optional(c).await)?;
        Ok(url(icon.flatten()))
    }

    /// Notes where the pictures of an article, and the icon of its feed, are to be had. Their sources, in this order.
    pub async fn note_pictures(
        &self,
        article: Option<ArticleId>,
        pictures: &[WebUrl],
        icon: Option<&WebUrl>,
    ) -> Result<Vec<PictureSource>, StoreError> {
        let all = pictures.iter().map(|picture| (picture, false)).chain(icon.map(|icon| (icon, true)));
        let mut all: Vec<_> =
            all.enumerate().map(|(place, (url, is_icon))| (key_of(url), place, url, is_icon)).collect();
        // In the same order by everybody, for the same reason as in `pictures_found`.
        all.sort_unstable_by_key(|(key, place, ..)| (*key, *place));
        let mut tx = self.begin().await?;
        let mut sources = Vec::with_capacity(all.len());
        for (key, place, picture, is_icon) in all {
            let row: SourceRecord = within!(tx, c => sqlx::query_as(ADD_SOURCE)
                .bind(&key[..]).bind(picture.as_str()).bind(is_icon).fetch_one(c).await)?;
            if let Some(article) = article.filter(|_| !is_icon) {
                within!(tx, c => sqlx::query(LINK).bind(article).bind(row.id).execute(c).await.map(drop))?;
            }
            // Two addresses of one hash do not happen; should they, the one that came first is the one that counts.
            if let Some(url) = url(Some(row.url)) {
                let (is_kept, gone) = (row.picture_id.is_some(), row.gone);
                sources.push((place, PictureSource { id: row.id, url, is_icon, is_kept, gone }));
            }
        }
        tx.commit().await?;
        sources.sort_unstable_by_key(|(place, _)| *place);
        Ok(sources.into_iter().map(|(_, source)| source).collect())
    }

    /// Notes that the pictures of these sources are kept, in one commit. Their bytes must lie in the picture store by now.
    pub async fn pictures_found(&self, found: &[(i64, StoredPicture)], now: UnixMillis) -> Result<(), StoreError> {
        // Everybody takes the rows in the same order, so that two who keep the same pictures never wait for each other.
        let mut found: Vec<_> = found.iter().collect();
        found.sort_unstable_by_key(|(_, picture)| picture.hash);
        let mut rows: Vec<(i64, PictureId)> = Vec::with_capacity(found.len());
        let mut tx = self.begin().await?;
        for (source, picture) in found {
            let id = within!(tx, c => sqlx::query_scalar(ADD_PICTURE)
                .bind(&picture.hash[..])
                .bind(&picture.kind)
                .bind(picture.bytes)
                .bind(i64::from(picture.width))
                .bind(i64::from(picture.height))
                .bind(picture.animated)
                .bind(picture.colour.map(i64::from))
                .bind(now)
                .fetch_one(c).await)?;
            rows.push((*source, id));
        }
        rows.sort_unstable();
        for (source, id) in rows {
            within!(tx, c => sqlx::query(FOUND).bind(source).bind(id).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }

    /// Notes that a source could not be read; after `attempts` of these it is gone. Whether it is.
    pub async fn picture_missed(&self, source: i64, failure: Failure, attempts: i64) -> Result<bool, StoreError> {
        let gone: Option<bool> = write_one!(self, c => sqlx::query_scalar(MISSED)
            .bind(source).bind(failure.to_string()).bind(attempts).fetch_all(c).await.map(first))?;
        Ok(gone.unwrap_or(false))
    }

    /// Whether the database knows a picture of this name.
    pub async fn has_picture(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let id: Option<i64> = read!(self, c => sqlx::query_scalar(PICTURE_ID).bind(&hash[..]).fetch_optional(c).await)?;
        Ok(id.is_some())
    }

    /// Notes a variant that was stored.
    pub async fn add_variant(
        &self,
        hash: &[u8; 32],
        spec: &str,
        bytes: i64,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        write_one!(self, c => sqlx::query(ADD_VARIANT)
            .bind(&hash[..]).bind(clipped(spec, 200)).bind(bytes).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Asks for the pictures of all articles of which somebody wants them. How many jobs that made.
    pub async fn want_all_pictures(&self, now: UnixMillis) -> Result<u64, StoreError> {
        Ok(write_one!(self, c => sqlx::query(WANT_ALL).bind(now).execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// How much there is.
    pub async fn picture_use(&self) -> Result<PictureUse, StoreError> {
        Ok(PictureUse {
            originals: read!(self, c => sqlx::query_as(USE_OF_ORIGINALS).fetch_one(c).await)?,
            kept: read!(self, c => sqlx::query_as(KEPT).fetch_one(c).await)?,
            variants: read!(self, c => sqlx::query_as(USE_OF_VARIANTS).fetch_one(c).await)?,
            waiting: read!(self, c => sqlx::query_scalar(WAITING).fetch_one(c).await)?,
            gone: read!(self, c => sqlx::query_scalar(GONE).fetch_one(c).await)?,
        })
    }

    /// The bytes of all originals and variants.
    pub async fn picture_bytes(&self) -> Result<i64, StoreError> {
        let originals: (i64, i64) = read!(self, c => sqlx::query_as(USE_OF_ORIGINALS).fetch_one(c).await)?;
        let variants: (i64, i64) = read!(self, c => sqlx::query_as(USE_OF_VARIANTS).fetch_one(c).await)?;
        Ok(originals.1 + variants.1)
    }

    /// The variants that were made first: name, words and size.
    pub async fn oldest_variants(&self, limit: i64) -> Result<Vec<([u8; 32], String, i64)>, StoreError> {
        let rows: Vec<(Vec<u8>, String, i64)> =
            read!(self, c => sqlx::query_as(OLDEST_VARIANTS).bind(limit).fetch_all(c).await)?;
        rows.into_iter().map(|(hash, spec, bytes)| Ok((whole_hash(&hash)?, spec, bytes))).collect()
    }

    /// Forgets a variant. Its bytes must not lie in the picture store any more, or be swept from it later.
    pub async fn forget_variant(&self, hash: &[u8; 32], spec: &str) -> Result<(), StoreError> {
        Ok(write_one!(self, c => sqlx::query(FORGET_VARIANT).bind(&hash[..]).bind(spec).execute(c).await.map(drop))?)
    }

    /// Forgets several, in one commit.
    pub async fn forget_variants(&self, variants: &[([u8; 32], String, i64)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (hash, spec, _) in variants {
            within!(tx, c => sqlx::query(FORGET_VARIANT).bind(&hash[..]).bind(spec).execute(c).await.map(drop))?;
        }
        tx.commit().await
    }

    /// The pictures that may go, the least needed first: such as no article shows, then those of articles that nobody
    /// marked, the oldest first. Name and size.
    pub async fn spare_pictures(&self, limit: i64) -> Result<Vec<([u8; 32], i64)>, StoreError> {
        let rows: Vec<(Vec<u8>, String, i64)> =
            read!(self, c => sqlx::query_as(SPARE_PICTURES).bind(limit).fetch_all(c).await)?;
        rows.into_iter().map(|(hash, _, bytes)| Ok((whole_hash(&hash)?, bytes))).collect()
    }

    /// Forgets a picture and its variants, whose words it gives; `None`, and nothing is forgotten, if somebody marked an
    /// article with it meanwhile.
    pub async fn forget_picture(&self, hash: &[u8; 32]) -> Result<Option<Vec<String>>, StoreError> {
        self.drop_picture(FORGET_PICTURE, hash).await
    }

    /// Forgets a picture whose bytes are lost, so that it is fetched again where that is possible.
    pub async fn lose_picture(&self, hash: &[u8; 32]) -> Result<Option<Vec<String>>, StoreError> {
        self.drop_picture(LOST_PICTURE, hash).await
    }

    async fn drop_picture(&self, statement: &'static str, hash: &[u8; 32]) -> Result<Option<Vec<String>>, StoreError> {
        let mut tx = self.begin().await?;
        let variants: Vec<String> =
            within!(tx, c => sqlx::query_scalar(VARIANTS_OF).bind(&hash[..]).fetch_all(c).await)?;
        let dropped = within!(tx, c => sqlx::query(statement).bind(&hash[..])
            .execute(c).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok((dropped > 0).then_some(variants))
    }

    /// The names of pictures after this one, in their order.
    pub async fn picture_hashes(&self, after: &[u8], limit: i64) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows: Vec<Vec<u8>> =
            read!(self, c => sqlx::query_scalar(HASHES).bind(after).bind(limit).fetch_all(c).await)?;
        rows.iter().map(|hash| whole_hash(hash)).collect()
    }

    /// The variants after this one, in their order.
    pub async fn variants_after(
        &self,
        (hash, spec): (&[u8], &str),
        limit: i64,
    ) -> Result<Vec<([u8; 32], String)>, StoreError> {
        let rows: Vec<(Vec<u8>, String)> =
            read!(self, c => sqlx::query_as(VARIANTS_AFTER).bind(hash).bind(spec).bind(limit).fetch_all(c).await)?;
        rows.into_iter().map(|(hash, spec)| Ok((whole_hash(&hash)?, spec))).collect()
    }
}

/// Asks, in the transaction that added, changed or marked them, for the pictures of articles of which somebody wants them.
pub(super) async fn want_pictures_in(
    tx: &mut Tx,
    articles: impl IntoIterator<Item = ArticleId>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let list = id_list(articles.into_iter().map(|article| article.0));
    if list.len() > 2 {
        within!(*tx, c => sqlx::query(WANT).bind(&list).bind(now).execute(c).await.map(drop))?;
    }
    Ok(())
}
