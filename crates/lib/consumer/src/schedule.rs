//! When the loop works: at ticks of an interval or a cron line, or whenever there is something.

use std::{str::FromStr, sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval},
};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// The setting `SCHEDULE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// `continuous`: whatever is there, without waiting.
    Continuous,
    /// `25s`: drain, then drain again this long after the last tick.
    Every(Duration),
    /// A cron line in UTC, of five fields, or of six with seconds first.
    Cron(String),
}

/// A text that is no schedule.
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

/// A running schedule. Ticks that nobody waits for collapse into one: a drain that takes longer than the interval is
/// followed by the next one at once, not by a queue of them.
pub(crate) enum Ticks {
    /// By the monotonic clock: neither a process that was frozen nor a clock that is set loses the beat.
    Every(Interval),
    /// By the wall clock, which a cron line is about.
    Cron { tick: Arc<Notify>, scheduler: JobScheduler },
}

impl Ticks {
    /// Starts ticking; the first tick comes at once, so that a restart does not stand idle. A continuous schedule has
    /// no ticks.
    pub(crate) async fn start(schedule: &Schedule) -> Result<Option<Self>, JobSchedulerError> {
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
    pub(crate) async fn next(&mut self) {
        match self {
            Self::Every(ticks) => {
                ticks.tick().await;
            }
            Self::Cron { tick, .. } => tick.notified().await,
        }
    }

    /// Stops ticking.
    pub(crate) async fn stop(self) {
        if let Self::Cron { mut scheduler, .. } = self {
            let _ = scheduler.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_intervals_cron_lines_and_the_word() {
        assert_eq!("continuous".parse::<Schedule>().unwrap(), Schedule::Continuous);
        assert_eq!("25s".parse::<Schedule>().unwrap(), Schedule::Every(Duration::from_secs(25)));
        assert_eq!("*/5 * * * *".parse::<Schedule>().unwrap(), Schedule::Cron("0 */5 * * * *".to_owned()));
        assert_eq!("30 0 4 * * *".parse::<Schedule>().unwrap(), Schedule::Cron("30 0 4 * * *".to_owned()));
    }

    #[test]
    fn refuses_what_is_no_schedule() {
        for text in ["", "0s", "10ms", "often", "99 * * * *"] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.to_string().contains("cron line"), "{text}: {error}");
        }
    }
}
