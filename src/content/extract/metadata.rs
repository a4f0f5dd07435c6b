//! What a page says about itself: title, author, date, site, language, pictures, canonical address.

use std::collections::HashMap;

use dom_query::{Document, NodeRef};

use super::names::speaks_of;
use super::structured::Structured;
use super::{author, when};
use crate::content::text;
use crate::domain::{Language, WebUrl};
use crate::feed::text::decode_references;

/// What the page says, each part from the most reliable place that has it.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) canonical: Option<WebUrl>,
    pub(super) title: Option<String>,
    /// What a browser writes above the page.
    pub(super) window: String,
    pub(super) headline: Option<String>,
    pub(super) author: Option<String>,
    pub(super) published_text: Option<String>,
    pub(super) site_name: Option<String>,
    pub(super) language: Option<Language>,
    pub(super) lead_image: Option<WebUrl>,
    pub(super) description: Option<String>,
    /// Whether the page counts itself to what only subscribers may read.
    pub(super) is_locked: bool,
    /// Its greatest headings, without the name of the site.
    pub(super) headings: Vec<String>,
    /// The only one of the greatest level.
    pub(super) greatest: Option<String>,
}

/// Marks at the end of a heading that lead to it.
const PERMALINKS: &[char] = &['¶', '#', '§', '🔗', '\u{f0c1}', ' ', '\n'];

/// Marks that belong to the title that they begin.
const OPENING: &[char] =
    &['“', '"', '‘', '\'', '«', '「', '『', '《', '【', '〈', '(', '（', '[', '¿', '¡', '#', '$', '€', '£'];

/// The longest name of a site that is joined to a title by a hyphen, in characters.
const LONGEST_NAME: usize = 12;

/// So many headings of a page may say what its title is.
const MOST_HEADINGS: usize = 40;

const TITLES: &[&str] = &["og:title", "twitter:title", "parsely-title", "dc.title", "dcterms.title", "sailthru.title"];
const DATES: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "article.published",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "dcterms.date",
    "dc.date",
    "dc.date.created",
    "citation_publication_date",
    "citation_online_date",
    "citation_date",
    "bt:pubdate",
    "cxenseparse:recs:publishtime",
    "weibo: article:create_at",
    "apub:time",
    "og:release_date",
    "date",
    "article_date_original",
    "originalpublicationdate",
    "created",
    "release_date",
];
/// What a page says once for each of its authors.
const MANY: &[&str] =
    &["author", "article:author", "citation_author", "dc.creator", "dc.contributor", "dcterms.creator"];
const PICTURES: &[&str] =
    &["og:image:secure_url", "og:image:url", "og:image", "twitter:image", "twitter:image:src", "thumbnail"];
const DESCRIPTIONS: &[&str] = &["og:description", "twitter:description", "description", "dc.description"];

/// Reads what `document` says. Addresses resolve against `base`.
pub(super) fn read(document: &Document, structured: &Structured, base: &WebUrl) -> Said {
    let metas = metas(document);
    let first = |keys: &[&str]| keys.iter().find_map(|key| metas.get(*key)).map(|value| line(value));
    let address = |text: &str| base.join(text).ok();
    let language = language(document, &metas, structured);
    let headings = |level: &str| -> Vec<String> {
        let found = document.select(level);
        let own = found.nodes().iter().take(MOST_HEADINGS).filter(|heading| !names_the_site(heading));
        own.map(|heading| line(heading.text().trim_end_matches(PERMALINKS))).filter(|text| !text.is_empty()).collect()
    };
    let window = line(&document.select_single("title").text());
    let mut greatest = headings("h1");
    if greatest.is_empty() {
        greatest = headings("h2");
    }
    Said {
        canonical: canonical(document, base, metas.get("og:url").map(String::as_str)),
        title: first(TITLES).or_else(|| Some(window.clone()).filter(|title| !title.is_empty())),
        window,
        headline: structured.headline.as_deref().map(line),
        author: author::read(document, structured, &metas),
        published_text: structured
            .published
            .as_deref()
            .map(line)
            .or_else(|| first(DATES))
            .or_else(|| of_kind(&metas, says_publication).map(line))
            .filter(|text| text.bytes().any(|b| b.is_ascii_digit()))
            .map(|text| when::with_time(text, document))
            .or_else(|| when::find(document, language.as_ref(), base)),
        site_name: first(&["og:site_name", "application-name"])
            .or_else(|| structured.publisher.as_deref().map(line))
            .filter(|name| !name.is_empty() && name.chars().count() <= 100),
        language,
        lead_image: first(PICTURES).or_else(|| structured.image.clone()).as_deref().and_then(address),
        description: first(DESCRIPTIONS)
            .or_else(|| structured.description.as_deref().map(line))
            .filter(|d| !d.is_empty()),
        is_locked: ["article:content_tier", "og:article:content_tier"]
            .iter()
            .any(|key| metas.get(*key).is_some_and(|tier| tier.eq_ignore_ascii_case("locked"))),
        headings: headings("h1, h2, h3, h4"),
        greatest: if let [only] = &greatest[..] { Some(only.clone()) } else { None },
    }
}

