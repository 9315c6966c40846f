//! What is left of each limit, in one bucket and in one of several: what other buckets have given out counts where it was looked at, else
//! only what was granted here may be given out.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::{Allowance, Campaign, Channel, Counters},
    event::Event,
    exchange::{Pool, Quota},
    id::{CouponId, Uid},
    individual::Individual,
    money::Amount,
    name::IndividualId,
    slot::{Bucket, Buckets},
    state::{Aggregate, Key, Shortage, State, UsageElsewhere},
    wallet::{Coupon, CouponState, Origin, Wallet},
};
use serde_json::json;

use crate::{
    buckets::{HASH, campaign, campaign_id, eight, pools_with, shared_code},
    build::{account, amount, order_id, source},
};

/// What is known of other buckets.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// There are none.
    None,
    NotLookedAt,
    GaveOut(u64),
}

const LIMIT: u32 = 10;

fn linked() -> IndividualId {
    IndividualId::new("person").expect("a name")
}

fn pools() -> [Pool; 5] {
    pools_with(linked())
}

/// Limits of ten each, 20 coupons in all.
fn limited() -> Campaign {
    campaign(&json!({
        "limits": {"stock": 2 * LIMIT, "per_individual": LIMIT, "budget": LIMIT},
        "claims": {"sources": [{"source": "mail", "stock": LIMIT}]},
    }))
}

fn unlimited() -> Campaign {
    campaign(&json!({"limits": {"stock": null, "per_individual": null, "budget": "unlimited"}}))
}

/// A working set in which every pool has given out as much here, and was granted as much.
fn state(campaign: &Campaign, others: Others, here: u32, granted: u64) -> State {
    let buckets = if matches!(others, Others::None) { Buckets::ONE } else { eight() };
    let bucket = account("ana").slot().bucket(buckets);
    let mut state = State::new(bucket, buckets);
    let quota = Quota { received: granted, grants: 1, ..Quota::default() };
    let id = campaign.id;
    let mut put = |key: Key, value: Aggregate| state.insert(key, Some((1, value)));
    let lives_here = id.uid().slot().bucket(buckets) == bucket;
    let key = if lives_here { Key::Campaign(id) } else { Key::CampaignHere(bucket, id) };
    put(
        key,
        if lives_here { Aggregate::Campaign(campaign.clone()) } else { Aggregate::CampaignHere(campaign.clone()) },
    );
    let allowance = Allowance {
        counters: Counters {
            claimed: 2 * here,
            budget_held: amount(i64::from(here / 2)),
            budget_spent: amount(i64::from(here - here / 2)),
            ..Counters::default()
        },
        claimed_by_source: vec![(source("mail"), here)],
        quotas: pools()[..3].iter().map(|pool| (pool.clone(), quota)).collect(),
    };
    put(Key::Allowance(bucket, id), Aggregate::Allowance(allowance));
    let code = shared_code(campaign.terms.limits.stock.map(|_| LIMIT), here, Some(quota));
    let code_lives_here = HASH.slot().bucket(buckets) == bucket;
    let key = if code_lives_here { Key::Code(HASH) } else { Key::CodeHere(bucket, HASH) };
    put(key, if code_lives_here { Aggregate::Code(code) } else { Aggregate::CodeHere(code) });
    let individual = Individual { counts: vec![(id, here)], permits: vec![(id, quota)] };
    put(Key::Individual(bucket, linked()), Aggregate::Individual(individual));
    let mut wallet = Wallet::new(linked());
    wallet.linked = true;
    put(Key::Wallet(account("ana")), Aggregate::Wallet(wallet));
    let usage = |used: u64| UsageElsewhere {
        used: pools().into_iter().map(|pool| (pool, used)).collect(),
        counters: BTreeMap::new(),
    };
    state.set_usage_elsewhere(match others {
        Others::GaveOut(used) => Some(usage(used)),
        Others::None | Others::NotLookedAt => None,
    });
    state
}

