//! Chinese in the other of its two scripts.
//!
//! Owns: which texts are converted, and the conversion. Does not own: who wants it. Sanitised HTML flows in; the same HTML
//! flows out with other characters in its text, one for one, so that whatever was counted in the one holds in the other.
//! Only text is converted: no code, no address, nothing that says it is in another language.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use super::clean::CleanHtml;
use crate::domain::Language;

/// One of the two scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// As in China and Singapore.
    Simplified,
    /// As in Taiwan, whose forms of the characters are used.
    Traditional,
}

/// Elements whose text stays as it is.
const KEPT: &[&str] = &["code", "pre", "kbd", "samp", "tt", "var", "math"];
/// Elements without an end.
const VOID: &[&str] = &["br", "hr", "img", "col", "source", "wbr"];
/// Elements that end no run of words.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "cite", "del", "dfn", "em", "i", "ins", "mark", "q", "s", "small", "span", "strong", "u",
];

impl Script {
    /// In which script the texts of a language are written, if it is Chinese.
    pub fn of(language: &Language) -> Option<Self> {
        match language.as_str() {
            "zh-Hans" => Some(Self::Simplified),
            "zh-Hant" => Some(Self::Traditional),
            _ => None,
        }
    }

    /// The tag of Chinese in this script.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Simplified => "zh-Hans",
            Self::Traditional => "zh-Hant",
        }
    }

    /// A plain text in this script; it was written in the other.
    pub fn convert(self, text: &str) -> String {
        static SIMPLIFIED: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());
        static TRADITIONAL: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::S2tw).ok());
        let converter = match self {
            Self::Simplified => &SIMPLIFIED,
            Self::Traditional => &TRADITIONAL,
        };
        let Some(converter) = converter.as_ref().filter(|_| !text.is_ascii()) else { return text.to_owned() };
        let converted = converter.convert(text);
        // No entry of the dictionaries changes a text's length. Were there one, the text would stay as it was written.
        if converted.chars().count() == text.chars().count() { converted } else { text.to_owned() }
    }

    /// A text in the script that was chosen, if one was.
    pub fn apply(chosen: Option<Self>, html: CleanHtml) -> CleanHtml {
        match chosen {
            Some(script) => script.convert_html(&html),
            None => html,
        }
    }

    /// A text in this script; it was written in the other.
    pub fn convert_html(self, html: &CleanHtml) -> CleanHtml {
        let mut pass = Pass { script: self, out: String::with_capacity(html.as_str().len()), run: Vec::new() };
        let mut rest = html.as_str();
        // How many elements are open within the outermost one whose text stays.
        let mut kept = 0_usize;
        while let Some(open) = memchr::memchr(b'<', rest.as_bytes()) {
            let Some(close) = memchr::memchr(b'>', &rest.as_bytes()[open..]) else { break };
            let (text, tag) = (&rest[..open], &rest[open..=open + close]);
            let (closes, name) = name_of(tag);
            rest = &rest[open + close + 1..];
            if kept > 0 {
                pass.keep(text);
                pass.keep(tag);
                match (closes, VOID.contains(&name)) {
                    (true, _) => kept -= 1,
                    (false, false) => kept += 1,
                    (false, true) => {}
                }
                continue;
            }
            pass.run.push(Piece::Text(text));
            let language = language_in(tag).filter(|_| !closes);
            if !closes && (KEPT.contains(&name) || language.is_some_and(|tag| !is_chinese(tag))) {
                kept = usize::from(!VOID.contains(&name));
            }
            if kept > 0 || !INLINE.contains(&name) {
                pass.write();
            }
            match language.filter(|_| kept == 0) {
                Some(language) => pass.run.push(Piece::Tag(tag.replacen(language, self.tag(), 1))),
                None => pass.run.push(Piece::Tag(tag.to_owned())),
            }
        }
        pass.run.push(if kept > 0 { Piece::Tag(rest.to_owned()) } else { Piece::Text(rest) });
        pass.write();
        CleanHtml::amended(pass.out)
    }
}

/// What a run of words consists of.
enum Piece<'a> {
    Text(&'a str),
    Tag(String),
}

struct Pass<'a> {
    script: Script,
    out: String,
    /// Words that belong together, whatever tags stand between them: which character is meant is told by its neighbours.
    run: Vec<Piece<'a>>,
}

impl Pass<'_> {
    fn keep(&mut self, text: &str) {
        self.write();
        self.out.push_str(text);
    }

    /// Converts the run as one text and writes it down.
    fn write(&mut self) {
        let whole: String = self
            .run
            .iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(*text) } else { None })
            .collect();
        let converted = self.script.convert(&whole);
        let mut characters = converted.chars();
        for piece in self.run.drain(..) {
            match piece {
                Piece::Text(text) => self.out.extend(characters.by_ref().take(text.chars().count())),
                Piece::Tag(tag) => self.out.push_str(&tag),
            }
        }
    }
}

/// Whether a tag is one of an end, and the name in it.
fn name_of(tag: &str) -> (bool, &str) {
    let inside = tag.trim_start_matches('<');
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    (name.len() < inside.len(), &name[..end])
}

/// The language that a tag declares.
fn language_in(tag: &str) -> Option<&str> {
    tag.split_once(" lang=\"")?.1.split('"').next().filter(|tag| !tag.is_empty())
}

fn is_chinese(tag: &str) -> bool {
    tag.get(..2).is_some_and(|primary| primary.eq_ignore_ascii_case("zh"))
        && tag.get(2..3).is_none_or(|next| next == "-" || next == "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::clean::{Rendering, clean, nothing_kept};

    fn converted(script: Script, html: &str) -> String {
        let as_is = |url: &crate::domain::WebUrl| url.to_string();
        script
            .convert_html(&clean(html, &Rendering { base: None, picture: &as_is, media: &as_is, kept: &nothing_kept }))
            .into_string()
    }

    #[test]
    fn words_are_converted_by_what_they_mean() {
        assert_eq!(
            Script::Traditional.convert("头发发展了，干部晒干，皇后在后面。"),
            "頭髮發展了，幹部曬乾，皇后在後面。"
        );
        assert_eq!(Script::Traditional.convert("面条在锅里"), "麵條在鍋裡");
        assert_eq!(Script::Simplified.convert("頭髮發展了，幹部曬乾。"), "头发发展了，干部晒干。");
        assert_eq!(Script::Simplified.convert("plain"), "plain");
    }

    #[test]
    fn a_word_is_one_whatever_tags_stand_in_it() {
        assert_eq!(
            converted(Script::Traditional, "<p>头<b>发</b>&amp;发<i>展</i></p>"),
            "<p>頭<b>髮</b>&amp;發<i>展</i></p>"
        );
        assert_eq!(converted(Script::Traditional, "<p>头</p><p>发</p>"), "<p>頭</p><p>發</p>");
    }

    #[test]
    fn code_addresses_and_other_languages_stay() {
        let html = "<p>说 <code>说</code> <a href=\"https://example.com/%E8%AF%B4\">说</a> <span lang=\"ja\">国<br><b>学</b></span>国</p>\
                    <pre>说<b>国</b></pre><p lang=\"zh-CN\">国</p>";
        let expected = "<p>說 <code>说</code> <a href=\"https://example.com/%E8%AF%B4\" \
                        rel=\"noopener noreferrer nofollow\">說</a> <span lang=\"ja\">国<br><b>学</b></span>國</p>\
                        <pre>说<b>国</b></pre><p lang=\"zh-Hant\">國</p>";
        assert_eq!(converted(Script::Traditional, html), expected);
    }
}
