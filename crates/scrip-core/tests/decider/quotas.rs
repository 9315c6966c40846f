//! The table of `exchange/quota.rs`, step by step, for every pool: what a bucket may give out comes from the pool's home in numbered
//! transfers, each of which moves once however often it is told.

use scrip_core::{
    campaign::{Allowance, Counters},
    command::{Command, Decision, GrantQuota, Outcome, ReceiveQuota, ReturnQuota, TakeBackQuota},
    exchange::{GrantBook, Granted, Pool, Quota, Transfer},
    id::{CampaignId, Uid},
    individual::Individual,
    reason::Reason,
    slot::Bucket,
    state::{Aggregate, Key},
};
use serde_json::json;

use crate::{
    buckets::{HASH, OneOfEight, away_from, campaign, campaign_id, eight, individual_in, pools_with, shared_code},
    build::{amount, source},
};

/// Every pool that the limits below limit to 100.
fn pools() -> [Pool; 5] {
    pools_with(individual_in(Bucket::FIRST))
}

/// A bucket that knows the campaign and its code.
fn knowing(bucket: Bucket) -> OneOfEight {
    let limits = json!({"stock": 201, "per_individual": 100, "budget": 100});
    let sources = json!({"sources": [{"source": "other", "stock": 1}, {"source": "mail", "stock": 100}]});
    let mut side = OneOfEight::knowing(bucket, &campaign(&json!({"limits": limits, "claims": sources})));
    side.put_code(HASH, shared_code(Some(100), 0, None));
    side
}

fn transfer(number: u32, amount: u64) -> Transfer {
    Transfer { number, amount }
}

/// Which transfer is underway after the command, and whether anything happened.
fn told(side: &mut OneOfEight, command: impl Into<Command>) -> (Option<Transfer>, usize) {
    let Ok(Decision { events, outcome: Outcome::Transfer(underway) }) = side.run(command) else {
        panic!("a step of a transfer");
    };
    (underway, events.len())
}

fn book(side: &OneOfEight, pool: &Pool) -> GrantBook {
    side.state().grant_book(pool).cloned().unwrap_or_default()
}

#[test]
fn each_step_moves_its_transfer_once_and_both_sides_add_up() {
    for pool in pools() {
        let home_bucket = pool.slot().bucket(eight());
        let bucket = away_from(home_bucket);
        let (mut home, mut here) = (knowing(home_bucket), knowing(bucket));
        let grants =
            |received, lacks| GrantQuota { pool: pool.clone(), to: bucket, received, lacks, the_rest_too: false };
        let receives = |transfer| ReceiveQuota { pool: pool.clone(), bucket, transfer };
        let returns = |taken_back| ReturnQuota { pool: pool.clone(), bucket, taken_back };
        let takes_back = |transfer| TakeBackQuota { pool: pool.clone(), from: bucket, transfer };

        // Of what is left each of eight buckets is granted a sixteenth at least: of 100 six.
        assert_eq!(told(&mut home, grants(0, 1)), (Some(transfer(1, 6)), 1), "{pool:?}");
        assert_eq!(told(&mut home, grants(0, 50)), (Some(transfer(1, 6)), 0), "not received yet: told again");
        let granted = |amount, grants, last_grant, returns| Granted { bucket, amount, grants, last_grant, returns };
        assert_eq!(book(&home, &pool).granted, [granted(6, 1, 6, 0)]);
        for happens in [1, 0] {
            let underway = (happens == 1).then_some(transfer(1, 6));
            assert_eq!(told(&mut here, receives(transfer(1, 6))), (underway, happens));
            let quota = Quota { received: 6, grants: 1, returns: 0, last_return: 0 };
            assert_eq!(here.state().quota(&pool), quota, "{pool:?}");
        }
        // What is lacking where it is more.
        assert_eq!(told(&mut home, grants(1, 20)), (Some(transfer(2, 20)), 1));
        assert_eq!(told(&mut here, receives(transfer(2, 20))).1, 1);
        assert_eq!(here.state().quota(&pool), Quota { received: 26, grants: 2, returns: 0, last_return: 0 });
        assert_eq!(book(&home, &pool).granted, [granted(26, 2, 20, 0)]);
        assert_eq!(book(&home, &pool).left(100), 74);

        assert_eq!(told(&mut here, returns(0)), (Some(transfer(1, 26)), 1));
        let returned = Quota { received: 0, grants: 2, returns: 1, last_return: 26 };
        assert_eq!(here.state().quota(&pool), returned);
        assert_eq!(told(&mut here, returns(0)), (Some(transfer(1, 26)), 0), "not taken back yet: told again");
        assert_eq!(here.state().quota(&pool), returned);
        for happens in [1, 0] {
            let underway = (happens == 1).then_some(transfer(1, 26));
            assert_eq!(told(&mut home, takes_back(transfer(1, 26))), (underway, happens));
            assert_eq!(book(&home, &pool).granted, [granted(0, 2, 20, 1)]);
        }
        assert_eq!(told(&mut here, returns(1)), (None, 0), "nothing is left to return");
        assert_eq!(told(&mut home, grants(2, 1)), (Some(transfer(3, 6)), 1));
        assert_eq!(told(&mut here, receives(transfer(3, 6))).1, 1);
        assert_eq!(told(&mut here, returns(1)), (Some(transfer(2, 6)), 1), "the next number");
    }
}

