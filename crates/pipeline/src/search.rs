//! Which events of a batch are tried next, when the database will not have all of them at once.

use std::ops::Range;

use crate::{Fault, Unavailable};

/// Halves what fails until the guilty event stands alone, and tries the halves in their order.
///
/// A refusal of data is halved at once. An error that may pass by itself is repeated first, [`patience`] times; after
/// that the rest of the batch is searched, and halved at the first such error. One guilty event among n costs at most
/// 2·⌈log₂ n⌉ transactions beyond those that are repeated anyway: at each halving one half fails and the other lands.
pub(crate) struct Search {
    /// What is not stored yet; the next range is the last.
    open: Vec<Range<usize>>,
    /// The error that repeats, and how often it was met.
    suspect: Option<(Fault, u32)>,
    /// An error has repeated too often to believe that it will pass by itself.
    searching: bool,
}

/// What to do about a range that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try it again, after a while.
    Repeat,
    /// Try its halves, at once.
    Halve,
    /// It is a single event, and the error comes from it. Try it again, after a while.
    Alone,
}

impl Search {
    /// All events of a batch, none of them tried.
    pub(crate) fn among(events: usize) -> Self {
        Self {
            open: std::iter::once(0..events).filter(|all| !all.is_empty()).collect(),
            suspect: None,
            searching: false,
        }
    }

    /// The events to try now; `None` when all are done.
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        self.open.last().cloned()
    }

    /// The range is stored, or its only event is given up.
    pub(crate) fn done(&mut self) {
        self.open.pop();
        self.suspect = None;
    }

    /// The range has failed for another reason. An outage blames no event, and does not interrupt the count of an error
    /// that does.
    pub(crate) fn failed(&mut self, error: &Unavailable) -> Verdict {
        let Some(patience) = patience(&error.fault) else { return Verdict::Repeat };
        let before = self.suspect.as_ref().filter(|(fault, _)| *fault == error.fault).map_or(0, |(_, times)| *times);
        self.suspect = Some((error.fault.clone(), before.saturating_add(1)));
        if !self.searching && before + 1 < patience {
            return Verdict::Repeat;
        }
        self.searching = true;
        if self.halve() { Verdict::Halve } else { Verdict::Alone }
    }

    /// The halves of the range are to be tried instead: whether it has any. A single event has none.
    pub(crate) fn halve(&mut self) -> bool {
        let Some(range) = self.open.pop_if(|range| range.len() > 1) else { return false };
        let middle = range.start + range.len() / 2;
        self.open.push(middle..range.end);
        self.open.push(range.start..middle);
        self.suspect = None;
        true
    }
}

/// How often an error is met before it is searched for. Less, and a deadlock or a lock that others hold for a moment
/// costs a search; more, and nobody learns which record holds up all the others. Work that ran out of time took half a
/// minute each time. `None`: no event is to blame.
const fn patience(fault: &Fault) -> Option<u32> {
    match fault {
        Fault::Away => None,
        Fault::Unwilling(_) => Some(10),
        Fault::OutOfTime => Some(3),
    }
}
