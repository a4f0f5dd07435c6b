//! Articles that a reader gives away as a link.
//!
//! Owns: the form that makes a link, the list of links and the way to take one back; in `public` what is at the other end of a
//! link; in `given` the page of an article that is given away in whatever way; in `preview` the picture that stands for it; in `qr` the drawing of a
//! link; in `which` the choice of a text. Does not own: what is shared of an article (`store::share`) and codes (`web::code`).
//! In: forms of the owner, visits of anybody. Out: pages.
//!
//! `GET /articles/ID/share` shows the form, `POST` makes the link and shows it this once. `GET /shares` lists all links,
//! `POST /shares/ID/delete` takes one back.

pub(in crate::web::pages) mod given;
pub mod preview;
pub mod public;
mod qr;
mod which;

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde::Deserialize;

use self::qr::Drawing;
use super::article::recordings;
use super::export::Format;
use super::framed::framed;
use super::programs::server_of;
use super::see_other;
use crate::domain::{ArticleId, ShareId, UnixMillis};
use crate::store::{ArticleView, Highlight, NewShare, Share, Shared, SharedPassage, Snapshot};
use crate::web::code::Code;
use crate::web::locale::Locale;
use crate::web::page::{Frame, Notice, Page};
use crate::web::password::Password;
use crate::web::view::{Done, Simple, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The most characters of a line about an article.
const NOTE_CHARS: usize = 1_000;
/// The most views that a link can be bound to.
const MOST_VIEWS: i64 = 1_000_000;

/// The page of one article's links.
#[derive(Debug, Template)]
#[template(path = "pages/share.html")]
pub struct SharePage {
    frame: Frame,
    id: ArticleId,
    title: String,
    lang: Option<(String, &'static str)>,
    has_passages: bool,
    /// The texts that a link can give, where there are several.
    texts: Vec<which::Text>,
    /// The feed is fetched with a password.
    is_private: bool,
    /// What was typed.
    form: ShareForm,
    /// A link that was just made.
    made: Option<Made>,
    links: Vec<Link>,
    /// The forms of files.
    formats: [(&'static str, &'static str); 6],
}

/// The page of all links.
#[derive(Debug, Template)]
#[template(path = "pages/shares.html")]
pub struct SharesPage {
    frame: Frame,
    links: Vec<Link>,
}

/// A link in the clear.
#[derive(Debug)]
struct Made {
    address: String,
    drawing: Option<Drawing>,
}

/// A link as a list shows it.
#[derive(Debug)]
struct Link {
    id: ShareId,
    article: ArticleId,
    title: String,
    /// The address below the base path, where it is no secret.
    slug: Option<String>,
    facts: String,
}

/// What the reader wants of a link.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ShareForm {
    #[serde(default)]
    note: String,
    #[serde(default)]
    text: String,
    highlights: Option<String>,
    notes: Option<String>,
    #[serde(default)]
    ends: Ends,
    #[serde(default)]
    date: String,
    #[serde(default)]
    views: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    slug: String,
    short: Option<String>,
    name: Option<String>,
    index: Option<String>,
    sure: Option<String>,
}

/// When a link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ends {
    #[default]
    Never,
    Day,
    Week,
    Date,
    Views,
}

impl ShareForm {
    /// The choices of an end: value, sentence, whether it is chosen.
    fn ends(&self, frame: &Frame) -> [(&'static str, &'static str, bool); 5] {
        [
            ("never", frame.t("share.ends_never"), self.ends == Ends::Never),
            ("day", frame.t("share.ends_day"), self.ends == Ends::Day),
            ("week", frame.t("share.ends_week"), self.ends == Ends::Week),
            ("date", frame.t("share.ends_date"), self.ends == Ends::Date),
            ("views", frame.t("share.ends_views"), self.ends == Ends::Views),
        ]
    }

