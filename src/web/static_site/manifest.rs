//! What stands in the folder and what it was made from, in `.gleaner/site.json`; beside it the lock that one program has.
//!
//! A site without it is made anew; a file that would not change is then left as it is all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::files::{Mark, write_whole};
use super::{PublishError, failed};
use crate::archive::{self, folder_name};

use crate::domain::hex;

/// The folder of what is no page. Its name begins with a dot, so that nobody takes it in or puts it on a web server.
const OURS: &str = ".gleaner";
const NAME: &str = ".gleaner/site.json";

/// The manifest of a site.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    /// The installation whose articles these are: another one has others of the same numbers.
    home: String,
    /// Whose list.
    pub(super) user: Option<String>,
    /// Which list.
    pub(super) wanted: String,
    pub(super) title: Option<String>,
    pub(super) address: Option<String>,
    pub(super) git: bool,
    /// Whether everything is in the history.
    pub(super) committed: bool,
    /// What the whole was made from; empty if it was not finished.
    pub(super) list: String,
    /// The folder of each feed's articles, which stays when the feed is called otherwise.
    pub(super) feeds: BTreeMap<i64, String>,
    pub(super) articles: BTreeMap<i64, Entry>,
    /// Every file, without that of the manifest.
    pub(super) files: BTreeMap<String, Mark>,
}

/// What was made of an article.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// What it was made from.
    pub(super) stamp: String,
    /// The archived form.
    pub(super) text: String,
    /// The names of its pictures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pictures: Vec<String>,
    /// Of these the one beside its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lead: Option<String>,
}

impl Manifest {
    /// The manifest of a folder, or an empty one for a folder that has no site yet, and the right to change it.
    pub(super) fn open(folder: &Path, home: &str, replace: bool) -> Result<(Self, fs::File), PublishError> {
        let ours = folder.join(OURS);
        let is_new = !ours.is_dir();
        if is_new
            && !replace
            && ["index.html", "style.css", "articles", "markdown"].iter().any(|name| folder.join(name).exists())
        {
            return Err(PublishError::Foreign(folder.to_owned()));
        }
        fs::create_dir_all(&ours).map_err(failed(&ours))?;
        let path = ours.join("lock");
        let lock = fs::File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(PublishError::Busy(folder.to_owned())),
            Err(fs::TryLockError::Error(source)) => return Err(failed(&path)(source)),
        }
        // What is no page has no history.
        let ignore = ours.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n").map_err(failed(&ignore))?;
        }
        let path = folder.join(NAME);
        let mut manifest: Self = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(source) => return Err(failed(&path)(source)),
        };
        // Whoever changed the file by hand leads nowhere else.
        manifest.files.retain(|path, _| is_below(path));
        manifest.feeds.retain(|_, name| is_below(name));
        manifest.articles.retain(|_, entry| is_below(&entry.text) && entry.pictures.iter().all(|name| is_below(name)));
        if manifest.home.is_empty() || manifest.home == home {
            return Ok((Self { home: home.to_owned(), ..manifest }, lock));
        }
        if !replace {
            return Err(PublishError::Foreign(folder.to_owned()));
        }
        Ok((Self { home: home.to_owned(), ..Self::default() }, lock))
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), PublishError> {
        let path = folder.join(NAME);
        let json = serde_json::to_vec(self).map_err(|error| failed(&path)(error.into()))?;
        write_whole(&path, &json).map_err(failed(&path))
    }

    /// Whether every file is where it was put.
    pub(super) fn is_whole(&self, folder: &Path) -> bool {
        self.files.iter().all(|(path, mark)| mark.fits(&folder.join(path)))
    }

    /// Gives a feed a folder of its own, also where two have the same title.
    pub(super) fn folder_of(&mut self, feed: i64, title: &str) {
        if self.feeds.contains_key(&feed) {
            return;
        }
        let mut name = folder_name(title);
        // Some file systems do not tell cases apart.
        if self.feeds.values().any(|other| other.to_lowercase() == name.to_lowercase()) {
            name = format!("{name} ({feed})");
        }
        self.feeds.insert(feed, name);
    }

    /// The files of articles, those that left the list included.
    pub(super) fn kept_files(&self) -> BTreeSet<String> {
        let of = |(id, entry): (&i64, &Entry)| {
            let pictures = entry.pictures.iter().map(|name| format!("pictures/{name}"));
            pictures.chain([page_place(*id), entry.text.clone()]).collect::<Vec<_>>()
        };
        self.articles.iter().flat_map(of).collect()
    }
}

/// Whether a path stays within the folder that it is read in.
fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// The page of an article.
pub(super) fn page_place(article: i64) -> String {
    format!("articles/{article}.html")
}

/// The archived form of an article, in the folder of its feed. Its title is not in its name, since titles change.
pub(super) fn article_place(folders: &BTreeMap<i64, String>, feed: i64, article: i64) -> String {
    let folder = folders.get(&feed).map_or("articles", String::as_str);
    format!("markdown/{folder}/{}", archive::file_name(article, ""))
}

/// A short name for texts taken together.
pub(super) fn digest(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hex(&hasher.finalize()[..8])
}

/// A short name for a content.
pub(super) fn digest_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}
