use minicbor::{Decode, Encode};

use super::{Amount, spread};

/// Amounts of the units of a line, in order, equal neighbours counted instead of repeated: a line of 999,999 units takes
/// three entries, not a million.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Runs(Vec<(u32, Amount)>);

impl Runs {
    /// What each unit's part of the line's discount grows by when the discount so far goes from `before` to `after`.
    ///
    /// Source: rules, Order of application 4: the discount so far is spread evenly, the larger part first, so what is
    /// paid for two units of a line never differs by more than one minor unit.
    pub fn growth(before: Amount, after: Amount, units: u32) -> Self {
        let mut cuts = [0, remainder(before, units), remainder(after, units), units];
        cuts.sort_unstable();
        let mut runs = Self::default();
        for pair in cuts.windows(2) {
            if pair[0] < pair[1] {
                runs.push(pair[1] - pair[0], spread(after, units, pair[0]) - spread(before, units, pair[0]));
            }
        }
        runs
    }

    pub fn push(&mut self, count: u32, amount: Amount) {
        if count == 0 {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.1 == amount => last.0 += count,
            _ => self.0.push((count, amount)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, Amount)> {
        self.0.iter().copied()
    }

    pub fn total(&self) -> Amount {
        self.iter().map(|(count, amount)| times(amount, count)).sum()
    }

    /// The sum over the units from `from` up to, but not including, `to`.
    pub fn sum(&self, from: u32, to: u32) -> Amount {
        let mut start = 0;
        let mut sum = Amount::ZERO;
        for (count, amount) in self.iter() {
            let end = start + count;
            let covered = end.min(to).saturating_sub(start.max(from));
            sum += times(amount, covered);
            start = end;
        }
        sum
    }

    /// Splits `total` over the units in proportion to their amounts, by largest remainder, ties to the earlier unit:
    /// [`super::split`] without writing the units out.
    ///
    /// # Panics
    /// If `total` exceeds [`Runs::total`].
    pub fn split(&self, total: Amount) -> Self {
        let whole = i128::from(self.total().minor());
        assert!(i128::from(total.minor()) <= whole, "units are funded up to what they carry");
        if total.is_zero() {
            let mut none = Self::default();
            none.push(self.0.iter().map(|run| run.0).sum(), Amount::ZERO);
            return none;
        }
        let mut left = total.minor();
        let mut floors = Vec::with_capacity(self.0.len());
        let mut order = Vec::with_capacity(self.0.len());
        for (index, (count, amount)) in self.iter().enumerate() {
            let product = i128::from(total.minor()) * i128::from(amount.minor());
            let floor = i64::try_from(product / whole).expect("a part is at most the total");
            left -= floor * i64::from(count);
            floors.push(floor);
            order.push((product % whole, index));
        }
        // Units of one run have the same remainder, so a run takes its extra units from its front. Runs of equal
        // remainder are taken in order, which is the order of their units.
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut extras = vec![0_u32; self.0.len()];
        for (_, index) in order {
            let extra = left.min(i64::from(self.0[index].0));
            extras[index] = u32::try_from(extra).expect("at most the units of the run");
            left -= extra;
        }
        let mut parts = Self::default();
        for (index, (count, _)) in self.iter().enumerate() {
            parts.push(extras[index], Amount::of(floors[index] + 1));
            parts.push(count - extras[index], Amount::of(floors[index]));
        }
        parts
    }

    /// Unit by unit difference.
    ///
    /// # Panics
    /// If a unit of `other` carries more than the same unit here.
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        let mut theirs = other.iter();
        let mut current = theirs.next();
        for (mut count, amount) in self.iter() {
            while count > 0 {
                let (their_count, their_amount) = current.unwrap_or((count, Amount::ZERO));
                let both = count.min(their_count);
                rest.push(both, amount - their_amount);
                count -= both;
                current = if their_count > both { Some((their_count - both, their_amount)) } else { theirs.next() };
            }
        }
        rest
    }
}

fn remainder(total: Amount, units: u32) -> u32 {
    u32::try_from(total.minor() % i64::from(units)).expect("a remainder is below its divisor")
}

fn times(amount: Amount, count: u32) -> Amount {
    Amount::of(amount.minor() * i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_out(runs: &Runs) -> Vec<i64> {
        runs.iter().flat_map(|(count, amount)| vec![amount.minor(); count as usize]).collect()
    }

    #[test]
    fn growth_is_the_difference_of_two_spreads() {
        assert_eq!(written_out(&Runs::growth(Amount::ZERO, Amount::of(1_000), 3)), [334, 333, 333]);
        assert_eq!(written_out(&Runs::growth(Amount::of(2), Amount::of(4), 3)), [1, 0, 1]);
    }

    #[test]
    fn splitting_runs_equals_splitting_units() {
        let runs = Runs::growth(Amount::of(2), Amount::of(12), 7);
        let units: Vec<Amount> = written_out(&runs).into_iter().map(Amount::of).collect();
        for total in 0..=10 {
            let expected: Vec<i64> =
                super::super::split(Amount::of(total), &units).into_iter().map(Amount::minor).collect();
            assert_eq!(written_out(&runs.split(Amount::of(total))), expected, "total {total}");
        }
    }

    #[test]
    fn sums_of_slices_add_up() {
        let runs = Runs::growth(Amount::ZERO, Amount::of(17), 5);
        assert_eq!(runs.sum(0, 2) + runs.sum(2, 5), Amount::of(17));
        assert_eq!(runs.minus(&runs.split(Amount::of(6))).total(), Amount::of(11));
    }
}
