//! segments-service: named sets of users, called segments, with the history of their members.
//!
//! Every change goes through [`changes`]: locks, a decision on the locked state, one operation, the rows. The routes of
//! `api` are adapters: `api::v1` answers as the customer's first service, byte for byte, `api::slugs` as the second.
//! `changes::sweeper` closes memberships whose time is over. Reads ask for the memberships of an instant, so they do not
//! depend on the sweeper.
//!
//! The modules from the bottom up: `bucket` and `go` (pure); `changes`; `drive`; `api`, `user_actions`;
//! `swagger`; `settings`, `commands`, `app`.

pub use self::{api::v2::routes_of_v2, app::Segments, migrations::MIGRATIONS, settings::Sources, swagger::document};

pub mod bucket;
pub mod percent;
pub mod go;
mod migrations;
mod metrics;
pub mod changes;
pub mod refresh;
pub mod tags;
pub mod subscribers;
mod api;
pub mod user_actions;
mod swagger;
mod settings;
mod app;
