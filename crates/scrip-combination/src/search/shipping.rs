//! The shipping lane. What happens in it depends on the lanes before only by which of its coupons apply, so the best of
//! each such set is worked out once.
//!
//! A seller's coupons see its own shipping alone, so each seller has a few options, and what they leave is all that the platform's
//! coupons see of them. [`STEPS_MAX`] and [`SETS_MAX`] bound the work.

use std::{
    cmp::{Ordering, Reverse},
    collections::HashMap,
};

use super::usable::Usable;
use crate::{
    cart::Cart,
    coupon_set::{CouponSet, Saving, is_better},
    slots::{keep_worthiest, slots, subsets},
    split::{Scratch, split_within},
};

/// Sets of one seller's coupons, and of the platform's, that are looked at; and where as many were looked at
/// as there are in all.
const SETS_MAX: usize = 4_096;
const SETS_LATER: usize = 32;
const SETS_IN_ALL: usize = 32_768;
/// Steps of one set of the platform's coupons; below it the answer is exact.
const STEPS_MAX: usize = 2_000;
/// Steps of all of them.
const STEPS_IN_ALL: usize = 64_000;

/// The coupons of the shipping lane, and the best of each set of them that was asked for.
pub(super) struct ShippingLane<const N: usize> {
    /// Each seller's shipping on entering.
    entering: Vec<i64>,
    /// In the order of application: the sellers' first.
    coupons: Vec<ShippingCoupon>,
    /// The slots of each seller, and of the platform last: coupons by index.
    slots: Vec<Vec<Vec<usize>>>,
    known: HashMap<CouponSet<N>, Saving<N>>,
    /// Sets that may still be looked at beyond a few each time.
    sets_left: usize,
    /// Whether any were left out.
    pub left_out: bool,
}

struct ShippingCoupon {
    member: usize,
    /// Those whose shipping it discounts.
    sellers: Vec<usize>,
    off: i64,
    budget: Option<i64>,
}

/// A set of one seller's coupons, and what it takes off.
type SellerOption<const N: usize> = Saving<N>;

/// The search for what goes best with some of the platform's coupons.
struct BranchAndBound<'a, const N: usize> {
    lane: &'a ShippingLane<N>,
    platform: &'a [usize],
    platform_set: CouponSet<N>,
    /// The most that the platform's coupons take off together, and the shipping that they cover.
    most: i64,
    covered: i64,
    /// Sellers whose shipping the platform's coupons cover, with their options, most saving first.
    sellers: Vec<(usize, &'a [SellerOption<N>])>,
    left: Vec<i64>,
    scratch: Scratch,
    best: Saving<N>,
    steps: usize,
}

