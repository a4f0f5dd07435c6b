//! Whether a second parse of the sanitiser's output builds the same tree.
//!
//! A tree can hold what its own HTML does not say: a link inside a link, a block inside a paragraph, text between rows.
//! Read again, such HTML becomes another tree, which is how sanitisers were fooled before. The check is one walk over
//! the tags and errs on the side of doubt: what it does not know is reported as unstable and sanitised once more.

use super::finish::{Tag, read_tag};

/// Start tags that end an open paragraph (HTML standard, section 13.2.6.4.7).
const ENDS_PARAGRAPH: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

const VOID: &[&str] = &["br", "col", "hr", "img", "source", "wbr"];

/// Whether the HTML is nested so that it surely parses to the tree it was written from.
pub(crate) fn is_stable(html: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        if !text_fits(&rest[..at], open.last().copied()) {
            return false;
        }
        let Some((tag, after)) = read_tag(&rest[at..]) else { return false };
        if tag.closing {
            if open.pop() != Some(tag.name) {
                return false;
            }
        } else {
            if !tag_fits(&tag, &open) {
                return false;
            }
            if !VOID.contains(&tag.name) {
                open.push(tag.name);
            }
        }
        rest = after;
    }
    open.is_empty()
}

/// Text between the parts of a table is moved out of it by the parser.
fn text_fits(text: &str, parent: Option<&str>) -> bool {
    !matches!(parent, Some("table" | "tbody" | "thead" | "tfoot" | "tr" | "colgroup"))
        || text.bytes().all(|b| b.is_ascii_whitespace())
}

fn tag_fits(tag: &Tag<'_>, open: &[&str]) -> bool {
    let parent = open.last().copied();
    let inside =
        |name: &str| open.iter().rev().take_while(|o| !matches!(**o, "td" | "th" | "caption")).any(|o| *o == name);
    if ENDS_PARAGRAPH.contains(&tag.name) && inside("p") {
        return false;
    }
    let in_table_part = matches!(parent, Some("table" | "tbody" | "thead" | "tfoot" | "tr" | "colgroup"));
    match tag.name {
        "math" => false,
        "a" => !open.contains(&"a"),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            !in_table_part && !matches!(parent, Some("h1" | "h2" | "h3" | "h4" | "h5" | "h6"))
        }
        "li" => matches!(parent, Some("ul" | "ol")),
        "dd" | "dt" => parent == Some("dl"),
        "rb" | "rt" | "rp" | "rtc" => {
            parent == Some("ruby") || (parent == Some("rtc") && matches!(tag.name, "rt" | "rp"))
        }
        "caption" | "colgroup" | "tbody" | "thead" | "tfoot" => parent == Some("table"),
        "col" => parent == Some("colgroup"),
        "tr" => matches!(parent, Some("tbody" | "thead" | "tfoot")),
        "td" | "th" => parent == Some("tr"),
        _ => !in_table_part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_articles_are_stable() {
        assert!(is_stable(
            "<h2>一</h2><p>二<b>三<a href=\"x\">四</a></b><br></p><ul><li>五<ul><li>六</li></ul></li></ul>\
             <table><tbody><tr><td><p>七</p><p>八</p></td></tr>\n</tbody></table><ruby>九<rt>十</rt></ruby>"
        ));
    }

    #[test]
    fn what_a_parser_would_move_is_not() {
        for html in [
            "<a><a></a></a>",
            "<p><div></div></p>",
            "<table>一<tbody></tbody></table>",
            "<table><tr></tr></table>",
            "<h1><h2></h2></h1>",
            "<li>一</li>",
            "<b><i></b></i>",
            "<math></math>",
            "<p>",
        ] {
            assert!(!is_stable(html), "{html}");
        }
    }
}
