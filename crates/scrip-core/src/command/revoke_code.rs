use super::{Decide, Decision, Elsewhere, Outcome, Where, change_campaign::own_campaign};
use crate::{
    code::Code,
    event::Event,
    id::{CampaignId, CodeHash, IdSource},
    name::SellerId,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// In the code's bucket: nobody can enter it from here on. What was claimed with it stays, and so does a placed order.
#[derive(Clone, Debug)]
pub struct RevokeCode {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub hash: CodeHash,
}

impl Decide for RevokeCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.hash.slot())
    }

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

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::Revocation(self)
    }
}
