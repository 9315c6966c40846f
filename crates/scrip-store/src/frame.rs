//! The journal's frame: one per batch, chained by hash, sealed by a secret (docs/decisions/0014).
//!
//! Layout, integers big-endian: magic `SCJF` (4) · format (1) · bucket (2) · first position (8) · count (4) · time in µs
//! (8) · batch id (16) · previous hash (32) · in format 2 the number of the chain secret (4) · body length (4) · body · in
//! format 2 HMAC-SHA256 of all before with that secret (32) · SHA-256 of all before (32). The body is the events' CBOR, one
//! after the other.
//!
//! Format 1 has no seal. The first frame of format 2 seals all before it, as it names the hash before; none of format 1
//! may follow.

use scrip_core::{
    event::{Event, Recorded},
    slot::Bucket,
    time::Timestamp,
};
use sha2::{Digest, Sha256};

use crate::secret::{ChainSecret, ChainSecrets};

pub type Hash = [u8; 32];

const MAGIC: &[u8; 4] = b"SCJF";
/// With a hash alone.
const HASHED: u8 = 1;
/// With a seal beside it.
const SEALED: u8 = 2;
/// Where the format stands in the bytes.
const FORMAT_PLACE: usize = MAGIC.len();
const HEADER: usize = 4 + 1 + 2 + 8 + 4 + 8 + 16 + 32 + 4;

/// What only somebody with the chain secret can make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The number of the chain secret.
    pub secret: u32,
    /// HMAC-SHA256 of the frame's bytes up to its body's end.
    pub mac: [u8; 32],
}

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
    /// `None`: of format 1.
    pub seal: Option<Seal>,
}

/// What is wrong with a frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    #[error("not a journal frame of a format that this Scrip knows")]
    Format,
    #[error("the frame's length is wrong")]
    Length,
    #[error("the frame's hash is wrong: its bytes were changed")]
    Hash,
    #[error("an event can't be read: {0}")]
    Event(String),
    #[error("the frame's seal is wrong: it was written without this database's chain secret")]
    Seal,
    #[error("the frame is sealed with chain secret {0}, which this database doesn't have")]
    UnknownSecret(u32),
}

/// Whether encoded bytes say that they are of the sealed format: for looking through many without reading them.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.get(FORMAT_PLACE) == Some(&SEALED)
}

/// The position after an encoded frame's last event, as it says without having been verified.
pub fn next_position(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes.get(FORMAT_PLACE + 1 + 2..)?;
    let first = u64::from_be_bytes(take(&mut rest).ok()?);
    let count = u32::from_be_bytes(take(&mut rest).ok()?);
    first.checked_add(u64::from(count))
}

impl Frame {
    /// Without a seal; [`Frame::sealed`] makes one.
    pub fn new(bucket: Bucket, first: u64, at: Timestamp, batch: [u8; 16], previous: Hash, events: &[&Event]) -> Self {
        let mut body = Vec::with_capacity(events.len() * 192);
        for event in events {
            minicbor::encode(event, &mut body).expect("writing to memory doesn't fail");
        }
        let count = u32::try_from(events.len()).expect("a batch is far shorter");
        Self { bucket, first, count, at, batch, previous, body, seal: None }
    }

    /// The same frame in format 2. One HMAC over its bytes.
    #[must_use]
    pub fn sealed(mut self, secret: &ChainSecret) -> Self {
        let mut seal = Seal { secret: secret.number(), mac: [0; 32] };
        self.seal = Some(seal);
        seal.mac = secret.mac(&[&self.head_bytes(), &self.body]);
        self.seal = Some(seal);
        self
    }

    /// Whether the seal was made with the secret that it names. A frame without one has nothing to check.
    ///
    /// Errors: [`FrameError::Seal`], [`FrameError::UnknownSecret`].
    pub fn check_seal(&self, secrets: &ChainSecrets) -> Result<(), FrameError> {
        let Some(seal) = self.seal else { return Ok(()) };
        let secret = secrets.numbered(seal.secret).ok_or(FrameError::UnknownSecret(seal.secret))?;
        if secret.is_mac(&[&self.head_bytes(), &self.body], &seal.mac) { Ok(()) } else { Err(FrameError::Seal) }
    }

