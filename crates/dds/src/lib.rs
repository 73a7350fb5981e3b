//! The DDS layer: enriched orders become a Data Vault and counters per user.
//!
//! In the order the data flows: [`receive`] reads a record, [`transform`] (pure) works out every row and every
//! difference, [`store`] writes them in one transaction, but for those [`known`] to be there, [`publish`] says what the
//! counters are now. After a rebuild [`retell`] says it of all of them.

pub use self::{commands::Commands, layer::Dds};

mod receive;
pub mod transform;
mod known;
mod store;
mod publish;
mod retell;
mod layer;
mod commands;
