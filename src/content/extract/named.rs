//! The text that a page itself names as its article's, where the extractor chose another or only a part of it.
//!
//! Extractors weigh text by its length. A report of two sentences weighs less than the small print below it, and of a
//! text that is laid out in several boxes the longest box wins. The names that pages give these boxes tell better.

use dom_query::{Document, NodeId, NodeRef};

use super::LEAST_TEXT;
use super::names::{is_beside, letters};
use crate::content::text::essence;

/// What names of boxes with the text of an article are made of, letters only.
const BODIES: &[&str] = &[
    "articlebody",
    "articlecon",
    "articlecontent",
    "articletext",
    "articlemain",
    "artibody",
    "articontent",
    "bodycontent",
    "bodytext",
    "contentbody",
    "detailcontent",
    "entrybody",
    "entrycontent",
    "entrytext",
    "fieldnamebody",
    "maintext",
    "newsbody",
    "newscontent",
    "newstext",
    "postbody",
    "postcontent",
    "posttext",
    "storybody",
    "storycontent",
    "storytext",
    "trseditor",
];

/// What names of boxes around other texts hold.
const OTHERS: &[&str] = &["comment", "related", "sidebar", "footer", "widget", "teaser", "recommend", "promo", "popup"];

/// So many boxes of a page are looked at.
const MOST_BOXES: usize = 100;

/// Boxes lie in one another; no more characters than these are looked at in all of them.
const MOST_TEXT: usize = 2_000_000;

/// Fewer characters may weigh less than the small print.
const SHORT_TEXT: usize = 2_000;

/// By so many characters a box is known in the text that was found.
const KNOWN_BY: usize = 40;

/// A box whose links hold more than this share of its text, in per cent, is a list of them.
const MOST_LINKED: usize = 40;

/// A box that its page names as the place of its text.
#[derive(Debug)]
pub(super) struct Named {
    name: String,
    html: String,
    /// The beginning of its longest piece of text.
    sign: String,
    length: usize,
    /// The post that it stands in, where a page holds several.
    post: Option<NodeId>,
    /// Whether it is mostly links.
    is_list: bool,
}

/// What was looked at so far.
#[derive(Debug, Default)]
struct Looked {
    boxes: usize,
    text: usize,
}

impl Looked {
    fn is_enough(&self) -> bool {
        self.boxes == MOST_BOXES || self.text > MOST_TEXT
    }
}

/// Every outermost box of that kind, in the order of the page.
pub(super) fn find(document: &Document) -> Vec<Named> {
    look(document, &mut Looked::default())
}

fn look(document: &Document, looked: &mut Looked) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let boxes = document.select("div, section, article, td, [itemprop=\"articleBody\"]");
    let mut outer: Vec<NodeRef<'_>> = Vec::new();
    let by_name = boxes.nodes().iter().filter_map(|node| Some((node, name_of(node)?)));
    for (node, name) in by_name {
        if looked.is_enough() {
            break;
        }
        looked.boxes += 1;
        let mut around = node.ancestors_it(None);
        if around.any(|node| {
            outer.iter().any(|outer| outer.id == node.id)
                || is_beside(&node, &["aside", "footer", "nav", "form"], OTHERS)
        }) {
            continue;
        }
        let Some(named) = read(node, name) else { continue };
        looked.text += named.length;
        if looked.text > MOST_TEXT {
            break;
        }
        if !named.is_list {
            outer.push(*node);
            found.push(named);
        }
    }
    if let [only] = &found[..]
        && only.length > SHORT_TEXT
    {
        // A long text is found by its length alone.
        return Vec::new();
    }
    for (named, node) in found.iter_mut().zip(outer) {
        named.html = node.inner_html().to_string();
    }
    found
}

/// The name of a box of text.
fn name_of(node: &NodeRef<'_>) -> Option<String> {
    let said = ["itemprop", "class", "id"].iter().filter_map(|key| node.attr(key));
    let is_body = |letters: String| {
        BODIES.iter().any(|body| letters.ends_with(body)) && !OTHERS.iter().any(|other| letters.contains(other))
    };
    said.map(|value| value.to_string()).find(|value| {
        let may_be = ["ody", "ext", "ain", "ont", "con", "ditor"].iter().any(|end| value.contains(end));
        may_be && letters(value).any(is_body)
    })
}

fn read(node: &NodeRef<'_>, name: String) -> Option<Named> {
    let (mut length, mut linked, mut longest) = (0, 0, None);
    for piece in node.descendants_it() {
        let own = if piece.is_text() || piece.has_name("a") { piece.text() } else { continue };
        let count = essence(&own).count();
        if !piece.is_text() {
            linked += count;
        } else if piece.parent().is_none_or(|outer| !outer.has_name("script") && !outer.has_name("style")) {
            length += count;
            if longest.as_ref().is_none_or(|(most, _)| count > *most) {
                longest = Some((count, own));
            }
        }
    }
    let sign = essence(&longest?.1).take(KNOWN_BY).collect();
    let post = node.ancestors_it(None).find(is_post).map(|post| post.id);
    let is_list = linked * 100 > length * MOST_LINKED;
    (length >= LEAST_TEXT).then(|| Named { name, html: String::new(), sign, length, post, is_list })
}

fn is_post(node: &NodeRef<'_>) -> bool {
    node.has_name("article") || ["post", "hentry", "h-entry", "entry"].iter().any(|class| node.has_class(class))
}

