//! What was measured, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::{kinds::Kind, load::Measured};

/// The median round of each kind, with so many connections.
pub(super) struct Report {
    pub build: String,
    pub connections: usize,
    pub rows: Vec<(Kind, Measured)>,
    /// Bytes of memory that the server had in the end.
    pub memory: u64,
}

/// One row beside the no-op.
struct Ratios {
    /// Processor time of the server ÷ that of a no-op.
    cpu: f64,
    /// Rounds a second ÷ no-ops a second.
    rate: f64,
}

impl Report {
    fn ratios(&self, measured: &Measured) -> Ratios {
        let noop = self.rows.iter().find(|(kind, _)| *kind == Kind::Noop).map_or(*measured, |(_, noop)| *noop);
        Ratios {
            cpu: measured.server_cpu.as_secs_f64() / noop.server_cpu.as_secs_f64(),
            rate: measured.per_second / noop.per_second,
        }
    }

    /// The table's lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{}, {} connections", self.build, self.connections),
            format!(
                "  {:<20} {:>9} {:>9} {:>9} {:>12} {:>9} {:>9}",
                "", "a second", "p50", "p99", "server CPU", "÷ no-op", "rate"
            ),
        ];
        for (kind, measured) in &self.rows {
            let Ratios { cpu, rate } = self.ratios(measured);
            lines.push(format!(
                "  {:<20} {:>9.0} {:>7.2}ms {:>7.2}ms {:>10.1}µs {cpu:>9.2} {rate:>9.3}",
                kind.name(),
                measured.per_second,
                millis(measured.p50),
                millis(measured.p99),
                measured.server_cpu.as_secs_f64() * 1e6,
            ));
        }
        lines.push(format!("  memory {} MB", self.memory / 1_000_000));
        lines
    }

    pub fn json(&self) -> Value {
        let row = |(kind, measured): &(Kind, Measured)| {
            let Ratios { cpu, rate } = self.ratios(measured);
            json!({"kind": kind.name(), "per_second": measured.per_second, "p50_ms": millis(measured.p50),
                "p99_ms": millis(measured.p99), "server_cpu_us": measured.server_cpu.as_secs_f64() * 1e6,
                "cpu_to_noop": cpu, "rate_to_noop": rate})
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({"build": self.build, "connections": self.connections, "rows": rows, "memory_bytes": self.memory})
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
