//! Whether an answer is right, by what was committed between the asking and the answer.

use std::collections::BTreeSet;

use scrip_core::{
    campaign::{CampaignStage, Channel, Pool},
    code::CodeHash,
    command::{Claim, ClaimOf, Command, RefundOf},
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId},
    order::{Order, OrderCoupon, OrderStage, OrderStatus, TransactionState},
    reason::{Reason, Refusal},
};
use scrip_engine::{Answer, Receipt, Revision, Use};

use crate::{
    ask::{Ask, Wish, shown},
    model::{
        CampaignModel, Checked, CouponModel, Effect, Log, Model, OrderModel, Stage, Standing, Tx, Version, must,
        stock_pool,
    },
};

impl Model {
    /// Judges a success: what it says is committed, once, and the same as ever under its key (I3, I4, I7).
    pub fn judge_success(&self, ask: &Ask, since: u64, receipt: &Receipt) -> Checked {
        let effect = ask.key.as_ref().and_then(|key| self.keys.get(&key.key_hash));
        if let (Some(first), true) = (&ask.answer, receipt.replayed) {
            let (before, now) = (shown(&first.answer), shown(&receipt.answer));
            must!(before == now, "I4: the same key is answered {now:?}, and before {before:?}");
        }
        if let Some(effect) = effect {
            must!(effect.seq > since || receipt.replayed, "I4: done under a key that was used before");
        } else {
            must!(!receipt.replayed, "I4: answered again under a key that was never used");
        }
        match &receipt.answer {
            Answer::Coupon { account, coupon } => {
                must!(ask.account() == Some(account), "I7: {account}'s coupon is shown to {:?}", ask.account());
                let known = self.coupons.get(&coupon.id);
                let known = known.ok_or_else(|| format!("I3: {} is given out, and isn't there", coupon.id))?;
                must!(
                    known.account == *account && known.expires_at == coupon.expires_at,
                    "I3: {} is another one",
                    coupon.id
                );
                let own = ask.key.is_none() || effect.is_some_and(|effect| effect.coupon == Some(coupon.id));
                must!(own, "I4: {} isn't what the key stands for: {effect:?}", coupon.id);
                Ok(())
            }
            Answer::Order { order, .. } => {
                must!(
                    ask.account() == Some(&order.account),
                    "I7: {}'s order is shown to {:?}",
                    order.account,
                    ask.account()
                );
                let known = self.known_order(&order.account, &order.id)?;
                self.judge_order(ask, known, since, receipt, effect)
            }
            Answer::Refund { order, refund, .. } => {
                let known = self.known_order(&order.account, &order.id)?;
                let there = known.refunds.get(&refund.id);
                must!(
                    there == Some(&(refund.amount.minor(), refund.fingerprint)),
                    "I3: refund {} is {there:?}",
                    refund.id
                );
                Ok(())
            }
            Answer::Campaign { campaign, .. } => {
                let known =
                    self.campaigns.get(&campaign.id).ok_or_else(|| format!("I3: {} isn't there", campaign.id))?;
                let slow = known
                    .known
                    .iter()
                    .position(|here| here.as_ref().is_none_or(|here| here.revision < campaign.revision));
                must!(
                    slow.is_none(),
                    "revision {} of {} is answered before bucket {slow:?} knows it",
                    campaign.revision,
                    campaign.id
                );
                Ok(())
            }
            Answer::SharedCode { campaign } => {
                let Wish::Command(command) = &ask.wish else { return Err("a code is no order".to_owned()) };
                let Command::AddSharedCode(command) = &**command else {
                    return Err("nobody asked for a code".to_owned());
                };
                let known = self.codes.get(&command.code.hash).ok_or("I3: a code is added, and isn't there")?;
                must!(known.campaign == *campaign, "I4: the code is of another campaign");
                Ok(())
            }
            Answer::Job(job) => {
                must!(self.jobs.contains_key(&job.id), "I3: {} isn't there", job.id);
                Ok(())
            }
            Answer::Nothing if matches!(ask.wish, Wish::Link { .. }) => {
                let linked = ask.account().is_some_and(|account| self.individuals.contains_key(account));
                must!(linked, "I3: {:?} is linked, and isn't", ask.account());
                Ok(())
            }
            Answer::ApiKey(_) | Answer::Parcel(_) | Answer::Code(_) | Answer::Nothing => {
                Err("an answer to nothing".to_owned())
            }
        }
    }

