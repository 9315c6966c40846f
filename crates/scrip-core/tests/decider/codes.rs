//! Making codes, and who may know of one.

use scrip_core::{
    campaign::{Campaign, Channel},
    code::{Code, CodeKind, EnteredCode, NewCode, SecretNumber},
    command::{
        AddCodes, AddSharedCode, CancelJob, Chosen, Claim, ClaimOf, Outcome, PayOrder, PlaceOrder, RequestCodes,
        SweepDue, code_needs,
    },
    event::Event,
    exchange::{ClaimedBy, FencingNumber, Lease, LeaseState},
    id::{CampaignId, CodeHash, CouponId, JobId, Uid},
    name::IndividualId,
    state::{Aggregate, Key, Kind, State, UsageElsewhere},
    wallet::{Coupon, CouponState, History, LIVE_MAX, Origin, PAGE_MAX, Wallet, WalletPage},
};
use serde_json::json;

use super::{
    buckets::{HASH, OneOfEight, account_in, away_from, campaign, campaign_id, eight, shared_code},
    build::{account, by_seller, cart, code, order_id, seller, source},
    world::{World, place, refused},
};

fn new_code(number: u8) -> NewCode {
    let (last4, sealed) = ("WXYZ".to_owned(), Vec::new());
    NewCode { hash: CodeHash::from_bytes([number; 16]), last4, sealed, secret: SecretNumber::FIRST }
}

fn job(world: &mut World, campaign: CampaignId, count: u32) -> JobId {
    let request = RequestCodes { campaign, as_seller: None, count, prefix: None, source: None };
    let Ok(Outcome::Job(job)) = world.run(request) else { panic!("codes are made by a job") };
    job
}