    pub const fn last_position(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    /// The stored bytes, and the hash that the next frame names.
    pub fn encode(&self) -> (Vec<u8>, Hash) {
        let mut bytes = self.head_bytes();
        bytes.reserve(self.body.len() + 64);
        bytes.extend_from_slice(&self.body);
        if let Some(seal) = self.seal {
            bytes.extend_from_slice(&seal.mac);
        }
        let hash: Hash = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&hash);
        (bytes, hash)
    }

    /// All that stands before the body.
    fn head_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.push(if self.seal.is_some() { SEALED } else { HASHED });
        bytes.extend_from_slice(&self.bucket.get().to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(&self.at.micros().to_be_bytes());
        bytes.extend_from_slice(&self.batch);
        bytes.extend_from_slice(&self.previous);
        if let Some(seal) = self.seal {
            bytes.extend_from_slice(&seal.secret.to_be_bytes());
        }
        bytes.extend_from_slice(&u32::try_from(self.body.len()).expect("a batch is below 4 GiB").to_be_bytes());
        bytes
    }

    /// Reads one frame and verifies its hash. Answers the hash too. The seal is [`Frame::check_seal`]'s: it takes the secret.
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
        if take(&mut rest)? != *MAGIC {
            return Err(FrameError::Format);
        }
        let sealed = match take(&mut rest)? {
            [HASHED] => false,
            [SEALED] => true,
            _ => return Err(FrameError::Format),
        };
        let bucket = Bucket::from_u16(u16::from_be_bytes(take(&mut rest)?));
        let first = u64::from_be_bytes(take(&mut rest)?);
        let count = u32::from_be_bytes(take(&mut rest)?);
        let at = Timestamp::from_micros(i64::from_be_bytes(take(&mut rest)?));
        let batch = take(&mut rest)?;
        let previous = take(&mut rest)?;
        let secret = if sealed { Some(u32::from_be_bytes(take(&mut rest)?)) } else { None };
        let length = u32::from_be_bytes(take(&mut rest)?);
        let (body, mut rest) = rest.split_at_checked(length as usize).ok_or(FrameError::Length)?;
        let seal = match secret {
            Some(secret) => Some(Seal { secret, mac: take(&mut rest)? }),
            None => None,
        };
        if !rest.is_empty() {
            return Err(FrameError::Length);
        }
        Ok((Self { bucket, first, count, at, batch, previous, body: body.to_vec(), seal }, hash))
    }

    /// The events with their positions.
    pub fn events(&self) -> Result<Vec<Recorded>, FrameError> {
        Ok(self.encoded_events()?.into_iter().map(|(recorded, _)| recorded).collect())
    }

    /// The events with their positions, each with the bytes of the body that it was read from.
    pub fn encoded_events(&self) -> Result<Vec<(Recorded, &[u8])>, FrameError> {
        let mut decoder = minicbor::Decoder::new(&self.body);
        // The count may be anything; each event takes at least a byte.
        let mut events = Vec::with_capacity(self.body.len().min(self.count as usize));
        for index in 0..u64::from(self.count) {
            let start = decoder.position();
            let event = decoder.decode().map_err(|error| FrameError::Event(error.to_string()))?;
            let recorded = Recorded { position: self.first + index, at: self.at, event };
            events.push((recorded, &self.body[start..decoder.position()]));
        }
        if decoder.position() != self.body.len() {
            return Err(FrameError::Length);
        }
        Ok(events)
    }
}

/// The next `N` bytes.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], FrameError> {
    let (taken, left) = rest.split_first_chunk().ok_or(FrameError::Length)?;
    *rest = left;
    Ok(*taken)
}
