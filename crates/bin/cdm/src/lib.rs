//! `cdm-service`: keeps the data marts, tags users, and serves the tag API and the dashboard.
//!
//! In the order of the data flow: [`decode`] reads a record, [`transform`] (pure) keeps the newest value of each
//! counter, [`store`] upserts both marts in one transaction and updates tags, [`publish`] publishes changes of tags.
//! [`rules`] applies changed rules to all users. [`replace`] exchanges the marts at the end of a rebuild. Beside
//! the loop, [`summary`] computes the figures of the views, [`api`] serves tags, and [`dashboard`] serves charts.

pub use self::{commands::Commands, processor::Cdm};

mod decode;
pub mod transform;
mod store;
mod publish;
mod rules;
mod replace;
mod summary;
mod api;
mod dashboard;
mod settings;
mod metrics;
mod processor;
mod commands;
