//! Accounts, for administrators: add, give a new password, disable and enable, delete.
//!
//! Each of these deeds asks for the administrator's own password again unless they signed in within the last ten
//! minutes: someone who finds an open browser must not be able to take the server over.

use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::framed::framed;
use super::{login, names, setup};
use crate::domain::AccountId;
use crate::store::Account;
use crate::web::page::{Frame, Notice, Page};
use crate::web::password::Password;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// All accounts, and the form for one more.
#[derive(Debug, Template)]
#[template(path = "pages/users.html")]
struct UsersPage {
    frame: Frame,
    users: Vec<UserRow>,
    name: String,
    asks_password: bool,
}

/// An account as the list shows it.
#[derive(Debug)]
struct UserRow {
    /// The path of its page.
    path: String,
    name: String,
    is_admin: bool,
    is_self: bool,
    is_disabled: bool,
    since: String,
}

/// One account, with what can be done to it.
#[derive(Debug, Template)]
#[template(path = "pages/user.html")]
struct UserPage {
    frame: Frame,
    user: UserRow,
    /// The last administrator who can sign in stays.
    may_leave: bool,
    asks_password: bool,
}

/// A new account.
#[derive(Deserialize)]
pub struct NewUser {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    is_admin: Option<String>,
    #[serde(default)]
    current: String,
}

/// A new password, or nothing but the administrator's own.
#[derive(Deserialize)]
pub struct Deed {
    #[serde(default)]
    password: String,
    #[serde(default)]
    current: String,
    #[serde(default)]
    confirmed: Option<String>,
}

macro_rules! never_printed {
    ($($form:ident),+) => {$(
        impl std::fmt::Debug for $form {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($form), "(…)"))
            }
        }
    )+};
}

never_printed!(NewUser, Deed);

/// `GET /users`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    list(&web, &visit, &user, StatusCode::OK, None, String::new()).await
}

/// `POST /users`
pub async fn add(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    form: Result<Form<NewUser>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    let frame = visit.frame(&web);
    let refuse = |text: String| {
        list(&web, &visit, &user, StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::error(text)), form.name.clone())
    };
    if !user.proves_itself(&web, &visit, &form.current).await? {
        return refuse(frame.t("password.wrong_current").to_owned()).await;
    }
    let Ok(name) = names::chosen(&form.name) else { return refuse(frame.t("users.bad_name").to_owned()).await };
    let password = match Password::chosen(&form.password, &name) {
        Ok(password) => password,
        Err(refused) => return refuse(setup::refusal(frame.locale, refused)).await,
    };
    let hash = web.passwords.hash(password).await?;
    let is_admin = form.is_admin.is_some();
    if web.app.db.create_account(&name, &hash, is_admin, web.app.clock.now()).await?.is_none() {
        return refuse(frame.say("users.taken", &[("name", &name)])).await;
    }
    Ok(login::to(&web, "/users"))
}

/// `GET /users/{id}`
pub async fn show_one(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<AccountId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    one(&web, &visit, &user, id, StatusCode::OK, None).await
}

/// `POST /users/{id}/password`: the account's sessions end, wherever they are.
pub async fn reset_password(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<AccountId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let Form(form) = form?;
    let account = web.app.db.account(id).await?.ok_or(WebError::NotFound)?;
    let frame = visit.frame(&web);
    let refuse =
        |text: String| one(&web, &visit, &user, id, StatusCode::UNPROCESSABLE_ENTITY, Some(Notice::error(text)));
    if !user.proves_itself(&web, &visit, &form.current).await? {
        return refuse(frame.t("password.wrong_current").to_owned()).await;
    }
    let password = match Password::chosen(&form.password, &account.name) {
        Ok(password) => password,
        Err(refused) => return refuse(setup::refusal(frame.locale, refused)).await,
    };
    let hash = web.passwords.hash(password).await?;
    web.app.db.set_password(id, &hash).await?;
    let kept = (id == user.id).then_some(user.session);
    web.app.db.delete_sessions_of(id, kept).await?;
    let done = Notice::done(frame.say("users.password_set", &[("name", &account.name)]));
    one(&web, &visit, &user, id, StatusCode::OK, Some(done)).await
}

