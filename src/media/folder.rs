//! The picture store in a folder.
//!
//! A picture is written to a temporary file beside its place, made durable, and renamed: a crash leaves at most a temporary
//! file, which the next listing sweeps away.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use futures_util::future::BoxFuture;

use super::store::{PictureKey, PictureStore, StorageError};

/// What temporary files begin with; no picture's name does.
const TEMPORARY: &str = ".new-";
/// The folders above that of a picture which may be new with it: the room, the store, and what the store lies in.
const LEVELS: usize = 3;
/// A temporary file of this age belongs to nobody any more.
const ABANDONED: Duration = Duration::from_hours(1);

/// A folder of pictures.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Together with the process's id it tells temporary files apart.
    count: AtomicU64,
}

impl Folder {
    /// The store in `root`, which is made with its first picture.
    pub fn new(root: PathBuf) -> Self {
        Self { root, count: AtomicU64::new(0) }
    }

    fn path(&self, key: &PictureKey) -> PathBuf {
        self.root.join(key.path())
    }
}

impl PictureStore for Folder {
    fn put(&self, key: PictureKey, bytes: Bytes) -> BoxFuture<'_, Result<(), StorageError>> {
        let path = self.path(&key);
        let name = format!("{TEMPORARY}{}-{}", std::process::id(), self.count.fetch_add(1, Ordering::Relaxed));
        Box::pin(on_disk(move || write(&path, &name, &bytes)))
    }

    fn get(&self, key: PictureKey) -> BoxFuture<'_, Result<Option<Bytes>, StorageError>> {
        let path = self.path(&key);
        Box::pin(on_disk(move || match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }))
    }

    fn delete(&self, key: PictureKey) -> BoxFuture<'_, Result<(), StorageError>> {
        let path = self.path(&key);
        Box::pin(on_disk(move || match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<(PictureKey, u64)>, StorageError>> {
        let root = self.root.clone();
        Box::pin(on_disk(move || {
            let mut found = Vec::new();
            for room in ["originals", "variants"] {
                for shard in entries(&root.join(room))? {
                    for file in entries(&shard.path())? {
                        let name = file.file_name();
                        let path = format!("{room}/{}/{}", shard.file_name().display(), name.display());
                        if let Some(key) = PictureKey::from_path(&path) {
                            found.push((key, file.metadata()?.len()));
                        } else if name.to_string_lossy().starts_with(TEMPORARY) && is_abandoned(&file) {
                            std::fs::remove_file(file.path())?;
                        }
                    }
                }
            }
            Ok(found)
        }))
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }
}

/// Runs `work` where blocking harms nobody.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StorageError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??)
}

fn write(path: &Path, temporary: &str, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let Some(folder) = path.parent() else { return Err(io::ErrorKind::InvalidFilename.into()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let is_new = !folder.exists();
    builder.create(folder)?;
    if is_new {
        // A folder's own name is durable once the one above it is.
        folder.ancestors().skip(1).take(LEVELS).for_each(sync_folder);
    }
    let temporary = folder.join(temporary);
    let outcome = write_new(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if outcome.is_err() {
        // A full disk is the likely reason; what was written of it must not stay.
        let _ = std::fs::remove_file(&temporary);
    } else {
        // The name is durable once its folder is.
        sync_folder(folder);
    }
    outcome
}

/// Makes the names in a folder durable. Where folders cannot be opened as files, the renaming has to do.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What is in a folder; nothing if there is none.
fn entries(folder: &Path) -> io::Result<Vec<std::fs::DirEntry>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a file is measured by the clock that wrote it")]
fn is_abandoned(file: &std::fs::DirEntry) -> bool {
    let age = |changed: SystemTime| SystemTime::now().duration_since(changed).is_ok_and(|age| age > ABANDONED);
    file.metadata().and_then(|metadata| metadata.modified()).is_ok_and(age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::PictureHash;

    #[tokio::test]
    async fn what_is_put_is_there_until_it_is_deleted() {
        let home = tempfile::tempdir().unwrap();
        let store = Folder::new(home.path().join("pictures"));
        let hash = PictureHash::of(b"one");
        let (original, variant) = (PictureKey::original(hash), PictureKey::variant(hash, "w=9"));

        assert!(store.list().await.unwrap().is_empty());
        assert_eq!(store.get(original.clone()).await.unwrap(), None);
        store.put(original.clone(), Bytes::from_static(b"one")).await.unwrap();
        store.put(original.clone(), Bytes::from_static(b"one")).await.unwrap();
        store.put(variant.clone(), Bytes::from_static(b"1")).await.unwrap();

        assert_eq!(store.get(original.clone()).await.unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(store.list().await.unwrap(), [(original.clone(), 3), (variant.clone(), 1)]);
        store.delete(variant.clone()).await.unwrap();
        store.delete(variant).await.unwrap();
        assert_eq!(store.list().await.unwrap(), [(original, 3)]);
    }

    #[tokio::test]
    async fn what_a_crash_left_is_swept_away_once_it_is_old() {
        let home = tempfile::tempdir().unwrap();
        let store = Folder::new(home.path().to_owned());
        let key = PictureKey::original(PictureHash::of(b"one"));
        store.put(key.clone(), Bytes::from_static(b"one")).await.unwrap();
        let folder = home.path().join(key.path()).parent().unwrap().to_owned();
        std::fs::write(folder.join(".new-1-2"), b"half").unwrap();
        std::fs::write(folder.join(".new-1-3"), b"half").unwrap();
        let old = std::fs::File::options().write(true).open(folder.join(".new-1-2")).unwrap();
        old.set_modified(SystemTime::UNIX_EPOCH).unwrap();

        assert_eq!(store.list().await.unwrap(), [(key, 3)]);

        assert!(!folder.join(".new-1-2").exists());
        assert!(folder.join(".new-1-3").exists(), "another process may be writing it");
    }
}
