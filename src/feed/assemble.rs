//! From texts as they stood in the document to values that the rest of the house can use: addresses resolved, dates
//! read, titles and names made plain, everything held within its limit.

use std::borrow::Cow;

use super::dates::{DateContext, parse_date};
use super::identity;
use super::parse::ParseContext;
use super::raw::{RawEnclosure, RawEntry, RawFeed, RawLink, RawPerson, RawText};
use super::text::{collapse, cut, head, html_line_to_text, text_to_html, undo_double_utf_8};
use crate::domain::{
    Enclosure, Entry, FeedDocument, FeedFormat, FeedWarning, Language, ScheduleHints, UnixMillis, WebUrl,
};

const LONGEST_TITLE: usize = 1024;
const LONGEST_NAME: usize = 256;
const LONGEST_DATE: usize = 128;
const LONGEST_GUID: usize = 2048;
const LONGEST_BODY: usize = 1 << 20;
const MOST_ENCLOSURES: usize = 50;
const MOST_CATEGORIES: usize = 50;
/// No file of a feed is larger than a tebibyte; a greater length is a mistake.
const LARGEST_FILE: u64 = 1 << 40;

/// Makes a document of what a reader found. `warnings` are those of the reader.
pub(crate) fn assemble(raw: RawFeed<'_>, ctx: &ParseContext<'_>, mut warnings: Vec<FeedWarning>) -> FeedDocument {
    let site_url = raw.link.as_ref().and_then(|link| resolve(link, ctx.url)).map(|url| url.without_tracking());
    let language = raw.language.as_deref().and_then(Language::parse);
    let dates = DateContext { language: language.as_ref(), host: Some(ctx.url.host()), now: ctx.now };
    // RFC 4287 leaves no doubt for Atom. RSS says nothing, and the site is what authors have in mind.
    let base = match (raw.format, &site_url) {
        (FeedFormat::Atom | FeedFormat::Json, _) | (_, None) => ctx.url,
        (_, Some(site)) => site,
    };
    let title = raw.title.as_ref().map(|title| line(title, LONGEST_TITLE)).unwrap_or_default();
    let author = names(&raw.authors);
    let feed_author = author.clone().filter(|author| *author != title);
    let assembler = Assembler { base, site: site_url.as_ref(), feed_author, dates };
    let total = raw.entries.len();
    let mut cut_bodies = 0;
    let mut entries: Vec<Entry> = newest(raw.entries, ctx.max_entries, &dates)
        .into_iter()
        .map(|entry| assembler.entry(entry, &mut cut_bodies))
        .collect();
    let left_out = total - entries.len();
    let repeated = identity::identify(&mut entries, site_url.as_ref());
    if left_out > 0 {
        warnings.push(FeedWarning::TooManyEntries(u32::try_from(left_out).unwrap_or(u32::MAX)));
    }
    if cut_bodies > 0 {
        warnings.push(FeedWarning::CutBodies(cut_bodies));
    }
    FeedDocument {
        format: raw.format,
        title,
        self_url: raw.self_link.as_ref().and_then(|link| resolve(link, ctx.url)),
        description: raw.description.map(|text| line(&text, LONGEST_TITLE)).filter(|text| !text.is_empty()),
        author,
        icon: raw.icon.as_ref().or(raw.logo.as_ref()).and_then(|link| resolve(link, base)),
        updated: raw.updated.as_deref().and_then(|text| parse_date(text, &dates)),
        schedule: schedule(raw.ttl_minutes.as_deref(), raw.update_period.as_deref(), raw.update_frequency.as_deref()),
        entries,
        repeated: u32::try_from(repeated).unwrap_or(u32::MAX),
        warnings,
        site_url,
        language,
    }
}

/// At most `limit` entries: the newest if all are dated, else the first; in document order either way.
fn newest<'a>(mut entries: Vec<RawEntry<'a>>, limit: usize, dates: &DateContext<'_>) -> Vec<RawEntry<'a>> {
    if entries.len() <= limit {
        return entries;
    }
    let dated: Option<Vec<(UnixMillis, usize)>> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| published(entry, dates).0.map(|published| (published, at)))
        .collect();
    let Some(mut dated) = dated else {
        entries.truncate(limit);
        return entries;
    };
    // Of entries with one date the first ones are the newest.
    dated.sort_unstable_by_key(|(published, at)| (std::cmp::Reverse(*published), *at));
    let mut kept = vec![false; entries.len()];
    for (_, at) in dated.into_iter().take(limit) {
        kept[at] = true;
    }
    let mut kept = kept.into_iter();
    entries.retain(|_| kept.next().unwrap_or(false));
    entries
}