/// `POST /users/{id}/disable`: stops the account at once and keeps everything of it. The last administrator stays.
pub async fn disable(
    state: State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<AccountId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Result<Response, WebError> {
    set_disabled(state, visit, user, (id?.0, form?.0), true).await
}

/// `POST /users/{id}/enable`
pub async fn enable(
    state: State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<AccountId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Result<Response, WebError> {
    set_disabled(state, visit, user, (id?.0, form?.0), false).await
}

async fn set_disabled(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    (id, form): (AccountId, Deed),
    disabled: bool,
) -> Result<Response, WebError> {
    let frame = visit.frame(&web);
    let tell = |status, notice| one(&web, &visit, &user, id, status, Some(notice));
    let _turn = web.account_changes.lock().await;
    let account = web.app.db.account(id).await?.ok_or(WebError::NotFound)?;
    if !user.proves_itself(&web, &visit, &form.current).await? {
        let notice = Notice::error(frame.t("password.wrong_current").to_owned());
        return tell(StatusCode::UNPROCESSABLE_ENTITY, notice).await;
    }
    let (done, words) = if disabled {
        (web.app.db.disable_account(id, web.app.clock.now()).await?, "users.disabled_done")
    } else {
        (web.app.db.enable_account(id).await?, "users.enabled_done")
    };
    if !done {
        let notice = Notice::error(frame.t("users.last_admin_disable").to_owned());
        return tell(StatusCode::UNPROCESSABLE_ENTITY, notice).await;
    }
    tracing::info!(account = %id, by = %user.id, disabled, "an account was disabled or enabled");
    if disabled && id == user.id {
        return Ok(login::to(&web, "/login"));
    }
    tell(StatusCode::OK, Notice::done(frame.say(words, &[("name", &account.name)]))).await
}

/// `POST /users/{id}/delete`: for good, so it wants a tick as well as the button. The last administrator stays.
pub async fn delete(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<AccountId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let Form(form) = form?;
    let refuse = |key: &str| {
        let notice = Notice::error(visit.frame(&web).t(key).to_owned());
        one(&web, &visit, &user, id, StatusCode::UNPROCESSABLE_ENTITY, Some(notice))
    };
    // One at a time: two administrators who delete each other at the same moment must not both succeed.
    let _turn = web.account_changes.lock().await;
    let accounts = web.app.db.accounts().await?;
    if !accounts.iter().any(|account| account.id == id) {
        return Err(WebError::NotFound);
    }
    if is_last_admin(&accounts, id) {
        return refuse("users.last_admin").await;
    }
    if form.confirmed.is_none() {
        return refuse("users.unconfirmed").await;
    }
    if !user.proves_itself(&web, &visit, &form.current).await? {
        return refuse("password.wrong_current").await;
    }
    if !web.app.db.delete_account(id).await? {
        return refuse("users.last_admin").await;
    }
    tracing::info!(account = %id, by = %user.id, "an account was deleted");
    Ok(login::to(&web, if id == user.id { "/login" } else { "/users" }))
}

/// Whether nobody else could manage accounts: who is disabled cannot.
fn is_last_admin(accounts: &[Account], id: AccountId) -> bool {
    let able = |account: &&Account| account.is_admin && account.disabled_at.is_none();
    let mut admins = accounts.iter().filter(able).map(|account| account.id);
    admins.clone().count() <= 1 && admins.any(|admin| admin == id)
}

fn row(account: &Account, frame: &Frame, user: &CurrentUser) -> UserRow {
    UserRow {
        path: format!("/users/{}", account.id),
        name: account.name.clone(),
        is_admin: account.is_admin,
        is_self: account.id == user.id,
        is_disabled: account.disabled_at.is_some(),
        since: frame.locale.date(account.created_at, &frame.zone()),
    }
}

async fn list(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    status: StatusCode,
    notice: Option<Notice>,
    name: String,
) -> Result<Response, WebError> {
    let accounts = web.app.db.accounts().await?;
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.notice = notice;
    let users = accounts.iter().map(|account| row(account, &frame, user)).collect();
    let asks_password = !user.is_recent(frame.now);
    Ok(Page::new(UsersPage { frame, users, name, asks_password }).status(status).into_response())
}

async fn one(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    id: AccountId,
    status: StatusCode,
    notice: Option<Notice>,
) -> Result<Response, WebError> {
    let accounts = web.app.db.accounts().await?;
    let account = accounts.iter().find(|account| account.id == id).ok_or(WebError::NotFound)?;
    let mut frame = framed(web, visit, user, None).await?.frame;
    frame.notice = notice;
    let page = UserPage {
        user: row(account, &frame, user),
        may_leave: !is_last_admin(&accounts, id),
        asks_password: !user.is_recent(frame.now),
        frame,
    };
    Ok(Page::new(page).status(status).into_response())
}
