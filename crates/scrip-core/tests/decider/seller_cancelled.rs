//! One seller cancelled before payment: what comes off goes first, none takes off more than before, and the figures hold.

use scrip_core::{
    money::Amount,
    order::{OrderCouponState, OrderStage, TransactionState},
    status::{CouponStatus, OrderStatus},
};
use serde_json::{Value, json};

use super::{
    build::{Random, amount, by_seller, cart},
    random,
    world::{Use, World, parts, refused},
};

/// `subtotal+shipping-discount=total` of each seller, then of the order.
fn figures(world: &World, order: &str) -> String {
    let figures = world.order("ana", order).figures();
    let show = |subtotal: Amount, shipping: Amount, discount: Amount, total: Amount| {
        format!("{subtotal}+{shipping}-{discount}={total}")
    };
    let sellers = figures.sellers.iter().map(|of| show(of.subtotal, of.shipping, of.discount, of.total));
    let own = show(figures.subtotal, figures.shipping, figures.discount, figures.total);
    sellers.chain([own]).collect::<Vec<_>>().join(" ")
}

/// Each line's `subtotal-discount`.
fn lines(world: &World, order: &str) -> String {
    let figures = world.order("ana", order).figures();
    figures.lines.iter().map(|line| format!("{}-{}", line.subtotal, line.discount)).collect::<Vec<_>>().join(" ")
}

fn off(benefit: i64, patch: &Value) -> Value {
    let mut terms = patch.clone();
    terms["benefit"] = json!({"type": "amount_off", "amount": benefit});
    terms
}

#[test]
fn what_comes_off_goes_before_the_seller_does() {
    let mut world = World::new();
    let a = world.campaign(&off(1000, &json!({"minimum_spend": {"amount": 5000}, "stacking": {"group": "a"}})));
    let b = world.campaign(&off(500, &json!({"stacking": {"group": "b"}})));
    let uses = [a, b].map(|campaign| world.claim("ana", campaign).unwrap());
    world.place("ana", "o", &cart("l1:s1:4600*1 l2:s2:600*1"), &uses.map(Use::Coupon)).unwrap();
    assert_eq!(lines(&world, "o"), "4600-1327 600-173");
    // Beside the 1.15 of A, B's 5.00 would be more than the 6.00 that are left.
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!(figures(&world, "o"), "0+0-0=0 600+0-500=100 600+0-500=100");
    assert_eq!(uses.map(|coupon| world.status("ana", coupon)), [CouponStatus::Valid, CouponStatus::Inactive]);
    assert_eq!((world.figures(a).as_str(), world.figures(b).as_str()), ("1 0 0 0 0 0", "1 1 0 0 500 0"));
    world.pay("ana", "o").unwrap();
    assert_eq!(world.refund("ana", "o", "r", parts("l2*1")).unwrap().amount, amount(100));
    world.check_replay();
}

#[test]
fn none_takes_off_more_than_it_did_before_so_a_budget_is_never_exceeded() {
    let mut world = World::new();
    let a = world.campaign(&off(1000, &json!({"minimum_spend": {"amount": 4500}, "stacking": {"group": "a"}})));
    let b = world.campaign(&off(
        1000,
        &json!({"scope": {"products": ["p-l2"]}, "stacking": {"group": "b"}, "limits": {"per_individual": null, "budget": 800}}),
    ));
    let uses = [a, b].map(|campaign| world.claim("ana", campaign).unwrap());
    world.place("ana", "o", &cart("l1:s1:4000*1 l2:s2:1000*1"), &uses.map(Use::Coupon)).unwrap();
    assert_eq!((lines(&world, "o").as_str(), world.figures(b).as_str()), ("4000-800 1000-1000", "1 1 0 0 800 0"));
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!((lines(&world, "o").as_str(), world.figures(b).as_str()), ("0-0 1000-800", "1 1 0 0 800 0"));
    // What its face was worth beyond that is lost.
    assert_eq!(world.order("ana", "o").applied().next().unwrap().surplus, amount(200));
    world.pay("ana", "o").unwrap();
    assert_eq!(world.figures(b), "1 1 0 0 0 800");
    world.check_replay();
}

