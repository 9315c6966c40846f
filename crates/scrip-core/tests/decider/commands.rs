//! What each command says of itself: where it is done, whose it is, what it has to do in other buckets, and who must have heard of it
//! before it is answered.

use scrip_core::{
    api_key::{ApiKey, Role},
    campaign::CampaignStage,
    command::{
        AddCodes, AddSharedCode, CampaignStep, CancelJob, CancelOrder, ChangeApiKey, ChangeCampaign, ChangeMetadata,
        Chosen, Claim, ClaimBy, ClaimOf, CloseLease, CloseTransactions, Command, ConfirmLease, CreateApiKey,
        CreateCampaign, DeleteCampaign, Elsewhere, ExtendHold, ForgetKeys, ForgetLease, GrantQuota, ImportCampaign,
        ImportCoupon, KnownBy, LearnCampaign, LearnCode, LeaseCode, LinkAccount, MoveCampaign, NoteApiKeyUse,
        NoteCodes, NoteGrants, NoteSharedCode, OldStatus, Outcome, PayOrder, ReceiveQuota, ReleaseLease, RequestCodes,
        ReturnQuota, RevokeApiKey, RevokeCode, RevokeCodeHere, SweepDue, TakeBackQuota,
    },
    exchange::{FencingNumber, Pool, Transfer},
    id::{CodeHash, CouponId, JobId, KeyId, Uid},
    idempotency::AnswerKind,
    metadata::{Changes, Metadata, Writer},
    name::{AccountId, IndividualId},
    slot::{Bucket, Slot},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    buckets::{campaign, campaign_id, eight, shared_code},
    build::{account, cart, code, order_id, refund_name, terms},
    world::{self, parts},
};

/// Where a command is done, by whose bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    /// And it is the account's: what the clock changed for it is written down before.
    Account,
    /// In the account's bucket, but not the account's.
    ItsSlot,
    Campaign,
    Code,
    Job,
    Key,
    Individual,
    /// The one that it names.
    Named,
}

/// In another bucket than all the others.
const NAMED: Bucket = Bucket::from_u16(7);

const HASH: CodeHash = CodeHash::from_bytes([0x45; 16]);

fn ana() -> AccountId {
    account("ana")
}

fn uid(byte: u8) -> Uid {
    Uid::from_bytes([byte; 16])
}

fn job() -> JobId {
    JobId::from_uid(uid(0x0A))
}

fn key() -> KeyId {
    KeyId::from_uid(uid(0x08))
}

/// One in a slot that is neither the account's nor the code's.
fn slot() -> Slot {
    Slot::within(NAMED, eight(), 0)
}

fn bucket_of(of: Of) -> Bucket {
    let slot = match of {
        Of::Account | Of::ItsSlot => ana().slot(),
        Of::Campaign => campaign_id().uid().slot(),
        Of::Code => HASH.slot(),
        Of::Job => job().uid().slot(),
        Of::Key => key().uid().slot(),
        Of::Individual => individual().slot(),
        Of::Named => return NAMED,
    };
    slot.bucket(eight())
}

fn individual() -> IndividualId {
    IndividualId::from(&account("ben"))
}

