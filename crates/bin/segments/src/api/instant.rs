//! Instants as API v1 writes them: `HH:MM:SS DD.MM.YYYY` in `TIME_ZONE`.

use database::PgTimestamp;
use jiff::{civil::DateTime, tz::TimeZone};

/// The time zone of dates in requests and responses of API v1.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// Parses the name of a time zone: `UTC`, `Europe/Moscow`.
    ///
    /// # Errors
    /// There is no such time zone.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        // UTC needs no database of time zones.
        let zone = if name == "UTC" { Ok(TimeZone::UTC) } else { TimeZone::get(name) };
        zone.map(Self).map_err(|_| format!("`{name}` is not a time zone; write it like `UTC` or `Europe/Moscow`"))
    }

    /// The date, without fractions of a second. Infinity is empty.
    pub(crate) fn date(&self, at: PgTimestamp) -> String {
        self.format(at, "%H:%M:%S %d.%m.%Y")
    }

    /// The date as `strftime` writes it. Infinity is empty.
    pub(crate) fn format(&self, at: PgTimestamp, form: &str) -> String {
        let Some(utc) = at.civil().and_then(|civil| TimeZone::UTC.to_timestamp(civil).ok()) else {
            return String::new();
        };
        self.0.to_datetime(utc).strftime(form).to_string()
    }

    /// The instant of a date. One that a change of the clocks skips or repeats is read as RFC 5545 says.
    pub(crate) fn instant(&self, date: DateTime) -> PgTimestamp {
        let timestamp = self.0.to_ambiguous_timestamp(date).compatible();
        timestamp.map_or(PgTimestamp::new(date), |at| PgTimestamp::new(TimeZone::UTC.to_datetime(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_of_the_time_zone() {
        let at = PgTimestamp::new("2026-11-20T21:19:20.999999".parse::<DateTime>().unwrap());
        for (zone, expected) in [("UTC", "21:19:20 20.11.2026"), ("Europe/Moscow", "00:19:20 21.11.2026")] {
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(zone.date(at), expected);
            assert_eq!(zone.date(PgTimestamp::INFINITY), "");
        }
        let moscow = Zone::parse("Europe/Moscow").unwrap();
        let midnight = PgTimestamp::new("2026-11-20T21:00:00".parse::<DateTime>().unwrap());
        assert_eq!(moscow.instant("2026-11-21T00:00:00".parse().unwrap()), midnight);
        assert!(Zone::parse("Moscow").is_err());
    }
}
