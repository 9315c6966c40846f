//! Bounds that input can reach: wallets beyond their limit, sums beyond what an amount is.

use scrip_core::{
    campaign::{CAMPAIGN_CHANGES_MAX, CAMPAIGN_PAUSES_MORE, Channel, Terms},
    command::{CampaignStep, ChangeCampaign, MoveCampaign, RefundOf},
    event::Event,
    id::CouponId,
    metadata::{Changes, Writer},
    money::Amount,
    name::IndividualId,
    order::ORDER_EVENTS_MAX,
    reason::Reason,
    status::CouponStatus,
    wallet::{Coupon, CouponState, Origin, PAGE_MAX},
};
use serde_json::json;

use super::{
    build::{account, amount, by_seller, cart, seller},
    world::{Use, World, refused},
};

/// 10^15.
const MOST: i64 = 1_000_000_000_000_000;

/// Every coupon that came back at once: more pages than one byte can number.
#[test]
fn a_coupon_comes_back_whatever_the_wallets_size() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({}));
    let coupon = world.claim("ana", campaign).unwrap();
    world.place("ana", "o", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    world.pay("ana", "o").unwrap();
    world.close("ana", "o", None).unwrap();
    world.checked = false;
    let full = PAGE_MAX * 257;
    let live = |n: usize| Coupon {
        id: CouponId::from_uid(scrip_core::id::Uid::from_bytes((n as u128 + 1).to_be_bytes())),
        campaign,
        terms_version: 1,
        claimed_at: world.now,
        starts_at: world.now,
        expires_at: world.coupon("ana", coupon).unwrap().expires_at,
        channel: Channel::Web,
        source: None,
        origin: Origin::Imported,
        state: CouponState::Valid,
        import_key: None,
        as_is: false,
        code: None,
    };
    let individual = IndividualId::from(&account("ana"));
    let imported = |n| Event::CouponImported {
        account: account("ana"),
        individual: individual.clone(),
        coupon: live(n),
        counted: Some(true),
    };
    let events = (0..full).map(imported).collect();
    world.emit(events);
    let refund = world.refund("ana", "o", "r", RefundOf::All).unwrap();
    assert_eq!(refund.amount, amount(500));
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    assert_eq!(world.state().live_coupons(&account("ana")).count(), full + 1);
    assert_eq!(refused(world.claim("ana", campaign)), "wallet_full");
    // And on from there: held, given back, archived.
    world.place("ana", "p", &cart("l1:a:1000*1"), &[Use::Coupon(coupon)]).unwrap();
    world.cancel("ana", "p", None).unwrap();
    assert_eq!(world.status("ana", coupon), CouponStatus::Valid);
    world.check_replay();
}

#[test]
fn what_a_campaign_counts_stays_an_amount() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"benefit": {"type": "percent_off", "percent_bp": 10_000}}));
    let coupons = [(); 4].map(|()| world.claim("ana", campaign).unwrap());
    let whole = cart(&format!("l1:a:{MOST}*1"));
    let one = cart("l1:a:1*1");
    world.place("ana", "o", &whole, &[Use::Coupon(coupons[0])]).unwrap();
    assert_eq!(refused(world.place("ana", "p", &whole, &[Use::Coupon(coupons[1])])), "amount_out_of_range");
    assert_eq!(refused(world.place("ana", "p", &one, &[Use::Coupon(coupons[1])])), "amount_out_of_range");
    world.pay("ana", "o").unwrap();
    assert_eq!(world.counters(campaign).budget_spent, Amount::MAX);
    assert_eq!(refused(world.place("ana", "p", &one, &[Use::Coupon(coupons[1])])), "amount_out_of_range");
    // Without it the order is placed; revised to use it, it is refused and stays as it was.
    world.place("ana", "p", &one, &[]).unwrap();
    assert_eq!(refused(world.revise("ana", "p", &one, &[Use::Coupon(coupons[1])])), "amount_out_of_range");
    // What was given back counts no more.
    world.refund("ana", "o", "r", RefundOf::All).unwrap();
    world.revise("ana", "p", &one, &[Use::Coupon(coupons[1])]).unwrap();
    // A late payment takes anew.
    world.later(31);
    world.place("ana", "q", &whole, &[Use::Coupon(coupons[2])]).unwrap();
    assert_eq!(refused(world.pay("ana", "p")), "amount_out_of_range");
    world.cancel("ana", "q", None).unwrap();
    world.pay("ana", "p").unwrap();
    assert_eq!(world.counters(campaign).budget_spent, amount(1));
    world.check_replay();
}

/// Each is a place in the journal that the campaign's document keeps.
#[test]
fn a_seller_changes_a_campaign_so_often_and_every_pause_can_be_taken_back() {
    let mut world = World::new();
    let campaign = world.campaign(&json!({"issuer": by_seller("luma")}));
    world.checked = false;
    let luma = || Some(seller("luma"));
    let step = |world: &mut World, as_seller, step| world.run(MoveCampaign { campaign, as_seller, step });
    let refusal = loop {
        if let Err(refusal) = step(&mut world, luma(), CampaignStep::Pause) {
            break refusal;
        }
        step(&mut world, luma(), CampaignStep::Resume).unwrap();
    };
    let limit = (CAMPAIGN_CHANGES_MAX + CAMPAIGN_PAUSES_MORE) as u64;
    assert_eq!(refusal.first(), &Reason::LimitReached { limit, of: "changes" });
    let state = world.state().campaign(campaign).unwrap();
    let rename = |name: &str, as_seller| {
        let terms = Terms { name: name.to_owned(), ..state.terms.clone() };
        let by = Writer::Operator;
        ChangeCampaign { campaign, as_seller, revision: state.revision, terms, metadata: Changes::default(), by }
    };
    let (by_luma, by_operator) = (rename("A", luma()), rename("B", None));
    let limit = CAMPAIGN_CHANGES_MAX as u64;
    let refusal = world.run(by_luma).unwrap_err();
    assert_eq!(refusal.first(), &Reason::LimitReached { limit, of: "changes" });
    // Whoever answers for the platform helps out.
    world.run(by_operator).unwrap();
    step(&mut world, None, CampaignStep::Pause).unwrap();
    step(&mut world, None, CampaignStep::Resume).unwrap();
    step(&mut world, luma(), CampaignStep::End).unwrap();
}

#[test]
fn an_order_is_revised_so_often_and_paid_all_the_same() {
    let mut world = World::new();
    let carts = ["l1:a:1000*1", "l1:a:1000*2"].map(cart);
    world.place("ana", "o", &carts[0], &[]).unwrap();
    world.checked = false;
    for number in 0..ORDER_EVENTS_MAX - 1 {
        world.revise("ana", "o", &carts[(number + 1) % 2], &[]).unwrap();
    }
    let refusal = world.revise("ana", "o", &carts[0], &[]).unwrap_err();
    assert_eq!(refusal.first(), &Reason::LimitReached { limit: ORDER_EVENTS_MAX as u64, of: "changes" });
    assert_eq!(refused(world.extend("ana", "o", 60)), "limit_reached");
    world.pay("ana", "o").unwrap();
}
