//! Whom the door believes to be who they say. There is no way to switch this off: a certificate that is expired, of another
//! name or of an unknown authority is the end of the request, and nothing is asked in the clear instead.

use std::sync::Arc;

/// The authorities that Mozilla trusts, compiled in: the same on every machine.
pub(in crate::egress) fn mozilla_roots() -> rustls::RootCertStore {
    rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// TLS 1.2 and 1.3 with these authorities.
pub(in crate::egress) fn config(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, rustls::Error> {
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
