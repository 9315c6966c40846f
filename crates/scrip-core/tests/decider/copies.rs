//! Copies of campaigns and codes in buckets that aren't their home: news is taken in once, late news changes nothing, and what a bucket
//! has given out itself stays its own.

use scrip_core::{
    campaign::{Campaign, CampaignStage, Channel},
    code::{Code, CodeKind},
    command::{
        Chosen, Claim, ClaimBy, ClaimOf, Command, LearnCampaign, LearnCode, LeaseCode, NoteCodes, NoteGrants,
        NoteSharedCode, Outcome, PlaceOrder, ReviseOrder, RevokeCodeHere,
    },
    event::Event,
    exchange::{ClaimedBy, FencingNumber, Lease, LeaseState, Pool, Quota},
    id::{CampaignId, CouponId, Uid},
    reason::Reason,
    slot::Bucket,
    state::{Aggregate, Key, UsageElsewhere},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    buckets::{HASH, OneOfEight, account_in, away_from, campaign, campaign_id, eight, shared_code},
    build::{account, cart},
    world::{place, revise},
};

/// A bucket that is home to neither the campaign nor the code.
fn elsewhere() -> Bucket {
    let homes = [campaign_id().uid().slot(), HASH.slot()].map(|slot| slot.bucket(eight()));
    eight().all().find(|bucket| !homes.contains(bucket)).expect("eight buckets")
}

fn other_campaign() -> CampaignId {
    CampaignId::from_uid(Uid::from_bytes([9; 16]))
}

/// A draft that was deleted, as the bucket knows it.
fn deleted(side: &mut OneOfEight, id: CampaignId) {
    let campaign = Campaign { id, stage: CampaignStage::Deleted, ..campaign(&json!({})) };
    let key = side.state().campaign_key(id);
    let value = if matches!(key, Key::Campaign(_)) { Aggregate::Campaign } else { Aggregate::CampaignHere };
    side.put(key, value(campaign));
}

fn happens(side: &mut OneOfEight, command: impl Into<Command>) -> usize {
    side.run(command).expect("no step of a copy is refused here").events.len()
}

#[test]
fn a_campaign_is_learned_as_far_as_it_is_news() {
    let bucket = elsewhere();
    let with = |revision, coded| Campaign { revision, coded, ..campaign(&json!({})) };
    // Known, told → known afterwards; `None`: nothing happens.
    for (known, told, after) in [
        ((2, false), (1, false), None),
        ((2, false), (2, false), None),
        ((2, true), (2, false), None),
        ((2, true), (2, true), None),
        ((2, false), (3, false), Some((3, false))),
        ((2, false), (2, true), Some((2, true))),
        ((2, true), (3, false), Some((3, true))),
        ((3, false), (2, true), Some((3, true))),
    ] {
        let mut side = OneOfEight::knowing(bucket, &with(known.0, known.1));
        let news = LearnCampaign { bucket, campaign: with(told.0, told.1) };
        assert_eq!(happens(&mut side, news), usize::from(after.is_some()), "{known:?} told {told:?}");
        let state = side.state();
        let now = state.campaign(campaign_id()).expect("known");
        assert_eq!((now.revision, now.coded), after.unwrap_or(known), "{known:?} told {told:?}");
    }
    let mut side = OneOfEight::new(bucket);
    assert_eq!(happens(&mut side, LearnCampaign { bucket, campaign: with(2, false) }), 1);
    let state = side.state();
    let learned = state.campaign(campaign_id()).expect("learned");
    assert_eq!((learned.revision, learned.events.len()), (2, 0), "where its events are is of use at home only");
}

