//! The ports of the loop: source, record, outcome, dependency, processor, publisher.

pub mod record;
pub mod outcome;
pub(crate) mod dependency;
pub mod processor;
pub mod source;
pub mod publisher;
