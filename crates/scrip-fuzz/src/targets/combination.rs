//! The best combination of a few coupons is the best of every set.

use std::cmp::Reverse;

use scrip_combination::{Coupon, Lane, Line, Minimum, MinimumBase, Problem, Shape, Tier, best, saving};

/// Small enough to try every set.
const COUPONS_MAX: usize = 7;
const LINES_MAX: usize = 6;

/// The bytes, one after the other; zeros after their end.
struct Figures<'d>(std::slice::Iter<'d, u8>);

impl Figures<'_> {
    fn small(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, length: usize) -> usize {
        usize::from(self.small()) % length
    }

    fn amount(&mut self) -> i64 {
        i64::from(u16::from_be_bytes([self.small(), self.small()]))
    }

    fn shape(&mut self) -> Shape {
        match self.small() % 5 {
            0 => Shape::Amount(self.amount()),
            1 => Shape::Percent { basis_points: 1 + u16::from(self.small()) * 39, cap: i64::MAX },
            2 => Shape::Percent { basis_points: 1 + u16::from(self.small()) * 39, cap: self.amount() },
            3 => {
                let first = Tier { over: self.amount(), amount: self.amount() };
                let second = Tier { over: first.over + 1 + self.amount(), amount: first.amount + self.amount() };
                Shape::Tiers(vec![first, second])
            }
            _ => {
                let step = 1 + self.amount();
                Shape::opaque(move |base| base % step)
            }
        }
    }

    /// `order`: in the order of application, among all.
    fn coupon(&mut self, lines: &[Line], sellers: usize, order: u32) -> Coupon {
        let seller = Some(self.below(sellers + 1)).filter(|&seller| seller < sellers);
        let lane = match (self.small() % 4, seller) {
            (0, _) => Lane::Shipping,
            (_, Some(_)) => Lane::Seller,
            (_, None) => Lane::Platform,
        };
        let among = self.small();
        let covers = |&line: &usize| {
            seller.is_none_or(|seller| lines[line].seller == seller) && (among == 0 || among >> line & 1 == 1)
        };
        let bases = [MinimumBase::BeforeDiscounts, MinimumBase::OnEnteringTheLane, MinimumBase::OnEnteringTheLane];
        let asks = self.small();
        Coupon {
            lane,
            seller,
            group: (asks & 1 == 1).then(|| u32::from(asks >> 1 & 1)),
            order,
            exclusive: asks >> 2 & 7 == 7,
            lines: (0..lines.len()).filter(covers).collect(),
            minimum: (asks >> 5 & 1 == 1).then(|| Minimum { needed: self.amount() * 2, base: bases[self.below(3)] }),
            budget: (asks >> 6 & 1 == 1).then(|| self.amount()),
            shape: self.shape(),
        }
    }

    fn problem(&mut self) -> Problem {
        let sellers = 1 + self.below(3);
        let lines: Vec<Line> =
            (0..=self.below(LINES_MAX)).map(|_| Line { amount: self.amount(), seller: self.below(sellers) }).collect();
        let shipping = (0..sellers).map(|_| self.amount()).collect();
        let mut coupons: Vec<Coupon> =
            (0..).take(1 + self.below(COUPONS_MAX)).map(|order| self.coupon(&lines, sellers, order)).collect();
        // In each lane sellers' coupons come before the platform's, and by group, as the order of application says.
        let mut in_order: Vec<usize> = (0..coupons.len()).collect();
        in_order.sort_by_key(|&index| (coupons[index].seller.is_none(), coupons[index].group, coupons[index].order));
        (0..).zip(in_order).for_each(|(order, index)| coupons[index].order = order);
        Problem { lines, shipping, coupons }
    }
}

/// Any bytes: lines, shipping, coupons.
pub fn best_of_every_set(data: &[u8]) {
    let problem = Figures(data.iter()).problem();
    let found = best(&problem);
    let mut expected = (0, Vec::new());
    for bits in 0..1_usize << problem.coupons.len() {
        let set: Vec<usize> = (0..problem.coupons.len()).filter(|coupon| bits >> coupon & 1 == 1).collect();
        let Some(saved) = saving(&problem, &set) else { continue };
        if (Reverse(saved), set.len(), &set) < (Reverse(expected.0), expected.1.len(), &expected.1) {
            expected = (saved, set);
        }
    }
    assert_eq!((saving(&problem, &found), &found), (Some(expected.0), &expected.1), "found, and the best of every set");
}
