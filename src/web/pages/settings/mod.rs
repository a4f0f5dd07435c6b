//! What an account decides for itself: language, colours, password, sessions, and its data in and out.

pub mod account;
pub mod files;
pub mod imports;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::framed::framed;
use super::{back_to, login, see_other, setup, wants_json};
use crate::domain::PicturePolicy;
use crate::web::locale::Locale;
use crate::web::page::{Frame, Notice, Page};
use crate::web::password::{Password, Verdict};
use crate::web::throttle::Wait;
use crate::web::view::{Density, Done, Habits, Order, PanelForm, ReadWhen, Simple, Theme};
use crate::web::{CurrentUser, Visit, Web, WebError, WebState};

/// The whole page. Which of its forms something was wrong with is said in the frame's notice.
#[derive(Debug, Template)]
#[template(path = "pages/settings.html")]
struct SettingsPage {
    frame: Frame,
    languages: Vec<Choice>,
    themes: Vec<Choice>,
    orders: Vec<Choice>,
    densities: Vec<Choice>,
    read_whens: Vec<Choice>,
    pictures: Vec<Choice>,
    time_zone: String,
    only_unread: bool,
    folds_repeats: bool,
    habits: Habits,
    sessions: Vec<SessionRow>,
    /// What an import took and left, line by line.
    report: Vec<String>,
    /// An import can still be taken back.
    can_undo: bool,
}

/// One option of a choice.
#[derive(Debug)]
struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// A login that holds.
#[derive(Debug)]
struct SessionRow {
    agent: String,
    seen: String,
    since: String,
}

/// The account's choices as the form sends them. Values that are not offered change nothing.
#[derive(Debug, Deserialize)]
pub struct Choices {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    density: String,
    #[serde(default)]
    read_when: String,
    #[serde(default)]
    pictures: String,
    #[serde(default)]
    time_zone: String,
    only_unread: Option<String>,
    repeats: Option<String>,
    endless: Option<String>,
    read_on_scroll: Option<String>,
    keys: Option<String>,
    swipes: Option<String>,
}

/// The old password and the new one.
#[derive(Deserialize)]
pub struct PasswordChange {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

/// `GET /settings`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    page(&web, &visit, &user, StatusCode::OK, None, Vec::new()).await
}

/// `POST /settings`
pub async fn save(
    State(web): State<WebState>,
    visit: Visit,
    mut user: CurrentUser,
    form: Result<Form<Choices>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    let chosen = user.preferences_mut();
    // Only what is on offer is kept: a language is also the name of a file, a zone that of a database's entry.
    chosen.language = Locale::by_tag(&form.language).map(|locale| locale.tag().to_owned());
    chosen.theme = Theme::from_name(&form.theme).unwrap_or(chosen.theme);
    chosen.order = Order::from_name(&form.order).unwrap_or(chosen.order);
    chosen.density = Density::from_name(&form.density).unwrap_or(chosen.density);
    chosen.read_when =
        ReadWhen::ALL.into_iter().find(|when| when.as_str() == form.read_when).unwrap_or(chosen.read_when);
    let zone = form.time_zone.trim();
    let is_bad = !zone.is_empty() && !is_time_zone(zone);
    if !is_bad {
        chosen.time_zone = Some(zone.to_owned()).filter(|name| !name.is_empty());
    }
    chosen.only_unread = form.only_unread.is_some();
    chosen.habits = Habits {
        keys: form.keys.is_some(),
        swipes: form.swipes.is_some(),
        endless: form.endless.is_some(),
        read_on_scroll: form.read_on_scroll.is_some(),
    };
    web.app.db.set_account_settings(user.id, &user.preferences.to_json()).await?;
    web.app.db.set_folds_repeats(user.id, form.repeats.is_some()).await?;
    if let Some(policy) = PicturePolicy::from_name(&form.pictures) {
        web.app.db.set_picture_policy(user.id, policy).await?;
    }
    if is_bad {
        let text = visit.frame(&web).say("settings.time_zone_bad", &[("name", zone)]);
        return page(&web, &visit, &user, StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::error(text)), Vec::new())
            .await;
    }
    Ok(see_other(&web, &Done::Simply(Simple::Stored).on("/settings")))
}

