//! The configuration of a topic, and the check of it.

use std::fmt;

/// A topic with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// The number of partitions.
    pub partitions: usize,
    /// `retention.ms`: how long records are kept, in milliseconds; -1: for ever.
    pub retention: String,
    /// `cleanup.policy`: `delete`, `compact` or both.
    pub cleanup_policy: String,
    /// `max.message.bytes`: the maximum size of a record batch after compression, in bytes.
    pub max_message_bytes: usize,
}

/// The result of the check of one topic, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The topic.
    pub topic: String,
    /// The severity.
    pub status: Status,
    /// The result in words.
    pub text: String,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The topic is as required.
    Ok,
    /// The service works, but one of its guarantees does not hold. In most cases this is a full replay.
    Warning,
    /// The service cannot work.
    Missing,
}

impl Topic {
    /// Checks the configuration. `needed` is the maximum size of its records and `received` the largest batch that the
    /// service can receive, in bytes.
    pub(crate) fn check(&self, needed: usize, received: usize) -> Finding {
        let mut faults = Vec::new();
        if self.retention != "-1" {
            faults.push(format!("retention.ms is {}: deleted records cannot be replayed", self.retention));
        }
        if self.cleanup_policy != "delete" {
            faults.push(format!("cleanup.policy is {}: orders of a user would be lost", self.cleanup_policy));
        }
        if self.max_message_bytes < needed {
            let bytes = self.max_message_bytes;
            faults.push(format!("max.message.bytes is {bytes}: dead letters may need {needed}"));
        }
        if self.max_message_bytes > received {
            let bytes = self.max_message_bytes;
            faults.push(format!(
                "max.message.bytes is {bytes}: a batch above {received} stops its partition; lower it, or raise MEMORY_LIMIT"
            ));
        }
        let status = if faults.is_empty() { Status::Ok } else { Status::Warning };
        let text = match status {
            Status::Ok => format!("{} partitions, kept for ever", self.partitions),
            _ => faults.join("; "),
        };
        Finding { topic: self.name.clone(), status, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "topic {}: {}", self.topic, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic {
            name: "orders".to_owned(),
            partitions: 3,
            retention: "-1".to_owned(),
            cleanup_policy: "delete".to_owned(),
            max_message_bytes: 1_048_588,
        }
    }

    #[test]
    fn a_correct_topic_passes_the_check() {
        let finding = topic().check(0, 72 << 20);
        assert_eq!(finding.status, Status::Ok);
        assert_eq!(finding.to_string(), "topic orders: 3 partitions, kept for ever");
    }

    #[test]
    fn every_wrong_setting_of_a_topic_is_named() {
        let topic = Topic { retention: "604800000".to_owned(), cleanup_policy: "compact".to_owned(), ..topic() };
        let finding = topic.check(2_000_000, 1_000_000);
        assert_eq!(finding.status, Status::Warning);
        for fault in [
            "retention.ms is 604800000",
            "cleanup.policy is compact",
            "dead letters may need 2000000",
            "a batch above 1000000",
        ] {
            assert!(finding.text.contains(fault), "{finding}");
        }
    }
}
