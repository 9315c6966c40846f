//! What can be asked: commands, each with where it is done, the aggregates it needs and its decision. Those by which buckets
//! exchange something are in the folder `exchange/` here.

mod add_codes;
mod add_shared_code;
mod cancel_job;
mod cancel_order;
mod candidates;
mod change_api_key;
mod change_campaign;
mod change_metadata;
mod checkout;
mod claim;
mod close_transactions;
mod coupon_outcomes;
mod create_api_key;
mod create_campaign;
mod delete_campaign;
mod exchange;
mod extend_hold;
mod forget_keys;
mod import_campaign;
mod import_coupon;
mod lapse;
mod link_account;
mod move_campaign;
mod needs;
mod note_api_key_use;
mod note_codes;
mod note_grants;
mod note_shared_code;
mod pay_order;
mod place_order;
mod refund_order;
mod request_codes;
mod retake;
mod revise_order;
mod revoke_api_key;
mod revoke_code;
mod sweep_due;

pub use add_codes::{AddCodes, CODES_PER_COMMAND};
pub use add_shared_code::AddSharedCode;
pub use cancel_job::CancelJob;
pub use cancel_order::CancelOrder;
pub use candidates::{code_candidate, wallet_candidate};
pub use change_api_key::ChangeApiKey;
pub use change_campaign::ChangeCampaign;
pub use change_metadata::ChangeMetadata;
pub use checkout::Chosen;
pub use claim::{Claim, ClaimBy, ClaimOf};
pub use close_transactions::CloseTransactions;
pub use create_api_key::CreateApiKey;
pub use create_campaign::CreateCampaign;
pub use delete_campaign::DeleteCampaign;
pub use exchange::{
    CloseLease, ConfirmLease, ForgetLease, GrantQuota, LearnCampaign, LearnCode, LeaseCode, ReceiveQuota, ReleaseLease,
    ReturnQuota, RevokeCodeHere, TakeBackQuota,
};
pub use extend_hold::{ExtendHold, HOLD_DAYS_MAX, HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX};
pub use forget_keys::{ForgetKeys, KEYS_PER_COMMAND, keys_kept_from};
pub use import_campaign::{ImportCampaign, imported_campaign};
pub use import_coupon::{ImportCoupon, KnownBy, OldStatus};
pub use lapse::given_back;
pub use link_account::LinkAccount;
pub use move_campaign::{CampaignStep, MoveCampaign};
pub use needs::{code as code_needs, order_needs, order_refund as refund_needs, whole_order as whole_order_needs};
pub use note_api_key_use::NoteApiKeyUse;
pub use note_codes::NoteCodes;
pub use note_grants::NoteGrants;
pub use note_shared_code::NoteSharedCode;
pub use pay_order::PayOrder;
pub use place_order::PlaceOrder;
pub use refund_order::{RefundOf, RefundOrder};
pub use request_codes::{CODES_PER_JOB, RequestCodes};
pub use retake::LATE_PAYMENT_DAYS;
pub use revise_order::ReviseOrder;
pub use revoke_api_key::RevokeApiKey;
pub use revoke_code::RevokeCode;
pub use sweep_due::SweepDue;

use crate::{
    code::Code,
    event::Event,
    exchange::Transfer,
    id::{CampaignId, CodeHash, CouponId, IdSource, JobId, KeyId},
    idempotency::AnswerKind,
    name::{AccountId, OrderId, RefundName},
    reason::Refusal,
    slot::{Bucket, Buckets, Slot},
    state::{Key, State},
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
    Coupon {
        account: AccountId,
        coupon: CouponId,
    },
    /// `new`: taken by this line; else by the same one before.
    Imported {
        account: AccountId,
        coupon: CouponId,
        new: bool,
    },
    Order {
        account: AccountId,
        order: OrderId,
        created: bool,
    },
    Refund {
        account: AccountId,
        order: OrderId,
        refund: RefundName,
        created: bool,
    },
    Campaign {
        campaign: CampaignId,
        created: bool,
    },
    SharedCode {
        campaign: CampaignId,
    },
    Deleted {
        campaign: CampaignId,
    },
    Job(JobId),
    ApiKey(KeyId),
    /// The transfer of a quota that is underway, if one is.
    Transfer(Option<Transfer>),
    /// A code as the bucket at hand has it now, if it does.
    Code(Option<Code>),
    Nothing,
}

