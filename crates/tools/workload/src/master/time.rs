//! Times as PostgreSQL writes them, and the zones of writers.

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const HOUR: i64 = 3600 * SECOND;

/// Where a writer takes the time of `timestamp` columns from: the clock of its own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// That of M.
    Same,
    /// Three hours ahead of M.
    Ahead,
    /// Three hours behind M.
    Behind,
}

impl Zone {
    /// The time its clocks show.
    #[must_use]
    pub const fn local(self, now: i64) -> i64 {
        match self {
            Self::Same => now,
            Self::Ahead => now + 3 * HOUR,
            Self::Behind => now - 3 * HOUR,
        }
    }
}

/// `2026-11-30 11:05:02.25`: zeros at the end of the fraction are left out.
pub(super) fn timestamp(micros: i64, line: &mut String) {
    let time = civil(micros);
    let (date, clock) = (time.date(), time.time());
    // Writing to a String cannot fail.
    let _ = write!(
        line,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    let fraction = micros.rem_euclid(SECOND);
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(line, ".{}", digits.trim_end_matches('0'));
    }
}

/// `2026-11-30`.
pub(super) fn date(micros: i64, line: &mut String) {
    let date = civil(micros).date();
    let _ = write!(line, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
}

fn civil(micros: i64) -> jiff::civil::DateTime {
    TimeZone::UTC.to_datetime(Timestamp::from_microsecond(micros).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_postgresql_writes_them() {
        let text = |micros| {
            let mut line = String::new();
            timestamp(micros, &mut line);
            line
        };
        assert_eq!(text(0), "1970-01-01 00:00:00");
        assert_eq!(text(1_780_000_000_000_000), "2026-05-28 20:26:40");
        assert_eq!(text(1_780_000_000_120_300), "2026-05-28 20:26:40.1203");
        assert_eq!(text(Zone::Behind.local(0)), "1969-12-31 21:00:00");
    }
}
