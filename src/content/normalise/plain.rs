//! Bodies that are plain text rather than HTML, and pages that are a player rather than a text.

use ego_tree::NodeId;

use crate::content::clean::frames;
use crate::content::tree::Fragment;
use crate::domain::WebUrl;

/// Paragraphs and lines of a text without any markup, `None` if it has some or is one line.
///
/// The text is HTML all the same: its character references are left alone.
pub(super) fn paragraphs_of_plain_text(html: &str) -> Option<String> {
    let text = html.trim();
    let has_markup = text
        .match_indices('<')
        .any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')));
    if has_markup || !text.contains('\n') {
        return None;
    }
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len() + 64);
    for paragraph in
        text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|paragraph| !paragraph.is_empty())
    {
        out.push_str("<p>");
        out.push_str(&paragraph.replace('\n', "<br>"));
        out.push_str("</p>");
    }
    Some(out)
}

/// Addresses in a body without any link become links.
pub(super) fn link_bare_addresses(fragment: &mut Fragment) {
    if !fragment.elements(&["a"]).is_empty() {
        return;
    }
    let texts: Vec<(NodeId, String)> = fragment
        .text_nodes()
        .into_iter()
        .filter(|id| {
            !fragment.inside(*id, &["pre", "code", "script", "style", "textarea", "iframe", "noscript", "title", "svg"])
        })
        .filter_map(|id| Some((id, fragment.own_text(id)?.to_owned())))
        .filter(|(_, text)| text.contains("http://") || text.contains("https://"))
        .collect();
    for (id, text) in texts {
        let mut rest = text.as_str();
        while let Some((before, address, after)) = split_at_address(rest) {
            let words = fragment.create_text(before);
            fragment.move_before(words, id);
            let link = fragment.create("a");
            fragment.set_attr(link, "href", Some(address));
            let shown = fragment.create_text(address);
            fragment.append(link, shown);
            fragment.move_before(link, id);
            rest = after;
        }
        let words = fragment.create_text(rest);
        fragment.move_before(words, id);
        fragment.detach(id);
    }
}

/// What stands before the first address, the address, and what follows.
fn split_at_address(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("http") {
        let start = from + found;
        from = start + 4;
        let rest = &text[start..];
        if !(rest.starts_with("http://") || rest.starts_with("https://"))
            || text[..start].chars().next_back().is_some_and(char::is_alphanumeric)
                && text[..start].ends_with(|c: char| c.is_ascii())
        {
            continue;
        }
        let end = rest
            .find(|c: char| {
                c.is_whitespace()
                    || matches!(
                        c,
                        '<' | '>'
                            | '"'
                            | '，'
                            | '。'
                            | '；'
                            | '、'
                            | '）'
                            | '」'
                            | '』'
                            | '】'
                            | '》'
                            | '”'
                            | '！'
                            | '？'
                            | '：'
                    )
            })
            .unwrap_or(rest.len());
        let mut address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
        if address.ends_with(')') && !address.contains('(') {
            address = address.trim_end_matches(')');
        }
        if WebUrl::parse(address).is_ok_and(|url| url.host().contains('.')) {
            return Some((&text[..start], address, &rest[address.len()..]));
        }
    }
    None
}

/// Where the article's page is a video and its body has none, the player comes first.
pub(super) fn add_player_of_page(html: &str, url: Option<&WebUrl>) -> Option<String> {
    let player = frames::known_player(url?.as_url())?;
    let lower = html.to_ascii_lowercase();
    if ["<iframe", "<video", "<embed", "<object", "data-embed-id"].iter().any(|tag| lower.contains(tag)) {
        return None;
    }
    // A frame holds no text of its own, so that excerpts begin with the body.
    Some(format!("<iframe src=\"{}\"></iframe>{html}", player.frame()))
}
