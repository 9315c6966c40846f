mod reads;
mod rebuilding;
pub mod scripts;
mod serving;
mod tally;
mod time;

use std::{collections::VecDeque, sync::Arc};

use scrip_core::{
    campaign::CampaignStage,
    reason::Reason,
    slot::{Bucket, Buckets},
    time::Timestamp,
};
use scrip_engine::{Answer, Engine, EngineError, Receipt, Secrets};
use scrip_store::{Store, StoreError, memory::MemoryStore};
use sha2::{Digest, Sha256};

use self::serving::{Question, Told};
pub use self::tally::Tally;
use crate::{
    ask::{Ask, Flight, Wish},
    chance::Chance,
    compare,
    model::{Checked, Model, must},
    node::Node,
    setting::Setting,
    store::{Felt, Weather, WeatheredStore},
    workload::Workload,
};

/// Requests underway at once.
const FLIGHTS_MAX: usize = 20;
/// More than any walk takes to come to rest: whoever works on is stuck.
const STEPS_MAX: u64 = 100_000;
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
/// 2026-11-01T00:00:00Z.
const START: i64 = 1_793_491_200 * SECOND;
/// Clients don't ask again after this: keys are kept for a day.
const PATIENCE: i64 = 16 * HOUR;

/// A walk that found something.
#[derive(Clone, Debug)]
pub struct Failure {
    pub setting: Setting,
    /// After so many commands.
    pub commands: u64,
    pub what: String,
}

/// A marketplace in which everything may happen, one thing at a time, chosen by one seed.
pub struct World {
    setting: Setting,
    chance: Chance,
    store: MemoryStore,
    weather: Arc<Weather>,
    secrets: Secrets,
    nodes: Vec<Node>,
    flights: Vec<Flight>,
    asks: Vec<Ask>,
    /// Asks whose client doesn't know what became of them.
    open: Vec<usize>,
    /// Sent, and not yet arrived.
    network: VecDeque<usize>,
    workload: Workload,
    model: Model,
    clock: i64,
    /// The latest that the clock was.
    latest: i64,
    /// What the clock was set to, and when, in commits: until the next one.
    marks: Vec<(i64, u64)>,
    storm: bool,
    /// Nothing new is sent until all that is underway has ended: then the clock jumps.
    calm_down: bool,
    tally: Tally,
    trace: bool,
    /// Driven by a script: nothing happens by chance.
    scripted: bool,
    /// Nobody follows.
    held_up: bool,
    /// How much faster each node's clock runs, in thousandths.
    rates: Vec<i64>,
    /// What clients know of what every node has in memory.
    told: Told,
    /// Of each node.
    questions: Vec<Option<Question>>,
}

/// Walks once. Errors: the first thing that isn't as it must be.
pub fn walk(setting: Setting) -> Result<Tally, Box<Failure>> {
    let mut world = World::new(setting);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run()));
    let what = match done {
        Ok(Ok(())) => return Ok(world.tally),
        Ok(Err(what)) => what,
        Err(_) => "something panicked".to_owned(),
    };
    Err(Box::new(Failure { setting, commands: world.tally.commands, what }))
}

/// The same with fewer commands, as far as halving them still finds something.
pub fn shortened(failure: Failure) -> Failure {
    let mut shortest = failure;
    loop {
        let whole = shortest.setting.commands;
        // What is found on the way needs no more than what was sent until then.
        let commands = if shortest.commands + 1 < whole { shortest.commands + 1 } else { whole / 2 };
        let commands = commands.max(1);
        match walk(Setting { commands, ..shortest.setting }) {
            Err(shorter) if commands < whole => shortest = *shorter,
            _ => return shortest,
        }
    }
}

impl World {
    fn new(setting: Setting) -> Self {
        let mut chance = Chance::new(setting.seed);
        let buckets = Buckets::new(setting.buckets).expect("the command line checks it");
        let store = if setting.nodes > 1 { MemoryStore::with_members(buckets) } else { MemoryStore::new(buckets) };
        let stale = chance.one_in(3);
        let weather = Arc::new(Weather::new(chance.branch(), stale));
        let secrets = Secrets::from_master(&[7; 32]);
        let nodes = (0..setting.nodes)
            .map(|_| {
                let store = WeatheredStore::new(store.of_another_process(), weather.clone());
                Node::new(store, chance.between(-SECOND / 2, SECOND / 2))
            })
            .collect();
        let workload = Workload::new(chance.branch(), secrets.clone());
        Self {
            setting,
            chance,
            store,
            weather,
            secrets,
            nodes,
            flights: Vec::new(),
            asks: Vec::new(),
            open: Vec::new(),
            network: VecDeque::new(),
            workload,
            model: Model::new(buckets),
            clock: START,
            latest: START,
            marks: Vec::new(),
            storm: false,
            calm_down: false,
            tally: Tally::default(),
            trace: std::env::var_os("SCRIP_SIM_TRACE").is_some(),
            scripted: false,
            held_up: false,
            rates: Vec::new(),
            told: Told::default(),
            questions: (0..setting.nodes).map(|_| None).collect(),
        }
    }

