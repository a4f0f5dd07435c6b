//! The title: once above the text is enough, and the name of its source stands elsewhere already.

use ego_tree::NodeId;

use crate::content::tree::Fragment;
use crate::domain::WebUrl;

/// Takes the title away where it stands again above the text.
pub(super) fn drop_repeated_title(fragment: &mut Fragment, title: &str) {
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
        if essence(&fragment.text(first)) == wanted {
            // Were it all there is, the article would be empty.
            if is_heading_like(fragment, first) && has_more(fragment, first) {
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
const SEPARATORS: &[char] = &['|', '｜', '-', '–', '—', '·', '•', '_', '»', '«', '丨'];

/// The title without the names of its source at the end; `None` if there is none to cut.
pub(super) fn cut_source_suffix(title: &str, source_title: &str, url: Option<&WebUrl>) -> Option<String> {
    let sources = source_names(source_title, url);
    let whole: Vec<String> = std::iter::once(source_title)
        .chain(source_title.split(SEPARATORS))
        .map(essence)
        .filter(|name| !name.is_empty())
        .collect();
    let mut rest = title.trim();
    for _ in 0..3 {
        let Some((at, mark)) = rest.char_indices().rfind(|(_, c)| SEPARATORS.contains(c)) else { break };
        let (head, tail) = (&rest[..at], &rest[at + mark.len_utf8()..]);
        // “——” and “--” are one mark.
        let head = head.trim_end_matches(mark);
        let spaced = head.ends_with(char::is_whitespace) && tail.starts_with(char::is_whitespace);
        let name = essence(tail);
        let known = sources.iter().any(|source| *source == name)
            || (spaced && name.chars().count() >= 2 && whole.iter().any(|source| is_part(source, &name)));
        let strong = spaced || matches!(mark, '|' | '｜' | '_' | '丨') || sources.contains(&name);
        if !known || !strong || essence(head).chars().count() < 2 {
            break;
        }
        rest = head.trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
    }
    (rest.len() < title.trim().len() && !rest.is_empty()).then(|| rest.to_owned())
}

/// The names by which a source may sign: its title, the parts of it, the chief word of its host.
fn source_names(source_title: &str, url: Option<&WebUrl>) -> Vec<String> {
    let mut names = vec![essence(source_title)];
    names.extend(source_title.split(SEPARATORS).map(essence));
    names.extend(source_title.split_whitespace().map(essence).filter(|word| word.chars().count() >= 3));
    if let Some(url) = url {
        let host = url.host().trim_start_matches("www.");
        names.push(essence(host));
        let labels: Vec<&str> = host.split('.').collect();
        // The longest of the last three labels but the last: “rfi” of “rfi.fr”, “bbc” of “bbc.co.uk”.
        if let Some(chief) = labels.iter().rev().skip(1).take(2).max_by_key(|label| label.len()) {
            names.push(essence(chief));
        }
    }
    names.retain(|name| name.chars().count() >= 2);
    names
}

/// Whether a longer name begins or ends with the shorter one: “某某网” and “某某网新闻频道”.
fn is_part(source: &str, name: &str) -> bool {
    let (long, short) = if source.len() >= name.len() { (source, name) } else { (name, source) };
    let enough = if short.is_ascii() { short.len() >= 4 } else { short.chars().count() >= 3 };
    enough && (long.starts_with(short) || long.ends_with(short))
}

/// Letters and digits in lower case: what two spellings of a title have in common.
pub(super) fn essence(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
