//! The set of coupons with the largest total saving, found jointly over all lanes.
//!
//! What makes it hard: a seller coupon that takes the cart under a platform coupon's minimum may be worth leaving out,
//! so the lanes can't be decided one after the other. What makes it feasible: of all that happens in the seller lane a
//! later coupon sees little more than the sum that is left on its eligible lines. So
//!
//! 1. each seller has a few *options* (one coupon or none per stacking group): a saving, and what they leave to each
//!    later coupon that looks at it ([`options`]);
//! 2. for each *choice* in the platform lane, with the shipping coupons that are to be kept applicable, a price on what
//!    is left makes the sellers independent of each other and gives a bound on what any set with it can save
//!    ([`bound`]); most choices end there;
//! 3. with one platform coupon and nothing else to watch, sellers' options are combined into two halves, of which the
//!    best pair is found ([`halves`]); otherwise the pairs of two halves are looked at under the bound, near it first,
//!    and what the sums don't settle is split as an order would ([`descent`], [`crowd`], [`split`]);
//! 4. the shipping lane depends on the others only by which of its coupons apply ([`shipping`]).

mod bound;
mod crowd;
mod descent;
mod halves;
mod lane;
mod options;
mod points;
mod set;
mod shipping;
mod split;

use std::cmp::Reverse;

use bound::Prices;
use lane::share;
use options::{Overlap, SellerOptions, Watch};
use set::{Saving, Set, is_better, subsets};
use shipping::ShippingLane;
use split::Split;

use super::{
    candidate::{Candidate, Eligible, Lane},
    lanes::{Running, placing_order},
};
use crate::{cart::Cart, condition::Occasion, money::Amount, time::Timestamp};

/// Steps of the whole search, each some 100 ns. It is exact below it.
const STEPS_MAX: usize = 10_000;
/// Choices in the platform lane that are looked at.
const CHOICES_MAX: usize = 2_000;
/// Choices that are made in a step, and the steps that it takes to look into one.
const CHOICES_IN_STEP: usize = 8;
const CHOICE_STEPS: usize = 4;
/// Single changes that are tried on the best set of a search that ended at its limit.
const CHANGES_MAX: usize = 128;
/// Choices that are tried before the search.
const WARM_UP: usize = 6;
/// Shipping coupons that the platform's coupons or the sellers' may spoil, for which keeping and losing are told apart.
const KEPT_MAX: usize = 3;

/// The places of the candidates that together save most. Ties: fewer coupons, then those that expire sooner, then by
/// id.
///
/// Exact unless the search runs into its limit, which wallets of dozens of coupons that stack, crowd each other out or
/// spoil each other's minimum do. Then it is the best found. Source: rules, Order of application 6.
pub fn best_combination(cart: &Cart, candidates: &[Candidate<'_>], now: Timestamp) -> Vec<usize> {
    let start = Running::new(cart, now, Occasion::Now);
    let mut usable: Vec<Usable<'_>> = candidates
        .iter()
        .enumerate()
        .filter_map(|(place, candidate)| {
            let eligible = candidate.eligible(cart);
            let alone = start.alone(candidate, &eligible)?;
            let seller = candidate.seller().and_then(|own| start.sellers().iter().position(|seller| *seller == own));
            Some(Usable { place, candidate, eligible, alone, lane: candidate.lane(), seller })
        })
        .collect();
    usable.sort_by(|a, b| a.candidate.rank().cmp(&b.candidate.rank()));
    // Coupons of one campaign do the same and exclude each other: the one that goes first in a tie stands for all.
    let mut seen = Vec::with_capacity(usable.len());
    usable.retain(|usable| {
        let campaign = (usable.candidate.campaign, usable.candidate.terms_version);
        let new = !seen.contains(&campaign);
        if new {
            seen.push(campaign);
        }
        new
    });
    // So does one that differs from an earlier one of its place by no more than a smaller budget.
    let mut last = usable.len();
    while last > 1 {
        last -= 1;
        if usable[..last].iter().any(|earlier| earlier.replaces(&usable[last])) {
            usable.remove(last);
        }
    }
    match usable.len() {
        0 => Vec::new(),
        1..=64 => Search::<1>::new(start, &usable).run(),
        65..=128 => Search::<2>::new(start, &usable).run(),
        // A wallet holds at most 500 live coupons, a request at most 10 codes.
        _ => Search::<8>::new(start, &usable[..usable.len().min(512)]).run(),
    }
}

/// A candidate that can matter; in the order of ties.
struct Usable<'a> {
    place: usize,
    candidate: &'a Candidate<'a>,
    eligible: Eligible,
    /// 0 if it exceeds its budget alone.
    alone: Amount,
    lane: Lane,
    /// Of a seller's coupon.
    seller: Option<usize>,
}

