//! Files: written to a name of their own, moved to their place, and not written again while they are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::manifest::digest_bytes;
use super::{PublishError, failed};

/// What is known of a file: its length and a hash of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark(u64, String);

impl Mark {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(bytes.len() as u64, digest_bytes(bytes))
    }

    /// Whether a file is there that can be the one.
    pub(super) fn fits(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == self.0)
    }
}

/// A file that is in its place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) path: String,
    pub(super) mark: Mark,
    /// Its content was another before.
    pub(super) written: bool,
}

/// Puts files in their places; cheap to clone, for the threads that make them.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    root: Arc<PathBuf>,
    known: Arc<BTreeMap<String, Mark>>,
}

impl Reader {
    /// Whether the file is there as it was put there.
    pub(super) fn is_there(&self, path: &str) -> Option<Mark> {
        self.known.get(path).filter(|mark| mark.fits(&self.root.join(path))).cloned()
    }

    /// Puts a file in its place if its content is another one.
    pub(super) fn put(&self, path: String, bytes: &[u8]) -> Result<Placed, PublishError> {
        let mark = Mark::of(bytes);
        if self.is_there(&path).is_some_and(|known| known == mark) {
            return Ok(Placed { path, mark, written: false });
        }
        let whole = self.root.join(&path);
        // What is not known may be there all the same, if the last time was broken off.
        if mark.fits(&whole) && fs::read(&whole).is_ok_and(|found| found == bytes) {
            return Ok(Placed { path, mark, written: false });
        }
        if let Some(folder) = whole.parent() {
            fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        write_whole(&whole, bytes).map_err(failed(&whole))?;
        Ok(Placed { path, mark, written: true })
    }
}

/// The files of a site while it is written.
#[derive(Debug)]
pub(super) struct Files {
    reader: Reader,
    fresh: BTreeMap<String, Mark>,
    /// How many were written.
    pub(super) written: usize,
}

impl Files {
    pub(super) fn new(root: &Path, known: BTreeMap<String, Mark>) -> Self {
        let reader = Reader { root: Arc::new(root.to_owned()), known: Arc::new(known) };
        Self { reader, fresh: BTreeMap::new(), written: 0 }
    }

    pub(super) fn root(&self) -> &Path {
        &self.reader.root
    }

    pub(super) fn reader(&self) -> Reader {
        self.reader.clone()
    }

    pub(super) fn is_there(&self, path: &str) -> bool {
        self.reader.is_there(path).is_some()
    }

    /// Whether a file of this time or before is no larger than this.
    pub(super) fn is_small(&self, path: &str, most: u64) -> bool {
        self.fresh.get(path).or_else(|| self.reader.known.get(path)).is_some_and(|mark| mark.0 <= most)
    }

    pub(super) fn put(&mut self, path: String, bytes: &[u8]) -> Result<(), PublishError> {
        let placed = self.reader.put(path, bytes)?;
        self.take_in([placed]);
        Ok(())
    }

    /// Notes files that were put in their places.
    pub(super) fn take_in(&mut self, placed: impl IntoIterator<Item = Placed>) {
        for one in placed {
            self.written += usize::from(one.written);
            self.fresh.insert(one.path, one.mark);
        }
    }

    /// Takes away what was put there before and is neither of this time nor one of `kept`. Files of others are never touched.
    pub(super) fn remove_others(&mut self, kept: &BTreeSet<String>) -> Result<usize, PublishError> {
        let mut removed = 0;
        for (path, mark) in self.reader.known.iter() {
            if self.fresh.contains_key(path) {
                continue;
            }
            if kept.contains(path) {
                self.fresh.insert(path.clone(), mark.clone());
                continue;
            }
            let whole = self.reader.root.join(path);
            match fs::remove_file(&whole) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(failed(&whole)(source)),
            }
            if let Some(folder) = whole.parent() {
                // Goes only if it is empty.
                let _ = fs::remove_dir(folder);
            }
        }
        Ok(removed)
    }

    /// What is known so far.
    pub(super) fn marks(&self) -> BTreeMap<String, Mark> {
        let mut marks = (*self.reader.known).clone();
        marks.extend(self.fresh.clone());
        marks
    }

    pub(super) fn into_marks(self) -> BTreeMap<String, Mark> {
        self.fresh
    }
}

/// Writes a file beside its place and moves it there, so that a full disk never leaves half a file.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&part);
    }
    written
}
