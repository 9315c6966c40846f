//! The lines that coupons may discount, once for all that share their terms. The names of a cart are hashed once, those of a
//! scope when somebody has them in memory already ([`ScopeHashes`]); then thousands of entries cost microseconds.

use std::{
    borrow::Borrow,
    cell::OnceCell,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    rc::Rc,
};

use scrip_combination::LineSet;

use crate::{
    campaign::{ScopeHashes, Terms, name_hash},
    candidate::{Candidate, Eligible},
    cart::Cart,
    name::{CategoryId, ProductId, SellerId},
    reason::NotEligible,
};

/// Answers [`Candidate::eligible`] for many candidates on one cart.
pub(super) struct Eligibility<'c> {
    cart: &'c Cart,
    names: OnceCell<CartNames<'c>>,
    sellers: OnceCell<HashMap<&'c SellerId, LineSet>>,
    all: LineSet,
    on_sale: LineSet,
    /// By the address of the terms: those of one campaign have one.
    known: HashMap<*const Terms, Rc<Eligible>>,
}

impl<'c> Eligibility<'c> {
    pub fn new(cart: &'c Cart) -> Self {
        let lines = || cart.lines().iter().enumerate();
        let on_sale = lines().filter(|(_, line)| line.on_sale);
        Self {
            cart,
            names: OnceCell::new(),
            sellers: OnceCell::new(),
            all: lines().fold(LineSet::NONE, |all, (index, _)| all.with(index)),
            on_sale: on_sale.fold(LineSet::NONE, |all, (index, _)| all.with(index)),
            known: HashMap::new(),
        }
    }

    /// `hashes`: of the candidate's scope, if somebody has them.
    pub fn of(&mut self, candidate: &Candidate<'_>, hashes: Option<&ScopeHashes>) -> Rc<Eligible> {
        let terms = std::ptr::from_ref(candidate.terms);
        if let Some(known) = self.known.get(&terms) {
            return known.clone();
        }
        let eligible = Rc::new(self.work_out(candidate.terms, hashes));
        self.known.insert(terms, eligible.clone());
        eligible
    }

    fn work_out(&self, terms: &Terms, hashes: Option<&ScopeHashes>) -> Eligible {
        let own = terms.issuer.seller().map_or(self.all, |seller| self.lines_of(seller));
        let scope = &terms.scope;
        let products = |list: &[ProductId], hashes: Option<&[u64]>| self.names().lines(Kind::Product, list, hashes);
        let categories = |list: &[CategoryId], hashes: Option<&[u64]>| self.names().lines(Kind::Category, list, hashes);
        let everything = scope.products.is_empty() && scope.categories.is_empty();
        let within = if everything {
            own
        } else {
            own.and(
                &products(&scope.products, hashes.map(ScopeHashes::products))
                    .or(&categories(&scope.categories, hashes.map(ScopeHashes::categories))),
            )
        };
        let excluded = products(&scope.exclude_products, hashes.map(ScopeHashes::exclude_products))
            .or(&categories(&scope.exclude_categories, hashes.map(ScopeHashes::exclude_categories)));
        let regular = within.without(&excluded);
        let found = if scope.include_on_sale { regular } else { regular.without(&self.on_sale) };
        // The line that came closest explains best: on sale before excluded before outside the scope.
        let because = [(regular, NotEligible::OnSale), (within, NotEligible::Excluded), (own, NotEligible::Scope)];
        let because = because.into_iter().find(|(lines, _)| *lines != LineSet::NONE).map(|(_, because)| because);
        Eligible { lines: found.indices(), because: because.filter(|_| found == LineSet::NONE) }
    }

    fn lines_of(&self, seller: &SellerId) -> LineSet {
        let sellers = self.sellers.get_or_init(|| {
            let mut sellers: HashMap<&SellerId, LineSet> = HashMap::new();
            for (index, line) in self.cart.lines().iter().enumerate() {
                let lines = sellers.entry(&line.seller).or_insert(LineSet::NONE);
                *lines = lines.with(index);
            }
            sellers
        });
        sellers.get(seller).copied().unwrap_or(LineSet::NONE)
    }

    fn names(&self) -> &CartNames<'c> {
        self.names.get_or_init(|| CartNames::of(self.cart))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Product,
    Category,
}

/// The products and categories in a cart, by hash.
struct CartNames<'c> {
    /// A bit for each hash in it: nearly all entries of a scope end here, in memory that is at hand.
    present: Vec<u64>,
    /// The first of the entries with this hash.
    by_hash: HashMap<u64, usize, BuildHasherDefault<AsIs>>,
    entries: Vec<Entry<'c>>,
}

struct Entry<'c> {
    kind: Kind,
    name: &'c str,
    lines: LineSet,
    /// Another one with the same hash.
    next: Option<usize>,
}

