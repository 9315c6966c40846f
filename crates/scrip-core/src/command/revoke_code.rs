use super::{Decide, Decision, Outcome, change_campaign::own_campaign, needs};
use crate::{
    code::{Code, CodeHash, CodeKind},
    event::Event,
    id::{CampaignId, IdSource},
    key::Key,
    name::SellerId,
    reason::{Reason, Refusal},
    slot::Bucket,
    state::State,
    time::Timestamp,
};

/// In the code's bucket: nobody can enter it from here on. What was claimed with it stays, and so does a placed order.
#[derive(Clone, Debug)]
pub struct RevokeCode {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub hash: CodeHash,
}

/// In another bucket: the same. Written down even where the code isn't known, so that a copy that is late finds it.
#[derive(Clone, Debug)]
pub struct RevokeCodeHere {
    pub bucket: Bucket,
    pub hash: CodeHash,
    /// As it is at home, revoked.
    pub code: Code,
}

impl Decide for RevokeCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
        keys.push(Key::Code(self.hash));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        own_campaign(state, self.campaign, self.as_seller.as_ref())?;
        let known = state.code(self.hash).filter(|code| code.campaign == self.campaign).ok_or(Reason::NotFound)?;
        let revoked = Code { revoked_at: known.revoked_at.or(Some(now)), ..known.clone() };
        let event = Event::CodeRevoked { campaign: self.campaign, hash: self.hash, at: now };
        let events = if known.revoked_at.is_some() { Vec::new() } else { vec![event] };
        Ok(Decision { events, outcome: Outcome::Code(Some(revoked)) })
    }
}

impl Decide for RevokeCodeHere {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
        keys.push(state.campaign_key(self.code.campaign));
        keys.extend(state.code(self.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        // That of a draft that was deleted is free, and may be another campaign's by now: that one is not meant, or is.
        let known = state.code(self.hash).filter(|known| !state.is_deleted(known.campaign));
        let is_another = known.is_some_and(|known| known.campaign != self.code.campaign);
        if is_another || state.is_deleted(self.code.campaign) {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Code(None) });
        }
        let is_news = match &self.code.kind {
            CodeKind::Shared { .. } => known.is_none_or(|code| code.revoked_at.is_none()),
            // One that isn't here can't come here any more.
            CodeKind::Unique { .. } => known.is_some_and(|code| code.revoked_at.is_none()),
        };
        let mut code = self.code.clone();
        if let CodeKind::Shared { uses, share, .. } = &mut code.kind {
            (*uses, *share) = (0, None);
        }
        let event = Event::CodeRevokedHere { hash: self.hash, code };
        let events = if is_news { vec![event] } else { Vec::new() };
        Ok(Decision { events, outcome: Outcome::Code(None) })
    }
}
