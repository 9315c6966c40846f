use scrip_core::{
    command::Command,
    name::AccountId,
    order::{OrderCouponState, OrderStage, TransactionState},
    time::Timestamp,
};
use scrip_engine::{Answer, Engine, EngineError, KeyUse, Placement, Receipt, Revision};

use crate::task::Task;

/// What a client wants, however often it has to say so.
#[derive(Clone, Debug)]
pub struct Ask {
    pub wish: Wish,
    pub key: Option<KeyUse>,
    /// When it was first sent, by the latest clock.
    pub sent_at: Timestamp,
    pub sent: u32,
    /// The first answer that wasn't a refusal.
    pub answer: Option<Receipt>,
    /// The client doesn't ask again.
    pub done: bool,
}

#[derive(Clone, Debug)]
pub enum Wish {
    Command(Box<Command>),
    Place(Box<Placement>),
    Revise(Box<Revision>),
    /// That accounts count together.
    Link {
        account: AccountId,
        to: AccountId,
    },
}

/// A request underway to a node or back.
pub struct Flight {
    pub ask: usize,
    pub node: usize,
    /// In commits.
    pub since: u64,
    pub task: Task<Result<Receipt, EngineError>>,
    /// Something was decided on what had changed meanwhile: a refusal proves nothing.
    pub unjudged: bool,
}

impl Ask {
    pub const fn new(wish: Wish, key: Option<KeyUse>) -> Self {
        Self { wish, key, sent_at: Timestamp::from_micros(0), sent: 0, answer: None, done: false }
    }

    pub fn name(&self) -> &'static str {
        match &self.wish {
            Wish::Command(command) => command.name(),
            Wish::Place(_) => "Place",
            Wish::Revise(_) => "Revise",
            Wish::Link { .. } => "Link",
        }
    }

    pub fn account(&self) -> Option<&AccountId> {
        match &self.wish {
            Wish::Command(command) => command.account_name(),
            Wish::Place(placement) => Some(&placement.account),
            Wish::Revise(revision) => Some(&revision.account),
            Wish::Link { account, .. } => Some(account),
        }
    }

    /// Whether sending it again, after an answer that got lost, wishes for nothing more: under its key, or by what it names.
    pub fn is_the_same_again(&self) -> bool {
        let by_itself = |command: &Command| {
            matches!(
                command,
                Command::ImportCampaign(_)
                    | Command::ImportCoupon(_)
                    | Command::RevokeCode(_)
                    | Command::RevokeApiKey(_)
                    | Command::CancelJob(_)
            )
        };
        self.key.is_some()
            || match &self.wish {
                Wish::Place(_) => true,
                Wish::Command(command) => by_itself(command),
                Wish::Revise(_) | Wish::Link { .. } => false,
            }
    }

    pub fn start(&self, engine: &Engine) -> Task<Result<Receipt, EngineError>> {
        let (engine, key) = (engine.clone(), self.key.clone());
        match self.wish.clone() {
            Wish::Command(command) => Task::new(async move { engine.submit(*command, key).await }),
            Wish::Place(placement) => Task::new(async move { engine.place(*placement, key).await }),
            Wish::Revise(revision) => Task::new(async move { engine.revise(*revision, key).await }),
            Wish::Link { account, to } => Task::new(async move {
                engine.link(&account, &to).await?;
                Ok(Receipt { answer: Answer::Nothing, replayed: false, at: engine.now() })
            }),
        }
    }
}

/// An answer without what nobody is shown: where an order's coupon lies in its wallet's history, and how
/// many shared codes a campaign has by now.
pub fn shown(answer: &Answer) -> Answer {
    let mut shown = match answer {
        // Given again it shows nothing: it is gone either way.
        Answer::Deleted { .. } => Answer::Nothing,
        answer => answer.clone(),
    };
    if let Answer::Campaign { campaign, .. } = &mut shown {
        campaign.shared_codes = 0;
    }
    // A refund shows of its order who sold what at which shares, and nothing that goes on.
    if let Answer::Refund { order, .. } = &mut shown {
        order.stage = OrderStage::Paid;
        order.transactions.iter_mut().for_each(|transaction| transaction.state = TransactionState::Open);
        order.coupons.iter_mut().for_each(|coupon| coupon.state = OrderCouponState::Held);
        (order.lines, order.shipping, order.events) = <_>::default();
        (order.refunds, order.refund_pages, order.reversed_on_pages) = <_>::default();
    }
    if let Answer::Order { order, .. } | Answer::Refund { order, .. } = &mut shown {
        for coupon in &mut order.coupons {
            coupon.history_page = None;
        }
    }
    shown
}
