//! Placing, paying, closing, timing out and cancelling orders: S13–S16, holds, budgets.

use scrip_core::{
    campaign::Counters,
    command::{CampaignStep, RefundOf, SweepDue},
    money::Amount,
    name::OrderId,
    order::{OrderCouponState, OrderStage, TransactionState},
    reason::{Reason, UsedBy},
    state::{Key, Kind},
    status::{CouponStatus, OrderStatus},
};
use serde_json::json;

use super::{
    build::{account, amount, at, by_seller, cart, cart_in, order_id, seller, terms},
    world::{Use, World, place, refused},
};

/// The transactions' states, in the order of the sellers.
fn transactions(world: &World, order: &str) -> Vec<TransactionState> {
    world.order("ana", order).transactions.iter().map(|transaction| transaction.state).collect()
}

fn status(world: &World, order: &str) -> OrderStatus {
    world.order("ana", order).status(world.now)
}

fn discount(world: &World, order: &str) -> i64 {
    world.order("ana", order).figures().discount.minor()
}

#[test]
fn s14_a_coupon_is_inactive_until_every_transaction_that_it_discounts_has_ended() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({
        "scope": {"products": ["p-l1", "p-l2"]}, "benefit": {"type": "amount_off", "amount": 500},
    }));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1 l2:b:1000*2 l3:c:700*1"), &[Use::Coupon(coupon)]).unwrap();
    assert_eq!(world.coupon("ana", coupon).unwrap().order(world.now), Some(&order_id("o")));
    for step in ["place", "pay", "a", "c"] {
        match step {
            "place" => {}
            "pay" => drop(world.pay("ana", "o").unwrap()),
            one => drop(world.close("ana", "o", Some(one)).unwrap()),
        }
        assert_eq!(world.status("ana", coupon), CouponStatus::Inactive, "after {step}");
    }
    assert_eq!(status(&world, "o"), OrderStatus::Paid);
    world.close("ana", "o", Some("b")).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    assert_eq!(status(&world, "o"), OrderStatus::Closed);
    assert_eq!(world.figures(campaign), "1 0 1 0 0 500");
    assert_eq!(world.coupon("ana", coupon).unwrap().order(world.now), Some(&order_id("o")));
    world.check_replay();
}

#[test]
fn s16_a_transaction_that_the_coupon_does_not_discount_does_not_keep_it_inactive() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"scope": {"products": ["p-l1"]}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1 l2:b:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", Some("a")).unwrap();
    assert_eq!((world.status("ana", coupon), status(&world, "o")), (CouponStatus::Used, OrderStatus::Paid));
}

#[test]
fn s16_ended_is_closed_refunded_or_cancelled() {
    let mut world = World::new();
    let campaign =
        world.campaign(&json!({"issuer": {"type": "platform"}, "benefit": {"type": "amount_off", "amount": 300}}));
    let coupon = world.claim("ana", campaign).unwrap();
    let goods = cart("l1:a:1000*1 l2:b:1000*1 l3:c:1000*1 l4:d:1000*1");
    world.place("ana", "o", &goods, &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "o", Some("d")).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", Some("a")).unwrap();
    world.refund("ana", "o", "r", RefundOf::Seller(seller("b"))).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.cancel("ana", "o", Some("c")).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    use TransactionState::{Cancelled, Closed, Refunded};
    assert_eq!(transactions(&world, "o"), [Closed, Refunded, Cancelled, Cancelled]);
    assert_eq!(status(&world, "o"), OrderStatus::Closed);
}

#[test]
fn s15_expiry_while_inactive_changes_nothing_for_that_order() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"validity": {"type": "after_claim", "days": 1}}));
    let coupon = world.claim("ana", campaign).unwrap();
    let mut order = place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]);
    order.hold_minutes = 60 * 48;
    world.run(order).unwrap();
    world.later(60 * 30);
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.pay("ana", "o").unwrap();
    world.later(60 * 300);
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.close("ana", "o", None).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    assert_eq!(discount(&world, "o"), 500);
}

