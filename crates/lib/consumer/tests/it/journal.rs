//! What the loop did, step by step, whichever port it used.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tokio_util::sync::CancellationToken;

/// One call of a port. Records, events and messages go by their offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A transaction was committed.
    Stored(Vec<i64>),
    /// A transaction was refused for one of its rows.
    Refused(Vec<i64>),
    /// A transaction failed, for a reason that may pass.
    Failed(Vec<i64>),
    /// A port could not do what was asked.
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

/// Shared by the doubles of one test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    steps: Rc<RefCell<Vec<Step>>>,
    stop: CancellationToken,
    /// Whether the source keeps its membership meanwhile.
    kept: Rc<Cell<bool>>,
    /// Whether it may be read meanwhile, which keeps the membership as well.
    read: bool,
    /// The step, and the number of its occurrences, after which the loop is told to stop.
    last: Option<(Step, usize)>,
}

impl Journal {
    /// Tells the loop to stop when `step` has been noted so many times.
    pub(crate) fn stop_after(&mut self, step: Step, times: usize) {
        self.last = Some((step, times));
    }

    /// Work may be done while the source is read.
    pub(crate) fn may_be_read(&mut self) {
        self.read = true;
    }

    /// The token that stops the loop.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Notes a step.
    pub(crate) fn note(&self, step: Step) {
        let mut steps = self.steps.borrow_mut();
        steps.push(step);
        if let Some((last, times)) = &self.last
            && steps.iter().filter(|step| *step == last).count() == *times
        {
            self.stop.cancel();
        }
    }

    /// The source keeps its membership until the guard is dropped.
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

    /// Whatever may take long is done under [`Journal::keep`].
    pub(crate) fn check_kept(&self) {
        assert!(self.read || self.kept.get(), "a slow answer now would cost the membership in the group");
    }

    /// Everything noted so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.steps.borrow().clone()
    }
}
