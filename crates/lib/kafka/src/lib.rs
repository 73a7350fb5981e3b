//! Kafka behind the ports of the loop: the only crate that knows rdkafka.
//!
//! [`Source`] is one member of a consumer group, [`Publisher`] one idempotent producer, [`Topics`] what a starting
//! service asks about the topics it needs. What librdkafka does by itself (reconnecting, retrying a request, finding
//! the coordinator) stays with it; what it cannot know (which batch an offset belongs to, how far a tick should read) is
//! here. A [`Reader`] takes [`ParsedDeadLetter`]s out of the dead-letter topic, a [`ReplayProducer`] sends back what was in them.

pub use self::{
    error::Error,
    group::Group,
    parsed_dead_letter::{Omitted, ParsedDeadLetter, REPLAYED_FROM},
    publisher::Publisher,
    reader::Reader,
    replay_producer::ReplayProducer,
    settings::{Password, Settings},
    source::Source,
    topic::{Finding, Status, Topic},
    topics::Topics,
    watermarks::Watermarks,
};

mod settings;
mod error;
mod diagnostics;
mod record;
mod watermarks;
mod generation;
mod in_flight;
mod progress;
mod buffer;
mod ends;
mod commits;
mod librdkafka_text;
mod topic_identity;
mod partition_watch;
mod partitions;
mod supervision;
mod supervisor;
mod context;
mod consumer;
mod topic_watch;
mod receive_now;
mod source;
mod dead_letter;
mod producer;
mod publisher;
mod certificate;
mod metadata_client;
mod advertised;
mod topic;
mod topics;
mod parsed_dead_letter;
mod reader;
mod group;
mod replay_producer;
