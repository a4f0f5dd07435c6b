//! Who wrote a page, by lines of text: signatures, labels, a name beside a day.

use super::author::{clean_author, is_keeper, of_byline, without_month};
use super::when::{LATEST, day_in};
use crate::content::byline::{BETWEEN, reporter};
use crate::content::text::Prose;
use crate::feed::dates::DateContext;

/// The name in a line about the article, in whatever way it is written there.
pub(super) fn author_in_line(text: &str) -> Option<String> {
    labelled_author(text).or_else(|| reporter_in(text)).or_else(|| signed_author(text)).or_else(|| author_of_day(text))
}

/// The name in the lines beside a title; “By” may stand in an element of its own.
pub(super) fn author_beside(lines: &[String]) -> Option<String> {
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
