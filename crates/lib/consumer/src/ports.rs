//! The ports of the loop: records come from a source, go through a processor, and leave by a publisher.

pub mod record;
pub mod outcome;
pub mod processor;
pub mod source;
pub mod publisher;