/// The title: what the page calls itself in public, unless the extractor found a longer form of the same. Where a heading
/// of the page says the same without what stands before or behind a mark, that is the name of the site or of a part of it.
pub(super) fn title(found: Option<&str>, said: &Said, url: &WebUrl) -> String {
    let found = found.map(line).filter(|title| !title.is_empty());
    let title = found.or_else(|| said.title.clone()).or_else(|| said.headline.clone()).unwrap_or_default();
    let whole = said.title.as_deref().filter(|whole| whole.starts_with(&title)).unwrap_or_default();
    let behind = said.greatest.as_deref().and_then(|heading| {
        behind_mark(&title, heading, said).or_else(|| behind_mark(whole, heading, said)).map(str::to_owned)
    });
    let title = behind.or_else(|| end_of_path(&title, said)).unwrap_or(title);
    if let Some(heading) = said.greatest.as_ref().filter(|_| names_no_text(&title)) {
        return heading.clone();
    }
    let shorter =
        said.headings.iter().chain(&said.headline).find(|heading| is_title_before_mark(&title, heading, said, url));
    shorter.cloned().unwrap_or(title)
}

/// Whether a title only says where in its site a page is.
fn names_no_text(title: &str) -> bool {
    ["home", "homepage", "startseite", "accueil", "inicio", "index", "untitled", "首页"]
        .iter()
        .any(|name| title.trim().eq_ignore_ascii_case(name))
}

/// The last part of a title that is the way to the page, if a heading says the same: “Site » Archive » Story”.
fn end_of_path(title: &str, said: &Said) -> Option<String> {
    let (before, last) = title.rsplit_once(['»', '›'])?;
    let is_heading = |text: &str| said.headings.iter().any(|heading| heading == text.trim());
    let first = before.split(['»', '›']).next().unwrap_or_default();
    // “Story » Part » Site” goes the other way.
    let leads_down = !is_heading(first) || first.len() < before.len() && first.len() < last.len();
    (last.trim().chars().count() >= 4 && is_heading(last) && leads_down).then(|| last.trim().to_owned())
}

/// The end of `title` that begins with its page's one greatest heading, if what stands before is something else.
fn behind_mark<'a>(title: &'a str, heading: &str, said: &Said) -> Option<&'a str> {
    let heading = heading.trim_start_matches(|c: char| !c.is_alphanumeric() && !OPENING.contains(&c));
    let (before, _) = title.split_once(heading).filter(|_| heading.chars().count() >= 4)?;
    let name = before.trim_end();
    let is_whole = title.len() == before.len() + heading.len();
    // “Sport: Story”, where the heading is the story alone.
    let is_section = is_whole && before.ends_with(": ") && !name.contains(' ');
    let is_marked = is_section
        || name.len() < before.len() && name.ends_with(['|', '｜', '-', '–', '—', '·', '•', '»', '›'])
        || name.ends_with([':', '：', '|', '｜'])
            && said.site_name.as_deref().is_some_and(|site| text::essence(site).eq(text::essence(name)));
    let is_heading = || said.headings.iter().any(|other| text::essence(other).eq(text::essence(name)));
    (is_marked && name.chars().any(char::is_alphanumeric) && !is_heading()).then(|| &title[before.len()..])
}

