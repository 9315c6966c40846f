use std::{sync::Arc, time::Duration};

use scrip_core::{
    campaign::Campaign,
    code::{CODE_LIMIT, Code, CodeText},
    command::{AddSharedCode, CODES_PER_JOB, NoteSharedCode, RequestCodes, RevokeCode},
    id::{CampaignId, CodeHash, CodeId, JobId},
    idempotency::Holder,
    name::SourceName,
    reason::{Reason, Refusal},
};
use scrip_engine::{Answer, EngineError};
use scrip_store::people::Word as _;
use serde::Serialize;

use super::jobs::JobOf;
use crate::{
    bounds::Share,
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    rights::Operation,
    visibility::is_of,
};

/// A code that many may enter.
#[derive(Clone, Debug)]
pub struct NewSharedCode {
    pub code: String,
    /// At least 1; `None`: any number.
    pub max_uses: Option<u32>,
    pub source: Option<SourceName>,
}

/// A shared code that a campaign has.
#[derive(Clone, Debug)]
pub struct SharedCode {
    pub hash: CodeHash,
    /// As it is spelled.
    pub text: String,
    pub max_uses: Option<u32>,
    pub campaign: Option<Arc<Campaign>>,
}

/// Unique codes that are to be made in the background.
#[derive(Clone, Debug)]
pub struct NewUniqueCodes {
    pub count: u32,
    /// Before each of them: 1 to 10 letters and digits.
    pub prefix: Option<String>,
    pub source: Option<SourceName>,
}

/// A code in clear, as an export has it.
#[derive(Clone, Debug)]
pub struct ExportedCode {
    /// `…` and its last symbols if it can't be opened any more.
    pub code: String,
    pub kind: &'static str,
    pub source: Option<SourceName>,
    pub job: Option<JobId>,
    /// `None` for one that can't be opened.
    pub id: Option<CodeId>,
}

/// An export that goes on until its share is dropped.
pub struct BegunExport {
    pub share: Share,
    /// How long it may take in all; then it is broken off.
    pub time: Duration,
}

/// Where an export goes on: position in the journal, and number in it.
pub type AfterCode = (u64, u32);

