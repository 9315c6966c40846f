//! Refund amounts: to the unit what was paid, whatever the order and grouping, and the same shares to who paid them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use scrip_core::{
    campaign::Terms,
    command::RefundOf,
    discount::Funder,
    money::{Amount, BasisPoints},
    order::{Order, Refund, RefundedOrder},
    reason::Reason,
};
use serde_json::json;

use super::{
    build::{Random, amount, by_seller, cart, cart_in, line_id, refund_name, seller, terms},
    world::{Use, World, parts, refund, refused},
};

/// A paid order with a platform coupon of `off` on it.
fn paid(off: i64, goods: &str) -> World {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"benefit": {"type": "amount_off", "amount": off}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart(goods), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world
}

fn given(refund: &Refund) -> (i64, i64) {
    (refund.amount.minor(), refund.funding.iter().map(|part| part.1.minor()).sum())
}

#[test]
fn a_unit_gives_back_its_price_minus_its_shares() {
    // 10.00 over 3 × 10.00 → 3.34 3.33 3.33.
    let mut world = paid(1000, "l1:a:1000*3");
    let back = |world: &mut World, id: &str, text: &str| given(&world.refund("ana", "o", id, parts(text)).unwrap());
    assert_eq!(back(&mut world, "r1", "l1*1"), (666, 334));
    assert_eq!(back(&mut world, "r2", "l1*2"), (1334, 666));

    // 10.00 over three equal lines.
    let mut world = paid(1000, "l1:a:1000*1 l2:a:1000*1 l3:b:1000*1");
    assert_eq!(back(&mut world, "r1", "l3*1"), (667, 333));
    assert_eq!(back(&mut world, "r2", "l1*1 l2*1"), (666 + 667, 334 + 333));

    // 0.03 over 5 × 1.00 → 0.01 0.01 0.01 0.00 0.00.
    let mut world = paid(3, "l1:a:100*5");
    for (n, expected) in [99, 99, 99, 100, 100].into_iter().enumerate() {
        assert_eq!(back(&mut world, &format!("r{n}"), "l1*1"), (expected, 100 - expected));
    }
}

#[test]
fn an_amount_refund_gives_cash_and_spreads_what_is_left_the_smaller_first() {
    let mut world = paid(100, "l1:a:1000*3");
    let first = world.refund("ana", "o", "r1", parts("=l1:499")).unwrap();
    assert_eq!((given(&first), first.order_refunded.as_str()), ((499, 0), "partial"));
    assert_eq!(first.amounts[0].reason.as_deref(), Some("dispute"));
    // 24.01 left over three units; the shares reversed stay those of the units: 0.34 0.33 0.33.
    assert_eq!(given(&world.refund("ana", "o", "r2", parts("l1*1")).unwrap()), (800, 34));
    // 16.01 left over two; 1.00 more: 15.01.
    world.refund("ana", "o", "r3", parts("=l1:100")).unwrap();
    assert_eq!(given(&world.refund("ana", "o", "r4", parts("l1*1")).unwrap()), (750, 33));
    assert_eq!(given(&world.refund("ana", "o", "r5", parts("l1*1")).unwrap()), (751, 33));
    assert_eq!(world.order("ana", "o").refunded(), RefundedOrder::Full);
}

#[test]
fn an_amount_refund_is_at_most_what_is_left_paid_on_the_line() {
    let mut world = paid(100, "l1:a:1000*2 l2:a:0*1");
    let exceeds = |world: &mut World, text: &str| match world.refund("ana", "o", "r", parts(text)).unwrap_err().first()
    {
        Reason::AmountExceedsPaid { left } => left.minor(),
        other => panic!("{other:?}"),
    };
    assert_eq!(exceeds(&mut world, "=l1:1901"), 1900);
    assert_eq!(exceeds(&mut world, "=l2:1"), 0);
    world.refund("ana", "o", "r1", parts("=l1:1000")).unwrap();
    assert_eq!(exceeds(&mut world, "=l1:901"), 900);
    assert_eq!(given(&world.refund("ana", "o", "r2", parts("l1*1")).unwrap()).0, 450);
    world.refund("ana", "o", "r3", parts("=l1:450")).unwrap();
    assert_eq!(exceeds(&mut world, "=l1:1"), 0);
    assert_eq!(given(&world.refund("ana", "o", "r4", parts("l1*1")).unwrap()), (0, 50));
    assert_eq!(exceeds(&mut world, "=l1:1"), 0);
}

