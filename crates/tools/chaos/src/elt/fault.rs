//! Faults of elt-service and its servers.

use std::fmt;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL of a replica at any moment.
    Kill,
    /// SIGKILL of a replica at a point of a cycle.
    KillAt(Point),
    /// SIGSTOP of a replica at any moment, for longer than a cycle.
    Freeze,
    /// SIGSTOP of a replica at a point of a cycle. The target ends its transaction, or does not, and it is resumed.
    FreezeAt(Point),
    /// Connections to a server are cut, and new ones refused.
    Cut(Server),
    /// The target commits, and its answer is lost.
    LoseCommits,
    /// A COMMIT never reaches the target.
    SwallowCommits,
    /// SIGKILL of a server, which is started again.
    Restart(Server),
    /// Redis is emptied.
    EmptyRedis,
}

/// A failpoint of a cycle, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The table is locked.
    Locked,
    /// The rows are in the stage.
    Staged,
    /// The rows are upserted.
    Upserted,
    /// The keys are compared, rows deleted.
    Deleted,
    /// State and run are written.
    Recorded,
    /// The target has committed.
    Committed,
    /// Redis has the hashes.
    Cached,
}

/// A server of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// The source (M).
    Source,
    /// The target (A).
    Target,
    /// Redis.
    Redis,
}

impl Fault {
    /// Every fault.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Kill, Self::Freeze, Self::LoseCommits, Self::SwallowCommits, Self::EmptyRedis];
        all.extend(Point::ALL.map(Self::KillAt));
        all.extend([Point::Staged, Point::Upserted, Point::Recorded, Point::Committed].map(Self::FreezeAt));
        all.extend(Server::ALL.map(Self::Cut));
        all.extend(Server::ALL.map(Self::Restart));
        all
    }
}

impl Point {
    const ALL: [Self; 7] =
        [Self::Locked, Self::Staged, Self::Upserted, Self::Deleted, Self::Recorded, Self::Committed, Self::Cached];

    /// The name of the failpoint.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Staged => "staged",
            Self::Upserted => "upserted",
            Self::Deleted => "deleted",
            Self::Recorded => "recorded",
            Self::Committed => "committed",
            Self::Cached => "cached",
        }
    }
}

impl Server {
    /// Every server.
    pub(crate) const ALL: [Self; 3] = [Self::Source, Self::Target, Self::Redis];

    fn name(self) -> &'static str {
        match self {
            Self::Source => "the source",
            Self::Target => "the target",
            Self::Redis => "Redis",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill => write!(formatter, "SIGKILL of a replica"),
            Self::KillAt(point) => write!(formatter, "SIGKILL of a replica at `{}`", point.name()),
            Self::Freeze => write!(formatter, "SIGSTOP of a replica for longer than a cycle"),
            Self::FreezeAt(point) => write!(formatter, "SIGSTOP of a replica at `{}`", point.name()),
            Self::Cut(server) => write!(formatter, "{} is cut off", server.name()),
            Self::LoseCommits => write!(formatter, "the answer to a COMMIT is lost"),
            Self::SwallowCommits => write!(formatter, "a COMMIT does not arrive"),
            Self::Restart(server) => write!(formatter, "{} is killed and started again", server.name()),
            Self::EmptyRedis => write!(formatter, "Redis is emptied"),
        }
    }
}
