//! The interface's languages: every sentence that a page shows, and how dates, spans of time and numbers are written.
//!
//! One flat file of keys per language under `locales/`, compiled in. English is complete by definition; a sentence that
//! another language lacks falls back to it (and fails a test). A sentence may hold `{placeholders}`; one that counts
//! something comes in the forms that its language has, such as `KEY.one` and `KEY.other`. Digits are 0 to 9 everywhere,
//! in Arabic, too: there they are read from Morocco to Iraq, and they are those of the articles and of the keys.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Read as _;
use std::sync::OnceLock;

use jiff::tz::TimeZone;

use crate::domain::{Direction, Language, UnixMillis};

use plural::Plurals;

mod plural;
#[cfg(test)]
mod tests;

/// The catalogue of a file as the build script packed it.
macro_rules! catalogue {
    ($tag:literal, $name:literal, $plurals:ident) => {
        Catalogue {
            tag: $tag,
            name: $name,
            plurals: Plurals::$plurals,
            packed: include_bytes!(concat!(env!("OUT_DIR"), "/locales/", $tag, ".toml")),
            sentences: OnceLock::new(),
        }
    };
}

/// The languages in the order in which they are offered: English, then by alphabets.
static CATALOGUES: [Catalogue; 11] = [
    catalogue!("en", "English", OneOther),
    catalogue!("de", "Deutsch", OneOther),
    catalogue!("es", "Español", OneOther),
    catalogue!("fr", "Français", UpToOneOther),
    catalogue!("pt", "Português", UpToOneOther),
    catalogue!("ru", "Русский", OneFewMany),
    catalogue!("ar", "العربية", ZeroToMany),
    catalogue!("zh-Hans", "简体中文", Other),
    catalogue!("zh-Hant", "繁體中文", Other),
    catalogue!("ja", "日本語", Other),
    catalogue!("ko", "한국어", Other),
];

/// One language's sentences.
#[derive(Debug)]
struct Catalogue {
    tag: &'static str,
    name: &'static str,
    plurals: Plurals,
    packed: &'static [u8],
    sentences: OnceLock<HashMap<String, String>>,
}

impl Catalogue {
    /// The sentences by their keys, read when the first of them is asked for: few readers use eleven languages.
    #[expect(clippy::expect_used, reason = "the files are compiled in, and a test reads every one of them")]
    fn sentences(&self) -> &HashMap<String, String> {
        self.sentences.get_or_init(|| {
            let mut text = String::new();
            brotli::Decompressor::new(self.packed, 4096).read_to_string(&mut text).expect("a language file is no text");
            let table: toml::Table = text.parse().expect("a language file is no TOML");
            let mut sentences = HashMap::new();
            flatten("", &table, &mut sentences);
            sentences
        })
    }

    /// The form of `key` for `n` things, or the one for any number.
    fn form(&self, key: &str, n: i64) -> Option<&str> {
        let form = |name: &str| self.sentences().get(&format!("{key}.{name}"));
        form(self.plurals.form(n)).or_else(|| form("other")).map(String::as_str)
    }
}

/// Turns tables in tables (which is how TOML reads `a.b = "…"`) into flat keys.
fn flatten(prefix: &str, table: &toml::Table, into: &mut HashMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, into),
            toml::Value::String(text) => {
                into.insert(key, text.clone());
            }
            _ => {}
        }
    }
}

