//! The ports of the loop: source, record, processor, outcome, publisher.

pub mod record;
pub mod outcome;
pub mod processor;
pub mod source;
pub mod publisher;
