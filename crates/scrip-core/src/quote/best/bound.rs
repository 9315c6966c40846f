//! A price per minor unit on what the sellers' options leave to each later coupon makes the sellers independent: each
//! takes the option that is worth most by its saving and the priced rest. Whatever the prices, that is a bound (it is the
//! Lagrangian of "the coupon sees the sum over the sellers"); good prices make it a tight one.

use super::{
    Choice, Search,
    options::{SellerOption, SellerOptions},
};
use crate::benefit::Benefit;

/// More coupons to watch than these stay without a price, which only weakens the bound.
const PRICED_MAX: usize = 8;
/// How often the prices are improved in turn where there are several.
const ROUNDS: usize = 2;

pub(super) struct Prices {
    pub targets: Vec<Target>,
    /// What an amount of 1 is here: prices are whole numbers too.
    pub scale: i64,
    /// Everything that doesn't depend on the options, scaled.
    pub constant: i64,
    bound: i64,
}

/// A coupon that sees what is left: one of the choice's, or a shipping coupon to be kept.
pub(super) struct Target {
    /// Place in `watches`.
    pub watch: usize,
    pub price: i64,
    /// The sums that it may see at all.
    pub low: i64,
    pub high: i64,
    /// Sums at which what it takes off bends, with that, scaled; between them it is never more than the line.
    bends: Vec<(i64, i64)>,
}

impl Prices {
    /// The most that any set of the choice saves.
    pub fn bound(&self) -> i64 {
        self.bound.div_euclid(self.scale)
    }
}

impl Target {
    /// The most of what it takes off less the priced sum, and that sum.
    fn most(&self, price: i64) -> (i64, i64) {
        let value = |&(base, off): &(i64, i64)| (off - price * base, base);
        self.bends.iter().map(value).max().expect("a range has ends")
    }
}

