//! Subscribers: the difference between the members of a segment and what a target has acknowledged, sent until it is acknowledged.
//!
//! [`change`] and [`difference`] are pure: the changes to send. [`target`] is the port, [`targets`] implement it. Pending changes are
//! computed, never queued, so an outage loses nothing. A sync ([`Subscribers::sync`]) has a transaction for each batch; the scheduler starts
//! those that are [`due`].

pub use self::{
    change::{Change, Op},
    ping::Ping,
    sync::{Outcome, Subscribers},
};

pub mod change;
pub mod target;
pub mod difference;
pub mod backoff;
pub mod due;
pub mod settings;
pub mod store;
pub mod targets;
mod scope;
mod record;
pub(crate) mod metrics;
mod sync;
mod ping;
pub(crate) mod scheduler;
pub(crate) mod command;
