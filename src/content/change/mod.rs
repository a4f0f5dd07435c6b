//! What an edit changed: two states of a text compared word by word, in every script.
//!
//! Whole paragraphs are matched first, then the words of those that differ, so the work is bounded by what changed. A word is
//! what Unicode's text segmentation (UAX #29) says; of Han and kana each character is one. How much an edit is says [`edit()`].

mod edit;

pub use edit::{Edit, edit};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation as _;

/// Beyond so many paragraphs the rest of a text is one.
const PARAGRAPHS: usize = 3_000;
/// Changed stretches with more words than this, on either side, are compared in halves, and a single paragraph with more is
/// shown as replaced.
const WORDS: usize = 4_000;
/// So many parts of a comparison are shown.
const SHOWN: usize = 1_000;
/// So many unchanged paragraphs stay on each side of a change, to show where it is.
const CONTEXT: usize = 1;

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is in both.
    Kept,
    /// It came with the newer one.
    Added,
    /// It was only in the older one.
    Removed,
}

/// A run of words with one fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What became of it.
    pub change: Change,
    /// The words.
    pub text: String,
}

/// A part of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stretch {
    /// One paragraph with its pieces.
    Paragraph(Vec<Piece>),
    /// So many paragraphs in which nothing changed.
    Unchanged(usize),
    /// So many paragraphs that are too many to show.
    NotShown(usize),
}

/// Compares two plain texts whose paragraphs stand on lines of their own. Gives nothing where they are the same.
pub fn compare(old: &str, new: &str) -> Vec<Stretch> {
    let (old, new) = (lines(old), lines(new));
    let mut paragraphs: Vec<Vec<Piece>> = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                paragraphs.extend(old[old_index..old_index + len].iter().map(|line| vec![kept(line)]));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                paragraphs.extend(old[old_index..old_index + old_len].iter().map(|line| vec![removed(line)]));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                paragraphs.extend(new[new_index..new_index + new_len].iter().map(|line| vec![added(line)]));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => paragraphs
                .extend(words_changed(&old[old_index..old_index + old_len], &new[new_index..new_index + new_len])),
        }
    }
    fold(paragraphs)
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while lines.len() + 1 < PARAGRAPHS
        && let Some((line, after)) = rest.split_once('\n')
    {
        lines.push(line);
        rest = after;
    }
    lines.push(rest);
    lines.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn kept(text: &str) -> Piece {
    Piece { change: Change::Kept, text: text.to_owned() }
}

fn added(text: &str) -> Piece {
    Piece { change: Change::Added, text: text.to_owned() }
}

fn removed(text: &str) -> Piece {
    Piece { change: Change::Removed, text: text.to_owned() }
}

/// The paragraphs of a stretch in which words changed. A line break is a word, so that paragraphs can be joined and parted.
fn words_changed(old: &[&str], new: &[&str]) -> Vec<Vec<Piece>> {
    let (old_text, new_text) = (old.join("\n"), new.join("\n"));
    let old_words: Vec<&str> = old_text.split_word_bounds().collect();
    let new_words: Vec<&str> = new_text.split_word_bounds().collect();
    if old_words.len().max(new_words.len()) > WORDS {
        if old.len() > 1 && new.len() > 1 {
            let ((old, old_rest), (new, new_rest)) = (old.split_at(old.len() / 2), new.split_at(new.len() / 2));
            let mut paragraphs = words_changed(old, new);
            paragraphs.append(&mut words_changed(old_rest, new_rest));
            return paragraphs;
        }
        let (old, new) = (old_text.lines().map(removed), new_text.lines().map(added));
        return old.chain(new).map(|piece| vec![piece]).collect();
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old_words, &new_words) {
        let (old, new) = (&old_words[op.old_range()], &new_words[op.new_range()]);
        match op {
            DiffOp::Equal { .. } => pieces.push(kept(&old.concat())),
            DiffOp::Delete { .. } => pieces.push(removed(&old.concat())),
            DiffOp::Insert { .. } => pieces.push(added(&new.concat())),
            DiffOp::Replace { .. } => pieces.extend([removed(&old.concat()), added(&new.concat())]),
        }
    }
    in_paragraphs(joined(pieces))
}

/// A space or a single character between two changes belongs to both: a changed phrase reads better whole than word by word,
/// and what two phrases of Chinese have in common by chance is no word.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    // The change under way: what it takes and what it brings.
    let (mut gone, mut come, mut between) = (String::new(), String::new(), String::new());
    let flush = |out: &mut Vec<Piece>, gone: &mut String, come: &mut String, between: &mut String| {
        for (change, text) in [(Change::Removed, gone), (Change::Added, come), (Change::Kept, between)] {
            if !text.is_empty() {
                out.push(Piece { change, text: std::mem::take(text) });
            }
        }
    };
    for piece in pieces {
        let changing = !gone.is_empty() || !come.is_empty();
        match piece.change {
            Change::Kept if changing && between.is_empty() && is_slight(&piece.text) => between.push_str(&piece.text),
            Change::Kept => {
                flush(&mut out, &mut gone, &mut come, &mut between);
                out.push(piece);
            }
            Change::Removed | Change::Added => {
                gone.push_str(&between);
                come.push_str(&between);
                between.clear();
                if piece.change == Change::Removed { gone.push_str(&piece.text) } else { come.push_str(&piece.text) }
            }
        }
    }
    flush(&mut out, &mut gone, &mut come, &mut between);
    out
}

