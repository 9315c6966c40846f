//! The refund matrix (S18, S19): what becomes of a coupon, by its column and by what happens to its order.

use scrip_core::{
    command::RefundOf,
    id::{CampaignId, CouponId},
    order::{CouponOutcome, Order, RefundedOrder, TransactionState},
    status::CouponStatus,
};
use serde_json::{Value, json};

use super::{
    build::{Random, amount, by_seller, cart, line_id, seller},
    world::{Use, World, parts, refund, refused},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Issuer {
    Platform,
    Seller,
}

/// How the account came to the coupon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    Collected,
    Activated,
    UsedDirectly,
}

/// How a coupon's order is refunded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    AtOnce,
    BySeller,
    ByUnit,
    /// Several units at a time, with amount refunds and shipping in between.
    Mixed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closing {
    Before,
    After,
    Between,
}

struct Column {
    issuer: Issuer,
    came: Came,
    /// `None`: the issuer's default. `Some(true)`: `full_refund: return`.
    policy: Option<bool>,
    returns_on_full_refund: bool,
}

/// The matrix. Cancelled or timed out before payment every coupon comes back (a code used directly: its use, and the
/// coupon is gone); a partial refund returns none.
const COLUMNS: &[Column] = &[
    column(Issuer::Platform, Came::Collected, None, true),
    column(Issuer::Platform, Came::Activated, None, true),
    column(Issuer::Platform, Came::UsedDirectly, None, false),
    column(Issuer::Seller, Came::Collected, None, false),
    column(Issuer::Seller, Came::Activated, None, false),
    column(Issuer::Seller, Came::UsedDirectly, None, false),
    column(Issuer::Platform, Came::Collected, Some(false), false),
    column(Issuer::Platform, Came::Activated, Some(false), false),
    column(Issuer::Platform, Came::UsedDirectly, Some(true), false),
    column(Issuer::Seller, Came::Collected, Some(true), true),
    column(Issuer::Seller, Came::Activated, Some(true), true),
    column(Issuer::Seller, Came::UsedDirectly, Some(true), false),
];

const fn column(issuer: Issuer, came: Came, policy: Option<bool>, returns_on_full_refund: bool) -> Column {
    Column { issuer, came, policy, returns_on_full_refund }
}

const CART: &str = "l1:a:1000*3 l2:b:700*2 l3:a:333*1 l4:c:50*1 +a:300 +b:200";

struct Placed {
    world: World,
    campaign: CampaignId,
    coupon: CouponId,
}

impl Column {
    fn terms(&self) -> Value {
        let issuer = match self.issuer {
            Issuer::Platform => json!({"type": "platform"}),
            Issuer::Seller => by_seller("a"),
        };
        let policy = self.policy.map(|back| json!({"full_refund": if back { "return" } else { "keep" }}));
        json!({
            "issuer": issuer, "refund_policy": policy, "limits": {"stock": 1, "per_individual": 1, "budget": 500},
            "validity": {"type": "after_claim", "days": 2}, "claims": {"channels": ["web", "code"]},
        })
    }

    fn placed(&self) -> Placed {
        let mut world = World::new();
        let campaign = world.campaign(&self.terms());
        world.shared_code(campaign, "SAVE10", Some(1));
        let goods = cart(CART);
        let coupon = match self.came {
            Came::Collected => world.claim("ana", campaign).unwrap(),
            Came::Activated => world.activate("ana", "SAVE10").unwrap(),
            Came::UsedDirectly => {
                world.place("ana", "o", &goods, &[Use::Code("SAVE10")]).unwrap();
                world.on("ana", "o")[0]
            }
        };
        if self.came != Came::UsedDirectly {
            world.place("ana", "o", &goods, &[Use::Coupon(coupon)]).unwrap();
        }
        assert_eq!(world.order("ana", "o").figures().discount, amount(500));
        assert_eq!(world.figures(campaign), "1 1 0 0 500 0");
        Placed { world, campaign, coupon }
    }

