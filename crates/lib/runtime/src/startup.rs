//! The start of a service: the trait `App`, waiting for dependencies, errors and exit codes.

pub(crate) mod exit_error;
pub(crate) mod startup_error;
pub(crate) mod context;
pub(crate) mod app;
pub(crate) mod start;
pub mod schema;
pub(crate) mod run;
