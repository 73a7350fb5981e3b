//! Chaos tests of the whole pipeline: a seeded plan of faults, a nemesis that injects them, and an oracle that knows
//! the correct result.
//!
//! Read in this order: [`fault`] lists what can go wrong, [`plan`] deals it out over rounds, [`nemesis`] does it,
//! [`oracle`] knows the right answer, [`compare`] holds the warehouse against it, [`rounds`] puts them together.

pub use self::{output::screen, system::disk};

pub mod settings;

pub mod fault;
pub mod plan;

mod system;
mod broker;
pub mod nemesis;

pub mod oracle;
pub mod compare;

mod drain;
mod output;
pub mod rounds;
mod soak;
mod hostile;
pub mod run;

pub use system::disk::own_mounts;
