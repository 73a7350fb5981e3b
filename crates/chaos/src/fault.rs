//! Everything that can go wrong, by name.

use std::fmt;

use e2e::Layer;

/// A kind of fault. The report counts them by their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// SIGKILL of a service at any moment.
    Kill(Layer),
    /// SIGKILL of a service at a named point inside a batch.
    DieAt(Point),
    /// SIGSTOP of a service until others have its partitions, then SIGCONT.
    Zombie(Layer),
    /// SIGSTOP of a service with a batch in hand, at a named point, until others have done it and gone further; then SIGCONT.
    FreezeAt(Layer, Point),
    /// One more replica of a service.
    Join,
    /// One replica less, by SIGTERM.
    Leave,
    /// SIGKILL of a server, and a start some seconds later.
    KillServer(Server),
    /// SIGSTOP of a server, and SIGCONT some seconds later.
    FreezeServer(Server),
    /// Connections to a server are cut and refused.
    Cut(Server),
    /// Connections to a server are slow.
    Slow(Server),
    /// Connections to a server are half open: bytes vanish.
    HalfOpen(Server),
    /// Transactions are committed, but nobody is told.
    LoseCommits,
    /// COMMITs are sent, but nothing is committed.
    SwallowCommits,
    /// `pg_terminate_backend` of every session of the services.
    TerminateBackends,
    /// Somebody locks a table.
    LockTable,
    /// The disk of the database is full.
    FullDisk,
    /// Redis forgets every name, and learns them again.
    ForgetNames,
}

/// A point inside a batch at which a service can be told to die or to fall asleep.
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
    /// Every kind there is.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> =
            Layer::ALL.into_iter().flat_map(|layer| [Self::Kill(layer), Self::Zombie(layer)]).collect();
        all.extend(Point::ALL.map(Self::DieAt));
        all.extend(Layer::ALL.map(|layer| Self::FreezeAt(layer, Point::Received)));
        // CDM publishes nothing: there is no point behind its transaction at which it could be late.
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
        all.sort();
        all
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(layer) => write!(formatter, "SIGKILL {}", layer.binary()),
            Self::DieAt(point) => write!(formatter, "SIGKILL inside a batch: {}", point.name()),
            Self::Zombie(layer) => write!(formatter, "SIGSTOP {} past its session", layer.binary()),
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
        }
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
