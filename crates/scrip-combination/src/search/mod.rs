//! The search for the set of coupons with the largest total saving, jointly over all lanes.
//!
//! What makes it hard: a seller coupon that takes the cart under a platform coupon's minimum may be worth leaving out,
//! so the lanes can't be decided one after the other. What makes it feasible: of all that happens in the seller lane a
//! later coupon sees little more than the sum that is left on its lines. So
//!
//! 1. each seller has a few [`options`], at most one coupon of each stacking slot: a saving, and what they leave to each
//!    [`later`] coupon that looks at it;
//! 2. for each of the [`choices`] in the platform lane, with the shipping coupons that are to be kept applicable, a Lagrange
//!    multiplier on what is left makes the sellers independent of each other and gives an upper bound on what any set with it
//!    can save ([`relaxation`]); most choices end there;
//! 3. with one platform coupon of which more is better, sellers' options are combined into two sides that
//!    [meet in the middle](meet_in_the_middle), each kept to its Pareto front; otherwise [`branch_and_bound`] builds the sides and
//!    [`join`] looks at their pairs under the bound, near it first; what the sums don't decide ([`together`], [`line_classes`]) is
//!    split as an order would;
//! 4. the [`shipping`] lane depends on the others only by which of its coupons apply.
//!
//! Where no coupon takes room from another all of them together are the best, which is looked at before anything else; and where
//! a limit left anything out, [`local_search`] changes what was found coupon by coupon.
//!
//! [`STEPS_MAX`] bounds the work; each file names the limits of its own lists. `docs/concepts/best-combination.md` proves the bounds.

#[cfg(test)]
mod bounds;
mod branch_and_bound;
mod choices;
mod couplings;
#[cfg(test)]
mod estimates;
mod join;
mod later;
mod line_classes;
#[cfg(test)]
mod local_optimum;
mod local_search;
mod losses;
mod meet_in_the_middle;
mod options;
mod partials;
mod relaxation;
mod shipping;
#[cfg(test)]
mod shipping_sets;
mod together;
mod usable;

use choices::Choice;
use later::{LaterCoupon, Overlap, look};
use options::{SellerOptions, seller_options};
use relaxation::Relaxation;
use shipping::ShippingLane;
use usable::{Usable, usable};

use crate::{
    amounts::Amounts,
    cart::Cart,
    coupon_set::{CouponSet, Saving, is_better},
    line_set::LineSet,
    problem::{Lane, Problem},
    slots::slots,
};

/// Steps of the whole search, each some 100 ns. It is exact below it.
const STEPS_MAX: usize = 10_000;
/// Coupons that are looked at. A set of them has a bit for each.
const COUPONS_MAX: usize = 512;

/// The coupons of the problem that together save most, by index, rising. Ties: fewer coupons, then the earlier ones.
///
/// Exact unless the search runs into a limit, which wallets of dozens of coupons do that stack and leave each other too little room or
/// spoil each other's minimum. Then it is the best found: no less than all of them together, and no less than with one
/// coupon more, less or exchanged, as far as the tries go. Source: rules, Order of application 6.
///
/// # Panics
/// If the problem has more than 512 lines, or an index that leads nowhere.
pub fn best(problem: &Problem) -> Vec<usize> {
    let start = Cart::new(problem);
    let usable = usable(&start);
    match usable.len() {
        0 => Vec::new(),
        1..=64 => Search::<1>::new(start, &usable).run(),
        65..=128 => Search::<2>::new(start, &usable).run(),
        all => Search::<{ COUPONS_MAX / 64 }>::new(start, &usable[..all.min(COUPONS_MAX)]).run(),
    }
}

/// How many steps one choice gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    Brief,
    Full,
    /// All that are left.
    Rest,
}

struct Search<'a, const N: usize> {
    usable: &'a [Usable<'a>],
    start: Cart<'a>,
    /// Lines to try a split on.
    trial: Amounts,
    sellers: Vec<SellerOptions<N>>,
    /// The platform's coupons, then the shipping coupons that could be lost; each in the order of application.
    later_coupons: Vec<LaterCoupon<'a>>,
    /// What each later coupon sees of each option, by the option's number.
    bases: Vec<Vec<i64>>,
    /// The shipping coupons that could be lost, by index in `later_coupons`.
    at_risk: Vec<usize>,
    /// By platform coupon, then by later coupon; worked out when first asked for.
    overlaps: Vec<Option<Overlap>>,
    shipping: ShippingLane<N>,
    best: Saving<N>,
    /// All that aren't exclusive, in the order of application.
    in_order: Vec<usize>,
    /// Whether the present look leaves sets for a later one.
    left_open: bool,
    /// Whether a limit left out coupons that could matter, and whether one left out sets.
    left_out: bool,
    ended: bool,
    steps: usize,
}

