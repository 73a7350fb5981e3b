//! Durations as people write them: `10s`, `24h`.

use std::time::Duration;

/// Reads `10s`, `1h 30m`; a bare number is refused, because nobody can say of what.
///
/// # Errors
/// When the text is no duration.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("`{text}` is no duration; write it like `10s` or `24h`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_a_unit() {
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("30").unwrap_err(), "`30` is no duration; write it like `10s` or `24h`");
    }
}
