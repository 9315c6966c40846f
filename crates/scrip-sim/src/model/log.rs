/// A figure over the model's time.
#[derive(Clone, Debug, Default)]
pub struct Log(Vec<(u64, u64)>);

impl Log {
    pub fn set(&mut self, seq: u64, value: u64) {
        match self.0.last_mut() {
            Some(last) if last.0 == seq => last.1 = value,
            Some(last) if last.1 == value => {}
            _ => self.0.push((seq, value)),
        }
    }

    /// 0 before anything was set.
    pub fn now(&self) -> u64 {
        self.0.last().map_or(0, |last| last.1)
    }

    /// Every value that it had from `since` on, with the one that it had then.
    pub fn since(&self, since: u64) -> impl Iterator<Item = u64> {
        let first = self.0.partition_point(|entry| entry.0 <= since);
        let then = first.checked_sub(1).map_or(0, |place| self.0[place].1);
        std::iter::once(then).chain(self.0[first..].iter().map(|entry| entry.1))
    }
}
