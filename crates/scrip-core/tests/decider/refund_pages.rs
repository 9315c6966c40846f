//! Refunds beyond the first few stand on pages of their own: what an order has doesn't grow with them.

use scrip_core::{
    command::{refund_needs, whole_order_needs},
    money::Amount,
    order::{REFUND_PAGE_MAX, REFUNDS_INLINE_MAX, RefundedOrder},
    state::{Aggregate, Key},
};

use crate::{
    build::{account, amount, cart, order_id, refund_name},
    world::{Use, World, parts, refused},
};

fn paid(world: &mut World) {
    world.place("ana", "o", &cart("l1:a:100000*2 l2:b:500*3"), &[]).unwrap();
    world.pay("ana", "o").unwrap();
}

#[test]
fn an_order_with_many_refunds_is_no_larger_and_the_next_refund_writes_no_more() {
    let mut world = World::new();
    paid(&mut world);
    let encoded = |world: &World| Aggregate::Order(world.order_alone("ana", "o").clone()).encode().len();
    let mut sizes = Vec::new();
    for number in 0..300 {
        world.refund("ana", "o", &format!("r{number}"), parts("=l1:1")).unwrap();
        sizes.push(encoded(&world));
    }
    // A byte for every page, and amounts that take a byte more.
    let (early, late) = (sizes[REFUNDS_INLINE_MAX], sizes[299]);
    assert!(late < early + 40, "{early} bytes after a few refunds, {late} after 300");
    let order = world.order("ana", "o");
    assert_eq!(order.refunds.len(), 300);
    assert!(order.refunds.iter().enumerate().all(|(number, refund)| refund.id == refund_name(&format!("r{number}"))));
    assert_eq!(order.lines[0].cash, amount(300));
    assert_eq!(order.refunded(), RefundedOrder::Partial);
    world.check_replay();
}

#[test]
fn a_refund_on_any_page_is_found_by_its_id_and_made_once() {
    let mut world = World::new();
    paid(&mut world);
    let count = REFUNDS_INLINE_MAX + 2 * usize::from(REFUND_PAGE_MAX) + 1;
    for number in 0..count {
        world.refund("ana", "o", &format!("r{number}"), parts("=l1:1")).unwrap();
    }
    for number in [0, REFUNDS_INLINE_MAX - 1, REFUNDS_INLINE_MAX, REFUNDS_INLINE_MAX + 32, count - 1] {
        let id = format!("r{number}");
        // The same again does nothing; another under its id is refused.
        assert_eq!(world.refund("ana", "o", &id, parts("=l1:1")).unwrap().id, refund_name(&id));
        let (of, id) = ((account("ana"), order_id("o")), refund_name(&id));
        let before = world.state().given_back_before(world.order_alone("ana", "o"), &id);
        assert_eq!(before.units, [0, 0]);
        assert!(world.state().refund(&of.0, &of.1, &id).is_some());
    }
    assert_eq!(world.order("ana", "o").refunds.len(), count);
}

#[test]
fn units_and_cancellations_go_on_pages_too_and_all_that_was_paid_comes_back() {
    let mut world = World::new();
    paid(&mut world);
    for number in 0..REFUNDS_INLINE_MAX {
        world.refund("ana", "o", &format!("r{number}"), parts("=l1:10")).unwrap();
    }
    for number in 0..3 {
        world.refund("ana", "o", &format!("u{number}"), parts("l2*1")).unwrap();
    }
    let before = |world: &World, id: &str| {
        world.state().given_back_before(world.order_alone("ana", "o"), &refund_name(id)).units
    };
    assert_eq!([before(&world, "u0"), before(&world, "u1"), before(&world, "u2")], [[0, 0], [0, 1], [0, 2]]);
    world.cancel("ana", "o", None).unwrap();
    let order = world.order("ana", "o");
    assert_eq!(order.refunds.iter().map(|refund| refund.amount).sum::<Amount>(), amount(201_500));
    assert_eq!(order.refunded(), RefundedOrder::Full);
    assert_eq!(refused(world.refund("ana", "o", "more", parts("=l1:1"))), "amount_exceeds_paid");
    world.check_replay();
}

#[test]
fn an_order_is_read_with_the_pages_that_its_refunds_stand_on() {
    let mut world = World::new();
    paid(&mut world);
    let (ana, order) = (account("ana"), order_id("o"));
    let itself = Key::Order(ana.clone(), order.clone());
    assert_eq!(whole_order_needs(world.state(), &ana, &order), std::slice::from_ref(&itself));
    assert_eq!(refund_needs(world.state(), &ana, &order, &refund_name("r0")), std::slice::from_ref(&itself));
    let count = REFUNDS_INLINE_MAX + usize::from(REFUND_PAGE_MAX) + 1;
    for number in 0..count {
        world.refund("ana", "o", &format!("r{number}"), parts("=l1:1")).unwrap();
    }
    let page = |number| Key::RefundPage(ana.clone(), order.clone(), number);
    assert_eq!(whole_order_needs(world.state(), &ana, &order), [itself.clone(), page(0), page(1)]);
    let first = refund_name(&format!("r{REFUNDS_INLINE_MAX}"));
    let place = Key::RefundLocation(ana.clone(), order.clone(), first.clone());
    assert_eq!(refund_needs(world.state(), &ana, &order, &first), [itself, page(1), place, page(0)]);
}

/// An order notes where its events are, so that old answers can be given again; those of refunds on pages stand there.
#[test]
fn an_order_notes_what_refunds_did_as_long_as_they_stand_in_it() {
    let mut world = World::new();
    let campaign = world.campaign(&serde_json::json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:100*40"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    let noted = |world: &World| world.order_alone("ana", "o").events.len();
    let before = noted(&world);
    for number in 0..REFUNDS_INLINE_MAX + 3 {
        let written = world.journal.len();
        world.refund("ana", "o", &format!("r{number}"), parts("l1*1")).unwrap();
        let types = world.journal.len() - written;
        assert_eq!(types, 2, "the refund and what it reversed");
        assert_eq!(noted(&world) - before, 2 * (number + 1).min(REFUNDS_INLINE_MAX), "refund {number}");
    }
    world.check_replay();
}
