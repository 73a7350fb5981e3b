//! Tests of settings and of the subcommands of a service, on a real broker and a real database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod fixture;
mod command_line;
mod listing;
mod replaying;