#[test]
fn a_shared_code_is_learned_once_with_nothing_given_out() {
    let bucket = elsewhere();
    let quota = Quota { received: 5, grants: 1, ..Quota::default() };
    let at_home = shared_code(Some(10), 7, Some(quota));
    let mut side = OneOfEight::knowing(bucket, &campaign(&json!({})));
    let learns = |code: &Code| LearnCode { bucket, hash: HASH, code: code.clone() };
    let decision = side.run(learns(&at_home)).unwrap();
    let fresh = shared_code(Some(10), 0, None);
    assert_eq!(decision.events, [Event::CodeLearned { hash: HASH, code: fresh.clone() }]);
    assert_eq!(decision.outcome, Outcome::Code(Some(fresh.clone())));
    let used_here = shared_code(Some(10), 2, Some(quota));
    side.put_code(HASH, used_here.clone());
    let again = side.run(learns(&at_home)).unwrap();
    assert_eq!((again.events, again.outcome), (Vec::new(), Outcome::Code(Some(used_here))), "what it gave out stays");

    // A code whose draft was deleted is another campaign's by now.
    let of_another = Code { campaign: other_campaign(), ..fresh.clone() };
    for (known_is_deleted, learned) in [(false, 0), (true, 1)] {
        let mut side = OneOfEight::new(bucket);
        side.put_code(HASH, of_another.clone());
        if known_is_deleted {
            deleted(&mut side, other_campaign());
        }
        assert_eq!(happens(&mut side, learns(&at_home)), learned);
    }
    let mut side = OneOfEight::new(bucket);
    deleted(&mut side, campaign_id());
    side.put_code(HASH, fresh.clone());
    assert_eq!(happens(&mut side, learns(&at_home)), 0, "of the same campaign it is the same code");
}

#[test]
fn a_revocation_reaches_copies_and_what_comes_late() {
    let bucket = elsewhere();
    let now = OneOfEight::new(bucket).now;
    let lease = Lease { account: account_in(bucket), fencing: FencingNumber::new(1), until: now.plus_minutes(1) };
    let unique = |state| {
        let kind = CodeKind::Unique { last4: "WXYZ".to_owned(), state, fencing: FencingNumber::new(1) };
        Code { kind, ..shared_code(None, 0, None) }
    };
    let revoked = |code: &Code| Code { revoked_at: Some(now), ..code.clone() };
    let (shared, used) = (shared_code(Some(10), 7, None), shared_code(Some(10), 2, None));
    let leased = unique(LeaseState::Leased(lease));
    let revokes = |code: &Code| RevokeCodeHere { bucket, hash: HASH, code: revoked(code) };
    // The code at home, its copy here, how many events, and the copy afterwards.
    let cases: [(&Code, Option<Code>, usize, Option<Code>); 6] = [
        (&shared, None, 1, Some(revoked(&shared_code(Some(10), 0, None)))),
        (&shared, Some(used.clone()), 1, Some(revoked(&used))),
        (&shared, Some(revoked(&used)), 0, Some(revoked(&used))),
        (&leased, None, 0, None),
        (&leased, Some(leased.clone()), 1, Some(revoked(&leased))),
        (&leased, Some(revoked(&leased)), 0, Some(revoked(&leased))),
    ];
    for (at_home, here, events, after) in cases {
        let mut side = OneOfEight::knowing(bucket, &campaign(&json!({})));
        if let Some(here) = here.clone() {
            side.put_code(HASH, here);
        }
        assert_eq!(happens(&mut side, revokes(at_home)), events, "{here:?}");
        assert_eq!(side.state().code(HASH), after.as_ref(), "{here:?}");
    }

    let of_another = Code { campaign: other_campaign(), ..used };
    let mut side = OneOfEight::new(bucket);
    side.put_code(HASH, of_another.clone());
    assert_eq!(happens(&mut side, revokes(&shared)), 0, "another campaign's code by now");
    deleted(&mut side, other_campaign());
    assert_eq!(happens(&mut side, revokes(&shared)), 1, "that other one is gone");
    assert_eq!(side.state().code(HASH), Some(&revoked(&shared_code(Some(10), 0, None))));
    let mut side = OneOfEight::new(bucket);
    deleted(&mut side, campaign_id());
    assert_eq!(happens(&mut side, revokes(&shared)), 0, "its own campaign is gone, and the code with it");
}

