//! What the members should be: users with their stays, changed as the writers change the service. Pure; it reads no SQL.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Segments whose members come from requests without an end: by API v2, by batches, by the routes of the second service.
pub(super) const REQUESTED: [&str; 3] = ["A", "B", "S"];

/// Members by imports.
pub(super) const IMPORTED: &str = "I";

/// Members for a few seconds.
pub(super) const TIMED: &str = "T";

/// Members by a query, and by a live percentage.
pub(super) const QUERIED: &str = "R";
pub(super) const LIVE: &str = "L";

/// The percentage of [`LIVE`].
pub(super) const PERCENT: u64 = 40;

/// Tags, each a segment.
pub(super) const TAGS: [&str; 2] = ["Любитель пиццы", "Ночной"];

/// The status of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Status {
    #[default]
    Active,
    Excluded,
    Removed,
}

/// How the state of a user changes. Each user changes in one way, so that the result does not depend on the speed of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The user service decides about the status.
    Service,
    /// Requests decide.
    Requests,
    /// Always active, with tags.
    Tagged,
}

/// A user.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) status: Status,
    /// Segments of requests and imports.
    stays: BTreeSet<&'static str>,
    /// How often the user has joined each of them.
    joins: BTreeMap<&'static str, u64>,
    pub(super) tags: BTreeSet<&'static str>,
    /// Whether the query returns the user.
    pub(super) is_queried: bool,
}

/// Members by segment, and how often each pair was joined.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) now: BTreeSet<(String, Uuid)>,
    pub(super) joins: BTreeMap<(String, Uuid), u64>,
}

impl User {
    /// A new user, active.
    pub(super) fn new(number: u64, kind: Kind) -> Self {
        let (stays, joins, tags) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { number, kind, status: Status::Active, stays, joins, tags, is_queried: false }
    }

    /// The id for others.
    pub(super) fn guid(&self) -> Uuid {
        guid(self.number)
    }

    /// The user joins a segment, unless removed.
    pub(super) fn join(&mut self, segment: &'static str) {
        if self.status != Status::Removed && self.stays.insert(segment) {
            *self.joins.entry(segment).or_default() += 1;
        }
    }

    /// The user leaves a segment.
    pub(super) fn leave(&mut self, segment: &'static str) {
        self.stays.remove(segment);
    }

    /// The status changes. A removed user leaves everything.
    pub(super) fn set(&mut self, status: Status) {
        self.status = status;
        if status == Status::Removed {
            self.stays.clear();
        }
    }

    /// Adds the user to the members, now that refreshes have followed every change and the times of [`TIMED`] are over.
    pub(super) fn count(&self, members: &mut Members) {
        let is_active = self.status == Status::Active;
        let live = (is_active && bucket(LIVE, self.guid()) < PERCENT * 100).then_some(LIVE);
        let queried = (is_active && self.is_queried).then_some(QUERIED);
        let tagged = self.tags.iter().copied().filter(|_| is_active);
        let all = self.stays.iter().copied().chain(live).chain(queried).chain(tagged);
        members.now.extend(all.map(|segment| (segment.to_owned(), self.guid())));
        let joins = self.joins.iter().map(|(segment, count)| (((*segment).to_owned(), self.guid()), *count));
        members.joins.extend(joins);
    }
}

/// The id of a user by number.
pub(super) const fn guid(number: u64) -> Uuid {
    Uuid::from_u128(0x5e67_0000_0000_4000_8000_0000_0000_0000 + number as u128)
}

/// The bucket of a user, 0 to 9999, as the contract defines it.
fn bucket(segment: &str, guid: Uuid) -> u64 {
    let digest = Sha256::digest(format!("{segment}:{guid}"));
    let first = digest.iter().take(4).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    (first * 10_000) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_that_of_the_contract() {
        let guid = Uuid::parse_str("45643d9d-c98d-5888-9743-20b85ecf0752").unwrap();
        assert_eq!((bucket("A", guid), bucket("AVITO_MUSIC_SERVICE", Uuid::nil())), (4487, 5678));
    }

    #[test]
    fn a_removed_user_leaves_and_does_not_join() {
        let mut user = User::new(1, Kind::Requests);
        user.join("A");
        user.join("A");
        user.set(Status::Removed);
        user.join("A");
        let mut members = Members::default();
        user.count(&mut members);
        assert_eq!((members.now.len(), members.joins.get(&("A".to_owned(), user.guid()))), (0, Some(&1)));
    }
}