impl<const N: usize> ShippingLane<N> {
    /// `members` in the order of application.
    pub fn new(start: &Cart<'_>, usable: &[Usable<'_>], members: &[usize]) -> Self {
        let entering: Vec<i64> = start.problem.shipping.clone();
        let of_platform = entering.len();
        let mut by_seller: Vec<Vec<Vec<usize>>> = vec![Vec::new(); of_platform + 1];
        for slot in slots(members.iter().map(|&member| usable[member].coupon)) {
            let seller = usable[members[slot[0]]].coupon.seller;
            by_seller[seller.unwrap_or(of_platform)].push(slot);
        }
        let coupon = |&member: &usize| {
            let Usable { coupon, sellers, .. } = &usable[member];
            let off = coupon.shape.off(start.shipping.base(sellers));
            ShippingCoupon { member, off, sellers: sellers.clone(), budget: coupon.budget }
        };
        let coupons = members.iter().map(coupon).collect();
        let known = HashMap::new();
        Self { entering, coupons, slots: by_seller, known, sets_left: SETS_IN_ALL, left_out: false }
    }

    pub fn has_platform_coupons(&self) -> bool {
        self.slots.last().is_some_and(|slots| !slots.is_empty())
    }

    /// The best of the coupons that apply.
    pub fn best(&mut self, applying: &CouponSet<N>) -> Saving<N> {
        if applying.count() == 0 {
            return (0, CouponSet::EMPTY);
        }
        if let Some(known) = self.known.get(applying) {
            return *known;
        }
        let best = self.search(applying);
        self.known.insert(*applying, best);
        best
    }

    fn search(&mut self, applying: &CouponSet<N>) -> Saving<N> {
        let sellers = self.entering.len();
        let (all, in_full) = self.all(applying);
        if in_full {
            // Every slot gives the most that it can.
            return all;
        }
        let options: Vec<Vec<SellerOption<N>>> = (0..sellers).map(|seller| self.options(seller, applying)).collect();
        // Alone every seller takes its most.
        let alone = options.iter().fold((0, CouponSet::EMPTY), |sum: Saving<N>, own| plus(sum, first(own)));
        let mut best = if is_better(&all, &alone) { all } else { alone };
        let (mut steps, mut ended) = (0, false);
        for mut platform in self.platform_sets(applying) {
            let most: i64 = platform.iter().map(|&coupon| self.coupons[coupon].most_off()).sum();
            let bound = alone.0 + most;
            if bound < best.0 || bound == best.0 && platform.len() > best.1.count() as usize {
                continue;
            }
            platform.sort_unstable();
            let (mut branching, others) = self.beside(&platform, &options, best);
            // Without any seller's coupon first: where the platform's take all there is, that wins the tie.
            branching.offer(others);
            if steps < STEPS_IN_ALL {
                branching.descend(0, others, 0);
            }
            steps += branching.steps;
            ended |= branching.steps > STEPS_MAX || steps >= STEPS_IN_ALL;
            best = branching.best;
        }
        self.left_out |= ended;
        best
    }

    /// Every set of the platform's coupons but the empty one. Where there is less shipping than coupons, few of them are
    /// enough: those come first.
    fn platform_sets(&mut self, applying: &CouponSet<N>) -> Vec<Vec<usize>> {
        let mut slots = self.applying(self.entering.len(), applying);
        let most = self.sets_max();
        self.left_out |= keep_worthiest(&mut slots, most, |coupon| self.coupons[coupon].most_off());
        let mut sets = subsets(slots);
        self.sets_left = self.sets_left.saturating_sub(sets.len());
        sets.sort_by_key(Vec::len);
        sets.retain(|set| !set.is_empty());
        sets
    }

    /// What is searched beside some of the platform's coupons, and what sellers whose shipping these don't cover take.
    fn beside<'s>(
        &'s self,
        platform: &'s [usize],
        options: &'s [Vec<SellerOption<N>>],
        best: Saving<N>,
    ) -> (BranchAndBound<'s, N>, Saving<N>) {
        let covers = |seller| platform.iter().any(|&coupon| self.coupons[coupon].sellers.contains(&seller));
        let own = |set: CouponSet<N>, &coupon: &usize| set.with(self.coupons[coupon].member);
        let mut branching = BranchAndBound {
            lane: self,
            platform,
            platform_set: platform.iter().fold(CouponSet::EMPTY, own),
            most: platform.iter().map(|&coupon| self.coupons[coupon].off).sum(),
            covered: 0,
            sellers: Vec::new(),
            left: self.entering.clone(),
            scratch: Scratch::default(),
            best,
            steps: 0,
        };
        let mut others = (0, CouponSet::EMPTY);
        for (seller, own) in options.iter().enumerate() {
            if !covers(seller) {
                others = plus(others, first(own));
                continue;
            }
            branching.covered += self.entering[seller];
            if !own.is_empty() {
                branching.sellers.push((seller, own));
            }
        }
        (branching, others)
    }

    fn sets_max(&self) -> usize {
        if self.sets_left > 0 { SETS_MAX } else { SETS_LATER }
    }

    /// With the coupon of each slot that takes most off, of those that apply beside the ones before; and whether each
    /// takes all that it could.
    fn all(&self, applying: &CouponSet<N>) -> (Saving<N>, bool) {
        let most = |slot: &Vec<usize>| {
            slot.iter().copied().max_by_key(|&number| {
                let coupon = &self.coupons[number];
                (coupon.most_off(), Reverse(coupon.member))
            })
        };
        let mut chosen: Vec<usize> =
            (0..self.slots.len()).flat_map(|of| self.applying(of, applying)).filter_map(|slot| most(&slot)).collect();
        // The sellers' first.
        chosen.sort_unstable();
        let (mut left, mut scratch) = (self.entering.clone(), Scratch::default());
        let mut applied = (0, CouponSet::EMPTY);
        let mut in_full = true;
        for number in chosen {
            let coupon = &self.coupons[number];
            let off = coupon.off.min(coupon.sellers.iter().map(|&seller| left[seller]).sum());
            in_full &= off == coupon.off && coupon.allows(off);
            if !coupon.allows(off) {
                continue;
            }
            split_within(off, &self.entering, &mut left, &coupon.sellers, &mut scratch);
            applied = (applied.0 + off, applied.1.with(coupon.member));
        }
        (applied, in_full)
    }

    /// The slots of a seller, or of the platform, with the coupons that apply.
    fn applying(&self, of: usize, applying: &CouponSet<N>) -> Vec<Vec<usize>> {
        let mut slots = self.slots[of].clone();
        for slot in &mut slots {
            slot.retain(|&coupon| applying.has(self.coupons[coupon].member));
        }
        slots.retain(|slot| !slot.is_empty());
        slots
    }

    /// One seller's options, most saving first, without the empty one; none if it has no coupon. Of those that save the
    /// same, the one that wins the tie.
    fn options(&mut self, seller: usize, applying: &CouponSet<N>) -> Vec<SellerOption<N>> {
        let entering = self.entering[seller];
        let most = self.sets_max();
        let mut options: Vec<SellerOption<N>> = vec![(0, CouponSet::EMPTY)];
        // Slots stand in the order of application, for a slot is a group.
        for slot in self.applying(seller, applying) {
            let mut larger = options.clone();
            for number in slot {
                let coupon = &self.coupons[number];
                for (taken, set) in &options {
                    let off = coupon.off.min(entering - *taken);
                    if coupon.allows(off) {
                        larger.push((*taken + off, set.with(coupon.member)));
                    }
                }
            }
            self.sets_left = self.sets_left.saturating_sub(larger.len());
            // What they leave is all that later coupons see of them.
            larger.sort_by(better_first);
            larger.dedup_by_key(|option| option.0);
            self.left_out |= larger.len() > most;
            larger.truncate(most);
            options = larger;
        }
        options.retain(|(_, set)| set.count() > 0);
        options
    }
}

