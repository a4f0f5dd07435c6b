//! The way to the operator's own bucket of pictures.
//!
//! The address comes from the settings and not from outside, and often lies in the operator's own network: so the guard has
//! no say here, and this client goes to no other place.

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};

use super::client::tls;

/// Gives the library that speaks with buckets a client with this program's own TLS.
#[derive(Debug, Clone, Copy)]
pub struct BucketConnector;

impl HttpConnector for BucketConnector {
    #[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "one of two places with a client")]
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic { store: "S3", source };
        let tls = tls::config(tls::mozilla_roots()).map_err(|error| failed(Box::new(error)))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(std::time::Duration::from_secs(10))
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .map_err(|error| failed(Box::new(error)))?;
        Ok(HttpClient::new(client))
    }
}
