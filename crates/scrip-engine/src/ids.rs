use rand::{Rng, SeedableRng, rngs::StdRng};
use scrip_core::id::IdSource;

/// Random bits for ids, from a generator that the operating system seeded.
pub(crate) struct RandomIds(StdRng);

impl RandomIds {
    pub fn new() -> Self {
        Self(StdRng::from_os_rng())
    }

    pub fn batch_id(&mut self) -> [u8; 16] {
        self.0.random()
    }
}

impl IdSource for RandomIds {
    fn random(&mut self) -> u64 {
        self.0.random()
    }
}
