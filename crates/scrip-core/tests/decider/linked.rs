//! Linked accounts are one person: what they may have counts together (S3).

use scrip_core::{command::LinkAccount, id::CampaignId, name::IndividualId, slot::Bucket};
use serde_json::json;

use super::{
    build::{account, cart},
    world::{Use, World, refused},
};

fn person() -> IndividualId {
    IndividualId::new("person").expect("a name")
}

fn link(world: &mut World, name: &str) -> usize {
    let before = world.journal.len();
    world.run(LinkAccount { account: account(name), individual: person() }).expect("never refused");
    world.journal.len() - before
}

fn together(world: &World, campaign: CampaignId) -> u32 {
    world.state().individual_in(Bucket::FIRST, &person()).map_or(0, |individual| individual.count(campaign))
}

fn limited(world: &mut World, per_individual: u32) -> CampaignId {
    world.campaign(&json!({"limits": {"stock": null, "per_individual": per_individual, "budget": "unlimited"}}))
}

#[test]
fn s3_two_accounts_of_one_person_get_one_coupon_between_them() {
    let mut world = World::new();
    let (one, two) = (limited(&mut world, 1), limited(&mut world, 2));
    assert_eq!((link(&mut world, "ana"), link(&mut world, "ben")), (1, 1));
    assert_eq!(link(&mut world, "ana"), 0, "it is linked");
    world.claim("ana", one).unwrap();
    assert_eq!(refused(world.claim("ben", one)), "individual_limit_reached");
    world.claim("ben", two).unwrap();
    world.claim("ana", two).unwrap();
    assert_eq!(refused(world.claim("ben", two)), "individual_limit_reached");
    assert_eq!((together(&world, one), together(&world, two)), (1, 2));
    world.claim("cleo", one).unwrap();
    world.check_replay();
}

#[test]
fn s3_what_accounts_had_before_counts_and_stays_theirs() {
    let mut world = World::new();
    let (two, three) = (limited(&mut world, 2), limited(&mut world, 3));
    for name in ["ana", "ben"] {
        world.claim(name, two).unwrap();
        world.claim(name, two).unwrap();
        world.claim(name, three).unwrap();
    }
    link(&mut world, "ana");
    assert_eq!((together(&world, two), together(&world, three)), (2, 1));
    assert_eq!(refused(world.claim("ana", two)), "individual_limit_reached");
    link(&mut world, "ben");
    assert_eq!((together(&world, two), together(&world, three)), (4, 2), "more than the limit: they keep it");
    assert_eq!((world.coupons("ana").len(), world.coupons("ben").len()), (3, 3), "coupons never move");
    world.claim("ben", three).unwrap();
    assert_eq!(refused(world.claim("ana", three)), "individual_limit_reached");
    world.check_replay();
}

#[test]
fn s3_the_use_of_a_code_that_is_given_back_counts_no_more() {
    let mut world = World::new();
    let (campaign, other) = (limited(&mut world, 1), limited(&mut world, 1));
    world.shared_code(campaign, "SAVE10", None);
    for name in ["ana", "ben"] {
        link(&mut world, name);
    }
    world.claim("ana", other).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Code("SAVE10")]).unwrap();
    assert_eq!(together(&world, campaign), 1);
    assert_eq!(
        refused(world.place("ben", "o", &cart("l1:a:1000*1"), &[Use::Code("SAVE10")])),
        "individual_limit_reached"
    );
    world.cancel("ana", "o", None).unwrap();
    assert_eq!((together(&world, campaign), together(&world, other)), (0, 1));
    let individual = world.state().individual_in(Bucket::FIRST, &person()).expect("it counts");
    assert_eq!(individual.counts, [(other, 1)], "nothing is noted of what nobody has");
    world.place("ben", "o", &cart("l1:a:1000*1"), &[Use::Code("SAVE10")]).unwrap();
    world.check_replay();
}
