//! What a harness found: one line, and a row of the page that keeps figures.

use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use crate::Trouble;

/// Failures that are written out.
const SHOWN: usize = 10;

/// The result of one run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub harness: &'static str,
    /// What one trial is, in the plural.
    pub trial: &'static str,
    pub trials: u64,
    pub failed: u64,
    pub seed: u64,
    pub time: Duration,
    /// What else was counted.
    pub notes: String,
    /// What went wrong, some of it.
    pub failures: Vec<String>,
    started: Instant,
}

impl Outcome {
    pub fn begin(harness: &'static str, trial: &'static str, seed: u64) -> Self {
        Self {
            harness,
            trial,
            trials: 0,
            failed: 0,
            seed,
            time: Duration::ZERO,
            notes: String::new(),
            failures: Vec::new(),
            started: Instant::now(),
        }
    }

    /// One trial, with what was wrong in it.
    pub fn trial(&mut self, name: &str, wrong: &[String]) {
        self.trials += 1;
        self.beside(name, wrong);
    }

    /// What went wrong in no trial of its own, such as an answer that no server should give.
    pub fn beside(&mut self, name: &str, wrong: &[String]) {
        if let Some(first) = wrong.first() {
            self.failed += 1;
            if self.failures.len() < SHOWN {
                let more = if wrong.len() > 1 { format!(" (and {} more)", wrong.len() - 1) } else { String::new() };
                self.failures.push(format!("{name}: {first}{more}"));
            }
        }
    }

    pub fn ended(mut self, notes: impl Into<String>) -> Self {
        self.time = self.started.elapsed();
        self.notes = notes.into();
        self
    }

    /// No failure, and something was tried.
    pub const fn is_good(&self) -> bool {
        self.failed == 0 && self.trials > 0
    }

    /// With no failure in n trials, failures are rarer than 3/n with 95 % confidence.
    pub fn bound(&self) -> String {
        if self.failed > 0 || self.trials == 0 {
            return String::new();
        }
        // Two significant digits, by integers: 3/1000 is 0.30 %.
        let hundredths_of_percent = 30_000_u64.div_ceil(self.trials);
        format!("< {}.{:02} %", hundredths_of_percent / 100, hundredths_of_percent % 100)
    }

    /// For the terminal.
    pub fn print(&self, command: &str) {
        let bound = self.bound();
        let bound = if bound.is_empty() { bound } else { format!(" (failure rate {bound})") };
        println!(
            "{}: {} {}, {} failed{bound}, seed {}, {}.{} s; {}; {command}",
            self.harness,
            self.trials,
            self.trial,
            self.failed,
            self.seed,
            self.time.as_secs(),
            self.time.subsec_millis() / 100,
            self.notes
        );
        for failure in &self.failures {
            println!("  failed: {failure}");
        }
    }

    /// Appends a row to a page: its last table has these columns.
    pub fn append(&self, page: &Path, command: &str) -> Result<(), Trouble> {
        let row = format!(
            "| {} | {} {} | {} | {} | {} | {} s | {} | `{command}` |\n",
            self.harness,
            self.trials,
            self.trial,
            self.failed,
            self.bound(),
            self.seed,
            self.time.as_secs(),
            self.notes
        );
        let doing = format!("writing {}", page.display());
        let mut file = OpenOptions::new().append(true).create(true).open(page).map_err(Trouble::io(doing.clone()))?;
        file.write_all(row.as_bytes()).map_err(Trouble::io(doing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failure_in_n_trials_bounds_the_rate_by_three_in_n() {
        let mut outcome = Outcome::begin("x", "kills", 1);
        assert_eq!(outcome.bound(), "");
        for _ in 0..1_000 {
            outcome.trial("one", &[]);
        }
        assert_eq!(outcome.bound(), "< 0.30 %");
        outcome.trial("one", &["lost".to_owned()]);
        assert_eq!(outcome.bound(), "");
        assert!(!outcome.is_good());
    }
}
