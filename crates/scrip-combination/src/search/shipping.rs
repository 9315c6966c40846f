use std::{
    cmp::{Ordering, Reverse},
    collections::HashMap,
};

use super::Usable;
use crate::{
    cart::Cart,
    set::{Saving, Set, is_better, keep_worthiest, subsets},
    split::{Scratch, split_within},
};

/// Choices among one seller's coupons, and among the platform's, that are looked at; and where as many were looked at
/// as there are in all.
const SETS_MAX: usize = 4_096;
const SETS_LATER: usize = 32;
const SETS_IN_ALL: usize = 32_768;
/// Steps of one choice of the platform's coupons; below it the answer is exact.
const STEPS_MAX: usize = 2_000;
/// Steps of all of them.
const STEPS_IN_ALL: usize = 64_000;

/// The shipping lane. What happens in it depends on the lanes before only by which of its coupons apply, so the best of
/// each such set is worked out once.
pub(super) struct ShippingLane<const N: usize> {
    /// Each seller's shipping on entering.
    entering: Vec<i64>,
    /// In placing order.
    coupons: Vec<ShippingCoupon>,
    /// One set of coupons that share a place for each seller, and for the platform last.
    places: Vec<Vec<Vec<usize>>>,
    known: HashMap<Set<N>, Saving<N>>,
    /// Choices that may still be looked at beyond a few each time.
    sets_left: usize,
    /// Whether any were left out.
    pub left_out: bool,
}

struct ShippingCoupon {
    member: usize,
    /// Sellers with an eligible line.
    covers: Vec<usize>,
    off: i64,
    budget: Option<i64>,
}

/// A choice among one seller's coupons.
type Choice<const N: usize> = (i64, Set<N>);

/// The search for what goes best with some of the platform's coupons.
struct Descent<'a, const N: usize> {
    lane: &'a ShippingLane<N>,
    platform: &'a [usize],
    platform_set: Set<N>,
    /// The most that the platform's coupons take off together, and the shipping that they cover.
    most: i64,
    covered: i64,
    /// Sellers whose shipping the platform's coupons cover, with their choices, most saving first.
    sellers: Vec<(usize, &'a [Choice<N>])>,
    left: Vec<i64>,
    scratch: Scratch,
    best: Saving<N>,
    steps: usize,
}

