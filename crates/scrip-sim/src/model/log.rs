/// A figure over the model's time: every value that it had, as commands of one batch follow each other.
#[derive(Clone, Debug, Default)]
pub struct Log(Vec<(u64, u64)>);

impl Log {
    pub fn set(&mut self, seq: u64, value: u64) {
        match self.0.last_mut() {
            Some(last) if last.1 == value => {}
            _ => self.0.push((seq, value)),
        }
    }

    /// 0 before anything was set.
    pub fn now(&self) -> u64 {
        self.0.last().map_or(0, |last| last.1)
    }

    /// With when it had them, in commits.
    pub fn since_with_times(&self, since: u64) -> impl Iterator<Item = (u64, u64)> {
        let first = self.0.partition_point(|entry| entry.0 <= since);
        let then = first.checked_sub(1).map_or(0, |index| self.0[index].1);
        std::iter::once((since, then)).chain(self.0[first..].iter().copied())
    }

    /// The values of that commit: those that it gave, and the one before them.
    pub fn at(&self, seq: u64) -> impl Iterator<Item = u64> {
        let first = self.0.partition_point(|entry| entry.0 < seq);
        let end = self.0.partition_point(|entry| entry.0 <= seq);
        let before = first.checked_sub(1).map_or(0, |index| self.0[index].1);
        std::iter::once(before).chain(self.0[first..end].iter().map(|entry| entry.1))
    }

    /// Every value that it had from `since` on, with the one that it had then.
    pub fn since(&self, since: u64) -> impl Iterator<Item = u64> {
        self.since_with_times(since).map(|entry| entry.1)
    }
}
