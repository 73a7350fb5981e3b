//! `stg-service`: stores raw orders and enriches them with names from Redis.
//!
//! In the order of the data flow: [`decode`] reads a record, [`enrich`] reads the names of a whole batch from Redis,
//! [`transform`] (pure) computes the new rows and messages, [`store`] writes them in one transaction, [`publish`] makes
//! the messages for DDS. [`parked`] retries orders whose names were missing; [`commands`] lists and releases them.

pub use self::{commands::Commands, processor::Stg};

/// Redis, a dependency of the service.
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
