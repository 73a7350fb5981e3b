//! `rebuild`: a layer is emptied and its topic read again, while everybody goes on looking at what it said before.
//!
//! [`prepare`] is the command: in one transaction it empties what is to be built, resets the offsets of the group and
//! leaves a note, [`State`]. The service does the rest: its batches ask for the [`phase`] and keep to themselves what
//! they would say, and [`Rebuild`], asked in every round of the work without offsets, says when the topic has been read
//! again.

pub use self::{
    begin::{Plan, prepare},
    state::{Phase, State, complete, phase},
    watch::{Rebuild, Step},
};

mod state;
mod begin;
mod watch;
pub(crate) mod report;
