//! The mark by which a log is known to be a database's own.
//!
//! SQLite joins whatever log lies beside a file to it, and then deletes the log: beside a backup or an older copy that was put in
//! the file's place, that ends both. So the file's first page has a mark, SQLite's `user_version`. Its upper half is random and
//! new whenever a log may begin anew, by the first commit after an opening or a checkpoint; its lower half repeats the upper half
//! of the mark before. A file is as a log's beginning left it, or has parts of that log already, if its mark is one that stands
//! in the log or the one before the log's first. Copies get a mark of their own. Nothing else is known of a log that an earlier
//! build wrote: there the mark is 0.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
    path::Path,
};

use rusqlite::Connection;
use scrip_store::StoreError;

use crate::{
    error::{during, unavailable},
    files::files_of,
    lock::DatabaseLock,
};

/// Where the first page has it.
const OFFSET: usize = 60;
/// The file's own header.
const HEADER: usize = 100;

/// A log's header, and that of each of its frames.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// What a log begins with; its last bit says that words are summed with the largest byte first.
const MAGIC: u32 = 0x377f_0682;

/// Gives the file a new mark, as a part of a transaction or as one.
pub(crate) fn renew(connection: &Connection) -> rusqlite::Result<()> {
    let before = of_connection(connection)?;
    connection.pragma_update(None, "user_version", next(before, random(connection)?).cast_signed())
}

/// Gives a file its first mark, and ends the log of which nothing is known.
pub(crate) fn make(connection: &Connection) -> Result<(), StoreError> {
    const OPERATION: &str = "marking the database";
    if of_connection(connection).map_err(during(OPERATION))? != 0 {
        return Ok(());
    }
    renew(connection).map_err(during(OPERATION))?;
    // Whoever reads keeps it as it is; the next checkpoint ends it then.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(during(OPERATION))
}

/// Gives a copy that nobody has open a mark of its own.
pub(crate) fn make_apart(source: &Connection, copy: &File) -> io::Result<()> {
    let random = random(source).map_err(io::Error::other)?;
    copy.write_all_at(&next(0, random).to_be_bytes(), OFFSET as u64)
}

/// Whether the log that lies beside a database is its own. Changes nothing, and reads all of the log.
///
/// Errors: [`StoreError::Damaged`] if it is another's; [`StoreError::Unavailable`] if either can't be read.
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    const OPERATION: &str = "looking whether the log is the database's";
    let [database, log, index, _] = files_of(path);
    let Some(marks) = Marks::of_log(&log).map_err(|error| unavailable(OPERATION, error))? else { return Ok(()) };
    let found = of_file(&database).map_err(|error| unavailable(OPERATION, error))?;
    if marks.are_of(found) {
        return Ok(());
    }
    let (log, database, index) = (log.display(), database.display(), index.display());
    Err(StoreError::Damaged {
        what: format!(
            "{log} isn't the log of {database}: it goes on from another state than that file has, as when a backup or an older \
             copy was put in its place. Nothing was changed. If {log} has what was answered last, put the file back that was \
             there with it; if {database} is what you want, move {log} and {index} away together into another folder, and \
             keep them"
        ),
    })
}

/// [`check`] beside a server, which changes both files meanwhile and has looked itself.
pub(crate) fn check_beside_others(path: &Path) -> Result<(), StoreError> {
    match check(path) {
        Err(StoreError::Damaged { .. }) if DatabaseLock::is_taken(path) => Ok(()),
        // A server that was there at the first look may have ended before the second.
        Err(StoreError::Damaged { .. }) => check(path),
        looked => looked,
    }
}

fn of_connection(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0)).map(i32::cast_unsigned)
}

/// 0 of an empty file.
fn of_file(database: &Path) -> io::Result<u32> {
    let mut header = Vec::with_capacity(HEADER);
    File::open(database)?.take(HEADER as u64).read_to_end(&mut header)?;
    Ok(if header.len() == HEADER { word(&header[OFFSET..]) } else { 0 })
}

/// From SQLite, which asks the operating system for its seed.
fn random(connection: &Connection) -> rusqlite::Result<u16> {
    connection.query_row("SELECT abs(random() % 65535) + 1", [], |row| row.get(0))
}

fn next(before: u32, random: u16) -> u32 {
    u32::from(random) << 16 | before >> 16
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Those in a log's committed first pages.
#[derive(Default, Debug)]
struct Marks {
    first: Option<u32>,
    all: BTreeSet<u32>,
}

impl Marks {
    /// `None`: nothing in it is committed, as where there is no log.
    fn of_log(log: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(log) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => BufReader::with_capacity(1 << 20, file?),
        };
        match Self::read(file) {
            // Cut off: what came before counts.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            read => read,
        }
    }

    /// Reads as SQLite recovers: up to the last commit before the first frame that isn't of this log or isn't whole.
    fn read(mut log: impl Read) -> io::Result<Option<Self>> {
        let mut header = [0; LOG_HEADER];
        log.read_exact(&mut header)?;
        let largest_first = word(&header) & 1 == 1;
        let mut sum = checksum(&header[..24], largest_first, (0, 0));
        let page_bytes = word(&header[8..]);
        if word(&header) & !1 != MAGIC
            || sum != (word(&header[24..]), word(&header[28..]))
            || !(page_bytes.is_power_of_two() && (512..=65536).contains(&page_bytes))
        {
            return Ok(None);
        }
        let mut frame = vec![0; FRAME_HEADER + page_bytes as usize];
        let (mut marks, mut committed) = (Self::default(), false);
        let mut pending = Vec::new();
        while is_whole(log.read_exact(&mut frame))? {
            let page = &frame[FRAME_HEADER..];
            sum = checksum(page, largest_first, checksum(&frame[..8], largest_first, sum));
            if frame[8..16] != header[16..24] || sum != (word(&frame[16..]), word(&frame[20..])) {
                break;
            }
            if word(&frame) == 1 {
                pending.push(word(&page[OFFSET..]));
            }
            // The database's size in pages stands in the last frame of a commit.
            if word(&frame[4..]) != 0 {
                committed = true;
                marks.first = marks.first.or(pending.first().copied());
                marks.all.extend(pending.drain(..));
            }
        }
        Ok(committed.then_some(marks))
    }

    /// Whether a file with this mark is one that the log goes on from.
    fn are_of(&self, found: u32) -> bool {
        match self.first {
            Some(first) => self.all.contains(&found) || first & 0xffff == found >> 16,
            None => found == 0,
        }
    }
}

/// `false` at the end.
fn is_whole(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

fn checksum(bytes: &[u8], largest_first: bool, (mut first, mut second): (u32, u32)) -> (u32, u32) {
    let native = |bytes: &[u8]| if largest_first { word(bytes) } else { word(bytes).swap_bytes() };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(native(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(native(&pair[4..])).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_logs_own_where_the_log_goes_on_from_it() {
        let before = next(0, 7);
        let marks = [next(before, 9), next(next(before, 9), 11)];
        let log = Marks { first: Some(marks[0]), all: marks.into() };
        assert!(log.are_of(before), "nothing of it was copied");
        assert!(log.are_of(marks[0]) && log.are_of(marks[1]), "parts of it were");
        assert!(!log.are_of(next(0, 8)), "another file");
        assert!(!log.are_of(0), "a copy of an earlier build");
        let earlier = Marks { first: Some(0), all: [0].into() };
        assert!(earlier.are_of(0) && !earlier.are_of(before));
        assert!(Marks::default().are_of(0) && !Marks::default().are_of(before));
    }
}