#[test]
fn the_same_order_again_is_found_and_another_body_is_refused_for_ever() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    let order = place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]);
    let mut other = order.clone();
    other.fingerprint = [2; 16];
    world.run(order.clone()).unwrap();
    for step in 0..4 {
        let events = world.journal.len();
        world.run(order.clone()).unwrap();
        assert_eq!(world.journal.len(), events, "a repetition does nothing");
        assert_eq!(refused(world.run(other.clone())), "order_exists");
        match step {
            0 => drop(world.pay("ana", "o").unwrap()),
            1 => drop(world.close("ana", "o", None).unwrap()),
            _ => drop(world.refund("ana", "o", &format!("r{step}"), RefundOf::All)),
        }
    }
    // The id of a cancelled order stays taken; of another account it is free.
    world.place("bob", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.cancel("bob", "o", None).unwrap();
    world.place("bob", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    assert_eq!(world.order("bob", "o").status(world.now), OrderStatus::Cancelled);
}

#[test]
fn an_order_whose_discount_is_not_the_expected_one_is_refused_in_either_direction() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    for (expected, good) in [(499, false), (501, false), (500, true)] {
        let mut order = place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]);
        order.expect_discount = Some(amount(expected));
        match world.run(order) {
            Ok(_) => assert!(good),
            Err(refusal) => {
                let reason = Reason::QuoteChanged { expected: amount(expected), discount: amount(500) };
                assert_eq!((refusal.first(), good), (&reason, false));
            }
        }
    }
}

#[test]
fn a_coupon_is_on_one_order_at_a_time_and_used_once() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    let goods = cart("l1:a:1000*1");
    world.place("ana", "o1", &goods, &[Use::Coupon(coupon)]).unwrap();
    let refusal = world.place("ana", "o2", &goods, &[Use::Coupon(coupon)]).unwrap_err();
    assert_eq!(refusal.first(), &Reason::CouponOnOrder { order: order_id("o1") });
    world.pay("ana", "o1").unwrap();
    assert_eq!(refused(world.place("ana", "o2", &goods, &[Use::Coupon(coupon)])), "coupon_on_order");
    world.close("ana", "o1", None).unwrap();
    assert_eq!(refused(world.place("ana", "o2", &goods, &[Use::Coupon(coupon)])), "coupon_used");
    // Named twice for one order it takes its own place.
    let second = world.claim("ana", campaign).unwrap();
    let twice = world.place("ana", "o2", &goods, &[Use::Coupon(second), Use::Coupon(second)]);
    assert_eq!(refused(twice), "stacking_group_taken");
}

#[test]
fn an_order_that_names_coupons_is_refused_whole_with_all_reasons_in_the_order_named() {
    let mut world = World::new();
    let dear = world.campaign(&json!({"minimum_spend": {"amount": 5000}, "issuer": by_seller("b")}));
    let good = world.campaign(&json!({}));
    let (dear_one, good_one) = (world.claim("ana", dear).unwrap(), world.claim("ana", good).unwrap());
    let goods = cart("l1:a:1000*1 l2:b:5000*1");
    let refusal = world.place("ana", "o", &goods, &[Use::Coupon(good_one), Use::Coupon(dear_one)]).unwrap_err();
    let found: Vec<_> = refusal.errors.iter().map(|error| (error.pointer.as_deref(), error.reason.code())).collect();
    assert_eq!(found, [(Some("/use/1"), "minimum_spend_not_met")]);
    assert_eq!(world.status("ana", good_one), CouponStatus::Valid);
    let mismatch = world.place("ana", "o", &cart_in("JPY", "l1:a:1000*1"), &[Use::Coupon(good_one)]);
    assert_eq!(refused(mismatch), "currency_mismatch");
}

