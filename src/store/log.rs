//! SQLite's log (`-wal`), before SQLite reads it: whether it belongs to the database beside it.
//!
//! SQLite takes whatever log lies beside a file for that file's own, and what it holds of pages goes into the file: with a log of another
//! database, or of another time of the same one, that is the end of it. The first page of a database tells both: the number that each
//! database was given, and how often another program began to change it. It is in most logs, and whoever opens a database puts it into
//! one that does not have it ([`sign`]).

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;

use super::StoreError;
use super::db::beside;

/// Bytes before the first frame of a log, and before the page of each frame.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
/// Where the first page has what tells databases apart.
const CHANGES: usize = 24;
const NUMBER: usize = 68;
/// As much of the first page as is looked at.
const FIRST: usize = 100;
/// So often both are looked at before a log is refused, with this pause.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

const NUMBERED: &str = "SELECT application_id FROM pragma_application_id";
const A_NUMBER: &str = "SELECT abs(random() % 2147483646) + 1";

/// Writes the first page of a database, so that the log has it; first with a number of its own.
pub(super) async fn sign(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut number: i64 = sqlx::query_scalar(NUMBERED).fetch_one(writer).await?;
    if number == 0 {
        number = sqlx::query_scalar(A_NUMBER).fetch_one(writer).await?;
    }
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {number}"))).execute(writer).await?;
    Ok(())
}

/// Refuses a log that belongs to another database or to another time of it. Whether the log has the first page; nothing is changed.
pub(super) async fn check(path: &Path) -> Result<bool, StoreError> {
    let log = beside(path, "-wal");
    for _ in 0..LOOKS {
        if let Some(is_signed) = look(path, &log).map_err(|source| StoreError::File { path: log.clone(), source })? {
            return Ok(is_signed);
        }
        // A server that is at work may have moved pages from the one to the other between the two readings.
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(StoreError::ForeignLog(log))
}

/// Whether the log has the first page; nothing if it does not belong to the database.
fn look(path: &Path, log: &Path) -> std::io::Result<Option<bool>> {
    let Some(pages) = first_pages_of(log)? else { return Ok(Some(false)) };
    let mut first = Vec::new();
    if let Ok(file) = File::open(path) {
        file.take(FIRST as u64).read_to_end(&mut first)?;
    }
    let (ours, changes) = (number(&first, NUMBER), number(&first, CHANGES));
    let belongs = pages.is_none_or(|(begins, ends)| {
        let theirs = number(&begins, NUMBER);
        // A number of its own is new to a database that an older version made.
        (ours == theirs || ours == 0 || theirs == 0)
            && number(&begins, CHANGES) <= changes.saturating_add(1)
            && number(&ends, CHANGES) >= changes
    });
    Ok((belongs && first.len() == FIRST).then_some(pages.is_some()))
}

type First = [u8; FIRST];

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_be_bytes(*four))
}

/// The beginning of the first page of a database, as a log has it first and last, if it has that page; nothing if there is no log. A
/// frame counts whose sum is right, and all before it: so SQLite reads a log.
fn first_pages_of(log: &Path) -> std::io::Result<Option<Option<(First, First)>>> {
    let mut log = match File::open(log) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = [0; HEAD];
    if !fill(&mut log, &mut head)? {
        return Ok(None);
    }
    let size = number(&head, 8) as usize;
    let is_big_endian = number(&head, 0) & 1 == 1;
    let mut sum = Sum { is_big_endian, sums: (0, 0) };
    sum.add(&head[..24]);
    let is_log = number(&head, 0) & !1 == 0x377f_0682 && sum.is(&head[24..]);
    if !is_log || !size.is_power_of_two() || !(512..=65_536).contains(&size) {
        return Ok(None);
    }
    let mut found = None;
    let mut frame = vec![0; FRAME_HEAD + size];
    while fill(&mut log, &mut frame)? {
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEAD..]);
        if frame[8..16] != head[16..24] || !sum.is(&frame[16..24]) {
            break;
        }
        if number(&frame, 0) == 1 {
            let mut page = [0; FIRST];
            page.copy_from_slice(&frame[FRAME_HEAD..FRAME_HEAD + FIRST]);
            found = Some(Some((found.flatten().map_or(page, |(first, _)| first), page)));
        } else if found.is_none() {
            found = Some(None);
        }
    }
    Ok(found)
}

/// Fills a part of memory; `false` at the end of the file.
fn fill(file: &mut impl std::io::Read, bytes: &mut [u8]) -> std::io::Result<bool> {
    match file.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The sum over all of a log up to a place, as SQLite makes it.
struct Sum {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let (mut one, mut two) = self.sums;
        for pair in bytes.chunks_exact(8) {
            let word = |at| if self.is_big_endian { number(pair, at) } else { number(pair, at).swap_bytes() };
            one = one.wrapping_add(word(0)).wrapping_add(two);
            two = two.wrapping_add(word(4)).wrapping_add(one);
        }
        self.sums = (one, two);
    }

    fn is(&self, eight: &[u8]) -> bool {
        (number(eight, 0), number(eight, 4)) == self.sums
    }
}
