//! The set of coupons with the largest total saving, found jointly over all lanes.
//!
//! What makes it hard: a seller coupon that takes the cart under a platform coupon's minimum may be worth leaving out, so
//! the lanes can't be decided one after the other. What makes it feasible: of all that happens in the seller lane a
//! platform coupon sees only the sum that is left on its eligible lines. So for each choice in the platform lane
//!
//! 1. each seller has a few *options* (one coupon or none per stacking group), each a saving and a remaining base;
//! 2. options of several sellers are combined into two halves, keeping only those that no other beats in both figures;
//! 3. the halves are matched: for each point of one the best point of the other that still meets the minimum.
//!
//! That is exact while the remaining base is all that matters and more of it never hurts. Where it isn't so (coupons
//! stacked in the platform lane, a budget that a discount might exceed, a shipping coupon whose minimum another coupon
//! could spoil), sellers' options are enumerated under a bound and every set is evaluated as an order would.

use std::cmp::Ordering;

use super::{
    candidate::{Candidate, Eligible, Lane},
    lanes::{Running, placing_order},
};
use crate::{
    benefit::Benefit,
    campaign::{Comparison, MinimumSpendBase},
    cart::Cart,
    condition::Occasion,
    money::Amount,
    reason::Reason,
    time::Timestamp,
};

/// Sets visited before the search settles for the best found. Exact below it; only wallets of dozens of coupons that all
/// stack and spoil each other's minimum come near. 100,000 sets take some tenths of a second at most.
const VISITS_MAX: usize = 100_000;
/// Options of one seller, and choices in the platform lane, that are looked at.
const SETS_MAX: usize = 20_000;

/// The places of the candidates that together save most. Ties: fewer coupons, then those that expire sooner, then by id.
///
/// Source: rules, Order of application 6.
pub fn best_combination(cart: &Cart, candidates: &[Candidate<'_>], now: Timestamp) -> Vec<usize> {
    let running = Running::new(cart, now, Occasion::Now);
    let mut usable: Vec<Usable<'_>> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let eligible = candidate.eligible(cart);
        let alone = match running.clone().apply(candidate, &eligible) {
            Ok(applied) => applied.discount,
            // Alone it exceeds its budget; on what other coupons leave it may not.
            Err(reasons) if matches!(reasons[..], [Reason::CampaignBudgetExhausted { .. }]) => Amount::ZERO,
            Err(_) => continue,
        };
        usable.push(Usable { place, candidate, eligible, alone });
    }
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
    match usable.len() {
        0 => Vec::new(),
        1..=64 => Search::<1>::new(running, &usable).run(),
        65..=128 => Search::<2>::new(running, &usable).run(),
        // A wallet holds at most 500 live coupons, a request at most 10 codes.
        _ => Search::<8>::new(running, &usable[..usable.len().min(512)]).run(),
    }
}

/// A candidate that can matter, in the order of ties.
struct Usable<'a> {
    place: usize,
    candidate: &'a Candidate<'a>,
    eligible: Eligible,
    alone: Amount,
}

/// A set of usable candidates, by their order of ties.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Set<const N: usize> {
    words: [u64; N],
    count: u32,
}

impl<const N: usize> Set<N> {
    const EMPTY: Self = Self { words: [0; N], count: 0 };

    fn with(mut self, member: usize) -> Self {
        self.words[member / 64] |= 1 << (63 - member % 64);
        self.count += 1;
        self
    }

    /// Of disjoint sets.
    fn and(mut self, other: &Self) -> Self {
        for (word, theirs) in self.words.iter_mut().zip(other.words) {
            *word |= theirs;
        }
        self.count += other.count;
        self
    }

    fn members(self) -> impl Iterator<Item = usize> {
        (0..N * 64).filter(move |member| self.words[member / 64] & (1 << (63 - member % 64)) != 0)
    }

    /// `Greater` wins a tie: fewer members, then the earlier ones (their bits are the higher).
    fn preference(&self, other: &Self) -> Ordering {
        other.count.cmp(&self.count).then_with(|| self.words.cmp(&other.words))
    }
}

