//! From an entry or a page to an article ready to be stored.
//!
//! Owns: which of an entry's texts is its body, whether the page of an article is worth a request, and which of two
//! bodies is shown. Does not own: the rules that mend a body ([`normalise`](super::normalise)) and the reading of pages
//! ([`extract`](super::extract)).

mod picture;

use picture::{is_episode, is_shown_in, picture_above, with_picture};

use super::bound;
use super::extract::{ExtractedPage, day_of_address};
use super::language;
use super::normalise::{Facts, Normalised, normalise};
use super::text::Prose;
use crate::domain::{
    ArticleDraft, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, Completeness, Entry, GivenDate, GivenDates,
    Keys, Language, UnixMillis, WebUrl,
};
use crate::feed::dates::{DateContext, parse_date};
use crate::feed::identity::identify;

/// A feed's text of more characters than these is no teaser.
const WHOLE_TEXT: usize = 1_200;

/// Titles are cut behind so many characters, authors behind so many.
const LONGEST_TITLE: usize = 1_024;
const LONGEST_AUTHOR: usize = 256;

/// How a text ends that goes on elsewhere, in lower case.
const GOES_ON: &[&str] = &[
    "…",
    "...",
    "[…]",
    "[...]",
    "(…)",
    "read more",
    "read more »",
    "read more →",
    "continue reading",
    "continue reading →",
    "more »",
    "weiterlesen",
    "lire la suite",
    "leer más",
    "阅读全文",
    "閱讀全文",
    "查看全文",
    "阅读更多",
    "閱讀更多",
    "全文阅读",
    "続きを読む",
    "続きをみる",
    "더보기",
];

/// Hosts whose pages show something and hold no text.
const NOTHING_TO_READ: &[&str] = &[
    "youtube.com",
    "youtu.be",
    "vimeo.com",
    "bilibili.com",
    "soundcloud.com",
    "spotify.com",
    "instagram.com",
    "tiktok.com",
];

/// What is known of the feed that an entry stands in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    /// The feed's title.
    pub title: &'a str,
    /// The feed's own address.
    pub url: Option<&'a WebUrl>,
    /// The page that the feed belongs to.
    pub site_url: Option<&'a WebUrl>,
    /// As declared by the feed.
    pub language: Option<&'a Language>,
}

/// Makes an article of a feed's entry: its body bounded and normalised, with what can be told from it.
///
/// Runs for every entry of every refresh and costs less than a quarter of a millisecond for an ordinary one.
pub fn article_from_entry(entry: &Entry, source: &Source<'_>, now: UnixMillis) -> ArticleDraft {
    let declared = entry.language.as_ref().or(source.language);
    let base = entry.base.as_ref().or(entry.url.as_ref()).or(source.site_url).or(source.url);
    let mut dates = GivenDates::of_feed(entry.published, entry.published_text.as_deref());
    let facts = Facts {
        title: &entry.title,
        url: entry.url.as_ref(),
        base,
        source_title: source.title,
        published: dates.published(now),
        language: declared,
        now,
    };
    let mended = normalise(&bound::bound(entry_html(entry), &bound::ENTRY).html, &facts);
    let host = entry.url.as_ref().or(source.site_url).map(WebUrl::host);
    dates.line = first_line(mended.date_line.as_deref(), &DateContext { language: declared, host, now });
    let mut draft = ArticleDraft {
        keys: entry.keys,
        guid: entry.guid.clone(),
        url: entry.url.clone(),
        title: shorten(mended.title.as_deref().unwrap_or(&entry.title), LONGEST_TITLE),
        author: entry.author.clone().or(mended.author).map(|author| shorten(&author, LONGEST_AUTHOR)),
        site_name: None,
        published: None,
        published_text: None,
        dates: None,
        language: declared.cloned(),
        excerpt: String::new(),
        words: 0,
        cjk_chars: 0,
        lead_image: mended.lead_image.or_else(|| entry.image.clone()),
        completeness: Completeness::Whole,
        enclosures: entry.enclosures.clone(),
        categories: entry.categories.clone(),
        comments_url: entry.comments_url.clone(),
        bodies: Vec::new(),
        choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
    };
    draft.date_by(dates, now);
    draft.published_text = draft.published_text.or_else(|| entry.published_text.clone());
    if !mended.html.trim().is_empty() {
        draft.bodies.push(Body { kind: BodyKind::Feed, html: with_picture(mended.html, picture_above(entry)) });
    }
    describe(&mut draft);
    draft
}

/// The fuller of an entry's texts: some feeds repeat the title as content and put the text into the summary.
fn entry_html(entry: &Entry) -> &str {
    let content = entry.content.as_deref().unwrap_or_default().trim();
    let summary = entry.summary.as_deref().unwrap_or_default().trim();
    if summary.len() > 2 * content.len() { summary } else { content }
}