impl Usable<'_> {
    /// Whether any set with the other is as good with this one instead.
    fn replaces(&self, other: &Self) -> bool {
        let (own, theirs) = (self.candidate, other.candidate);
        self.stands_with(other)
            && own.terms.stacking.exclusive == theirs.terms.stacking.exclusive
            && own.terms.benefit == theirs.terms.benefit
            && own.terms.minimum_spend == theirs.terms.minimum_spend
            && own.budget_left.is_none_or(|left| theirs.budget_left.is_some_and(|other| other <= left))
            && self.eligible.lines == other.eligible.lines
    }

    /// Whether both stand in one place, where only one may be used.
    fn stands_with(&self, other: &Self) -> bool {
        self.lane == other.lane
            && self.seller == other.seller
            && self.candidate.terms.stacking.group == other.candidate.terms.stacking.group
    }
}

/// Platform coupons that are used together, and what is asked of the shipping lane.
struct Choice<const N: usize> {
    /// Places in `watches`, in placing order.
    coupons: Vec<usize>,
    /// Shipping coupons that must stay applicable: places in `watches`.
    kept: Vec<usize>,
    /// Shipping coupons that may be used at all.
    shipping: Set<N>,
    /// What those save at most.
    shipping_saved: i64,
    /// The most that any set with these can save.
    bound: i64,
}

/// Shipping coupons that are kept, by their places in `watches`; what the shipping lane saves then; and what it may
/// use.
type Variant<const N: usize> = (Vec<usize>, i64, Set<N>);

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
    start: Running<'a>,
    /// Lines to try a split on.
    split: Split,
    sellers: Vec<SellerOptions<N>>,
    /// The platform's coupons, then the shipping coupons that could be lost.
    watches: Vec<Watch<'a>>,
    /// What each watch sees of each option, by the option's number.
    bases: Vec<Vec<i64>>,
    /// Places in `watches` of the shipping coupons that could be lost.
    doubtful: Vec<usize>,
    /// By platform coupon, then by later coupon; worked out when first asked for.
    overlaps: Vec<Option<Overlap>>,
    shipping: ShippingLane<N>,
    best: Saving<N>,
    /// Whether the present look leaves sets for a later one.
    unsettled: bool,
    steps: usize,
}

