//! The replay producer: sends records back to their original topics.

use std::collections::HashMap;

use ::consumer::{DependencyError, Record};
use rdkafka::message::{Header, OwnedHeaders};

use crate::{
    Error, Settings, Topic, Topics,
    client::error::unavailable,
    produce::producer::{self, Attempt, Outgoing, Producer},
};

/// Sends records to the topics they name. Unlike [`crate::Publisher`] it has no topics of its own.
pub struct ReplayProducer {
    producer: Producer,
    topics: Topics,
    /// The topics that were described before.
    known: HashMap<String, Topic>,
}

/// The size of the frames of a record and its batch, in bytes, beside key, value and headers.
const RECORD_OVERHEAD: usize = 256;

/// The size of the frame of a header, in bytes, beside name and value.
const HEADER_FRAME: usize = 10;

impl ReplayProducer {
    /// Creates a producer and a client for topics. They connect with the first request.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { producer: producer::open(settings)?, topics: Topics::connect(settings)?, known: HashMap::new() })
    }

    /// Whether the topic of the record accepts its size. A record that the broker rejects would block all records
    /// behind it.
    ///
    /// # Errors
    /// [`Error::NoTopic`] if the topic no longer exists. Any other error if the brokers do not answer.
    pub async fn fits(&mut self, record: &Record) -> Result<bool, Error> {
        Ok(size(record) <= self.topic(&record.topic).await?.max_message_bytes.min(producer::LARGEST_RECORD))
    }

    /// Sends the records with their keys, values and headers, each to its original partition, so that records with the
    /// same key stay in order. Returns when all are acknowledged.
    ///
    /// # Errors
    /// A record is not acknowledged. Any of them may have been written.
    pub async fn send(&mut self, records: &[Record]) -> Result<(), Error> {
        let producer = self.producer.clone();
        let mut attempt = Attempt::with(&producer);
        for record in records {
            let partitions = self.topic(&record.topic).await?.partitions;
            // A topic that was created again may have fewer partitions. Then the key selects the partition.
            let exists = usize::try_from(record.partition).is_ok_and(|partition| partition < partitions);
            attempt.send(outgoing(record, exists.then_some(record.partition))).await;
        }
        attempt.finish().await.map_err(|error| DependencyError::into(unavailable(error)))
    }

    async fn topic(&mut self, name: &str) -> Result<&Topic, Error> {
        if !self.known.contains_key(name) {
            let topic = self.topics.describe(name).await?;
            self.known.insert(name.to_owned(), topic);
        }
        self.known.get(name).ok_or_else(|| Error::NoTopic(name.to_owned()))
    }
}

fn outgoing(record: &Record, partition: Option<i32>) -> Outgoing<'_> {
    let headers = OwnedHeaders::new_with_capacity(record.headers.len());
    let headers = record
        .headers
        .iter()
        .fold(headers, |headers, (key, value)| headers.insert(Header { key: key.as_str(), value: value.as_deref() }));
    Outgoing {
        topic: &record.topic,
        partition,
        payload: record.value.as_deref(),
        key: record.key.as_deref(),
        timestamp: None, // it is a new record; a header contains the original timestamp
        headers: Some(headers),
    }
}

fn size(record: &Record) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers = record.headers.iter().map(|(name, value)| name.len() + length(value) + HEADER_FRAME);
    RECORD_OVERHEAD + length(&record.key) + length(&record.value) + headers.sum::<usize>()
}