/// The date of an entry and the text that it was read from: the first usable one, else the first one at all.
fn published<'a>(entry: &'a RawEntry<'_>, dates: &DateContext<'_>) -> (Option<UnixMillis>, Option<&'a str>) {
    let texts = [&entry.published, &entry.other_date, &entry.updated];
    let mut texts = texts.into_iter().filter_map(|text| text.as_deref());
    let Some(first) = texts.next() else { return (None, None) };
    std::iter::once(first)
        .chain(texts)
        .find_map(|text| parse_date(text, dates).map(|at| (Some(at), Some(text))))
        .unwrap_or((None, Some(first)))
}

struct Assembler<'a> {
    /// What relative addresses resolve against where no `xml:base` says otherwise.
    base: &'a WebUrl,
    site: Option<&'a WebUrl>,
    /// Who wrote what names no author of its own, nor its source (RFC 4287, section 4.2.1); left out where it only
    /// repeats the feed's title.
    feed_author: Option<String>,
    dates: DateContext<'a>,
}

impl Assembler<'_> {
    fn entry(&self, mut raw: RawEntry<'_>, cut_bodies: &mut u32) -> Entry {
        let (published, published_text) = published(&raw, &self.dates);
        let published_text = published_text.map(|text| cut(text.to_owned(), LONGEST_DATE));
        let updated = raw.updated.as_deref().and_then(|text| parse_date(text, &self.dates));
        let guid = raw.guid.take().filter(|guid| !guid.is_empty());
        let url = raw
            .original_link
            .as_ref()
            .or(raw.link.as_ref())
            .and_then(|link| resolve(link, self.base))
            // A guid is a link too, but only a whole one.
            .or_else(|| guid.as_deref().filter(|_| raw.guid_is_link).and_then(|guid| WebUrl::parse(guid.trim()).ok()))
            .map(|url| url.without_tracking());
        let title = [&raw.title, &raw.other_title]
            .into_iter()
            .flatten()
            .map(|title| line(title, LONGEST_TITLE))
            .find(|title| !is_invisible(title))
            .unwrap_or_default();
        if raw.summary.is_none() {
            raw.summary = raw.other_text.take();
        }
        if let (Some(original), Some(first)) = (raw.original_enclosure.take(), raw.enclosures.first_mut()) {
            first.link = original;
        }
        let text_base = [&raw.content, &raw.summary].into_iter().flatten().next().and_then(|text| text.base.clone());
        let base = text_base
            .or(raw.base)
            .or_else(|| url.clone())
            .or_else(|| self.site.cloned())
            .unwrap_or_else(|| self.base.clone());
        let mut was_cut = false;
        let content = raw.content.map(|text| body(text, &mut was_cut));
        let summary = raw.summary.map(|text| body(text, &mut was_cut));
        *cut_bodies += u32::from(was_cut);
        let author = names(&raw.authors)
            .or_else(|| raw.other_author.map(|name| name_line(&name)))
            .or_else(|| names(&raw.source_authors))
            .or_else(|| self.feed_author.clone());
        Entry {
            keys: crate::domain::Keys::default(),
            guid: guid.map(|guid| identity::short_guid(&guid, LONGEST_GUID)),
            title,
            author: author.filter(|author| !author.is_empty()),
            published,
            updated,
            published_text,
            summary,
            content,
            language: raw.language.as_deref().and_then(Language::parse),
            enclosures: self.enclosures(&raw.enclosures, raw.duration.as_deref()),
            categories: categories(&raw.categories),
            image: raw.image.as_ref().and_then(|picture| resolve(&picture.link, self.base)),
            image_width: raw.image.as_ref().and_then(|picture| picture.width),
            comments_url: raw.comments.as_ref().and_then(|link| resolve(link, self.base)),
            base: Some(base),
            url,
        }
    }

    fn enclosures(&self, raw: &[RawEnclosure<'_>], duration: Option<&str>) -> Vec<Enclosure> {
        let mut enclosures: Vec<Enclosure> = Vec::new();
        for file in raw {
            let Some(url) = resolve(&file.link, self.base) else { continue };
            if enclosures.len() >= MOST_ENCLOSURES || enclosures.iter().any(|known| known.url == url) {
                continue;
            }
            let first = enclosures.is_empty();
            enclosures.push(Enclosure {
                url,
                media_type: file.media_type.as_deref().map(|kind| cut(kind.to_ascii_lowercase(), LONGEST_NAME)),
                length: file
                    .length
                    .as_deref()
                    .and_then(|length| length.replace(',', "").parse().ok())
                    .filter(|length| (1..=LARGEST_FILE).contains(length)),
                title: file.title.as_deref().map(|title| cut(html_line_to_text(title), LONGEST_NAME)),
                seconds: file.duration.as_deref().or(duration.filter(|_| first)).and_then(playing_time),
            });
        }
        enclosures
    }
}

