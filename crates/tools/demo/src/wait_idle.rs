//! Detection of the end of a run: everything is read, nothing waits, and two observations are equal.

use std::time::Duration;

/// Parked orders may yet be freed by a retry; those that stay for three rounds of retries stay for good.
const PARKED_FOR_GOOD: Duration = Duration::from_secs(15);

/// What one look at the pipeline shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// How many records each topic on the way holds.
    pub(crate) records: Vec<u64>,
    /// How many of them are still to be read, everywhere together.
    pub(crate) lag: u64,
    /// Orders that STG holds back for want of a name.
    pub(crate) parked: u64,
    /// Orders that STG has freed and not yet sent.
    pub(crate) unsent: u64,
    /// Rules that are not applied to everybody, and changes of tags that are not sent.
    pub(crate) untagged: u64,
}

/// Remembers since when nothing has moved.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    still: Option<(Duration, Look)>,
}

impl Settled {
    /// Takes a look at this time; says since when the pipeline has been done, once it is certain.
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
    fn done_is_when_two_looks_agree_and_the_first_of_them_counts() {
        let mut settled = Settled::default();
        let at = Duration::from_secs;
        assert_eq!(settled.look(at(1), look(10, 0, 0, 0)), None);
        assert_eq!(settled.look(at(2), look(12, 0, 0, 0)), None, "more has come");
        assert_eq!(settled.look(at(3), look(12, 1, 0, 0)), None, "something is unread");
        assert_eq!(settled.look(at(4), look(12, 0, 0, 1)), None, "something is unsent");
        assert_eq!(settled.look(at(4), Look { untagged: 1, ..look(12, 0, 0, 0) }), None, "a tag is not told");
        assert_eq!(settled.look(at(5), look(12, 0, 0, 0)), None);
        assert_eq!(settled.look(at(6), look(12, 0, 0, 0)), Some(at(5)));
    }

    #[test]
    fn parked_orders_get_time_to_be_freed() {
        let mut settled = Settled::default();
        let at = Duration::from_secs;
        assert_eq!(settled.look(at(1), look(10, 0, 2, 0)), None);
        assert_eq!(settled.look(at(15), look(10, 0, 2, 0)), None);
        assert_eq!(settled.look(at(16), look(10, 0, 2, 0)), Some(at(1)));
    }
}
