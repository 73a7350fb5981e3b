//! `rebuild`: empties a layer and reads its topic again. Readers see the previous figures meanwhile.
//!
//! [`prepare`] is the command. In one transaction it empties the tables, resets the offsets of the group and stores the
//! [`State`] of the rebuild. The service does the rest: its batches read the [`phase`] and publish nothing while the
//! topic is read again, and [`Rebuild`], called in every background round, detects that the topic has been read.

pub use self::{
    begin::{Plan, prepare},
    state::{Phase, State, complete, phase},
    watch::{Rebuild, Step},
};

mod state;
mod begin;
mod watch;
pub(crate) mod report;