#[test]
fn a_timed_out_order_is_cancelled_from_that_instant_for_every_reader_and_command() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"per_individual": null, "budget": 500}}));
    let coupon = world.claim("ana", campaign).unwrap();
    let goods = cart("l1:a:1000*1 l2:b:900*1");
    world.place("ana", "o1", &goods, &[Use::Coupon(coupon)]).unwrap();
    world.later(30);
    world.later_micros(-1);
    assert_eq!((status(&world, "o1"), world.status("ana", coupon)), (OrderStatus::Placed, CouponStatus::Inactive));
    assert_eq!(refused(world.place("ana", "o2", &goods, &[Use::Coupon(coupon)])), "coupon_on_order");
    world.later_micros(1);
    // Nobody has swept: the reads say it all the same.
    let order = world.order("ana", "o1");
    assert_eq!((order.stage, order.status(world.now)), (OrderStage::Placed, OrderStatus::Cancelled));
    assert_eq!(order.transaction_state(0, world.now), TransactionState::Cancelled);
    let held = world.coupon("ana", coupon).unwrap();
    assert_eq!((held.status(world.now), held.order(world.now)), (CouponStatus::Valid, None));

    let mut other = world.clone();
    for (command, code) in
        [("revise", "order_state"), ("close", "order_state"), ("extend", "order_state"), ("refund", "order_not_paid")]
    {
        let mut world = world.clone();
        let refusal = match command {
            "revise" => refused(world.revise("ana", "o1", &goods, &[])),
            "close" => refused(world.close("ana", "o1", None)),
            "extend" => refused(world.extend("ana", "o1", 60)),
            _ => refused(world.refund("ana", "o1", "r", RefundOf::All)),
        };
        assert_eq!(refusal, code);
        // What the clock changed is written down, whether or not the command was refused.
        assert_eq!(world.order("ana", "o1").stage, OrderStage::TimedOut);
        assert_eq!(world.figures(campaign), "1 0 0 0 0 0");
    }
    // Cancelling finds it done, and ends that it may be paid late.
    other.cancel("ana", "o1", None).unwrap();
    other.cancel("ana", "o1", Some("a")).unwrap();
    assert_eq!(other.order("ana", "o1").stage, OrderStage::Cancelled);

    // At that very instant coupon and budget are free for another order.
    world.place("ana", "o2", &goods, &[Use::Coupon(coupon)]).unwrap();
    assert_eq!(world.figures(campaign), "1 1 0 0 500 0");
    assert_eq!(refused(world.pay("ana", "o1")), "hold_expired");
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.later_micros(1_000_000);
    world.sweep();
    world.pay("ana", "o2").unwrap();
    world.check_replay();
}

#[test]
fn sweeping_gives_back_what_lapsed_and_twice_is_harmless() {
    let mut world = World::new();
    let limits = json!({"per_individual": null, "budget": 100_000});
    let campaign = world.campaign(&json!({"limits": limits, "claims": {"channels": ["web", "code"]}}));
    world.shared_code(campaign, "SAVE10", None);
    let goods = cart("l1:a:1000*1");
    for (who, order) in [("ana", "o1"), ("bob", "o1"), ("cleo", "o1"), ("ana", "o2"), ("ana", "o3")] {
        let coupon = world.claim(who, campaign).unwrap();
        world.place(who, order, &goods, &[Use::Coupon(coupon)]).unwrap();
    }
    world.place("bob", "o2", &goods, &[Use::Code("SAVE10")]).unwrap();
    world.pay("ana", "o2").unwrap();
    world.extend("ana", "o3", 60).unwrap();
    let due = world.keys(Kind::Due);
    world.later(30);
    world.later_micros(1_000_000);
    world.sweep();
    assert_eq!(world.figures(campaign), "5 2 0 0 500 500");
    assert!(world.coupons("bob").iter().all(|coupon| coupon.status(world.now) == CouponStatus::Valid));
    let events = world.journal.len();
    for key in due {
        let Key::Due(bucket, second, chunk) = key else { unreachable!() };
        world.run(SweepDue { bucket, second, chunk }).unwrap();
    }
    assert_eq!(world.journal.len(), events);
    world.later(60);
    world.sweep();
    assert_eq!(world.figures(campaign), "5 1 0 0 0 500");
    assert_eq!(world.keys(Kind::Due), []);
    world.check_replay();
}

