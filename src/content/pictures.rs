//! The pictures of a text that are worth keeping: those that a page would show, and each in its best form.

use std::cell::RefCell;

use super::clean::{Kept, PictureSources, Rendering, clean};
use crate::domain::WebUrl;

/// The most pictures of one article that are kept. A page of ten thousand is no article.
const MOST: usize = 200;

/// The pictures that `html` shows, in their order, each once. It is rendered for this, so that what is kept is exactly what
/// the page asks for.
pub fn shown_pictures(html: &str, base: Option<&WebUrl>) -> Vec<PictureSources> {
    let found: RefCell<Vec<PictureSources>> = RefCell::default();
    let note = |sources: &PictureSources| {
        let mut found = found.borrow_mut();
        if found.len() < MOST && found.iter().all(|other| other.best != sources.best) {
            found.push(sources.clone());
        }
        Kept::Unknown
    };
    clean(html, &Rendering { base, picture: &WebUrl::to_string, media: &WebUrl::to_string, kept: &note });
    found.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        let base = WebUrl::parse("https://a.example/post/").unwrap();
        let names = |sources: &PictureSources| {
            let all = std::iter::once(&sources.best).chain(&sources.others);
            all.map(|url| url.as_str().trim_start_matches("https://a.example/")).collect::<Vec<_>>().join(" ")
        };
        shown_pictures(html, Some(&base)).iter().map(names).collect()
    }

    #[test]
    fn the_best_candidate_counts_and_the_others_stand_by() {
        assert_eq!(
            shown(
                "<img src=/s.jpg srcset='/a.jpg 640w, /b.jpg 2560w, /c.jpg 5000w'>\
                 <img src=/one.jpg srcset='/two.jpg 2x, /six.jpg 6x'>\
                 <img srcset='/huge.jpg 9000w, /large.jpg 3000w'>\
                 <img src=pic.png>"
            ),
            ["b.jpg s.jpg", "two.jpg one.jpg", "large.jpg", "post/pic.png"]
        );
    }

    #[test]
    fn a_picture_of_many_forms_is_one() {
        assert_eq!(
            shown(
                "<picture><source srcset='/a.avif 900w' type=image/avif><source srcset=/a.webp><img src=/a.jpg></picture>\
                 <picture><source srcset='/b.webp 1x, /b2.webp 2x'><img src=data:image/gif;base64,R0lGODlhAQABAAAAACw=></picture>"
            ),
            ["a.jpg", "b2.webp"]
        );
    }

    #[test]
    fn only_what_a_page_shows_is_kept_and_once() {
        assert_eq!(
            shown(
                "<p><img src=/a.jpg width=1 height=1><img src=/b.jpg><img src=/b.jpg><img src='javascript:alert(1)'>\
                 <video poster=/still.jpg src=/film.mp4></video><script>'<img src=/c.jpg>'</script>"
            ),
            ["b.jpg", "still.jpg"]
        );
        let many: String = (0..500).map(|n| format!("<img src=/{n}.jpg>")).collect();
        assert_eq!(shown(&many).len(), MOST);
    }
}