impl<const N: usize> ShippingLane<N> {
    /// `members` in placing order.
    pub fn new(start: &Cart<'_>, usable: &[Usable<'_>], members: &[usize]) -> Self {
        let entering: Vec<i64> = start.problem.shipping.clone();
        let platform = entering.len();
        let mut places: Vec<Vec<Vec<usize>>> = vec![Vec::new(); platform + 1];
        let mut coupons = Vec::with_capacity(members.len());
        for (number, &member) in members.iter().enumerate() {
            let coupon = &usable[member];
            let covers = coupon.sellers.clone();
            let base = covers.iter().map(|&seller| entering[seller]).sum();
            let own = &mut places[coupon.coupon.seller.unwrap_or(platform)];
            match own.iter_mut().find(|place| usable[members[place[0]]].coupon.shares_slot_with(coupon.coupon)) {
                Some(place) => place.push(number),
                None => own.push(vec![number]),
            }
            coupons.push(ShippingCoupon {
                member,
                off: coupon.coupon.shape.off(base),
                covers,
                budget: coupon.coupon.budget,
            });
        }
        Self { entering, coupons, places, known: HashMap::new(), sets_left: SETS_IN_ALL, left_out: false }
    }

    pub fn has_platform_coupons(&self) -> bool {
        self.places.last().is_some_and(|places| !places.is_empty())
    }

    /// The best of the coupons that apply.
    pub fn best(&mut self, applying: &Set<N>) -> Saving<N> {
        if applying.count() == 0 {
            return (0, Set::EMPTY);
        }
        if let Some(known) = self.known.get(applying) {
            return *known;
        }
        let best = self.search(applying);
        self.known.insert(*applying, best);
        best
    }

    fn search(&mut self, applying: &Set<N>) -> Saving<N> {
        let sellers = self.entering.len();
        let (all, in_full) = self.all(applying);
        if in_full {
            // Every place gives the most that it can.
            return all;
        }
        let choices: Vec<Vec<Choice<N>>> = (0..sellers).map(|seller| self.choices(seller, applying)).collect();
        // Alone every seller takes its most.
        let first = |choices: &Vec<Choice<N>>| choices.first().copied().unwrap_or((0, Set::EMPTY));
        let mut best = (0, Set::EMPTY);
        for choices in &choices {
            let (off, set) = first(choices);
            best = (best.0 + off, best.1.and(&set));
        }
        let of_sellers = best.0;
        if is_better(&all, &best) {
            best = all;
        }
        let mut places = self.applying(sellers, applying);
        let most = self.sets_max();
        let cut = keep_worthiest(&mut places, most, |coupon| self.coupons[coupon].most_off());
        let mut sets = subsets(places);
        self.sets_left = self.sets_left.saturating_sub(sets.len());
        // Where there is less shipping than coupons, few of them are enough.
        sets.sort_by_key(Vec::len);
        let mut steps = 0;
        let mut ended = false;
        for mut platform in sets {
            if platform.is_empty() {
                continue;
            }
            let most: i64 = platform.iter().map(|&coupon| self.coupons[coupon].most_off()).sum();
            let bound = of_sellers + most;
            if bound < best.0 || bound == best.0 && platform.len() > best.1.count() as usize {
                continue;
            }
            platform.sort_unstable();
            let covers = |seller| platform.iter().any(|&coupon| self.coupons[coupon].covers.contains(&seller));
            let mut descent = Descent {
                lane: self,
                platform: &platform,
                platform_set: platform.iter().fold(Set::EMPTY, |set, &coupon| set.with(self.coupons[coupon].member)),
                most: platform.iter().map(|&coupon| self.coupons[coupon].off).sum(),
                covered: 0,
                sellers: Vec::new(),
                left: self.entering.clone(),
                scratch: Scratch::default(),
                best,
                steps: 0,
            };
            let mut others = (0, Set::EMPTY);
            for (seller, choices) in choices.iter().enumerate() {
                if covers(seller) {
                    descent.covered += self.entering[seller];
                    if !choices.is_empty() {
                        descent.sellers.push((seller, choices));
                    }
                } else {
                    let (off, set) = first(choices);
                    others = (others.0 + off, others.1.and(&set));
                }
            }
            // Without any seller's coupon first: where the platform's take all there is, that wins the tie.
            descent.offer(others);
            if steps < STEPS_IN_ALL {
                descent.descend(0, others, 0);
            }
            steps += descent.steps;
            ended |= descent.steps > STEPS_MAX || steps >= STEPS_IN_ALL;
            best = descent.best;
        }
        self.left_out |= cut || ended;
        best
    }

    fn sets_max(&self) -> usize {
        if self.sets_left > 0 { SETS_MAX } else { SETS_LATER }
    }

    /// With the coupon of each place that takes most off, of those that apply beside the ones before; and whether each
    /// takes all that it could.
    fn all(&self, applying: &Set<N>) -> (Saving<N>, bool) {
        let most = |place: &Vec<usize>| {
            place.iter().copied().max_by_key(|&number| {
                let coupon = &self.coupons[number];
                (coupon.most_off(), Reverse(coupon.member))
            })
        };
        let mut chosen: Vec<usize> = (0..self.places.len())
            .flat_map(|of| self.applying(of, applying))
            .filter_map(|place| most(&place))
            .collect();
        // The sellers' first.
        chosen.sort_unstable();
        let (mut left, mut scratch) = (self.entering.clone(), Scratch::default());
        let mut placed = (0, Set::EMPTY);
        let mut in_full = true;
        for number in chosen {
            let coupon = &self.coupons[number];
            let off = coupon.off.min(coupon.covers.iter().map(|&seller| left[seller]).sum());
            in_full &= off == coupon.off && coupon.allows(off);
            if !coupon.allows(off) {
                continue;
            }
            split_within(off, &self.entering, &mut left, &coupon.covers, &mut scratch);
            placed = (placed.0 + off, placed.1.with(coupon.member));
        }
        (placed, in_full)
    }

    fn applying(&self, of: usize, applying: &Set<N>) -> Vec<Vec<usize>> {
        let mut places = self.places[of].clone();
        for place in &mut places {
            place.retain(|&coupon| applying.has(self.coupons[coupon].member));
        }
        places.retain(|place| !place.is_empty());
        places
    }

    /// One seller's choices, most saving first, without the empty one; none if it has no coupon. Of those that save the
    /// same, the one that wins the tie.
    fn choices(&mut self, seller: usize, applying: &Set<N>) -> Vec<Choice<N>> {
        let entering = self.entering[seller];
        let most = self.sets_max();
        let mut choices: Vec<Choice<N>> = vec![(0, Set::EMPTY)];
        // Places stand in placing order, for a place is a group.
        for place in self.applying(seller, applying) {
            let mut larger = choices.clone();
            for number in place {
                let coupon = &self.coupons[number];
                for (taken, set) in &choices {
                    let off = coupon.off.min(entering - *taken);
                    if coupon.allows(off) {
                        larger.push((*taken + off, set.with(coupon.member)));
                    }
                }
            }
            self.sets_left = self.sets_left.saturating_sub(larger.len());
            // What they leave is all that later coupons see of them.
            larger.sort_by(better_first);
            larger.dedup_by_key(|choice| choice.0);
            self.left_out |= larger.len() > most;
            larger.truncate(most);
            choices = larger;
        }
        choices.retain(|(_, set)| set.count() > 0);
        choices
    }
}

