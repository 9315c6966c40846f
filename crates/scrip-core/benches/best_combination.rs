//! P6: the best combination for 10 sellers, 50 lines and 30 coupons, on random carts and on slow ones found by a search.
//!
//! Prints p50, p99 and the slowest for each kind of cart, then lets criterion time one cart of each. `SCRIP_BENCH_CARTS`
//! and `SCRIP_BENCH_CLIMBS` change how many. The slowest cart of a search is printed with its seed, to be run again.

#[path = "../tests/support/quote.rs"]
mod support;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::Criterion;
use scrip_core::quote::best_combination;
use support::{Built, LARGE, NOW, Random, Scenario, Shape};

/// A search climbs through changes of one figure, coupon or line.
const STEPS: usize = 150;

const SHAPES: [(&str, Shape); 5] = [
    ("random", LARGE),
    ("stacked", Shape { with_group: 60, ..LARGE }),
    ("budgets", Shape { with_budget: 60, with_group: 30, ..LARGE }),
    ("shipping", Shape { for_shipping: 35, with_group: 30, ..LARGE }),
    ("spoilt", Shape { spoiling: 100, with_minimum: 90, exclusive: 0, narrow: 10, ..LARGE }),
];

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn time(built: &Built) -> Duration {
    let candidates = built.candidates();
    let start = Instant::now();
    black_box(best_combination(black_box(&built.cart), black_box(&candidates), NOW));
    start.elapsed()
}

/// Of a few, the quickest: what the cart costs, not what else the machine did.
fn cost(built: &Built) -> Duration {
    (0..3).map(|_| time(built)).min().expect("three runs")
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_nanos() / 1_000;
    println!(
        "{name:<24} {:>6} carts   p50 {:>7} µs   p99 {:>7} µs   max {:>7} µs",
        times.len(),
        at(50),
        at(99),
        times[times.len() - 1].as_nanos() / 1_000
    );
}

/// From a random cart uphill to a slow one.
fn climb(shape: &Shape, seed: u64) -> (Duration, Scenario) {
    let random = &mut Random(seed ^ 0x5EED);
    let mut scenario = shape.scenario(random);
    let mut slowest = cost(&scenario.build());
    for _ in 0..STEPS {
        let mut changed = scenario.clone();
        for _ in 0..random.range(1, 3) {
            change(random, shape, &mut changed);
        }
        let cost = cost(&changed.build());
        if cost > slowest {
            (slowest, scenario) = (cost, changed);
        }
    }
    (slowest, scenario)
}

fn change(random: &mut Random, shape: &Shape, scenario: &mut Scenario) {
    let place = random.index(scenario.coupons.len());
    match random.index(6) {
        0 => {
            let fresh = shape.coupon(random, scenario, 10);
            scenario.coupons[place] = fresh;
        }
        1 => {
            let other = scenario.coupons[random.index(scenario.coupons.len())].clone();
            scenario.coupons[place] = other;
            scenario.coupons[place].group = Some(u8::try_from(random.index(4)).expect("small"));
        }
        2 => {
            let line = random.index(scenario.lines.len());
            scenario.lines[line].price = random.range(1, 10_000);
        }
        3 => {
            if let Some(minimum) = &mut scenario.coupons[place].minimum {
                minimum.amount = minimum.amount * random.range(80, 120) / 100;
                minimum.before_discounts = false;
            }
        }
        4 => {
            let coupon = &mut scenario.coupons[place];
            coupon.exclusive = false;
            coupon.trouble = None;
            coupon.same_campaign_as = None;
            coupon.seller = coupon.seller.map(|_| u8::try_from(random.index(10)).expect("small"));
        }
        _ => {
            let coupon = &mut scenario.coupons[place];
            coupon.budget_left = coupon.budget_left.map(|left| (left * random.range(50, 150) / 100).max(1));
            coupon.group = if random.percent(50) { None } else { Some(u8::try_from(random.index(4)).expect("small")) };
        }
    }
    for coupon in &mut scenario.coupons {
        coupon.same_campaign_as = None;
    }
}

fn main() {
    let carts = setting("SCRIP_BENCH_CARTS", 2_000);
    let climbs = setting("SCRIP_BENCH_CLIMBS", 6);
    let mut named: Vec<(String, Built)> = Vec::new();
    for (name, shape) in SHAPES {
        let built: Vec<Built> = (0..carts as u64).map(|seed| shape.scenario(&mut Random(seed)).build()).collect();
        let times: Vec<Duration> = built.iter().map(|built| time(built).min(time(built))).collect();
        let slowest = (0..times.len()).max_by_key(|&cart| times[cart]).expect("carts");
        named.push((format!("{name}/first"), built[0].clone()));
        named.push((format!("{name}/slowest of {carts}"), built[slowest].clone()));
        report(name, times);
    }
    let many = Shape { coupons: (250, 250), ..LARGE };
    let times = (0..(carts / 20).max(1) as u64).map(|seed| cost(&many.scenario(&mut Random(seed)).build())).collect();
    report("250 coupons", times);
    // Each coupon in a stacking group of its own: among all lanes, one seller, a dozen groups of each seller.
    let a_dozen_each = Shape { coupons: (125, 125), of_sellers: 96, for_shipping: 0, ..LARGE };
    let of_one = Shape { sellers: (1, 1), lines: (5, 5), coupons: (40, 40), ..LARGE };
    for (name, shape) in
        [("groups", LARGE), ("groups of one", of_one), ("groups of each", a_dozen_each), ("250 groups", many)]
    {
        let grouped = |seed| {
            let mut scenario = shape.scenario(&mut Random(seed));
            for (group, coupon) in (0..).zip(&mut scenario.coupons) {
                coupon.group = Some(group);
            }
            cost(&scenario.build())
        };
        report(name, (0..(carts / 20).max(1) as u64).map(grouped).collect());
    }
    let mut found = Vec::new();
    for (name, shape) in SHAPES {
        let (slowest, scenario, seed) = (0..climbs as u64)
            .map(|seed| {
                let (cost, scenario) = climb(&shape, seed);
                (cost, scenario, seed)
            })
            .max_by_key(|climb| climb.0)
            .expect("climbs");
        println!("{name:<24} slowest of {climbs} searches: {} µs (seed {seed})", slowest.as_nanos() / 1_000);
        let built = scenario.build();
        // The found cart and its neighbours: as many as of the random ones.
        let random = &mut Random(seed);
        for _ in 0..(carts / SHAPES.len() / 4).max(1) {
            let mut neighbour = scenario.clone();
            change(random, &shape, &mut neighbour);
            found.push(time(&neighbour.build()));
        }
        named.push((format!("{name}/found"), built));
    }
    report("found and neighbours", found);

    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("best_combination");
    group.measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(200));
    for (name, built) in &named {
        let candidates = built.candidates();
        group.bench_function(name.as_str(), |bencher| {
            bencher.iter(|| best_combination(black_box(&built.cart), black_box(&candidates), NOW));
        });
    }
    group.finish();
    criterion.final_summary();
}
