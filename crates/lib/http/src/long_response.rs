//! Responses that may take longer than the age of a connection: uploads and downloads of any length.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// An extension of every request. A route that reads a long body, or sends one, calls [`LongResponse::allow`], so that its
/// connection is not closed after the usual time.
#[derive(Debug, Clone, Default)]
pub struct LongResponse(Arc<AtomicBool>);

impl LongResponse {
    /// Lets the request in progress take as long as [`crate::server::Limits::long_response_timeout`].
    pub fn allow(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the request in progress may take long.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
