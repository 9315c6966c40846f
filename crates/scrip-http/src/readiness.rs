//! Whether requests should be sent here, on a thread of its own: whatever holds up reads, or whoever asks for them, this
//! is answered.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use scrip_desk::Desk;
use tokio::sync::oneshot;

/// A store that needs longer to say where a journal ends isn't ready.
const PATIENCE: Duration = Duration::from_millis(800);

/// Who may wait for a verdict; for more the store doesn't answer in time.
const WAITING_MAX: usize = 256;

const NOT_IN_TIME: &str = "the store doesn't answer in time";

/// Ready, or why not.
pub(crate) type Verdict = Result<(), String>;

type Asking = mpsc::SyncSender<oneshot::Sender<Verdict>>;

/// The thread that looks.
#[derive(Clone)]
pub(crate) struct Readiness(Arc<Looking>);

/// Dropping it ends the thread and waits for it: the store that the thread has is closed before the process ends.
struct Looking {
    asking: Option<Asking>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        drop(self.asking.take());
        if let Some(thread) = self.thread.take() {
            // It only panics on a fault of its own, which was reported then.
            let _ = thread.join();
        }
    }
}

impl Readiness {
    /// Starts the thread, which ends with the last handle.
    pub fn start(desk: Desk) -> Self {
        let (sender, asked) = mpsc::sync_channel::<oneshot::Sender<Verdict>>(WAITING_MAX);
        let answer = move || {
            while let Ok(first) = asked.recv() {
                // Whoever asked meanwhile is told the same.
                let all: Vec<_> = std::iter::once(first).chain(asked.try_iter()).collect();
                let verdict = desk.ready();
                for waits in all {
                    let _ = waits.send(verdict.clone());
                }
            }
        };
        let thread =
            thread::Builder::new().name("readiness".to_owned()).spawn(answer).expect("a thread can be started");
        Self(Arc::new(Looking { asking: Some(sender), thread: Some(thread) }))
    }

    pub async fn ask(&self) -> Verdict {
        let (answer, answered) = oneshot::channel();
        match self.0.asking.as_ref().expect("taken out only when dropped").try_send(answer) {
            Ok(()) => {}
            Err(mpsc::TrySendError::Full(_)) => return Err(NOT_IN_TIME.to_owned()),
            Err(mpsc::TrySendError::Disconnected(_)) => return Err("it is stopping".to_owned()),
        }
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(verdict)) => verdict,
            _ => Err(NOT_IN_TIME.to_owned()),
        }
    }
}
