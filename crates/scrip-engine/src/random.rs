//! Random bits: the operating system's, or, for walks that must repeat, those of a seed.

use std::sync::{Mutex, PoisonError};

use rand::{
    Rng, RngCore, SeedableRng, TryRngCore,
    rngs::{OsRng, StdRng},
};
use scrip_core::id::IdSource;

/// Where ids, batch ids and codes get their bits from.
#[derive(Debug)]
pub struct Random(Option<Mutex<StdRng>>);

impl Random {
    /// The operating system's generator: what can't be guessed must come from here.
    pub const fn system() -> Self {
        Self(None)
    }

    /// The same bits in the same order each time. Only for simulations: codes made with it can be guessed.
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            None => fill_random(bytes),
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes),
        }
    }

    /// Bits for ids: unique rather than secret, so a fast generator with a seed of ours will do.
    pub(crate) fn ids(&self) -> RandomIds {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        RandomIds(StdRng::from_seed(seed))
    }
}

/// Fills with bytes of the operating system's generator.
pub fn fill_random(bytes: &mut [u8]) {
    OsRng.try_fill_bytes(bytes).expect("the operating system has a random generator");
}

/// Random bits for ids.
pub(crate) struct RandomIds(StdRng);

impl RandomIds {
    pub fn batch_id(&mut self) -> [u8; 16] {
        self.0.random()
    }
}

impl IdSource for RandomIds {
    fn random(&mut self) -> u64 {
        self.0.random()
    }
}
