//! Bisection of a batch that the database rejects: which events are tried next.

use std::ops::Range;

use crate::{DependencyError, Fault};

/// Halves the range that fails until the offending event is alone, and tries the halves in their order.
///
/// Rejected data is bisected at once. An error that may be temporary is repeated first, [`retry_limit`] times. After
/// that, the rest of the batch is bisected at each such error. One offending event among n costs at most 2·⌈log₂ n⌉
/// transactions more than the retries: of each two halves, one fails and the other is stored.
pub(crate) struct Bisection {
    /// The ranges that are not stored yet. The last one is next.
    open: Vec<Range<usize>>,
    /// The error that repeats, and how often it has occurred.
    repeated: Option<(Fault, u32)>,
    /// An error has repeated too often to be temporary.
    bisecting: bool,
}

/// What to do after a range has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try the range again, after a delay.
    Retry,
    /// Try its halves, without delay.
    Bisect,
    /// The range is a single event, which causes the error. Try it again, after a delay.
    Isolated,
}

impl Bisection {
    /// All events of a batch. None has been tried.
    pub(crate) fn over(events: usize) -> Self {
        Self {
            open: std::iter::once(0..events).filter(|all| !all.is_empty()).collect(),
            repeated: None,
            bisecting: false,
        }
    }

    /// The events to try now. `None`: all are done.
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        self.open.last().cloned()
    }

    /// The range is stored, or its only event is rejected.
    pub(crate) fn done(&mut self) {
        self.open.pop();
        self.repeated = None;
    }

    /// The range has failed with an error other than invalid data. An unreachable dependency does not reset the count
    /// of a repeated error.
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

    /// Replaces the range by its halves. Returns false for a single event, which has none.
    pub(crate) fn split(&mut self) -> bool {
        let Some(range) = self.open.pop_if(|range| range.len() > 1) else { return false };
        let middle = range.start + range.len() / 2;
        self.open.push(middle..range.end);
        self.open.push(range.start..middle);
        self.repeated = None;
        true
    }
}

/// How often an error occurs before the batch is bisected. With fewer, a deadlock or a short lock causes a bisection.
/// With more, it takes longer to find the record that blocks all others. Each attempt that timed out took half a
/// minute. `None`: the error does not depend on the events.
const fn retry_limit(fault: &Fault) -> Option<u32> {
    match fault {
        Fault::Unreachable => None,
        Fault::Rejected(_) => Some(10),
        Fault::TimedOut => Some(3),
    }
}
