use std::collections::HashMap;

use super::{
    Usable,
    set::{Saving, Set, is_better, subsets},
};
use crate::{
    money::{Amount, split_within},
    quote::lanes::Running,
};

/// Choices among one seller's coupons, and among the platform's, that are looked at.
const SETS_MAX: usize = 32;
/// Steps of one search; below it the answer is exact.
const STEPS_MAX: usize = 2_000;

/// The shipping lane. What happens in it depends on the lanes before only by which of its coupons apply, so the best of
/// each such set is worked out once.
pub(super) struct ShippingLane<const N: usize> {
    /// Each seller's shipping on entering.
    entering: Vec<Amount>,
    /// In placing order.
    coupons: Vec<ShippingCoupon>,
    /// One set of coupons that share a place for each seller, and for the platform last.
    places: Vec<Vec<Vec<usize>>>,
    known: HashMap<Set<N>, Saving<N>>,
}

struct ShippingCoupon {
    member: usize,
    /// Sellers with an eligible line.
    covers: Vec<usize>,
    off: Amount,
    budget: Option<Amount>,
}

/// A choice among one seller's coupons.
type Choice<const N: usize> = (Amount, Set<N>);

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
    left: Vec<Amount>,
    best: Saving<N>,
    steps: usize,
}

impl<const N: usize> ShippingLane<N> {
    /// `members` in placing order.
    pub fn new(start: &Running<'_>, usable: &[Usable<'_>], members: &[usize]) -> Self {
        let entering: Vec<Amount> = start.shipping_left().to_vec();
        let platform = entering.len();
        let mut places: Vec<Vec<Vec<usize>>> = vec![Vec::new(); platform + 1];
        let mut coupons = Vec::with_capacity(members.len());
        for (number, &member) in members.iter().enumerate() {
            let coupon = &usable[member];
            let covers = start.sellers_of(&coupon.eligible);
            let base = covers.iter().map(|&seller| entering[seller]).sum();
            let own = &mut places[coupon.seller.unwrap_or(platform)];
            match own.iter_mut().find(|place| usable[members[place[0]]].stands_with(coupon)) {
                Some(place) => place.push(number),
                None => own.push(vec![number]),
            }
            coupons.push(ShippingCoupon {
                member,
                off: coupon.candidate.terms.benefit.discount(base),
                covers,
                budget: coupon.candidate.budget_left,
            });
        }
        Self { entering, coupons, places, known: HashMap::new() }
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

    fn search(&self, applying: &Set<N>) -> Saving<N> {
        let sellers = self.entering.len();
        let choices: Vec<Vec<Choice<N>>> = (0..sellers).map(|seller| self.choices(seller, applying)).collect();
        // Alone every seller takes its most.
        let first = |choices: &Vec<Choice<N>>| choices.first().copied().unwrap_or((Amount::ZERO, Set::EMPTY));
        let mut best = (0, Set::EMPTY);
        for choices in &choices {
            let (off, set) = first(choices);
            best = (best.0 + off.minor(), best.1.and(&set));
        }
        let worth = |coupon: usize| self.coupons[coupon].off.minor();
        for mut platform in subsets(self.applying(sellers, applying), SETS_MAX, worth) {
            if platform.is_empty() {
                continue;
            }
            platform.sort_unstable();
            let covers = |seller| platform.iter().any(|&coupon| self.coupons[coupon].covers.contains(&seller));
            let mut descent = Descent {
                lane: self,
                platform: &platform,
                platform_set: platform.iter().fold(Set::EMPTY, |set, &coupon| set.with(self.coupons[coupon].member)),
                most: platform.iter().map(|&coupon| self.coupons[coupon].off.minor()).sum(),
                covered: 0,
                sellers: Vec::new(),
                left: self.entering.clone(),
                best,
                steps: 0,
            };
            let mut others = (0, Set::EMPTY);
            for (seller, choices) in choices.iter().enumerate() {
                if covers(seller) {
                    descent.covered += self.entering[seller].minor();
                    if !choices.is_empty() {
                        descent.sellers.push((seller, choices));
                    }
                } else {
                    let (off, set) = first(choices);
                    others = (others.0 + off.minor(), others.1.and(&set));
                }
            }
            // Without any seller's coupon first: where the platform's take all there is, that wins the tie.
            descent.offer(others);
            descent.descend(0, others, 0);
            best = descent.best;
        }
        best
    }

    fn applying(&self, of: usize, applying: &Set<N>) -> Vec<Vec<usize>> {
        let mut places = self.places[of].clone();
        for place in &mut places {
            place.retain(|&coupon| applying.has(self.coupons[coupon].member));
        }
        places.retain(|place| !place.is_empty());
        places
    }

    /// One seller's choices, most saving first, without the empty one; none if it has no coupon.
    fn choices(&self, seller: usize, applying: &Set<N>) -> Vec<Choice<N>> {
        let places = &self.places[seller];
        if places.is_empty() {
            return Vec::new();
        }
        let mut choices = Vec::new();
        let worth = |coupon: usize| self.coupons[coupon].off.minor();
        for mut subset in subsets(self.applying(seller, applying), SETS_MAX, worth) {
            subset.sort_unstable();
            let mut left = self.entering[seller];
            let mut set = Set::EMPTY;
            let all = subset.iter().all(|&number| {
                let coupon = &self.coupons[number];
                let off = coupon.off.min(left);
                left -= off;
                set = set.with(coupon.member);
                coupon.allows(off)
            });
            if all && !subset.is_empty() {
                choices.push((self.entering[seller] - left, set));
            }
        }
        choices.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.preference(&a.1)));
        choices
    }
}

