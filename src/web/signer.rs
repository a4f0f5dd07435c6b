//! Signed addresses for pictures and recordings of other servers, and the names of accounts that only this one can make.
//!
//! An article's pictures load through this server, so that no other one learns who reads what. The proxy fetches only
//! what Gleaner itself put into a page: each address carries an HMAC-SHA-256 (RFC 2104) over the picture's address, by
//! a secret that was made with the database and never leaves it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::page::BasePath;
use crate::app::App;
use crate::archive::InstanceKey;
use crate::domain::{AccountId, ArticleId, WebUrl};
use crate::media::{PictureHash, Spec};
use crate::store::StoreError;

/// Under this key the database keeps the secret.
const SECRET_KEY: &str = "instance-secret";
/// In the place of a variant's words: the picture as it was kept.
pub const ORIGINAL: &str = "original";
/// Bytes of the signature that are kept: 128 bits cannot be guessed over a network.
const SIGNATURE_BYTES: usize = 16;

/// What an address was signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// A picture, fetched whole.
    Picture,
    /// Sound or film, passed on as it comes.
    Recording,
}

impl Signed {
    /// Its place in the path.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Picture => "p",
            Self::Recording => "s",
        }
    }
}

/// The secret of this instance, made at its first start. Hexadecimal in the database.
pub(super) async fn instance_secret(app: &App) -> Result<[u8; 32], StoreError> {
    let mut fresh = [0; 32];
    app.entropy.fill(&mut fresh);
    let kept = app.db.meta_set_if_absent(SECRET_KEY, &URL_SAFE_NO_PAD.encode(fresh)).await?;
    // Whatever text was kept is hashed to a key, so that a secret set by hand works as well.
    use sha2::Digest as _;
    Ok(Sha256::digest(kept.as_bytes()).into())
}

/// Under this key the database keeps the secret half of the key that proofs are signed with.
const SIGNING_KEY: &str = "signing-key";

/// The key of this instance, made at its first start.
pub(super) async fn instance_key(app: &App) -> Result<InstanceKey, StoreError> {
    let mut fresh = [0; 32];
    app.entropy.fill(&mut fresh);
    let kept = app.db.meta_set_if_absent(SIGNING_KEY, &URL_SAFE_NO_PAD.encode(fresh)).await?;
    let seed = URL_SAFE_NO_PAD.decode(&kept).ok().and_then(|seed| seed.try_into().ok());
    seed.map(InstanceKey::new).ok_or_else(|| StoreError::Damaged(format!("{SIGNING_KEY}: not 32 bytes in base64url")))
}

/// What is signed of a kept picture and of one's own image proxy begins with one of these letters.
const KEPT: &str = "k";
const OWN: &str = "i";

/// Signs addresses and checks signatures. Cheap to clone.
#[derive(Clone)]
pub struct MediaSigner {
    base: BasePath,
    mac: Arc<Hmac<Sha256>>,
    article: Option<ArticleId>,
}

impl std::fmt::Debug for MediaSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaSigner(…)")
    }
}

