//! Several processes that serve from one store: who may answer, and who waits for whom.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use scrip_core::{
    campaign::CampaignStage,
    command::{CampaignStep, Command},
    id::CampaignId,
    idempotency::Holder,
    slot::{Bucket, Buckets},
};
use scrip_engine::{EngineError, KeyUse, Tenure};
use scrip_store::{
    Store,
    members::{MemberId, Members},
    memory::MemoryStore,
};
use serde_json::json;

use crate::market::{Answered, Market, claim, coupon, create, key, started, step};

/// Two processes with one clock, both members.
struct Two {
    store: MemoryStore,
    here: Market,
    there: Market,
}

type Underway = Pin<Box<dyn Future<Output = Answered>>>;

impl Two {
    fn of(buckets: u32) -> Self {
        let store = MemoryStore::with_members(Buckets::new(buckets).expect("a power of two"));
        let mut here = Market::over(Arc::new(store.clone()));
        let mut there = here.beside(Arc::new(store.of_another_process()));
        here.renew();
        there.renew();
        Self { store, here, there }
    }

    fn members(&self) -> &dyn Members {
        self.store.members().expect("several serve")
    }

    /// A command on its way in the first process.
    fn sent(&self, command: impl Into<Command>, key: Option<KeyUse>) -> Underway {
        let (engine, command) = (self.here.engine.clone(), command.into());
        Box::pin(async move { engine.submit(command, key).await })
    }

    /// Does all that can be done for it here without being renewed.
    fn polled(&mut self, work: &mut Underway) -> Option<Answered> {
        for _ in 0..40 {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return Some(done);
            }
            self.here.batches().expect("no crash was asked for");
        }
        None
    }

    /// A tenth of a second in the first process.
    fn goes_on(&mut self, work: &mut Underway) -> Option<Answered> {
        self.here.tenths_pass(1);
        self.here.renew();
        self.polled(work)
    }

    fn done(&mut self, command: impl Into<Command>) -> Answered {
        let mut work = self.sent(command, None);
        for _ in 0..100 {
            self.there.renew();
            if let Some(done) = self.goes_on(&mut work) {
                return done;
            }
        }
        panic!("nobody answers")
    }

    /// Both were renewed just now, and that is known here.
    fn renewed(&mut self) {
        self.here.tenths_pass(10);
        self.there.renew();
        self.here.renew();
    }

    fn live(&mut self) -> CampaignId {
        let created = self.done(create(&json!({"name": "Welcome"}))).expect("valid terms");
        let scrip_engine::Answer::Campaign { campaign, .. } = created.answer else { panic!("a campaign") };
        self.done(step(campaign.id, CampaignStep::Publish)).expect("a draft");
        campaign.id
    }
}

fn stage(market: &Market, campaign: CampaignId) -> Option<CampaignStage> {
    market.engine.registry().campaign(campaign).map(|campaign| campaign.stage)
}

fn tenure(market: &Market) -> Option<Tenure> {
    market.engine.tenure().ok()
}

fn is_unavailable<T>(answered: &Result<T, EngineError>) -> bool {
    matches!(answered, Err(EngineError::Unavailable(_)))
}

#[test]
fn whoever_is_no_member_answers_nobody() {
    for buckets in [1, 8] {
        let mut two = Two::of(buckets);
        let campaign = two.live();
        let mut names = ["ana", "ben", "cleo", "dora"].into_iter();
        let mut claimed = |market: &mut Market| market.does(claim(names.next().expect("enough"), campaign));
        two.renewed();
        coupon(claimed(&mut two.there));
        two.here.tenths_pass(49);
        assert!(two.there.engine.read(|_| Ok(())).is_ok());
        two.here.tenths_pass(1);
        assert!(is_unavailable(&two.there.engine.read(|_| Ok(()))));
        assert!(is_unavailable(&claimed(&mut two.there)));
        assert_eq!(tenure(&two.there), None);
        two.there.renew();
        coupon(claimed(&mut two.there));
        // One that has just started isn't a member yet.
        two.there.restart();
        assert!(is_unavailable(&claimed(&mut two.there)));
    }
}

#[test]
fn a_pause_is_answered_when_every_process_that_serves_has_followed_it() {
    for buckets in [1, 8] {
        let mut two = Two::of(buckets);
        let campaign = two.live();
        assert_eq!(stage(&two.there, campaign), Some(CampaignStage::Published));
        let mut pause = two.sent(step(campaign, CampaignStep::Pause), None);
        assert_eq!(two.polled(&mut pause), None);
        for _ in 0..10 {
            assert_eq!(two.goes_on(&mut pause), None);
        }
        assert_eq!(stage(&two.there, campaign), Some(CampaignStage::Published));
        two.there.renew();
        assert_eq!(stage(&two.there, campaign), Some(CampaignStage::Paused));
        assert_eq!(two.polled(&mut pause), None, "that it has isn't known here yet");
        two.goes_on(&mut pause).expect("everybody knows").expect("it was live");
        // A claim waits for nobody: its bucket decides.
        assert!(two.here.does(claim("ana", campaign)).is_err());
    }
}

