//! From an entry or a page to an article ready to be stored.

use super::extract::ExtractedPage;
use crate::domain::{
    ArticleDraft, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, Completeness, Entry, Keys, Language,
    UnixMillis, WebUrl,
};

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

/// Makes an article of a feed's entry.
pub fn article_from_entry(entry: &Entry, source: &Source<'_>, now: UnixMillis) -> ArticleDraft {
    let _ = (source, now);
    let html = entry.content.clone().or_else(|| entry.summary.clone());
    ArticleDraft {
        keys: entry.keys,
        guid: entry.guid.clone(),
        url: entry.url.clone(),
        title: entry.title.clone(),
        author: entry.author.clone(),
        site_name: None,
        published: entry.published,
        published_text: entry.published_text.clone(),
        language: entry.language.clone(),
        excerpt: String::new(),
        words: 0,
        cjk_chars: 0,
        lead_image: entry.image.clone(),
        completeness: Completeness::Whole,
        enclosures: entry.enclosures.clone(),
        categories: entry.categories.clone(),
        comments_url: entry.comments_url.clone(),
        bodies: html.map(|html| Body { kind: BodyKind::Feed, html }).into_iter().collect(),
        choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
    }
}

/// Whether the page of an article should be fetched: where it can help, or where the subscription says so.
pub fn needs_page(draft: &ArticleDraft, preference: BodyPreference) -> bool {
    draft.url.is_some() && preference == BodyPreference::Page
}

/// Adds to an article what its page holds, and chooses between the two bodies.
pub fn with_page(
    mut draft: ArticleDraft,
    page: &ExtractedPage,
    preference: BodyPreference,
    now: UnixMillis,
) -> ArticleDraft {
    let _ = now;
    draft.choice = choose(None, page.body.as_deref(), preference);
    draft
}

/// Makes an article of a page alone, as for saved pages.
pub fn article_from_page(page: &ExtractedPage, now: UnixMillis) -> ArticleDraft {
    let entry = Entry { keys: Keys::default(), title: page.title.clone(), ..Entry::default() };
    article_from_entry(&entry, &Source::default(), now)
}

/// Which of two bodies is shown, and why.
pub fn choose(feed: Option<&str>, page: Option<&str>, preference: BodyPreference) -> BodyChoice {
    let _ = (feed, page, preference);
    BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne }
}
