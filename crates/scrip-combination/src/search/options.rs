//! What each seller may do in the seller lane: its options. A seller's lines are its own, so sellers are independent here.

use std::collections::HashSet;

use super::usable::Usable;
use crate::{
    cart::Cart,
    coupon_set::CouponSet,
    line_set::LineSet,
    slots::{keep_worthiest, slots},
};

/// Options of all sellers that are looked at, and of one in any case.
const OPTIONS_MAX: usize = 4_096;
const OPTIONS_OF_ONE: usize = 512;

/// One seller's options, most saving first.
pub(super) struct SellerOptions<const N: usize> {
    /// By index in the problem.
    pub seller: usize,
    /// The seller's lines.
    pub lines: Vec<usize>,
    pub options: Vec<SellerOption<N>>,
}

/// A set of one seller's coupons, at most one of each slot.
pub(super) struct SellerOption<const N: usize> {
    pub saved: i64,
    pub set: CouponSet<N>,
    /// What is left of the seller's lines.
    pub left: Vec<i64>,
    /// What of that each later coupon looks at.
    pub bases: Vec<i64>,
    /// Its number among all options of all sellers.
    pub number: usize,
    /// Shipping coupons of the seller whose minimum it spoils whatever comes after.
    pub lost: CouponSet<N>,
    /// `saved`, less what losing those costs where that is certain.
    pub worth: i64,
}

/// Every seller's options, without those that another equals in all that later coupons see, saving as much or more; and
/// whether there were more than are looked at.
///
/// `members`: the sellers' coupons, in the order of application. `looked_at`: the lines that later coupons look at.
pub(super) fn seller_options<const N: usize>(
    start: &Cart<'_>,
    usable: &[Usable<'_>],
    members: &[usize],
    looked_at: &LineSet,
) -> (Vec<SellerOptions<N>>, bool) {
    let mut scratch = start.clone();
    let all_sellers = 0..start.problem.shipping.len();
    let of_seller = |seller: usize| -> Vec<usize> {
        members.iter().copied().filter(|&member| usable[member].coupon.seller == Some(seller)).collect()
    };
    let with_coupons: Vec<(usize, Vec<usize>)> =
        all_sellers.map(|seller| (seller, of_seller(seller))).filter(|(_, own)| !own.is_empty()).collect();
    let most = (OPTIONS_MAX / with_coupons.len().max(1)).max(OPTIONS_OF_ONE);
    let (mut sellers, mut count, mut left_out) = (Vec::new(), 0, false);
    for (seller, own) in with_coupons {
        let of_problem = 0..start.problem.lines.len();
        let lines: Vec<usize> = of_problem.filter(|&line| start.problem.lines[line].seller == seller).collect();
        let mut found = Options { scratch: &mut scratch, usable, own: &own, lines: &lines, options: Vec::new() };
        left_out |= found.enumerate(most);
        let mut options = found.options;
        keep_best_of_alike(&mut options, &lines, looked_at);
        for option in &mut options {
            option.number = count;
            count += 1;
        }
        sellers.push(SellerOptions { seller, lines, options });
    }
    (sellers, left_out)
}

/// Sorts the best first, and of those that leave the same where later coupons look keeps the first.
fn keep_best_of_alike<const N: usize>(options: &mut Vec<SellerOption<N>>, lines: &[usize], looked_at: &LineSet) {
    options.sort_by(|a, b| b.saved.cmp(&a.saved).then_with(|| b.set.preference(&a.set)));
    let seen: Vec<usize> = (0..lines.len()).filter(|&number| looked_at.has(lines[number])).collect();
    let mut known: HashSet<Vec<i64>> = HashSet::new();
    options.retain(|option| known.insert(seen.iter().map(|&number| option.left[number]).collect()));
}

/// One seller's options as they are found.
struct Options<'s, 'a, const N: usize> {
    scratch: &'s mut Cart<'a>,
    usable: &'s [Usable<'s>],
    /// The seller's coupons: members, in the order of application.
    own: &'s [usize],
    lines: &'s [usize],
    options: Vec<SellerOption<N>>,
}

impl<const N: usize> Options<'_, '_, N> {
    /// Every set, or so many of the worthiest coupons and all together. Says whether any was left out.
    fn enumerate(&mut self, most: usize) -> bool {
        // Slots stand in the order of application, for a slot is a group.
        let all = slots(self.own.iter().map(|&member| self.usable[member].coupon));
        let mut worthiest = all.clone();
        let cut = keep_worthiest(&mut worthiest, most, |number| self.usable[self.own[number]].most_off);
        self.each(&worthiest, 0, CouponSet::EMPTY);
        if cut {
            self.all(&all);
        }
        cut
    }

