use scrip_core::slot::{Bucket, Buckets};

use super::Log;

/// Something of which there is only so much: what was given out, and who has which part of it.
#[derive(Debug)]
pub struct PoolModel {
    pub used: u64,
    /// `used` over time.
    pub log: Log,
    pub quotas: Vec<QuotaModel>,
}

/// A bucket's part of a pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuotaModel {
    pub used: u64,
    pub received: u64,
    /// Used beyond what was received: cancelling one seller judges no budget.
    pub overdrawn: u64,
    /// Granted at home and not received yet.
    pub to_come: u64,
    /// Returned and not taken back at home yet.
    pub going_back: u64,
    pub granted: u32,
    pub got: u32,
    pub returned: u32,
    pub taken_back: u32,
}

impl PoolModel {
    pub fn new(buckets: Buckets) -> Self {
        Self { used: 0, log: Log::default(), quotas: vec![QuotaModel::default(); buckets.count() as usize] }
    }

    pub fn of(&self, bucket: Bucket) -> &QuotaModel {
        &self.quotas[usize::from(bucket.get())]
    }

    pub fn of_mut(&mut self, bucket: Bucket) -> &mut QuotaModel {
        &mut self.quotas[usize::from(bucket.get())]
    }

    pub fn take(&mut self, bucket: Bucket, amount: u64, seq: u64) {
        self.used += amount;
        self.of_mut(bucket).used += amount;
        self.log.set(seq, self.used);
    }

    /// `false`: that much wasn't taken.
    pub fn give_back(&mut self, bucket: Bucket, amount: u64, seq: u64) -> bool {
        let quota = self.of_mut(bucket);
        if quota.used < amount {
            return false;
        }
        quota.used -= amount;
        self.used -= amount;
        self.log.set(seq, self.used);
        true
    }

    /// All that is granted, underway in either direction included.
    pub fn granted(&self) -> u64 {
        self.quotas.iter().map(|quota| quota.received + quota.to_come + quota.going_back).sum()
    }

    pub fn overdrawn(&self) -> u64 {
        self.quotas.iter().map(|quota| quota.overdrawn).sum()
    }
}