impl<'a, const N: usize> Search<'a, N> {
    fn new(start: Running<'a>, usable: &'a [Usable<'a>]) -> Self {
        let of_lane = |lane| {
            let mut members: Vec<usize> = (0..usable.len())
                .filter(|&member| usable[member].lane == lane && !usable[member].candidate.terms.stacking.exclusive)
                .collect();
            members.sort_by(|&a, &b| placing_order(usable[a].candidate).cmp(&placing_order(usable[b].candidate)));
            members
        };
        let mut scratch = start.clone();
        let mut sellers = options::seller_options(&mut scratch, usable, &of_lane(Lane::Seller));
        let (platform, in_shipping) = (of_lane(Lane::Platform), of_lane(Lane::Shipping));
        let mut watches: Vec<Watch<'_>> =
            platform.iter().chain(&in_shipping).map(|&member| Watch::new(member, &usable[member], &start)).collect();
        // A shipping coupon whose minimum is met whatever the lanes before do needs no watching.
        options::look(&mut watches, &mut sellers);
        let most_off: i64 = places(usable, &platform)
            .iter()
            .map(|place| place.iter().map(|&coupon| watches[coupon].most_off()).max().unwrap_or(0))
            .sum();
        watches = watches
            .into_iter()
            .enumerate()
            .filter(|(number, watch)| {
                *number < platform.len() || watch.needed > 0 && watch.least - most_off < watch.needed
            })
            .map(|(_, watch)| watch)
            .collect();
        options::look(&mut watches, &mut sellers);
        let doubtful: Vec<usize> = (platform.len()..watches.len()).collect();
        let options = || sellers.iter().flat_map(|seller| &seller.options);
        Self {
            bases: (0..watches.len()).map(|watch| options().map(|option| option.bases[watch]).collect()).collect(),
            overlaps: (0..platform.len() * watches.len()).map(|_| None).collect(),
            usable,
            shipping: ShippingLane::new(&start, usable, &in_shipping),
            start,
            split: Split::default(),
            sellers,
            doubtful,
            watches,
            best: (0, Set::EMPTY),
            unsettled: false,
            steps: 0,
        }
    }

    fn run(mut self) -> Vec<usize> {
        for (member, usable) in self.usable.iter().enumerate() {
            if usable.candidate.terms.stacking.exclusive {
                self.offer((usable.alone.minor(), Set::EMPTY.with(member)));
            }
        }
        let priced = self.priced_choices();
        // Each choice first gets a few steps, so that none of them keeps a better set of the others from being found.
        let mut open: Vec<bool> = vec![true; priced.len()];
        for effort in [Effort::Brief, Effort::Full, Effort::Rest] {
            for ((choice, prices), open) in priced.iter().zip(&mut open).filter(|(_, open)| **open) {
                if prices.bound() < self.best.0 || self.steps > STEPS_MAX {
                    break;
                }
                self.note_losses(choice);
                *open = match choice.coupons[..] {
                    [] if !self.is_watched(choice) => self.take_most(choice),
                    [coupon] if !self.is_watched(choice) && self.watches[coupon].is_within_budget() => {
                        self.match_halves(choice, coupon)
                    }
                    _ => self.descend(choice, prices, effort),
                };
            }
        }
        if self.steps > STEPS_MAX {
            self.change_one_by_one();
        }
        self.best.1.members().map(|member| self.usable[member].place).collect()
    }

    /// The search ended before all was settled: as long as one coupon more, less or exchanged is better, that one. Nobody
    /// finds more by a single change.
    fn change_one_by_one(&mut self) {
        let shared = |member: &usize| !self.usable[*member].candidate.terms.stacking.exclusive;
        let mut members: Vec<usize> = (0..self.usable.len()).filter(shared).collect();
        members.sort_by_key(|&member| Reverse(self.usable[member].alone));
        let mut changes = CHANGES_MAX;
        loop {
            let before = self.best.0;
            for &member in &members {
                if changes == 0 {
                    return;
                }
                changes -= 1;
                let best = self.best.1;
                let changed = if best.has(member) {
                    best.without(member)
                } else {
                    let stays = |&other: &usize| !self.usable[other].stands_with(&self.usable[member]);
                    best.members().filter(stays).fold(Set::EMPTY, Set::with).with(member)
                };
                self.offer(self.applying(&changed));
            }
            if self.best.0 == before {
                return;
            }
        }
    }

    /// Those of the set that apply, placed lane after lane, and what they save.
    fn applying(&self, set: &Set<N>) -> Saving<N> {
        let mut running = self.start.clone();
        let mut placed = (0, Set::EMPTY);
        for lane in [Lane::Seller, Lane::Platform, Lane::Shipping] {
            running.enter_lane();
            let mut of_lane: Vec<usize> = set.members().filter(|&member| self.usable[member].lane == lane).collect();
            of_lane.sort_by(|&a, &b| {
                placing_order(self.usable[a].candidate).cmp(&placing_order(self.usable[b].candidate))
            });
            for member in of_lane {
                let usable = &self.usable[member];
                if let Some(off) = running.take(usable.candidate, &usable.eligible) {
                    placed = (placed.0 + off.minor(), placed.1.with(member));
                }
            }
        }
        placed
    }

    /// Takes out of the choice the shipping coupons that its platform coupons spoil whatever the sellers' options are.
    /// `false`: it asks for one of them.
    fn drop_lost(&mut self, choice: &mut Choice<N>) -> bool {
        let mut dropped = false;
        for place in 0..self.doubtful.len() {
            let number = self.doubtful[place];
            let watch = &self.watches[number];
            if choice.shipping.has(watch.member) && watch.needed + self.least_taken(choice, number) > watch.most {
                if choice.kept.contains(&number) {
                    return false;
                }
                choice.shipping = choice.shipping.without(watch.member);
                dropped = true;
            }
        }
        if dropped {
            let saved = self.shipping.best(&choice.shipping).0;
            choice.bound -= choice.shipping_saved - saved;
            choice.shipping_saved = saved;
        }
        true
    }

    /// A few plain sets, so that the search has something to beat.
    fn warm_up(&mut self, choices: &[Choice<N>]) {
        let most = vec![0; self.sellers.len()];
        let none: Vec<usize> = self
            .sellers
            .iter()
            .map(|seller| seller.options.iter().position(|option| option.set.count() == 0).unwrap_or(0))
            .collect();
        // Whatever else comes of it: the sellers' coupons alone.
        let alone = choices.iter().filter(|choice| choice.coupons.is_empty()).take(1);
        for choice in choices.iter().filter(|choice| choice.coupons.len() == 1).take(WARM_UP).chain(alone) {
            self.note_overlaps(choice);
            self.evaluate(choice, &most);
            self.evaluate(choice, &none);
        }
    }

    fn offer(&mut self, saving: Saving<N>) {
        if saving.0 > 0 && is_better(&saving, &self.best) {
            self.best = saving;
        }
    }

    fn in_shipping(&self) -> Set<N> {
        let shared = self
            .usable
            .iter()
            .enumerate()
            .filter(|(_, usable)| usable.lane == Lane::Shipping && !usable.candidate.terms.stacking.exclusive);
        shared.fold(Set::EMPTY, |set, (member, _)| set.with(member))
    }

    /// Which of a seller's shipping coupons each of its options spoils whatever else is chosen, and what that costs.
    fn note_losses(&mut self, choice: &Choice<N>) {
        if self.doubtful.iter().all(|&number| self.usable[self.watches[number].member].seller.is_none()) {
            return;
        }
        for option in self.sellers.iter_mut().flat_map(|seller| &mut seller.options) {
            option.lost = Set::EMPTY;
        }
        let has_room = self.has_room(&choice.coupons);
        let mut lost: Vec<(usize, usize, usize)> = Vec::new();
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            let Some(seller) = self.usable[watch.member].seller.filter(|_| choice.shipping.has(watch.member)) else {
                continue;
            };
            // Its lines are this seller's alone.
            let place = self.sellers.iter().position(|own| self.start.seller_of(own.lines[0]) == seller);
            let Some(place) = place else { continue };
            for (pick, option) in self.sellers[place].options.iter().enumerate() {
                let off = |&coupon: &usize| {
                    let overlap = self.overlap(coupon, number);
                    let (off, of) = self.watches[coupon].rate();
                    (share(overlap.left_by(option), off, of) - self.margin(choice.coupons.len(), overlap)).max(0)
                };
                let off: i64 = choice.coupons.iter().filter(|_| has_room).map(off).sum();
                if option.bases[number] - off < watch.needed {
                    lost.push((place, pick, watch.member));
                }
            }
        }
        for (place, pick, member) in lost {
            let option = &mut self.sellers[place].options[pick];
            option.lost = option.lost.with(member);
        }
        // With a platform coupon the loss isn't certain: what one seller's no longer takes off that may.
        let certain = !self.shipping.has_platform_coupons();
        for option in self.sellers.iter_mut().flat_map(|seller| &mut seller.options) {
            option.worth = option.saved;
            if certain && option.lost.count() > 0 {
                let rest = option.lost.members().fold(choice.shipping, Set::without);
                option.worth -= choice.shipping_saved - self.shipping.best(&rest).0;
            }
        }
    }