    /// When the link ends, and after how many views; `None` if that cannot be.
    fn end(&self, now: UnixMillis, zone: &TimeZone) -> Option<(Option<UnixMillis>, Option<i64>)> {
        Some(match self.ends {
            // Whoever says how long wants an end, though the choice above was left as it is.
            Ends::Never => {
                let is_said = |typed: &str| !typed.trim().is_empty();
                let date = if is_said(&self.date) { Some(self.last_day(now, zone)?) } else { None };
                let views = if is_said(&self.views) { Some(self.most_views()?) } else { None };
                (date, views)
            }
            Ends::Day => (Some(now.plus(UnixMillis::DAY)), None),
            Ends::Week => (Some(now.plus(7 * UnixMillis::DAY)), None),
            Ends::Date => (Some(self.last_day(now, zone)?), None),
            Ends::Views => (None, Some(self.most_views()?)),
        })
    }

    /// When the day is over that was typed; it counts as a whole.
    fn last_day(&self, now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
        let day: jiff::civil::Date = self.date.trim().parse().ok()?;
        let end = day.checked_add(1.day()).ok()?.to_zoned(zone.clone()).ok()?;
        Some(UnixMillis(end.timestamp().as_millisecond())).filter(|end| *end > now)
    }

    /// The number of views that was typed.
    fn most_views(&self) -> Option<i64> {
        self.views.trim().parse().ok().filter(|views| (1..=MOST_VIEWS).contains(views))
    }
}

/// `GET /articles/{id}/share`
pub async fn form(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    Ok(Page::new(page(&web, &visit, &user, &article, ShareForm::default(), None).await?).into_response())
}

/// `POST /articles/{id}/share`: makes a link. The answer is the only page that ever shows a code.
pub async fn create(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<ShareForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let mut article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    which::choose(&web, &user, &mut article, &form.text).await?;
    let code = match share(&web, &user, &article, &form).await? {
        Ok(code) => code,
        Err(key) => {
            let mut page = page(&web, &visit, &user, &article, form, None).await?;
            page.frame.notice = Some(Notice::error(page.frame.t(key).to_owned()));
            return Ok(Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
    };
    let address = format!("{}/s/{}", server_of(&web, &visit, &headers), code.encoded());
    let made = Made { drawing: qr::draw(&address), address };
    let page = page(&web, &visit, &user, &article, ShareForm::default(), Some(made)).await?;
    Ok(Page::new(page).into_response())
}

/// `GET /shares`
pub async fn list(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let mut frame = framed(&web, &visit, &user, None).await?.frame;
    frame.section = Some("/settings".to_owned());
    let links = links(web.app.db.shares(user.id, None).await?, &frame);
    Ok(Page::new(SharesPage { links, frame }).into_response())
}

/// `POST /shares/{id}/delete`
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ShareId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.delete_share(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::ShareDeleted).on("/shares")))
}

/// Makes the link; its code, or the sentence that says why there is none.
async fn share(
    web: &WebState,
    user: &CurrentUser,
    article: &ArticleView,
    form: &ShareForm,
) -> Result<Result<Code, &'static str>, WebError> {
    let now = web.app.clock.now();
    if is_private(article) && form.sure.is_none() {
        return Ok(Err("share.private"));
    }
    let Some((expires_at, max_views)) = form.end(now, &user.preferences.zone()) else {
        return Ok(Err("share.bad_end"));
    };
    let (code, slug) = match form.slug.trim() {
        "" if form.short.is_some() => (Code::short(&*web.app.entropy), None),
        "" => (Code::new(&*web.app.entropy), None),
        typed => {
            let Some(code) = Code::slug(typed) else { return Ok(Err("share.bad_slug")) };
            let slug = code.as_str().to_owned();
            (code, Some(slug))
        }
    };
    let password_hash = match form.password.as_str() {
        "" => None,
        typed => {
            let password = Password::typed(typed).map_err(|_| WebError::TooLarge)?;
            Some(web.passwords.hash(password).await?)
        }
    };
    let highlights = match form.highlights {
        Some(_) => web.app.db.article_highlights(user.id, article.id).await?,
        None => Vec::new(),
    };
    let new = NewShare {
        article: article.id,
        version: article.body.as_ref().map_or(article.version, |body| body.version),
        kind: article.body.as_ref().map_or(article.choice.shown, |body| body.kind),
        code_hash: code.hash(),
        slug,
        snapshot: snapshot(article, highlights, form),
        password_hash,
        shows_name: form.name.is_some(),
        may_index: form.index.is_some(),
        expires_at,
        max_views,
    };
    Ok(match web.app.db.share(user.id, &new, now).await? {
        Shared::Done(_) => Ok(code),
        Shared::Taken => Err("share.taken"),
        Shared::TooMany => Err("share.too_many"),
        Shared::NoArticle => return Err(WebError::NotFound),
    })
}

