//! The open connections of the server, and which of them is closed when there are too many.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::Limits;

/// The open connections.
#[derive(Clone)]
pub(super) struct Connections(Arc<Mutex<Table>>);

/// The place of a connection among the open ones; it is given up when dropped.
pub(super) struct Ticket {
    id: u64,
    /// Cancelled when the connection has to be closed for a new one.
    pub(super) close: CancellationToken,
    connections: Connections,
    _socket: OwnedSemaphorePermit,
}

/// The connections by number: the one that was accepted first has the smallest.
struct Table {
    max: usize,
    max_per_client: usize,
    /// Numbers connections, and moments at which one becomes idle.
    clock: u64,
    open: BTreeMap<u64, Open>,
}

struct Open {
    client: IpAddr,
    /// Since when no request is being answered; `None`: one is.
    idle_since: Option<u64>,
    close: CancellationToken,
}

impl Connections {
    pub(super) fn new(limits: &Limits) -> Self {
        let (max, max_per_client) = (limits.connections, limits.connections_per_address);
        Self(Arc::new(Mutex::new(Table { max, max_per_client, clock: 0, open: BTreeMap::new() })))
    }

    /// Adds a connection. It closes another one if there are too many.
    pub(super) fn admit(&self, address: IpAddr, socket: OwnedSemaphorePermit) -> Ticket {
        let mut table = self.table();
        if table.make_room(client(address)) {
            metrics::counter!("tagmill_http_connections_closed_total").increment(1);
        }
        let (id, close) = table.add(client(address));
        Ticket { id, close, connections: self.clone(), _socket: socket }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// A request is being answered: the connection is not closed for a new one.
    pub(super) fn set_busy(&self) {
        self.connections.table().set_idle(self.id, false);
    }

    /// A response has been handed to the connection, which may still be sending it.
    pub(super) fn set_idle(&self) {
        self.connections.table().set_idle(self.id, true);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.table().remove(self.id);
    }
}

impl Table {
    fn add(&mut self, client: IpAddr) -> (u64, CancellationToken) {
        self.clock += 1;
        let (id, close) = (self.clock, CancellationToken::new());
        self.open.insert(id, Open { client, idle_since: Some(id), close: close.clone() });
        self.count();
        (id, close)
    }

    fn remove(&mut self, id: u64) {
        self.open.remove(&id);
        self.count();
    }

    fn set_idle(&mut self, id: u64, is_idle: bool) {
        self.clock += 1;
        if let Some(open) = self.open.get_mut(&id) {
            open.idle_since = is_idle.then_some(self.clock);
        }
    }

    /// Closes a connection if this client, or all together, have as many as they may. Returns whether one was closed:
    /// none is if requests are being answered on all of them, and the number of those is bounded elsewhere.
    fn make_room(&mut self, client: IpAddr) -> bool {
        let counts = self.counts();
        let is_full = self.open.len() >= self.max;
        let is_greedy = counts.get(&client).is_some_and(|count| *count >= self.max_per_client);
        if !is_full && !is_greedy {
            return false;
        }
        let idle = self.open.iter().filter_map(|(id, open)| Some((*id, open.client, open.idle_since?)));
        let idle = idle.filter(|(_, of, _)| !is_greedy || *of == client);
        // Of the client that has most; the one that has been idle longest.
        let chosen = idle.max_by_key(|(_, of, since)| (counts.get(of).copied(), std::cmp::Reverse(*since)));
        let closed = chosen.and_then(|(id, ..)| self.open.remove(&id));
        closed.inspect(|open| open.close.cancel()).is_some()
    }

    fn counts(&self) -> HashMap<IpAddr, usize> {
        let mut counts = HashMap::new();
        for open in self.open.values() {
            *counts.entry(open.client).or_default() += 1;
        }
        counts
    }

    #[expect(clippy::cast_precision_loss, reason = "there are hundreds")]
    fn count(&self) {
        metrics::gauge!("tagmill_http_connections").set(self.open.len() as f64);
    }
}

/// What counts as one client: an address; of IPv6 a /64 network, which a single customer of a provider gets.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
