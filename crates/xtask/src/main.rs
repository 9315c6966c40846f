//! Lists the checks of the house, or puts seeded faults in: `cargo run -p xtask -- faults [but NAME …]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("faults") {
        let but: Vec<String> = std::env::args().skip(3).collect();
        return xtask::faults::run(&xtask::House::this().root, &but);
    }
    let width = xtask::CHECKS.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in xtask::CHECKS {
        println!("{:width$}  {}", check.name, check.rule);
    }
    println!("\nRun them: cargo test -p xtask\nSee that harnesses notice: cargo run -p xtask -- faults");
    ExitCode::SUCCESS
}
