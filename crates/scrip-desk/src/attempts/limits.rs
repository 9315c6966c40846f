/// How much is kept of refused requests: settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttemptLimits {
    pub rows: usize,
    /// Of memory, about.
    pub bytes: usize,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { rows: 10_000, bytes: 16 * 1024 * 1024 }
    }
}
