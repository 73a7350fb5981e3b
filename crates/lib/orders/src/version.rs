//! Versions of an order: which of its events is the newest.

use crate::{UtcMicros, status};

/// The parts that decide which of two events of an order is newer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VersionParts<'a> {
    pub(crate) updated_at: Option<UtcMicros>,
    pub(crate) sent_at: UtcMicros,
    pub(crate) status: &'a str,
    pub(crate) statuses: usize,
    /// The digest of the canonical payload. It decides between events that are equal otherwise.
    pub(crate) digest: &'a str,
}

/// The version of an order: a text of fixed width that sorts by version. STG computes it once, and every other layer
/// only compares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Version(String);

/// The largest number of statuses that fits the fixed width. No record is long enough to have more.
const MOST_STATUSES: usize = 999_999;

impl Version {
    pub(crate) fn of(parts: &VersionParts<'_>) -> Self {
        let VersionParts { updated_at, sent_at, status, statuses, digest } = parts;
        let updated = updated_at.unwrap_or(*sent_at).sortable();
        let (sent, rank, statuses) = (sent_at.sortable(), status::rank(status), statuses.min(&MOST_STATUSES));
        Self(format!("{updated}-{sent}-{rank}-{statuses:06}-{digest}"))
    }

    /// A version from a message. `None` for any text that [`Version::of`] cannot produce. Such a text would not sort by
    /// time: `9` would be newer than any other version, for ever.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        let [updated, sent, rank, statuses, digest] = parts.as_slice() else { return None };
        let wide = [updated, sent, rank, statuses, digest].map(|part| part.len()) == [20, 20, 1, 6, 40];
        let hex = digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (wide && hex && [updated, sent, rank, statuses].into_iter().all(|part| digits(part)))
            .then(|| Self(text.to_owned()))
    }

    /// A version from a table. It is compared, never parsed.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(updated: Option<&str>, sent: &str, status: &str, statuses: usize, digest: &str) -> Version {
        let updated_at = updated.map(|text| UtcMicros::read(text).unwrap());
        Version::of(&VersionParts { updated_at, sent_at: UtcMicros::read(sent).unwrap(), status, statuses, digest })
    }

    #[test]
    fn only_our_own_versions_are_parsed() {
        let digest = "0123456789abcdef0123456789abcdef01234567";
        let made = version(Some("9999-12-31 23:59:59.999999"), "0000-01-01 00:00:00", "CLOSED", 1_000_000, digest);
        assert_eq!(Version::read(made.as_str()), Some(made.clone()));
        let text = made.as_str();
        for other in [
            String::new(),
            "9".to_owned(),
            format!("{text} "),
            format!("{text}-"),
            text.to_uppercase(),
            text.replacen('9', "٩", 1),
            text.replacen('-', "_", 1),
            text.replacen("99", "9", 1),
            text[1..].to_owned(),
        ] {
            assert_eq!(Version::read(&other), None, "{other}");
        }
    }

    #[test]
    fn versions_are_compared_part_by_part() {
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
