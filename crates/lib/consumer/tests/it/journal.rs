//! Journal of the calls that the loop makes, over all ports.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tokio_util::sync::CancellationToken;

/// One call of a port. Records, events and messages are identified by their offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A transaction was committed.
    Stored(Vec<i64>),
    /// A transaction was rejected because of one of its rows.
    Refused(Vec<i64>),
    /// A transaction failed with an error that may be temporary.
    Failed(Vec<i64>),
    /// A call of a port failed.
    Unavailable(&'static str),
    /// Messages and dead letters were acknowledged.
    Published(Vec<i64>, Vec<i64>),
    /// Offsets were committed.
    Committed(Vec<i64>),
    /// Messages without an offset were marked as sent.
    MarkedSent,
    /// The group was left.
    Closed,
}

/// The journal, shared by the doubles of one test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    steps: Rc<RefCell<Vec<Step>>>,
    stop: CancellationToken,
    /// Whether the source keeps its membership now.
    kept: Rc<Cell<bool>>,
    /// Whether the source is being read now, which keeps the membership as well.
    read: bool,
    /// The step, and the number of its occurrences, after which the loop is told to stop.
    last: Option<(Step, usize)>,
}

impl Journal {
    /// Tells the loop to stop when `step` has been recorded this many times.
    pub(crate) fn stop_after(&mut self, step: Step, times: usize) {
        self.last = Some((step, times));
    }

    /// Allows slow calls while the source is read.
    pub(crate) fn may_be_read(&mut self) {
        self.read = true;
    }

    /// The token that stops the loop.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Records a step.
    pub(crate) fn note(&self, step: Step) {
        let mut steps = self.steps.borrow_mut();
        steps.push(step);
        if let Some((last, times)) = &self.last
            && steps.iter().filter(|step| *step == last).count() == *times
        {
            self.stop.cancel();
        }
    }

    /// Keeps the membership until the guard is dropped.
    pub(crate) fn keep(&self) -> impl Drop + use<> {
        struct Kept(Rc<Cell<bool>>);
        impl Drop for Kept {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        self.kept.set(true);
        Kept(Rc::clone(&self.kept))
    }

    /// Checks that a slow call keeps the membership ([`Journal::keep`]).
    pub(crate) fn check_kept(&self) {
        assert!(self.read || self.kept.get(), "a slow answer now would cost the membership in the group");
    }

    /// All recorded steps.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.steps.borrow().clone()
    }
}