#[test]
fn a_sweep_before_the_second_is_over_leaves_its_orders_to_the_next() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.later(30);
    world.later_micros(-1);
    sweep_all(&mut world);
    // Within the second it is over for some, and for others it isn't.
    world.later_micros(1 + 400_000);
    world.place("ben", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.later(30);
    world.later_micros(-1);
    sweep_all(&mut world);
    world.later_micros(600_001);
    world.sweep();
    assert_eq!(world.order("ben", "o").stage, OrderStage::TimedOut);
    assert_eq!(world.order("ana", "o").stage, OrderStage::TimedOut);
}

/// Whatever the second.
fn sweep_all(world: &mut World) {
    for key in world.keys(Kind::Due) {
        let Key::Due(bucket, second, chunk) = key else { unreachable!() };
        world.run(SweepDue { bucket, second, chunk }).unwrap();
    }
}

#[test]
fn an_order_that_is_due_twice_in_one_second_is_cancelled_once() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let (first, second) = (world.claim("ana", campaign).unwrap(), world.claim("ana", campaign).unwrap());
    let goods = cart("l1:a:1000*1");
    world.place("ana", "o1", &goods, &[Use::Coupon(first)]).unwrap();
    world.later_micros(10);
    world.place("ana", "o2", &goods, &[Use::Coupon(second)]).unwrap();
    world.later_micros(10);
    world.extend("ana", "o1", 30).unwrap();
    world.later(31);
    world.sweep();
    assert_eq!(world.figures(campaign), "2 0 0 0 0 0");
    world.check_replay();
}

#[test]
fn extending_counts_from_now_never_shortens_and_ends_at_seven_days() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    let placed_at = world.now;
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    let until = |world: &World| world.order("ana", "o").hold_expires_at;
    assert_eq!(until(&world), placed_at.plus_minutes(30));
    world.later(10);
    world.extend("ana", "o", 5).unwrap();
    assert_eq!(until(&world), placed_at.plus_minutes(30));
    let before = world.journal.len();
    world.extend("ana", "o", 20).unwrap();
    assert_eq!((until(&world), world.journal.len()), (placed_at.plus_minutes(30), before), "the same end is no change");
    world.extend("ana", "o", 21).unwrap();
    assert_eq!(until(&world), placed_at.plus_minutes(31));
    world.extend("ana", "o", 10_080).unwrap();
    assert_eq!(until(&world), placed_at.plus_hours(7 * 24));
    world.later(60 * 24 * 6);
    world.extend("ana", "o", 10_080).unwrap();
    assert_eq!(until(&world), placed_at.plus_hours(7 * 24));
    world.sweep();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.pay("ana", "o").unwrap();
    assert_eq!(refused(world.extend("ana", "o", 60)), "order_state");
}

