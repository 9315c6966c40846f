//! Lists the checks of the house.

fn main() {
    let width = xtask::CHECKS.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in xtask::CHECKS {
        println!("{:width$}  {}", check.name, check.rule);
    }
    println!("\nRun them: cargo test -p xtask");
}
