//! Revising a placed order: another cart or other coupons under the same id, at once or not at all.

use scrip_core::{
    command::{CampaignStep, Outcome, RefundOf, ReviseOrder, RevokeCode},
    event::Event,
    id::CouponId,
    money::Amount,
    order::{OrderStage, TransactionState},
    reason::Reason,
    status::{CouponStatus, OrderStatus},
};
use serde_json::json;

use super::{
    build::{Random, amount, by_seller, cart, order_id},
    random::{Model, cases, prepared},
    world::{Use, World, parts, place, refused, revise},
};

/// What happened since, as types in the feed with the discount of a coupon's.
fn happened(world: &World, since: usize) -> Vec<String> {
    world.journal[since..]
        .iter()
        .map(|recorded| match &recorded.event {
            Event::CouponHeld { discount, .. }
            | Event::CouponReleased { discount, .. }
            | Event::CouponVoided { discount, .. } => format!("{} {discount}", recorded.event.type_name()),
            event => event.type_name().to_owned(),
        })
        .collect()
}

fn discount(world: &World) -> i64 {
    world.order("ana", "o").figures().discount.minor()
}

#[test]
fn a_revised_order_is_the_new_cart_with_the_new_coupons() {
    let mut world = World::new();
    let (first, second) = (world.campaign(&json!({})), world.campaign(&json!({"issuer": by_seller("b")})));
    let (one, two) = (world.claim("ana", first).unwrap(), world.claim("ana", second).unwrap());
    let placed_at = world.now;
    world.place("ana", "o", &cart("l1:a:1000*1 l2:c:300*1 +a:50"), &[Use::Coupon(one)]).unwrap();
    world.later(10);
    let since = world.journal.len();
    world.revise("ana", "o", &cart("l1:b:2000*3 l3:a:700*1 +b:90"), &[Use::Coupon(two)]).unwrap();
    let order = world.order("ana", "o");
    assert_eq!(order.figures().total, amount(6_000 + 700 + 90 - 500));
    let sellers: Vec<_> = order.transactions.iter().map(|transaction| transaction.seller.as_str()).collect();
    assert_eq!(sellers, ["b", "a"]);
    assert_eq!((order.lines.len(), order.shipping.len()), (2, 2));
    // Neither its place in lists nor the end of its hold moves.
    assert_eq!((order.placed_at, order.hold_expires_at), (placed_at, placed_at.plus_minutes(30)));
    assert_eq!(happened(&world, since), ["coupon.released 500", "order.revised", "coupon.held 500"]);
    assert_eq!([one, two].map(|coupon| world.status("ana", coupon).as_str()), ["valid", "inactive"]);
    assert_eq!(world.coupon("ana", two).unwrap().order(world.now), Some(&order_id("o")));
    world.later(20);
    assert_eq!(world.order("ana", "o").status(world.now), OrderStatus::Cancelled);
    world.later(1);
    world.sweep();
    assert_eq!(world.status("ana", two), CouponStatus::Valid);
    world.check_replay();
}

#[test]
fn a_coupon_that_stays_is_held_anew_only_if_its_discount_changes() {
    let mut world = World::new();
    let tenth = world.campaign(&json!({"benefit": {"type": "percent_off", "percent_bp": 1000}}));
    let fixed = world.campaign(&json!({"stacking": {"group": "x"}}));
    world.shared_code(fixed, "SAVE10", None);
    let coupon = world.claim("ana", tenth).unwrap();
    let uses = || [Use::Coupon(coupon), Use::Code("SAVE10")];
    world.place("ana", "o", &cart("l1:a:1000*1"), &uses()).unwrap();
    let before = world.on("ana", "o");
    let mut since = world.journal.len();
    let mut revised = |world: &mut World, goods: &str| {
        world.revise("ana", "o", &cart(goods), &uses()).unwrap();
        assert_eq!(world.on("ana", "o"), before, "the same coupons, and the code isn't claimed again");
        let happened = happened(world, since);
        since = world.journal.len();
        happened
    };
    assert_eq!(revised(&mut world, "l1:b:500*2"), ["order.revised"]);
    assert_eq!(revised(&mut world, "l1:b:500*4"), ["coupon.released 100", "order.revised", "coupon.held 200"]);
    assert_eq!(world.code_uses("SAVE10"), 1);
    assert_eq!(
        revised(&mut world, "l1:b:300*1"),
        ["coupon.released 200", "coupon.released 500", "order.revised", "coupon.held 30", "coupon.held 270"]
    );
    assert_eq!(revised(&mut world, "l1:b:300*1"), Vec::<String>::new(), "nothing is changed by nothing new");
    assert_eq!((world.figures(fixed).as_str(), world.code_uses("SAVE10")), ("1 1 0 0 270 0", 1));
    world.check_replay();
}