#[test]
fn what_cannot_be_refunded_is_refused_with_what_is_left() {
    let mut world = paid(100, "l1:a:1000*3 l2:b:500*1 +a:300");
    let first = |world: &mut World, of: RefundOf| {
        let refusal = world.refund("ana", "o", "r", of).unwrap_err();
        (refusal.errors[0].pointer.clone().unwrap_or_default(), refusal.errors[0].reason.clone())
    };
    let taken = |line: &str, left| Reason::UnitsAlreadyRefunded { line: line_id(line), left };
    assert_eq!(first(&mut world, parts("l2*1 l1*4")), ("/lines/1/quantity".to_owned(), taken("l1", 3)));
    world.refund("ana", "o", "r1", parts("l1*2")).unwrap();
    assert_eq!(first(&mut world, parts("l1*2")), ("/lines/0/quantity".to_owned(), taken("l1", 1)));
    let no_line = Reason::NotInOrder { line: Some(line_id("l9")), seller: None };
    assert_eq!(first(&mut world, parts("l9*1")), ("/lines/0/line".to_owned(), no_line.clone()));
    assert_eq!(first(&mut world, parts("l1*1 =l9:1")), ("/amounts/0/line".to_owned(), no_line));
    let no_seller = Reason::NotInOrder { line: None, seller: Some(seller("z")) };
    assert_eq!(first(&mut world, parts("+z:1")), ("/shipping/0/seller".to_owned(), no_seller.clone()));
    assert_eq!(first(&mut world, RefundOf::Seller(seller("z"))), ("/seller".to_owned(), no_seller));
    let exceeds = Reason::AmountExceedsPaid { left: amount(300) };
    assert_eq!(first(&mut world, parts("+a:301")), ("/shipping/0/amount".to_owned(), exceeds));
    assert_eq!(first(&mut world, parts("+a:0")).1.code(), "invalid_field");
    // A seller without shipping has none to refund.
    let nothing = Reason::AmountExceedsPaid { left: amount(0) };
    assert_eq!(first(&mut world, parts("+b:0")), ("/shipping/0/amount".to_owned(), nothing));
    world.refund("ana", "o", "r2", RefundOf::Seller(seller("a"))).unwrap();
    assert_eq!(first(&mut world, RefundOf::Seller(seller("a"))).1, taken("l1", 0));
    world.refund("ana", "o", "r3", RefundOf::All).unwrap();
    assert_eq!(first(&mut world, RefundOf::All).1.code(), "units_already_refunded");
    // The line named is one of the seller's that was asked for: another's is none of its business.
    assert_eq!(first(&mut world, RefundOf::Seller(seller("b"))).1, taken("l2", 0));
    let mut of_b = refund("ana", "o", "r", RefundOf::All);
    of_b.as_seller = Some(seller("b"));
    assert_eq!(world.run(of_b).unwrap_err().first(), &taken("l2", 0));
}

#[test]
fn an_order_that_is_not_paid_has_nothing_to_refund() {
    let mut world = World::new();
    world.place("ana", "o", &cart("l1:a:5*1"), &[]).unwrap();
    assert_eq!(refused(world.refund("ana", "o", "r", RefundOf::All)), "order_not_paid");
    world.cancel("ana", "o", None).unwrap();
    assert_eq!(refused(world.refund("ana", "o", "r", RefundOf::All)), "order_not_paid");
}

