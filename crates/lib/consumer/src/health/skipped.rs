//! Log lines about skipped records: at most one line per kind in ten minutes, with an example.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use serde::de::IgnoredAny;
use tokio::time::Instant;

use crate::Record;

/// The shortest time between two log lines about one kind. The metric counts every record.
const LOG_EVERY: Duration = Duration::from_secs(600);

/// Maximum number of fields named in an example, and of characters of each name. Field names can have any length.
const FIELDS: usize = 10;
const LONGEST: usize = 40;

/// The number of skipped records of each kind since the last log line about that kind.
#[derive(Debug, Default)]
pub(crate) struct Skipped(BTreeMap<&'static str, Since>);

#[derive(Debug, Default)]
struct Since {
    count: u64,
    logged_at: Option<Instant>,
}

impl Skipped {
    /// Adds one. Returns the count since the last log line if another line is due.
    fn add(&mut self, kind: &'static str, now: Instant) -> Option<u64> {
        let since = self.0.entry(kind).or_default();
        since.count += 1;
        if since.logged_at.is_some_and(|logged_at| now.duration_since(logged_at) < LOG_EVERY) {
            return None;
        }
        since.logged_at = Some(now);
        Some(std::mem::take(&mut since.count))
    }

    /// Counts a skipped record and logs it if a line is due. Tombstones are not logged.
    pub(crate) fn note(&mut self, kind: &'static str, record: &Record, now: Instant) {
        if kind == "tombstone" {
            return;
        }
        if let Some(count) = self.add(kind, now) {
            tracing::warn!(
                record.topic = %record.topic,
                record.partition = record.partition,
                record.offset = record.offset,
                kind,
                count,
                fields = fields(record.value.as_deref().unwrap_or_default()),
                "records were skipped because they are not messages for this service; this is the last of them"
            );
        }
    }
}

/// The field names of an object. Values are left out, because they may be personal data.
fn fields(value: &[u8]) -> String {
    let Ok(fields) = serde_json::from_slice::<BTreeMap<Cow<'_, str>, IgnoredAny>>(value) else { return String::new() };
    let cut = |name: &Cow<'_, str>| name.chars().take(LONGEST).collect::<String>();
    let mut names: Vec<String> = fields.keys().take(FIELDS).map(cut).collect();
    if fields.len() > FIELDS {
        names.push("…".to_owned());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_logged_once_per_interval() {
        let (mut skipped, begin) = (Skipped::default(), Instant::now());
        assert_eq!(skipped.add("untyped", begin), Some(1));
        assert_eq!(skipped.add("untyped", begin), None);
        assert_eq!(skipped.add("envelope", begin), Some(1));
        assert_eq!(skipped.add("untyped", begin + LOG_EVERY - Duration::from_millis(1)), None);
        assert_eq!(skipped.add("untyped", begin + LOG_EVERY), Some(3));
    }

    #[test]
    fn an_example_has_field_names_and_no_values() {
        for (value, expected) in [
            (r#"{"schema": {}, "payload": {"user": "Котова Ольга"}}"#, "payload, schema"),
            (r#"{"\u0061": 1}"#, "a"),
            ("{}", ""),
            ("[1]", ""),
            ("", ""),
        ] {
            assert_eq!(fields(value.as_bytes()), expected);
        }
        let many: Vec<String> = (10..30).map(|number| format!(r#""{number}": 1"#)).collect();
        assert_eq!(fields(format!("{{{}}}", many.join(",")).as_bytes()), "10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …");
        let long = format!(r#"{{"{}": 1}}"#, "ё".repeat(100));
        assert_eq!(fields(long.as_bytes()), "ё".repeat(LONGEST));
    }
}
