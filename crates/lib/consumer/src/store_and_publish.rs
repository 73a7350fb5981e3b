//! One batch after a failure: it is stored (bisected if necessary), published and committed, and retried until it
//! succeeds.

use crate::{
    DeadLetter, Failure, MAX_BATCH_OUTPUT_BYTES, Message, Outcome, Processor, Publisher, Rejection, Source, Step,
    StoreResult, Worker,
    backoff::Backoff,
    batch::Batch,
    bisection::{Bisection, Decision},
    worker::{Stopped, keep_alive, with_stop_deadline},
};

impl<S: Source, L: Processor, P: Publisher> Worker<S, L, P> {
    /// Completes a batch, with as many attempts as it takes. Only a record with invalid data is given up.
    pub(crate) async fn store_and_publish(&mut self, mut batch: Batch<L::Event>) -> Result<(), Stopped> {
        if !batch.is_published() {
            self.store(&mut batch).await?;
            failpoint::pass("stored");
            let dead_letters = batch.dead_letters((self.clock)());
            self.publish(&batch.messages, &dead_letters).await?;
            batch.record_published();
            failpoint::pass("published");
        }
        batch.commit(&mut self.source, &self.loop_health, (self.clock)());
        Ok(())
    }

    /// Stores the events of a batch, in one transaction if the database accepts it. [`Bisection`] decides which part is
    /// tried next. A record with invalid data becomes a dead letter. A record that fails for any other reason is
    /// retried.
    async fn store(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        let events = std::mem::take(&mut batch.events);
        let mut bisection = Bisection::over(events.len());
        let mut backoff = Backoff::new();
        while let Some(range) = bisection.next() {
            self.loop_health.set_step(Step::Storing);
            let storing = Box::pin(self.processor.store(&events[range]));
            let storing = keep_alive(&mut self.source, &self.loop_health, storing);
            match with_stop_deadline(&self.shutdown, self.settings.drain_timeout, storing).await? {
                Ok(stored) => {
                    self.loop_health.set_waiting(None);
                    backoff = Backoff::new();
                    bisection.done();
                    batch.record_outcomes(stored);
                    self.publish_early(batch).await?;
                }
                Err(Failure::BatchTooLarge) if bisection.split() => {}
                Err(Failure::InvalidData(error)) => {
                    if !bisection.split() {
                        bisection.done();
                        let outcome = Outcome::DeadLetter(Rejection::new("refused-by-database", error));
                        batch.record_outcomes(StoreResult { outcomes: vec![outcome], messages: Vec::new() });
                    }
                }
                Err(failure) => {
                    let error = failure.into_dependency_error(L::STORE);
                    match bisection.failed(&error) {
                        Decision::Retry => self.wait(&mut backoff, error, None).await?,
                        Decision::Bisect => tracing::warn!(
                            dependency = error.dependency.name,
                            error = error.error,
                            events = events.len(),
                            "the same error repeats; the batch is bisected to find the record that causes it"
                        ),
                        Decision::Isolated => self.wait(&mut backoff, error, batch.next_open()).await?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Publishes the messages of the stored part of a batch if they are too large to keep until the rest is stored. The
    /// offsets are committed with the rest.
    async fn publish_early(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        if batch.messages.iter().map(Message::size).sum::<usize>() < MAX_BATCH_OUTPUT_BYTES {
            return Ok(());
        }
        let messages = std::mem::take(&mut batch.messages);
        self.publish(&messages, &[]).await
    }

    /// Publishes messages, and retries until every one is acknowledged.
    pub(crate) async fn publish(&mut self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Stopped> {
        if messages.is_empty() && dead_letters.is_empty() {
            return Ok(());
        }
        let mut backoff = Backoff::new();
        loop {
            self.loop_health.set_step(Step::Publishing);
            let publishing = self.publisher.publish(messages, dead_letters);
            let publishing = keep_alive(&mut self.source, &self.loop_health, publishing);
            match with_stop_deadline(&self.shutdown, self.settings.drain_timeout, publishing).await? {
                Ok(()) => {
                    self.loop_health.set_waiting(None);
                    return Ok(());
                }
                Err(error) => self.wait(&mut backoff, error, None).await?,
            }
        }
    }
}
