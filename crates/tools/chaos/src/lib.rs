//! Chaos tests of the whole pipeline: a seeded plan of faults, a nemesis that injects them, and an oracle that knows
//! the correct result.
//!
//! Read in this order: [`fault`] lists the faults, [`plan`] distributes them over rounds, [`nemesis`] injects them,
//! [`compare::oracle`] computes the expected result, [`compare`] compares the database with it, [`rounds`] runs all of
//! this.

pub use self::{output::screen, system::disk};

pub mod settings;

pub mod fault;
pub mod plan;

mod system;
mod broker;
pub mod nemesis;

pub mod compare;

mod output;
pub mod rounds;
mod soak;
mod hostile;
pub mod replicas;
pub mod elt;
pub mod segments;
pub mod run;

pub use system::disk::own_mounts;
