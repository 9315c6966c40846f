# A menu of short names; logic lives in crates/xtask and in `scrip` itself.

# Show this menu.
default:
    @just --list

# Format, lint, and the checks of the house.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test -p xtask

# Every test.
test:
    cargo test --workspace

# Format.
fmt:
    cargo fmt --all

# Write generated files anew: look at the diff before committing it.
bless:
    SCRIP_BLESS=1 cargo test --workspace

# Benchmarks of the search and the core, then claims over HTTP against a no-op endpoint.
bench:
    cargo bench -p scrip-combination -p scrip-core
    cargo run --release -- bench

# Harm the real server: `just crash kill --kills 10000`.
crash *arguments:
    cargo run --release -p scrip-crash -- {{arguments}}

# What a commit must pass.
ci:
    .ci/run
