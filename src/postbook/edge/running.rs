//! Something that runs until it is told to stop.

use std::future::Future;
use std::time::Duration;

use futures::future::join_all;
use gateway::{Stop, Stopper};
use tokio::task::JoinHandle;

/// Something that runs until it is told to stop. Dropping it tells it so, and does not wait.
pub(super) struct Running {
    stopper: Stopper,
    task: JoinHandle<()>,
}

impl Running {
    /// Begins to run what `run` makes of the signal to stop.
    pub(super) fn start<F: Future<Output = ()> + Send + 'static>(
        run: impl FnOnce(Stop) -> F,
    ) -> Self {
        let (stopper, stop) = Stopper::new();
        Self { stopper, task: tokio::spawn(run(stop)) }
    }

    /// Tells it to stop.
    pub(super) fn stop(&self) {
        self.stopper.stop();
    }

    /// Breaks it off where it is, and waits until that is done.
    async fn break_off(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

/// Tells all of them to stop, and waits for that; gives those back that have not after `patience`.
pub(super) async fn end(running: Vec<Running>, patience: Duration) -> Vec<Running> {
    running.iter().for_each(Running::stop);
    let deadline = tokio::time::Instant::now() + patience;
    let ends = running.into_iter().map(|mut running| async move {
        match tokio::time::timeout_at(deadline, &mut running.task).await {
            Ok(_) => None,
            Err(_) => Some(running),
        }
    });
    join_all(ends).await.into_iter().flatten().collect()
}

/// Breaks all of them off where they are.
pub(super) async fn break_off(running: Vec<Running>) {
    join_all(running.into_iter().map(Running::break_off)).await;
}