#[test]
fn a_seller_that_is_gone_keeps_its_place_with_amounts_0() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:s1:3000*1 l2:s2:2000*1 +s1:100 +s2:200"), &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "o", Some("s2")).unwrap();
    let left = "3000+100-500=2600 0+0-0=0 3000+100-500=2600";
    assert_eq!((figures(&world, "o").as_str(), lines(&world, "o").as_str()), (left, "3000-500 0-0"));
    assert_eq!(world.order("ana", "o").cart.lines().len(), 2, "the cart stays as it was sent");
    world.pay("ana", "o").unwrap();
    assert_eq!(figures(&world, "o"), left);
    // What is refunded after payment stays in the figures.
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!(figures(&world, "o"), left);
    assert_eq!(world.order("ana", "o").status(world.now), OrderStatus::Cancelled);
    world.check_replay();
}

#[test]
fn an_order_cancelled_whole_keeps_the_figures_that_it_had() {
    for last in [None, Some("s1")] {
        let mut world = World::new();
        let campaign = world.campaign(&json!({}));
        world.shared_code(campaign, "SAVE5", None);
        world.place("ana", "o", &cart("l1:s1:3000*1 l2:s2:2000*1 +s1:100"), &[Use::Code("SAVE5")]).unwrap();
        world.cancel("ana", "o", Some("s2")).unwrap();
        let left = figures(&world, "o");
        assert_eq!(left, "3000+100-500=2600 0+0-0=0 3000+100-500=2600");
        // Cancelling the last seller is cancelling the order.
        world.cancel("ana", "o", last).unwrap();
        let order = world.order("ana", "o");
        assert_eq!((order.stage, figures(&world, "o")), (OrderStage::Cancelled, left.clone()));
        assert_eq!(order.coupons[0].state, OrderCouponState::Lapsed);
        assert_eq!(world.figures(campaign), "0 0 0 0 0 0");
        let events = world.journal.len();
        for again in [None, Some("s1"), Some("s2")] {
            world.cancel("ana", "o", again).unwrap();
        }
        assert_eq!((world.journal.len(), figures(&world, "o")), (events, left));
        world.check_replay();
    }
}

#[test]
fn a_seller_of_an_order_that_timed_out_ends_alone() {
    let mut world = World::new();
    let over = world.campaign(&off(1000, &json!({"minimum_spend": {"amount": 4500}, "stacking": {"group": "a"}})));
    let tenth = world.campaign(&json!({"benefit": {"type": "percent_off", "percent_bp": 1000}}));
    let uses = [over, tenth].map(|campaign| world.claim("ana", campaign).unwrap());
    let goods = cart("l1:s1:4000*1 l2:s2:1000*1 l3:s3:500*1");
    world.place("ana", "o", &goods, &uses.map(Use::Coupon)).unwrap();
    world.later(31);
    world.sweep();
    // Judged anew whether or not they are free: one is on another order by now.
    world.place("ana", "p", &goods, &[Use::Coupon(uses[0])]).unwrap();
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!(lines(&world, "o"), "0-0 1000-100 500-50");
    assert_eq!(world.status("ana", uses[0]), CouponStatus::Inactive, "of the other order");
    let order = world.order("ana", "o");
    assert_eq!((order.stage, order.status(world.now)), (OrderStage::TimedOut, OrderStatus::Cancelled));
    let states: Vec<_> = (0..3).map(|place| order.transaction_state(place, world.now)).collect();
    assert_eq!(states, [TransactionState::Cancelled; 3]);
    let events = world.journal.len();
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!(world.journal.len(), events, "asked again");
    // What no longer applies isn't asked for by a late payment either.
    world.pay("ana", "o").unwrap();
    assert_eq!(figures(&world, "o"), "0+0-0=0 1000+0-100=900 500+0-50=450 1500+0-150=1350");
    assert_eq!((world.figures(over).as_str(), world.figures(tenth).as_str()), ("1 1 0 0 1000 0", "1 1 0 0 0 150"));
    assert_eq!(world.refund("ana", "o", "r", scrip_core::command::RefundOf::All).unwrap().amount, amount(1350));
    world.check_replay();
}

