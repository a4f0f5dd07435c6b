//! Clean: the sanitiser, and the only producer of HTML that pages trust.
//!
//! Owns: the list of elements and attributes that may reach a browser, the rules for every address in them, and
//! [`CleanHtml`]. Does not own: bounding the input (done before) and the page around it. Bounded, untrusted HTML
//! flows in; inert HTML whose pictures and media go through the caller's addresses flows out.

mod addresses;
mod finish;
pub(crate) mod frames;
mod hosts;
mod kept;
mod large;
mod nesting;
mod outline;
pub(crate) mod policy;
mod prepare;
pub(crate) mod srcset;
#[cfg(test)]
mod tests;

use std::fmt;

pub use kept::{Kept, KeptPicture, PictureSources, nothing_kept};
pub use large::link_pictures;
pub use outline::{Heading, outline};

use memchr::memmem;

use crate::domain::WebUrl;

/// How addresses come out.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// Against which relative addresses resolve. Without it they are dropped.
    pub base: Option<&'a WebUrl>,
    /// The address under which a browser gets a picture.
    pub picture: &'a dyn Fn(&WebUrl) -> String,
    /// The address under which a browser gets audio or video.
    pub media: &'a dyn Fn(&WebUrl) -> String,
    /// What is kept of a picture; it is then shown instead of what its own addresses give.
    pub kept: &'a dyn Fn(&PictureSources) -> Kept,
}

/// HTML that may be put into a page as it is. Only [`clean`] makes it; highlights and a place may be
/// marked in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CleanHtml(String);

impl CleanHtml {
    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Sanitised HTML to which this room added elements of its own, and nothing that came from outside.
    pub(in crate::content) fn amended(html: String) -> Self {
        Self(html)
    }

    /// The HTML, without a copy.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for CleanHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most bytes of an id.
const ID_LIMIT: usize = 200;

/// How often output that another parse could read as another tree is sanitised again.
const MAX_ROUNDS: usize = 3;

/// Makes bounded, untrusted HTML safe to show.
///
/// Three steps: frames and task-list boxes become what may stay, the sanitiser builds the tree anew from the allow-list,
/// and a last pass writes every attribute by its rule. Never fails: what cannot be kept is left out.
pub fn clean(html: &str, rendering: &Rendering<'_>) -> CleanHtml {
    let prepared = prepare::prepare(html, rendering.base);
    let html = prepared.as_deref().unwrap_or(html);
    let with_math = memmem::find_iter(html.as_bytes(), b"<")
        .any(|at| html.as_bytes().get(at + 1..at + 5).is_some_and(|name| name.eq_ignore_ascii_case(b"math")));
    let sanitiser = policy::sanitiser(with_math);
    let mut tree = sanitiser.clean(html).to_string();
    for _ in 0..MAX_ROUNDS {
        if nesting::is_stable(&tree) {
            break;
        }
        let again = sanitiser.clean(&finish::keep_first_line_breaks(&tree)).to_string();
        if again == tree {
            break;
        }
        tree = again;
    }
    CleanHtml(finish::finish(&tree, rendering))
}
