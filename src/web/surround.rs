//! What stands around every page, drawn in parts. The template that pages extend only names them: its own text is
//! compiled again for each page, and that of these parts once.

use askama::Template;

use super::page::Frame;

/// From the first line to the title.
#[derive(Debug, Template)]
#[template(path = "frame/start.html")]
pub(super) struct Start<'a> {
    frame: &'a Frame,
}

/// Behind the title: style, icons, and the scripts of every page.
#[derive(Debug, Template)]
#[template(path = "frame/head.html")]
pub(super) struct Head<'a> {
    frame: &'a Frame,
}

/// From the page's own scripts to the kind of page.
#[derive(Debug, Template)]
#[template(path = "frame/body.html")]
pub(super) struct Body<'a> {
    frame: &'a Frame,
}

/// From the kind of page to its own content.
#[derive(Debug, Template)]
#[template(path = "frame/top.html")]
pub(super) struct Top<'a> {
    frame: &'a Frame,
}

/// Behind the content.
#[derive(Debug, Template)]
#[template(path = "frame/bottom.html")]
pub(super) struct Bottom<'a> {
    frame: &'a Frame,
}

impl Frame {
    /// See [`Start`].
    pub(super) fn start(&self) -> Start<'_> {
        Start { frame: self }
    }

    /// See [`Head`].
    pub(super) fn head(&self) -> Head<'_> {
        Head { frame: self }
    }

    /// See [`Body`].
    pub(super) fn body(&self) -> Body<'_> {
        Body { frame: self }
    }

    /// See [`Top`].
    pub(super) fn top(&self) -> Top<'_> {
        Top { frame: self }
    }

    /// See [`Bottom`].
    pub(super) fn bottom(&self) -> Bottom<'_> {
        Bottom { frame: self }
    }
}
