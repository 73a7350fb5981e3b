//! Kafka behind the ports of the loop: the only crate that knows rdkafka.
//!
//! [`Source`] is one member of a consumer group, [`Publisher`] one idempotent producer, [`Topics`] what a starting
//! service asks about the topics it needs. What librdkafka does by itself (reconnecting, retrying a request, finding
//! the coordinator) stays with it; what it cannot know (which batch an offset belongs to, how far a tick should read)
//! is here. A [`Reader`] takes [`ParsedDeadLetter`]s out of the dead-letter topic, a [`ReplayProducer`] sends back what
//! was in them.

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
