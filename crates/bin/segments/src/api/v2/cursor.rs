//! Cursors of lists: the instant of the first page and the key of the last row, bound to their list. Pure.

use database::PgTimestamp;
use sha2::{Digest, Sha256};

use crate::api::auth::hex;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The instant of all pages.
    pub(super) at: PgTimestamp,
    /// The key of the last row of the page before.
    pub(super) key: Vec<i64>,
}

/// Size in bytes of a number, and of the hash.
const WORD: usize = 8;

/// The numbers of the longest key.
const MAX_KEY: usize = 3;

impl Cursor {
    /// The text of a cursor of the list with this name: its path and its filters.
    pub(super) fn encode(&self, list: &str) -> String {
        let numbers = [self.at.micros()].into_iter().chain(self.key.iter().copied());
        let bytes: Vec<u8> = numbers.flat_map(i64::to_be_bytes).collect();
        hex(&[bytes.as_slice(), &hash(list, &bytes)].concat())
    }

    /// The cursor of a text. `None`: it is none, or of another list.
    pub(super) fn decode(text: &str, list: &str) -> Option<Self> {
        if text.len() > 2 * WORD * (MAX_KEY + 2) || !text.len().is_multiple_of(2 * WORD) || !text.is_ascii() {
            return None;
        }
        let digits = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(digits).collect::<Option<_>>()?;
        let (bytes, given) = bytes.split_at_checked(bytes.len().checked_sub(WORD)?)?;
        if given != hash(list, bytes) {
            return None;
        }
        let mut numbers = bytes.chunks_exact(WORD).filter_map(|word| word.try_into().ok().map(i64::from_be_bytes));
        Some(Self { at: PgTimestamp::from_micros(numbers.next()?), key: numbers.collect() })
    }
}

/// Binds a cursor to its list, and detects one that was changed. It is no secret: who computes it sees no more than the
/// list shows.
fn hash(list: &str, bytes: &[u8]) -> [u8; WORD] {
    let digest = Sha256::new().chain_update(list).chain_update([0]).chain_update(bytes).finalize();
    let mut hash = [0; WORD];
    hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_valid_for_its_list_and_as_it_was_made(
            at in any::<i64>(), key in prop::collection::vec(any::<i64>(), 1..=3), place in any::<prop::sample::Index>(),
        ) {
            let cursor = Cursor { at: PgTimestamp::from_micros(at), key };
            let text = cursor.encode("members/A");
            prop_assert_eq!(Cursor::decode(&text, "members/A"), Some(cursor));
            prop_assert_eq!(Cursor::decode(&text, "members/B"), None);
            let place = place.index(text.len());
            let mut changed = text.into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            prop_assert_eq!(Cursor::decode(&String::from_utf8_lossy(&changed), "members/A"), None);
        }

        #[test]
        fn any_other_text_is_no_cursor(text in ".*") {
            prop_assert_eq!(Cursor::decode(&text, "members/A"), None);
        }
    }
}
