//! Options of a stack.

use std::path::PathBuf;

/// How a stack is started. The default is what production would be: durable, empty, gone afterwards.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where data and logs live. `None`: a temporary folder, removed with the stack. A folder that is named is kept,
    /// and a later stack on it finds its data again. The user `postgres` must be able to enter it when we are root.
    pub folder: Option<PathBuf>,
    /// Whether PostgreSQL forces its writes to the disk.
    pub durability: Durability,
    /// Settings of PostgreSQL beyond those of a small stack, by their own names; they win over ours.
    pub postgres: Vec<(String, String)>,
    /// Whether Redis keeps its data across a restart.
    pub redis: Persistence,
    /// Whether Kafka creates a topic when a client asks for one that does not exist, as brokers do unless told otherwise.
    pub auto_create_topics: bool,
    /// Whether a [`Proxy`](crate::Proxy) stands before each server, for clients that shall meet bad networks.
    pub proxied: bool,
    /// Whether the broker behind its proxy advertises another address than that of the bootstrap servers from the start:
    /// the second of [`Stack::kafka_advertises`](crate::Stack::kafka_advertises).
    pub elsewhere: bool,
    /// Whether there are encrypted and guarded ways in, beside the open ones: [`Secured`](crate::Secured).
    pub secured: bool,
    /// Whether pgbouncer stands before PostgreSQL, and how many connections to it there are for each database.
    pub pooled: Option<u16>,
}

impl Options {
    /// For tests: nothing outlives the machine anyway, so nothing waits for a disk.
    pub fn for_tests() -> Self {
        Self { durability: Durability::Off, ..Self::default() }
    }
}

/// Whether PostgreSQL forces its writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// As in production. Benches use no other: what costs no fsync is not measured.
    #[default]
    Full,
    /// No fsync, no full-page writes: safe against SIGKILL, which leaves the page cache alone, not against power loss.
    /// `synchronous_commit` stays on even so: without it a killed server forgets commits it has acknowledged.
    Off,
}

/// Whether Redis keeps its data across a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persistence {
    /// An append-only file, written before each answer.
    #[default]
    AppendOnly,
    /// Memory only: a restarted Redis is empty.
    None,
}
