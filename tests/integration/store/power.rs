//! What was acknowledged survives a power cut: everything that a writing process does to its files is written down
//! (tests/fixtures/power/disk.c), and the disk is put together again as it may look when the power goes at any moment, with nothing or
//! any part of what had not been made durable by then.
//!
//! `GLEANER_TEST_CUTS` says how many moments are tried; `scripts/kill --power` tries many.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use gleaner::config::PicturePlace;
use gleaner::media::{Media, PictureHash, PictureKey};
use gleaner::store::{DatabaseAddress, Db, NewUnread, StoredPicture};

use crate::support::db::{START, articles, url};
use crate::support::dice::Dice;

/// Tells the writing process where.
const FOLDER: &str = "POWER_FOLDER";
/// The disk writes so much at once.
const SECTOR: usize = 512;

fn open(folder: &Path) -> DatabaseAddress {
    DatabaseAddress::Sqlite(folder.join("gleaner.db"))
}

fn pictures(folder: &Path) -> Media {
    Media::open(&PicturePlace::Folder(folder.join("pictures"))).unwrap()
}

/// What the watched process does: it makes a database, stores, marks, keeps pictures, closes, and does so once more. It says so
/// after each. By itself it does nothing.
#[tokio::test]
async fn writer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    for session in 0..2 {
        let db = Db::open(&open(&folder)).await.unwrap();
        let media = pictures(&folder);
        if session == 0 {
            let ann = db.create_account("ann", "hash", false, START).await.unwrap().unwrap();
            let feed = db.ensure_feed(&url("https://daily.example/feed"), START).await.unwrap();
            db.subscribe(ann, feed, None, START, 0).await.unwrap();
            say("account");
        }
        let ann = db.account_by_name("ann").await.unwrap().unwrap().id;
        let feed = db.feed_by_url(&url("https://daily.example/feed")).await.unwrap().unwrap().id;
        for round in session * 8..session * 8 + 8 {
            let new = articles(round * 30..(round + 1) * 30);
            let added = db.store_articles(feed, &new, NewUnread::All, START).await.unwrap().added;
            say(&format!("stored {}", (round + 1) * 30));
            for id in added.iter().take(3) {
                db.set_read(ann, *id, true, START).await.unwrap();
                say(&format!("read {id}"));
                db.set_starred(ann, *id, true, START).await.unwrap();
                say(&format!("starred {id}"));
            }
            // One statement without a transaction around it, which gives back a row.
            for number in 0..4 {
                db.create_category(ann, &format!("{round}.{number}")).await.unwrap().unwrap();
                say(&format!("category {round}.{number}"));
            }
            let bytes = vec![u8::try_from(round).unwrap(); 5_000];
            let hash = PictureHash::of(&bytes);
            media.store.put(PictureKey::original(hash), bytes.into()).await.unwrap();
            let address = url(&format!("https://daily.example/{round}.png"));
            let source = db.note_pictures(None, &[address], None).await.unwrap()[0].id;
            let (kind, colour) = ("image/png".to_owned(), None);
            let picture =
                StoredPicture { hash: hash.0, kind, bytes: 5_000, width: 9, height: 9, animated: false, colour };
            db.pictures_found(&[(source, picture)], START).await.unwrap();
            say(&format!("picture {hash}"));
            let kept = media.store.get(PictureKey::original(hash)).await.unwrap();
            assert_eq!(kept.map(|bytes| bytes.len()), Some(5_000));
        }
        db.close().await;
    }
}

#[expect(clippy::print_stdout, reason = "the log of the disk has it")]
fn say(line: &str) {
    println!("said {line}");
}

/// One thing that the process did.
#[derive(Debug)]
struct Record {
    kind: u8,
    file: u64,
    place: u64,
    bytes: Range<usize>,
}

/// All that it did, in order.
struct Log {
    bytes: Vec<u8>,
    records: Vec<Record>,
}

