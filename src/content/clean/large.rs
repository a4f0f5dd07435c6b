//! Pictures that open large: each gets a link to the largest form of it that the text names.
//!
//! Works on addresses as they stand in sanitised HTML, whoever made them, so that a picture's address is made in one place.

use super::CleanHtml;
use super::finish::{escape_into, is_sign, read_attributes, read_tag};
use super::srcset;

/// At most so many candidates of a picture are compared.
const MOST: usize = 32;

/// Puts a link with the class `large` around every picture that is not part of a link already. One without a description
/// of its own is called `name`.
pub fn link_pictures(html: CleanHtml, name: &str) -> CleanHtml {
    if !html.as_str().contains("<img") {
        return html;
    }
    let mut out = String::with_capacity(html.as_str().len() + 1024);
    let mut rest = html.as_str();
    // Within these no link may stand.
    let mut closed = 0_usize;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((tag, after)) = read_tag(rest) else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        match (tag.name, tag.closing) {
            ("a" | "summary", false) => closed += 1,
            ("a" | "summary", true) => closed = closed.saturating_sub(1),
            _ => {}
        }
        let length = match tag.name {
            "img" => rest.len() - after.len(),
            "picture" if !tag.closing => rest.find("</picture>").map_or(rest.len(), |end| end + "</picture>".len()),
            _ => 0,
        };
        let (whole, next) = if length > 0 { rest.split_at(length) } else { rest.split_at(rest.len() - after.len()) };
        match (length > 0 && closed == 0).then(|| address_of(whole)).flatten() {
            Some((address, is_described)) => {
                out.push_str("<a class=\"large\" href=\"");
                escape_into(&address, &mut out);
                if !is_described {
                    out.push_str("\" aria-label=\"");
                    escape_into(name, &mut out);
                }
                out.push_str("\">");
                out.push_str(whole);
                out.push_str("</a>");
            }
            None => out.push_str(whole),
        }
        rest = next;
    }
    out.push_str(rest);
    CleanHtml(out)
}

/// The address of the largest form of the picture in these tags, and whether it is described.
fn address_of(html: &str) -> Option<(String, bool)> {
    let (tag, _) = read_tag(&html[html.find("<img")?..])?;
    let attributes = read_attributes(tag.attributes);
    let value = |name: &str| attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_ref());
    if is_sign(value) {
        return None;
    }
    let largest = srcset::parse(value("srcset").unwrap_or_default(), MOST)
        .into_iter()
        .filter_map(|candidate| Some((width_of(&candidate.descriptor)?, candidate.url)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, url)| url);
    let address = largest.or_else(|| value("src").map(str::to_owned)).filter(|url| !url.starts_with("data:"))?;
    Some((address, value("alt").is_some_and(|alt| !alt.trim().is_empty())))
}

/// A number by which candidates of one list can be compared: they have all widths, or all densities.
fn width_of(descriptor: &str) -> Option<f64> {
    let number = descriptor.strip_suffix(['w', 'x']).unwrap_or("1");
    number.parse().ok().filter(|width: &f64| width.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::clean::{Rendering, clean, nothing_kept};

    fn linked(html: &str) -> String {
        let as_is = |url: &crate::domain::WebUrl| url.to_string();
        let cleaned = clean(html, &Rendering { base: None, picture: &as_is, media: &as_is, kept: &nothing_kept });
        let out = link_pictures(cleaned, "Open <large>").into_string();
        out.replace(" class=\"unsized\"", "")
            .replace(" loading=\"lazy\" decoding=\"async\"", "")
            .replace(" rel=\"noopener noreferrer nofollow\"", "")
    }

    #[test]
    fn a_picture_is_a_link_to_its_largest_form() {
        assert_eq!(
            linked(
                "<p>a<img src=\"https://e.com/s.jpg\" srcset=\"https://e.com/m.jpg 640w, https://e.com/l.jpg 1280w\"></p>"
            ),
            "<p>a<a class=\"large\" href=\"https://e.com/l.jpg\" aria-label=\"Open &lt;large&gt;\"><img \
             src=\"https://e.com/s.jpg\" srcset=\"https://e.com/m.jpg 640w, https://e.com/l.jpg 1280w\" alt=\"\"></a></p>"
        );
        assert_eq!(
            linked(
                "<figure><picture><source srcset=\"https://e.com/a.webp\"><img src=\"https://e.com/a.jpg?x=1&amp;y\" alt=\"A\"></picture></figure>"
            ),
            "<figure><a class=\"large\" href=\"https://e.com/a.jpg?x=1&amp;y\"><picture><source \
             srcset=\"https://e.com/a.webp\"><img src=\"https://e.com/a.jpg?x=1&amp;y\" alt=\"A\"></picture></a></figure>"
        );
    }

    #[test]
    fn links_small_signs_and_pictures_within_the_address_stay_as_they_are() {
        for html in [
            "<a href=\"https://e.com/\"><img src=\"https://e.com/a.jpg\" alt=\"A\"></a>",
            "<details><summary><img src=\"https://e.com/a.jpg\" alt=\"A\"></summary></details>",
            "<p><img src=\"https://e.com/smile.png\" alt=\":)\" width=\"16\" height=\"16\" class=\"sign\"></p>",
            "<p><img src=\"data:image/png;base64,AAAA\" alt=\"A\"></p>",
        ] {
            assert_eq!(linked(html), html);
        }
    }
}
