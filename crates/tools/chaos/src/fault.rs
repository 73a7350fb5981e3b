//! List of all faults, by name.

use std::fmt;

use harness::Layer;

/// A kind of fault. The report counts them by their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// SIGKILL of a service at any moment.
    Kill(Layer),
    /// SIGKILL of a service at a named point inside a batch.
    DieAt(Point),
    /// SIGSTOP of a service until others have its partitions, then SIGCONT.
    Zombie(Layer),
    /// SIGSTOP of a service at a named point of a batch until others have processed that batch and later ones, then SIGCONT.
    FreezeAt(Layer, Point),
    /// One more replica of a service.
    Join,
    /// One replica fewer, by SIGTERM.
    Leave,
    /// SIGKILL of a server, and a start some seconds later.
    KillServer(Server),
    /// SIGSTOP of a server, and SIGCONT some seconds later.
    FreezeServer(Server),
    /// Connections to a server are cut and refused.
    Cut(Server),
    /// Connections to a server are slow.
    Slow(Server),
    /// Connections to a server are half open: bytes are dropped.
    HalfOpen(Server),
    /// Transactions are committed, but the confirmation is lost.
    LoseCommits,
    /// COMMITs are sent, but nothing is committed.
    SwallowCommits,
    /// `pg_terminate_backend` of every session of the services.
    TerminateBackends,
    /// Another session locks a table.
    LockTable,
    /// The disk of the database is full.
    FullDisk,
    /// Redis loses every name; they are written again later.
    ForgetNames,
    /// The broker is down for longer than a session timeout and returns under the same address.
    BrokerAway(End),
    /// The broker returns and advertises another address; the bootstrap servers are the same.
    BrokerMoves(End),
    /// The broker returns and advertises a name that does not resolve at first.
    BrokerUnresolvable,
    /// The orders topic is deleted, created again and filled again.
    RecreateTopic,
    /// A topic gets one more partition.
    AddPartition,
    /// Retention removes the records that are committed.
    Retention,
    /// The order system compresses with zstd.
    Zstd,
    /// The order system writes in transactions; other transactions are aborted, or stay open for a while.
    Transactions,
    /// A setting of the services' role or database changes.
    Setting(Setting),
}

/// The signal that stops a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// SIGKILL.
    Kill,
    /// SIGTERM: it shuts down.
    Stop,
}

/// Settings of a role or a database of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `default_transaction_isolation`: repeatable read or serializable.
    Isolation,
    /// `synchronous_commit = off`, and then the server is killed.
    AsynchronousCommit,
    /// `search_path`: a schema that does not exist.
    SearchPath,
    /// `default_transaction_read_only = on`.
    ReadOnly,
    /// All settings that must have no effect: formats, limits, plans.
    Sundry,
}

/// A failpoint inside a batch at which a service kills itself or sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// Before the transaction.
    Received,
    /// Between the transaction and the publishing.
    Stored,
    /// Between the acknowledgements and the commit of offsets.
    Published,
    /// Un-parked, not sent.
    Resumed,
    /// Sent, not marked as sent.
    Sent,
}

/// A server of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Server {
    /// The broker.
    Kafka,
    /// The database.
    Postgres,
    /// The reference store.
    Redis,
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kafka, Self::Postgres, Self::Redis];
}

impl Point {
    /// All of them, in the order in which a service passes them.
    pub const ALL: [Self; 5] = [Self::Received, Self::Stored, Self::Published, Self::Resumed, Self::Sent];

    /// As `FAILPOINTS` calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Stored => "stored",
            Self::Published => "published",
            Self::Resumed => "resumed",
            Self::Sent => "sent",
        }
    }
}