#[test]
fn a_code_is_leased_unless_it_is_shared_revoked_or_gone() {
    let home = HASH.slot().bucket(eight());
    let mut side = OneOfEight::new(home);
    let ana = account("ana");
    let leases = || LeaseCode { hash: HASH, account: ana.clone() };
    assert_eq!(side.run(leases()).unwrap_err().first(), &Reason::CodeNotUsable);
    let shared = shared_code(None, 3, None);
    side.put_code(HASH, shared.clone());
    let told = side.run(leases()).unwrap();
    assert_eq!((told.events, told.outcome), (Vec::new(), Outcome::Code(Some(shared))), "told as it is");

    let free = Code {
        kind: CodeKind::Unique { last4: "WXYZ".to_owned(), state: LeaseState::Free, fencing: FencingNumber::NONE },
        ..shared_code(None, 0, None)
    };
    side.put_code(HASH, Code { revoked_at: Some(side.now), ..free.clone() });
    assert_eq!(side.run(leases()).unwrap_err().first(), &Reason::CodeNotUsable, "revoked");
    side.put_code(HASH, free);
    let Outcome::Code(Some(leased)) = side.run(leases()).unwrap().outcome else { panic!("the code as it is") };
    assert_eq!(leased.lease().map(|lease| (&lease.account, lease.fencing)), Some((&ana, FencingNumber::new(1))));
    assert_eq!(side.state().code(HASH), Some(&leased));
    let out = Key::leases_out(eight(), HASH);
    assert_eq!(side.state().pending_leases(&out).map(|pending| pending.leases.len()), Some(1));
}

/// What waits stands in a list until the step is done, beside what else waits there.
#[test]
fn lists_of_leases_keep_what_still_waits() {
    use scrip_core::{
        command::{CloseLease, ConfirmLease, ForgetLease, ReleaseLease},
        exchange::{PendingLease, PendingLeases},
    };
    let home = HASH.slot().bucket(eight());
    let fencing = FencingNumber::new(1);
    let coupon = CouponId::from_uid(Uid::from_bytes([2; 16]));
    let at = |bucket| OneOfEight::new(bucket).now;
    let lease = |number, until: Timestamp| {
        let fencing = FencingNumber::new(number);
        Lease { account: account_in(away_from(home)), fencing, until }
    };
    let unique = |state| Code {
        kind: CodeKind::Unique { last4: "WXYZ".to_owned(), state, fencing },
        ..shared_code(None, 0, None)
    };
    let over = at(home);
    let another = scrip_core::id::CodeHash::from_bytes([5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6]);
    let others = [
        PendingLease { hash: another, lease: lease(1, over), closed: false },
        PendingLease { hash: HASH, lease: lease(2, over), closed: false },
    ];
    let with = |mine: &PendingLease| PendingLeases { leases: [&others[..], std::slice::from_ref(mine)].concat() };
    let mine = |closed| PendingLease { hash: HASH, lease: lease(1, over), closed };
    let waiting = |side: &OneOfEight, list: &Key| {
        side.state().pending_leases(list).map(|pending| pending.leases.clone()).unwrap_or_default()
    };

    let list = Key::leases_out(eight(), HASH);
    for done in
        [Command::from(ConfirmLease { hash: HASH, fencing, coupon }), ReleaseLease { hash: HASH, fencing }.into()]
    {
        let mut side = OneOfEight::new(home);
        side.put_code(HASH, unique(LeaseState::Leased(lease(1, over))));
        side.put(list.clone(), Aggregate::LeasesOut(with(&mine(false))));
        assert_eq!(happens(&mut side, done.clone()), 1);
        assert_eq!(waiting(&side, &list), others, "{done:?}");
        assert_eq!(happens(&mut side, done), 0, "told again");
    }
    let state = LeaseState::ClaimedUnder(lease(1, over), ClaimedBy { account: account_in(away_from(home)), coupon });
    let mut side = OneOfEight::new(home);
    side.put_code(HASH, unique(state));
    let another_coupon = CouponId::from_uid(Uid::from_bytes([3; 16]));
    assert_eq!(happens(&mut side, ConfirmLease { hash: HASH, fencing, coupon }), 0, "known");
    assert_eq!(happens(&mut side, ConfirmLease { hash: HASH, fencing, coupon: another_coupon }), 1, "news");

    let bucket = away_from(home);
    let list = Key::leases_returning(bucket, HASH);
    let mut side = OneOfEight::new(bucket);
    side.put(list.clone(), Aggregate::LeasesReturning(PendingLeases { leases: others.to_vec() }));
    let leased = unique(LeaseState::Leased(lease(1, over)));
    side.put_code(HASH, leased.clone());
    assert_eq!(happens(&mut side, CloseLease { bucket, hash: HASH, code: leased }), 1);
    assert_eq!(waiting(&side, &list), [&others[..], &[mine(true)]].concat());
    assert_eq!(happens(&mut side, ForgetLease { bucket, hash: HASH, fencing }), 1);
    assert_eq!(waiting(&side, &list), others);

    // A later lease takes the place of one that is home by then.
    let mut side = OneOfEight::new(bucket);
    side.put_code(HASH, unique(LeaseState::Closed(lease(1, over))));
    side.put(list.clone(), Aggregate::LeasesReturning(PendingLeases { leases: vec![mine(true)] }));
    let until = side.now.plus_minutes(1);
    let later = Code {
        kind: CodeKind::Unique {
            last4: "WXYZ".to_owned(),
            state: LeaseState::Leased(lease(3, until)),
            fencing: FencingNumber::new(3),
        },
        ..shared_code(None, 0, None)
    };
    assert_eq!(happens(&mut side, LearnCode { bucket, hash: HASH, code: later }), 1);
    assert_eq!(waiting(&side, &list), []);
}