#[test]
fn the_same_refund_again_is_found_and_another_body_is_refused() {
    let mut world = paid(100, "l1:a:1000*3");
    let command = refund("ana", "o", "r1", parts("l1*1"));
    let mut other = command.clone();
    other.fingerprint = [2; 16];
    world.run(command.clone()).unwrap();
    for _ in 0..3 {
        let events = world.journal.len();
        world.run(command.clone()).unwrap();
        assert_eq!(world.journal.len(), events);
        assert_eq!(refused(world.run(other.clone())), "refund_exists");
        let _ = world.refund("ana", "o", "rest", RefundOf::All);
    }
    assert_eq!(world.order("ana", "o").refunds.len(), 2);
    assert_eq!(world.order("ana", "o").refunds[0].id, refund_name("r1"));
}

#[test]
fn i7_a_seller_gives_back_only_what_is_its_own() {
    let mut world = paid(100, "l1:a:1000*3 l2:b:500*1 +a:300 +b:100");
    let as_b = |of: RefundOf| {
        let mut command = refund("ana", "o", "r", of);
        command.as_seller = Some(seller("b"));
        command
    };
    assert_eq!(refused(world.run(as_b(parts("l1*1")))), "not_in_order");
    assert_eq!(refused(world.run(as_b(parts("=l1:1")))), "not_in_order");
    assert_eq!(refused(world.run(as_b(parts("+a:1")))), "not_in_order");
    assert_eq!(refused(world.run(as_b(RefundOf::Seller(seller("a"))))), "not_in_order");
    let mut stranger = as_b(RefundOf::All);
    stranger.as_seller = Some(seller("z"));
    assert_eq!(refused(world.run(stranger)), "not_found");
    world.run(as_b(RefundOf::All)).unwrap();
    let refund = world.order("ana", "o").refunds[0].clone();
    assert_eq!((refund.lines.len(), refund.shipping.len(), refund.shipping[0].seller.clone()), (1, 1, seller("b")));
}

#[test]
fn shipping_is_reversed_by_the_part_refunded_half_up_and_the_rest_with_the_last() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"benefit": {"type": "free_shipping", "cap": 101}}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1 +a:301"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    // 2.00 paid, 1.01 off: 0.505 a unit of 1.00, half up.
    for (n, (cash, reversed)) in [(100, 51), (50, 25), (1, 0), (1, 1), (48, 24)].into_iter().enumerate() {
        let refund = world.refund("ana", "o", &format!("r{n}"), parts(&format!("+a:{cash}"))).unwrap();
        assert_eq!((refund.amount, refund.goods, refund.shipping[0].amount), (amount(cash), amount(0), amount(cash)));
        assert_eq!(given(&refund).1, reversed, "step {n}");
    }
    assert_eq!(refused(world.refund("ana", "o", "r", parts("+a:1"))), "amount_exceeds_paid");
    assert_eq!(world.counters(campaign).budget_spent, amount(0));
}

#[test]
fn all_and_seller_take_what_is_left_with_shipping() {
    let mut world = paid(100, "l1:a:1000*3 l2:b:500*2 +a:300 +b:200");
    world.refund("ana", "o", "r1", parts("l1*1 l2*1 +a:100")).unwrap();
    let of_a = world.refund("ana", "o", "r2", RefundOf::Seller(seller("a"))).unwrap();
    assert_eq!((of_a.lines[0].quantity, of_a.shipping[0].amount), (2, amount(200)));
    let rest = world.refund("ana", "o", "r3", RefundOf::All).unwrap();
    assert_eq!((rest.lines.len(), rest.shipping[0].amount, rest.order_refunded.as_str()), (1, amount(200), "full"));
    let order = world.order("ana", "o");
    assert_eq!(order.refunds.iter().map(|refund| refund.amount).sum::<Amount>(), order.figures().total);
}

