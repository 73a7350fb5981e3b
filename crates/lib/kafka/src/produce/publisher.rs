//! The publisher: sends messages to the destination topic and dead letters to the dead-letter topic.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use ::consumer::{DeadLetter, DependencyError, LoopHealth, Message};
use futures_util::future::join_all;
use rdkafka::{
    error::KafkaError,
    producer::{Producer as _, PurgeConfig},
};
use tokio::time::timeout;

use crate::{
    Error, Settings,
    client::error::unavailable,
    client::supervisor::{Client, Health, LOOK_EVERY, Supervisor},
    produce::dead_letter::{self, RetainedParts},
    produce::producer::{self, Attempt, Outgoing, Producer},
};

/// One idempotent producer for both topics.
pub struct Publisher {
    settings: Settings,
    /// Replaced after a fatal error. Idempotent producers fail rather than risk a wrong order or a duplicate.
    producer: Mutex<Producer>,
    /// One of the concurrent attempts locks it and supervises for all.
    supervisor: tokio::sync::Mutex<Supervisor>,
}

impl Publisher {
    /// Creates a publisher. It connects with the first message.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.clone(),
            producer: Mutex::new(producer::open(settings)?),
            supervisor: tokio::sync::Mutex::new(Supervisor::new(Client::Producer, settings, None)),
        })
    }

    /// Reports to `loop_health` when the producer makes no progress.
    #[must_use]
    pub fn reporting_to(mut self, loop_health: Arc<LoopHealth>) -> Self {
        *self.supervisor.get_mut() = Supervisor::new(Client::Producer, &self.settings, Some(loop_health));
        self
    }

    fn producer(&self) -> Result<Producer, DependencyError> {
        let mut producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = producer.client().fatal_error() {
            tracing::warn!(%error, "the producer has failed and is replaced");
            self.replace(&mut producer)?;
        }
        Ok(producer.clone())
    }

    fn replace(&self, producer: &mut Producer) -> Result<(), DependencyError> {
        Client::Producer.count_replacement();
        let fresh = producer::open(&self.settings).map_err(unavailable)?;
        let failed = std::mem::replace(producer, fresh);
        tokio::task::spawn_blocking(move || drop(failed)); // dropping waits for messages in flight
        Ok(())
    }

    /// Resolves when the producer must be replaced. Awaited while acknowledgements are outstanding.
    async fn until_lost(&self, producer: &Producer) {
        let mut answers = producer.context().count();
        let mut supervisor = self.supervisor.lock().await;
        loop {
            let count = producer.context().count();
            let health = if count == answers { Health::NoAnswer } else { Health::Well };
            answers = count;
            supervisor.observe(health);
            if timeout(LOOK_EVERY, supervisor.until_lost()).await.is_ok() {
                return;
            }
        }
    }

    /// Replaces this producer, unless another attempt has done so. Its outstanding messages fail at once, and the new
    /// producer sends them again.
    fn give_up(&self, lost: &Producer) -> Result<(), DependencyError> {
        let mut producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&producer, lost) {
            self.replace(&mut producer)?;
        }
        lost.purge(PurgeConfig::default().queue().inflight());
        Ok(())
    }

    /// One attempt to publish with this producer.
    async fn attempt(
        &self,
        producer: &Producer,
        messages: &[Message],
        dead_letters: &[DeadLetter],
    ) -> Result<(), DependencyError> {
        let mut attempt = Attempt::with(producer);
        for message in messages {
            attempt.send(self.message(message)?).await;
        }
        // Concurrently, but one by one, because each result is needed.
        let dead = join_all(dead_letters.iter().map(|letter| self.send_dead_letter(producer, letter))).await;
        let of = |topic: &str, error| unavailable(format_args!("topic {topic}: {error}"));
        let sent =
            attempt.finish().await.map_err(|error| of(self.settings.destination_topic.as_deref().unwrap_or(""), error));
        let dead: Result<(), KafkaError> = dead.into_iter().collect();
        sent.and(dead.map_err(|error| of(&self.settings.dead_letter_topic, error)))
    }

    fn message<'a>(&'a self, message: &'a Message) -> Result<Outgoing<'a>, DependencyError> {
        let topic = self.settings.destination_topic.as_deref();
        let topic = topic.ok_or_else(|| unavailable("there are messages to send, but no destination topic is set"))?;
        Ok(Outgoing {
            topic,
            partition: None,
            key: Some(message.key.as_bytes()),
            payload: Some(&message.value),
            timestamp: None,
            headers: None,
        })
    }

    fn dead_letter<'a>(&'a self, letter: &'a DeadLetter, retained: RetainedParts) -> Outgoing<'a> {
        let record = &letter.record;
        Outgoing {
            topic: &self.settings.dead_letter_topic,
            partition: None,
            payload: record.value.as_deref().filter(|_| retained.value),
            key: record.key.as_deref().filter(|_| retained.key_and_headers),
            timestamp: record.timestamp.filter(|_| retained.timestamp),
            headers: Some(dead_letter::headers(letter, &self.settings.service, retained)),
        }
    }

    /// Sends a dead letter. If it is too large for the broker, it is sent without its value, then also without its key
    /// and headers. It may have fitted the source topic because of compression or another limit.
    async fn send_dead_letter(&self, producer: &Producer, letter: &DeadLetter) -> Result<(), KafkaError> {
        let mut retained = RetainedParts::ALL;
        loop {
            let outcome = producer::send(producer, self.dead_letter(letter, retained)).await;
            let Err(KafkaError::MessageProduction(code)) = &outcome else { return outcome };
            let Some(less) = retained.without(*code) else { return outcome };
            let (record, error) = (&letter.record, code.to_string());
            let (topic, partition, offset) = (&*record.topic, record.partition, record.offset);
            tracing::warn!(topic, partition, offset, error, retained = ?less, "the broker rejected a dead letter; a part of it is left out");
            retained = less;
        }
    }
}

impl ::consumer::Publisher for Publisher {
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), DependencyError> {
        let producer = self.producer()?;
        let answers = producer.context().count();
        let mut attempt = pin!(self.attempt(&producer, messages, dead_letters));
        let outcome = tokio::select! {
            biased;
            outcome = &mut attempt => outcome,
            () = self.until_lost(&producer) => {
                self.give_up(&producer)?;
                attempt.await
            }
        };
        // A rejection is an answer as well.
        if (outcome.is_ok() || producer.context().count() != answers)
            && let Ok(mut supervisor) = self.supervisor.try_lock()
        {
            supervisor.observe(Health::Well);
        }
        outcome
    }
}
