//! How a page becomes a response.
//!
//! A page is a typed askama struct with a [`Frame`] in its field `frame` (what every page shows around its own content). Its
//! handler returns it in a [`Page`]. The page is not rendered there: it travels in the response's extensions as a
//! [`PendingPage`], and a layer renders it with the nonce of the response's Content-Security-Policy. So no page
//! knows a nonce, no nonce can be forgotten, and nothing that a page holds can ever contain one.
//! The [`CachePolicy`] travels beside it and becomes headers in a layer, too.

use std::any::Any;
use std::borrow::Borrow;
use std::fmt::Display;
use std::sync::Arc;

use askama::{DynTemplate, Template};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use jiff::tz::TimeZone;

use super::assets;
use super::layers::policy;
use super::locale::Locale;
use super::shelf::DrawnPage;
use super::view::{self, PanelRow, Place, Preferences, SidebarView, Theme};
use crate::domain::UnixMillis;

/// The name under which templates find the nonce.
const NONCE: &str = "nonce";

/// A page on its way out: the struct that fills its template, the status, and how it may be cached.
#[derive(Debug)]
pub struct Page<T> {
    template: T,
    status: StatusCode,
    cache: CachePolicy,
}

impl<T> Page<T> {
    /// A page that was found and that nobody keeps.
    pub fn new(template: T) -> Self {
        Self { template, status: StatusCode::OK, cache: CachePolicy::NoStore }
    }

    /// The same page with another status.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same page under another cache policy.
    pub fn cache(mut self, cache: CachePolicy) -> Self {
        self.cache = cache;
        self
    }
}

impl<T: Template + Send + Sync + 'static> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.extensions_mut().insert(PendingPage(Arc::new(self.template)));
        response.extensions_mut().insert(self.cache);
        response
    }
}

/// A page that waits in a response's extensions for its nonce.
#[derive(Clone)]
pub struct PendingPage(Arc<dyn DynTemplate + Send + Sync>);

impl std::fmt::Debug for PendingPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PendingPage")
    }
}

impl PendingPage {
    /// The page's HTML. `nonce` stands in the response's policy and nowhere else.
    pub fn render(&self, nonce: &str) -> Result<String, askama::Error> {
        let nonce = nonce.to_owned();
        let values: [(&str, &dyn Any); 1] = [(NONCE, &nonce)];
        let mut html = String::with_capacity(self.0.size_hint().max(16 * 1024));
        self.0.dyn_render_into_with_values(&mut html, &values)?;
        Ok(html)
    }
}

/// A page that was drawn before and needs only a nonce of its own.
#[derive(Debug, Clone)]
pub struct RepeatedPage(pub Arc<DrawnPage>);

impl IntoResponse for RepeatedPage {
    fn into_response(self) -> Response {
        let mut response = StatusCode::OK.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// How long a response may be kept, and by whom, named by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CachePolicy {
    /// Private pages and answers to forms: nobody keeps them.
    NoStore,
    /// A picture out of an article: the reader's browser keeps it for a week.
    PrivateWeek,
    /// A kept picture, whose address holds its hash: the reader's browser keeps it for a year. What comes may depend on
    /// what the browser takes.
    PrivateYear,
    /// A file whose address holds its hash: everybody keeps it for a year.
    Immutable,
    /// A public file under a fixed address (manifest, icons): kept for a day.
    PublicDay,
    /// A public file that is asked for anew each time: the worker, whose every version must arrive.
    Checked,
}

impl CachePolicy {
    /// The value of the `Cache-Control` header (RFC 9111, section 5.2.2).
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::NoStore => "no-store",
            Self::PrivateWeek => "private, max-age=604800",
            Self::PrivateYear => "private, max-age=31536000, immutable",
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::PublicDay => "public, max-age=86400",
            Self::Checked => "no-cache",
        })
    }
}

