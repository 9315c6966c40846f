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
//!
//! Where nobody is in anybody's way all of them together are the best, which is looked at before anything else; and where
//! a limit left anything out, what was found is changed coupon by coupon while that saves more ([`change`]).

mod bound;
mod change;
mod crowd;
mod descent;
mod halves;
mod lane;
mod options;
mod points;
mod shipping;

use std::cmp::Ordering;

use crate::{
    amounts::Amounts,
    cart::Cart,
    lines::Lines,
    problem::{Coupon, Lane, Problem},
    set::{Saving, Set, is_better, keep_worthiest, subsets},
};
use bound::Prices;
use lane::share;
use options::{Overlap, SellerOptions, Watch};
use shipping::ShippingLane;

/// Steps of the whole search, each some 100 ns. It is exact below it.
const STEPS_MAX: usize = 10_000;
/// Choices in the platform lane that are looked at.
const CHOICES_MAX: usize = 4_096;
/// Choices that are made in a step, and the steps that it takes to look into one.
const CHOICES_IN_STEP: usize = 8;
const CHOICE_STEPS: usize = 4;
/// Choices that are tried before the search.
const WARM_UP: usize = 6;
/// Shipping coupons that the platform's coupons or the sellers' may spoil, for which keeping and losing are told apart.
const KEPT_MAX: usize = 3;

/// The coupons of the problem that together save most, by index, rising. Ties: fewer coupons, then the earlier ones.
///
/// Exact unless the search runs into a limit, which wallets of dozens of coupons that stack and crowd each other out or
/// spoil each other's minimum do. Then it is the best found: no less than all of them together, and no less than with one
/// coupon more, less or exchanged, as far as the tries go. Source: rules, Order of application 6.
///
/// # Panics
/// If the problem has more than 512 lines, or an index that leads nowhere.
pub fn best(problem: &Problem) -> Vec<usize> {
    let start = Cart::new(problem);
    let mut usable: Vec<Usable<'_>> =
        problem.coupons.iter().enumerate().filter_map(|(index, coupon)| Usable::new(index, coupon, &start)).collect();
    // One that differs from an earlier one of its place by no more than a smaller budget is never needed.
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
        _ => Search::<8>::new(start, &usable[..usable.len().min(512)]).run(),
    }
}

/// A coupon that can matter; in the order of ties.
struct Usable<'a> {
    /// In the problem.
    index: usize,
    coupon: &'a Coupon,
    /// Those whose shipping it discounts.
    sellers: Vec<usize>,
    /// What it takes off the cart alone; 0 if it exceeds its budget then.
    alone: i64,
    /// The most that it takes off whatever others do.
    most_off: i64,
}

impl<'a> Usable<'a> {
    /// `None` if it can't apply, whatever others do.
    fn new(index: usize, coupon: &'a Coupon, start: &Cart<'_>) -> Option<Self> {
        let (sellers, base) = match coupon.lane {
            Lane::Shipping => {
                let sellers = start.problem.sellers_of(&coupon.lines);
                let base = start.shipping.base(&sellers);
                (sellers, base)
            }
            _ => (Vec::new(), start.lines.base(&coupon.lines)),
        };
        let off = coupon.shape.off(base);
        // Nothing before it changes the sum that a shipping coupon's discount is of.
        let most = if coupon.lane == Lane::Shipping { off } else { coupon.shape.most(base) };
        // Others only lower what it finds.
        if most == 0 || start.lines.base(&coupon.lines) < coupon.needed() || !start.meets_minimum(coupon) {
            return None;
        }
        let alone = if coupon.allows(off) { off } else { 0 };
        Some(Self { index, coupon, sellers, alone, most_off: coupon.budget.map_or(most, |budget| most.min(budget)) })
    }

    /// Whether any set with the other is as good with this one instead.
    fn replaces(&self, other: &Self) -> bool {
        let (own, theirs) = (self.coupon, other.coupon);
        own.shares_slot_with(theirs)
            && own.exclusive == theirs.exclusive
            && own.shape == theirs.shape
            && own.minimum == theirs.minimum
            && own.budget.is_none_or(|left| theirs.budget.is_some_and(|other| other <= left))
            && own.lines == theirs.lines
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
    start: Cart<'a>,
    /// Lines to try a split on.
    split: Amounts,
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
    /// All that aren't exclusive, lane after lane in placing order.
    in_order: Vec<usize>,
    /// Whether the present look leaves sets for a later one.
    unsettled: bool,
    /// Whether a limit left out coupons that could matter, and whether one left out sets.
    left_out: bool,
    ended: bool,
    steps: usize,
}

impl<'a, const N: usize> Search<'a, N> {
    fn new(start: Cart<'a>, usable: &'a [Usable<'a>]) -> Self {
        let of_lane = |lane| {
            let mut members: Vec<usize> = (0..usable.len())
                .filter(|&member| usable[member].coupon.lane == lane && !usable[member].coupon.exclusive)
                .collect();
            members.sort_by_key(|&member| usable[member].coupon.order);
            members
        };
        let mut scratch = start.clone();
        let (of_sellers, platform, in_shipping) =
            (of_lane(Lane::Seller), of_lane(Lane::Platform), of_lane(Lane::Shipping));
        let watched = |member: usize| Watch::new(member, &usable[member], &start);
        let looks = |member: &usize| usable[*member].coupon.lane == Lane::Platform || watched(*member).needed > 0;
        let looked_at = platform
            .iter()
            .chain(&in_shipping)
            .filter(|member| looks(member))
            .fold(Lines::NONE, |lines, &member| lines.or(&watched(member).lines));
        let (mut sellers, left_out) = options::seller_options(&mut scratch, usable, &of_sellers, &looked_at);
        let mut watches: Vec<Watch<'_>> = platform.iter().chain(&in_shipping).map(|&member| watched(member)).collect();
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
            split: Amounts::default(),
            sellers,
            doubtful,
            watches,
            best: (0, Set::EMPTY),
            in_order: of_sellers.into_iter().chain(platform).chain(in_shipping).collect(),
            unsettled: false,
            left_out,
            ended: false,
            steps: 0,
        }
    }