impl ShippingCoupon {
    fn allows(&self, off: Amount) -> bool {
        !off.is_zero() && self.budget.is_none_or(|budget| off <= budget)
    }
}

impl<const N: usize> Descent<'_, N> {
    fn descend(&mut self, next: usize, so_far: Saving<N>, off_covered: i64) {
        self.steps += 1;
        let rest: i64 =
            self.sellers[next..].iter().map(|(_, choices)| choices.first().map_or(0, |choice| choice.0.minor())).sum();
        let others = so_far.0 - off_covered;
        let bound = others + (off_covered + rest + self.most).min(self.covered);
        let count = so_far.1.count() + self.platform_set.count();
        if bound < self.best.0 || bound == self.best.0 && count > self.best.1.count() || self.steps > STEPS_MAX {
            return;
        }
        let Some(&(seller, choices)) = self.sellers.get(next) else { return self.offer(so_far) };
        for (off, set) in choices {
            self.left[seller] -= *off;
            self.descend(next + 1, (so_far.0 + off.minor(), so_far.1.and(set)), off_covered + off.minor());
            self.left[seller] += *off;
        }
        self.descend(next + 1, so_far, off_covered);
    }

    /// Places the platform's coupons on what the sellers' left.
    fn offer(&mut self, sellers: Saving<N>) {
        let mut left: Option<Vec<Amount>> = None;
        let mut saved = sellers.0;
        for (place, &number) in self.platform.iter().enumerate() {
            let coupon = &self.lane.coupons[number];
            let room = left.as_deref().unwrap_or(&self.left);
            let off = coupon.off.min(coupon.covers.iter().map(|&seller| room[seller]).sum());
            if !coupon.allows(off) {
                return;
            }
            saved += off.minor();
            if place + 1 < self.platform.len() {
                let left = left.get_or_insert_with(|| self.left.clone());
                let weights: Vec<Amount> = coupon.covers.iter().map(|&seller| self.lane.entering[seller]).collect();
                let room: Vec<Amount> = coupon.covers.iter().map(|&seller| left[seller]).collect();
                for (&seller, part) in coupon.covers.iter().zip(split_within(coupon.off, &weights, &room)) {
                    left[seller] -= part;
                }
            }
        }
        let saving = (saved, sellers.1.and(&self.platform_set));
        if is_better(&saving, &self.best) {
            self.best = saving;
        }
    }
}
