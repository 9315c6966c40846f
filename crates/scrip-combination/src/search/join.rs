//! The pairs of two sides that may be as good as the best, looked at in blocks, near the bound first; and what a set comes to.

use std::cmp::Reverse;

use super::{
    Search,
    branch_and_bound::Until,
    choices::Choice,
    line_classes::LineClasses,
    partials::{BLOCK, Block, Partial, Side},
    relaxation::Relaxation,
    together::{Intended, TakenTogether},
};
use crate::coupon_set::{CouponSet, Saving, is_better};

/// As many steps as adding a set up takes.
const SET_STEPS: usize = 8;
/// Pairs that are looked at in a step.
const PAIRS_IN_STEP: usize = 4;

/// Two sides to be joined, with what holds for every pair.
struct Join<'j, const N: usize> {
    choice: &'j Choice<N>,
    relaxation: &'j Relaxation,
    until: &'j Until,
    one: &'j Side<N>,
    other: &'j Side<N>,
    /// The other side's partials in blocks, and its blocks in runs of as many.
    blocks: Vec<Block>,
    runs: Vec<Block>,
    /// The largest reduced value from each run on.
    reduced_from: Vec<i64>,
    /// The choice's platform coupons.
    platform: CouponSet<N>,
    /// The best of the shipping lane if nothing is lost.
    shipping: Saving<N>,
    /// What saves less is for a later look.
    floor: i64,
}

/// A partial of the one side, and what holds for every pair with it.
struct First<'f, const N: usize> {
    index: usize,
    partial: &'f Partial<N>,
    /// What the pair's bound is without the other's reduced value, scaled.
    bound: i64,
    /// What each coupling sees without the other.
    base: Vec<i64>,
}

/// A pair that only rounding could make better than the best.
struct Unresolved<const N: usize> {
    likely: i64,
    most: i64,
    of_sellers: i64,
    set: CouponSet<N>,
    pair: [usize; 2],
}

/// What a join uses and leaves for its end.
struct Pending<'p, const N: usize> {
    /// Where the choice's coupons contend for room.
    classes: Option<&'p mut LineClasses>,
    picks: Vec<usize>,
    unresolved: Vec<Unresolved<N>>,
}

