//! The title: once above the text is enough, and the name of its source stands elsewhere already.

use ego_tree::NodeId;

use crate::content::text;
use crate::content::tree::Fragment;
use crate::domain::WebUrl;

/// Takes the title away where it stands again above the text.
///
/// A line that links to another page than the article's own is what a link post is about, and stays.
pub(super) fn drop_repeated_title(fragment: &mut Fragment, title: &str, url: Option<&WebUrl>) {
    let wanted = essence(title);
    if wanted.chars().count() < 2 {
        return;
    }
    let mut current = fragment.body();
    // A few wrappers may lie around the text; the title is the first thing in the innermost.
    for _ in 0..6 {
        let Some(first) = fragment.children(current).into_iter().find(|child| !fragment.is_blank(*child)) else {
            return;
        };
        if is_essence(&fragment.text(first), &wanted) {
            // Were it all there is, the article would be empty.
            if is_heading_like(fragment, first) && has_more(fragment, first) && !leads_elsewhere(fragment, first, url) {
                fragment.detach(first);
            }
            return;
        }
        if !fragment.is_block(first) {
            return;
        }
        current = first;
    }
}

fn has_more(fragment: &Fragment, id: NodeId) -> bool {
    let (all, own) = (fragment.text(fragment.body()), fragment.text(id));
    all.chars().count() > own.chars().count() || fragment.next_shown(id).is_some()
}

fn leads_elsewhere(fragment: &Fragment, id: NodeId, url: Option<&WebUrl>) -> bool {
    let page = |address: &str| address.split(['#', '?']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let own = url.map(|url| page(url.as_str()));
    fragment.node(id).is_some_and(|node| {
        node.descendants()
            .filter_map(|inner| inner.value().as_element()?.attr("href"))
            .any(|href| !href.starts_with('#') && own.as_ref().is_none_or(|own| *own != page(href)))
    })
}

/// A heading, or a line that is all link or all bold.
fn is_heading_like(fragment: &Fragment, id: NodeId) -> bool {
    if fragment.shows_something(id) {
        return false;
    }
    match fragment.name(id) {
        "h1" | "h2" | "h3" | "h4" => true,
        "p" | "div" | "header" | "span" | "strong" | "b" | "a" => {
            let shown: Vec<NodeId> =
                fragment.children(id).into_iter().filter(|child| !fragment.is_blank(*child)).collect();
            let name = fragment.name(id);
            matches!(name, "strong" | "b" | "a")
                || matches!(shown.as_slice(), [only] if is_heading_like(fragment, *only))
        }
        _ => false,
    }
}

/// Marks that sites put between a title and their own name. Those of one byte are joined with words in titles
/// themselves (“state-of-the-art”) and count only with space around them or before exactly the site's name.
const SEPARATORS: &[char] = &['|', '｜', '-', '–', '—', '－', '·', '•', '_', '»', '«', '丨', ':', '：'];

/// The title without the names of its source at the end; `None` if there is none to cut.
pub(super) fn cut_source_suffix(title: &str, source_title: &str, url: Option<&WebUrl>) -> Option<String> {
    let names = source_names(source_title);
    let host_names = url.map(host_names).unwrap_or_default();
    let mut rest = title.trim();
    for _ in 0..3 {
        let Some((at, mark)) = rest.char_indices().rfind(|(_, c)| SEPARATORS.contains(c)) else { break };
        let (head, tail) = (&rest[..at], &rest[at + mark.len_utf8()..]);
        // “——” and “--” are one mark.
        let head = head.trim_end_matches(mark);
        let spaced = head.ends_with(char::is_whitespace) && tail.starts_with(char::is_whitespace);
        let name = essence(tail);
        let bar = matches!(mark, '|' | '｜' | '丨');
        let known = names.contains(&name)
            || (spaced && names.iter().any(|source| is_part(source, &name)))
            // What looks like a host may as well be the last word of the title; only a bar sets a name apart.
            || ((bar || names.is_empty()) && host_names.contains(&name));
        let strong = spaced || bar || names.contains(&name);
        if !known || !strong || essence(head).chars().count() < 2 {
            break;
        }
        rest = head.trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
    }
    (rest.len() < title.trim().len() && !rest.is_empty()).then(|| rest.to_owned())
}

/// The names by which a source may sign: its title and the parts of it.
fn source_names(source_title: &str) -> Vec<String> {
    let parts = source_title.split(['|', '｜', '丨', '–', '—']).flat_map(|part| part.split(" - "));
    let mut names: Vec<String> = std::iter::once(source_title).chain(parts).map(essence).collect();
    names.retain(|name| name.chars().count() >= 2);
    names
}

/// A host as a name: whole, and its chief word, “rfi” of “www.rfi.fr”, “bbc” of “bbc.co.uk”.
fn host_names(url: &WebUrl) -> Vec<String> {
    let host = url.site();
    let labels: Vec<&str> = host.split('.').collect();
    let chief = labels.iter().rev().skip(1).take(2).max_by_key(|label| label.len());
    let mut names = vec![essence(host)];
    names.extend(chief.map(|label| essence(label)));
    names
}

/// Whether one name is the other with a word about a part of the site: “某某网” and “某某网新闻频道”. Latin names are
/// too often words of the title for that.
fn is_part(source: &str, name: &str) -> bool {
    let (long, short) = if source.len() >= name.len() { (source, name) } else { (name, source) };
    !short.is_ascii()
        && short.chars().count() >= 3
        && short.len() * 3 >= long.len()
        && (long.starts_with(short) || long.ends_with(short))
}

/// Letters and digits in lower case: what two spellings of a title have in common.
pub(super) fn essence(text: &str) -> String {
    text::essence(text).collect()
}

/// Whether a text comes to this essence; a long one that does not is left at its first difference.
pub(super) fn is_essence(text: &str, essence: &str) -> bool {
    text::essence(text).eq(essence.chars())
}
