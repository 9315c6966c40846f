//! The in-memory store behind weather: what is unavailable, what is committed and nobody learns of, what fails for good.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scrip_core::{
    slot::{Bucket, Buckets},
    state::{Key, Kind},
};
use scrip_store::{
    Batch, Document, Followed, Head, Projection, Rebuild, Repair, Snapshot, Store, StoreError, TableSet, Transaction,
    Writer,
    frame::Frame,
    members::{Member, MemberId, Members},
    memory::MemoryStore,
    secret::WrappedSecret,
};

use crate::chance::Chance;

/// A node's handle of the store that all nodes share.
#[derive(Clone)]
pub struct WeatheredStore {
    inner: MemoryStore,
    weather: Arc<Weather>,
}

/// What goes wrong, and what was committed. Shared by all nodes, and outlives them.
pub struct Weather(Mutex<Sky>);

struct Sky {
    chance: Chance,
    storm: bool,
    /// Whether reads from before the lock are possible at all.
    stale: bool,
    committed: Vec<Frame>,
    /// Documents that are fought over, as they are and as they were before their last change.
    contested: HashMap<Key, (Document, Option<Document>)>,
    read_stale: bool,
    felt: Felt,
}

/// How often each thing went wrong.
#[derive(Clone, Copy, Default, Debug)]
pub struct Felt {
    pub unavailable: u64,
    pub unknown: u64,
    pub failed: u64,
    pub unread: u64,
    pub stale: u64,
}

impl Felt {
    pub const fn all(&self) -> u64 {
        self.unavailable + self.unknown + self.failed + self.unread + self.stale
    }
}

impl Weather {
    pub fn new(chance: Chance, stale: bool) -> Self {
        Self(Mutex::new(Sky {
            chance,
            storm: false,
            stale,
            committed: Vec::new(),
            contested: HashMap::new(),
            read_stale: false,
            felt: Felt::default(),
        }))
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_storm(&self, storm: bool) {
        self.sky().storm = storm;
    }

    /// No more surprises: what is left is finished in peace.
    pub fn clear_up(&self) {
        let mut sky = self.sky();
        (sky.storm, sky.stale) = (false, false);
    }

    /// The frames that were committed since the last call, in that order.
    pub fn take_committed(&self) -> Vec<Frame> {
        std::mem::take(&mut self.sky().committed)
    }

    /// Whether since the last call something was decided, and not committed, on what somebody else had changed.
    pub fn take_read_stale(&self) -> bool {
        std::mem::take(&mut self.sky().read_stale)
    }

    pub fn felt(&self) -> Felt {
        self.sky().felt
    }
}

fn unavailable(operation: &'static str) -> StoreError {
    StoreError::Unavailable { operation, source: "simulated".into() }
}

impl Sky {
    fn strikes(&mut self, one_in: usize) -> bool {
        self.storm && self.chance.one_in(one_in)
    }

    fn remember(&mut self, batch: &Batch) {
        for save in &batch.saves {
            let Some(body) = &save.body else { continue };
            if matches!(save.key.kind(), Kind::Allowance | Kind::Wallet | Kind::Code) {
                let now = Document { version: batch.frame.last_position(), body: body.clone() };
                let before = self.contested.remove(&save.key).map(|(last, _)| last);
                self.contested.insert(save.key.clone(), (now, before));
            }
        }
    }
}

impl WeatheredStore {
    pub const fn new(inner: MemoryStore, weather: Arc<Weather>) -> Self {
        Self { inner, weather }
    }
}

impl Store for WeatheredStore {
    fn buckets(&self) -> Buckets {
        self.inner.buckets()
    }

    fn writer(&self, bucket: Bucket) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(WeatheredWriter { inner: self.inner.writer(bucket)?, weather: self.weather.clone() }))
    }

    fn projection(&self, follower: &'static str) -> Result<Box<dyn Projection>, StoreError> {
        Ok(Box::new(WeatheredProjection { inner: self.inner.projection(follower)?, weather: self.weather.clone() }))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(40) {
            sky.felt.unread += 1;
            return Err(unavailable("read"));
        }
        self.inner.snapshot()
    }

    fn revision(&self) -> Result<u32, StoreError> {
        self.inner.revision()
    }

    fn repair(&self) -> Result<Box<dyn Repair + '_>, StoreError> {
        self.inner.repair()
    }

    fn replace_secrets(&self, read: &[WrappedSecret], new: &[WrappedSecret]) -> Result<(), StoreError> {
        self.inner.replace_secrets(read, new)
    }

    fn members(&self) -> Option<&dyn Members> {
        self.inner.members().map(|_| self as &dyn Members)
    }
}

impl WeatheredStore {
    /// What is done with the list of members: or not, or nobody learns of it.
    fn of_members<T>(&self, work: impl FnOnce(&dyn Members) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(25) {
            sky.felt.unavailable += 1;
            return Err(unavailable("members"));
        }
        let done = self.inner.members().map_or_else(|| Err(unavailable("members")), work)?;
        if sky.strikes(25) {
            sky.felt.unknown += 1;
            return Err(unavailable("answer of members"));
        }
        Ok(done)
    }
}

