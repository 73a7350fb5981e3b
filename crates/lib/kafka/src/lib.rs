//! The Kafka client: consumer, producer, topics, consumer groups, dead letters. Implements the ports of the loop.
//!
//! This is the only crate that uses rdkafka. [`Source`] is a member of a consumer group. [`Publisher`] is an idempotent
//! producer. [`Topics`] checks and creates the topics of a service when it starts. A [`Reader`] reads
//! [`ParsedDeadLetter`]s from the dead-letter topic, and a [`ReplayProducer`] sends their original records back.
//!
//! librdkafka reconnects, retries requests and finds the coordinator by itself. This crate adds what librdkafka cannot
//! know: the batch to which an offset belongs, and the end offset up to which a tick reads.

pub use self::{
    admin::group::Group,
    admin::topic::{Finding, Status, Topic},
    admin::topics::Topics,
    admin::watermarks::Watermarks,
    client::error::Error,
    client::metrics::describe as describe_metrics,
    client::settings::{Password, Settings},
    consume::reader::Reader,
    consume::source::Source,
    produce::parsed_dead_letter::{Omitted, ParsedDeadLetter, REPLAYED_FROM},
    produce::publisher::Publisher,
    produce::replay_producer::ReplayProducer,
};

/// Kafka as a dependency of a service.
pub const KAFKA: consumer::Dependency = consumer::Dependency { name: "kafka", setting: "KAFKA_BOOTSTRAP_SERVERS" };

mod client;
mod consume;
mod admin;
mod produce;
