//! The shipping lane against every set of its coupons tried.

use super::{CouponSet, is_better, shipping::ShippingLane, usable::usable};
use crate::{
    Problem, Shape,
    cart::{Cart, saving},
    problems::{Draft, DraftCoupon, DraftLine, Random},
};

/// Shipping coupons alone, without a minimum: `groups` stacking slots of each seller and of the platform.
fn draft(random: &mut Random, sellers: usize, coupons: i64, groups: usize) -> Problem {
    let line = |seller| DraftLine { seller, product: 0, amount: 10_000 };
    let mut draft = Draft {
        lines: (0..sellers)
            .map(|seller| DraftLine { product: i64::try_from(seller).expect("few"), ..line(seller) })
            .collect(),
        shipping: (0..sellers).map(|_| random.range(0, 60)).collect(),
        coupons: Vec::new(),
    };
    for _ in 0..coupons {
        let seller = random.percent(50).then(|| random.index(sellers));
        let amount = if random.percent(10) { i64::MAX } else { random.range(1, 40) };
        let mut coupon = DraftCoupon { for_shipping: true, ..DraftCoupon::new(seller, Shape::Amount(amount)) };
        coupon.group = Some(u32::try_from(random.index(groups)).expect("few"));
        coupon.budget = random.percent(25).then(|| random.range(1, 40));
        coupon.id = random.range(0, 255);
        if seller.is_none() && random.percent(50) {
            coupon.products = (0..2).map(|_| random.range(0, 3)).collect();
        }
        draft.coupons.push(coupon);
    }
    draft.build()
}

#[test]
fn the_best_of_the_shipping_lane_is_the_best_of_all_its_sets() {
    for number in 0..800 {
        let random = &mut Random(0x16_0000 + number);
        let sellers = 1 + random.index(3);
        let coupons = random.range(2, 9);
        let problem = draft(random, sellers, coupons, 4);
        let start = Cart::new(&problem);
        let usable = usable(&start);
        let mut members: Vec<usize> = (0..usable.len()).collect();
        members.sort_by_key(|&member| usable[member].coupon.order);
        let mut lane = ShippingLane::<1>::new(&start, &usable, &members);
        assert_eq!(lane.has_platform_coupons(), usable.iter().any(|own| own.coupon.seller.is_none()));
        // Twice, for what was known already.
        for applying in [random.next(), u64::MAX, random.next(), u64::MAX] {
            let some: Vec<usize> = members.iter().copied().filter(|member| applying >> member & 1 == 1).collect();
            let mut best = (0, CouponSet::<1>::EMPTY);
            for bits in 1_u64..1 << some.len() {
                let set: Vec<usize> =
                    (0..some.len()).filter(|number| bits >> number & 1 == 1).map(|number| some[number]).collect();
                let indices: Vec<usize> = set.iter().map(|&member| usable[member].index).collect();
                if let Some(saved) = saving(&problem, &indices) {
                    let set = set.into_iter().fold(CouponSet::EMPTY, CouponSet::with);
                    if is_better(&(saved, set), &best) {
                        best = (saved, set);
                    }
                }
            }
            let applying = some.into_iter().fold(CouponSet::EMPTY, CouponSet::with);
            assert_eq!(lane.best(&applying), best, "problem {number}: {applying:?} of {problem:#?}");
        }
        assert!(!lane.left_out, "problem {number}: few enough to try all, of {problem:#?}");
    }
}

/// Where more sets than it looks at may be, it says so, and what it found is what an order comes to.
#[test]
fn a_shipping_lane_that_leaves_sets_out_says_so() {
    for (of_seller, groups) in [(true, 14), (false, 14), (true, 4), (false, 4)] {
        // Every set takes off another sum, and all together more than there is.
        let coupon = |group: u32| DraftCoupon {
            for_shipping: true,
            group: Some(group),
            ..DraftCoupon::new(of_seller.then_some(0), Shape::Amount(1 << group))
        };
        let all_of_them = (1 << groups) - 1;
        let draft = Draft {
            lines: vec![DraftLine { seller: 0, product: 0, amount: 100 }],
            shipping: vec![all_of_them * 2 / 3],
            coupons: (0..groups).map(coupon).collect(),
        };
        let problem = draft.build();
        let start = Cart::new(&problem);
        let usable = usable(&start);
        let members: Vec<usize> = (0..usable.len()).collect();
        let mut lane = ShippingLane::<1>::new(&start, &usable, &members);
        let (saved, set) = lane.best(&members.iter().fold(CouponSet::EMPTY, |set, &member| set.with(member)));
        let found: Vec<usize> = set.members().map(|member| usable[member].index).collect();
        assert_eq!(saving(&problem, &found), Some(saved), "{groups} groups");
        assert_eq!(saved, problem.shipping[0], "{groups} groups: all of the shipping");
        assert_eq!(lane.left_out, groups == 14, "{groups} groups");
    }
}