/// Terms that two funders pay for, which no command allows yet.
fn co_funded(platform_bp: u16, seller_first: bool, patch: &serde_json::Value) -> Terms {
    let mut terms = terms(patch).checked().unwrap();
    let part = |funder: &str, bp: u16| json!({"funder": funder, "share_bp": bp});
    let mut funding = vec![part("platform", platform_bp), part("seller", 10_000 - platform_bp)];
    if seller_first {
        funding.reverse();
    }
    terms.funding = serde_json::from_value(json!(funding)).unwrap();
    assert!(BasisPoints::new(platform_bp).is_some());
    terms
}

fn funding(refunds: &[Refund]) -> BTreeMap<Funder, i64> {
    let mut sums = BTreeMap::new();
    for (funder, part) in refunds.iter().flat_map(|refund| &refund.funding) {
        *sums.entry(funder.clone()).or_default() += part.minor();
    }
    sums
}

#[test]
fn funding_is_reversed_to_the_funder_who_paid() {
    // 0.03 over three equal lines, 50:50 → platform 0.01 0.01 0.00, seller 0.00 0.00 0.01.
    let mut world = World::new();
    let benefit = json!({"benefit": {"type": "amount_off", "amount": 3}});
    let campaign = world.campaign_of(co_funded(5000, false, &benefit));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:100*1 l2:b:100*1 l3:c:100*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    let mut back = Vec::new();
    for line in ["l3", "l1", "l2"] {
        let refund = world.refund("ana", "o", line, parts(&format!("{line}*1"))).unwrap();
        assert_eq!(refund.amount, amount(99));
        back.extend(refund.funding);
    }
    let expected =
        [(Funder::Seller(seller("c")), amount(1)), (Funder::Platform, amount(1)), (Funder::Platform, amount(1))];
    assert_eq!(back, expected);
    world.check_replay();
}

#[test]
fn co_funded_shipping_is_reversed_exactly_to_each() {
    let mut random = Random(7);
    for platform_bp in [1, 3333, 5000, 9999] {
        for seller_first in [false, true] {
            let mut world = World::new();
            let benefit = json!({"benefit": {"type": "free_shipping", "cap": 101}});
            let campaign = world.campaign_of(co_funded(platform_bp, seller_first, &benefit));
            let coupon = world.claim("ana", campaign).unwrap();
            world.place("ana", "o", &cart("l1:a:1000*1 l2:b:500*1 +a:301 +b:77"), &[Use::Coupon(coupon)]).unwrap();
            world.pay("ana", "o").unwrap();
            let granted: BTreeMap<Funder, i64> = world.order("ana", "o").coupons[0]
                .applied
                .funding()
                .into_iter()
                .map(|(funder, part)| (funder, part.minor()))
                .collect();
            for name in ["a", "b"] {
                let mut left = world.order("ana", "o").paid_for_shipping(&seller(name)).minor();
                let mut n = 0;
                while left > 0 {
                    let part = 1 + random.below(usize::try_from(left).unwrap()) as i64;
                    n += 1;
                    world.refund("ana", "o", &format!("{name}{n}"), parts(&format!("+{name}:{part}"))).unwrap();
                    left -= part;
                }
            }
            assert_eq!(funding(&world.order("ana", "o").refunds), granted);
        }
    }
}

/// What each unit of a line is paid, by the shares stored with the order.
fn unit_prices(order: &Order, line: usize) -> Vec<i64> {
    let known = &order.cart.lines()[line];
    (0..known.quantity)
        .map(|unit| {
            let off: Amount =
                order.applied().filter_map(|a| a.share_of_line(line)).map(|s| s.units.sum(unit, unit + 1)).sum();
            (known.unit_price - off).minor()
        })
        .collect()
}

/// The rules in plain words: units left with what each is paid; an amount spreads the rest anew, the smaller first.
struct Paid {
    units: Vec<i64>,
}

