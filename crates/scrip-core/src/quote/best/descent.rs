//! The sellers' options enumerated under the bound of the prices, what remains evaluated as an order would.

use std::cmp::Reverse;

use super::{
    Choice, Search,
    bound::Prices,
    lane::Placing,
    set::{Set, is_better},
};

/// Steps for one choice.
const STEPS_MAX: usize = 30_000;
/// As many steps as adding a set up takes, and working its split out.
const SET_STEPS: usize = 8;
const SPLIT_STEPS: usize = 100;

/// The sellers in the order in which they are decided.
struct Plan {
    sellers: Vec<Row>,
    /// From each seller on: the most of the reduced values.
    rest: Vec<i64>,
    /// The same of the sums that each target sees, seller by seller.
    rest_seen: Vec<i64>,
    targets: usize,
    last_step: usize,
}

struct Row {
    seller: usize,
    /// Options by falling reduced value.
    options: Vec<(i64, usize)>,
}

/// What is decided so far.
#[derive(Clone, Copy)]
struct Node<const N: usize> {
    reduced: i64,
    saved: i64,
    coupons: u32,
    lost: Set<N>,
}

impl<const N: usize> Search<'_, N> {
    pub(super) fn descend(&mut self, choice: &Choice<N>, prices: &Prices) {
        let mut sellers: Vec<Row> = self
            .sellers
            .iter()
            .enumerate()
            .map(|(number, seller)| {
                let reduced = seller.options.iter().enumerate().map(|(place, option)| (prices.reduced(option), place));
                let mut options: Vec<(i64, usize)> = reduced.collect();
                options.sort_unstable_by_key(|&(reduced, place)| (Reverse(reduced), place));
                Row { seller: number, options }
            })
            .collect();
        // Where deviating costs most is decided first.
        sellers.sort_by_key(|row| Reverse(row.options.get(1).map_or(i64::MAX, |next| row.options[0].0 - next.0)));
        let targets = prices.targets.len();
        let mut rest = vec![prices.constant; sellers.len() + 1];
        let mut rest_seen: Vec<i64> = vec![0; (sellers.len() + 1) * targets];
        for (place, target) in prices.targets.iter().enumerate() {
            rest_seen[sellers.len() * targets + place] = self.watches[target.watch].fixed;
        }
        for (place, row) in sellers.iter().enumerate().rev() {
            rest[place] = rest[place + 1] + row.options[0].0;
            for (number, target) in prices.targets.iter().enumerate() {
                let seen = self.sellers[row.seller].options.iter().map(|option| option.bases[target.watch]);
                rest_seen[place * targets + number] =
                    rest_seen[(place + 1) * targets + number] + seen.max().unwrap_or(0);
            }
        }
        let plan = Plan { sellers, rest, rest_seen, targets, last_step: self.steps + STEPS_MAX };
        let mut picks = vec![0; self.sellers.len()];
        let mut seen = vec![0; (plan.sellers.len() + 1) * targets];
        let coupons = u32::try_from(choice.coupons.len()).expect("at most one per place");
        let node = Node { reduced: 0, saved: 0, coupons, lost: Set::EMPTY };
        self.step(choice, prices, &plan, &mut picks, &mut seen, node, 0);
    }

    #[expect(clippy::too_many_arguments, reason = "what is fixed, what changes in place, and the node")]
    fn step(
        &mut self,
        choice: &Choice<N>,
        prices: &Prices,
        plan: &Plan,
        picks: &mut [usize],
        seen: &mut [i64],
        node: Node<N>,
        depth: usize,
    ) {
        self.steps += 1;
        let targets = plan.targets;
        let Some(row) = plan.sellers.get(depth) else {
            let seen = &seen[depth * targets..];
            let off = |(target, seen): (&super::bound::Target, &i64)| {
                let fixed = self.watches[target.watch].fixed;
                self.watches[target.watch].off(fixed + seen)
            };
            let off: i64 = prices.targets.iter().zip(seen).map(off).sum();
            if node.saved + off + choice.shipping_saved >= self.best.0 {
                self.evaluate(choice, picks);
            }
            return;
        };
        for &(reduced, place) in &row.options {
            if self.steps > plan.last_step {
                return;
            }
            let (reduced, saved) = (node.reduced + reduced, node.saved + self.sellers[row.seller].options[place].saved);
            let bound = (reduced + plan.rest[depth + 1]).div_euclid(prices.scale);
            if bound < self.best.0 {
                return;
            }
            let option = &self.sellers[row.seller].options[place];
            let coupons = node.coupons + option.set.count();
            if bound == self.best.0 && coupons > self.best.1.count() {
                continue;
            }
            let reaches = prices.targets.iter().enumerate().all(|(number, target)| {
                let so_far = seen[depth * targets + number] + option.bases[target.watch];
                seen[(depth + 1) * targets + number] = so_far;
                so_far + plan.rest_seen[(depth + 1) * targets + number] >= target.low
            });
            if !reaches {
                continue;
            }
            let mut lost = node.lost;
            if self.shipping.has_platform_coupons() && option.lost.count() > 0 {
                lost = lost.and(&option.lost);
                let applying = lost.members().filter(|&member| choice.shipping.has(member));
                let applying = applying.fold(choice.shipping, Set::without);
                let less = choice.shipping_saved - self.shipping.best(&applying).0;
                if bound - less < self.best.0 {
                    continue;
                }
            }
            picks[row.seller] = place;
            self.step(choice, prices, plan, picks, seen, Node { reduced, saved, coupons, lost }, depth + 1);
        }
    }

    /// Offers what the choice with one option of each seller comes to, if it applies.
    pub(super) fn evaluate(&mut self, choice: &Choice<N>, picks: &[usize]) {
        self.steps += SET_STEPS;
        let mut saved = 0;
        let mut set = Set::EMPTY;
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            saved += seller.options[pick].saved;
            set = set.and(&seller.options[pick].set);
        }
        let base = |search: &Self, watch: usize| {
            let of_sellers = search.sellers.iter().zip(picks).map(|(seller, &pick)| seller.options[pick].bases[watch]);
            search.watches[watch].fixed + of_sellers.sum::<i64>()
        };
        let mut offs = Vec::with_capacity(choice.coupons.len());
        for &number in &choice.coupons {
            let watch = &self.watches[number];
            let base = base(self, number);
            let own = watch.off(base);
            if base < watch.needed || own == 0 {
                return;
            }
            offs.push(Placing { watch: number, base, off: own });
            set = set.with(watch.member);
        }
        let most: i64 = offs.iter().map(|placing| placing.off).sum();
        if saved + most + choice.shipping_saved < self.best.0 {
            return;
        }
        let placed = self.placed(&offs, picks);
        let mut off = placed.at_most();
        if placed.exceeds(&self.watches) || saved + off + choice.shipping_saved < self.best.0 {
            return;
        }
        let mut uncertain = !placed.is_all();
        let mut applying = choice.shipping;
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            if !applying.has(watch.member) {
                continue;
            }
            let base = base(self, number);
            let (taken_at_least, taken_at_most) = self.taken(&placed, number, picks);
            if base - taken_at_least < watch.needed {
                applying = applying.without(watch.member);
            } else {
                uncertain |= base - taken_at_most < watch.needed;
            }
        }
        if !is_better(&(saved + off + self.shipping.best(&applying).0, set), &self.best) {
            return;
        }
        if uncertain {
            // The split decides.
            let Some(exact) = self.platform_lane(choice, picks, &mut applying) else { return };
            off = exact;
        }
        let shipping = self.shipping.best(&applying);
        self.offer((saved + off + shipping.0, set.and(&shipping.1)));
    }

    /// Applies the choice's coupons to what the options left, and takes the shipping coupons out that no longer apply.
    fn platform_lane(&mut self, choice: &Choice<N>, picks: &[usize], applying: &mut Set<N>) -> Option<i64> {
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            for (&line, &left) in seller.lines.iter().zip(&seller.options[pick].left) {
                self.scratch.set_line_left(line, left);
            }
        }
        self.steps += SPLIT_STEPS;
        self.scratch.enter_lane();
        let mut off = Some(0);
        for &number in &choice.coupons {
            let usable = &self.usable[self.watches[number].member];
            let own = self.scratch.take(usable.candidate, &usable.eligible);
            off = off.zip(own).map(|(off, own)| off + own.minor());
        }
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            let left = self.scratch.lines_left().iter().enumerate().filter(|(line, _)| watch.lines.has(*line));
            let base: i64 = left.map(|(_, left)| left.minor()).sum();
            if applying.has(watch.member) && base < watch.needed {
                *applying = applying.without(watch.member);
            }
        }
        self.scratch.set_lines_left(self.start.lines_left());
        self.scratch.enter_lane();
        off
    }
}