/// A hash is a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<'c> CartNames<'c> {
    fn of(cart: &'c Cart) -> Self {
        let count: usize = cart.lines().iter().map(|line| 1 + line.categories.len()).sum();
        // Some 16 bits for each name: one in 16 of the others passes.
        let words = (count / 4).next_power_of_two();
        let mut names = Self { present: vec![0; words], by_hash: HashMap::default(), entries: Vec::new() };
        for (index, line) in cart.lines().iter().enumerate() {
            names.note(Kind::Product, line.product.as_str(), index);
            for category in &line.categories {
                names.note(Kind::Category, category.as_str(), index);
            }
        }
        names
    }

    fn bit(&self, hash: u64) -> (usize, u64) {
        // The map uses the low bits and the top seven.
        let bit = (hash >> 20) as usize & (self.present.len() * 64 - 1);
        (bit / 64, 1 << (bit % 64))
    }

    fn note(&mut self, kind: Kind, name: &'c str, index: usize) {
        let hash = name_hash(name);
        let first = self.by_hash.get(&hash).copied();
        if let Some(known) = self.find(first, kind, name) {
            self.entries[known].lines = self.entries[known].lines.with(index);
            return;
        }
        let (word, bit) = self.bit(hash);
        self.present[word] |= bit;
        self.by_hash.insert(hash, self.entries.len());
        self.entries.push(Entry { kind, name, lines: LineSet::NONE.with(index), next: first });
    }

    fn find(&self, first: Option<usize>, kind: Kind, name: &str) -> Option<usize> {
        let mut next = first;
        while let Some(number) = next {
            let entry = &self.entries[number];
            if entry.kind == kind && entry.name == name {
                return Some(number);
            }
            next = entry.next;
        }
        None
    }

    /// The lines that have any of the names. Of those whose hash is known and not here, the text isn't even touched.
    fn lines<N: Borrow<str>>(&self, kind: Kind, names: &[N], hashes: Option<&[u64]>) -> LineSet {
        let mut lines = LineSet::NONE;
        let mut look = |hash: u64, index: usize| {
            let (word, bit) = self.bit(hash);
            if self.present[word] & bit == 0 {
                return;
            }
            let first = self.by_hash.get(&hash).copied();
            if let Some(number) = self.find(first, kind, names[index].borrow()) {
                lines = lines.or(&self.entries[number].lines);
            }
        };
        match hashes.filter(|hashes| hashes.len() == names.len()) {
            Some(hashes) => hashes.iter().enumerate().for_each(|(index, hash)| look(*hash, index)),
            None => names.iter().enumerate().for_each(|(index, name)| look(name_hash(name.borrow()), index)),
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{
        campaign::{Issuer, Scope},
        cart::Line,
        id::{CampaignId, Uid},
        money::{Amount, Currency},
        name::LineId,
        reason::UsedBy,
        time::Timestamp,
    };

    fn product(number: u8) -> ProductId {
        ProductId::new(&format!("n{number}")).expect("a name")
    }

    /// Products and categories have the same names: only their kind tells them apart.
    fn category(number: u8) -> CategoryId {
        CategoryId::new(&format!("n{number}")).expect("a name")
    }

    fn seller(number: u8) -> SellerId {
        SellerId::new(&format!("s{number}")).expect("a name")
    }

    fn line(index: usize, (own, named, categories, on_sale): &(u8, u8, Vec<u8>, bool)) -> Line {
        Line {
            id: LineId::new(&format!("l{index}")).expect("a name"),
            seller: seller(*own),
            product: product(*named),
            categories: categories.iter().copied().map(category).collect(),
            unit_price: Amount::of(100),
            quantity: 1,
            on_sale: *on_sale,
        }
    }

    /// As many names as a cart can have.
    #[test]
    fn names_are_found_in_the_largest_carts() {
        let name = |index: usize| CategoryId::new(&format!("c{index}")).expect("a name");
        let lines = (0..500).map(|index| Line {
            categories: (0..10).map(|nth| name(index * 10 + nth)).collect(),
            ..line(index, &(0, 0, Vec::new(), false))
        });
        let cart = Cart::new(Currency::from_code("USD").expect("known"), lines.collect(), Vec::new()).expect("valid");
        let names = CartNames::of(&cart);
        for index in (0..500).step_by(7) {
            assert_eq!(names.lines(Kind::Category, &[name(index * 10 + 3)], None), LineSet::NONE.with(index));
        }
        assert_eq!(names.lines(Kind::Category, &[name(5_000)], None), LineSet::NONE);
    }

    proptest! {
        #[test]
        fn what_is_looked_up_is_what_comparing_each_with_each_finds(
            lines in vec((0..3_u8, 0..6_u8, vec(0..6_u8, 0..3), any::<bool>()), 1..20),
            lists in [vec(0..8_u8, 0..4), vec(0..8_u8, 0..4), vec(0..8_u8, 0..3), vec(0..8_u8, 0..3)],
            include_on_sale in any::<bool>(),
            issuer in proptest::option::of(0..4_u8),
        ) {
            let currency = Currency::from_code("USD").expect("known");
            let lines = lines.iter().enumerate().map(|(index, of)| line(index, of)).collect();
            let cart = Cart::new(currency, lines, Vec::new()).expect("valid");
            let mut terms: Terms = serde_json::from_str(
                r#"{"name": "x", "issuer": {"type": "platform"}, "currency": "USD",
                    "benefit": {"type": "amount_off", "amount": 1}, "validity": {"type": "after_claim", "days": 1}}"#,
            ).expect("terms");
            if let Some(number) = issuer {
                terms.issuer = Issuer::Seller { seller: seller(number) };
            }
            terms.scope = Scope {
                include_on_sale,
                products: lists[0].iter().copied().map(product).collect(),
                categories: lists[1].iter().copied().map(category).collect(),
                exclude_products: lists[2].iter().copied().map(product).collect(),
                exclude_categories: lists[3].iter().copied().map(category).collect(),
            };
            let candidate = Candidate {
                used_by: UsedBy::Code("X".to_owned()),
                campaign: CampaignId::from_uid(Uid::from_bytes([0; 16])),
                terms_version: 1,
                terms: &terms,
                starts_at: Timestamp::from_micros(0),
                expires_at: Timestamp::from_micros(1),
                paused: false,
                budget_left: None,
                at_most: None,
                reasons_on_any_cart: Vec::new(),
            };
            let compared = candidate.eligible(&cart);
            let hashes = ScopeHashes::of(&terms.scope);
            prop_assert_eq!(&*Eligibility::new(&cart).of(&candidate, None), &compared);
            prop_assert_eq!(&*Eligibility::new(&cart).of(&candidate, Some(&hashes)), &compared);
        }
    }
}