/// Whether `title` is `heading`, a mark, and something that is no heading itself.
fn is_title_before_mark(title: &str, heading: &str, said: &Said, url: &WebUrl) -> bool {
    let Some(rest) = title.strip_prefix(heading) else { return false };
    let is_greatest = said.greatest.as_deref() == Some(heading);
    let spaced = rest.starts_with(' ');
    let rest = rest.trim_start();
    let marks: &[char] = if spaced {
        &['|', '｜', '-', '–', '—', '－', '·', '•', '_', '»', '丨', '#']
    } else {
        &['|', '｜', '_', '丨']
    };
    let is_colon = is_greatest
        && (rest.starts_with('：') || spaced && rest.starts_with(": "))
        && rest.chars().count() < heading.chars().count();
    let is_marked = rest.starts_with(marks) || is_colon || (!heading.is_ascii() && rest.starts_with("--"));
    // A title in Chinese has no hyphens of its own; behind one stands a name of a few characters.
    let is_joined = !spaced
        && rest.starts_with('-')
        && (heading.chars().next_back().is_some_and(|c| !c.is_ascii() && !c.is_lowercase())
            || is_greatest && heading.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)))
        && rest.chars().count() <= LONGEST_NAME;
    let is_marked = is_marked || is_joined;
    let is_doubled = heading.is_ascii() && rest.starts_with("--");
    let rest = rest.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // Of “Site - Story” the second half is a heading, too, and longer than the first.
    let may_be_story = !is_greatest || rest.chars().count() >= heading.chars().count();
    let is_story = |other: &str| {
        let other = other.to_lowercase();
        may_be_story && other.chars().count() >= 4 && (other.contains(&rest) || rest.contains(&other))
    };
    let own = |name: &str| text::essence(name).eq(text::essence(heading));
    is_marked
        && !is_doubled
        && heading.chars().count() >= 4
        && !rest.is_empty()
        && !said.headings.iter().any(|other| other != heading && is_story(other))
        && !said.site_name.as_deref().is_some_and(own)
        && !url.site().split('.').any(own)
}

/// Whether a heading is the name of the site: a link to its front page, or one that its class says to be so.
fn names_the_site(heading: &NodeRef<'_>) -> bool {
    let named = |node: &NodeRef<'_>| speaks_of(node, &["site-", "logo", "brand", "blog-title"]);
    // The path of the front page is a slash or nothing.
    let is_home = |href: &str| {
        href == "/"
            || href.split("://").nth(1).is_some_and(|rest| rest.split_once('/').is_none_or(|(_, path)| path.is_empty()))
    };
    let leads_home = heading.descendants_it().any(|node| node.attr("href").is_some_and(|href| is_home(&href)));
    leads_home || std::iter::once(*heading).chain(heading.ancestors_it(Some(2))).any(|node| named(&node))
}

/// `meta` elements by property or name, in lower case; the first of each wins, [`MANY`] are joined.
fn metas(document: &Document) -> HashMap<String, String> {
    let mut metas: HashMap<String, String> = HashMap::new();
    for node in document.select("meta").nodes().iter().take(500) {
        // Some pages write “value” for “content”.
        let content = node.attr("content").or_else(|| node.attr("value"));
        let Some(content) = content.filter(|content| !content.trim().is_empty()) else { continue };
        let names = ["property", "name", "itemprop", "http-equiv"].iter().filter_map(|key| node.attr(key));
        for name in names.take(2) {
            let name = name.trim().to_ascii_lowercase();
            let known = metas.entry(name.clone()).or_default();
            if known.is_empty() {
                known.push_str(content.trim());
            } else if MANY.contains(&&*name) && known.len() < 200 && !known.contains(content.trim()) {
                known.push_str(", ");
                known.push_str(content.trim());
            }
        }
    }
    metas
}

/// The value of the first name, by the alphabet, that is of a kind: systems put names of their own before the usual ones.
pub(super) fn of_kind(metas: &HashMap<String, String>, is_of_kind: fn(&str) -> bool) -> Option<&str> {
    metas.iter().filter(|(name, _)| is_of_kind(name)).min().map(|(_, value)| value.as_str())
}

/// `rnews:datePublished`, `shareaholic:article_published_time`, `cms.pubdate`.
fn says_publication(name: &str) -> bool {
    name.ends_with("pubdate") || name.contains("publish") && (name.contains("date") || name.contains("time"))
}

fn canonical(document: &Document, base: &WebUrl, graph: Option<&str>) -> Option<WebUrl> {
    let link = document.select_single("link[rel=\"canonical\"][href]").attr("href");
    let candidates = [link.as_deref(), graph];
    // Sites that give every page the address of their front page are not believed, nor those that forgot the path.
    let is_front = |url: &WebUrl| url.as_url().path() == "/" && url.as_url().query().is_none();
    candidates
        .into_iter()
        .flatten()
        .filter(|text| !text.trim().is_empty())
        .filter_map(|text| base.join(text).ok())
        .find(|url| !is_front(url) || is_front(base))
}

fn language(document: &Document, metas: &HashMap<String, String>, structured: &Structured) -> Option<Language> {
    let html = document.select_single("html");
    html.attr("lang")
        .or_else(|| html.attr("xml:lang"))
        .as_deref()
        .and_then(Language::parse)
        .or_else(|| metas.get("content-language").and_then(|tag| Language::parse(tag)))
        .or_else(|| structured.language.as_deref().and_then(Language::parse))
        .or_else(|| metas.get("og:locale").and_then(|tag| Language::parse(tag)))
}

/// One line of plain text, references decoded.
pub(super) fn line(text: &str) -> String {
    let decoded = decode_references(text);
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}