/// `POST /settings/typography`: the Aa panel of an article. Its script asks for JSON, has shown the choice already and gets
/// nothing more; the plain form comes back to the article.
pub async fn choose_typography(
    State(web): State<WebState>,
    mut user: CurrentUser,
    headers: HeaderMap,
    form: Result<Form<TypographyChoice>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    form.panel.apply(user.preferences_mut());
    web.app.db.set_account_settings(user.id, &user.preferences.to_json()).await?;
    if wants_json(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(see_other(&web, &back_to(form.back.as_deref())))
}

/// The Aa panel, and where the article is.
#[derive(Debug, Deserialize)]
pub struct TypographyChoice {
    #[serde(flatten)]
    panel: PanelForm,
    back: Option<String>,
}

/// `POST /settings/password`: wants the old one, and ends every other session. This one gets a new token.
pub async fn change_password(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    form: Result<Form<PasswordChange>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    let locale = visit.frame(&web).locale;
    let refuse = |text: String| {
        page(&web, &visit, &user, StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::error(text)), Vec::new())
    };
    if !user.knows(&web, &visit, &form.current).await? {
        return refuse(locale.t("password.wrong_current").to_owned()).await;
    }
    let password = match Password::chosen(&form.password, &user.name) {
        Ok(password) => password,
        Err(refused) => return refuse(setup::refusal(locale, refused)).await,
    };
    let hash = web.passwords.hash(password).await?;
    web.app.db.set_password(user.id, &hash).await?;
    web.app.db.delete_sessions_of(user.id, None).await?;
    let cookie = login::begin_session(&web, &visit, &headers, user.id).await?;
    let done = Notice::done(locale.t("password.changed").to_owned());
    let mut response = page(&web, &visit, &user, StatusCode::OK, Some(done), Vec::new()).await?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// `POST /settings/sessions/end`: all but the one that asks.
pub async fn end_other_sessions(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
) -> Result<Response, WebError> {
    let ended = web.app.db.delete_sessions_of(user.id, Some(user.session)).await?;
    let text = visit.frame(&web).count("settings.sessions_ended", i64::try_from(ended).unwrap_or(i64::MAX));
    page(&web, &visit, &user, StatusCode::OK, Some(Notice::done(text)), Vec::new()).await
}

impl CurrentUser {
    /// Whether `password` is this user's. Counts as a try to sign in, so that an open browser is no place to guess.
    pub(super) async fn knows(&self, web: &Web, visit: &Visit, password: &str) -> Result<bool, WebError> {
        let now = web.app.clock.now();
        web.throttle
            .attempt(&self.name, visit.client.address, now)
            .map_err(|Wait(seconds)| WebError::TooManyTries(seconds))?;
        let Ok(password) = Password::typed(password) else { return Ok(false) };
        let kept = web.app.db.account(self.id).await?.map(|account| account.password_hash);
        let right = web.passwords.verify(password, kept).await? != Verdict::Wrong;
        if right {
            web.throttle.succeeded(&self.name, visit.client.address, now);
        }
        Ok(right)
    }

    /// Whether this user signed in a moment ago or else gives the right password now.
    pub(super) async fn proves_itself(&self, web: &Web, visit: &Visit, password: &str) -> Result<bool, WebError> {
        Ok(self.is_recent(web.app.clock.now()) || self.knows(web, visit, password).await?)
    }
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    status: StatusCode,
    notice: Option<Notice>,
    report: Vec<String>,
) -> Result<Response, WebError> {
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.here = "/settings".to_owned();
    frame.notice = notice.or(frame.notice);
    let chosen = &user.preferences;
    let languages = Locale::all()
        .map(|locale| Choice {
            value: locale.tag(),
            label: locale.name(),
            chosen: chosen.language.as_deref() == Some(locale.tag()),
        })
        .collect();
    let themes = Theme::ALL
        .into_iter()
        .map(|theme| Choice { value: theme.as_str(), label: frame.t(theme_key(theme)), chosen: chosen.theme == theme })
        .collect();
    let orders = [(Order::Newest, "settings.newest"), (Order::Oldest, "settings.oldest")]
        .into_iter()
        .map(|(order, key)| Choice { value: order.as_str(), label: frame.t(key), chosen: chosen.order == order })
        .collect();
    let densities = Density::ALL
        .into_iter()
        .map(|density| Choice {
            value: density.as_str(),
            label: frame.t(density_key(density)),
            chosen: chosen.density == density,
        })
        .collect();
    let read_whens = ReadWhen::ALL
        .into_iter()
        .map(|when| Choice {
            value: when.as_str(),
            label: match when {
                ReadWhen::Opened => frame.t("settings.read_opened"),
                ReadWhen::Ended => frame.t("settings.read_ended"),
            },
            chosen: chosen.read_when == when,
        })
        .collect();
    let policy = web.app.db.picture_policy(user.id).await?;
    let pictures = PicturePolicy::EVERY
        .into_iter()
        .map(|choice| Choice { value: choice.as_str(), label: frame.t(picture_key(choice)), chosen: policy == choice })
        .collect();
    let zone = frame.zone();
    let sessions = web.app.db.sessions_of(user.id).await?;
    let sessions = sessions
        .into_iter()
        .map(|session| SessionRow {
            agent: session.user_agent.unwrap_or_else(|| frame.t("settings.unknown_agent").to_owned()),
            seen: frame.locale.date_time(session.last_seen_at, &zone),
            since: frame.locale.date(session.created_at, &zone),
        })
        .collect();
    let page = SettingsPage {
        languages,
        themes,
        orders,
        densities,
        read_whens,
        pictures,
        time_zone: chosen.time_zone.clone().unwrap_or_default(),
        only_unread: chosen.only_unread,
        folds_repeats: web.app.db.folds_repeats(user.id).await?,
        habits: chosen.habits,
        sessions,
        report,
        can_undo: web.app.db.any_import_to_undo(user.id, frame.now).await?,
        frame,
    };
    Ok(Page::new(page).status(status).into_response())
}

/// The words of a choice of pictures.
pub(super) fn picture_key(policy: PicturePolicy) -> &'static str {
    match policy {
        PicturePolicy::All => "settings.pictures_all",
        PicturePolicy::Marked => "settings.pictures_marked",
        PicturePolicy::None => "settings.pictures_none",
    }
}

fn density_key(density: Density) -> &'static str {
    match density {
        Density::Cards => "settings.density_cards",
        Density::Comfortable => "settings.density_comfortable",
        Density::Titles => "settings.density_titles",
    }
}

fn theme_key(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "settings.theme_auto",
        Theme::Paper => "settings.theme_paper",
        Theme::Night => "settings.theme_night",
        Theme::Sepia => "settings.theme_sepia",
        Theme::Eink => "settings.theme_eink",
    }
}

/// Whether a time zone of this name is known. The name goes to a file of the system, so only letters of such names pass.
fn is_time_zone(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    !name.is_empty() && name.len() <= 64 && plain && jiff::tz::TimeZone::get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_time_zones_are_kept() {
        assert!(is_time_zone("Asia/Shanghai") && is_time_zone("UTC"));
        for name in ["", "../../etc/passwd", "/etc/localtime", "Mars/Olympus", "Asia/Shang\0hai", "local time"] {
            assert!(!is_time_zone(name), "{name}");
        }
    }
}
