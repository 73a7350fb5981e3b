//! Instants of API v2: RFC 3339, to the microsecond, in UTC.

use database::PgTimestamp;
use jiff::{Timestamp, tz::TimeZone};

use super::problem::Problem;

/// The longest time to live: a hundred years, in seconds.
const MAX_TTL: i64 = 3_155_760_000;

/// The end of a membership, as a request gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deadline {
    /// At this instant, or never.
    At(PgTimestamp),
    /// In so many seconds.
    In(i64),
}

/// The instant of a text. `None`: it is none, or before the year 1.
pub(super) fn parse(text: &str) -> Option<PgTimestamp> {
    let civil = TimeZone::UTC.to_datetime(text.parse::<Timestamp>().ok()?);
    (civil.year() >= 1).then(|| PgTimestamp::new(civil))
}

/// The instant of a field of a request.
pub(super) fn field(name: &str, text: &str) -> Result<PgTimestamp, Problem> {
    parse(text).ok_or_else(|| {
        let detail =
            format!("{name} has to be a time as in RFC 3339, such as 2026-11-24T12:00:00Z (a + in a URL is %2B)");
        Problem::invalid("invalid_time", detail)
    })
}

/// The text of an instant. Infinity has none.
pub(super) fn text(at: PgTimestamp) -> Option<String> {
    at.civil().map(|civil| format!("{civil}Z"))
}

impl Deadline {
    /// Of `until` or `ttl`. `None`: both are given, or one is invalid.
    pub(super) fn parse(until: Option<&str>, ttl: Option<i64>) -> Option<Self> {
        match (until, ttl) {
            (None, None) => Some(Self::At(PgTimestamp::INFINITY)),
            (Some(until), None) => parse(until).map(Self::At),
            (None, Some(ttl)) => (1..=MAX_TTL).contains(&ttl).then_some(Self::In(ttl)),
            (Some(_), Some(_)) => None,
        }
    }

    /// The instant, at this time.
    pub(super) fn at(self, now: PgTimestamp) -> PgTimestamp {
        match self {
            Self::At(at) => at,
            Self::In(seconds) => {
                PgTimestamp::from_micros(now.micros().saturating_add(seconds.saturating_mul(1_000_000)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_it_is_read_in_utc() {
        for (given, written) in [
            ("2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z"),
            ("2026-11-24T12:00:00.000001+03:00", "2026-11-24T09:00:00.000001Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(given).and_then(text).as_deref(), Some(written), "{given}");
        }
        for wrong in ["", "2026-11-24", "2026-11-24T12:00:00", "0000-12-31T00:00:00Z", "infinity", "1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(text(PgTimestamp::INFINITY), None);
    }

    #[test]
    fn a_deadline_is_an_instant_or_a_number_of_seconds() {
        let now = PgTimestamp::from_micros(5);
        assert_eq!(Deadline::parse(None, None).map(|end| end.at(now)), Some(PgTimestamp::INFINITY));
        assert_eq!(Deadline::parse(None, Some(2)).map(|end| end.at(now)), Some(PgTimestamp::from_micros(2_000_005)));
        for (until, ttl) in
            [(Some("x"), None), (None, Some(0)), (None, Some(i64::MAX)), (Some("2026-11-24T12:00:00Z"), Some(1))]
        {
            assert_eq!(Deadline::parse(until, ttl), None, "{until:?} {ttl:?}");
        }
    }
}