#[test]
fn whoever_is_gone_is_waited_for_until_it_can_answer_no_more() {
    let mut two = Two::of(8);
    let campaign = two.live();
    two.renewed();
    let mut pause = two.sent(step(campaign, CampaignStep::Pause), None);
    let held = tenure(&two.there).expect("a member");
    let mut waited = 0;
    let answered = loop {
        match two.goes_on(&mut pause) {
            Some(answered) => break answered,
            None => waited += 1,
        }
        assert!(waited < 70, "{waited} tenths of a second");
        assert!(waited >= 49 || two.there.engine.still(held).is_ok());
    };
    answered.expect("it was live");
    assert!(waited > 50, "{waited} tenths of a second");
    assert!(two.there.engine.still(held).is_err());
    assert_eq!(two.members().all().expect("reads").len(), 1);
    // It comes back, and has followed by then; what was asked before may have been read before.
    two.there.renew();
    assert!(two.there.engine.still(held).is_err());
    assert!(tenure(&two.there).is_some_and(|tenure| tenure != held));
    assert_eq!(stage(&two.there, campaign), Some(CampaignStage::Paused));
}

#[test]
fn what_not_everybody_follows_is_said_after_a_while_and_asked_again_waits_again() {
    let mut two = Two::of(1);
    let campaign = two.live();
    let ghost = MemberId::from_bytes([9; 16]);
    two.members().join(ghost, &[(Bucket::FIRST, 1)]).expect("joins");
    let key = key(Holder::Campaign(campaign), "pause");
    let mut pause = two.sent(step(campaign, CampaignStep::Pause), Some(key.clone()));
    let answered = loop {
        two.members().renew(ghost, &[(Bucket::FIRST, 1)]).expect("renews");
        two.there.renew();
        if let Some(answered) = two.goes_on(&mut pause) {
            break answered;
        }
    };
    assert!(is_unavailable(&answered), "{answered:?}");
    assert_eq!(stage(&two.here, campaign), Some(CampaignStage::Paused), "it is done");
    // By then the other process is asked, whose sequencer committed nothing of it.
    let mut again = two.sent(step(campaign, CampaignStep::Pause), Some(key));
    assert_eq!(two.goes_on(&mut again), None);
    two.members().leave(ghost).expect("leaves");
    let receipt = two.goes_on(&mut again).expect("everybody knows").expect("done before");
    assert!(receipt.replayed);
}

#[test]
fn two_processes_change_one_campaign_and_both_know_it_as_it_is() {
    for buckets in [1, 8] {
        let mut two = Two::of(buckets);
        let campaign = two.live();
        for round in 0..6 {
            let move_on = step(campaign, if round % 2 == 0 { CampaignStep::Pause } else { CampaignStep::Resume });
            two.done(move_on).expect("in turn");
            std::mem::swap(&mut two.here, &mut two.there);
            let revisions = [&two.here, &two.there]
                .map(|market| market.engine.registry().campaign(campaign).expect("it is there").revision);
            assert_eq!(revisions[0], revisions[1], "after {round}");
        }
    }
}

#[test]
fn threads_renew_and_answer_exactly() {
    let store = MemoryStore::with_members(Buckets::new(8).expect("a power of two"));
    let engines = [&store, &store.of_another_process()].map(|store| started(Arc::new(store.clone())));
    let [here, there] = &engines;
    let created = here.submit_blocking(create(&json!({"name": "Welcome"})), None).expect("valid terms");
    let scrip_engine::Answer::Campaign { campaign, .. } = created.answer else { panic!("a campaign") };
    for next in [CampaignStep::Publish, CampaignStep::Pause, CampaignStep::Resume, CampaignStep::End] {
        let done = here.submit_blocking(step(campaign.id, next), None).expect("in turn");
        let scrip_engine::Answer::Campaign { campaign, .. } = done.answer else { panic!("a campaign") };
        let known = there.registry().campaign(campaign.id).expect("it is there");
        assert_eq!(known.revision, campaign.revision);
    }
    engines.into_iter().for_each(scrip_engine::Engine::stop);
    assert_eq!(store.members().expect("several serve").all().expect("reads"), [], "nobody waits for who stopped");
}