/// Where Gleaner lives below its host: empty, or a path such as `/reader` without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// The path of an address or a setting; slashes at its end do not count.
    pub fn new(path: &str) -> Self {
        Self(Arc::from(path.trim_end_matches('/')))
    }

    /// The address of `path`, which begins with a slash, on this server.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The base itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is signed in, as far as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The account's name.
    pub name: String,
    /// Whether the pages of an administrator are offered.
    pub is_admin: bool,
    /// The account's name among devices: forms that a device may keep carry it, and no other site knows it.
    pub tag: String,
}

/// A line at the top of a page that says what just happened, with a way back where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A whole sentence in the reader's language.
    pub text: String,
    /// Whether something went wrong; it is then announced at once by screen readers.
    pub is_error: bool,
    /// Where `POST` takes it back.
    pub undo: Option<Undo>,
    /// The path and the name of the page that has more of it.
    pub more: Option<(&'static str, String)>,
}

impl Notice {
    /// Something that went as it should.
    pub fn done(text: String) -> Self {
        Self { text, is_error: false, undo: None, more: None }
    }

    /// Something that went wrong.
    pub fn error(text: String) -> Self {
        Self { text, is_error: true, undo: None, more: None }
    }

    /// The same notice with an Undo button.
    pub fn with_undo(mut self, undo: Undo) -> Self {
        self.undo = Some(undo);
        self
    }

    /// The same notice with a link.
    pub fn with_more(mut self, path: &'static str, name: &str) -> Self {
        self.more = Some((path, name.to_owned()));
        self
    }
}

/// The form behind an Undo button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// The path that takes the deed back, below the base path.
    pub path: String,
    /// Fields that go with it.
    pub fields: Vec<(&'static str, String)>,
}

/// What every page shows around its own content, and what its sentences need.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language of the interface.
    pub locale: Locale,
    /// The account's choices.
    pub preferences: Preferences,
    /// Where the server lives below its host.
    pub base: BasePath,
    /// Who is signed in; nobody on the pages for setting up and signing in.
    pub reader: Option<Reader>,
    /// Lists, categories and feeds with their counters. `None` leaves the sidebar and the thumb bar out.
    pub sidebar: Option<SidebarView>,
    /// The path of this page with its query, for forms that come back to it.
    pub here: String,
    /// The path of the list that this page belongs to, where it is not the page's own.
    pub section: Option<String>,
    /// The list that this page shows or belongs to.
    pub list: Option<Place>,
    /// What just happened.
    pub notice: Option<Notice>,
    /// When this copy was made, if it is one that a device keeps.
    pub kept: Option<String>,
    /// The present moment.
    pub now: UnixMillis,
}

impl Frame {
    /// The frame of a page for somebody who is not signed in.
    pub fn bare(locale: Locale, base: BasePath, now: UnixMillis) -> Self {
        let preferences = Preferences::default();
        Self {
            locale,
            preferences,
            base,
            reader: None,
            sidebar: None,
            here: "/".to_owned(),
            section: None,
            list: None,
            notice: None,
            kept: None,
            now,
        }
    }

    /// How the text of articles is set, as attributes of the page's first element.
    pub fn typography(&self) -> [(&'static str, &'static str); 6] {
        self.preferences.typography.attributes()
    }

    /// What the pages' script may do by itself, by keys and by fingers: words that it knows.
    pub fn habits(&self) -> String {
        let habits = self.preferences.habits;
        let words = [
            (habits.keys, "keys"),
            (habits.swipes, "swipes"),
            (habits.endless, "endless"),
            (habits.read_on_scroll, "scroll"),
        ];
        words.into_iter().filter_map(|(on, word)| on.then_some(word)).collect::<Vec<_>>().join(" ")
    }

    /// The list of this page, if there is a switch for it between what is unread and everything. That of what is unread
    /// has one in the list of everything.
    pub fn switched(&self) -> Option<&Place> {
        self.list.as_ref().filter(|list| list.can_hide_read() && list.path() != "/all")
    }

