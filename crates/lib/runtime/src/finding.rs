//! A finding: one line of `check`.

use std::fmt;

/// The subject of a test, and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The subject: `topic stg-service-orders`, `redis`.
    pub subject: String,
    /// An observation (may be empty), or the problem with advice.
    pub verdict: Result<String, String>,
}

impl Finding {
    /// A successful test, with an observation that may be empty.
    pub fn ok(subject: impl Into<String>, seen: impl fmt::Display) -> Self {
        Self { subject: subject.into(), verdict: Ok(seen.to_string()) }
    }

    /// A failed test, with the problem and advice.
    pub fn failed(subject: impl Into<String>, advice: impl fmt::Display) -> Self {
        Self { subject: subject.into(), verdict: Err(advice.to_string()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.verdict {
            Ok(seen) if seen.is_empty() => write!(formatter, "ok     {subject}"),
            Ok(seen) => write!(formatter, "ok     {subject}: {seen}"),
            Err(advice) => write!(formatter, "FAILED {subject}: {advice}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(Finding::ok("schema", "").to_string(), "ok     schema");
        assert_eq!(Finding::ok("topic orders", "3 partitions").to_string(), "ok     topic orders: 3 partitions");
        assert_eq!(
            Finding::failed("schema", "run `stg-service migrate`").to_string(),
            "FAILED schema: run `stg-service migrate`"
        );
    }
}
