//! The picture store in a bucket, against a real S3 server: the program `s3s-fs` that `GLEANER_TEST_S3` names. Without it
//! this test passes without a word; `scripts/test` installs it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gleaner::config::BucketPlace;
use gleaner::media::bucket::Bucket;
use gleaner::media::{PictureHash, PictureKey, PictureStore as _};

/// A server on a port of its own, stopped when dropped.
struct Server {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(program: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pictures")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", "me", "--secret-key", "hidden"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("GLEANER_TEST_S3 names a program");
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { child, port, _folder: folder }
    }

    fn bucket(&self, secret: &str) -> Bucket {
        Bucket::new(BucketPlace {
            bucket: "pictures".to_owned(),
            prefix: "of/gleaner".to_owned(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            region: "us-east-1".to_owned(),
            key_id: "me".to_owned(),
            secret: secret.to_owned(),
        })
        .unwrap()
    }
}

#[tokio::test]
async fn a_bucket_keeps_what_is_put_and_gives_it_back() {
    let Some(program) = std::env::var("GLEANER_TEST_S3").ok().filter(|program| !program.is_empty()) else { return };
    let server = Server::start(&program).await;
    let bucket = server.bucket("hidden");
    let hash = PictureHash::of(b"one");
    let (original, variant) = (PictureKey::original(hash), PictureKey::variant(hash, "w=900,fit=cover,output=webp"));

    assert_eq!(bucket.get(original.clone()).await.unwrap(), None);
    bucket.put(original.clone(), b"one".to_vec().into()).await.unwrap();
    bucket.put(original.clone(), b"one".to_vec().into()).await.unwrap();
    bucket.put(variant.clone(), b"1".to_vec().into()).await.unwrap();

    assert_eq!(bucket.get(original.clone()).await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(bucket.get(variant.clone()).await.unwrap().as_deref(), Some(&b"1"[..]));
    let mut listed = bucket.list().await.unwrap();
    listed.sort();
    assert_eq!(listed, [(original.clone(), 3), (variant.clone(), 1)]);
    bucket.delete(variant.clone()).await.unwrap();
    bucket.delete(variant.clone()).await.unwrap();
    assert_eq!(bucket.get(variant).await.unwrap(), None);
    assert_eq!(bucket.list().await.unwrap(), [(original.clone(), 3)]);
    assert!(server.bucket("wrong").get(original).await.is_err(), "a wrong key is an error and not an empty bucket");
}
