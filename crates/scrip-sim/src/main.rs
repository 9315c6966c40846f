//! Walks one seed after the other until so many commands were sent, and says what was found.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use scrip_sim::{Failure, Setting, Tally, regression, scripts, shortened, walk};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates the whole engine: crashes, retries, duplicates, faults of the store, clocks that jump.
#[derive(Parser)]
struct Options {
    /// Commands that clients send in all.
    #[arg(long, default_value_t = 1_000_000)]
    commands: u64,
    /// The first walk's seed; the others have the next ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Buckets of every walk, a power of two. Without it they take turns.
    #[arg(long, value_parser = buckets)]
    buckets: Option<u32>,
    /// Engines over the one store. Without it they take turns.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: Option<u8>,
    /// Commands of one walk.
    #[arg(long, default_value_t = 4_000)]
    walk: u64,
    /// Walks at once. Without it one per core.
    #[arg(long)]
    threads: Option<usize>,
    /// Where what was found is written down, to be walked again by a test.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Goes on after a failure.
    #[arg(long)]
    go_on: bool,
    /// Instead of walks: brings so many coupons back into one wallet, and the other scripts.
    #[arg(long)]
    scripts: Option<usize>,
}

fn buckets(text: &str) -> Result<u32, String> {
    let count: u32 = text.parse().map_err(|_| "a number".to_owned())?;
    if count.is_power_of_two() && count <= 64 { Ok(count) } else { Err("a power of two from 1 to 64".to_owned()) }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let started = Instant::now();
    if let Some(coupons) = options.scripts {
        return scripted(coupons);
    }
    let threads = options.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let walks = options.commands.div_ceil(options.walk);
    let next = AtomicU64::new(0);
    let sum = Mutex::new((Tally::default(), Vec::<Failure>::new(), 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= walks {
                        return;
                    }
                    let setting = Setting::of(
                        options.seed + number,
                        options.buckets,
                        options.nodes.map(usize::from),
                        options.walk,
                    );
                    let result = walk(setting);
                    let mut sum = sum.lock().expect("nobody panics holding it");
                    sum.2 += 1;
                    match result {
                        Ok(tally) => sum.0.add(&tally),
                        Err(failure) => {
                            if !options.go_on {
                                next.store(walks, Ordering::Relaxed);
                            }
                            let failure = shortened(*failure);
                            report(&failure);
                            sum.1.push(failure);
                        }
                    }
                }
            });
        }
    });
    let (tally, failures, walked) = sum.into_inner().expect("nobody panics holding it");
    for failure in &failures {
        if let Some(folder) = &options.keep
            && let Err(error) = regression::write(folder, failure)
        {
            eprintln!("it can't be written to {}: {error}", folder.display());
        }
    }
    summary(&tally, &failures, walked, started.elapsed());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn scripted(coupons: usize) -> ExitCode {
    let done = scripts::revised_and_closed_in_one_batch()
        .and_then(|()| scripts::a_seller_goes_from_an_order_with_coupons_of_two_groups())
        .and_then(|()| scripts::a_wallet_beyond_its_limit(coupons));
    match done {
        Ok(()) => {
            println!("0 failures: {coupons} coupons came back into one wallet");
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("FOUND: {what}");
            ExitCode::FAILURE
        }
    }
}

fn report(failure: &Failure) {
    println!("FOUND after {} commands: {}", failure.commands, failure.what);
    println!("  again: {}", failure.setting);
}

fn summary(tally: &Tally, failures: &[Failure], walks: u64, elapsed: Duration) {
    let Tally { commands, answered, refused, unavailable, lost, again, crashes, faults, unknown, .. } = tally;
    println!("{commands} commands in {walks} walks: {answered} done, {refused} refused, {unavailable} not known");
    println!("{} orders revised, {} refusals to revise one", tally.revised, tally.not_revised);
    println!("{} coupons of old data came in, {} answers that a code is taken back", tally.imported, tally.taken_back);
    println!("{lost} answers lost, {again} commands sent again, {} reads compared", tally.reads);
    println!("{} times a node showed what it has in memory beside others", tally.shown);
    println!("{crashes} crashes, {faults} faults of the store, {unknown} of them commits without an answer");
    println!("{} upgrades to newer rules of tables, {} steps of making those anew", tally.upgrades, tally.rebuilding);
    println!("{} commits, {} grants, {} recalls", tally.commits, tally.grants, tally.recalls);
    println!(
        "{} clocks set wrong, {} answers that one can't be right, {} accepted",
        tally.jumps, tally.hindered, tally.accepted
    );
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    println!("{:.1} s, {} commands/s", elapsed.as_secs_f32(), commands * 1_000 / millis);
    if failures.is_empty() {
        println!("0 failures: with 95 % confidence fewer than 3 in {commands} commands, and 3 in {walks} walks");
    } else {
        println!("{} walks failed", failures.len());
    }
}
