//! PostgreSQL's binary `timestamp`: microseconds since 2000.

use std::error::Error;

use bytes::BytesMut;
use jiff::{SignedDuration, civil::DateTime};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A civil time as a parameter or a value, or PostgreSQL's `infinity`, which is later than any time. The driver's own
/// conversion uses calendar arithmetic, which costs more than the rest of a row, and a batch has thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PgTimestamp(i64);

const EPOCH: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

impl PgTimestamp {
    /// PostgreSQL's `infinity`.
    pub const INFINITY: Self = Self(i64::MAX);

    /// The time of a number of microseconds since 2000.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 2000. Those of `infinity` are [`i64::MAX`].
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The civil time. `None`: it is `infinity`, or further away than a civil time can be.
    #[must_use]
    pub fn civil(self) -> Option<DateTime> {
        if self == Self::INFINITY { None } else { EPOCH.checked_add(SignedDuration::from_micros(self.0)).ok() }
    }

    /// Converts a civil time. Nanoseconds are cut off, because PostgreSQL does not store them.
    pub fn new(at: impl Into<DateTime>) -> Self {
        let since = at.into().duration_since(EPOCH);
        Self(since.as_secs() * 1_000_000 + i64::from(since.subsec_nanos().div_euclid(1000)))
    }
}

impl ToSql for PgTimestamp {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMP);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for PgTimestamp {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(bytes.try_into()?)))
    }

    accepts!(TIMESTAMP);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_later_than_any_time_and_a_time_comes_back() {
        let at: DateTime = "9998-12-31T23:59:59.999999".parse().unwrap();
        assert!(PgTimestamp::new(at) < PgTimestamp::INFINITY);
        assert_eq!(PgTimestamp::new(at).civil(), Some(at));
        assert_eq!(PgTimestamp::INFINITY.civil(), None);
    }

    #[test]
    fn a_timestamp_is_written_as_the_driver_writes_a_civil_time() {
        for day in ["0000-01-01", "0001-12-31", "0400-02-29", "1582-10-10", "1999-12-31", "2000-01-01", "2000-02-29"]
            .into_iter()
            .chain(["1900-03-01", "1969-12-31", "1970-01-01", "2022-11-19", "2100-02-28", "9998-12-31"])
        {
            for time in ["00:00:00", "00:00:00.000001", "12:34:56.5", "23:59:59", "23:59:59.999999"] {
                let civil: DateTime = format!("{day}T{time}").parse().unwrap();
                let (mut ours, mut drivers) = (BytesMut::new(), BytesMut::new());
                PgTimestamp::new(civil).to_sql(&Type::TIMESTAMP, &mut ours).unwrap();
                civil.to_sql(&Type::TIMESTAMP, &mut drivers).unwrap();
                assert_eq!(ours, drivers, "{civil}");
            }
        }
    }

    #[test]
    fn nanoseconds_are_cut_off_before_and_after_2000() {
        for (text, cut) in [
            ("1999-12-31T23:59:59.999999999", "1999-12-31T23:59:59.999999"),
            ("2000-01-01T00:00:00.000000999", "2000-01-01T00:00:00"),
        ] {
            let of = |text: &str| PgTimestamp::new(text.parse::<DateTime>().unwrap());
            assert_eq!(of(text), of(cut), "{text}");
        }
    }
}
