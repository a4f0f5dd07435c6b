//! What the languages promise: every sentence is there, every one is used, and all of them take the same placeholders.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The names between braces.
fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The key without its plural form, and that form.
fn split(key: &str) -> (&str, Option<&str>) {
    match key.rsplit_once('.') {
        Some((stem, form)) if Plurals::ZeroToMany.forms().contains(&form) => (stem, Some(form)),
        _ => (key, None),
    }
}

fn stem(key: &str) -> &str {
    split(key).0
}

fn english() -> &'static HashMap<String, String> {
    Locale::english().0.sentences()
}

/// The keys that one of the younger languages may lack for now.
fn untranslated() -> BTreeSet<&'static str> {
    include_str!("../../../locales/untranslated.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// English and simplified Chinese are written together with the pages; the others may follow.
fn may_follow(locale: Locale) -> bool {
    !["en", "zh-Hans"].contains(&locale.tag())
}

/// Whether `locale` has each form of the sentence that its grammar asks for.
fn has_every_form(locale: Locale, stem: &str) -> bool {
    let has = |key: &str| locale.0.sentences().contains_key(key);
    let form = |name: &&str| has(&format!("{stem}.{name}"));
    let forms = locale.0.plurals.forms();
    match (english().contains_key(stem), english().contains_key(&format!("{stem}.one"))) {
        (true, _) => has(stem),
        (false, true) => forms.iter().all(form),
        // The same for every number in English; another language may need its forms, but then all of them.
        (false, false) => form(&"other") && (forms.iter().all(form) || !forms[..forms.len() - 1].iter().any(form)),
    }
}

/// What reads as in English: words that the language took over, and names.
const SAME: &[(&str, &[&str])] = &[
    (
        "de",
        &[
            "base.feeds",
            "feeds.feed",
            "tags.title",
            "mark.tags",
            "mark.original",
            "about.version",
            "login.name",
            "month.4",
            "month.8",
            "month.9",
            "month.11",
            "settings.theme_sepia",
            "aa.theme_sepia",
            "aa.theme_auto",
            "article.listen_pause",
            "search.name",
            "search.facet.feed",
        ],
    ),
    ("es", &["list.minutes.other", "mark.original", "settings.theme_sepia", "aa.theme_sepia"]),
    (
        "fr",
        &[
            "digest.articles.one",
            "digest.articles.other",
            "base.menu",
            "list.minutes.other",
            "mark.original",
            "article.comments",
            "highlights.note",
            "feeds.actions",
            "about.version",
            "about.licence",
            "article.listen_pause",
            "search.count.other",
        ],
    ),
    ("pt", &["base.menu", "list.minutes.other", "mark.original"]),
];

/// The same in every language that likes it so: units of data and the sizes of clothes.
const SAME_EVERYWHERE: &[&str] = &["bytes", "size_s", "size_m", "size_l", "size_xl", "size_xxl"];

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

/// The first argument of each call of one of the three functions that look a sentence up, where it is written out.
fn keys_asked_for(text: &str) -> impl Iterator<Item = &str> {
    [".t(\"", ".say(\"", ".count(\""]
        .into_iter()
        .flat_map(move |call| text.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key))
}

#[test]
fn every_language_has_every_sentence_in_every_form_and_no_others() {
    let allowed = untranslated();
    for locale in Locale::all() {
        for stem in english().keys().map(|key| stem(key)) {
            let waits = may_follow(locale) && allowed.contains(stem);
            assert!(waits || has_every_form(locale, stem), "{} lacks {stem}, or a plural form of it", locale.tag());
        }
        let forms = locale.0.plurals.forms();
        for key in locale.0.sentences().keys() {
            let known = match split(key) {
                (stem, Some(form)) => english().contains_key(&format!("{stem}.other")) && forms.contains(&form),
                (whole, None) => english().contains_key(whole),
            };
            assert!(known, "{} has {key}, which English has not, or which its grammar does not know", locale.tag());
        }
    }
}

#[test]
fn what_is_listed_as_untranslated_is() {
    for stem in untranslated() {
        assert!(
            english().keys().any(|key| split(key).0 == stem),
            "untranslated.txt lists {stem}, which is no sentence"
        );
        let waits = Locale::all().filter(|locale| may_follow(*locale)).any(|locale| !has_every_form(locale, stem));
        assert!(waits, "{stem} is translated everywhere: take it out of untranslated.txt");
    }
}

