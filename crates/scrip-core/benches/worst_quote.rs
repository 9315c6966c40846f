//! The dearest quotes that fit a body: 500 lines with as many categories as a megabyte holds, 500 coupons of as many campaigns,
//! four lists of 1,000 each. Any of them should stay below 50 ms.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use scrip_core::{
    campaign::{Scope, ScopeHashes, Terms},
    candidate::Candidate,
    cart::{Cart, Line},
    id::{CampaignId, CouponId, Uid},
    money::{Amount, Currency},
    name::{CategoryId, LineId, ProductId, SellerId, StackingGroup},
    quote::{Choice, quote, quote_by},
    reason::UsedBy,
    time::Timestamp,
};

const LINES: usize = 500;
const COUPONS: usize = 500;
const LISTED: usize = 1_000;
/// Of a line; more don't fit a megabyte with 500 lines.
const CATEGORIES: usize = 50;
const NOW: Timestamp = Timestamp::from_micros(1_000_000);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Long lists, and none names anything in the cart.
    OutOfScope,
    /// Long lists of exclusions; every coupon applies to every line, and one is best.
    AllApply,
    /// The same, and all go together.
    AllStack,
    /// Coupons of 500 sellers, each with one line, under a platform coupon's minimum.
    Sellers,
}

const SHAPES: [(&str, Shape); 4] = [
    ("out of scope", Shape::OutOfScope),
    ("all apply", Shape::AllApply),
    ("all stack", Shape::AllStack),
    ("sellers", Shape::Sellers),
];

fn product(text: &str) -> ProductId {
    ProductId::new(text).expect("a name")
}

fn category(text: &str) -> CategoryId {
    CategoryId::new(text).expect("a name")
}

fn cart(shape: Shape) -> Cart {
    let line = |number: usize| Line {
        id: LineId::new(&format!("l{number}")).expect("a name"),
        seller: SellerId::new(&format!("s{}", if shape == Shape::Sellers { number } else { 0 })).expect("a name"),
        product: product(&format!("p{number}")),
        categories: (0..CATEGORIES).map(|each| category(&format!("{:x}", number * CATEGORIES + each))).collect(),
        unit_price: Amount::of(1_000_003 + i64::try_from(number).expect("small")),
        quantity: 3,
        on_sale: false,
    };
    Cart::new(Currency::from_code("USD").expect("known"), (0..LINES).map(line).collect(), Vec::new()).expect("valid")
}

fn terms(shape: Shape, number: usize) -> Terms {
    let mut terms: Terms = serde_json::from_value(serde_json::json!({
        "name": "x", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 10_007 + 13 * number},
        "minimum_spend": {"amount": 900_000_000 + number},
        "validity": {"type": "after_claim", "days": 1}}))
    .expect("terms");
    if shape == Shape::Sellers && number > 0 {
        terms.issuer = serde_json::from_value(serde_json::json!({"type": "seller", "seller": format!("s{number}")}))
            .expect("an issuer");
        terms.minimum_spend = None;
    }
    if shape == Shape::AllStack {
        terms.stacking.group = Some(StackingGroup::new(&format!("g{number}")).expect("a name"));
    }
    let products = |what: &str| (0..LISTED).map(|each| product(&format!("{what}-{number}-{each}"))).collect();
    let categories = |what: &str| (0..LISTED).map(|each| category(&format!("{what}-{number}-{each}"))).collect();
    let mut scope = Scope { exclude_products: products("x"), exclude_categories: categories("y"), ..Scope::default() };
    if shape == Shape::OutOfScope {
        (scope.products, scope.categories) = (products("v"), categories("w"));
    }
    terms.scope = scope;
    terms
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    for (name, shape) in SHAPES {
        let cart = cart(shape);
        let all: Vec<(Terms, ScopeHashes)> = (0..COUPONS)
            .map(|number| {
                let terms = terms(shape, number);
                let hashes = ScopeHashes::of(&terms.scope);
                (terms, hashes)
            })
            .collect();
        let id = |number: usize| Uid::from_bytes(u128::try_from(number).expect("small").to_be_bytes());
        let candidates: Vec<Candidate<'_>> = all
            .iter()
            .enumerate()
            .map(|(number, (terms, _))| Candidate {
                used_by: UsedBy::Coupon(CouponId::from_uid(id(number))),
                campaign: CampaignId::from_uid(id(number)),
                terms_version: 1,
                terms,
                starts_at: Timestamp::from_micros(0),
                expires_at: Timestamp::from_micros(2_000_000),
                paused: false,
                budget_left: None,
                at_most: None,
                reasons_on_any_cart: Vec::new(),
            })
            .collect();
        let hashes = |candidate: &Candidate<'_>| {
            let bytes = candidate.campaign.uid().bytes();
            all.get(usize::from(u16::from_be_bytes([bytes[14], bytes[15]]))).map(|(_, hashes)| hashes)
        };
        let mut bench = |name: String, run: &dyn Fn()| {
            criterion.bench_function(&name, |bencher| bencher.iter_batched(|| (), |()| run(), BatchSize::PerIteration));
        };
        bench(format!("worst quote: {name}"), &|| {
            black_box(quote_by(black_box(&cart), black_box(&candidates), Choice::Best, NOW, hashes));
        });
        bench(format!("worst quote: {name}, nothing in memory"), &|| {
            black_box(quote(black_box(&cart), black_box(&candidates), Choice::Best, NOW));
        });
    }
    criterion.final_summary();
}
