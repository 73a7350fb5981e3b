//! Everything that a fault can access, and the facts that it records for the report.

use std::sync::{Mutex, PoisonError};

use harness::Layer;

use crate::compare::oracle::Oracle;
use crate::fault::Server;
use crate::system::address::Address;
use crate::system::fixture::Fixture;
use crate::system::fleet::Fleet;
use crate::system::names::Names;
use crate::system::order_system::OrderSystem;

/// The pipeline, its servers, and the state of the run.
pub(crate) struct World {
    pub(crate) fleet: Fleet,
    pub(crate) fixture: Fixture,
    pub(crate) names: Names,
    pub(crate) order_system: OrderSystem,
    pub(crate) address: Address,
    /// The oracle. A fault that removes records lets it read them first.
    pub(crate) oracle: tokio::sync::Mutex<Oracle>,
    /// Locks, so that faults of the same object do not overlap.
    pub(crate) turns: Turns,
    problems: Mutex<Vec<String>>,
}

/// One lock for each object.
#[derive(Default)]
pub(crate) struct Turns {
    servers: [tokio::sync::Mutex<()>; 3],
    networks: [tokio::sync::Mutex<()>; 3],
    layers: [tokio::sync::Mutex<()>; 3],
    producers: tokio::sync::Mutex<()>,
}

pub(crate) type Turn<'a> = tokio::sync::MutexGuard<'a, ()>;

impl Turns {
    pub(crate) async fn server(&self, server: Server) -> Turn<'_> {
        self.servers[server as usize].lock().await
    }

    pub(crate) async fn network(&self, server: Server) -> Turn<'_> {
        self.networks[server as usize].lock().await
    }

    pub(crate) async fn layer(&self, layer: Layer) -> Turn<'_> {
        self.layers[layer as usize].lock().await
    }

    /// The order system: how it writes to the orders topic. Taken before any other turn.
    pub(crate) async fn producers(&self) -> Turn<'_> {
        self.producers.lock().await
    }
}

impl World {
    pub(crate) fn new(fleet: Fleet, fixture: Fixture, names: Names) -> Self {
        let order_system = OrderSystem::new(fixture.pipeline.partitions());
        Self {
            fleet,
            fixture,
            names,
            order_system,
            address: Address::default(),
            oracle: tokio::sync::Mutex::default(),
            turns: Turns::default(),
            problems: Mutex::default(),
        }
    }

    /// Records a problem that is an error regardless of the comparison.
    pub(crate) fn complain(&self, problem: String) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    /// Problems recorded since the last call.
    pub(crate) fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