#[test]
fn translations_take_the_same_placeholders() {
    for locale in Locale::all() {
        for (key, sentence) in locale.0.sentences() {
            let (stem, form) = split(key);
            let mut own = placeholders(sentence);
            let original = form.map_or(stem.to_owned(), |_| format!("{stem}.other"));
            let mut wanted = placeholders(&english()[&original]);
            // A calendar may name a month in short or in full.
            if key.starts_with("date.") {
                for names in [&mut own, &mut wanted] {
                    if names.remove("mon") {
                        names.insert("month");
                    }
                }
            }
            // A form for one number alone may say it in words.
            let alone = match form {
                Some("zero" | "two") => true,
                Some("one") => matches!(locale.0.plurals, Plurals::OneOther | Plurals::ZeroToMany),
                _ => false,
            };
            if alone {
                own.insert("n");
            }
            assert_eq!(own, wanted, "{} {key}", locale.tag());
        }
    }
}

#[test]
fn every_sentence_says_something_in_its_own_language() {
    for locale in Locale::all() {
        for (key, sentence) in locale.0.sentences() {
            // What stands between groups of digits is a space in some languages.
            assert!(key == "number.group" || !sentence.trim().is_empty(), "{} {key} is empty", locale.tag());
            let speaks = fill_with_nothing(sentence).chars().any(char::is_alphabetic);
            if locale.tag() == "en" || !speaks || SAME_EVERYWHERE.iter().any(|part| key.contains(part)) {
                continue;
            }
            let same = english().get(key) == Some(sentence);
            let listed = SAME.iter().any(|(tag, keys)| *tag == locale.tag() && keys.contains(&key.as_str()));
            assert_eq!(
                same,
                listed,
                "{} {key} is “{sentence}”: it should differ from English, or be listed",
                locale.tag()
            );
        }
    }
}

#[test]
fn quotes_and_dots_are_those_of_a_book() {
    for locale in Locale::all() {
        for (key, sentence) in locale.0.sentences() {
            // A sentence that is typed into the search is no prose: there the quotes at both ends belong to it.
            for typed in ["\"", "'", "..."] {
                assert!(!sentence.trim_matches('"').contains(typed), "{} {key}: {sentence}", locale.tag());
            }
        }
    }
}

#[test]
fn what_the_script_counts_reads_the_same_for_every_number() {
    for locale in Locale::all() {
        for key in locale.0.sentences().keys().filter(|key| key.starts_with("ago.")) {
            assert!(matches!(split(key).1, None | Some("other")), "{} {key}: the script has one form", locale.tag());
            assert!(!locale.0.sentences()[key].contains('|'));
        }
    }
}

/// A sentence without its placeholders.
fn fill_with_nothing(sentence: &str) -> String {
    placeholders(sentence).iter().fold(sentence.to_owned(), |rest, name| rest.replace(&format!("{{{name}}}"), ""))
}

