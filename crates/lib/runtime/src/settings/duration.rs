//! Durations with a unit: `10s`, `24h`.

use std::time::Duration;

/// Parses `10s`, `1h 30m`. A number without a unit is rejected.
///
/// # Errors
/// When the text is not a duration.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("`{text}` is not a duration; write it like `10s` or `24h`"))
}

/// Parses a duration of at least a millisecond, for intervals and timeouts.
///
/// # Errors
/// When the text is not a duration, or the duration is shorter than a millisecond.
pub fn period(text: &str) -> Result<Duration, String> {
    let period = duration(text)?;
    if period < Duration::from_millis(1) {
        Err(format!("`{text}` is too short; write it like `10s`"))
    } else {
        Ok(period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_must_not_be_zero() {
        assert_eq!(period("200ms"), Ok(Duration::from_millis(200)));
        for text in ["0s", "0ms", "10us"] {
            assert_eq!(period(text).unwrap_err(), format!("`{text}` is too short; write it like `10s`"));
        }
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("30").unwrap_err(), "`30` is not a duration; write it like `10s` or `24h`");
    }
}