impl<const N: usize> Search<'_, N> {
    /// Offers every pair of partials that may be as good as the best.
    pub(super) fn join(
        &mut self,
        choice: &Choice<N>,
        relaxation: &Relaxation,
        [one, other]: &[Side<N>; 2],
        classes: Option<&mut LineClasses>,
        until: &Until,
    ) {
        let blocks = other.blocks(relaxation.couplings.len());
        let runs: Vec<Block> = blocks.chunks(BLOCK).map(Block::most).collect();
        let mut reduced_from: Vec<i64> = runs.iter().map(|run| run.reduced).collect();
        for run in (1..runs.len()).rev() {
            reduced_from[run - 1] = reduced_from[run - 1].max(reduced_from[run]);
        }
        let own = |set: CouponSet<N>, &number: &usize| set.with(self.later_coupons[number].member);
        let platform = choice.coupons.iter().fold(CouponSet::EMPTY, own);
        let shipping = self.shipping.best(&choice.shipping);
        let floor = until.aim.div_euclid(relaxation.scale);
        let join =
            Join { choice, relaxation, until, one, other, blocks, runs, reduced_from, platform, shipping, floor };
        let mut pending = Pending { classes, picks: vec![0; self.sellers.len()], unresolved: Vec::new() };
        let mut looked = 0;
        for (index, partial) in one.partials.iter().enumerate() {
            let bound = relaxation.constant + partial.reduced;
            if bound + join.reduced_from[0] < self.least(&join) || self.steps > until.last_step {
                break;
            }
            let fixed = relaxation.couplings.iter().map(|coupling| self.later_coupons[coupling.later].fixed);
            let base = fixed.zip(one.seen(index, relaxation.couplings.len())).map(|(fixed, seen)| fixed + seen);
            let first = First { index, partial, bound, base: base.collect() };
            looked += self.join_with_blocks(&join, &first, &mut pending);
            self.steps += looked / PAIRS_IN_STEP;
            looked %= PAIRS_IN_STEP;
        }
        self.resolve(&join, pending);
    }

    /// Looks at the blocks that may hold a pair with the first. Says how many looks that took.
    fn join_with_blocks(&mut self, join: &Join<'_, N>, first: &First<'_, N>, pending: &mut Pending<'_, N>) -> usize {
        let mut looked = 0;
        for (number, run) in join.runs.iter().enumerate() {
            looked += 1;
            if first.bound + join.reduced_from[number] < self.least(join) {
                break;
            }
            if !self.may_matter(join, first, run) {
                continue;
            }
            let from = number * BLOCK;
            for block in from..(from + BLOCK).min(join.blocks.len()) {
                looked += 1;
                if self.may_matter(join, first, &join.blocks[block]) {
                    looked += self.join_with_block(join, first, block, pending);
                }
            }
        }
        looked
    }

    fn join_with_block(
        &mut self,
        join: &Join<'_, N>,
        first: &First<'_, N>,
        block: usize,
        pending: &mut Pending<'_, N>,
    ) -> usize {
        let mut looked = 0;
        let from = block * BLOCK;
        for second in from..(from + BLOCK).min(join.other.partials.len()) {
            if first.bound + join.other.partials[second].reduced >= self.least(join) {
                looked += 1;
                self.join_pair(join, first, second, pending);
            }
        }
        looked
    }

    /// Whether a pair of the first and one of the block may be as good as the best.
    fn may_matter(&self, join: &Join<'_, N>, first: &First<'_, N>, block: &Block) -> bool {
        let shipping = join.choice.shipping_saved;
        first.bound + block.reduced >= self.least(join)
            && self
                .off(join.relaxation, &first.base, &block.seen, true)
                .is_some_and(|off| first.partial.saved + block.saved + off + shipping >= self.best.0)
    }

    /// Offers what a pair comes to, if it may be as good as the best; where only rounding could make it better, that waits.
    fn join_pair(&mut self, join: &Join<'_, N>, first: &First<'_, N>, second: usize, pending: &mut Pending<'_, N>) {
        let Join { choice, relaxation, .. } = *join;
        let partial = &join.other.partials[second];
        let seen = join.other.seen(second, relaxation.couplings.len());
        let Some(off) = self.off(relaxation, &first.base, seen, false) else { return };
        let of_sellers = first.partial.saved + partial.saved;
        let saved = of_sellers + off + choice.shipping_saved;
        let count = first.partial.set.count() + partial.set.count() + join.platform.count();
        if saved < join.floor.max(self.best.0) || saved == self.best.0 && count > self.best.1.count() {
            return;
        }
        let lost = first.partial.lost.and(&partial.lost);
        let mut shipping = join.shipping;
        if lost.count() > 0 {
            shipping = self.shipping.best(&lost.members().fold(choice.shipping, CouponSet::without));
            if saved - choice.shipping_saved + shipping.0 < self.best.0 {
                return;
            }
        }
        let set = join.platform.and(&first.partial.set).and(&partial.set);
        if join.until.certain {
            return self.offer((of_sellers + off + shipping.0, set.and(&shipping.1)));
        }
        join.one.pick(first.index, &mut pending.picks);
        join.other.pick(second, &mut pending.picks);
        let Pending { classes, picks, unresolved } = pending;
        let Some(classes) = classes else { return self.evaluate(choice, picks) };
        let Some((likely, most)) = self.off_by_classes(choice, classes, picks) else { return };
        let most = of_sellers + most + choice.shipping_saved;
        if most < join.floor || !is_better(&(most, set), &self.best) {
            return;
        }
        let likely = of_sellers + likely + choice.shipping_saved;
        if likely > self.best.0 {
            self.offer_exact(choice, picks, of_sellers, &set);
        } else {
            unresolved.push(Unresolved { likely, most, of_sellers, set, pair: [first.index, second] });
        }
    }

    /// Splits what waited, the likeliest first. A brief look leaves it open, as if steps had run out.
    fn resolve(&mut self, join: &Join<'_, N>, pending: Pending<'_, N>) {
        let Pending { mut picks, mut unresolved, .. } = pending;
        if join.until.brief {
            self.left_open |= !unresolved.is_empty();
            return;
        }
        unresolved.sort_by_key(|pair| (Reverse(pair.likely), pair.set.count()));
        for waiting in unresolved {
            if self.steps > join.until.last_step {
                break;
            }
            if is_better(&(waiting.most, waiting.set), &self.best) {
                join.one.pick(waiting.pair[0], &mut picks);
                join.other.pick(waiting.pair[1], &mut picks);
                self.offer_exact(join.choice, &picks, waiting.of_sellers, &waiting.set);
            }
        }
    }

    /// Offers what the choice with one option of each seller exactly comes to.
    fn offer_exact(&mut self, choice: &Choice<N>, picks: &[usize], of_sellers: i64, set: &CouponSet<N>) {
        let mut applying = choice.shipping;
        if let Some(off) = self.exact_off(choice, picks, &mut applying) {
            let in_shipping = self.shipping.best(&applying);
            self.offer((of_sellers + off + in_shipping.0, set.and(&in_shipping.1)));
        }
    }

    /// The least bound that still matters, scaled.
    fn least(&self, join: &Join<'_, N>) -> i64 {
        join.until.aim.max(self.best.0.saturating_mul(join.relaxation.scale))
    }

    /// What the choice's coupons take off if all find room. `None`: one doesn't apply. With `at_most`, sums too large
    /// for a budget pass: what is asked is the most of smaller ones.
    fn off(&self, relaxation: &Relaxation, base: &[i64], more: &[i64], at_most: bool) -> Option<i64> {
        let mut off = 0;
        for ((coupling, base), more) in relaxation.couplings.iter().zip(base).zip(more) {
            let base = base + more;
            if base < coupling.low || base > coupling.high && !at_most {
                return None;
            }
            for &coupon in &coupling.coupons {
                let later = &self.later_coupons[coupon];
                let own = if at_most { later.most_of(base) } else { later.off(base) };
                if own == 0 && !at_most {
                    return None;
                }
                off += own.min(later.budget.unwrap_or(i64::MAX));
            }
        }
        Some(off)
    }

    /// Offers what the choice with one option of each seller comes to, if it applies.
    pub(super) fn evaluate(&mut self, choice: &Choice<N>, picks: &[usize]) {
        self.steps += SET_STEPS;
        let (mut saved, mut set) = (0, CouponSet::EMPTY);
        for (seller, &pick) in self.sellers.iter().zip(picks) {
            saved += seller.options[pick].saved;
            set = set.and(&seller.options[pick].set);
        }
        let Some(intended) = self.intended(choice, picks) else { return };
        for coupon in &intended {
            set = set.with(self.later_coupons[coupon.coupon].member);
        }
        let most: i64 = intended.iter().map(|coupon| coupon.off).sum();
        if saved + most + choice.shipping_saved < self.best.0 {
            return;
        }
        let together = self.taken_together(&intended, picks);
        let mut off = together.at_most();
        if together.exceeds(&self.later_coupons) || saved + off + choice.shipping_saved < self.best.0 {
            return;
        }
        let (mut applying, certain) = self.applying_after(choice, &together, picks);
        if !is_better(&(saved + off + self.shipping.best(&applying).0, set), &self.best) {
            return;
        }
        if !certain || !together.is_all() {
            // The split decides.
            let Some(exact) = self.exact_off(choice, picks, &mut applying) else { return };
            off = exact;
        }
        let shipping = self.shipping.best(&applying);
        self.offer((saved + off + shipping.0, set.and(&shipping.1)));
    }

    /// What each of the choice's coupons finds and would take. `None`: one doesn't apply.
    pub(super) fn intended(&self, choice: &Choice<N>, picks: &[usize]) -> Option<Vec<Intended>> {
        let intended = |&coupon: &usize| {
            let (later, base) = (&self.later_coupons[coupon], self.base(coupon, picks));
            let off = later.off(base);
            (base >= later.needed && off > 0).then_some(Intended { coupon, base, off })
        };
        choice.coupons.iter().map(intended).collect()
    }

    /// What a later coupon sees with one option of each seller.
    fn base(&self, later: usize, picks: &[usize]) -> i64 {
        let of_sellers = self.sellers.iter().zip(picks).map(|(seller, &pick)| seller.options[pick].bases[later]);
        self.later_coupons[later].fixed + of_sellers.sum::<i64>()
    }

    /// The shipping coupons that apply after the platform's, and whether that is certain.
    fn applying_after(&self, choice: &Choice<N>, together: &TakenTogether, picks: &[usize]) -> (CouponSet<N>, bool) {
        let (mut applying, mut certain) = (choice.shipping, true);
        for &number in &self.at_risk {
            let later = &self.later_coupons[number];
            if !applying.has(later.member) {
                continue;
            }
            let base = self.base(number, picks);
            let (taken_at_least, taken_at_most) = self.taken_from(together, number, picks);
            if base - taken_at_least < later.needed {
                applying = applying.without(later.member);
            } else {
                certain &= base - taken_at_most >= later.needed;
            }
        }
        (applying, certain)
    }
}
