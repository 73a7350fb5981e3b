//! The DDS layer: enriched orders become a Data Vault and counters per user.
//!
//! In the order the data flows: [`receive`] reads a record, [`transform`] (pure) works out every row and every
//! difference, [`store`] writes them in one transaction, [`publish`] says what the counters are now.

pub use self::layer::Dds;

mod receive;
pub mod transform;
mod store;
mod publish;
mod layer;