impl<'a, const N: usize> Search<'a, N> {
    fn new(start: Cart<'a>, usable: &'a [Usable<'a>]) -> Self {
        let of_lane = |lane| {
            let shared = |&member: &usize| usable[member].coupon.lane == lane && !usable[member].coupon.exclusive;
            let mut members: Vec<usize> = (0..usable.len()).filter(shared).collect();
            members.sort_by_key(|&member| usable[member].coupon.order);
            members
        };
        let [of_sellers, platform, in_shipping] = [Lane::Seller, Lane::Platform, Lane::Shipping].map(of_lane);
        let as_later = |&member: &usize| LaterCoupon::new(member, &usable[member], &start);
        let mut later_coupons: Vec<LaterCoupon<'_>> = platform.iter().chain(&in_shipping).map(as_later).collect();
        // Without a minimum a shipping coupon doesn't look at what is left.
        let looked_at = later_coupons
            .iter()
            .filter(|later| later.shape.is_some() || later.needed > 0)
            .fold(LineSet::NONE, |lines, later| lines.or(&later.lines));
        let (mut sellers, left_out) = seller_options(&start, usable, &of_sellers, &looked_at);
        look(&mut later_coupons, &mut sellers);
        keep_those_at_risk(&mut later_coupons, usable);
        look(&mut later_coupons, &mut sellers);
        let at_risk = (0..later_coupons.len()).filter(|&number| later_coupons[number].shape.is_none()).collect();
        let options = || sellers.iter().flat_map(|seller| &seller.options);
        let seen_by = |later| options().map(|option| option.bases[later]).collect();
        Self {
            bases: (0..later_coupons.len()).map(seen_by).collect(),
            overlaps: (0..platform.len() * later_coupons.len()).map(|_| None).collect(),
            usable,
            shipping: ShippingLane::new(&start, usable, &in_shipping),
            start,
            trial: Amounts::default(),
            sellers,
            at_risk,
            later_coupons,
            best: (0, CouponSet::EMPTY),
            in_order: [of_sellers, platform, in_shipping].concat(),
            left_open: false,
            left_out,
            ended: false,
            steps: 0,
        }
    }

    fn run(mut self) -> Vec<usize> {
        self.search();
        self.found()
    }

    fn search(&mut self) {
        for (member, usable) in self.usable.iter().enumerate() {
            if usable.coupon.exclusive {
                self.offer((usable.alone, CouponSet::EMPTY.with(member)));
            }
        }
        if self.take_all() {
            return;
        }
        let bounded = self.bounded_choices();
        // Each choice first gets a few steps, so that none of them keeps a better set of the others from being found.
        let mut open: Vec<bool> = vec![true; bounded.len()];
        for effort in [Effort::Brief, Effort::Full, Effort::Rest] {
            for ((choice, relaxation), open) in bounded.iter().zip(&mut open).filter(|(_, open)| **open) {
                if relaxation.bound() < self.best.0 || self.steps > STEPS_MAX {
                    break;
                }
                *open =
                    !self.loses_tie(relaxation.bound(), &choice.coupons) && self.look_into(choice, relaxation, effort);
            }
        }
        let left_out = self.left_out || self.shipping.left_out;
        if left_out || self.ended || self.steps > STEPS_MAX {
            self.improve_locally(left_out);
        }
    }

    /// Offers the best of the choice's sets, by the quickest way that is exact. Says whether anything is left to look at.
    fn look_into(&mut self, choice: &Choice<N>, relaxation: &Relaxation, effort: Effort) -> bool {
        self.note_losses(choice);
        if !self.may_lose_shipping(choice) {
            match choice.coupons[..] {
                [] => {
                    self.take_most(choice);
                    return false;
                }
                [coupon] if self.later_coupons[coupon].more_is_better() && self.meet_in_the_middle(choice, coupon) => {
                    return false;
                }
                _ => {}
            }
        }
        self.branch_and_bound(choice, relaxation, effort)
    }

    /// Nothing to lose: every seller saves its most.
    fn take_most(&mut self, choice: &Choice<N>) {
        let mut best = self.shipping.best(&choice.shipping);
        for seller in &self.sellers {
            best = (best.0 + seller.options[0].saved, best.1.and(&seller.options[0].set));
        }
        self.offer(best);
    }

    fn offer(&mut self, saving: Saving<N>) {
        if saving.0 > 0 && is_better(&saving, &self.best) {
            self.best = saving;
        }
    }

    fn found(&self) -> Vec<usize> {
        self.best.1.members().map(|member| self.usable[member].index).collect()
    }

    /// What the lines amount to before any discount.
    fn lines(&self) -> &[i64] {
        self.start.lines.left()
    }
}

/// Takes out the shipping coupons whose minimum is met whatever the lanes before do: nothing puts them at risk.
fn keep_those_at_risk(later_coupons: &mut Vec<LaterCoupon<'_>>, usable: &[Usable<'_>]) {
    let platform = later_coupons.iter().take_while(|later| later.shape.is_some());
    let slots = slots(platform.map(|later| usable[later.member].coupon));
    let of_slot = |slot: &Vec<usize>| slot.iter().map(|&number| later_coupons[number].most_off()).max().unwrap_or(0);
    let most_off: i64 = slots.iter().map(of_slot).sum();
    later_coupons.retain(|later| later.shape.is_some() || later.needed > 0 && later.least - most_off < later.needed);
}
