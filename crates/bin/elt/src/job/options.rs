//! The optional keys of a job file: their defaults, forms and ranges.

use std::time::Duration;

/// DELETE: what happens to rows whose keys are gone from M.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteMode {
    /// The rows are deleted.
    #[default]
    Hard,
    /// `elt_deleted_at` is set, and cleared when the key returns.
    Soft,
    /// Keys are not compared.
    Off,
}

/// The column that DELETE: soft sets.
pub const DELETED_AT: &str = "elt_deleted_at";

/// LAG unless given.
pub(crate) const LAG: Duration = Duration::from_secs(60);

/// TIMEOUT unless given.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(HOUR);

/// MAX_DELETE_RATIO unless given.
pub(crate) const MAX_DELETE_RATIO: f64 = 0.2;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The shortest and the longest value of a key with a duration, in words for messages and in seconds.
pub(crate) struct Range {
    shortest: (&'static str, u64),
    longest: (&'static str, u64),
}

/// LAG may be nothing.
pub(crate) const LAG_RANGE: Range = Range { shortest: ("0s", 0), longest: ("30d", 30 * DAY) };

/// EVERY and DELETE_EVERY.
pub(crate) const EVERY_RANGE: Range = Range { shortest: ("1s", 1), longest: ("365d", 365 * DAY) };

/// TIMEOUT. PostgreSQL counts timeouts in milliseconds of 31 bits, 24 days.
pub(crate) const TIMEOUT_RANGE: Range = Range { shortest: ("1s", 1), longest: ("7d", 7 * DAY) };

/// Reads `90s`, `5m`, `1h 30m`.
pub(crate) fn duration(text: &str, range: &Range) -> Result<Duration, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let shown: String = text.chars().take(20).collect();
        return Err(format!("`{shown}` has no unit: write {shown}s, {shown}m or {shown}h"));
    }
    let duration = humantime::parse_duration(text)
        .map_err(|_| format!("`{}` is not a duration: write one such as 90s, 5m or 1h", shown(text)))?;
    let ((shortest, least), (longest, most)) = (range.shortest, range.longest);
    if duration < Duration::from_secs(least) || duration > Duration::from_secs(most) {
        return Err(format!("`{}` is out of range: write a duration from {shortest} to {longest}", shown(text)));
    }
    Ok(duration)
}

/// Reads a share between 0 and 1.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err(format!("`{}` is not a number from 0 to 1: write 0.2 for a fifth of the table", shown(text))),
    }
}

/// Reads DELETE.
pub(crate) fn delete_mode(text: &str) -> Result<DeleteMode, String> {
    match text.trim() {
        "hard" => Ok(DeleteMode::Hard),
        "soft" => Ok(DeleteMode::Soft),
        "off" => Ok(DeleteMode::Off),
        other => Err(format!("`{}` is not known: write hard, soft or off", shown(other))),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(32).collect()
}
