//! What a text was, and who says so: a file that two people can compare.
//!
//! A proof holds the text as it was kept, its SHA-256, where it is from and since when it is kept, and a signature over these by
//! the key of the instance (Ed25519, RFC 8032). Whoever trusts the key knows that the instance kept this text at that moment;
//! without trust in the key, two proofs with the same SHA-256 are still of the same text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::hex;

/// The form of what is signed.
const FORM: &str = "gleaner-proof-1";

/// The key of an instance. Never printed.
pub struct InstanceKey(Ed25519KeyPair);

impl std::fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceKey(…)")
    }
}

impl InstanceKey {
    /// The key that is made of 32 secret bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "every 32 bytes are a key (RFC 8032, section 5.1.5)")]
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("every 32 bytes are a key");
        Self(pair)
    }

    /// The public half, as proofs and the well-known address have it.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }
}

/// A text with what is known of it, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The title, which is not part of what is signed.
    pub title: String,
    /// The original; empty if there is none.
    pub url: String,
    /// Since when the text is kept (RFC 3339).
    pub kept: String,
    /// The SHA-256 of the text in hexadecimal digits.
    pub sha256: String,
    /// The public key.
    pub key: String,
    /// The signature over the form, the SHA-256, the time and the address, a line each.
    pub signature: String,
    /// The text as it was kept: HTML, **not sanitised**.
    pub text: String,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The text was changed.
    #[error("the text has another SHA-256 than the proof says")]
    OtherText,
    /// The signature is not that of the key over what the proof says.
    #[error("the signature does not fit the key and what the proof says")]
    BadSignature,
}

impl Proof {
    /// Signs a text.
    pub fn sign(key: &InstanceKey, title: &str, url: &str, kept: &str, text: String) -> Self {
        let sha256 = fingerprint(&text);
        let signature = key.0.sign(signed(&sha256, kept, url).as_bytes());
        Self {
            title: title.to_owned(),
            url: url.to_owned(),
            kept: kept.to_owned(),
            sha256,
            key: key.public(),
            signature: URL_SAFE_NO_PAD.encode(signature.as_ref()),
            text,
        }
    }

    /// Checks that the text is the one that was signed, and the signature that of the key.
    pub fn check(&self) -> Result<(), ProofError> {
        if fingerprint(&self.text) != self.sha256 {
            return Err(ProofError::OtherText);
        }
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| ProofError::BadSignature);
        let (key, signature) = (decode(&self.key)?, decode(&self.signature)?);
        let said = signed(&self.sha256, &self.kept, &self.url);
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(said.as_bytes(), &signature).map_err(|_| ProofError::BadSignature)
    }
}

/// The SHA-256 of a text in hexadecimal digits.
pub fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// What is signed. No line can hold the end of another: addresses and times have none.
fn signed(sha256: &str, kept: &str, url: &str) -> String {
    format!("{FORM}\n{sha256}\n{kept}\n{url}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof() -> Proof {
        let key = InstanceKey::new([7; 32]);
        Proof::sign(&key, "The flood", "https://a.example/1", "2023-08-15T09:07:19Z", "<p>It rose.</p>".to_owned())
    }

    #[test]
    fn what_was_signed_is_known_again() {
        let written = serde_json::to_string(&proof()).unwrap();
        let read: Proof = serde_json::from_str(&written).unwrap();
        assert_eq!(read.check(), Ok(()));
        assert_eq!(read.key, InstanceKey::new([7; 32]).public());
        assert_eq!(read.sha256, "98c15009d1935780f57579716bde0c8802d98aab0e7efbfc252b81f43f9c65cf");
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let other_key = InstanceKey::new([8; 32]).public();
        type Change = fn(&mut Proof, &str);
        let changes: [(Change, ProofError); 5] = [
            (|proof, _| proof.text.push(' '), ProofError::OtherText),
            (|proof, _| proof.kept = "2023-08-16T09:07:19Z".to_owned(), ProofError::BadSignature),
            (|proof, _| proof.url.push('2'), ProofError::BadSignature),
            (|proof, other| proof.key = other.to_owned(), ProofError::BadSignature),
            (|proof, _| proof.signature = "!".to_owned(), ProofError::BadSignature),
        ];
        for (change, error) in changes {
            let mut proof = proof();
            change(&mut proof, &other_key);
            assert_eq!(proof.check(), Err(error));
        }
    }
}
