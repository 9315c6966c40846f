//! A journal read from its first event to where it ends or breaks.

use scrip_core::{event::Recorded, slot::Bucket};
use scrip_store::{
    Head, Snapshot, StoreError,
    frame::{Frame, FrameError},
    secret::ChainSecrets,
};

use super::{Outside, Report};
use crate::kept::KeptHead;

/// Frames read at once. A frame has a whole batch: some are long.
const PAGE: usize = 32;

/// Hands each frame that continues the chain to `replay`, with its events and the bytes that they were read from. What is wrong with
/// the chain, its seals and the heads is in the report.
///
/// Errors: the store can't be read; those of `replay`.
pub(super) fn read(
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    outside: Outside<'_>,
    report: &mut Report,
    mut replay: impl FnMut(&mut dyn Snapshot, &Frame, Vec<(Recorded, &[u8])>) -> Result<(), StoreError>,
) -> Result<Head, StoreError> {
    let mut chain = Chain::new(bucket, outside);
    loop {
        let frames = snapshot.frames(bucket, chain.head.position + 1, PAGE)?;
        if frames.is_empty() {
            break;
        }
        for bytes in frames {
            let next = chain.head.position + 1;
            let broken = |report: &mut Report, error: FrameError| {
                report.cut_short(format!("journal of bucket {}, at {next}: {error}", bucket.get()));
            };
            let (frame, hash) = match Frame::decode(&bytes) {
                Ok(decoded) => decoded,
                Err(error) => {
                    broken(report, error);
                    return Ok(chain.head);
                }
            };
            if !chain.goes_on_with(&frame, report) {
                return Ok(chain.head);
            }
            match frame.encoded_events() {
                Ok(events) => {
                    report.events += events.len() as u64;
                    replay(snapshot, &frame, events)?;
                }
                Err(error) => {
                    broken(report, error);
                    return Ok(chain.head);
                }
            }
            chain.goes_on_from(&frame, hash);
        }
    }
    let head = chain.head;
    chain.end(report);
    Ok(head)
}

/// A bucket's journal while it is read.
pub(super) struct Chain<'o> {
    bucket: Bucket,
    pub head: Head,
    seals: Option<&'o ChainSecrets>,
    /// Heads of this bucket that weren't passed yet.
    heads: Vec<KeptHead>,
    /// Of the first frame whose seal is wrong, and how many there are.
    unsealed: Option<(String, u64)>,
    sealed: u64,
    wrong_heads: Vec<KeptHead>,
}

impl<'o> Chain<'o> {
    pub fn new(bucket: Bucket, outside: Outside<'o>) -> Self {
        let heads = outside.heads.iter().filter(|head| head.bucket == bucket).copied().collect();
        Self {
            bucket,
            head: Head::default(),
            seals: outside.seals,
            heads,
            unsealed: None,
            sealed: 0,
            wrong_heads: Vec::new(),
        }
    }

    /// Whether the frame continues the chain. A wrong seal is noted and doesn't end it: what was written without the secret
    /// is replayed all the same.
    fn goes_on_with(&mut self, frame: &Frame, report: &mut Report) -> bool {
        let (bucket, next) = (self.bucket.get(), self.head.position + 1);
        let continues = frame.first == next && frame.previous == self.head.hash;
        if !continues || frame.bucket != self.bucket || frame.at < self.head.at || frame.count == 0 {
            let first = frame.first;
            report.cut_short(format!(
                "journal of bucket {bucket}: the frame at {first} doesn't continue the chain at {next}"
            ));
            return false;
        }
        if self.head.sealed && frame.seal.is_none() {
            report.cut_short(format!(
                "journal of bucket {bucket}: the frame at {next} has no seal, those before it have"
            ));
            return false;
        }
        if let (Some(secrets), Some(_)) = (self.seals, frame.seal) {
            match frame.check_seal(secrets) {
                Ok(()) => self.sealed += 1,
                Err(error) => {
                    self.unsealed.get_or_insert_with(|| (format!("at {next}: {error}"), 0)).1 += 1;
                }
            }
        }
        true
    }

    fn goes_on_from(&mut self, frame: &Frame, hash: scrip_store::frame::Hash) {
        self.head = Head::after(frame, hash);
        let passed = self.heads.extract_if(.., |head| head.position <= frame.last_position());
        self.wrong_heads.extend(passed.filter(|head| head.position != frame.last_position() || head.hash != hash));
    }

    pub fn end(self, report: &mut Report) {
        let bucket = self.bucket.get();
        if let Some((first, count)) = self.unsealed {
            report.problem(format!("journal of bucket {bucket}, {first} ({count} frames from there on)"));
        }
        for head in self.wrong_heads {
            report.problem(format!(
                "journal of bucket {bucket}: it isn't the one whose head was {head}: it was written anew"
            ));
        }
        for head in self.heads {
            let ends = self.head.position;
            report.problem(format!(
                "journal of bucket {bucket}: it ends at {ends}, before the head {head}: its tail is missing"
            ));
        }
        report.sealed += self.sealed;
        if self.head.position > 0 {
            report.heads.push((KeptHead::of(self.bucket, &self.head), self.head.at));
        }
    }
}