impl Members for WeatheredStore {
    fn join(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<(), StoreError> {
        self.of_members(|members| members.join(id, followed))
    }

    fn renew(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<bool, StoreError> {
        self.of_members(|members| members.renew(id, followed))
    }

    fn leave(&self, id: MemberId) -> Result<(), StoreError> {
        self.of_members(|members| members.leave(id))
    }

    fn strike(&self, id: MemberId, renewal: u64) -> Result<bool, StoreError> {
        self.of_members(|members| members.strike(id, renewal))
    }

    fn all(&self) -> Result<Vec<Member>, StoreError> {
        self.of_members(|members| members.all())
    }
}

struct WeatheredProjection {
    inner: Box<dyn Projection>,
    weather: Arc<Weather>,
}

impl WeatheredProjection {
    /// What a follower writes: or not, or nobody learns of it.
    fn following<T>(
        &mut self,
        write: impl FnOnce(&mut dyn Projection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(25) {
            sky.felt.unavailable += 1;
            return Err(unavailable("following"));
        }
        let written = write(&mut *self.inner)?;
        if sky.strikes(25) {
            sky.felt.unknown += 1;
            return Err(unavailable("answer of following"));
        }
        Ok(written)
    }
}

impl Projection for WeatheredProjection {
    fn write(&mut self, set: TableSet, followed: &Followed) -> Result<Duration, StoreError> {
        self.following(|inner| inner.write(set, followed))
    }

    fn rebuild(&mut self, revision: u32) -> Result<Rebuild, StoreError> {
        self.following(|inner| inner.rebuild(revision))
    }

    fn show_rebuilt(&mut self) -> Result<bool, StoreError> {
        self.following(|inner| inner.show_rebuilt())
    }
}

struct WeatheredWriter {
    inner: Box<dyn Writer>,
    weather: Arc<Weather>,
}

impl Writer for WeatheredWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(30) {
            sky.felt.unavailable += 1;
            return Err(unavailable("begin"));
        }
        let stale = sky.stale && sky.chance.one_in(40);
        drop(sky);
        let transaction =
            WeatheredTransaction { inner: Some(self.inner.begin()?), weather: &self.weather, stale, old: Vec::new() };
        Ok(Box::new(transaction))
    }
}

struct WeatheredTransaction<'w> {
    inner: Option<Box<dyn Transaction + 'w>>,
    weather: &'w Weather,
    /// Reads one document as it was before its last change: as if it had been read before the bucket was locked.
    stale: bool,
    old: Vec<Key>,
}

impl WeatheredTransaction<'_> {
    fn make_stale(&mut self, keys: &[Key], found: &mut [Option<Document>]) {
        let sky = self.weather.sky();
        for (key, found) in keys.iter().zip(found) {
            if self.old.is_empty()
                && let Some((_, before)) = sky.contested.get(key)
            {
                found.clone_from(before);
                self.old.push(key.clone());
            }
        }
    }
}

impl Transaction for WeatheredTransaction<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        self.inner.as_mut().expect("open until it is committed").head()
    }

    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(60) {
            sky.felt.unread += 1;
            return Err(unavailable("load"));
        }
        drop(sky);
        let mut found = self.inner.as_mut().expect("open until it is committed").load(keys)?;
        if self.stale {
            self.make_stale(keys, &mut found);
        }
        Ok(found)
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), StoreError> {
        let mut sky = self.weather.sky();
        if sky.strikes(25) {
            sky.felt.unavailable += 1;
            return Err(unavailable("commit"));
        }
        // What was read and isn't saved has no version that could be checked: here the lock is lost instead.
        let unchecked = self.old.iter().any(|key| batch.saves.iter().all(|save| save.key != *key));
        if unchecked {
            sky.felt.stale += 1;
            return Err(unavailable("commit without the lock"));
        }
        let fails = sky.strikes(150);
        if fails && sky.chance.percent(50) {
            sky.felt.failed += 1;
            return Err(StoreError::Failed { operation: "commit", source: "simulated".into() });
        }
        let inner = self.inner.take().expect("open until it is committed");
        if !self.old.is_empty() {
            sky.felt.stale += 1;
        }
        self.old.clear();
        inner.commit(batch)?;
        sky.committed.push(batch.frame.clone());
        if sky.stale {
            sky.remember(batch);
        }
        if fails {
            sky.felt.failed += 1;
            return Err(StoreError::Failed { operation: "sync", source: "simulated".into() });
        }
        if sky.strikes(25) {
            sky.felt.unknown += 1;
            return Err(unavailable("answer of commit"));
        }
        Ok(())
    }
}

impl Drop for WeatheredTransaction<'_> {
    fn drop(&mut self) {
        if !self.old.is_empty() {
            self.weather.sky().read_stale = true;
        }
    }
}