impl<const N: usize> Search<'_, N> {
    /// Good prices, with the sets met on the way offered. `None`: no set of the choice can save as much as the best.
    pub(super) fn prices(&mut self, choice: &Choice<N>) -> Option<Prices> {
        let whole: i64 =
            self.start.lines_left().iter().chain(self.start.shipping_left()).map(|left| left.minor()).sum();
        let scale = if whole <= 10_000_000_000_000 { 10_000 } else { 100 };
        let mut targets = Vec::with_capacity(choice.coupons.len() + choice.kept.len());
        for &watch in choice.coupons.iter().chain(&choice.kept) {
            targets.push(self.target(choice, watch, scale)?);
        }
        let fixed = scale * (choice.shipping_saved - self.never_placed(choice));
        let mut prices = Prices { targets, scale, constant: fixed, bound: i64::MAX };
        let mut picks = vec![0; self.sellers.len()];
        let mut tried = Vec::new();
        for _ in 0..ROUNDS {
            for target in 0..prices.targets.len().min(PRICED_MAX) {
                self.improve(choice, &mut prices, target, fixed, &mut picks, &mut tried);
                if prices.bound() < self.best.0 {
                    return None;
                }
            }
            if prices.targets.len() < 2 {
                break;
            }
        }
        let terms = |target: &Target| target.most(target.price).0 + target.price * self.watches[target.watch].fixed;
        prices.constant = prices.targets.iter().map(terms).sum::<i64>() + fixed;
        let of_sellers =
            |seller: &SellerOptions<N>| seller.options.iter().map(|option| prices.reduced(option)).max().unwrap_or(0);
        prices.bound = prices.constant + self.sellers.iter().map(of_sellers).sum::<i64>();
        self.cover(choice, &mut prices);
        Some(prices)
    }

    /// Where one of the coupons looks at all that the others discount, they take together no more than it sees. If that is
    /// the better bound, its prices are used.
    fn cover(&self, choice: &Choice<N>, prices: &mut Prices) {
        if choice.coupons.len() < 2 {
            return;
        }
        for &number in &choice.coupons {
            let watch = &self.watches[number];
            if !choice.coupons.iter().all(|&other| self.watches[other].lines.is_within(&watch.lines)) {
                continue;
            }
            let constant = prices.scale * (choice.shipping_saved + watch.fixed);
            let of_seller = |seller: &SellerOptions<N>| {
                seller.options.iter().map(|option| option.worth + option.bases[number]).max().unwrap_or(0)
            };
            let bound = constant + prices.scale * self.sellers.iter().map(of_seller).sum::<i64>();
            if bound < prices.bound {
                (prices.bound, prices.constant) = (bound, constant);
                for target in &mut prices.targets {
                    target.price = if target.watch == number { prices.scale } else { 0 };
                }
            }
        }
    }

    /// `None` if there is no sum on which it could apply.
    fn target(&self, choice: &Choice<N>, watch: usize, scale: i64) -> Option<Target> {
        let number = watch;
        let watch = &self.watches[watch];
        let mut low = watch.needed;
        if watch.benefit.is_none() && self.has_room(&choice.coupons) {
            // What the choice's coupons take off at least of what it looks at must be there besides.
            low += choice.coupons.iter().map(|&coupon| self.least_off(choice, coupon, number)).sum::<i64>();
        }
        low = low.max(watch.least);
        let mut high = watch.most;
        let budget = watch.budget.filter(|_| watch.benefit.is_some()).unwrap_or(i64::MAX);
        // The largest sum on which it stays within its budget.
        let within = (watch.off(high) > budget).then(|| {
            let (mut fits, mut exceeds) = (0, high);
            while exceeds - fits > 1 {
                let middle = fits + (exceeds - fits) / 2;
                if watch.off(middle) > budget { exceeds = middle } else { fits = middle }
            }
            fits
        });
        if let Some(within) = within {
            // Where those before it leave too little room it may be within it after all.
            let lines = &watch.lines;
            let before = choice.coupons.iter().take_while(|&&other| other != number);
            let before = before.filter(|&&other| self.watches[other].lines.meets(lines));
            let taken: i64 = before.map(|&other| self.watches[other].most_off()).sum();
            high = high.min(within.max(budget + taken));
        }
        if low > high {
            return None;
        }
        let mut bends = vec![low, high];
        match watch.benefit {
            Some(Benefit::AmountOff(benefit)) => bends.push(benefit.amount.minor()),
            Some(Benefit::PercentOff(benefit)) => {
                if let Some(cap) = benefit.cap {
                    let points = i128::from(benefit.percent_bp.get());
                    let full = (i128::from(cap.minor()) * 10_000 + points - 1) / points;
                    bends.extend(i64::try_from(full));
                }
            }
            Some(Benefit::TieredAmountOff(benefit)) => {
                bends.extend(benefit.tiers.iter().flat_map(|tier| [tier.over.minor() + 1, tier.amount.minor()]));
            }
            _ => {}
        }
        bends.extend(within.into_iter().flat_map(|within| [within, within + 1]));
        bends.retain(|base| (low..=high).contains(base));
        // Rounding lifts a percentage above its line by less than 1.
        let rounding = i64::from(matches!(watch.benefit, Some(Benefit::PercentOff(_))));
        let bends = bends.into_iter().map(|base| (base, (watch.off(base).min(budget) + rounding) * scale)).collect();
        Some(Target { watch: number, price: 0, low, high, bends })
    }

    /// Finds the best price of one target, the others' standing: the bound is convex in it.
    fn improve(
        &mut self,
        choice: &Choice<N>,
        prices: &mut Prices,
        number: usize,
        constant: i64,
        picks: &mut Vec<usize>,
        tried: &mut Vec<usize>,
    ) {
        let target = &prices.targets[number];
        let watch = target.watch;
        let fixed = self.watches[watch].fixed;
        let others: i64 = prices
            .targets
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .map(|(_, other)| other.most(other.price).0 + other.price * self.watches[other.watch].fixed)
            .sum::<i64>()
            + constant;
        let rows: Vec<Vec<(i64, i64)>> = self
            .sellers
            .iter()
            .map(|seller| {
                let row = |option: &SellerOption<N>| {
                    let base = option.bases[watch];
                    (prices.reduced(option) - target.price * base, base)
                };
                seller.options.iter().map(row).collect()
            })
            .collect();
        // A look at every option takes as long as some steps of the descent.
        let look = 1 + rows.iter().map(Vec::len).sum::<usize>() / 8;
        self.steps += look;
        let (mut below, mut above) = (-prices.scale, 2 * prices.scale);
        let (mut best_price, mut best_bound) = (target.price, prices.bound);
        let mut price = 0;
        let aim = self.best.0.saturating_mul(prices.scale);
        loop {
            self.steps += look;
            let (most, wanted) = target.most(price);
            let mut bound = others + most + price * fixed;
            let mut seen = fixed;
            for (row, pick) in rows.iter().zip(picks.iter_mut()) {
                let mut best = (i64::MIN, 0);
                for (option, &(value, base)) in row.iter().enumerate() {
                    let value = value + price * base;
                    if value > best.0 {
                        best = (value, base);
                        *pick = option;
                    }
                }
                bound += best.0;
                seen += best.1;
            }
            if bound < best_bound || best_bound == i64::MAX {
                (best_price, best_bound) = (price, bound);
            }
            // A set that comes near the bound early cuts the most elsewhere.
            if seen >= target.low && seen <= target.high && tried[..] != picks[..] {
                tried.clone_from(picks);
                self.evaluate(choice, picks);
            }
            if seen == wanted || best_bound < aim {
                break;
            }
            // More is left than wanted: it is priced too high.
            if seen > wanted {
                above = price;
            } else {
                below = price;
            }
            if above - below <= 1 {
                break;
            }
            price = below + (above - below) / 2;
        }
        prices.targets[number].price = best_price;
        prices.bound = best_bound;
    }
}

impl Prices {
    /// An option's saving and the priced rest, scaled.
    pub fn reduced<const N: usize>(&self, option: &SellerOption<N>) -> i64 {
        let priced = |target: &Target| target.price * option.bases[target.watch];
        self.scale * option.worth + self.targets.iter().map(priced).sum::<i64>()
    }
}
