//! Room in a wallet: who makes it, who wants it, and what is loaded for it.

use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimBy, ClaimOf, Command, ImportCoupon, KnownBy, OldStatus},
    event::Event,
    state::Kind,
    wallet::LIVE_MAX,
};
use serde_json::json;

use super::{
    build::{account, cart},
    world::{Use, World},
};

/// Room is made where room is wanted: whoever only asks for something else finds the wallet as it was.
#[test]
fn s15_expired_coupons_are_put_away_by_commands_that_add_coupons_alone() {
    let mut world = World::new();
    let short = world.campaign(&json!({
        "validity": {"type": "after_claim", "days": 1}, "limits": {"per_individual": null, "budget": "unlimited"},
    }));
    world.claim("ana", short).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.extend("ana", "o", 10_080).unwrap();
    world.later(24 * 60);
    let archived = |world: &World| {
        world.journal.iter().filter(|recorded| matches!(recorded.event, Event::CouponsArchived { .. })).count()
    };
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", None).unwrap();
    world.place("ana", "p", &cart("l1:a:1000*1"), &[]).unwrap();
    world.revise("ana", "p", &cart("l1:a:2000*1"), &[]).unwrap();
    assert_eq!(archived(&world), 0);
    let mut with_codes = world.clone();
    with_codes.shared_code(short, "SAVE10", None);
    with_codes.place("ana", "q", &cart("l1:a:1000*1"), &[Use::Code("SAVE10")]).unwrap();
    assert_eq!(archived(&with_codes), 1);
    let mut revised = world.clone();
    revised.shared_code(short, "SAVE10", None);
    revised.revise("ana", "p", &cart("l1:a:2000*1"), &[Use::Code("SAVE10")]).unwrap();
    assert_eq!(archived(&revised), 1);
    let mut imported = world.clone();
    imported
        .run(ImportCoupon {
            account: account("ana"),
            campaign: short,
            status: OldStatus::Valid,
            known_by: KnownBy::Nth(1),
            claimed_at: imported.now,
            starts_at: None,
            expires_at: None,
            as_is: false,
        })
        .unwrap();
    assert_eq!(archived(&imported), 1);
    world.claim("ana", short).unwrap();
    assert_eq!(archived(&world), 1);
}

#[test]
fn two_codes_need_room_for_two_coupons() {
    let mut world = World::new();
    world.checked = false;
    let lasting = world.campaign(&json!({
        "claims": {"channels": ["web", "code"]}, "limits": {"per_individual": null, "budget": "unlimited"},
    }));
    for text in ["SAVE10", "SAVE20"] {
        let other = world.campaign(&json!({"stacking": {"group": text}, "claims": {"channels": ["code"]}}));
        world.shared_code(other, text, None);
    }
    for _ in 0..LIVE_MAX - 2 {
        world.claim("ana", lasting).unwrap();
    }
    let goods = cart("l1:a:9000*1");
    let both = [Use::Code("SAVE10"), Use::Code("SAVE20")];
    let mut with_room = world.clone();
    with_room.place("ana", "o", &goods, &both).unwrap();
    world.claim("ana", lasting).unwrap();
    let refusal = world.place("ana", "o", &goods, &both).unwrap_err();
    assert_eq!((refusal.first().code(), refusal.errors[0].pointer.as_deref()), ("wallet_full", Some("/codes")));
    world.place("ana", "o", &goods, &both[..1]).unwrap();
    let coupon = world.coupons("ana")[0].id;
    world.place("ana", "p", &goods, &[Use::Coupon(coupon)]).expect("a coupon of the wallet takes no room");
}

/// A claim into a head with room names no page of history, but where an expired coupon is put away onto the open one.
#[test]
fn a_claim_names_the_open_page_of_history_only_to_put_coupons_there() {
    let mut world = World::new();
    let short = world.campaign(&json!({
        "validity": {"type": "after_claim", "days": 1}, "limits": {"per_individual": null, "budget": "unlimited"},
    }));
    let named = |world: &World| {
        let by = ClaimBy::Shop;
        let of = ClaimOf::Campaign { campaign: short, channel: Channel::Web, source: None, by };
        let command = Command::from(Claim { account: account("ana"), of });
        command.needs(world.state(), world.now).into_iter().filter(|key| key.kind() == Kind::History).count()
    };
    world.claim("ana", short).unwrap();
    assert_eq!(named(&world), 0);
    world.later(24 * 60);
    assert_eq!(named(&world), 0, "there is no page yet");
    world.claim("ana", short).unwrap();
    assert_eq!(named(&world), 0, "nothing has expired");
    world.later(24 * 60);
    assert_eq!(named(&world), 1);
}
