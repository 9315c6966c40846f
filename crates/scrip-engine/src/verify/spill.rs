//! What a verification puts aside to look at later, lane by lane.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use scrip_store::StoreError;
use tempfile::SpooledTempFile;

/// Bytes of a small store's lanes, which stay in memory.
const IN_MEMORY_MAX: usize = 8 << 20;
/// Bytes of all lanes together that wait to be written.
const BUFFERED: usize = 16 << 20;
/// Bytes of one lane that wait: more writes none of it faster.
const BUFFERED_MAX: usize = 64 << 10;

/// Records in lanes, each lane in order. One temporary file without a name has them all: it needs one handle, whatever their number, and is
/// gone with the process.
pub(super) struct Spill {
    file: SpooledTempFile,
    /// Bytes in the file.
    end: u64,
    lanes: Vec<Lane>,
    buffered_max: usize,
}

#[derive(Default)]
struct Lane {
    /// What isn't in the file yet.
    buffer: Vec<u8>,
    /// Where its bytes are: offset and length.
    chunks: Vec<(u64, usize)>,
}

impl Spill {
    pub fn new(lanes: usize) -> Self {
        Self {
            file: SpooledTempFile::new(IN_MEMORY_MAX),
            end: 0,
            lanes: std::iter::repeat_with(Lane::default).take(lanes).collect(),
            buffered_max: (BUFFERED / lanes.max(1)).min(BUFFERED_MAX),
        }
    }

    /// Errors: [`StoreError::Unavailable`] if the folder for temporary files is full or can't be written to.
    pub fn put(&mut self, lane: usize, head: &[u8], body: &[u8]) -> Result<(), StoreError> {
        let into = &mut self.lanes[lane];
        let length = u32::try_from(head.len() + body.len()).expect("an event is far below 4 GiB");
        into.buffer.extend_from_slice(&length.to_be_bytes());
        into.buffer.extend_from_slice(head);
        into.buffer.extend_from_slice(body);
        if into.buffer.len() >= self.buffered_max {
            into.chunks.push((self.end, into.buffer.len()));
            self.end += into.buffer.len() as u64;
            self.file.write_all(&into.buffer).map_err(failed)?;
            into.buffer.clear();
        }
        Ok(())
    }

    /// All of a lane, which is empty after. What is put aside after this goes behind what was there.
    ///
    /// Errors: [`StoreError::Unavailable`] if the temporary file can't be read.
    pub fn take(&mut self, lane: usize) -> Result<Records, StoreError> {
        let Lane { buffer, chunks } = std::mem::take(&mut self.lanes[lane]);
        let mut bytes = vec![0; chunks.iter().map(|(_, length)| length).sum()];
        let mut rest = &mut bytes[..];
        for (offset, length) in chunks {
            let (into, after) = rest.split_at_mut(length);
            self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(into)).map_err(failed)?;
            rest = after;
        }
        self.file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        bytes.extend_from_slice(&buffer);
        Ok(Records { bytes })
    }
}

fn failed(source: std::io::Error) -> StoreError {
    StoreError::Unavailable {
        operation: "putting aside in a temporary file what is to be compared",
        source: source.into(),
    }
}

/// A lane's records in the order in which they were put.
pub(super) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..];
        std::iter::from_fn(move || {
            let (record, after) = first(rest)?;
            rest = after;
            Some(record)
        })
    }

    /// What is read of each record.
    pub fn into_iter_with<T>(self, read: impl Fn(&[u8]) -> T) -> impl Iterator<Item = T> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (record, after) = first(&self.bytes[at..])?;
            at = self.bytes.len() - after.len();
            Some(read(record))
        })
    }
}

/// The first record, and what comes after it.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = bytes.split_first_chunk()?;
    Some(after.split_at(u32::from_be_bytes(*length) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_come_back_in_order_whatever_is_in_the_file() {
        let mut spill = Spill::new(3);
        let record = |number: u32| number.to_be_bytes().repeat(1 + number as usize % 4_000);
        for number in 0..3_000_u32 {
            spill.put(number as usize % 3, &number.to_be_bytes(), &record(number)).expect("fits");
        }
        assert!(spill.end > IN_MEMORY_MAX as u64);
        for lane in 0..3 {
            let records = spill.take(lane).expect("is there");
            let expected = (lane as u32..3_000).step_by(3);
            assert!(records.iter().eq(expected.map(|number| [&number.to_be_bytes()[..], &record(number)].concat())));
            assert_eq!(spill.take(lane).expect("is there").iter().count(), 0);
        }
    }
}