/// What some sellers' options come to: saved so far, left on the lines that the platform coupon may discount.
#[derive(Clone, Copy)]
struct Point<const N: usize> {
    saved: i64,
    base: i64,
    set: Set<N>,
}

/// One seller's choice in the seller lane.
struct SellerOption<const N: usize> {
    saved: i64,
    set: Set<N>,
    /// What is left of the seller's lines.
    left: Vec<(usize, Amount)>,
}

/// A choice in the platform lane, in placing order, and the most that any set with it can save.
struct PlatformChoice {
    members: Vec<usize>,
    bound: i64,
}

struct Search<'a, const N: usize> {
    start: Running<'a>,
    usable: &'a [Usable<'a>],
    sellers: Vec<Vec<SellerOption<N>>>,
    shipping: Vec<usize>,
    /// What shipping coupons save: exactly if `shipping_is_safe`, else at most.
    shipping_saved: i64,
    shipping_set: Set<N>,
    /// No choice in the other lanes can take a shipping coupon away.
    shipping_is_safe: bool,
    best: (i64, Set<N>),
    visits: usize,
}

impl<'a, const N: usize> Search<'a, N> {
    fn new(start: Running<'a>, usable: &'a [Usable<'a>]) -> Self {
        Self {
            start,
            usable,
            sellers: Vec::new(),
            shipping: Vec::new(),
            shipping_saved: 0,
            shipping_set: Set::EMPTY,
            shipping_is_safe: true,
            best: (0, Set::EMPTY),
            visits: 0,
        }
    }

    fn run(mut self) -> Vec<usize> {
        let (exclusive, shared): (Vec<usize>, Vec<usize>) =
            (0..self.usable.len()).partition(|&member| self.usable[member].candidate.terms.stacking.exclusive);
        for member in exclusive {
            self.offer(self.usable[member].alone.minor(), Set::EMPTY.with(member));
        }
        let lane = |lane| {
            shared.iter().copied().filter(|&member| self.usable[member].candidate.lane() == lane).collect::<Vec<_>>()
        };
        let (seller, platform, shipping) = (lane(Lane::Seller), lane(Lane::Platform), lane(Lane::Shipping));
        self.sellers = self.seller_options(&seller);
        self.shipping = shipping;
        self.prepare_shipping(&platform);
        let mut choices = self.platform_choices(&platform);
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.bound));
        for choice in &choices {
            if choice.bound < self.best.0 {
                break;
            }
            if self.is_regular(choice) {
                self.match_halves(choice);
            } else {
                self.enumerate(choice);
            }
        }
        self.best.1.members().map(|member| self.usable[member].place).collect()
    }

    fn offer(&mut self, saved: i64, set: Set<N>) {
        let better = saved.cmp(&self.best.0).then_with(|| set.preference(&self.best.1));
        if saved > 0 && better == Ordering::Greater {
            self.best = (saved, set);
        }
    }

    /// Members sharing a place, of which at most one can be used.
    fn places(&self, members: &[usize]) -> Vec<Vec<usize>> {
        let mut places: Vec<Vec<usize>> = Vec::new();
        for &member in members {
            let candidate = self.usable[member].candidate;
            match places.iter_mut().find(|place| self.usable[place[0]].candidate.shares_place_with(candidate)) {
                Some(place) => place.push(member),
                None => places.push(vec![member]),
            }
        }
        places
    }

    /// Every choice of at most one member per place, in placing order, the empty one first.
    fn subsets(&self, places: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
        for place in places {
            let known = subsets.len();
            for &member in place {
                for subset in 0..known {
                    if subsets.len() >= SETS_MAX {
                        break;
                    }
                    let mut larger = subsets[subset].clone();
                    larger.push(member);
                    subsets.push(larger);
                }
            }
        }
        for subset in &mut subsets {
            subset.sort_by(|&a, &b| {
                placing_order(self.usable[a].candidate).cmp(&placing_order(self.usable[b].candidate))
            });
        }
        subsets
    }

    /// Each seller's options, most saving first, without those that another beats whatever comes after.
    fn seller_options(&self, members: &[usize]) -> Vec<Vec<SellerOption<N>>> {
        let mut sellers = Vec::new();
        for (seller, name) in self.start.sellers().iter().enumerate() {
            let own: Vec<usize> = members
                .iter()
                .copied()
                .filter(|&member| self.usable[member].candidate.seller() == Some(*name))
                .collect();
            if own.is_empty() {
                continue;
            }
            let lines: Vec<usize> =
                (0..self.start.cart.lines().len()).filter(|&line| self.start.seller_of(line) == seller).collect();
            let mut options: Vec<SellerOption<N>> = Vec::new();
            for subset in self.subsets(&self.places(&own)) {
                let mut running = self.start.clone();
                let mut saved = 0;
                let mut set = Set::EMPTY;
                let all = subset.iter().all(|&member| {
                    let usable = &self.usable[member];
                    let taken = running.take(usable.candidate, &usable.eligible);
                    saved += taken.map_or(0, Amount::minor);
                    set = set.with(member);
                    taken.is_some()
                });
                if all {
                    let left = lines.iter().map(|&line| (line, running.line_left(line))).collect();
                    options.push(SellerOption { saved, set, left });
                }
            }
            options.sort_by(|a, b| b.saved.cmp(&a.saved).then_with(|| b.set.preference(&a.set)));
            sellers.push(options);
        }
        sellers
    }

    /// What is left at most of the lines that `member` may discount, and at least when every seller saves its most.
    fn bases(&self, member: usize) -> (i64, i64) {
        let lines = &self.usable[member].eligible.lines;
        let most: i64 = lines.iter().map(|&line| self.start.line_left(line).minor()).sum();
        let least = most - self.sellers.iter().map(|options| options[0].saved).sum::<i64>();
        (most, least.max(0))
    }

    /// The least eligible amount on entering its lane that `member` needs.
    fn needed(&self, member: usize) -> i64 {
        match self.usable[member].candidate.terms.minimum_spend {
            Some(minimum) if minimum.base == MinimumSpendBase::AfterEarlierLanes => {
                minimum.amount.minor() + i64::from(minimum.comparison == Comparison::Exceeds)
            }
            // One of the other base was judged alone, and nothing changes it.
            _ => 0,
        }
    }

    fn prepare_shipping(&mut self, platform: &[usize]) {
        if self.shipping.is_empty() {
            return;
        }
        let platform_most: i64 = self
            .places(platform)
            .iter()
            .map(|place| place.iter().map(|&member| self.most_off(member)).max().unwrap_or(0))
            .sum();
        self.shipping_is_safe = self.shipping.iter().all(|&member| {
            let usable = &self.usable[member];
            self.bases(member).1 - platform_most >= self.needed(member) && usable.candidate.budget_left.is_none()
        });
        (self.shipping_saved, self.shipping_set) = self.best_shipping(&self.start, !self.shipping_is_safe);
    }

    /// The best set of the shipping lane on what the lanes before left; `bound` asks only for the most it could be.
    fn best_shipping(&self, entered: &Running<'a>, bound: bool) -> (i64, Set<N>) {
        if self.shipping.is_empty() {
            return (0, Set::EMPTY);
        }
        if bound {
            let most = self.shipping.iter().map(|&member| {
                let candidate = self.usable[member].candidate;
                let base = self.start.cart.shipping().iter().map(|entry| entry.amount).sum();
                candidate.terms.benefit.discount(base).minor()
            });
            return (most.sum(), Set::EMPTY);
        }
        let mut running = entered.clone();
        running.enter_lane();
        let mut best = (0, Set::EMPTY);
        for subset in self.subsets(&self.places(&self.shipping)) {
            let mut trial = running.clone();
            let mut saved = 0;
            let mut set = Set::EMPTY;
            let all = subset.iter().all(|&member| {
                let usable = &self.usable[member];
                let taken = trial.take(usable.candidate, &usable.eligible);
                saved += taken.map_or(0, Amount::minor);
                set = set.with(member);
                taken.is_some()
            });
            if all && (saved > best.0 || saved == best.0 && set.preference(&best.1) == Ordering::Greater) {
                best = (saved, set);
            }
        }
        best
    }

    /// The most that a coupon takes off whatever the other lanes do.
    fn most_off(&self, member: usize) -> i64 {
        let candidate = self.usable[member].candidate;
        let most = candidate.terms.benefit.discount(Amount::of(self.bases(member).0)).minor();
        candidate.budget_left.map_or(most, |left| most.min(left.minor()))
    }

    fn platform_choices(&self, members: &[usize]) -> Vec<PlatformChoice> {
        let sellers: i64 = self.sellers.iter().map(|options| options[0].saved).sum();
        self.subsets(&self.places(members))
            .into_iter()
            .map(|members| {
                let off: i64 = members.iter().map(|&member| self.most_off(member)).sum();
                PlatformChoice { members, bound: sellers + off + self.shipping_saved }
            })
            .collect()
    }

    /// Whether the sum left on the eligible lines is all that matters, and more of it never hurts.
    fn is_regular(&self, choice: &PlatformChoice) -> bool {
        let within_budget = |&member: &usize| {
            let candidate = self.usable[member].candidate;
            let most = candidate.terms.benefit.discount(Amount::of(self.bases(member).0));
            candidate.budget_left.is_none_or(|left| most <= left)
        };
        self.shipping_is_safe && choice.members.len() <= 1 && choice.members.iter().all(within_budget)
    }

    fn match_halves(&mut self, choice: &PlatformChoice) {
        let Some(&member) = choice.members.first() else {
            // Without a platform coupon every seller saves its most.
            let mut saved = self.shipping_saved;
            let mut set = self.shipping_set;
            for options in &self.sellers {
                saved += options[0].saved;
                set = set.and(&options[0].set);
            }
            return self.offer(saved, set);
        };
        let usable = &self.usable[member];
        let mut counts = vec![false; self.start.cart.lines().len()];
        for &line in &usable.eligible.lines {
            counts[line] = true;
        }
        // Lines of sellers that have options; the others' amounts stand.
        let mut fixed = self.bases(member).0;
        let mut points: Vec<Vec<Point<N>>> = Vec::with_capacity(self.sellers.len());
        for options in &self.sellers {
            let lines = &options[0].left;
            fixed -= lines
                .iter()
                .filter(|(line, _)| counts[*line])
                .map(|(line, _)| self.start.line_left(*line).minor())
                .sum::<i64>();
            let mut own: Vec<Point<N>> = options
                .iter()
                .map(|option| Point {
                    saved: option.saved,
                    base: option.left.iter().filter(|(line, _)| counts[*line]).map(|(_, left)| left.minor()).sum(),
                    set: option.set,
                })
                .collect();
            keep_unbeaten(&mut own);
            points.push(own);
        }
        // Halves of like size: the largest first, each to the smaller half.
        points.sort_by_key(|own| std::cmp::Reverse(own.len()));
        let start = Point { saved: 0, base: 0, set: Set::EMPTY };
        let (mut left, mut right) = (vec![start], vec![Point { base: fixed, ..start }]);
        for own in points {
            let half = if left.len() <= right.len() { &mut left } else { &mut right };
            *half = half
                .iter()
                .flat_map(|a| {
                    own.iter().map(|b| Point {
                        saved: a.saved + b.saved,
                        base: a.base + b.base,
                        set: a.set.and(&b.set),
                    })
                })
                .collect();
            keep_unbeaten(half);
        }
        let benefit = &usable.candidate.terms.benefit;
        let needed = self.needed(member);
        let most_base = right.iter().map(|point| point.base).max().unwrap_or(0);
        // By falling saving the largest base so far only rises, so what misses the minimum is a prefix.
        let largest_base: Vec<i64> = right
            .iter()
            .scan(i64::MIN, |largest, point| {
                *largest = point.base.max(*largest);
                Some(*largest)
            })
            .collect();
        let whole = right.iter().map(|point| point.saved + point.base).max().unwrap_or(0);
        let smooth = !matches!(benefit, Benefit::TieredAmountOff(_));
        for a in &left {
            // The most that `b` or any point after it comes to. Without tiers a minor unit more of base gives at most a
            // minor unit more of discount, so what later points save less they can't regain beyond `whole`.
            let bound = |b: &Point<N>| {
                let base = if smooth { most_base.min(whole - b.saved) } else { most_base };
                a.saved + b.saved + benefit.discount(Amount::of(a.base + base)).minor() + self.shipping_saved
            };
            let first = largest_base.partition_point(|base| a.base + base < needed);
            for b in &right[first..] {
                if bound(b) < self.best.0 {
                    break;
                }
                if a.base + b.base < needed {
                    continue;
                }
                self.visits += 1;
                let off = benefit.discount(Amount::of(a.base + b.base)).minor();
                if off > 0 {
                    let set = a.set.and(&b.set).with(member).and(&self.shipping_set);
                    let saved = a.saved + b.saved + off + self.shipping_saved;
                    let better = saved.cmp(&self.best.0).then_with(|| set.preference(&self.best.1));
                    if better == Ordering::Greater {
                        self.best = (saved, set);
                    }
                }
            }
            if self.visits > VISITS_MAX * 30 {
                return;
            }
        }
    }

    /// All sellers' options under a bound, each set evaluated as an order would.
    fn enumerate(&mut self, choice: &PlatformChoice) {
        let off = choice.bound - self.sellers.iter().map(|options| options[0].saved).sum::<i64>();
        let mut rest = vec![off; self.sellers.len() + 1];
        for seller in (0..self.sellers.len()).rev() {
            rest[seller] = rest[seller + 1] + self.sellers[seller][0].saved;
        }
        let mut picked = Vec::with_capacity(self.sellers.len());
        self.descend(choice, &rest, &mut picked, 0);
    }

    fn descend(&mut self, choice: &PlatformChoice, rest: &[i64], picked: &mut Vec<usize>, saved: i64) {
        if self.visits > VISITS_MAX {
            return;
        }
        let seller = picked.len();
        if seller == self.sellers.len() {
            self.visits += 1;
            return self.evaluate(choice, picked, saved);
        }
        for option in 0..self.sellers[seller].len() {
            let with = saved + self.sellers[seller][option].saved;
            if with + rest[seller + 1] < self.best.0 {
                break;
            }
            picked.push(option);
            self.descend(choice, rest, picked, with);
            picked.pop();
        }
    }

    fn evaluate(&mut self, choice: &PlatformChoice, picked: &[usize], mut saved: i64) {
        let mut running = self.start.clone();
        let mut set = Set::EMPTY;
        for (options, &option) in self.sellers.iter().zip(picked) {
            let option = &options[option];
            set = set.and(&option.set);
            for &(line, left) in &option.left {
                running.set_line_left(line, left);
            }
        }
        running.enter_lane();
        for &member in &choice.members {
            let usable = &self.usable[member];
            // A set in which it doesn't apply is another choice's.
            let Some(off) = running.take(usable.candidate, &usable.eligible) else { return };
            saved += off.minor();
            set = set.with(member);
        }
        let (shipping_saved, shipping_set) = self.best_shipping(&running, false);
        self.offer(saved + shipping_saved, set.and(&shipping_set));
    }
}

/// Drops every point that another beats for certain: saves more with no smaller base, or as much with no smaller base and
/// wins the tie. Leaves them by falling saving.
fn keep_unbeaten<const N: usize>(points: &mut Vec<Point<N>>) {
    points.sort_by(|a, b| b.saved.cmp(&a.saved).then(b.base.cmp(&a.base)).then_with(|| b.set.preference(&a.set)));
    let mut kept: Vec<Point<N>> = Vec::with_capacity(points.len());
    // The largest base of those that save more than the present group of equal savings.
    let mut base_of_more = i64::MIN;
    let mut group_start = 0;
    for &point in points.iter() {
        if kept.get(group_start).is_some_and(|first| first.saved != point.saved) {
            // A group's first has its largest base, and each group's exceeds those before.
            base_of_more = kept[group_start].base;
            group_start = kept.len();
        }
        let beaten = point.base <= base_of_more
            || kept[group_start..]
                .iter()
                .any(|other| other.base >= point.base && other.set.preference(&point.set) != Ordering::Less);
        if !beaten {
            kept.push(point);
        }
    }
    *points = kept;
}
