//! Whether a service gets on, and what keeps it: the answer of `/ready`, and the same in metrics.

use std::time::Duration;

use consumer::{LoopHealth, Stall, Step, Waiting};
use serde::Serialize;

/// A loop that has not turned for this long hangs: a supervisor may restart it. Waiting with backoff is turning, so an
/// outage never looks like this, and no restart makes an outage worse.
pub(crate) const HANGS_AFTER: Duration = Duration::from_secs(60);

/// One that has not turned for this long is about to: it shows a pulse every five seconds.
const STALLS_AFTER: Duration = Duration::from_secs(15);

/// A step that should be short is slow after this long: longer than any healthy batch, shorter than what PostgreSQL or a
/// lost answer may take before it counts as an error.
const SLOW_AFTER: Duration = Duration::from_secs(20);

/// The answer of `/ready`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) reasons: Vec<Reason>,
}

/// Why the service does not get on.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// The group has not answered yet, or all partitions were lost and the group has not settled since. A member
    /// without partitions, because others have them all, is ready.
    NoPartitionsAssigned,
    /// A dependency is away, or does not want what it is given.
    WaitingFor(Waiting),
    /// Records go on; parked work does not, because the dependency does not want it.
    Deferred(Waiting),
    /// A client, a topic or a partition makes no progress, although the loop runs.
    Stalled(Stall),
    /// What should take a moment takes long, and has not failed yet.
    SlowStep {
        /// The step.
        step: Step,
        /// For how long.
        seconds: u64,
    },
    /// The loop stands still: its task is blocked.
    NoHeartbeat {
        /// For how long.
        seconds: u64,
    },
}

impl Readiness {
    pub(crate) fn of(loop_health: &LoopHealth) -> Self {
        let unassigned = loop_health.partitions().is_none().then_some(Reason::NoPartitionsAssigned);
        let waiting = loop_health.waiting().map(Reason::WaitingFor);
        let deferred = loop_health.deferred().map(Reason::Deferred);
        let stalls = loop_health.stalls().into_iter().map(Reason::Stalled);
        let (step, lasted) = loop_health.step();
        let slow = step.should_be_short() && lasted >= SLOW_AFTER;
        let slow = slow.then_some(Reason::SlowStep { step, seconds: lasted.as_secs() });
        let silence = loop_health.since_heartbeat();
        let still = (silence >= STALLS_AFTER).then_some(Reason::NoHeartbeat { seconds: silence.as_secs() });
        let reasons: Vec<_> =
            [unassigned, waiting, deferred, slow, still].into_iter().flatten().chain(stalls).collect();
        Self { ready: reasons.is_empty(), reasons }
    }
}
