//! Records sent back to where they came from.

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
    /// Those that were asked about.
    known: HashMap<String, Topic>,
}

/// What a record takes beside its key, value and headers: the frames of the batch it travels in and its own.
const RECORD_OVERHEAD: usize = 256;

/// What a header takes beside its name and value.
const HEADER_FRAME: usize = 10;

impl ReplayProducer {
    /// A producer, and somebody to ask about topics; the brokers are spoken to with the first question.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { producer: producer::open(settings)?, topics: Topics::connect(settings)?, known: HashMap::new() })
    }

    /// Whether the topic of the record has room for it. A broker that refuses one for its size would hold up all behind.
    ///
    /// # Errors
    /// [`Error::NoTopic`] when the topic is gone; otherwise when the brokers do not answer.
    pub async fn fits(&mut self, record: &Record) -> Result<bool, Error> {
        Ok(size(record) <= self.topic(&record.topic).await?.max_message_bytes.min(producer::LARGEST_RECORD))
    }

    /// Sends the records with their keys, values and headers, each to the partition it came from, so that it stays behind
    /// what has its key; returns when all are acknowledged.
    ///
    /// # Errors
    /// When one is not acknowledged; any of them may have arrived.
    pub async fn send(&mut self, records: &[Record]) -> Result<(), Error> {
        let producer = self.producer.clone();
        let mut attempt = Attempt::with(&producer);
        for record in records {
            let partitions = self.topic(&record.topic).await?.partitions;
            // A topic that was made anew may have fewer partitions; then the key decides.
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
        timestamp: None, // it is a new record; the time of the first one is in a header
        headers: Some(headers),
    }
}

fn size(record: &Record) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers = record.headers.iter().map(|(name, value)| name.len() + length(value) + HEADER_FRAME);
    RECORD_OVERHEAD + length(&record.key) + length(&record.value) + headers.sum::<usize>()
}
