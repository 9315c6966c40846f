use std::rc::Rc;

use scrip_core::{
    campaign::{Budget, CampaignStage, Channel, Issuer, Terms},
    event::Event,
    exchange::Pool,
    id::CampaignId,
    slot::Bucket,
};

use super::{Batch, Checked, Model, must};

/// A campaign at home, as each bucket knows it, and what was given out of it.
#[derive(Debug)]
pub struct CampaignModel {
    pub now: Known,
    /// By revision, the first at index 0.
    pub history: Vec<Known>,
    /// By bucket.
    pub known: Vec<Option<Known>>,
    /// What each bucket has counted.
    pub counted: Vec<Counted>,
}

/// A campaign at some revision, and since when (in commits) somebody has known it.
#[derive(Clone, Debug)]
pub struct Known {
    pub revision: u64,
    pub stage: CampaignStage,
    pub terms: Rc<Terms>,
    /// Whether codes were ever asked for.
    pub coded: bool,
    pub since: u64,
}

impl Known {
    /// S1: the channels that the terms name, be it fewer than all; else all but `code`, and once there are codes only that and
    /// `system`.
    pub fn offers(&self, channel: Channel) -> bool {
        let seller = matches!(self.terms.issuer, Issuer::Seller { .. });
        let all = if seller { 6 } else { 5 };
        match &self.terms.claims.channels {
            Some(named) if named.len() < all => named.contains(&channel),
            _ if self.coded => [Channel::Code, Channel::System].contains(&channel),
            _ => channel != Channel::Code && (seller || channel != Channel::SellerStore),
        }
    }
}

/// The counters of one bucket.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counted {
    pub claimed: u32,
    pub on_orders: u32,
    pub used: u32,
    pub returned: u32,
    pub reclaimed: u32,
    pub held: u64,
    pub spent: u64,
}

impl CampaignModel {
    pub fn counted_in(&mut self, bucket: Bucket) -> &mut Counted {
        &mut self.counted[usize::from(bucket.get())]
    }

    pub fn known_in(&self, bucket: Bucket) -> Option<&Known> {
        self.known[usize::from(bucket.get())].as_ref()
    }

    /// The stages that a bucket may have known since then: the one of now, and those of before if it learned since.
    pub fn stages_since(&self, bucket: Bucket, since: u64) -> Vec<CampaignStage> {
        let Some(known) = self.known_in(bucket) else { return Vec::new() };
        if known.since <= since {
            return vec![known.stage];
        }
        self.history.iter().map(|known| known.stage).collect()
    }

    /// Limits that a bucket may have known since then.
    pub fn limits_since(&self, pool: &Pool, bucket: Bucket, since: u64) -> Vec<Option<u64>> {
        let Some(known) = self.known_in(bucket) else { return Vec::new() };
        if known.since <= since {
            return vec![limit_of(pool, &known.terms)];
        }
        self.history.iter().map(|known| limit_of(pool, &known.terms)).collect()
    }
}

/// The limit that terms set.
pub fn limit_of(pool: &Pool, terms: &Terms) -> Option<u64> {
    let set_aside = || terms.claims.sources.iter().map(|source| u64::from(source.stock)).sum::<u64>();
    match pool {
        Pool::Stock(_) => terms.limits.stock.map(|stock| u64::from(stock) - set_aside()),
        Pool::SourceStock(_, name) => {
            terms.claims.sources.iter().find(|known| known.source == *name).map(|source| u64::from(source.stock))
        }
        Pool::Budget(_) => match terms.limits.budget {
            Some(Budget::Limited(amount)) => Some(amount.minor().unsigned_abs()),
            _ => None,
        },
        Pool::Individual(..) => terms.limits.per_individual.map(u64::from),
        Pool::CodeUses(_) => None,
    }
}

/// A list of a scope that an event leaves out because it is as before.
fn stays<T: Clone>(is_left_out: bool, list: &mut Vec<T>, before: &[T]) -> Checked {
    if is_left_out {
        must!(list.is_empty(), "a list stays and is given");
        list.extend_from_slice(before);
    }
    Ok(())
}

