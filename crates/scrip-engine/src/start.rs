//! Starting and stopping an engine: its threads, or none.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
};

use scrip_core::{campaign::Campaign, command::NoteCodes};
use scrip_store::{Store, StoreError};

use crate::{
    dispatch::Dispatch,
    engine::{Engine, Workers},
    follow::{self, Following, Rebuilding},
    maintenance,
    queues::Queues,
    reads::Reads,
    receipt::EngineError,
    renewing::{self, Renewing},
    repair::repair,
    seals::check_ends,
    sequencer::Sequencer,
    shared::{EngineOptions, Shared},
};

impl Engine {
    /// Brings documents that an earlier build derived to this one's rules, then starts a sequencer for every bucket in a thread of its
    /// own, and the maintenance.
    ///
    /// Errors: [`StoreError`] if the store can't be read, another engine writes to it, or its journal doesn't end as its
    /// secrets say; those of [`repair`].
    pub fn start(store: Arc<dyn Store>, options: EngineOptions) -> Result<Self, StoreError> {
        // Nothing is worked out anew from a journal that somebody wrote without the secret.
        check_ends(&*store, options.secrets.chain())?;
        repair(&*store)?;
        let ByHand { engine, sequencers, followers, rebuilding, renewing } = Self::assemble(store, options, false)?;
        // A member before anything is answered.
        let renewing = renewing.map(|mut renewing| renewing.step().map(|()| renewing)).transpose()?;
        let threads = sequencers.into_iter().map(|sequencer| {
            thread::Builder::new()
                .name(format!("sequencer-{}", sequencer.bucket().get()))
                .spawn(move || sequencer.run())
                .expect("a thread can be started")
        });
        engine.workers.handles.lock().expect("nobody panics holding it").extend(threads);
        let threads = followers.into_iter().map(|following| {
            thread::Builder::new()
                .name(format!("follower-{}", following.name()))
                .spawn(move || follow::run(following))
                .expect("a thread can be started")
        });
        engine.workers.followers.lock().expect("nobody panics holding it").extend(threads);
        let threads = rebuilding.into_iter().map(|rebuilding| {
            thread::Builder::new()
                .name(format!("rebuilding-{}", rebuilding.name()))
                .spawn(move || follow::rebuild(rebuilding))
                .expect("a thread can be started")
        });
        engine.workers.followers.lock().expect("nobody panics holding it").extend(threads);
        if let Some(renewing) = renewing {
            let thread = thread::Builder::new()
                .name("renewing".to_owned())
                .spawn(move || renewing::run(renewing))
                .expect("a thread can be started");
            engine.workers.followers.lock().expect("nobody panics holding it").push(thread);
        }
        // Whoever starts it may be in a runtime already, which can't be waited in: a thread of its own waits.
        thread::scope(|scope| scope.spawn(|| engine.note_codes_of_earlier_builds()).join())
            .unwrap_or_else(|_| panic!("noting codes of earlier builds panicked"))?;
        let maintenance = maintenance::start(&engine, &engine.workers.stop);
        let _ = engine.shared().maintenance.set(maintenance.thread().clone());
        engine.workers.handles.lock().expect("nobody panics holding it").push(maintenance);
        Ok(engine)
    }

    /// Earlier builds didn't write down that a campaign has codes: those that have some learn it here, before anybody collects
    /// what only a code should give (S1).
    fn note_codes_of_earlier_builds(&self) -> Result<(), StoreError> {
        let unsaid = |campaign: &Campaign| !campaign.coded && campaign.terms.named_channels().is_none();
        for campaign in self.registry().campaigns(None, None, usize::MAX, unsaid) {
            let asked = self.registry().codes_asked(campaign.id) > 0;
            if asked || !self.shared().store.snapshot()?.codes(campaign.id, None, 1)?.is_empty() {
                // What can't be written now is tried at the next start; nothing else depends on it.
                if let Err(error) = self.submit_blocking(NoteCodes { campaign: campaign.id }, None) {
                    tracing::warn!(campaign = %campaign.id, %error, "that it has codes isn't noted yet");
                }
            }
        }
        Ok(())
    }

    /// An engine without threads: its sequencers do a batch when [`Sequencer::step`] is called, its followers a window when
    /// [`Following::step`] or [`Rebuilding::step`] is, its maintenance a round when [`Engine::tidy`] is, and its futures can be polled by
    /// anything. Where several processes serve it answers nobody before [`Renewing::step`] was called. The same seed and the same order of
    /// calls give the same walk.
    ///
    /// Errors: as [`Engine::start`].
    pub fn by_hand(store: Arc<dyn Store>, options: EngineOptions) -> Result<ByHand, StoreError> {
        check_ends(&*store, options.secrets.chain())?;
        Self::assemble(store, options, true)
    }

    fn assemble(store: Arc<dyn Store>, options: EngineOptions, by_hand: bool) -> Result<ByHand, StoreError> {
        let shared = Arc::new(Shared::new(store, options, by_hand)?);
        let (queues, ends) = Queues::new(shared.buckets());
        let sequencer =
            |(bucket, queue)| Ok(Sequencer::new(shared.clone(), bucket, shared.store.writer(bucket)?, queue));
        let sequencers = ends.into_iter().map(sequencer).collect::<Result<_, StoreError>>()?;
        let (mut followers, mut rebuilding) = (Vec::new(), Vec::new());
        for projector in follow::all() {
            rebuilding.extend(Rebuilding::of(&shared, projector.clone())?);
            followers.push(Following::new(shared.clone(), projector)?);
        }
        let renewing = Renewing::new(&shared);
        let workers = Workers::telling(shared.progress.clone());
        let dispatch = Dispatch { reads: Reads(shared), queues: Arc::new(queues) };
        Ok(ByHand {
            engine: Self { dispatch, workers: Arc::new(workers) },
            sequencers,
            followers,
            rebuilding,
            renewing,
        })
    }

    /// One round of the maintenance: gives back what timed out, goes on with steps that a crash interrupted, makes
    /// codes. Answers whether there is more to do. Safe to run at any time, any number of times.
    ///
    /// Errors: the store can't take it; what was left undone is done by a later round.
    pub async fn tidy(&self) -> Result<bool, EngineError> {
        maintenance::round(self, &self.workers.stop).await
    }

    /// Stops taking commands, lets those that wait finish, and joins the sequencers, the maintenance and the followers, which follow
    /// what there is: nobody has the store then but who called this.
    pub fn stop(self) {
        self.workers.stop.store(true, Ordering::SeqCst);
        self.dispatch.queues.close();
        self.shared().wake_maintenance();
        let workers = self.workers;
        let handles = std::mem::take(&mut *workers.handles.lock().expect("nobody panics holding it"));
        for handle in handles {
            let _ = handle.join();
        }
        workers.progress.stop();
        let followers = std::mem::take(&mut *workers.followers.lock().expect("nobody panics holding it"));
        for handle in followers {
            let _ = handle.join();
        }
    }
}

/// An engine whose parts are driven by hand.
pub struct ByHand {
    pub engine: Engine,
    pub sequencers: Vec<Sequencer>,
    pub followers: Vec<Following>,
    /// Where tables were made by older rules.
    pub rebuilding: Vec<Rebuilding>,
    /// Where several processes serve.
    pub renewing: Option<Renewing>,
}
