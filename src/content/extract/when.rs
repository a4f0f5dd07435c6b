//! When a page says that it was published, outside its head: elements that are made for it, lines that hold it, its address.

use dom_query::{Document, NodeRef};

use super::metadata::line;
use super::names::{has_word, is_beside, speaks_of};
use crate::domain::{Language, UnixMillis, WebUrl};
use crate::feed::dates::{DateContext, parse_date};

/// Only whether a text is a date is asked here, so none is too late: the year 2200.
pub(super) const LATEST: UnixMillis = UnixMillis(7_258_118_400_000);

/// Names of boxes with the dates of other texts.
const OTHERS: &[&str] = &["comment", "related", "widget_", "widget-", "recent"];

/// Boxes further out than this hold the page, whatever they are called: `with-sidebar`.
const NEAR: usize = 5;

/// What parts a day from what stands beside it.
const MARKS: &[char] = &[',', ';', '|', '-', '–', '·', '/', '(', ')', ' '];

/// So many pieces of text beside the title are looked at.
const MOST_PIECES: usize = 12;

/// A longer piece is where the text begins, in characters.
const LONGEST_PIECE: usize = 90;

/// A date in the page itself: of an element that is made for one, of a short text in an element whose class says so, or
/// beside the title.
pub(super) fn find(document: &Document, language: Option<&Language>, base: &WebUrl) -> Option<String> {
    const STATED: &[&str] = &[
        "[itemprop=\"datePublished\"], time[pubdate], [property~=\"dc:date\"], [property$=\"datePublished\"], abbr.published[title]",
        "time[datetime]",
    ];
    let context = DateContext { language, host: Some(base.host()), now: LATEST };
    let of_element = |node: &NodeRef<'_>| {
        let said = ["datetime", "content", "title"].iter().find_map(|key| node.attr(key)).map(|value| line(&value));
        let with_digits = |text: &String| text.bytes().filter(u8::is_ascii_digit).count() >= 4 && text.len() <= 60;
        said.filter(with_digits).or_else(|| day_in(&line(&node.text()), &context))
    };
    for places in STATED {
        let found = document.select(places);
        if let Some(date) = found.nodes().iter().take(10).filter(|node| !is_of_others(node)).find_map(of_element) {
            return Some(date);
        }
    }
    let texts = named_texts(document);
    let beside = || beside_title(document).iter().find_map(|text| day_in(text, &context));
    texts
        .iter()
        .find_map(|text| date_in(text))
        .or_else(|| texts.iter().find(|text| is_day(text, &context)).cloned())
        .or_else(|| texts.iter().find_map(|text| day_in(text, &context)))
        .or_else(beside)
}

/// Whether an element belongs to another text than the article.
pub(super) fn is_of_others(node: &NodeRef<'_>) -> bool {
    std::iter::once(*node)
        .chain(node.ancestors_it(Some(NEAR)))
        .any(|outer| is_beside(&outer, &["aside", "footer", "nav"], OTHERS) || has_word(&outer, &["sidebar"]))
}

/// Short texts of elements whose names speak of a date or of what stands beside one.
pub(super) fn named_texts(document: &Document) -> Vec<String> {
    /// Pieces of such names, in lower case.
    const NAMES: &[&str] =
        &["date", "time", "publish", "info", "source", "channel", "meta", "submitted", "posted", "byline", "author"];
    let root = document.root();
    let named = root.descendants_it().filter(|node| {
        let is_element = node.has_name("time") || node.has_attr("class") || node.has_attr("id");
        // In tables of facts about somebody stand other days.
        let is_fact = ["dl", "dt", "dd"].iter().any(|name| node.has_name(name));
        is_element && !is_fact && (node.has_name("time") || speaks_of(node, NAMES)) && !is_of_others(node)
    });
    let texts = named.take(60).map(|node| node.text()).filter(|text| text.len() <= 400);
    texts.map(|text| line(&text)).collect()
}

/// The short pieces of text behind the page's one greatest heading, up to where the text begins, and those just before it.
pub(super) fn beside_title(document: &Document) -> Vec<String> {
    let titles = document.select("h1");
    let [title] = titles.nodes() else { return Vec::new() };
    let mut before: Vec<String> = Vec::new();
    let mut behind: Vec<String> = Vec::new();
    let mut is_behind = false;
    for node in document.root().descendants_it() {
        is_behind |= node.id == title.id;
        if !node.is_text() || node.parent().is_none_or(|outer| is_unseen(&outer)) {
            continue;
        }
        let piece = node.text();
        let is_long = piece.len() > 4 * LONGEST_PIECE || piece.trim().chars().count() > LONGEST_PIECE;
        if !is_behind {
            if is_long {
                before.clear();
            } else if !piece.trim().is_empty() {
                before.push(line(&piece));
            }
            continue;
        }
        let is_of_title = node.ancestors_it(Some(4)).any(|outer| outer.id == title.id);
        if is_long && !is_of_title || behind.len() == MOST_PIECES {
            break;
        }
        if !is_of_title && !piece.trim().is_empty() {
            behind.push(line(&piece));
        }
    }
    behind.extend(before.into_iter().rev().take(3));
    behind
}

