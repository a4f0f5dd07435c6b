//! A place in a text that an address can name: where its reader stopped.
//!
//! Owns: which elements are counted as paragraphs (`static/reading.js` counts the same ones), and the anchor. Sanitised HTML
//! and a place flow in; the same HTML with one empty element more flows out.

use super::clean::CleanHtml;
use crate::domain::ReadingPlace;

/// What is counted as a paragraph. Not `pre`, whose first line break an anchor before it would make visible.
const PARAGRAPHS: &[&str] = &["p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "dt", "dd", "figcaption"];

/// The id of the place; a text's own ids all begin otherwise.
pub const ANCHOR: &str = "place";

/// Puts an anchor at the beginning of the paragraph of `place`. A text that has fewer paragraphs by now gets it at the
/// same share of them; one without any stays as it is. Whether there is an anchor now.
pub fn mark_place(html: CleanHtml, place: ReadingPlace) -> (CleanHtml, bool) {
    let starts: Vec<usize> = paragraph_starts(html.as_str()).collect();
    let wanted = usize::try_from(place.paragraph).unwrap_or(0);
    let by_share = starts.len() * usize::try_from(place.share).unwrap_or(0) / 1_000;
    let Some(start) = starts.get(wanted).or_else(|| starts.get(by_share)).copied() else { return (html, false) };
    let mut marked = html.into_string();
    marked.insert_str(start, &format!("<span id=\"{ANCHOR}\"></span>"));
    (CleanHtml::amended(marked), true)
}

/// Where the content of each paragraph begins, in bytes. `<` and `>` are only ever markup in sanitised HTML.
fn paragraph_starts(html: &str) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(b'<', html.as_bytes()).filter_map(|open| {
        let inside = &html[open + 1..];
        let close = inside.find('>')?;
        let name = inside[..close].split(' ').next().unwrap_or_default();
        PARAGRAPHS.contains(&name).then_some(open + 1 + close + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::clean::{Rendering, clean, nothing_kept};

    fn marked(html: &str, share: i64, paragraph: i64) -> String {
        let rendering = Rendering {
            base: None,
            picture: &|url| url.to_string(),
            media: &|url| url.to_string(),
            kept: &nothing_kept,
        };
        mark_place(clean(html, &rendering), ReadingPlace::new(share, paragraph)).0.into_string()
    }

    #[test]
    fn the_anchor_stands_at_the_beginning_of_the_paragraph() {
        let html = "<h2 id=\"a\">One</h2><p>Two</p><ul><li><p>Three</p></li></ul><pre>\n\ncode</pre>";
        let place = "<span id=\"place\"></span>";
        assert!(marked(html, 500, 0).starts_with(&format!("<h2 id=\"art-a\">{place}One")));
        assert!(marked(html, 500, 3).contains(&format!("<li><p>{place}Three")));
    }

    #[test]
    fn a_shorter_text_has_it_at_the_same_share() {
        assert_eq!(marked("<p>a</p><p>b</p>", 700, 40), "<p>a</p><p><span id=\"place\"></span>b</p>");
        assert_eq!(marked("text", 700, 40), "text");
        assert_eq!(marked("<p>a</p>", 1_000, 40), "<p>a</p>", "there is nothing after the end");
    }
}
