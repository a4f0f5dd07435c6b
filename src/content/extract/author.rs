//! Who wrote a page: what it says to machines, else its byline.

use std::collections::HashMap;

use dom_query::{Document, NodeRef};

use super::metadata::{line, of_kind};
use super::names::speaks_of;
use super::structured::Structured;
use super::when::{LATEST, beside_title, day_in, is_of_others, named_texts};
use crate::content::byline::{BETWEEN, reporter};
use crate::content::text::{self, Prose};
use crate::feed::dates::DateContext;

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
fn is_keeper(name: &str) -> bool {
    ["admin", "administrator", "webmaster"].iter().any(|keeper| name.eq_ignore_ascii_case(keeper))
}

/// The name in a line about the article, in whatever way it is written there.
fn author_in_line(text: &str) -> Option<String> {
    labelled_author(text).or_else(|| reporter_in(text)).or_else(|| signed_author(text)).or_else(|| author_of_day(text))
}

/// The name in the lines beside a title; “By” may stand in an element of its own.
fn author_beside(lines: &[String]) -> Option<String> {
    let by = |line: &str| BY.contains(&line.trim_matches([' ', '|', ':', '·', '-']).to_lowercase().as_str());
    let behind = lines.iter().position(|line| by(line)).and_then(|at| lines.get(at + 1));
    behind
        .and_then(|name| of_byline(name).filter(|name| is_person(name)))
        .or_else(|| lines.iter().find_map(|text| author_in_line(text)))
}

/// Words before the name of who wrote something.
const BY: &[&str] =
    &["by", "von", "par", "por", "di", "door", "av", "af", "przez", "autor", "author", "auteur", "автор", "著者"];

/// The name in a line that begins with “By”: “Posted by Ida Lund on May 4”, “Von Ida Lund am 4.5.2020”.
fn signed_author(text: &str) -> Option<String> {
    /// What people do before somebody is named.
    const DONE: &[&str] = &[
        "posted",
        "written",
        "submitted",
        "published",
        "created",
        "added",
        "reported",
        "text",
        "words",
        "story",
        "gespeichert",
        "geschrieben",
        "verfasst",
        "erstellt",
        "eingestellt",
        "veröffentlicht",
        "gepostet",
        "beitrag",
        "publié",
        "écrit",
        "rédigé",
        "publicado",
        "escrito",
        "pubblicato",
        "scritto",
        "geplaatst",
        "geschreven",
    ];
    /// What the line goes on with.
    const BEHIND: &[&str] = &["am", "on", "at", "in", "um", "vom", "le", "el", "il", "em", "op", "den", "updated"];
    let mut words = text.split_whitespace().take(12).peekable();
    let bare = |word: &str| word.trim_matches([':', '|']).to_lowercase();
    let mut says_done = false;
    while words.next_if(|word| DONE.contains(&bare(word).as_str())).is_some() {
        says_done = true;
    }
    words.next_if(|word| BY.contains(&bare(word).as_str()))?;
    let mut name: Vec<&str> = Vec::new();
    let mut is_dated = false;
    for word in words {
        is_dated = word.starts_with(|c: char| c.is_ascii_digit());
        if is_dated || BEHIND.contains(&word) || !word.starts_with(char::is_alphanumeric) {
            break;
        }
        name.push(word.trim_end_matches([',', '|', '·', '•', ';']));
        if word.ends_with([',', '|', '·', '•', ';']) {
            break;
        }
    }
    let name = name.join(" ");
    let name = if is_dated { without_month(&name).to_owned() } else { name };
    // Members of a site call themselves what they like.
    let is_handle = says_done && !name.contains(' ') && (2..=40).contains(&name.chars().count());
    (is_person(&name) || is_handle).then_some(name).filter(|name| !is_keeper(name))
}

/// Whether a line says who wrote a text and when.
pub(super) fn is_signature(text: &str) -> bool {
    signed_author(text).is_some() && day_in(text, &DateContext { language: None, host: None, now: LATEST }).is_some()
}

/// The name beside the day in a line that holds nothing else: “21 Jan 2022 // Ida Lund”.
fn author_of_day(text: &str) -> Option<String> {
    const LONGEST: usize = 90;
    if text.len() > LONGEST || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let day = day_in(text, &DateContext { language: None, host: None, now: LATEST })?;
    let (before, behind) = text.split_once(&day)?;
    let [before, behind] = [before, behind].map(|piece| piece.trim_matches(BETWEEN));
    let name = if before.is_empty() { behind } else { before };
    (before.is_empty() != behind.is_empty() && is_person(name)).then(|| name.to_owned())
}