impl Fault {
    /// All kinds.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> =
            Layer::ALL.into_iter().flat_map(|layer| [Self::Kill(layer), Self::Zombie(layer)]).collect();
        all.extend(Point::ALL.map(Self::DieAt));
        all.extend(Layer::ALL.map(|layer| Self::FreezeAt(layer, Point::Received)));
        // CDM publishes no messages for batches, so it has no failpoint after its transaction.
        all.extend([Layer::Stg, Layer::Dds].map(|layer| Self::FreezeAt(layer, Point::Stored)));
        let on = |server| {
            [
                Self::KillServer(server),
                Self::FreezeServer(server),
                Self::Cut(server),
                Self::Slow(server),
                Self::HalfOpen(server),
            ]
        };
        all.extend(Server::ALL.into_iter().flat_map(on));
        all.extend([Self::Join, Self::Leave, Self::LoseCommits, Self::SwallowCommits]);
        all.extend([Self::TerminateBackends, Self::LockTable, Self::FullDisk, Self::ForgetNames]);
        all.extend(End::ALL.into_iter().flat_map(|end| [Self::BrokerAway(end), Self::BrokerMoves(end)]));
        all.extend([Self::BrokerUnresolvable, Self::RecreateTopic, Self::AddPartition, Self::Retention]);
        all.extend([Self::Zstd, Self::Transactions]);
        all.extend(Setting::ALL.map(Self::Setting));
        all.sort();
        all
    }

    /// Whether it needs private mounts, for a full disk or for hidden host names.
    #[must_use]
    pub fn needs_mounts(&self) -> bool {
        matches!(self, Self::FullDisk | Self::BrokerUnresolvable)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(layer) => write!(formatter, "SIGKILL {}", layer.binary()),
            Self::DieAt(point) => write!(formatter, "SIGKILL inside a batch: {}", point.name()),
            Self::Zombie(layer) => write!(formatter, "SIGSTOP {} past its session timeout", layer.binary()),
            Self::FreezeAt(layer, point) => {
                write!(formatter, "SIGSTOP inside a batch: {}, {}", layer.binary(), point.name())
            }
            Self::Join => formatter.write_str("a replica comes"),
            Self::Leave => formatter.write_str("a replica leaves (SIGTERM)"),
            Self::KillServer(server) => write!(formatter, "SIGKILL {server}, restart"),
            Self::FreezeServer(server) => write!(formatter, "SIGSTOP {server}"),
            Self::Cut(server) => write!(formatter, "connections cut: {server}"),
            Self::Slow(server) => write!(formatter, "connections slow: {server}"),
            Self::HalfOpen(server) => write!(formatter, "connections half open: {server}"),
            Self::LoseCommits => formatter.write_str("COMMIT done, reply lost"),
            Self::SwallowCommits => formatter.write_str("COMMIT never arrives"),
            Self::TerminateBackends => formatter.write_str("pg_terminate_backend"),
            Self::LockTable => formatter.write_str("a table locked"),
            Self::FullDisk => formatter.write_str("disk full"),
            Self::ForgetNames => formatter.write_str("Redis emptied and refilled"),
            Self::BrokerAway(end) => write!(formatter, "Kafka down past the session timeout ({end})"),
            Self::BrokerMoves(end) => write!(formatter, "Kafka returns under another address ({end})"),
            Self::BrokerUnresolvable => formatter.write_str("Kafka back, its address does not resolve at first"),
            Self::RecreateTopic => formatter.write_str("topic deleted, created again, refilled"),
            Self::AddPartition => formatter.write_str("a partition added"),
            Self::Retention => formatter.write_str("committed records removed (retention)"),
            Self::Zstd => formatter.write_str("producer: zstd"),
            Self::Transactions => formatter.write_str("producer: transactions"),
            Self::Setting(setting) => write!(formatter, "role set: {setting}"),
        }
    }
}

impl End {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Kill, Self::Stop];
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kill => "SIGKILL",
            Self::Stop => "SIGTERM",
        })
    }
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Isolation, Self::AsynchronousCommit, Self::SearchPath, Self::ReadOnly, Self::Sundry];
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Isolation => "default_transaction_isolation",
            Self::AsynchronousCommit => "synchronous_commit = off, server killed",
            Self::SearchPath => "search_path",
            Self::ReadOnly => "default_transaction_read_only",
            Self::Sundry => "everything that must go unnoticed",
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kafka => "Kafka",
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
        })
    }
}
