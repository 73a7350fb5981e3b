//! Values of the watermark in PostgreSQL's own form, microseconds since 2000-01-01, and their literals.

use jiff::{SignedDuration, civil};
use tokio_postgres::types::Type;

const DAY: i64 = 86_400 * 1_000_000;

/// The type of a watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Timestamp,
    TimestampTz,
    Date,
}

impl Kind {
    pub(crate) fn of(r#type: &Type) -> Option<Self> {
        match *r#type {
            Type::TIMESTAMP => Some(Self::Timestamp),
            Type::TIMESTAMPTZ => Some(Self::TimestampTz),
            Type::DATE => Some(Self::Date),
            _ => None,
        }
    }

    pub(crate) fn to_type(self) -> Type {
        match self {
            Self::Timestamp => Type::TIMESTAMP,
            Self::TimestampTz => Type::TIMESTAMPTZ,
            Self::Date => Type::DATE,
        }
    }

    /// A value in its binary form. Days become the microseconds of their midnight; infinities keep their place.
    pub(crate) fn read(self, field: &[u8]) -> Option<i64> {
        match self {
            Self::Timestamp | Self::TimestampTz => Some(i64::from_be_bytes(field.try_into().ok()?)),
            Self::Date => match i32::from_be_bytes(field.try_into().ok()?) {
                i32::MIN => Some(i64::MIN),
                i32::MAX => Some(i64::MAX),
                days => Some(i64::from(days) * DAY),
            },
        }
    }

    /// A literal of this type for `micros`. A date is one day less: all rows of a day have the same. What lies before the
    /// year 1 is `-infinity`.
    pub(crate) fn literal(self, micros: i64) -> String {
        self.exact(if self == Self::Date { micros.saturating_sub(DAY) } else { micros })
    }

    /// A literal of this type for exactly this time.
    pub(crate) fn exact(self, micros: i64) -> String {
        let name = match self {
            Self::Timestamp => "timestamp",
            Self::TimestampTz => "timestamptz",
            Self::Date => "date",
        };
        let text = civil(micros).map_or("-infinity".to_owned(), |time| match self {
            Self::Timestamp => format!("{} {}", time.date(), time.time()),
            Self::TimestampTz => format!("{} {}+00", time.date(), time.time()),
            Self::Date => time.date().to_string(),
        });
        format!("'{text}'::pg_catalog.{name}")
    }
}

/// Seconds since 1970 of microseconds since 2000.
#[expect(clippy::cast_precision_loss, reason = "a gauge")]
pub(crate) fn unix(micros: i64) -> f64 {
    micros as f64 / 1e6 + 946_684_800.0
}

/// Reads a day, a civil time, or an instant with its zone.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let epoch = civil::date(2000, 1, 1).at(0, 0, 0, 0);
    let civil = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant.to_zoned(jiff::tz::TimeZone::UTC).datetime(),
        Err(_) => text.parse::<civil::DateTime>().ok()?,
    };
    i64::try_from(civil.duration_since(epoch).as_micros()).ok()
}

/// For people: `2026-11-30 11:05:02.5`, `-infinity`.
pub(crate) fn display(micros: i64) -> String {
    civil(micros).map_or("-infinity".to_owned(), |time| format!("{} {}", time.date(), time.time()))
}

fn civil(micros: i64) -> Option<civil::DateTime> {
    let epoch = civil::date(2000, 1, 1).at(0, 0, 0, 0);
    let time = epoch.checked_add(SignedDuration::from_micros(micros)).ok()?;
    (time.year() >= 1).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_bound_is_a_literal_of_the_type_of_its_column() {
        let noon = 43_200_000_001;
        insta::assert_snapshot!(Kind::Timestamp.literal(noon), @"'2000-01-01 12:00:00.000001'::pg_catalog.timestamp");
        insta::assert_snapshot!(Kind::TimestampTz.literal(noon), @"'2000-01-01 12:00:00.000001+00'::pg_catalog.timestamptz");
        insta::assert_snapshot!(Kind::Date.literal(noon), @"'1999-12-31'::pg_catalog.date");
        insta::assert_snapshot!(Kind::Timestamp.literal(i64::MIN), @"'-infinity'::pg_catalog.timestamp");
        insta::assert_snapshot!(Kind::Date.literal(i64::MIN), @"'-infinity'::pg_catalog.date");
    }

    #[test]
    fn binary_values_are_read_as_microseconds_since_2000() {
        assert_eq!(Kind::Date.read(&1_i32.to_be_bytes()), Some(86_400_000_000));
        assert_eq!(Kind::Date.read(&i32::MAX.to_be_bytes()), Some(i64::MAX));
        assert_eq!(Kind::Timestamp.read(&7_i64.to_be_bytes()), Some(7));
        assert_eq!(Kind::Timestamp.read(&[1]), None);
    }
}