/// Whether a text looks like the name of a person: a few words with capitals.
fn is_person(name: &str) -> bool {
    const PARTICLES: &[&str] =
        &["von", "van", "de", "der", "den", "di", "da", "del", "du", "la", "le", "dos", "bin", "zu"];
    /// Words of dates and of sentences.
    const NO_NAMES: &[&str] = &["AM", "PM", "BY", "PST", "EST", "GMT", "UTC"];
    /// Words of parts of a site, as they stand beside days, too.
    const PARTS: &[&str] = &[
        "News",
        "Blog",
        "Magazine",
        "Science",
        "Health",
        "Tech",
        "Technology",
        "Business",
        "World",
        "Sport",
        "Sports",
        "Culture",
        "Politics",
        "Opinion",
        "Press",
        "Release",
        "Releases",
        "Updates",
        "Comments",
        "Kommentare",
        "Change",
    ];
    let is_word = |word: &str| {
        word.split('.')
            .all(|part| part.is_empty() || part.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()))
            && word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\'' | '’'))
            && word.starts_with(char::is_alphabetic)
            && !NO_NAMES.contains(&word)
            && !PARTS.contains(&word)
    };
    let words: Vec<&str> = name.split(' ').collect();
    let capitals = words.iter().filter(|word| is_word(word)).count();
    (2..=5).contains(&words.len())
        && name.chars().count() <= 40
        && capitals >= 2
        && words.iter().all(|word| is_word(word) || PARTICLES.contains(word))
}

/// The name behind a label in a line about the article: “来源：江城日报 记者：王小明 字号”.
fn labelled_author(text: &str) -> Option<String> {
    const LABELS: &[&str] =
        &["作者：", "作者:", "记者：", "记者:", "記者：", "記者:", "著者：", "撰文：", "文/图：", "文："];
    let behind = LABELS.iter().find_map(|label| text.split_once(label))?.1.trim_start();
    let end = behind.find(|c: char| {
        c.is_whitespace() || c.is_ascii_digit() || ['|', '｜', '：', ':', '）', ')', '【'].contains(&c)
    });
    let name = &behind[..end.unwrap_or(behind.len())];
    let is_label =
        ["来源", "來源", "编辑", "編輯", "责编", "发布", "时间", "点击", "字号"].iter().any(|word| name.contains(word));
    clean_author(name).filter(|name| !is_label && name.chars().count() <= 20)
}

/// The name of a reporter who signed a text, in one of its last lines.
pub(super) fn below(body: &str) -> Option<String> {
    const LAST: usize = 5;
    // Seldom anything else is worth reading the text again.
    if !body.contains("기자") {
        return None;
    }
    let text = Prose::read(body).text;
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty()).take(LAST).filter_map(reporter);
    lines.find(|(before, _)| before.is_empty()).map(|(_, name)| name.to_owned())
}

/// The name of a reporter before or behind the dates of a line: “홍길동 기자 입력 2024.01.02 03:04”.
fn reporter_in(text: &str) -> Option<String> {
    let ends = text.match_indices(' ').map(|(at, _)| &text[..at]).chain([text]).take(12);
    ends.filter_map(reporter).next().map(|(_, name)| name.to_owned())
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
fn clean_author(text: &str) -> Option<String> {
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
    let name = name.trim_matches([' ', ',', '|', '·', '•', '-', '–', '：', ':', '｜', '/']);
    let name = name.strip_suffix(" 기자").or_else(|| name.strip_suffix(" 記者")).unwrap_or(name);
    let is_address = name.contains("://") || name.starts_with("www.") || name.starts_with('@');
    let length = name.chars().count();
    (!is_address && (1..=200).contains(&length) && name.chars().any(char::is_alphabetic)).then(|| name.to_owned())
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
fn without_month(name: &str) -> &str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_signed_in_many_ways() {
        for (line, name) in [
            ("Posted by Ida Lund on May 4, 2020", "Ida Lund"),
            ("By Ida Lund Dec 23, 2016", "Ida Lund"),
            ("Von Ida von Lund am 4.5.2020", "Ida von Lund"),
            ("Von I. L. am 07.08.2013 um 09:07 Uhr", "I. L."),
            ("Gespeichert von ida77 am 24. Juli 2017 - 18:55", "ida77"),
            ("Publié par Ida Lund le 4 mai 2020", "Ida Lund"),
            ("25.10.2022 - Ida Lund", "Ida Lund"),
            ("21 Jan 2022 // Ida Lund", "Ida Lund"),
            ("著者：後藤一", "後藤一"),
        ] {
            assert_eq!(author_in_line(line).as_deref(), Some(name), "{line}");
        }
        for line in [
            "Von der Leyen besucht das Dorf",
            "By the river",
            "Posted on May 4, 2020",
            "Posted by admin on May 4, 2020",
            "May 4, 2020",
            "May 4, 2020 AM PST BY MILL STAFF",
            "May 4, 2020 | News",
            "May 4, 2020 | Science News",
            "",
        ] {
            assert_eq!(author_in_line(line), None, "{line}");
        }
        assert_eq!(author_in_line(&"by ".repeat(100_000)), None);
    }

    #[test]
    fn a_name_may_stand_behind_an_element_that_only_says_by() {
        let lines = |pieces: &[&str]| pieces.iter().map(|piece| (*piece).to_owned()).collect::<Vec<_>>();
        assert_eq!(author_beside(&lines(&["News", "| By", "Ida Lund", "May 4, 2020"])).as_deref(), Some("Ida Lund"));
        assert_eq!(author_beside(&lines(&["News", "By", "4 May"])), None);
    }
}
