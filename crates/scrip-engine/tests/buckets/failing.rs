//! A sequencer that fails itself, not with a command.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use scrip_core::{
    slot::{Bucket, Buckets},
    time::Zones,
};
use scrip_engine::{Engine, EngineError, EngineOptions, Random, Secrets, SystemClock};
use scrip_store::{
    Projection, Repair, Snapshot, Store, StoreError, Transaction, Writer, memory::MemoryStore, secret::WrappedSecret,
};

use crate::market::place;

/// A store whose next transaction panics once it is told to.
struct FailingStore {
    inner: MemoryStore,
    fails: Arc<AtomicBool>,
}

struct FailingWriter {
    inner: Box<dyn Writer>,
    fails: Arc<AtomicBool>,
}

impl Store for FailingStore {
    fn buckets(&self) -> Buckets {
        self.inner.buckets()
    }

    fn writer(&self, bucket: Bucket) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(FailingWriter { inner: self.inner.writer(bucket)?, fails: self.fails.clone() }))
    }

    fn projection(&self, follower: &'static str) -> Result<Box<dyn Projection>, StoreError> {
        self.inner.projection(follower)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
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
}

impl Writer for FailingWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        assert!(!self.fails.load(Ordering::SeqCst), "a fault made on purpose");
        self.inner.begin()
    }
}

#[test]
fn a_sequencer_that_fails_itself_ends_the_writing_and_whoever_runs_the_process_is_told_once() {
    let fails = Arc::new(AtomicBool::new(false));
    let told = Arc::new(Mutex::new(Vec::new()));
    let tells = told.clone();
    let options = EngineOptions {
        secrets: Secrets::from_master(&[7; 32]),
        clock: Arc::new(SystemClock),
        zones: Zones::bundled(),
        random: Random::system(),
        on_failure: Box::new(move |why| tells.lock().expect("nobody panics holding it").push(why.to_owned())),
    };
    let store = FailingStore { inner: MemoryStore::new(Buckets::ONE), fails: fails.clone() };
    let engine = Engine::start(Arc::new(store), options).expect("an empty store");
    engine.submit_blocking(place("ana", "A-1", Vec::new()), None).expect("placed");
    assert!(engine.is_ready());
    fails.store(true, Ordering::SeqCst);
    let answer = engine.submit_blocking(place("ana", "A-2", Vec::new()), None);
    assert_eq!(answer, Err(EngineError::Fault));
    // Its queue is gone with it: nobody waits for what nobody does.
    while engine.is_ready() {
        std::thread::yield_now();
    }
    let later = engine.submit_blocking(place("ana", "A-3", Vec::new()), None);
    assert!(matches!(later, Err(EngineError::Unavailable(_) | EngineError::Fault)), "{later:?}");
    assert_eq!(*told.lock().expect("nobody panics holding it"), ["a sequencer failed unexpectedly"]);
    engine.stop();
}
