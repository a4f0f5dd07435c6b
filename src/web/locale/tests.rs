//! What the languages promise: every sentence is there, every one is used, and all of them take the same placeholders.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The names between braces.
fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The key without its plural form.
fn stem(key: &str) -> &str {
    key.strip_suffix(".one").or_else(|| key.strip_suffix(".other")).unwrap_or(key)
}

/// Text of every file under `folder` whose name ends in one of `endings`.
fn sources(folder: &Path, endings: &[&str], into: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.display().to_string();
        if path.is_dir() {
            sources(&path, endings, into);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            into.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("templates"), &[".html", ".svg"], &mut files);
    sources(&root.join("src"), &[".rs"], &mut files);
    files
}

/// The first argument of each call of one of the four functions that look a sentence up, where it is written out.
fn keys_asked_for(text: &str) -> impl Iterator<Item = &str> {
    [".t(\"", ".say(\"", ".count(\"", ".around(\""]
        .into_iter()
        .flat_map(move |call| text.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key))
}

#[test]
fn every_language_has_every_sentence_and_no_others() {
    let english = &Locale::english().0.sentences;
    for locale in Locale::all() {
        let own = &locale.0.sentences;
        for key in english.keys() {
            let needs_no_singular = key.ends_with(".one") && own.contains_key(&format!("{}.other", stem(key)));
            assert!(own.contains_key(key) || needs_no_singular, "{} lacks {key}", locale.tag());
        }
        for key in own.keys() {
            assert!(english.contains_key(key), "{} has {key}, which English has not", locale.tag());
        }
    }
}

#[test]
fn translations_take_the_same_placeholders() {
    let english = &Locale::english().0.sentences;
    for locale in Locale::all() {
        for (key, sentence) in &locale.0.sentences {
            let Some(original) = english.get(key) else { continue };
            // Calendars order and spell their parts as they like.
            if key.starts_with("date.") {
                continue;
            }
            assert_eq!(placeholders(sentence), placeholders(original), "{} {key}", locale.tag());
        }
    }
}

#[test]
fn every_sentence_that_is_asked_for_exists() {
    let english = &Locale::english().0.sentences;
    for (file, text) in all_sources().iter().filter(|(file, _)| !file.ends_with("tests.rs")) {
        for key in keys_asked_for(text) {
            let known = english.contains_key(key) || english.contains_key(&format!("{key}.other"));
            assert!(known, "{file} asks for {key}");
        }
    }
}

#[test]
fn no_sentence_lies_unused() {
    let files = all_sources();
    let unused: Vec<&str> = Locale::english()
        .0
        .sentences
        .keys()
        .map(|key| stem(key))
        .filter(|key| {
            let written = format!("\"{key}\"");
            !files.iter().any(|(_, text)| text.contains(&written))
        })
        .collect();
    assert!(unused.is_empty(), "nobody shows {unused:?}");
}

#[test]
fn the_browsers_wishes_choose_the_language() {
    for (header, tag) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("de-DE,de;q=0.9,en;q=0.5", "en"),
        ("en;q=0.2, zh-Hans;q=0.9", "zh-Hans"),
        ("zh-TW", "zh-Hans"),
        ("*", "en"),
        ("", "en"),
        ("zh;q=0, en", "en"),
    ] {
        assert_eq!(Locale::negotiate(header).tag(), tag, "{header}");
    }
}

#[test]
fn a_moment_is_written_as_the_language_writes_it() {
    let at = UnixMillis(1_692_090_420_000); // 2023-08-15 09:07 UTC
    let chinese = Locale::by_tag("zh-Hans").unwrap();

    assert_eq!(Locale::english().date_time(at, &TimeZone::UTC), "15 August 2023, 09:07");
    assert_eq!(chinese.date_time(at, &TimeZone::UTC), "2023年8月15日 09:07");
}

#[test]
fn spans_of_time_are_short_and_days_have_names() {
    let en = Locale::english();
    let now = UnixMillis(1_692_090_420_000);
    let before = |millis: i64| now.plus(-millis);

    assert_eq!(en.ago(before(5_000), now, &TimeZone::UTC), "now");
    assert_eq!(en.ago(before(5 * UnixMillis::MINUTE), now, &TimeZone::UTC), "5 min ago");
    assert_eq!(en.ago(before(3 * UnixMillis::DAY), now, &TimeZone::UTC), "12 Aug");
    assert_eq!(en.ago(before(400 * UnixMillis::DAY), now, &TimeZone::UTC), "11 Jul 2022");
    assert_eq!(en.day(before(0), now, &TimeZone::UTC), "Today");
    assert_eq!(en.day(before(10 * UnixMillis::HOUR), now, &TimeZone::UTC), "Yesterday");
    assert_eq!(en.day(before(3 * UnixMillis::DAY), now, &TimeZone::UTC), "Saturday");
    assert_eq!(en.until(now.plus(3 * UnixMillis::HOUR), now), "in 3 h");
}

#[test]
fn numbers_are_grouped_and_counted() {
    let en = Locale::english();
    assert_eq!(en.number(1_234_567), "1,234,567");
    assert_eq!(en.number(-12), "−12");
    assert_eq!(en.bytes(4_500_000), "4.5 MB");
    assert_eq!(en.bytes(950), "0.9 kB");
    assert_eq!(en.clock_time(3_723), "1:02:03");
    assert_eq!(en.count("ago.minutes", 1), "1 min ago");
}

#[test]
fn what_a_value_holds_is_not_filled_in_again() {
    assert_eq!(fill("{a} and {b}, {c}", &[("a", &"{b}"), ("b", &"x")]), "{b} and x, {c}");
}
