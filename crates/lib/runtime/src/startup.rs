//! The start of a service: description, topics, schema, retries, errors and exit codes.

pub(crate) mod description;
pub(crate) mod exit_error;
pub(crate) mod startup_error;
pub(crate) mod service;
pub(crate) mod run;
pub(crate) mod topics;
pub(crate) mod schema;
pub(crate) mod retry;