    fn known_order(&self, account: &AccountId, id: &OrderId) -> Checked<&OrderModel> {
        self.orders
            .get(&(account.clone(), id.clone()))
            .ok_or_else(|| format!("I3: order {id} is answered, and isn't there"))
    }

    fn judge_order(
        &self,
        ask: &Ask,
        known: &OrderModel,
        since: u64,
        receipt: &Receipt,
        effect: Option<&Effect>,
    ) -> Checked {
        let Answer::Order { order, created } = &receipt.answer else { return Ok(()) };
        if let Some(effect) = effect {
            let own = effect.order.as_ref().is_some_and(|own| own.0 == order.account && own.1 == order.id);
            must!(own, "I4: order {} isn't what the key stands for: {effect:?}", order.id);
        }
        match &ask.wish {
            Wish::Place(placement) => {
                must!(
                    placement.id == order.id && placement.fingerprint == known.fingerprint,
                    "S7: another order is answered"
                );
                must!(*created || effect.is_none() || receipt.replayed, "I4: a new order isn't new");
                Ok(())
            }
            Wish::Revise(revision) => judge_revised(revision, known, order, since, effect),
            Wish::Link { .. } => Err("an order for a link".to_owned()),
            Wish::Command(command) => match &**command {
                Command::PayOrder(_) => {
                    must!(
                        known.stage == Stage::Paid,
                        "I3: order {} is answered as paid, and is {:?}",
                        order.id,
                        known.stage
                    );
                    Ok(())
                }
                Command::CancelOrder(command) => {
                    // A revision brings a seller back that its cart has.
                    let done = effect.map_or(since + 1, |effect| effect.seq.min(since + 1));
                    let back = known.versions.last().is_some_and(|version| version.since >= done);
                    let gone = match &command.seller {
                        Some(seller) => {
                            let own = order.transactions.iter().find(|transaction| transaction.seller == *seller);
                            let answered = own.is_some_and(|own| own.state == TransactionState::Cancelled);
                            let now = known.seller(seller).map(|seller| known.transaction(seller));
                            answered && (back || now == Some(Tx::Cancelled))
                        }
                        None => !known.has_open(),
                    };
                    must!(order.stage != OrderStage::TimedOut, "I3: order {} is cancelled, and may be paid", order.id);
                    must!(
                        gone,
                        "I3: order {} is answered as cancelled, and is {:?} {:?}",
                        order.id,
                        known.stage,
                        known.sellers
                    );
                    Ok(())
                }
                Command::CloseTransactions(command) => {
                    let open = match &command.seller {
                        Some(seller) => known.seller(seller).is_none_or(|seller| known.transaction(seller) == Tx::Open),
                        None => known.has_open(),
                    };
                    must!(!open, "I3: order {} is answered as closed, and is {:?}", order.id, known.sellers);
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    /// Judges a refusal: there was a moment between asking and answering at which the rules say no.
    pub fn judge_refusal(&self, ask: &Ask, since: u64, refusal: &Refusal) -> Checked {
        if let Some(effect) = ask.key.as_ref().and_then(|key| self.keys.get(&key.key_hash))
            && effect.seq <= since
        {
            let reused = ask.key.as_ref().is_some_and(|key| key.command_hash != effect.entry.command_hash);
            must!(
                reused && *refusal.first() == Reason::IdempotencyKeyReused,
                "I4: done before under its key, and now {:?}",
                refusal.first()
            );
            return Ok(());
        }
        for error in &refusal.errors {
            self.judge_reason(ask, since, &error.reason).map_err(|what| format!("{}: {what}", error.reason.code()))?;
        }
        Ok(())
    }

    fn judge_reason(&self, ask: &Ask, since: u64, reason: &Reason) -> Checked {
        match &ask.wish {
            Wish::Place(placement) => {
                let key = (placement.account.clone(), placement.id.clone());
                let codes: Vec<CodeHash> = placement.codes.iter().map(|code| code.hash).collect();
                if *reason == Reason::OrderExists {
                    let other = self.orders.get(&key).is_some_and(|order| order.fingerprint != placement.fingerprint);
                    must!(other, "there is no other order of this id");
                    return Ok(());
                }
                let coupons = named(&placement.r#use);
                self.judge_use(&placement.account, coupons, &codes, None, since, reason)
            }
            Wish::Revise(revision) => self.judge_revision(revision, since, reason),
            Wish::Link { .. } => Err("this is never refused".to_owned()),
            Wish::Command(command) => match &**command {
                Command::Claim(claim) => self.judge_claim(claim, since, reason),
                Command::RefundOrder(command) => {
                    let order = self.orders.get(&(command.account.clone(), command.order.clone()));
                    judge_refund(order, &command.of, since, reason)
                }
                Command::PayOrder(command) => {
                    let order = self.orders.get(&(command.account.clone(), command.order.clone()));
                    judge_step(order, since, reason, |stage, _| stage != Stage::Placed)
                }
                Command::ExtendHold(command) => {
                    let order = self.orders.get(&(command.account.clone(), command.order.clone()));
                    judge_step(order, since, reason, |stage, _| stage != Stage::Placed)
                }
                Command::CancelOrder(command) => {
                    let order = self.orders.get(&(command.account.clone(), command.order.clone()));
                    judge_step(order, since, reason, |stage, order| {
                        stage == Stage::Paid && seller_ended(order, command.seller.as_ref())
                    })
                }
                Command::CloseTransactions(command) => {
                    let order = self.orders.get(&(command.account.clone(), command.order.clone()));
                    judge_step(order, since, reason, |stage, order| {
                        stage != Stage::Paid || seller_ended(order, command.seller.as_ref())
                    })
                }
                Command::ChangeCampaign(command) => self.judge_campaign(command.campaign, since, reason),
                Command::MoveCampaign(command) => self.judge_campaign(command.campaign, since, reason),
                Command::RequestCodes(command) => self.judge_campaign(command.campaign, since, reason),
                Command::AddSharedCode(command) if *reason == Reason::CodeExists => {
                    must!(self.codes.contains_key(&command.code.hash), "nobody has this code");
                    Ok(())
                }
                Command::AddSharedCode(command) => self.judge_campaign(command.campaign, since, reason),
                _ => Err("this is never refused".to_owned()),
            },
        }
    }

    /// A revision is refused for what the order is, or as a new order would be if it held nothing.
    fn judge_revision(&self, revision: &Revision, since: u64, reason: &Reason) -> Checked {
        let order = self.orders.get(&(revision.account.clone(), revision.order.clone()));
        let Some(order) = order else {
            must!(*reason == Reason::NotFound, "there is no order");
            return Ok(());
        };
        match reason {
            Reason::NotFound => must!(order.placed > since, "the order is there"),
            Reason::OrderStateForbids { order_status } => {
                must!(*order_status != OrderStatus::Placed, "a placed order may be revised");
                must!(order.stage != Stage::Placed, "the order is placed, and never was anything else");
            }
            _ => {
                must!(order.stage == Stage::Placed || order.changed > since, "the order was {:?}", order.stage);
                let codes: Vec<CodeHash> = revision.codes.iter().map(|code| code.hash).collect();
                let own = Some((&revision.order, order));
                self.judge_use(&revision.account, named(&revision.r#use), &codes, own, since, reason)?;
            }
        }
        Ok(())
    }

    fn judge_campaign(&self, campaign: CampaignId, since: u64, reason: &Reason) -> Checked {
        let known = self.campaigns.get(&campaign);
        match reason {
            // A bucket that hasn't heard of it yet says so: whoever made it wasn't answered before all had.
            Reason::NotFound => {
                let told = |known: &CampaignModel| {
                    known.known.iter().all(|here| here.as_ref().is_some_and(|here| here.since <= since))
                };
                must!(!known.is_some_and(told), "{campaign} is there");
            }
            Reason::PreconditionFailed | Reason::CampaignStateForbids { .. } => {}
            Reason::LimitMayOnlyGrow => {
                must!(known.is_some_and(|known| known.now.since > since), "the limits only grew");
            }
            _ => return Err(format!("no rule says so: {reason:?}")),
        }
        Ok(())
    }

    fn judge_claim(&self, claim: &Claim, since: u64, reason: &Reason) -> Checked {
        let account = &claim.account;
        match &claim.of {
            ClaimOf::Campaign { campaign, channel, source, .. } => {
                self.judge_claim_of(account, *campaign, *channel, source.as_ref(), since, reason)
            }
            ClaimOf::Code(code) => self.judge_code(account, code.hash, since, reason),
        }
    }

    fn judge_code(&self, account: &AccountId, hash: CodeHash, since: u64, reason: &Reason) -> Checked {
        let Some(code) = self.codes.get(&hash) else {
            must!(*reason == Reason::CodeNotUsable, "a code that isn't there is said to be {reason:?}");
            return Ok(());
        };
        match reason {
            Reason::CodeUsed => {
                let own = code.coupon.as_ref().is_some_and(|taken| taken.0 == *account);
                must!(
                    code.unique && (own || code.busy.since(since).any(|busy| busy == 1)),
                    "nobody has used it: {code:?}"
                );
            }
            Reason::CodeNotUsable => {
                let new = self.campaigns.get(&code.campaign).and_then(|known| known.known_in(self.bucket_of(account)));
                let just_learned = new.is_none_or(|known| known.since > since);
                let busy = code.busy.since(since).any(|busy| busy == 1);
                let over = code.unique && self.campaigns.get(&code.campaign).is_some_and(|known| self.is_over(known));
                must!(busy || just_learned || over || code.made > since, "anybody may use it: {code:?}");
            }
            Reason::CodeUsesExhausted => {
                let log = self.pools.get(&Pool::CodeUses(hash)).map(|pool| &pool.log);
                let most = log.and_then(|log| log.since(since).max()).unwrap_or(0);
                must!(code.max_uses.is_some_and(|max| most >= max), "{most} of {:?} uses are gone", code.max_uses);
            }
            Reason::CodeExpired => {}
            _ => {
                return self.judge_claim_of(account, code.campaign, Channel::Code, code.source.as_ref(), since, reason);
            }
        }
        Ok(())
    }

    fn is_over(&self, known: &CampaignModel) -> bool {
        matches!(known.now.terms.validity, scrip_core::campaign::Validity::Fixed { expires_at, .. } if self.latest.max(self.clock) >= expires_at)
    }

    fn judge_claim_of(
        &self,
        account: &AccountId,
        campaign: CampaignId,
        channel: Channel,
        source: Option<&scrip_core::name::SourceName>,
        since: u64,
        reason: &Reason,
    ) -> Checked {
        let bucket = self.bucket_of(account);
        let Some(known) = self.campaigns.get(&campaign) else {
            must!(*reason == Reason::CampaignNotFound, "{campaign} isn't there");
            return Ok(());
        };
        match reason {
            Reason::CampaignNotFound => {
                must!(known.known_in(bucket).is_none_or(|here| here.since > since), "{bucket:?} knows {campaign}");
            }
            Reason::CampaignNotLive { .. } => {
                let stages = known.stages_since(bucket, since);
                must!(
                    stages.iter().any(|stage| *stage != CampaignStage::Published),
                    "{campaign} was live all the time"
                );
            }
            // By the clock: nothing is written about that.
            Reason::ClaimsNotOpen { .. } => {}
            Reason::SoldOut => {
                let pool = stock_pool(campaign, &known.now.terms, source);
                let limits = known.limits_since(&pool, bucket, since);
                let most = self.pools.get(&pool).and_then(|pool| pool.log.since(since).max()).unwrap_or(0);
                let gone = limits.iter().any(|limit| limit.is_some_and(|limit| most >= limit));
                must!(gone, "{most} of {limits:?} were given out at most");
            }
            Reason::IndividualLimitReached { limit } => {
                let had = self.had.get(&(account.clone(), campaign));
                let alone = had.and_then(|had| had.since(since).max()).unwrap_or(0);
                let pool = self.individuals.get(account).map(|id| Pool::Individual(id.clone(), campaign));
                let held = pool.and_then(|pool| self.pools.get(&pool));
                let together = held.and_then(|held| held.log.since(since).max()).unwrap_or(0);
                let most = alone.max(together);
                must!(most >= u64::from(*limit), "{account} had {most} at most");
            }
            Reason::ChannelNotOffered => {
                let offered = known.now.terms.claims.channels.as_deref().unwrap_or_default();
                must!(!offered.contains(&channel), "{channel:?} is offered");
            }
            Reason::ChannelNotAllowed => must!(source.is_some(), "no source was named"),
            _ => return Err(format!("no rule says so: {reason:?}")),
        }
        Ok(())
    }

    /// What others than an order had of a pool since then, if the order held that much of it.
    fn used_beside(&self, pool: &Pool, held: Option<&Log>, since: u64) -> Vec<u64> {
        let Some(pool) = self.pools.get(pool) else { return vec![0] };
        let Some(held) = held else { return pool.log.since(since).collect() };
        let beside = pool
            .log
            .since_with_times(since)
            .flat_map(|(at, used)| held.at(at).map(move |held| used.saturating_sub(held)).collect::<Vec<_>>());
        let now = pool.log.now().saturating_sub(held.now());
        beside.chain([now]).collect()
    }

    /// What a code that stays on its order has taken itself doesn't stand against it.
    fn judge_code_beside(
        &self,
        account: &AccountId,
        order: &OrderId,
        hash: CodeHash,
        since: u64,
        reason: &Reason,
    ) -> Checked {
        let stayed = self.coupons.values().find(|coupon| {
            let on = coupon.account == *account && coupon.standing == Standing::On(order.clone());
            on && coupon.direct && coupon.code == Some(hash) && coupon.moved <= since
        });
        let (Some(coupon), Some(code)) = (stayed, self.codes.get(&hash)) else { return Ok(()) };
        let campaign = coupon.campaign;
        let known = self.campaigns.get(&campaign).ok_or("a campaign that isn't there")?;
        let most = |pool: &Pool| self.pools.get(pool).and_then(|pool| pool.log.since(since).max()).unwrap_or(0);
        match reason {
            Reason::CodeUsed => return Err("nobody but the order itself uses the code".to_owned()),
            Reason::CodeNotUsable => must!(!code.unique || self.is_over(known), "the order itself uses the code"),
            Reason::CodeUsesExhausted => {
                let others = most(&Pool::CodeUses(hash)).saturating_sub(1);
                must!(
                    code.max_uses.is_some_and(|max| others >= max),
                    "others had {others} of {:?} uses",
                    code.max_uses
                );
            }
            Reason::SoldOut => {
                let pool = stock_pool(campaign, &known.now.terms, coupon.source.as_ref());
                let others = most(&pool).saturating_sub(1);
                let limits = known.limits_since(&pool, self.bucket_of(account), since);
                let gone = limits.iter().any(|limit| limit.is_some_and(|limit| others >= limit));
                must!(gone, "others had {others} of {limits:?} at most");
            }
            Reason::IndividualLimitReached { limit } => {
                let alone = self.had.get(&(account.clone(), campaign)).and_then(|had| had.since(since).max());
                let pool = self.individuals.get(account).map(|id| Pool::Individual(id.clone(), campaign));
                let others = alone.unwrap_or(0).max(pool.as_ref().map_or(0, most)).saturating_sub(1);
                must!(others >= u64::from(*limit), "{account} had {others} besides");
            }
            _ => {}
        }
        Ok(())
    }

    fn judge_use(
        &self,
        account: &AccountId,
        coupons: &[CouponId],
        codes: &[CodeHash],
        revised: Option<(&OrderId, &OrderModel)>,
        since: u64,
        reason: &Reason,
    ) -> Checked {
        let own = || coupons.iter().filter_map(|id| self.coupons.get(id)).filter(|coupon| coupon.account == *account);
        match reason {
            Reason::CouponNotFound => {
                // The coupon that a code made on the order itself counts as not there: its claim would never have been.
                let made_here = |coupon: &CouponModel| {
                    coupon.direct && revised.is_some_and(|(order, _)| coupon.standing == Standing::On(order.clone()))
                };
                let there = |coupon: &&CouponModel| coupon.standing != Standing::Gone && !made_here(coupon);
                let known = own().filter(there).count();
                must!(known < coupons.len(), "all coupons are {account}'s");
            }
            Reason::CouponOnOrder { order } => {
                must!(revised.is_none_or(|(id, _)| id != order), "what the order itself holds counts as free");
                let on = own().any(|coupon| {
                    coupon.standing == Standing::On(order.clone())
                        || coupon.orders.iter().any(|(left, other)| *left > since && other == order)
                });
                must!(on, "no coupon was on {order}");
            }
            Reason::CouponUsed => {
                let used = own().any(|coupon| matches!(coupon.standing, Standing::Used(_)) || coupon.moved > since);
                must!(used, "no coupon was used");
            }
            Reason::CouponExpired { expires_at } => {
                must!(
                    self.latest.micros() + 1_000_000 >= expires_at.micros() || self.clock >= *expires_at,
                    "{expires_at} isn't over"
                );
            }
            Reason::CampaignPaused => {
                let campaigns = own()
                    .map(|coupon| coupon.campaign)
                    .chain(codes.iter().filter_map(|hash| self.codes.get(hash)).map(|code| code.campaign));
                let bucket = self.bucket_of(account);
                let mut known = campaigns.filter_map(|campaign| self.campaigns.get(&campaign));
                must!(
                    known.any(|known| known.stages_since(bucket, since).contains(&CampaignStage::Paused)),
                    "nothing was paused"
                );
            }
            Reason::CampaignBudgetExhausted { left } => {
                let bucket = self.bucket_of(account);
                let campaigns = own()
                    .map(|coupon| coupon.campaign)
                    .chain(codes.iter().filter_map(|hash| self.codes.get(hash)).map(|code| code.campaign));
                let mut seen = Vec::new();
                let mut right = false;
                for campaign in campaigns {
                    let (Some(known), pool) = (self.campaigns.get(&campaign), Pool::Budget(campaign)) else { continue };
                    let held = revised.and_then(|(_, order)| order.held.get(&campaign));
                    let used = self.used_beside(&pool, held, since);
                    for limit in known.limits_since(&pool, bucket, since).into_iter().flatten() {
                        let left = left.minor().unsigned_abs();
                        let lefts = || used.iter().map(|used| limit.saturating_sub(*used));
                        // What is used here and what is used elsewhere are read one after the other.
                        right |= if self.buckets.is_one() {
                            lefts().any(|known| known == left)
                        } else {
                            lefts().min() <= Some(left) && Some(left) <= lefts().max()
                        };
                        seen.push((limit, used.clone()));
                    }
                }
                must!(right, "never were {left} left: limits and uses {seen:?}");
            }
            Reason::SoldOut
            | Reason::IndividualLimitReached { .. }
            | Reason::CampaignNotLive { .. }
            | Reason::ClaimsNotOpen { .. }
            | Reason::CodeUsed
            | Reason::CodeNotUsable
            | Reason::CodeUsesExhausted
            | Reason::CodeExpired
            | Reason::ChannelNotOffered => {
                let mut last = Ok(());
                for hash in codes {
                    last = self.judge_code(account, *hash, since, reason).and_then(|()| match revised {
                        Some((id, _)) => self.judge_code_beside(account, id, *hash, since, reason),
                        None => Ok(()),
                    });
                    if last.is_ok() {
                        return Ok(());
                    }
                }
                must!(!codes.is_empty(), "no code was given");
                return last;
            }
            // What the cart alone decides is the business of the laws of quotes.
            Reason::NotStarted { .. }
            | Reason::SellerNotInCart { .. }
            | Reason::NoEligibleLine { .. }
            | Reason::MinimumSpendNotMet { .. }
            | Reason::ExclusiveCouponApplied { .. }
            | Reason::StackingGroupTaken { .. }
            | Reason::NothingLeftToDiscount
            | Reason::ConditionNotMet { .. }
            | Reason::QuoteChanged { .. } => {}
            _ => return Err(format!("no rule says so: {reason:?}")),
        }
        Ok(())
    }
}

fn named(r#use: &Use) -> &[CouponId] {
    match r#use {
        Use::Named(coupons) => coupons,
        Use::Best => &[],
    }
}

/// A revised order is the cart, the coupons and the codes that were asked for, and was committed as it is answered.
fn judge_revised(
    revision: &Revision,
    known: &OrderModel,
    order: &Order,
    since: u64,
    effect: Option<&Effect>,
) -> Checked {
    must!(order.id == revision.order && order.cart == revision.cart, "I3: another order is answered, or another cart");
    must!(order.stage == OrderStage::Placed, "I3: a revised order is answered as {:?}", order.stage);
    let open = order.transactions.iter().all(|transaction| transaction.state == TransactionState::Open);
    must!(open, "I3: a revised order is answered as {:?}", order.transactions);
    let asked: BTreeSet<CodeHash> = revision.codes.iter().map(|code| code.hash).collect();
    let codes: BTreeSet<CodeHash> = order.coupons.iter().filter_map(|coupon| coupon.direct_code).collect();
    match &revision.r#use {
        Use::Best => must!(codes.is_subset(&asked), "I3: codes are used that weren't given: {codes:?}"),
        Use::Named(coupons) => {
            let own: BTreeSet<CouponId> =
                order.coupons.iter().filter(|coupon| coupon.direct_code.is_none()).map(OrderCoupon::id).collect();
            let exactly = own == coupons.iter().copied().collect() && codes == asked;
            must!(exactly, "I3: {own:?} and {codes:?} are on the order, not {coupons:?} and {asked:?}");
        }
    }
    let coupons: Vec<(CouponId, i64)> =
        order.coupons.iter().map(|coupon| (coupon.id(), coupon.applied.discount.minor())).collect();
    let discount: i64 = coupons.iter().map(|coupon| coupon.1).sum();
    let expected = revision.expect_discount.is_none_or(|expected| expected.minor() == discount);
    must!(expected, "{discount} are taken off, and {:?} were expected", revision.expect_discount);
    let by_key = |version: &&Version| effect.is_some_and(|effect| effect.seq == version.since);
    let mut versions = known.versions.iter().filter(by_key).chain(known.versions_since(since));
    let committed = versions.any(|version| version.cart == order.cart && version.coupons == coupons);
    must!(committed, "I3: order {} never was as it is answered, with {coupons:?}", order.id);
    Ok(())
}

fn seller_ended(order: &OrderModel, seller: Option<&scrip_core::name::SellerId>) -> bool {
    match seller.and_then(|seller| order.seller(seller)) {
        Some(seller) => order.transaction(seller) != Tx::Open,
        None => !order.has_open(),
    }
}

fn judge_step(
    order: Option<&OrderModel>,
    since: u64,
    reason: &Reason,
    forbids: impl Fn(Stage, &OrderModel) -> bool,
) -> Checked {
    let Some(order) = order else {
        must!(*reason == Reason::NotFound, "there is no order");
        return Ok(());
    };
    match reason {
        Reason::NotFound => must!(order.placed > since, "the order is there"),
        Reason::HoldExpired { .. } => {
            must!(order.stage == Stage::TimedOut || order.changed > since, "the order is {:?}", order.stage);
        }
        Reason::OrderStateForbids { .. } => {
            must!(
                order.changed > since || forbids(order.stage, order),
                "the order is {:?} {:?}",
                order.stage,
                order.sellers
            );
        }
        Reason::NotInOrder { line: None, seller: Some(seller) } => {
            let mut versions = order.versions_since(since);
            let lacks = |version: &Version| !version.cart.sellers().contains(&seller);
            must!(versions.any(lacks), "{seller} was in the order all the time");
        }
        _ => return Err(format!("no rule says so: {reason:?}")),
    }
    Ok(())
}

/// Whether a refund is refused for what the order is.
pub fn judge_refund(order: Option<&OrderModel>, of: &RefundOf, since: u64, reason: &Reason) -> Checked {
    let Some(order) = order else {
        must!(*reason == Reason::NotFound, "there is no order");
        return Ok(());
    };
    match reason {
        Reason::NotFound => must!(order.placed > since, "the order is there"),
        Reason::OrderNotPaid => must!(order.paid.is_none_or(|paid| paid > since), "the order is paid"),
        Reason::UnitsAlreadyRefunded { line, left } => {
            let place = order.cart.lines().iter().position(|known| known.id == *line).ok_or("no such line")?;
            must!(order.units_left(place) <= *left, "{} units are left, not {left}", order.units_left(place));
            if let RefundOf::Parts { lines, .. } = of {
                must!(lines.iter().any(|part| part.0 == *line && part.1 > *left), "{left} units are enough");
            }
        }
        Reason::AmountExceedsPaid { left } => {
            let RefundOf::Parts { amounts, shipping, .. } = of else { return Err("no amount was named".to_owned()) };
            let more = amounts
                .iter()
                .map(|part| part.1)
                .chain(shipping.iter().map(|part| part.1))
                .any(|amount| amount >= *left);
            must!(more, "{left} are enough");
        }
        Reason::InvalidField { .. } | Reason::NotInOrder { .. } => {}
        _ => return Err(format!("no rule says so: {reason:?}")),
    }
    Ok(())
}
