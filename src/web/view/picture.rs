//! Where a page's pictures come from: the one place in which their addresses are made.
//!
//! A picture that is kept comes from the picture store in a size that fits; any other through the proxy, which keeps it.

use crate::content::clean::{Kept, KeptPicture, PictureSources};
use crate::domain::WebUrl;
use crate::media::{PictureHash, Spec};
use crate::store::{PictureState, Pictures, StoredPicture};
use crate::web::MediaSigner;

/// The widths in which a picture of a text is offered.
const WIDTHS: [u32; 3] = [480, 960, 1_920];
/// How wide the column of a text is: all of a phone, 42 em elsewhere.
const COLUMN: &str = "(max-width: 44rem) 100vw, 42rem";
/// The widest form that is opened by itself.
const LARGE: u32 = 2_560;
/// The width of the picture beside a title: 120 pixels, on a screen of twice the density.
const THUMBNAIL: u32 = 240;
/// The width of the picture on a card.
const CARD: u32 = 640;
/// Moving pictures beyond this size stand still.
const MOST_MOVING: i64 = 5 * 1024 * 1024;

/// A picture beside a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// Its address on this server.
    pub src: String,
    /// Its width and height, if they are known.
    pub size: Option<(u32, u32)>,
    /// The class of its colour; empty if that is not known.
    pub class: String,
}

/// Makes the addresses of pictures of which this is known.
#[derive(Debug, Clone, Copy)]
pub struct PictureView<'a> {
    signer: &'a MediaSigner,
    known: &'a Pictures,
}

impl<'a> PictureView<'a> {
    /// With this signer.
    pub fn new(signer: &'a MediaSigner, known: &'a Pictures) -> Self {
        Self { signer, known }
    }

    /// The picture of an article in a list; `None` if it is gone. `is_card` where it stands above the title.
    pub fn thumbnail(&self, url: &WebUrl, is_card: bool) -> Option<Thumbnail> {
        let width = if is_card { CARD } else { THUMBNAIL };
        Some(match self.known.get(url) {
            Some(PictureState::Kept(picture)) => {
                let spec = Spec::fitting(width, width * 3 / 4);
                let size = (picture.width > 0).then(|| spec.size_of(picture.width, picture.height));
                Thumbnail { src: self.address(picture, &spec), size, class: class(picture) }
            }
            Some(PictureState::Gone) => return None,
            _ => Thumbnail { src: self.signer.picture(url), size: None, class: String::new() },
        })
    }

    /// The picture of a text, for the sanitiser.
    pub fn kept(&self, sources: &PictureSources) -> Kept {
        match self.known.get(&sources.best) {
            Some(PictureState::Kept(picture)) => Kept::Here(self.shown(picture)),
            Some(PictureState::Gone) => Kept::Gone,
            _ => Kept::Unknown,
        }
    }

    /// The address of a picture as large as a screen shows it.
    pub fn large(&self, url: &WebUrl) -> String {
        match self.known.get(url) {
            Some(PictureState::Kept(picture)) => self.address(picture, &Spec::wide(LARGE)),
            _ => self.signer.picture(url),
        }
    }

    /// What signs them.
    pub fn signer(&self) -> &MediaSigner {
        self.signer
    }

    fn shown(&self, picture: &StoredPicture) -> KeptPicture {
        let mut shown = sized(picture);
        if picture.width <= WIDTHS[0] || is_whole(picture) {
            shown.src = self.address(picture, &Spec::wide(LARGE));
            return shown;
        }
        shown.src = self.address(picture, &Spec::wide(WIDTHS[1]));
        shown.sizes = COLUMN;
        let set = WIDTHS.iter().filter(|width| **width < picture.width).map(|width| (*width, *width));
        // The widest form is never wider than the picture itself, and the browser must be told how wide that is.
        let widest = (picture.width <= WIDTHS[2]).then_some((WIDTHS[2], picture.width));
        for (asked, is) in set.chain(widest) {
            if !shown.srcset.is_empty() {
                shown.srcset.push_str(", ");
            }
            shown.srcset.push_str(&format!("{} {is}w", self.address(picture, &Spec::wide(asked))));
        }
        shown
    }

    fn address(&self, picture: &StoredPicture, spec: &Spec) -> String {
        // What is not decoded, and what moves, comes as it is.
        let spec = if is_whole(picture) && spec.fit == crate::media::Fit::Inside { None } else { Some(spec) };
        self.signer.kept(PictureHash(picture.hash), spec.filter(|_| is_decoded(picture)))
    }
}

/// The picture of a text at an address of the caller's own, in its size if that is known.
pub fn in_its_size(known: &Pictures, sources: &PictureSources, src: String) -> Kept {
    match known.get(&sources.best) {
        Some(PictureState::Kept(picture)) => Kept::Here(KeptPicture { src, ..sized(picture) }),
        _ => Kept::Unknown,
    }
}

fn sized(picture: &StoredPicture) -> KeptPicture {
    let size = (picture.width > 0 && picture.height > 0).then_some((picture.width, picture.height));
    KeptPicture { size, class: class(picture), ..KeptPicture::default() }
}

/// Whether it is shown as it is.
fn is_whole(picture: &StoredPicture) -> bool {
    !is_decoded(picture) || (picture.animated && picture.bytes <= MOST_MOVING)
}

fn is_decoded(picture: &StoredPicture) -> bool {
    !matches!(picture.kind.as_str(), "image/svg+xml" | "image/avif")
}

/// What the style sheet calls its colour: dark, between or light. A drawing that is not decoded is taken for dark lines
/// without a ground, which need a light one.
fn class(picture: &StoredPicture) -> String {
    match picture.colour {
        Some(colour) => format!("p{}", (colour / 9 + colour / 3 % 3 + colour % 3 + 1) / 3),
        None if picture.kind == "image/svg+xml" => "p2".to_owned(),
        None => String::new(),
    }
}
