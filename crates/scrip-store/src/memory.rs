//! The store in memory: the oracle that other backends are compared with. It keeps nothing when the process ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use scrip_core::{
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId},
    slot::{Bucket, Buckets},
    state::{Key, Kind},
};

mod members;
mod rebuilds;
mod sums;
mod tables;

use self::{rebuilds::Rebuilds, sums::Sums};
pub use crate::people::Tables;
use crate::{
    Audit, Batch, Document, Followed, Head, MadeBy, Projection, ReadDocuments, ReadJournal, ReadTables, Rebuild,
    Repair, RepairedDocument, Save, Snapshot, Store, StoreError, TableSet, Transaction, Writer,
    frame::Frame,
    members::{Member, MemberId, Members},
    people::{DistributionRow, OrderCursor, OrderFilter, Page, Row, TableName},
    secret::WrappedSecret,
    sums::{Sum, SumTable},
};

/// Buckets of documents and frames, and the tables for people, behind one lock. Clones are handles of the same store.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    buckets: Buckets,
    committed: Arc<Mutex<Committed>>,
    /// Buckets whose writer lives in this process.
    writers: Arc<Mutex<BTreeSet<Bucket>>>,
    /// Whether the processes that serve wait for each other.
    has_members: bool,
    members: Arc<Mutex<BTreeMap<MemberId, Member>>>,
}

/// All that was committed. A clone is a snapshot: a commit copies the parts that it changes while a snapshot has them.
#[derive(Clone, Debug, Default)]
struct Committed {
    buckets: BTreeMap<Bucket, Arc<BucketContent>>,
    tables: Arc<Tables>,
    sums: Arc<Sums>,
    /// How far each follower came in each bucket.
    followed: BTreeMap<(String, Bucket), u64>,
    rebuilds: Rebuilds,
    revision: u32,
    /// By purpose and number.
    secrets: Vec<WrappedSecret>,
}

#[derive(Clone, Debug, Default)]
struct BucketContent {
    head: Head,
    documents: BTreeMap<(Kind, Vec<u8>), Document>,
    /// Encoded frames by their first position.
    frames: BTreeMap<u64, Arc<Vec<u8>>>,
}

impl MemoryStore {
    pub fn new(buckets: Buckets) -> Self {
        let (committed, writers, members) = <_>::default();
        Self { buckets, committed, writers, has_members: false, members }
    }

    /// One that several processes serve from.
    pub fn with_members(buckets: Buckets) -> Self {
        Self { has_members: true, ..Self::new(buckets) }
    }

    /// A handle as another process has it: the same content, and writers of its own.
    #[must_use]
    pub fn of_another_process(&self) -> Self {
        Self { writers: Arc::default(), ..self.clone() }
    }

    /// As if an earlier build's rules had made the follower's tables: for trying what a newer one does then, while nobody follows.
    pub fn made_by_older_rules(&self, follower: &str) {
        self.committed().rebuilds.shown.remove(follower);
    }

    /// An order's rows in the tables for people: for comparing them after every step.
    pub fn rows_of_order(&self, account: &AccountId, order: &OrderId) -> Vec<Row> {
        self.committed().tables.of_order(account, order)
    }

    /// A coupon's row.
    pub fn row_of_coupon(&self, coupon: CouponId) -> Option<Row> {
        self.committed().tables.of_coupon(coupon)
    }

    fn committed(&self) -> MutexGuard<'_, Committed> {
        lock(&self.committed)
    }
}

/// What a panic left behind is whole: commits check everything before they change anything.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    fn buckets(&self) -> Buckets {
        self.buckets
    }

    fn writer(&self, bucket: Bucket) -> Result<Box<dyn Writer>, StoreError> {
        if !self.buckets.all().any(|known| known == bucket) {
            return Err(StoreError::Damaged { what: format!("there is no bucket {}", bucket.get()) });
        }
        if !lock(&self.writers).insert(bucket) {
            return Err(StoreError::Conflict { what: format!("bucket {} has a writer already", bucket.get()) });
        }
        Ok(Box::new(MemoryWriter { store: self.clone(), bucket }))
    }

    fn projection(&self, follower: &'static str) -> Result<Box<dyn Projection>, StoreError> {
        Ok(Box::new(MemoryProjection { store: self.clone(), follower }))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        Ok(Box::new(MemorySnapshot { buckets: self.buckets, committed: self.committed().clone() }))
    }

    fn revision(&self) -> Result<u32, StoreError> {
        Ok(self.committed().revision)
    }

    fn repair(&self) -> Result<Box<dyn Repair + '_>, StoreError> {
        if !lock(&self.writers).is_empty() {
            return Err(StoreError::Conflict { what: "a bucket has a writer".to_owned() });
        }
        Ok(Box::new(MemoryRepair { store: self, repaired: Vec::new() }))
    }

    fn replace_secrets(&self, read: &[WrappedSecret], new: &[WrappedSecret]) -> Result<(), StoreError> {
        let mut committed = self.committed();
        let mut new = new.to_vec();
        new.sort_by_key(|secret| (secret.purpose, secret.number));
        let twice = new.windows(2).any(|two| (two[0].purpose, two[0].number) == (two[1].purpose, two[1].number));
        if committed.secrets != read || twice {
            return Err(WrappedSecret::conflict());
        }
        committed.secrets = new;
        Ok(())
    }

    fn members(&self) -> Option<&dyn Members> {
        self.has_members.then_some(self as &dyn Members)
    }
}

