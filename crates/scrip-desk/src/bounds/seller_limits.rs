//! What the platform lets a seller have (S2): campaigns, codes, jobs, and how large a scope may be. An operator's calls are
//! bound by none of it.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
    sync::{Arc, Mutex},
};

use scrip_core::{
    campaign::{Campaign, CampaignStage, Scope, Terms},
    name::SellerId,
    reason::{Reason, Refusal},
    time::Timestamp,
};
use scrip_engine::{Registry, SellerUse};
use tokio::sync::OwnedMutexGuard;

use crate::counted;

/// The limits of one seller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SellerLimits {
    /// Campaigns in all, whatever became of them: their terms are kept for ever.
    pub campaigns: u64,
    pub campaigns_draft: u64,
    /// Published, neither ended nor closed by the clock.
    pub campaigns_live: u64,
    /// Unique codes that it has asked for, made or to be made; those of deleted drafts too.
    pub codes: u64,
    pub codes_per_campaign: u64,
    /// Shared codes that were added, those that were taken back too.
    pub shared_codes: u64,
    pub shared_codes_per_campaign: u64,
    /// Jobs that have codes to make.
    pub jobs: u64,
    /// Entries of all lists of one campaign's scope together.
    pub scope_entries: u64,
    /// Of all its campaigns together, whatever became of them: their terms stay in memory.
    pub scope_entries_in_all: u64,
}

impl Default for SellerLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl SellerLimits {
    pub const DEFAULT: Self = Self {
        campaigns: 5_000,
        campaigns_draft: 100,
        campaigns_live: 200,
        codes: 10_000_000,
        codes_per_campaign: 5_000_000,
        shared_codes: 500,
        shared_codes_per_campaign: 100,
        jobs: 10,
        scope_entries: 2_000,
        scope_entries_in_all: 200_000,
    };

    /// The names of the limits, as settings and refusals say them.
    pub const NAMES: [&str; 10] = [
        "campaigns",
        "campaigns_draft",
        "campaigns_live",
        "codes",
        "codes_per_campaign",
        "shared_codes",
        "shared_codes_per_campaign",
        "jobs",
        "scope_entries",
        "scope_entries_in_all",
    ];

    fn named_mut(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "campaigns" => &mut self.campaigns,
            "campaigns_draft" => &mut self.campaigns_draft,
            "campaigns_live" => &mut self.campaigns_live,
            "codes" => &mut self.codes,
            "codes_per_campaign" => &mut self.codes_per_campaign,
            "shared_codes" => &mut self.shared_codes,
            "shared_codes_per_campaign" => &mut self.shared_codes_per_campaign,
            "jobs" => &mut self.jobs,
            "scope_entries" => &mut self.scope_entries,
            "scope_entries_in_all" => &mut self.scope_entries_in_all,
            _ => return None,
        })
    }
}

/// Another limit for one seller, as a setting says it: `luma:campaigns_live=500`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Debug)]
pub struct SellerLimit {
    pub seller: SellerId,
    pub name: &'static str,
    pub limit: u64,
}

/// A text that is no limit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no limit of a seller: write seller:name=number, the name one of {names}", names = SellerLimits::NAMES.join(", "))]
pub struct NoSellerLimit(String);

impl FromStr for SellerLimit {
    type Err = NoSellerLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (whose, limit) = text.rsplit_once('=')?;
            // A seller's id may hold colons, a name doesn't.
            let (seller, name) = whose.rsplit_once(':')?;
            let name = SellerLimits::NAMES.into_iter().find(|known| *known == name)?;
            Some(Self { seller: SellerId::new(seller).ok()?, name, limit: limit.parse().ok()? })
        };
        read().ok_or_else(|| NoSellerLimit(text.to_owned()))
    }
}

impl std::fmt::Display for SellerLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}={}", self.seller, self.name, self.limit)
    }
}

impl serde::Serialize for SellerLimit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for SellerLimit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The limits of all sellers, and whose turn it is: what a seller asks for is judged one after the other, so that a limit
/// holds however many calls come at once.
#[derive(Default)]
pub(crate) struct Sellers {
    everybody: SellerLimits,
    of: BTreeMap<SellerId, SellerLimits>,
    /// One entry for every seller that has a key.
    turns: Mutex<HashMap<SellerId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Sellers {
    /// Later exceptions win.
    pub fn new(everybody: SellerLimits, exceptions: &[SellerLimit]) -> Self {
        let mut sellers = Self { everybody, ..Self::default() };
        for exception in exceptions {
            let limits = sellers.of.entry(exception.seller.clone()).or_insert(everybody);
            if let Some(limit) = limits.named_mut(exception.name) {
                *limit = exception.limit;
            }
        }
        sellers
    }

    pub fn limits(&self, seller: &SellerId) -> SellerLimits {
        self.of.get(seller).copied().unwrap_or(self.everybody)
    }

    /// Waits for the seller's turn. Nobody else waits for anything.
    pub async fn turn(&self, seller: Option<&SellerId>) -> Option<Turn> {
        let seller = seller?;
        let own = self.turns.lock().expect("nobody panics holding it").entry(seller.clone()).or_default().clone();
        Some(Turn { seller: seller.clone(), limits: self.limits(seller), _turn: own.lock_owned().await })
    }
}

/// A seller's turn: what it has doesn't change by its own calls meanwhile.
pub(crate) struct Turn {
    seller: SellerId,
    limits: SellerLimits,
    _turn: OwnedMutexGuard<()>,
}

impl Turn {
    fn used(&self, registry: &Registry, now: Timestamp) -> SellerUse {
        registry.seller_use(&self.seller, now)
    }

