//! The outline of a text: its headings, each with an id that a link can jump to.

use super::finish::{read_attributes, read_tag, unescape};
use super::{CleanHtml, ID_LIMIT};

/// From so many headings on, an outline helps.
const WORTH_IT: usize = 3;
/// The most headings that an outline lists.
const MOST: usize = 200;
/// The most characters of a heading in the outline.
const LONGEST: usize = 120;

/// A heading of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// How deep it lies below the text's highest heading: 0, 1 or 2.
    pub depth: u8,
    /// The id of its element.
    pub id: String,
    /// Its words, without markup.
    pub text: String,
}

/// The text with an id on every heading, and its headings; none if there are too few for an outline. What an id of ours
/// looks like, `part-3`, no id of a text does: those have a prefix.
pub fn outline(html: CleanHtml) -> (CleanHtml, Vec<Heading>) {
    let text = html.as_str();
    let mut out = String::with_capacity(text.len() + 512);
    let mut found: Vec<(u8, Heading)> = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"<h") {
        let Some((level, id, after)) = heading(&rest[at..]) else {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        let words = words(after, level);
        if words.is_empty() || found.len() == MOST {
            out.push_str(&rest[..rest.len() - after.len()]);
        } else {
            out.push_str(&rest[..at + 3]);
            let id = id.unwrap_or_else(|| {
                let id = format!("part-{}", found.len() + 1);
                out.push_str(&format!(" id=\"{id}\""));
                id
            });
            out.push_str(&rest[at + 3..rest.len() - after.len()]);
            found.push((level, Heading { depth: 0, id, text: words }));
        }
        rest = after;
    }
    out.push_str(rest);
    if found.len() < WORTH_IT {
        return (html, Vec::new());
    }
    let highest = found.iter().map(|(level, _)| *level).min().unwrap_or(1);
    let headings =
        found.into_iter().map(|(level, heading)| Heading { depth: (level - highest).min(2), ..heading }).collect();
    (CleanHtml(out), headings)
}

/// The level and the id of the heading that `text` begins with, and what follows its tag.
fn heading(text: &str) -> Option<(u8, Option<String>, &str)> {
    let level = text.as_bytes().get(2).filter(|digit| (b'1'..=b'6').contains(digit))? - b'0';
    let (tag, after) = read_tag(text)?;
    let id = read_attributes(tag.attributes).into_iter().find(|(name, _)| *name == "id");
    let id = id.map(|(_, id)| id.into_owned()).filter(|id| id.len() <= ID_LIMIT);
    (tag.name.len() == 2).then_some((level, id, after))
}

/// The words of the heading whose content `text` begins with.
fn words(text: &str, level: u8) -> String {
    let end = memchr::memmem::find(text.as_bytes(), format!("</h{level}>").as_bytes()).unwrap_or(0);
    let mut words = String::new();
    let mut rest = &text[..end];
    while let Some(at) = rest.find('<') {
        words.push_str(&rest[..at]);
        rest = rest[at..].find('>').map_or("", |close| &rest[at + close + 1..]);
    }
    words.push_str(rest);
    let words = unescape(&words).split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::clean::{Rendering, clean, nothing_kept};

    fn outlined(html: &str) -> (String, Vec<(u8, String, String)>) {
        let address = |url: &crate::domain::WebUrl| url.to_string();
        let cleaned = clean(html, &Rendering { base: None, picture: &address, media: &address, kept: &nothing_kept });
        let (html, headings) = outline(cleaned);
        (html.into_string(), headings.into_iter().map(|h| (h.depth, h.id, h.text)).collect())
    }

    #[test]
    fn three_headings_make_an_outline_that_leads_to_them() {
        let (html, headings) = outlined("<h2 id=\"a\">One &amp; <em>two</em></h2><p>x</p><h3>三</h3><hr><h2>Four</h2>");

        let expected = [(0, "art-a", "One & two"), (1, "part-2", "三"), (0, "part-3", "Four")];
        assert_eq!(headings, expected.map(|(depth, id, text)| (depth, id.to_owned(), text.to_owned())));
        assert_eq!(
            html,
            "<h2 id=\"art-a\">One &amp; <em>two</em></h2><p>x</p><h3 id=\"part-2\">三</h3><hr><h2 id=\"part-3\">Four</h2>"
        );
    }

    #[test]
    fn few_or_empty_headings_make_none() {
        let text = "<h2>One</h2><h2> </h2><h2>Two</h2>";
        assert_eq!(outlined(text), (text.to_owned(), Vec::new()));
    }
}
