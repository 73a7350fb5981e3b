//! Points in time in UTC, with microseconds.

use std::{borrow::Cow, fmt};

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    fmt::temporal::{DateTimeParser, PiecesOffset},
    tz::Offset,
};

/// A point in time in UTC, truncated to microseconds, in the years 0 to 9999 (so that its text has a fixed width).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMicros(DateTime);

impl UtcMicros {
    /// The last point in time.
    pub const LAST: Self = Self(DateTime::constant(9999, 12, 31, 23, 59, 59, 999_999_000));

    /// Parses `YYYY-MM-DD HH:MM:SS` or ISO 8601, with or without a fraction and a zone. Without a zone it is UTC. A
    /// leap second becomes the second before it. `None` for anything else, including a date without a time.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let text = cut_fraction(text);
        let pieces = PARSER.parse_pieces(text.as_bytes()).ok()?;
        let civil = DateTime::from_parts(pieces.date(), pieces.time()?);
        match pieces.offset() {
            None if pieces.time_zone_annotation().is_some() => None,
            None => Self::from_civil(civil),
            Some(PiecesOffset::Zulu) => Self::from_civil(civil),
            Some(PiecesOffset::Numeric(numeric)) => {
                let offset: Offset = numeric.offset();
                // An offset of a day or more is not a zone, although the parser accepts some.
                if offset.seconds().abs() >= 24 * 3600 {
                    return None;
                }
                Self::from_civil(civil.checked_sub(SignedDuration::from_secs(offset.seconds().into())).ok()?)
            }
            Some(_) => None,
        }
    }

    /// The point in time this many microseconds after the Unix epoch. `None` outside the years 0 to 9999.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        let timestamp = Timestamp::from_microsecond(micros).ok()?;
        Self::from_civil(Offset::UTC.to_datetime(timestamp))
    }

    /// A civil time, interpreted as UTC.
    #[must_use]
    pub fn from_civil(civil: DateTime) -> Option<Self> {
        // Calendar arithmetic costs more than everything else here, and there is hardly ever a fraction to cut.
        let cut = match civil.subsec_nanosecond() % 1000 {
            0 => civil,
            nanoseconds => civil.with().subsec_nanosecond(civil.subsec_nanosecond() - nanoseconds).build().ok()?,
        };
        (0..=9999).contains(&cut.year()).then_some(Self(cut))
    }

    /// As a `timestamp` of PostgreSQL.
    #[must_use]
    pub const fn civil(self) -> DateTime {
        self.0
    }

    /// One microsecond later. The last point in time remains unchanged.
    #[must_use]
    pub fn next(self) -> Self {
        self.0.checked_add(SignedDuration::from_micros(1)).ok().and_then(Self::from_civil).unwrap_or(Self::LAST)
    }

    /// The start of its hour.
    #[must_use]
    pub fn hour(self) -> Self {
        Self(self.0.date().at(self.0.hour(), 0, 0, 0))
    }

    /// Earlier by this duration, but not before the first point in time.
    #[must_use]
    pub fn before(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let earlier = self.0.saturating_sub(SignedDuration::from_micros(micros));
        Self::from_civil(earlier).unwrap_or(Self(DateTime::constant(0, 1, 1, 0, 0, 0, 0)))
    }

    /// Milliseconds since the Unix epoch, truncated.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        let since_epoch = self.0.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_millis();
        i64::try_from(since_epoch).unwrap_or(i64::MAX)
    }

    /// Whether it is more than `hours` after `millis`, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn is_after(self, millis: i64, hours: i64) -> bool {
        let since_epoch = self.0.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_micros();
        since_epoch > (i128::from(millis) + i128::from(hours) * 3_600_000) * 1000
    }

    /// Whether it is in the last year.
    pub(crate) fn is_near_the_end(self) -> bool {
        self.0.year() == Self::LAST.0.year()
    }

    /// A text of fixed width that sorts by time: `20260302120144000000`.
    #[must_use]
    pub fn sortable(self) -> String {
        let Self(at) = self;
        let mut text = String::with_capacity(20);
        push_digits(&mut text, i32::from(at.year()), 1000);
        for part in [at.month(), at.day(), at.hour(), at.minute(), at.second()] {
            push_digits(&mut text, part.into(), 10);
        }
        push_digits(&mut text, at.subsec_nanosecond() / 1000, 100_000);
        text
    }
}

/// Appends the digits of a non-negative number, from that of the largest `place` to the last.
fn push_digits(text: &mut String, number: i32, place: i32) {
    for place in std::iter::successors(Some(place), |place| Some(place / 10).filter(|place| *place > 0)) {
        let digit = u8::try_from(number / place % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
    }
}

/// Removes digits beyond microseconds, because a parser may reject dozens of them.
fn cut_fraction(text: &str) -> Cow<'_, str> {
    let Some(point) = text.find(['.', ',']) else { return text.into() };
    let (whole, fraction) = text.split_at(point + 1);
    let digits = fraction.len() - fraction.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    if digits <= 6 {
        return text.into();
    }
    format!("{whole}{}{}", &fraction[..6], &fraction[digits..]).into()
}

impl fmt::Display for UtcMicros {
    /// `2026-03-02 12:01:44`, with a fraction if there is one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at) = self;
        let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
        write!(out, "{date} {hour:02}:{minute:02}:{second:02}")?;
        match at.subsec_nanosecond() / 1000 {
            0 => Ok(()),
            micros => write!(out, ".{}", format!("{micros:06}").trim_end_matches('0')),
        }
    }
}

impl From<UtcMicros> for DateTime {
    fn from(moment: UtcMicros) -> Self {
        moment.civil()
    }
}

impl serde::Serialize for UtcMicros {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_form_is_read() {
        for (text, expected) in [
            ("2026-03-02 11:20:05", "2026-03-02 11:20:05"),
            ("2026-03-02T11:20:05", "2026-03-02 11:20:05"),
            ("2026-03-02T11:20:05Z", "2026-03-02 11:20:05"),
            ("2026-03-02 11:20:05+03:00", "2026-03-02 08:20:05"),
            ("2026-03-02T11:20:05+03", "2026-03-02 08:20:05"),
            ("2026-03-02T11:20:05-0330", "2026-03-02 14:50:05"),
            ("2026-03-02T11:20:05.123456789Z", "2026-03-02 11:20:05.123456"),
            ("2026-03-02T11:20:05.12345678901234567890Z", "2026-03-02 11:20:05.123456"),
            ("2026-03-02 11:20:05,5", "2026-03-02 11:20:05.5"),
            ("20260302T112005Z", "2026-03-02 11:20:05"),
            ("2026-01-01T01:00:00+03:00", "2025-12-31 22:00:00"),
            ("9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ] {
            assert_eq!(UtcMicros::read(text).map(|moment| moment.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn malformed_times_are_rejected() {
        for text in [
            "",
            "2026-03-02",
            "yesterday",
            "2026-02-30 10:00:00",
            "2026-03-02 25:00:00",
            "1.5",
            ".",
            "2026-03-02 11:20:05.",
            "2026-03-02 11:20:05,ё",
            "2026-03-02T10:00:00[Europe/Moscow]",
            "2026-03-02T10:00:00+24:00",
            "-000001-03-02T10:00:00",
            "+010000-01-01T00:00:00",
        ] {
            assert_eq!(UtcMicros::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_sortable_text_has_a_fixed_width() {
        assert_eq!(UtcMicros::read("2026-03-02 12:01:44.5").unwrap().sortable(), "20260302120144500000");
    }
}
