//! Pictures that lie beside an archived article: its text shows those, and still says where they came from.
//!
//! `<img src="../../pictures/1f.jpg" data-gleaner-src="https://example.com/a.jpg">` is what programs show that read Markdown;
//! whoever takes the article in again gets the first address back.

use std::borrow::Cow;

use memchr::memmem;

/// Where an attribute waits while another stands in its place.
const SRC: &str = " data-gleaner-src=\"";
const SRCSET: &str = " data-gleaner-srcset=\"";
/// How a title begins that is an address.
const TITLE: &str = " title=\"http";

/// Clean HTML whose pictures are those that `place` knows, by their addresses; the others stay where they are.
pub fn with_own_pictures(html: &str, place: &dyn Fn(&str) -> Option<String>) -> String {
    amend(html, &mut |tag| {
        let set_aside = |tag: &str| tag.replacen(" srcset=\"", SRCSET, 1);
        if tag.starts_with("<source") {
            return Some(set_aside(tag));
        }
        let (start, end) = value(tag, " src=\"")?;
        let set = value(tag, " srcset=\"").map(|(start, end)| plain(&tag[start..end])).unwrap_or_default();
        let candidates = set.split_ascii_whitespace().map(|word| word.trim_end_matches(',').to_owned());
        let own = std::iter::once(plain(&tag[start..end])).chain(candidates).find_map(|address| place(&address))?;
        let tag = format!("{}{own}\"{SRC}{}", &tag[..start], &tag[start..]);
        Some(set_aside(&tag))
    })
}

/// The text with the addresses that its pictures had before.
pub(super) fn with_first_addresses(html: &str) -> Cow<'_, str> {
    if ["data-gleaner-src", " src=\"pictures/"]
        .iter()
        .all(|sign| memmem::find(html.as_bytes(), sign.as_bytes()).is_none())
    {
        return Cow::Borrowed(html);
    }
    Cow::Owned(amend(html, &mut |tag| {
        // In Markdown there is no other place for it than the title.
        if let (Some((start, end)), Some((from, to))) = (value(tag, " src=\""), value(tag, TITLE))
            && tag[start..end].starts_with("pictures/")
            && end < from
        {
            let first = format!("http{}", &tag[from..to]);
            let mut tag = tag.to_owned();
            tag.replace_range(from - TITLE.len()..to + 1, "");
            tag.replace_range(start..end, &first);
            return Some(tag);
        }
        let mut tag = tag.replacen(SRCSET, " srcset=\"", 1);
        if let Some((start, end)) = value(&tag, SRC) {
            let first = tag[start..end].to_owned();
            tag.replace_range(start - SRC.len()..end + 1, "");
            let (start, end) = value(&tag, " src=\"")?;
            tag.replace_range(start..end, &first);
        }
        Some(tag)
    }))
}

/// Writes the tags of pictures anew; `None` leaves one as it is.
fn amend(html: &str, change: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len() + 256);
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let is_picture = ["<img ", "<source "].iter().any(|start| from.starts_with(start));
        let end = if is_picture { from.find('>').map_or(from.len(), |end| end + 1) } else { 1 };
        let (tag, after) = from.split_at(end);
        match is_picture.then(|| change(tag)).flatten() {
            Some(tag) => out.push_str(&tag),
            None => out.push_str(tag),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where the value of an attribute stands.
fn value(tag: &str, attribute: &str) -> Option<(usize, usize)> {
    let start = tag.find(attribute)? + attribute.len();
    Some((start, start + tag[start..].find('"')?))
}

fn plain(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_the_pictures_beside_it_and_gets_its_own_back() {
        let text = "<p>a</p><img src=\"https://e.example/a.jpg?b=1&amp;c\" srcset=\"https://e.example/a2.jpg 2x\" alt=\"src\">\
                    <picture><source srcset=\"https://e.example/b.webp\"><img src=\"https://e.example/b.jpg\" alt=\"\"></picture>\
                    <img src=\"https://e.example/lost.jpg\" alt=\"\">";
        let place = |address: &str| match address {
            "https://e.example/a.jpg?b=1&c" => Some("../../pictures/1.jpg".to_owned()),
            "https://e.example/b.jpg" => Some("../../pictures/2.jpg".to_owned()),
            _ => None,
        };

        let own = with_own_pictures(text, &place);

        assert!(
            own.contains("<img src=\"../../pictures/1.jpg\" data-gleaner-src=\"https://e.example/a.jpg?b=1&amp;c\"")
        );
        assert!(own.contains("<img src=\"../../pictures/2.jpg\"") && !own.contains(" srcset="), "{own}");
        assert!(own.contains("<img src=\"https://e.example/lost.jpg\" alt=\"\">"));
        assert_eq!(with_first_addresses(&own), text);
    }

    #[test]
    fn a_title_that_is_an_address_says_where_a_picture_is_from() {
        for (text, first) in [
            (
                "<img src=\"pictures/1.png\" alt=\"pictures/1.png\" title=\"https://e.example/a?b&amp;c\" />",
                "<img src=\"https://e.example/a?b&amp;c\" alt=\"pictures/1.png\" />",
            ),
            ("<img src=\"pictures/1.png\" title=\"A field\">", "<img src=\"pictures/1.png\" title=\"A field\">"),
            (
                "<img src=\"a.png\" title=\"https://e.example/\"><img src=\"pictures/",
                "<img src=\"a.png\" title=\"https://e.example/\"><img src=\"pictures/",
            ),
            (
                "<img title=\"https://e.example/\" src=\"pictures/1.png\">",
                "<img title=\"https://e.example/\" src=\"pictures/1.png\">",
            ),
        ] {
            assert_eq!(with_first_addresses(text), first);
        }
    }

    #[test]
    fn a_text_without_such_pictures_is_left_alone() {
        for text in ["", "<p>1 < 2 <img", "<img data-gleaner-srcs>"] {
            assert_eq!(with_first_addresses(text), text);
        }
        assert_eq!(
            with_first_addresses("<img alt=\"\" data-gleaner-src=\"x\">"),
            "<img alt=\"\" data-gleaner-src=\"x\">"
        );
    }
}
