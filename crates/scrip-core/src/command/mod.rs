//! What can be asked: commands, each with the aggregates it needs and its decision. Those by which buckets exchange something
//! are in `exchange/`.

mod add_codes;
mod campaign_lifecycle;
mod cancel_order;
mod candidates;
mod change_campaign;
mod change_metadata;
mod checkout;
mod claim;
mod close_transactions;
mod coupon_outcomes;
mod create_campaign;
mod delete_campaign;
mod extend_hold;
mod forget_keys;
mod import_campaign;
mod import_coupon;
mod keys;
mod lapse;
mod link_account;
pub(crate) mod needs;
mod note_grants;
mod pay_order;
mod place_order;
mod refund;
mod retake;
mod revise_order;
mod revoke_code;
mod sweep_due;

pub use add_codes::{
    AddCodes, AddSharedCode, CODES_PER_COMMAND, CODES_PER_JOB, CancelJob, NoteCodes, NoteSharedCode, RequestCodes,
};
pub use campaign_lifecycle::{CampaignStep, MoveCampaign};
pub use cancel_order::CancelOrder;
pub use candidates::{code_candidate, wallet_candidate};
pub use change_campaign::ChangeCampaign;
pub use change_metadata::ChangeMetadata;
pub use checkout::Chosen;
pub use claim::{Claim, ClaimBy, ClaimOf};
pub use close_transactions::CloseTransactions;
pub use create_campaign::CreateCampaign;
pub use delete_campaign::DeleteCampaign;
pub use extend_hold::{ExtendHold, HOLD_DAYS_MAX, HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX};
pub use forget_keys::{ForgetKeys, KEYS_PER_COMMAND, keys_kept_from};
pub use import_campaign::{ImportCampaign, imported_campaign};
pub use import_coupon::{ImportCoupon, KnownBy, OldStatus};
pub use keys::{ChangeApiKey, CreateApiKey, NoteApiKeyUse, RevokeApiKey};
pub use lapse::given_back;
pub use link_account::LinkAccount;
pub use needs::{code as code_needs, order_needs, order_refund as refund_needs, whole_order as whole_order_needs};
pub use note_grants::NoteGrants;
pub use pay_order::PayOrder;
pub use place_order::PlaceOrder;
pub use refund::{RefundOf, RefundOrder};
pub use retake::LATE_PAYMENT_DAYS;
pub use revise_order::ReviseOrder;
pub use revoke_code::RevokeCode;
pub use sweep_due::SweepDue;

use crate::{
    code::{Code, CodeHash},
    event::{AnswerKind, Event},
    exchange::{
        CloseLease, ConfirmLease, ForgetLease, GrantQuota, LearnCampaign, LearnCode, LeaseCode, ReceiveQuota,
        ReleaseLease, ReturnQuota, RevokeCodeHere, TakeBackQuota, Transfer,
    },
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

/// A command's two halves: which aggregates it must see, and what follows from them.
pub(crate) trait Decide {
    /// Adds the keys to look at. Called again when they are loaded, as some name others; ends when it adds nothing new.
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>);

    /// Pure: the same state, time and ids give the same answer. A refusal changes nothing.
    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal>;
}

macro_rules! commands {
    ($($name:ident $(= $label:literal)? $(($account:ident $(, $order:ident)?))?,)*) => {
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

            /// Events or a refusal. What the clock alone has changed must have been written down: [`Command::prelude`].
            pub fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
                match self { $(Self::$name(command) => command.decide(state, now, ids),)* }
            }

            /// Every name, in the order of the list.
            pub const NAMES: &[&str] = &[$(commands!(@label $name $($label)?)),*];

            /// The name for metrics and logs. One that was renamed here keeps the label that dashboards know.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => commands!(@label $name $($label)?),)* }
            }

            fn account(&self) -> Option<(&AccountId, Option<&OrderId>)> {
                match self { $(Self::$name(_command) => commands!(@account _command $($account $(, $order)?)?),)* }
            }
        }

        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                Self::$name(command)
            }
        })*
    };
    (@label $name:ident $label:literal) => { $label };
    (@label $name:ident) => { stringify!($name) };
    (@account $command:ident $account:ident $(, $order:ident)?) => {
        Some((&$command.$account, commands!(@order $command $($order)?)))
    };
    (@account $command:ident) => { None };
    (@order $command:ident $order:ident) => { Some(&$command.$order) };
    (@order $command:ident) => { None };
}

