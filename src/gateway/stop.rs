//! A signal that asks the gateways to end.

use std::future::Future;

use tokio::sync::watch;

/// The end that asks; dropping it asks, too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// The end that waits; clone it for every task.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stopper {
    /// A pair of a stopper and what waits for it.
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Asks everything that holds a [`Stop`] to end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns once the end is asked for.
    pub async fn stopped(&mut self) {
        // An error means that the stopper is gone, which asks for the end as well.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }

    /// Does work that may be dropped at any point; `None` where the end is asked for before it is
    /// done.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.clone();
        tokio::select! {
            biased;
            () = stop.stopped() => None,
            value = work => Some(value),
        }
    }
}