/// Whether the page of an article should be fetched: where it can help, or where the subscription says so.
///
/// It cannot help without a link, for episodes and videos, and where the feed holds the whole text already.
pub fn needs_page(draft: &ArticleDraft, preference: BodyPreference) -> bool {
    let Some(url) = &draft.url else { return false };
    if draft.bodies.iter().any(|body| body.kind == BodyKind::Page) {
        return false;
    }
    match preference {
        BodyPreference::Feed => false,
        BodyPreference::Page => true,
        BodyPreference::Automatic => {
            !is_episode(&draft.enclosures) && !has_nothing_to_read(url) && !own_body(draft).is_some_and(is_whole)
        }
    }
}

fn own_body(draft: &ArticleDraft) -> Option<&str> {
    draft.bodies.iter().find(|body| body.kind == BodyKind::Feed).map(|body| body.html.as_str())
}

fn has_nothing_to_read(url: &WebUrl) -> bool {
    let host = url.host();
    NOTHING_TO_READ
        .iter()
        .any(|site| host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Adds to an article what its page holds, and chooses between the two bodies.
pub fn with_page(
    mut draft: ArticleDraft,
    page: &ExtractedPage,
    preference: BodyPreference,
    now: UnixMillis,
) -> ArticleDraft {
    let mended = mended_page(page, &draft.title, draft.published, now);
    draft.bodies.retain(|body| body.kind != BodyKind::Page);
    draft.choice = choose(own_body(&draft), mended.as_ref().map(|mended| mended.html.as_str()), preference);
    draft.completeness = page.completeness;
    draft.site_name = draft.site_name.or_else(|| page.site_name.clone());
    let of_line = mended.as_ref().and_then(|mended| mended.author.as_deref());
    let author = page.author.as_deref().or(of_line).map(|author| shorten(author, LONGEST_AUTHOR));
    draft.author = draft.author.or(author);
    draft.language = draft.language.or_else(|| page.language.clone());
    if draft.title.is_empty() {
        draft.title = shorten(&page.title, LONGEST_TITLE);
    }
    let said = page_dates(page, mended.as_ref(), now);
    let mut dates = draft.given_dates();
    dates.page = said.page.or(dates.page);
    dates.line = dates.line.or(said.line);
    let text = draft.published_text.take();
    draft.date_by(dates, now);
    draft.published_text = draft.published_text.or(text);
    let fed = draft.lead_image.clone().filter(|url| own_body(&draft).is_some_and(|html| is_shown_in(html, url)));
    draft.lead_image = draft.lead_image.or_else(|| page.lead_image.clone());
    if let Some(mended) = mended {
        draft.url = Some(page.url.clone());
        draft.lead_image = draft.lead_image.or(mended.lead_image);
        draft.bodies.push(Body { kind: BodyKind::Page, html: with_picture(mended.html, fed.as_ref()) });
    }
    describe(&mut draft);
    draft
}

/// Makes an article of a page alone, as for saved pages.
pub fn article_from_page(page: &ExtractedPage, now: UnixMillis) -> ArticleDraft {
    let mended = mended_page(page, &page.title, page_date(page, now), now);
    let title = mended.as_ref().and_then(|mended| mended.title.as_deref()).unwrap_or(&page.title);
    let mut draft = ArticleDraft {
        keys: page_keys(page),
        guid: None,
        url: Some(page.url.clone()),
        title: shorten(title, LONGEST_TITLE),
        author: page.author.as_deref().map(|author| shorten(author, LONGEST_AUTHOR)),
        site_name: page.site_name.clone(),
        published: None,
        published_text: None,
        dates: None,
        language: page.language.clone(),
        excerpt: String::new(),
        words: 0,
        cjk_chars: 0,
        lead_image: page.lead_image.clone(),
        completeness: page.completeness,
        enclosures: Vec::new(),
        categories: Vec::new(),
        comments_url: None,
        bodies: Vec::new(),
        choice: BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::OnlyOne },
    };
    draft.date_by(page_dates(page, mended.as_ref(), now), now);
    draft.published_text = draft.published_text.or_else(|| page.published_text.clone());
    if let Some(mended) = mended {
        draft.lead_image = draft.lead_image.or(mended.lead_image);
        draft.author = draft.author.or(mended.author);
        draft.bodies.push(Body { kind: BodyKind::Page, html: mended.html });
    }
    describe(&mut draft);
    if draft.excerpt.is_empty() {
        draft.excerpt = page.description.clone().unwrap_or_default();
    }
    draft
}

/// A page is known by its address, as an entry without a guid is.
fn page_keys(page: &ExtractedPage) -> Keys {
    let mut entries = vec![Entry { url: Some(page.url.clone()), title: page.title.clone(), ..Entry::default() }];
    identify(&mut entries, None);
    entries.first().map(|entry| entry.keys).unwrap_or_default()
}

fn page_date(page: &ExtractedPage, now: UnixMillis) -> Option<UnixMillis> {
    // Which clock a date means is told by the language; where the page does not say it, its title does.
    let told = page.language.is_none().then(|| language::detect(None, &page.title, "")).flatten();
    let context = DateContext { language: page.language.as_ref().or(told.as_ref()), ..page_context(page, now) };
    page.published_text.as_deref().and_then(|text| parse_date(text, &context))
}

fn page_context(page: &ExtractedPage, now: UnixMillis) -> DateContext<'_> {
    DateContext { language: page.language.as_ref(), host: Some(page.url.host()), now }
}

