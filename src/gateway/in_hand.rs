//! What somebody here deals with, so that nobody else takes it up meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is in hand here. Copies are the same set.
#[derive(Debug)]
pub(crate) struct InHand<T>(Arc<Mutex<BTreeSet<T>>>);

impl<T: Ord> InHand<T> {
    /// All of it, for more to be added.
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeSet<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It may be taken up again.
    pub(crate) fn release(&self, done: T) {
        self.lock().remove(&done);
    }
}

impl<T> Default for InHand<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for InHand<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
