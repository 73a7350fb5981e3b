//! Metadata client: requests metadata without joining a group, and distinguishes an outage from a rejection.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    metadata::{Metadata, MetadataTopic},
    types::RDKafkaErrorCode as Code,
};

use crate::{
    Error, Settings,
    client::certificate,
    client::diagnostics,
    client::error::{auth_error, certificate_error, unavailable},
};

/// Requests metadata. The request itself only times out; the context of the client collects the reason.
pub(crate) struct MetadataClient {
    client: BaseConsumer<ErrorCollector>,
    ca_file: Option<PathBuf>,
}

#[derive(Default)]
struct ErrorCollector(Mutex<CollectedErrors>);

#[derive(Default)]
struct CollectedErrors {
    auth_error: Option<(Error, String)>,
    failure: Option<String>,
}

/// The attempts are short, so that a rejection is reported as soon as it is received.
const ATTEMPTS: u32 = 5;
const ATTEMPT: Duration = Duration::from_secs(1);
const LISTEN: Duration = Duration::from_millis(20);

/// Timeout of a request to a broker whose address is known.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

impl MetadataClient {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        Self::with(settings, &settings.client())
    }

    /// A client that can read the group's committed offsets. It does not join the group.
    pub(crate) fn of_group(settings: &Settings) -> Result<Self, Error> {
        Self::with(settings, settings.client().set("group.id", &settings.group_id))
    }

    fn with(settings: &Settings, config: &ClientConfig) -> Result<Self, Error> {
        let client = config.create_with_context(ErrorCollector::default())?;
        Ok(Self { client, ca_file: settings.ssl_ca_file.clone() })
    }

    /// Checks that the coordinator of the group and the leaders of the topic's partitions answer at their advertised
    /// addresses. Blocks the calling thread.
    pub(crate) fn reach_group(&self, topic: &str) -> Result<(), Error> {
        self.reach_leaders(topic)?;
        let mut partitions = TopicPartitionList::with_capacity(1);
        partitions.add_partition(topic, 0);
        self.collected(self.client.committed_offsets(partitions, METADATA_TIMEOUT)).map(|_| ())
    }

    /// Checks that the leaders of the topic's partitions answer at their advertised addresses. Blocks the calling
    /// thread.
    pub(crate) fn reach_leaders(&self, topic: &str) -> Result<(), Error> {
        let metadata = self.metadata(topic)?;
        let described = metadata.topics().first().filter(|described| described.error().is_none());
        let Some(described) = described else { return Err(missing(topic, &metadata)) };
        let mut asked = Vec::new();
        for partition in described.partitions() {
            let (number, leader) = (partition.id(), partition.leader());
            if leader < 0 {
                return Err(unavailable(format_args!("partition {number} of {topic} has no leader")).into());
            }
            if !asked.contains(&leader) {
                self.collected(self.client.fetch_watermarks(topic, number, METADATA_TIMEOUT))?;
                asked.push(leader);
            }
        }
        Ok(())
    }

    /// The answer to a request. A failure carries the error that the client's context has collected.
    fn collected<T>(&self, answer: Result<T, KafkaError>) -> Result<T, Error> {
        answer.map_err(|error| {
            while self.client.poll(LISTEN).is_some() {}
            match self.client.context().collected().failure.take() {
                Some(failure) => Error::Unavailable(unavailable(failure)),
                None => error.into(),
            }
        })
    }

    /// The metadata of a topic. Blocks the calling thread, for some seconds at most.
    pub(crate) fn metadata(&self, topic: &str) -> Result<Metadata, Error> {
        *self.client.context().collected() = CollectedErrors::default();
        for _ in 1..ATTEMPTS {
            if let Ok(metadata) = self.attempt(topic)? {
                return Ok(metadata);
            }
        }
        let last = self.attempt(topic)?;
        last.map_err(|error| match self.client.context().collected().failure.take() {
            Some(failure) => Error::Unavailable(unavailable(failure)),
            None => error.into(),
        })
    }

    /// One request. The outer error is a rejection.
    fn attempt(&self, topic: &str) -> Result<Result<Metadata, KafkaError>, Error> {
        let metadata = self.client.fetch_metadata(Some(topic), ATTEMPT);
        if metadata.is_ok() {
            return Ok(metadata);
        }
        while self.client.poll(LISTEN).is_some() {}
        match self.client.context().collected().auth_error.take() {
            Some((auth_error, said)) => Err(self.precisely(auth_error, &said)),
            None => Ok(metadata),
        }
    }

    /// Replaces a certificate error by one with the reason of OpenSSL.
    fn precisely(&self, auth_error: Error, said: &str) -> Error {
        let Some((address, _)) = said.split_once(": ").filter(|_| said.contains("certificate verify failed")) else {
            return auth_error;
        };
        certificate::verify_error(address, self.ca_file.as_deref())
            .map_or(auth_error, |verdict| certificate_error(address, &verdict))
    }
}

/// The reason why metadata does not describe a topic.
fn missing(topic: &str, metadata: &Metadata) -> Error {
    match metadata.topics().first().and_then(MetadataTopic::error).map(Code::from) {
        None | Some(Code::UnknownTopicOrPartition) => Error::NoTopic(topic.to_owned()),
        Some(code) => KafkaError::MetadataFetch(code).into(),
    }
}

impl ErrorCollector {
    fn collected(&self) -> MutexGuard<'_, CollectedErrors> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for ErrorCollector {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        diagnostics::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let mut collected = self.collected();
        // The first error has the cause. The last one only says that all brokers are down.
        match error.rdkafka_error_code().and_then(|code| auth_error(code, reason)) {
            Some(auth_error) => _ = collected.auth_error.get_or_insert_with(|| (auth_error, reason.to_owned())),
            None => _ = collected.failure.get_or_insert_with(|| reason.to_owned()),
        }
    }
}

impl rdkafka::consumer::ConsumerContext for ErrorCollector {}