#[test]
fn what_the_order_itself_holds_counts_as_free() {
    let mut world = World::new();
    let limits = json!({"stock": 1, "per_individual": 1, "budget": 500});
    let campaign = world.campaign(&json!({"limits": limits, "benefit": {"type": "percent_off", "percent_bp": 1000}}));
    world.shared_code(campaign, "ONCE", Some(1));
    world.place("ana", "o", &cart("l1:a:4000*1"), &[Use::Code("ONCE")]).unwrap();
    assert_eq!(world.figures(campaign), "1 1 0 0 400 0");
    // Stock, count, use and budget are its own: up to the whole budget, and not a unit more.
    world.revise("ana", "o", &cart("l1:a:5000*1"), &[Use::Code("ONCE")]).unwrap();
    assert_eq!((world.figures(campaign).as_str(), world.code_uses("ONCE")), ("1 1 0 0 500 0", 1));
    let refusal = world.revise("ana", "o", &cart("l1:a:5010*1"), &[Use::Code("ONCE")]).unwrap_err();
    assert_eq!(refusal.first(), &Reason::CampaignBudgetExhausted { left: amount(500) });
    assert_eq!(world.order("ana", "o").figures().total, amount(4_500));
    // Given up, all of it is free for somebody else at once.
    world.revise("ana", "o", &cart("l1:a:5000*1"), &[]).unwrap();
    assert_eq!((world.figures(campaign).as_str(), world.code_uses("ONCE")), ("0 0 0 0 0 0", 0));
    world.place("bob", "o", &cart("l1:a:5000*1"), &[Use::Code("ONCE")]).unwrap();
    assert_eq!(refused(world.revise("ana", "o", &cart("l1:a:5000*1"), &[Use::Code("ONCE")])), "code_uses_exhausted");
    world.check_replay();
}

#[test]
fn a_code_given_up_and_taken_up_again_is_a_new_claim() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"limits": {"stock": 1, "per_individual": 1, "budget": 500}}));
    world.unique_code(campaign, "UNIQUE-1", None);
    let goods = cart("l1:a:4000*1");
    world.place("ana", "o", &goods, &[Use::Code("UNIQUE-1")]).unwrap();
    let first = world.on("ana", "o")[0];
    // The coupon that a code made isn't one that can be named: the code is given again, or it comes off.
    assert_eq!(refused(world.revise("ana", "o", &goods, &[Use::Coupon(first)])), "coupon_not_found");
    world.revise("ana", "o", &goods, &[]).unwrap();
    assert!(world.coupon("ana", first).is_none());
    world.revise("ana", "o", &goods, &[Use::Code("UNIQUE-1")]).unwrap();
    let second = world.on("ana", "o")[0];
    assert_ne!(first, second);
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", None).unwrap();
    assert_eq!(world.status("ana", second), CouponStatus::Used);
    world.check_replay();
}

