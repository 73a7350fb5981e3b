//! The system under test: services, disks, streams of orders, names.

pub mod disk;
pub(crate) mod hosts;
pub(crate) mod fixture;
pub(crate) mod fleet;
pub(crate) mod names;
pub(crate) mod address;
pub(crate) mod order_system;
pub(crate) mod producer;
pub(crate) mod transactions;
pub(crate) mod writer;
pub(crate) mod stream;
pub(crate) mod world;
