//! What the tables for people lag behind with.

use std::collections::HashSet;

use scrip_core::{
    event::Event,
    id::CampaignId,
    name::AccountId,
    slot::{Bucket, Buckets},
};
use scrip_store::{Snapshot, StoreError, frame::Frame, people::Row};

use crate::follow::{PEOPLE, People, is_older};

/// Frames read at once.
const PAGE: usize = 32;

/// What the events are about that the tables in the store don't have yet: its rows may be as they were, or as they are.
#[derive(Default)]
pub(super) struct Unfollowed {
    accounts: HashSet<AccountId>,
    campaigns: HashSet<CampaignId>,
    /// The tables were made by older rules: nothing is compared with them.
    everything: bool,
    /// How far the tables have followed each bucket.
    followed: Vec<(Bucket, u64)>,
}

impl Unfollowed {
    /// No row is looked at.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Reads the journals from where the tables are. Where one can't be read, the replay stops and says so.
    ///
    /// Errors: those of the store.
    pub fn of(snapshot: &mut dyn Snapshot, buckets: Buckets) -> Result<Self, StoreError> {
        let mut found = Self { everything: is_older(snapshot, buckets, &People)?, ..Self::default() };
        for bucket in buckets.all() {
            let followed = snapshot.followed(PEOPLE, bucket)?;
            found.followed.push((bucket, followed));
            if !found.everything {
                found.note(snapshot, bucket, followed)?;
            }
        }
        Ok(found)
    }

    fn note(&mut self, snapshot: &mut dyn Snapshot, bucket: Bucket, followed: u64) -> Result<(), StoreError> {
        let mut next = followed.saturating_add(1);
        loop {
            let frames = snapshot.frames(bucket, next, PAGE)?;
            if frames.is_empty() {
                return Ok(());
            }
            for bytes in frames {
                let Ok((frame, _)) = Frame::decode(&bytes) else { return Ok(()) };
                let Ok(events) = frame.events() else { return Ok(()) };
                if frame.last_position() < next {
                    return Ok(());
                }
                next = frame.last_position() + 1;
                events.iter().filter(|event| event.position > followed).for_each(|event| self.add(&event.event));
            }
        }
    }

    fn add(&mut self, event: &Event) {
        match event.account() {
            Some(account) => drop(self.accounts.insert(account.clone())),
            // What accounts do changes no row of a campaign or of its codes.
            None => self.campaigns.extend(event.campaign()),
        }
    }

    /// Whether no row is compared.
    pub const fn is_everything(&self) -> bool {
        self.everything
    }

    /// How far the tables have followed a bucket.
    pub fn followed(&self, bucket: Bucket) -> u64 {
        self.followed.iter().find(|(known, _)| *known == bucket).map_or(0, |(_, followed)| *followed)
    }

    pub fn has_account(&self, account: &AccountId) -> bool {
        self.everything || self.accounts.contains(account)
    }

    pub fn has(&self, row: &Row) -> bool {
        self.everything
            || row.account().is_some_and(|account| self.accounts.contains(account))
            || row.campaign().is_some_and(|campaign| self.campaigns.contains(&campaign))
    }

    pub fn has_document(&self, key: &[u8]) -> bool {
        let account = key.split(|&byte| byte == 0).next().unwrap_or(key);
        self.everything
            || !self.accounts.is_empty()
                && std::str::from_utf8(account).is_ok_and(|account| self.accounts.contains(&AccountId::stored(account)))
    }
}
