//! Stalls: a client, a topic or a partition that makes no progress although the loop runs.

use std::collections::BTreeMap;

use tokio::time::Instant;

/// The kind of a stall: the label `cause` of the metric `tagmill_stalls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StallCause {
    /// The consumer is not in a stable group, or gets no answer, for longer than a rebalance or an election takes.
    ConsumerLost,
    /// The producer gets no answer although the brokers are reachable.
    ProducerLost,
    /// A partition cannot be read: an unsupported codec, a corrupt batch, a missing authorization, a fetch error.
    PartitionError,
    /// A topic no longer exists.
    TopicMissing,
    /// Records wait behind an open transaction of another producer.
    OpenTransaction,
}

/// One stall, as shown by `/ready`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stall {
    /// The cause.
    pub cause: StallCause,
    /// The subject: `orders/3` for a partition, otherwise the name of a topic or a group.
    pub subject: String,
    /// The observation, and what to do about it, without secrets.
    pub error: String,
    /// Whole seconds since the stall began.
    pub seconds: u64,
}

/// The stalls that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Stalls(BTreeMap<(StallCause, String), Seen>);

#[derive(Debug)]
struct Seen {
    error: String,
    since: Instant,
}

impl StallCause {
    /// All causes. The metric of each exists from the start, with the value 0.
    pub const ALL: [Self; 5] =
        [Self::ConsumerLost, Self::ProducerLost, Self::PartitionError, Self::TopicMissing, Self::OpenTransaction];

    /// The name in metrics and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsumerLost => "consumer-lost",
            Self::ProducerLost => "producer-lost",
            Self::PartitionError => "partition-error",
            Self::TopicMissing => "topic-missing",
            Self::OpenTransaction => "open-transaction",
        }
    }
}

impl Stalls {
    /// Sets or replaces a stall, with a log line when it begins and when its text changes.
    pub(crate) fn set(&mut self, cause: StallCause, subject: &str, error: &str, now: Instant) {
        let key = (cause, subject.to_owned());
        let since = match self.0.get(&key) {
            Some(seen) if seen.error == error => return,
            Some(seen) => seen.since,
            None => now,
        };
        tracing::error!(cause = cause.name(), subject, error, "no progress");
        self.0.insert(key, Seen { error: error.to_owned(), since });
    }

    /// Ends a stall, with a log line if there was one.
    pub(crate) fn clear(&mut self, cause: StallCause, subject: &str, now: Instant) {
        if let Some(seen) = self.0.remove(&(cause, subject.to_owned())) {
            let seconds = now.duration_since(seen.since).as_secs();
            tracing::info!(cause = cause.name(), subject, seconds, "progress again");
        }
    }

    /// Ends every stall of this cause whose subject does not satisfy `is_current`.
    pub(crate) fn retain(&mut self, cause: StallCause, is_current: impl Fn(&str) -> bool, now: Instant) {
        let ended: Vec<_> =
            self.0.keys().filter(|(of, subject)| *of == cause && !is_current(subject)).cloned().collect();
        for (cause, subject) in ended {
            self.clear(cause, &subject, now);
        }
    }

    /// All stalls, ordered by cause and subject.
    pub(crate) fn list(&self, now: Instant) -> Vec<Stall> {
        let stall = |((cause, subject), seen): (&(StallCause, String), &Seen)| Stall {
            cause: *cause,
            subject: subject.clone(),
            error: seen.error.clone(),
            seconds: now.duration_since(seen.since).as_secs(),
        };
        self.0.iter().map(stall).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stall_keeps_its_start_when_its_error_changes() {
        let (mut stalls, begin) = (Stalls::default(), Instant::now());
        let minute = begin + Duration::from_secs(60);
        stalls.set(StallCause::PartitionError, "orders/3", "corrupt", begin);
        stalls.set(StallCause::PartitionError, "orders/3", "not authorized", minute);
        let seen = stalls.list(minute);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].seconds, seen[0].error.as_str()), (60, "not authorized"));
    }

    #[test]
    fn a_stall_is_cleared_by_cause_or_by_subject() {
        let (mut stalls, now) = (Stalls::default(), Instant::now());
        for (cause, subject) in [
            (StallCause::PartitionError, "orders/0"),
            (StallCause::PartitionError, "orders/1"),
            (StallCause::TopicMissing, "orders"),
        ] {
            stalls.set(cause, subject, "?", now);
        }
        stalls.clear(StallCause::TopicMissing, "orders", now);
        stalls.retain(StallCause::PartitionError, |subject| subject == "orders/1", now);
        let left: Vec<_> = stalls.list(now).into_iter().map(|stall| stall.subject).collect();
        assert_eq!(left, ["orders/1"]);
    }
}
