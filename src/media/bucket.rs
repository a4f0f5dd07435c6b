//! The picture store in a bucket of S3 or of anything that speaks its language.

use axum::body::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

use super::store::{PictureKey, PictureStore, StorageError};
use crate::config::BucketPlace;
use crate::egress::BucketConnector;

/// A bucket of pictures. A put is whole or not there: the protocol itself promises that.
#[derive(Debug)]
pub struct Bucket {
    store: AmazonS3,
    place: BucketPlace,
}

impl Bucket {
    /// The store in this bucket. Asks nothing of the server yet.
    pub fn new(place: BucketPlace) -> Result<Self, StorageError> {
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(BucketConnector)
            .with_bucket_name(&place.bucket)
            .with_region(&place.region)
            .with_access_key_id(&place.key_id)
            .with_secret_access_key(&place.secret);
        if let Some(endpoint) = &place.endpoint {
            // In the operator's own network it is often plain http.
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        Ok(Self { store: builder.build()?, place })
    }

    fn path(&self, key: &PictureKey) -> Path {
        Path::from(format!("{}/{}", self.place.prefix, key.path()))
    }
}

impl PictureStore for Bucket {
    fn put(&self, key: PictureKey, bytes: Bytes) -> BoxFuture<'_, Result<(), StorageError>> {
        let path = self.path(&key);
        Box::pin(async move { Ok(self.store.put(&path, bytes.into()).await.map(drop)?) })
    }

    fn get(&self, key: PictureKey) -> BoxFuture<'_, Result<Option<Bytes>, StorageError>> {
        let path = self.path(&key);
        Box::pin(async move {
            match self.store.get(&path).await {
                Ok(found) => Ok(Some(found.bytes().await?)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn delete(&self, key: PictureKey) -> BoxFuture<'_, Result<(), StorageError>> {
        let path = self.path(&key);
        Box::pin(async move {
            match self.store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<(PictureKey, u64)>, StorageError>> {
        Box::pin(async move {
            let prefix = Path::from(self.place.prefix.as_str());
            let found: Vec<_> = self.store.list(Some(&prefix)).try_collect().await?;
            let key = |path: &Path| {
                let below = path.prefix_match(&prefix)?;
                PictureKey::from_path(&below.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
            };
            Ok(found.iter().filter_map(|meta| Some((key(&meta.location)?, meta.size))).collect())
        })
    }

    fn place(&self) -> String {
        self.place.to_string()
    }
}
