//! A row of a list, ready to be written down.

use jiff::tz::TimeZone;

use super::{Density, Letter, Moment, PictureView, Place, Preferences, Thumbnail};
use crate::content::text::reading_minutes;
use crate::domain::{ArticleId, Completeness, FeedId, Language, UnixMillis, WebUrl};
use crate::store::{AlsoIn, ListRow};
use crate::web::locale::Locale;
use crate::web::page::Frame;

/// What all rows of one page have in common.
#[derive(Debug, Clone, Copy)]
pub struct RowContext<'a> {
    /// The interface's language.
    pub locale: Locale,
    /// The account's choices.
    pub preferences: &'a Preferences,
    /// The zone of dates; made once, since finding it costs more than a row.
    pub zone: &'a TimeZone,
    /// The present moment.
    pub now: UnixMillis,
    /// The list.
    pub place: &'a Place,
    /// Makes the addresses of thumbnails.
    pub pictures: PictureView<'a>,
}

impl<'a> RowContext<'a> {
    /// For the rows of `place` on the page around which `frame` is. `zone` is the frame's.
    pub fn new(frame: &'a Frame, zone: &'a TimeZone, place: &'a Place, pictures: PictureView<'a>) -> Self {
        Self { locale: frame.locale, preferences: &frame.preferences, zone, now: frame.now, place, pictures }
    }
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    /// The article.
    pub id: ArticleId,
    /// The path of the article's page, list included.
    pub path: String,
    /// Its feed.
    pub feed: FeedId,
    /// The feed's title; of a saved page the host.
    pub feed_title: String,
    /// The feed's tile.
    pub tile: Letter,
    /// The title, or the beginning of the text where there is none.
    pub title: String,
    /// One or two sentences; empty where they stand in for the title.
    pub excerpt: String,
    /// The tag of the text's language where it is not the page's, with its direction where that is not the page's.
    pub language: Option<(String, Option<&'static str>)>,
    /// When it was published.
    pub when: Moment,
    /// How long reading takes, as a sentence; empty if there is nothing to read.
    pub reading_time: String,
    /// The picture beside the title.
    pub thumbnail: Option<Thumbnail>,
    /// The original's address.
    pub original: Option<String>,
    /// The source shows only a part.
    pub partial: bool,
    /// Not read yet.
    pub unread: bool,
    /// Starred.
    pub starred: bool,
    /// Kept for later.
    pub later: bool,
    /// A sentence with the other feeds that brought it, if there are any.
    pub also_in: Option<String>,
}

impl RowView {
    /// The row of an article.
    pub fn new(row: &ListRow, context: &RowContext<'_>) -> Self {
        let (title, excerpt) = match (row.title.is_empty(), row.excerpt.is_empty()) {
            (false, _) => (row.title.clone(), row.excerpt.clone()),
            (true, false) => (row.excerpt.clone(), String::new()),
            (true, true) => (context.locale.t("list.untitled").to_owned(), String::new()),
        };
        let feed_title = source_name(&row.feed_title, row.url.as_ref(), context.locale);
        Self {
            id: row.id,
            path: context.place.article(row.id, context.preferences),
            feed: row.feed_id,
            tile: Letter::of(&feed_title).without_colour(row.plain_tile),
            feed_title,
            title,
            excerpt,
            language: row.language.as_ref().and_then(|language| set_apart(language, context.locale)),
            when: Moment::new(row.published.unwrap_or(row.sort_at), context.now, context.zone, context.locale),
            reading_time: reading_time(row.words, row.cjk_chars, context.locale),
            thumbnail: row.lead_image.as_ref().and_then(|url| {
                let is_card = context.preferences.density == Density::Cards;
                context.pictures.thumbnail(url, is_card)
            }),
            original: row.url.as_ref().map(WebUrl::to_string),
            partial: row.completeness == Completeness::Partial,
            unread: row.unread,
            starred: row.starred,
            later: row.later,
            also_in: None,
        }
    }
}

/// The sentence that names the other feeds of an article.
pub fn also_in(article: ArticleId, others: &[AlsoIn], locale: Locale) -> Option<String> {
    let of_article = others.iter().filter(|other| other.asked == article);
    let mut names: Vec<String> = of_article.map(|other| feed_title(&other.title, locale)).collect();
    names.dedup();
    let feeds = names.join(locale.t("list.comma"));
    (!names.is_empty()).then(|| locale.say("list.also_in", [("feeds", &feeds)]))
}

/// What a text in this language says about itself on a page of another one.
fn set_apart(language: &Language, page: Locale) -> Option<(String, Option<&'static str>)> {
    let direction = (language.direction() != page.direction()).then(|| language.direction().as_str());
    (language.as_str() != page.tag()).then(|| (language.as_str().to_owned(), direction))
}

/// The name of an article's source: of its feed, or of its host where the feed is that of saved pages.
pub fn source_name(feed_title: &str, url: Option<&WebUrl>, locale: Locale) -> String {
    match url.map(WebUrl::site) {
        Some(site) if feed_title.is_empty() => site.to_owned(),
        _ => self::feed_title(feed_title, locale),
    }
}

/// The name of a feed: the feed of saved pages has none of its own, and one that was never read goes by its address.
pub fn feed_title(title: &str, locale: Locale) -> String {
    let without_user = WebUrl::parse(title).ok().filter(WebUrl::has_credentials).map(|url| url.without_credentials());
    let title = without_user.as_ref().map_or(title, WebUrl::as_str);
    let bare = title.strip_prefix("https://").or_else(|| title.strip_prefix("http://")).unwrap_or(title);
    if bare.is_empty() { locale.t("list.saved_pages").to_owned() } else { bare.trim_end_matches('/').to_owned() }
}

/// The title of an article, or words for one that has none.
pub fn article_title(title: &str, locale: Locale) -> String {
    if title.is_empty() { locale.t("list.untitled").to_owned() } else { title.to_owned() }
}

/// How long reading takes; empty for a text without words.
pub fn reading_time(words: u32, cjk_chars: u32, locale: Locale) -> String {
    if words == 0 && cjk_chars == 0 {
        return String::new();
    }
    locale.count("list.minutes", i64::from(reading_minutes(words, cjk_chars)))
}
