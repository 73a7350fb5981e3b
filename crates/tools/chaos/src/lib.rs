//! The whole pipeline under faults: a seeded plan says what breaks when, a nemesis breaks it, a model says what must have
//! come of it all the same.
//!
//! Read in this order: [`fault`] lists what can go wrong, [`plan`] deals it out over rounds, [`nemesis`] does it,
//! [`oracle`] knows the right answer, [`compare`] holds the warehouse against it, [`rounds`] puts them together.

pub mod settings;

pub mod fault;
pub mod plan;

pub mod disk;
mod hosts;
mod fixture;
mod fleet;
mod names;
mod order_system;
mod transactions;
mod writer;
mod stream;
mod world;
mod broker;
pub mod nemesis;

pub mod oracle;
pub mod compare;

mod drain;
mod report;
pub mod screen;
pub mod rounds;
mod memory;
mod restarts;
mod soak;
pub mod run;

pub use disk::own_mounts;
