//! The destination topic and the dead-letter topic.

use std::sync::{Mutex, PoisonError};

use pipeline::{DeadLetter, Message, Unavailable};
use rdkafka::producer::Producer as _;

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
}

impl pipeline::Publisher for Publisher {
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Unavailable> {
        let producer = self.producer()?;
        let mut attempt = Attempt::with(&producer);
        for message in messages {
            attempt.send(self.message(message)?).await;
        }
        for letter in dead_letters {
            attempt.send(self.dead_letter(letter)).await;
        }
        attempt.finish().await.map_err(unavailable)
    }
}
