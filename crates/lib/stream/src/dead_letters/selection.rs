//! Selection of dead letters by options, the same for `list` and `replay`.

use clap::Args;
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use kafka::ParsedDeadLetter;
use runtime::settings::whole_number;

/// The options of a selection. A dead letter must match all of them. Without any, every dead letter is selected.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Selects the dead letters with this reason, for example `not-json`.
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,

    /// Selects the dead letters whose time (`failed at` in the list) is this time or later, for example `2026-03-02` or
    /// `2026-03-02T12:00:00`. A time without a zone is in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,

    /// Selects the dead letters in this partition of the dead-letter topic.
    #[arg(long, value_name = "PARTITION", value_parser = whole_number::<i32>("a partition", 0..))]
    pub partition: Option<i32>,

    /// First offset that is selected. Requires --partition.
    #[arg(long, value_name = "OFFSET", requires = "partition", value_parser = whole_number::<i64>("an offset", 0..))]
    pub from: Option<i64>,

    /// Last offset that is selected. Requires --partition.
    #[arg(long, value_name = "OFFSET", requires = "partition", value_parser = whole_number::<i64>("an offset", 0..))]
    pub to: Option<i64>,
}

impl Selection {
    pub(crate) fn takes(&self, letter: &ParsedDeadLetter) -> bool {
        self.reason.as_ref().is_none_or(|reason| letter.reason == *reason)
            && self.since.is_none_or(|since| letter.failed_at.is_some_and(|at| at >= since))
            && self.partition.is_none_or(|partition| letter.partition == partition)
            && self.from.is_none_or(|from| letter.offset >= from)
            && self.to.is_none_or(|to| letter.offset <= to)
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    let utc = || text.parse().ok().and_then(|civil: DateTime| Offset::UTC.to_timestamp(civil).ok());
    let time = text.parse().ok().or_else(utc);
    time.ok_or_else(|| format!("`{text}` is not a time; write it like `2026-03-02` or `2026-03-02T12:00:00`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_utc() {
        for (text, read) in [
            ("2026-03-02", "2026-03-02T00:00:00Z"),
            ("2026-03-02 12:00:00", "2026-03-02T12:00:00Z"),
            ("2026-03-02T12:00:00.5Z", "2026-03-02T12:00:00.5Z"),
            ("2026-03-02T12:00:00+03:00", "2026-03-02T09:00:00Z"),
        ] {
            assert_eq!(time(text).map(|time| time.to_string()).as_deref(), Ok(read), "{text}");
        }
        assert!(time("yesterday").unwrap_err().starts_with("`yesterday` is not a time"));
    }
}
