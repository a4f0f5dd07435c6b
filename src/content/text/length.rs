//! How long a text is.

/// How long a text is, by kind of script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Length {
    /// Words of scripts that separate words.
    pub words: u32,
    /// Han, kana and hangul characters.
    pub cjk_chars: u32,
}

/// Characters of Chinese or Japanese that are read in a minute.
const CJK_CHARS_PER_MINUTE: u32 = 500;

/// Words that are read in a minute.
const WORDS_PER_MINUTE: u32 = 265;

/// Counts the words and CJK characters of plain text. Scripts that write no spaces between words (Thai, Khmer, Lao,
/// Burmese) count one word for five letters.
pub fn length(text: &str) -> Length {
    let mut length = Length::default();
    let mut unspaced = 0_u32;
    let mut in_word = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            length.words += u32::from(!in_word);
            in_word = true;
        } else if character.is_ascii() {
            // “don’t”, “3.5” and “e-mail” are one word each: such a mark ends no word, but begins none either.
            in_word = in_word && matches!(character, '\'' | '.' | '-' | '_' | ',');
        } else if is_cjk(character) {
            length.cjk_chars += 1;
            in_word = false;
        } else if is_unspaced(character) {
            unspaced += 1;
            in_word = false;
        } else if character.is_alphanumeric() {
            length.words += u32::from(!in_word);
            in_word = true;
        } else {
            in_word = in_word && matches!(character, '’' | '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}');
        }
    }
    length.words += unspaced / 5;
    length
}

/// Whether a character is Han, kana or hangul.
pub(crate) fn is_cjk(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{323af}')
}

/// Whether a character is of Thai, Lao, Burmese or Khmer.
pub(super) fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Minutes of reading for a text of so many words and CJK characters together; at least 1.
pub fn reading_minutes(words: u32, cjk_chars: u32) -> u32 {
    let words = u64::from(words) * u64::from(CJK_CHARS_PER_MINUTE);
    let cjk = u64::from(cjk_chars) * u64::from(WORDS_PER_MINUTE);
    let minutes = (words + cjk).div_ceil(u64::from(CJK_CHARS_PER_MINUTE * WORDS_PER_MINUTE));
    u32::try_from(minutes).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_cjk_characters_are_counted_apart() {
        for (text, words, cjk_chars) in [
            ("", 0, 0),
            ("Don't panic, it's 3.5 km.", 5, 0),
            ("今天天气很好。", 0, 6),
            ("使用 Rust 编写的阅读器", 1, 8),
            ("日本語とカタカナー", 0, 9),
            ("한국어 글", 0, 4),
            ("Ελληνικά и русский", 3, 0),
            ("e-mail — naïve façade", 3, 0),
            ("สวัสดีครับ", 2, 0),
        ] {
            assert_eq!(length(text), Length { words, cjk_chars }, "{text}");
        }
    }

    #[test]
    fn reading_takes_a_minute_at_least_and_adds_both_scripts() {
        assert_eq!(reading_minutes(0, 0), 1);
        assert_eq!(reading_minutes(265, 0), 1);
        assert_eq!(reading_minutes(266, 0), 2);
        assert_eq!(reading_minutes(265, 500), 2);
        assert_eq!(reading_minutes(u32::MAX, u32::MAX), 24_797_359);
    }
}
