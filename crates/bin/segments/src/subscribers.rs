//! Subscribers: the difference between the members of a segment and what a target has acknowledged, sent until it is acknowledged.
//!
//! [`change`] and [`difference`] are pure: the changes to send. [`target`] is the port, [`targets`] implement it. Pending changes are
//! computed, never queued, so an outage loses nothing.

pub use self::change::{Change, Op};

pub mod change;
pub mod target;
pub mod difference;
pub mod settings;
pub mod store;
pub mod targets;