/// What is left of each pool, in their order.
fn left(state: &State, campaign: &Campaign) -> [Option<u64>; 5] {
    let allowance = state.allowance(campaign.id);
    let of = |pool: &Pool| allowance.left(&campaign.terms, pool);
    let [stock, of_source, budget, _, _] = pools();
    let individual = campaign.terms.limits.per_individual;
    let individual = individual.map(|limit| state.individual_left(&account("ana"), campaign.id, limit));
    [of(&stock), of(&of_source), of(&budget), state.code_uses_left(HASH), individual]
}

#[test]
fn what_is_left_is_the_limit_less_what_all_gave_out_or_what_was_granted_less_what_was_given_out_here() {
    for (others, here, granted, expected) in [
        (Others::None, 0, 0, 10),
        (Others::None, 4, 0, 6),
        (Others::None, 10, 0, 0),
        (Others::None, 11, 0, 0),
        (Others::NotLookedAt, 0, 0, 0),
        (Others::NotLookedAt, 0, 7, 7),
        (Others::NotLookedAt, 4, 7, 3),
        (Others::NotLookedAt, 7, 7, 0),
        (Others::NotLookedAt, 8, 7, 0),
        (Others::GaveOut(0), 0, 0, 10),
        (Others::GaveOut(3), 4, 7, 3),
        (Others::GaveOut(6), 4, 7, 0),
        (Others::GaveOut(7), 4, 7, 0),
        (Others::GaveOut(1), 4, 4, 5),
    ] {
        let campaign = limited();
        let state = state(&campaign, others, here, granted);
        assert_eq!(left(&state, &campaign), [Some(expected); 5], "{others:?}, {here} here, {granted} granted");
        for source in [None, Some(source("mail"))] {
            assert_eq!(state.has_stock(&campaign, source.as_ref()), expected > 0, "{others:?}, {here} here");
        }
        let minor = i64::try_from(expected).expect("small");
        assert_eq!(state.discount_left(&campaign), amount(minor));
        let given_out = pools().map(|pool| state.given_out(&pool));
        assert_eq!(given_out, [u64::from(here); 5]);
        assert_eq!(pools().map(|pool| state.quota(&pool).received), [granted; 5]);
        assert_eq!(pools().map(|pool| state.limit(&pool)), [Some(10); 5]);
    }
    // More was granted than the terms allow by now.
    let campaign = limited();
    let state = state(&campaign, Others::NotLookedAt, 4, 12);
    assert_eq!(left(&state, &campaign)[..3], [Some(6); 3]);
}

#[test]
fn an_account_that_is_not_linked_counts_by_itself() {
    let campaign = limited();
    for (claimed, expected) in [(0, 10), (4, 6), (10, 0), (11, 0)] {
        let mut state = state(&campaign, Others::NotLookedAt, 3, 0);
        let mut wallet = Wallet::new(IndividualId::from(&account("ana")));
        wallet.counts = vec![(campaign.id, claimed)];
        state.insert(Key::Wallet(account("ana")), Some((1, Aggregate::Wallet(wallet))));
        assert_eq!(state.individual_left(&account("ana"), campaign.id, LIMIT), expected);
        assert_eq!(state.individual_left(&account("nobody"), campaign.id, LIMIT), 10);
    }
}

