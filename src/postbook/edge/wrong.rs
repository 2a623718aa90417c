//! What the configuration names and cannot be used.

use std::ops::Range;

/// What the configuration names and cannot be used.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Where it is named.
    pub(super) place: Range<usize>,
    /// The key, without the section it is in.
    pub(super) key: String,
    /// What is wrong.
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn at(place: Range<usize>, key: &str, message: String) -> Self {
        Self { place, key: key.to_owned(), message }
    }
}