impl Log {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut records = Vec::new();
        let mut at = 0;
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        while at < bytes.len() {
            let length = usize::try_from(number(at + 17)).unwrap();
            // Records without bytes use the length for that of a file or not at all.
            let range = at + 25..at + 25 + length;
            records.push(Record { kind: bytes[at], file: number(at + 1), place: number(at + 9), bytes: range.clone() });
            at = range.end;
        }
        Self { bytes, records }
    }

    fn text(&self, record: &Record) -> String {
        String::from_utf8_lossy(&self.bytes[record.bytes.clone()]).into_owned()
    }

    /// What had been said by a moment.
    fn said(&self, moment: usize) -> Vec<String> {
        let said: String =
            self.records[..moment].iter().filter(|one| one.kind == b'S').map(|one| self.text(one)).collect();
        said.lines().filter_map(|line| line.split_once("said ").map(|(_, said)| said.to_owned())).collect()
    }
}

/// What becomes of that which was not durable when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing of it reached the disk.
    Lost,
    /// Any part of it did, in any order.
    Torn,
    /// All of it did, as after a kill.
    Whole,
}

#[derive(Debug)]
enum Change {
    Write(usize, Range<usize>),
    Length(usize),
}

#[derive(Debug, Clone)]
enum Naming {
    File(String, u64),
    Folder(String),
    Move(String, String),
    Gone(String),
}

