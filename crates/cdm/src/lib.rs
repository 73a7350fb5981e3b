//! The CDM layer: counters become the marts that people and dashboards read.
//!
//! In the order the data flows: [`receive`] reads a record, [`transform`] (pure) leaves of each counter the newest,
//! [`store`] upserts both marts in one transaction. `publish` comes with the tags.

pub use self::layer::Cdm;

mod receive;
pub mod transform;
mod store;
mod layer;
