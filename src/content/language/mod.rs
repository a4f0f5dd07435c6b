//! In which language a text is written.
//!
//! What a feed or page declares is believed as long as its script fits: many declare `en` because nobody changed the
//! default, so a declared language that cannot be written in the characters at hand is passed over. Chinese, Japanese
//! and Korean are told apart by their scripts, which is exact where statistics are not; other languages by their words.

mod chinese;

use crate::domain::Language;

/// So many characters are looked at, title included.
const SAMPLE: usize = 600;

/// So many kanji may stand without any kana in Japanese.
const HEADLINE: usize = 40;

/// Fewer letters than these say nothing about a language that is not told by its script.
const ENOUGH_LETTERS: usize = 24;

/// The language of a text: as `declared` if that is plausible for its script, else by its script, else by its words.
/// `None` if there are too few letters to tell.
pub fn detect(declared: Option<&Language>, title: &str, text: &str) -> Option<Language> {
    let sample = || title.chars().chain(std::iter::once(' ')).chain(text.chars()).take(SAMPLE);
    let count = Scripts::count(sample());
    let cjk = count.han + count.kana + count.hangul;
    // A Han character carries about as much as half a word.
    if cjk > 0 && cjk * 4 >= count.letters - cjk {
        return east_asian(declared, &count, sample);
    }
    let declared = declared.filter(|language| count.fits(language));
    if declared.is_some() || count.letters == 0 {
        return declared.cloned();
    }
    by_letters(&count, sample()).or_else(|| by_words(&count, title, text))
}

fn east_asian<I: Iterator<Item = char>>(
    declared: Option<&Language>,
    count: &Scripts,
    sample: impl Fn() -> I,
) -> Option<Language> {
    let declared_primary = declared.map(Language::primary);
    if count.hangul * 4 > count.han {
        return declared.filter(|_| declared_primary == Some("ko")).cloned().or_else(|| Language::parse("ko"));
    }
    // Headlines in kanji alone are the one thing that looks Chinese and is not: there the source knows better.
    let is_headline = declared_primary == Some("ja") && count.han < HEADLINE;
    if count.kana * 12 >= count.han || is_headline {
        return declared.filter(|_| declared_primary == Some("ja")).cloned().or_else(|| Language::parse("ja"));
    }
    match declared_primary {
        Some("yue" | "wuu" | "nan" | "hak" | "lzh") => declared.cloned(),
        Some("zh") => chinese::script_of(sample()).or_else(|| declared.cloned()),
        _ => chinese::script_of(sample()).or_else(|| Language::parse("zh-Hans")),
    }
}

/// Letters of a text by script.
#[derive(Debug, Default)]
struct Scripts {
    letters: usize,
    han: usize,
    kana: usize,
    hangul: usize,
    latin: usize,
    cyrillic: usize,
    arabic: usize,
    hebrew: usize,
    greek: usize,
    thai: usize,
    devanagari: usize,
}

impl Scripts {
    fn count(text: impl Iterator<Item = char>) -> Self {
        let mut count = Self::default();
        for character in text {
            let script = match character {
                'a'..='z' | 'A'..='Z' => &mut count.latin,
                '\0'..='\u{bf}' => continue,
                '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => &mut count.latin,
                '\u{370}'..='\u{3ff}' => &mut count.greek,
                '\u{400}'..='\u{52f}' => &mut count.cyrillic,
                '\u{590}'..='\u{5ff}' => &mut count.hebrew,
                '\u{600}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{feff}' => &mut count.arabic,
                '\u{900}'..='\u{97f}' => &mut count.devanagari,
                '\u{e00}'..='\u{e7f}' => &mut count.thai,
                '\u{3041}'..='\u{30fa}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}' => &mut count.kana,
                '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => &mut count.hangul,
                '\u{3005}'
                | '\u{3007}'
                | '\u{3400}'..='\u{4dbf}'
                | '\u{4e00}'..='\u{9fff}'
                | '\u{f900}'..='\u{faff}'
                | '\u{20000}'..='\u{323af}' => &mut count.han,
                other if other.is_alphabetic() => {
                    count.letters += 1;
                    continue;
                }
                _ => continue,
            };
            *script += 1;
            count.letters += 1;
        }
        count
    }

    /// Whether most letters belong to a script in which `language` is written.
    fn fits(&self, language: &Language) -> bool {
        let written = match language.primary() {
            "zh" | "ja" | "ko" | "yue" | "wuu" | "nan" | "hak" | "lzh" => return self.letters == 0,
            "ru" | "uk" | "bg" | "be" | "mk" | "ky" | "tg" | "mn" => self.cyrillic,
            "sr" | "kk" | "uz" | "bs" | "az" | "tt" => self.cyrillic + self.latin,
            "ar" | "fa" | "ur" | "ps" | "sd" | "ug" | "ckb" => self.arabic,
            "he" | "yi" => self.hebrew,
            "el" => self.greek,
            "th" => self.thai,
            "hi" | "mr" | "ne" => self.devanagari,
            // Scripts that are not counted one by one.
            "hy" | "ka" | "bn" | "ta" | "te" | "ml" | "kn" | "gu" | "pa" | "si" | "my" | "km" | "lo" | "am" | "bo"
            | "dv" => self.letters - self.latin - self.cyrillic - self.greek - self.arabic - self.hebrew,
            _ => self.latin,
        };
        self.letters == 0 || written * 2 >= self.letters
    }
}

