//! One or two sentences for lists.

use unicode_segmentation::UnicodeSegmentation;

use super::essence;
use super::length::{is_cjk, length};
use super::prose::{ParagraphKind, Prose};

/// From how many characters on a line is a paragraph and no label.
const PARAGRAPH: usize = 60;
const PARAGRAPH_CJK: usize = 30;

/// How many characters an excerpt may have.
const LIMIT: usize = 160;
const LIMIT_CJK: usize = 80;

impl Prose {
    /// One or two sentences: the first real paragraph that does not repeat `title` and is no caption or byline, else
    /// the first lines together. Empty if there is no text.
    pub fn excerpt(&self, title: &str) -> String {
        let told = essence(title).collect::<String>();
        let candidates = || {
            self.paragraphs
                .iter()
                .take(40)
                .filter(|p| p.kind == ParagraphKind::Text)
                .map(|p| self.paragraph(p))
                .filter(|line| !repeats(line, &told) && !is_credit(line))
        };
        if let Some(paragraph) = candidates().find(|line| is_paragraph(line)) {
            return cut(paragraph);
        }
        let mut joined = String::new();
        for line in candidates() {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(line);
            if joined.len() > 4 * LIMIT {
                break;
            }
        }
        cut(&joined)
    }
}

fn is_mostly_cjk(text: &str) -> bool {
    let length = length(text);
    length.cjk_chars > length.words
}

fn is_paragraph(line: &str) -> bool {
    let characters = line.chars().count();
    characters >= PARAGRAPH || (characters >= PARAGRAPH_CJK && is_mostly_cjk(line))
}

/// Whether a line says no more than the title.
fn repeats(line: &str, told: &str) -> bool {
    !told.is_empty() && essence(line).eq(told.chars())
}

/// Whether a short line names an author, a source, a photographer or a time.
fn is_credit(line: &str) -> bool {
    const CREDITS: &[&str] = &[
        "by ",
        "photo:",
        "photo by",
        "photograph",
        "image:",
        "image credit",
        "image source",
        "credit:",
        "source:",
        "published",
        "updated",
        "posted ",
        "last modified",
        "foto:",
        "bild:",
        "von ",
        "par ",
        "作者",
        "来源",
        "來源",
        "图源",
        "图片来源",
        "图：",
        "图/",
        "图 |",
        "圖：",
        "圖／",
        "圖片來源",
        "摄影",
        "攝影",
        "编辑",
        "責任編輯",
        "责任编辑",
        "记者",
        "記者",
        "文：",
        "文|",
        "文 |",
        "文/",
        "文／",
        "撰文",
        "本文来自",
        "转载",
        "出品",
        "写真",
        "撮影",
        "사진",
    ];
    if line.chars().count() >= 2 * PARAGRAPH {
        return false;
    }
    let start: String = line.chars().take(20).flat_map(char::to_lowercase).collect();
    let short = line.chars().count() < if is_mostly_cjk(line) { 40 } else { 100 };
    short && CREDITS.iter().any(|credit| start.starts_with(credit))
}

/// Cuts a text at the end of a sentence in the last third of the limit, so that its room is used, else between words with
/// an ellipsis.
fn cut(text: &str) -> String {
    let text = text.trim();
    let limit = if is_mostly_cjk(text) { LIMIT_CJK } else { LIMIT };
    let mut sentence_end = None;
    let mut word_end = None;
    let mut last = None;
    let mut graphemes = text.grapheme_indices(true).enumerate().peekable();
    while let Some((count, (at, grapheme))) = graphemes.next() {
        if count == limit {
            let least = at * 2 / 3;
            return match (sentence_end, word_end.or(last)) {
                (Some(end), _) if end >= least => text[..end].to_owned(),
                (_, Some(end)) => {
                    format!("{}…", text[..end].trim_end_matches([' ', ',', '，', '、', ';', '；', ':', '：']))
                }
                _ => String::new(),
            };
        }
        let end = at + grapheme.len();
        let next = graphemes.peek().map(|&(_, (_, next))| next);
        let ends_sentence = match grapheme {
            "。" | "！" | "？" | "!" | "?" | "…" | "." => {
                let is_full = !grapheme.is_ascii();
                let followed = next.is_none_or(|n| n == " " || (is_full && !is_closing(n)));
                followed && !(grapheme == "." && is_abbreviation(&text[..at]))
            }
            closing if is_closing(closing) => {
                let before = text[..at].chars().next_back();
                before.is_some_and(|c| "。！？!?….".contains(c)) && next.is_none_or(|n| !is_closing(n))
            }
            _ => false,
        };
        if ends_sentence {
            sentence_end = Some(end);
        }
        if grapheme == " " {
            word_end = Some(at);
        } else if grapheme.chars().all(is_cjk) {
            word_end = Some(end);
        }
        last = Some(end);
    }
    text.to_owned()
}

