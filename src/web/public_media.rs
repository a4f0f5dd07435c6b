//! Addresses of pictures and recordings on pages that are given away.
//!
//! They lie below the page's own address and are signed for it: a picture of one link opens through no other, and goes with
//! it, because the link is looked up with every request. This is the one place that knows how such an address is made.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MediaSigner;
use super::page::BasePath;
use super::signer::Signed;
use crate::domain::WebUrl;

/// Makes and checks the addresses of one public page.
#[derive(Debug, Clone)]
pub struct PublicMedia {
    signer: MediaSigner,
    /// Server and base path, where addresses have to be whole.
    server: String,
    /// The page, below the base path.
    page: String,
}

impl PublicMedia {
    /// For the page at `page`, below the base path.
    pub fn new(signer: &MediaSigner, base: &BasePath, page: String) -> Self {
        Self { signer: signer.clone(), server: base.as_str().to_owned(), page }
    }

    /// The same with whole addresses: `server` is scheme, host and base path.
    pub fn whole(&self, server: &str) -> Self {
        Self { server: server.to_owned(), ..self.clone() }
    }

    /// The address of the page.
    pub fn page(&self) -> String {
        format!("{}{}", self.server, self.page)
    }

    /// The address of a picture.
    pub fn picture(&self, url: &WebUrl) -> String {
        self.address(Signed::Picture, url)
    }

    /// The address of sound or film.
    pub fn recording(&self, url: &WebUrl) -> String {
        self.address(Signed::Recording, url)
    }

    fn address(&self, what: Signed, url: &WebUrl) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.signer.sign_for(&self.page, what, url));
        let encoded = URL_SAFE_NO_PAD.encode(url.as_str());
        format!("{}{}/{}/{signature}/{encoded}", self.server, self.page, what.letter())
    }

    /// What an address of this page leads to, and its kind, if it was signed for this page.
    pub fn check(&self, letter: &str, signature: &str, encoded: &str) -> Option<(Signed, WebUrl)> {
        let what = [Signed::Picture, Signed::Recording].into_iter().find(|what| what.letter() == letter)?;
        let url = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let url = WebUrl::parse(std::str::from_utf8(&url).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        use subtle::ConstantTimeEq as _;
        let is_ours = signature.as_slice().ct_eq(&self.signer.sign_for(&self.page, what, &url));
        bool::from(is_ours).then_some((what, url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_opens_through_the_link_that_shows_it_and_no_other() {
        let base = BasePath::new("/reader");
        let signer = MediaSigner::new(base.clone(), [7; 32]);
        let (one, other) =
            (PublicMedia::new(&signer, &base, "/s/one".into()), PublicMedia::new(&signer, &base, "/s/other".into()));
        let picture = WebUrl::parse("https://example.com/麦.jpg").unwrap();
        let address = one.picture(&picture);
        let parts: Vec<&str> = address.strip_prefix("/reader/s/one/p/").unwrap().split('/').collect();

        assert_eq!(one.check("p", parts[0], parts[1]), Some((Signed::Picture, picture.clone())));
        assert_eq!(other.check("p", parts[0], parts[1]), None, "signed for another link");
        assert_eq!(one.check("s", parts[0], parts[1]), None, "signed for a picture");
        let inside = signer.picture(&picture);
        let inside: Vec<&str> = inside.strip_prefix("/reader/media/p/").unwrap().split('/').collect();
        assert_eq!(one.check("p", inside[0], inside[1]), None, "signed for readers");
        assert!(
            one.whole("https://a.example/reader").picture(&picture).starts_with("https://a.example/reader/s/one/p/")
        );
    }
}
