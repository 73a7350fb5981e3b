//! `dds-service`: writes enriched orders into a Data Vault and counts orders per user.
//!
//! In the order of the data flow: [`decode`] reads a record, [`transform`] (pure) computes all rows and all changes of
//! counters, [`store`] writes them in one transaction, except for rows that exist according to [`key_cache`],
//! [`publish`] makes messages of the new counters. After a rebuild [`republish`] publishes all counters.

pub use self::{commands::Commands, processor::Dds};

mod decode;
pub mod transform;
mod key_cache;
mod store;
mod publish;
mod republish;
mod processor;
mod commands;
