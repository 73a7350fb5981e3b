//! Liveness and readiness of a service: the answers of `/health` and `/ready`, collected from the parts that know them.
//!
//! A part of a service (the Kafka loop, a scheduled task) implements [`HealthSource`] and registers itself. The HTTP
//! endpoints ask all of them on each request, so an answer is never older than the request.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use metrics::gauge;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A part of a service that can be unable to make progress.
pub trait HealthSource: Send + Sync {
    /// Why this part makes no progress now. Empty: it makes progress.
    fn reasons(&self) -> Vec<Reason>;

    /// Why this part will not recover by itself, so that the process has to be restarted. `None`: it may.
    fn hangs(&self) -> Option<String> {
        None
    }

    /// Sets the gauges of this part to their state at `now`. Called before each scrape.
    fn update_metrics(&self, _now: SystemTime) {}
}

/// Why a part of a service makes no progress, as `/ready` shows it: a JSON object with a field `reason`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Reason(Box<RawValue>);

impl Reason {
    /// A value that is serialized as an object; its fields keep their order.
    #[must_use]
    pub fn new(reason: &impl Serialize) -> Self {
        Self(to_raw_value(reason).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

/// The parts of one process. Cloning shares them.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Vec<Arc<dyn HealthSource>>>>);

impl Health {
    /// Adds a part.
    pub fn register(&self, source: Arc<dyn HealthSource>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Why the service is not ready, in the order of registration. Empty: it is ready.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        self.sources().iter().flat_map(|source| source.reasons()).collect()
    }

    /// Why the process has to be restarted; `None` if it need not.
    #[must_use]
    pub fn hangs(&self) -> Option<String> {
        self.sources().iter().find_map(|source| source.hangs())
    }

    /// Sets the gauges of all parts, and `tagmill_ready`.
    pub fn update_metrics(&self, now: SystemTime) {
        gauge!("tagmill_ready").set(f64::from(u8::from(self.reasons().is_empty())));
        for source in self.sources() {
            source.update_metrics(now);
        }
    }

    /// A copy, so that no part is asked under the lock.
    fn sources(&self) -> Vec<Arc<dyn HealthSource>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Health({} parts)", self.sources().len())
    }
}
