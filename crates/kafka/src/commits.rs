//! Offsets on their way to the group, and those that have not arrived: they are sent once more.

use std::collections::HashMap;

use crate::epoch::Epoch;

/// The last commit of each partition. Knows no client, so that its cases can be tested without one.
///
/// A group refuses commits while it rebalances, and nobody tells us. A partition that stays with us is not read again then,
/// so without a repetition its offset would stay behind until the next record comes: a lag that nobody works on.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    sent: HashMap<i32, Sent>,
    /// By partition, what is to be sent again.
    due: HashMap<i32, Sent>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    epoch: Epoch,
    offset: i64,
}

impl Commits {
    /// A commit goes out.
    pub(crate) fn sent(&mut self, partition: i32, epoch: Epoch, offset: i64) {
        self.sent.insert(partition, Sent { epoch, offset });
        self.due.remove(&partition);
    }

    /// The group has this offset (negative: none); whether the last commit has to go out again. One that is only on its way
    /// does no harm twice.
    pub(crate) fn arrived(&mut self, partition: i32, offset: i64) -> bool {
        let missing = self.sent.get(&partition).filter(|sent| offset < sent.offset);
        if let Some(sent) = missing {
            self.due.insert(partition, *sent);
        }
        missing.is_some()
    }

    /// The partition is somebody else's from now on, and so are its offsets.
    pub(crate) fn left(&mut self, partition: i32) {
        self.sent.remove(&partition);
        self.due.remove(&partition);
    }

    /// What is to be sent again: partition, stay, offset.
    pub(crate) fn take_due(&mut self) -> Vec<(i32, Epoch, i64)> {
        self.due.drain().map(|(partition, sent)| (partition, sent.epoch, sent.offset)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(1);

    fn missing() -> Commits {
        let mut commits = Commits::default();
        commits.sent(0, EPOCH, 7);
        assert!(commits.arrived(0, 5));
        commits
    }

    #[test]
    fn what_has_not_arrived_is_sent_again_until_it_has() {
        let mut commits = missing();
        assert_eq!(commits.take_due(), [(0, EPOCH, 7)]);
        assert_eq!(commits.take_due(), [], "its answer is on its way");
        assert!(commits.arrived(0, -1001), "a group that has no offset at all");
        assert_eq!(commits.take_due(), [(0, EPOCH, 7)]);
        assert!(!commits.arrived(0, 7));
        assert_eq!(commits.take_due(), []);
    }

    #[test]
    fn what_was_overtaken_or_taken_away_is_not() {
        let mut overtaken = missing();
        overtaken.sent(0, EPOCH, 9);
        let mut taken_away = missing();
        taken_away.left(0);
        assert!(!taken_away.arrived(0, 5));
        for commits in [&mut overtaken, &mut taken_away] {
            assert_eq!(commits.take_due(), []);
        }
    }
}
