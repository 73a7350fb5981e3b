//! segments-service on real PostgreSQL: changes of memberships, and the routes of the process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod fixture;
mod service;
mod statements;
mod import;
mod v1;
mod slugs;
mod v2;
mod access;
mod changes;
mod failures;
mod settings;
mod requests;
mod memory;
mod documentation;
mod users;
mod refresh;
mod percent;
mod tags;
mod drive;
mod swagger;
mod subscribers;
mod targets;