impl Naming {
    fn folder(&self) -> &str {
        let (Self::File(path, _) | Self::Folder(path) | Self::Move(_, path) | Self::Gone(path)) = self;
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// A disk: what is durable, and what was done since.
#[derive(Debug, Default)]
struct Disk {
    files: HashMap<u64, Vec<u8>>,
    changes: HashMap<u64, Vec<(usize, Change)>>,
    /// Paths of files, and of folders with no number.
    names: BTreeMap<String, Option<u64>>,
    namings: Vec<(usize, Naming)>,
}

impl Disk {
    /// The disk after the first `moment` records. `lies` tells of a file that is called durable without being so.
    fn at(log: &Log, moment: usize, lies: impl Fn(&str) -> bool) -> Self {
        let mut disk = Self::default();
        let mut begun: HashMap<u64, usize> = HashMap::new();
        let mut liars = Vec::new();
        for (time, record) in log.records[..moment].iter().enumerate() {
            match record.kind {
                b'C' => {
                    let path = log.text(record);
                    if lies(&path) {
                        liars.push(record.file);
                    }
                    disk.files.insert(record.file, Vec::new());
                    disk.namings.push((time, Naming::File(path, record.file)));
                }
                b'M' => disk.namings.push((time, Naming::Folder(log.text(record)))),
                b'U' => disk.namings.push((time, Naming::Gone(log.text(record)))),
                b'R' => {
                    let both = log.text(record);
                    let (old, new) = both.split_once('\0').unwrap();
                    disk.namings.push((time, Naming::Move(old.to_owned(), new.to_owned())));
                }
                b'W' => {
                    let place = usize::try_from(record.place).unwrap();
                    let change = Change::Write(place, record.bytes.clone());
                    disk.changes.entry(record.file).or_default().push((time, change));
                }
                b'T' => {
                    let change = Change::Length(usize::try_from(record.place).unwrap());
                    disk.changes.entry(record.file).or_default().push((time, change));
                }
                b'B' | b'D' => drop(begun.insert(record.place, time)),
                b'E' if liars.contains(&record.file) => {}
                b'E' => {
                    let before = begun[&record.place];
                    let changes = disk.changes.remove(&record.file).unwrap_or_default();
                    let (done, later): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(time, _)| *time < before);
                    let file = disk.files.get_mut(&record.file).unwrap();
                    done.iter().for_each(|(_, change)| apply(file, change, log, &mut || true));
                    disk.changes.insert(record.file, later);
                }
                b'F' => {
                    let (before, folder) = (begun[&record.place], log.text(record));
                    let (done, later): (Vec<_>, Vec<_>) = std::mem::take(&mut disk.namings)
                        .into_iter()
                        .partition(|(time, naming)| *time < before && naming.folder() == folder);
                    done.into_iter().for_each(|(_, naming)| disk.name(naming));
                    disk.namings = later;
                }
                b'S' | b'X' | b'I' => {}
                other => panic!("{:?} is no record of what this process does", char::from(other)),
            }
        }
        disk
    }

    fn name(&mut self, naming: Naming) {
        match naming {
            Naming::File(path, file) => drop(self.names.insert(path, Some(file))),
            Naming::Folder(path) => drop(self.names.insert(path, None)),
            Naming::Gone(path) => drop(self.names.remove(&path)),
            Naming::Move(old, new) => {
                if let Some(file) = self.names.remove(&old) {
                    self.names.insert(new, file);
                }
            }
        }
    }

    /// The power goes, and what is on the disk then is put into a folder.
    fn leave(mut self, log: &Log, rest: Rest, dice: &mut Dice, folder: &Path) {
        let mut reaches = || match rest {
            Rest::Lost => false,
            Rest::Torn => dice.below(2) == 0,
            Rest::Whole => true,
        };
        for (_, naming) in std::mem::take(&mut self.namings) {
            if reaches() {
                self.name(naming);
            }
        }
        for (file, changes) in &self.changes {
            let bytes = self.files.get_mut(file).unwrap();
            changes.iter().for_each(|(_, change)| apply(bytes, change, log, &mut reaches));
        }
        for (path, file) in &self.names {
            let above = path.match_indices('/').all(|(end, _)| self.names.contains_key(&path[..end]));
            match file {
                Some(file) if above => fs::write(folder.join(path), &self.files[file]).unwrap(),
                None if above => fs::create_dir(folder.join(path)).unwrap(),
                _ => {}
            }
        }
    }
}

/// Carries out a change of a file, as far as its sectors reach the disk.
fn apply(file: &mut Vec<u8>, change: &Change, log: &Log, reaches: &mut dyn FnMut() -> bool) {
    match change {
        Change::Length(length) => {
            if reaches() {
                file.resize(*length, 0);
            }
        }
        Change::Write(place, range) => {
            let bytes = &log.bytes[range.clone()];
            let mut at = 0;
            while at < bytes.len() {
                let end = bytes.len().min(at + SECTOR - (place + at) % SECTOR);
                if reaches() {
                    file.resize(file.len().max(place + end), 0);
                    file[place + at..place + end].copy_from_slice(&bytes[at..end]);
                }
                at = end;
            }
        }
    }
}

/// What is missing of what had been said, in the database that the disk has now. It must be sound in any case, and go on.
async fn missing(folder: &Path, said: &[String]) -> Vec<String> {
    let db = Db::open(&open(folder)).await.unwrap();
    assert_eq!(db.integrity(true).await.unwrap().problems, Vec::<String>::new());
    let media = pictures(folder);
    for hash in db.picture_hashes(&[], 1_000).await.unwrap() {
        let bytes = media.store.get(PictureKey::original(PictureHash(hash))).await.unwrap();
        assert_eq!(bytes.map(|bytes| PictureHash::of(&bytes).0), Some(hash), "what the database knows is there");
    }
    let ann = db.account_by_name("ann").await.unwrap().map(|account| account.id);
    let articles = db.sizes().await.unwrap().articles;
    let mut missing = Vec::new();
    for line in said {
        let (what, which) = line.split_once(' ').unwrap_or((line, ""));
        let there = match (what, ann) {
            ("account", ann) => ann.is_some(),
            ("stored", _) => articles >= which.parse().unwrap(),
            ("picture", _) => db.has_picture(&which.parse::<PictureHash>().unwrap().0).await.unwrap(),
            (_, None) => false,
            ("category", Some(ann)) => db.categories(ann).await.unwrap().iter().any(|one| one.title == which),
            (_, Some(ann)) => {
                let article = db.article(ann, which.parse().unwrap()).await.unwrap();
                article.is_some_and(|article| if what == "read" { !article.unread } else { article.starred })
            }
        };
        if !there {
            missing.push(line.clone());
        }
    }
    db.create_account("bob", "hash", false, START).await.unwrap().unwrap();
    db.close().await;
    missing
}

/// The library that watches a process.
fn disk(home: &Path) -> PathBuf {
    let disk = home.join("disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/power/disk.c");
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler.args(["-O1", "-shared", "-fPIC", source, "-o"]).arg(&disk).args(["-ldl", "-lpthread"]);
    assert!(compiler.status().unwrap().success(), "the C compiler that SQLite needs, too");
    disk
}

/// Runs [`writer`] on a disk that writes everything down, and fails once where that is said: at a change, or with `_READ` at a
/// reading. How it ended, and the log.
fn watched(home: &Path, folder: &Path, fails_at: Option<(&str, usize)>) -> (ExitStatus, Log) {
    let log = home.join("log");
    let _ = fs::remove_file(&log);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "store::power::writer", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env("POWER_LOG", &log)
        .env("LD_PRELOAD", disk(home))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some((what, call)) = fails_at {
        command.env(format!("POWER_FAIL{what}"), call.to_string());
    }
    (command.status().unwrap(), Log::read(&log))
}

/// The log of a disk that never fails.
fn written() -> Log {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    fs::create_dir(&folder).unwrap();
    let (status, log) = watched(home.path(), &folder, None);
    assert!(status.success(), "the writer comes to its end");
    log
}

/// The writer ends with the first error that it is told, and the next process finds everything that had been acknowledged.
async fn fails_without_harm(what: &str, among: usize, times: usize) {
    let (mut dice, mut told) = (Dice(5), 0);
    for _ in 0..times {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data");
        fs::create_dir(&folder).unwrap();
        let call = 1 + dice.below(among);

        let (status, log) = watched(home.path(), &folder, Some((what, call)));

        assert!(log.records.iter().any(|record| record.kind == b'X'), "call {call} is never made");
        assert!(status.code().is_some(), "call {call}: it was killed by {status}");
        told += usize::from(!status.success());
        let said = log.said(log.records.len());
        assert_eq!(missing(&folder, &said).await, Vec::<String>::new(), "call {call}");
    }
    assert!(told > 0, "some failures are told");
}

#[tokio::test]
async fn a_write_that_fails_is_told_and_harms_nothing() {
    fails_without_harm("", 1_500, 10).await;
}

#[tokio::test]
async fn a_reading_that_fails_is_told_and_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    fs::create_dir(&folder).unwrap();
    let (status, log) = watched(home.path(), &folder, Some(("_READ", usize::MAX)));
    assert!(status.success());
    let readings = log.records.iter().filter(|record| record.kind == b'I').count();
    assert!(readings > 30, "{readings}");

