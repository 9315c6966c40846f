//! What a command needs in other buckets than its own, done in short steps: each a command of one bucket, in a batch of its
//! own, safe to repeat. A crash between any two leaves nothing lost or doubled: [`crate::maintenance`] goes on where it stopped.
//!
//! With one bucket none of this runs.

mod campaigns;
mod leases;
mod quotas;
mod shared_codes;

pub(crate) use self::{campaigns::announce, leases::resolve};

use scrip_core::{
    command::{Command, Elsewhere},
    slot::Bucket,
    state::{Key, State, UsageElsewhere},
};
use scrip_store::StoreError;

use crate::{
    answer::Answer,
    dispatch::Dispatch,
    load::load_all,
    receipt::{EngineError, Receipt},
    usage_elsewhere::{Limited, usage_elsewhere},
    waiting::{KeyUse, Seen, Verdict},
};

/// How often a command is tried while others take what was granted for it. Each time somebody else came forward.
const TRIES: usize = 64;

/// How often a refusal for what is left is judged again because others took or gave back between the two looks that it
/// rests on, here and elsewhere. Then it stands: they are in a hurry, and one after the other might have got it.
const LOOKS: usize = 8;

/// Does a command, with all that it takes elsewhere.
pub(crate) async fn submit(dispatch: &Dispatch, command: Command, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
    match command.elsewhere() {
        Elsewhere::Nothing => leases::with_codes(dispatch, command, key).await,
        Elsewhere::NewCampaign => campaigns::submit(dispatch, None, command, key).await,
        Elsewhere::Campaign(campaign) => campaigns::submit(dispatch, Some(campaign), command, key).await,
        Elsewhere::CodesOf(campaign) => {
            let receipt = judged(dispatch, &command, key.as_ref()).await?;
            campaigns::announce(dispatch, campaign).await?;
            Ok(receipt)
        }
        Elsewhere::SharedCode(code) => shared_codes::add(dispatch, code.clone(), key).await,
        Elsewhere::Revocation(code) => shared_codes::revoke(dispatch, code.clone(), key).await,
    }
}

/// Runs a command in its bucket until it is done or refused for what all buckets have.
async fn judged(dispatch: &Dispatch, command: &Command, key: Option<&KeyUse>) -> Result<Receipt, EngineError> {
    let bucket = command.bucket(dispatch.buckets());
    let sold_out = &dispatch.sold_out;
    let mut epoch = sold_out.epoch(command);
    let mut seen = Seen { usage_elsewhere: sold_out.sight(command, bucket, dispatch.now()), ..Seen::default() };
    let mut looked_at: Option<Limited> = None;
    let mut looks = 0;
    for _ in 0..TRIES {
        let reply = dispatch.once(command.clone(), key.cloned(), seen.clone()).await?;
        leases::return_unused(dispatch, bucket, &reply.freed).await;
        match reply.verdict {
            Verdict::Done(result) => {
                if let (Some(limited), Some(usage)) = (&looked_at, &seen.usage_elsewhere)
                    && looks < LOOKS
                    && is_changed_by_other_buckets(&result)
                {
                    let before = sold_out.epoch(command);
                    let now = look(dispatch, bucket, limited)?;
                    if now.used != usage.used {
                        (epoch, seen.usage_elsewhere, looks) = (before, Some(now), looks + 1);
                        continue;
                    }
                }
                sold_out.note(command, bucket, (epoch, seen.usage_elsewhere.as_ref()), &result, dispatch.now());
                return result;
            }
            Verdict::NeedsRemoteUsage(limited) => {
                epoch = sold_out.epoch(command);
                seen.usage_elsewhere = Some(look(dispatch, bucket, &limited)?);
                looked_at = Some(limited);
            }
            Verdict::NeedsQuota(shortages) => {
                for shortage in &shortages {
                    let enough = quotas::refill(dispatch, bucket, shortage, command.may_overdraw()).await?;
                    seen.overdraw |= !enough && command.may_overdraw();
                }
                // What was seen is older than what was granted: judge anew.
                seen.usage_elsewhere = None;
            }
            Verdict::Again { .. } => return Err(EngineError::Fault),
        }
    }
    Err(EngineError::Unavailable("too many want the last of it at once".to_owned()))
}

/// Whether it is refused for what all buckets together have left.
fn is_changed_by_other_buckets(result: &Result<Receipt, EngineError>) -> bool {
    matches!(result, Err(EngineError::Refused(refusal)) if refusal.is_changed_by_other_buckets())
}

/// One step: a command of another bucket, without a key, as its own number or name makes it safe to repeat.
async fn step(dispatch: &Dispatch, command: impl Into<Command>) -> Result<Answer, EngineError> {
    dispatch.once(command, None, Seen::default()).await?.verdict.done().map(|receipt| receipt.answer)
}

/// What a bucket has committed of some aggregates.
pub(crate) fn peek(
    dispatch: &Dispatch,
    bucket: Bucket,
    keys: impl FnMut(&State) -> Vec<Key>,
) -> Result<State, StoreError> {
    let mut snapshot = dispatch.store.snapshot()?;
    let mut state = dispatch.state(bucket);
    load_all(&mut *snapshot, &mut state, keys)?;
    Ok(state)
}

fn look(dispatch: &Dispatch, here: Bucket, limited: &Limited) -> Result<UsageElsewhere, EngineError> {
    let mut snapshot = dispatch.store.snapshot()?;
    Ok(usage_elsewhere(&mut *snapshot, dispatch.buckets(), here, limited)?)
}