#[test]
fn everything_is_judged_now_and_a_refusal_leaves_the_order_as_it_was() {
    let mut world = World::new();
    let day = json!({"validity": {"type": "after_claim", "days": 1}});
    let short = world.campaign(&day);
    let coded = world.campaign(&json!({"stacking": {"group": "x"}}));
    world.shared_code(coded, "SAVE10", None);
    let coupon = world.claim("ana", short).unwrap();
    let goods = cart("l1:a:4000*1");
    let mut order = place("ana", "o", &goods, &[Use::Coupon(coupon), Use::Code("SAVE10")]);
    order.hold_minutes = 10_080;
    world.run(order).unwrap();
    let other = cart("l1:a:3000*1");
    let both = || [Use::Coupon(coupon), Use::Code("SAVE10")];
    let unchanged = |world: &mut World, command: ReviseOrder, code: &str| {
        let (before, events) = (world.order("ana", "o").clone(), world.journal.len());
        assert_eq!(refused(world.run(command)), code);
        assert_eq!((world.order("ana", "o"), world.journal.len()), (before, events));
    };
    world.step(short, CampaignStep::Pause).unwrap();
    unchanged(&mut world, revise("ana", "o", &other, &both()), "campaign_paused");
    world.step(short, CampaignStep::Resume).unwrap();
    let expecting = ReviseOrder { expect_discount: Some(amount(999)), ..revise("ana", "o", &other, &both()) };
    unchanged(&mut world, expecting, "quote_changed");
    world.step(coded, CampaignStep::End).unwrap();
    unchanged(&mut world, revise("ana", "o", &other, &both()), "campaign_not_live");
    world.later(60 * 25);
    unchanged(&mut world, revise("ana", "o", &other, &[Use::Coupon(coupon)]), "coupon_expired");
    // The order as it is isn't touched by any of that.
    world.pay("ana", "o").unwrap();
    assert_eq!(discount(&world), 1_000);
    unchanged(&mut world, revise("ana", "o", &other, &[]), "order_state");
    unchanged(&mut world, revise("ana", "none", &other, &[]), "not_found");
    unchanged(&mut world, revise("bob", "o", &other, &[]), "not_found");
    world.check_replay();
}

#[test]
fn a_coupon_of_another_order_stays_there() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let (one, two) = (world.claim("ana", campaign).unwrap(), world.claim("ana", campaign).unwrap());
    let goods = cart("l1:a:1000*1");
    world.place("ana", "o", &goods, &[Use::Coupon(one)]).unwrap();
    world.place("ana", "p", &goods, &[Use::Coupon(two)]).unwrap();
    let refusal = world.revise("ana", "o", &goods, &[Use::Coupon(two)]).unwrap_err();
    assert_eq!(refusal.first(), &Reason::CouponOnOrder { order: order_id("p") });
    // From the end of the other's hold it is free.
    world.extend("ana", "o", 60).unwrap();
    world.later(30);
    world.revise("ana", "o", &goods, &[Use::Coupon(two)]).unwrap();
    assert_eq!([one, two].map(|coupon| world.status("ana", coupon).as_str()), ["valid", "inactive"]);
    assert_eq!(world.order("ana", "p").stage, OrderStage::TimedOut);
    world.check_replay();
}

#[test]
fn after_its_hold_or_a_cancellation_nothing_is_revised() {
    let mut world = World::new();
    let goods = cart("l1:a:1000*1");
    world.place("ana", "o", &goods, &[]).unwrap();
    world.later(30);
    let refusal = world.revise("ana", "o", &goods, &[]).unwrap_err();
    assert_eq!(refusal.first(), &Reason::OrderStateForbids { order_status: OrderStatus::Cancelled });
    world.place("ana", "p", &goods, &[]).unwrap();
    world.cancel("ana", "p", None).unwrap();
    assert_eq!(refused(world.revise("ana", "p", &goods, &[])), "order_state");
}

#[test]
fn the_id_stays_that_of_the_request_that_placed_it() {
    let mut world = World::new();
    let order = place("ana", "o", &cart("l1:a:1000*1"), &[]);
    world.run(order.clone()).unwrap();
    let other = cart("l1:a:2000*1");
    world.revise("ana", "o", &other, &[]).unwrap();
    let events = world.journal.len();
    world.run(order).unwrap();
    assert_eq!((world.journal.len(), world.order("ana", "o").figures().total), (events, amount(2_000)));
    let mut as_revised = place("ana", "o", &other, &[]);
    as_revised.fingerprint = [2; 16];
    assert_eq!(refused(world.run(as_revised)), "order_exists");
}