    /// Every choice of platform coupons, each with every choice of the shipping coupons to be kept, that may hold a
    /// better set than the best so far; with its prices, by falling bound.
    fn priced_choices(&mut self) -> Vec<(Choice<N>, Prices)> {
        let sellers: i64 = self.sellers.iter().map(|seller| seller.options[0].saved).sum();
        let goods: i64 = self.start.lines_left().iter().map(|left| left.minor()).sum();
        let spoilt: Vec<usize> = self
            .doubtful
            .iter()
            .copied()
            .filter(|&watch| self.usable[self.watches[watch].member].seller.is_none())
            .take(KEPT_MAX)
            .collect();
        let shipping = self.kept_or_lost(&spoilt);
        let platform: Vec<usize> =
            self.watches[..self.watches.len() - self.doubtful.len()].iter().map(|watch| watch.member).collect();
        let worth = |watch: usize| self.watches[watch].most_off();
        let mut sets = subsets(places(self.usable, &platform), CHOICES_MAX, worth);
        sets.iter_mut().for_each(|coupons| coupons.sort_unstable());
        let bound = |search: &Self, coupons: &[usize], (kept, saved, _): &Variant<N>| {
            let off: i64 = coupons.iter().map(|&watch| search.watches[watch].most_off()).sum();
            // What a shipping coupon needs nobody else takes.
            let left = kept.iter().map(|&watch| search.watches[watch].needed).max().unwrap_or(0);
            (sellers + off).min(goods - left) + saved
        };
        let choice = |&(bound, coupons, variant): &(i64, usize, usize)| {
            let (coupons, variant): (&Vec<usize>, &Variant<N>) = (&sets[coupons], &shipping[variant]);
            Choice {
                coupons: coupons.clone(),
                kept: variant.0.clone(),
                shipping: variant.2,
                shipping_saved: variant.1,
                bound,
            }
        };
        // There may be thousands, of which few are looked into: their bound and where they are found.
        let mut choices: Vec<(i64, usize, usize)> = Vec::new();
        for few in [true, false] {
            for (place, coupons) in sets.iter().enumerate().filter(|(_, coupons)| few == (coupons.len() <= 1)) {
                for (number, variant) in shipping.iter().enumerate() {
                    let bound = bound(self, coupons, variant);
                    if bound >= self.best.0 {
                        choices.push((bound, place, number));
                    }
                }
            }
            choices.sort_by_key(|choice| std::cmp::Reverse(choice.0));
            if few {
                // Something to beat, before there are many.
                self.warm_up(&choices.iter().map(choice).collect::<Vec<_>>());
            }
        }
        self.steps += sets.len() * shipping.len() / CHOICES_IN_STEP;
        let last_step = self.steps + STEPS_MAX / 2;
        let mut priced: Vec<(Choice<N>, Prices)> = Vec::new();
        for found in &choices {
            if found.0 < self.best.0 || self.steps > last_step {
                break;
            }
            let mut choice = choice(found);
            self.steps += CHOICE_STEPS;
            self.note_overlaps(&choice);
            if !self.drop_lost(&mut choice) || choice.bound < self.best.0 {
                continue;
            }
            self.note_losses(&choice);
            priced.extend(self.prices(&choice).map(|prices| (choice, prices)));
        }
        priced.sort_by_key(|(choice, prices)| (std::cmp::Reverse(prices.bound()), choice.coupons.len()));
        priced
    }

