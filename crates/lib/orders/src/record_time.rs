//! The time with which the dates of an order are compared: the timestamp of its record, or its own `sent_dttm`.

use std::fmt;

use crate::UtcMicros;

/// The time that the dates of an order may exceed by at most 24 h. A date from a wrong clock would win over every later
/// event of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordTime {
    /// The record has no timestamp, so dates are not compared.
    Unknown,
    /// The timestamp of the record, in milliseconds since the Unix epoch.
    Record(i64),
    /// The order's `sent_dttm`, for producers with wrong record timestamps. `sent_dttm` itself is compared with `now`,
    /// the time at which the record is read, in milliseconds since the Unix epoch.
    Sent {
        /// The time at which the record is read.
        now: i64,
    },
}

/// A time with which dates are compared, and its name in errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    /// In milliseconds since the Unix epoch.
    pub(crate) millis: i64,
}

/// The start of the year 2000, in milliseconds since the Unix epoch. No order is older, so an older record timestamp is
/// wrong. Seconds in place of milliseconds result in January 1970.
const EARLIEST_PLAUSIBLE: i64 = 946_684_800_000;

impl RecordTime {
    /// The time with which `sent_dttm` is compared.
    pub(crate) const fn limit_of_sent(self) -> Option<Limit> {
        match self {
            Self::Unknown => None,
            Self::Record(millis) => Some(Limit { name: "the record's timestamp", millis }),
            Self::Sent { now } => Some(Limit { name: "the time of reading", millis: now }),
        }
    }

    /// The time with which the other dates of an order that was sent at `sent_at` are compared.
    pub(crate) fn limit(self, sent_at: UtcMicros) -> Option<Limit> {
        match self {
            Self::Sent { .. } => Some(Limit { name: "sent_dttm", millis: sent_at.unix_millis() }),
            Self::Unknown | Self::Record(_) => self.limit_of_sent(),
        }
    }

    /// Whether this is an implausible record timestamp.
    #[must_use]
    pub const fn is_implausible(self) -> bool {
        matches!(self, Self::Record(millis) if millis < EARLIEST_PLAUSIBLE)
    }
}

/// The timestamp of a record, if it has one.
impl From<Option<i64>> for RecordTime {
    fn from(millis: Option<i64>) -> Self {
        millis.map_or(Self::Unknown, Self::Record)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, millis } = self;
        match UtcMicros::from_unix_micros(millis.saturating_mul(1000)) {
            Some(moment) => write!(out, "{name}, {moment}"),
            None => write!(out, "{name}, {millis} ms after 1970"),
        }
    }
}