#[test]
fn after_one_seller_was_cancelled_the_new_cart_says_who_is_in() {
    let mut world = World::new();
    let over = world.campaign(&json!({"minimum_spend": {"amount": 2000}}));
    let coupon = world.claim("ana", over).unwrap();
    let both = cart("l1:a:1500*1 l2:b:1500*1 +b:70");
    world.place("ana", "o", &both, &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "o", Some("b")).unwrap();
    assert_eq!((world.status("ana", coupon), discount(&world)), (CouponStatus::Valid, 0));
    // The seller is back, and so is what came off with it.
    world.revise("ana", "o", &both, &[Use::Coupon(coupon)]).unwrap();
    let order = world.order("ana", "o");
    assert!(order.transactions.iter().all(|transaction| transaction.state == TransactionState::Open));
    assert_eq!(order.figures().total, amount(3_070 - 500));
    world.cancel("ana", "o", Some("a")).unwrap();
    assert_eq!((world.status("ana", coupon), discount(&world)), (CouponStatus::Valid, 0));
    // Without the cancelled one it is as if it had never been there.
    world.revise("ana", "o", &cart("l2:b:2500*1"), &[Use::Coupon(coupon)]).unwrap();
    assert_eq!(world.order("ana", "o").transactions.len(), 1);
    world.pay("ana", "o").unwrap();
    let all = world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!((all.amount, all.order_refunded.as_str()), (amount(2_000), "full"));
    assert_eq!(world.figures(over), "1 0 0 1 0 0");
    world.check_replay();
}

#[test]
fn extending_counts_from_placing_whatever_was_revised() {
    let mut world = World::new();
    let placed_at = world.now;
    world.place("ana", "o", &cart("l1:a:1000*1"), &[]).unwrap();
    world.later(20);
    world.revise("ana", "o", &cart("l1:a:900*1"), &[]).unwrap();
    world.extend("ana", "o", 10_080).unwrap();
    assert_eq!(world.order("ana", "o").hold_expires_at, placed_at.plus_hours(7 * 24));
    world.later(60 * 24 * 7 - 21);
    world.revise("ana", "o", &cart("l1:a:800*1"), &[]).unwrap();
    world.pay("ana", "o").unwrap();
    assert_eq!(world.order("ana", "o").figures().total, amount(800));
}

/// Everything that an order comes to, but for the ids of coupons that codes made.
fn as_figures(world: &World, account: &str, order: &str) -> String {
    let order = world.order(account, order);
    let mut applied: Vec<_> = order.applied().cloned().collect();
    applied.iter_mut().filter(|applied| applied.code.is_some()).for_each(|applied| applied.coupon = None);
    let refunds: Vec<_> = order
        .refunds
        .iter()
        .map(|refund| {
            let mut refund = refund.clone();
            refund.coupons.iter_mut().for_each(|entry| entry.coupon = CouponId::from_uid(no_uid()));
            (refund.amount, refund.lines, refund.shipping, refund.funding, refund.campaigns, refund.coupons)
        })
        .collect();
    format!("{:?} {applied:?} {refunds:?} {:?}", order.figures(), order.transactions)
}

fn no_uid() -> scrip_core::id::Uid {
    scrip_core::id::Uid::from_bytes([0; 16])
}

