use super::Amount;

/// Splits `total` over `weights` in proportion, losing nothing.
///
/// Shape: one part per weight, same order, each ≥ 0, sum exactly `total`; the minor units left after flooring go one each
/// to the largest remainders, ties to the earlier weight. A weight of 0 gets 0. While `total` is at most the sum of the
/// weights, no part exceeds its weight. Cost: O(n).
/// Source: rules, Order of application 4.
///
/// # Panics
/// If `total` is above 0 and every weight is 0.
///
/// ```
/// use scrip_core::money::{Amount, split};
/// let of = |n| Amount::of(n);
/// assert_eq!(split(of(1_000), &[of(1_000), of(1_000), of(1_000)]), [of(334), of(333), of(333)]);
/// assert_eq!(split(of(1), &[of(5), of(5)]), [of(1), of(0)]);
/// ```
pub fn split(total: Amount, weights: &[Amount]) -> Vec<Amount> {
    if total.is_zero() {
        return vec![Amount::ZERO; weights.len()];
    }
    let whole: i128 = weights.iter().map(|weight| i128::from(weight.minor())).sum();
    assert!(whole > 0, "an amount above 0 needs a weight above 0");
    if let [_] = weights {
        return vec![total];
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = total.minor();
    // Nearly every product fits here, and a division of 128 bits takes several times as long.
    let short = i64::try_from(whole).ok().filter(|&whole| total.minor().checked_mul(whole).is_some());
    for (index, weight) in weights.iter().enumerate() {
        let (part, remainder) = match short {
            Some(whole) => {
                let product = total.minor() * weight.minor();
                (product / whole, i128::from(product % whole))
            }
            None => {
                let product = i128::from(total.minor()) * i128::from(weight.minor());
                (i64::try_from(product / whole).expect("a part is at most the total"), product % whole)
            }
        };
        left -= part;
        parts.push(part);
        remainders.push((remainder, index));
    }
    if left > 0 {
        let left = usize::try_from(left).expect("fewer left over than parts");
        // The largest `left` of them, in any order.
        remainders.select_nth_unstable_by(left - 1, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for &(_, index) in &remainders[..left] {
            parts[index] += 1;
        }
    }
    parts.into_iter().map(Amount::of).collect()
}

/// [`split`] where no part may exceed its `room`; what can't be placed goes to the others in proportion to their weights.
///
/// Needed where several coupons of one lane meet on a line: the weights are the amounts on entering the lane, the room is
/// what the earlier coupons of the lane left. Shape: as `split`, of `min(total, sum of the room with a weight)`.
pub fn split_within(total: Amount, weights: &[Amount], room: &[Amount]) -> Vec<Amount> {
    let mut parts = vec![Amount::ZERO; weights.len()];
    let mut left = total;
    let mut open: Vec<usize> = (0..weights.len()).filter(|&i| !weights[i].is_zero() && !room[i].is_zero()).collect();
    while !left.is_zero() && !open.is_empty() {
        let open_weights: Vec<Amount> = open.iter().map(|&i| weights[i]).collect();
        let offered = split(left, &open_weights);
        for (&i, &offer) in open.iter().zip(&offered) {
            let placed = offer.min(room[i] - parts[i]);
            parts[i] += placed;
            left -= placed;
        }
        // Every round either places all or fills a line, so this ends.
        open.retain(|&i| parts[i] < room[i]);
    }
    parts
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

    fn amounts(minor: &[i64]) -> Vec<Amount> {
        minor.iter().copied().map(Amount::of).collect()
    }

    #[test]
    fn a_part_never_exceeds_its_room_and_the_rest_moves_on() {
        let parts = split_within(Amount::of(90), &amounts(&[50, 50, 50]), &amounts(&[10, 50, 50]));
        assert_eq!(parts, amounts(&[10, 40, 40]));
        let parts = split_within(Amount::of(200), &amounts(&[50, 50, 0]), &amounts(&[10, 50, 50]));
        assert_eq!(parts, amounts(&[10, 50, 0]));
    }

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
