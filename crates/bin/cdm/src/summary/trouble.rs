//! Days whose refresh fails. They are skipped for a while, so that the other days are refreshed.

/// The known failing days. After a failure the next refresh handles each day by itself, which finds the failing day.
/// That day is then skipped until some refreshes have succeeded.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    days: Vec<String>,
    one_by_one: bool,
    successes: u32,
}

/// The number of refreshes after which a failing day is tried again.
const RETRY_AFTER: u32 = 20;

impl Trouble {
    /// The days to skip.
    pub(super) fn days(&self) -> Vec<&str> {
        self.days.iter().map(String::as_str).collect()
    }

    /// Whether days are to be handled one by one.
    pub(super) const fn is_one_by_one(&self) -> bool {
        self.one_by_one
    }

    /// The refresh of the days from `first` to `last` has failed.
    pub(super) fn failed(&mut self, first: &str, last: &str) {
        self.one_by_one = first != last;
        if first == last && self.days.iter().all(|day| day != first) {
            self.days.push(first.to_owned());
        }
        self.successes = 0;
    }

    /// A refresh has succeeded.
    pub(super) fn refreshed(&mut self) {
        self.one_by_one = false;
        self.successes += 1;
        if self.successes >= RETRY_AFTER {
            self.days.clear();
            self.successes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RETRY_AFTER, Trouble};

    #[test]
    fn a_failing_range_is_refreshed_day_by_day_and_the_failing_day_is_skipped() {
        let mut trouble = Trouble::default();
        trouble.failed("2026-03-01", "2026-03-31");
        assert!(trouble.is_one_by_one() && trouble.days().is_empty());
        trouble.failed("2026-03-07", "2026-03-07");
        assert!(!trouble.is_one_by_one());
        assert_eq!(trouble.days(), ["2026-03-07"]);
        trouble.refreshed();
        assert_eq!(trouble.days(), ["2026-03-07"]);
    }

    #[test]
    fn a_failing_day_is_retried() {
        let mut trouble = Trouble::default();
        trouble.failed("2026-03-07", "2026-03-07");
        for _ in 0..RETRY_AFTER {
            assert_eq!(trouble.days(), ["2026-03-07"]);
            trouble.refreshed();
        }
        assert!(trouble.days().is_empty());
    }
}