    fn run(&mut self) -> Checked {
        self.some_rates();
        self.set_clock(START);
        for node in 0..self.nodes.len() {
            self.start(node);
        }
        while self.tally.commands < self.setting.commands {
            self.step()?;
        }
        self.come_to_rest()?;
        let felt: Felt = self.weather.felt();
        self.tally.faults = felt.all();
        self.tally.unknown = felt.unknown;
        self.tally.commits = self.model.seq;
        self.tally.digest = self.digest()?;
        (self.tally.grants, self.tally.recalls) = (self.model.grants, self.model.recalls);
        Ok(())
    }

    /// One thing happens.
    fn step(&mut self) -> Checked {
        if self.are_several() && self.chance.percent(20) {
            return self.serve_together();
        }
        match self.chance.below(1_000) {
            0..300 => self.send(),
            300..600 => self.poll_one(),
            600..900 => self.run_a_batch(),
            900..930 => self.advance_maintenance(),
            930..945 => self.tick(),
            945..957 => self.read(),
            957..961 => self.read_campaign(),
            961..965 => self.preview(),
            965..984 => {
                self.arrive();
                Ok(())
            }
            // For hours nobody follows, or again.
            984 => {
                self.held_up = !self.held_up;
                self.follow()
            }
            985 => self.crash_one(),
            986..989 => {
                self.turn_the_weather();
                Ok(())
            }
            989..993 => self.rebuild_some(),
            993 => self.upgrade(),
            _ => self.restart_the_failed(),
        }
    }

    // Clients.

    fn send(&mut self) -> Checked {
        if self.calm_down {
            return self.poll_one();
        }
        if self.flights.len() >= FLIGHTS_MAX {
            return self.run_a_batch();
        }
        let ask = match self.chance.below(100) {
            0..25 if !self.open.is_empty() => {
                let index = self.chance.below(self.open.len());
                self.open.swap_remove(index)
            }
            // A copy of what is underway, or of what was answered long ago.
            25..29 if !self.flights.is_empty() => self.flights[self.chance.below(self.flights.len())].ask,
            29..31 if !self.asks.is_empty() => {
                let recent = self.asks.len().saturating_sub(100);
                recent + self.chance.below(self.asks.len() - recent)
            }
            31..34 if self.are_several() => {
                let wish = self.wish_of_keys();
                self.asks.push(wish);
                self.asks.len() - 1
            }
            _ => {
                let wish = self.workload.wish(&self.model, Timestamp::from_micros(self.clock));
                self.asks.push(wish);
                self.asks.len() - 1
            }
        };
        // Some take their time.
        if self.chance.one_in(12) {
            self.network.push_back(ask);
            return Ok(());
        }
        self.deliver(ask)
    }

    /// What was underway arrives, in any order.
    fn arrive(&mut self) {
        if !self.network.is_empty() && self.flights.len() < FLIGHTS_MAX {
            let index = self.chance.below(self.network.len());
            if let Some(ask) = self.network.remove(index) {
                let _ = self.deliver(ask);
            }
        }
    }

    fn deliver(&mut self, number: usize) -> Checked {
        let ask = &mut self.asks[number];
        if ask.sent == 0 {
            ask.sent_at = Timestamp::from_micros(self.latest);
        } else if ask.done || self.latest - ask.sent_at.micros() > PATIENCE {
            return Ok(());
        }
        let node = self.chance.below(self.nodes.len());
        let Some(engine) = &self.nodes[node].engine else {
            self.open.push(number);
            return Ok(());
        };
        self.tally.commands += 1;
        self.tally.again += u64::from(ask.sent > 0);
        ask.sent += 1;
        self.model.sent(&ask.wish);
        let task = ask.start(engine);
        if self.trace {
            eprintln!("{:>6} send {number} {} to {node}: {:?} {:?}", self.model.seq, ask.name(), ask.wish, ask.key);
        }
        self.flights.push(Flight { ask: number, node, since: self.model.seq, task, unjudged: false });
        // Most arrive at once.
        let index = self.flights.len() - 1;
        self.poll(index)
    }

