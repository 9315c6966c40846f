use minicbor::{Decode, Encode};

use crate::money::{Amount, spread_before};

/// What of a line has been given back. Units are refunded from the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct LineMoney {
    /// Units refunded.
    #[n(0)]
    pub units: u32,
    /// Cash given back, for units and as amounts.
    #[n(1)]
    pub cash: Amount,
    /// After an amount refund what is left paid is spread anew: from this unit on, this much, the smaller part first.
    #[n(2)]
    pub respread: Option<(u32, Amount)>,
}

impl LineMoney {
    /// What the next `count` units of a line of `quantity` units give back, of which `price` each and `discount` in all.
    ///
    /// Price minus shares, until an amount refund has spread what is left over the units left.
    pub fn cash_of_units(&self, count: u32, quantity: u32, unit_price: Amount, discount: Amount) -> Amount {
        match self.respread {
            None => {
                let shares = spread_before(discount, quantity, self.units + count)
                    - spread_before(discount, quantity, self.units);
                Amount::of(unit_price.minor() * i64::from(count)) - shares
            }
            Some((from, paid)) => {
                let units = quantity - from;
                smaller_first(paid, units, self.units + count - from) - smaller_first(paid, units, self.units - from)
            }
        }
    }

    /// Cash that is left paid on the line.
    pub fn left(&self, paid: Amount) -> Amount {
        paid - self.cash
    }

    /// Gives units back.
    pub(crate) fn give_units(&mut self, count: u32, cash: Amount) {
        self.units += count;
        self.cash += cash;
    }

    /// Gives cash back without units, and spreads what is left over the units left.
    pub(crate) fn give_amount(&mut self, amount: Amount, paid: Amount) {
        self.cash += amount;
        self.respread = Some((self.units, paid - self.cash));
    }
}

/// What the first `count` of `units` carry when `total` is spread evenly, the smaller part first.
fn smaller_first(total: Amount, units: u32, count: u32) -> Amount {
    if units == 0 { Amount::ZERO } else { total - spread_before(total, units, units - count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_amount_refund_the_smaller_part_comes_first() {
        // 3 × 10.00 less 1.00: 9.66 9.67 9.67. 5.00 back: 24.00 left paid over three units.
        let mut line = LineMoney::default();
        line.give_amount(Amount::of(499), Amount::of(2_900));
        let mut cash = Vec::new();
        for _ in 0..3 {
            let amount = line.cash_of_units(1, 3, Amount::of(1_000), Amount::of(100));
            line.give_units(1, amount);
            cash.push(amount.minor());
        }
        assert_eq!(cash, [800, 800, 801]);
        assert_eq!(line.left(Amount::of(2_900)), Amount::ZERO);
    }
}
