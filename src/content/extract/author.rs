//! Who wrote a page: what it says to machines, else its byline.

use std::collections::HashMap;

use dom_query::{Document, NodeRef};

use super::metadata::{line, of_kind};
use super::names::speaks_of;
use super::signature::{author_beside, author_in_line};
use super::structured::Structured;
use super::when::{beside_title, is_of_others, named_texts};
use crate::content::text;

/// So many places that may be a byline are looked at.
const MOST_BYLINES: usize = 40;

const AUTHORS: &[&str] = &[
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor",
    "article_author",
    "article.author",
    "sailthru.author",
    "byl",
    "citation_author",
    "twitter:creator:name",
    "cxenseparse:author",
];

/// The author by what the page says to machines, else by its own byline. A site is nobody's name if there is another.
pub(super) fn read(document: &Document, structured: &Structured, metas: &HashMap<String, String>) -> Option<String> {
    let names = |key: &&str| metas.get(*key).map(String::as_str);
    let sites: Vec<&str> =
        ["og:site_name", "application-name"].iter().filter_map(names).chain(structured.publisher.as_deref()).collect();
    let is_site = |name: &str| sites.iter().any(|site| text::essence(site).eq(text::essence(name)));
    let of_structured = structured.author.as_deref().map(|all| {
        let people: Vec<&str> = all.split(", ").filter(|name| !is_site(name)).collect();
        if people.is_empty() { all.to_owned() } else { people.join(", ") }
    });
    let of_kind = of_kind(metas, |name| (name.ends_with("author") || name.ends_with("byline")) && name != "web_author");
    let stated = of_structured.as_deref().into_iter().chain(AUTHORS.iter().filter_map(names)).chain(of_kind);
    let stated: Vec<String> = stated.filter_map(clean_author).filter(|name| !is_keeper(name)).collect();
    let person = stated.iter().find(|name| !is_site(name)).cloned();
    person
        .or_else(|| author_of_card(metas))
        .or_else(|| author_of_links(document).filter(|name| !is_site(name)))
        .or_else(|| stated.into_iter().next())
        .or_else(|| named_texts(document).iter().find_map(|text| author_in_line(text)))
        .or_else(|| author_beside(&beside_title(document)))
}

/// Whether a name is that of the account which keeps a site, and nobody's.
pub(super) fn is_keeper(name: &str) -> bool {
    ["admin", "administrator", "webmaster"].iter().any(|keeper| name.eq_ignore_ascii_case(keeper))
}

/// The name under “Written by” in the card that a page gives to messengers.
fn author_of_card(metas: &HashMap<String, String>) -> Option<String> {
    const LABELS: &[&str] = &[
        "written by",
        "author",
        "verfasst von",
        "geschrieben von",
        "écrit par",
        "rédigé par",
        "escrito por",
        "scritto da",
        "geschreven door",
        "skriven av",
        "skrevet av",
        "napisane przez",
        "написано автором",
        "автор",
        "作者",
        "執筆者",
        "글쓴이",
        "كُتب بواسطة",
    ];
    let label = metas.get("twitter:label1")?.to_lowercase();
    LABELS.contains(&label.trim_end_matches([':', '：']).trim()).then(|| clean_author(metas.get("twitter:data1")?))?
}

/// The first byline of the page: links to authors that stand side by side, or what is marked as a name.
fn author_of_links(document: &Document) -> Option<String> {
    /// The last ones are links to the page of an author above a text, and of a member of a forum: of a thread the first post counts.
    const PLACES: &[&str] = &[
        "[itemprop=\"author\"] [itemprop=\"name\"]",
        "a[rel~=\"author\"]",
        ".vcard .fn",
        "[itemprop=\"author\"]",
        "[class*=\"byline\"] a[href*=\"/author\"]",
        "[class*=\"author-name\"], [class*=\"author__name\"], [class*=\"authorName\"], [class*=\"byline-name\"], [class*=\"byline__name\"]",
        ".submitted .username, .node__submitted .username, [rel~=\"sioc:has_creator\"] .username",
        "[class*=\"meta\"] a[href*=\"/author/\"], [class*=\"header\"] a[href*=\"/author/\"], article a[href*=\"/author/\"]",
        ".postauthor, a[class*=\"username\"][href*=\"member\"], a[class*=\"username\"][href*=\"profile\"], a[class*=\"username\"][href*=\"user\"]",
    ];
    PLACES.iter().find_map(|places| {
        let found = document.select(places);
        let first = found.nodes().iter().take(MOST_BYLINES).find(|node| !is_of_others(node))?;
        let beside = |node: &&NodeRef<'_>| node.parent().map(|p| p.id) == first.parent().map(|p| p.id);
        let mut names: Vec<String> = Vec::new();
        for name in found.nodes().iter().filter(beside).take(6).filter_map(name_in) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (!names.is_empty()).then(|| names.join(", "))
    })
}

/// The name in an element that says more: its first words that are one.
fn name_in(node: &NodeRef<'_>) -> Option<String> {
    let is_name = |name: &String| name.chars().count() <= 60;
    if let Some(content) = node.attr("content") {
        return clean_author(&content).filter(is_name);
    }
    if speaks_of(node, &["username", "postauthor"]) {
        // Members call themselves what they like.
        return clean_author(&node.text()).filter(is_name);
    }
    let mut pieces = node.descendants_it().filter(NodeRef::is_text).map(|piece| piece.text()).take(20);
    let name = pieces.find_map(|piece| of_byline(&piece).filter(is_name))?;
    // “Ida Lund (with Bo Rask)”
    let beside = pieces.map(|piece| line(&piece)).find(|piece| !piece.is_empty());
    let beside = beside.filter(|more| more.starts_with('(') && more.ends_with(')') && more.len() <= 100);
    Some(beside.map_or(name.clone(), |more| format!("{name} {more}")))
}