/// What a page says of its date, in its head and above its text.
fn page_dates(page: &ExtractedPage, mended: Option<&Normalised>, now: UnixMillis) -> GivenDates {
    let context = page_context(page, now);
    let said = GivenDate::new(page_date(page, now), page.published_text.as_deref());
    let line = first_line(mended.and_then(|mended| mended.date_line.as_deref()), &context);
    // Where nothing else says a day, the address may hold it.
    let of_address = || first_line(day_of_address(&page.url).as_deref(), &context);
    let said = said.or_else(|| if line.is_none() { of_address() } else { None });
    GivenDates { feed: None, page: said, line }
}

fn first_line(text: Option<&str>, context: &DateContext<'_>) -> Option<GivenDate> {
    GivenDate::new(text.and_then(|text| parse_date(text, context)), text)
}

fn mended_page(
    page: &ExtractedPage,
    title: &str,
    published: Option<UnixMillis>,
    now: UnixMillis,
) -> Option<Normalised> {
    let facts = Facts {
        title,
        url: Some(&page.url),
        base: None,
        source_title: page.site_name.as_deref().unwrap_or_default(),
        published,
        language: page.language.as_ref(),
        now,
    };
    page.body.as_deref().map(|body| normalise(body, &facts)).filter(|mended| !mended.html.trim().is_empty())
}

/// Which of two bodies is shown, and why: the feed's own if it is no teaser, else the page's.
pub fn choose(feed: Option<&str>, page: Option<&str>, preference: BodyPreference) -> BodyChoice {
    let (shown, reason) = match (feed, page, preference) {
        (Some(_), None, BodyPreference::Feed) | (None, None, _) => (BodyKind::Feed, ChoiceReason::OnlyOne),
        (Some(_), None, _) => (BodyKind::Feed, ChoiceReason::PageEmpty),
        (None, Some(_), _) => (BodyKind::Page, ChoiceReason::OnlyOne),
        (Some(_), Some(_), BodyPreference::Feed) => (BodyKind::Feed, ChoiceReason::Preference),
        (Some(_), Some(_), BodyPreference::Page) => (BodyKind::Page, ChoiceReason::Preference),
        (Some(feed), Some(page), BodyPreference::Automatic) => {
            if is_whole(feed) || characters(feed) * 10 >= characters(page) * 8 {
                (BodyKind::Feed, ChoiceReason::FeedComplete)
            } else {
                (BodyKind::Page, ChoiceReason::FeedIsTeaser)
            }
        }
    };
    BodyChoice { shown, reason }
}

fn characters(html: &str) -> usize {
    Prose::read(html).text.trim_end().chars().count()
}

/// Whether a feed's text is long enough to be the whole article and does not say that it goes on elsewhere.
fn is_whole(html: &str) -> bool {
    // Tags only add bytes: what is short with them is short without.
    if html.len() <= WHOLE_TEXT {
        return false;
    }
    let prose = Prose::read(html);
    let text = prose.text.trim_end();
    let last = text.lines().next_back().unwrap_or_default().to_lowercase();
    let goes_on = GOES_ON.iter().any(|end| last.ends_with(end));
    !goes_on && text.chars().count() > WHOLE_TEXT
}

/// Fills in what is told from the shown body: length, excerpt, language.
fn describe(draft: &mut ArticleDraft) {
    let shown = draft.bodies.iter().find(|body| body.kind == draft.choice.shown);
    let prose = Prose::read(shown.map_or("", |body| body.html.as_str()));
    let length = prose.length();
    draft.words = length.words;
    draft.cjk_chars = length.cjk_chars;
    draft.excerpt = prose.excerpt(&draft.title);
    draft.language = language::detect(draft.language.as_ref(), &draft.title, &prose.text);
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => text[..end].to_owned(),
    }
}

#[cfg(test)]
mod tests;