#[test]
fn the_last_seller_of_an_order_that_timed_out_ends_the_late_payment() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:s1:4000*1 l2:s2:1000*1"), &[]).unwrap();
    world.later(31);
    world.cancel("ana", "o", Some("s2")).unwrap();
    assert_eq!(world.order("ana", "o").stage, OrderStage::TimedOut);
    world.cancel("ana", "o", Some("s1")).unwrap();
    assert_eq!((world.order("ana", "o").stage, refused(world.pay("ana", "o"))), (OrderStage::Cancelled, "order_state"));
    assert_eq!(figures(&world, "o"), "4000+0-0=4000 0+0-0=0 4000+0-0=4000");
}

#[test]
fn a_repeated_cancel_changes_nothing_and_is_no_refusal() {
    let mut world = World::new();
    let goods = cart("l1:s1:4000*1 l2:s2:1000*1 l3:s3:500*1");
    world.place("ana", "o", &goods, &[]).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", Some("s1")).unwrap();
    world.cancel("ana", "o", None).unwrap();
    let events = world.journal.len();
    world.cancel("ana", "o", None).unwrap();
    world.cancel("ana", "o", Some("s2")).unwrap();
    assert_eq!(world.journal.len(), events);
    assert_eq!(refused(world.cancel("ana", "o", Some("s1"))), "order_state", "what is closed was never cancelled");
    // Gone before payment is no cancellation of what was paid.
    world.place("ana", "p", &goods, &[]).unwrap();
    world.cancel("ana", "p", Some("s2")).unwrap();
    world.pay("ana", "p").unwrap();
    world.close("ana", "p", None).unwrap();
    assert_eq!(refused(world.cancel("ana", "p", None)), "order_state");
    world.cancel("ana", "p", Some("s2")).unwrap();
}

/// Groups, minimums and budgets that meet, and sellers that go: every event is checked by the world.
#[test]
fn figures_hold_after_every_event_of_random_orders_whose_sellers_go() {
    for seed in 0..u64::from(random::cases(300)) {
        let mut random = Random(seed);
        let mut world = World::new();
        let mut uses = Vec::new();
        for n in 0..2 + random.below(4) {
            let benefit = match random.below(4) {
                0 => json!({"type": "percent_off", "percent_bp": 1 + random.below(10_000)}),
                1 => json!({"type": "free_shipping"}),
                _ => json!({"type": "amount_off", "amount": 1 + random.below(2_500)}),
            };
            let issuer = if random.one_in(3) {
                by_seller(["s1", "s2", "s3"][random.below(3)])
            } else {
                json!({"type": "platform"})
            };
            let products = if random.one_in(2) { vec![format!("p-l{}", 1 + random.below(4))] } else { Vec::new() };
            let budget = if random.one_in(2) { json!(600 + random.below(2_000)) } else { json!("unlimited") };
            let minimum = if random.one_in(2) { random.below(6_000) } else { 0 };
            let campaign = world.campaign(&json!({
                "benefit": benefit, "issuer": issuer, "scope": {"products": products},
                "minimum_spend": {"amount": minimum}, "stacking": {"group": format!("g{n}")},
                "limits": {"per_individual": null, "budget": budget},
            }));
            uses.push(world.claim("ana", campaign).unwrap());
        }
        let price = |random: &mut Random| 1 + random.below(3_000);
        let (a, b, c, d) = (price(&mut random), price(&mut random), price(&mut random), price(&mut random));
        let goods = cart(&format!("l1:s1:{a}*1 l2:s2:{b}*2 l3:s3:{c}*3 l4:s2:{d}*1 +s1:300 +s2:{b} +s3:1"));
        // Those that don't apply are left out, one after the other.
        while let Err(refusal) =
            world.place("ana", "o", &goods, &uses.iter().map(|id| Use::Coupon(*id)).collect::<Vec<_>>())
        {
            let pointer = refusal.errors[0].pointer.as_deref().expect("names the coupon");
            uses.remove(pointer.trim_start_matches("/use/").parse().expect("its place"));
        }
        let late = random.one_in(3);
        if late {
            world.later(31);
        }
        let mut sellers = ["s1", "s2", "s3"];
        random.shuffle(&mut sellers);
        for seller in &sellers[..1 + random.below(2)] {
            world.cancel("ana", "o", Some(seller)).unwrap();
        }
        if random.one_in(2) {
            world.pay("ana", "o").unwrap();
            world.refund("ana", "o", "r", scrip_core::command::RefundOf::All).unwrap();
        } else {
            world.cancel("ana", "o", None).unwrap();
        }
        world.check_replay();
    }
}
