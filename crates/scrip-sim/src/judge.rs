//! Whether an answer is right, by what was committed between the asking and the answer.

mod code;
mod import;
mod step;

use std::collections::BTreeSet;

use scrip_core::{
    campaign::{CampaignStage, Channel},
    command::{Claim, ClaimOf, Command},
    exchange::Pool,
    id::{CampaignId, CodeHash, CouponId},
    name::{AccountId, OrderId, SellerId},
    order::{Order, OrderCoupon, OrderStage, TransactionState},
    reason::{Reason, Refusal},
    status::OrderStatus,
};
use scrip_engine::{Answer, Receipt, Revision, Use};

pub use self::step::judge_refund;
use self::step::{judge_step, seller_ended};
use crate::{
    ask::{Ask, Wish, shown},
    model::{
        CampaignModel, Checked, CouponModel, Effect, Known, Log, Model, OrderModel, Stage, Status, Tx, Version, must,
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
            Answer::Deleted { campaign } => {
                let gone = |known: &CampaignModel| {
                    let deleted = known.now.stage == CampaignStage::Deleted;
                    deleted
                        && known
                            .known
                            .iter()
                            .all(|here| here.as_ref().is_some_and(|here| here.stage == CampaignStage::Deleted))
                };
                must!(
                    self.campaigns.get(campaign).is_some_and(gone),
                    "I3: {campaign} is deleted, and isn't everywhere"
                );
                Ok(())
            }
            Answer::Job(job) => {
                let (total, done) = self.jobs.get(&job.id).ok_or_else(|| format!("I3: {} isn't there", job.id))?;
                let goes_on = is_asked(&ask.wish, |command| matches!(command, Command::CancelJob(_))) && done < total;
                must!(!goes_on, "I3: {} is cancelled, and has {done} of {total} codes to make", job.id);
                Ok(())
            }
            Answer::Code(Some(code)) => self.judge_taken_back(ask, code),
            Answer::Imported { account, coupon, new } => self.judge_imported(ask, since, account, coupon, *new),
            Answer::Nothing if is_asked(&ask.wish, |command| matches!(command, Command::NoteGrants(_))) => {
                must!(effect.is_some(), "I3: grants are noted, and aren't");
                Ok(())
            }
            // Deleted before under the same key: there is nothing left to show.
            Answer::Nothing
                if receipt.replayed && is_asked(&ask.wish, |command| matches!(command, Command::DeleteCampaign(_))) =>
            {
                Ok(())
            }
            Answer::Nothing if matches!(ask.wish, Wish::Link { .. }) => {
                let linked = ask.account().is_some_and(|account| self.individuals.contains_key(account));
                must!(linked, "I3: {:?} is linked, and isn't", ask.account());
                Ok(())
            }
            Answer::ApiKey(key) => {
                let is_revoked = self.api_keys.get(&key.id).ok_or_else(|| format!("I3: {} isn't there", key.id))?;
                let revokes = is_asked(&ask.wish, |command| matches!(command, Command::RevokeApiKey(_)));
                must!(*is_revoked || !revokes, "I3: {} is revoked, and isn't", key.id);
                Ok(())
            }
            Answer::Transfer(_) | Answer::Code(None) | Answer::Nothing => Err("an answer to nothing".to_owned()),
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
                    let payable = command.seller.is_none() && order.stage == OrderStage::TimedOut;
                    must!(!payable, "I3: order {} is cancelled, and may be paid", order.id);
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
                // They have no order to show, or nothing that is said of it here.
                Command::CreateCampaign(_)
                | Command::ChangeCampaign(_)
                | Command::MoveCampaign(_)
                | Command::DeleteCampaign(_)
                | Command::CancelJob(_)
                | Command::AddSharedCode(_)
                | Command::RequestCodes(_)
                | Command::AddCodes(_)
                | Command::Claim(_)
                | Command::ImportCampaign(_)
                | Command::ImportCoupon(_)
                | Command::PlaceOrder(_)
                | Command::ReviseOrder(_)
                | Command::ExtendHold(_)
                | Command::RefundOrder(_)
                | Command::ChangeMetadata(_)
                | Command::SweepDue(_)
                | Command::ForgetKeys(_)
                | Command::CreateApiKey(_)
                | Command::RevokeApiKey(_)
                | Command::ChangeApiKey(_)
                | Command::NoteApiKeyUse(_)
                | Command::LinkAccount(_)
                | Command::LearnCampaign(_)
                | Command::NoteSharedCode(_)
                | Command::NoteGrants(_)
                | Command::NoteCodes(_)
                | Command::GrantQuota(_)
                | Command::ReceiveQuota(_)
                | Command::ReturnQuota(_)
                | Command::TakeBackQuota(_)
                | Command::LeaseCode(_)
                | Command::LearnCode(_)
                | Command::CloseLease(_)
                | Command::ReleaseLease(_)
                | Command::ConfirmLease(_)
                | Command::ForgetLease(_)
                | Command::RevokeCode(_)
                | Command::RevokeCodeHere(_) => Ok(()),
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
                        let again =
                            |(seller, tx): &(SellerId, Tx)| *tx == Tx::Cancelled && !order.gone.contains(seller);
                        let again = command.seller.is_none() && order.sellers.iter().any(again);
                        stage == Stage::Paid && !again && seller_ended(order, command.seller.as_ref())
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
                Command::DeleteCampaign(command) => self.judge_campaign(command.campaign, since, reason),
                Command::RequestCodes(command) => self.judge_campaign(command.campaign, since, reason),
                Command::AddSharedCode(command) if *reason == Reason::CodeExists => {
                    must!(self.codes.contains_key(&command.code.hash), "nobody has this code");
                    Ok(())
                }
                Command::AddSharedCode(command) => self.judge_campaign(command.campaign, since, reason),
                Command::NoteGrants(command) => self.judge_campaign(command.campaign, since, reason),
                Command::CancelJob(command) if *reason == Reason::NotFound => {
                    must!(!self.jobs.contains_key(&command.job), "the job is there");
                    Ok(())
                }
                Command::RevokeCode(command) if *reason == Reason::NotFound => {
                    let known = self.codes.get(&command.hash).filter(|code| code.campaign == command.campaign);
                    if known.is_none_or(|code| code.made > since) {
                        return Ok(());
                    }
                    self.judge_campaign(command.campaign, since, reason)
                }
                Command::ImportCampaign(command) => {
                    let known = self.campaigns.get(&command.campaign);
                    let deleted = known.is_some_and(|known| known.now.stage == CampaignStage::Deleted);
                    must!(*reason == Reason::CampaignNotFound && deleted, "this campaign comes in: {known:?}");
                    Ok(())
                }
                Command::ImportCoupon(command) => self.judge_import(ask, command, since, reason),
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
                    let deleted = known.now.stage == CampaignStage::Deleted;
                    !deleted && known.known.iter().all(|here| here.as_ref().is_some_and(|here| here.since <= since))
                };
                must!(!known.is_some_and(told), "{campaign} is there");
            }
            Reason::PreconditionFailed | Reason::CampaignStateForbids { .. } => {}
            Reason::ValidityOver => must!(known.is_some_and(|known| self.is_over(known)), "{campaign} isn't over"),
            Reason::ChannelNotOffered => {
                must!(known.is_some_and(|known| !known.now.offers(Channel::Code)), "{campaign} is offered on code");
            }
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
                // One that was deleted is nobody's any more, wherever that is known.
                let there = |here: &Known| here.since <= since && here.stage != CampaignStage::Deleted;
                must!(!known.known_in(bucket).is_some_and(there), "{bucket:?} knows {campaign}");
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
                let here = known.known_in(bucket);
                let is_new = here.is_none_or(|here| here.since > since || !here.offers(channel));
                must!(is_new || !known.now.offers(channel), "{channel:?} is offered");
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
                // The coupon that a code made on the order itself counts as not there: its claim would never have been. So it
                // was when it was judged, whatever became of it since: paid and closed, it is used by now.
                let made_here = |coupon: &CouponModel| {
                    let was_on = |order: &OrderId| {
                        coupon.status == Status::On(order.clone())
                            || coupon.orders.iter().any(|(left, known)| *left > since && known == order)
                    };
                    coupon.direct && revised.is_some_and(|(order, _)| was_on(order))
                };
                // A pending one is nobody's to use (S17).
                let there = |coupon: &&CouponModel| {
                    !matches!(coupon.status, Status::Gone | Status::Pending) && !made_here(coupon)
                };
                let known = own().filter(there).count();
                must!(known < coupons.len(), "all coupons are {account}'s");
            }
            Reason::CouponOnOrder { order } => {
                must!(revised.is_none_or(|(id, _)| id != order), "what the order itself holds counts as free");
                let on = own().any(|coupon| {
                    coupon.status == Status::On(order.clone())
                        || coupon.orders.iter().any(|(left, other)| *left > since && other == order)
                });
                must!(on, "no coupon was on {order}");
            }
            Reason::CouponUsed => {
                let is_used = |coupon: &CouponModel| matches!(coupon.status, Status::Used(_) | Status::UsedBefore);
                must!(own().any(|coupon| is_used(coupon) || coupon.moved > since), "no coupon was used");
            }
            Reason::CouponReclaimed => {
                must!(own().any(|coupon| coupon.status == Status::Reclaimed), "no coupon was taken back");
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
            | Reason::CodeRevoked
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

fn is_asked(wish: &Wish, of: impl Fn(&Command) -> bool) -> bool {
    matches!(wish, Wish::Command(command) if of(command))
}
