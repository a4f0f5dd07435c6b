//! The lines above a text that say who wrote it and when.

use ego_tree::NodeId;

use super::days::{read_date, read_foreign_date, read_signed_date};
use crate::content::byline::{BETWEEN, reporter, without_reading_time};
use crate::content::tree::{Fragment, collapse};
use crate::domain::UnixMillis;

/// The longest line that is looked at, in characters.
const MAX_LINE: usize = 90;

/// The longest name of an author, in characters.
const MAX_AUTHOR: usize = 40;

/// What stood above the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Byline {
    /// The date as it was written, or as the page gives it to machines.
    pub(super) date: Option<String>,
    /// The author's name.
    pub(super) author: Option<String>,
}

/// Takes a date line, a byline and a `time` off the top of the text, in any order.
///
/// A date that was written by a program (with zone or seconds) always goes. One that a person may have written goes only
/// if it lies within a day of `published`, or if that is not known: a diary may begin with its day.
pub(super) fn take_byline(fragment: &mut Fragment, published: Option<UnixMillis>) -> Byline {
    let mut byline = Byline::default();
    for _ in 0..4 {
        let Some(line) = first_line(fragment) else { break };
        if !take_line(fragment, &line, published, &mut byline) {
            break;
        }
        for id in line {
            let parent = fragment.parent(id);
            fragment.detach(id);
            drop_empty_parents(fragment, parent);
        }
        drop_leading_breaks(fragment);
    }
    byline
}

/// Reads one line into the byline; `false` if it is part of the text.
fn take_line(fragment: &Fragment, line: &[NodeId], published: Option<UnixMillis>, byline: &mut Byline) -> bool {
    if line.iter().any(|id| fragment.shows_something(*id)) {
        return false;
    }
    let text = collapse(&line.iter().map(|id| fragment.text(*id)).collect::<Vec<_>>().join(" "));
    if text.is_empty() || text.chars().count() > MAX_LINE {
        return false;
    }
    if let [only] = line
        && let Some(moment) = machine_date(fragment, *only)
        && text.chars().count() <= 40
    {
        byline.date.get_or_insert(moment);
        return true;
    }
    if without_reading_time(&text) == ("", true) {
        return true;
    }
    if let Some(("", name)) = reporter(&text) {
        byline.author.get_or_insert_with(|| name.to_owned());
        return true;
    }
    if let Some(found) = read_line(&text) {
        if !found.certain && !agrees(found.day, published) {
            // It stays part of the text, and is what the first line says.
            byline.date.get_or_insert(found.date);
            return false;
        }
        byline.date.get_or_insert(found.date);
        if let Some(author) = found.author {
            byline.author.get_or_insert(author);
        }
        return true;
    }
    if let [only] = line
        && names_author(fragment, *only)
        && text.chars().count() <= MAX_AUTHOR
        && byline.author.is_none()
    {
        byline.author = Some(without_by(&text).to_owned());
        return true;
    }
    false
}

/// The nodes of the first line below the pictures at the head: the first block of short text, or what stands before the first
/// `br` or block.
fn first_line(fragment: &Fragment) -> Option<Vec<NodeId>> {
    let mut current = fragment.body();
    for _ in 0..12 {
        let children = fragment.children(current);
        // Names and days often stand below the picture at the head.
        let is_above = |child: &NodeId| fragment.is_blank(*child) || is_picture(fragment, *child, 0);
        let start = children.iter().position(|child| !is_above(child))?;
        let first = children[start];
        if !fragment.is_block(first) {
            let end = children[start..]
                .iter()
                .position(|child| fragment.is_block(*child) || fragment.name(*child) == "br")
                .map_or(children.len(), |end| start + end);
            let mut line: Vec<NodeId> = children[start..end].to_vec();
            // “Name<br>date” is one line when the name alone says nothing.
            if let Some(after) = line_after_break(fragment, &children, end)
                && line
                    .iter()
                    .all(|id| fragment.text(*id).chars().count() <= MAX_AUTHOR && !fragment.shows_something(*id))
                && read_line(&collapse(&after.iter().map(|id| fragment.text(*id)).collect::<String>())).is_some()
                && read_line(&collapse(&line.iter().map(|id| fragment.text(*id)).collect::<String>())).is_none()
            {
                line.extend(after);
            }
            return Some(line);
        }
        if matches!(
            fragment.name(first),
            "ul" | "ol"
                | "dl"
                | "table"
                | "pre"
                | "blockquote"
                | "figure"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "hr"
        ) {
            return None;
        }
        if fragment.text(first).chars().count() <= MAX_LINE && !fragment.shows_something(first) {
            return Some(vec![first]);
        }
        current = first;
    }
    None
}