struct MemoryRepair<'s> {
    store: &'s MemoryStore,
    repaired: Vec<RepairedDocument>,
}

impl Repair for MemoryRepair<'_> {
    fn write(&mut self, repaired: &RepairedDocument) -> Result<(), StoreError> {
        self.repaired.push(repaired.clone());
        Ok(())
    }

    fn commit(self: Box<Self>, revision: u32) -> Result<(), StoreError> {
        let mut committed = self.store.committed();
        for RepairedDocument { bucket, kind, key, document } in self.repaired {
            let content = Arc::make_mut(committed.buckets.entry(bucket).or_default());
            match document {
                Some(document) => drop(content.documents.insert((kind, key), document)),
                None => drop(content.documents.remove(&(kind, key))),
            }
        }
        committed.revision = revision;
        Ok(())
    }
}

struct MemoryWriter {
    store: MemoryStore,
    bucket: Bucket,
}

impl Writer for MemoryWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        Ok(Box::new(MemoryTransaction { store: &self.store, bucket: self.bucket }))
    }
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        lock(&self.store.writers).remove(&self.bucket);
    }
}

struct MemoryTransaction<'w> {
    store: &'w MemoryStore,
    bucket: Bucket,
}

impl Transaction for MemoryTransaction<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        Ok(self.store.committed().head(self.bucket))
    }

    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        Ok(self.store.committed().load(self.store.buckets, keys))
    }

    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), StoreError> {
        let mut committed = self.store.committed();
        // Everything is checked before anything changes.
        committed.head(self.bucket).check_next(self.bucket, &batch.frame)?;
        committed.check_saves(self.store.buckets, batch)?;

        let content = Arc::make_mut(committed.buckets.entry(self.bucket).or_default());
        content.append(&batch.frame);
        for save in &batch.saves {
            content.save(batch.frame.last_position(), save);
        }
        Ok(())
    }
}

struct MemoryProjection {
    store: MemoryStore,
    follower: &'static str,
}

impl Projection for MemoryProjection {
    fn write(&mut self, set: TableSet, followed: &Followed) -> Result<Duration, StoreError> {
        let started = Instant::now();
        let committed = &mut *self.store.committed();
        match set {
            TableSet::Shown => {
                let at = committed.followed.entry((self.follower.to_owned(), followed.bucket)).or_default();
                write(followed, at, &mut committed.tables, &mut committed.sums)?;
            }
            TableSet::Rebuilt => committed.rebuilds.write(self.follower, followed)?,
        }
        Ok(started.elapsed())
    }

    fn rebuild(&mut self, revision: u32) -> Result<Rebuild, StoreError> {
        self.store.committed().rebuild(self.follower, revision)
    }

    fn show_rebuilt(&mut self) -> Result<bool, StoreError> {
        self.store.committed().show_rebuilt(self.follower)
    }
}

/// Writes a window to tables that have come to `at`; everything is checked before anything changes.
fn write(followed: &Followed, at: &mut u64, tables: &mut Arc<Tables>, sums: &mut Arc<Sums>) -> Result<(), StoreError> {
    if *at != followed.from {
        return Err(followed.conflict(*at));
    }
    tables.check(&followed.rows)?;
    let mut more = Arc::clone(sums);
    followed.added.iter().try_for_each(|added| Arc::make_mut(&mut more).add(added))?;
    *sums = more;
    Arc::make_mut(tables).write(&followed.rows);
    *at = followed.to;
    Ok(())
}

impl BucketContent {
    fn append(&mut self, frame: &Frame) {
        let (bytes, hash) = frame.encode();
        self.frames.insert(frame.first, Arc::new(bytes));
        self.head = Head::after(frame, hash);
    }

    fn save(&mut self, version: u64, save: &Save) {
        let key = (save.key.kind(), save.key.bytes());
        match &save.body {
            Some(body) => {
                self.documents.insert(key, Document { version, body: body.clone() });
            }
            None => {
                self.documents.remove(&key);
            }
        }
    }
}

impl Committed {
    fn head(&self, bucket: Bucket) -> Head {
        self.buckets.get(&bucket).map(|content| content.head).unwrap_or_default()
    }

    fn followed(&self, follower: &str, bucket: Bucket) -> u64 {
        self.followed.get(&(follower.to_owned(), bucket)).copied().unwrap_or(0)
    }