    /// What stands against one more draft of these terms.
    pub fn bars_creating(&self, registry: &Registry, now: Timestamp, terms: &Terms) -> Option<Refusal> {
        let used = self.used(registry, now);
        self.bars_scope(&terms.scope, used.scope_entries)
            .or_else(|| reached("campaigns", used.campaigns, self.limits.campaigns))
            .or_else(|| reached("campaigns_draft", used.drafts, self.limits.campaigns_draft))
    }

    /// What stands against publishing one more.
    pub fn bars_publishing(&self, registry: &Registry, now: Timestamp) -> Option<Refusal> {
        reached("campaigns_live", self.used(registry, now).live, self.limits.campaigns_live)
    }

    /// What stands against new terms: a larger scope, or opening again what the clock had closed.
    pub fn bars_changing(&self, registry: &Registry, now: Timestamp, old: &Campaign, new: &Terms) -> Option<Refusal> {
        let runs = matches!(old.stage, CampaignStage::Published | CampaignStage::Paused);
        let opens = runs && old.closed_at(now).is_some() && {
            let changed = Campaign { terms: new.clone(), ..old.clone() };
            changed.closed_at(now).is_none()
        };
        let before = old.terms.scope.entries();
        let scope = (new.scope.entries() > before).then(|| {
            let others = self.used(registry, now).scope_entries.saturating_sub(before);
            self.bars_scope(&new.scope, others)
        });
        scope.flatten().or_else(|| if opens { self.bars_publishing(registry, now) } else { None })
    }

    /// What stands against `count` more unique codes of a campaign.
    pub fn bars_codes(&self, registry: &Registry, now: Timestamp, campaign: &Campaign, count: u32) -> Option<Refusal> {
        let (used, count) = (self.used(registry, now), u64::from(count));
        let of_campaign = registry.codes_asked(campaign.id);
        reached("jobs", used.jobs, self.limits.jobs)
            .or_else(|| exceeded("codes_per_campaign", of_campaign + count, self.limits.codes_per_campaign, "/count"))
            .or_else(|| exceeded("codes", used.codes + count, self.limits.codes, "/count"))
    }

    /// What stands against one more shared code of a campaign: each is a text that nobody else can have.
    pub fn bars_shared_code(&self, registry: &Registry, now: Timestamp, campaign: &Campaign) -> Option<Refusal> {
        let of_campaign = u64::from(campaign.shared_codes);
        reached("shared_codes_per_campaign", of_campaign, self.limits.shared_codes_per_campaign)
            .or_else(|| reached("shared_codes", self.used(registry, now).shared_codes, self.limits.shared_codes))
    }

    /// Beside `others` entries of the seller's other campaigns. A scope without any is free.
    fn bars_scope(&self, scope: &Scope, others: u64) -> Option<Refusal> {
        let count = scope.entries();
        let all = if count == 0 { 0 } else { others + count };
        exceeded("scope_entries", count, self.limits.scope_entries, "/scope")
            .or_else(|| exceeded("scope_entries_in_all", all, self.limits.scope_entries_in_all, "/scope"))
    }
}

fn reached(of: &'static str, used: u64, limit: u64) -> Option<Refusal> {
    (used >= limit).then(|| {
        metrics::counter!(counted::LIMITS_REACHED, "limit" => of).increment(1);
        Reason::LimitReached { limit, of }.into()
    })
}

fn exceeded(of: &'static str, wanted: u64, limit: u64, pointer: &str) -> Option<Refusal> {
    (wanted > limit).then(|| {
        metrics::counter!(counted::LIMITS_REACHED, "limit" => of).increment(1);
        Refusal::at(pointer, Reason::LimitReached { limit, of })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> SellerLimit {
        text.parse().expect("a limit")
    }

    #[test]
    fn s2_a_limit_is_for_every_seller_or_for_one() {
        let settings = ["luma:codes=5", "a:b:jobs=7"].map(limit);
        assert_eq!(settings.each_ref().map(ToString::to_string), ["luma:codes=5", "a:b:jobs=7"]);
        let sellers = Sellers::new(SellerLimits { jobs: 2, ..SellerLimits::default() }, &settings);
        let limits = |seller: &str| sellers.limits(&SellerId::new(seller).expect("a name"));
        assert_eq!(limits("other"), SellerLimits { jobs: 2, ..SellerLimits::default() });
        assert_eq!(limits("luma"), SellerLimits { jobs: 2, codes: 5, ..SellerLimits::default() });
        assert_eq!(limits("a:b"), SellerLimits { jobs: 7, ..SellerLimits::default() });
    }

    #[test]
    fn s2_what_is_no_limit_is_refused_with_the_names_of_those_that_are() {
        for bad in ["", "jobs", "jobs=", "jobs=-1", "luma:jobs=1.5", "jobs=3", ":jobs=3", "luma:=3", "luma:pies=3"] {
            let error = bad.parse::<SellerLimit>().expect_err(bad).to_string();
            assert!(error.contains("campaigns_live"), "{error}");
        }
    }
}
