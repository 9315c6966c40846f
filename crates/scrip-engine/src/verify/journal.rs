//! The journal as it is read: what follows from all events in their order is replayed at once, the rest put aside.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::{Allowance, Counters},
    event::{Event, Recorded},
    id::CampaignId,
    idempotency::Holder,
    individual::IndividualChange,
    name::IndividualId,
    slot::{Bucket, Buckets},
    state::{Aggregate, Key, Kind, Part, State},
    time::Timestamp,
};
use scrip_store::{
    Snapshot, StoreError,
    people::{Row, TableName},
};

use super::{
    aside::{self, is_put_aside},
    compare::{Expected, Found},
    lanes::Lanes,
    rows::{Pages, RowStreams},
    spill::{Records, Spill},
    unfollowed::Unfollowed,
};
use crate::follow::People;

/// A bucket's journal after some of it.
pub(super) struct Replayed<'l> {
    pub bucket: Bucket,
    pub buckets: Buckets,
    pub lanes: &'l Lanes,
    /// All but what an account has by itself.
    beside: State,
    /// Of accounts, events and rows; changes of individuals. Each lane by lane.
    spill: Spill,
    /// What the accounts owe to the counters of each campaign, with the last batch that changed it.
    counters: BTreeMap<CampaignId, (Counters, u64)>,
    /// Days that have recent keys in the store.
    pub days: Vec<u32>,
}

/// An event that was put aside, with the last position of its batch.
pub(super) struct KeptEvent {
    pub batch: u64,
    pub recorded: Recorded,
}

/// What an account changed of its individual, and where in the journal.
pub(super) struct KeptChange {
    pub position: u64,
    pub batch: u64,
    pub individual: IndividualId,
    pub change: IndividualChange,
}

impl<'l> Replayed<'l> {
    pub fn new(bucket: Bucket, buckets: Buckets, lanes: &'l Lanes) -> Self {
        let spill = Spill::new(2 * lanes.count() + lanes.count_of_individuals());
        let beside = State::new(bucket, buckets).only(Part::Beside);
        Self { bucket, buckets, lanes, beside, spill, counters: BTreeMap::new(), days: Vec::new() }
    }

    /// Takes in a frame's events; `batch` is the last one's position.
    ///
    /// Errors: those of the store, and of putting aside.
    pub fn take(
        &mut self,
        snapshot: &mut dyn Snapshot,
        batch: u64,
        events: Vec<(Recorded, &[u8])>,
        (unfollowed, streams): (&Unfollowed, &mut RowStreams),
    ) -> Result<(), StoreError> {
        let mut window = Vec::new();
        for (recorded, encoded) in events {
            match &recorded.event {
                Event::KeyUsed { holder: Holder::Account(account), .. } => {
                    self.put_event(self.lanes.of(account), batch, &recorded, encoded)?;
                }
                Event::KeysForgotten { documents } => self.keys_forgotten(batch, &recorded, documents)?,
                event => {
                    if let Some(account) = event.account() {
                        self.put_event(self.lanes.of(account), batch, &recorded, encoded)?;
                    }
                    self.beside.evolve(&recorded);
                }
            }
            let is_entry = matches!(
                recorded.event,
                Event::DiscountFunded { .. } | Event::DiscountReversed { .. } | Event::SurplusBooked { .. }
            );
            if is_entry || recorded.event.account().is_none() {
                window.push(recorded);
            }
        }
        if !window.is_empty() && !unfollowed.is_everything() {
            let window: Vec<&Recorded> = window.iter().collect();
            streams.take(snapshot, People.rows(&window, &self.beside), unfollowed)?;
        }
        self.beside.saved(batch);
        Ok(())
    }

    fn put_event(&mut self, lane: usize, batch: u64, recorded: &Recorded, encoded: &[u8]) -> Result<(), StoreError> {
        let head = [batch.to_be_bytes(), recorded.position.to_be_bytes(), recorded.at.micros().to_be_bytes()];
        self.spill.put(lane, head.as_flattened(), encoded)
    }

