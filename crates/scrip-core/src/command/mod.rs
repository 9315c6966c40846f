//! What can be asked: one file per command, each with the aggregates it needs and its decision.

mod add_codes;
mod campaign_lifecycle;
mod cancel_order;
mod candidates;
mod change_campaign;
mod claim;
mod close_transactions;
mod create_campaign;
mod extend_hold;
mod import_coupon;
mod keys;
mod lapse;
mod needs;
mod pay_order;
mod place_order;
mod refund;
mod settle;
mod sweep_due;

pub use add_codes::{AddCodes, AddSharedCode, CODES_PER_COMMAND, CODES_PER_JOB, RequestCodes};
pub use campaign_lifecycle::{CampaignStep, MoveCampaign};
pub use cancel_order::CancelOrder;
pub use candidates::{code_candidate, wallet_candidate};
pub use change_campaign::ChangeCampaign;
pub use claim::{Claim, ClaimOf, SourceRight};
pub use close_transactions::CloseTransactions;
pub use create_campaign::CreateCampaign;
pub use extend_hold::{ExtendHold, HOLD_DAYS_MAX, HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX};
pub use import_coupon::ImportCoupon;
pub use keys::{CreateApiKey, RevokeApiKey};
pub use needs::code as code_needs;
pub use pay_order::PayOrder;
pub use place_order::{Chosen, PlaceOrder};
pub use refund::{RefundOf, RefundOrder};
pub use sweep_due::SweepDue;

use crate::{
    event::{AnswerKind, Event},
    id::{CampaignId, CouponId, IdSource, JobId, KeyId},
    key::Key,
    name::{AccountId, OrderId, RefundName},
    reason::Refusal,
    slot::{Bucket, Buckets},
    state::State,
    time::Timestamp,
};

/// What a command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Empty where a repetition finds that all is done.
    pub events: Vec<Event>,
    pub outcome: Outcome,
}

/// What the answer shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Coupon { account: AccountId, coupon: CouponId },
    Order { account: AccountId, order: OrderId, created: bool },
    Refund { account: AccountId, order: OrderId, refund: RefundName, created: bool },
    Campaign { campaign: CampaignId, created: bool },
    SharedCode { campaign: CampaignId },
    Job(JobId),
    ApiKey(KeyId),
    Nothing,
}

impl Outcome {
    /// What is noted with an idempotency key.
    pub const fn answer_kind(&self) -> AnswerKind {
        match self {
            Self::Coupon { .. } => AnswerKind::Coupon,
            Self::Order { .. } => AnswerKind::Order,
            Self::Refund { .. } => AnswerKind::Refund,
            Self::Campaign { .. } => AnswerKind::Campaign,
            Self::SharedCode { .. } => AnswerKind::SharedCode,
            Self::Job(_) => AnswerKind::Job,
            Self::ApiKey(_) => AnswerKind::ApiKey,
            Self::Nothing => AnswerKind::Nothing,
        }
    }
}

/// A command's two halves: which aggregates it must see, and what follows from them.
trait Decide {
    /// Adds the keys to look at. Called again when they are loaded, as some name others; ends when it adds nothing new.
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>);

    /// Pure: the same state, time and ids give the same answer. A refusal changes nothing.
    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal>;
}

macro_rules! commands {
    ($($name:ident $(($account:ident $(, $order:ident)?))?,)*) => {
        /// Everything that can be asked.
        #[derive(Clone, Debug)]
        pub enum Command { $($name($name),)* }

        impl Command {
            /// The aggregates to look at, given those that are loaded.
            pub fn needs(&self, state: &State, now: Timestamp) -> Vec<Key> {
                let mut keys = Vec::new();
                match self { $(Self::$name(command) => command.needs(state, now, &mut keys),)* }
                keys
            }

            /// Events or a refusal. What the clock alone has changed must have been settled: [`Command::prelude`].
            pub fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
                match self { $(Self::$name(command) => command.decide(state, now, ids),)* }
            }

            /// The name for metrics and logs.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            fn account(&self) -> Option<(&AccountId, Option<&OrderId>)> {
                match self {
                    $($(Self::$name(command) => Some((&command.$account, commands!(@order command $($order)?))),)?)*
                    #[allow(unreachable_patterns, reason = "commands without an account")]
                    _ => None,
                }
            }
        }

        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                Self::$name(command)
            }
        })*
    };
    (@order $command:ident $order:ident) => { Some(&$command.$order) };
    (@order $command:ident) => { None };
}

commands! {
    CreateCampaign,
    ChangeCampaign,
    MoveCampaign,
    AddSharedCode,
    RequestCodes,
    AddCodes,
    Claim(account),
    ImportCoupon(account),
    PlaceOrder(account, id),
    ExtendHold(account, order),
    PayOrder(account, order),
    CloseTransactions(account, order),
    CancelOrder(account, order),
    RefundOrder(account, order),
    SweepDue,
    CreateApiKey,
    RevokeApiKey,
}

impl Command {
    /// What the clock alone has changed for the command's account: orders whose hold ran out, and, before a claim,
    /// expired coupons that leave the live pages. True whether or not the command is refused. Ask again after applying.
    pub fn prelude(&self, state: &State, now: Timestamp) -> Vec<Event> {
        let Some((account, order)) = self.account() else { return Vec::new() };
        let lapsed = lapse::lapsed_orders(state, account, order, now);
        if !lapsed.is_empty() {
            return lapsed;
        }
        let claims = match self {
            Self::Claim(_) => true,
            Self::PlaceOrder(command) => command.uses_codes(),
            _ => false,
        };
        if claims { lapse::expired_coupons(state, account, now) } else { Vec::new() }
    }

    /// The bucket that the command runs in.
    pub fn bucket(&self, buckets: Buckets) -> Bucket {
        match self {
            Self::MoveCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            Self::ChangeCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            _ => self.account().map_or(Bucket::FIRST, |(account, _)| account.slot().bucket(buckets)),
        }
    }
}
