//! A few words sent to another server, whose answer is its status alone.

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::timeout;

use super::super::exchange::FetchError;
use super::super::hints::CacheHints;
use super::super::limits::Purpose;
use super::Egress;
use crate::domain::{Failure, WebUrl};

impl Egress {
    /// Sends a form and waits for the word that it was taken. Guard and politeness are those of [`Egress::fetch`]; no redirect
    /// is followed, and no body is read.
    pub async fn post_form(&self, url: &WebUrl, fields: &[(&str, &str)]) -> Result<(), FetchError> {
        let outcome = self.post(url, fields).await;
        self.blur(outcome.as_ref().err()).await;
        outcome
    }

    async fn post(&self, url: &WebUrl, fields: &[(&str, &str)]) -> Result<(), FetchError> {
        let inner = &*self.0;
        let host = self.check(url)?;
        let _place = inner.hosts.place(&host, true).await.ok_or(Failure::Unreachable)?;
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let sending = inner.send(url, &host, (Method::POST, form), headers);
        let response =
            timeout(inner.deadlines.total(Purpose::Probe), sending).await.map_err(|_| Failure::TimedOut)??;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let hints = CacheHints::read(response.headers(), inner.clock.now());
        Err(FetchError { failure: Failure::Http(status.as_u16()), hints })
    }
}
