//! Transactions of a producer: committed, aborted, or open for a while.

use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, Producer};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::system::producer::{IDLE_TIMEOUT, Outgoing, acknowledged, client, send};

/// Timeout of one call of a transactional producer.
const CALL: Duration = Duration::from_secs(10);

/// Interval between two attempts.
const PAUSE: Duration = Duration::from_millis(300);

/// A transactional id, and the topic it writes to.
pub(crate) struct Transactions {
    bootstrap: String,
    topic: String,
    id: String,
}

impl Transactions {
    pub(crate) fn new(bootstrap: &str, topic: &str, name: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), topic: topic.to_owned(), id: format!("{topic}-{name}") }
    }

    /// Writes these events in one committed transaction. After an error it starts again. The events may then be in the
    /// topic twice, which is harmless, because the oracle reads the topic.
    pub(crate) async fn commit(&self, events: &[Outgoing]) -> Result<()> {
        let began = Instant::now();
        while let Err(error) = self.try_once(events).await {
            if began.elapsed() > IDLE_TIMEOUT {
                return Err(error).context("cannot commit a transaction");
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn try_once(&self, events: &[Outgoing]) -> Result<()> {
        let open = self.begin(events).await?;
        call(&open, |producer| producer.commit_transaction(CALL)).await
    }

    /// Begins a transaction, and returns when the broker has these events of it.
    pub(crate) async fn begin(&self, events: &[Outgoing]) -> Result<FutureProducer> {
        let producer = self.producer().await?;
        producer.begin_transaction()?;
        let send = |(partition, value): &Outgoing| send(&producer, &self.topic, *partition, value.as_deref());
        acknowledged(events.iter().map(send).collect::<Result<_>>()?).await?;
        Ok(producer)
    }

    /// Commits or aborts an open transaction. Returns whether that succeeded; in either case it is no longer open.
    pub(crate) async fn end(&self, open: FutureProducer, commit: bool) -> Result<bool> {
        let end = move |producer: &FutureProducer| match commit {
            true => producer.commit_transaction(CALL),
            false => producer.abort_transaction(CALL),
        };
        if call(&open, end).await.is_ok() {
            return Ok(true);
        }
        drop(open);
        self.abort_open().await?;
        Ok(false)
    }

    /// Aborts a transaction that an earlier producer with this id has left open, which a new producer does first.
    pub(crate) async fn abort_open(&self) -> Result<()> {
        let began = Instant::now();
        while let Err(error) = self.producer().await {
            if began.elapsed() > IDLE_TIMEOUT {
                return Err(error).context("cannot end an open transaction");
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn producer(&self) -> Result<FutureProducer> {
        let producer: FutureProducer = client(&self.bootstrap).set("transactional.id", &self.id).create()?;
        call(&producer, |producer| producer.init_transactions(CALL)).await?;
        Ok(producer)
    }
}

/// Calls of transactions block their thread.
async fn call(
    producer: &FutureProducer,
    call: impl FnOnce(&FutureProducer) -> KafkaResult<()> + Send + 'static,
) -> Result<()> {
    let producer = producer.clone();
    Ok(spawn_blocking(move || call(&producer)).await??)
}
