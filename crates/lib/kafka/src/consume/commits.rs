//! Offsets that are to go to the group, and those that were sent and have not arrived: they are sent once more.

use std::collections::HashMap;

use crate::consume::generation::AssignmentGeneration;

/// The last commit of each partition. Knows no client, so that its cases can be tested without one.
///
/// A group refuses commits while it rebalances, and nobody tells us. A partition that stays with us is not read again then,
/// so without a repetition its offset would stay behind until the next record comes: a lag that nobody works on.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    sent: HashMap<i32, Reached>,
    /// By partition, what is to be sent.
    due: HashMap<i32, Reached>,
}

#[derive(Debug, Clone, Copy)]
struct Reached {
    generation: AssignmentGeneration,
    offset: i64,
}

impl Commits {
    /// Everything before this offset is done with.
    pub(crate) fn reached(&mut self, partition: i32, generation: AssignmentGeneration, offset: i64) {
        self.due.insert(partition, Reached { generation, offset });
    }

    /// The group has this offset (negative: none); whether the last commit has to go out again. One that is only on its way
    /// does no harm twice.
    pub(crate) fn arrived(&mut self, partition: i32, offset: i64) -> bool {
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

    /// The partition is somebody else's from now on, and so are its offsets. What was still to be sent, and in which stay
    /// it was reached.
    pub(crate) fn left(&mut self, partition: i32) -> Option<(AssignmentGeneration, i64)> {
        self.sent.remove(&partition);
        self.due.remove(&partition).map(|due| (due.generation, due.offset))
    }

    /// Takes the offsets to send of the partitions that `may_commit` accepts, and marks them as sent: partition,
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

    fn missing() -> Commits {
        let mut commits = Commits::default();
        commits.reached(0, GENERATION, 7);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert!(commits.arrived(0, 5));
        commits
    }

    #[test]
    fn what_has_not_arrived_is_sent_again_until_it_has() {
        let mut commits = missing();
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert_eq!(commits.take_due(|_| true), [], "its answer is on its way");
        assert!(commits.arrived(0, -1001), "a group that has no offset at all");
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
        assert!(!commits.arrived(0, 7));
        assert_eq!(commits.take_due(|_| true), []);
    }

    #[test]
    fn what_was_overtaken_or_taken_away_is_not() {
        let mut overtaken = missing();
        overtaken.reached(0, GENERATION, 9);
        assert_eq!(overtaken.take_due(|_| true), [(0, GENERATION, 9)]);
        let mut taken_away = missing();
        assert_eq!(taken_away.left(0), Some((GENERATION, 7)));
        assert!(!taken_away.arrived(0, 5));
        assert_eq!(taken_away.take_due(|_| true), []);
    }

    #[test]
    fn of_what_is_reached_between_two_commits_the_last_is_sent() {
        let mut commits = missing();
        commits.reached(0, GENERATION, 9);
        commits.reached(0, GENERATION, 11);
        assert!(commits.arrived(0, 5), "the repetition of 7 does not take the place of 11");
        assert_eq!(commits.due().collect::<Vec<_>>(), [0]);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 11)]);
        assert_eq!(commits.due().count(), 0);
    }

    #[test]
    fn what_may_not_be_sent_yet_stays_due() {
        let mut commits = Commits::default();
        commits.reached(0, GENERATION, 7);
        commits.reached(1, GENERATION, 3);
        assert_eq!(commits.take_due(|partition| partition == 1), [(1, GENERATION, 3)]);
        assert_eq!(commits.take_due(|_| true), [(0, GENERATION, 7)]);
    }
}
