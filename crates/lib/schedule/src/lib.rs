//! Schedules: an interval, a cron line, or `continuous`; their ticks; and tasks that run at each tick.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval, sleep},
};
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

pub use self::cron::{Cron, InvalidCron};
pub use tokio_cron_scheduler::JobSchedulerError;

mod cron;

/// The setting `SCHEDULE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// `continuous`: without pauses.
    Continuous,
    /// `25s`: at this interval.
    Every(Duration),
    /// A cron line in UTC, of five fields, or of six with seconds first.
    Cron(String),
}

/// A text that is not a schedule.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is neither `continuous`, nor an interval of at least a second such as `25s`, nor a cron line such as `*/5 * * * *`"
)]
pub struct InvalidSchedule(String);

impl FromStr for Schedule {
    type Err = InvalidSchedule;

    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let text = text.trim();
        if text == "continuous" {
            return Ok(Self::Continuous);
        }
        if let Ok(interval) = humantime::parse_duration(text) {
            let whole = interval >= Duration::from_secs(1);
            return if whole { Ok(Self::Every(interval)) } else { Err(InvalidSchedule(text.to_owned())) };
        }
        let line = if text.split_whitespace().count() == 5 { format!("0 {text}") } else { text.to_owned() };
        match Job::new(line.as_str(), |_, _| {}) {
            Ok(_) => Ok(Self::Cron(line)),
            Err(_) => Err(InvalidSchedule(text.to_owned())),
        }
    }
}

/// A running schedule. Missed ticks are merged into one: if a drain takes longer than the interval, the next one starts
/// at once, and no queue of ticks builds up.
pub enum Ticks {
    /// By the monotonic clock, so that neither a frozen process nor a change of the clock shifts the ticks.
    Every(Interval),
    /// By the wall clock, to which cron lines refer.
    Cron {
        /// Notified at each tick.
        tick: Arc<Notify>,
        /// The scheduler that notifies.
        scheduler: JobScheduler,
    },
}

impl Ticks {
    /// Starts the ticks. The first tick is immediate, so that a restarted service does not stay idle. A continuous
    /// schedule has no ticks.
    ///
    /// # Errors
    /// The scheduler of a cron line cannot be started.
    pub async fn start(schedule: &Schedule) -> Result<Option<Self>, JobSchedulerError> {
        match schedule {
            Schedule::Continuous => Ok(None),
            Schedule::Every(every) => {
                let mut ticks = interval(*every);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                Ok(Some(Self::Every(ticks)))
            }
            Schedule::Cron(line) => {
                let tick = Arc::new(Notify::new());
                let ring = Arc::clone(&tick);
                let scheduler = JobScheduler::new().await?;
                scheduler.add(Job::new(line.as_str(), move |_, _| ring.notify_one())?).await?;
                scheduler.start().await?;
                tick.notify_one();
                Ok(Some(Self::Cron { tick, scheduler }))
            }
        }
    }

    /// Waits for the next tick.
    pub async fn next(&mut self) {
        match self {
            Self::Every(ticks) => {
                ticks.tick().await;
            }
            Self::Cron { tick, .. } => tick.notified().await,
        }
    }

    /// The time from this tick to the next one. `None`: unknown.
    pub async fn until_next(&mut self) -> Option<Duration> {
        match self {
            Self::Every(ticks) => Some(ticks.period()),
            Self::Cron { scheduler, .. } => scheduler.time_till_next_job().await.ok().flatten(),
        }
    }

    /// Stops ticking.
    pub async fn stop(self) {
        if let Self::Cron { mut scheduler, .. } = self {
            let _ = scheduler.shutdown().await;
        }
    }
}

/// The pause between two runs of a task with a continuous schedule.
const CONTINUOUS_PAUSE: Duration = Duration::from_secs(1);

/// Runs a task at each tick until `stop` is cancelled. A running task is dropped then. A failed run is logged and
/// counted in `tagmill_task_failures_total`, and the next tick tries again. A run that takes longer than the interval
/// delays the next one.
///
/// # Errors
/// The scheduler of a cron line cannot be started.
pub async fn run_task<E: fmt::Display>(
    name: &'static str,
    schedule: &Schedule,
    stop: &CancellationToken,
    mut task: impl AsyncFnMut() -> Result<(), E>,
) -> Result<(), JobSchedulerError> {
    let failures = metrics::counter!("tagmill_task_failures_total", "task" => name);
    failures.increment(0);
    let mut ticks = Ticks::start(schedule).await?;
    let running = async {
        loop {
            match &mut ticks {
                Some(ticks) => ticks.next().await,
                None => sleep(CONTINUOUS_PAUSE).await,
            }
            if let Err(error) = task().await {
                tracing::warn!(task = name, %error, "a scheduled task failed; the next tick tries again");
                failures.increment(1);
            }
        }
    };
    let _: Option<()> = stop.run_until_cancelled(running).await;
    if let Some(ticks) = ticks {
        ticks.stop().await;
    }
    Ok(())
}

/// Sets the help text of the metric of tasks.
pub fn describe_metrics() {
    metrics::describe_counter!(
        "tagmill_task_failures_total",
        metrics::Unit::Count,
        "Runs of a scheduled task that failed"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_cron_lines_and_continuous_are_parsed() {
        assert_eq!("continuous".parse::<Schedule>().unwrap(), Schedule::Continuous);
        assert_eq!("25s".parse::<Schedule>().unwrap(), Schedule::Every(Duration::from_secs(25)));
        assert_eq!("*/5 * * * *".parse::<Schedule>().unwrap(), Schedule::Cron("0 */5 * * * *".to_owned()));
        assert_eq!("30 0 4 * * *".parse::<Schedule>().unwrap(), Schedule::Cron("30 0 4 * * *".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_runs_at_each_tick_and_after_a_failure() {
        let stop = CancellationToken::new();
        let mut runs = 0;
        let task = async || {
            runs += 1;
            match runs {
                1 => Err("not now"),
                4 => {
                    stop.cancel();
                    Ok(())
                }
                _ => Ok(()),
            }
        };
        let begin = tokio::time::Instant::now();
        run_task("test", &Schedule::Every(Duration::from_secs(60)), &stop, task).await.unwrap();
        assert_eq!(runs, 4);
        assert_eq!(begin.elapsed().as_secs(), 180, "the first run comes at once");
    }

    #[test]
    fn an_invalid_schedule_is_rejected() {
        for text in ["", "0s", "10ms", "often", "99 * * * *"] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.to_string().contains("cron line"), "{text}: {error}");
        }
    }
}
