//! A device that loses power: what was synced stays; of the rest any part may be there, whole, torn or not at all.
//!
//! Of a file's writes each is kept, dropped, or torn into sectors of 512 bytes of which some are kept; a change of length
//! is kept or dropped. Of a folder's changes (names made, removed, changed) each is kept or dropped. None of this follows
//! the order in which it was done, as devices and file systems don't. What no file system does isn't tried: bytes that
//! nobody wrote.

use std::collections::{BTreeMap, HashMap};

use rand::{Rng, rngs::StdRng};

use super::recording::{Event, FOLDER, Recording};

const SECTOR: usize = 512;

/// Files by name, with their content.
pub type Image = BTreeMap<String, Vec<u8>>;

/// The device while the recorded run goes on.
#[derive(Debug)]
pub struct Device<'r> {
    recording: &'r Recording,
    /// Every file that ever was. A number that is given to a new file isn't the old one's any more.
    files: Vec<FileOnDevice>,
    by_inode: HashMap<u64, usize>,
    /// On the device for certain.
    names: BTreeMap<String, usize>,
    /// As the processes see it.
    names_now: BTreeMap<String, usize>,
    pending_names: Vec<(u64, NameChange)>,
    /// Syncs that have begun: what was done before this moment will be on the device.
    syncs: HashMap<(u64, u64), u64>,
    /// Events so far: the moment.
    now: u64,
    /// Facts that clients were told.
    pub answered: usize,
}

#[derive(Debug, Default)]
struct FileOnDevice {
    /// On the device for certain.
    content: Vec<u8>,
    /// Places of events, in order.
    pending: Vec<(u64, usize)>,
}

#[derive(Clone, Debug)]
enum NameChange {
    Set(String, usize),
    Remove(String),
    Rename(String, String),
}

/// How likely what wasn't synced is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Nothing of it.
    NothingElse,
    /// All of it, as after a kill.
    Everything,
    /// In so many of a hundred cases whole, in as many torn.
    Some(u32),
}

impl Mood {
    pub fn random(rng: &mut StdRng) -> Self {
        match rng.random_range(0..6) {
            0 | 1 => Self::NothingElse,
            2 => Self::Everything,
            3 => Self::Some(10),
            4 => Self::Some(40),
            _ => Self::Some(49),
        }
    }
}

impl<'r> Device<'r> {
    /// With files that are there for certain: name, inode, content.
    pub fn new(recording: &'r Recording, files: impl IntoIterator<Item = (String, u64, Vec<u8>)>) -> Self {
        let mut device = Self {
            recording,
            files: Vec::new(),
            by_inode: HashMap::new(),
            names: BTreeMap::new(),
            names_now: BTreeMap::new(),
            pending_names: Vec::new(),
            syncs: HashMap::new(),
            now: 0,
            answered: 0,
        };
        for (name, inode, content) in files {
            device.by_inode.insert(inode, device.files.len());
            device.names.insert(name, device.files.len());
            device.files.push(FileOnDevice { content, pending: Vec::new() });
        }
        device.names_now = device.names.clone();
        device
    }

    /// Lets the next event happen. `false`: there is none.
    pub fn step(&mut self) -> bool {
        let place = usize::try_from(self.now).expect("events fit in memory");
        let recording = self.recording;
        let Some(event) = recording.events.get(place) else { return false };
        match event {
            Event::Created { inode, name } => {
                self.by_inode.insert(*inode, self.files.len());
                self.change_names(NameChange::Set(name.clone(), self.files.len()));
                self.files.push(FileOnDevice::default());
            }
            Event::Written { inode, .. } | Event::Cut { inode, .. } => {
                let file = self.by_inode.get(inode).map(|file| &mut self.files[*file]);
                file.expect("a file is written that was never made").pending.push((self.now, place));
            }
            Event::SyncBegun { inode, thread } => drop(self.syncs.insert((*inode, *thread), self.now)),
            Event::Synced { inode, thread } => {
                let begun = self.syncs.remove(&(*inode, *thread)).expect("a sync ends that has begun");
                self.synced(*inode, begun);
            }
            Event::Removed { name } => self.change_names(NameChange::Remove(name.clone())),
            Event::Renamed { from, to } => self.change_names(NameChange::Rename(from.clone(), to.clone())),
            Event::Answered { facts } => self.answered = *facts,
            Event::Failed { .. } => {}
        }
        self.now += 1;
        true
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names_now);
        self.pending_names.push((self.now, change));
    }

    fn synced(&mut self, inode: u64, begun: u64) {
        if inode == FOLDER {
            let later = self.pending_names.partition_point(|(at, _)| *at < begun);
            for (_, change) in self.pending_names.drain(..later) {
                change.apply(&mut self.names);
            }
            return;
        }
        let file = self.by_inode.get(&inode).map(|file| &mut self.files[*file]);
        let file = file.expect("a file is synced that was never made");
        let later = file.pending.partition_point(|(at, _)| *at < begun);
        for (_, place) in file.pending.drain(..later) {
            apply(&mut file.content, self.recording, place, |_| true);
        }
    }

    /// What is found when the power is back.
    pub fn after_a_cut(&self, mood: Mood, rng: &mut StdRng) -> Image {
        let mut names = self.names.clone();
        for (_, change) in &self.pending_names {
            if keep(mood, rng) != Kept::No {
                change.apply(&mut names);
            }
        }
        let image = |file: usize, rng: &mut StdRng| {
            let mut content = self.files[file].content.clone();
            for (_, place) in &self.files[file].pending {
                match keep(mood, rng) {
                    Kept::Whole => apply(&mut content, self.recording, *place, |_| true),
                    Kept::Torn => apply(&mut content, self.recording, *place, |_| rng.random()),
                    Kept::No => {}
                }
            }
            content
        };
        names.into_iter().map(|(name, file)| (name, image(file, rng))).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Whole,
    Torn,
    No,
}

