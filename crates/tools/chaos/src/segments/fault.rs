//! Faults of segments-service and its servers.

use std::fmt;

use harness::webhook::Behaviour;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL of a replica at any moment.
    Kill,
    /// SIGKILL of a replica at a point of a refresh or of a batch of records.
    KillAt(Point),
    /// SIGSTOP of a replica at any moment.
    Freeze,
    /// SIGSTOP of a replica at a point. PostgreSQL ends its sessions, or does not, and it is resumed.
    FreezeAt(Point),
    /// Connections to a server are cut, and new ones refused.
    Cut(Server),
    /// PostgreSQL ends every session of the replicas.
    Terminate,
    /// PostgreSQL commits, and its answer is lost.
    LoseCommits,
    /// A COMMIT never reaches PostgreSQL.
    SwallowCommits,
    /// SIGKILL of a server, which is started again.
    Restart(Server),
    /// The webhook receivers fail in this way.
    Receivers(Behaviour),
}

/// A failpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The users who should be members are read.
    Desired,
    /// A refresh is complete, before COMMIT.
    Refreshed,
    /// A batch of records is received.
    Received,
    /// A batch of records is stored, before its offsets are committed.
    Stored,
    /// The changes of a subscription are read, and not sent yet.
    Sending,
    /// The receiver has the changes, and nothing is recorded.
    Sent,
}

/// A server of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// PostgreSQL.
    Postgres,
    /// Kafka.
    Kafka,
}

impl Fault {
    /// Every fault.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Kill, Self::Freeze, Self::Terminate, Self::LoseCommits, Self::SwallowCommits];
        all.extend(Point::ALL.map(Self::KillAt));
        all.extend([Point::Desired, Point::Refreshed, Point::Stored, Point::Sending].map(Self::FreezeAt));
        all.extend(Server::ALL.map(Self::Cut));
        all.extend(Server::ALL.map(Self::Restart));
        all.extend(BEHAVIOURS.map(Self::Receivers));
        all
    }
}

/// What receivers do instead of their work.
const BEHAVIOURS: [Behaviour; 4] =
    [Behaviour::Fails(500), Behaviour::Hangs, Behaviour::AnswersLate, Behaviour::LosesAnswers];

impl Point {
    const ALL: [Self; 6] = [Self::Desired, Self::Refreshed, Self::Received, Self::Stored, Self::Sending, Self::Sent];

    /// The name of the failpoint.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Desired => "desired",
            Self::Refreshed => "refreshed",
            Self::Received => "received",
            Self::Stored => "stored",
            Self::Sending => "sync sending",
            Self::Sent => "sync sent",
        }
    }
}

impl Server {
    /// Every server.
    pub(crate) const ALL: [Self; 2] = [Self::Postgres, Self::Kafka];

    const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Kafka => "Kafka",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill => write!(formatter, "SIGKILL of a replica"),
            Self::KillAt(point) => write!(formatter, "SIGKILL of a replica at `{}`", point.name()),
            Self::Freeze => write!(formatter, "SIGSTOP of a replica"),
            Self::FreezeAt(point) => write!(formatter, "SIGSTOP of a replica at `{}`", point.name()),
            Self::Cut(server) => write!(formatter, "{} is cut off", server.name()),
            Self::Terminate => write!(formatter, "all sessions are terminated"),
            Self::LoseCommits => write!(formatter, "the answer to a COMMIT is lost"),
            Self::SwallowCommits => write!(formatter, "a COMMIT does not arrive"),
            Self::Restart(server) => write!(formatter, "{} is killed and started again", server.name()),
            Self::Receivers(Behaviour::Works) => write!(formatter, "receivers work"),
            Self::Receivers(Behaviour::Fails(status)) => write!(formatter, "receivers answer {status}"),
            Self::Receivers(Behaviour::Hangs) => write!(formatter, "receivers hang"),
            Self::Receivers(Behaviour::AnswersLate) => write!(formatter, "receivers answer after the timeout"),
            Self::Receivers(Behaviour::LosesAnswers) => write!(formatter, "answers of receivers are lost"),
        }
    }
}
