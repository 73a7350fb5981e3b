//! Offsets to commit, and sent offsets that the group does not have: they are sent again.

use std::collections::HashMap;

use crate::consume::generation::AssignmentGeneration;

/// The last commit of each partition. Uses no client, so its cases are tested without one.
///
/// A group rejects commits during a rebalance, and the client does not report it. If the partition stays assigned, it
/// is not read again, so without a repetition its offset would stay behind until the next record. The group would show
/// a lag although no work is left.
#[derive(Debug, Default)]
pub(crate) struct PendingCommits {
    sent: HashMap<i32, Processed>,
    /// The offset to send, by partition.
    due: HashMap<i32, Processed>,
}

#[derive(Debug, Clone, Copy)]
struct Processed {
    generation: AssignmentGeneration,
    offset: i64,
}

impl PendingCommits {
    /// Records that everything before this offset is processed.
    pub(crate) fn set_due(&mut self, partition: i32, generation: AssignmentGeneration, offset: i64) {
        self.due.insert(partition, Processed { generation, offset });
    }

    /// Takes the offset that the group has (negative: none). If it is lower than the sent one, the sent one is due again.
    /// Returns whether it is lower. Sending a commit twice is harmless.
    pub(crate) fn repeat_if_missing(&mut self, partition: i32, offset: i64) -> bool {
        let missing = self.sent.get(&partition).filter(|sent| offset < sent.offset);
        if let Some(sent) = missing {
            self.due.entry(partition).or_insert(*sent);
        }
        missing.is_some()
    }

    /// The partitions with an offset to send.
    pub(crate) fn due(&self) -> impl Iterator<Item = i32> {
        self.due.keys().copied()
    }

    /// Forgets a revoked partition. Returns the offset that was not sent yet, with its generation.
    pub(crate) fn forget(&mut self, partition: i32) -> Option<(AssignmentGeneration, i64)> {
        self.sent.remove(&partition);
        self.due.remove(&partition).map(|due| (due.generation, due.offset))
    }

    /// Takes the offsets to send of the partitions that `may_commit` accepts, and records them as sent: partition,
    /// generation, offset.
    pub(crate) fn take_due(&mut self, may_commit: impl Fn(i32) -> bool) -> Vec<(i32, AssignmentGeneration, i64)> {
        let due: Vec<_> = self.due.extract_if(|&partition, _| may_commit(partition)).collect();
        self.sent.extend(due.iter().copied());
        due.into_iter().map(|(partition, due)| (partition, due.generation, due.offset)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION: AssignmentGeneration = AssignmentGeneration(1);

    fn missing() -> PendingCommits {
        let mut commits = PendingCommits::default();
        commits.set_due(0, GENERATION, 7);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert!(commits.repeat_if_missing(0, 5));
        commits
    }

    #[test]
    fn an_unconfirmed_offset_is_sent_again() {
        let mut commits = missing();
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert_eq!(commits.take_due(|_| true), [], "its answer is pending");
        assert!(commits.repeat_if_missing(0, -1001), "a group that has no offset at all");
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert!(!commits.repeat_if_missing(0, 7));
        assert_eq!(commits.take_due(|_| true), []);
    }

    #[test]
    fn a_superseded_or_revoked_offset_is_not_sent_again() {
        let mut overtaken = missing();
        overtaken.set_due(0, GENERATION, 9);
        assert_eq!(overtaken.take_due(|_| true), [(0, GENERATION, 9)]);
        let mut revoked = missing();
        assert_eq!(revoked.forget(0), Some((GENERATION, 7)));
        assert!(!revoked.repeat_if_missing(0, 5));
        assert_eq!(revoked.take_due(|_| true), []);
    }

    #[test]
    fn only_the_last_offset_between_two_commits_is_sent() {
        let mut commits = missing();
        commits.set_due(0, GENERATION, 9);
        commits.set_due(0, GENERATION, 11);
        assert!(commits.repeat_if_missing(0, 5), "the repetition of 7 does not replace 11");
        assert_eq!(commits.due().collect::<Vec<_>>(), [0]);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 11)]);
        assert_eq!(commits.due().count(), 0);
    }

    #[test]
    fn an_offset_that_may_not_be_sent_yet_stays_due() {
        let mut commits = PendingCommits::default();
        commits.set_due(0, GENERATION, 7);
        commits.set_due(1, GENERATION, 3);
        assert_eq!(commits.take_due(|partition| partition == 1), [(1, GENERATION, 3)]);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
    }
}