fn keep(mood: Mood, rng: &mut StdRng) -> Kept {
    match mood {
        Mood::NothingElse => Kept::No,
        Mood::Everything => Kept::Whole,
        Mood::Some(hundredths) => match rng.random_range(0..100) {
            drawn if drawn < hundredths => Kept::Whole,
            drawn if drawn < 2 * hundredths => Kept::Torn,
            _ => Kept::No,
        },
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, file) => drop(names.insert(name.clone(), *file)),
            Self::Remove(name) => drop(names.remove(name)),
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

/// Does one write or change of length; of a write, the sectors that are wanted.
fn apply(content: &mut Vec<u8>, recording: &Recording, place: usize, mut wanted: impl FnMut(usize) -> bool) {
    match &recording.events[place] {
        Event::Cut { length, .. } => content.resize(usize::try_from(*length).expect("a file fits in memory"), 0),
        Event::Written { offset, data, .. } => {
            let offset = usize::try_from(*offset).expect("a file fits in memory");
            let data = &recording.bytes[data.clone()];
            let mut from = 0;
            while from < data.len() {
                // To the next border of a sector, counted from the file's beginning.
                let to = (from + SECTOR - (offset + from) % SECTOR).min(data.len());
                if wanted((offset + from) / SECTOR) {
                    let end = offset + to;
                    if content.len() < end {
                        content.resize(end, 0);
                    }
                    content[offset + from..end].copy_from_slice(&data[from..to]);
                }
                from = to;
            }
        }
        _ => unreachable!("only writes and changes of length are pending"),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn written(inode: u64, offset: u64, data: Range<usize>) -> Event {
        Event::Written { inode, offset, data }
    }

    use std::ops::Range;

    fn recording(events: Vec<Event>) -> Recording {
        Recording { bytes: (0..2_048).map(|place| if place < 1_024 { 1 } else { 2 }).collect(), events }
    }

    fn after(events: Vec<Event>, mood: Mood) -> Image {
        let recording = recording(events);
        let mut device = Device::new(&recording, []);
        while device.step() {}
        device.after_a_cut(mood, &mut StdRng::seed_from_u64(1))
    }

    #[test]
    fn what_was_synced_stays_and_the_rest_may_go() {
        let events = vec![
            Event::Created { inode: 7, name: "a".to_owned() },
            written(7, 0, 0..1_024),
            Event::SyncBegun { inode: 7, thread: 1 },
            written(7, 1_024, 1_024..2_048),
            Event::Synced { inode: 7, thread: 1 },
            Event::SyncBegun { inode: FOLDER, thread: 1 },
            Event::Synced { inode: FOLDER, thread: 1 },
        ];
        assert_eq!(
            after(events.clone(), Mood::NothingElse)["a"],
            vec![1; 1_024],
            "a write during the sync isn't covered"
        );
        assert_eq!(after(events, Mood::Everything)["a"].len(), 2_048);
    }

    #[test]
    fn a_name_is_there_once_its_folder_was_synced() {
        let events = vec![
            Event::Created { inode: 7, name: "a".to_owned() },
            Event::SyncBegun { inode: 7, thread: 1 },
            Event::Synced { inode: 7, thread: 1 },
            Event::Created { inode: 7, name: "b".to_owned() },
        ];
        assert!(after(events.clone(), Mood::NothingElse).is_empty());
        assert_eq!(after(events, Mood::Everything).len(), 2);
    }

    #[test]
    fn torn_writes_keep_whole_sectors() {
        let events = vec![
            Event::Created { inode: 7, name: "a".to_owned() },
            Event::SyncBegun { inode: FOLDER, thread: 1 },
            Event::Synced { inode: FOLDER, thread: 1 },
            written(7, 256, 0..1_024),
            written(7, 256, 1_024..2_048),
        ];
        let recording = recording(events);
        let mut device = Device::new(&recording, []);
        while device.step() {}
        let mut rng = StdRng::seed_from_u64(3);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let content = device.after_a_cut(Mood::Some(40), &mut rng).remove("a").expect("its name was synced");
            for (sector, bytes) in content.chunks(SECTOR).enumerate() {
                let written = if sector == 0 { &bytes[bytes.len().min(256)..] } else { bytes };
                assert!(written.windows(2).all(|pair| pair[0] == pair[1]), "no sector is mixed");
            }
            seen.insert(content);
        }
        assert!(seen.len() > 10, "many states are possible: {}", seen.len());
    }
}