    /// To each lane those of its accounts.
    fn keys_forgotten(
        &mut self,
        batch: u64,
        recorded: &Recorded,
        documents: &[(Holder, u32)],
    ) -> Result<(), StoreError> {
        let mut lanes: BTreeMap<Option<usize>, Vec<(Holder, u32)>> = BTreeMap::new();
        for (holder, day) in documents {
            let lane = if let Holder::Account(account) = holder { Some(self.lanes.of(account)) } else { None };
            lanes.entry(lane).or_default().push((holder.clone(), *day));
        }
        for (lane, documents) in lanes {
            let event = Event::KeysForgotten { documents };
            match lane {
                Some(lane) => self.put_event(lane, batch, recorded, &encoded(&event))?,
                None => self.beside.evolve(&Recorded { event, ..recorded.clone() }),
            }
        }
        Ok(())
    }

    /// The stored rows of accounts whose table isn't in the order of accounts.
    ///
    /// Errors: those of the store, and of putting aside.
    pub fn put_rows_aside(&mut self, snapshot: &mut dyn Snapshot) -> Result<(), StoreError> {
        for &table in TableName::ALL.iter().filter(|table| is_put_aside(**table)) {
            let mut pages = Pages::of(table);
            loop {
                let page = pages.next(snapshot)?;
                if page.is_empty() {
                    break;
                }
                page.iter().try_for_each(|row| self.put_row(table, row))?;
            }
        }
        Ok(())
    }

    /// The days on which keys were used.
    ///
    /// Errors: those of the store.
    pub fn find_days(&mut self, snapshot: &mut dyn Snapshot) -> Result<(), StoreError> {
        let mut next = Some(0_u32);
        while let Some(day) = next {
            let found = snapshot.scan(self.bucket, Kind::RecentKeys, &day.to_be_bytes(), &[], 1)?;
            let Some((key, _)) = found.first() else { break };
            let mut begins = [0; 4];
            begins.iter_mut().zip(key).for_each(|(into, byte)| *into = *byte);
            let found = u32::from_be_bytes(begins);
            self.days.push(found);
            next = found.checked_add(1);
        }
        Ok(())
    }

    /// To its account's lane, if that lives here.
    fn put_row(&mut self, table: TableName, row: &Row) -> Result<(), StoreError> {
        match row.account() {
            Some(account) if account.slot().bucket(self.buckets) == self.bucket => {
                let lane = self.lanes.count() + self.lanes.of(account);
                self.spill.put(lane, &[], &aside::encoded(table, row))
            }
            _ => Ok(()),
        }
    }

    /// A lane's events in the order of the journal.
    ///
    /// Errors: the temporary file can't be read.
    pub fn events(&mut self, lane: usize) -> Result<impl Iterator<Item = KeptEvent> + use<>, StoreError> {
        Ok(self.spill.take(lane)?.into_iter_with(|record| {
            let (head, encoded) = record.split_at(24);
            let part = |at: usize| u64::from_be_bytes(*head[at..].first_chunk().expect("24 bytes"));
            let at = Timestamp::from_micros(part(16).cast_signed());
            KeptEvent { batch: part(0), recorded: Recorded { position: part(8), at, event: decoded(encoded) } }
        }))
    }

    /// A lane's rows as they are stored, of tables that aren't in the order of accounts; each table's by its key.
    ///
    /// Errors: the temporary file can't be read.
    pub fn rows_put_aside(&mut self, lane: usize) -> Result<Vec<Row>, StoreError> {
        let records = self.spill.take(self.lanes.count() + lane)?;
        Ok(records.iter().map(|record| aside::decoded(record).expect("it was a row when it was put aside")).collect())
    }

    /// Puts aside what an event of an account changed of its individual.
    ///
    /// Errors: those of putting aside.
    pub fn put_individual_change(&mut self, kept: &KeptChange) -> Result<(), StoreError> {
        let lane = 2 * self.lanes.count() + self.lanes.of_individual(&kept.individual);
        let head = [kept.position.to_be_bytes(), kept.batch.to_be_bytes()];
        self.spill.put(lane, head.as_flattened(), &encoded(&(&kept.individual, kept.change)))
    }

