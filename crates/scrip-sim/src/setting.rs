use std::fmt;

/// One walk, and all that it depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    pub seed: u64,
    /// A power of two.
    pub buckets: u32,
    /// Engines over the one store.
    pub nodes: usize,
    /// What clients send in all, again and again included.
    pub commands: u64,
}

/// Buckets and nodes of walks that name none, in turn.
const ROTATION: [(u32, usize); 10] = [(1, 1), (8, 1), (2, 1), (8, 1), (1, 1), (16, 1), (8, 1), (1, 2), (8, 2), (4, 3)];

impl Setting {
    /// The walk of a seed, its buckets and nodes by turns where they aren't given.
    pub fn of(seed: u64, buckets: Option<u32>, nodes: Option<usize>, commands: u64) -> Self {
        let turn = ROTATION[usize::try_from(seed % ROTATION.len() as u64).expect("below ten")];
        Self { seed, buckets: buckets.unwrap_or(turn.0), nodes: nodes.unwrap_or(turn.1), commands }
    }
}

/// The command that does it again.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, buckets, nodes, commands } = self;
        write!(
            f,
            "cargo run --release -p scrip-sim -- --seed {seed} --buckets {buckets} --nodes {nodes} --commands {commands} \
             --walk {commands}"
        )
    }
}