/// Puts into the found article what the page names as its text and the extractor left behind.
pub(super) fn restore(document: &Document, named: &[Named]) {
    let article = document.select_single("#readability-page-1");
    let Some(root) = article.nodes().first().filter(|_| !named.is_empty()) else { return };
    let text: String = essence(&root.text()).collect();
    let is_there: Vec<bool> = named.iter().map(|named| text.contains(&named.sign)).collect();
    let (Some(first), Some(last)) = (is_there.iter().position(|&is| is), is_there.iter().rposition(|&is| is)) else {
        // One text, and the extractor saw none of it.
        if let [only] = named
            && 4 * only.length >= text.chars().count()
        {
            root.set_html(only.html.as_str());
        }
        return;
    };
    let is_same = |at: &usize| {
        let (other, found) = (&named[*at], &named[first]);
        !is_there[*at] && other.name == found.name && other.post == found.post
    };
    let together = |at: Vec<usize>| at.into_iter().map(|at| named[at].html.as_str()).collect::<Vec<_>>().concat();
    let above = together((0..first).filter(is_same).collect());
    let below = together((last + 1..named.len()).filter(is_same).collect());
    if !above.is_empty() {
        root.prepend_html(above);
    }
    if !below.is_empty() {
        root.append_html(below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::bound;
    use crate::content::extract::extract;
    use crate::content::text::plain_text;
    use crate::domain::WebUrl;

    const FOX: &str = "The fox, who had been at the henhouse before, went round it twice and found the door shut. ";

    fn read(body: &str) -> String {
        let url = WebUrl::parse("https://fox.example/a").unwrap();
        plain_text(&extract(&format!("<html><body>{body}</body></html>"), &url).body.unwrap_or_default())
    }

    #[test]
    fn a_short_report_is_found_beside_longer_small_print() {
        let report = "A fox was seen near the mill at dawn, and left when the dog woke. Two of the hens are missed, and so \
                      is the dog, who was last seen on the mill road with what may have been a hen.";
        let small =
            "This paper is printed on the mill road, by the miller, and is not to be copied, lent or read out. ";
        for name in ["entry-content", "articleBody", "post_content clearfix", "news-text"] {
            let page = format!(
                "<div class=\"extra\"><h1>Fox at large</h1><div class=\"{name}\"><p>{report}</p></div></div>\
                 <table><tr><td><p>{}</p></td></tr></table>",
                small.repeat(6)
            );
            assert_eq!(read(&page).trim(), report, "{name}");
        }
    }

    #[test]
    fn a_text_in_several_boxes_is_whole() {
        let row = |text: &str| {
            format!(
                "<section><div class=\"row\"><div class=\"column\"><div class=\"story-text\"><p>{text}</p></div></div></div></section>"
            )
        };
        let long: String = (1..9).map(|n| format!("<p>Hour {n}. {}</p>", FOX.repeat(3))).collect();
        let page = format!(
            "<main><h1>Fox</h1>{}<div class=\"advert\"></div>{}{}</main>",
            row("Hour 0. It began before dawn, as such things do."),
            row(&long),
            row("Hour 9. By noon it was over, and the hens had not noticed."),
        );
        let text = read(&page);
        assert!(text.starts_with("Hour 0."), "{text}");
        let last = text.trim_end().lines().last().unwrap_or_default();
        assert!(last.starts_with("Hour 9."), "{text}");
        assert_eq!(text.matches("Hour ").count(), 10, "{text}");
    }

    #[test]
    fn other_posts_and_comments_are_not_the_text() {
        let post = |name: &str, text: &str| {
            format!(
                "<div><div><article><h2>{name}</h2><div class=\"entry-content\"><p>{text}</p></div></article></div></div>"
            )
        };
        let page =
            post("First", &FOX.repeat(12)) + &post("Second", "A goose was seen, and nothing more is known of it.");
        assert!(!read(&page).contains("goose"));
        let page = format!(
            "<article><div class=\"entry-content\"><p>{}</p></div><div class=\"comments\">\
             <div class=\"entry-content\"><p>I have seen it, too, and it looked at me.</p></div></div></article>",
            FOX.repeat(12)
        );
        assert!(!read(&page).contains("I have seen"));
    }

    #[test]
    fn of_boxes_without_end_a_few_are_looked_at() {
        let looked_at = |page: &str| {
            let mut looked = Looked::default();
            look(&Document::from(bound::bound(page, &bound::PAGE).html.as_ref()), &mut looked);
            read(page);
            looked
        };
        // Each is a list of links, so those within it are looked at as well.
        let nested = "<div class=\"entry-content\"><a href=\"/a\">one link and another</a>".repeat(20_000);
        let side_by_side = "<div class=\"post-body\"><p>One short paragraph of text.</p></div>".repeat(20_000);
        let long = format!("<div class=\"post-body\"><p>{}</p></div>", FOX.repeat(2_000)).repeat(50);
        assert_eq!(looked_at(&nested).boxes, MOST_BOXES);
        assert_eq!(looked_at(&side_by_side).boxes, MOST_BOXES);
        let looked = looked_at(&long);
        assert!(looked.boxes < 20 && looked.text < MOST_TEXT + FOX.len() * 2_000, "{looked:?}");
    }
}