#[test]
fn a_discount_beyond_what_is_left_of_the_budget_is_refused_whole() {
    let mut world = World::new();
    let limits = json!({"per_individual": null, "budget": 1200});
    let campaign = world.campaign(&json!({"limits": limits, "claims": {"channels": ["web", "code"]}}));
    let coupons: Vec<_> = (0..3).map(|_| world.claim("ana", campaign).unwrap()).collect();
    let goods = cart("l1:a:600*2");
    world.place("ana", "o0", &goods, &[Use::Coupon(coupons[0])]).unwrap();
    world.place("ana", "o1", &goods, &[Use::Coupon(coupons[1])]).unwrap();
    world.pay("ana", "o1").unwrap();
    assert_eq!(world.figures(campaign), "3 2 0 0 500 500");
    let exhausted = |world: &mut World| {
        let refusal = world.place("ana", "o2", &goods, &[Use::Coupon(coupons[2])]).unwrap_err();
        refusal.first().clone()
    };
    assert_eq!(exhausted(&mut world), Reason::CampaignBudgetExhausted { left: amount(200) });
    // A code meets the same budget.
    world.shared_code(campaign, "SAVE10", None);
    assert_eq!(refused(world.place("bob", "o", &goods, &[Use::Code("SAVE10")])), "campaign_budget_exhausted");
    // Amount refunds give nothing back, units their shares.
    world.refund("ana", "o1", "r1", super::world::parts("=l1:100")).unwrap();
    assert_eq!(exhausted(&mut world), Reason::CampaignBudgetExhausted { left: amount(200) });
    world.refund("ana", "o1", "r2", super::world::parts("l1*1")).unwrap();
    assert_eq!(world.figures(campaign), "3 2 0 0 500 250");
    assert_eq!(exhausted(&mut world), Reason::CampaignBudgetExhausted { left: amount(450) });
    // A cancelled hold gives all of its back, and exactly what is left is enough.
    world.cancel("ana", "o0", None).unwrap();
    assert_eq!(world.figures(campaign), "3 1 0 0 0 250");
    world.place("ana", "o2", &goods, &[Use::Coupon(coupons[2])]).unwrap();
    let first = world.claim("bob", campaign).unwrap();
    world.place("bob", "o2", &cart("l1:a:450*1"), &[Use::Coupon(first)]).unwrap();
    assert_eq!(world.figures(campaign), "4 3 0 0 950 250");
}

#[test]
fn cancelling_before_payment_gives_everything_back() {
    let mut world = World::new();
    let platform = world.campaign(&json!({}));
    let of_seller = world.campaign(&json!({"issuer": by_seller("a")}));
    let shipping = world.campaign(&json!({"benefit": {"type": "free_shipping"}}));
    let coupons = [platform, of_seller, shipping].map(|campaign| world.claim("ana", campaign).unwrap());
    let uses = coupons.map(Use::Coupon);
    world.place("ana", "o", &cart("l1:a:2000*1 l2:b:900*1 +a:300 +b:200"), &uses).unwrap();
    assert_eq!(discount(&world, "o"), 1500);
    world.cancel("ana", "o", None).unwrap();
    assert_eq!((status(&world, "o"), world.order("ana", "o").stage), (OrderStatus::Cancelled, OrderStage::Cancelled));
    for (coupon, campaign) in coupons.iter().zip([platform, of_seller, shipping]) {
        assert_eq!(world.status("ana", *coupon), CouponStatus::Valid);
        assert_eq!(world.figures(campaign), "1 0 0 0 0 0");
    }
    let events = world.journal.len();
    world.cancel("ana", "o", None).unwrap();
    world.cancel("ana", "o", Some("a")).unwrap();
    assert_eq!(world.journal.len(), events);
    // Never after cancel.
    assert_eq!(refused(world.pay("ana", "o")), "order_state");
    assert_eq!(refused(world.extend("ana", "o", 60)), "order_state");
    assert_eq!(refused(world.close("ana", "o", None)), "order_state");
    world.place("ana", "o2", &cart("l1:a:2000*1 l2:b:900*1 +a:300 +b:200"), &uses).unwrap();
}