#[test]
fn what_the_terms_do_not_limit_ends_where_its_counter_does() {
    let campaign = unlimited();
    for (others, buckets) in [(Others::None, 1), (Others::NotLookedAt, 8), (Others::GaveOut(3), 8)] {
        let of_none = state(&campaign, others, 2, 0);
        assert_eq!(left(&of_none, &campaign), [None; 5]);
        assert_eq!(pools().map(|pool| of_none.limit(&pool)), [None; 5]);

        let most = u32::MAX / buckets;
        for (claimed, there_is) in [(0, true), (most - 1, true), (most, false)] {
            let mut state = of_none.clone();
            let counters = Counters { claimed, ..Counters::default() };
            let allowance = Allowance { counters, ..Allowance::default() };
            state.insert(Key::Allowance(state.bucket(), campaign.id), Some((1, Aggregate::Allowance(allowance))));
            assert_eq!(state.has_stock(&campaign, None), there_is, "{claimed} of {most}");
        }
        // All buckets' counters together stay an amount.
        let most = Amount::MAX.minor() / i64::from(buckets);
        assert_eq!(of_none.discount_left(&campaign), amount(most - 2));
        assert!(of_none.counts_discount(&campaign, amount(most - 2)));
        assert!(!of_none.counts_discount(&campaign, amount(most - 1)));
    }
    let campaign = limited();
    let state = state(&campaign, Others::None, 4, 0);
    assert!(state.counts_discount(&campaign, amount(1_000)), "its budget judges that");
}

#[test]
fn counters_are_those_of_all_buckets_as_far_as_they_were_looked_at() {
    let campaign = limited();
    let mut state = state(&campaign, Others::GaveOut(1), 4, 0);
    let elsewhere = Counters {
        claimed: 1,
        on_orders: 2,
        used: 3,
        returned: u32::MAX,
        reclaimed: 5,
        budget_held: amount(6),
        budget_spent: amount(7),
    };
    let here = Counters { claimed: 8, budget_held: amount(2), budget_spent: amount(2), ..Counters::default() };
    assert_eq!(state.counters(campaign.id), here);
    let mut usage = UsageElsewhere::default();
    usage.counters.insert(campaign.id, elsewhere);
    state.set_usage_elsewhere(Some(usage));
    let both = Counters { claimed: 9, budget_held: amount(8), budget_spent: amount(9), ..elsewhere };
    assert_eq!(state.counters(campaign.id), both);
    // Only what counts for ever can come to more than it can say.
    let one = Counters { claimed: 1, on_orders: 1, used: 1, returned: 1, reclaimed: 1, ..elsewhere };
    let sum = one.plus(elsewhere);
    assert_eq!((sum.claimed, sum.on_orders, sum.used, sum.reclaimed), (2, 3, 4, 6));
    assert_eq!((sum.returned, sum.budget_held, sum.budget_spent), (u32::MAX, amount(12), amount(14)));
}

/// Events that take from each pool, and which.
fn takings(campaign: &Campaign) -> Vec<(Event, Vec<Pool>)> {
    let [stock, of_source, budget, code_uses, individual] = pools();
    let coupon = |named: Option<&str>| -> Coupon {
        Coupon {
            id: CouponId::from_uid(Uid::from_bytes([2; 16])),
            campaign: campaign.id,
            terms_version: 1,
            claimed_at: campaign.created_at,
            starts_at: campaign.created_at,
            expires_at: campaign.created_at.plus_hours(1),
            channel: Channel::Web,
            source: named.map(source),
            origin: Origin::Claimed,
            state: CouponState::Valid,
            import_key: None,
            as_is: false,
            code: None,
        }
    };
    let claimed = |named, code| Event::CouponClaimed {
        account: account("ana"),
        individual: linked(),
        coupon: coupon(named),
        code,
    };
    let imported = |counted| Event::CouponImported {
        account: account("ana"),
        individual: linked(),
        coupon: coupon(None),
        counted,
    };
    let held = Event::CouponHeld {
        account: account("ana"),
        coupon: coupon(None).id,
        order: order_id("o"),
        campaign: campaign.id,
        discount: amount(1),
        held_until: campaign.created_at,
    };
    vec![
        (claimed(None, None), vec![stock.clone(), individual.clone()]),
        (claimed(Some("blog"), None), vec![stock.clone(), individual.clone()]),
        (claimed(Some("mail"), None), vec![of_source, individual.clone()]),
        (claimed(None, Some(HASH)), vec![stock.clone(), code_uses, individual.clone()]),
        (imported(Some(true)), vec![stock, individual]),
        (imported(Some(false)), Vec::new()),
        (imported(None), Vec::new()),
        (held, vec![budget]),
    ]
}

