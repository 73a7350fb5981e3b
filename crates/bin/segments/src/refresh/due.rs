//! When a refresh is due. Pure.

use database::PgTimestamp;
use schedule::{Cron, InvalidCron};

use super::params::Params;

/// What is known of the refreshes of a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// The begin of the last successful one since the parameters changed.
    pub success_at: Option<PgTimestamp>,
    /// The number of failures since.
    pub failures: i32,
    /// Not before this time, after a failure.
    pub retry_at: Option<PgTimestamp>,
    /// Whether an operation since has touched what a percentage depends on.
    pub is_touched: bool,
}

/// The time between two reconciliations of a tag.
const TAG_EVERY: i64 = 3600 * SECOND;

/// The time between two computations of a percentage with include or exclude.
const PERCENT_EVERY: i64 = 60 * SECOND;

const SECOND: i64 = 1_000_000;

/// The seconds from 1970 to 2000.
const EPOCH: i64 = 946_684_800;

/// Since when a refresh is due. `None`: it is not. Several missed times count as one.
///
/// # Errors
/// The cron line cannot be read.
pub fn due(
    now: PgTimestamp,
    params: Option<&Params>,
    cron: Option<&str>,
    history: &History,
) -> Result<Option<PgTimestamp>, InvalidCron> {
    if history.retry_at.is_some_and(|retry_at| now < retry_at) {
        return Ok(None);
    }
    let by_cron = cron.map(|cron| last(cron, now)).transpose()?.flatten();
    let Some(success_at) = history.success_at else {
        // New or changed. Without a cron, a query waits until somebody asks for it.
        let starts_by_itself = by_cron.is_some() || params.is_none_or(|params| !params.has_sql());
        return Ok(starts_by_itself.then(|| history.retry_at.unwrap_or(now)));
    };
    if let Some(last) = by_cron.filter(|last| success_at < *last) {
        return Ok(Some(last));
    }
    let every = match params {
        Some(Params::Tag(_)) => TAG_EVERY,
        Some(Params::Percent(_)) if history.is_touched => PERCENT_EVERY,
        _ => return Ok(None),
    };
    let next = PgTimestamp::from_micros(success_at.micros().saturating_add(every));
    Ok((next <= now).then_some(next))
}

/// The last time of a cron line that is not after `now`.
fn last(cron: &str, now: PgTimestamp) -> Result<Option<PgTimestamp>, InvalidCron> {
    let seconds = now.micros().div_euclid(SECOND) + EPOCH;
    let last = cron.parse::<Cron>()?.last(seconds);
    Ok(last.map(|seconds| PgTimestamp::from_micros((seconds - EPOCH) * SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> PgTimestamp {
        PgTimestamp::new(format!("2026-11-24T{text}").parse::<jiff::civil::DateTime>().unwrap())
    }

    fn query() -> Params {
        Params::parse(r#"{"query":{"sql":"SELECT 1"}}"#).unwrap()
    }

    fn since(params: &Params, cron: Option<&str>, now: &str, history: History) -> Option<PgTimestamp> {
        due(at(now), Some(params), cron, &history).unwrap()
    }

    #[test]
    fn a_cron_line_is_due_once_for_each_time() {
        let refreshed = |text| History { success_at: Some(at(text)), ..History::default() };
        let hourly = Some("0 * * * *");
        assert_eq!(since(&query(), hourly, "12:00:00", refreshed("11:00:01")), Some(at("12:00:00")));
        assert_eq!(since(&query(), hourly, "12:59:59", refreshed("12:00:00.5")), None);
        assert_eq!(since(&query(), hourly, "12:00:00", refreshed("12:00:00")), None);
        // Several missed times are one.
        assert_eq!(since(&query(), hourly, "15:30:00", refreshed("11:00:01")), Some(at("15:00:00")));
        assert_eq!(since(&query(), Some("* * * * * *"), "15:30:07.9", refreshed("15:30:06.99")), Some(at("15:30:07")));
        assert_eq!(since(&query(), Some("* * * * * *"), "15:30:07.9", refreshed("15:30:07.01")), None);
    }

    #[test]
    fn a_new_segment_with_a_cron_line_is_due_at_once() {
        assert!(since(&query(), Some("0 4 * * *"), "12:00:00", History::default()).is_some());
        assert_eq!(since(&query(), None, "12:00:00", History::default()), None);
    }

    #[test]
    fn a_failure_waits_for_its_retry() {
        let failed = History { retry_at: Some(at("12:01:00")), failures: 1, ..History::default() };
        assert_eq!(since(&query(), Some("* * * * *"), "12:00:59.9", failed), None);
        assert_eq!(since(&query(), Some("* * * * *"), "12:01:00", failed), Some(at("12:01:00")));
    }

    #[test]
    fn a_tag_is_due_every_hour_and_a_percentage_when_it_is_touched() {
        let tag = Params::Tag("A".to_owned());
        let percent = Params::parse(r#"{"percent":{"percent":10,"include":["A"]}}"#).unwrap();
        let refreshed = History { success_at: Some(at("12:00:00")), ..History::default() };
        let touched = History { is_touched: true, ..refreshed };
        assert_eq!(since(&tag, None, "12:59:59", refreshed), None);
        assert_eq!(since(&tag, None, "13:00:00", refreshed), Some(at("13:00:00")));
        assert_eq!(since(&percent, None, "23:00:00", refreshed), None, "without changes nothing is recomputed");
        assert_eq!(since(&percent, None, "12:00:59", touched), None);
        assert_eq!(since(&percent, None, "12:01:00", touched), Some(at("12:01:00")));
        assert!(since(&percent, None, "12:00:00", History::default()).is_some());
    }

    #[test]
    fn a_wrong_cron_line_is_an_error() {
        assert!(due(at("12:00:00"), Some(&query()), Some("often"), &History::default()).is_err());
    }
}