    fn code_uses(&self) -> u32 {
        u32::from(self.came != Came::Collected)
    }
}

#[test]
fn s18_s19_before_payment_every_coupon_comes_back() {
    for column in COLUMNS {
        for how in ["cancelled", "seller by seller", "timed out", "timed out, swept"] {
            let Placed { mut world, campaign, coupon } = column.placed();
            match how {
                "cancelled" => drop(world.cancel("ana", "o", None).unwrap()),
                "seller by seller" => {
                    for name in ["c", "a", "b"] {
                        world.cancel("ana", "o", Some(name)).unwrap();
                    }
                }
                "timed out" => {
                    world.later(30);
                    assert_eq!(refused(world.extend("ana", "o", 30)), "order_state");
                }
                _ => {
                    world.later(31);
                    world.sweep();
                }
            }
            if column.came == Came::UsedDirectly {
                assert!(world.coupon("ana", coupon).is_none());
                assert_eq!((world.figures(campaign).as_str(), world.code_uses("SAVE10")), ("0 0 0 0 0 0", 0));
                world.place("bob", "o", &cart(CART), &[Use::Code("SAVE10")]).unwrap();
            } else {
                assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
                assert_eq!(world.figures(campaign), "1 0 0 0 0 0");
                // The use of a code that was activated is never given back.
                assert_eq!(world.code_uses("SAVE10"), column.code_uses());
                world.place("ana", "again", &cart(CART), &[Use::Coupon(coupon)]).unwrap();
            }
            world.check_replay();
        }
    }
}

/// Refunds that together give back every unit.
fn refunds(way: Way, random: &mut Random) -> Vec<RefundOf> {
    let mut units: Vec<&str> = vec!["l1", "l1", "l1", "l2", "l2", "l3", "l4"];
    random.shuffle(&mut units);
    match way {
        Way::AtOnce if random.one_in(2) => vec![RefundOf::All],
        Way::AtOnce => vec![parts("l1*3 l2*2 l3*1 l4*1")],
        Way::BySeller => {
            let mut sellers = vec!["a", "b", "c"];
            random.shuffle(&mut sellers);
            sellers.into_iter().map(|name| RefundOf::Seller(seller(name))).collect()
        }
        Way::ByUnit => units.iter().map(|line| parts(&format!("{line}*1"))).collect(),
        Way::Mixed => {
            let mut list = Vec::new();
            let mut shipping = vec!["+a:100", "+b:200", "+a:200"];
            let mut left = &units[..];
            while !left.is_empty() {
                let (group, rest) = left.split_at(1 + random.below(left.len()));
                let mut text = String::new();
                for line in ["l1", "l2", "l3", "l4"] {
                    let count = group.iter().filter(|unit| **unit == line).count();
                    if count > 0 {
                        text.push_str(&format!("{line}*{count} "));
                    } else if rest.contains(&line) && random.one_in(2) {
                        text.push_str(&format!("={line}:{} ", 1 + random.below(4)));
                    }
                }
                if random.one_in(2) {
                    text.push_str(shipping.pop().unwrap_or_default());
                }
                list.push(parts(&text));
                left = rest;
            }
            list
        }
    }
}

/// Refunds once, and checks that a preview says the same before and a repetition does nothing after.
fn give_back(world: &mut World, id: &str, of: &RefundOf) -> scrip_core::order::Refund {
    let preview = world.preview(refund("ana", "o", id, of.clone())).unwrap();
    let before = world.journal.len();
    let refund = world.refund("ana", "o", id, of.clone()).unwrap();
    let events: Vec<_> = world.journal[before..].iter().map(|recorded| recorded.event.clone()).collect();
    assert_eq!(preview.events, events, "a preview says what happens");
    world.refund("ana", "o", id, of.clone()).unwrap();
    assert_eq!(world.journal.len(), before + events.len());
    refund
}

