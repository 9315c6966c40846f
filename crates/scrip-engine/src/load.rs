//! Loading aggregates into the working set.

use scrip_core::{
    name::AccountId,
    state::{Key, State, decode},
};
use scrip_store::{Document, Snapshot, StoreError, Transaction};

/// Where documents come from: a locked bucket or a committed view.
pub(crate) trait Loader {
    fn documents(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError>;
}

impl Loader for dyn Transaction + '_ {
    fn documents(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        self.load(keys)
    }
}

impl Loader for dyn Snapshot + '_ {
    fn documents(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        self.load(keys)
    }
}

/// Loads what `needs` names until it names nothing new: some aggregates name others. Each round is one call to the store.
pub(crate) fn load_all<L: Loader + ?Sized>(
    loader: &mut L,
    state: &mut State,
    mut needs: impl FnMut(&State) -> Vec<Key>,
) -> Result<(), StoreError> {
    loop {
        let mut missing: Vec<Key> = needs(state).into_iter().filter(|key| !state.has(key)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        let found = loader.documents(&missing)?;
        for (key, document) in missing.into_iter().zip(found) {
            let aggregate = match document {
                None => None,
                Some(document) => {
                    let value = decode(key.kind(), &document.body).map_err(|error| StoreError::Damaged {
                        what: format!("the {:?} document {key:?} can't be read: {error}", key.kind()),
                    })?;
                    Some((document.version, value))
                }
            };
            state.insert(key, aggregate);
        }
    }
}

/// An account's wallet with all its live coupons; `past`: with those of its history.
pub(crate) fn wallet_keys(state: &State, account: &AccountId, past: bool) -> Vec<Key> {
    let mut keys = vec![Key::Wallet(account.clone())];
    if let Some(wallet) = state.wallet(account) {
        if wallet.linked {
            keys.push(Key::Individual(state.bucket(), wallet.individual.clone()));
        }
        keys.extend(Key::wallet_pages(account, wallet.further.len()));
        if past {
            keys.extend(Key::history_pages(account, wallet.history.len()));
        }
    }
    keys
}