impl MediaSigner {
    /// A signer with this secret for pages below `base`.
    pub fn new(base: BasePath, secret: [u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::<Sha256>::new_from_slice(&secret).expect("HMAC takes keys of any length");
        Self { base, mac: Arc::new(mac), article: None }
    }

    /// The same signer for the pictures of one article: servers that only give pictures to their own pages are then
    /// told the article's origin.
    pub fn of_article(&self, article: ArticleId) -> Self {
        Self { article: Some(article), ..self.clone() }
    }

    /// The address on this server under which the picture at `url` loads.
    pub fn picture(&self, url: &WebUrl) -> String {
        self.address(Signed::Picture, url)
    }

    /// The address on this server under which the sound or film at `url` plays.
    pub fn media(&self, url: &WebUrl) -> String {
        self.address(Signed::Recording, url)
    }

    /// A name for an account that only this instance can make, and that is another one after a new installation.
    pub fn reader(&self, account: AccountId) -> String {
        URL_SAFE_NO_PAD.encode(self.tag(&["reader\0", &account.to_string()]))
    }

    /// A name for a thing that only this instance can make, and that tells nothing about it.
    pub fn name(&self, thing: &str) -> [u8; SIGNATURE_BYTES] {
        self.tag(&["name\0", thing])
    }

    /// A signature that is good for one public page alone.
    pub(super) fn sign_for(&self, page: &str, what: Signed, url: &WebUrl) -> [u8; SIGNATURE_BYTES] {
        self.tag(&["public\0", page, "\0", what.letter(), "\0", url.as_str(), "\0"])
    }

    /// The address on this server of a kept picture: as it is, or in a smaller form.
    pub fn kept(&self, hash: PictureHash, spec: Option<&Spec>) -> String {
        let path = format!("{hash}/{}", spec.map_or_else(|| ORIGINAL.to_owned(), Spec::to_string));
        let signature = URL_SAFE_NO_PAD.encode(self.sign_text(KEPT, &path));
        self.base.join(&format!("/media/{path}?s={signature}"))
    }

    /// Whether the address of a kept picture was signed here.
    pub fn signed_kept(&self, hash: &str, spec: &str, signature: &str) -> bool {
        self.signed_text(KEPT, &format!("{hash}/{spec}"), signature)
    }

    /// The address on this server under which pages elsewhere show the picture at `url`.
    pub fn own(&self, url: &WebUrl, spec: &Spec) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.sign_text(OWN, &format!("{spec} {url}")));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("url", url.as_str());
        for part in spec.to_string().split(',').filter_map(|part| part.split_once('=')) {
            query.append_pair(part.0, part.1);
        }
        self.base.join(&format!("/img?{}&s={signature}", query.finish()))
    }

    /// Whether a picture at `url` in this form was signed for pages elsewhere.
    pub fn signed_own(&self, url: &WebUrl, spec: &Spec, signature: &str) -> bool {
        self.signed_text(OWN, &format!("{spec} {url}"), signature)
    }

    fn address(&self, what: Signed, url: &WebUrl) -> String {
        let signature = URL_SAFE_NO_PAD.encode(self.sign(what, url));
        let encoded = URL_SAFE_NO_PAD.encode(url.as_str());
        let article = self.article.map(|id| format!("?article={id}")).unwrap_or_default();
        self.base.join(&format!("/media/{}/{signature}/{encoded}{article}", what.letter()))
    }

    fn sign(&self, what: Signed, url: &WebUrl) -> [u8; SIGNATURE_BYTES] {
        self.sign_text(what.letter(), url.as_str())
    }

    fn signed_text(&self, letter: &str, text: &str, signature: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        signature.as_slice().ct_eq(&self.sign_text(letter, text)).into()
    }

    fn sign_text(&self, letter: &str, text: &str) -> [u8; SIGNATURE_BYTES] {
        // Part of what is signed, so that a signature for one route opens no other.
        self.tag(&[letter, "\0", text])
    }

    /// The beginning of the MAC of these parts, one after the other.
    fn tag(&self, parts: &[&str]) -> [u8; SIGNATURE_BYTES] {
        let mut mac = Hmac::clone(&self.mac);
        for part in parts {
            mac.update(part.as_bytes());
        }
        let whole = mac.finalize().into_bytes();
        let mut short = [0; SIGNATURE_BYTES];
        short.copy_from_slice(&whole[..SIGNATURE_BYTES]);
        short
    }

    /// The address behind the two parts of a path, if we signed it.
    pub fn check(&self, what: Signed, signature: &str, encoded: &str) -> Option<WebUrl> {
        let url = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let url = WebUrl::parse(std::str::from_utf8(&url).ok()?).ok()?;
        self.signed_text(what.letter(), url.as_str(), signature).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    fn parts(address: &str) -> (&str, &str) {
        address.strip_prefix("/reader/media/p/").unwrap().split_once('/').unwrap()
    }

    #[test]
    fn what_was_signed_here_is_known_again() {
        let signer = MediaSigner::new(BasePath::new("/reader"), [7; 32]);
        let picture = url("https://example.com/麦.jpg?a=1&b=2");
        let address = signer.picture(&picture);
        let (signature, encoded) = parts(&address);
        assert_eq!(signer.check(Signed::Picture, signature, encoded), Some(picture));
    }

    #[test]
    fn a_forged_shortened_or_foreign_signature_is_refused() {
        let signer = MediaSigner::new(BasePath::new("/reader"), [7; 32]);
        let address = signer.picture(&url("https://example.com/a.jpg"));
        let (signature, encoded) = parts(&address);
        let other = signer.picture(&url("https://example.com/b.jpg"));
        let foreign = MediaSigner::new(BasePath::new("/reader"), [8; 32]).picture(&url("https://example.com/a.jpg"));
        for (signature, encoded) in [
            ("", encoded),
            (&signature[..10], encoded),
            (signature, parts(&other).1),
            (parts(&foreign).0, encoded),
            (signature, "!!"),
            (signature, ""),
        ] {
            assert_eq!(signer.check(Signed::Picture, signature, encoded), None, "{signature} {encoded}");
        }
    }

    #[test]
    fn a_kept_picture_is_signed_with_its_form() {
        let signer = MediaSigner::new(BasePath::new("/reader"), [7; 32]);
        let hash = PictureHash::of(b"a");
        let address = signer.kept(hash, Some(&Spec::wide(900)));
        let (path, signature) = address.split_once("?s=").unwrap();
        assert_eq!(path, format!("/reader/media/{hash}/w=900"));
        assert!(signer.signed_kept(&hash.to_string(), "w=900", signature));
        assert!(!signer.signed_kept(&hash.to_string(), "w=901", signature));
        assert!(!signer.signed_kept(&PictureHash::of(b"b").to_string(), "w=900", signature));
        assert!(!signer.signed_kept(&hash.to_string(), "w=900", ""));
    }

    #[test]
    fn pictures_of_an_article_name_it() {
        let signer = MediaSigner::new(BasePath::new(""), [7; 32]).of_article(ArticleId(9));
        assert!(signer.picture(&url("https://example.com/a.jpg")).ends_with("?article=9"));
    }
}