impl Paid {
    fn left(&self) -> i64 {
        self.units.iter().sum()
    }

    fn take(&mut self, count: usize) -> i64 {
        self.units.drain(..count).sum()
    }

    fn spread(&mut self, given: i64) {
        let (left, count) = (self.left() - given, self.units.len() as i64);
        let larger = left % count;
        self.units = (0..count).map(|unit| left / count + i64::from(unit >= count - larger)).collect();
    }
}

#[derive(Clone, Debug)]
struct Shape {
    lines: Vec<(u8, i64, u32)>,
    shipping: Vec<i64>,
    coupons: Vec<(u8, i64)>,
    platform_bp: u16,
    seed: u64,
}

fn shape() -> impl Strategy<Value = Shape> {
    let line = (0..3_u8, prop_oneof![Just(0_i64), 1..40_i64, 1..5000_i64], 1..8_u32);
    let coupon = (0..5_u8, prop_oneof![1..50_i64, 1..6000_i64]);
    (
        prop::collection::vec(line, 1..5),
        prop::collection::vec(prop_oneof![Just(0_i64), 1..700_i64], 3),
        prop::collection::vec(coupon, 0..4),
        1..9999_u16,
        any::<u64>(),
    )
        .prop_map(|(lines, shipping, coupons, platform_bp, seed)| Shape {
            lines,
            shipping,
            coupons,
            platform_bp,
            seed,
        })
}

const SELLERS: [&str; 3] = ["a", "b", "c"];