    /// Which of the shipping coupons that others may spoil must be kept, which may be used then, and what they save.
    ///
    /// Keeping more that saves no more is left out; it may be used without being asked for.
    fn kept_or_lost(&mut self, spoilt: &[usize]) -> Vec<Variant<N>> {
        let all = self.in_shipping();
        let all_told_apart = spoilt.len() == self.doubtful.len();
        let mut open: Vec<(Vec<usize>, Saving<N>, Set<N>)> =
            subsets(spoilt.iter().map(|&watch| vec![watch]).collect(), 1 << KEPT_MAX, |_| 0)
                .into_iter()
                .map(|kept| {
                    let lost = spoilt.iter().filter(|watch| !kept.contains(watch));
                    let may = lost.fold(all, |set, &watch| set.without(self.watches[watch].member));
                    let best = self.shipping.best(&may);
                    (kept, best, may)
                })
                .collect();
        open.sort_by_key(|(kept, ..)| kept.len());
        let mut told_apart = Vec::new();
        while !open.is_empty() {
            let (kept, best, mut may) = open.remove(0);
            let holds = |more: &[usize], less: &[usize]| less.iter().all(|watch| more.contains(watch));
            let same = |(more, other, _): &&(Vec<usize>, Saving<N>, Set<N>)| {
                holds(more, &kept) && if all_told_apart { *other == best } else { other.0 == best.0 }
            };
            // What saves as much with all of these saves as much with some.
            if let Some((most, _, with_most)) = open.iter().rev().find(same).cloned() {
                open.retain(|(other, ..)| !(holds(other, &kept) && holds(&most, other)));
                if !all_told_apart {
                    may = with_most;
                }
            }
            told_apart.push((kept, best.0, may));
        }
        told_apart
    }