/// The option that saves most; nothing if there is none.
fn first<const N: usize>(options: &[SellerOption<N>]) -> SellerOption<N> {
    options.first().copied().unwrap_or((0, CouponSet::EMPTY))
}

fn plus<const N: usize>(a: Saving<N>, b: Saving<N>) -> Saving<N> {
    (a.0 + b.0, a.1.and(&b.1))
}

fn better_first<const N: usize>(a: &SellerOption<N>, b: &SellerOption<N>) -> Ordering {
    b.0.cmp(&a.0).then_with(|| b.1.preference(&a.1))
}

impl ShippingCoupon {
    /// The most that it takes off whatever others do.
    fn most_off(&self) -> i64 {
        self.budget.map_or(self.off, |budget| budget.min(self.off))
    }

    fn allows(&self, off: i64) -> bool {
        off > 0 && self.budget.is_none_or(|budget| off <= budget)
    }
}

impl<const N: usize> BranchAndBound<'_, N> {
    fn descend(&mut self, next: usize, so_far: Saving<N>, off_covered: i64) {
        self.steps += 1;
        let rest: i64 = self.sellers[next..].iter().map(|(_, options)| first(options).0).sum();
        let others = so_far.0 - off_covered;
        let bound = others + (off_covered + rest + self.most).min(self.covered);
        let count = so_far.1.count() + self.platform_set.count();
        if bound < self.best.0 || bound == self.best.0 && count > self.best.1.count() || self.steps > STEPS_MAX {
            return;
        }
        let Some(&(seller, options)) = self.sellers.get(next) else { return self.offer(so_far) };
        for &(off, set) in options {
            self.left[seller] -= off;
            self.descend(next + 1, plus(so_far, (off, set)), off_covered + off);
            self.left[seller] += off;
        }
        self.descend(next + 1, so_far, off_covered);
    }

    /// Applies the platform's coupons to what the sellers' left.
    fn offer(&mut self, sellers: Saving<N>) {
        let mut left: Option<Vec<i64>> = None;
        let mut saved = sellers.0;
        for (number, &coupon) in self.platform.iter().enumerate() {
            let coupon = &self.lane.coupons[coupon];
            let room = left.as_deref().unwrap_or(&self.left);
            let off = coupon.off.min(coupon.sellers.iter().map(|&seller| room[seller]).sum());
            if !coupon.allows(off) {
                return;
            }
            saved += off;
            if number + 1 < self.platform.len() {
                let left = left.get_or_insert_with(|| self.left.clone());
                split_within(off, &self.lane.entering, left, &coupon.sellers, &mut self.scratch);
            }
        }
        let saving = (saved, sellers.1.and(&self.platform_set));
        if is_better(&saving, &self.best) {
            self.best = saving;
        }
    }
}
