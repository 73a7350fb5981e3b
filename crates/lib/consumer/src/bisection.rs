//! Which events of a batch are tried next, when the database will not have all of them at once.

use std::ops::Range;

use crate::{DependencyError, Fault};

/// Halves what fails until the guilty event stands alone, and tries the halves in their order.
///
/// A refusal of data is halved at once. An error that may pass by itself is repeated first, [`retry_limit`] times; after
/// that the rest of the batch is searched, and halved at the first such error. One guilty event among n costs at most
/// 2·⌈log₂ n⌉ transactions beyond those that are repeated anyway: at each halving one half fails and the other lands.
pub(crate) struct Bisection {
    /// What is not stored yet; the next range is the last.
    open: Vec<Range<usize>>,
    /// The error that repeats, and how often it was met.
    repeated: Option<(Fault, u32)>,
    /// An error has repeated too often to believe that it will pass by itself.
    bisecting: bool,
}

/// What to do about a range that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try it again, after a while.
    Retry,
    /// Try its halves, at once.
    Bisect,
    /// It is a single event, and the error comes from it. Try it again, after a while.
    Isolated,
}

impl Bisection {
    /// All events of a batch, none of them tried.
    pub(crate) fn over(events: usize) -> Self {
        Self {
            open: std::iter::once(0..events).filter(|all| !all.is_empty()).collect(),
            repeated: None,
            bisecting: false,
        }
    }

    /// The events to try now; `None` when all are done.
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        self.open.last().cloned()
    }

    /// The range is stored, or its only event is given up.
    pub(crate) fn done(&mut self) {
        self.open.pop();
        self.repeated = None;
    }

    /// The range has failed for another reason. An outage blames no event, and does not interrupt the count of an error
    /// that does.
    pub(crate) fn failed(&mut self, error: &DependencyError) -> Decision {
        let Some(retry_limit) = retry_limit(&error.fault) else { return Decision::Retry };
        let before = self.repeated.as_ref().filter(|(fault, _)| *fault == error.fault).map_or(0, |(_, times)| *times);
        self.repeated = Some((error.fault.clone(), before.saturating_add(1)));
        if !self.bisecting && before + 1 < retry_limit {
            return Decision::Retry;
        }
        self.bisecting = true;
        if self.split() { Decision::Bisect } else { Decision::Isolated }
    }

    /// The halves of the range are to be tried instead: whether it has any. A single event has none.
    pub(crate) fn split(&mut self) -> bool {
        let Some(range) = self.open.pop_if(|range| range.len() > 1) else { return false };
        let middle = range.start + range.len() / 2;
        self.open.push(middle..range.end);
        self.open.push(range.start..middle);
        self.repeated = None;
        true
    }
}

/// How often an error is met before it is searched for. Less, and a deadlock or a lock that others hold for a moment
/// costs a search; more, and nobody learns which record holds up all the others. Work that ran out of time took half a
/// minute each time. `None`: no event is to blame.
const fn retry_limit(fault: &Fault) -> Option<u32> {
    match fault {
        Fault::Unreachable => None,
        Fault::Rejected(_) => Some(10),
        Fault::TimedOut => Some(3),
    }
}
