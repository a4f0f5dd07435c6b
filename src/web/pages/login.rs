//! Signing in.

use askama::Template;
use axum::extract::{Form, Query, State, rejection::FormRejection};
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::domain::AccountId;
use crate::store::Account;
use crate::web::page::{Frame, Notice, Page};
use crate::web::password::{Password, Verdict};
use crate::web::session::Token;
use crate::web::throttle::Wait;
use crate::web::{Visit, Web, WebError, WebState};

/// The form, empty or with what was typed before; the notice says what was wrong about it.
#[derive(Debug, Template)]
#[template(path = "pages/login.html")]
struct LoginPage {
    frame: Frame,
    name: String,
    next: String,
    /// What was typed into a form that was sent without a session.
    lost: Vec<String>,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct Onward {
    /// An address on this server, with the base path.
    #[serde(default)]
    next: String,
}

/// What the form sends. Whatever else it sends is not looked at.
#[derive(Deserialize)]
pub struct Credentials {
    /// The account's name.
    #[serde(default)]
    name: String,
    /// Its password.
    #[serde(default)]
    password: String,
    /// Where to go afterwards.
    #[serde(default)]
    next: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// `GET /login`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    Query(onward): Query<Onward>,
) -> Result<Response, WebError> {
    if !web.is_set_up().await? {
        return Ok(to(&web, "/setup"));
    }
    let next = safe_next(web.base.as_str(), &onward.next).unwrap_or_default();
    Ok(Page::new(LoginPage { frame: visit.frame(&web), name: String::new(), next, lost: Vec::new() }).into_response())
}

/// `POST /login`: a right password leads to where the reader wanted to go, everything else back to the form. A wrong
/// name and a wrong password cannot be told apart, neither by words nor by time.
pub async fn sign_in(
    State(web): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(Credentials { name, password, next }) = form?;
    let next = safe_next(web.base.as_str(), &next).unwrap_or_default();
    let again = |status, error, name| {
        let mut frame = visit.frame(&web);
        frame.notice = Some(Notice::error(error));
        let page = LoginPage { frame, name, next: next.clone(), lost: Vec::new() };
        Page::new(page).status(status).into_response()
    };
    let locale = visit.language;
    // Longer than any name: no such account, and nothing that a table should keep.
    let name = if name.len() > 1024 { String::new() } else { name.trim().to_owned() };

    if let Err(Wait(seconds)) = web.throttle.attempt(&name, visit.client.address, web.app.clock.now()) {
        tracing::warn!(client = %visit.client.address, "login refused: too many tries");
        let mut response = again(StatusCode::TOO_MANY_REQUESTS, locale.count("login.wait", i64::from(seconds)), name);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    let Some(account) = right_account(&web, &name, &password).await? else {
        // Operators feed this line to fail2ban. It does not hold the name: people type passwords there by mistake.
        tracing::warn!(client = %visit.client.address, "login failed");
        return Ok(again(StatusCode::FORBIDDEN, locale.t("login.wrong").to_owned(), name));
    };
    web.throttle.succeeded(&name, visit.client.address, web.app.clock.now());
    if account.disabled_at.is_some() {
        // Only who knows the password learns it.
        return Ok(again(StatusCode::FORBIDDEN, locale.t("login.disabled").to_owned(), name));
    }
    let cookie = begin_session(&web, &visit, &headers, account.id).await?;
    let target = if next.is_empty() { web.base.join("/") } else { next };
    let mut response = redirect(&target);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// The form with what was typed into another one, which came too late: its reader can copy it, or sign in in another tab and send
/// the other form again. Nothing is sent again by itself.
pub(in crate::web) fn with_lost(web: &WebState, visit: &Visit, lost: Vec<String>) -> Response {
    let mut frame = visit.frame(web);
    frame.notice = Some(Notice::error(frame.t("login.lost").to_owned()));
    let page = LoginPage { frame, name: String::new(), next: String::new(), lost };
    Page::new(page).status(StatusCode::UNAUTHORIZED).into_response()
}

/// The account whose name and password these are.
async fn right_account(web: &Web, name: &str, password: &str) -> Result<Option<Account>, WebError> {
    let Ok(password) = Password::typed(password) else { return Ok(None) };
    let account = web.app.db.account_by_name(name).await?;
    let kept = account.as_ref().map(|account| account.password_hash.clone());
    let verdict = web.passwords.verify(password.clone(), kept).await?;
    let Some(account) = account else { return Ok(None) };
    match verdict {
        Verdict::Wrong => Ok(None),
        Verdict::Right => Ok(Some(account)),
        Verdict::RightButStale => {
            let hash = web.passwords.hash(password).await?;
            web.app.db.set_password(account.id, &hash).await?;
            Ok(Some(account))
        }
    }
}

/// Begins a session for `account` and gives the cookie that holds it. A session that the browser had before ends.
pub(super) async fn begin_session(
    web: &Web,
    visit: &Visit,
    headers: &HeaderMap,
    account: AccountId,
) -> Result<HeaderValue, WebError> {
    let jar = visit.jar(web);
    if let Some(old) = jar.token(headers) {
        web.app.db.delete_session(old.hash()).await?;
    }
    let token = Token::new(&*web.app.entropy);
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    web.app.db.create_session(token.hash(), account, web.app.clock.now(), agent).await?;
    Ok(jar.set(&token))
}

/// Leads to a path of ours, given without the base path.
pub(in crate::web) fn to(web: &Web, path: &str) -> Response {
    redirect(&web.base.join(path))
}

/// Leads to the form, which leads back to `here` (below the base path) afterwards.
pub(in crate::web) fn to_login(web: &Web, here: &str) -> Response {
    if here == "/" {
        return to(web, "/login");
    }
    let next: String = url::form_urlencoded::byte_serialize(web.base.join(here).as_bytes()).collect();
    to(web, &format!("/login?next={next}"))
}

/// 303 to an address on this server. The answer to a form is always this, so that reloading sends nothing twice.
fn redirect(target: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// `next` if it surely leads to this server and below the base path, as the browser will read it; else `None`.
fn safe_next(base: &str, next: &str) -> Option<String> {
    const LONGEST: usize = 2048;
    let suspicious = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
    if next.is_empty() || next.len() > LONGEST || !next.starts_with('/') || next.contains(suspicious) {
        return None;
    }
    let path = next.split(['?', '#']).next()?.to_ascii_lowercase();
    if path.contains("%5c") || path.contains("%2f") || path.contains("%00") {
        return None;
    }
    // Read as a browser reads it: dots resolved, a second slash taken for a host.
    let here = Url::parse("http://here.invalid/").ok()?;
    let read = here.join(next).ok()?;
    let stays = read.origin() == here.origin() && !read.path().starts_with("//");
    let below = read.path().strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
    (stays && below).then(|| read[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_where_one_was_going() {
        for next in ["/", "/unread", "/articles/7?from=unread", "/search?q=%E9%BA%A6%2F"] {
            assert_eq!(safe_next("", next).as_deref(), Some(next));
        }
        assert_eq!(safe_next("/reader", "/reader/unread").as_deref(), Some("/reader/unread"));
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        let long = format!("/{}", "a".repeat(100_000));
        for next in [
            "",
            "//evil.example",
            "///evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\\evil.example",
            "\\/evil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e%2e//evil.example",
            "/a%2f%2fevil.example",
            "/a\r\nSet-Cookie: a=b",
            "unread",
            &long,
        ] {
            assert_eq!(safe_next("", next), None, "{next:.60}");
        }
        for next in ["/", "/unread", "/readers/", "/reader/../other", "/reader"] {
            assert_eq!(safe_next("/reader", next), None, "{next}");
        }
    }
}