fn discounted_and_open(order: &Order) -> bool {
    let coupon = &order.coupons[0];
    order.transactions.iter().any(|t| t.state == TransactionState::Open && coupon.discounts(order, &t.seller))
}

#[test]
fn s18_s19_the_matrix_after_payment() {
    let mut random = Random(18);
    for column in COLUMNS {
        for way in [Way::AtOnce, Way::BySeller, Way::ByUnit, Way::Mixed] {
            for closing in [Closing::Before, Closing::After, Closing::Between] {
                for (full, expired) in [(true, false), (true, true), (false, false)] {
                    for _ in 0..if way == Way::AtOnce { 2 } else { 4 } {
                        one_cell(column, way, closing, full, expired, &mut random);
                    }
                }
            }
        }
    }
}

fn one_cell(column: &Column, way: Way, closing: Closing, full: bool, expired: bool, random: &mut Random) {
    let Placed { mut world, campaign, coupon } = column.placed();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.figures(campaign), "1 1 0 0 0 500");
    if closing == Closing::Before {
        world.close("ana", "o", None).unwrap();
        assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    }
    if expired {
        world.later(60 * 24 * 3);
    }
    let mut list = refunds(way, random);
    if !full {
        list.pop();
        if list.is_empty() {
            list.push(parts("l1*2 l2*2 l3*1 l4*1"));
        }
    }
    let last = list.len() - 1;
    for (place, of) in list.iter().enumerate() {
        if closing == Closing::Between && random.one_in(2) {
            let name = *random.pick(&["a", "b", "c"]).unwrap();
            let _ = world.close("ana", "o", Some(name));
        }
        let refund = give_back(&mut world, &format!("r{place}"), of);
        let complete = full && place == last;
        assert_eq!(refund.order_refunded, if complete { RefundedOrder::Full } else { RefundedOrder::Partial });
        let [of_coupon] = refund.coupons[..] else { panic!("one coupon, one outcome") };
        assert_eq!(of_coupon.coupon, coupon);
        let expected = match (complete && column.returns_on_full_refund, expired) {
            (true, false) => (CouponOutcome::Returned, CouponStatus::Valid),
            (true, true) => (CouponOutcome::Expired, CouponStatus::Expired),
            (false, _) if discounted_and_open(&world.order("ana", "o")) => {
                (CouponOutcome::Kept, CouponStatus::Inactive)
            }
            (false, _) => (CouponOutcome::Kept, CouponStatus::Used),
        };
        assert_eq!(
            (of_coupon.outcome, of_coupon.status.into()),
            expected,
            "{:?} {:?} {way:?} {closing:?}",
            column.issuer,
            column.came
        );
        assert_eq!(world.status("ana", coupon), expected.1);
    }
    let _ = world.close("ana", "o", None);
    let order = world.order("ana", "o");
    let left: i64 = (0..4)
        .map(|line| {
            order
                .applied()
                .filter_map(|applied| applied.share_of_line(line))
                .map(|share| share.units.sum(order.lines[line].units, 99).minor())
                .sum::<i64>()
        })
        .sum();
    let returned = full && column.returns_on_full_refund;
    let status = match (returned, expired) {
        (true, false) => CouponStatus::Valid,
        (true, true) => CouponStatus::Expired,
        (false, _) => CouponStatus::Used,
    };
    assert_eq!(world.status("ana", coupon), status);
    let figures = if returned { "1 0 0 1 0 0".to_owned() } else { format!("1 0 1 0 0 {left}") };
    assert_eq!(world.figures(campaign), figures);
    assert_eq!(world.code_uses("SAVE10"), column.code_uses());
    if full {
        assert_eq!(left, 0);
        // At most once for a given order, also when the coupon is on another by now.
        if status == CouponStatus::Valid {
            world.place("ana", "next", &cart("l9:a:5000*1"), &[Use::Coupon(coupon)]).unwrap();
        }
        match world.refund("ana", "o", "rest", RefundOf::All) {
            Ok(refund) => assert!(refund.goods == amount(0) && refund.coupons.is_empty() == returned),
            Err(refusal) => assert_eq!(refusal.first().code(), "units_already_refunded"),
        }
        assert_eq!(world.counters(campaign).returned, u32::from(returned));
        let now = if status == CouponStatus::Valid { CouponStatus::Inactive } else { status };
        assert_eq!(world.status("ana", coupon), now);
    }
    world.check_replay();
}

