//! Every route there is, in one list. The router is built from the list, and the tests walk the same list, so that no
//! route can be forgotten by either: who may call it, which methods it takes, how large its body may be.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};
use http::Method;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyDeadlineLayer;

use super::pages::{
    about, add, api, article, bot, digests, export, feeds, files, health, highlights, housekeeping, list, login,
    logout, mark, media, offline, only_here, programs, publish, reading, rules, search, settings, setup, share, tags,
    trash, users, versions,
};
use super::{WebError, WebState};
use crate::web::layers::{gate, keep, upload};

/// The most bytes of a form.
pub const FORM_BYTES: usize = 64 * 1024;
/// The most bytes of a passage and a note on it: twice 10,000 characters, each up to twelve bytes of a form.
pub const PASSAGE_BYTES: usize = 256 * 1024;
/// The most bytes of a page that a program sends: one that Gleaner fetches has 8 MiB, and JSON needs room for escapes.
pub const PAGE_BYTES: usize = 12 * 1024 * 1024;
/// The most bytes of exports of other programs, sent together.
pub const IMPORT_BYTES: usize = 32 * 1024 * 1024;
/// The most bytes of uploaded articles together; they pass through a few at a time.
pub const ARTICLES_BYTES: usize = 256 * 1024 * 1024;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever shows an address that was signed here, or is signed in.
    Signed,
    /// Whoever is signed in.
    User,
    /// Administrators.
    Admin,
    /// A program that shows a key of its reader. Cookies do not count.
    Key,
}

/// One route: a path, one method, and who may call it.
pub struct Route {
    /// GET (with HEAD) or POST.
    pub method: Method,
    /// The path below the base path, with `{parameters}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// The most bytes of its body.
    pub body_limit: usize,
    /// Whether its page may be given again as long as nothing has changed.
    kept: bool,
    handler: MethodRouter<WebState>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.access)
    }
}

