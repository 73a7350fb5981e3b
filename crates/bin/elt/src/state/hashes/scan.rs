//! What a cycle learns of the tuples that pass: their number, the largest cursor, their hashes, and which A has already.

use crate::{
    progress::Progress,
    source::time::Kind,
    source::tuple,
    source::watermark::Seen,
    state::hashes::{self, Recent, Set},
};

/// Sees every tuple of SELECT_SOURCE_SQL once.
pub(crate) struct Scan<'a> {
    /// Hashes of tuples whose result A holds.
    known: Option<&'a Set>,
    limit: Option<usize>,
    recent: Option<Recent>,
    /// The place and type of the cursor, and M's clock in its terms.
    cursor: Option<(usize, Kind, i64)>,
    largest: Option<i64>,
    progress: &'a Progress,
    pub(crate) read: u64,
    /// Tuples that A holds by their hash.
    pub(crate) dropped: u64,
}

impl<'a> Scan<'a> {
    /// `limit`: how many hashes are kept. `None`: none are needed.
    pub(crate) fn new(
        known: Option<&'a Set>,
        limit: Option<usize>,
        cursor: Option<(usize, Kind, i64)>,
        progress: &'a Progress,
    ) -> Self {
        Self { known, limit, recent: limit.map(Recent::new), cursor, largest: None, progress, read: 0, dropped: 0 }
    }

    /// The same before it has seen anything: the rows are read again.
    pub(crate) fn anew(&self) -> Self {
        Self::new(self.known, self.limit, self.cursor, self.progress)
    }

    /// Sees a tuple. False: A holds it.
    pub(crate) fn see(&mut self, tuple: &[u8]) -> bool {
        self.read += 1;
        self.progress.add(tuple.len());
        if let Some((place, kind, clock)) = self.cursor
            && let Some(value) = tuple::field(tuple, place).and_then(|field| kind.read(field))
            && value <= clock
        {
            self.largest = self.largest.max(Some(value));
        }
        let Some(recent) = &mut self.recent else { return true };
        let hash = hashes::of(tuple);
        recent.push(hash);
        let known = self.known.is_some_and(|known| known.contains(&hash));
        self.dropped += u64::from(known);
        !known
    }

    /// The cursor as it was seen.
    pub(crate) fn seen(&self) -> Seen {
        if self.cursor.is_some() { Seen::Column(self.largest) } else { Seen::Clock }
    }

    /// The hashes of what was read, if they are needed.
    pub(crate) fn into_hashes(self) -> Option<Set> {
        self.recent.map(Recent::into_set)
    }
}