/// Whether an element shows a picture, with its caption or without, and nothing else.
fn is_picture(fragment: &Fragment, id: NodeId, depth: usize) -> bool {
    match fragment.name(id) {
        "figure" | "img" | "picture" => true,
        "div" | "p" | "a" | "span" | "header" if depth < 4 => {
            let mut shown = fragment.children(id).into_iter().filter(|child| !fragment.is_blank(*child)).peekable();
            shown.peek().is_some() && shown.all(|child| is_picture(fragment, child, depth + 1))
        }
        _ => false,
    }
}

fn line_after_break(fragment: &Fragment, children: &[NodeId], end: usize) -> Option<Vec<NodeId>> {
    if fragment.name(*children.get(end)?) != "br" {
        return None;
    }
    let rest = &children[end + 1..];
    let stop =
        rest.iter().position(|child| fragment.is_block(*child) || fragment.name(*child) == "br").unwrap_or(rest.len());
    let line: Vec<NodeId> = rest[..stop].to_vec();
    (!line.is_empty() && line.iter().all(|id| !fragment.shows_something(*id))).then_some(line)
}

/// The date of a `time` element that is all the line holds.
fn machine_date(fragment: &Fragment, id: NodeId) -> Option<String> {
    let mut current = id;
    while fragment.name(current) != "time" {
        let shown: Vec<NodeId> =
            fragment.children(current).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
        let [only] = shown.as_slice() else { return None };
        current = *only;
    }
    let moment = fragment.attr(current, "datetime")?.trim();
    read_line(moment).filter(|found| found.author.is_none()).map(|found| found.date)
}

/// Whether a line is an author's by its class, or is nothing but a link to the page of one.
fn names_author(fragment: &Fragment, id: NodeId) -> bool {
    if fragment.name(id) == "a" {
        return fragment.attr(id, "href").is_some_and(|href| href.contains("/author/") || href.contains("/authors/"));
    }
    let shown: Vec<NodeId> = fragment.children(id).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
    if let [only] = shown[..]
        && fragment.own_text(only).is_none()
        && names_author(fragment, only)
    {
        return true;
    }
    let said = [fragment.attr(id, "class"), fragment.attr(id, "rel"), fragment.attr(id, "itemprop")];
    said.into_iter().flatten().flat_map(str::split_ascii_whitespace).any(|word| {
        let word = word.to_ascii_lowercase();
        word == "author" || word.starts_with("byline") || word == "post-author" || word == "article-author"
    })
}

fn without_by(text: &str) -> &str {
    const BEFORE: &[&str] = &[
        "By ",
        "by ",
        "BY ",
        "Posted by ",
        "Post by ",
        "Updated by ",
        "Written by ",
        "Published by ",
        "作者：",
        "作者:",
        "文 | ",
        "文｜",
        "文/",
        "撰文：",
        "记者：",
        "記者：",
    ];
    let text = BEFORE.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text).trim();
    let ends = [" on", " at", " ·", " |", " 입력", " 기사입력", " 등록", " 승인"];
    let text = ends.iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text).trim();
    reporter(text).filter(|(before, _)| before.is_empty()).map_or(text, |(_, name)| name)
}

/// A line without the day on which the text was changed, if it names that one behind another.
fn without_change(line: &str) -> &str {
    const LABELS: &[&str] = &[
        "최종수정",
        "최종 수정",
        "수정",
        "업데이트",
        "更新时间",
        "更新時間",
        "更新于",
        "最終更新",
        "更新",
        "Last updated",
        "Updated",
        "updated",
        "Modified",
        "Aktualisiert",
        "Mis à jour le",
        "Actualizado",
        "Aggiornato",
    ];
    let cut = LABELS.iter().find_map(|label| {
        let (before, behind) = line.split_once(label)?;
        let behind = behind.trim_start_matches([' ', ':', '：', '\u{a0}']);
        // “Updated May 4 at 2:26 PM”: of the year that was said before.
        let of_year = || read_date(&format!("{behind} 2000"));
        let is_date = || read_date(behind).or_else(|| read_foreign_date(behind)).or_else(of_year).is_some();
        (before.bytes().any(|b| b.is_ascii_digit()) && is_date()).then(|| before.trim_end_matches(BETWEEN))
    });
    cut.unwrap_or(line)
}

