//! Passages survive what happens to texts, and marks change nothing but what they mark.

use proptest::prelude::*;

use super::*;
use crate::content::clean::{Rendering, clean, nothing_kept};
use crate::content::tree::Fragment;

fn cleaned(html: &str) -> CleanHtml {
    clean(
        html,
        &Rendering { base: None, picture: &|url| url.to_string(), media: &|url| url.to_string(), kept: &nothing_kept },
    )
}

fn mark(html: CleanHtml, markings: &[Marking]) -> Marked {
    super::mark(&html.clone(), html, markings)
}

fn anchor(html: &CleanHtml, wanted: &Anchor) -> Option<Anchor> {
    super::anchor(html, html, wanted)
}

fn words(exact: &str) -> Anchor {
    Anchor { exact: exact.to_owned(), ..Anchor::default() }
}

fn marking(id: i64, anchor: Anchor) -> Marking {
    Marking { id: HighlightId(id), colour: HighlightColour::Green, anchor }
}

/// The text with brackets in the place of marks.
fn marked(html: &str, anchors: &[Anchor]) -> String {
    let markings: Vec<_> = anchors.iter().zip(1..).map(|(anchor, id)| marking(id, anchor.clone())).collect();
    let html = mark(cleaned(html), &markings).html.into_string();
    let mut out = String::new();
    for (place, piece) in html.split("<mark ").enumerate() {
        out.push_str(if place == 0 { piece } else { piece.split_once('>').unwrap().1 });
        out.push('[');
    }
    out.pop();
    out.replace("</mark>", "]")
}

/// The HTML without its marks.
fn without_marks(html: &str) -> String {
    let mut out = String::new();
    for (place, piece) in html.split("<mark class=\"hl ").enumerate() {
        out.push_str(if place == 0 { piece } else { piece.split_once('>').unwrap().1 });
    }
    out.replace("</mark>", "")
}

#[test]
fn a_passage_is_marked_in_each_element_that_it_touches() {
    let html = "<p>One <b>two</b> three.</p><ul><li>four</li> <li>five</li></ul>";
    assert_eq!(
        marked(html, &[words("two three. four")]),
        "<p>One <b>[two]</b>[ three.]</p><ul><li>[four]</li> <li>five</li></ul>"
    );
}

#[test]
fn a_mark_carries_its_number_its_colour_and_once_its_id() {
    let html = mark(cleaned("<p>a<b>b</b></p>"), &[marking(7, words("ab"))]).html;
    assert_eq!(
        html.as_str(),
        "<p><mark class=\"hl green\" data-highlight=\"7\" id=\"h7\">a</mark>\
         <b><mark class=\"hl green\" data-highlight=\"7\">b</mark></b></p>"
    );
}

#[test]
fn marks_that_overlap_stand_in_each_other() {
    assert_eq!(marked("<p>one two three</p>", &[words("one two"), words("two three")]), "<p>[one ][[two]][ three]</p>");
}

#[test]
fn of_several_places_the_one_with_the_same_surroundings_is_taken() {
    let html = "<p>Ada said no. Bob said no. Eve said no.</p>";
    let anchor = Anchor { prefix: "Ada said no. Bob said".into(), suffix: ". Eve".into(), ..words("no") };
    assert_eq!(marked(html, &[anchor]), "<p>Ada said no. Bob said [no]. Eve said no.</p>");
    let nearest = Anchor { start: 100, ..words("no") };
    assert_eq!(marked(html, &[nearest]), "<p>Ada said no. Bob said no. Eve said [no].</p>");
}

#[test]
fn line_breaks_quotes_and_references_do_not_hide_a_passage() {
    let html = "<p>He  said:\n“Tom &amp; Jerry”&nbsp;— don’t.</p>";
    let found = marked(html, &[words("said: \"Tom & Jerry\" - don't")]);
    assert_eq!(found, "<p>He  [said:\n“Tom &amp; Jerry”&nbsp;— don’t].</p>");
}

#[test]
fn a_passage_that_was_edited_is_found_between_its_surroundings() {
    let before =
        cleaned("<p>It was in the spring that the river rose over the lower streets of the town, and stayed.</p>");
    let anchor = anchor(&before, &words("the river rose over the lower streets")).unwrap();
    let after = "<p>It was in the spring that the river had risen over the lower streets of the town, and stayed.</p>";
    assert!(marked(after, std::slice::from_ref(&anchor)).contains("[the river had risen over the lower streets]"));
    let gone = "<p>It was in the spring that nobody knew what to say of the town, and stayed.</p>";
    assert!(!marked(gone, &[anchor]).contains('['));
}

#[test]
fn what_is_not_there_is_reported_and_changes_nothing() {
    let marked = mark(cleaned("<p>text</p>"), &[marking(1, words("other")), marking(2, words("  "))]);
    assert_eq!(marked.html.as_str(), "<p>text</p>");
    assert_eq!(marked.starts, [None, None]);
}

#[test]
fn an_anchor_is_written_as_a_reader_would_quote_it() {
    let html = cleaned("<h2>Title</h2>\n<p>One\n  <i>two</i></p><p>three</p>");
    let anchor = anchor(&html, &words("onetwothree".replace("one", "One").as_str())).unwrap();
    assert_eq!((anchor.exact.as_str(), anchor.prefix.as_str(), anchor.start), ("One two\nthree", "Title", 6));
    assert_eq!(super::anchor(&html, &html, &words("four")), None);
    assert_eq!(super::anchor(&html, &html, &words("")), None);
}