#[test]
fn a_bucket_is_short_of_what_its_quotas_do_not_cover() {
    let campaign = limited();
    for (event, pools) in takings(&campaign) {
        for times in 1..=3_u64 {
            let events = vec![event.clone(); usize::try_from(times).expect("small")];
            for free in 0..=3 {
                let state = state(&campaign, Others::NotLookedAt, 4, 4 + free);
                let shortage = |pool: &Pool| Shortage { pool: pool.clone(), needs: times };
                let short = if times > free { pools.iter().map(shortage).collect() } else { Vec::new() };
                assert_eq!(state.short_of(&events), short, "{times} of {event:?}, {free} free");
            }
        }
        assert!(
            state(&campaign, Others::None, 10, 0).short_of(std::slice::from_ref(&event)).is_empty(),
            "with one bucket never"
        );
        let unlimited = unlimited();
        assert!(state(&unlimited, Others::NotLookedAt, 4, 0).short_of(&[event]).is_empty(), "without a limit never");
    }
}

#[test]
fn what_is_given_back_in_the_same_step_is_there_to_be_taken() {
    let campaign = limited();
    let nothing_free = || state(&campaign, Others::NotLookedAt, 4, 4);
    let [.., (held, _)] = &takings(&campaign)[..] else { panic!("a hold") };
    let claimed = &takings(&campaign)[3].0;
    let Event::CouponHeld { account, coupon, order, .. } = held.clone() else { panic!("a hold") };
    let discount = amount(1);
    let released = Event::CouponReleased {
        account: account.clone(),
        coupon,
        order: order.clone(),
        campaign: campaign.id,
        discount,
    };
    let voided = |source| Event::CouponVoided {
        account: account.clone(),
        coupon,
        order: order.clone(),
        campaign: campaign.id,
        discount,
        code: HASH,
        source,
    };
    let short = |events: &[&Event]| {
        let events: Vec<Event> = events.iter().copied().cloned().collect();
        nothing_free().short_of(&events).len()
    };
    assert_eq!((short(&[held]), short(&[&released, held]), short(&[&released, held, held])), (1, 0, 1));
    let all = voided(None);
    assert_eq!(short(&[claimed, held]), 4);
    assert_eq!(short(&[&all, claimed, held]), 0, "its stock, its use of the code, its person's count, its budget");
    let of_source = voided(Some(source("mail")));
    assert_eq!(short(&[&of_source, claimed]), 1, "the stock was another one");
}

#[test]
fn a_linked_account_brings_what_it_has_had() {
    let campaign = limited();
    let linked = Event::AccountLinked { account: account("ana"), individual: linked() };
    for (count, free, short) in [(0, 0, false), (2, 2, false), (2, 1, true), (3, 0, true)] {
        let mut state = state(&campaign, Others::NotLookedAt, 4, 4 + free);
        let mut wallet = Wallet::new(IndividualId::from(&account("ana")));
        wallet.counts = vec![(campaign.id, count)];
        state.insert(Key::Wallet(account("ana")), Some((1, Aggregate::Wallet(wallet))));
        let expected = Shortage { pool: pools()[4].clone(), needs: count.into() };
        let expected = if short { vec![expected] } else { Vec::new() };
        assert_eq!(state.short_of(std::slice::from_ref(&linked)), expected, "{count} with {free} free");
    }
}

#[test]
fn the_tables_above_look_at_campaigns_and_codes_away_from_their_home() {
    let here: Bucket = account("ana").slot().bucket(eight());
    assert_ne!(campaign_id().uid().slot().bucket(eight()), here);
    assert_ne!(HASH.slot().bucket(eight()), here);
}