    fn poll_one(&mut self) -> Checked {
        let woken: Vec<usize> = (0..self.flights.len()).filter(|&index| self.flights[index].task.is_woken()).collect();
        match self.chance.pick(&woken) {
            Some(&index) => self.poll(index),
            None => self.run_a_batch(),
        }
    }

    fn poll(&mut self, index: usize) -> Checked {
        let result = self.flights[index].task.poll();
        self.take_commits()?;
        let Some(result) = result else { return Ok(()) };
        let flight = self.flights.swap_remove(index);
        self.answered(&flight, result)
    }

    fn answered(&mut self, flight: &Flight, result: Result<Receipt, EngineError>) -> Checked {
        let ask = &self.asks[flight.ask];
        if self.trace {
            eprintln!("{:>6} answer {} {}: {result:?}", self.model.seq, flight.ask, ask.name());
        }
        let judged = match &result {
            Ok(receipt) => self.model.judge_success(ask, flight.since, receipt),
            Err(EngineError::Refused(refusal)) if !flight.unjudged => {
                let judged = self.model.judge_refusal(ask, flight.since, refusal);
                let several = self.nodes.len() > 1 && *refusal.first() == Reason::SoldOut;
                judged.or_else(|what| {
                    if several { self.model.judge_refusal(ask, self.seen_since(flight), refusal) } else { Err(what) }
                })
            }
            Err(EngineError::Refused(_) | EngineError::Unavailable(_) | EngineError::Hindered(_)) => Ok(()),
            // What it read didn't fit together: nothing of it is committed.
            Err(EngineError::Fault) if flight.unjudged => Ok(()),
            Err(EngineError::Fault) => Err("an unexpected fault".to_owned()),
        };
        if let (Ok(Receipt { answer: Answer::Campaign { campaign, .. }, .. }), [node]) = (&result, &self.nodes[..]) {
            let shown = node.engine.as_ref().and_then(|engine| engine.registry().campaign(campaign.id));
            let shown = shown.map_or(0, |campaign| campaign.revision);
            let known = self.model.campaigns.get(&campaign.id);
            let deleted = known.is_some_and(|known| known.now.stage == CampaignStage::Deleted);
            must!(
                shown >= campaign.revision || deleted,
                "revision {} of {} is answered, {shown} shown",
                campaign.revision,
                campaign.id
            );
        }
        if let Ok(receipt) = &result {
            self.told(flight.node, receipt)?;
        }
        let ask = &self.asks[flight.ask];
        judged.map_err(|what| format!("{what} [answer to {} {:?} {:?}]", flight.ask, ask.wish, ask.key))?;
        let lost = !self.scripted && self.chance.one_in(15);
        self.tally.lost += u64::from(lost);
        match result {
            Ok(receipt) => {
                self.tally.answered += 1;
                let ask = &mut self.asks[flight.ask];
                self.model.heard(&ask.wish);
                self.tally.imported += u64::from(matches!(receipt.answer, Answer::Imported { new: true, .. }));
                self.tally.taken_back += u64::from(matches!(receipt.answer, Answer::Code(_)));
                self.tally.revised += u64::from(matches!(ask.wish, Wish::Revise(_)));
                let effect = ask.key.as_ref().and_then(|key| self.model.keys.get(&key.key_hash));
                // What a script sends it sends once, without a key.
                if self.scripted || effect.is_some_and(|effect| effect.is_answered_by(&receipt.answer)) {
                    ask.answer.get_or_insert(receipt);
                }
            }
            Err(EngineError::Refused(_)) => {
                self.tally.refused += 1;
                self.tally.not_revised += u64::from(matches!(self.asks[flight.ask].wish, Wish::Revise(_)));
            }
            Err(error) => {
                self.tally.unavailable += 1;
                self.tally.hindered += u64::from(matches!(error, EngineError::Hindered(_)));
                self.tally.exhausted += u64::from(error.to_string().contains("too many want"));
                if self.chance.percent(85) {
                    self.open.push(flight.ask);
                }
                return Ok(());
            }
        }
        // Without a key a second claim is a second one: only an order's own id makes it the same.
        if lost && self.asks[flight.ask].is_the_same_again() {
            self.open.push(flight.ask);
        }
        Ok(())
    }

    /// What comes back on another node is seen after a second: from when on a node may have believed what it says, in commits.
    fn seen_since(&self, flight: &Flight) -> u64 {
        let believed = self.clock - 2 * SECOND;
        let seen = self.marks.iter().rev().take(400).filter(|mark| mark.0 >= believed).map(|mark| mark.1);
        seen.min().unwrap_or(flight.since).min(flight.since)
    }

