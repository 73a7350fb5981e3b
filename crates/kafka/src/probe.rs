//! A client that belongs to no group and only asks: what it hears tells an outage from a refusal.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    metadata::Metadata,
};

use crate::{
    Error, Settings, diagnostics,
    error::{refuses, unavailable},
};

/// Asks for metadata. The request itself only ever times out; why it does, is told to the client's context.
pub(crate) struct Probe(BaseConsumer<Ear>);

#[derive(Default)]
struct Ear(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    refusal: Option<String>,
    failure: Option<String>,
}

/// Short attempts, so that a refusal is passed on as soon as it is heard.
const ATTEMPTS: u32 = 5;
const ATTEMPT: Duration = Duration::from_secs(1);
const LISTEN: Duration = Duration::from_millis(20);

impl Probe {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self(settings.client().create_with_context(Ear::default())?))
    }

    /// What the cluster knows of a topic. Waits in the calling thread, for some seconds at most.
    pub(crate) fn metadata(&self, topic: &str) -> Result<Metadata, Error> {
        *self.0.context().heard() = Heard::default();
        for _ in 1..ATTEMPTS {
            if let Ok(metadata) = self.attempt(topic)? {
                return Ok(metadata);
            }
        }
        let last = self.attempt(topic)?;
        last.map_err(|error| match self.0.context().heard().failure.take() {
            Some(failure) => Error::Unavailable(unavailable(failure)),
            None => error.into(),
        })
    }

    /// The outer error is a refusal.
    fn attempt(&self, topic: &str) -> Result<Result<Metadata, KafkaError>, Error> {
        let metadata = self.0.fetch_metadata(Some(topic), ATTEMPT);
        while self.0.poll(LISTEN).is_some() {}
        match self.0.context().heard().refusal.take() {
            Some(refusal) if metadata.is_err() => Err(Error::Refused(refusal)),
            _ => Ok(metadata),
        }
    }
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Ear {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        diagnostics::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let mut heard = self.heard();
        let slot =
            if error.rdkafka_error_code().is_some_and(refuses) { &mut heard.refusal } else { &mut heard.failure };
        slot.get_or_insert_with(|| reason.to_owned()); // the first names the cause, the last says that all are down
    }
}

impl rdkafka::consumer::ConsumerContext for Ear {}
