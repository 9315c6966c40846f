//! Several processes that serve: held up, behind, gone, with clocks that run at rates of their own. What was answered as changed
//! none of them may show as it was before, and one that hasn't asked in time shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    api_key::{ApiKey, Role},
    command::{Command, CreateApiKey, RevokeApiKey},
    id::{CampaignId, KeyId, Uid},
    metadata::Metadata,
    time::Timestamp,
};
use scrip_engine::{Answer, Engine, Receipt, Tenure};
use scrip_store::StoreError;

use super::{SECOND, World};
use crate::{
    ask::{Ask, Wish},
    model::{Checked, must},
};

/// No two clocks differ in speed by more, in thousandths of one that is right: 5 s of the slowest are over before 5.5 s of the fastest
/// are.
const RATE_OFF_MAX: i64 = 45;
/// What passes at once without anybody being renewed in between; longer it passes at the same rate for all, so that no
/// clock comes to differ by hours.
const PASSES_APART: i64 = 10 * SECOND;

/// What passes before whoever isn't held up is renewed, and what may pass in which anybody is.
const RENEWED_AFTER: i64 = 3 * SECOND;
const AWAKE_MAX: i64 = 180 * SECOND;

/// What clients were told that is so from then on, wherever they ask.
#[derive(Clone, Default)]
pub(super) struct Told {
    /// The latest revision that was answered.
    campaigns: BTreeMap<CampaignId, u64>,
    revoked: BTreeSet<KeyId>,
}

/// A request that rests on what a node has in memory, as the desk asks it: when it may answer, what there is, whether it still may.
pub(super) struct Question {
    engine: Engine,
    tenure: Tenure,
    /// What was told before it was asked.
    told: Told,
    seen: Option<Seen>,
}

struct Seen {
    campaigns: BTreeMap<CampaignId, Option<u64>>,
    valid: Vec<KeyId>,
}

impl World {
    pub(super) fn are_several(&self) -> bool {
        self.nodes.len() > 1
    }

    /// One thing happens between those that serve.
    pub(super) fn serve_together(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        match self.chance.below(60) {
            0 => {
                self.nodes[node].held_up = true;
                Ok(())
            }
            1..5 => {
                self.nodes[node].held_up = false;
                Ok(())
            }
            5..30 => self.question(node),
            _ if self.nodes[node].held_up => Ok(()),
            _ => self.renew(node),
        }
    }

    /// Time passes, in which all that aren't held up are renewed, unless it is so long that everybody was.
    pub(super) fn pass_until(&mut self, at: i64) -> Checked {
        if self.are_several() && at - self.clock <= AWAKE_MAX {
            while self.clock < at {
                self.set_clock(at.min(self.clock + RENEWED_AFTER));
                for node in 0..self.nodes.len() {
                    if !self.nodes[node].held_up {
                        self.renew(node)?;
                    }
                }
            }
        }
        self.set_clock(at);
        Ok(())
    }

    pub(super) fn renew(&mut self, node: usize) -> Checked {
        match self.nodes[node].renew() {
            Ok(()) | Err(StoreError::Unavailable { .. }) => Ok(()),
            Err(error) => Err(format!("node {node} can't be renewed: {error}")),
        }
    }

    /// Nobody is held up any more, and whoever is gone is forgotten before long.
    pub(super) fn renew_all(&mut self) -> Checked {
        for node in 0..self.nodes.len() {
            self.nodes[node].held_up = false;
            self.renew(node)?;
        }
        Ok(())
    }

    /// Every clock of several runs at its own rate.
    pub(super) fn set_apart(&mut self, passes: i64) {
        if self.are_several() && passes > 0 {
            for (node, rate) in self.nodes.iter_mut().zip(&self.rates) {
                node.set_apart(passes.min(PASSES_APART) * rate / 1_000);
            }
        }
    }

    pub(super) fn some_rates(&mut self) {
        if self.are_several() {
            self.rates = self.nodes.iter().map(|_| self.chance.between(-RATE_OFF_MAX, RATE_OFF_MAX)).collect();
        }
    }

    /// A key is made, or taken from whoever has it.
    pub(super) fn wish_of_keys(&mut self) -> Ask {
        let valid: Vec<KeyId> =
            self.model.api_keys.iter().filter(|(_, is_revoked)| !**is_revoked).map(|(key, _)| *key).collect();
        if let Some(key) = self.chance.pick(&valid).copied()
            && self.chance.percent(60)
        {
            return Ask::new(Wish::Command(Box::new(Command::from(RevokeApiKey { key }))), None);
        }
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.chance.number().to_be_bytes());
        id[8..].copy_from_slice(&self.chance.number().to_be_bytes());
        let key = ApiKey {
            id: KeyId::from_uid(Uid::from_bytes(id)),
            role: Role::Operator,
            seller: None,
            secret_hash: [1; 32],
            created_at: Timestamp::from_micros(self.clock),
            revoked_at: None,
            name: None,
            expires_at: None,
            last_used_at: None,
            metadata: Metadata::default(),
        };
        // Sent once: nobody makes the same key again.
        Ask { done: true, ..Ask::new(Wish::Command(Box::new(Command::from(CreateApiKey { key }))), None) }
    }

    /// A client was answered by a node.
    pub(super) fn told(&mut self, node: usize, receipt: &Receipt) -> Checked {
        must!(self.nodes[node].may_answer(), "node {node} answers, and hasn't asked whether it may");
        match &receipt.answer {
            Answer::Campaign { campaign, .. } => {
                let told = self.told.campaigns.entry(campaign.id).or_default();
                *told = campaign.revision.max(*told);
            }
            Answer::ApiKey(key) if self.model.api_keys.get(&key.id) == Some(&true) && key.revoked_at.is_some() => {
                self.told.revoked.insert(key.id);
            }
            _ => {}
        }
        Ok(())
    }

    /// A request goes on: others happen in between.
    fn question(&mut self, node: usize) -> Checked {
        let Some(mut question) = self.questions[node].take() else {
            let Some(engine) = self.nodes[node].engine.clone() else { return Ok(()) };
            if let Ok(tenure) = engine.tenure() {
                must!(self.nodes[node].may_answer(), "node {node} would answer, and hasn't asked whether it may");
                self.questions[node] = Some(Question { engine, tenure, told: self.told.clone(), seen: None });
            }
            return Ok(());
        };
        let Some(seen) = &question.seen else {
            let registry = question.engine.registry();
            let revision = |id: &CampaignId| (*id, registry.campaign(*id).map(|campaign| campaign.revision));
            let is_valid = |id: &KeyId| registry.api_key(*id).is_some_and(|known| known.key.revoked_at.is_none());
            question.seen = Some(Seen {
                campaigns: question.told.campaigns.keys().map(revision).collect(),
                valid: question.told.revoked.iter().copied().filter(is_valid).collect(),
            });
            self.questions[node] = Some(question);
            return Ok(());
        };
        if question.engine.still(question.tenure).is_err() {
            return Ok(());
        }
        must!(self.nodes[node].may_answer(), "node {node} answers, and hasn't asked whether it may");
        self.tally.shown += 1;
        must!(seen.valid.is_empty(), "node {node} lets in {:?}, which were answered as revoked before", seen.valid);
        for (id, told) in &question.told.campaigns {
            // Of one that was deleted nothing is left.
            let Some(shown) = seen.campaigns[id] else { continue };
            must!(shown >= *told, "node {node} shows revision {shown} of {id}; {told} was answered before");
        }
        Ok(())
    }
}
