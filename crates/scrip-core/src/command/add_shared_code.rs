use super::{Decide, Decision, Elsewhere, Outcome, Where, change_campaign::own_campaign};
use crate::{
    campaign::{Campaign, Channel},
    code::{EnteredCode, SecretNumber},
    event::Event,
    id::{CampaignId, IdSource},
    name::{SellerId, SourceName},
    reason::{Reason, Refusal},
    state::{Key, State},
    status::CampaignStatus,
    time::Timestamp,
};

/// One string for many people, such as SAVE10.
#[derive(Clone, Debug)]
pub struct AddSharedCode {
    pub campaign: CampaignId,
    pub as_seller: Option<SellerId>,
    pub code: EnteredCode,
    pub max_uses: Option<u32>,
    pub source: Option<SourceName>,
    /// Names the request where its second step may have to be done again: with the same one the code that is there is its own.
    pub request: Option<[u8; 16]>,
}

impl Decide for AddSharedCode {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.code.hash.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(state.campaign_key(self.campaign));
        keys.push(Key::Code(self.code.hash));
        keys.extend(state.code(self.code.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = open_campaign(state, self.campaign, self.as_seller.as_ref(), now)?;
        // That of a draft that was deleted is free again.
        if let Some(known) = state.code(self.code.hash).filter(|code| !state.is_deleted(code.campaign)) {
            let own = self.request.is_some() && known.request == self.request && known.campaign == self.campaign;
            return if own {
                let outcome = Outcome::SharedCode { campaign: self.campaign };
                Ok(Decision { events: Vec::new(), outcome })
            } else {
                Err(Refusal::at("/code", Reason::CodeExists))
            };
        }
        let mut events = vec![Event::SharedCodeAdded {
            campaign: self.campaign,
            hash: self.code.hash,
            text: self.code.text.as_str().to_owned(),
            max_uses: self.max_uses,
            source: self.source.clone(),
            request: self.request.map(Into::into),
            secret: Some(self.code.secret).filter(|secret| *secret != SecretNumber::FIRST),
        }];
        // Away from its home the campaign hears of it by `NoteSharedCode`, before the answer.
        if state.campaign_key(self.campaign) == Key::Campaign(self.campaign) {
            events.push(Event::SharedCodeCounted { campaign: self.campaign });
            events.extend((!campaign.coded).then_some(Event::CampaignCoded { campaign: self.campaign }));
        }
        Ok(Decision { events, outcome: Outcome::SharedCode { campaign: self.campaign } })
    }

    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::SharedCode(self)
    }

    fn is_heard_by_all(&self) -> bool {
        true
    }
}

/// A campaign that codes can be added to.
///
/// Errors: those of [`own_campaign`]; `campaign_state_forbids` once it is over, `channel_not_offered` where nobody could enter them.
pub(super) fn open_campaign<'a>(
    state: &'a State,
    campaign: CampaignId,
    as_seller: Option<&SellerId>,
    now: Timestamp,
) -> Result<&'a Campaign, Refusal> {
    let campaign = own_campaign(state, campaign, as_seller)?;
    let campaign_status = campaign.status(now);
    if matches!(campaign_status, CampaignStatus::Ended | CampaignStatus::Closed) {
        return Err(Reason::CampaignStateForbids { campaign_status, paused_by: None }.into());
    }
    // Nobody could enter them.
    if campaign.terms.named_channels().is_some_and(|named| !named.contains(&Channel::Code)) {
        return Err(Reason::ChannelNotOffered.into());
    }
    Ok(campaign)
}
