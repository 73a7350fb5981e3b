//! Health of the loop: the reasons in `/ready` why it makes no progress, and the same in metrics.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use health::HealthSource;
use metrics::gauge;
use serde::Serialize;

use crate::{LoopHealth, Stall, StallCause, Step, Waiting};

/// A loop that has not turned for this long hangs: a supervisor may restart it. Waiting with backoff is turning, so an
/// outage never looks like this, and no restart makes an outage worse.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// One that has not turned for this long is about to: it shows a pulse every five seconds.
const STALLS_AFTER: Duration = Duration::from_secs(15);

/// A step that should be short is slow after this long: longer than any healthy batch, shorter than what PostgreSQL or a
/// lost answer may take before it counts as an error.
const SLOW_AFTER: Duration = Duration::from_secs(20);

/// Why the loop makes no progress.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Reason {
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

impl HealthSource for LoopHealth {
    fn reasons(&self) -> Vec<health::Reason> {
        let unassigned = self.partitions().is_none().then_some(Reason::NoPartitionsAssigned);
        let waiting = self.waiting().map(Reason::WaitingFor);
        let deferred = self.deferred().map(Reason::Deferred);
        let stalls = self.stalls().into_iter().map(Reason::Stalled);
        let (step, lasted) = self.step();
        let slow = step.should_be_short() && lasted >= SLOW_AFTER;
        let slow = slow.then_some(Reason::SlowStep { step, seconds: lasted.as_secs() });
        let silence = self.since_heartbeat();
        let still = (silence >= STALLS_AFTER).then_some(Reason::NoHeartbeat { seconds: silence.as_secs() });
        let reasons = [unassigned, waiting, deferred, slow, still].into_iter().flatten().chain(stalls);
        reasons.map(|reason| health::Reason::new(&reason)).collect()
    }

    fn hangs(&self) -> Option<String> {
        let silence = self.since_heartbeat();
        (silence >= HANGS_AFTER).then(|| format!("the loop has not turned for {} s", silence.as_secs()))
    }

    fn update_metrics(&self, now: SystemTime) {
        let yes = |is: bool| f64::from(u8::from(is));
        gauge!("tagmill_last_commit_timestamp_seconds").set(unix_time(now, self.since_commit()));
        gauge!("tagmill_loop_heartbeat_timestamp_seconds").set(unix_time(now, self.since_heartbeat()));
        let (present, lasted) = self.step();
        for step in Step::ALL {
            let seconds = if step == present { lasted.as_secs_f64() } else { 0.0 };
            gauge!("tagmill_step_seconds", "step" => step.name()).set(seconds);
        }
        let waiting = self.waiting();
        // Those that are there say 0, so that an alert sees a difference and not a gap.
        for dependency in self.dependencies() {
            let attempts = waiting.as_ref().filter(|waiting| waiting.dependency == *dependency).map(|it| it.attempts);
            gauge!("tagmill_dependency_waiting", "dependency" => dependency.name).set(yes(attempts.is_some()));
            gauge!("tagmill_dependency_attempts", "dependency" => dependency.name).set(attempts.unwrap_or(0));
        }
        gauge!("tagmill_stuck_records").set(yes(waiting.is_some_and(|waiting| waiting.record.is_some())));
        gauge!("tagmill_background_deferred").set(yes(self.deferred().is_some()));
        let stalls = self.stalls();
        for cause in StallCause::ALL {
            let count = stalls.iter().filter(|stall| stall.cause == cause).count();
            gauge!("tagmill_stalls", "cause" => cause.name()).set(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

/// The Unix time `ago` before `now`, in seconds.
fn unix_time(now: SystemTime, ago: Duration) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ago).as_secs_f64()
}
