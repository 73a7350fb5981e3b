//! segments-service: named sets of users, called segments, with the history of their members.
//!
//! Every change goes through [`changes`]: locks, a decision on the locked state, one operation, the rows. The routes are
//! adapters: `v1` answers as the customer's first service, byte for byte, `slugs` as the second. `sweeper` closes
//! memberships whose time is over. Reads ask for the memberships of an instant, so they do not depend on the sweeper.
//!
//! The modules from the bottom up: `instant`, `bucket`, `text` and `go` (pure); `changes`; `reads`, `auth`, `links`; `api`;
//! `v1`, `slugs`; `commands`, `app`.

pub use self::{app::Segments, migrations::MIGRATIONS, sources::Sources};

pub mod bucket;
mod instant;
mod text;
pub mod go;
mod migrations;
pub mod changes;
mod reads;
mod auth;
mod links;
pub mod user_actions;
mod sources;
mod settings;
mod metrics;
mod api;
mod v1;
mod slugs;
mod sweeper;
mod commands;
mod app;
