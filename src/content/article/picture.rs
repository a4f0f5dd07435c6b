//! The picture that a feed sends beside a text.

use memchr::memmem;

use crate::domain::{Enclosure, Entry, WebUrl};

/// What is narrower, in pixels, is made for a list.
const NARROWEST: u32 = 200;

/// Elements that show something.
const SHOWING: &[&str] = &["img", "picture", "video", "iframe", "embed", "object", "svg", "audio"];

/// The picture of an entry that belongs above its text: not the cover of an episode, and none that was made for a list.
pub(super) fn picture_above(entry: &Entry) -> Option<&WebUrl> {
    let is_wide = entry.image_width.is_none_or(|width| width >= NARROWEST);
    entry.image.as_ref().filter(|_| is_wide && !is_episode(&entry.enclosures))
}

/// Whether sound or film is what an entry is about.
pub(super) fn is_episode(enclosures: &[Enclosure]) -> bool {
    let is_recording = |kind: &str| kind.starts_with("audio/") || kind.starts_with("video/");
    enclosures.iter().any(|enclosure| enclosure.media_type.as_deref().is_some_and(is_recording))
}

/// A text with the picture above it, if it shows none of its own and is one at all.
pub(super) fn with_picture(html: String, picture: Option<&WebUrl>) -> String {
    match picture {
        Some(picture) if !html.trim().is_empty() && !shows_something(&html) => {
            format!("<figure><img src=\"{}\" alt=\"\"></figure>{html}", written(picture))
        }
        _ => html,
    }
}

/// Whether a text shows a picture.
pub(super) fn is_shown_in(html: &str, picture: &WebUrl) -> bool {
    html.contains(&written(picture))
}

/// An address inside an attribute.
fn written(picture: &WebUrl) -> String {
    picture.as_str().replace('&', "&amp;").replace('"', "%22")
}

fn shows_something(html: &str) -> bool {
    let html = html.as_bytes();
    memmem::find_iter(html, b"<").any(|at| {
        SHOWING.iter().any(|name| {
            html.get(at + 1..at + 1 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(width: Option<u32>, media_type: Option<&str>) -> Entry {
        let url = WebUrl::parse("https://a.example/p.jpg?w=9&s=1").unwrap();
        let media_type = media_type.map(str::to_owned);
        let file = Enclosure { url: url.clone(), media_type, length: None, title: None, seconds: None };
        Entry { image: Some(url), image_width: width, enclosures: vec![file], ..Entry::default() }
    }

    #[test]
    fn a_text_without_pictures_gets_the_one_of_its_entry() {
        for (width, kind, stands) in [
            (None, None, true),
            (Some(460), Some("image/jpeg"), true),
            (Some(140), None, false),
            (None, Some("audio/mpeg"), false),
        ] {
            assert_eq!(picture_above(&entry(width, kind)).is_some(), stands, "{width:?} {kind:?}");
        }
        let entry = entry(None, None);
        let shown = with_picture("<p>Wheat</p>".to_owned(), picture_above(&entry));
        assert_eq!(shown, "<figure><img src=\"https://a.example/p.jpg?w=9&amp;s=1\" alt=\"\"></figure><p>Wheat</p>");
    }

    #[test]
    fn a_text_that_shows_something_and_one_that_is_none_stay_as_they_are() {
        let entry = entry(None, None);
        for html in ["<p>a<IMG src=b></p>", "<iframe src=x></iframe>", " \n", ""] {
            assert_eq!(with_picture(html.to_owned(), picture_above(&entry)), html);
        }
        assert_eq!(with_picture("<p>a</p>".to_owned(), None), "<p>a</p>");
    }
}
