//! One batch, for as long as it takes: stored, in parts if need be, published, committed.

use crate::{
    DeadLetter, Failure, LARGEST_PART, Layer, Message, Outcome, Publisher, Rejection, Source, Step, Stored,
    Unavailable, Worker,
    batch::Batch,
    failpoint,
    retry::Patience,
    search::{Search, Verdict},
    worker::{Stopped, alive, finish},
};

impl<S: Source, L: Layer, P: Publisher> Worker<S, L, P> {
    /// What is left to be done of a batch. Whatever has failed before, nothing here is given up but a record whose data is
    /// refused.
    pub(crate) async fn persist(&mut self, mut batch: Batch<L::Event>) -> Result<(), Stopped> {
        if !batch.is_published() {
            self.store(&mut batch).await?;
            failpoint::pass("stored");
            let dead_letters = batch.dead_letters((self.clock)());
            self.publish(&batch.messages, &dead_letters).await?;
            batch.publish();
            failpoint::pass("published");
        }
        batch.land(&mut self.source, &self.vitals, (self.clock)());
        Ok(())
    }

    /// Stores the events of a batch, in one transaction if the database will have it, for as long as it takes. Which part
    /// is tried when it will not, is for [`Search`] to say; a record whose data is refused is given up, one that fails for
    /// another reason never.
    async fn store(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        let events = std::mem::take(&mut batch.events);
        let mut search = Search::among(events.len());
        let mut patience = Patience::new();
        while let Some(range) = search.next() {
            self.vitals.enters(Step::Storing);
            let storing = alive(&mut self.source, &self.vitals, self.layer.store(&events[range]));
            match finish(&self.stop, self.settings.stop_within, storing).await? {
                Ok(stored) => {
                    self.vitals.waits_for(None);
                    patience = Patience::new();
                    search.done();
                    batch.settle(stored);
                    self.publish_early(batch).await?;
                }
                Err(Failure::TooMuch) if search.halve() => {}
                Err(Failure::Refused(error)) => {
                    if !search.halve() {
                        search.done();
                        let outcome = Outcome::DeadLetter(Rejection::new("refused-by-database", error));
                        batch.settle(Stored { outcomes: vec![outcome], messages: Vec::new() });
                    }
                }
                Err(failure) => {
                    let error = Unavailable::from(failure);
                    match search.failed(&error) {
                        Verdict::Repeat => self.wait(&mut patience, error, None).await?,
                        Verdict::Halve => tracing::warn!(
                            dependency = error.dependency,
                            error = error.error,
                            events = events.len(),
                            "the same error repeats; looking for the record it comes from"
                        ),
                        Verdict::Alone => self.wait(&mut patience, error, batch.next_open()).await?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Publishes what follows from a part of a batch, if it is too much to be kept until the rest is stored. The offsets
    /// wait for the rest all the same.
    async fn publish_early(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        if batch.messages.iter().map(Message::size).sum::<usize>() < LARGEST_PART {
            return Ok(());
        }
        let messages = std::mem::take(&mut batch.messages);
        self.publish(&messages, &[]).await
    }

    /// Publishes messages, for as long as it takes.
    pub(crate) async fn publish(&mut self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Stopped> {
        if messages.is_empty() && dead_letters.is_empty() {
            return Ok(());
        }
        let mut patience = Patience::new();
        loop {
            self.vitals.enters(Step::Publishing);
            let publishing = self.publisher.publish(messages, dead_letters);
            let publishing = alive(&mut self.source, &self.vitals, publishing);
            match finish(&self.stop, self.settings.stop_within, publishing).await? {
                Ok(()) => {
                    self.vitals.waits_for(None);
                    return Ok(());
                }
                Err(error) => self.wait(&mut patience, error, None).await?,
            }
        }
    }
}
