//! A picture and the caption that follows it belong together.

use ego_tree::NodeId;

use crate::content::tree::Fragment;

const PICTURES: &[&str] = &["img", "picture", "video", "audio"];

/// The longest text that can be a caption, in characters.
const MAX_CAPTION: usize = 300;

/// Makes `figure` and `figcaption` of a picture and the caption right after it.
pub(super) fn join_captions(fragment: &mut Fragment) {
    for picture in fragment.elements(PICTURES) {
        // A picture that was moved with its neighbour, or one inside `picture`.
        if !fragment.attached(picture) || fragment.inside(picture, &["figure", "picture", "table", "pre"]) {
            continue;
        }
        if let Some((unit, caption)) = find_caption(fragment, picture) {
            let words = build_figure(fragment, unit, caption);
            join_credit(fragment, words);
        }
    }
}

/// The least length of a picture's title that is part of the text, in characters.
const MIN_TITLE: usize = 40;

/// A body that is a picture alone often tells half of its joke in the picture's title, which only shows under a
/// mouse: it becomes the caption.
pub(super) fn show_long_titles(fragment: &mut Fragment) {
    let pictures = fragment.elements(&["img"]);
    let [picture] = pictures.as_slice() else { return };
    let title = fragment.attr(*picture, "title").unwrap_or_default().trim().to_owned();
    let alone = fragment.text(fragment.body()).is_empty();
    if !alone || title.chars().count() < MIN_TITLE || fragment.inside(*picture, &["figure", "picture"]) {
        return;
    }
    let figure = fragment.create("figure");
    fragment.move_before(figure, *picture);
    fragment.append(figure, *picture);
    let caption = fragment.create("figcaption");
    let words = fragment.create_text(&title);
    fragment.append(caption, words);
    fragment.append(figure, caption);
}

/// The outermost element that shows only this picture, and the caption after it.
fn find_caption(fragment: &Fragment, picture: NodeId) -> Option<(NodeId, NodeId)> {
    let mut unit = picture;
    loop {
        if let Some(next) = fragment.next_shown(unit) {
            // Inside a paragraph a figure cannot stand, unless the paragraph holds nothing else.
            let alone = fragment.prev_shown(unit).is_none() && fragment.next_shown(next).is_none();
            let block_parent = fragment.parent(unit).is_none_or(|parent| {
                matches!(
                    fragment.name(parent),
                    "div" | "section" | "article" | "main" | "center" | "td" | "blockquote" | "li"
                )
            });
            return (is_caption(fragment, next)
                && (block_parent || (alone && fragment.parent(unit).is_some_and(|p| fragment.name(p) == "p"))))
            .then_some((unit, next));
        }
        let parent = fragment.parent(unit)?;
        let wraps =
            matches!(fragment.name(parent), "a" | "p" | "div" | "section" | "span" | "center" | "strong" | "b" | "em");
        if !wraps || fragment.prev_shown(unit).is_some() {
            return None;
        }
        unit = parent;
    }
}

fn is_caption(fragment: &Fragment, id: NodeId) -> bool {
    let name = fragment.name(id);
    if !matches!(name, "div" | "section" | "p" | "span" | "small" | "figcaption" | "em" | "i" | "cite")
        || fragment.shows_something(id)
    {
        return false;
    }
    let length = fragment.text(id).chars().count();
    if length == 0 || length > MAX_CAPTION {
        return false;
    }
    name == "small"
        || name == "figcaption"
        || says_caption(fragment, id)
        || is_all_small(fragment, id)
        || length <= MAX_SAID && reads_as_caption(&fragment.text(id))
}

/// The longest line that is a caption by its words alone, in characters.
const MAX_SAID: usize = 80;

/// Whether a line points to the picture above it, or ends with who took it.
fn reads_as_caption(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "▲",
        "△",
        "▼",
        "↑",
        "图为",
        "圖為",
        "图源",
        "圖源",
        "图：",
        "圖：",
        "图/",
        "图片来源",
        "圖片來源",
        "資料圖",
        "资料图",
        "写真：",
        "写真提供",
        "(写真",
        "（写真",
        "Photo: ",
        "Photo by ",
        "Photo credit: ",
        "Image: ",
        "Image credit: ",
        "Credit: ",
        "Foto: ",
        "Photo : ",
        "Фото: ",
    ];
    const ENDS: &[&str] = &["摄", "攝", "摄）", "攝）", "摄影", "攝影", "撮影", "撮影）"];
    let text = text.trim();
    STARTS.iter().any(|start| text.starts_with(start))
        || ENDS.iter().any(|end| text.ends_with(end))
            && !text.trim_end_matches(['）', '摄', '攝']).contains('。')
            && text.chars().count() > 3
}

/// Whether a class names it so.
fn says_caption(fragment: &Fragment, id: NodeId) -> bool {
    let classes = fragment.attr(id, "class").unwrap_or_default().to_ascii_lowercase();
    classes.split_ascii_whitespace().any(|class| {
        [
            "caption",
            "imgdesc",
            "img-desc",
            "image-desc",
            "pic-desc",
            "picdesc",
            "imgtext",
            "img-text",
            "copyright",
            "credit",
            "图注",
        ]
        .iter()
        .any(|word| class.contains(word))
    })
}

/// Whether everything it shows stands in `small`.
fn is_all_small(fragment: &Fragment, id: NodeId) -> bool {
    let shown: Vec<NodeId> = fragment.children(id).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
    matches!(shown.as_slice(), [only] if fragment.name(*only) == "small"
        || (matches!(fragment.name(*only), "span" | "p" | "em" | "i") && is_all_small(fragment, *only)))
}

/// The line behind a caption that says whose picture it is.
fn join_credit(fragment: &mut Fragment, caption: NodeId) {
    let credit = fragment.parent(caption).and_then(|figure| fragment.next_shown(figure));
    let Some(credit) = credit.filter(|next| is_caption(fragment, *next)) else { return };
    let space = fragment.create_text(" ");
    fragment.append(caption, space);
    for node in fragment.children(credit) {
        fragment.append(caption, node);
    }
    fragment.detach(credit);
}

/// Gives the new caption back.
fn build_figure(fragment: &mut Fragment, unit: NodeId, caption: NodeId) -> NodeId {
    let figure = fragment.create("figure");
    let paragraph = fragment.parent(unit).filter(|parent| fragment.name(*parent) == "p");
    fragment.move_before(figure, paragraph.unwrap_or(unit));
    // What only set the picture on a line of its own is not needed inside a figure.
    let mut inner = vec![unit];
    while let [only] = inner.as_slice()
        && matches!(fragment.name(*only), "p" | "div" | "section" | "center" | "span" | "strong" | "b" | "em")
    {
        inner = fragment.children(*only);
    }
    for node in inner {
        fragment.append(figure, node);
    }
    let text = fragment.create("figcaption");
    let mut words = fragment.children(caption);
    if fragment.name(caption) != "figcaption" {
        while let [only] = words.as_slice()
            && matches!(fragment.name(*only), "small" | "span" | "p" | "section")
        {
            words = fragment.children(*only);
        }
    }
    for node in words {
        fragment.append(text, node);
    }
    fragment.append(figure, text);
    fragment.detach(caption);
    if !fragment.inside(unit, &["figure"]) {
        fragment.detach(unit);
    }
    if let Some(paragraph) = paragraph.filter(|paragraph| fragment.is_blank(*paragraph)) {
        fragment.detach(paragraph);
    }
    text
}
