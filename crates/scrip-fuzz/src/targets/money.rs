//! I6: shares add up, whatever they are shares of.

use scrip_core::{
    campaign::Terms,
    candidate::Candidate,
    cart::Cart,
    id::{CampaignId, CouponId, Uid},
    money::{Amount, split},
    quote::{Choice, quote},
    reason::UsedBy,
    time::{Timestamp, Zones},
};
use serde_json::Value;

/// Eight bytes each: the total, then the weights.
pub fn split_adds_up(data: &[u8]) {
    let mut amounts = data.chunks_exact(8).map(|bytes| {
        let number = u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
        Amount::of(i64::try_from(number % (Amount::MAX.minor() as u64 + 1)).expect("at most 10^15"))
    });
    let Some(total) = amounts.next() else { return };
    let weights: Vec<Amount> = amounts.take(500).collect();
    if !total.is_zero() && weights.iter().all(|weight| weight.is_zero()) {
        return;
    }
    let parts = split(total, &weights);
    assert_eq!(parts.len(), weights.len());
    let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
    if !weights.is_empty() {
        assert_eq!(sum, i128::from(total.minor()));
    }
    let whole: i128 = weights.iter().map(|weight| i128::from(weight.minor())).sum();
    for (part, weight) in parts.iter().zip(&weights) {
        assert!(part.minor() >= 0 && (part.is_zero() || !weight.is_zero()));
        if sum <= whole {
            assert!(part <= weight, "no part exceeds its weight");
        }
    }
}

/// A JSON list: a cart, then terms of coupons. All that is applied adds up over lines, units, sellers and funders.
pub fn quote_adds_up(data: &[u8]) {
    let Ok(Value::Array(mut values)) = serde_json::from_slice(data) else { return };
    if values.is_empty() || values.len() > 12 {
        return;
    }
    let part = |value: &Value, name: &str| value.get(name).cloned().unwrap_or(Value::Array(Vec::new()));
    let cart = values.remove(0);
    let Ok(currency) = serde_json::from_value(part(&cart, "currency")) else { return };
    let Ok(lines) = serde_json::from_value(part(&cart, "lines")) else { return };
    let Ok(shipping) = serde_json::from_value(part(&cart, "shipping")) else { return };
    let Ok(cart) = Cart::new(currency, lines, shipping) else { return };
    let terms: Vec<Terms> =
        values.into_iter().filter_map(|value| serde_json::from_value::<Terms>(value).ok()?.checked().ok()).collect();
    let now = Timestamp::from_micros(1_780_000_000_000_000);
    let candidates: Vec<Candidate<'_>> =
        (0_u8..).zip(&terms).map(|(place, terms)| candidate(place, terms, now)).collect();
    let all: Vec<usize> = (0..candidates.len()).collect();
    for choice in [Choice::Best, Choice::Named(&all)] {
        let quote = quote(&cart, &candidates, choice, now);
        assert_eq!(quote.applied.len() + quote.not_applied.len(), candidates.len(), "each has its answer");
        assert!(quote.not_applied.iter().all(|entry| !entry.reasons.is_empty()), "every no has its reason");
        let mut left: Vec<i64> = cart.lines().iter().map(|line| line.amount().minor()).collect();
        for applied in &quote.applied {
            let goods: i64 = applied.shares.iter().map(|share| share.amount.minor()).sum();
            let shipping: i64 = applied.shipping_shares.iter().map(|share| share.amount.minor()).sum();
            assert_eq!(goods + shipping, applied.discount.minor());
            let funded: i64 = applied.funding().into_iter().map(|(_, amount)| amount.minor()).sum();
            assert_eq!(funded, applied.discount.minor());
            for share in &applied.shares {
                let units: i64 = share.units.iter().map(|(count, amount)| i64::from(count) * amount.minor()).sum();
                assert_eq!(units, share.amount.minor());
                left[usize::from(share.line)] -= share.amount.minor();
            }
        }
        assert!(left.iter().all(|left| *left >= 0), "no line below zero");
    }
}

fn candidate(place: u8, terms: &Terms, now: Timestamp) -> Candidate<'_> {
    let (starts_at, expires_at) =
        terms.validity.window(now, &Zones::bundled()).expect("terms that were parsed have a known zone");
    Candidate {
        used_by: UsedBy::Coupon(CouponId::from_uid(Uid::from_bytes([place; 16]))),
        campaign: CampaignId::from_uid(Uid::from_bytes([place; 16])),
        terms_version: 1,
        terms,
        starts_at,
        expires_at,
        paused: false,
        budget_left: None,
        reasons_on_any_cart: Vec::new(),
        at_most: None,
    }
}
