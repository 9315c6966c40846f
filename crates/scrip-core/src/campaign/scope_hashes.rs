use std::{
    borrow::Borrow,
    hash::{BuildHasher, RandomState},
    sync::{Arc, OnceLock},
};

use super::{Campaign, Scope};

/// The hash of a name in this process. Nothing that is decided depends on it, nor is it ever stored: it only says which
/// names need not be compared. Its key is secret, so that nobody can choose names that share one.
pub(crate) fn name_hash(name: &str) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(name)
}

/// A campaign that somebody keeps in memory for readers, with the hashes of its scope.
#[derive(Clone, Debug)]
pub struct KnownCampaign {
    pub campaign: Arc<Campaign>,
    pub scope: ScopeHashes,
}

impl KnownCampaign {
    pub fn new(campaign: Arc<Campaign>) -> Self {
        Self { scope: ScopeHashes::of(&campaign.terms.scope), campaign }
    }
}

/// The hashes of a scope's lists, in their order: worked out once for terms that are compared with many carts.
#[derive(Clone, Debug)]
pub struct ScopeHashes {
    products: Box<[u64]>,
    categories: Box<[u64]>,
    exclude_products: Box<[u64]>,
    exclude_categories: Box<[u64]>,
}

impl ScopeHashes {
    pub fn of(scope: &Scope) -> Self {
        fn hashes<N: Borrow<str>>(names: &[N]) -> Box<[u64]> {
            names.iter().map(|name| name_hash(name.borrow())).collect()
        }
        Self {
            products: hashes(&scope.products),
            categories: hashes(&scope.categories),
            exclude_products: hashes(&scope.exclude_products),
            exclude_categories: hashes(&scope.exclude_categories),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.products.len() + self.categories.len() + self.exclude_products.len() + self.exclude_categories.len()
    }

    pub(crate) fn products(&self) -> &[u64] {
        &self.products
    }

    pub(crate) fn categories(&self) -> &[u64] {
        &self.categories
    }

    pub(crate) fn exclude_products(&self) -> &[u64] {
        &self.exclude_products
    }

    pub(crate) fn exclude_categories(&self) -> &[u64] {
        &self.exclude_categories
    }
}
