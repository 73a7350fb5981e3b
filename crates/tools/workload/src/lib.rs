//! Test orders: generated from a seed or read from files, loaded, watched, and evaluated by a model; and the [`master`]
//! database of elt-service.
//!
//! The pieces are independent of the product's own crates on purpose: what they expect ([`model`]) is a second opinion.

pub mod broker;
pub mod files;
pub mod generator;
pub mod load;
pub mod master;
pub mod model;
pub mod source;
pub mod watch;