#[test]
fn s18_two_sellers_parts_refunded_at_the_same_moment_return_the_coupon_exactly_once() {
    for turned in [false, true] {
        let Placed { mut world, campaign, coupon } = COLUMNS[0].placed();
        world.pay("ana", "o").unwrap();
        world.refund("ana", "o", "c", RefundOf::Seller(seller("c"))).unwrap();
        let mut names = ["a", "b"];
        if turned {
            names.reverse();
        }
        for name in names {
            let mut command = refund("ana", "o", name, RefundOf::Seller(seller(name)));
            command.as_seller = Some(seller(name));
            world.run(command).unwrap();
        }
        assert_eq!(world.figures(campaign), "1 0 0 1 0 0");
        assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    }
}

#[test]
fn s18_an_order_paid_to_zero_is_judged_by_its_units() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"benefit": {"type": "amount_off", "amount": 9000}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*2 l2:b:0*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    let first = world.refund("ana", "o", "r1", parts("l1*2")).unwrap();
    assert_eq!((first.amount, first.order_refunded.as_str()), (amount(0), "partial"));
    // Everything it discounts has been refunded, but a unit of price 0 hasn't.
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    let second = world.refund("ana", "o", "r2", parts("l2*1")).unwrap();
    assert_eq!((second.amount, second.order_refunded.as_str()), (amount(0), "full"));
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    assert_eq!(world.figures(campaign), "1 0 0 1 0 0");
}

#[test]
fn s18_amounts_alone_never_make_a_refund_full() {
    let Placed { mut world, coupon, .. } = COLUMNS[0].placed();
    world.pay("ana", "o").unwrap();
    let paid = |world: &World, line: usize| world.order("ana", "o").paid_for_line(line);
    let all: String = (0..4).map(|line| format!("=l{}:{} ", line + 1, paid(&world, line))).collect();
    let refund = world.refund("ana", "o", "r", parts(&format!("{all} +a:300 +b:200"))).unwrap();
    assert_eq!(refund.amount, world.order("ana", "o").figures().total);
    assert_eq!((refund.order_refunded.as_str(), refund.funding.len()), ("partial", 0));
    assert_eq!(world.status("ana", coupon), CouponStatus::Inactive);
    world.close("ana", "o", None).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Used);
    // The goods come back later, with nothing left to pay for them: full now, by its units.
    let refund = world.refund("ana", "o", "r2", RefundOf::All).unwrap();
    assert_eq!((refund.amount, refund.order_refunded.as_str()), (amount(0), "full"));
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
}