    // Nodes.

    fn start(&mut self, node: usize) {
        let seed = self.chance.number();
        // A machine that starts with a clock far ahead believes it, and nothing can tell: somebody sets it first.
        if self.nodes[node].has_jumped() {
            self.set_right(node);
        }
        // While the store can't be read it doesn't start: somebody tries again.
        if self.nodes[node].start(seed, self.secrets.clone()).is_err() {
            self.nodes[node].crash();
        }
        // One that isn't one of those that serve by that answers nobody yet.
        let _ = self.nodes[node].renew();
    }

    fn run_a_batch(&mut self) -> Checked {
        let mut waiting = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let busy = node.sequencers.iter().enumerate().filter(|(_, sequencer)| sequencer.waiting() > 0);
            waiting.extend(busy.map(|(bucket, _)| (index, bucket)));
        }
        let Some(&(node, bucket)) = self.chance.pick(&waiting) else { return Ok(()) };
        let most = if self.chance.percent(50) { 1 + self.chance.below(8) } else { 256 };
        let at = self.nodes[node].sequencers[bucket].bucket();
        let head = self.head(at)?;
        let (clock, may_write) = self.nodes[node].time(Timestamp::from_micros(self.clock), head);
        let before = self.model.seq;
        self.nodes[node].sequencers[bucket].step(most);
        self.take_commits()?;
        if self.model.seq > before {
            must!(may_write, "node {node} writes after {head}, while its clock can't be right");
            let now = self.head(at)?.micros();
            let latest = self.latest_head()?.max(clock);
            must!(now >= clock.max(head.micros()) && now <= latest, "a batch of {now} at {clock} after {head}");
        }
        Ok(())
    }

    /// The time of a bucket's last batch.
    fn head(&self, bucket: Bucket) -> Checked<Timestamp> {
        let mut snapshot = self.store.snapshot().map_err(|error| error.to_string())?;
        Ok(snapshot.head(bucket).map_err(|error| error.to_string())?.at)
    }

    fn latest_head(&self) -> Checked<i64> {
        let mut heads = self.model.buckets.all().map(|bucket| self.head(bucket));
        heads.try_fold(0, |latest, head| Ok(latest.max(head?.micros())))
    }

    /// What was committed is told to the model, and what it touched is compared.
    fn take_commits(&mut self) -> Checked {
        if self.weather.take_read_stale() {
            self.flights.iter_mut().for_each(|flight| flight.unjudged = true);
            self.nodes.iter_mut().for_each(|node| node.maintenance_read_stale = true);
        }
        let frames = self.weather.take_committed();
        for (index, frame) in frames.iter().enumerate() {
            if self.trace {
                for recorded in frame.events().unwrap_or_default() {
                    eprintln!(
                        "{:>6} {:?} {} {:?}",
                        self.model.seq + 1,
                        frame.bucket,
                        recorded.position,
                        recorded.event
                    );
                }
            }
            let touched = self.model.commit(frame)?;
            // What is stored is as the last of them left it.
            if index + 1 == frames.len() {
                if !self.held_up && self.chance.percent(70) {
                    self.follow()?;
                }
                compare::touched(&self.model, &self.store, frame.bucket, &touched)?;
            }
        }
        Ok(())
    }

    /// The followers of a node come to the journal's end, unless the weather is against it.
    fn follow(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        for following in &mut self.nodes[node].followers {
            match following.catch_up() {
                Ok(()) | Err(StoreError::Unavailable { .. }) => {}
                Err(error) => return Err(format!("the follower {} can't go on: {error}", following.name())),
            }
        }
        Ok(())
    }

    fn advance_maintenance(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        let idle = self.nodes[node].maintenance.is_none();
        if idle && self.chance.one_in(4) {
            self.nodes[node].start_maintenance();
        }
        self.poll_maintenance(node)
    }

    fn poll_maintenance(&mut self, node: usize) -> Checked {
        let Some(round) = self.nodes[node].maintenance.as_mut().filter(|round| round.is_woken()) else { return Ok(()) };
        let done = round.poll();
        self.take_commits()?;
        if let Some(result) = done {
            self.nodes[node].maintenance = None;
            match result {
                Err(EngineError::Fault) if !self.nodes[node].maintenance_read_stale => {
                    return Err("the maintenance fails unexpectedly".to_owned());
                }
                Err(EngineError::Refused(refusal)) => return Err(format!("the maintenance is refused: {refusal:?}")),
                _ => {}
            }
        }
        Ok(())
    }

    fn crash_one(&mut self) -> Checked {
        let node = self.chance.below(self.nodes.len());
        self.crash(node);
        self.start(node);
        Ok(())
    }

    /// All that the node had in memory is gone: what waits, what is underway, what was found out.
    fn crash(&mut self, node: usize) {
        self.tally.crashes += 1;
        if self.trace {
            eprintln!("{:>6} crash of {node}", self.model.seq);
        }
        let (gone, left) = std::mem::take(&mut self.flights).into_iter().partition(|flight| flight.node == node);
        self.flights = left;
        let gone: Vec<Flight> = gone;
        for flight in gone {
            if self.chance.percent(85) {
                self.open.push(flight.ask);
            }
        }
        self.questions[node] = None;
        self.nodes[node].crash();
    }

    fn restart_the_failed(&mut self) -> Checked {
        for node in 0..self.nodes.len() {
            if self.nodes[node].has_failed() {
                self.crash(node);
            }
            if !self.nodes[node].is_up() {
                self.start(node);
            }
        }
        Ok(())
    }

    fn turn_the_weather(&mut self) {
        // Mostly fair.
        self.storm = !self.storm && self.chance.percent(40);
        self.weather.set_storm(self.storm);
    }

    // The end.

    /// All faults are over. What is underway ends, maintenance does what is left, holds run out: then nothing may be left over.
    fn come_to_rest(&mut self) -> Checked {
        self.weather.clear_up();
        self.restart_the_failed()?;
        self.set_all_right();
        self.restart_the_failed()?;
        if self.chance.percent(50) {
            for node in 0..self.nodes.len() {
                self.crash(node);
                self.start(node);
            }
        }
        self.renew_all()?;
        self.run_until_idle()?;
        self.set_clock(self.latest + 8 * 24 * HOUR);
        for round in 0.. {
            must!(round < 60, "maintenance finds work for ever");
            self.renew_all()?;
            let before = self.model.seq;
            for node in 0..self.nodes.len() {
                self.nodes[node].start_maintenance();
                self.run_until_idle()?;
            }
            self.set_clock(self.latest + 120 * SECOND);
            if round > 2 && self.model.seq == before {
                break;
            }
        }
        self.renew_all()?;
        for engine in self.nodes.iter().filter_map(|node| node.engine.as_ref()) {
            self.registry_is_current(engine)?;
        }
        self.rebuild_all()?;
        for node in &mut self.nodes {
            for following in &mut node.followers {
                following.catch_up().map_err(|error| error.to_string())?;
            }
        }
        compare::at_rest(&self.model, &self.store)?;
        compare::verified(&self.store)
    }

    /// Of every bucket's journal: each head's hash stands for all that was before it.
    fn digest(&self) -> Checked<[u8; 32]> {
        let mut snapshot = self.store.snapshot().map_err(|error| error.to_string())?;
        let mut digest = Sha256::new();
        for bucket in self.model.buckets.all() {
            digest.update(snapshot.head(bucket).map_err(|error| error.to_string())?.hash);
        }
        Ok(digest.finalize().into())
    }

    fn registry_is_current(&self, engine: &Engine) -> Checked {
        for (id, known) in &self.model.campaigns {
            if known.now.stage == CampaignStage::Deleted {
                continue;
            }
            let revision = engine.registry().campaign(*id).map_or(0, |campaign| campaign.revision);
            must!(
                revision == known.now.revision,
                "a node knows revision {revision} of {id}, which is at {}",
                known.now.revision
            );
        }
        Ok(())
    }

    fn run_until_idle(&mut self) -> Checked {
        for steps in 0_u64.. {
            must!(steps < STEPS_MAX, "after {steps} steps there is still something to do");
            let before = self.flights.len();
            let woken = self.flights.iter().any(|flight| flight.task.is_woken());
            let tidying =
                self.nodes.iter().position(|node| node.maintenance.as_ref().is_some_and(crate::task::Task::is_woken));
            let waiting = self.nodes.iter().flat_map(|node| &node.sequencers).any(|sequencer| sequencer.waiting() > 0);
            if woken {
                self.poll_one()?;
            } else if waiting {
                self.run_a_batch()?;
            } else if let Some(node) = tidying {
                self.poll_maintenance(node)?;
            } else {
                // Somebody waits for one that is gone.
                if self.are_several() && before > 0 {
                    self.set_clock(self.clock + SECOND / 2);
                    self.renew_all()?;
                    continue;
                }
                let stuck = before + self.nodes.iter().filter(|node| node.maintenance.is_some()).count();
                must!(stuck == 0, "{stuck} wait for what will never come");
                return Ok(());
            }
        }
        Ok(())
    }
}
