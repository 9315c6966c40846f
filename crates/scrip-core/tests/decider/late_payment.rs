//! Payments that come after the hold ran out: they take again what the order held, at its stored figures, or name what is
//! gone.

use scrip_core::{
    command::{CampaignStep, LATE_PAYMENT_DAYS, RefundOf},
    event::Event,
    id::{CouponId, Uid},
    name::IndividualId,
    order::{OrderCouponState, OrderStage, TransactionState},
    reason::{Gone, Reason},
    status::{CouponStatus, OrderStatus},
    wallet::{Coupon, CouponState, HISTORY_PAGE_MAX, Origin},
};
use serde_json::{Value, json};

use super::{
    build::{account, amount, by_seller, cart, order_id},
    world::{Use, World, refused},
};

/// An order of `ana`'s with a coupon of each campaign and the codes, timed out an instant ago.
fn timed_out(world: &mut World, uses: &[Use<'_>]) {
    world.place("ana", "o", &cart("l1:a:3000*2 l2:b:1000*1 +a:90"), uses).unwrap();
    world.later(30);
}

/// What a late payment finds gone.
fn gone(world: &World) -> Vec<Gone> {
    let refusal = world.clone().pay("ana", "o").expect_err("something is gone");
    let gone = |reason: &Reason| match reason {
        Reason::HoldExpired { gone: Some(gone), .. } => *gone,
        other => panic!("{other:?}"),
    };
    refusal.errors.iter().map(|error| gone(&error.reason)).collect()
}

fn limits(members: &Value) -> Value {
    let mut limits = json!({"stock": null, "per_individual": null, "budget": "unlimited"});
    for (name, value) in members.as_object().expect("an object") {
        limits[name] = value.clone();
    }
    json!({"limits": limits})
}

#[test]
fn a_late_payment_takes_again_what_the_order_held_at_its_stored_figures() {
    for swept in [false, true] {
        let mut world = World::new();
        let platform = world.campaign(&limits(&json!({"budget": 500})));
        let of_a =
            world.campaign(&json!({"issuer": by_seller("a"), "benefit": {"type": "amount_off", "amount": 9000}}));
        let coupons = [of_a, platform].map(|campaign| world.claim("ana", campaign).unwrap());
        timed_out(&mut world, &coupons.map(Use::Coupon));
        let figures = world.order("ana", "o").figures();
        if swept {
            world.later(1);
            world.sweep();
        }
        let order = world.order("ana", "o");
        assert_eq!((order.status(world.now), order.figures()), (OrderStatus::Cancelled, figures.clone()));
        world.pay("ana", "o").unwrap();
        let order = world.order("ana", "o");
        assert_eq!((order.status(world.now), order.figures()), (OrderStatus::Paid, figures));
        assert!(order.was_paid_late());
        assert_eq!(world.figures(platform), "1 1 0 0 0 500");
        assert_eq!(world.coupon("ana", coupons[1]).unwrap().order(world.now), Some(&order_id("o")));
        // Booked like any payment: 60.00 by seller a, 5.00 by the platform, 30.00 of face value lost.
        let booked = world.journal.iter().filter(|recorded| matches!(recorded.event, Event::DiscountFunded { .. }));
        assert_eq!(booked.count(), 1);
        let events = world.journal.len();
        world.pay("ana", "o").unwrap();
        assert_eq!(world.journal.len(), events, "paid is paid");
        world.later(60);
        world.sweep();
        world.close("ana", "o", Some("a")).unwrap();
        let all = world.refund("ana", "o", "r", RefundOf::All).unwrap();
        assert_eq!((all.amount, all.order_refunded.as_str()), (amount(7_090 - 6_500), "full"));
        assert_eq!(coupons.map(|coupon| world.status("ana", coupon).as_str()), ["used", "valid"]);
        world.check_replay();
    }
}

#[test]
fn paid_in_time_is_not_late() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:3000*2"), &[]).unwrap();
    assert!(!world.order("ana", "o").was_paid_late());
    world.later(30);
    world.later_micros(-1);
    world.pay("ana", "o").unwrap();
    assert!(!world.order("ana", "o").was_paid_late());
    // Without coupons there is nothing to be gone.
    world.place("ana", "p", &cart("l1:a:3000*2"), &[]).unwrap();
    world.later(30);
    world.pay("ana", "p").unwrap();
    assert!(world.order("ana", "p").was_paid_late());
}