fn is_closing(grapheme: &str) -> bool {
    matches!(grapheme, "”" | "’" | "」" | "』" | "）" | ")" | "\"" | "》" | "】")
}

/// Whether a full stop behind `before` ends an abbreviation (“Dr.”, “U.S.”, “z. B.”) rather than a sentence.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '.').next().unwrap_or_default();
    let letters = word.chars().count();
    letters == 1 && word.chars().all(char::is_alphabetic)
        || matches!(
            word,
            "Dr" | "Mr" | "Mrs" | "Ms" | "Prof" | "St" | "vs" | "No" | "Jr" | "Sr" | "Nr" | "ca" | "bzw" | "etc"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(html: &str, title: &str) -> String {
        Prose::read(html).excerpt(title)
    }

    #[test]
    fn the_first_real_paragraph_is_taken_and_not_title_caption_or_byline() {
        let html = "<h1>A title</h1><p>A Title</p><p>By Jane Doe, staff writer of this very paper since long ago</p>\
            <figure><figcaption>A caption that is long enough to look like a paragraph of running text.</figcaption></figure>\
            <p>Share</p><p>The river rose by two metres overnight, and by noon the lower town was under water.</p>";
        assert_eq!(
            excerpt(html, "A title"),
            "The river rose by two metres overnight, and by noon the lower town was under water."
        );
    }

    #[test]
    fn long_text_is_cut_at_the_end_of_a_sentence() {
        let html = format!(
            "<p>It rained. The second sentence is that of Dr. Who, who says quite a bit about rain and what it does to \
             fields. The third one {}.</p>",
            "goes on ".repeat(40)
        );
        assert_eq!(
            excerpt(&html, ""),
            "It rained. The second sentence is that of Dr. Who, who says quite a bit about rain and what it does to fields."
        );
        let told = "下了一夜的雨，早上还没有停。外婆站在门口看了很久，才转过身来对我们说：“今天下雨了，我们不去公园，明天再说，好不好？”";
        let html = format!("<p>{told}{}。</p>", "然后大家都没有说话".repeat(20));
        assert_eq!(excerpt(&html, ""), told);
    }

    #[test]
    fn a_short_sentence_does_not_leave_the_room_of_an_excerpt_blank() {
        let html = format!("<p>It rained for a day and for a night. Then it {}.</p>", "rained on and ".repeat(40));
        let cut = excerpt(&html, "");
        assert!(cut.starts_with("It rained for a day and for a night. Then it rained"), "{cut}");
        assert!(cut.ends_with('…') && cut.chars().count() > 140, "{cut}");
    }

    #[test]
    fn a_sentence_without_end_is_cut_between_words() {
        let html = format!("<p>{}</p>", "never ending ".repeat(40));
        let cut = excerpt(&html, "");
        assert!(cut.ends_with("ending…") || cut.ends_with("never…"), "{cut}");
        assert!(cut.chars().count() <= 161, "{cut}");
        let cut = excerpt(&format!("<p>{}</p>", "没有标点的长句子".repeat(40)), "");
        assert_eq!(cut.chars().count(), 81);
    }

    #[test]
    fn short_lines_are_better_than_nothing() {
        assert_eq!(excerpt("<p>Short.</p><p>Lines.</p>", "Title"), "Short. Lines.");
        assert_eq!(excerpt("<img src=a>", "Title"), "");
    }
}