impl Outcome {
    /// What is noted with an idempotency key.
    pub const fn answer_kind(&self) -> AnswerKind {
        match self {
            Self::Coupon { .. } | Self::Imported { .. } => AnswerKind::Coupon,
            Self::Order { .. } => AnswerKind::Order,
            Self::Refund { .. } => AnswerKind::Refund,
            Self::Campaign { .. } => AnswerKind::Campaign,
            Self::SharedCode { .. } => AnswerKind::SharedCode,
            Self::Job(_) => AnswerKind::Job,
            Self::ApiKey(_) => AnswerKind::ApiKey,
            Self::Code(_) => AnswerKind::Code,
            Self::Deleted { .. } | Self::Transfer(_) | Self::Nothing => AnswerKind::Nothing,
        }
    }
}

/// Where a command is done.
pub(crate) enum Where<'a> {
    /// In the bucket of this account, whose it is: what the clock has changed for it is written down before.
    Account(&'a AccountId),
    /// The same, for the account's order that it is about too.
    Order(&'a AccountId, &'a OrderId),
    /// In the bucket of what lives in this slot.
    Slot(Slot),
    /// In this bucket.
    Bucket(Bucket),
}

/// What a command has to do in other buckets than its own, besides what quotas and leases of codes take.
#[derive(Clone, Copy, Debug)]
pub enum Elsewhere<'a> {
    Nothing,
    /// Every bucket learns the campaign that it makes.
    NewCampaign,
    /// Every bucket learns the campaign as it is then. What all of them have given out of it stands in the answer.
    Campaign(CampaignId),
    /// Every bucket learns that the campaign has codes.
    CodesOf(CampaignId),
    /// The code is added where it lives, and every bucket learns that its campaign has it.
    SharedCode(&'a AddSharedCode),
    /// Every bucket that knows the code learns that it was revoked.
    Revocation(&'a RevokeCode),
}

/// What each command says of itself, in its own file.
pub(crate) trait Decide {
    /// Where it is done.
    fn place(&self) -> Where<'_>;

    /// Adds the keys to look at. Called again when they are loaded, as some name others; ends when it adds nothing new.
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>);

    /// Pure: the same state, time and ids give the same answer. A refusal changes nothing.
    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal>;

    /// The codes that it wants to claim with.
    fn codes(&self) -> Vec<CodeHash> {
        Vec::new()
    }

    /// Whether it adds coupons to its account's: expired ones leave the live pages before.
    fn wants_room(&self) -> bool {
        false
    }

    /// What it has to do in other buckets.
    fn elsewhere(&self) -> Elsewhere<'_> {
        Elsewhere::Nothing
    }

    /// Whether it is done even where a pool doesn't have what it takes.
    fn may_overdraw(&self) -> bool {
        false
    }

    /// Whether whoever is answered may count on it wherever the next question goes: where several processes serve, all have heard of
    /// it then.
    fn is_heard_by_all(&self) -> bool {
        false
    }
}

macro_rules! commands {
    ($($name:ident $(in $box:ident)? $(= $label:literal)?,)*) => {
        /// Everything that can be asked. It goes from hand to hand and from thread to thread: what would make it large is in a box.
        #[derive(Clone, Debug)]
        pub enum Command { $($name(commands!(@held $name $($box)?)),)* }

        impl Command {
            /// Every name, in the order of the list.
            pub const NAMES: &[&str] = &[$(commands!(@label $name $($label)?)),*];

            /// The name for metrics and logs.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => commands!(@label $name $($label)?),)* }
            }

            fn itself(&self) -> &dyn Decide {
                match self {
                    $(Self::$name(command) => {
                        let command: &$name = command;
                        command
                    })*
                }
            }
        }

        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                Self::$name(commands!(@hold command $($box)?))
            }
        })*
    };
    (@held $name:ident Box) => { Box<$name> };
    (@held $name:ident) => { $name };
    (@hold $command:ident Box) => { Box::new($command) };
    (@hold $command:ident) => { $command };
    (@label $name:ident $label:literal) => { $label };
    (@label $name:ident) => { stringify!($name) };
}