#[test]
fn home_grants_what_is_lacking_or_a_part_but_never_more_than_is_left() {
    let pool = Pool::Stock(campaign_id());
    let home_bucket = pool.slot().bucket(eight());
    let (here, other) = (away_from(home_bucket), home_bucket);
    // Granted to others, lacking, whether the rest will do → granted.
    for (others_have, lacks, the_rest_too, expected) in [
        (0, 100, false, Some(100)),
        (0, 101, false, None),
        (0, 101, true, Some(100)),
        (99, 1, false, Some(1)),
        (99, 2, false, None),
        (99, 2, true, Some(1)),
        (100, 1, false, None),
        (100, 1, true, None),
        (100, 0, true, None),
        (4, 0, false, Some(6)),
        (5, 0, false, Some(5)),
        (85, 0, false, Some(1)),
    ] {
        let mut home = knowing(home_bucket);
        let others = Granted { bucket: other, amount: others_have, grants: 9, last_grant: others_have, returns: 0 };
        home.put(Key::GrantBook(pool.clone()), Aggregate::GrantBook(GrantBook { granted: vec![others] }));
        let command = GrantQuota { pool: pool.clone(), to: here, received: 0, lacks, the_rest_too };
        let expected = expected.map(|amount| transfer(1, amount));
        assert_eq!(told(&mut home, command).0, expected, "{lacks} of {} left", 100 - others_have);
        let known = book(&home, &pool);
        assert_eq!(known.of(other), others, "another bucket's stays as it is");
        assert_eq!(known.of(here).amount, expected.map_or(0, |transfer| transfer.amount));
    }
}

#[test]
fn what_has_no_limit_is_not_granted_and_what_comes_late_is_received_all_the_same() {
    for pool in pools() {
        let home_bucket = pool.slot().bucket(eight());
        let bucket = away_from(home_bucket);
        let limits = json!({"stock": null, "per_individual": null, "budget": "unlimited"});
        let unlimited = campaign(&json!({"limits": limits}));
        let mut home = OneOfEight::knowing(home_bucket, &unlimited);
        home.put_code(HASH, shared_code(None, 0, None));
        let command = GrantQuota { pool: pool.clone(), to: bucket, received: 0, lacks: 1, the_rest_too: true };
        assert_eq!(told(&mut home, command), (None, 0), "{pool:?}");

        let mut here = OneOfEight::knowing(bucket, &unlimited);
        let receives = ReceiveQuota { pool: pool.clone(), bucket, transfer: transfer(1, 6) };
        if let Pool::CodeUses(_) = pool {
            assert_eq!(here.run(receives.clone()).unwrap_err().first(), &Reason::NotFound, "no code, no place for it");
            here.put_code(HASH, shared_code(None, 0, None));
        }
        assert_eq!(told(&mut here, receives), (Some(transfer(1, 6)), 1));
        assert_eq!(here.state().quota(&pool).received, 6);
    }
}

/// A bucket that has quotas of many things keeps them apart.
#[test]
fn quotas_of_several_pools_stand_beside_each_other() {
    let other_campaign = CampaignId::from_uid(Uid::from_bytes([9; 16]));
    let individual = individual_in(Bucket::FIRST);
    let id = campaign_id();
    let families = [
        vec![Pool::Stock(id), Pool::Budget(id), Pool::SourceStock(id, source("a")), Pool::SourceStock(id, source("b"))],
        vec![Pool::Individual(individual.clone(), id), Pool::Individual(individual, other_campaign)],
    ];
    for pools in families {
        let bucket = eight().all().last().expect("eight buckets");
        let mut here = knowing(bucket);
        for round in 1..=2 {
            for (number, pool) in (1..).zip(&pools) {
                let transfer = transfer(round, number * 10);
                assert_eq!(told(&mut here, ReceiveQuota { pool: pool.clone(), bucket, transfer }).1, 1);
            }
        }
        for (number, pool) in (1..).zip(&pools) {
            let quota = here.state().quota(pool);
            assert_eq!((quota.received, quota.grants), (number * 20, 2), "{pool:?}");
        }
        let returned = told(&mut here, ReturnQuota { pool: pools[1].clone(), bucket, taken_back: 0 });
        assert_eq!(returned, (Some(transfer(1, 40)), 1));
        assert_eq!(here.state().quota(&pools[0]).received, 20);
        assert_eq!(here.state().quota(&pools[1]).received, 0);
    }
}

#[test]
fn a_bucket_returns_what_it_has_not_given_out() {
    let id = campaign_id();
    for (pool, given_out) in pools().into_iter().zip([3, 4, 5, 6, 7]) {
        let bucket = away_from(pool.slot().bucket(eight()));
        let mut here = knowing(bucket);
        let counters = Counters { claimed: 7, budget_held: amount(2), budget_spent: amount(3), ..Counters::default() };
        let claimed_by_source = vec![(source("other"), 0), (source("mail"), 4)];
        let allowance = Allowance { counters, claimed_by_source, quotas: Vec::new() };
        here.put(Key::Allowance(bucket, id), Aggregate::Allowance(allowance));
        here.put_code(HASH, shared_code(Some(100), 6, None));
        if let Pool::Individual(individual, _) = &pool {
            let counted = Individual { counts: vec![(id, 7)], permits: Vec::new() };
            here.put(Key::Individual(bucket, individual.clone()), Aggregate::Individual(counted));
        }
        assert_eq!(here.state().given_out(&pool), given_out, "{pool:?}");
        let returns = ReturnQuota { pool: pool.clone(), bucket, taken_back: 0 };
        assert_eq!(told(&mut here, returns.clone()), (None, 0), "nothing granted, nothing unused");
        told(&mut here, ReceiveQuota { pool: pool.clone(), bucket, transfer: transfer(1, given_out) });
        assert_eq!(told(&mut here, returns.clone()), (None, 0), "all given out");
        told(&mut here, ReceiveQuota { pool: pool.clone(), bucket, transfer: transfer(2, 1) });
        assert_eq!(told(&mut here, returns), (Some(transfer(1, 1)), 1), "{pool:?}");
        assert_eq!(here.state().quota(&pool).received, given_out, "what is given out stays");
    }
}