#[test]
fn a_formula_and_the_gaps_of_a_table_are_left_alone() {
    let html =
        "<p>before <math><mi>x</mi></math> after</p><table>\n<tbody><tr>\n<td>1</td>\n<td>2</td></tr></tbody></table>";
    let found = marked(html, &[words("before x after 1 2")]);
    assert!(
        found.starts_with("<p>[before ]<math><mi>x</mi></math>[ after]</p><table>\n<tbody><tr>\n<td>[1]"),
        "{found}"
    );
}

#[test]
fn the_first_line_break_of_code_stays_where_it_is() {
    let html = cleaned("<pre>\n\ncode here</pre>");
    let out = mark(html.clone(), &[marking(1, words("code"))]).html;
    let text = |html: &str| {
        let fragment = Fragment::parse(html);
        let texts = fragment.text_nodes();
        texts.into_iter().filter_map(|id| fragment.own_text(id)).collect::<String>()
    };
    assert_eq!(text(out.as_str()), text(html.as_str()));
}

/// HTML of nested elements, words in several scripts, references and white space.
fn any_html() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-z]{1,6} ".prop_map(String::from),
        Just("麦田 ".to_owned()),
        Just("&amp;&lt;b&gt;".to_owned()),
        Just(" \n ".to_owned()),
        Just("<br>".to_owned()),
        Just("e\u{301} “q” – ".to_owned()),
        Just("\u{1f33e}".to_owned()),
    ];
    let leaf = prop::collection::vec(word, 0..5).prop_map(|words| words.concat());
    leaf.prop_recursive(5, 60, 6, |inner| {
        let element = prop::sample::select(vec![
            "p",
            "b",
            "i",
            "a",
            "blockquote",
            "div",
            "ul",
            "li",
            "pre",
            "code",
            "table",
            "tr",
            "td",
            "ruby",
            "rt",
            "mark",
            "math",
            "mi",
            "h2",
            "figure",
            "figcaption",
            "section",
            "span",
        ]);
        (element, prop::collection::vec(inner, 0..6))
            .prop_map(|(name, children)| format!("<{name}>{}</{name}>", children.concat()))
    })
}

/// The same words in other markup and with other white space.
fn disturbed(html: &str) -> String {
    html.replace(' ', "\n\t ").replace("<b>", "<span><em>").replace("</b>", "</em></span>").replace("<br>", " ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn marks_are_all_that_changes(html in any_html(), from in 0_usize..80, length in 1_usize..60, second in 0_usize..80) {
        let html = cleaned(&html);
        let text = PlainText::read(html.as_str());
        let markings: Vec<_> = [from, second].iter().zip(1..).filter_map(|(from, id)| {
            let end = (from + length).min(text.len());
            Some(marking(id, anchor(&html, &words(&text.slice((*from).min(end)..end)))?))
        }).collect();

        let out = mark(html.clone(), &markings);

        prop_assert_eq!(without_marks(out.html.as_str()), without_marks(html.as_str()));
        prop_assert!(out.starts.iter().all(Option::is_some), "{:?} in {}", markings, html);
        // A browser reads the tree that was meant: written out again it is the same.
        if Fragment::parse(html.as_str()).to_html() == html.as_str() {
            prop_assert_eq!(Fragment::parse(out.html.as_str()).to_html(), out.html.as_str());
        }
    }

    #[test]
    fn passages_are_found_again_in_other_markup(html in any_html(), from in 0_usize..80, length in 1_usize..60) {
        let before = cleaned(&html);
        let text = PlainText::read(before.as_str());
        let end = (from + length).min(text.len());
        if let Some(anchor) = anchor(&before, &words(&text.slice(from.min(end)..end))) {
            let after = cleaned(&disturbed(&html));
            let found = mark(after.clone(), &[marking(1, anchor.clone())]);
            let same = |a: &str| a.chars().filter_map(text::squeeze).collect::<String>();
            let text_after = PlainText::read(after.as_str());
            prop_assert!(!text_after.squeezed().contains(&same(&anchor.exact)) || found.starts[0].is_some());
        }
    }

    #[test]
    fn nothing_breaks_on_any_text(html in ".{0,200}", exact in ".{0,40}", prefix in ".{0,20}", start in any::<i64>()) {
        let anchor = Anchor { exact, prefix, suffix: String::new(), start };
        let html = cleaned(&html);
        let out = mark(html.clone(), &[marking(1, anchor)]);
        prop_assert_eq!(without_marks(out.html.as_str()), without_marks(html.as_str()));
    }
}

#[test]
fn passages_of_a_converted_text_are_those_of_the_written_one() {
    use crate::content::chinese::Script;
    let written = cleaned("<p>皇后在后面晒头<b>发</b>&amp;干部走了。</p>");
    let shown = Script::Traditional.convert_html(&written);

    // Marked in the converted text, by its words.
    let anchor = super::anchor(&written, &shown, &words("曬頭髮&幹部")).unwrap();
    assert_eq!(anchor.exact, "晒头发&干部");
    // Or by those of the source.
    assert_eq!(super::anchor(&written, &shown, &words("晒头发")).unwrap().start, anchor.start);

    let markings = [marking(1, anchor)];
    let in_shown = super::mark(&written, shown, &markings).html.into_string();
    assert_eq!(without_marks(&in_shown), "<p>皇后在後面曬頭<b>髮</b>&amp;幹部走了。</p>");
    assert!(in_shown.contains(">曬頭</mark><b><mark") && in_shown.contains(">&amp;幹部</mark>走了"), "{in_shown}");
    assert!(mark(written, &markings).html.as_str().contains(">&amp;干部</mark>走了"));
}
