//! Cron lines as a question: when was the last time? For work that is due until it has been done, whatever was missed.

use std::str::FromStr;

use chrono::DateTime;
use croner::{
    Cron as Pattern,
    parser::{CronParser, Seconds},
};

/// A cron line in UTC, of five fields, or of six with seconds first.
#[derive(Debug, Clone)]
pub struct Cron(Pattern);

/// A text that is not a cron line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cron line such as `*/5 * * * *`")]
pub struct InvalidCron(String);

impl FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, InvalidCron> {
        let parsed = CronParser::builder().seconds(Seconds::Optional).build().parse(text.trim());
        parsed.map(Self).map_err(|_| InvalidCron(text.to_owned()))
    }
}

impl Cron {
    /// Its last time that is not after `now`. Both in seconds since 1970. `None`: it has none.
    #[must_use]
    pub fn last(&self, now: i64) -> Option<i64> {
        let now = DateTime::from_timestamp(now, 0)?;
        self.0.find_previous_occurrence(&now, true).ok().map(|at| at.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::Cron;

    #[test]
    fn the_last_time_is_not_after_now() {
        let day = 20_000 * 86_400;
        for (line, now, expected) in [
            ("0 4 * * *", day + 4 * 3600, day + 4 * 3600),
            ("0 4 * * *", day + 4 * 3600 - 1, day - 20 * 3600),
            ("*/5 * * * *", day + 299, day),
            ("* * * * * *", day + 17, day + 17),
            ("*/2 * * * * *", day + 17, day + 16),
        ] {
            assert_eq!(line.parse::<Cron>().unwrap().last(now), Some(expected), "{line} at {now}");
        }
    }

    #[test]
    fn an_invalid_cron_line_is_rejected() {
        for line in ["", "often", "* * * *", "99 * * * *", "* * * * * * * *"] {
            assert!(line.parse::<Cron>().is_err(), "{line}");
        }
    }
}
