use super::Amount;

/// Splits `total` over `weights` in proportion, losing nothing.
///
/// Shape: one part per weight, same order, each ≥ 0, sum exactly `total`; the minor units left after flooring go one each
/// to the largest remainders, ties to the earlier weight. A weight of 0 gets 0. While `total` is at most the sum of the
/// weights, no part exceeds its weight. Cost: O(n).
/// Source: rules, Order of application 4.
///
/// # Panics
/// If `total` is above 0 and every weight is 0, or the weights come to more than 9,000 times [`Amount::MAX`].
///
/// ```
/// use scrip_core::money::{Amount, split};
/// let of = |n| Amount::of(n);
/// assert_eq!(split(of(1_000), &[of(1_000), of(1_000), of(1_000)]), [of(334), of(333), of(333)]);
/// assert_eq!(split(of(1), &[of(5), of(5)]), [of(1), of(0)]);
/// ```
pub fn split(total: Amount, weights: &[Amount]) -> Vec<Amount> {
    let weights: Vec<i64> = weights.iter().map(|weight| weight.minor()).collect();
    scrip_combination::split(total.minor(), &weights).into_iter().map(Amount::of).collect()
}

/// What unit `index` (from 0) of `units` carries when `total` is spread evenly, the larger part first.
pub fn spread(total: Amount, units: u32, index: u32) -> Amount {
    let units = i64::from(units);
    Amount::of(total.minor() / units + i64::from(i64::from(index) < total.minor() % units))
}

/// What the first `count` of `units` carry together when `total` is spread evenly, the larger part first.
pub fn spread_before(total: Amount, units: u32, count: u32) -> Amount {
    let (units, count) = (i64::from(units), i64::from(count));
    Amount::of(total.minor() / units * count + count.min(total.minor() % units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_near_the_limit_do_not_overflow() {
        let parts = split(Amount::MAX, &[Amount::MAX, Amount::MAX, Amount::of(1)]);
        assert_eq!(parts.iter().copied().sum::<Amount>(), Amount::MAX);
    }

    #[test]
    fn spreading_gives_the_larger_part_first() {
        let units: Vec<_> = (0..5).map(|i| spread(Amount::of(3), 5, i).minor()).collect();
        assert_eq!(units, [1, 1, 1, 0, 0]);
        assert_eq!(spread_before(Amount::of(3), 5, 4), Amount::of(3));
        assert_eq!(spread_before(Amount::of(7), 3, 2), Amount::of(5));
    }
}
