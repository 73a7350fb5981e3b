//! The destination topic and the dead-letter topic.

use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use pipeline::{DeadLetter, Message, Unavailable};
use rdkafka::{error::KafkaError, producer::Producer as _, types::RDKafkaErrorCode as Code};

use crate::{
    Error, Settings, dead_letter,
    error::unavailable,
    producer::{self, Attempt, Outgoing, Producer},
};

/// One idempotent producer for both topics.
pub struct Publisher {
    settings: Settings,
    /// Replaced when it has failed for good, which idempotent producers do rather than risk an order or a duplicate.
    producer: Mutex<Producer>,
}

impl Publisher {
    /// A producer; the brokers are spoken to with the first message.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { settings: settings.clone(), producer: Mutex::new(producer::open(settings)?) })
    }

    fn producer(&self) -> Result<Producer, Unavailable> {
        let mut producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = producer.client().fatal_error() {
            tracing::warn!(%error, "the producer cannot go on and is replaced");
            let fresh = producer::open(&self.settings).map_err(unavailable)?;
            let failed = std::mem::replace(&mut *producer, fresh);
            tokio::task::spawn_blocking(move || drop(failed)); // which waits for its thread
        }
        Ok(producer.clone())
    }

    fn message<'a>(&'a self, message: &'a Message) -> Result<Outgoing<'a>, Unavailable> {
        let topic = self.settings.destination_topic.as_deref();
        let topic = topic.ok_or_else(|| unavailable("there are messages, and no destination topic to send them to"))?;
        Ok(Outgoing::to(topic).key(message.key.as_bytes()).payload(&message.value))
    }

    fn dead_letter<'a>(&'a self, letter: &'a DeadLetter) -> Outgoing<'a> {
        Outgoing {
            topic: &self.settings.dead_letter_topic,
            partition: None,
            payload: letter.record.value.as_deref(),
            key: letter.record.key.as_deref(),
            timestamp: letter.record.timestamp,
            headers: Some(dead_letter::headers(letter, &self.settings.service)),
        }
    }

    /// Sends a dead letter; without its value, if that is too large. It fitted the source topic compressed, and here it
    /// does not; refused once, it would be refused for ever, and hold up all behind it.
    async fn bury(&self, producer: &Producer, letter: &DeadLetter) -> Result<(), KafkaError> {
        let outcome = producer::send(producer, self.dead_letter(letter)).await;
        match (&outcome, &letter.record.value) {
            (Err(KafkaError::MessageProduction(Code::MessageSizeTooLarge)), Some(value)) => {
                let (record, bytes) = (&letter.record, value.len());
                let (topic, partition, offset) = (&*record.topic, record.partition, record.offset);
                tracing::warn!(topic, partition, offset, bytes, "too large for a dead letter; its value is left out");
                let headers = dead_letter::headers_without_value(letter, &self.settings.service, bytes);
                let stub = Outgoing { payload: None, headers: Some(headers), ..self.dead_letter(letter) };
                producer::send(producer, stub).await
            }
            _ => outcome,
        }
    }
}

impl pipeline::Publisher for Publisher {
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Unavailable> {
        let producer = self.producer()?;
        let mut attempt = Attempt::with(&producer);
        for message in messages {
            attempt.send(self.message(message)?).await;
        }
        // All at once, and each by itself: what becomes of one must be known apart from the others.
        let buried = join_all(dead_letters.iter().map(|letter| self.bury(&producer, letter))).await;
        attempt.finish().await.and(buried.into_iter().collect()).map_err(unavailable)
    }
}