#[test]
fn cancelling_one_seller_before_payment_judges_the_same_coupons_on_what_is_left() {
    let mut world = World::new();
    let tenth = world.campaign(&json!({"benefit": {"type": "percent_off", "percent_bp": 1000}}));
    let of_a = world.campaign(&json!({"issuer": by_seller("a"), "benefit": {"type": "amount_off", "amount": 100}}));
    let of_b = world.campaign(&json!({"issuer": by_seller("b"), "benefit": {"type": "amount_off", "amount": 200}}));
    let uses = [tenth, of_a, of_b].map(|campaign| world.claim("ana", campaign).unwrap());
    world.place("ana", "o", &cart("l1:a:1100*1 l2:b:2200*1 l3:a:100*1 +b:50"), &uses.map(Use::Coupon)).unwrap();
    assert_eq!(discount(&world, "o"), 100 + 200 + 310);
    // Amounts alone: not clock, pause or budget.
    world.step(tenth, CampaignStep::Pause).unwrap();
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!(discount(&world, "o"), 100 + 110);
    assert_eq!(
        uses.map(|coupon| world.status("ana", coupon)).map(CouponStatus::as_str),
        ["inactive", "inactive", "valid"]
    );
    assert_eq!(world.figures(tenth), "1 1 0 0 110 0");
    assert_eq!(world.figures(of_b), "1 0 0 0 0 0");
    assert_eq!(world.order("ana", "o").figures().total, amount(1200 - 210));
    let events = world.journal.len();
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!(world.journal.len(), events, "cancelled again");
    world.pay("ana", "o").unwrap();
    assert_eq!(world.figures(tenth), "1 1 0 0 0 110");
    // What was cancelled before payment can be neither refunded nor closed.
    assert_eq!(refused(world.refund("ana", "o", "r", super::world::parts("l2*1"))), "units_already_refunded");
    assert_eq!(refused(world.refund("ana", "o", "r", super::world::parts("=l2:1"))), "amount_exceeds_paid");
    assert_eq!(refused(world.refund("ana", "o", "r", super::world::parts("+b:1"))), "amount_exceeds_paid");
    assert_eq!(refused(world.close("ana", "o", Some("b"))), "order_state");
    let all = world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!((all.amount, all.order_refunded.as_str()), (amount(990), "full"));
    assert_eq!(world.status("ana", uses[0]), CouponStatus::Valid);
    world.check_replay();
}

#[test]
fn a_coupon_that_no_longer_applies_comes_off_and_one_used_by_code_is_gone() {
    let mut world = World::new();
    let over = json!({"minimum_spend": {"amount": 2000}, "claims": {"channels": ["web", "code"]}});
    let campaign = world.campaign(&over);
    world.shared_code(campaign, "BIG", Some(1));
    let goods = cart("l1:a:1500*1 l2:b:1500*1");
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o1", &goods, &[Use::Coupon(coupon)]).unwrap();
    world.place("ana", "o2", &goods, &[Use::Code("BIG")]).unwrap();
    let made = world.on("ana", "o2")[0];
    for order in ["o1", "o2"] {
        world.cancel("ana", order, Some("a")).unwrap();
        assert_eq!(discount(&world, order), 0);
        assert_eq!(world.order("ana", order).coupons[0].state, OrderCouponState::Released);
        assert_eq!(status(&world, order), OrderStatus::Placed);
    }
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    assert!(world.coupon("ana", made).is_none());
    assert_eq!((world.figures(campaign).as_str(), world.code_uses("BIG")), ("1 0 0 0 0 0", 0));
    // The last seller's cancellation is the order's.
    world.cancel("ana", "o1", Some("b")).unwrap();
    assert_eq!(world.order("ana", "o1").stage, OrderStage::Cancelled);
    world.pay("ana", "o2").unwrap();
    let refund = world.refund("ana", "o2", "r", RefundOf::All).unwrap();
    assert_eq!((refund.amount, refund.coupons.len()), (amount(1500), 0));
}

#[test]
fn a_code_used_directly_keeps_its_label_when_it_is_judged_again() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    world.shared_code(campaign, "SAVE10", None);
    world.place("ana", "o", &cart("l1:a:1500*1 l2:b:1500*1"), &[Use::Code("save-10")]).unwrap();
    let label = |world: &World| world.order("ana", "o").coupons[0].applied.code.clone();
    assert_eq!(label(&world).as_deref(), Some("SAVE10"));
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!(label(&world).as_deref(), Some("SAVE10"));
    assert_eq!(discount(&world, "o"), 500);
}