/// Languages that own a script, or letters of one that no neighbour writes.
fn by_letters(count: &Scripts, mut text: impl Iterator<Item = char>) -> Option<Language> {
    let half = count.letters / 2;
    let tag = if count.greek > half {
        "el"
    } else if count.hebrew > half {
        "he"
    } else if count.thai > half {
        "th"
    } else if count.devanagari > half {
        "hi"
    } else if count.arabic > half {
        if text.any(|c| "پچژگ".contains(c)) { "fa" } else { "ar" }
    } else if count.cyrillic > half {
        if text.any(|c| "іїєґІЇЄҐ".contains(c)) { "uk" } else { "ru" }
    } else {
        return None;
    };
    Language::parse(tag)
}

/// Languages by what their words look like.
fn by_words(count: &Scripts, title: &str, text: &str) -> Option<Language> {
    if count.letters < ENOUGH_LETTERS || count.latin * 2 < count.letters {
        return None;
    }
    let mut sample: String = title.chars().chain(std::iter::once(' ')).collect();
    sample.extend(text.chars().take(SAMPLE));
    // The detector knows sixteen languages and always names one of them; these letters belong to others.
    const OWN_LETTERS: &[(&str, &str)] = &[
        ("pl", "ąęłśźż"),
        ("cs", "řěů"),
        ("hu", "őű"),
        ("ro", "țșşţă"),
        ("is", "ðþ"),
        ("da", "æø"),
        ("lt", "ėų"),
        ("lv", "ļņķ"),
    ];
    for (tag, letters) in OWN_LETTERS {
        if sample.chars().filter(|&c| letters.contains(c)).count() * 100 >= count.letters {
            return Language::parse(tag);
        }
    }
    Language::parse(match whichlang::detect_language(&sample) {
        whichlang::Lang::Deu => "de",
        whichlang::Lang::Eng => "en",
        whichlang::Lang::Fra => "fr",
        whichlang::Lang::Ita => "it",
        whichlang::Lang::Nld => "nl",
        whichlang::Lang::Por => "pt",
        whichlang::Lang::Spa => "es",
        whichlang::Lang::Swe => "sv",
        whichlang::Lang::Tur => "tr",
        whichlang::Lang::Vie => "vi",
        // Not written in Latin letters: a mistake.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(declared: &str, text: &str) -> String {
        let declared = Language::parse(declared);
        detect(declared.as_ref(), "", text).map(|language| language.as_str().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_declared_language_is_believed_if_its_script_fits() {
        let english = "The reader keeps what you read and shows it again.";
        assert_eq!(detected("en-GB", english), "en-GB");
        assert_eq!(detected("de", english), "de");
        assert_eq!(detected("zh", english), "en");
        assert_eq!(detected("en", "今天我们学习怎样保存文章"), "zh-Hans");
        assert_eq!(detected("en", "Сегодня идёт дождь"), "ru");
        assert_eq!(detected("sr", "Danas pada kiša u gradu"), "sr");
    }

    #[test]
    fn chinese_japanese_and_korean_are_told_by_their_characters() {
        for (declared, text, language) in [
            ("", "今天我们学习怎样保存文章，明天再读。", "zh-Hans"),
            ("", "今天我們學習怎樣保存文章，明天再讀。", "zh-Hant"),
            ("zh-CN", "今天我們學習怎樣保存文章，明天再讀。", "zh-Hant"),
            ("zh-TW", "山中一夜雨", "zh-Hant"),
            ("", "今日は雨が降っています。", "ja"),
            ("ja", "東京都知事選挙結果", "ja"),
            ("", "오늘은 비가 옵니다.", "ko"),
            ("", "使用 Rust 和 SQLite 编写的阅读器 Gleaner 发布了", "zh-Hans"),
            ("", "He wrote the character 雨 on the wall and left the room without a word.", "en"),
        ] {
            assert_eq!(detected(declared, text), language, "{text}");
        }
    }

    #[test]
    fn undeclared_languages_are_told_by_their_words() {
        for (text, language) in [
            ("Der Zug kommt heute leider eine Stunde später an.", "de"),
            ("Le train arrive malheureusement avec une heure de retard.", "fr"),
            ("Pociąg przyjeżdża dziś z godzinnym opóźnieniem, więc się spóźnię.", "pl"),
            ("Η βροχή άρχισε το πρωί", "el"),
            ("ok", ""),
            ("1234", ""),
        ] {
            assert_eq!(detected("", text), language, "{text}");
        }
    }
}
