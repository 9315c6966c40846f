//! The best combination for 10 sellers, 50 lines and 30 coupons, on random problems and on slow ones found by a search.
//!
//! Prints p50, p99 and the slowest for each kind of problem, then lets criterion time one of each. `SCRIP_BENCH_PROBLEMS`
//! and `SCRIP_BENCH_CLIMBS` change how many. The slowest problem of a search is printed with its seed, to be run again.

#[path = "../tests/support/problems.rs"]
mod problems;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::Criterion;
use problems::{Draft, LARGE, Mix, Random};
use scrip_combination::{MinimumBase, Problem, best};

/// A search climbs through changes of one figure, coupon or line.
const STEPS: usize = 150;

const MIXES: [(&str, Mix); 6] = [
    ("random", LARGE),
    ("stacked", Mix { with_group: 60, ..LARGE }),
    ("budgets", Mix { with_budget: 60, with_group: 30, ..LARGE }),
    ("shipping", Mix { for_shipping: 35, with_group: 30, ..LARGE }),
    ("spoilt", Mix { spoiling: 100, with_minimum: 90, exclusive: 0, narrow: 10, ..LARGE }),
    ("opaque", Mix { opaque: 20, ..LARGE }),
];

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn time(problem: &Problem) -> Duration {
    let start = Instant::now();
    black_box(best(black_box(problem)));
    start.elapsed()
}

/// Of a few, the quickest: what the cart costs, not what else the machine did.
fn cost(problem: &Problem) -> Duration {
    (0..3).map(|_| time(problem)).min().expect("three runs")
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_nanos() / 1_000;
    println!(
        "{name:<24} {:>6} problems   p50 {:>7} µs   p99 {:>7} µs   max {:>7} µs",
        times.len(),
        at(50),
        at(99),
        times[times.len() - 1].as_nanos() / 1_000
    );
}

/// From a random cart uphill to a slow one.
fn climb(mix: &Mix, seed: u64) -> (Duration, Draft) {
    let random = &mut Random(seed ^ 0x5EED);
    let mut draft = mix.draft(random);
    let mut slowest = cost(&draft.build());
    for _ in 0..STEPS {
        let mut changed = draft.clone();
        for _ in 0..random.range(1, 3) {
            change(random, mix, &mut changed);
        }
        let cost = cost(&changed.build());
        if cost > slowest {
            (slowest, draft) = (cost, changed);
        }
    }
    (slowest, draft)
}

fn change(random: &mut Random, mix: &Mix, draft: &mut Draft) {
    let number = random.index(draft.coupons.len());
    match random.index(6) {
        0 => draft.coupons[number] = mix.coupon(random, draft, 10),
        1 => {
            let other = draft.coupons[random.index(draft.coupons.len())].clone();
            draft.coupons[number] = other;
            draft.coupons[number].group = Some(u32::from(random.percent(50)));
        }
        2 => {
            let line = random.index(draft.lines.len());
            draft.lines[line].amount = random.range(1, 10_000);
        }
        3 => {
            if let Some(minimum) = &mut draft.coupons[number].minimum {
                minimum.needed = minimum.needed * random.range(80, 120) / 100;
                minimum.base = MinimumBase::OnEnteringTheLane;
            }
        }
        4 => {
            let coupon = &mut draft.coupons[number];
            coupon.exclusive = false;
            coupon.seller = coupon.seller.map(|_| random.index(10));
        }
        _ => {
            let coupon = &mut draft.coupons[number];
            coupon.budget = coupon.budget.map(|left| (left * random.range(50, 150) / 100).max(1));
            coupon.group = (!random.percent(50)).then(|| u32::try_from(random.index(4)).expect("small"));
        }
    }
}

fn main() {
    let problems = setting("SCRIP_BENCH_PROBLEMS", 2_000);
    let climbs = setting("SCRIP_BENCH_CLIMBS", 6);
    let mut named: Vec<(String, Problem)> = Vec::new();
    for (name, mix) in MIXES {
        let problem: Vec<Problem> = (0..problems as u64).map(|seed| mix.draft(&mut Random(seed)).build()).collect();
        let times: Vec<Duration> = problem.iter().map(|problem| time(problem).min(time(problem))).collect();
        let slowest = (0..times.len()).max_by_key(|&cart| times[cart]).expect("problems");
        named.push((format!("{name}/first"), problem[0].clone()));
        named.push((format!("{name}/slowest of {problems}"), problem[slowest].clone()));
        report(name, times);
    }
    let many = Mix { coupons: (250, 250), ..LARGE };
    let times = (0..(problems / 20).max(1) as u64).map(|seed| cost(&many.draft(&mut Random(seed)).build())).collect();
    report("250 coupons", times);
    // Each coupon in a stacking group of its own: among all lanes, one seller, a dozen groups of each seller.
    let a_dozen_each = Mix { coupons: (125, 125), of_sellers: 96, for_shipping: 0, ..LARGE };
    let of_one = Mix { sellers: (1, 1), lines: (5, 5), coupons: (40, 40), ..LARGE };
    for (name, mix) in
        [("groups", LARGE), ("groups of one", of_one), ("groups of each", a_dozen_each), ("250 groups", many)]
    {
        let grouped = |seed| {
            let mut draft = mix.draft(&mut Random(seed));
            for (group, coupon) in (0..).zip(&mut draft.coupons) {
                coupon.group = Some(group);
            }
            cost(&draft.build())
        };
        report(name, (0..(problems / 20).max(1) as u64).map(grouped).collect());
    }
    let mut found = Vec::new();
    for (name, mix) in MIXES {
        let (slowest, draft, seed) = (0..climbs as u64)
            .map(|seed| {
                let (cost, draft) = climb(&mix, seed);
                (cost, draft, seed)
            })
            .max_by_key(|climb| climb.0)
            .expect("climbs");
        println!("{name:<24} slowest of {climbs} searches: {} µs (seed {seed})", slowest.as_nanos() / 1_000);
        let problem = draft.build();
        // The found cart and its neighbours: as many as of the random ones.
        let random = &mut Random(seed);
        for _ in 0..(problems / MIXES.len() / 4).max(1) {
            let mut neighbour = draft.clone();
            change(random, &mix, &mut neighbour);
            found.push(time(&neighbour.build()));
        }
        named.push((format!("{name}/found"), problem));
    }
    report("found and neighbours", found);

    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("best_combination");
    group.measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(200));
    for (name, problem) in &named {
        group.bench_function(name.as_str(), |bencher| bencher.iter(|| best(black_box(problem))));
    }
    group.finish();
    criterion.final_summary();
}
