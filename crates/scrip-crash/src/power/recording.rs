//! What the server wrote and synced and the clients were answered, in order, as the shim and the clients recorded it.

use std::{ops::Range, path::Path};

use crate::{Trouble, answered::MARK};

/// Stands for the folder itself, among inodes.
pub const FOLDER: u64 = u64::MAX;

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    Created {
        inode: u64,
        name: String,
    },
    /// Shape: `data` within [`Recording::bytes`].
    Written {
        inode: u64,
        offset: u64,
        data: Range<usize>,
    },
    Cut {
        inode: u64,
        length: u64,
    },
    /// What was written before is on the device once the same thread's sync has ended.
    SyncBegun {
        inode: u64,
        thread: u64,
    },
    Synced {
        inode: u64,
        thread: u64,
    },
    Removed {
        name: String,
    },
    Renamed {
        from: String,
        to: String,
    },
    /// So many facts were answered by now.
    Answered {
        facts: usize,
    },
    /// A write or a sync was made to fail.
    Failed {
        inode: u64,
    },
}

/// A run of the server.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub bytes: Vec<u8>,
    pub events: Vec<Event>,
}

impl Recording {
    /// # Errors
    /// The file can't be read or isn't a recording.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let bytes = std::fs::read(path).map_err(Trouble::io("reading the recording"))?;
        let mut events = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let (event, next) =
                event(&bytes, at).ok_or_else(|| Trouble::other(format!("the recording breaks off at byte {at}")))?;
            events.push(event);
            at = next;
        }
        Ok(Self { bytes, events })
    }
}

/// The event at a byte, and where the next begins.
fn event(bytes: &[u8], at: usize) -> Option<(Event, usize)> {
    let kind = *bytes.get(at)?;
    let length = u32::from_le_bytes(bytes.get(at + 1..at + 5)?.try_into().ok()?);
    let body = at + 5..at + 5 + usize::try_from(length).ok()?;
    let rest = bytes.get(body.clone())?;
    let number = |place: usize| Some(u64::from_le_bytes(rest.get(place * 8..place * 8 + 8)?.try_into().ok()?));
    let text = |from: usize| Some(String::from_utf8_lossy(rest.get(from..)?).into_owned());
    let event = match kind {
        1 => Event::Created { inode: number(0)?, name: text(8)? },
        2 => Event::Written { inode: number(0)?, offset: number(1)?, data: body.start + 16..body.end },
        3 => Event::Cut { inode: number(0)?, length: number(1)? },
        4 => Event::SyncBegun { inode: number(0)?, thread: number(1)? },
        5 => Event::Synced { inode: number(0)?, thread: number(1)? },
        6 => Event::Removed { name: text(0)? },
        7 => {
            let both = text(0)?;
            let (from, to) = both.split_once('/')?;
            Event::Renamed { from: from.to_owned(), to: to.to_owned() }
        }
        MARK => Event::Answered { facts: usize::try_from(number(0)?).ok()? },
        9 => Event::Failed { inode: number(0)? },
        _ => return None,
    };
    Some((event, body.end))
}
