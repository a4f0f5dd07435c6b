//! How much two texts have in common.

use std::collections::HashMap;

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// Which part of what was found belongs there.
    pub(crate) precision: f64,
    /// Which part of what belongs there was found.
    pub(crate) recall: f64,
}

impl Score {
    /// Harmonic mean of precision and recall.
    pub(crate) fn f1(self) -> f64 {
        let sum = self.precision + self.recall;
        if sum == 0.0 { 0.0 } else { 2.0 * self.precision * self.recall / sum }
    }
}

/// The words of a text. With `by_character` each Han, kana and hangul character is one, as those scripts set no spaces.
pub(crate) fn words(text: &str, by_character: bool) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        let alone = by_character && is_cjk(character);
        if (alone || !(character.is_alphanumeric() || character == '_')) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if alone {
            words.push(character.to_string());
        } else if character.is_alphanumeric() || character == '_' {
            word.extend(character.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// Compares the multisets of runs of `run` words; a text shorter than a run is one run.
pub(crate) fn compare(found: &[String], expected: &[String], run: usize) -> Score {
    let (found, expected) = (runs(found, run), runs(expected, run));
    let common: usize = found.iter().map(|(key, count)| (*count).min(expected.get(key).copied().unwrap_or(0))).sum();
    let part = |all: usize| {
        if all == 0 { f64::from(u8::from(common == all && found.len() == expected.len())) } else { ratio(common, all) }
    };
    Score { precision: part(found.values().sum()), recall: part(expected.values().sum()) }
}

/// `part` of `whole`.
#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn runs(words: &[String], run: usize) -> HashMap<&[String], usize> {
    let mut runs = HashMap::new();
    if words.is_empty() {
        return runs;
    }
    for window in words.windows(run.min(words.len())) {
        *runs.entry(window).or_default() += 1;
    }
    runs
}
