//! Adding something: one box for the address of a site, a feed or an article.
//!
//! `GET /add` shows the box (`?url=` fills it in), `POST /add` looks and shows what was found, and only `POST /add/follow`
//! and `POST /add/save` store anything. An error keeps what was typed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::see_other;
use crate::domain::{ArticleId, CategoryId, FeedId, UrlError, WebUrl};
use crate::jobs::refresh::Ended;
use crate::jobs::save::save_page;
use crate::jobs::subscribe::{AddError, Found, FoundFeed, follow, look};
use crate::store::Sidebar;
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Letter, Moment, Simple, failure_text};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The words of the page's address.
#[derive(Debug, Default, Deserialize)]
pub struct AddParams {
    /// Fills the box, for bookmarklets and links.
    url: Option<String>,
    /// What another app shares (Web Share Target, section 5): many put the address into the text.
    text: Option<String>,
    /// The same of apps that put it into the title.
    title: Option<String>,
}

impl AddParams {
    /// The address that is meant, wherever it stands.
    fn address(self) -> String {
        let first_link = |text: &str| {
            text.split_whitespace()
                .find(|word| word.starts_with("https://") || word.starts_with("http://"))
                .map(str::to_owned)
        };
        let inside = |text: Option<String>| text.as_deref().and_then(first_link);
        self.url
            .filter(|url| !url.is_empty())
            .or_else(|| inside(self.text))
            .or_else(|| inside(self.title))
            .unwrap_or_default()
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/add.html")]
pub struct AddPage {
    frame: Frame,
    /// What was typed.
    address: String,
    error: Option<String>,
    /// Whether what stands in the box can be kept unseen: it is an address, and nobody has been there in vain.
    can_keep: bool,
    /// What was found; `None` before anybody looked.
    found: Option<Finds>,
    /// The account's categories, to choose from.
    categories: Vec<String>,
}

/// What an address offers.
#[derive(Debug)]
struct Finds {
    feeds: Vec<FeedCard>,
    page: Option<PageCard>,
}

#[derive(Debug)]
struct FeedCard {
    /// Goes into the form; what is shown has no password in it.
    url: String,
    shown_url: String,
    title: String,
    tile: Letter,
    description: String,
    newest: Option<Moment>,
    rhythm: Option<String>,
    samples: Vec<String>,
    followed: Option<FeedId>,
}

#[derive(Debug)]
struct PageCard {
    url: String,
    title: String,
    excerpt: String,
    site_name: String,
    kept: Option<ArticleId>,
}

/// `GET /add`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(params): Query<AddParams>,
) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    Ok(Page::new(AddPage::new(frame, &sidebar, params.address())).into_response())
}

/// What was typed.
#[derive(Debug, Deserialize)]
pub struct LookForm {
    address: String,
}

/// `POST /add`: looks what is at an address. Stores nothing.
pub async fn look_at(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<LookForm>,
) -> Result<Response, WebError> {
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return too_much(&web, &visit, &user, form.address).await;
    };
    let looked = look(&web.app, user.id, &form.address).await;
    let Framed { frame, sidebar } = framed(&web, &visit, &user, None).await?;
    let locale = frame.locale;
    let mut page = AddPage::new(frame, &sidebar, form.address);
    match looked {
        Ok(found) => page.found = Some(Finds::new(found, &page.frame)),
        Err(error) => return page.failed(error, locale),
    }
    Ok(Page::new(page).into_response())
}

/// Which feed to follow.
#[derive(Debug, Deserialize)]
pub struct FollowForm {
    url: String,
    /// The title of a category; made if it is new.
    #[serde(default)]
    category: String,
}

/// `POST /add/follow`: follows a feed, reads it, and shows its list.
pub async fn follow_feed(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<FollowForm>,
) -> Result<Response, WebError> {
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return too_much(&web, &visit, &user, form.url).await;
    };
    let followed = async {
        let url = WebUrl::parse(&form.url)?;
        let category = category_of(&web, &user, &form.category).await?;
        follow(&web.app, user.id, &url, category).await
    };
    match followed.await {
        Ok((feed, report)) => {
            let done = match report.ended {
                Ended::Failed(_) => Simple::NotFetched,
                _ => Simple::Followed,
            };
            Ok(see_other(&web, &Done::Simply(done).on(&format!("/feeds/{feed}"))))
        }
        Err(error) => failed(&web, &visit, &user, form.url, error).await,
    }
}

/// Which page to keep.
#[derive(Debug, Deserialize)]
pub struct SaveForm {
    /// As it was found, or as it was typed.
    #[serde(alias = "address")]
    url: String,
}

