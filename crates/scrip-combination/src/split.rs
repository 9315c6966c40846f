//! The integer split: an amount over weights in proportion, by largest remainder, without losing a minor unit. Whatever
//! is divided in Scrip is divided here.

/// Splits `total` over `weights` in proportion, losing nothing.
///
/// Shape: one part per weight, same order, each ≥ 0, sum exactly `total`; the minor units left after flooring go one each
/// to the largest remainders, ties to the earlier weight. A weight of 0 gets 0. While `total` is at most the sum of the
/// weights, no part exceeds its weight. Cost: O(n).
///
/// # Panics
/// If `total` is above 0 and every weight is 0, or the weights' sum is beyond an `i64`.
///
/// ```
/// use scrip_combination::split;
/// assert_eq!(split(1_000, &[1_000, 1_000, 1_000]), [334, 333, 333]);
/// assert_eq!(split(1, &[5, 5]), [1, 0]);
/// ```
pub fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    let mut parts = vec![0; weights.len()];
    if total == 0 {
        return parts;
    }
    if let ([part], [weight]) = (&mut parts[..], weights) {
        assert!(*weight > 0, "an amount above 0 needs a weight above 0");
        *part = total;
        return parts;
    }
    let all: Vec<usize> = (0..weights.len()).collect();
    let mut remainders = Vec::with_capacity(weights.len());
    by_largest_remainder(total, weights, &all, &mut remainders, |index, part| parts[index] += part);
    parts
}

/// What a split uses between its rounds, kept so that many splits make no lists.
#[derive(Clone, Default, Debug)]
pub(crate) struct Scratch {
    /// What takes more.
    open: Vec<usize>,
    /// What parts were rounded down by, and whose they are, by index in `open`.
    remainders: Vec<(i64, usize)>,
}

/// Takes `total` off those of `left` that `indices` name, in proportion to `weights`, none below 0: what finds no room goes to
/// the others in the same proportion.
///
/// `left` is at most `weights`, each at its index, and `total` at most what is left in all.
pub(crate) fn split_within(total: i64, weights: &[i64], left: &mut [i64], indices: &[usize], scratch: &mut Scratch) {
    let Scratch { open, remainders } = scratch;
    open.clear();
    open.extend(indices.iter().copied().filter(|&index| left[index] > 0));
    let mut rest = total;
    while rest > 0 && !open.is_empty() {
        by_largest_remainder(rest, weights, open, remainders, |index, part| left[index] -= part);
        // Below zero is what found no room. A round either takes all of the rest or empties something, so this ends.
        rest = 0;
        open.retain(|&index| {
            let amount = left[index];
            if amount < 0 {
                rest -= amount;
                left[index] = 0;
            }
            amount > 0
        });
    }
}

/// Gives `total` out over `weights[open]`: to each the floor of its proportion, then one more each to the largest remainders.
fn by_largest_remainder(
    total: i64,
    weights: &[i64],
    open: &[usize],
    remainders: &mut Vec<(i64, usize)>,
    mut give: impl FnMut(usize, i64),
) {
    let whole: i64 = open.iter().map(|&index| weights[index]).sum();
    assert!(whole > 0, "an amount above 0 needs a weight above 0");
    remainders.clear();
    let mut over = total;
    // Nearly every product fits here, and a division of 128 bits takes several times as long.
    let short = total.checked_mul(whole).is_some();
    for (number, &index) in open.iter().enumerate() {
        let (part, remainder) = if short {
            let product = total * weights[index];
            (product / whole, product % whole)
        } else {
            let (product, whole) = (i128::from(total) * i128::from(weights[index]), i128::from(whole));
            let fits =
                |amount| i64::try_from(amount).expect("a part is at most the total, a remainder below the whole");
            (fits(product / whole), fits(product % whole))
        };
        over -= part;
        remainders.push((remainder, number));
        give(index, part);
    }
    if over > 0 {
        let count = usize::try_from(over).expect("fewer left over than parts");
        // The largest of them, in any order.
        remainders.select_nth_unstable_by(count - 1, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for &(_, number) in &remainders[..count] {
            give(open[number], 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::Random;

    fn within(total: i64, weights: &[i64], room: &[i64]) -> Vec<i64> {
        let mut left = room.to_vec();
        let all: Vec<usize> = (0..weights.len()).collect();
        split_within(total, weights, &mut left, &all, &mut Scratch::default());
        room.iter().zip(left).map(|(before, after)| before - after).collect()
    }

    #[test]
    fn a_part_never_exceeds_its_room_and_the_rest_moves_on() {
        assert_eq!(within(90, &[50, 50, 50], &[10, 50, 50]), [10, 40, 40]);
        assert_eq!(within(60, &[50, 50, 0], &[10, 50, 0]), [10, 50, 0]);
    }

    /// Coupon after coupon on some of the same amounts, as the rule says it, written at length.
    #[test]
    fn what_finds_no_room_goes_to_the_others_in_proportion() {
        let mut random = Random(1);
        for case in 0..5_000 {
            // Some near the limit of an amount, where products need 128 bits.
            let unit = if case % 5 == 0 { 100_000_000_000 } else { 1 };
            let count = usize::try_from(random.range(1, 8)).expect("small");
            let weights: Vec<i64> = (0..count).map(|_| random.range(0, 499) * unit).collect();
            let (mut left, mut expected, mut scratch) = (weights.clone(), weights.clone(), Scratch::default());
            for _ in 0..4 {
                let some: Vec<usize> = (0..count).filter(|_| random.percent(67)).collect();
                let total = some.iter().map(|&index| left[index]).sum::<i64>().min(random.range(0, 799) * unit);
                split_within(total, &weights, &mut left, &some, &mut scratch);
                at_length(total, &weights, &mut expected, some);
                assert_eq!(left, expected, "case {case}");
            }
        }
    }

    fn at_length(mut total: i64, weights: &[i64], left: &mut [i64], mut some: Vec<usize>) {
        some.retain(|&index| left[index] > 0);
        while total > 0 {
            let whole: i128 = some.iter().map(|&index| i128::from(weights[index])).sum();
            let exact = |index: usize| i128::from(total) * i128::from(weights[index]);
            let mut parts: Vec<i128> = some.iter().map(|&index| exact(index) / whole).collect();
            let mut by_remainder: Vec<usize> = (0..some.len()).collect();
            by_remainder.sort_by_key(|&number| (-(exact(some[number]) % whole), number));
            for number in by_remainder
                .into_iter()
                .take(usize::try_from(i128::from(total) - parts.iter().sum::<i128>()).expect("few"))
            {
                parts[number] += 1;
            }
            for (&index, part) in some.iter().zip(parts) {
                let taken = i64::try_from(part).expect("a part").min(left[index]);
                left[index] -= taken;
                total -= taken;
            }
            some.retain(|&index| left[index] > 0);
        }
    }

    #[test]
    fn parts_that_would_overflow_together_are_a_fault() {
        assert!(std::panic::catch_unwind(|| split(1, &[i64::MAX, 1])).is_err());
        assert!(std::panic::catch_unwind(|| split(1, &[0, 0])).is_err());
        assert!(std::panic::catch_unwind(|| split(1, &[0])).is_err());
        assert_eq!(split(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn amounts_near_the_limit_do_not_overflow() {
        let most = 1_000_000_000_000_000;
        assert_eq!(split(most, &[most, most, 1]).iter().sum::<i64>(), most);
        assert_eq!(within(most, &[most, most, 1], &[most, 5, 1]).iter().sum::<i64>(), most);
    }
}
