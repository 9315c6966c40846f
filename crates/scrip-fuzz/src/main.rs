//! `cargo run --release -p scrip-fuzz -- --seconds 5`: every target for so long, on mutations of its corpus.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use clap::Parser;
use rand::{SeedableRng, rngs::SmallRng};
use scrip_fuzz::{TARGETS, Target, corpus, mutate::mutated, target};

/// Drives fuzz targets with mutations of their corpus.
#[derive(Parser)]
struct Arguments {
    /// For each target.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// The same seed makes the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs one input file and nothing else.
    #[arg(long, requires = "only")]
    input: Option<std::path::PathBuf>,
    /// One target only.
    #[arg(long)]
    only: Option<String>,
    /// Writes the corpus that follows from the code into fuzz/corpus, for libFuzzer.
    #[arg(long)]
    write_corpus: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen: Vec<&Target> = match &arguments.only {
        None => TARGETS.iter().collect(),
        Some(name) => match target(name) {
            Some(target) => vec![target],
            None => {
                let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                eprintln!("no target {name}; there are {}", known.join(", "));
                return ExitCode::FAILURE;
            }
        },
    };
    if let Some(input) = &arguments.input {
        chosen.iter().for_each(|target| (target.run)(&fs::read(input).expect("the input can be read")));
        return ExitCode::SUCCESS;
    }
    if arguments.write_corpus {
        chosen.iter().for_each(|target| write_corpus(target.name));
        return ExitCode::SUCCESS;
    }
    let time = Duration::from_secs(arguments.seconds);
    if all_hold(&chosen, arguments.seed, time) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As many targets at once as there are processors.
fn all_hold(chosen: &[&Target], seed: u64, time: Duration) -> bool {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(chosen.len()) {
            scope.spawn(|| {
                while let Some(target) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !holds(target, seed, time) {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    !failed.into_inner()
}

/// Runs the corpus as it is, then mutations of it until time is up.
fn holds(target: &Target, seed: u64, time: Duration) -> bool {
    let mut corpus = corpus::committed(target.name).expect("every target has its folder in fuzz/corpus");
    corpus.extend(corpus::derived(target.name));
    let mut rng = SmallRng::seed_from_u64(seed);
    let started = Instant::now();
    let mut inputs = 0_u64;
    let as_they_are = corpus.clone();
    let mut whole = as_they_are.into_iter();
    while started.elapsed() < time || whole.len() > 0 {
        let input = whole.next().unwrap_or_else(|| mutated(&corpus, &mut rng));
        inputs += 1;
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
            let path = format!("fuzz/artifacts/{}-{seed}-{inputs}", target.name);
            let _ = fs::create_dir_all("fuzz/artifacts");
            let _ = fs::write(Path::new(&path), &input);
            eprintln!(
                "{} fails on {path}; again with:\n    cargo run -p scrip-fuzz -- --only {} --input {path}",
                target.name, target.name
            );
            return false;
        }
    }
    println!("{:<9} {inputs} inputs, seed {seed}", target.name);
    true
}

fn write_corpus(name: &str) {
    let folder = corpus::folder(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    for (place, bytes) in corpus::derived(name).into_iter().enumerate() {
        fs::write(folder.join(format!("derived-{place:03}")), bytes).expect("the file can be written");
    }
}
