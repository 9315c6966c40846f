//! The journal's frame: one per batch, chained by hash.
//!
//! Layout, integers big-endian: magic `SCJF` (4) · format 1 (1) · bucket (2) · first position (8) · count (4) · time in µs
//! (8) · batch id (16) · previous hash (32) · body length (4) · body · SHA-256 of all before (32). The body is the events'
//! CBOR, one after the other.

use scrip_core::{
    event::{Event, Recorded},
    slot::Bucket,
    time::Timestamp,
};
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

const MAGIC: &[u8; 4] = b"SCJF";
const FORMAT: u8 = 1;
const HEADER: usize = 4 + 1 + 2 + 8 + 4 + 8 + 16 + 32 + 4;

/// One batch of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub bucket: Bucket,
    /// Of the first event.
    pub first: u64,
    pub count: u32,
    pub at: Timestamp,
    pub batch: [u8; 16],
    /// The hash of the frame before; zeroes for the first.
    pub previous: Hash,
    pub body: Vec<u8>,
}

/// What is wrong with a frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    #[error("not a journal frame of format {FORMAT}")]
    Format,
    #[error("the frame's length is wrong")]
    Length,
    #[error("the frame's hash is wrong: its bytes were changed")]
    Hash,
    #[error("an event can't be read: {0}")]
    Event(String),
}

impl Frame {
    pub fn new(bucket: Bucket, first: u64, at: Timestamp, batch: [u8; 16], previous: Hash, events: &[&Event]) -> Self {
        let mut body = Vec::with_capacity(events.len() * 192);
        for event in events {
            minicbor::encode(event, &mut body).expect("writing to memory doesn't fail");
        }
        let count = u32::try_from(events.len()).expect("a batch is far shorter");
        Self { bucket, first, count, at, batch, previous, body }
    }

    pub const fn last_position(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    /// The stored bytes, and the hash that the next frame names.
    pub fn encode(&self) -> (Vec<u8>, Hash) {
        let mut bytes = Vec::with_capacity(HEADER + self.body.len() + 32);
        bytes.extend_from_slice(MAGIC);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.bucket.get().to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(&self.at.micros().to_be_bytes());
        bytes.extend_from_slice(&self.batch);
        bytes.extend_from_slice(&self.previous);
        bytes.extend_from_slice(&u32::try_from(self.body.len()).expect("a batch is below 4 GiB").to_be_bytes());
        bytes.extend_from_slice(&self.body);
        let hash: Hash = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&hash);
        (bytes, hash)
    }

    /// Reads and verifies one frame. Answers its hash too.
    ///
    /// Errors: [`FrameError`], whichever byte was changed.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Hash), FrameError> {
        if bytes.len() < HEADER + 32 {
            return Err(FrameError::Length);
        }
        let (content, stored) = bytes.split_at(bytes.len() - 32);
        let hash: Hash = Sha256::digest(content).into();
        if hash != stored {
            return Err(FrameError::Hash);
        }
        let mut rest = content;
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at(length);
            rest = left;
            taken
        };
        if take(4) != MAGIC || take(1) != [FORMAT] {
            return Err(FrameError::Format);
        }
        let bucket = Bucket::from_u16(u16::from_be_bytes(array(take(2))));
        let first = u64::from_be_bytes(array(take(8)));
        let count = u32::from_be_bytes(array(take(4)));
        let at = Timestamp::from_micros(i64::from_be_bytes(array(take(8))));
        let batch = array(take(16));
        let previous = array(take(32));
        let length = u32::from_be_bytes(array(take(4)));
        if rest.len() != length as usize {
            return Err(FrameError::Length);
        }
        Ok((Self { bucket, first, count, at, batch, previous, body: rest.to_vec() }, hash))
    }

    /// The events with their positions.
    pub fn events(&self) -> Result<Vec<Recorded>, FrameError> {
        let mut decoder = minicbor::Decoder::new(&self.body);
        // The count may be anything; each event takes at least a byte.
        let mut events = Vec::with_capacity(self.body.len().min(self.count as usize));
        for place in 0..u64::from(self.count) {
            let event = decoder.decode().map_err(|error| FrameError::Event(error.to_string()))?;
            events.push(Recorded { position: self.first + place, at: self.at, event });
        }
        if decoder.position() != self.body.len() {
            return Err(FrameError::Length);
        }
        Ok(events)
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("taken with this length")
}