#[test]
fn a_coupon_whose_every_discounted_transaction_is_cancelled_returns() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"scope": {"products": ["p-l1", "p-l2"]}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:900*1 l2:b:900*1 l3:c:900*1"), &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "o", Some("a")).unwrap();
    assert_eq!((world.status("ana", coupon), discount(&world, "o")), (CouponStatus::Inactive, 500));
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!((world.status("ana", coupon), discount(&world, "o")), (CouponStatus::Valid, 0));
    world.place("ana", "o2", &cart("l1:a:900*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
}

#[test]
fn cancelling_after_payment_is_a_full_refund() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1500*2 l2:b:1500*1 +a:300"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.cancel("ana", "o", None).unwrap();
    let order = world.order("ana", "o");
    assert_eq!((order.status(world.now), order.refunded().as_str()), (OrderStatus::Cancelled, "full"));
    assert_eq!(order.refunds[0].amount, order.figures().total);
    assert!(order.refunds[0].id.as_str().starts_with("rfd_"));
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    assert_eq!(world.figures(campaign), "1 0 0 1 0 0");
    let events = world.journal.len();
    world.cancel("ana", "o", None).unwrap();
    world.cancel("ana", "o", Some("a")).unwrap();
    assert_eq!(world.journal.len(), events);
    assert_eq!(refused(world.refund("ana", "o", "r", RefundOf::All)), "units_already_refunded");
    assert_eq!(refused(world.close("ana", "o", None)), "order_state");
    world.pay("ana", "o").unwrap();
}

#[test]
fn cancelling_one_seller_after_payment_is_a_partial_refund_and_the_other_shares_stand() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1500*1 l2:b:1000*1 +a:300"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.cancel("ana", "o", Some("a")).unwrap();
    assert_eq!(transactions(&world, "o"), [TransactionState::Cancelled, TransactionState::Open]);
    let refund = world.order("ana", "o").refunds[0].clone();
    assert_eq!((refund.amount, refund.order_refunded.as_str()), (amount(1500 - 300 + 300), "partial"));
    assert_eq!(world.order("ana", "o").discount_of_line(1), amount(200));
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    assert_eq!(world.figures(campaign), "1 1 0 0 0 200");
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!((world.status("ana", coupon), status(&world, "o")), (CouponStatus::Valid, OrderStatus::Cancelled));
}

#[test]
fn closing_goes_seller_by_seller_and_again_is_harmless() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:1500*1 l2:b:1000*1 l3:c:100*1"), &[]).unwrap();
    assert_eq!(refused(world.close("ana", "o", None)), "order_state");
    assert_eq!(refused(world.close("ana", "o", Some("z"))), "not_in_order");
    assert_eq!(refused(world.cancel("ana", "o", Some("z"))), "not_in_order");
    world.pay("ana", "o").unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", Some("b")).unwrap();
    world.close("ana", "o", Some("b")).unwrap();
    assert_eq!(refused(world.cancel("ana", "o", Some("b"))), "order_state");
    use TransactionState::{Closed, Open, Refunded};
    assert_eq!(transactions(&world, "o"), [Open, Closed, Open]);
    world.refund("ana", "o", "r", super::world::parts("l1*1")).unwrap();
    assert_eq!(refused(world.close("ana", "o", Some("a"))), "order_state");
    world.close("ana", "o", None).unwrap();
    assert_eq!(transactions(&world, "o"), [Refunded, Closed, Closed]);
    let events = world.journal.len();
    world.close("ana", "o", None).unwrap();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.journal.len(), events);
    assert_eq!(refused(world.cancel("ana", "o", None)), "order_state");
    // A closed order stays closed when it is refunded.
    world.refund("ana", "o", "r2", RefundOf::All).unwrap();
    assert_eq!((status(&world, "o"), world.order("ana", "o").refunded().as_str()), (OrderStatus::Closed, "full"));
}

#[test]
fn an_order_that_does_not_exist_is_not_found() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:1500*1"), &[]).unwrap();
    for who in ["ana", "bob"] {
        let order = if who == "ana" { "none" } else { "o" };
        assert_eq!(refused(world.pay(who, order)), "not_found");
        assert_eq!(refused(world.close(who, order, None)), "not_found");
        assert_eq!(refused(world.cancel(who, order, None)), "not_found");
        assert_eq!(refused(world.extend(who, order, 10)), "not_found");
        assert_eq!(refused(world.refund(who, order, "r", RefundOf::All)), "not_found");
    }
}

