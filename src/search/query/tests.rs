//! What queries are read as.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis(1_795_132_800_000);

fn read(text: &str) -> Query {
    Query::parse(text, NOW, &TimeZone::UTC)
}

#[test]
fn a_day_is_shown_as_the_day_that_its_reader_means() {
    for zone in ["Asia/Shanghai", "America/Lima", "Pacific/Kiritimati"] {
        let query = Query::parse("after:2023-08 -before:(2022 or 2023-08-15)", NOW, &TimeZone::get(zone).unwrap());
        assert_eq!(query.to_string(), "after:2023-08-01 -(before:2022-01-01 or before:2023-08-15)", "{zone}");
    }
}

#[test]
fn what_is_looked_for_in_the_title_is_no_hit_in_the_text() {
    let query = read("title:(river sea) author:ann \"a b\" -c");
    let phrases = |part| query.phrases(part).iter().map(|phrase| phrase.as_str()).collect::<Vec<_>>();
    assert_eq!(phrases(Part::Any), ["a b"]);
    assert_eq!(phrases(Part::Title), ["river", "sea", "a b"]);
}

fn shown(text: &str) -> String {
    read(text).to_string()
}

#[test]
fn queries_are_read_as_people_mean_them() {
    for (text, expected) in [
        ("Café 中國", "cafe 中国"),
        ("\"the Document\" -draft", "\"the document\" -draft"),
        ("a b or c d", "a (b or c) d"),
        ("a OR b OR c", "(a or b or c)"),
        ("(a b) or c", "((a b) or c)"),
        ("a or (b or c) d", "(a or (b or c)) d"),
        ("-(a or b)", "-(a or b)"),
        ("--a", "a"),
        ("title:麥田 author:\"Ann B\"", "title:麦田 author:\"ann b\""),
        ("title:(a or b)", "(title:a or title:b)"),
        ("feed:\"Daily News\" category:Tech tag:river", "feed:\"Daily News\" category:Tech tag:river"),
        ("lang:zh-Hans is:unread has:images", "lang:zh-hans is:unread has:picture"),
        ("site:https://www.Example.org/a", "site:example.org"),
        ("before:2023-08 after:7d", "before:2023-08-01 after:2026-11-13"),
        ("（麦田 | 小麦）", "(麦田 or 小麦)"),
        ("标题：x", "标题:x"),
        ("c++ -\"c++\"", "c -\"c++\""),
        ("title：麦田 “引号”", "title:麦田 \"引号\""),
        ("「麦田 河」 «a b» »c d« „e f“ ”g h”", "\"麦田 河\" \"a b\" \"c d\" \"e f\" \"g h\""),
        ("title：「麦田」（a｜b）", "title:\"麦田\" (a or b)"),
        ("\"他说“好”了\" “he said \"no\" then” “mixed\"", "「他说\"好\"了」 「he said \"no\" then」 \"mixed\""),
        ("麦田|小麦 || rye", "(麦田 or 小麦 or rye)"),
        ("is:(unread or starred) -tag:(\"a b\" c)", "(is:unread or is:starred) -(tag:\"a b\" tag:c)"),
        ("tag:(a title:(b c) d)", "tag:a (title:b title:c) tag:d"),
        ("-title:\"a b\" -(c -d)", "-title:\"a b\" -(c -d)"),
        ("title: x tag:", "title x tag"),
        ("https://example.org/a?b=c#d ann@example.org", "https://example.org/a?b=c#d ann@example.org"),
        (".net c# node.js", "net c node.js"),
        ("a - b", "a b"),
        ("foo-bar", "foo-bar"),
        ("or", "\"or\""),
        ("a or", "a \"or\""),
        ("", ""),
        (" \0 ", ""),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_looked_for_as_words_and_said() {
    for (text, note) in [
        ("is:purple", Note::AsWords("is:purple".into())),
        ("before:soon", Note::AsWords("before:soon".into())),
        ("lang:\"no language at all\"", Note::AsWords("lang:no language at all".into())),
        ("\"open", Note::Unclosed),
        ("(a", Note::Unclosed),
        ("a)", Note::Unclosed),
        ("a …", Note::Nothing("…".into())),
        ("is:(unread or purple)", Note::AsWords("is:purple".into())),
        ("「open", Note::Unclosed),
        ("before:2023-02-30", Note::AsWords("before:2023-02-30".into())),
    ] {
        let query = read(text);
        assert!(query.notes.contains(&note), "{text}: {:?}", query.notes);
    }
    let long = read(&"麦 ".repeat(200));
    assert_eq!(long.notes, [Note::Cut]);
    assert!(read("a b").notes.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Every text is a query, and what it was read as is read as the same.
    #[test]
    fn every_text_is_a_query(text in "[ab\"“”„«»「」『（()）:：\\-−|｜\\\\*^~{}\\[\\]+ 中国\u{0}\n']{0,60}|.{0,80}") {
        let query = read(&text);
        let again = read(&query.to_string());
        if query.to_string().len() <= MAX_QUERY_BYTES && !query.notes.contains(&Note::Cut) {
            prop_assert_eq!(query.to_string(), again.to_string());
        }
    }
}
