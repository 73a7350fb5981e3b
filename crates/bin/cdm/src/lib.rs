//! The CDM layer: counters become the marts that people and dashboards read.
//!
//! In the order the data flows: [`decode`] reads a record, [`transform`] (pure) leaves of each counter the newest,
//! [`store`] upserts both marts in one transaction and assigns the tags that follow, [`publish`] tells of those. When a
//! rule changes, [`apply_rules`] looks at everybody; at the end of a rebuild [`replace`] exchanges the marts. Beside
//! all that [`summary`] adds up what dashboards read, [`api`] answers questions, and [`dashboard`] draws pictures.

pub use self::{commands::Commands, processor::Cdm};

mod decode;
pub mod transform;
mod store;
mod publish;
mod rule;
mod apply_rules;
mod replace;
mod summary;
mod api;
mod dashboard;
mod settings;
mod metrics;
mod processor;
mod commands;