#[test]
fn an_order_of_total_zero_is_paid_too() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"benefit": {"type": "amount_off", "amount": 5000}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1500*1"), &[Use::Coupon(coupon)]).unwrap();
    assert_eq!(world.order("ana", "o").figures().total, Amount::ZERO);
    world.pay("ana", "o").unwrap();
    // S9: the surplus face value is lost and booked as such.
    assert_eq!(world.order("ana", "o").coupons[0].applied.surplus, amount(3500));
    world.close("ana", "o", None).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
}

#[test]
fn two_coupons_of_one_order_and_an_untouched_campaign_keep_their_own_counts() {
    let mut world = World::new();
    let grouped = |group: &str| json!({"stacking": {"group": group}, "benefit": {"type": "amount_off", "amount": 100}});
    let (first, second) = (world.campaign(&grouped("x")), world.campaign(&grouped("y")));
    let idle = world.create(terms(&json!({}))).unwrap();
    let uses = [first, second].map(|campaign| world.claim("ana", campaign).unwrap());
    world.place("ana", "o", &cart("l1:a:150*1"), &uses.map(Use::Coupon)).unwrap();
    assert_eq!(discount(&world, "o"), 150);
    assert_eq!(world.figures(first), "1 1 0 0 100 0");
    assert_eq!(world.figures(second), "1 1 0 0 50 0");
    assert_eq!(world.counters(idle), Counters::default());
}

#[test]
fn orders_of_two_accounts_fall_due_in_the_same_second() {
    let mut world = World::new();
    for n in 0..40 {
        world.place(&format!("account-{n}"), "o", &cart("l1:a:1500*1"), &[]).unwrap();
        world.place(&format!("account-{n}"), "o2", &cart("l1:a:1500*1"), &[]).unwrap();
    }
    world.later(31);
    world.sweep();
    let ended = |order: &OrderId, n: u32| {
        let account = account(&format!("account-{n}"));
        world.state().order(&account, order).unwrap().stage == OrderStage::TimedOut
    };
    assert!((0..40).all(|n| ended(&order_id("o"), n) && ended(&order_id("o2"), n)));
    assert_eq!(world.now, at("2026-06-01T00:31:00Z"));
}

/// Of named coupons that exclude each other the one that saves more alone goes first, whatever the order in which they are named.
#[test]
fn of_coupons_that_exclude_each_other_the_smaller_saving_is_refused() {
    let mut world = World::new();
    let mut coupon = |amount: i64| {
        let campaign = world.campaign(&json!({"benefit": {"type": "amount_off", "amount": amount}}));
        world.claim("ana", campaign).unwrap()
    };
    let (small, large) = (coupon(300), coupon(500));
    for (named, refused_at) in [([small, large], "/use/0"), ([large, small], "/use/1")] {
        let refusal = world.place("ana", "o", &cart("l1:a:1000*1"), &named.map(Use::Coupon)).unwrap_err();
        assert_eq!(refusal.errors.len(), 1);
        assert_eq!(refusal.errors[0].pointer.as_deref(), Some(refused_at));
        assert_eq!(refusal.first(), &Reason::StackingGroupTaken { coupon: UsedBy::Coupon(large) });
    }
}

#[test]
fn a_sweep_leaves_the_wallets_alone_whose_orders_were_paid() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.place("ben", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.pay("ana", "o").unwrap();
    world.later(31);
    for key in world.keys(Kind::Due) {
        let Key::Due(bucket, second, chunk) = key else { unreachable!() };
        let command = scrip_core::command::Command::from(SweepDue { bucket, second, chunk });
        let keys = command.needs(world.state(), world.now);
        for (name, is_due) in [("ana", false), ("ben", true)] {
            let account = super::build::account(name);
            let here = keys.contains(&Key::Order(account.clone(), super::build::order_id("o")));
            assert_eq!(keys.contains(&Key::Wallet(account)), here && is_due, "{name}");
        }
    }
}