    fn run(mut self) -> Vec<usize> {
        for (member, usable) in self.usable.iter().enumerate() {
            if usable.coupon.exclusive {
                self.offer((usable.alone, Set::EMPTY.with(member)));
            }
        }
        if self.take_all() {
            return self.found();
        }
        let priced = self.priced_choices();
        // Each choice first gets a few steps, so that none of them keeps a better set of the others from being found.
        let mut open: Vec<bool> = vec![true; priced.len()];
        for effort in [Effort::Brief, Effort::Full, Effort::Rest] {
            for ((choice, prices), open) in priced.iter().zip(&mut open).filter(|(_, open)| **open) {
                if prices.bound() < self.best.0 || self.steps > STEPS_MAX {
                    break;
                }
                if self.loses_tie(prices.bound(), &choice.coupons) {
                    *open = false;
                    continue;
                }
                self.note_losses(choice);
                *open = match choice.coupons[..] {
                    [] if !self.is_watched(choice) => self.take_most(choice),
                    [coupon] if !self.is_watched(choice) && self.watches[coupon].more_is_better() => {
                        match self.match_halves(choice, coupon) {
                            Some(open) => open,
                            None => self.descend(choice, prices, effort),
                        }
                    }
                    _ => self.descend(choice, prices, effort),
                };
            }
        }
        let left_out = self.left_out || self.shipping.left_out;
        if left_out || self.ended || self.steps > STEPS_MAX {
            self.change_one_by_one(left_out);
        }
        self.found()
    }

    fn found(&self) -> Vec<usize> {
        self.best.1.members().map(|member| self.usable[member].index).collect()
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

    /// Whether sets with these platform coupons can't save more than the best and, with more coupons or later ones, don't
    /// win the tie either.
    fn loses_tie(&self, bound: i64, coupons: &[usize]) -> bool {
        let least = coupons.iter().fold(Set::EMPTY, |set, &number| set.with(self.watches[number].member));
        bound < self.best.0
            || bound == self.best.0
                && (least.count() > self.best.1.count()
                    || least.count() == self.best.1.count() && least.preference(&self.best.1) != Ordering::Greater)
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

    /// What the lines amount to before any discount.
    fn lines(&self) -> &[i64] {
        self.start.lines.left()
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
            .filter(|(_, usable)| usable.coupon.lane == Lane::Shipping && !usable.coupon.exclusive);
        shared.fold(Set::EMPTY, |set, (member, _)| set.with(member))
    }

    /// Which of a seller's shipping coupons each of its options spoils whatever else is chosen, and what that costs.
    fn note_losses(&mut self, choice: &Choice<N>) {
        if self.doubtful.iter().all(|&number| self.usable[self.watches[number].member].coupon.seller.is_none()) {
            return;
        }
        for option in self.sellers.iter_mut().flat_map(|seller| &mut seller.options) {
            option.lost = Set::EMPTY;
        }
        let has_room = self.has_room(&choice.coupons);
        let mut lost: Vec<(usize, usize, usize)> = Vec::new();
        for &number in &self.doubtful {
            let watch = &self.watches[number];
            let Some(seller) = self.usable[watch.member].coupon.seller.filter(|_| choice.shipping.has(watch.member))
            else {
                continue;
            };
            // Its lines are this seller's alone.
            let place = self.sellers.iter().position(|own| own.seller == seller);
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
        let goods: i64 = self.lines().iter().sum();
        let spoilt: Vec<usize> = self
            .doubtful
            .iter()
            .copied()
            .filter(|&watch| self.usable[self.watches[watch].member].coupon.seller.is_none())
            .take(KEPT_MAX)
            .collect();
        let shipping = self.kept_or_lost(&spoilt);
        let platform: Vec<usize> =
            self.watches[..self.watches.len() - self.doubtful.len()].iter().map(|watch| watch.member).collect();
        let worth = |watch: usize| self.watches[watch].most_off();
        let mut worthiest = places(self.usable, &platform);
        self.left_out |= keep_worthiest(&mut worthiest, CHOICES_MAX, worth);
        let mut sets = subsets(worthiest);
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
            if found.0 < self.best.0 {
                break;
            }
            if self.steps > last_step {
                self.ended = true;
                break;
            }
            if self.loses_tie(found.0, &sets[found.1]) {
                continue;
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
        let mut open: Vec<(Vec<usize>, Saving<N>, Set<N>)> = subsets(spoilt.iter().map(|&watch| vec![watch]).collect())
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
            let of_seller = |seller: &SellerOptions<N>| Some(seller.seller) == self.usable[watch.member].coupon.seller;
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
        match places.iter_mut().find(|place| usable[members[place[0]]].coupon.shares_slot_with(usable[member].coupon)) {
            Some(place) => place.push(number),
            None => places.push(vec![number]),
        }
    }
    places
}