/// An author's name without “By” and the like; `None` if it is no name.
pub(super) fn clean_author(text: &str) -> Option<String> {
    let text = line(text);
    let mut name = text.as_str();
    for prefix in [
        "by ",
        "by: ",
        "text by ",
        "words by ",
        "story by ",
        "written by ",
        "posted by ",
        "published by ",
        "reported by ",
        "submitted by ",
        "author: ",
        "text von ",
        "geschrieben von ",
        "eingestellt von ",
        "veröffentlicht von ",
        "beitrag von ",
        "von ",
        "von: ",
        "publié par ",
        "écrit par ",
        "par ",
        "escrito por ",
        "publicado por ",
        "por ",
        "por: ",
        "di ",
        "автор: ",
        "автор ",
        "текст: ",
        "بقلم: ",
        "بقلم ",
        "كتب: ",
        "作者：",
        "作者:",
        "作者｜",
        "作者 ",
        "文：",
        "文/",
        "文｜",
        "文 | ",
        "撰文：",
        "撰文/",
        "撰文 ",
        "执笔：",
        "執筆：",
        "ライター：",
        "投稿者：",
        "投稿者 ",
        "著者：",
        "文＝",
        "本报记者",
        "记者",
        "記者",
    ] {
        if name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            name = name[prefix.len()..].trim_start();
        }
    }
    let name = without_mailbox(name).trim_matches([' ', ',', '，', '|', '·', '•', '-', '–', '：', ':', '｜', '/']);
    let name = name.strip_suffix(" 기자").or_else(|| name.strip_suffix(" 記者")).unwrap_or(name);
    let is_address = name.contains("://") || name.starts_with("www.") || name.starts_with('@');
    let length = name.chars().count();
    (!is_address && (1..=200).contains(&length) && name.chars().any(char::is_alphabetic)).then(|| name.to_owned())
}

/// What stands before a mailbox: “Ida Lund, ida@mill.example”, “Ida Lund (ida@mill.example)”.
fn without_mailbox(name: &str) -> &str {
    match name.rsplit_once([' ', ',', '，', '(', '（', '<']) {
        Some((before, last)) if before.contains(char::is_alphabetic) && is_mailbox(last) => {
            before.trim_end_matches([' ', '(', '（', '<'])
        }
        _ => name,
    }
}

fn is_mailbox(word: &str) -> bool {
    word.split_once('@').is_some_and(|(whose, place)| !whose.is_empty() && place.contains('.'))
}

/// How the last word of a name begins if it is the first of a date.
const MONTHS: &[&str] = &[
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "published",
    "updated",
    "posted",
];

/// What stood before a number, without the month that belongs to it.
pub(super) fn without_month(name: &str) -> &str {
    match name.rsplit_once(' ') {
        Some((before, last))
            if last.get(..3).is_some_and(|start| MONTHS.contains(&start.to_ascii_lowercase().as_str())) =>
        {
            before
        }
        _ => name,
    }
}

/// The author's name in a byline that the extractor found on the page, where dates, handles and labels stand around it.
pub(super) fn of_byline(text: &str) -> Option<String> {
    const NO_NAMES: &[&str] = &[
        "by",
        "von",
        "por",
        "par",
        "name",
        "author",
        "fail",
        "publiziert am",
        "submitted",
        "last updated",
        "published",
        "updated",
        "posted",
        "posted by",
        "admin",
        "著者",
        "作者",
        "記者",
        "记者",
        "글쓴이",
    ];
    let name = clean_author(text)?;
    // Before the colon stands a label in some language.
    let name = match name.split_once(':') {
        Some((label, rest))
            if !label.contains(' ')
                && label.chars().count() <= 12
                && !rest.contains(|c: char| c == ':' || c.is_ascii_digit()) =>
        {
            rest.trim()
        }
        _ => name.as_str(),
    };
    let end = name.find(|c: char| c.is_ascii_digit() || matches!(c, '@' | '|' | '·' | '•' | '»' | ':'));
    let is_address = end.is_some_and(|end| name[end..].starts_with('@') && name[end..].contains('.'));
    let mut name = name[..end.unwrap_or(name.len())].trim();
    // What stands before the mark of an address belongs to the address.
    if let Some((before, _)) = name.rsplit_once(' ').filter(|_| is_address) {
        name = before;
    }
    // “Jane Doe March 25, 2015”: what stood before the number is a month.
    if end.is_some() {
        name = without_month(name);
    }
    // What was cut inside parentheses leaves one of them.
    let name = if name.contains(')') { name } else { name.split('(').next().unwrap_or(name) };
    let name = name.trim_matches([' ', ',', '-', '–', '—', '*']);
    let name = name.strip_suffix(" 기자").unwrap_or(name);
    let is_name = !NO_NAMES.contains(&name.to_lowercase().as_str()) && name.chars().count() <= 80;
    (is_name && name.chars().count() > 1).then(|| name.to_owned())
}
