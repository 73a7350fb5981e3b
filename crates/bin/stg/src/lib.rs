//! The STG layer: orders with ids become orders with names.
//!
//! In the order the data flows: [`decode`] reads a record, [`enrich`] asks Redis for the names of a whole batch,
//! [`transform`] (pure) decides what becomes of each order, [`store`] writes it in one transaction, [`publish`] says what
//! is sent on. [`parked`] takes up the orders whose names were missing; [`commands`] lets a person see and release them.

pub use self::{commands::Commands, processor::Stg};

/// Redis as a dependency of the service.
pub(crate) const REDIS: consumer::Dependency = consumer::Dependency { name: "redis", setting: "REDIS_URL" };

mod settings;
mod clock;
mod decode;
mod enrich;
pub mod transform;
mod store;
mod publish;
pub mod parked;
mod processor;
mod commands;