impl Desk {
    /// Adds a shared code to a campaign. `as_asked` is what earlier versions noted `key` with.
    ///
    /// Errors: `invalid_field`, `not_found`, `code_exists`, `too_many_attempts` for a seller that tries strangers' codes,
    /// `limit_reached`.
    pub async fn add_shared_code(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        new: NewSharedCode,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SharedCode>, NotDone> {
        caller.may(Operation::AddCodes)?;
        let NewSharedCode { code, max_uses, source } = new;
        let text = CodeText::parse(&code).map_err(|_| Refusal::invalid("/code", CODE_LIMIT))?;
        if max_uses == Some(0) {
            return Err(Refusal::invalid("/max_uses", "an integer from 1 to 4294967295, or null").into());
        }
        let code = self.engine.secrets().entered(text);
        let (hash, text) = (code.hash, code.text.as_str().to_owned());
        let same = || Sameness::of(&(campaign, &text, max_uses, &source), &(campaign, as_asked));
        let key = key.used_for(Holder::Campaign(campaign), same);
        let turn = self.sellers.turn(caller.seller.as_ref()).await;
        let (registry, now) = (self.engine.registry(), self.now());
        let own = registry.campaign(campaign).filter(|known| known.terms.issuer.seller() == caller.seller.as_ref());
        let shared =
            |replayed| Done { of: self.shared(campaign, hash, text, max_uses), created: true, replayed, at: now };
        if let (Some(turn), Some(own)) = (&turn, own)
            && let Some(barred) = turn.bars_shared_code(registry, now, &own)
        {
            // What was done under the key before is told again.
            let note = NoteSharedCode { campaign, hash, again: true };
            return Ok(shared(self.submit_once_unless(Some(barred), note, key).await?.replayed));
        }
        let guess = self.guesses.guess_to_take(caller, &code).await?;
        let command =
            AddSharedCode { campaign, as_seller: caller.seller.clone(), code, max_uses, source, request: None };
        let added = self.submit_once(command, key).await;
        if matches!(&added, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::CodeExists) {
            // Whose it is nobody is told, but guessing at strangers' codes has its limit.
            let known = self.read(move |reader| reader.campaign_of_code(hash)).await?;
            let own = known.is_some_and(|known| known.terms.issuer.seller() == caller.seller.as_ref());
            guess.judged(|_| !own).await?;
        }
        Ok(shared(added?.replayed))
    }

    /// Asks for unique codes, which a job makes. `as_asked` is what earlier versions noted `key` with.
    ///
    /// Errors: `invalid_field`, `not_found`, `limit_reached`.
    pub async fn request_codes(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        new: NewUniqueCodes,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<JobOf>, NotDone> {
        caller.may(Operation::AddCodes)?;
        let NewUniqueCodes { count, prefix, source } = new;
        if !(1..=CODES_PER_JOB).contains(&count) {
            return Err(Refusal::invalid("/count", format!("an integer from 1 to {CODES_PER_JOB}")).into());
        }
        if let Some(prefix) = &prefix
            && !((1..=10).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        {
            return Err(Refusal::invalid("/prefix", "1 to 10 letters A-Z and digits").into());
        }
        let prefix = prefix.map(|prefix| prefix.to_ascii_uppercase());
        let same = || Sameness::of(&(campaign, count, &prefix, &source), &(campaign, as_asked));
        let key = key.used_for(Holder::Campaign(campaign), same);
        let turn = self.sellers.turn(caller.seller.as_ref()).await;
        let (registry, now) = (self.engine.registry(), self.now());
        let own = registry.campaign(campaign).filter(|known| known.terms.issuer.seller() == caller.seller.as_ref());
        let barred = match (&turn, own) {
            (Some(turn), Some(own)) => turn.bars_codes(registry, now, &own, count),
            _ => None,
        };
        let command = RequestCodes { campaign, as_seller: caller.seller.clone(), count, prefix, source };
        self.job_of(self.submit_once_unless(barred, command, key).await?)
    }

    /// Takes a code back: nobody can enter it from the answer on.
    ///
    /// Errors: `not_found`.
    pub async fn revoke_code(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        code: CodeId,
        key: &IdempotencyKey,
    ) -> Result<Done<Code>, NotDone> {
        caller.may(Operation::RevokeCode)?;
        let command = RevokeCode { campaign, as_seller: caller.seller.clone(), hash: code.into() };
        let key = key.used_for(Holder::Campaigns(command.hash.slot()), || Sameness::always(&(campaign, code)));
        Done::from(self.submit_once(command, key).await?, |answer| match answer {
            Answer::Code(Some(known)) => Ok((known, false)),
            _ => Err(EngineError::Fault),
        })
    }

    /// Begins an export of a campaign's codes.
    ///
    /// Errors: `not_found`, `rate_limited`.
    pub async fn begin_code_export(&self, caller: &Caller, campaign: CampaignId) -> Result<BegunExport, NotDone> {
        caller.may(Operation::ExportCodes)?;
        let known = self.campaign(campaign).ok_or(Reason::NotFound)?;
        if !is_of(caller, Some(&*known)) {
            return Err(Reason::NotFound.into());
        }
        let share = self.exports.begin(caller)?;
        // An export that lacks codes looks like one that has them all.
        self.engine.surely_followed().await?;
        Ok(BegunExport { time: self.export_time, share })
    }

    /// A page of an export that has begun. Whose key was revoked reads no further.
    ///
    /// Errors: `unauthenticated`.
    pub async fn exported_codes(
        &self,
        caller: &Caller,
        campaign: CampaignId,
        after: Option<AfterCode>,
        limit: usize,
    ) -> Result<(Vec<ExportedCode>, Option<AfterCode>), NotDone> {
        self.still(caller)?;
        let engine = self.engine.clone();
        let page = self.engine.read_on(move |reader| {
            let rows = reader.codes(campaign, after, limit)?;
            let next = rows.last().filter(|_| rows.len() == limit).map(|row| (row.position, row.number));
            let secrets = engine.secrets();
            let exported = rows.into_iter().map(|row| {
                let code = match &row.sealed {
                    Some(sealed) => secrets.open_code(row.secret, sealed).unwrap_or_else(|_| format!("…{}", row.label)),
                    None => row.label.clone(),
                };
                let id = CodeText::parse(&code).ok().map(|text| CodeId::from(secrets.entered(text).hash));
                ExportedCode { code, kind: row.kind.word(), source: row.source, job: row.job, id }
            });
            Ok((exported.collect(), next))
        });
        Ok(page.await?)
    }

    fn shared(&self, campaign: CampaignId, hash: CodeHash, text: String, max_uses: Option<u32>) -> SharedCode {
        SharedCode { hash, text, max_uses, campaign: self.campaign(campaign) }
    }
}
