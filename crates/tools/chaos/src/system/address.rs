//! Addresses of the broker.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The address of the broker.
#[derive(Default)]
pub(crate) struct Address {
    moves: AtomicUsize,
}

impl Address {
    /// The number of the next address; 1 and up.
    pub(crate) fn next(&self) -> usize {
        self.moves.fetch_add(1, Ordering::Relaxed) + 1
    }
}
