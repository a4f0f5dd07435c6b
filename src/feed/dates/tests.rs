use super::*;

fn read(text: &str, language: Option<&str>, host: Option<&str>) -> Option<String> {
    let language = language.and_then(Language::parse);
    // 2026-01-01T00:00:00Z
    let ctx = DateContext { language: language.as_ref(), host, now: UnixMillis(1_767_225_600_000) };
    parse_date(text, &ctx).and_then(UnixMillis::to_timestamp).map(|at| at.to_string())
}

#[test]
fn dates_are_read_however_they_are_written() {
    for (text, instant) in [
        ("Tue, 15 Aug 2023 09:07:19 GMT", "2023-08-15T09:07:19Z"),
        ("15 Aug 23 09:07 +0800", "2023-08-15T01:07:00Z"),
        ("Tuesday, 15-Aug-23 09:07:19 UTC", "2023-08-15T09:07:19Z"),
        ("2023-08-15T09:07:19.123456789+08:00", "2023-08-15T01:07:19.123Z"),
        ("2024-05-06T12:30+08:00", "2024-05-06T04:30:00Z"),
        ("2024/05/06 12:30", "2024-05-06T12:30:00Z"),
        ("20230815T090719", "2023-08-15T09:07:19Z"),
        ("2002-W40-3T08:00:00+02:00", "2002-10-02T06:00:00Z"),
        ("2004W537", "2005-01-02T00:00:00Z"),
        ("2024-W06", "2024-02-05T00:00:00Z"),
        ("20230815090719", "2023-08-15T09:07:19Z"),
        ("05/06/2024 12:30 PM", "2024-05-06T12:30:00Z"),
        ("26/06/2020", "2020-06-26T00:00:00Z"),
        ("30.10.23", "2023-10-30T00:00:00Z"),
        ("2024年5月6日 12:30", "2024-05-06T04:30:00Z"),
        ("2024년 5월 6일 (월) 오후 1:30", "2024-05-06T04:30:00Z"),
        ("Aug 15, 2023, 9:07 p.m. EST", "2023-08-16T02:07:00Z"),
        ("mar., 15 août 2023 09:07:19 +0200", "2023-08-15T07:07:19Z"),
        ("Вт, 15 авг 2023 09:07:19 +0300", "2023-08-15T06:07:19Z"),
        ("15 de agosto de 2023", "2023-08-15T00:00:00Z"),
        ("Tue Aug 15 09:07:19 +0000 2023", "2023-08-15T09:07:19Z"),
        ("Tue, 15 Aug 2023 17:07:19 GMT+8", "2023-08-15T09:07:19Z"),
        ("Tue, 15 Aug 2023 17:07:19 Asia/Shanghai", "2023-08-15T09:07:19Z"),
        ("Tue, 15 Aug 2023 24:00:00 GMT", "2023-08-16T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.999Z", "2017-01-01T00:00:00.999Z"),
        ("2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00Z"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"),
        // 2:30 was not there in Berlin on 31 March 2024, and twice on 27 October.
        ("2024-03-31 02:30 Europe/Berlin", "2024-03-31T01:30:00Z"),
        ("2024-10-27 02:30 Europe/Berlin", "2024-10-27T00:30:00Z"),
        ("Mon, 3 Jul 2023 09:00 ET", "2023-07-03T13:00:00Z"),
        ("8/15/2023 9:07:19 AM Pacific Daylight Time", "2023-08-15T16:07:19Z"),
        ("Tue, 15 Aug 2023 09:07:19 Central European Summer Time", "2023-08-15T07:07:19Z"),
        ("Mon, 3 Jul 2023 09:00 Eastern Time", "2023-07-03T13:00:00Z"),
        ("15 Aug 2023 09:07:19 BRST", "2023-08-15T11:07:19Z"),
        // Military zones, and names that nobody knows (RFC 5322, section 4.3).
        ("15 Aug 2023 09:07:19 N", "2023-08-15T09:07:19Z"),
        ("Tue, 15 Aug 2023 09:07:19 XYZT ", "2023-08-15T09:07:19Z"),
        ("2003-335", "2003-12-01T00:00:00Z"),
        ("Nov. 2020", "2020-11-01T00:00:00Z"),
        ("2003", "2003-01-01T00:00:00Z"),
        ("1692090439", "2023-08-15T09:07:19Z"),
        ("1692090439000", "2023-08-15T09:07:19Z"),
    ] {
        assert_eq!(read(text, None, None).as_deref(), Some(instant), "{text}");
    }
}

#[test]
fn what_is_no_date_gives_none() {
    for text in [
        "",
        "invalid",
        "0000-00-00 00:00:00",
        "Wed, 31 Feb 2023 09:07:19 GMT",
        "2023-08-15T25:14:55Z",
        "2013-xx-27",
        "Sun, Dec x 2012 11:47:32 GMT",
        "2023-08-15T09:07:19+99:99",
        "2023-08-15T09:07:19-0:303209202009200200",
        "09:07:19",
        "15 Aug 2023 09:07:19 and later",
        "15 Aug 2023 XYZT",
        "99999999999999999999",
        "-2147483649",
    ] {
        assert_eq!(read(text, None, None), None, "{text}");
    }
    assert_eq!(read(&"(".repeat(1_000_000), None, None), None);
}

#[test]
fn an_ambiguous_zone_is_that_of_the_feeds_country() {
    let text = "Tue, 15 Aug 2023 17:07:19 CST";
    assert_eq!(read(text, Some("zh-cn"), None).as_deref(), Some("2023-08-15T09:07:19Z"));
    assert_eq!(read(text, None, Some("news.example.cn")).as_deref(), Some("2023-08-15T09:07:19Z"));
    assert_eq!(read(text, Some("en-us"), None).as_deref(), Some("2023-08-15T23:07:19Z"));
}

#[test]
fn a_missing_zone_is_that_of_the_feeds_country_if_it_has_one_clock() {
    let text = "2023-08-15 17:07:19";
    assert_eq!(read(text, Some("zh"), None).as_deref(), Some("2023-08-15T09:07:19Z"));
    assert_eq!(read(text, Some("ja"), None).as_deref(), Some("2023-08-15T08:07:19Z"));
    assert_eq!(read(text, Some("en"), None).as_deref(), Some("2023-08-15T17:07:19Z"));
    assert_eq!(read("2023-08-15 17:07:19 XYZT", Some("ja"), None).as_deref(), Some("2023-08-15T08:07:19Z"));
}

#[test]
fn dates_outside_the_range_are_held_at_its_ends() {
    assert_eq!(read("0100-01-01T00:00:01Z", None, None).as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(read("9999-12-31T23:59:59Z", None, None).as_deref(), Some("2026-01-02T00:00:00Z"));
}

#[test]
fn dates_of_many_languages_and_calendars_are_read() {
    for (text, language, instant) in [
        ("2024. 2. 9. 6:30", "ko", "2024-02-08T21:30:00Z"),
        ("2024. 2. 9.", "ko", "2024-02-09T00:00:00Z"),
        ("9. 2. 2024 6:30", "cs", "2024-02-09T06:30:00Z"),
        ("二〇二四年二月十九日", "zh", "2024-02-19T00:00:00Z"),
        ("令和6年2月9日 6時30分", "ja", "2024-02-08T21:30:00Z"),
        ("民國113年2月9日", "zh", "2024-02-09T00:00:00Z"),
        ("9 févr. 2024 à 6 h 30", "fr", "2024-02-09T06:30:00Z"),
        ("9 de fevereiro de 2024 às 06h30", "pt", "2024-02-09T06:30:00Z"),
        ("9 febbraio 2024 alle 06:30", "it", "2024-02-09T06:30:00Z"),
        ("9 februari 2024 kl. 06.30", "sv", "2024-02-09T06:30:00Z"),
        ("Fri 9 Feb 2024 06.00 GMT", "en", "2024-02-09T06:00:00Z"),
        ("Thứ sáu, 9/2/2024, 06:30 (GMT+7)", "vi", "2024-02-08T23:30:00Z"),
        ("9 tháng 2, 2024", "vi", "2024-02-09T00:00:00Z"),
        ("٩ فبراير ٢٠٢٤", "ar", "2024-02-09T00:00:00Z"),
        ("9 شباط 2024", "ar", "2024-02-09T00:00:00Z"),
        ("9 كانون الثاني 2024", "ar", "2024-01-09T00:00:00Z"),
        ("9 תשרין", "he", ""),
        ("9 בפברואר 2024", "he", "2024-02-09T00:00:00Z"),
        ("۲۰ بهمن ۱۴۰۲", "fa", "2024-02-09T00:00:00Z"),
        ("2024040", "en", "2024-02-09T00:00:00Z"),
        ("9 ก.พ. 2567", "th", "2024-02-09T00:00:00Z"),
        ("9 กุมภาพันธ์ 2567 06:30 น.", "th", "2024-02-09T06:30:00Z"),
        ("9 मार्च 2024", "hi", "2024-03-09T00:00:00Z"),
        ("31 اسفند ۱۴۰۲", "fa", ""),
    ] {
        assert_eq!(read(text, Some(language), None).unwrap_or_default(), instant, "{text}");
    }
}
