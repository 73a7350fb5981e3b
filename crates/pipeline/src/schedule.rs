//! When the loop works: at ticks of an interval or a cron line, or whenever there is something.

use std::{str::FromStr, sync::Arc, time::Duration};

use tokio::sync::Notify;
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
pub(crate) struct Ticks {
    tick: Arc<Notify>,
    scheduler: JobScheduler,
}

impl Ticks {
    /// Starts ticking; the first tick comes at once, so that a restart does not stand idle. A continuous schedule has
    /// no ticks.
    pub(crate) async fn start(schedule: &Schedule) -> Result<Option<Self>, JobSchedulerError> {
        let tick = Arc::new(Notify::new());
        let ring = Arc::clone(&tick);
        let job = match schedule {
            Schedule::Continuous => return Ok(None),
            Schedule::Every(interval) => Job::new_repeated(*interval, move |_, _| ring.notify_one())?,
            Schedule::Cron(line) => Job::new(line.as_str(), move |_, _| ring.notify_one())?,
        };
        let scheduler = JobScheduler::new().await?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        tick.notify_one();
        Ok(Some(Self { tick, scheduler }))
    }

    /// Waits for the next tick.
    pub(crate) async fn next(&self) {
        self.tick.notified().await;
    }

    /// Stops ticking.
    pub(crate) async fn stop(mut self) {
        let _ = self.scheduler.shutdown().await;
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
