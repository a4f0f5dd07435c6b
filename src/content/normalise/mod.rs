//! Normalise: what feeds and relays put around a text is taken off, and pictures point to where they really are.
//!
//! Owns: the rules, each a small named function over one parsed tree. Does not own: bounding the input (done before),
//! finding the article in a page, and safety (done last, by [`clean`](super::clean)). Bounded HTML and the facts that
//! are known about the entry flow in; HTML with absolute addresses flows out, with what was read on the way: a date
//! line, an author, a shorter title, the first picture.

mod captions;
mod clutter;
mod dateline;
mod days;
mod pictures;
mod plain;
mod proxies;
mod scan;
mod tails;
#[cfg(test)]
mod tests;
mod titles;

use crate::content::tree::Fragment;
use crate::domain::{Language, UnixMillis, WebUrl};

/// What is known about the article whose body is normalised.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its title as plain text; may be empty.
    pub title: &'a str,
    /// The article's own page.
    pub url: Option<&'a WebUrl>,
    /// Against which relative addresses resolve; [`Facts::url`] stands in where it is missing.
    pub base: Option<&'a WebUrl>,
    /// The title of the feed or site, plain text; may be empty.
    pub source_title: &'a str,
    /// When it was published, where that is known already.
    pub published: Option<UnixMillis>,
    /// The language of the text, where it is known.
    pub language: Option<&'a Language>,
    /// The present moment.
    pub now: UnixMillis,
}

/// A body without its wrapping, and what the wrapping said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// The body: still untrusted, with absolute addresses.
    pub html: String,
    /// The date that stood above the text, as it was written there.
    pub date_line: Option<String>,
    /// The author that stood beside that date.
    pub author: Option<String>,
    /// The title without the name of its source; `None` if nothing had to be cut.
    pub title: Option<String>,
    /// The first picture of the body that is worth showing in a list.
    pub lead_image: Option<WebUrl>,
}

/// Applies every rule to bounded HTML.
///
/// Most bodies need none of them: a scan of the bytes finds those, and they are neither parsed nor copied twice.
pub fn normalise(html: &str, facts: &Facts<'_>) -> Normalised {
    let title = titles::cut_source_suffix(facts.title, facts.source_title, facts.url);
    let shown_title = title.as_deref().unwrap_or(facts.title);
    let as_paragraphs = plain::paragraphs_of_plain_text(html);
    let html = as_paragraphs.as_deref().unwrap_or(html);
    if !scan::may_apply(html) {
        let with_player = plain::add_player_of_page(html, facts.url);
        return Normalised { html: with_player.unwrap_or_else(|| html.to_owned()), title, ..Normalised::default() };
    }
    let mut fragment = Fragment::parse(html);
    pictures::load_lazy_pictures(&mut fragment);
    pictures::recover_noscript_pictures(&mut fragment);
    pictures::unwrap_picture_proxies(&mut fragment);
    if let Some(base) = facts.base.or(facts.url) {
        pictures::make_addresses_absolute(&mut fragment, base);
    }
    pictures::drop_tracking_pixels(&mut fragment);
    clutter::drop_ad_places(&mut fragment);
    clutter::drop_hidden_pieces(&mut fragment);
    titles::drop_repeated_title(&mut fragment, shown_title, facts.url);
    let byline = dateline::take_byline(&mut fragment, facts.published);
    titles::drop_repeated_title(&mut fragment, shown_title, facts.url);
    captions::join_captions(&mut fragment);
    captions::show_long_titles(&mut fragment);
    tails::cut_tails(&mut fragment, facts.url);
    plain::link_bare_addresses(&mut fragment);
    let lead_image = pictures::find_lead_image(&fragment);
    let html = fragment.to_html();
    let html = plain::add_player_of_page(&html, facts.url).unwrap_or(html);
    Normalised { html, date_line: byline.date, author: byline.author, title, lead_image }
}
