//! The DDS layer: enriched orders become a Data Vault and counters per user.
//!
//! In the order the data flows: [`decode`] reads a record, [`transform`] (pure) works out every row and every
//! difference, [`store`] writes them in one transaction, but for those [`key_cache`] to be there, [`publish`] says what
//! the counters are now. After a rebuild [`republish`] says it of all of them.

pub use self::{commands::Commands, processor::Dds};

mod decode;
pub mod transform;
mod key_cache;
mod store;
mod publish;
mod republish;
mod processor;
mod commands;
