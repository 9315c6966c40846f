//! One platform coupon and nothing else to watch: exact while the sum left is all that matters and more of it never
//! hurts.

use std::cmp::{Ordering, Reverse};

use super::{Choice, Search};
use crate::set::Set;

/// What some sellers' options come to: saved so far, left on the lines that the platform coupon may discount.
#[derive(Clone, Copy)]
struct Point<const N: usize> {
    saved: i64,
    base: i64,
    set: Set<N>,
}

/// Pairs that are looked at for one choice.
const PAIRS_MAX: usize = 40_000;
/// Pairs that are looked at in a step.
const PAIRS_IN_STEP: usize = 4;
/// Points of a half before those that others beat are dropped, and how many of them are made and compared in a step.
const POINTS_MAX: usize = 16_384;
const POINTS_IN_STEP: usize = 16;

impl<const N: usize> Search<'_, N> {
    /// Says whether anything is left to look at. `None`: halves would grow too large, and nothing was looked at.
    pub(super) fn match_halves(&mut self, choice: &Choice<N>, coupon: usize) -> Option<bool> {
        let watch = &self.watches[coupon];
        let Some(benefit) = watch.benefit else { return Some(false) };
        let (needed, member, fixed) = (watch.needed, watch.member, watch.fixed);
        let mut points: Vec<Vec<Point<N>>> = self
            .sellers
            .iter()
            .map(|seller| {
                let point = |option: &super::options::SellerOption<N>| Point {
                    saved: option.saved,
                    base: option.bases[coupon],
                    set: option.set,
                };
                let mut own: Vec<Point<N>> = seller.options.iter().map(point).collect();
                keep_unbeaten(&mut own);
                own
            })
            .collect();
        // Halves of like size: the largest first, each to the smaller half.
        points.sort_by_key(|own| Reverse(own.len()));
        let start = Point { saved: 0, base: 0, set: Set::EMPTY };
        let (mut left, mut right) = (vec![start], vec![Point { base: fixed, ..start }]);
        for own in points {
            let half = if left.len() <= right.len() { &mut left } else { &mut right };
            let larger = half.len().saturating_mul(own.len());
            if larger > POINTS_MAX {
                return None;
            }
            self.steps += larger / POINTS_IN_STEP;
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
        let smooth = benefit.leaves_more();
        let shipping = self.shipping.best(&choice.shipping);
        let mut pairs = 0;
        for a in &left {
            // The most that `b` or any point after it comes to. Without tiers a minor unit more of base gives at most a
            // minor unit more of discount, so what later points save less they can't regain beyond `whole`.
            let bound = |b: &Point<N>| {
                let base = if smooth { most_base.min(whole - b.saved) } else { most_base };
                a.saved + b.saved + benefit.off(a.base + base) + shipping.0
            };
            let first = largest_base.partition_point(|base| a.base + base < needed);
            for b in &right[first..] {
                if bound(b) < self.best.0 {
                    break;
                }
                pairs += 1;

                if a.base + b.base < needed {
                    continue;
                }
                let off = benefit.off(a.base + b.base);
                if off > 0 {
                    let set = a.set.and(&b.set).with(member).and(&shipping.1);
                    self.offer((a.saved + b.saved + off + shipping.0, set));
                }
            }
            if pairs > PAIRS_MAX {
                self.ended = true;
                break;
            }
        }
        self.steps += pairs / PAIRS_IN_STEP;
        Some(false)
    }
}

/// Drops every point that another beats for certain: saves more with no smaller base, or as much with no smaller base
/// and wins the tie. Leaves them by falling saving.
fn keep_unbeaten<const N: usize>(points: &mut Vec<Point<N>>) {
    points.sort_unstable_by(|a, b| {
        b.saved.cmp(&a.saved).then(b.base.cmp(&a.base)).then_with(|| b.set.preference(&a.set))
    });
    // Kept points are moved to the front.
    let mut kept = 0;
    // The largest base of those that save more than the present group of equal savings.
    let mut base_of_more = i64::MIN;
    let mut group_start = 0;
    for place in 0..points.len() {
        let point = points[place];
        if group_start < kept && points[group_start].saved != point.saved {
            // A group's first has its largest base, and each group's exceeds those before.
            base_of_more = points[group_start].base;
            group_start = kept;
        }
        let beaten = point.base <= base_of_more
            || points[group_start..kept]
                .iter()
                .any(|other| other.base >= point.base && other.set.preference(&point.set) != Ordering::Less);
        if !beaten {
            points[kept] = point;
            kept += 1;
        }
    }
    points.truncate(kept);
}
