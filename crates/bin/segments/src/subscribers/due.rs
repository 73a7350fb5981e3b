//! Which work of a subscription is due. Pure.

use database::PgTimestamp;

use crate::refresh::due::{self as refreshes, History};

/// The state of a subscription and its sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The number.
    pub id: i32,
    /// The kind of the target.
    pub target: String,
    /// Five fields, UTC. `None`: immediate.
    pub cron: Option<String>,
    /// The status.
    pub status: String,
    /// It has ended.
    pub is_ended: bool,
    /// Its begin, or its end.
    pub changed_at: PgTimestamp,
    /// The begin of the last complete sync.
    pub success_at: Option<PgTimestamp>,
    /// The begin of the last complete comparison.
    pub reconciled_at: Option<PgTimestamp>,
    /// Failures since.
    pub failures: i32,
    /// Not before this time, after a failure.
    pub retry_at: Option<PgTimestamp>,
    /// Somebody asks for a comparison.
    pub is_requested: bool,
    /// An operation that touched the segment since.
    pub touched_at: Option<PgTimestamp>,
    /// Changes that waited after the last attempt.
    pub pending: i64,
    /// The clock.
    pub now: PgTimestamp,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The changes since the last sync.
    Sync,
    /// A comparison of all users, because somebody asks for it.
    Request,
    /// A comparison of all users, because the last one was an hour ago.
    Reconcile,
    /// The end of the subscription.
    End,
}

/// The time between two comparisons of all users, in microseconds.
const RECONCILE_EVERY: i64 = 3_600_000_000;

impl State {
    /// The work that is due, and since when.
    #[must_use]
    pub fn due(&self) -> Option<(Work, PgTimestamp)> {
        if self.retry_at.is_some_and(|retry_at| self.now < retry_at) {
            return None;
        }
        self.waiting_since().or_else(|| self.reconcile())
    }

    /// Since when the target lacks something, whether or not it is tried again now.
    #[must_use]
    pub fn waiting_since(&self) -> Option<(Work, PgTimestamp)> {
        if self.is_ended {
            return Some((Work::End, self.changed_at));
        }
        if self.status == "gone" {
            return None;
        }
        if self.is_requested {
            return Some((Work::Request, self.now));
        }
        let since = match (&self.cron, self.success_at) {
            (Some(cron), _) => self.by_cron(cron),
            (None, None) => Some(self.changed_at),
            (None, Some(success_at)) => self.touched_at.or((self.failures > 0).then_some(success_at)),
        };
        Some((Work::Sync, since?))
    }

    /// The last time of a cron line, if no sync has succeeded since. A line that cannot be read is due, and fails.
    fn by_cron(&self, cron: &str) -> Option<PgTimestamp> {
        let history = History { success_at: self.success_at, ..History::default() };
        refreshes::due(self.now, None, Some(cron), &history).unwrap_or(Some(self.now))
    }

    /// With a cron, a comparison is part of a sync.
    fn reconcile(&self) -> Option<(Work, PgTimestamp)> {
        let last = self.reconciled_at.filter(|_| self.cron.is_none() && self.status != "gone")?;
        let next = PgTimestamp::from_micros(last.micros().saturating_add(RECONCILE_EVERY));
        (next <= self.now).then_some((Work::Reconcile, next))
    }
}

/// Whether a sync that begins compares all users.
#[must_use]
pub fn is_whole(work: Work, reconciled_at: Option<PgTimestamp>, has_cron: bool, now: PgTimestamp) -> bool {
    let is_old = || reconciled_at.is_none_or(|at| at.micros().saturating_add(RECONCILE_EVERY) <= now.micros());
    matches!(work, Work::Request | Work::Reconcile) || (has_cron && is_old())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> PgTimestamp {
        PgTimestamp::new(format!("2026-11-24T{text}").parse::<jiff::civil::DateTime>().unwrap())
    }

    fn synced() -> State {
        State {
            id: 1,
            target: "webhook".to_owned(),
            cron: None,
            status: "uploaded".to_owned(),
            is_ended: false,
            changed_at: at("08:00:00"),
            success_at: Some(at("11:59:00")),
            reconciled_at: Some(at("11:30:00")),
            failures: 0,
            retry_at: None,
            is_requested: false,
            touched_at: None,
            pending: 0,
            now: at("12:00:00"),
        }
    }

    #[test]
    fn an_immediate_subscription_is_due_when_its_segment_is_touched() {
        assert_eq!(synced().due(), None);
        let touched = State { touched_at: Some(at("11:59:59")), ..synced() };
        assert_eq!(touched.due(), Some((Work::Sync, at("11:59:59"))));
        let new = State { success_at: None, reconciled_at: None, ..synced() };
        assert_eq!(new.due(), Some((Work::Sync, at("08:00:00"))));
    }

    #[test]
    fn a_failing_one_waits_for_its_retry_and_is_late_meanwhile() {
        let failing =
            State { failures: 3, retry_at: Some(at("12:00:01")), touched_at: Some(at("11:00:00")), ..synced() };
        assert_eq!(failing.due(), None);
        assert_eq!(failing.waiting_since(), Some((Work::Sync, at("11:00:00"))));
        assert_eq!(State { now: at("12:00:01"), ..failing }.due(), Some((Work::Sync, at("11:00:00"))));
    }

    #[test]
    fn one_that_is_gone_waits_for_a_person_and_one_that_ended_for_its_target() {
        let gone =
            State { status: "gone".to_owned(), touched_at: Some(at("11:00:00")), is_requested: true, ..synced() };
        assert_eq!((gone.due(), gone.waiting_since()), (None, None));
        assert_eq!(State { is_ended: true, ..gone }.due(), Some((Work::End, at("08:00:00"))));
    }

    #[test]
    fn with_a_cron_line_changes_wait_for_its_next_time() {
        let hourly = State { cron: Some("0 * * * *".to_owned()), touched_at: Some(at("11:59:30")), ..synced() };
        assert_eq!(hourly.due(), Some((Work::Sync, at("12:00:00"))));
        assert_eq!(State { success_at: Some(at("12:00:00")), ..hourly.clone() }.due(), None);
        assert!(State { success_at: None, ..hourly.clone() }.due().is_some(), "a new one is due at once");
        assert!(State { cron: Some("often".to_owned()), ..hourly }.due().is_some(), "a wrong line is due, and fails");
    }

    #[test]
    fn all_users_are_compared_every_hour_and_on_request() {
        let old = State { reconciled_at: Some(at("11:00:00")), ..synced() };
        assert_eq!(old.due(), Some((Work::Reconcile, at("12:00:00"))));
        assert_eq!(State { is_requested: true, ..synced() }.due(), Some((Work::Request, at("12:00:00"))));
        assert!(is_whole(Work::Request, Some(at("11:59:59")), false, at("12:00:00")));
        assert!(!is_whole(Work::Sync, Some(at("10:00:00")), false, at("12:00:00")));
        assert!(is_whole(Work::Sync, Some(at("11:00:00")), true, at("12:00:00")));
        assert!(!is_whole(Work::Sync, Some(at("11:00:01")), true, at("12:00:00")));
    }
}