#[test]
fn a_coupon_that_another_order_has_is_gone_until_it_is_free_again() {
    let mut world = World::new();
    let campaign = world.campaign(&limits(&json!({"budget": 1_000})));
    let coupon = world.claim("ana", campaign).unwrap();
    timed_out(&mut world, &[Use::Coupon(coupon)]);
    world.place("ana", "p", &cart("l1:a:3000*1"), &[Use::Coupon(coupon)]).unwrap();
    assert_eq!(gone(&world), [Gone::Coupon]);
    let refusal = world.clone().pay("ana", "o").unwrap_err();
    let expected =
        Reason::HoldExpired { gone: Some(Gone::Coupon), coupon: Some(scrip_core::reason::UsedBy::Coupon(coupon)) };
    assert_eq!(refusal.first(), &expected);
    let mut used = world.clone();
    used.pay("ana", "p").unwrap();
    used.close("ana", "p", None).unwrap();
    assert_eq!(gone(&used), [Gone::Coupon]);
    world.cancel("ana", "p", None).unwrap();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.figures(campaign), "1 1 0 0 0 500");
}

#[test]
fn a_budget_that_others_hold_is_gone() {
    let mut world = World::new();
    let campaign = world.campaign(&limits(&json!({"budget": 999})));
    let coupon = world.claim("ana", campaign).unwrap();
    let other = world.claim("bob", campaign).unwrap();
    timed_out(&mut world, &[Use::Coupon(coupon)]);
    world.later(1);
    world.sweep();
    world.place("bob", "o", &cart("l1:a:500*1"), &[Use::Coupon(other)]).unwrap();
    assert_eq!(gone(&world), [Gone::Budget]);
    world.cancel("bob", "o", None).unwrap();
    // Exactly what is left is enough.
    world.place("bob", "p", &cart("l1:a:499*1"), &[Use::Coupon(other)]).unwrap();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.figures(campaign), "2 2 0 0 499 500");
}

#[test]
fn a_code_used_directly_is_claimed_anew_and_makes_another_coupon() {
    for unique in [false, true] {
        let mut world = World::new();
        let campaign = world.campaign(&limits(&json!({"stock": 1, "per_individual": 1, "budget": 500})));
        if unique {
            world.unique_code(campaign, "CODE-1", None);
        } else {
            world.shared_code(campaign, "CODE-1", Some(1));
        }
        timed_out(&mut world, &[Use::Code("CODE-1")]);
        let first = world.on("ana", "o")[0];
        world.later(1);
        world.sweep();
        assert_eq!((world.figures(campaign).as_str(), world.code_uses("CODE-1")), ("0 0 0 0 0 0", 0));
        let label = world.order("ana", "o").coupons[0].applied.code.clone();
        world.pay("ana", "o").unwrap();
        let second = world.on("ana", "o")[0];
        assert_ne!(first, second);
        assert!(world.coupon("ana", first).is_none(), "what was voided is gone for good");
        assert_eq!((world.figures(campaign).as_str(), world.code_uses("CODE-1")), ("1 1 0 0 0 500", 1));
        assert_eq!(world.order("ana", "o").coupons[0].applied.code, label);
        world.close("ana", "o", None).unwrap();
        assert_eq!(world.status("ana", second), CouponStatus::Used);
        // After payment a code never comes back.
        world.refund("ana", "o", "r", RefundOf::All).unwrap();
        assert_eq!((world.status("ana", second), world.code_uses("CODE-1")), (CouponStatus::Used, 1));
        world.check_replay();
    }
}