/// The coupons of a shape, each in a stacking group of its own so that they go together.
fn world_of(shape: &Shape) -> Option<World> {
    let mut world = World::new();
    world.checked = false;
    let mut uses = Vec::new();
    for (n, (kind, off)) in shape.coupons.iter().enumerate() {
        let group = json!({"group": format!("g{n}")});
        let off_goods = json!({"type": "amount_off", "amount": off});
        let mut patch = json!({"stacking": group, "benefit": off_goods});
        match kind {
            0 => patch["benefit"] = json!({"type": "percent_off", "percent_bp": 1 + off % 10_000}),
            1 => patch["benefit"] = json!({"type": "free_shipping", "cap": off}),
            2 => patch["issuer"] = by_seller(SELLERS[n % 3]),
            _ => {}
        }
        let terms = if *kind == 2 {
            terms(&patch).checked().unwrap()
        } else {
            co_funded(shape.platform_bp, n % 2 == 0, &patch)
        };
        let campaign = world.campaign_of(terms);
        uses.push(world.claim("ana", campaign).unwrap());
    }
    let mut text = String::new();
    for (n, (of, price, quantity)) in shape.lines.iter().enumerate() {
        text.push_str(&format!("l{n}:{}:{price}*{quantity} ", SELLERS[usize::from(*of)]));
    }
    for (name, shipping) in SELLERS.iter().zip(&shape.shipping) {
        if *shipping > 0 && text.contains(&format!(":{name}:")) {
            text.push_str(&format!("+{name}:{shipping} "));
        }
    }
    // Whatever doesn't apply to this cart is left out.
    let goods = cart_in("USD", &text);
    while world.place("ana", "o", &goods, &uses.iter().copied().map(Use::Coupon).collect::<Vec<_>>()).is_err() {
        uses.pop();
    }
    world.pay("ana", "o").ok()?;
    world.checked = true;
    Some(world)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: super::random::cases(256), failure_persistence: None, ..ProptestConfig::default()
    })]

    /// I6: refunding everything in any order and grouping, with amount refunds anywhere in between, gives back exactly
    /// what was paid, every step to the minor unit what the rules say, and exactly its part to every funder.
    #[test]
    fn refunds_in_any_order_and_grouping_give_back_what_was_paid(shape in shape()) {
        let mut world = world_of(&shape).expect("it can be paid");
        let mut random = Random(shape.seed);
        let order = world.order("ana", "o").clone();
        let mut lines: Vec<Paid> = (0..order.lines.len()).map(|line| Paid { units: unit_prices(&order, line) }).collect();
        let mut shipping: Vec<i64> = order.transactions.iter().map(|t| order.paid_for_shipping(&t.seller).minor()).collect();
        let amounts_too = random.one_in(2);
        let mut step = 0;
        while lines.iter().any(|line| !line.units.is_empty()) {
            let (mut text, mut expected) = (String::new(), 0);
            for (place, line) in lines.iter_mut().enumerate() {
                if line.units.is_empty() || random.one_in(2) {
                    continue;
                }
                if amounts_too && line.left() > 0 && random.one_in(2) {
                    let given = 1 + random.below(usize::try_from(line.left()).unwrap()) as i64;
                    text.push_str(&format!("=l{place}:{given} "));
                    line.spread(given);
                    expected += given;
                } else {
                    let count = 1 + random.below(line.units.len());
                    text.push_str(&format!("l{place}*{count} "));
                    expected += line.take(count);
                }
            }
            for (place, left) in shipping.iter_mut().enumerate() {
                if *left > 0 && random.one_in(4) {
                    let given = 1 + random.below(usize::try_from(*left).unwrap()) as i64;
                    text.push_str(&format!("+{}:{given} ", order.transactions[place].seller));
                    *left -= given;
                    expected += given;
                }
            }
            step += 1;
            let refund = world.refund("ana", "o", &format!("r{step}"), parts(&text)).unwrap();
            prop_assert_eq!(refund.amount.minor(), expected, "{}", text);
            let full = lines.iter().all(|line| line.units.is_empty());
            prop_assert_eq!(refund.order_refunded == RefundedOrder::Full, full);
        }
        // What is left of the shipping, paid to zero or not.
        let _ = world.refund("ana", "o", "rest", RefundOf::All);
        let order = world.order("ana", "o");
        prop_assert_eq!(order.refunds.iter().map(|refund| refund.amount).sum::<Amount>(), order.figures().total);
        let mut granted: BTreeMap<Funder, i64> = BTreeMap::new();
        for (funder, part) in order.applied().flat_map(scrip_core::discount::Applied::funding) {
            *granted.entry(funder).or_default() += part.minor();
        }
        prop_assert_eq!(funding(&order.refunds), granted);
        for coupon in &order.coupons {
            prop_assert_eq!(world.counters(coupon.applied.campaign).budget_spent, Amount::ZERO);
        }
        world.check_replay();
    }

    /// I6: whatever was refunded before, by units, amounts, shipping, seller or all, closed or cancelled in between, never
    /// more than what was paid comes back, and `all` gives back exactly the rest, with every funder's and budget's part.
    #[test]
    fn any_mixture_gives_back_at_most_what_was_paid_and_all_at_the_end_the_rest(shape in shape()) {
        let mut world = world_of(&shape).expect("it can be paid");
        let mut random = Random(shape.seed);
        let back = |world: &World| -> Amount { world.order("ana", "o").refunds.iter().map(|refund| refund.amount).sum() };
        let total = world.order("ana", "o").figures().total;
        for step in 0..random.below(12) {
            let order = world.order("ana", "o").clone();
            let line = random.below(order.lines.len());
            let name = order.cart.lines()[line].id.clone();
            let of = order.transactions[random.below(order.transactions.len())].seller.clone();
            let before = back(&world);
            let id = format!("r{step}");
            let left = order.lines[line].left(order.paid_for_line(line));
            // Each may ask for more than there is: it is refused then, and nothing comes back.
            let answer = match random.below(8) {
                0 | 1 => world.refund("ana", "o", &id, parts(&format!("{name}*{}", 1 + random.below(3)))),
                2 | 3 => {
                    let given = 1 + random.below(usize::try_from(left.minor()).unwrap() + 2);
                    world.refund("ana", "o", &id, parts(&format!("={name}:{given}")))
                }
                4 => world.refund("ana", "o", &id, parts(&format!("+{of}:{}", random.below(300)))),
                5 => world.refund("ana", "o", &id, RefundOf::Seller(of)),
                6 => {
                    let _ = world.close("ana", "o", Some(of.as_str()));
                    continue;
                }
                _ if random.one_in(3) => {
                    let _ = world.cancel("ana", "o", Some(of.as_str()));
                    continue;
                }
                _ => continue,
            };
            let given = answer.as_ref().map_or(Amount::ZERO, |refund| refund.amount);
            prop_assert_eq!(back(&world), before + given);
            prop_assert!(back(&world) <= total);
        }
        let rest = total - back(&world);
        match world.refund("ana", "o", "rest", RefundOf::All) {
            Ok(refund) => prop_assert_eq!(refund.amount, rest),
            // Units, and shipping that was paid to zero too, have all come back before.
            Err(_) => prop_assert_eq!(rest, Amount::ZERO),
        }
        prop_assert_eq!(back(&world), total);
        let order = world.order("ana", "o");
        prop_assert_eq!(order.refunded(), RefundedOrder::Full);
        let mut granted: BTreeMap<Funder, i64> = BTreeMap::new();
        for (funder, part) in order.applied().flat_map(scrip_core::discount::Applied::funding) {
            *granted.entry(funder).or_default() += part.minor();
        }
        prop_assert_eq!(funding(&order.refunds), granted);
        for coupon in &order.coupons {
            prop_assert_eq!(world.counters(coupon.applied.campaign).budget_spent, Amount::ZERO);
        }
        world.check_replay();
    }

    /// All at once, by seller, and unit by unit come to the same.
    #[test]
    fn every_grouping_gives_back_the_same_in_all(shape in shape()) {
        let world = world_of(&shape).expect("it can be paid");
        let total = world.order("ana", "o").figures().total;
        let mut at_once = world.clone();
        prop_assert_eq!(at_once.refund("ana", "o", "r", RefundOf::All).unwrap().amount, total);
        let mut cancelled = world.clone();
        cancelled.cancel("ana", "o", None).unwrap();
        prop_assert_eq!(cancelled.order("ana", "o").refunds[0].amount, total);
        prop_assert_eq!(&cancelled.order("ana", "o").refunds[0].funding, &at_once.order("ana", "o").refunds[0].funding);
        let mut by_seller = world.clone();
        for transaction in &world.order("ana", "o").transactions {
            let of = RefundOf::Seller(transaction.seller.clone());
            by_seller.refund("ana", "o", transaction.seller.as_str(), of).unwrap();
        }
        let order = by_seller.order("ana", "o");
        prop_assert_eq!(order.refunds.iter().map(|refund| refund.amount).sum::<Amount>(), total);
        prop_assert_eq!(funding(&order.refunds), funding(&at_once.order("ana", "o").refunds));
    }
}

#[test]
fn currencies_of_zero_and_three_decimals_are_refunded_to_the_unit() {
    for currency in ["JPY", "KWD"] {
        let mut world = World::new();
        let campaign =
            world.campaign(&json!({"currency": currency, "benefit": {"type": "percent_off", "percent_bp": 3333}}));
        let coupon = world.claim("ana", campaign).unwrap();
        world.place("ana", "o", &cart_in(currency, "l1:a:7*3 l2:b:1*2"), &[Use::Coupon(coupon)]).unwrap();
        world.pay("ana", "o").unwrap();
        let total = world.order("ana", "o").figures().total;
        assert_eq!(total, amount(23 - 8));
        let mut back = amount(0);
        for (n, line) in ["l2", "l1", "l1", "l2", "l1"].into_iter().enumerate() {
            back += world.refund("ana", "o", &format!("r{n}"), parts(&format!("{line}*1"))).unwrap().amount;
        }
        assert_eq!(back, total);
    }
}