/// `POST /add/save`: keeps a page as an article and opens it.
pub async fn save(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<SaveForm>,
) -> Result<Response, WebError> {
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return too_much(&web, &visit, &user, form.url).await;
    };
    let saved = async { save_page(&web.app, user.id, &WebUrl::from_typed(&form.url)?).await };
    match saved.await {
        Ok(article) => Ok(see_other(&web, &format!("/articles/{article}"))),
        Err(error) => failed(&web, &visit, &user, form.url, error).await,
    }
}

/// The category of a title that was typed or chosen; none for an empty one.
pub(super) async fn category_of(
    web: &WebState,
    user: &CurrentUser,
    title: &str,
) -> Result<Option<CategoryId>, crate::store::StoreError> {
    match title.trim() {
        "" => Ok(None),
        title => web.app.db.category_by_title_or_create(user.id, title).await.map(Some),
    }
}

async fn failed(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    address: String,
    error: AddError,
) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(web, visit, user, None).await?;
    let locale = frame.locale;
    AddPage::new(frame, &sidebar, address).failed(error, locale)
}

/// The page with the address kept in it, for the next try.
async fn too_much(web: &WebState, visit: &Visit, user: &CurrentUser, address: String) -> Result<Response, WebError> {
    let Framed { frame, sidebar } = framed(web, visit, user, None).await?;
    let mut page = AddPage::new(frame, &sidebar, address);
    page.error = Some(page.frame.t("done.too_much").to_owned());
    Ok(Page::new(page).status(StatusCode::TOO_MANY_REQUESTS).into_response())
}

/// Why an address could not be added, in plain words.
pub(super) fn add_error_text(error: AddError, locale: Locale) -> Result<String, WebError> {
    Ok(match error {
        AddError::Address(UrlError::Scheme(scheme)) => locale.say("add.error.scheme", [("scheme", &scheme)]),
        AddError::Address(UrlError::TooLong) => locale.t("add.error.long").to_owned(),
        AddError::Address(UrlError::Malformed(_)) => locale.t("add.error.address").to_owned(),
        AddError::Fetch(failure) => failure_text(failure, locale),
        AddError::Store(error) => return Err(error.into()),
        AddError::Pool(error) => {
            tracing::warn!(%error, "a page could not be looked at");
            locale.t("add.error.unreadable").to_owned()
        }
        AddError::NotKept => locale.t("add.error.unreadable").to_owned(),
    })
}

impl AddPage {
    fn new(mut frame: Frame, sidebar: &Sidebar, address: String) -> Self {
        frame.section = Some("/add".to_owned());
        let categories = sidebar
            .categories
            .iter()
            .filter(|category| category.id.is_some())
            .map(|category| category.title.clone())
            .collect();
        let can_keep = WebUrl::from_typed(&address).is_ok();
        Self { frame, address, error: None, can_keep, found: None, categories }
    }

    /// The same page with what went wrong, under a status that says that nothing was done.
    fn failed(mut self, error: AddError, locale: Locale) -> Result<Response, WebError> {
        self.error = Some(add_error_text(error, locale)?);
        self.can_keep = false;
        Ok(Page::new(self).status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
    }
}

impl Finds {
    fn new(found: Found, frame: &Frame) -> Self {
        let zone = frame.zone();
        let newest = |feed: &FoundFeed| feed.newest.map(|at| Moment::new(at, frame.now, &zone, frame.locale));
        let feeds = found.feeds.into_iter().map(|feed| FeedCard {
            newest: newest(&feed),
            rhythm: feed.per_week.map(|n| match n {
                0 => frame.t("add.rhythm_rare").to_owned(),
                n => frame.count("add.rhythm", i64::from(n)),
            }),
            shown_url: feed.url.masked(),
            url: feed.url.to_string(),
            tile: Letter::of(&feed.title),
            title: if feed.title.is_empty() { feed.url.masked() } else { feed.title },
            description: feed.description.unwrap_or_default(),
            samples: feed.samples,
            followed: feed.followed,
        });
        let page = found.page.map(|page| PageCard {
            title: if page.title.is_empty() { page.url.to_string() } else { page.title },
            site_name: page.site_name.unwrap_or_else(|| page.url.host().to_owned()),
            url: page.url.to_string(),
            excerpt: page.excerpt,
            kept: page.kept,
        });
        Self { feeds: feeds.collect(), page }
    }

    /// How many feeds there are.
    fn count(&self) -> i64 {
        i64::try_from(self.feeds.len()).unwrap_or(i64::MAX)
    }
}