/// A shipping coupon on two sellers' shipping; what is refunded in which order, and after which step it comes back.
#[test]
fn s18_a_shipping_coupon_comes_back_only_when_its_shipping_was_refunded_too() {
    let steps: &[(&[&str], usize)] = &[
        (&["l1*2 l2*1", "+a:200", "+b:100"], 2),
        (&["+a:200 +b:100", "l1*2", "l2*1"], 2),
        (&["+a:200", "l1*2 l2*1", "+b:50", "+b:50"], 3),
        (&["l1*1", "+b:100", "+a:150", "l1*1 l2*1", "+a:50"], 4),
        (&["l1*2 l2*1 +a:200 +b:100"], 0),
        (&["all"], 0),
        (&["seller a", "seller b"], 1),
        (&["l1*2 l2*1", "all"], 1),
        (&["+a:200 +b:100", "all"], 1),
        (&["l1*2 l2*1", "seller b", "seller a"], 2),
    ];
    for (list, back_after) in steps {
        for closed in [false, true] {
            let mut world = World::new();
            let shipping = json!({"benefit": {"type": "free_shipping", "cap": 200}});
            let campaign = world.campaign(&shipping);
            let goods_campaign = world.campaign(&json!({}));
            let coupon = world.claim("ana", campaign).unwrap();
            let on_goods = world.claim("ana", goods_campaign).unwrap();
            let goods = cart("l1:a:1000*2 l2:b:700*1 +a:333 +b:167");
            world.place("ana", "o", &goods, &[Use::Coupon(coupon), Use::Coupon(on_goods)]).unwrap();
            world.pay("ana", "o").unwrap();
            let order = world.order("ana", "o");
            assert_eq!(
                [order.paid_for_shipping(&seller("a")), order.paid_for_shipping(&seller("b"))],
                [amount(200), amount(100)]
            );
            if closed {
                world.close("ana", "o", None).unwrap();
            }
            for (place, step) in list.iter().enumerate() {
                let of = match step.split_once(' ') {
                    _ if *step == "all" => RefundOf::All,
                    Some(("seller", name)) => RefundOf::Seller(seller(name)),
                    _ => parts(step),
                };
                let units_before = world.order("ana", "o").refunded() == RefundedOrder::Full;
                let refund = give_back(&mut world, &format!("r{place}"), &of);
                let now_full = world.order("ana", "o").refunded() == RefundedOrder::Full;
                assert_eq!(refund.order_refunded == RefundedOrder::Full, now_full, "full speaks of units only");
                let outcome = refund.coupons.iter().find(|entry| entry.coupon == coupon).map(|entry| entry.outcome);
                let returned = place == *back_after;
                assert_eq!(outcome == Some(CouponOutcome::Returned), returned, "{list:?} at {step}");
                // The coupon on goods waits for units alone, and came back when they were complete.
                let outcome = refund.coupons.iter().find(|entry| entry.coupon == on_goods).map(|entry| entry.outcome);
                assert_eq!(outcome == Some(CouponOutcome::Returned), now_full && !units_before);
                assert_eq!(outcome.is_none(), units_before);
            }
            assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
            assert_eq!(world.figures(campaign), "1 0 0 1 0 0");
            let cash: i64 = world.order("ana", "o").refunds.iter().map(|refund| refund.amount.minor()).sum();
            assert_eq!(cash, world.order("ana", "o").figures().total.minor());
            world.check_replay();
        }
    }
}

#[test]
fn s18_a_shipping_coupon_whose_shipping_is_paid_to_zero_waits_for_it_to_be_refunded_by_amount_zero() {
    for (by_amount, zero) in [(true, "+a:0"), (false, "")] {
        let mut world = World::new();
        let campaign = world.campaign(&json!({"benefit": {"type": "free_shipping"}}));
        let coupon = world.claim("ana", campaign).unwrap();
        world.place("ana", "o", &cart("l1:a:1000*2 +a:300"), &[Use::Coupon(coupon)]).unwrap();
        world.pay("ana", "o").unwrap();
        let units = world.refund("ana", "o", "r1", parts("l1*2")).unwrap();
        assert_eq!(units.order_refunded, RefundedOrder::Full);
        assert_eq!(
            (world.status("ana", coupon), world.figures(campaign).as_str()),
            (CouponStatus::Used, "1 0 1 0 0 300")
        );
        assert_eq!(refused(world.refund("ana", "o", "r", parts("+a:1"))), "amount_exceeds_paid");
        let rest = if by_amount { parts(zero) } else { RefundOf::All };
        let refund = world.refund("ana", "o", "r2", rest).unwrap();
        assert_eq!((refund.amount, refund.shipping.len(), refund.funding[0].1), (amount(0), 1, amount(300)));
        assert_eq!(
            (world.status("ana", coupon), world.figures(campaign).as_str()),
            (CouponStatus::Valid, "1 0 0 1 0 0")
        );
        assert_eq!(refused(world.refund("ana", "o", "r3", parts("+a:0"))), "amount_exceeds_paid");
        assert_eq!(refused(world.refund("ana", "o", "r3", RefundOf::All)), "units_already_refunded");
    }
}

