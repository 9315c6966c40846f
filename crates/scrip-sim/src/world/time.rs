//! Time passes, and clocks are set wrong and right again.

use scrip_core::time::Timestamp;

use super::{HOUR, SECOND, START, World};
use crate::model::Checked;

const MINUTE: i64 = 60 * SECOND;
/// How far clocks are set back at most.
const BACK_MAX: i64 = 2 * HOUR;
/// How far clocks are set ahead at most.
const AHEAD_MAX: i64 = 40 * 24 * HOUR;

impl World {
    pub(super) fn set_clock(&mut self, at: i64) {
        self.set_apart(at - self.clock);
        self.clock = at;
        self.marks.push((at, self.model.seq));
        self.latest = self.latest.max(at);
        self.model.clock = Timestamp::from_micros(self.latest + SECOND);
        for node in &self.nodes {
            node.set_clock(Timestamp::from_micros(at));
        }
    }

    pub(super) fn tick(&mut self) -> Checked {
        if self.calm_down {
            if self.flights.is_empty() && self.nodes.iter().all(|node| node.maintenance.is_none()) {
                self.calm_down = false;
                self.open.clear();
                self.network.clear();
                let passes = self.chance.between(HOUR, 30 * HOUR);
                self.asks.iter_mut().for_each(|ask| ask.done = true);
                self.set_all_right();
                self.set_clock(self.latest + passes);
            }
            return Ok(());
        }
        let at = match self.chance.below(100) {
            0..70 => self.clock + self.chance.between(1, 5 * SECOND),
            70..88 => self.clock + self.chance.between(SECOND, 3 * MINUTE),
            88..94 => self.clock + self.chance.between(MINUTE, 50 * MINUTE),
            94..97 => {
                self.set_some_wrong();
                self.clock
            }
            97 => {
                self.set_all_right();
                self.clock
            }
            _ => {
                self.calm_down = self.chance.one_in(4);
                self.clock
            }
        };
        self.pass_until(at.max(START))?;
        // Nobody leaves it so for long.
        if self.chance.percent(30) {
            self.set_all_right();
        }
        Ok(())
    }

    /// Somebody, or something, sets the clock of one node or of all: a little or far, back or ahead.
    fn set_some_wrong(&mut self) {
        let jump = match self.chance.below(10) {
            0..4 => -self.chance.between(0, 5 * SECOND),
            4..6 => -self.chance.between(0, BACK_MAX),
            6 => self.chance.between(0, 50 * MINUTE),
            _ => self.chance.between(HOUR + SECOND, AHEAD_MAX),
        };
        let one = self.chance.percent(50).then(|| self.chance.below(self.nodes.len()));
        // What a clock shows that is set ahead by less than a jump is believed, and written: it is the time then.
        let (jump, by) = if (0..HOUR).contains(&jump) { (0, jump) } else { (jump, 0) };
        self.set_clock(self.clock + by);
        for node in 0..self.nodes.len() {
            if one.is_none_or(|one| one == node) && self.nodes[node].is_up() {
                self.tally.jumps += 1;
                self.nodes[node].set_wrong(Timestamp::from_micros(self.clock), jump);
            }
        }
    }

    pub(super) fn set_all_right(&mut self) {
        for node in 0..self.nodes.len() {
            self.set_right(node);
        }
    }

    /// Somebody sets the clock right. Where the engine began with a wrong one, that is a jump, which has to be accepted.
    pub(super) fn set_right(&mut self, node: usize) {
        self.nodes[node].set_wrong(Timestamp::from_micros(self.clock), 0);
        if self.nodes[node].is_up() && self.nodes[node].has_jumped() {
            self.tally.accepted += 1;
            if !self.nodes[node].accept_clock() {
                // The store couldn't be read: starting anew does as well.
                self.crash(node);
            }
        }
    }
}