/// A language of the interface. Copies freely.
#[derive(Debug, Clone, Copy)]
pub struct Locale(&'static Catalogue);

impl Default for Locale {
    fn default() -> Self {
        Self::english()
    }
}

impl Locale {
    /// The language that is always complete.
    pub fn english() -> Self {
        Self(&CATALOGUES[0])
    }

    /// All languages of the interface, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUES.iter().map(Self)
    }

    /// The language with exactly this tag.
    pub fn by_tag(tag: &str) -> Option<Self> {
        Self::all().find(|locale| locale.tag() == tag)
    }

    /// The best language for an `Accept-Language` header (RFC 9110, section 12.5.4), else English.
    pub fn negotiate(accepted: &str) -> Self {
        let mut wishes: Vec<(f32, Language)> = accepted
            .split(',')
            .take(32)
            .filter_map(|wish| {
                let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
                let weight = weight.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()?;
                (weight > 0.0).then_some((weight, Language::parse(tag)?))
            })
            .collect();
        wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
        wishes
            .iter()
            .find_map(|(_, wish)| {
                Self::by_tag(wish.as_str())
                    .or_else(|| Self::all().find(|l| wish.primary() != "zh" && l.tag() == wish.primary()))
                    // Someone who reads traditional Chinese reads simplified more gladly than English.
                    .or_else(|| Self::all().find(|l| l.tag().split('-').next() == Some(wish.primary())))
            })
            .unwrap_or_default()
    }

    /// The BCP 47 tag, for `lang` attributes.
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// The language's name in itself.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The direction in which the interface is read, for `dir` attributes.
    pub fn direction(self) -> Direction {
        Language::parse(self.0.tag).map(|l| l.direction()).unwrap_or_default()
    }

    /// The sentence of `key`; English if this language lacks it, nothing if there is none (which a test prevents).
    pub fn t(self, key: &str) -> &'static str {
        match self.0.sentences().get(key).or_else(|| Self::english().0.sentences().get(key)) {
            Some(sentence) => sentence,
            None => {
                tracing::error!(key, "a sentence is missing from locales/en.toml");
                ""
            }
        }
    }

    /// The sentence of `key` with its placeholders filled in.
    pub fn say<const N: usize>(self, key: &str, values: [(&str, &dyn Display); N]) -> String {
        self.fill(key, &values)
    }

    /// The same for values of one type.
    pub fn fill<D: Display>(self, key: &str, values: &[(&str, D)]) -> String {
        fill(self.t(key), values, self.direction())
    }

    /// The form of `key` that fits `n`, with `{n}` filled in.
    pub fn count(self, key: &str, n: i64) -> String {
        let sentence = self.0.form(key, n).or_else(|| Self::english().0.form(key, n)).unwrap_or_default();
        fill(sentence, &[("n", &self.number(n))], self.direction())
    }

    /// A whole number with its digits grouped.
    pub fn number(self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        let grouped = self.t("number.group_from").parse().is_ok_and(|least: u64| n.unsigned_abs() >= least);
        let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        if n < 0 {
            out.push('−');
        }
        for (i, digit) in digits.chars().enumerate() {
            if grouped && i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push_str(self.t("number.group"));
            }
            out.push(digit);
        }
        out
    }

    /// A day in full: `15 August 2023`, `2023年8月15日`.
    pub fn date(self, at: UnixMillis, zone: &TimeZone) -> String {
        self.calendar("date.long", at, zone)
    }

    /// A day and its time: `15 August 2023, 09:07`.
    pub fn date_time(self, at: UnixMillis, zone: &TimeZone) -> String {
        self.calendar("date.time", at, zone)
    }

    /// How long ago something was, in the few letters that a list has room for: `now`, `5 min`, `3 h`, then the day.
    pub fn ago(self, at: UnixMillis, now: UnixMillis, zone: &TimeZone) -> String {
        let passed = now.0.saturating_sub(at.0);
        match passed {
            i64::MIN..UnixMillis::MINUTE => self.t("ago.now").to_owned(),
            UnixMillis::MINUTE..UnixMillis::HOUR => self.count("ago.minutes", passed / UnixMillis::MINUTE),
            UnixMillis::HOUR..UnixMillis::DAY => self.count("ago.hours", passed / UnixMillis::HOUR),
            _ if year(at, zone) == year(now, zone) => self.calendar("date.short", at, zone),
            _ => self.calendar("date.short_year", at, zone),
        }
    }

    /// When something will be: `now`, `in 5 min`, `in 3 h`, `in 2 days`.
    pub fn until(self, at: UnixMillis, now: UnixMillis) -> String {
        let ahead = at.0.saturating_sub(now.0);
        match ahead {
            i64::MIN..UnixMillis::MINUTE => self.t("until.now").to_owned(),
            UnixMillis::MINUTE..UnixMillis::HOUR => self.count("until.minutes", ahead / UnixMillis::MINUTE),
            UnixMillis::HOUR..UnixMillis::DAY => self.count("until.hours", ahead / UnixMillis::HOUR),
            _ => self.count("until.days", ahead / UnixMillis::DAY),
        }
    }

    /// The heading of a day in a list: today, yesterday, the weekday, then the date.
    pub fn day(self, at: UnixMillis, now: UnixMillis, zone: &TimeZone) -> String {
        let (Some(day), Some(today)) = (civil(at, zone), civil(now, zone)) else { return self.date(at, zone) };
        let behind = today.date().since(day.date()).map_or(i64::MAX, |span| i64::from(span.get_days()));
        match behind {
            i64::MIN..=0 => self.t("day.today").to_owned(),
            1 => self.t("day.yesterday").to_owned(),
            2..=6 => self.t(weekday_key(day.weekday())).to_owned(),
            _ => self.date(at, zone),
        }
    }

    /// A playing time: `1:02:03` or `2:03`.
    pub fn clock_time(self, seconds: u32) -> String {
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
    }

    /// A size of data in the unit that fits.
    pub fn bytes(self, bytes: u64) -> String {
        const UNITS: [&str; 4] = ["bytes.kb", "bytes.mb", "bytes.gb", "bytes.tb"];
        let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1000, 0);
        while tenths >= 10_000 && unit + 1 < UNITS.len() {
            tenths /= 1000;
            unit += 1;
        }
        let number = if tenths >= 100 {
            (tenths / 10).to_string()
        } else {
            format!("{}{}{}", tenths / 10, self.t("number.decimal"), tenths % 10)
        };
        self.say(UNITS[unit], [("n", &number)])
    }

    fn calendar(self, pattern: &str, at: UnixMillis, zone: &TimeZone) -> String {
        let Some(at) = civil(at, zone) else { return String::new() };
        let month = usize::try_from(at.month()).unwrap_or(1).saturating_sub(1).min(11);
        self.say(
            pattern,
            [
                ("year", &at.year()),
                ("month", &self.t(MONTHS[month])),
                ("mon", &self.t(SHORT_MONTHS[month])),
                ("day", &at.day()),
                ("time", &format_args!("{:02}:{:02}", at.hour(), at.minute())),
            ],
        )
    }
}