#[test]
fn s19_a_sellers_shipping_coupon_is_kept_and_used() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"issuer": by_seller("a"), "benefit": {"type": "free_shipping"}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*2 l2:b:5*1 +a:300 +b:100"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!((world.status("ana", coupon), world.figures(campaign).as_str()), (CouponStatus::Used, "1 0 1 0 0 0"));
}

#[test]
fn s18_a_seller_without_a_share_does_not_keep_the_coupon_but_its_units_count() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"scope": {"products": ["p-l1"]}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*2 l2:b:700*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    // All that it discounts came back: its transaction has ended, but the refund isn't full.
    world.refund("ana", "o", "r1", RefundOf::Seller(seller("a"))).unwrap();
    assert_eq!((world.status("ana", coupon), world.figures(campaign).as_str()), (CouponStatus::Used, "1 0 1 0 0 0"));
    world.refund("ana", "o", "r2", RefundOf::Seller(seller("b"))).unwrap();
    assert_eq!((world.status("ana", coupon), world.figures(campaign).as_str()), (CouponStatus::Valid, "1 0 0 1 0 0"));
}

#[test]
fn s18_units_cancelled_before_payment_count_towards_a_full_refund() {
    let Placed { mut world, campaign, coupon } = COLUMNS[0].placed();
    world.cancel("ana", "o", Some("b")).unwrap();
    world.pay("ana", "o").unwrap();
    world.refund("ana", "o", "r1", RefundOf::Seller(seller("c"))).unwrap();
    let last = world.refund("ana", "o", "r2", parts("l1*3 l3*1")).unwrap();
    assert_eq!(last.order_refunded, RefundedOrder::Full);
    assert_eq!((world.status("ana", coupon), world.figures(campaign).as_str()), (CouponStatus::Valid, "1 0 0 1 0 0"));
}

#[test]
fn s8_a_coupon_that_comes_back_expired_goes_to_history_and_keeps_its_expiry() {
    let Placed { mut world, coupon, .. } = COLUMNS[0].placed();
    let expires_at = world.coupon("ana", coupon).unwrap().expires_at;
    world.pay("ana", "o").unwrap();
    world.now = expires_at;
    let refund = world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!(refund.coupons[0].outcome, CouponOutcome::Expired);
    let back = world.coupon("ana", coupon).unwrap();
    assert_eq!((back.status(world.now), back.expires_at), (CouponStatus::Expired, expires_at));
    assert_eq!(world.state().wallet(&super::build::account("ana")).unwrap().live_count(), 0);
    assert_eq!(refused(world.place("ana", "o2", &cart(CART), &[Use::Coupon(coupon)])), "coupon_expired");
    assert_eq!(world.order("ana", "o").cart.lines()[0].id, line_id("l1"));
}

#[test]
fn s9_face_value_lost_is_restored_only_with_a_coupon_that_comes_back() {
    for (issuer, restored) in [(json!({"type": "platform"}), true), (by_seller("a"), false)] {
        let mut world = World::new();
        let terms = json!({"issuer": issuer, "benefit": {"type": "amount_off", "amount": 9000}});
        let campaign = world.campaign(&terms);
        let coupon = world.claim("ana", campaign).unwrap();
        world.place("ana", "o", &cart("l1:a:1000*2"), &[Use::Coupon(coupon)]).unwrap();
        world.pay("ana", "o").unwrap();
        let before = world.journal.len();
        world.refund("ana", "o", "r", RefundOf::All).unwrap();
        let types: Vec<_> = world.journal[before..].iter().map(|recorded| recorded.event.type_name()).collect();
        assert_eq!(types.contains(&"discount.surplus"), restored, "{types:?}");
    }
}
