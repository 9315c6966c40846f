//! Files of builds from before the numbered secrets: those of codes and tokens were derived from the master secret, and
//! nothing said whether it was the right one.

use scrip_core::{
    code::CodeText,
    state::{Aggregate, Key, Kind, decode},
};
use scrip_store::{Snapshot, Store, StoreError, people::CodeRow, secret::Purpose};

use super::{CodeSecret, Master, SecretsError, Unwrapped, keyed_hash};

/// Campaigns read at once.
const PAGE: usize = 256;
/// Codes of a campaign that are tried.
const CODES: usize = 2;

/// Number 1 of what such a build derived.
pub(super) fn derived(master: &Master) -> Vec<Unwrapped> {
    let derive = |label: &[u8]| keyed_hash(master, label);
    let codes = [derive(b"scrip code pepper 1"), derive(b"scrip code seal 1")].concat();
    vec![
        Unwrapped { purpose: Purpose::Codes, number: 1, bytes: codes },
        Unwrapped { purpose: Purpose::Tokens, number: 1, bytes: derive(b"scrip tokens 1").to_vec() },
    ]
}

/// Whether a store without secrets is one of such a build: something was written to it.
pub(super) fn is_older(store: &dyn Store) -> Result<bool, StoreError> {
    let mut snapshot = store.snapshot()?;
    for bucket in store.buckets().all() {
        if snapshot.head(bucket)?.position > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tries the first codes of every campaign: a unique one opens, a shared one is found under the hash of its text.
///
/// One that fits is enough: where a server ran for a while with another master secret, those of that time don't.
/// Errors: [`SecretsError::NotOurs`] if there are codes and none fits.
pub(super) fn check(store: &dyn Store, secrets: &[CodeSecret]) -> Result<(), SecretsError> {
    let [secret] = secrets else { return Err(SecretsError::NotOurs) };
    let mut snapshot = store.snapshot()?;
    let (mut fit, mut other) = (0_u64, 0_u64);
    for bucket in store.buckets().all() {
        let mut from = Vec::new();
        loop {
            let page = snapshot.scan(bucket, Kind::Campaign, &from, &[], PAGE)?;
            for (_, document) in &page {
                let Ok(Aggregate::Campaign(campaign)) = decode(Kind::Campaign, &document.body) else { continue };
                for row in snapshot.codes(campaign.id, None, CODES)? {
                    *(if fits(&mut *snapshot, secret, &row)? { &mut fit } else { &mut other }) += 1;
                }
            }
            let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else { break };
            from.clone_from(last);
            from.push(0);
        }
    }
    match (fit, other) {
        (0, 1..) => Err(SecretsError::NotOurs),
        (_, 0) => Ok(()),
        (fit, other) => {
            tracing::warn!(
                fit,
                other,
                "some codes were made with another secret.key than this one: they can't be used"
            );
            Ok(())
        }
    }
}

fn fits(snapshot: &mut dyn Snapshot, secret: &CodeSecret, row: &CodeRow) -> Result<bool, StoreError> {
    if let Some(sealed) = &row.sealed {
        return Ok(secret.open(sealed).is_ok());
    }
    let Ok(text) = CodeText::parse(&row.label) else { return Ok(false) };
    let found = snapshot.load(&[Key::Code(secret.hash(&text))])?;
    Ok(found.iter().any(Option::is_some))
}