fn is_unseen(node: &NodeRef<'_>) -> bool {
    ["script", "style", "noscript", "template", "title"].iter().any(|name| node.has_name(name))
}

/// A date that is stated without its time, with the time that the page shows beside the same day.
pub(super) fn with_time(stated: String, document: &Document) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let day = digits(&stated);
    if day.len() != 8 {
        return stated;
    }
    let shown = named_texts(document).into_iter().filter_map(|text| date_in(&text));
    shown.filter(|text| text.contains([':', '时', '時'])).find(|text| digits(text).starts_with(&day)).unwrap_or(stated)
}

/// The first `2019-05-17 10:00` or `2019年5月17日 10:00` of a text.
fn date_in(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let year = (0..characters.len().saturating_sub(7)).find(|&at| {
        let digits = characters[at..at + 4].iter().all(char::is_ascii_digit);
        let alone = at == 0 || !characters[at - 1].is_ascii_digit();
        digits && alone && matches!(characters[at], '1' | '2') && matches!(characters[at + 4], '-' | '/' | '.' | '年')
    })?;
    let is_part = |c: &char| {
        c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ':' | ' ' | '年' | '月' | '日' | '时' | '時' | '分')
    };
    let date: String = characters[year..].iter().take(20).take_while(|c| is_part(c)).collect();
    let date = date.trim_matches([' ', '-', '/', '.', ':']).to_owned();
    (date.chars().filter(char::is_ascii_digit).count() >= 6).then_some(date)
}

/// A day within a text that says more, with the time behind it: “Posted by Ida on 24. Juli 2017 - 18:55”.
pub(super) fn day_in(text: &str, context: &DateContext<'_>) -> Option<String> {
    /// So many words are looked at.
    const MOST_WORDS: usize = 40;
    let reads = |text: &str| parse_date(text, context).is_some();
    let text = text.trim_matches(MARKS);
    if is_day(text, context) {
        return Some(text.to_owned());
    }
    // Where each word begins and ends.
    let words: Vec<(usize, usize)> = text
        .split_whitespace()
        .take(MOST_WORDS)
        .map(|word| {
            let at = word.as_ptr().addr() - text.as_ptr().addr();
            (at, at + word.len())
        })
        .collect();
    let slice = |from: usize, to: usize| text[words[from].0..words[to].1].trim_matches(MARKS);
    for at in (0..words.len()).filter(|&at| ends_in_year(slice(at, at))) {
        // “22.04.2020” is whole, “24. Juli 2017” begins two words before the year, “24 de julio de 2017” four.
        let starts: &[usize] = if digits(slice(at, at)) > 4 { &[0] } else { &[2, 4, 3] };
        let from = starts.iter().filter_map(|back| at.checked_sub(*back)).find(|&from| {
            let day = slice(from, at);
            (5..=8).contains(&digits(day)) && reads(day)
        });
        let Some(from) = from else { continue };
        let is_clock = |word: &str| word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit());
        let clock = (at + 1..words.len().min(at + 4)).find(|&to| is_clock(slice(to, to)));
        let whole = clock.map(|to| slice(from, to)).filter(|whole| whole.chars().count() <= 60 && reads(whole));
        return Some(whole.unwrap_or_else(|| slice(from, at)).to_owned());
    }
    None
}

/// Whether a text is a day, alone or with its time.
fn is_day(text: &str, context: &DateContext<'_>) -> bool {
    text.chars().count() <= 60 && digits(text) >= 5 && parse_date(text, context).is_some()
}

fn digits(text: &str) -> usize {
    text.chars().filter(|c| c.is_numeric()).count()
}

/// Whether a word is the last one of a day: a year of four digits, alone or behind the day and the month in numbers.
fn ends_in_year(word: &str) -> bool {
    let Some((before, year)) = word.len().checked_sub(4).and_then(|at| word.split_at_checked(at)) else { return false };
    let is_year = year.bytes().all(|b| b.is_ascii_digit()) && (year.starts_with("19") || year.starts_with("20"));
    is_year
        && before.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '/' | '-'))
        && !before.ends_with(|c: char| c.is_ascii_digit())
}

