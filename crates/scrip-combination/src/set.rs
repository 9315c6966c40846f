use std::cmp::Ordering;

/// A set of usable candidates, by their order of ties.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Set<const N: usize> {
    words: [u64; N],
    count: u32,
}

impl<const N: usize> Set<N> {
    pub const EMPTY: Self = Self { words: [0; N], count: 0 };

    /// `member` isn't in it yet.
    pub fn with(mut self, member: usize) -> Self {
        self.words[member / 64] |= bit(member);
        self.count += 1;
        self
    }

    /// Of disjoint sets.
    pub fn and(mut self, other: &Self) -> Self {
        for (word, theirs) in self.words.iter_mut().zip(other.words) {
            *word |= theirs;
        }
        self.count += other.count;
        self
    }

    /// `member` is in it.
    pub fn without(mut self, member: usize) -> Self {
        self.words[member / 64] &= !bit(member);
        self.count -= 1;
        self
    }

    pub fn has(&self, member: usize) -> bool {
        self.words[member / 64] & bit(member) != 0
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(own, theirs)| own & !theirs == 0)
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn members(self) -> impl Iterator<Item = usize> {
        (0..N * 64).filter(move |&member| self.has(member))
    }

    /// `Greater` wins a tie: fewer members, then the earlier ones (their bits are the higher).
    pub fn preference(&self, other: &Self) -> Ordering {
        other.count.cmp(&self.count).then_with(|| self.words.cmp(&other.words))
    }
}

/// Earlier members have higher bits, so that comparing words compares sorted lists of members.
const fn bit(member: usize) -> u64 {
    1 << (63 - member % 64)
}

/// What some choices save, and which coupons they are.
pub type Saving<const N: usize> = (i64, Set<N>);

/// Whether `a` saves more than `b`, or as much and wins the tie.
pub fn is_better<const N: usize>(a: &Saving<N>, b: &Saving<N>) -> bool {
    a.0.cmp(&b.0).then_with(|| a.1.preference(&b.1)) == Ordering::Greater
}

/// Leaves out members until there are at most `most` choices of at most one per place: of the fullest places those that
/// are worth least. Says whether it left any out.
pub fn keep_worthiest(places: &mut Vec<Vec<usize>>, most: usize, worth: impl Fn(usize) -> i64) -> bool {
    let count =
        |places: &[Vec<usize>]| places.iter().fold(1, |count: usize, place| count.saturating_mul(place.len() + 1));
    let mut left_out = false;
    while count(places) > most {
        let fullest = places.iter().map(Vec::len).max().unwrap_or(0);
        let of_place = |place: usize| (0..fullest).map(move |member| (place, member));
        let least = (0..places.len())
            .filter(|&place| places[place].len() == fullest)
            .flat_map(of_place)
            .min_by_key(|&(place, member)| worth(places[place][member]));
        let Some((place, member)) = least else { break };
        places[place].remove(member);
        if places[place].is_empty() {
            places.remove(place);
        }
        left_out = true;
    }
    left_out
}

/// Every choice of at most one member per place, the empty one first.
pub fn subsets(places: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
    for place in places {
        let known = subsets.len();
        for member in place {
            for subset in 0..known {
                let mut larger = Vec::with_capacity(subsets[subset].len() + 1);
                larger.extend_from_slice(&subsets[subset]);
                larger.push(member);
                subsets.push(larger);
            }
        }
    }
    subsets
}