#[test]
fn use_stock_and_count_of_a_code_may_each_be_gone() {
    let cases: [(Value, Option<u32>, &str, &[Gone]); 4] = [
        (json!({}), Some(1), "code by bob", &[Gone::CodeUses]),
        (json!({"stock": 1}), None, "claim by bob", &[Gone::Stock]),
        (json!({"per_individual": 1}), None, "claim by ana", &[Gone::IndividualLimit]),
        (
            json!({"stock": 1, "per_individual": 1, "budget": 500}),
            Some(1),
            "code by ana",
            &[Gone::CodeUses, Gone::Stock, Gone::IndividualLimit, Gone::Budget],
        ),
    ];
    for (members, max_uses, by, expected) in cases {
        let mut world = World::new();
        let mut terms = limits(&members);
        terms["claims"] = json!({"channels": ["web", "code"]});
        let campaign = world.campaign(&terms);
        world.shared_code(campaign, "SAVE10", max_uses);
        timed_out(&mut world, &[Use::Code("SAVE10")]);
        world.later(1);
        world.sweep();
        let goods = cart("l1:a:3000*1");
        match by {
            "claim by ana" => drop(world.claim("ana", campaign).unwrap()),
            "claim by bob" => drop(world.claim("bob", campaign).unwrap()),
            "code by ana" => drop(world.place("ana", "p", &goods, &[Use::Code("SAVE10")]).unwrap()),
            _ => drop(world.place("bob", "p", &goods, &[Use::Code("SAVE10")]).unwrap()),
        }
        let before = world.order("ana", "o").clone();
        assert_eq!(gone(&world), expected, "{by}");
        // Refused, nothing of it is taken, not even what was free.
        let figures = world.figures(campaign);
        assert_eq!(refused(world.pay("ana", "o")), "hold_expired");
        assert_eq!((world.figures(campaign), world.order("ana", "o").coupons.len()), (figures, before.coupons.len()));
        world.check_replay();
    }
}

#[test]
fn neither_expiry_since_nor_the_campaigns_stage_matters_as_the_order_was_placed_before() {
    let mut world = World::new();
    let short = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    let coded = world.campaign(&json!({"stacking": {"group": "x"}}));
    let other = world.campaign(&json!({"stacking": {"group": "y"}}));
    world.shared_code(coded, "SAVE10", None);
    let coupon = world.claim("ana", short).unwrap();
    let expires_at = world.coupon("ana", coupon).unwrap().expires_at;
    timed_out(&mut world, &[Use::Coupon(coupon), Use::Code("SAVE10")]);
    world.step(short, CampaignStep::Pause).unwrap();
    world.step(coded, CampaignStep::End).unwrap();
    world.later(60 * 25);
    // A claim moves what expired to history.
    world.claim("ana", other).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Expired);
    world.pay("ana", "o").unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    assert_eq!(world.coupon("ana", coupon).unwrap().expires_at, expires_at, "S8: validity is fixed");
    assert_eq!(world.order("ana", "o").figures().discount, amount(1_000));
    world.cancel("ana", "o", None).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Expired);
    world.check_replay();
}

#[test]
fn a_payment_may_be_thirty_days_late_and_never_comes_after_a_cancellation() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    timed_out(&mut world, &[Use::Coupon(coupon)]);
    world.later(60 * 24 * LATE_PAYMENT_DAYS);
    assert_eq!(gone(&world), [Gone::Time]);
    world.later_micros(-1);
    world.clone().pay("ana", "o").unwrap();
    world.place("ana", "p", &cart("l1:a:3000*1"), &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "p", None).unwrap();
    world.later(60);
    assert_eq!(refused(world.pay("ana", "p")), "order_state");
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
}