/// The day in the address of a page: `/2013/08/07/title`, `/2019-12-22-title`, `/20200102/`.
pub(in crate::content) fn of_address(url: &WebUrl) -> Option<String> {
    let path = url.as_url().path();
    let bytes = path.as_bytes();
    let number = |at: usize, length: usize| -> Option<u32> {
        let digits = bytes.get(at..at + length)?;
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |sum, b| 10 * sum + u32::from(b - b'0')))
    };
    let mark = |at: usize| usize::from(matches!(bytes.get(at), Some(b'/' | b'-')));
    (1..bytes.len()).filter(|&at| !bytes[at - 1].is_ascii_digit()).find_map(|at| {
        let year = number(at, 4).filter(|year| (1995..2100).contains(year))?;
        let month_at = at + 4 + mark(at + 4);
        let month = number(month_at, 2).filter(|month| (1..=12).contains(month))?;
        let day_at = month_at + 2 + mark(month_at + 2);
        let day = number(day_at, 2).filter(|day| (1..=31).contains(day))?;
        let is_end = bytes.get(day_at + 2).is_none_or(|next| !next.is_ascii_digit());
        is_end.then(|| format!("{year}-{month:02}-{day:02}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::extract::extract;

    fn said(body: &str) -> Option<String> {
        let url = WebUrl::parse("https://mill.example/a").unwrap();
        extract(&format!("<html lang=\"de\"><body>{body}</body></html>"), &url).published_text
    }

    #[test]
    fn a_day_is_found_in_the_lines_beside_the_title() {
        let text =
            "<p>The fox was seen at the mill, and left when the dog woke. Two of the hens are missed since then.</p>";
        for (line, day) in [
            ("<p class=\"x1\">21. Jan 2022 // Ida Lund</p>", "21. Jan 2022"),
            ("<div>25.10.2022 - Ida Lund</div>", "25.10.2022"),
            ("<div><a href=\"/ida\">Ida Lund</a> / 22.04.2020 / 06:15</div>", "22.04.2020 / 06:15"),
            ("<p>By Ida Lund on Apr 7, 2009 in Hens</p>", "Apr 7, 2009"),
            ("<time>April 13, 2020</time>", "April 13, 2020"),
        ] {
            assert_eq!(said(&format!("<h1>Fox at the mill</h1>{line}{text}")).as_deref(), Some(day), "{line}");
        }
        assert_eq!(said(&format!("<h1>Fox at the mill</h1><p>Room 2022</p>{text}")), None);
        let comment = "<div class=\"comment\"><time datetime=\"2024-01-02\">2. 1. 2024</time></div>";
        assert_eq!(said(&format!("<h1>Fox at the mill</h1>{text}{comment}")), None);
    }

    #[test]
    fn systems_of_forums_and_blogs_write_days_in_sentences() {
        for (line, day) in [
            (
                "<div class=\"submitted\">Gespeichert von <span class=\"username\">ida</span> am 24. Juli 2017 - 18:55</div>",
                "24. Juli 2017 - 18:55",
            ),
            ("<p class=\"author\">von <a class=\"username\">ida</a> » 21.01.2009, 05:42</p>", "21.01.2009, 05:42"),
            (
                "<span property=\"dc:date dc:created\" content=\"2017-07-24T18:55:00+02:00\">x</span>",
                "2017-07-24T18:55:00+02:00",
            ),
            ("<p class=\"postmetadata\">Von I. L. am <a>07.08.2013</a> um 09:07 Uhr</p>", "07.08.2013 um 09:07"),
        ] {
            assert_eq!(said(line).as_deref(), Some(day), "{line}");
        }
    }

    #[test]
    fn the_address_of_a_page_may_hold_its_day() {
        for (path, day) in [
            ("/2013/08/07/fox", Some("2013-08-07")),
            ("/posts/2019-12-22-fox-and-hen/", Some("2019-12-22")),
            ("/detail/20200102/1000200033136171577_1.html", Some("2020-01-02")),
            ("/2020-01/02/c_112.htm", Some("2020-01-02")),
            ("/2020/0102/c1004-31533.html", Some("2020-01-02")),
            ("/2013/08/fox", None),
            ("/12020010245/", None),
            ("/2013/13/07/", None),
            ("/", None),
        ] {
            let url = WebUrl::parse(&format!("https://mill.example{path}")).unwrap();
            assert_eq!(of_address(&url).as_deref(), day, "{path}");
        }
    }

    #[test]
    fn lines_without_end_cost_little() {
        let context = DateContext { language: None, host: None, now: LATEST };
        assert_eq!(day_in(&"2020 ".repeat(100_000), &context), None);
        let url = WebUrl::parse(&format!("https://mill.example/{}", "2020-".repeat(400))).unwrap();
        assert_eq!(of_address(&url), None);
    }
}
