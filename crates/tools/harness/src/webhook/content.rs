//! The content of an audience at a target, as a receiver keeps it: by sequence. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use uuid::Uuid;

/// A change, as far as a receiver needs it.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// `added` or `removed`.
    pub op: String,
    /// Grows with each change of a user.
    pub sequence: i64,
    /// Who.
    pub user: User,
}

/// The user of a change.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// For others.
    pub guid: Uuid,
}

/// Who is in the audience, and the last sequence of each user, also of those who have left.
#[derive(Debug, Default)]
pub struct Content {
    users: BTreeMap<Uuid, (i64, bool)>,
    applied: u64,
}

impl Content {
    /// Applies a change, unless it is not above the last one of its user. Returns whether it is.
    pub fn apply(&mut self, change: &Change) -> bool {
        let last = self.users.entry(change.user.guid).or_insert((i64::MIN, false));
        let is_new = change.sequence > last.0;
        if is_new {
            *last = (change.sequence, change.op == "added");
            self.applied += 1;
        }
        is_new
    }

    /// The number of changes that were applied.
    #[must_use]
    pub const fn applied(&self) -> u64 {
        self.applied
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> BTreeSet<Uuid> {
        self.users.iter().filter(|(_, (_, is_member))| *is_member).map(|(guid, _)| *guid).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_and_repeated_changes_have_no_effect() {
        let change = |op: &str, sequence| Change { op: op.to_owned(), sequence, user: User { guid: Uuid::nil() } };
        let mut content = Content::default();
        assert!(content.apply(&change("added", 3)));
        assert!(content.apply(&change("removed", 4)));
        assert!(!content.apply(&change("added", 3)), "late");
        assert_eq!((content.members().len(), content.applied()), (0, 2));
        assert!(content.apply(&change("added", 5)));
        assert_eq!(content.members().len(), 1);
    }
}