    /// With each set of at most one coupon per slot, by their numbers in `own`.
    fn each(&mut self, slots: &[Vec<usize>], saved: i64, set: CouponSet<N>) {
        let Some((slot, later)) = slots.split_first() else { return self.add(saved, set) };
        self.each(later, saved, set);
        let before = self.left();
        for &number in slot {
            // One that doesn't apply here doesn't with more after it either.
            if let Some(off) = self.take(number) {
                self.each(later, saved + off, set.with(self.own[number]));
                self.restore(&before);
            }
        }
    }

    /// With the coupon of each slot that takes most off, of those that apply beside the ones before.
    fn all(&mut self, slots: &[Vec<usize>]) {
        let before = self.left();
        let (mut saved, mut set) = (0, CouponSet::EMPTY);
        for slot in slots {
            let usable = self.usable;
            let most = slot.iter().copied().rev().max_by_key(|&number| usable[self.own[number]].most_off);
            if let Some((number, off)) = most.and_then(|number| Some((number, self.take(number)?))) {
                saved += off;
                set = set.with(self.own[number]);
            }
        }
        self.add(saved, set);
        self.restore(&before);
    }

    fn take(&mut self, number: usize) -> Option<i64> {
        let usable = &self.usable[self.own[number]];
        self.scratch.apply(usable.coupon, &usable.sellers)
    }

    fn add(&mut self, saved: i64, set: CouponSet<N>) {
        self.options.push(SellerOption {
            saved,
            set,
            left: self.left(),
            bases: Vec::new(),
            number: 0,
            lost: CouponSet::EMPTY,
            worth: saved,
        });
    }

    fn left(&self) -> Vec<i64> {
        self.lines.iter().map(|&line| self.scratch.lines.left()[line]).collect()
    }

    fn restore(&mut self, left: &[i64]) {
        for (&line, &left) in self.lines.iter().zip(left) {
            self.scratch.lines.restore(line, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Shape,
        cart::saving,
        problems::{DraftCoupon, Mix, Random, SMALL},
        search::usable::usable,
    };

    /// Of a few coupons every set; of many the worthiest, and all together.
    #[test]
    fn an_option_saves_what_its_coupons_save_and_leaves_the_rest() {
        let mut cut = 0;
        for number in 0..400 {
            let random = &mut Random(0x18_0000 + number);
            let many = number % 20 == 0;
            let mix = Mix { of_sellers: 100, for_shipping: 0, exclusive: 0, with_group: 60, sellers: (1, 2), ..SMALL };
            let mut draft = mix.draft(random);
            if many {
                // So little that each set leaves something else.
                for group in 0..14 {
                    let coupon = DraftCoupon::new(Some(0), Shape::Amount(random.range(1, 50)));
                    draft.coupons.push(DraftCoupon { group: Some(group), ..coupon });
                }
                draft.lines.iter_mut().for_each(|line| line.amount += 1_000);
            }
            let problem = draft.build();
            let start = Cart::new(&problem);
            let usable = usable(&start);
            let mut members: Vec<usize> = (0..usable.len()).collect();
            members.sort_by_key(|&member| usable[member].coupon.order);
            let all: Vec<usize> = (0..problem.lines.len()).collect();
            let (sellers, left_out) = seller_options::<1>(&start, &usable, &members, &LineSet::of(&all));
            cut += usize::from(left_out);
            let mut next = 0;
            for seller in &sellers {
                let whole: i64 = problem.amount(&seller.lines);
                for option in &seller.options {
                    let set: Vec<usize> = option.set.members().map(|member| usable[member].index).collect();
                    assert_eq!(saving(&problem, &set), Some(option.saved), "problem {number}: {set:?} of {problem:#?}");
                    let left: i64 = option.left.iter().sum();
                    assert_eq!((option.saved + left, option.number), (whole, next), "problem {number}: {problem:#?}");
                    next += 1;
                }
                assert!(seller.options.is_sorted_by(|a, b| a.saved >= b.saved), "problem {number}: most saving first");
                assert!(seller.options.iter().any(|option| option.set.count() == 0), "problem {number}: nothing");
            }
        }
        assert!(cut > 0, "none has more sets than are looked at");
    }
}
