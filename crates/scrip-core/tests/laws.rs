//! Laws of quotes and splits, on generated carts and wallets. `SCRIP_LAW_CASES` says how many (256).

#[path = "support/quote.rs"]
mod support;

use proptest::prelude::*;
use scrip_core::{
    candidate::Candidate,
    discount::Applied,
    money::{Amount, BasisPoints, Runs, split, spread},
    order::figures,
    quote::{Choice, Quote, best_combination, quote},
    reason::{Reason, UsedBy},
};
use support::{Built, MinimumSpec, NOW, Random, SMALL, Scenario, Shape};

/// Larger carts than brute force could take, funded by two.
const SHARED: Shape = Shape { sellers: (1, 5), lines: (1, 12), coupons: (1, 12), with_budget: 20, ..SMALL };

fn config() -> ProptestConfig {
    let cases = std::env::var("SCRIP_LAW_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A scenario from a seed; half of its coupons are funded by two.
fn scenario(seed: u64) -> Scenario {
    let mut random = Random(seed);
    let mut scenario = SHARED.scenario(&mut random);
    for coupon in &mut scenario.coupons {
        if random.percent(50) {
            coupon.platform_share = Some(u16::try_from(random.range(1, 9_999)).expect("basis points"));
        }
    }
    scenario
}

fn best(built: &Built) -> Quote {
    quote(&built.cart, &built.candidates(), Choice::Best, NOW)
}

fn discount(quote: &Quote) -> Amount {
    quote.applied.iter().map(|applied| applied.discount).sum()
}

fn used(quote: &Quote) -> Vec<(Option<scrip_core::id::CouponId>, Option<String>)> {
    quote.applied.iter().map(|applied| (applied.coupon, applied.code.clone())).collect()
}

fn unit_amounts(units: &Runs) -> Vec<i64> {
    units.iter().flat_map(|(count, amount)| vec![amount.minor(); count as usize]).collect()
}

/// A coupon's shares in every direction.
fn assert_shares_add_up(applied: &Applied, built: &Built) -> Result<(), TestCaseError> {
    let lines: Amount = applied.shares.iter().map(|share| share.amount).sum();
    let shipping: Amount = applied.shipping_shares.iter().map(|share| share.amount).sum();
    prop_assert_eq!(lines + shipping, applied.discount);
    let funders: Amount = applied.funding().into_iter().map(|(_, amount)| amount).sum();
    prop_assert_eq!(funders, applied.discount, "the funders pay the discount");
    for share in &applied.shares {
        let line = &built.cart.lines()[usize::from(share.line)];
        let units = unit_amounts(&share.units);
        prop_assert_eq!(units.len(), line.quantity as usize);
        prop_assert_eq!(units.iter().sum::<i64>(), share.amount.minor(), "the units carry the share");
        let mut funded = vec![0; units.len()];
        for part in &share.funding {
            for (unit, amount) in unit_amounts(&part.units).into_iter().enumerate() {
                prop_assert!(amount >= 0);
                funded[unit] += amount;
            }
        }
        prop_assert_eq!(funded, units, "each unit is funded exactly");
    }
    for share in &applied.shipping_shares {
        let funded: Amount = share.funding.iter().map(|(_, amount)| *amount).sum();
        prop_assert_eq!(funded, share.amount);
    }
    // The margin over the funders is the split by basis points.
    let terms = built.coupons.iter().find(|coupon| coupon.campaign == applied.campaign).map(|coupon| &coupon.terms);
    let points = terms.expect("of this wallet").funding();
    let weights: Vec<Amount> = points.iter().map(|part| Amount::of(i64::from(part.share_bp.get()))).collect();
    let mut expected = split(applied.discount, &weights);
    if points.len() == 2 {
        let platform = applied.funding().into_iter().find(|(funder, _)| funder.to_string() == "platform");
        prop_assert_eq!(platform.map_or(Amount::ZERO, |(_, amount)| amount), expected.remove(0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn i6_shares_add_up_in_every_direction_and_nothing_falls_below_zero(seed in any::<u64>()) {
        let built = scenario(seed).build();
        let quote = best(&built);
        for applied in &quote.applied {
            assert_shares_add_up(applied, &built)?;
        }
        let sums = figures(&built.cart, quote.applied.iter());
        prop_assert_eq!(sums.discount, discount(&quote));
        prop_assert_eq!(sums.total + sums.discount, sums.subtotal + sums.shipping);
        for (place, (line, figures)) in built.cart.lines().iter().zip(&sums.lines).enumerate() {
            prop_assert!(figures.discount <= figures.subtotal, "a line below zero");
            let mut paid = vec![line.unit_price.minor(); line.quantity as usize];
            for applied in &quote.applied {
                for share in applied.shares.iter().filter(|share| usize::from(share.line) == place) {
                    for (unit, amount) in unit_amounts(&share.units).into_iter().enumerate() {
                        paid[unit] -= amount;
                    }
                }
            }
            let (least, most) = (paid.iter().min(), paid.iter().max());
            prop_assert!(least.is_some_and(|least| *least >= 0), "a unit below zero");
            prop_assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "units differ: {:?}", paid);
            prop_assert_eq!(paid.iter().sum::<i64>(), figures.total.minor());
        }
    }

    #[test]
    fn the_sellers_add_up_to_the_cart_and_each_gets_its_own(seed in any::<u64>()) {
        let built = scenario(seed).build();
        let quote = best(&built);
        let sums = figures(&built.cart, quote.applied.iter());
        let lines: Amount = sums.lines.iter().map(|line| line.discount).sum();
        let shipping: Amount =
            quote.applied.iter().flat_map(|applied| &applied.shipping_shares).map(|share| share.amount).sum();
        prop_assert_eq!(lines + shipping, sums.discount);
        for seller in &sums.sellers {
            prop_assert_eq!(seller.total + seller.discount, seller.subtotal + seller.shipping);
            let taken: Amount = quote
                .applied
                .iter()
                .flat_map(|applied| &applied.shipping_shares)
                .filter(|share| share.seller == seller.seller)
                .map(|share| share.amount)
                .sum();
            prop_assert!(taken <= seller.shipping, "shipping below zero");
        }
        for applied in quote.applied.iter().filter(|applied| applied.issuer.seller().is_some()) {
            let issuer = applied.issuer.seller();
            let of_lines = applied.shares.iter().map(|share| &built.cart.lines()[usize::from(share.line)].seller);
            let of_shipping = applied.shipping_shares.iter().map(|share| &share.seller);
            prop_assert!(of_lines.chain(of_shipping).all(|seller| Some(seller) == issuer), "a share in another's store");
        }
    }

    #[test]
    fn s5_amounts_near_the_limit_are_exact(seed in any::<u64>()) {
        let mut scenario = scenario(seed);
        let random = &mut Random(seed);
        let share = 1_000_000_000_000_000 / (i64::try_from(scenario.lines.len()).expect("few") + 1);
        for line in &mut scenario.lines {
            line.price = (share - random.range(0, 1_000)) / i64::from(line.quantity);
        }
        for coupon in &mut scenario.coupons {
            coupon.minimum = None;
            coupon.budget_left = None;
        }
        let built = scenario.build();
        let quote = best(&built);
        for applied in &quote.applied {
            assert_shares_add_up(applied, &built)?;
        }
        let sums = figures(&built.cart, quote.applied.iter());
        prop_assert_eq!(sums.total + sums.discount, sums.subtotal + sums.shipping);
    }

    #[test]
    fn step2_whatever_is_named_one_coupon_takes_a_slot_and_an_exclusive_one_applies_alone(seed in any::<u64>(), named in any::<u16>()) {
        let built = scenario(seed).build();
        let candidates = built.candidates();
        let named: Vec<usize> = (0..candidates.len()).filter(|place| named & 1 << place != 0).collect();
        let quote = quote(&built.cart, &candidates, Choice::Named(&named), NOW);
        let of = |applied: &Applied| {
            let used_by = applied.coupon.map(UsedBy::Coupon).or(applied.code.clone().map(UsedBy::Code));
            candidates.iter().position(|candidate| Some(&candidate.used_by) == used_by.as_ref()).expect("a candidate")
        };
        let used: Vec<usize> = quote.applied.iter().map(of).collect();
        for (i, &one) in used.iter().enumerate() {
            prop_assert!(named.contains(&one), "one that wasn't named");
            prop_assert!(!candidates[one].terms.stacking.exclusive || used.len() == 1, "an exclusive coupon in company");
            prop_assert!(used[..i].iter().all(|&other| !candidates[other].shares_slot_with(&candidates[one])));
        }
        prop_assert!(discount(&quote) <= discount(&best(&built)), "named coupons save more than the best");
        let lanes: Vec<_> = used.iter().map(|&place| candidates[place].lane()).collect();
        prop_assert!(lanes.is_sorted(), "in the order of application");
    }

    #[test]
    fn step2_who_keeps_a_named_coupon_out_is_applied(seed in any::<u64>(), named in any::<u16>()) {
        let mut scenario = scenario(seed);
        let random = &mut Random(seed);
        for coupon in &mut scenario.coupons {
            // Few places, minima that others spoil, and some that stand alone.
            coupon.exclusive = random.percent(15);
            coupon.group = random.percent(50).then(|| u8::from(random.percent(50)));
        }
        let built = scenario.build();
        let candidates = built.candidates();
        let named: Vec<usize> = (0..candidates.len()).filter(|place| named & 1 << place != 0).collect();
        let quote = quote(&built.cart, &candidates, Choice::Named(&named), NOW);
        let used: Vec<UsedBy> = quote
            .applied
            .iter()
            .map(|applied| applied.coupon.map_or_else(|| UsedBy::Code(applied.code.clone().expect("either")), UsedBy::Coupon))
            .collect();
        for reason in quote.not_applied.iter().flat_map(|entry| &entry.reasons) {
            if let Reason::ExclusiveCouponApplied { coupon } | Reason::StackingGroupTaken { coupon } = reason {
                prop_assert!(used.contains(coupon), "{} keeps another out but isn't applied", coupon);
            }
        }
    }

    #[test]
    fn s6_one_below_the_minimum_at_it_and_one_above(seed in any::<u64>(), missing in -1_i64..=1) {
        let mut scenario = scenario(seed);
        scenario.coupons.truncate(1);
        let coupon = &mut scenario.coupons[0];
        (coupon.minimum, coupon.budget_left, coupon.trouble) = (None, None, None);
        let built = scenario.build();
        let eligible: i64 = built.coupons[0]
            .candidate()
            .eligible(&built.cart)
            .lines
            .iter()
            .map(|&line| built.cart.lines()[line].amount().minor())
            .sum();
        if eligible <= 1 || best(&built).applied.is_empty() {
            return Ok(());
        }
        let mut applies = |reaches| {
            scenario.coupons[0].minimum = Some(MinimumSpec { amount: eligible + missing, reaches, before_discounts: false });
            let quote = best(&scenario.build());
            let missing = quote.not_applied.first().and_then(|entry| {
                serde_json::to_value(&entry.reasons[0]).ok()?["missing"].as_i64()
            });
            (!quote.applied.is_empty(), missing)
        };
        let exceeds = if missing < 0 { (true, None) } else { (false, Some(missing + 1)) };
        prop_assert_eq!(applies(false), exceeds);
        let reaches = if missing <= 0 { (true, None) } else { (false, Some(missing)) };
        prop_assert_eq!(applies(true), reaches);
    }

    #[test]
    fn step3_a_percentage_is_rounded_once_half_up(base in 0_i64..=1_000_000_000_000_000, points in 1_u16..=10_000) {
        let off = BasisPoints::new(points).expect("1 to 10000").of(Amount::of(base));
        let tenthousandths = i128::from(base) * i128::from(points);
        let twice = 2 * (i128::from(off.minor()) * 10_000 - tenthousandths);
        prop_assert!(-10_000 < twice && twice <= 10_000, "{off} of {base} at {points}");
    }

    #[test]
    fn the_same_input_gives_the_same_output_whatever_the_order_of_the_wallet(seed in any::<u64>()) {
        let built = scenario(seed).build();
        let forward = best(&built);
        prop_assert_eq!(&forward, &best(&built));
        let candidates = built.candidates();
        let backward: Vec<Candidate<'_>> = candidates.iter().rev().cloned().collect();
        let backward = quote(&built.cart, &backward, Choice::Best, NOW);
        let sorted = |quote: &Quote| {
            let mut used = used(quote);
            used.sort();
            used
        };
        prop_assert_eq!(sorted(&forward), sorted(&backward));
        prop_assert_eq!(discount(&forward), discount(&backward));
    }

    #[test]
    fn one_more_coupon_never_makes_the_best_combination_worse(seed in any::<u64>()) {
        let mut scenario = scenario(seed);
        let whole = discount(&best(&scenario.build()));
        scenario.coupons.pop();
        let less = discount(&best(&scenario.build()));
        prop_assert!(less <= whole, "{less} without the last coupon, {whole} with it");
    }

    #[test]
    fn s6_a_higher_minimum_never_admits_more(seed in any::<u64>(), raise in 0_i64..5_000) {
        let mut scenario = scenario(seed);
        scenario.coupons.truncate(1);
        let alone = |scenario: &Scenario| discount(&best(&scenario.build()));
        let minimum = scenario.coupons[0].minimum.unwrap_or(MinimumSpec { amount: 0, reaches: true, before_discounts: false });
        scenario.coupons[0].minimum = Some(minimum);
        let before = alone(&scenario);
        scenario.coupons[0].minimum = Some(MinimumSpec { amount: minimum.amount + raise, ..minimum });
        let raised = alone(&scenario);
        prop_assert!(raised == before || raised == Amount::ZERO);
        scenario.coupons[0].minimum = Some(MinimumSpec { reaches: false, ..minimum });
        prop_assert!(alone(&scenario) <= before, "exceeds asks for more than reaches");
    }

    #[test]
    fn s9_no_coupon_takes_more_than_its_eligible_lines_and_their_shipping(seed in any::<u64>()) {
        let built = scenario(seed).build();
        for (applied, candidate) in best(&built).applied.iter().filter_map(|applied| {
            let used_by = applied.coupon.map(UsedBy::Coupon).or(applied.code.clone().map(UsedBy::Code))?;
            let coupon = built.coupons.iter().find(|coupon| coupon.used_by == used_by)?;
            Some((applied.clone(), coupon.candidate()))
        }) {
            let eligible = candidate.eligible(&built.cart);
            for share in &applied.shares {
                prop_assert!(eligible.lines.contains(&usize::from(share.line)), "a share on a line that isn't eligible");
            }
            let goods: Amount = eligible.lines.iter().map(|&line| built.cart.lines()[line].amount()).sum();
            let shipping: Amount = built.cart.shipping().iter().map(|entry| entry.amount).sum();
            let most = if candidate.terms.benefit.is_shipping() { shipping } else { goods };
            prop_assert!(applied.discount <= most && !applied.discount.is_zero());
            prop_assert!(candidate.budget_left.is_none_or(|left| applied.discount <= left));
        }
    }

    #[test]
    fn every_coupon_is_either_applied_or_says_why_not(seed in any::<u64>()) {
        let built = scenario(seed).build();
        let candidates = built.candidates();
        let quote = best(&built);
        prop_assert_eq!(quote.applied.len() + quote.not_applied.len(), candidates.len());
        prop_assert!(quote.not_applied.iter().all(|entry| !entry.reasons.is_empty()));
        prop_assert_eq!(best_combination(&built.cart, &candidates, NOW).len(), quote.applied.len());
    }

    #[test]
    fn a_split_loses_nothing_and_stays_within_its_weights(
        weights in prop::collection::vec(0_i64..=2_000_000_000_000, 1..40),
        share in 0_u64..=10_000,
    ) {
        let weights: Vec<Amount> = weights.into_iter().map(Amount::of).collect();
        let whole: Amount = weights.iter().copied().sum();
        prop_assume!(!whole.is_zero());
        let total = whole.scaled_half_up(i64::try_from(share).expect("small"), 10_000).min(whole);
        let parts = split(total, &weights);
        prop_assert_eq!(parts.iter().copied().sum::<Amount>(), total);
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!(part <= weight);
            let exact = i128::from(total.minor()) * i128::from(weight.minor());
            let difference = i128::from(part.minor()) * i128::from(whole.minor()) - exact;
            prop_assert!(difference.abs() < i128::from(whole.minor()), "a part is less than a minor unit off");
        }
    }

    #[test]
    fn runs_are_the_units_written_shorter(before in 0_i64..5_000, more in 0_i64..5_000, units in 1_u32..60, part in 0_u64..=100) {
        let runs = Runs::growth(Amount::of(before), Amount::of(before + more), units);
        let written: Vec<i64> = (0..units)
            .map(|unit| spread(Amount::of(before + more), units, unit).minor() - spread(Amount::of(before), units, unit).minor())
            .collect();
        prop_assert_eq!(unit_amounts(&runs), written.clone());
        prop_assert_eq!(runs.total(), Amount::of(more));
        let total = Amount::of(more).scaled_half_up(i64::try_from(part).expect("small"), 100);
        if more > 0 {
            let weights: Vec<Amount> = written.into_iter().map(Amount::of).collect();
            let expected: Vec<i64> = split(total, &weights).into_iter().map(Amount::minor).collect();
            prop_assert_eq!(unit_amounts(&runs.split(total)), expected);
            prop_assert_eq!(runs.minus(&runs.split(total)).total(), Amount::of(more) - total);
        }
    }
}
