//! The open connections of one stage of the server, and which of them is closed when there are too many.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// The open connections of a stage.
#[derive(Clone)]
pub(super) struct Connections(Arc<Mutex<Table>>);

/// The place of a connection among the open ones; it is given up when dropped.
pub(super) struct Ticket {
    id: u64,
    /// Cancelled when the connection has to be closed for a new one.
    pub(super) close: CancellationToken,
    connections: Connections,
}

/// The connections by number: the one that was accepted first has the smallest.
struct Table {
    max: usize,
    max_per_client: usize,
    /// Numbers connections, and moments at which one becomes idle.
    clock: u64,
    open: BTreeMap<u64, Open>,
    /// The number of connections of each client.
    counts: HashMap<IpAddr, usize>,
}

struct Open {
    client: IpAddr,
    /// Since when no request is being answered; `None`: one is.
    idle_since: Option<u64>,
    close: CancellationToken,
}

impl Connections {
    pub(super) fn new(max: usize, max_per_client: usize) -> Self {
        Self(Arc::new(Mutex::new(Table::new(max, max_per_client))))
    }

    /// Adds a connection. It closes another one if there are too many.
    pub(super) fn admit(&self, address: IpAddr) -> Ticket {
        let mut table = self.table();
        if table.make_room(client(address)) {
            metrics::counter!("tagmill_http_connections_closed_total").increment(1);
        }
        let (id, close) = table.add(client(address));
        metrics::gauge!("tagmill_http_connections").increment(1);
        Ticket { id, close, connections: self.clone() }
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
        metrics::gauge!("tagmill_http_connections").decrement(1);
    }
}

impl Table {
    fn new(max: usize, max_per_client: usize) -> Self {
        Self { max, max_per_client, clock: 0, open: BTreeMap::new(), counts: HashMap::new() }
    }

    fn add(&mut self, client: IpAddr) -> (u64, CancellationToken) {
        self.clock += 1;
        let (id, close) = (self.clock, CancellationToken::new());
        self.open.insert(id, Open { client, idle_since: Some(id), close: close.clone() });
        *self.counts.entry(client).or_default() += 1;
        (id, close)
    }

    fn remove(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        match self.counts.get_mut(&open.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.counts.remove(&open.client);
            }
        }
        Some(open)
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
        let chosen = if self.counts.get(&client).is_some_and(|count| *count >= self.max_per_client) {
            self.oldest_idle(client)
        } else if self.open.len() >= self.max {
            let mut clients: Vec<(usize, IpAddr)> =
                self.counts.iter().map(|(client, count)| (*count, *client)).collect();
            clients.sort_unstable_by_key(|(count, _)| Reverse(*count));
            clients.into_iter().find_map(|(_, client)| self.oldest_idle(client))
        } else {
            None
        };
        chosen.and_then(|id| self.remove(id)).inspect(|open| open.close.cancel()).is_some()
    }

    /// The connection of a client that has been idle longest.
    fn oldest_idle(&self, client: IpAddr) -> Option<u64> {
        let of = self.open.iter().filter(|(_, open)| open.client == client);
        let idle = of.filter_map(|(id, open)| Some((open.idle_since?, *id)));
        idle.min().map(|(_, id)| id)
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