    /// A lane's changes of individuals in the order of the journal.
    ///
    /// Errors: the temporary file can't be read.
    pub fn individual_changes(&mut self, lane: usize) -> Result<Vec<KeptChange>, StoreError> {
        let records: Records = self.spill.take(2 * self.lanes.count() + lane)?;
        let read = |record: &[u8]| {
            let (head, rest) = record.split_at(16);
            let part = |at: usize| u64::from_be_bytes(*head[at..].first_chunk().expect("16 bytes"));
            let (individual, change) = decoded(rest);
            KeptChange { position: part(0), batch: part(8), individual, change }
        };
        let mut changes: Vec<KeptChange> = records.iter().map(read).collect();
        // Stable: one event may change several.
        changes.sort_by_key(|change| change.position);
        Ok(changes)
    }

    /// The counters that a lane's accounts have changed.
    pub fn add_counters(&mut self, accounts: &State) {
        for (key, value) in accounts.documents() {
            let (Key::Allowance(_, campaign), Aggregate::Allowance(allowance)) = (key, value) else { continue };
            let (counters, version) = self.counters.entry(*campaign).or_default();
            *counters = counters.plus(allowance.counters);
            *version = (*version).max(accounts.version(key).unwrap_or_default());
        }
    }

    /// What this bucket was granted of individuals' counts: the rest of their documents.
    pub fn individuals(&self) -> impl Iterator<Item = (&Key, &Aggregate, Option<u64>)> {
        let individuals = self.beside.documents().filter(|(key, _)| key.kind() == Kind::Individual);
        individuals.map(|(key, value)| (key, value, self.beside.version(key)))
    }

    /// Compares all documents but those that are in lanes.
    ///
    /// Errors: those of the store.
    pub fn compare(mut self, snapshot: &mut dyn Snapshot, found: &mut Found) -> Result<(), StoreError> {
        self.join_counters();
        let mut expected = Expected::of(&self.beside, |key| key.kind() != Kind::Individual);
        let kinds = [
            Kind::Campaign,
            Kind::Allowance,
            Kind::Code,
            Kind::Due,
            Kind::ApiKey,
            Kind::Job,
            Kind::CampaignHere,
            Kind::CodeHere,
            Kind::GrantBook,
            Kind::LeasesOut,
            Kind::LeasesReturning,
        ];
        for kind in kinds {
            expected.compare(snapshot, self.bucket, (kind, &[], &[]), found, |_, _, _| {})?;
        }
        // Keys that no account used: between those of accounts, which are together within a day.
        let mut from = Vec::new();
        for day in &self.days {
            let to = [&day.to_be_bytes()[..], b"a"].concat();
            expected.compare(snapshot, self.bucket, (Kind::RecentKeys, &from, &to), found, |_, _, _| {})?;
            from = [&day.to_be_bytes()[..], b"b"].concat();
        }
        expected.compare(snapshot, self.bucket, (Kind::RecentKeys, &from, &[]), found, |_, _, _| {})?;
        expected.end(self.bucket, found);
        Ok(())
    }

    /// Stock is counted in the journal's order, all else of an allowance's counters lane by lane.
    fn join_counters(&mut self) {
        for (campaign, (counters, version)) in std::mem::take(&mut self.counters) {
            let key = Key::Allowance(self.bucket, campaign);
            let mut allowance = self.beside.allowance_in(self.beside.bucket(), campaign).cloned().unwrap_or_default();
            let version = self.beside.version(&key).unwrap_or_default().max(version);
            allowance = Allowance { counters: allowance.counters.plus(counters), ..allowance };
            self.beside.insert(key, Some((version, Aggregate::Allowance(allowance))));
        }
    }
}

fn encoded<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing to memory doesn't fail")
}

fn decoded<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> T {
    minicbor::decode(bytes).expect("it was read before it was put aside")
}
