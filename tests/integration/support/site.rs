//! The web side for one test: the real router without a socket, and people who use it.
//!
//! A [`Browser`] is one person at one address. It keeps its cookie, sends what browsers send (`Sec-Fetch-Site`, `Origin`), and
//! does what people do: open a page, send a form. It follows no redirect by itself, since most tests are about where one is led.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use gleaner::app::App;
use gleaner::config::Settings;
use gleaner::domain::{AccountId, Clock as _};
use gleaner::web::password::Password;
use gleaner::web::session::{CookieJar, Token};
use gleaner::web::{Site, Web, WebState};
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;

use super::database::TestDatabase;
use super::house::House;

/// The password of everyone in the tests.
pub(crate) const PASSWORD: &str = "wheat in the field";
/// The name under which the tests know the server.
pub(crate) const SERVER: &str = "reader.test";

/// The program with its web side.
#[derive(Debug)]
pub(crate) struct TestSite {
    /// Database, clock, outside world.
    pub(crate) house: House,
    /// The web side.
    pub(crate) site: Site,
}

impl TestSite {
    /// A server as it is after installing: nobody has an account yet.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        Self::with(database, |_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(database: TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        Self::in_house(House::on(database).await, change).await
    }

    /// The web side of this house.
    pub(crate) async fn in_house(house: House, change: impl FnOnce(&mut Settings)) -> Self {
        house.app.db.delete_account(house.reader).await.unwrap();
        let mut settings = (*house.app.settings).clone();
        change(&mut settings);
        let app = App { settings: Arc::new(settings), ..(*house.app).clone() };
        let site = Site::new(WebState::new(Web::new(Arc::new(app)).await.unwrap())).unwrap();
        Self { house, site }
    }

    /// Somebody at this machine who is not signed in.
    pub(crate) fn visitor(&self) -> Browser {
        self.visitor_from("127.0.0.1:40000")
    }

    /// Somebody elsewhere who is not signed in.
    pub(crate) fn visitor_from(&self, peer: &str) -> Browser {
        let headers = vec![("sec-fetch-site".to_owned(), "same-origin".to_owned())];
        Browser { site: self.site.clone(), peer: peer.parse().unwrap(), headers, cookie: Arc::default() }
    }

    /// An account, without a browser.
    pub(crate) async fn account(&self, name: &str, is_admin: bool) -> AccountId {
        let hash = Password::typed(PASSWORD).unwrap().hash(&*self.house.app.entropy).unwrap();
        self.house.app.db.create_account(name, &hash, is_admin, self.house.clock.now()).await.unwrap().unwrap()
    }

    /// A new account, signed in.
    pub(crate) async fn user(&self, name: &str) -> Person {
        let id = self.account(name, false).await;
        Person { id, browser: self.signed_in(id).await }
    }

    /// A new administrator, signed in.
    pub(crate) async fn admin(&self, name: &str) -> Person {
        let id = self.account(name, true).await;
        Person { id, browser: self.signed_in(id).await }
    }

    /// A browser that holds a session of this account, without the cost of a password.
    pub(crate) async fn signed_in(&self, account: AccountId) -> Browser {
        let token = Token::new(&*self.house.app.entropy);
        let now = self.house.clock.now();
        self.house.app.db.create_session(token.hash(), account, now, Some("a test")).await.unwrap();
        let web = self.site.web();
        let jar = CookieJar { https: web.is_https == Some(true), base: web.base.as_str() };
        let browser = self.visitor();
        browser.keep_cookie(&jar.set(&token));
        browser
    }
}

impl Deref for TestSite {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

/// Somebody with an account.
#[derive(Debug)]
pub(crate) struct Person {
    /// The account.
    pub(crate) id: AccountId,
    /// Where it is signed in.
    pub(crate) browser: Browser,
}

impl Deref for Person {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// A browser at one address. A clone shares the cookie.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    site: Site,
    peer: SocketAddr,
    headers: Vec<(String, String)>,
    cookie: Arc<Mutex<Option<String>>>,
}

impl Browser {
    /// The same browser, sending one more header, or another value of one.
    pub(crate) fn sending(&self, name: &str, value: &str) -> Self {
        let mut other = self.without(name);
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same browser, never sending this header.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| known != name);
        other
    }

    /// The cookie as it is sent: `NAME=VALUE`.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Another browser that somehow got this one's cookie.
    pub(crate) fn copy(&self) -> Self {
        Self { cookie: Arc::new(Mutex::new(self.cookie())), ..self.clone() }
    }

    fn keep_cookie(&self, header: &HeaderValue) {
        let pair = header.to_str().unwrap().split(';').next().unwrap().to_owned();
        let gone = pair.ends_with('=');
        *self.cookie.lock().unwrap() = (!gone).then_some(pair);
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, "", Body::empty()).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let form: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, "application/x-www-form-urlencoded", Body::from(form)).await
    }

    /// Sends a form with files: name and content each.
    pub(crate) async fn upload(&self, path: &str, files: &[(&str, &[u8])]) -> Reply {
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head = format!(
                "--ear\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--ear--\r\n");
        self.send(Method::POST, path, "multipart/form-data; boundary=ear", Body::from(body)).await
    }

    /// Sends anything.
    pub(crate) async fn send(&self, method: Method, path: &str, content_type: &str, body: Body) -> Reply {
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static(SERVER));
        if !content_type.is_empty() {
            headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
        }
        if let Some(cookie) = self.cookie() {
            headers.insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
        }
        for (name, value) in &self.headers {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let response = self.site.answer(request, self.peer).await;
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(SET_COOKIE) {
            self.keep_cookie(cookie);
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The value of a header, empty without one.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads; fails unless it is the answer to a form that worked.
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.header(LOCATION.as_str())
    }

    /// The text without what differs in every response.
    pub(crate) fn text_without_nonce(&self) -> String {
        let policy = self.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("(none)");
        self.text().replace(nonce, "NONCE")
    }
}