impl Model {
    pub(super) fn campaign_event(&mut self, batch: Batch, event: &Event) -> Checked {
        use CampaignStage::{Deleted, Draft, Ended, Paused, Published};
        if let Event::CampaignCreated { campaign, terms, .. } = event {
            must!(!self.campaigns.contains_key(campaign), "{campaign} is there already");
            let now = Known { revision: 1, stage: Draft, terms: Rc::new(terms.clone()), coded: false, since: self.seq };
            let buckets = self.buckets.count() as usize;
            let mut known = vec![None; buckets];
            known[usize::from(batch.bucket.get())] = Some(now.clone());
            let counted = vec![Counted::default(); buckets];
            let made = CampaignModel { history: vec![now.clone()], now, known, counted };
            self.campaigns.insert(*campaign, made);
            return Ok(());
        }
        if let Event::CampaignLearned { campaign } = event {
            return self.campaign_learned(batch, campaign);
        }
        if let Event::CampaignCoded { campaign } = event {
            let seq = self.seq;
            let known = self.campaigns.get_mut(campaign).ok_or_else(|| format!("{campaign} isn't there"))?;
            must!(
                !known.now.coded && known.now.stage != Deleted,
                "{campaign} has its first codes twice, or is deleted"
            );
            known.now = Known { coded: true, since: seq, ..known.now.clone() };
            known.known[usize::from(batch.bucket.get())] = Some(known.now.clone());
            return Ok(());
        }
        let (id, from, to): (&CampaignId, &[CampaignStage], Option<CampaignStage>) = match event {
            Event::CampaignChanged { campaign, .. } => (campaign, &[Draft, Published, Paused, Ended], None),
            Event::CampaignPublished { campaign, .. } => (campaign, &[Draft], Some(Published)),
            Event::CampaignPaused { campaign, .. } => (campaign, &[Published], Some(Paused)),
            Event::CampaignResumed { campaign, .. } => (campaign, &[Paused], Some(Published)),
            Event::CampaignDeleted { campaign } => (campaign, &[Draft], Some(Deleted)),
            Event::CampaignEnded { campaign, .. } => (campaign, &[Published, Paused], Some(Ended)),
            _ => return Err("no step of a campaign".to_owned()),
        };
        let seq = self.seq;
        let campaign = self.campaigns.get_mut(id).ok_or_else(|| format!("{id} isn't there"))?;
        must!(from.contains(&campaign.now.stage), "I8: {id} is {:?}", campaign.now.stage);
        let mut next = Known { revision: campaign.now.revision + 1, since: seq, ..campaign.now.clone() };
        next.stage = to.unwrap_or(next.stage);
        if let Event::CampaignChanged { terms, same_lists, .. } = event {
            let mut scope = terms.scope.clone();
            let (before, same) = (&campaign.now.terms.scope, same_lists.unwrap_or(0));
            stays(same & 1 != 0, &mut scope.products, &before.products)?;
            stays(same & 2 != 0, &mut scope.categories, &before.categories)?;
            stays(same & 4 != 0, &mut scope.exclude_products, &before.exclude_products)?;
            stays(same & 8 != 0, &mut scope.exclude_categories, &before.exclude_categories)?;
            let terms = &Terms { scope, ..terms.clone() };
            let same = *terms == *campaign.now.terms;
            must!(same || campaign.now.stage != Ended, "I8: the terms of {id} change after its end");
            if campaign.now.stage != Draft {
                must!(terms.validity == campaign.now.terms.validity, "S8: the validity of {id} changed");
                for pool in [Pool::Stock(*id), Pool::Budget(*id)] {
                    let (old, new) = (limit_of(&pool, &campaign.now.terms), limit_of(&pool, terms));
                    let grows = new.is_none_or(|new| old.is_some_and(|old| new >= old));
                    must!(grows, "a limit of {id} went from {old:?} to {new:?}");
                }
            }
            next.terms = Rc::new(terms.clone());
        }
        campaign.now = next.clone();
        campaign.known[usize::from(batch.bucket.get())] = Some(next.clone());
        campaign.history.push(next);
        Ok(())
    }

    fn campaign_learned(&mut self, batch: Batch, learned: &scrip_core::campaign::Campaign) -> Checked {
        let (id, seq) = (learned.id, self.seq);
        let campaign = self.campaigns.get_mut(&id).ok_or_else(|| format!("{id} isn't there"))?;
        let revision = usize::try_from(learned.revision).map_err(|_| "a revision beyond counting".to_owned())?;
        let at_home = revision.checked_sub(1).and_then(|index| campaign.history.get(index));
        let at_home = at_home.ok_or_else(|| format!("revision {revision} of {id} never was"))?;
        let same = at_home.stage == learned.stage && *at_home.terms == learned.terms;
        must!(same, "what is learned of {id} isn't what it was at revision {revision}");
        must!(!learned.coded || campaign.now.coded, "{id} has no codes");
        let before = campaign.known[usize::from(batch.bucket.get())].as_ref();
        let (before, coded) = before.map_or((0, false), |known| (known.revision, known.coded));
        let news = learned.revision > before || learned.revision == before && learned.coded && !coded;
        must!(news && (learned.coded || !coded), "revision {revision} of {id} is learned after {before}");
        let now = Known { since: seq, coded: learned.coded, ..at_home.clone() };
        campaign.known[usize::from(batch.bucket.get())] = Some(now);
        Ok(())
    }
}
