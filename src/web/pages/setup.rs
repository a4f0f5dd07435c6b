//! The first visit: making the administrator. Open until there is an account, and never again.

use askama::Template;
use axum::extract::{Form, State, rejection::FormRejection};
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::{login, names};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Notice, Page};
use crate::web::password::{Password, PasswordRefused};
use crate::web::throttle::Wait;
use crate::web::{Visit, WebError, WebState};

/// The form, empty or with what was typed before; the notice says what was wrong about it.
#[derive(Debug, Template)]
#[template(path = "pages/setup.html")]
struct SetupPage {
    frame: Frame,
    name: String,
    /// Whether the code of the log is asked for: not of someone at the machine itself.
    asks_code: bool,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct FirstAccount {
    /// The administrator's name.
    #[serde(default)]
    name: String,
    /// The administrator's password.
    #[serde(default)]
    password: String,
    /// The set-up code, from other machines.
    #[serde(default)]
    code: String,
}

impl std::fmt::Debug for FirstAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstAccount(…)")
    }
}

/// `GET /setup`
pub async fn show(State(web): State<WebState>, visit: Visit) -> Result<Response, WebError> {
    if web.is_set_up().await? {
        return Ok(login::to(&web, "/login"));
    }
    let (frame, asks_code) = (visit.frame(&web), !visit.client.local);
    Ok(Page::new(SetupPage { frame, name: String::new(), asks_code }).into_response())
}

/// `POST /setup`: makes the administrator and signs them in. Of two at the same moment one succeeds.
pub async fn create(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    form: Result<Form<FirstAccount>, FormRejection>,
) -> Result<Response, WebError> {
    if web.is_set_up().await? {
        return Err(WebError::NotFound);
    }
    let Form(FirstAccount { name, password, code }) = form?;
    let asks_code = !visit.client.local;
    let locale = visit.language;
    let again = |status, error| {
        let mut frame = visit.frame(&web);
        frame.notice = Some(Notice::error(error));
        let page = SetupPage { frame, name: name.clone(), asks_code };
        Page::new(page).status(status).into_response()
    };
    if asks_code {
        // Counted under a name that no account can have.
        if let Err(Wait(seconds)) = web.throttle.attempt("\0setup", visit.client.address, web.app.clock.now()) {
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, locale.count("login.wait", i64::from(seconds)));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return Ok(response);
        }
        if !web.setup_code.is(&code) {
            tracing::warn!(client = %visit.client.address, "set-up refused: wrong code");
            return Ok(again(StatusCode::FORBIDDEN, locale.t("setup.wrong_code").to_owned()));
        }
    }
    let Ok(clean_name) = names::chosen(&name) else {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, locale.t("users.bad_name").to_owned()));
    };
    let password = match Password::chosen(&password, &clean_name) {
        Ok(password) => password,
        Err(refused) => return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, refusal(locale, refused))),
    };
    let hash = web.passwords.hash(password).await?;
    let made = web.app.db.create_first_admin(&clean_name, &hash, web.app.clock.now()).await?;
    let Some(account) = made else { return Err(WebError::NotFound) };
    tracing::info!("the administrator was created; setting up is closed");
    let cookie = login::begin_session(&web, &visit, &headers, account).await?;
    let mut response = login::to(&web, "/");
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// Why a new password is refused, as a sentence.
pub(super) fn refusal(locale: Locale, refused: PasswordRefused) -> String {
    match refused {
        PasswordRefused::TooShort => locale.say("password.too_short", [("n", &Password::SHORTEST)]),
        PasswordRefused::TooLong => locale.say("password.too_long", [("n", &Password::LONGEST)]),
        PasswordRefused::TooCommon => locale.t("password.too_common").to_owned(),
        PasswordRefused::IsTheName => locale.t("password.is_the_name").to_owned(),
    }
}