/// One of each, with where it is done.
fn every_command() -> Vec<(Command, Of)> {
    use Of::{Account, Campaign, Code, Individual, ItsSlot, Job, Key, Named};
    let (campaign_id, fencing) = (campaign_id(), FencingNumber::new(1));
    let coupon = CouponId::from_uid(uid(2));
    let transfer = Transfer { number: 1, amount: 1 };
    let pool = || Pool::Individual(individual(), campaign_id);
    let id = key();
    let (secret_hash, created_at) = ([0; 32], Timestamp::default());
    let api_key = ApiKey {
        id,
        role: Role::Operator,
        seller: None,
        secret_hash,
        created_at,
        revoked_at: None,
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    };
    let placed = world::place("ana", "o", &cart("l1:a:1*1"), &[]);
    let revised = world::revise("ana", "o", &cart("l1:a:1*1"), &[]);
    let shared = || AddSharedCode {
        campaign: campaign_id,
        as_seller: None,
        code: scrip_core::code::EnteredCode { hash: HASH, ..code("SAVE10") },
        max_uses: None,
        source: None,
        request: None,
    };
    let of_campaign = ClaimOf::Campaign {
        campaign: campaign_id,
        channel: scrip_core::campaign::Channel::Web,
        source: None,
        by: ClaimBy::Shop,
    };
    let known_by = KnownBy::Nth(1);
    vec![
        (CreateCampaign { terms: terms(&json!({})), metadata: Metadata::default(), slot: slot() }.into(), Named),
        (
            ChangeCampaign {
                campaign: campaign_id,
                as_seller: None,
                revision: 1,
                terms: terms(&json!({})),
                metadata: Changes::default(),
                by: Writer::Operator,
            }
            .into(),
            Campaign,
        ),
        (MoveCampaign { campaign: campaign_id, as_seller: None, step: CampaignStep::Publish }.into(), Campaign),
        (DeleteCampaign { campaign: campaign_id, as_seller: None }.into(), Campaign),
        (CancelJob { job: job(), as_seller: None }.into(), Job),
        (shared().into(), Code),
        (
            RequestCodes { campaign: campaign_id, as_seller: None, count: 1, prefix: None, source: None }.into(),
            Campaign,
        ),
        (AddCodes { job: job(), codes: Vec::new(), done_before: 0 }.into(), Job),
        (Claim { account: ana(), of: of_campaign }.into(), Account),
        (
            ImportCampaign { campaign: campaign_id, terms: terms(&json!({})), stage: CampaignStage::Draft }.into(),
            Campaign,
        ),
        (
            ImportCoupon {
                account: ana(),
                campaign: campaign_id,
                status: OldStatus::Valid,
                known_by,
                claimed_at: created_at,
                starts_at: None,
                expires_at: None,
                as_is: false,
            }
            .into(),
            Account,
        ),
        (placed.into(), Account),
        (revised.into(), Account),
        (ExtendHold { account: ana(), order: order_id("o"), hold_minutes: 1 }.into(), Account),
        (PayOrder { account: ana(), order: order_id("o") }.into(), Account),
        (CloseTransactions { account: ana(), order: order_id("o"), seller: None }.into(), Account),
        (CancelOrder { account: ana(), order: order_id("o"), seller: None }.into(), Account),
        (world::refund("ana", "o", "r", parts("l1*1")).into(), Account),
        (
            ChangeMetadata {
                account: ana(),
                order: order_id("o"),
                refund: None,
                changes: Changes::default(),
                by: Writer::Operator,
            }
            .into(),
            ItsSlot,
        ),
        (SweepDue { bucket: NAMED, second: 1, chunk: 1 }.into(), Named),
        (ForgetKeys { bucket: NAMED, documents: Vec::new() }.into(), Named),
        (CreateApiKey { key: api_key }.into(), Key),
        (RevokeApiKey { key: id }.into(), Key),
        (ChangeApiKey { key: id, metadata: Changes::default() }.into(), Key),
        (NoteApiKeyUse { key: id, at: created_at }.into(), Key),
        (LinkAccount { account: ana(), individual: individual() }.into(), Account),
        (LearnCampaign { bucket: NAMED, campaign: campaign(&json!({})) }.into(), Named),
        (NoteSharedCode { campaign: campaign_id, hash: HASH, again: false }.into(), Campaign),
        (NoteGrants { campaign: campaign_id, accounts: 1, slot: slot() }.into(), Named),
        (NoteCodes { campaign: campaign_id }.into(), Campaign),
        (GrantQuota { pool: pool(), to: NAMED, received: 0, lacks: 1, the_rest_too: false }.into(), Individual),
        (ReceiveQuota { pool: pool(), bucket: NAMED, transfer }.into(), Named),
        (ReturnQuota { pool: pool(), bucket: NAMED, taken_back: 0 }.into(), Named),
        (TakeBackQuota { pool: pool(), from: NAMED, transfer }.into(), Individual),
        (LeaseCode { hash: HASH, account: ana() }.into(), Code),
        (LearnCode { bucket: NAMED, hash: HASH, code: shared_code(None, 0, None) }.into(), Named),
        (CloseLease { bucket: NAMED, hash: HASH, code: shared_code(None, 0, None) }.into(), Named),
        (ReleaseLease { hash: HASH, fencing }.into(), Code),
        (ConfirmLease { hash: HASH, fencing, coupon }.into(), Code),
        (ForgetLease { bucket: NAMED, hash: HASH, fencing }.into(), Named),
        (RevokeCode { campaign: campaign_id, as_seller: None, hash: HASH }.into(), Code),
        (RevokeCodeHere { bucket: NAMED, hash: HASH, code: shared_code(None, 0, None) }.into(), Named),
    ]
}

#[test]
fn every_command_is_done_where_what_it_is_about_lives() {
    let all = [Of::Account, Of::Campaign, Of::Code, Of::Job, Of::Key, Of::Individual, Of::Named].map(bucket_of);
    let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
    assert_eq!(distinct.len(), all.len(), "buckets that are alike would hide a mistake: {all:?}");
    let names: Vec<&str> = every_command().iter().map(|(command, _)| command.name()).collect();
    assert_eq!(names, Command::NAMES, "one of each");
    for (command, of) in every_command() {
        assert_eq!(command.bucket(eight()), bucket_of(of), "{command:?}");
        assert_eq!(command.account_name(), (of == Of::Account).then(ana).as_ref(), "{command:?}");
    }
}

