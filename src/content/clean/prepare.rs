//! Before the sanitiser: frames and task-list boxes become something that may stay.

use ego_tree::NodeId;
use memchr::memmem;

use super::frames::{self, Player};
use crate::content::tree::{Fragment, collapse};
use crate::domain::WebUrl;

/// Replaces frames and boxes; `None` if the text holds none.
pub(crate) fn prepare(html: &str, base: Option<&WebUrl>) -> Option<String> {
    if !holds_candidates(html.as_bytes()) {
        return None;
    }
    let mut fragment = Fragment::parse(html);
    for id in fragment.elements(&["iframe", "embed", "input"]) {
        if fragment.name(id) == "input" {
            replace_box(&mut fragment, id);
        } else {
            replace_frame(&mut fragment, id, base);
        }
    }
    Some(fragment.to_html())
}

/// Whether one of the tags stands in the text, in any case.
fn holds_candidates(html: &[u8]) -> bool {
    memmem::find_iter(html, b"<").any(|at| {
        let rest = &html[at + 1..];
        [&b"iframe"[..], b"input", b"embed"]
            .iter()
            .any(|name| rest.get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name)))
    })
}

/// The boxes of a task list become characters: no form control needs to reach the page for that.
fn replace_box(fragment: &mut Fragment, id: NodeId) {
    let is_box = fragment.attr(id, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"));
    if is_box && fragment.inside(id, &["li"]) {
        let mark = if fragment.attr(id, "checked").is_some() { "☑ " } else { "☐ " };
        let text = fragment.create_text(mark);
        fragment.move_before(text, id);
    }
    fragment.detach(id);
}

/// A known player becomes a place that loads it on a click, any other frame a link.
fn replace_frame(fragment: &mut Fragment, id: NodeId, base: Option<&WebUrl>) {
    if let Some(address) = frame_address(fragment, id, base)
        && !is_hidden(fragment, id)
    {
        let title = collapse(fragment.attr(id, "title").unwrap_or_default());
        if let Some(player) = frames::known_player(address.as_url()) {
            let place = player_place(fragment, &player, &title);
            // A paragraph cannot hold a block; the parser would cut it in two and leave an empty half.
            let paragraph = fragment.parent(id).filter(|outer| {
                fragment.name(*outer) == "p"
                    && fragment.children(*outer).iter().all(|c| *c == id || fragment.is_blank(*c))
            });
            fragment.move_before(place, paragraph.unwrap_or(id));
            if let Some(paragraph) = paragraph {
                fragment.detach(paragraph);
            }
        } else if fragment.name(id) == "iframe" {
            let link = create_link(fragment, address.as_str(), &title);
            fragment.move_before(link, id);
        }
    }
    fragment.detach(id);
}

/// Where the frame points to, also when its own script would have set that later.
fn frame_address(fragment: &Fragment, id: NodeId, base: Option<&WebUrl>) -> Option<WebUrl> {
    ["src", "data-src", "data-lazy-src", "data-original"].iter().find_map(|name| {
        let text = fragment.attr(id, name)?.trim();
        if text.is_empty() {
            return None;
        }
        match base {
            _ if text.starts_with("//") => WebUrl::parse(&format!("https:{text}")).ok(),
            Some(base) => base.join(text).ok(),
            None => WebUrl::parse(text).ok(),
        }
    })
}

/// Frames of no size count visits.
fn is_hidden(fragment: &Fragment, id: NodeId) -> bool {
    let tiny = |name| fragment.attr(id, name).is_some_and(|size| matches!(size.trim(), "0" | "1" | "0px" | "1px"));
    let style = fragment.attr(id, "style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    tiny("width") || tiny("height") || style.contains("display:none") || style.contains("visibility:hidden")
}

fn player_place(fragment: &mut Fragment, player: &Player, title: &str) -> NodeId {
    let place = fragment.create("div");
    fragment.set_attr(place, "data-embed-provider", Some(player.provider));
    fragment.set_attr(place, "data-embed-id", Some(&player.id));
    let link = create_link(fragment, &player.page(), &player.words(title));
    fragment.append(place, link);
    place
}

/// A link with the frame's title, else with the address itself.
fn create_link(fragment: &mut Fragment, address: &str, title: &str) -> NodeId {
    let link = fragment.create("a");
    fragment.set_attr(link, "href", Some(address));
    let shown = if title.is_empty() {
        let bare = address.trim_start_matches("https://").trim_start_matches("http://");
        bare.chars().take(80).collect()
    } else {
        title.to_owned()
    };
    let text = fragment.create_text(&shown);
    fragment.append(link, text);
    link
}