#[test]
fn revised_paid_closed_and_refunded_an_order_comes_to_what_a_fresh_order_of_that_cart_does() {
    let templates: Vec<_> = (0..10).map(|seed| prepared(Random(seed))).collect();
    let mut compared = 0;
    for seed in 0..u64::from(cases(300)) {
        let (world, campaigns) = templates[seed as usize % templates.len()].clone();
        let mut model = Model::new(world, campaigns.clone(), Random(seed << 9));
        for _ in 0..12 {
            drop(model.claim());
        }
        let account = model.account();
        let (before, after) = (model.cart(), model.cart());
        let some = model.uses(account, &[]);
        if model.placed(account, "o", &before, some).is_none() {
            continue;
        }
        // The fresh one is placed where the other was given up instead of revised.
        let mut fresh = Model::new(model.world.clone(), campaigns.clone(), Random(seed));
        let held = model.world.order(account, "o").coupons.clone();
        let asked = model.uses(account, &held);
        fresh.world.cancel(account, "o", None).unwrap();
        let Some(uses) = fresh.placed(account, "p", &after, asked) else { continue };
        model.world.revise(account, "o", &after, &uses).expect("what a new order may, a revised one may");
        for step in 0..3 {
            for (world, order) in [(&mut model.world, "o"), (&mut fresh.world, "p")] {
                let seller = world.order(account, order).transactions[0].seller.as_str().to_owned();
                let line = world.order(account, order).cart.lines()[0].id.as_str().to_owned();
                match step {
                    0 => drop(world.pay(account, order).unwrap()),
                    1 if seed % 2 == 0 => drop(world.close(account, order, Some(&seller)).unwrap()),
                    1 => drop(world.refund(account, order, "r1", parts(&format!("{line}*1"))).unwrap()),
                    _ => drop(world.refund(account, order, "r2", RefundOf::All)),
                }
            }
            assert_eq!(as_figures(&model.world, account, "o"), as_figures(&fresh.world, account, "p"), "seed {seed}");
            for campaign in &campaigns {
                assert_eq!(model.world.counters(*campaign), fresh.world.counters(*campaign), "seed {seed}");
            }
        }
        let cash = |world: &World, order: &str| -> Amount {
            world.order(account, order).refunds.iter().map(|refund| refund.amount).sum()
        };
        assert_eq!(cash(&model.world, "o"), cash(&fresh.world, "p"));
        compared += 1;
    }
    assert!(compared >= cases(300) / 2, "only {compared} were compared");
}

/// Whoever has it on the order is told that the code was revoked; it stays there as the order was placed.
#[test]
fn a_code_that_was_revoked_cant_be_on_the_order_anew() {
    let mut world = World::new();
    let campaigns =
        [(); 2].map(|()| world.campaign(&json!({"claims": {"channels": ["code"]}, "stacking": {"group": "x"}})));
    world.shared_code(campaigns[0], "SAVE10", None);
    world.shared_code(campaigns[1], "SAVE20", None);
    let goods = cart("l1:a:1000*1");
    world.place("ana", "o", &goods, &[Use::Code("SAVE10")]).unwrap();
    for (campaign, text) in [(campaigns[0], "SAVE10"), (campaigns[1], "SAVE20")] {
        let hash = super::build::code(text).hash;
        let revoked = world.run(RevokeCode { campaign, as_seller: None, hash }).unwrap();
        let Outcome::Code(Some(code)) = revoked else { panic!("the code as it is") };
        assert_eq!(code.revoked_at, Some(world.now));
    }
    let more = cart("l1:a:2000*1");
    let given = |refusal: scrip_core::reason::Refusal| {
        let told = |error: scrip_core::reason::RefusalError| (error.pointer.unwrap_or_default(), error.reason.code());
        refusal.errors.into_iter().map(told).collect::<Vec<_>>()
    };
    let held = world.revise("ana", "o", &more, &[Use::Code("SAVE10")]).unwrap_err();
    assert_eq!(given(held), [("/codes/0".to_owned(), "code_revoked")]);
    let others = world.revise("ana", "o", &more, &[Use::Code("SAVE20")]).unwrap_err();
    assert_eq!(given(others), [("/codes/0".to_owned(), "code_not_usable")]);
    assert_eq!(world.on("ana", "o").len(), 1);
    world.pay("ana", "o").unwrap();
    world.check_replay();
}
