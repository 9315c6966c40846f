//! The memory store does what every backend must.

use scrip_core::slot::Buckets;
use scrip_store::{Store, conformance::conformance, memory::MemoryStore};

fn with(buckets: u32) -> Box<dyn Store> {
    Box::new(MemoryStore::new(Buckets::new(buckets).expect("a power of two")))
}

#[test]
fn the_memory_store_conforms_with_one_bucket() {
    conformance(|| with(1));
}

#[test]
fn the_memory_store_conforms_with_eight_buckets() {
    conformance(|| with(8));
}

#[test]
fn the_memory_store_conforms_where_several_processes_serve() {
    conformance(|| Box::new(MemoryStore::with_members(Buckets::new(8).expect("a power of two"))));
}

#[test]
fn a_clone_is_a_handle_of_the_same_store() {
    let store = MemoryStore::new(Buckets::ONE);
    let bucket = store.buckets().all().next().expect("a store has a bucket");
    let _writer = store.writer(bucket).expect("the first");
    assert!(store.clone().writer(bucket).is_err());
}