fn is_slight(text: &str) -> bool {
    !text.contains('\n') && (text.chars().nth(1).is_none() || text.chars().all(|c| c == ' '))
}

fn in_paragraphs(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut paragraphs = vec![Vec::new()];
    for Piece { change, text } in pieces {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                paragraphs.push(Vec::new());
            }
            if let Some(paragraph) = paragraphs.last_mut().filter(|_| !line.is_empty()) {
                paragraph.push(Piece { change, text: line.to_owned() });
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Leaves of unchanged paragraphs only those beside a change.
fn fold(paragraphs: Vec<Vec<Piece>>) -> Vec<Stretch> {
    let changed: Vec<bool> =
        paragraphs.iter().map(|paragraph| paragraph.iter().any(|piece| piece.change != Change::Kept)).collect();
    let mut out = Vec::new();
    if !changed.contains(&true) {
        return out;
    }
    for (at, paragraph) in paragraphs.into_iter().enumerate() {
        if out.len() >= SHOWN {
            out.push(Stretch::NotShown(changed.len() - at));
            break;
        }
        let near = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(changed.len());
        if changed[near].contains(&true) {
            out.push(Stretch::Paragraph(paragraph));
        } else if let Some(Stretch::Unchanged(count)) = out.last_mut() {
            *count += 1;
        } else {
            out.push(Stretch::Unchanged(1));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `a [-old-]{+new+} b`, a line a paragraph, `…3` for what is folded.
    fn written(old: &str, new: &str) -> String {
        let stretches = compare(old, new);
        let line = |stretch: &Stretch| match stretch {
            Stretch::Unchanged(count) | Stretch::NotShown(count) => format!("…{count}"),
            Stretch::Paragraph(pieces) => pieces
                .iter()
                .map(|piece| match piece.change {
                    Change::Kept => piece.text.clone(),
                    Change::Added => format!("{{+{}+}}", piece.text),
                    Change::Removed => format!("[-{}-]", piece.text),
                })
                .collect(),
        };
        stretches.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn words_are_compared_as_each_script_has_them() {
        for (old, new, expected) in [
            (
                "The price rose by three percent.",
                "The price fell by three percent.",
                "The price [-rose-]{+fell+} by three percent.",
            ),
            ("He said no to it.", "He said yes please to it.", "He said [-no-]{+yes please+} to it."),
            ("央行宣布加息。", "央行宣布降息。", "央行宣布[-加-]{+降+}息。"),
            ("麦田边的河水涨了", "城外的雨停了", "[-麦田边的河水涨-]{+城外的雨停+}了"),
            ("東京は晴れです", "東京は雨です", "東京は[-晴れ-]{+雨+}です"),
            ("서울은 맑음", "서울은 흐림", "서울은 [-맑음-]{+흐림+}"),
            ("قال نعم اليوم", "قال لا اليوم", "قال [-نعم-]{+لا+} اليوم"),
            ("one two three", "four five three", "[-one two-]{+four five+} three"),
        ] {
            assert_eq!(written(old, new), expected);
        }
    }

    #[test]
    fn only_what_changed_and_what_stands_beside_it_is_shown() {
        let old: Vec<String> = (0..20).map(|n| format!("Paragraph {n} stays.")).collect();
        let mut new = old.clone();
        new[10] = "Paragraph 10 goes.".to_owned();
        assert_eq!(
            written(&old.join("\n"), &new.join("\n")),
            "…9\nParagraph 9 stays.\nParagraph 10 [-stays-]{+goes+}.\nParagraph 11 stays.\n…8"
        );
        assert!(compare("the same", "the same").is_empty());
    }

    #[test]
    fn paragraphs_come_and_go_whole() {
        assert_eq!(written("a\nb\nc", "a\nc"), "a\n[-b-]\nc");
        assert_eq!(written("a\nc", "a\nb\nc"), "a\n{+b+}\nc");
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let old: Vec<String> = (0..5_000).map(|n| format!("Paragraph {n} stays.")).collect();
        let new: Vec<String> = (0..5_000).map(|n| format!("Paragraph {n} goes.")).collect();
        let stretches = compare(&old.join("\n"), &new.join("\n"));
        assert_eq!(stretches.len(), 1_001);
        assert!(matches!(stretches.last(), Some(Stretch::NotShown(count)) if *count > 1_000));
    }

    #[test]
    fn long_texts_without_anything_in_common_are_not_compared_word_by_word() {
        let old = "alpha ".repeat(60_000);
        let new = "beta ".repeat(60_000);
        assert_eq!(compare(&old, &new).len(), 2);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_comparison(old in "([a-c ]{0,9}\n){0,5}", new in "([a-c ]{0,9}\n){0,5}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            let side = |hidden: Change| {
                let stretches = compare(&old, &new);
                let mut text = String::new();
                for stretch in &stretches {
                    let Stretch::Paragraph(pieces) = stretch else { return None };
                    for piece in pieces.iter().filter(|piece| piece.change != hidden) {
                        text.push_str(&piece.text);
                    }
                }
                Some((stretches.is_empty(), letters(&text)))
            };
            if let (Some((false, was)), Some((_, is))) = (side(Change::Added), side(Change::Removed)) {
                prop_assert_eq!(was, letters(&old));
                prop_assert_eq!(is, letters(&new));
            }
        }
    }
}
