//! What a coupon takes off and how it is split, worked out again in the plainest way (rules, Order of application).

use scrip_core::{
    benefit::Benefit,
    campaign::Terms,
    cart::Cart,
    discount::{Applied, Funder},
    name::{SellerId, StackingGroup},
};

use super::{Checked, must};

/// A cart as the coupons of one lane after another find it.
struct Till<'a> {
    cart: &'a Cart,
    /// Lines of sellers that are still there.
    there: Vec<bool>,
    lines: Vec<i64>,
    shipping: Vec<(&'a SellerId, i64)>,
    lane: Lane,
    entering_lines: Vec<i64>,
    entering_shipping: Vec<i64>,
    placed: Vec<(Lane, Option<SellerId>, Option<StackingGroup>)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Lane {
    Seller,
    Platform,
    Shipping,
}

/// I5, I6: coupons in the order in which they were applied come to what the rules say, to the minor unit; each with the most
/// that it may take off, if it is judged again.
pub fn check_applied<'a>(
    cart: &Cart,
    gone: &[&SellerId],
    applied: impl Iterator<Item = (&'a Applied, &'a Terms, Option<i64>)>,
) -> Checked {
    let mut till = Till::new(cart, gone);
    for (applied, terms, most) in applied {
        till.apply(applied, terms, most.unwrap_or(i64::MAX))
            .map_err(|what| format!("{what}, by {:?} of {}", applied.coupon, applied.campaign))?;
    }
    Ok(())
}

impl<'a> Till<'a> {
    fn new(cart: &'a Cart, gone: &[&SellerId]) -> Self {
        let there: Vec<bool> = cart.lines().iter().map(|line| !gone.contains(&&line.seller)).collect();
        let lines: Vec<i64> =
            cart.lines().iter().map(|line| line.unit_price.minor() * i64::from(line.quantity)).collect();
        let sellers = cart.sellers().into_iter().filter(|seller| !gone.contains(seller));
        let shipping: Vec<_> = sellers.map(|seller| (seller, cart.shipping_of(seller).minor())).collect();
        let entering_shipping = shipping.iter().map(|entry| entry.1).collect();
        let entering_lines = lines.clone();
        Self { cart, there, lines, shipping, lane: Lane::Seller, entering_lines, entering_shipping, placed: Vec::new() }
    }

    fn enter(&mut self, lane: Lane) -> Checked {
        must!(lane >= self.lane, "a coupon of the lane {lane:?} is applied after {:?}", self.lane);
        if lane > self.lane {
            self.lane = lane;
            self.entering_lines.clone_from(&self.lines);
            self.entering_shipping = self.shipping.iter().map(|entry| entry.1).collect();
        }
        Ok(())
    }

    fn apply(&mut self, applied: &Applied, terms: &Terms, most: i64) -> Checked {
        let issuer = terms.issuer.seller();
        let is_shipping = matches!(terms.benefit, Benefit::FreeShipping(_));
        let lane = match (is_shipping, issuer) {
            (true, _) => Lane::Shipping,
            (false, Some(_)) => Lane::Seller,
            (false, None) => Lane::Platform,
        };
        self.enter(lane)?;
        let group = (lane, issuer.cloned(), terms.stacking.group.clone());
        must!(!self.placed.contains(&group), "two coupons are of one stacking group, {group:?}");
        self.placed.push(group);
        // S5, S19: regularly priced lines, a seller's coupon in its own store.
        let eligible: Vec<usize> = (0..self.lines.len())
            .filter(|&line| {
                let known = &self.cart.lines()[line];
                self.there[line]
                    && issuer.is_none_or(|seller| known.seller == *seller)
                    && (terms.scope.products.is_empty() || terms.scope.products.contains(&known.product))
                    && (!known.on_sale || terms.scope.include_on_sale)
            })
            .collect();
        let amount: i64 = eligible.iter().map(|&line| self.entering_lines[line]).sum();
        if let Some(minimum) = terms.minimum_spend {
            must!(amount > minimum.amount.minor(), "S6: {amount} doesn't exceed the minimum {}", minimum.amount);
        }
        if is_shipping {
            self.apply_shipping(applied, terms, &eligible, most)
        } else {
            self.apply_goods(applied, terms, &eligible, amount, most)
        }
    }