#[test]
fn every_sentence_that_is_asked_for_exists() {
    let english = english();
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
        .sentences()
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
        ("de-DE,de;q=0.9,en;q=0.5", "de"),
        ("pl,fr;q=0.4", "fr"),
        ("en;q=0.2, zh-Hans;q=0.9", "zh-Hans"),
        ("zh-TW,zh;q=0.9", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("pt-BR", "pt"),
        ("pt-PT,pt;q=0.9", "pt"),
        ("ar-EG,ar;q=0.9,en-US;q=0.8", "ar"),
        ("ja-JP", "ja"),
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
    for (tag, date) in [
        ("de", "15. August 2023"),
        ("es", "15 de agosto de 2023"),
        ("fr", "15 août 2023"),
        ("pt", "15 de agosto de 2023"),
        ("ru", "15 августа 2023 г."),
        ("ar", "15 أغسطس 2023"),
        ("zh-Hant", "2023年8月15日"),
        ("ja", "2023年8月15日"),
        ("ko", "2023년 8월 15일"),
    ] {
        assert_eq!(Locale::by_tag(tag).unwrap().date(at, &TimeZone::UTC), date, "{tag}");
    }
}

#[test]
fn each_language_counts_and_groups_in_its_own_way() {
    let said = |tag: &str, key: &str, n: i64| Locale::by_tag(tag).unwrap().count(key, n);

    assert_eq!(said("fr", "done.marked", 0), "0 article marqué comme lu.");
    assert_eq!(said("ru", "until.days", 21), "через 21 день");
    assert_eq!(said("ru", "until.days", 3), "через 3 дня");
    assert_eq!(said("ru", "until.days", 11), "через 11 дней");
    assert_eq!(said("ar", "until.days", 2), "بعد يومين");
    assert_eq!(said("ar", "until.days", 3), "بعد 3 أيام");
    assert_eq!(said("ja", "until.days", 1), "1 日後");
    for (tag, thousands, millions, size) in [
        ("de", "1.234", "1.234.567", "4,5 MB"),
        ("es", "1234", "1.234.567", "4,5 MB"),
        ("fr", "1\u{202f}234", "1\u{202f}234\u{202f}567", "4,5 Mo"),
        ("ru", "1\u{a0}234", "1\u{a0}234\u{a0}567", "4,5 МБ"),
        ("ar", "1,234", "1,234,567", "4.5 م.ب"),
    ] {
        let locale = Locale::by_tag(tag).unwrap();
        assert_eq!(
            [locale.number(1_234), locale.number(1_234_567), locale.bytes(4_500_000)],
            [thousands, millions, size]
        );
    }
}

#[test]
fn arabic_is_read_from_the_right() {
    let right: Vec<&str> = Locale::all().filter(|l| l.direction() == Direction::RightToLeft).map(Locale::tag).collect();
    assert_eq!(right, ["ar"]);
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
fn a_day_of_23_or_25_hours_has_one_heading_and_its_neighbours_have_theirs() {
    let at = |text: &str| UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let (en, berlin) = (Locale::english(), TimeZone::get("Europe/Berlin").unwrap());
    for (moment, now, heading) in [
        // 27 October 2024 began at 22:00 and ended at 23:00.
        ("2024-10-26T22:00:00Z", "2024-10-27T22:59:59Z", "Today"),
        ("2024-10-26T21:59:59Z", "2024-10-27T22:59:59Z", "Yesterday"),
        ("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z", "Yesterday"),
        // 31 March 2024 began at 23:00 and ended at 22:00.
        ("2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z", "Today"),
        ("2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z", "Yesterday"),
        ("2024-03-30T22:59:59Z", "2024-03-31T22:00:00Z", "Saturday"),
    ] {
        assert_eq!(en.day(at(moment), at(now), &berlin), heading, "{moment} seen at {now}");
    }
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
    let values = [("a", &"{b}"), ("b", &"x")];
    assert_eq!(fill("{a} and {b}, {c}", &values, Direction::LeftToRight), "{b} and x, {c}");
}

#[test]
fn a_value_that_is_read_the_other_way_is_set_apart() {
    let (ltr, rtl) = (Direction::LeftToRight, Direction::RightToLeft);
    let filled = |value: &str, direction| fill("“{a}”", &[("a", value)], direction);

    assert_eq!(filled("News!", ltr), "“News!”");
    assert_eq!(filled("أخبار", ltr), "“\u{2068}أخبار\u{2069}”");
    assert_eq!(filled("News!", rtl), "“\u{2068}News!\u{2069}”");
    assert_eq!(filled("أخبار 2026", rtl), "“أخبار 2026”");
}

#[test]
fn what_a_language_lacks_is_said_in_english() {
    let sentences = OnceLock::from(HashMap::new());
    let catalogue = Catalogue { tag: "xx", name: "", plurals: Plurals::OneFewMany, packed: &[], sentences };
    let bare = Locale(Box::leak(Box::new(catalogue)));

    assert_eq!(bare.t("base.undo"), "Undo");
    assert_eq!(bare.count("done.marked", 1), "1 article marked as read.");
    assert_eq!(bare.count("done.marked", 3), "3 articles marked as read.");
}

#[test]
fn a_rule_is_said_with_the_words_that_bend_its_parts() {
    // The parts of the form are in the case that its words ask for: without them they make no sentence.
    let rule = |tag: &str| {
        let locale = Locale::by_tag(tag).unwrap();
        let [scope, field, test] =
            ["everything", "title_field", "words"].map(|part| locale.t(&format!("rules.{part}")));
        locale.say("rules.sentence", [("scope", &scope), ("field", &field), ("test", &test), ("pattern", &"x")])
    };

    assert_eq!(rule("en"), "everything you follow: the title, these words “x”");
    assert_eq!(rule("de"), "Bei Artikeln aus allem, dem Sie folgen: durchsuche den Titel nach diesen Wörtern „x“");
    assert_eq!(rule("ru"), "В том, что приходит из всех подписок: смотреть заголовок и искать эти слова «x»");
}