fn drop_empty_parents(fragment: &mut Fragment, mut parent: Option<NodeId>) {
    while let Some(id) = parent {
        if !fragment.is_blank(id) {
            break;
        }
        parent = fragment.parent(id);
        fragment.detach(id);
    }
}

/// Breaks and empty blocks above the first line.
fn drop_leading_breaks(fragment: &mut Fragment) {
    for child in fragment.children(fragment.body()) {
        if !fragment.is_blank(child) {
            break;
        }
        fragment.detach(child);
    }
}

/// A line that is nothing but a date, with an author's name before it or not.
#[derive(Debug, PartialEq, Eq)]
struct DateLine {
    date: String,
    author: Option<String>,
    /// Days since 1970-01-01.
    day: i64,
    /// Only a program writes dates in this way.
    certain: bool,
}

fn read_line(text: &str) -> Option<DateLine> {
    if text.chars().count() > MAX_LINE {
        return None;
    }
    let (text, is_header) = without_reading_time(text.trim());
    let text = without_change(text);
    let bare = [
        "发布时间：",
        "发布时间:",
        "发表时间：",
        "发表于：",
        "发表于",
        "更新时间：",
        "首次发表于",
        "發佈時間：",
        "Published:",
        "Published",
        "Updated:",
        "Posted on",
        "Veröffentlicht am",
        "Publié le",
        "Publicado el",
        "Publicado em",
        "Pubblicato il",
        "公開日：",
        "投稿日：",
        "입력",
        "기사입력",
        "등록",
        "승인",
    ]
    .iter()
    .find_map(|start| text.strip_prefix(start))
    .map_or(text, |rest| rest.trim_start_matches([' ', ':', '：']))
    .trim();
    // Chinese sites write where it is from behind the date.
    let bare = [" 来源：", " 来源:", " 來源：", " 來源:"]
        .iter()
        .find_map(|mark| bare.split_once(mark))
        .map_or(bare, |cut| cut.0);
    if let Some((day, certain)) = read_date(bare).or_else(|| read_foreign_date(bare)) {
        return Some(DateLine { date: bare.to_owned(), author: None, day, certain });
    }
    if let Some((before, name)) = reporter(bare)
        && let Some(line) =
            Some(before.trim_end_matches(BETWEEN)).filter(|before| !before.is_empty()).and_then(read_line)
    {
        return Some(DateLine { author: Some(name.to_owned()), ..line });
    }
    let says_by = without_by(bare) != bare;
    // A name in front: the date is what remains after some word.
    let starts = bare.char_indices().filter(|(at, c)| {
        let before = bare[..*at].chars().next_back();
        *at > 0
            && (c.is_ascii_digit() || c.is_ascii_uppercase())
            && before.is_some_and(|b| b.is_whitespace() || matches!(b, '|' | '｜' | '·' | ',' | '，'))
    });
    for (at, _) in starts {
        let author = bare[..at].trim_matches(BETWEEN).trim();
        if author.chars().count() > MAX_AUTHOR {
            break;
        }
        // A date of full length only: “Room 5 2020-01-02” is no byline, and neither is a sentence.
        let day = read_date(&bare[at..]).filter(|_| bare[at..].contains(':') || says_by || is_header);
        let day = day.or_else(|| if says_by { read_signed_date(&bare[at..]) } else { None });
        if let Some((day, _)) = day
            && (is_name(author) || says_by && is_handle(without_by(author)))
        {
            return Some(DateLine {
                date: bare[at..].to_owned(),
                author: Some(without_by(author).to_owned()),
                day,
                certain: bare[at..].matches(':').count() >= 2,
            });
        }
    }
    None
}

/// Letters, and what stands between the parts of names and between names.
fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().all(|c| {
            c.is_alphabetic()
                || c.is_whitespace()
                || matches!(
                    c,
                    '.' | '-' | '\'' | '’' | '·' | '、' | ',' | '，' | '：' | ':' | '（' | '）' | '(' | ')' | '&'
                )
        })
        && text.split_whitespace().count() <= 8
}

/// What members of a forum call themselves.
fn is_handle(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn agrees(day: i64, published: Option<UnixMillis>) -> bool {
    published.is_none_or(|published| (published.0.div_euclid(UnixMillis::DAY) - day).abs() <= 1)
}