    fn apply_goods(&mut self, applied: &Applied, terms: &Terms, eligible: &[usize], base: i64, most: i64) -> Checked {
        let face = face_value(&terms.benefit, base);
        let weights: Vec<i64> = eligible.iter().map(|&line| self.entering_lines[line]).collect();
        let room: Vec<i64> = eligible.iter().map(|&line| self.lines[line]).collect();
        let parts = placed(face.min(base).min(most), &weights, &room);
        let discount: i64 = parts.iter().sum();
        must!(
            discount > 0 && applied.discount.minor() == discount,
            "{} are taken off {base}, not {discount}",
            applied.discount
        );
        must!(applied.surplus.minor() == face - discount, "S9: {} are lost, not {}", applied.surplus, face - discount);
        must!(applied.shipping_shares.is_empty(), "goods and shipping at once");
        let mut shares = applied.shares.iter();
        for (&line, part) in eligible.iter().zip(parts).filter(|(_, part)| *part > 0) {
            let share = shares.next().ok_or("I6: a line lacks its share")?;
            let (found, amount) = (usize::from(share.line), share.amount.minor());
            must!((found, amount) == (line, part), "I6: line {found} has the share {amount}, not line {line} {part}");
            let known = &self.cart.lines()[line];
            let whole = known.unit_price.minor() * i64::from(known.quantity);
            let before = whole - self.lines[line];
            self.lines[line] -= part;
            must!(self.lines[line] >= 0, "I5: line {line} falls below zero");
            let units: Vec<i64> =
                share.units.iter().flat_map(|(count, each)| vec![each.minor(); count as usize]).collect();
            let expected: Vec<i64> = (0..known.quantity)
                .map(|unit| spread(before + part, known.quantity, unit) - spread(before, known.quantity, unit))
                .collect();
            must!(units == expected, "I6: the units of line {line} have {units:?}, not {expected:?}");
            let funder = terms.issuer.seller().map_or(Funder::Platform, |seller| Funder::Seller(seller.clone()));
            let paid = share.funding.iter().all(|funded| funded.funder == funder && funded.units == share.units);
            must!(share.funding.len() == 1 && paid, "line {line} isn't funded by {funder}");
        }
        must!(shares.next().is_none(), "I6: a line has a share that it shouldn't have");
        Ok(())
    }

    fn apply_shipping(&mut self, applied: &Applied, terms: &Terms, eligible: &[usize], most: i64) -> Checked {
        must!(applied.shares.is_empty() && applied.surplus.is_zero(), "a shipping coupon leaves goods alone");
        let has_line = |seller: &SellerId| eligible.iter().any(|&line| self.cart.lines()[line].seller == *seller);
        let indices: Vec<usize> = (0..self.shipping.len()).filter(|&index| has_line(self.shipping[index].0)).collect();
        let weights: Vec<i64> = indices.iter().map(|&index| self.entering_shipping[index]).collect();
        let base = weights.iter().sum();
        let room: Vec<i64> = indices.iter().map(|&index| self.shipping[index].1).collect();
        let parts = placed(face_value(&terms.benefit, base).min(base).min(most), &weights, &room);
        let discount: i64 = parts.iter().sum();
        must!(
            discount > 0 && applied.discount.minor() == discount,
            "{} are taken off shipping of {base}, not {discount}",
            applied.discount
        );
        let mut sum = 0;
        for share in &applied.shipping_shares {
            let index = indices.iter().position(|&index| *self.shipping[index].0 == share.seller);
            let index = index.ok_or_else(|| format!("I6: the shipping of {} has a share", share.seller))?;
            let amount = share.amount.minor();
            must!(parts[index] == amount, "I6: the shipping of {} has {amount}, not {}", share.seller, parts[index]);
            let left = &mut self.shipping[indices[index]].1;
            *left -= amount;
            must!(*left >= 0 && amount > 0, "I5: the shipping of {} falls below zero", share.seller);
            let funded: i64 = share.funding.iter().map(|part| part.1.minor()).sum();
            must!(funded == amount, "I6: {funded} of {amount} off the shipping of {} are funded", share.seller);
            sum += amount;
        }
        must!(sum == discount, "I6: shares of {sum} for a discount of {discount}");
        Ok(())
    }
}

fn face_value(benefit: &Benefit, base: i64) -> i64 {
    match benefit {
        Benefit::AmountOff(off) => off.amount.minor(),
        Benefit::PercentOff(off) => {
            let percent = (base * i64::from(off.percent_bp.get()) * 2 + 10_000) / 20_000;
            percent.min(off.cap.map_or(i64::MAX, scrip_core::money::Amount::minor))
        }
        Benefit::TieredAmountOff(off) => {
            off.tiers.iter().filter(|tier| base > tier.over.minor()).map(|tier| tier.amount.minor()).max().unwrap_or(0)
        }
        Benefit::FreeShipping(off) => base.min(off.cap.map_or(i64::MAX, scrip_core::money::Amount::minor)),
    }
}

/// In proportion, each at most what is left there; what can't be placed goes to the others.
fn placed(total: i64, weights: &[i64], room: &[i64]) -> Vec<i64> {
    let mut parts = vec![0; weights.len()];
    loop {
        let left = total - parts.iter().sum::<i64>();
        let open: Vec<i64> = (0..parts.len()).map(|at| if parts[at] < room[at] { weights[at] } else { 0 }).collect();
        if left == 0 || open.iter().all(|weight| *weight == 0) {
            return parts;
        }
        for (at, more) in split(left, &open).into_iter().enumerate() {
            parts[at] = (parts[at] + more).min(room[at]);
        }
    }
}

/// In proportion, by largest remainder, ties to the earlier.
fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i64 = weights.iter().sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let mut parts: Vec<i64> = weights.iter().map(|weight| total * weight / whole).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(total * weights[index] % whole));
    let left = total - parts.iter().sum::<i64>();
    for &index in order.iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts
}

/// A unit's part when a total is spread evenly, the larger part first.
fn spread(total: i64, units: u32, unit: u32) -> i64 {
    total / i64::from(units) + i64::from(i64::from(unit) < total % i64::from(units))
}