/// Changes of campaigns, codes and keys, imports aside: whoever is answered may count on them wherever the next question goes.
#[test]
fn what_all_must_hear_of_is_what_buckets_or_members_have_in_memory() {
    let heard = [
        "CreateCampaign",
        "ChangeCampaign",
        "MoveCampaign",
        "DeleteCampaign",
        "AddSharedCode",
        "RequestCodes",
        "CreateApiKey",
        "RevokeApiKey",
        "ChangeApiKey",
    ];
    for (command, _) in every_command() {
        let name = command.name();
        assert_eq!(command.is_heard_by_all(), heard.contains(&name), "{name}");
        // What an account has had counts, whatever the limit.
        assert_eq!(command.may_overdraw(), name == "LinkAccount", "{name}");
        let elsewhere = match command.elsewhere() {
            Elsewhere::Nothing => "nothing",
            Elsewhere::NewCampaign => "new campaign",
            Elsewhere::Campaign(id) => {
                assert_eq!(id, campaign_id());
                "campaign"
            }
            Elsewhere::CodesOf(id) => {
                assert_eq!(id, campaign_id());
                "codes of it"
            }
            Elsewhere::SharedCode(added) => {
                assert_eq!(added.code.hash, HASH);
                "shared code"
            }
            Elsewhere::Revocation(revoked) => {
                assert_eq!(revoked.hash, HASH);
                "revocation"
            }
        };
        let expected = match name {
            "CreateCampaign" | "ImportCampaign" => "new campaign",
            "ChangeCampaign" | "MoveCampaign" | "DeleteCampaign" => "campaign",
            "RequestCodes" => "codes of it",
            "AddSharedCode" => "shared code",
            "RevokeCode" => "revocation",
            _ => "nothing",
        };
        assert_eq!(elsewhere, expected, "{name}");
    }
}

#[test]
fn the_codes_that_a_command_claims_with_are_those_that_it_names() {
    let (first, second) = (code("FIRST"), code("SECOND"));
    let hashes: Vec<CodeHash> = vec![first.hash, second.hash];
    let chosen = vec![
        Chosen::Code { code: first.clone(), pointer: String::new() },
        Chosen::Coupon { coupon: CouponId::from_uid(uid(2)), pointer: String::new() },
        Chosen::Code { code: second, pointer: String::new() },
    ];
    let cart = cart("l1:a:1*1");
    let mut placed = world::place("ana", "o", &cart, &[]);
    placed.chosen.clone_from(&chosen);
    let mut revised = world::revise("ana", "o", &cart, &[]);
    revised.chosen = chosen;
    assert_eq!(Command::from(placed).codes(), hashes);
    assert_eq!(Command::from(revised).codes(), hashes);
    assert_eq!(Command::from(Claim { account: ana(), of: ClaimOf::Code(first) }).codes(), hashes[..1]);
    for (command, _) in every_command() {
        assert_eq!(command.codes(), Vec::<CodeHash>::new(), "{command:?}");
    }
}

#[test]
fn an_answer_is_noted_by_what_it_shows() {
    let (account, order, refund, coupon) = (ana(), order_id("o"), refund_name("r"), CouponId::from_uid(uid(2)));
    let campaign = campaign_id();
    for (outcome, kind) in [
        (Outcome::Coupon { account: account.clone(), coupon }, AnswerKind::Coupon),
        (Outcome::Imported { account: account.clone(), coupon, new: true }, AnswerKind::Coupon),
        (Outcome::Order { account: account.clone(), order: order.clone(), created: true }, AnswerKind::Order),
        (Outcome::Refund { account, order, refund, created: true }, AnswerKind::Refund),
        (Outcome::Campaign { campaign, created: true }, AnswerKind::Campaign),
        (Outcome::SharedCode { campaign }, AnswerKind::SharedCode),
        (Outcome::Job(job()), AnswerKind::Job),
        (Outcome::ApiKey(key()), AnswerKind::ApiKey),
        (Outcome::Code(None), AnswerKind::Code),
        (Outcome::Deleted { campaign }, AnswerKind::Nothing),
        (Outcome::Transfer(None), AnswerKind::Nothing),
        (Outcome::Nothing, AnswerKind::Nothing),
    ] {
        assert_eq!(outcome.answer_kind(), kind, "{outcome:?}");
    }
}