// Each by the name of its type. One that was renamed here says the label by which metrics and logs know it.
commands! {
    CreateCampaign in Box,
    ChangeCampaign in Box,
    MoveCampaign,
    DeleteCampaign,
    CancelJob,
    AddSharedCode,
    RequestCodes,
    AddCodes,
    Claim,
    ImportCampaign in Box,
    ImportCoupon,
    PlaceOrder in Box,
    ReviseOrder,
    ExtendHold,
    PayOrder,
    CloseTransactions,
    CancelOrder,
    RefundOrder in Box,
    ChangeMetadata,
    SweepDue,
    ForgetKeys,
    CreateApiKey in Box,
    RevokeApiKey,
    ChangeApiKey,
    NoteApiKeyUse,
    LinkAccount,
    LearnCampaign in Box,
    NoteSharedCode,
    NoteGrants,
    NoteCodes,
    GrantQuota = "GrantAllowance",
    ReceiveQuota = "ReceiveAllowance",
    ReturnQuota = "ReturnAllowance",
    TakeBackQuota = "TakeBackAllowance",
    LeaseCode = "LendCode",
    LearnCode in Box,
    CloseLease in Box = "CloseCode",
    ReleaseLease = "ReleaseCode",
    ConfirmLease = "SettleCode",
    ForgetLease = "ForgetCode",
    RevokeCode,
    RevokeCodeHere in Box,
}

// As large as the largest of those that come often, or nearly.
const _: () = assert!(size_of::<Command>() <= 136);

impl Command {
    /// The aggregates to look at, given those that are loaded.
    pub fn needs(&self, state: &State, now: Timestamp) -> Vec<Key> {
        let mut keys = Vec::new();
        self.itself().needs(state, now, &mut keys);
        keys
    }

    /// Events or a refusal. What the clock alone has changed must have been written down: [`Command::prelude`].
    ///
    /// Errors: what the command's rules refuse, with all reasons; nothing changed then.
    pub fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        self.itself().decide(state, now, ids)
    }

    /// What the clock alone has changed for the command's account: orders whose hold ran out, and, before a claim,
    /// expired coupons that leave the live pages. True whether or not the command is refused. Ask again after applying.
    pub fn prelude(&self, state: &State, now: Timestamp) -> Vec<Event> {
        let (account, order) = match self.itself().place() {
            Where::Account(account) => (account, None),
            Where::Order(account, order) => (account, Some(order)),
            Where::Slot(_) | Where::Bucket(_) => return Vec::new(),
        };
        let lapsed = lapse::lapsed_orders(state, account, order, now);
        if lapsed.is_empty() && self.itself().wants_room() {
            return lapse::expired_coupons(state, account, now);
        }
        lapsed
    }

    /// Whether its answer waits for every process that serves to have it in memory.
    pub fn is_heard_by_all(&self) -> bool {
        self.itself().is_heard_by_all()
    }

    /// The bucket that the command runs in.
    pub fn bucket(&self, buckets: Buckets) -> Bucket {
        match self.itself().place() {
            Where::Account(account) | Where::Order(account, _) => account.slot().bucket(buckets),
            Where::Slot(slot) => slot.bucket(buckets),
            Where::Bucket(bucket) => bucket,
        }
    }

    /// The codes that the command wants to claim with.
    pub fn codes(&self) -> Vec<CodeHash> {
        self.itself().codes()
    }

    /// What the command has to do in other buckets than its own.
    pub fn elsewhere(&self) -> Elsewhere<'_> {
        self.itself().elsewhere()
    }

    /// Whose it is, if it is an account's.
    pub fn account_name(&self) -> Option<&AccountId> {
        match self.itself().place() {
            Where::Account(account) | Where::Order(account, _) => Some(account),
            Where::Slot(_) | Where::Bucket(_) => None,
        }
    }

    /// Whether it is done even where a pool doesn't have what it takes: what an account has had counts, whatever the limit.
    pub fn may_overdraw(&self) -> bool {
        self.itself().may_overdraw()
    }
}