    /// Whether the choice has shipping coupons that could be lost.
    fn is_watched(&self, choice: &Choice<N>) -> bool {
        self.doubtful.iter().any(|&watch| choice.shipping.has(self.watches[watch].member))
    }

    /// Whether each seller's options alone say which shipping coupons are lost, the choice's coupons finding room.
    fn is_settled(&self, choice: &Choice<N>) -> bool {
        self.doubtful.iter().filter(|&&number| choice.shipping.has(self.watches[number].member)).all(|&number| {
            let watch = &self.watches[number];
            let of_seller = |seller: &SellerOptions<N>| {
                Some(self.start.seller_of(seller.lines[0])) == self.usable[watch.member].seller
            };
            self.sellers.iter().find(|seller| of_seller(seller)).is_some_and(|seller| {
                seller.options.iter().all(|option| {
                    let taken = |&coupon: &usize| {
                        let overlap = self.overlap(coupon, number);
                        if overlap.lines == 0 {
                            return 0;
                        }
                        let (off, of) = self.most_rate(&choice.coupons, coupon);
                        share(overlap.left_by(option), off, of) + 1 + self.margin(choice.coupons.len(), overlap)
                    };
                    let taken: i64 = choice.coupons.iter().map(taken).sum();
                    option.lost.has(watch.member) || option.bases[number] - taken >= watch.needed
                })
            })
        })
    }

    /// Nothing to lose: every seller saves its most. Says whether anything is left to look at.
    fn take_most(&mut self, choice: &Choice<N>) -> bool {
        let mut best = self.shipping.best(&choice.shipping);
        for seller in &self.sellers {
            best = (best.0 + seller.options[0].saved, best.1.and(&seller.options[0].set));
        }
        self.offer(best);
        false
    }
}

/// Members sharing a place, of which at most one can be used, by their places in `members`.
fn places(usable: &[Usable<'_>], members: &[usize]) -> Vec<Vec<usize>> {
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (number, &member) in members.iter().enumerate() {
        match places.iter_mut().find(|place| usable[members[place[0]]].stands_with(&usable[member])) {
            Some(place) => place.push(number),
            None => places.push(vec![number]),
        }
    }
    places
}