fn better_first<const N: usize>(a: &Choice<N>, b: &Choice<N>) -> Ordering {
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

impl<const N: usize> Descent<'_, N> {
    fn descend(&mut self, next: usize, so_far: Saving<N>, off_covered: i64) {
        self.steps += 1;
        let rest: i64 =
            self.sellers[next..].iter().map(|(_, choices)| choices.first().map_or(0, |choice| choice.0)).sum();
        let others = so_far.0 - off_covered;
        let bound = others + (off_covered + rest + self.most).min(self.covered);
        let count = so_far.1.count() + self.platform_set.count();
        if bound < self.best.0 || bound == self.best.0 && count > self.best.1.count() || self.steps > STEPS_MAX {
            return;
        }
        let Some(&(seller, choices)) = self.sellers.get(next) else { return self.offer(so_far) };
        for (off, set) in choices {
            self.left[seller] -= *off;
            self.descend(next + 1, (so_far.0 + off, so_far.1.and(set)), off_covered + off);
            self.left[seller] += *off;
        }
        self.descend(next + 1, so_far, off_covered);
    }

    /// Places the platform's coupons on what the sellers' left.
    fn offer(&mut self, sellers: Saving<N>) {
        let mut left: Option<Vec<i64>> = None;
        let mut saved = sellers.0;
        for (place, &number) in self.platform.iter().enumerate() {
            let coupon = &self.lane.coupons[number];
            let room = left.as_deref().unwrap_or(&self.left);
            let off = coupon.off.min(coupon.covers.iter().map(|&seller| room[seller]).sum());
            if !coupon.allows(off) {
                return;
            }
            saved += off;
            if place + 1 < self.platform.len() {
                let left = left.get_or_insert_with(|| self.left.clone());
                split_within(off, &self.lane.entering, left, &coupon.covers, &mut self.scratch);
            }
        }
        let saving = (saved, sellers.1.and(&self.platform_set));
        if is_better(&saving, &self.best) {
            self.best = saving;
        }
    }
}
