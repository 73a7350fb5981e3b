//! Detection of the end of a run: everything is read, nothing waits, and two observations are equal.

use std::time::Duration;

/// Parked orders that remain parked for this time (three rounds of retries) count as parked for good.
const PARKED_FOR_GOOD: Duration = Duration::from_secs(15);

/// One observation of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Number of records in each topic.
    pub(crate) records: Vec<u64>,
    /// Number of records still to be read, in total.
    pub(crate) lag: u64,
    /// Number of parked orders.
    pub(crate) parked: u64,
    /// Number of un-parked orders that are not yet sent.
    pub(crate) unsent: u64,
    /// Number of rules that are not applied to all users and of tag events that are not sent.
    pub(crate) untagged: u64,
}

/// The time since which observations are equal.
#[derive(Debug, Default)]
pub(crate) struct IdleSince {
    still: Option<(Duration, Look)>,
}

impl IdleSince {
    /// Adds an observation. Returns the time since which the pipeline has been idle, once this is certain.
    pub(crate) fn look(&mut self, at: Duration, look: Look) -> Option<Duration> {
        if look.lag > 0 || look.unsent > 0 || look.untagged > 0 {
            self.still = None;
            return None;
        }
        match &self.still {
            Some((since, last)) if *last == look => {
                (look.parked == 0 || at.saturating_sub(*since) >= PARKED_FOR_GOOD).then_some(*since)
            }
            _ => {
                self.still = Some((at, look));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(records: u64, lag: u64, parked: u64, unsent: u64) -> Look {
        Look { records: vec![records], lag, parked, unsent, untagged: 0 }
    }

    #[test]
    fn the_pipeline_is_idle_since_the_first_of_two_equal_observations() {
        let mut idle_since = IdleSince::default();
        let at = Duration::from_secs;
        assert_eq!(idle_since.look(at(1), look(10, 0, 0, 0)), None);
        assert_eq!(idle_since.look(at(2), look(12, 0, 0, 0)), None, "more has come");
        assert_eq!(idle_since.look(at(3), look(12, 1, 0, 0)), None, "something is unread");
        assert_eq!(idle_since.look(at(4), look(12, 0, 0, 1)), None, "something is unsent");
        assert_eq!(idle_since.look(at(4), Look { untagged: 1, ..look(12, 0, 0, 0) }), None, "a tag is not published");
        assert_eq!(idle_since.look(at(5), look(12, 0, 0, 0)), None);
        assert_eq!(idle_since.look(at(6), look(12, 0, 0, 0)), Some(at(5)));
    }

    #[test]
    fn parked_orders_get_time_for_a_retry() {
        let mut idle_since = IdleSince::default();
        let at = Duration::from_secs;
        assert_eq!(idle_since.look(at(1), look(10, 0, 2, 0)), None);
        assert_eq!(idle_since.look(at(15), look(10, 0, 2, 0)), None);
        assert_eq!(idle_since.look(at(16), look(10, 0, 2, 0)), Some(at(1)));
    }
}
