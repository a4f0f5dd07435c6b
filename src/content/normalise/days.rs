//! Texts that are a day and nothing else, as the lines above an article write it.

use crate::domain::{Language, UnixMillis};
use crate::feed::dates::{DateContext, parse_date};

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Reads a text that is a date and nothing else: its day, and whether only a program writes so.
pub(super) fn read_date(text: &str) -> Option<(i64, bool)> {
    if text.len() > 60 || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    let mut month = None;
    let mut zone = false;
    let mut clock = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            numbers.push((rest[..end].parse().ok()?, end));
            rest = &rest[end..];
        } else if c.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let word = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            if let Some(index) =
                MONTHS.iter().position(|name| word.starts_with(name) && (word.len() == 3 || is_month(&word)))
            {
                month.replace(index + 1).is_none().then_some(())?;
            } else if DAYS.iter().any(|name| word.starts_with(name) && (word.len() == 3 || word.ends_with("day"))) {
                continue;
            } else if matches!(
                word.as_str(),
                "gmt"
                    | "utc"
                    | "z"
                    | "est"
                    | "edt"
                    | "cst"
                    | "cdt"
                    | "pst"
                    | "pdt"
                    | "cet"
                    | "cest"
                    | "hkt"
                    | "jst"
                    | "kst"
                    | "bst"
                    | "mst"
                    | "mdt"
                    | "hst"
            ) {
                zone = true;
            } else if !matches!(word.as_str(), "t" | "am" | "pm" | "at" | "st" | "nd" | "rd" | "th") {
                return None;
            }
        } else {
            match c {
                ':' | '：' => clock += 1,
                '+' => zone = true,
                '-' | '/' | '.' | ',' | ' ' | '年' | '月' | '日' | '–' | '号' | '时' | '分' | '，' | '\u{a0}' =>
                    {}
                '星' | '期' | '周' | '一' | '二' | '三' | '四' | '五' | '六' | '(' | ')' | '（' | '）' => {}
                _ => return None,
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    let (year, month, day) = pick(&numbers, month)?;
    let date = jiff::civil::date(i16::try_from(year).ok()?, 1, 1);
    let date = date.with().month(i8::try_from(month).ok()?).day(i8::try_from(day).ok()?).build().ok()?;
    let seconds = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let certain = (clock >= 2 || (clock >= 1 && zone)) && (1980..=2100).contains(&year);
    ((1980..=2100).contains(&year)).then_some((seconds.div_euclid(86_400), certain))
}

fn is_month(word: &str) -> bool {
    [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "sept",
        "october",
        "november",
        "december",
    ]
    .contains(&word)
}

/// Year, month and day among the numbers of a date.
fn pick(numbers: &[(u32, usize)], month: Option<usize>) -> Option<(u32, u32, u32)> {
    let at = numbers.iter().position(|(_, digits)| *digits == 4)?;
    let year = numbers[at].0;
    if numbers.len() > 8 || numbers.iter().any(|(_, digits)| *digits > 9) {
        return None;
    }
    if let Some(month) = month {
        let day =
            numbers.iter().enumerate().find(|(i, (n, digits))| *i != at && *digits <= 2 && (1..=31).contains(n))?.1.0;
        return Some((year, u32::try_from(month).ok()?, day));
    }
    if at == 0 {
        return Some((year, numbers.get(1)?.0, numbers.get(2)?.0));
    }
    if at == 2 {
        // Day first, unless only the other way makes a date.
        let (first, second) = (numbers[0].0, numbers[1].0);
        return Some(if second > 12 { (year, first, second) } else { (year, second, first) });
    }
    None
}

/// A day in numbers behind a name that “By” stands before: `11/18/19 11:04 PM`.
pub(super) fn read_signed_date(text: &str) -> Option<(i64, bool)> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !(5..=14).contains(&digits) || text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let moment = parse_date(text, &DateContext { language: None, host: None, now: LAST })?;
    Some((moment.0.div_euclid(UnixMillis::DAY), false)).filter(|(day, _)| *day > 0)
}

/// No day that a text can begin with is later: the year 2100.
const LAST: UnixMillis = UnixMillis(4_102_444_800_000);

/// A day that is written out in any language. A year alone, or with a month, is no day.
pub(super) fn read_foreign_date(text: &str) -> Option<(i64, bool)> {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    if text.is_ascii() && !text.contains('.') || !(5..=14).contains(&digits) || text.chars().count() > 50 {
        return None;
    }
    // A sentence goes on behind its date.
    let behind = text.rsplit(|c: char| c.is_numeric()).next().unwrap_or_default();
    if text.contains(['，', '。', '！', '？', '!', '?', ';'])
        || behind.chars().filter(|c| c.is_alphabetic()).count() > 4
    {
        return None;
    }
    // A word before the number is no part of a date unless it is a day of the week.
    let word = text.split(|c: char| c.is_numeric()).next().unwrap_or_default().trim();
    if !(word.is_empty() || word.ends_with([',', '.']) || word.ends_with("曜日") || word.ends_with('年')) {
        return None;
    }
    let language = Language::parse("de");
    let moment = parse_date(text, &DateContext { language: language.as_ref(), host: None, now: LAST })?;
    Some((moment.0.div_euclid(UnixMillis::DAY), false)).filter(|(day, _)| *day > 0)
}
