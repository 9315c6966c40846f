//! How long something may take, where it nearly always is there at once.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Begins when it is made, and costs no timer until somebody has to wait. A timer in place would make each future around it large, and
/// aligned as allocators do slowly.
pub(crate) struct Patience {
    time: Duration,
    /// `None`: longer than there are instants.
    until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub fn of(time: Duration) -> Self {
        Self { time, until: Instant::now().checked_add(time), timer: None }
    }

    pub async fn ran_out(&mut self) {
        let (time, until) = (self.time, self.until);
        let made = || Box::pin(until.map_or_else(|| sleep(time), sleep_until));
        self.timer.get_or_insert_with(made).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_begins_when_it_is_made_and_runs_out_however_often_it_is_waited_for() {
        let began = Instant::now();
        let mut patience = Patience::of(Duration::from_secs(3));
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::select! {
            () = patience.ran_out() => panic!("there is time yet"),
            () = sleep(Duration::from_secs(1)) => {}
        }
        patience.ran_out().await;
        assert_eq!(began.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn one_beyond_all_instants_never_runs_out() {
        let mut patience = Patience::of(Duration::MAX);
        tokio::select! {
            () = patience.ran_out() => panic!("there is time yet"),
            () = sleep(Duration::from_secs(86_400)) => {}
        }
    }
}
