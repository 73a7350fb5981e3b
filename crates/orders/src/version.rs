//! Which event of an order is the newest.

use crate::{Moment, status};

/// What decides which of two events of one order is newer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Age<'a> {
    pub(crate) updated_at: Option<Moment>,
    pub(crate) sent_at: Moment,
    pub(crate) status: &'a str,
    pub(crate) statuses: usize,
    /// The canonical payload's digest: the last word between events that agree in all else.
    pub(crate) digest: &'a str,
}

/// The version of an order: fixed-width text whose byte order is the order of versions. Computed once, in STG; every
/// other layer only compares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Version(String);

/// The largest number of statuses that the fixed width can hold; no record is long enough to have more.
const MOST_STATUSES: usize = 999_999;

impl Version {
    pub(crate) fn of(age: &Age<'_>) -> Self {
        let Age { updated_at, sent_at, status, statuses, digest } = age;
        let updated = updated_at.unwrap_or(*sent_at).sortable();
        let (sent, rank, statuses) = (sent_at.sortable(), status::rank(status), statuses.min(&MOST_STATUSES));
        Self(format!("{updated}-{sent}-{rank}-{statuses:06}-{digest}"))
    }

    /// A version as a message or a table holds it. Compared, never taken apart.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(updated: Option<&str>, sent: &str, status: &str, statuses: usize, digest: &str) -> Version {
        let updated_at = updated.map(|text| Moment::read(text).unwrap());
        Version::of(&Age { updated_at, sent_at: Moment::read(sent).unwrap(), status, statuses, digest })
    }

    #[test]
    fn each_part_decides_where_those_before_it_agree() {
        let (early, late) = ("2026-03-02 10:00:00", "2026-03-02 10:00:00.000001");
        let ascending = [
            version(Some(early), early, "CANCELLED", 9, "f"),
            version(Some(early), late, "weird", 9, "f"),
            version(Some(early), late, "OPEN", 9, "f"),
            version(Some(early), late, "CLOSED", 9, "f"),
            version(Some(early), late, "CLOSED", 10, "a"),
            version(Some(early), late, "CLOSED", 10, "b"),
            version(Some(early), late, "CANCELLED", 1, "a"),
            version(Some(late), early, "OPEN", 1, "a"),
            version(None, "2026-03-02 11:00:00", "OPEN", 1, "a"),
        ];
        assert!(ascending.is_sorted_by(|a, b| a < b && a.as_str() < b.as_str()));
    }
}
