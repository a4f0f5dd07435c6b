//! Looks at the paths that `gleaner import` was given, and sorts what lies there, before anything is read in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::imports::{self, Files, ImportsError, MAX_BYTES as MAX_BYTES_OF_EXPORT};

/// The longest subscription list.
const MAX_OPML_BYTES: u64 = 8 * 1024 * 1024;
/// How much of a file is looked at to tell what it is.
const START: u64 = 8 * 1024;
/// Stands in a folder that `gleaner publish` wrote.
const SITE: &str = ".gleaner/site.json";
/// How deep folders are looked into.
const MAX_DEPTH: usize = 32;

/// A file found for the import.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    pub(super) folders: Vec<String>,
}

/// What lies at the given paths.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) lists: Vec<PathBuf>,
    pub(super) exports: Vec<PathBuf>,
    pub(super) folders: Vec<Folder>,
    pub(super) articles: Vec<FoundFile>,
    /// Files with other endings, which are left alone.
    pub(super) others: usize,
}

/// The files of a folder that was named, as those of an archive.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Every file in it: its name with the folders below this one, and where it lies.
    pub(super) all: BTreeMap<String, PathBuf>,
    /// Those that may be exports.
    pub(super) exports: Vec<String>,
    read: u64,
}

impl Files for Folder {
    fn names(&self) -> Vec<String> {
        self.exports.clone()
    }

    fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportsError> {
        // Nothing but what was found in the folder, whatever name a file asks for.
        let Some(path) = self.all.get(name) else { return Ok(None) };
        let Ok(length) = fs::metadata(path).map(|kind| kind.len()) else { return Ok(None) };
        self.read += length;
        if self.read > MAX_BYTES_OF_EXPORT as u64 {
            return Err(ImportsError::TooLarge);
        }
        Ok(fs::read(path).ok())
    }
}

/// Sorts what lies at a path that was named: a file is taken whatever its ending.
pub(super) fn find(path: &Path, findings: &mut Findings) -> Result<(), CliError> {
    let kind = fs::metadata(path).map_err(CliError::file(path))?;
    let whole = fs::canonicalize(path).map_err(CliError::file(path))?;
    if kind.is_dir() {
        // The folder itself may name the source, or the one above where it is a mere shelf such as `_posts`.
        let above = names(&whole);
        let above = above.get(above.len().saturating_sub(2)..).unwrap_or_default().to_vec();
        let mut folder = Folder { path: path.to_owned(), ..Folder::default() };
        if path.join(SITE).is_file() {
            folder.exports.push(SITE.to_owned());
        }
        walk(path, (&above, ""), MAX_DEPTH, &mut folder, findings)?;
        findings.folders.push(folder);
        Ok(())
    } else {
        if is_list(path) {
            findings.lists.push(path.to_owned());
        } else if imports::is_export(&path.to_string_lossy(), &start_of(path)) {
            findings.exports.push(path.to_owned());
        } else {
            let above = whole.parent().map(names).unwrap_or_default();
            let folders = above.get(above.len().saturating_sub(2)..).unwrap_or_default().to_vec();
            findings.articles.push(FoundFile { path: path.to_owned(), folders });
        }
        Ok(())
    }
}

fn names(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect()
}

/// Collects the files below a folder in the order of their names, without following links.
fn walk(
    folder: &Path,
    (folders, prefix): (&[String], &str),
    depth: usize,
    files: &mut Folder,
    findings: &mut Findings,
) -> Result<(), CliError> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder)
        .map_err(CliError::file(folder))?
        .collect::<Result<_, _>>()
        .map_err(CliError::file(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let kind = entry.file_type().map_err(CliError::file(&path))?;
        if name.starts_with('.') || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            if depth > 0 {
                let mut below = folders.to_vec();
                let prefix = format!("{prefix}{name}/");
                below.push(name);
                walk(&path, (&below, &prefix), depth - 1, files, findings)?;
            }
            continue;
        }
        let within = format!("{prefix}{name}");
        files.all.insert(within.clone(), path.clone());
        match path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("opml") => findings.lists.push(path),
            Some("xml") if is_list(&path) => findings.lists.push(path),
            Some("txt" | "md" | "markdown") => findings.articles.push(FoundFile { path, folders: folders.to_vec() }),
            Some("html" | "htm") if start_of(&path).starts_with(b"---") => {
                findings.articles.push(FoundFile { path, folders: folders.to_vec() });
            }
            Some("zip") => findings.exports.push(path),
            Some("csv" | "json" | "xml" | "html" | "htm") if imports::may_be_export(&name, &start_of(&path)) => {
                files.exports.push(within);
                findings.others += 1;
            }
            _ => findings.others += 1,
        }
    }
    Ok(())
}

/// Whether a file counts as one that is left alone, unless it turns out to be part of an export.
pub(super) fn is_other(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    !matches!(ending.as_deref(), Some("txt" | "md" | "markdown" | "opml"))
}

/// Whether a file is a subscription list: by its ending, or because it begins like one.
fn is_list(path: &Path) -> bool {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("opml")) {
        return true;
    }
    if fs::metadata(path).map_or(true, |kind| kind.len() > MAX_OPML_BYTES) {
        return false;
    }
    let start = start_of(path);
    String::from_utf8_lossy(start.get(..1_024).unwrap_or(&start)).to_ascii_lowercase().contains("<opml")
}

/// How a file begins; nothing if it cannot be read, which is said when it is read whole.
fn start_of(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.map(|_| start).unwrap_or_default()
}