    fn load(&self, buckets: Buckets, keys: &[Key]) -> Vec<Option<Document>> {
        let load = |key: &Key| {
            let content = self.buckets.get(&key.bucket(buckets))?;
            content.documents.get(&(key.kind(), key.bytes())).cloned()
        };
        keys.iter().map(load).collect()
    }

    /// Every save names the version that is there, and no document twice.
    fn check_saves(&self, buckets: Buckets, batch: &Batch) -> Result<(), StoreError> {
        let mut seen = BTreeSet::new();
        for save in &batch.saves {
            if save.key.bucket(buckets) != batch.frame.bucket {
                return Err(save.in_another_bucket());
            }
            let found = self.load(buckets, std::slice::from_ref(&save.key));
            let version = found[0].as_ref().map(|document| document.version);
            let as_read = version == save.read || scrip_faults::is(scrip_faults::Fault::RowsNotChecked);
            if !as_read || !seen.insert(&save.key) {
                return Err(save.conflict());
            }
        }
        Ok(())
    }
}

struct MemorySnapshot {
    buckets: Buckets,
    committed: Committed,
}

impl MemorySnapshot {
    fn documents(&self, bucket: Bucket) -> impl Iterator<Item = (Kind, &Vec<u8>, &Document)> {
        let content = self.committed.buckets.get(&bucket);
        content.into_iter().flat_map(|content| &content.documents).map(|((kind, key), found)| (*kind, key, found))
    }
}

impl Snapshot for MemorySnapshot {
    fn secrets(&mut self) -> Result<Vec<WrappedSecret>, StoreError> {
        Ok(self.committed.secrets.clone())
    }
}

impl ReadDocuments for MemorySnapshot {
    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        Ok(self.committed.load(self.buckets, keys))
    }

    fn scan(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Document)>, StoreError> {
        let within = |key: &[u8]| key >= from && (to.is_empty() || key < to);
        Ok(self
            .documents(bucket)
            .filter(|(found, key, _)| *found == kind && within(key))
            .map(|(_, key, document)| (key.clone(), document.clone()))
            .take(limit)
            .collect())
    }
}

impl ReadJournal for MemorySnapshot {
    fn head(&mut self, bucket: Bucket) -> Result<Head, StoreError> {
        Ok(self.committed.head(bucket))
    }

    fn frames(&mut self, bucket: Bucket, position: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let Some(content) = self.committed.buckets.get(&bucket) else { return Ok(vec![]) };
        if position > content.head.position {
            return Ok(vec![]);
        }
        let first = content.frames.range(..=position).next_back().map_or(0, |(first, _)| *first);
        Ok(content.frames.range(first..).map(|(_, frame)| frame.to_vec()).take(limit).collect())
    }
}

impl ReadTables for MemorySnapshot {
    fn followed(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError> {
        Ok(self.committed.followed(follower, bucket))
    }

    fn made_by(&mut self, follower: &str) -> Result<MadeBy, StoreError> {
        Ok(self.committed.rebuilds.made_by(follower))
    }

    fn rebuilt(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError> {
        Ok(self.committed.rebuilds.followed(follower, bucket))
    }

    fn coupon_owner(&mut self, coupon: CouponId) -> Result<Option<AccountId>, StoreError> {
        Ok(self.committed.tables.coupon_owner(coupon))
    }

    fn orders(&mut self, filter: &OrderFilter, limit: usize) -> Result<Vec<OrderCursor>, StoreError> {
        Ok(self.committed.tables.orders(filter, limit))
    }

    fn page(&mut self, table: TableName, page: &Page<'_>) -> Result<Vec<Row>, StoreError> {
        Ok(self.committed.tables.page(table, page))
    }

    fn sums(&mut self, table: &SumTable, first: Option<&str>) -> Result<Vec<Sum>, StoreError> {
        Ok(self.committed.sums.of(table, first))
    }

    fn distribution(&mut self, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, StoreError> {
        Ok(self.committed.tables.distribution(campaign))
    }
}

impl Audit for MemorySnapshot {
    fn rows_of_accounts(&mut self, table: TableName, from: &str, to: &str) -> Result<Vec<Row>, StoreError> {
        Ok(self.committed.tables.rows_of_accounts(table, from, to))
    }

    fn rows(&mut self, table: TableName, after: Option<&Row>, limit: usize) -> Result<Vec<Row>, StoreError> {
        Ok(self.committed.tables.rows(table, after, limit))
    }

    fn all_rows(&mut self) -> Result<Vec<Row>, StoreError> {
        Ok(self.committed.tables.all())
    }

    fn all_documents(&mut self, bucket: Bucket) -> Result<Vec<(Kind, Vec<u8>, Document)>, StoreError> {
        Ok(self.documents(bucket).map(|(kind, key, document)| (kind, key.clone(), document.clone())).collect())
    }
}