/// How many codes an event added; `None`: nothing happened.
fn added(world: &mut World, job: JobId, codes: &[u8], done_before: u32) -> Option<usize> {
    let before = world.journal.len();
    let codes = codes.iter().copied().map(new_code).collect();
    world.run(AddCodes { job, codes, done_before }).expect("never refused");
    world.journal.get(before).map(|recorded| match &recorded.event {
        Event::UniqueCodesAdded { codes, .. } => codes.len(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_job_makes_as_many_codes_as_were_asked_for_each_once() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let job = job(&mut world, campaign, 5);
    assert_eq!(added(&mut world, job, &[1, 2], 0), Some(2));
    assert_eq!(added(&mut world, job, &[3, 4], 0), None, "somebody else made those");
    assert_eq!(added(&mut world, job, &[2, 3, 3], 2), Some(1), "one is there, and one came twice");
    assert_eq!(added(&mut world, job, &[4, 5, 6, 7], 3), Some(2), "no more than were asked for");
    assert_eq!(added(&mut world, job, &[8], 5), None, "it has made all");
    let before = world.journal.len();
    world.run(CancelJob { job, as_seller: None }).unwrap();
    assert_eq!(world.journal.len(), before, "there is nothing to cancel");
    assert_eq!(world.keys(Kind::Code).len(), 5);
}

#[test]
fn a_job_that_was_cancelled_makes_no_more() {
    let mut world = World::new();
    let luma = world.campaign(&json!({"issuer": by_seller("luma")}));
    let job = job(&mut world, luma, 2);
    let cancel = |by: Option<&str>| CancelJob { job, as_seller: by.map(seller) };
    assert_eq!(refused(world.run(cancel(Some("other")))), "not_found");
    assert_eq!(added(&mut world, job, &[1], 0), Some(1));
    for events in [1, 0] {
        let before = world.journal.len();
        world.run(cancel(Some("luma"))).unwrap();
        assert_eq!(world.journal.len() - before, events);
    }
    assert_eq!(added(&mut world, job, &[2], 1), None);
}

#[test]
fn a_shared_code_is_added_once_and_again_only_by_its_own_request() {
    let mut world = World::new();
    let (first, second) = (world.campaign(&json!({})), world.campaign(&json!({})));
    let add = |campaign, request| AddSharedCode {
        campaign,
        as_seller: None,
        code: code("SAVE10"),
        max_uses: None,
        source: None,
        request,
    };
    let own = Some([1; 16]);
    world.run(add(first, own)).unwrap();
    let before = world.journal.len();
    world.run(add(first, own)).unwrap();
    assert_eq!(world.journal.len(), before, "it is its own");
    for (campaign, request) in [(first, None), (first, Some([2; 16])), (second, own), (second, None)] {
        assert_eq!(refused(world.run(add(campaign, request))), "code_exists");
    }
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.run(add(campaign, None)).unwrap();
    assert_eq!(refused(world.run(add(campaign, None))), "code_exists", "nobody's request");
}

/// Of what is another's no more is loaded than of what doesn't exist: not even how long it takes may tell.
#[test]
fn s10_whoever_may_not_know_of_a_code_learns_no_more_than_that_it_is_none() {
    let home = HASH.slot().bucket(eight());
    let ana = account_in(home);
    let coupon = CouponId::from_uid(Uid::from_bytes([2; 16]));
    let by = |name| ClaimedBy { account: name, coupon };
    let lease = |name| Lease {
        account: name,
        fencing: FencingNumber::new(1),
        until: OneOfEight::new(home).now.plus_minutes(1),
    };
    let (own, others) = (ana.clone(), account("ben"));
    for (state, may_know) in [
        (LeaseState::Free, true),
        (LeaseState::Claimed(by(own.clone())), true),
        (LeaseState::Claimed(by(others.clone())), false),
        (LeaseState::Leased(lease(own.clone())), true),
        (LeaseState::Leased(lease(others.clone())), false),
        (LeaseState::ClaimedUnder(lease(others.clone()), by(others.clone())), false),
        (LeaseState::ClaimedUnder(lease(own.clone()), by(own.clone())), true),
        (LeaseState::Closed(lease(others.clone())), false),
    ] {
        for revoked in [false, true] {
            let mut side = OneOfEight::knowing(home, &Campaign { coded: true, ..campaign(&json!({})) });
            let kind =
                CodeKind::Unique { last4: "WXYZ".to_owned(), state: state.clone(), fencing: FencingNumber::new(1) };
            let revoked_at = revoked.then_some(side.now);
            side.put_code(HASH, Code { kind, revoked_at, ..shared_code(None, 0, None) });
            let mut keys = Vec::new();
            code_needs(&side.state(), &ana, HASH, &mut keys);
            let mut expected = vec![Key::Code(HASH)];
            if may_know {
                expected.extend([side.state().campaign_key(campaign_id()), Key::Allowance(home, campaign_id())]);
            }
            assert_eq!(keys, expected, "{state:?}");
            let entered = EnteredCode { hash: HASH, ..code("SECRET1") };
            let claim = Claim { account: ana.clone(), of: ClaimOf::Code(entered) };
            let given = side.run(claim).map_err(|refusal| refusal.first().code());
            let expected = match (&state, revoked) {
                (LeaseState::Claimed(by) | LeaseState::ClaimedUnder(_, by), true) if by.account == ana => {
                    "code_revoked"
                }
                (LeaseState::Claimed(by) | LeaseState::ClaimedUnder(_, by), false) if by.account == ana => "code_used",
                _ if may_know && !revoked => "",
                _ => "code_not_usable",
            };
            assert_eq!(given.err().unwrap_or_default(), expected, "{state:?}, revoked {revoked}");
        }
    }
}

/// Of a code that was revoked only those are told who have a coupon by it; coupons that are older than their note of it are known by
/// campaign, channel and source.
#[test]
fn a_revoked_shared_code_is_told_to_those_who_have_its_coupon() {
    let home = HASH.slot().bucket(eight());
    let ana = account_in(home);
    let now = OneOfEight::new(home).now;
    let mail = || Some(source("mail"));
    let by_it = Coupon {
        id: CouponId::from_uid(Uid::from_bytes([2; 16])),
        campaign: campaign_id(),
        terms_version: 1,
        claimed_at: now,
        starts_at: now,
        expires_at: now.plus_hours(1),
        channel: Channel::Code,
        source: mail(),
        origin: Origin::ActivatedCode,
        state: CouponState::Valid,
        import_key: None,
        as_is: false,
        code: Some(HASH),
    };
    let another = CodeHash::from_bytes([6; 16]);
    let older = Coupon { code: None, ..by_it.clone() };
    let other_campaign = CampaignId::from_uid(Uid::from_bytes([9; 16]));
    for (coupon, told) in [
        (by_it.clone(), true),
        (Coupon { code: Some(another), ..by_it.clone() }, false),
        (Coupon { source: None, ..by_it.clone() }, true),
        (older.clone(), true),
        (Coupon { channel: Channel::Web, ..older.clone() }, false),
        (Coupon { origin: Origin::Imported, ..older.clone() }, false),
        (Coupon { campaign: other_campaign, ..older.clone() }, false),
        (Coupon { source: None, ..older.clone() }, false),
        (Coupon { source: Some(source("blog")), ..older }, false),
    ] {
        // On the head, on a further page, in history.
        for page in [Kind::Wallet, Kind::WalletPage, Kind::History] {
            let mut side = OneOfEight::knowing(home, &Campaign { coded: true, ..campaign(&json!({})) });
            let code = Code { source: mail(), ..shared_code(None, 1, None) };
            side.put_code(HASH, Code { revoked_at: Some(now), ..code.clone() });
            let coupons = vec![coupon.clone()];
            let mut wallet = Wallet::new(IndividualId::from(&ana));
            match page {
                Kind::WalletPage => {
                    wallet.further = vec![1];
                    let page = Aggregate::WalletPage(WalletPage { live: coupons });
                    side.put(Key::WalletPage(ana.clone(), 0), page);
                }
                Kind::History => {
                    wallet.history = vec![1];
                    side.put(Key::History(ana.clone(), 0), Aggregate::History(History { coupons }));
                }
                _ => wallet.live = coupons,
            }
            side.put(Key::Wallet(ana.clone()), Aggregate::Wallet(wallet));
            let entered = || EnteredCode { hash: HASH, ..super::build::code("SAVE10") };
            let claim = || Claim { account: ana.clone(), of: ClaimOf::Code(entered()) };
            let given = side.run(claim()).expect_err("it is revoked");
            let expected = if told { "code_revoked" } else { "code_not_usable" };
            assert_eq!(given.first().code(), expected, "{coupon:?} in {page:?}");

            // The pages are looked at for that alone.
            let pages = |state: &State| {
                let mut keys = Vec::new();
                code_needs(state, &ana, HASH, &mut keys);
                keys.iter().filter(|key| matches!(key.kind(), Kind::WalletPage | Kind::History)).count()
            };
            assert_eq!(pages(&side.state()), usize::from(page != Kind::Wallet));
            side.put_code(HASH, code);
            assert_eq!(pages(&side.state()), 0);
        }
    }
}

/// Expired coupons on the live pages take no room, whether or not anybody has put them away.
#[test]
fn room_is_judged_by_what_has_not_expired() {
    let home = HASH.slot().bucket(eight());
    let ana = account_in(home);
    let now = OneOfEight::new(home).now;
    let id = |number: usize| CouponId::from_uid(Uid::from_bytes((number as u128).to_be_bytes()));
    let coupon = |number, expires_at| Coupon {
        id: id(number),
        campaign: campaign_id(),
        terms_version: 1,
        claimed_at: now,
        starts_at: now,
        expires_at,
        channel: Channel::Web,
        source: None,
        origin: Origin::Claimed,
        state: CouponState::Valid,
        import_key: None,
        as_is: false,
        code: None,
    };
    let most = LIVE_MAX as usize;
    for (count, expired, room) in [(most - 1, 0, true), (most, 0, false), (most, 1, true), (most + 1, 1, false)] {
        let mut side = OneOfEight::knowing(home, &campaign(&json!({})));
        let coupons: Vec<Coupon> =
            (0..count).map(|number| coupon(number, if number < expired { now } else { now.plus_hours(1) })).collect();
        let mut wallet = Wallet::new(IndividualId::from(&ana));
        let mut pages = coupons.chunks(PAGE_MAX);
        wallet.live = pages.next().expect("a page").to_vec();
        for (number, page) in (0..).zip(pages) {
            wallet.further.push(u8::try_from(page.len()).expect("a page"));
            let page = WalletPage { live: page.to_vec() };
            side.put(Key::WalletPage(ana.clone(), number), Aggregate::WalletPage(page));
        }
        side.put(Key::Wallet(ana.clone()), Aggregate::Wallet(wallet));
        let by = scrip_core::command::ClaimBy::Shop;
        let of = ClaimOf::Campaign { campaign: campaign_id(), channel: Channel::Web, source: None, by };
        let given = side.run(Claim { account: ana.clone(), of });
        assert_eq!(given.is_ok(), room, "{count} of which {expired} expired: {:?}", given.err());
    }
}

/// A code of another bucket that an order used is the account's again after the time-out, as long as its lease stands.
#[test]
fn a_late_payment_takes_a_leased_code_again_while_the_lease_is_the_accounts() {
    let bucket = away_from(HASH.slot().bucket(eight()));
    let ana = account_in(bucket);
    let coded = Campaign { coded: true, ..campaign(&json!({})) };
    for (whose, late) in [(ana.clone(), true), (account("somebody"), false)] {
        let mut side = OneOfEight::knowing(bucket, &coded);
        side.usage_elsewhere = Some(UsageElsewhere::default());
        let lease = |account| Lease { account, fencing: FencingNumber::new(1), until: side.now.plus_minutes(1) };
        let leased = |account| Code {
            kind: CodeKind::Unique {
                last4: "WXYZ".to_owned(),
                state: LeaseState::Leased(lease(account)),
                fencing: FencingNumber::new(1),
            },
            ..shared_code(None, 0, None)
        };
        let (own, whose) = (leased(ana.clone()), leased(whose));
        side.put_code(HASH, own);
        let goods = cart("l1:a:1000*1");
        let entered = EnteredCode { hash: HASH, ..code("SECRET1") };
        let chosen = vec![Chosen::Code { code: entered, pointer: "/codes/0".to_owned() }];
        let place = PlaceOrder { account: ana.clone(), chosen, ..place("ana", "o", &goods, &[]) };
        side.run(place).expect("the code is the account's");
        side.now = side.now.plus_minutes(31);
        let due = Key::due(bucket, OneOfEight::new(bucket).now.plus_minutes(30), &ana);
        let Key::Due(bucket, second, chunk) = due else { panic!("that kind") };
        side.run(SweepDue { bucket, second, chunk }).unwrap();
        assert_eq!(side.state().code(HASH).and_then(Code::claimed_by), None, "given back");
        side.put_code(HASH, whose);
        let paid = side.run(PayOrder { account: ana.clone(), order: order_id("o") });
        assert_eq!(paid.is_ok(), late, "{paid:?}");
    }
}