const MONTHS: [&str; 12] = [
    "month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10",
    "month.11", "month.12",
];

const SHORT_MONTHS: [&str; 12] =
    ["mon.1", "mon.2", "mon.3", "mon.4", "mon.5", "mon.6", "mon.7", "mon.8", "mon.9", "mon.10", "mon.11", "mon.12"];

fn weekday_key(day: jiff::civil::Weekday) -> &'static str {
    match day {
        jiff::civil::Weekday::Monday => "weekday.1",
        jiff::civil::Weekday::Tuesday => "weekday.2",
        jiff::civil::Weekday::Wednesday => "weekday.3",
        jiff::civil::Weekday::Thursday => "weekday.4",
        jiff::civil::Weekday::Friday => "weekday.5",
        jiff::civil::Weekday::Saturday => "weekday.6",
        jiff::civil::Weekday::Sunday => "weekday.7",
    }
}

fn civil(at: UnixMillis, zone: &TimeZone) -> Option<jiff::civil::DateTime> {
    Some(zone.to_datetime(at.to_timestamp()?))
}

fn year(at: UnixMillis, zone: &TimeZone) -> Option<i16> {
    civil(at, zone).map(jiff::civil::DateTime::year)
}

/// Replaces each `{name}` that has a value. What a value holds is never looked at again.
fn fill<D: Display>(sentence: &str, values: &[(&str, D)], direction: Direction) -> String {
    let mut out = String::with_capacity(sentence.len() + 16);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let found = after.split_once('}').and_then(|(name, tail)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value.to_string(), tail))
        });
        match found {
            Some((value, tail)) => {
                push_apart(&mut out, &value, direction);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Adds a value to a sentence of this direction. One that is read the other way is set apart by invisible marks (Unicode
/// Annex 9, section 2.4), lest the sentence's own quotes and full stop jump to its other side.
fn push_apart(sentence: &mut String, value: &str, direction: Direction) {
    let turned = value.chars().any(|c| match direction {
        Direction::LeftToRight => is_right_to_left(c),
        Direction::RightToLeft => c.is_alphabetic() && !is_right_to_left(c),
    });
    if turned {
        sentence.push('\u{2068}');
    }
    sentence.push_str(value);
    if turned {
        sentence.push('\u{2069}');
    }
}

/// Hebrew, Arabic and the scripts between them, with their forms for presentation.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}
