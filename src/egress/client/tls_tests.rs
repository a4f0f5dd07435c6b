use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::domain::{Failure, FixedEntropy, ManualClock, UnixMillis};
use crate::egress::{AllowRule, Answer, Egress, EgressSettings, Looking, Lookup, Purpose, Request};

const HOST: &str = "feed.example";

type Authority = CertifiedIssuer<'static, KeyPair>;

/// Every name is this machine.
#[derive(Debug)]
struct Here;

impl Lookup for Here {
    fn lookup(&self, _host: &str) -> Looking {
        Box::pin(async { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) })
    }
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate_for(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

/// A feed's server with this certificate, issued by `issuer` or by itself; it counts the requests that it got to read.
async fn server(params: CertificateParams, issuer: Option<&Authority>) -> (SocketAddr, Arc<AtomicUsize>) {
    let key = KeyPair::generate().unwrap();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if matches!(stream.read(&mut [0; 4096]).await, Ok(read) if read > 0) {
                seen.fetch_add(1, Ordering::SeqCst);
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<rss/>";
                stream.write_all(answer.as_bytes()).await.unwrap();
                // The client may be gone already.
                let _ = stream.shutdown().await;
            }
        }
    });
    (address, requests)
}

/// What comes from `https://feed.example` there, trusting `root` alone.
async fn ask(address: SocketAddr, root: &Authority) -> Result<Vec<u8>, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let rule = AllowRule::HostPort(HOST.to_owned(), address.port());
    let settings = EgressSettings { allow: vec![rule], ..EgressSettings::default() };
    let clock = Arc::new(ManualClock::at(UnixMillis(0)));
    let door = Egress::build(settings, clock, Arc::new(FixedEntropy::default()), Arc::new(Here), roots).unwrap();
    let url = format!("https://{HOST}:{}/feed", address.port()).parse().unwrap();
    match door.fetch(Request::new(url, Purpose::Feed)).await {
        Ok(Answer::Fetched(fetched)) => Ok(fetched.body.into_bytes()),
        Ok(Answer::NotModified(_)) => panic!("no validators were sent"),
        Err(error) => Err(error.failure),
    }
}

#[tokio::test]
async fn a_certificate_of_the_right_name_and_time_from_a_trusted_authority_is_believed() {
    let root = authority("Trusted");
    let (address, requests) = server(certificate_for(HOST), Some(&root)).await;

    assert_eq!(ask(address, &root).await, Ok(b"<rss/>".to_vec()));
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn any_other_certificate_ends_the_request_before_anything_is_asked() {
    let root = authority("Trusted");
    let mut expired = certificate_for(HOST);
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2021, 1, 1);
    let mut not_yet = certificate_for(HOST);
    not_yet.not_before = date_time_ymd(4000, 1, 1);
    for (what, params, issuer) in [
        ("expired", expired, Some(&root)),
        ("not valid yet", not_yet, Some(&root)),
        ("of another host", certificate_for("other.example"), Some(&root)),
        ("of a host below", certificate_for("www.feed.example"), Some(&root)),
        ("signed by itself", certificate_for(HOST), None),
        ("of an unknown authority", certificate_for(HOST), Some(&authority("Unknown"))),
        ("of an authority with a trusted name", certificate_for(HOST), Some(&authority("Trusted"))),
    ] {
        let (address, requests) = server(params, issuer).await;
        assert_eq!(ask(address, &root).await, Err(Failure::Unreachable), "{what}");
        assert_eq!(requests.load(Ordering::SeqCst), 0, "{what}");
    }
}