commands! {
    CreateCampaign,
    ChangeCampaign,
    MoveCampaign,
    DeleteCampaign,
    CancelJob,
    AddSharedCode,
    RequestCodes,
    AddCodes,
    Claim(account),
    ImportCampaign,
    ImportCoupon(account),
    PlaceOrder(account, id),
    ReviseOrder(account, order),
    ExtendHold(account, order),
    PayOrder(account, order),
    CloseTransactions(account, order),
    CancelOrder(account, order),
    RefundOrder(account, order),
    ChangeMetadata,
    SweepDue,
    ForgetKeys,
    CreateApiKey,
    RevokeApiKey,
    ChangeApiKey,
    NoteApiKeyUse,
    LinkAccount(account),
    LearnCampaign,
    NoteSharedCode,
    NoteGrants,
    NoteCodes,
    GrantQuota = "GrantAllowance",
    ReceiveQuota = "ReceiveAllowance",
    ReturnQuota = "ReturnAllowance",
    TakeBackQuota = "TakeBackAllowance",
    LeaseCode = "LendCode",
    LearnCode,
    CloseLease = "CloseCode",
    ReleaseLease = "ReleaseCode",
    ConfirmLease = "SettleCode",
    ForgetLease = "ForgetCode",
    RevokeCode,
    RevokeCodeHere,
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
            Self::Claim(_) | Self::ImportCoupon(_) => true,
            Self::PlaceOrder(command) => checkout::uses_codes(&command.chosen),
            Self::ReviseOrder(command) => checkout::uses_codes(&command.chosen),
            Self::CreateCampaign(_)
            | Self::ChangeCampaign(_)
            | Self::MoveCampaign(_)
            | Self::DeleteCampaign(_)
            | Self::CancelJob(_)
            | Self::AddSharedCode(_)
            | Self::RequestCodes(_)
            | Self::AddCodes(_)
            | Self::ImportCampaign(_)
            | Self::ExtendHold(_)
            | Self::PayOrder(_)
            | Self::CloseTransactions(_)
            | Self::CancelOrder(_)
            | Self::RefundOrder(_)
            | Self::ChangeMetadata(_)
            | Self::SweepDue(_)
            | Self::ForgetKeys(_)
            | Self::CreateApiKey(_)
            | Self::RevokeApiKey(_)
            | Self::ChangeApiKey(_)
            | Self::NoteApiKeyUse(_)
            | Self::LinkAccount(_)
            | Self::LearnCampaign(_)
            | Self::NoteSharedCode(_)
            | Self::NoteGrants(_)
            | Self::NoteCodes(_)
            | Self::GrantQuota(_)
            | Self::ReceiveQuota(_)
            | Self::ReturnQuota(_)
            | Self::TakeBackQuota(_)
            | Self::LeaseCode(_)
            | Self::LearnCode(_)
            | Self::CloseLease(_)
            | Self::ReleaseLease(_)
            | Self::ConfirmLease(_)
            | Self::ForgetLease(_)
            | Self::RevokeCode(_)
            | Self::RevokeCodeHere(_) => false,
        };
        if claims { lapse::expired_coupons(state, account, now) } else { Vec::new() }
    }

    /// The bucket that the command runs in.
    pub fn bucket(&self, buckets: Buckets) -> Bucket {
        match self {
            Self::CreateCampaign(command) => command.slot.bucket(buckets),
            Self::MoveCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            Self::ImportCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            Self::DeleteCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            Self::CancelJob(command) => command.job.uid().slot().bucket(buckets),
            Self::ChangeCampaign(command) => command.campaign.uid().slot().bucket(buckets),
            Self::RequestCodes(command) => command.campaign.uid().slot().bucket(buckets),
            Self::NoteGrants(command) => command.slot.bucket(buckets),
            Self::NoteCodes(command) => command.campaign.uid().slot().bucket(buckets),
            Self::NoteSharedCode(command) => command.campaign.uid().slot().bucket(buckets),
            Self::AddSharedCode(command) => command.code.hash.slot().bucket(buckets),
            Self::AddCodes(command) => command.job.uid().slot().bucket(buckets),
            Self::CreateApiKey(command) => command.key.id.uid().slot().bucket(buckets),
            Self::RevokeApiKey(command) => command.key.uid().slot().bucket(buckets),
            Self::ChangeApiKey(command) => command.key.uid().slot().bucket(buckets),
            Self::NoteApiKeyUse(command) => command.key.uid().slot().bucket(buckets),
            Self::ChangeMetadata(command) => command.account.slot().bucket(buckets),
            Self::SweepDue(command) => command.bucket,
            Self::ForgetKeys(command) => command.bucket,
            Self::LearnCampaign(command) => command.bucket,
            Self::GrantQuota(command) => command.pool.slot().bucket(buckets),
            Self::TakeBackQuota(command) => command.pool.slot().bucket(buckets),
            Self::ReceiveQuota(command) => command.bucket,
            Self::ReturnQuota(command) => command.bucket,
            Self::LeaseCode(command) => command.hash.slot().bucket(buckets),
            Self::ReleaseLease(command) => command.hash.slot().bucket(buckets),
            Self::ConfirmLease(command) => command.hash.slot().bucket(buckets),
            Self::RevokeCode(command) => command.hash.slot().bucket(buckets),
            Self::RevokeCodeHere(command) => command.bucket,
            Self::LearnCode(command) => command.bucket,
            Self::CloseLease(command) => command.bucket,
            Self::ForgetLease(command) => command.bucket,
            Self::Claim(_)
            | Self::ImportCoupon(_)
            | Self::PlaceOrder(_)
            | Self::ReviseOrder(_)
            | Self::ExtendHold(_)
            | Self::PayOrder(_)
            | Self::CloseTransactions(_)
            | Self::CancelOrder(_)
            | Self::RefundOrder(_)
            | Self::LinkAccount(_) => {
                self.account().map_or(Bucket::FIRST, |(account, _)| account.slot().bucket(buckets))
            }
        }
    }

    /// The codes that the command wants to claim with.
    pub fn codes(&self) -> Vec<CodeHash> {
        let chosen = match self {
            Self::Claim(Claim { of: ClaimOf::Code(code), .. }) => return vec![code.hash],
            Self::PlaceOrder(command) => &command.chosen,
            Self::ReviseOrder(command) => &command.chosen,
            Self::Claim(Claim { of: ClaimOf::Campaign { .. }, .. }) => return Vec::new(),
            Self::CreateCampaign(_)
            | Self::ChangeCampaign(_)
            | Self::MoveCampaign(_)
            | Self::DeleteCampaign(_)
            | Self::CancelJob(_)
            | Self::AddSharedCode(_)
            | Self::RequestCodes(_)
            | Self::AddCodes(_)
            | Self::ImportCampaign(_)
            | Self::ImportCoupon(_)
            | Self::ExtendHold(_)
            | Self::PayOrder(_)
            | Self::CloseTransactions(_)
            | Self::CancelOrder(_)
            | Self::RefundOrder(_)
            | Self::ChangeMetadata(_)
            | Self::SweepDue(_)
            | Self::ForgetKeys(_)
            | Self::CreateApiKey(_)
            | Self::RevokeApiKey(_)
            | Self::ChangeApiKey(_)
            | Self::NoteApiKeyUse(_)
            | Self::LinkAccount(_)
            | Self::LearnCampaign(_)
            | Self::NoteSharedCode(_)
            | Self::NoteGrants(_)
            | Self::NoteCodes(_)
            | Self::GrantQuota(_)
            | Self::ReceiveQuota(_)
            | Self::ReturnQuota(_)
            | Self::TakeBackQuota(_)
            | Self::LeaseCode(_)
            | Self::LearnCode(_)
            | Self::CloseLease(_)
            | Self::ReleaseLease(_)
            | Self::ConfirmLease(_)
            | Self::ForgetLease(_)
            | Self::RevokeCode(_)
            | Self::RevokeCodeHere(_) => return Vec::new(),
        };
        let code = |chosen: &Chosen| match chosen {
            Chosen::Code { code, .. } => Some(code.hash),
            Chosen::Coupon { .. } => None,
        };
        chosen.iter().filter_map(code).collect()
    }

    /// Whose it is, if it is an account's.
    pub fn account_name(&self) -> Option<&AccountId> {
        self.account().map(|(account, _)| account)
    }

    /// Whether it is done even where a pool doesn't have what it takes: what an account has had counts, whatever the limit.
    pub const fn may_overdraw(&self) -> bool {
        matches!(self, Self::LinkAccount(_))
    }
}
