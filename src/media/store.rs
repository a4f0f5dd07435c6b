//! What a picture store can do, and the keys under which it does so.

use std::fmt;
use std::str::FromStr;

use axum::body::Bytes;
use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a picture's bytes: its name. Written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureHash(pub [u8; 32]);

impl PictureHash {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PictureHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // `from_str_radix` alone would take signs and capitals.
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(());
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| ())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ())?;
        }
        Ok(Self(hash))
    }
}

/// What lies in a store: an original, or a variant of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureKey {
    /// The original's name.
    pub hash: PictureHash,
    /// The variant, in the words of [`Spec`](super::Spec); `None` for the original.
    pub variant: Option<String>,
}

impl PictureKey {
    /// The original of this name.
    pub fn original(hash: PictureHash) -> Self {
        Self { hash, variant: None }
    }

    /// A variant of the picture of this name.
    pub fn variant(hash: PictureHash, spec: impl Into<String>) -> Self {
        Self { hash, variant: Some(spec.into()) }
    }

    /// The path below the store's root, with `/`. Two levels, so that no folder grows beyond what file systems like:
    /// a million pictures are four thousand a folder.
    pub fn path(&self) -> String {
        let hash = self.hash.to_string();
        match &self.variant {
            None => format!("originals/{}/{hash}", &hash[..2]),
            Some(spec) => format!("variants/{}/{hash}.{spec}", &hash[..2]),
        }
    }

    /// The key of a path that [`PictureKey::path`] wrote.
    pub fn from_path(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let (room, shard, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (hash, variant) = match room {
            "originals" => (name, None),
            "variants" => name.split_once('.').map(|(hash, spec)| (hash, Some(spec.to_owned())))?,
            _ => return None,
        };
        (parts.next().is_none() && hash.get(..2) == Some(shard)).then_some(())?;
        Some(Self { hash: hash.parse().ok()?, variant })
    }
}

/// A picture store failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The folder.
    #[error("the picture folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The settings name a bucket, and this program was built without them.
    #[error("pictures: this program was built without buckets; build it with `--features s3`, or name a folder")]
    NoBuckets,
    /// The bucket.
    #[cfg(feature = "s3")]
    #[error("the picture bucket: {0}")]
    Bucket(#[from] object_store::Error),
}

impl StorageError {
    /// Whether there is no room: on the disk, in a quota, or for one file more.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Folder(error) if matches!(error.kind(), StorageFull | QuotaExceeded))
    }
}

/// Bytes by key. What is put is whole or not there, whatever happens meanwhile.
pub trait PictureStore: fmt::Debug + Send + Sync {
    /// Stores `bytes` durably. The same key again is no error: its bytes are the same.
    fn put(&self, key: PictureKey, bytes: Bytes) -> BoxFuture<'_, Result<(), StorageError>>;

    /// The bytes of `key`, `None` if there are none.
    fn get(&self, key: PictureKey) -> BoxFuture<'_, Result<Option<Bytes>, StorageError>>;

    /// Takes `key` away. Nothing there is no error.
    fn delete(&self, key: PictureKey) -> BoxFuture<'_, Result<(), StorageError>>;

    /// Everything that lies there, with its size. Left-overs of a crash are swept away on the way.
    fn list(&self) -> BoxFuture<'_, Result<Vec<(PictureKey, u64)>, StorageError>>;

    /// Where it is, for people.
    fn place(&self) -> String;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_paths() {
        let hash = PictureHash::of(b"picture");
        for key in [PictureKey::original(hash), PictureKey::variant(hash, "w=900,output=webp")] {
            assert_eq!(PictureKey::from_path(&key.path()), Some(key));
        }
        let hash = hash.to_string();
        for path in [
            "originals".to_owned(),
            format!("originals/{hash}"),
            format!("originals/zz/{hash}"),
            format!("elsewhere/{}/{hash}", &hash[..2]),
            format!("originals/{}/{}", &hash[..2], hash.to_uppercase()),
            format!("variants/{}/{hash}", &hash[..2]),
            format!("originals/{}/{hash}/x", &hash[..2]),
        ] {
            assert_eq!(PictureKey::from_path(&path), None, "{path}");
        }
    }
}
