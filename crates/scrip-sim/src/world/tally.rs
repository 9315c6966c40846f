/// What a walk came to.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// What clients sent, again and again included.
    pub commands: u64,
    pub answered: u64,
    pub refused: u64,
    /// Orders that were revised, and refusals to.
    pub revised: u64,
    pub not_revised: u64,
    /// Coupons of old data that came in, and codes that were taken back, again included.
    pub imported: u64,
    pub taken_back: u64,
    pub unavailable: u64,
    /// Answers that never reached the client.
    pub lost: u64,
    /// Commands that were sent again.
    pub again: u64,
    pub crashes: u64,
    /// Starts of newer rules on what older ones made, and steps of making it anew.
    pub upgrades: u64,
    pub rebuilding: u64,
    pub faults: u64,
    pub unknown: u64,
    pub commits: u64,
    pub grants: u64,
    pub recalls: u64,
    pub reads: u64,
    pub exhausted: u64,
    /// What was shown from the memory of one of several nodes.
    pub shown: u64,
    /// Clocks that were set wrong, answers that said so, and clocks that an operator had to accept.
    pub jumps: u64,
    pub hindered: u64,
    pub accepted: u64,
    pub digest: [u8; 32],
}

impl Tally {
    /// Sums two walks up.
    pub fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.answered += other.answered;
        self.refused += other.refused;
        self.revised += other.revised;
        self.not_revised += other.not_revised;
        self.imported += other.imported;
        self.taken_back += other.taken_back;
        self.unavailable += other.unavailable;
        self.lost += other.lost;
        self.again += other.again;
        self.crashes += other.crashes;
        self.upgrades += other.upgrades;
        self.rebuilding += other.rebuilding;
        self.faults += other.faults;
        self.unknown += other.unknown;
        self.commits += other.commits;
        self.grants += other.grants;
        self.recalls += other.recalls;
        self.reads += other.reads;
        self.exhausted += other.exhausted;
        self.shown += other.shown;
        self.jumps += other.jumps;
        self.hindered += other.hindered;
        self.accepted += other.accepted;
    }
}