    // The last ones of a run may be fewer in another.
    fails_without_harm("_READ", readings * 9 / 10, 12).await;
}

#[tokio::test]
async fn a_power_cut_loses_no_acknowledged_write() {
    let many: Option<usize> = std::env::var("GLEANER_TEST_CUTS").ok().and_then(|cuts| cuts.parse().ok());
    let cuts = many.unwrap_or(18);
    let log = written();
    let words: Vec<usize> = (0..log.records.len()).filter(|at| log.records[*at].kind == b'S').collect();
    let all = log.said(log.records.len());
    assert!(all.len() > 100, "the writer wrote: {}", all.len());
    let mut dice = Dice(4);

    for cut in 0..cuts {
        // Every other time at the worst of moments: something was said, and nothing was done since.
        let moment = match cut % 2 {
            0 => words[dice.below(words.len())] + 1,
            _ => dice.below(log.records.len()),
        };
        let rest = [Rest::Lost, Rest::Torn, Rest::Whole][cut / 2 % 3];
        let folder = tempfile::tempdir().unwrap();
        Disk::at(&log, moment, |_| false).leave(&log, rest, &mut dice, folder.path());

        let missing = missing(folder.path(), &log.said(moment)).await;

        assert_eq!(missing, Vec::<String>::new(), "cut {cut} at record {moment}, the rest {rest:?}");
    }

    // A disk that calls the log of the database durable and has not written it loses what was in it: so would a database
    // that did not wait for it.
    let moment = words[words.len() / 4] + 1;
    let folder = tempfile::tempdir().unwrap();
    Disk::at(&log, moment, |path| path.ends_with("-wal")).leave(&log, Rest::Lost, &mut dice, folder.path());
    let lost = missing(folder.path(), &log.said(moment)).await;
    assert!(!lost.is_empty(), "a lie is noticed");
    if many.is_some() {
        figure(&format!("power_cuts {cuts} cuts"));
        figure(&format!("power_acknowledged {} writes", all.len()));
        figure("power_lost 0 writes");
        figure(&format!("power_lost_without_waiting {} writes", lost.len()));
    }
}

#[expect(clippy::print_stdout, reason = "a measurement prints its figures")]
fn figure(line: &str) {
    println!("figure {line}");
}
