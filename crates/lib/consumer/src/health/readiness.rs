//! Readiness of the loop: the reasons in `/ready` why it makes no progress, and the same as metrics.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use health::HealthSource;
use serde::Serialize;

use crate::{Dependency, LoopHealth, Stall, StallCause, Step, Waiting};

/// A gauge of a loop. The name of the loop, if it has one, is a label.
macro_rules! gauge {
    ($metric:literal $(, $label:literal => $value:expr)*; $name:expr) => {
        match $name {
            Some(name) => metrics::gauge!($metric $(, $label => $value)*, "loop" => name),
            None => metrics::gauge!($metric $(, $label => $value)*),
        }
    };
}

/// A loop without a heartbeat for this long hangs, and a supervisor may restart it. A loop that waits with backoff has
/// a heartbeat, so an outage never causes a restart.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// A loop without a heartbeat for this long is not ready. The normal interval is five seconds.
const STALLS_AFTER: Duration = Duration::from_secs(15);

/// A short step is slow after this time. It is longer than any healthy batch, and shorter than the timeouts after which
/// PostgreSQL or a lost answer counts as an error.
const SLOW_AFTER: Duration = Duration::from_secs(20);

/// Why the loop makes no progress.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Reason {
    /// The group has not answered yet, or all partitions were lost and the group has not been stable since. A member
    /// without partitions is ready if other members have all of them.
    NoPartitionsAssigned,
    /// A dependency is unreachable or rejects a request.
    WaitingFor(Waiting),
    /// A dependency rejects background work, while records are processed.
    Deferred(Waiting),
    /// A client, a topic or a partition makes no progress, although the loop runs.
    Stalled(Stall),
    /// A step that should be short takes long, and has not failed yet.
    SlowStep {
        /// The step.
        step: Step,
        /// Its duration so far.
        seconds: u64,
    },
    /// The loop hangs: its task is blocked.
    NoHeartbeat {
        /// The time since the last heartbeat.
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
        (silence >= HANGS_AFTER).then(|| format!("the loop has had no heartbeat for {} s", silence.as_secs()))
    }

    fn update_metrics(&self, now: SystemTime) {
        let (name, yes) = (self.name(), |is: bool| f64::from(u8::from(is)));
        gauge!("tagmill_last_commit_timestamp_seconds"; name).set(unix_time(now, self.since_commit()));
        gauge!("tagmill_loop_heartbeat_timestamp_seconds"; name).set(unix_time(now, self.since_heartbeat()));
        let (present, lasted) = self.step();
        for step in Step::ALL {
            let seconds = if step == present { lasted.as_secs_f64() } else { 0.0 };
            gauge!("tagmill_step_seconds", "step" => step.name(); name).set(seconds);
        }
        let waiting = self.waiting();
        export_waiting_of(name, self.dependencies(), waiting.as_ref());
        gauge!("tagmill_stuck_records"; name).set(yes(waiting.is_some_and(|waiting| waiting.record.is_some())));
        gauge!("tagmill_background_deferred"; name).set(yes(self.deferred().is_some()));
        let stalls = self.stalls();
        for cause in StallCause::ALL {
            let count = stalls.iter().filter(|stall| stall.cause == cause).count();
            gauge!("tagmill_stalls", "cause" => cause.name(); name).set(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

/// Sets the gauges of dependencies. Reachable dependencies are exported as 0, so that an alert sees a change and not a
/// gap.
pub fn export_waiting(dependencies: &[Dependency], waiting: Option<&Waiting>) {
    export_waiting_of(None, dependencies, waiting);
}

fn export_waiting_of(name: Option<&'static str>, dependencies: &[Dependency], waiting: Option<&Waiting>) {
    for dependency in dependencies {
        let attempts = waiting.filter(|waiting| waiting.dependency == *dependency).map(|waiting| waiting.attempts);
        let is_waiting = f64::from(u8::from(attempts.is_some()));
        gauge!("tagmill_dependency_waiting", "dependency" => dependency.name; name).set(is_waiting);
        gauge!("tagmill_dependency_attempts", "dependency" => dependency.name; name).set(attempts.unwrap_or(0));
    }
}

/// The Unix time `ago` before `now`, in seconds.
fn unix_time(now: SystemTime, ago: Duration) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ago).as_secs_f64()
}