/// A length in seconds, from `3600`, `62:30`, `1:02:30` or `75.4`.
fn playing_time(text: &str) -> Option<u32> {
    let mut seconds = 0_u32;
    for part in text.trim().split(':').take(3) {
        let whole = part.split(['.', ',']).next().unwrap_or_default();
        seconds = seconds.checked_mul(60)?.checked_add(whole.trim().parse().ok()?)?;
    }
    (seconds > 0).then_some(seconds)
}

fn categories(raw: &[Cow<'_, str>]) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for category in raw {
        let category = cut(html_line_to_text(&undo_double_utf_8(head(category))), LONGEST_NAME);
        if !category.is_empty() && !categories.contains(&category) && categories.len() < MOST_CATEGORIES {
            categories.push(category);
        }
    }
    categories
}

/// The address of a link, if it is one of the web.
fn resolve(link: &RawLink<'_>, base: &WebUrl) -> Option<WebUrl> {
    let href = link.href.trim();
    if href.is_empty() {
        return None;
    }
    let base = link.base.as_ref().unwrap_or(base);
    // `site.example/page`: no folder is called like its site, the scheme was forgotten.
    let first = href.split(['/', '?', '#']).next().unwrap_or_default();
    let is_bare = first.contains('.') && first.to_ascii_lowercase().trim_start_matches("www.") == base.site();
    if is_bare { base.join(&format!("//{href}")) } else { base.join(href) }.ok()
}

/// A text as one plain line.
fn line(text: &RawText<'_>, limit: usize) -> String {
    let value = undo_double_utf_8(head(&text.value));
    let value = &*value;
    cut(if text.html { html_line_to_text(value) } else { collapse(value) }, limit)
}

/// Whether nothing of a line can be seen: only white space, joiners and marks of direction.
fn is_invisible(line: &str) -> bool {
    line.chars().all(|c| {
        c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    })
}

/// A body as HTML, at most [`LONGEST_BODY`] bytes.
fn body(text: RawText<'_>, was_cut: &mut bool) -> String {
    let value = match undo_double_utf_8(&text.value) {
        Cow::Borrowed(_) => text.value,
        Cow::Owned(repaired) => Cow::Owned(repaired),
    };
    let mut html = if text.html { value.into_owned() } else { text_to_html(&value) };
    if html.len() > LONGEST_BODY {
        *was_cut = true;
        html.truncate(html.floor_char_boundary(LONGEST_BODY));
        // Not in the middle of a tag: half an address would be another address.
        if let Some(open) = html.rfind('<')
            && html[open..].find('>').is_none()
        {
            html.truncate(open);
        }
    }
    html
}

/// The names of some people, joined by commas.
fn names(people: &[RawPerson<'_>]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for person in people.iter().take(MOST_CATEGORIES) {
        let name = if person.name.trim().is_empty() { &person.email } else { &person.name };
        let name = name_line(name);
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| cut(names.join(", "), LONGEST_NAME))
}

/// A name without the mail address that RSS wants with it: `ann@example.org (Ann)` and `Ann <ann@example.org>`.
fn name_line(text: &str) -> String {
    let text = html_line_to_text(&undo_double_utf_8(head(text)));
    let is_address = |part: &str| part.contains('@') && !part.trim().contains(' ');
    for (open, close) in [('(', ')'), ('<', '>')] {
        let Some((before, rest)) = text.split_once(open) else { continue };
        let Some((inside, after)) = rest.rsplit_once(close) else { continue };
        if !after.trim().is_empty() {
            continue;
        }
        let (before, inside) = (before.trim(), inside.trim());
        if is_address(inside) && !before.is_empty() {
            return cut(before.to_owned(), LONGEST_NAME);
        }
        if is_address(before) && !inside.is_empty() {
            return cut(inside.to_owned(), LONGEST_NAME);
        }
    }
    cut(text, LONGEST_NAME)
}

/// RSS `ttl` in minutes; else the syndication module: a period, and how often in it.
fn schedule(ttl: Option<&str>, period: Option<&str>, frequency: Option<&str>) -> ScheduleHints {
    let ttl = ttl.and_then(|text| text.trim().parse::<i64>().ok()).filter(|minutes| *minutes > 0);
    if let Some(minutes) = ttl {
        return ScheduleHints { interval_millis: Some(minutes.saturating_mul(UnixMillis::MINUTE)) };
    }
    let period = match period.map(|period| period.trim().to_ascii_lowercase()).as_deref() {
        Some("hourly") => UnixMillis::HOUR,
        Some("daily") => UnixMillis::DAY,
        Some("weekly") => 7 * UnixMillis::DAY,
        Some("monthly") => 30 * UnixMillis::DAY,
        Some("yearly") => 365 * UnixMillis::DAY,
        _ => return ScheduleHints::default(),
    };
    let frequency = frequency.and_then(|text| text.trim().parse::<i64>().ok()).filter(|times| *times > 0).unwrap_or(1);
    ScheduleHints { interval_millis: Some(period / frequency) }
}