/// What goes with the text: nothing that its owner did not choose.
fn snapshot(article: &ArticleView, highlights: Vec<Highlight>, form: &ShareForm) -> Snapshot {
    let source = match &article.url {
        Some(url) => url.site().to_owned(),
        None => article.site_name.clone().unwrap_or_default(),
    };
    let passages = highlights.into_iter().map(|highlight| SharedPassage {
        colour: highlight.colour,
        anchor: highlight.anchor,
        note: if form.notes.is_some() { highlight.note } else { String::new() },
    });
    Snapshot {
        title: article.title.clone(),
        author: article.author.clone(),
        url: article.url.as_ref().map(crate::domain::WebUrl::without_credentials),
        source,
        language: article.language.clone(),
        published: article.published,
        kept: article.fetched_at,
        excerpt: article.excerpt.clone(),
        lead_image: article.lead_image.clone(),
        words: article.words,
        cjk_chars: article.cjk_chars,
        recordings: recordings(&article.enclosures),
        note: form.note.trim().chars().take(NOTE_CHARS).collect(),
        passages: passages.collect(),
    }
}

/// What goes with an article that is given away in a list.
pub(in crate::web::pages) fn plain_snapshot(article: &ArticleView) -> Snapshot {
    snapshot(article, Vec::new(), &ShareForm::default())
}

/// Whether the feed is fetched with a name and a password, so that its articles may not be meant for everybody.
fn is_private(article: &ArticleView) -> bool {
    article.feed_url.as_ref().is_some_and(crate::domain::WebUrl::has_credentials)
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    article: &ArticleView,
    form: ShareForm,
    made: Option<Made>,
) -> Result<SharePage, WebError> {
    let frame = framed(web, visit, user, None).await?.frame;
    let has_passages = !web.app.db.article_highlights(user.id, article.id).await?.is_empty();
    let links = links(web.app.db.shares(user.id, Some(article.id)).await?, &frame);
    let versions = web.app.db.versions(user.id, article.id).await?;
    Ok(SharePage {
        id: article.id,
        texts: which::choices(&versions, article, &form.text, &frame),
        title: title_of(&article.title, &article.excerpt, frame.locale),
        lang: article.language.as_ref().map(|lang| (lang.as_str().to_owned(), lang.direction().as_str())),
        has_passages,
        is_private: is_private(article),
        form,
        made,
        links,
        formats: Format::all(frame.locale),
        frame,
    })
}

pub(in crate::web) fn title_of(title: &str, excerpt: &str, locale: Locale) -> String {
    match (title.is_empty(), excerpt.is_empty()) {
        (false, _) => title.to_owned(),
        (true, false) => excerpt.to_owned(),
        (true, true) => feed_title(locale.t("list.untitled"), locale),
    }
}

fn links(shares: Vec<Share>, frame: &Frame) -> Vec<Link> {
    let (locale, zone) = (frame.locale, frame.zone());
    let date = |at| locale.date_time(at, &zone);
    let facts = |share: &Share| {
        let said = [
            Some(locale.say("share.since", [("date", &date(share.created_at))])),
            Some(locale.count("share.views", share.views)),
            share.last_view_at.map(|at| locale.say("share.last", [("date", &date(at))])),
            share.max_views.map(|most| locale.count("share.up_to", most)),
            share.expires_at.map(|at| locale.say("share.until", [("date", &date(at))])),
            share.has_password.then(|| locale.t("share.has_password").to_owned()),
            share.is_over(frame.now).then(|| locale.t("share.over").to_owned()),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let link = |share: Share| Link {
        id: share.id,
        article: share.article,
        title: title_of(&share.snapshot.title, &share.snapshot.excerpt, locale),
        facts: facts(&share),
        slug: share.slug.as_deref().and_then(Code::read).map(|code| format!("/s/{}", code.encoded())),
    };
    shares.into_iter().map(link).collect()
}