#[test]
fn home_notes_once_that_its_campaign_has_codes() {
    let bucket = campaign_id().uid().slot().bucket(eight());
    let notes = || NoteCodes { campaign: campaign_id() };
    let counts = |again| NoteSharedCode { campaign: campaign_id(), hash: HASH, again };
    let fresh = || OneOfEight::knowing(bucket, &campaign(&json!({})));
    let coded = |side: &OneOfEight| {
        let state = side.state();
        let campaign = state.campaign(campaign_id()).expect("known");
        (campaign.coded, campaign.shared_codes)
    };
    let mut side = fresh();
    assert_eq!((happens(&mut side, notes()), coded(&side)), (1, (true, 0)));
    assert_eq!((happens(&mut side, notes()), coded(&side)), (0, (true, 0)));
    assert_eq!((happens(&mut side, counts(false)), coded(&side)), (2, (true, 1)));
    let mut side = fresh();
    assert_eq!((happens(&mut side, counts(false)), coded(&side)), (3, (true, 1)), "its first code");
    assert_eq!(side.run(counts(true)).unwrap_err().first(), &Reason::NotFound, "it isn't noted a second time");
    assert_eq!(happens(&mut OneOfEight::new(bucket), notes()), 0);

    let grants = |slot| NoteGrants { campaign: campaign_id(), accounts: 3, slot };
    let slot = scrip_core::slot::Slot::within(bucket, eight(), 0);
    let asked = side.run(grants(slot)).unwrap().events;
    assert_eq!(asked, [Event::GrantsRequested { campaign: campaign_id(), accounts: 3 }]);
    assert_eq!(OneOfEight::new(bucket).run(grants(slot)).unwrap_err().first(), &Reason::NotFound);
}

/// What the order itself holds counts as free, with what other buckets gave out beside it.
#[test]
fn an_order_is_revised_by_what_all_buckets_gave_out() {
    let bucket = elsewhere();
    let budget = json!({"limits": {"stock": null, "per_individual": null, "budget": 1000}});
    for (given_out, fits) in [(500, true), (501, false)] {
        let mut side = OneOfEight::knowing(bucket, &campaign(&budget));
        let mut usage = UsageElsewhere::default();
        side.usage_elsewhere = Some(usage.clone());
        let (ana, by) = (account_in(bucket), ClaimBy::Shop);
        let of = ClaimOf::Campaign { campaign: campaign_id(), channel: Channel::Web, source: None, by };
        let claimed = side.run(Claim { account: ana.clone(), of }).unwrap();
        let Outcome::Coupon { coupon, .. } = claimed.outcome else { panic!("a coupon") };
        let chosen = || vec![Chosen::Coupon { coupon, pointer: "/use/0".to_owned() }];
        let placed = place("ana", "o", &cart("l1:a:1000*1"), &[]);
        side.run(PlaceOrder { account: ana.clone(), chosen: chosen(), ..placed }).unwrap();
        usage.used.insert(Pool::Budget(campaign_id()), given_out);
        side.usage_elsewhere = Some(usage);
        let revised = revise("ana", "o", &cart("l1:a:2000*1"), &[]);
        let given = side.run(ReviseOrder { account: ana, chosen: chosen(), ..revised });
        assert_eq!(given.is_ok(), fits, "{given_out} elsewhere");
    }
}