impl Route {
    /// Its page depends on the database, the address, the account and the time alone, and its handler does nothing for
    /// one who opens it a second time.
    fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    fn up_to(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
}

fn get<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, WebState>,
    T: 'static,
{
    Route { method: Method::GET, path, access, body_limit: FORM_BYTES, kept: false, handler: routing::get(handler) }
}

fn post<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, WebState>,
    T: 'static,
{
    Route { method: Method::POST, path, access, body_limit: FORM_BYTES, kept: false, handler: routing::post(handler) }
}

/// The whole list.
pub fn table() -> Vec<Route> {
    use Access::{Admin, Key, Public, Signed, User};
    vec![
        // For machines.
        get("/healthz", Public, health::live),
        get("/readyz", Public, health::ready),
        get("/robots.txt", Public, files::robots),
        get("/manifest.webmanifest", Public, files::manifest),
        get("/worker.js", Public, files::worker),
        get("/bot", Public, bot::show),
        get("/.well-known/gleaner-key", Public, share::public::key),
        get("/static/{hash}/{*name}", Public, files::file),
        // Coming and going.
        get("/setup", Public, setup::show),
        post("/setup", Public, setup::create),
        get("/login", Public, login::show),
        post("/login", Public, login::sign_in),
        post("/logout", User, logout::sign_out),
        // Reading.
        get("/", User, list::home),
        get("/unread", User, list::unread).kept(),
        get("/all", User, list::all).kept(),
        get("/starred", User, list::starred).kept(),
        get("/later", User, list::later).kept(),
        get("/history", User, list::history).kept(),
        get("/tags/{id}", User, list::tag).kept(),
        get("/categories/{id}", User, list::category).kept(),
        get("/feeds/{id}", User, list::feed).kept(),
        post("/mark-read", User, mark::many::mark_read),
        post("/undo", User, mark::many::undo),
        get("/articles/{id}", User, article::show).kept(),
        post("/articles/{id}/opened", User, reading::opened),
        post("/articles/{id}/place", User, reading::place),
        post("/articles/{id}/played", User, reading::played),
        post("/marks", User, mark::set),
        get("/counts", User, mark::counts),
        post("/articles/{id}/body", User, article::choose_body),
        post("/articles/{id}/page", User, article::fetch_page),
        get("/articles/{id}/versions", User, versions::list),
        get("/articles/{id}/versions/{version}", User, versions::show),
        post("/articles/{id}/versions/{version}/pin", User, versions::pin),
        post("/articles/{id}/versions/unpin", User, versions::unpin),
        post("/articles/{id}/tags", User, tags::tag),
        post("/articles/{id}/tags/{tag}/remove", User, tags::untag),
        post("/articles/{id}/highlights", User, highlights::mark).up_to(PASSAGE_BYTES),
        get("/articles/{id}/highlights.md", User, highlights::export::of_article),
        get("/highlights", User, highlights::show),
        get("/highlights.md", User, highlights::export::all),
        post("/highlights/again", User, highlights::again),
        post("/highlights/{id}", User, highlights::change).up_to(PASSAGE_BYTES),
        post("/highlights/{id}/delete", User, highlights::delete),
        get("/rules", User, rules::show),
        post("/rules", User, rules::add),
        post("/rules/again", User, rules::again),
        post("/rules/apply", User, rules::apply),
        post("/rules/undo", User, rules::undo),
        get("/rules/{id}", User, rules::edit),
        post("/rules/{id}", User, rules::change),
        post("/rules/{id}/switch", User, rules::switch),
        post("/rules/{id}/delete", User, rules::delete),
        post("/articles/{id}/delete", User, trash::delete),
        get("/trash", User, trash::show),
        post("/trash/back", User, trash::bring_back),
        get("/only-here", User, only_here::show),
        get("/tags", User, tags::show),
        post("/tags/again", User, tags::again),
        post("/tags/{id}/rename", User, tags::rename),
        post("/tags/{id}/delete", User, tags::delete),
        // Search.
        get("/search", User, search::show),
        get("/search/count", User, search::counted::show),
        get("/search/suggest", User, search::suggest::suggest),
        post("/search/forget", User, search::kept::forget),
        get("/searches/{id}", User, search::show_kept),
        post("/searches", User, search::kept::keep),
        post("/searches/again", User, search::kept::again),
        post("/searches/{id}", User, search::kept::change),
        post("/searches/{id}/delete", User, search::kept::delete),
        // What is given away.
        get("/articles/{id}/share", User, share::form),
        post("/articles/{id}/share", User, share::create),
        get("/shares", User, share::list),
        post("/shares/{id}/delete", User, share::delete),
        get("/s/{code}", Public, share::public::show),
        post("/s/{code}", Public, share::public::open),
        get("/s/{code}/proof", Public, share::public::proof),
        get("/s/{code}/preview", Public, share::preview::show),
        get("/s/{code}/{format}", Public, share::public::saved),
        get("/s/{code}/{kind}/{signature}/{address}", Public, share::public::file),
        get("/articles/{id}/export/{format}", User, export::article),
        get("/export", User, export::list),
        get("/published", User, publish::show),
        post("/published", User, publish::create),
        post("/published/{id}/code", User, publish::recode),
        post("/published/{id}/delete", User, publish::delete),
        get("/digests", User, digests::show),
        post("/digests", User, digests::create),
        post("/digests/{id}", User, digests::change),
        post("/digests/{id}/make", User, digests::make),
        post("/digests/{id}/delete", User, digests::delete),
        get("/books/{id}", User, digests::book),
        post("/books/{id}/delete", User, digests::delete_book),
        get("/p/{code}", Public, publish::public::page),
        get("/p/{code}/rss.xml", Public, publish::public::as_rss),
        get("/p/{code}/atom.xml", Public, publish::public::as_atom),
        get("/p/{code}/feed.json", Public, publish::public::as_json),
        get("/p/{code}/preview", Public, publish::public::preview),
        get("/p/{code}/{name}/preview", Public, publish::public::article_preview),
        get("/p/{code}/opds.xml", Public, publish::books::catalogue),
        get("/p/{code}/book.epub", Public, publish::books::whole),
        get("/p/{code}/digests/{book}", Public, publish::books::digest),
        get("/p/{code}/{name}/book.epub", Public, publish::books::one),
        get("/p/{code}/{name}", Public, publish::public::article),
        get("/p/{code}/{kind}/{signature}/{address}", Public, publish::public::file),
        // Adding, and what is followed.
        get("/add", User, add::show),
        post("/add", User, add::look_at),
        post("/add/follow", User, add::follow_feed),
        post("/add/save", User, add::save),
        get("/feeds", User, feeds::table::show).kept(),
        post("/feeds/several", User, feeds::several::act),
        post("/feeds/several/undo", User, feeds::several::undo),
        post("/feeds/again", User, feeds::several::again),
        post("/feeds/fetch", User, feeds::fetching::fetch),
        get("/feeds/fetching", User, feeds::fetching::show),
        get("/feeds/{id}/settings", User, feeds::one::settings),
        post("/feeds/{id}/settings", User, feeds::one::store_settings),
        get("/feeds/{id}/recurring", User, feeds::recurring::show),
        post("/feeds/{id}/recurring", User, feeds::recurring::store),
        get("/feeds/{id}/housekeeping", User, housekeeping::show_feed),
        post("/feeds/{id}/housekeeping", User, housekeeping::store_feed),
        post("/feeds/{id}/refresh", User, feeds::one::refresh),
        post("/feeds/{id}/look", User, feeds::one::look_around),
        post("/feeds/{id}/address", User, feeds::one::store_address),
        post("/feeds/{id}/unsubscribe", User, feeds::one::unsubscribe),
        post("/categories", User, feeds::categories::create),
        post("/categories/again", User, feeds::categories::again),
        post("/categories/{id}/rename", User, feeds::categories::rename),
        post("/categories/{id}/move", User, feeds::categories::step),
        post("/categories/{id}/delete", User, feeds::categories::delete),
        get("/about", User, about::show),
        // Pictures and recordings of articles.
        get("/media/{hash}/{spec}", Signed, media::kept::show),
        get("/img", Signed, media::own::show),
        get("/media/p/{signature}/{address}", User, media::show),
        get("/media/s/{signature}/{address}", User, media::recording::play),
        // Reading without a network.
        get("/offline", User, offline::show),
        get("/offline/wanted", User, offline::wanted),
        get("/settings/offline", User, offline::settings),
        post("/settings/offline", User, offline::save),
        // The reader's own settings.
        get("/settings", User, settings::show),
        post("/settings", User, settings::save),
        post("/settings/list", User, list::choose),
        post("/settings/typography", User, settings::choose_typography),
        post("/settings/password", User, settings::change_password),
        post("/settings/sessions/end", User, settings::end_other_sessions),
        get("/settings/subscriptions.opml", User, settings::files::export_opml),
        get("/settings/account.zip", User, settings::account::download),
        get("/settings/import", User, settings::imports::show),
        post("/settings/import", User, settings::imports::look).up_to(IMPORT_BYTES),
        post("/settings/import/run", User, settings::imports::run),
        post("/settings/import/undo", User, settings::imports::undo),
        post("/settings/import/forget", User, settings::imports::forget),
        post("/settings/import/articles", User, settings::files::import_articles).up_to(ARTICLES_BYTES),
        get("/settings/housekeeping", User, housekeeping::show),
        post("/settings/housekeeping", User, housekeeping::store),
        get("/settings/programs", User, programs::show),
        post("/settings/programs", User, programs::create),
        post("/settings/programs/{id}/delete", User, programs::delete),
        // For programs of a reader's own; everything below /api and nothing else takes keys.
        post("/api/save", Key, api::save).up_to(PAGE_BYTES),
        // Accounts.
        get("/users", Admin, users::show),
        post("/users", Admin, users::add),
        get("/users/{id}", Admin, users::show_one),
        post("/users/{id}/password", Admin, users::reset_password),
        post("/users/{id}/disable", Admin, users::disable),
        post("/users/{id}/enable", Admin, users::enable),
        post("/users/{id}/delete", Admin, users::delete),
    ]
}

/// The router of everything that a browser asks for, without the layers that every request passes.
pub fn router(web: WebState) -> Router {
    of(web, |access| access != Access::Key)
}

/// The router of what programs with keys ask for.
pub fn api(web: WebState) -> Router {
    of(web, |access| access == Access::Key)
}

fn of(web: WebState, has: impl Fn(Access) -> bool) -> Router {
    let mut router = Router::new();
    for route in table().into_iter().filter(|route| has(route.access)) {
        let mut handler = route.handler;
        if route.method != Method::GET {
            handler = handler
                .route_layer(DefaultBodyLimit::disable())
                .route_layer(RequestBodyLimitLayer::new(route.body_limit))
                .route_layer(RequestBodyDeadlineLayer::new(upload::time_for(route.body_limit)));
            if upload::is_large(route.body_limit) {
                handler = handler.route_layer(from_fn_with_state(web.clone(), upload::place));
            }
        }
        if route.kept {
            handler = handler.route_layer(from_fn_with_state(web.clone(), keep::keep));
        }
        handler = match route.access {
            Access::Public => handler,
            Access::Signed => handler.route_layer(from_fn_with_state(web.clone(), gate::signed)),
            Access::User => handler.route_layer(from_fn_with_state(web.clone(), gate::user)),
            Access::Admin => handler.route_layer(from_fn_with_state(web.clone(), gate::admin)),
            Access::Key => handler.route_layer(from_fn_with_state(web.clone(), gate::key)),
        };
        router = router.route(route.path, handler);
    }
    router
        .method_not_allowed_fallback(|| async { WebError::MethodNotAllowed })
        .fallback(|| async { WebError::NotFound })
        .with_state(web)
}
