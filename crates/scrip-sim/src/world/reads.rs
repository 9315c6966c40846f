//! What is read on the way, against what must be there.

use scrip_core::{
    cart::Cart,
    command::{RefundOf, RefundOrder},
    metadata::Metadata,
    name::{AccountId, RefundName},
    time::Timestamp,
};
use scrip_engine::{Answer, Engine, EngineError};

use super::World;
use crate::{
    compare,
    judge::judge_refund,
    model::{Checked, Stage, Status, must},
};

impl World {
    pub(super) fn read(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        let Some(engine) = self.nodes[node].engine.clone() else { return Ok(()) };
        let account = self.workload.accounts()[self.chance.below(self.workload.accounts().len())].clone();
        self.tally.reads += 1;
        let cart = self.workload.cart();
        let read = engine.read(|reader| {
            let wallet = reader.wallet(&account, true)?;
            let quote = reader.quote(&account, &cart, &scrip_engine::Use::Best, &[])?;
            Ok((wallet, quote, reader.now()))
        });
        let (wallet, quote, now) = match read {
            Ok(read) => read,
            Err(EngineError::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(format!("a read fails: {error:?}")),
        };
        must!(self.nodes[node].may_answer(), "node {node} reads for somebody, and hasn't asked whether it may");
        let (clock, _) = self.nodes[node].time(Timestamp::from_micros(self.clock), Timestamp::default());
        must!(
            now.micros() >= clock && now.micros() <= self.latest_head()?.max(clock),
            "a reader is at {now}, and the clock at {clock}"
        );
        for coupon in &wallet {
            compare::coupon_is(&self.model, &account, coupon)?;
        }
        let shown = |id| wallet.iter().any(|coupon| coupon.id == id);
        for id in self.model.wallets.get(&account).into_iter().flatten() {
            let known = &self.model.coupons[id];
            must!(known.direct || shown(*id), "I3: {id} isn't in the wallet of {account}");
        }
        self.model.check(&cart, quote.quote.applied.iter()).map_err(|what| format!("a quote: {what}"))?;
        for applied in &quote.quote.applied {
            let id = applied.coupon.ok_or("a quote uses a code that nobody gave")?;
            let known = self.model.coupons.get(&id).ok_or("a quote uses a coupon that isn't there")?;
            must!(known.account == account, "I7: {id} is quoted to {account}");
            must!(now < known.expires_at && now >= known.starts_at, "S8: {id} is quoted outside of its time");
        }
        self.read_revision(&engine, &account, &cart)
    }

    /// What revising an open order would come to: with what the account has, and what the order itself holds.
    fn read_revision(&self, engine: &Engine, account: &AccountId, cart: &Cart) -> Checked {
        let mut own = self.model.orders.iter().filter(|(key, order)| key.0 == *account && order.stage == Stage::Placed);
        let Some(((_, id), _)) = own.next_back() else { return Ok(()) };
        let read = engine.read(|reader| {
            let quote = reader.quote_instead_of(account, id, cart, &scrip_engine::Use::Best, &[])?;
            Ok((quote, reader.now()))
        });
        let (quote, now) = match read {
            Ok(read) => read,
            Err(EngineError::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(format!("a read fails: {error:?}")),
        };
        self.model.check(cart, quote.quote.applied.iter()).map_err(|what| format!("a quote: {what}"))?;
        for applied in &quote.quote.applied {
            let coupon = applied.coupon.ok_or("a quote uses a code that nobody gave")?;
            let known = self.model.coupons.get(&coupon).ok_or("a quote uses a coupon that isn't there")?;
            must!(known.account == *account, "I7: {coupon} is quoted to {account}");
            must!(now < known.expires_at && now >= known.starts_at, "S8: {coupon} is quoted outside of its time");
            let free = match &known.status {
                Status::Valid => true,
                Status::On(order) if order == id => !known.direct,
                // From the end of its hold it is free, whether or not anybody has written that down.
                Status::On(order) => {
                    let other = self.model.orders.get(&(account.clone(), order.clone()));
                    other.is_some_and(|other| other.stage == Stage::Placed && now >= other.hold_until && !known.direct)
                }
                Status::Used(_) | Status::UsedBefore | Status::Reclaimed | Status::Pending | Status::Gone => false,
            };
            must!(free, "I2: {coupon} is quoted to order {id}, and is {:?}", known.status);
        }
        Ok(())
    }

    /// What a campaign has given out over all buckets, and what the node knows of it.
    pub(super) fn read_campaign(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        let (Some(engine), false) = (&self.nodes[node].engine, self.model.campaigns.is_empty()) else { return Ok(()) };
        let index = self.chance.below(self.model.campaigns.len());
        let (id, known) = self.model.campaigns.iter().nth(index).expect("below their number");
        match engine.read(|reader| reader.counters(*id)) {
            Ok(counters) => {
                let claimed: u32 = known.counted.iter().map(|counted| counted.claimed).sum();
                let held: u64 = known.counted.iter().map(|counted| counted.held).sum();
                let sum = |figure: fn(&crate::model::Counted) -> u32| known.counted.iter().map(figure).sum::<u32>();
                let shown = (counters.claimed, counters.budget_held.minor().unsigned_abs());
                must!(
                    shown == (claimed, held),
                    "{id} is shown with {counters:?}, and has {claimed} claimed, {held} held"
                );
                let shown = (counters.used, counters.reclaimed);
                let expected = (sum(|counted| counted.used), sum(|counted| counted.reclaimed));
                must!(shown == expected, "{id} is shown with {counters:?}, and {expected:?} are used and reclaimed");
                Ok(())
            }
            Err(EngineError::Unavailable(_)) => Ok(()),
            Err(error) => Err(format!("a read fails: {error:?}")),
        }
    }

    /// What all that is left of an order would give back. It changes nothing.
    pub(super) fn preview(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        let (Some(engine), false) = (&self.nodes[node].engine, self.model.orders.is_empty()) else { return Ok(()) };
        let index = self.chance.below(self.model.orders.len());
        let ((account, id), order) = self.model.orders.iter().nth(index).expect("below their number");
        let command = RefundOrder {
            account: account.clone(),
            order: id.clone(),
            id: RefundName::new("preview").expect("a valid name"),
            of: RefundOf::All,
            as_seller: None,
            fingerprint: [0; 16],
            metadata: Metadata::default(),
        };
        match engine.preview(command) {
            Ok(Answer::Refund { refund, .. }) => {
                let left = order.left_to_refund();
                must!(refund.amount.minor() == left, "I6: order {id} would give back {}, not {left}", refund.amount);
                must!(self.weather.take_committed().is_empty(), "a preview changes something");
                Ok(())
            }
            Ok(other) => Err(format!("a preview answers {other:?}")),
            Err(EngineError::Refused(refusal)) => {
                judge_refund(Some(order), &RefundOf::All, self.model.seq, refusal.first())
                    .map_err(|what| format!("a preview of {id}: {what}"))
            }
            Err(EngineError::Unavailable(_)) => Ok(()),
            Err(error) => Err(format!("a preview fails: {error:?}")),
        }
    }
}