#[test]
fn what_was_revised_and_cancelled_before_the_time_out_stays_so() {
    let mut world = World::new();
    let over = world.campaign(&json!({"minimum_spend": {"amount": 2000}}));
    let fixed = world.campaign(&json!({"stacking": {"group": "x"}, "benefit": {"type": "amount_off", "amount": 100}}));
    let (dear, small) = (world.claim("ana", over).unwrap(), world.claim("ana", fixed).unwrap());
    let goods = cart("l1:a:1500*1 l2:b:1500*2 l3:c:100*1");
    world.place("ana", "o", &cart("l1:a:100*1"), &[Use::Coupon(small)]).unwrap();
    world.revise("ana", "o", &goods, &[Use::Coupon(dear), Use::Coupon(small)]).unwrap();
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!(world.status("ana", dear), CouponStatus::Valid);
    let figures = world.order("ana", "o").figures();
    world.later(31);
    world.sweep();
    assert_eq!(world.order("ana", "o").figures(), figures);
    // Only what it held at the end is taken again: what came off before isn't asked for.
    world.place("ana", "p", &cart("l1:a:9000*1"), &[Use::Coupon(dear)]).unwrap();
    world.pay("ana", "o").unwrap();
    let order = world.order("ana", "o");
    assert_eq!((order.figures(), order.figures().total), (figures, amount(1_600 - 100)));
    let states: Vec<_> = order.transactions.iter().map(|transaction| transaction.state).collect();
    assert_eq!(states, [TransactionState::Open, TransactionState::Cancelled, TransactionState::Open]);
    let held = |coupon| order.coupons.iter().find(|on_order| on_order.id() == coupon).map(|found| found.state);
    assert_eq!((held(small), held(dear)), (Some(OrderCouponState::Held), Some(OrderCouponState::Released)));
    assert_eq!(refused(world.revise("ana", "o", &goods, &[])), "order_state");
    let all = world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!((all.amount, all.order_refunded.as_str()), (amount(1_500), "full"));
    world.check_replay();
}

#[test]
fn the_thirty_days_count_from_the_end_of_the_extended_hold() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.extend("ana", "o", 10_080).unwrap();
    world.later(60 * 24 * (7 + LATE_PAYMENT_DAYS));
    assert_eq!(gone(&world), [Gone::Time]);
    world.later_micros(-1);
    // Late, but not extended any more: its time is over.
    assert_eq!(refused(world.extend("ana", "o", 60)), "order_state");
    world.pay("ana", "o").unwrap();
    assert!(world.order("ana", "o").was_paid_late());
    assert_eq!(refused(world.extend("ana", "o", 60)), "order_state");
}

#[test]
fn a_full_wallet_has_room_for_what_a_late_payment_takes_again() {
    let mut world = World::new();
    world.checked = false;
    let short = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    let other = world.campaign(&json!({}));
    let coupon = world.claim("ana", short).unwrap();
    timed_out(&mut world, &[Use::Coupon(coupon)]);
    world.later(60 * 25);
    for _ in 0..500 {
        world.claim("ana", other).unwrap();
    }
    assert_eq!(refused(world.claim("ana", other)), "wallet_full");
    world.checked = true;
    world.check();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    assert_eq!(world.order("ana", "o").stage, OrderStage::Paid);
    world.check_replay();
}

#[test]
fn an_order_cancelled_after_its_hold_ran_out_is_never_paid_late() {
    let mut world = World::new();
    let campaign = world.campaign(&limits(&json!({})));
    let coupon = world.claim("ana", campaign).unwrap();
    timed_out(&mut world, &[Use::Coupon(coupon)]);
    world.cancel("ana", "o", None).unwrap();
    assert_eq!(refused(world.pay("ana", "o")), "order_state");
}

/// Whatever was put away since: a coupon that has expired may lie on any page of history.
#[test]
fn a_late_payment_finds_a_coupon_on_an_earlier_page_of_history() {
    let mut world = World::new();
    world.checked = false;
    let short = world.campaign(&json!({
        "validity": {"type": "after_claim", "days": 1}, "limits": {"per_individual": null, "budget": "unlimited"},
    }));
    let coupon = world.claim("ana", short).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    world.later(31);
    world.sweep();
    world.later(24 * 60);
    world.claim("ana", short).unwrap();
    let old = |number: usize| Coupon {
        id: CouponId::from_uid(Uid::from_bytes((number as u128 + 1).to_be_bytes())),
        origin: Origin::Imported,
        state: CouponState::UsedBefore,
        ..world.coupon("ana", coupon).unwrap().clone()
    };
    let individual = IndividualId::from(&account("ana"));
    let counted = Some(true);
    let events: Vec<Event> = (0..HISTORY_PAGE_MAX)
        .map(|number| Event::CouponImported {
            account: account("ana"),
            individual: individual.clone(),
            coupon: old(number),
            counted,
        })
        .collect();
    world.emit(events);
    assert_eq!(world.state().wallet(&account("ana")).unwrap().history.len(), 2);
    world.pay("ana", "o").unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
}
