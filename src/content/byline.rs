//! What stands beside names and dates in the lines above a text, whoever reads them: a page's own words, or the text that came of it.

/// What reporters are called behind their names in Korean.
const REPORTERS: &[&str] = &[" 기자", " 선임기자", " 인턴기자", " 객원기자", " 특파원", " 논설위원"];

/// What follows the number in a time of reading, in lower case.
const READING: &[&str] = &[
    "min read",
    "mins read",
    "min. read",
    "minute read",
    "minutes read",
    "min reading time",
    "minutes to read",
    "min lesezeit",
    "min. lesezeit",
    "minuten lesezeit",
    "min de lecture",
    "min de lectura",
    "min de leitura",
    "min di lettura",
    "мин чтения",
    "分钟阅读",
    "分鐘閱讀",
    "分で読めます",
    "분 읽기",
];

/// What parts the pieces of such a line.
pub(super) const BETWEEN: &[char] = &[' ', '\u{a0}', '|', '｜', '·', '•', '—', '–', '»', ',', '，', '/', '-'];

/// A line that ends in the name of a reporter, as Korean newspapers write it: what stands before, and the name.
pub(super) fn reporter(line: &str) -> Option<(&str, &str)> {
    let mut line = line.trim_end();
    if let Some((before, last)) = line.rsplit_once(' ')
        && last.contains('@')
    {
        line = before.trim_end();
    }
    let line = REPORTERS.iter().find_map(|title| line.strip_suffix(title))?;
    let at = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let (before, name) = line.split_at_checked(at)?;
    let is_name = (2..=14).contains(&name.chars().count()) && name.chars().all(|c| matches!(c, '가'..='힣' | '·'));
    is_name.then_some((before.trim_end(), name))
}

/// A line without the time that it takes to read the text, and whether it said one: “Jan 2, 2024 — 5 min read”.
pub(super) fn without_reading_time(line: &str) -> (&str, bool) {
    let Some(at) = line.rfind(|c: char| c.is_ascii_digit()) else { return (line, false) };
    let unit = line[at + 1..].trim_start_matches([' ', '\u{a0}', '-']).to_lowercase();
    if !READING.contains(&unit.trim_end_matches('.')) {
        return (line, false);
    }
    (line[..at].trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(BETWEEN), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reporters_are_named_at_the_end_of_a_line() {
        for (line, found) in [
            ("홍길동 기자", Some(("", "홍길동"))),
            ("홍길동·김철수 기자 hong@mill.example", Some(("", "홍길동·김철수"))),
            ("입력 2024.01.02 03:04 홍길동 특파원", Some(("입력 2024.01.02 03:04", "홍길동"))),
            ("그 기자", None),
            ("이 사람은 신문사의 기자이다", None),
            ("기자", None),
            ("", None),
        ] {
            assert_eq!(reporter(line), found, "{line}");
        }
        assert_eq!(reporter(&"가 ".repeat(200_000)), None);
    }

    #[test]
    fn the_time_of_reading_is_cut_from_the_end_of_a_line() {
        for (line, rest) in [
            ("Jan 2, 2024 — 5 min read", "Jan 2, 2024"),
            ("02 Jan 2024 • 12 min read", "02 Jan 2024"),
            ("5 min read", ""),
            ("3-minute read", ""),
            ("2024年1月2日 · 5 分钟阅读", "2024年1月2日"),
        ] {
            assert_eq!(without_reading_time(line), (rest, true), "{line}");
        }
        for line in ["Jan 2, 2024", "It takes 5 min to read this", "Read", ""] {
            assert_eq!(without_reading_time(line), (line, false));
        }
    }
}
