//! The CDM layer: counters become the marts that people and dashboards read.
//!
//! In the order the data flows: [`receive`] reads a record, [`transform`] (pure) leaves of each counter the newest,
//! [`store`] upserts both marts in one transaction; at the end of a rebuild [`replace`] exchanges them. `publish` comes
//! with the tags.

pub use self::{commands::Commands, layer::Cdm};

mod receive;
pub mod transform;
mod store;
mod replace;
mod layer;
mod commands;
