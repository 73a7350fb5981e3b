//! Options of a stack.

use std::path::PathBuf;

/// Options of a stack. The default is as in production: durable, empty, removed at the end.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of data and logs. `None`: a temporary folder, removed with the stack. A named folder is kept, and a later
    /// stack finds its data there. If this process runs as root, the user `postgres` must be able to enter the folder.
    pub folder: Option<PathBuf>,
    /// Whether PostgreSQL forces its writes to the disk.
    pub durability: Durability,
    /// Additional settings of PostgreSQL, by name; they override those of the stack.
    pub postgres: Vec<(String, String)>,
    /// Whether Redis keeps its data across a restart.
    pub redis: Persistence,
    /// Whether Kafka creates a missing topic when a client asks for it, which is the default of brokers.
    pub auto_create_topics: bool,
    /// Whether an [`EltStack`](crate::EltStack) has a hot standby of its source.
    pub standby: bool,
    /// Whether a [`Proxy`](crate::Proxy) stands before each server, for tests of network faults.
    pub proxied: bool,
    /// Whether the broker behind its proxy advertises another address than that of the bootstrap servers from the start:
    /// the second of [`Stack::kafka_advertises`](crate::Stack::kafka_advertises).
    pub elsewhere: bool,
    /// Whether the servers also have listeners with TLS and authentication: [`Secured`](crate::Secured).
    pub secured: bool,
    /// Whether pgbouncer runs in front of PostgreSQL, and its number of server connections per database.
    pub pooled: Option<u16>,
}

impl Options {
    /// For tests: data need not survive a crash of the machine, so writes are not flushed to the disk.
    pub fn for_tests() -> Self {
        Self { durability: Durability::Off, ..Self::default() }
    }
}

/// Whether PostgreSQL forces its writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Durable as in production. Benchmarks use only this: without fsync a measurement means nothing.
    #[default]
    Full,
    /// No fsync, no full-page writes: safe against SIGKILL, which leaves the page cache alone, not against power loss.
    /// `synchronous_commit` stays on: without it a killed server loses commits that it has acknowledged.
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