    /// The rows of the Aa panel; the last one is only for Chinese.
    pub fn panel(&self, is_chinese: impl Borrow<bool>) -> Vec<PanelRow> {
        view::panel(&self.preferences, self.locale, *is_chinese.borrow())
    }

    /// What the page may do, for browsers behind a proxy that drops the header which says the same, and whether videos may play.
    pub fn policy(&self, nonce: &str) -> String {
        policy::of_page(nonce, true)
    }

    /// What the browser may load ahead of time when a finger or a pointer rests on a link: lists and articles, whose
    /// pages change nothing when they are loaded so (Speculation Rules, HTML Living Standard).
    pub fn ahead(&self) -> String {
        let pages = ["/articles/*", "/unread", "/all", "/starred", "/later", "/history", "/feeds/*", "/categories/*"];
        let pages: Vec<String> = pages.iter().map(|page| self.base.join(page)).collect();
        let files = ["/articles/*/*", "/feeds/*/*"].map(|page| self.base.join(page));
        let links = serde_json::json!({ "and": [{ "href_matches": pages }, { "not": { "href_matches": files } }] });
        serde_json::json!({ "prerender": [{ "where": links, "eagerness": "moderate" }] }).to_string()
    }

    /// The sentence of `key`.
    pub fn t(&self, key: &str) -> &'static str {
        self.locale.t(key)
    }

    /// The sentence of `key` with its placeholders filled in; for templates, which pass values of one type.
    pub fn say<D: Display>(&self, key: &str, values: &[(&str, D)]) -> String {
        self.locale.fill(key, values)
    }

    /// The form of `key` that fits `n`.
    pub fn count(&self, key: &str, n: impl TryInto<i64>) -> String {
        let n = n.try_into().unwrap_or(i64::MAX);
        self.locale.count(key, n)
    }

    /// A whole number with its digits grouped. Takes a reference, too: templates have now one, now the other.
    pub fn number(&self, n: impl Borrow<i64>) -> String {
        self.locale.number(*n.borrow())
    }

    /// The address of a path of ours.
    pub fn path(&self, path: &str) -> String {
        self.base.join(path)
    }

    /// The address of a file under `static/`, with its hash.
    pub fn asset(&self, name: &str) -> String {
        self.base.join(&assets::address(name))
    }

    /// The interface's language tag.
    pub fn lang(&self) -> &'static str {
        self.locale.tag()
    }

    /// The interface's direction.
    pub fn dir(&self) -> &'static str {
        self.locale.direction().as_str()
    }

    /// The theme's name for `data-theme`.
    pub fn theme(&self) -> Theme {
        self.preferences.theme
    }

    /// The zone in which days and hours are shown.
    pub fn zone(&self) -> TimeZone {
        self.preferences.zone()
    }

    /// Whether the page is this path, or belongs to the list of this path (for `aria-current`).
    pub fn is_here(&self, path: &str) -> bool {
        self.section.as_deref().or_else(|| self.here.split('?').next()) == Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<p nonce=\"{{ (\"nonce\"|value::<String>)? }}\">{{ text }}", ext = "html")]
    struct Small {
        text: &'static str,
    }

    #[test]
    fn a_page_is_rendered_with_the_nonce_of_its_response() {
        let mut response = Page::new(Small { text: "a < b" }).status(StatusCode::NOT_FOUND).into_response();

        let pending = response.extensions_mut().remove::<PendingPage>().unwrap();

        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.extensions().get(), Some(&CachePolicy::NoStore));
        assert_eq!(pending.render("abc").unwrap(), "<p nonce=\"abc\">a &#60; b");
    }

    #[test]
    fn a_base_path_never_doubles_its_slash() {
        assert_eq!(BasePath::new("/reader/").join("/feeds"), "/reader/feeds");
        assert_eq!(BasePath::new("/").join("/feeds"), "/feeds");
    }
}
