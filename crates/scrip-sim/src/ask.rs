use scrip_core::{command::Command, name::AccountId, time::Timestamp};
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

/// An answer without what nobody is shown: where an order's coupon lies in its wallet's history.
pub fn shown(answer: &Answer) -> Answer {
    let mut shown = answer.clone();
    if let Answer::Order { order, .. } | Answer::Refund { order, .. } = &mut shown {
        for coupon in &mut order.coupons {
            coupon.history_page = None;
        }
    }
    shown
}
