//! Test orders: generated from a seed or read from files, loaded, watched, and evaluated by a model; and the [`master`]
//! database of elt-service.
//!
//! This crate does not use the crates of the services, so that its [`model`] is an independent implementation.

pub mod broker;
pub mod files;
pub mod generator;
pub mod load;
pub mod master;
pub mod model;
pub mod source;
pub mod watch;
