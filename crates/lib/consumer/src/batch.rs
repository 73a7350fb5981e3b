//! A microbatch: its records, their events, and the outcome of each record.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::{DeadLetter, LoopHealth, Message, Outcome, Processor, Record, Rejection, Source, StoreResult, Unread};

/// The decoded records of one microbatch.
pub(crate) struct Batch<E> {
    pub(crate) records: Vec<Record>,
    /// The decoded events that are not stored yet, in the order of their records.
    pub(crate) events: Vec<E>,
    /// The messages to publish. Storing events adds to them.
    pub(crate) messages: Vec<Message>,
    /// The outcome of each record. `None`: the event is not stored yet.
    outcomes: Vec<Option<Outcome>>,
    /// Every message of the batch is acknowledged.
    published: bool,
    received: Instant,
}

impl<E> Batch<E> {
    /// Decodes `records`. Pure: an error can come only from the record itself.
    pub(crate) fn decode(processor: &impl Processor<Event = E>, records: Vec<Record>) -> Self {
        let mut events = Vec::with_capacity(records.len());
        let outcomes = records
            .iter()
            .map(|record| {
                match record.unread.map_or_else(|| processor.decode(record), |unread| Err(too_large(record, unread))) {
                    Ok(event) => {
                        events.push(event);
                        None
                    }
                    Err(outcome) => Some(outcome),
                }
            })
            .collect();
        Self { records, events, messages: Vec::new(), outcomes, published: false, received: Instant::now() }
    }

    /// The memory that its records take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.records.iter().map(Record::bytes_in_memory).sum()
    }

    /// Records the result of storing all its events.
    pub(crate) fn record_stored(&mut self, stored: StoreResult) {
        self.events = Vec::new();
        self.record_outcomes(stored);
    }

    /// Records that every message is acknowledged.
    pub(crate) fn record_published(&mut self) {
        self.messages = Vec::new();
        self.published = true;
    }

    /// Whether only the commit of its offsets is left to do.
    pub(crate) const fn is_published(&self) -> bool {
        self.published
    }

    /// Commits the offsets and counts the records by outcome.
    pub(crate) fn commit(&self, source: &mut impl Source, loop_health: &LoopHealth, now: SystemTime) {
        source.commit(&self.records);
        loop_health.committed();
        self.count(loop_health, now);
        metrics::histogram!("tagmill_batch_seconds").record(self.received.elapsed().as_secs_f64());
    }

    /// Records the result of storing the next events. Events are stored in their order.
    pub(crate) fn record_outcomes(&mut self, stored: StoreResult) {
        let open = self.outcomes.iter_mut().filter(|outcome| outcome.is_none());
        for (slot, outcome) in open.zip(stored.outcomes) {
            *slot = Some(outcome);
        }
        self.messages.extend(stored.messages);
    }

    /// The record of the event to store next. Events are stored in their order.
    pub(crate) fn next_open(&self) -> Option<&Record> {
        let outcomes = self.records.iter().zip(&self.outcomes);
        outcomes.filter(|(_, outcome)| outcome.is_none()).map(|(record, _)| record).next()
    }

    /// The records for the dead-letter topic.
    pub(crate) fn dead_letters(&self, failed_at: SystemTime) -> Vec<DeadLetter> {
        let outcomes = self.records.iter().zip(&self.outcomes);
        outcomes
            .filter_map(|(record, outcome)| match outcome {
                Some(Outcome::DeadLetter(rejection)) => {
                    Some(DeadLetter { record: record.clone(), rejection: rejection.clone(), failed_at })
                }
                _ => None,
            })
            .collect()
    }

    /// Counts the records by outcome.
    fn count(&self, loop_health: &LoopHealth, now: SystemTime) {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        for (record, outcome) in self.records.iter().zip(&self.outcomes) {
            let Some(outcome) = outcome else { continue };
            metrics::counter!("tagmill_records_total", "outcome" => outcome.label()).increment(1);
            match outcome {
                Outcome::Skipped(kind) => {
                    metrics::counter!("tagmill_skipped_total", "kind" => *kind).increment(1);
                    loop_health.skipped(kind, record);
                }
                Outcome::DeadLetter(rejection) => {
                    metrics::counter!("tagmill_dead_letters_total", "reason" => rejection.reason).increment(1);
                    if loop_health.admits_line(rejection.reason) {
                        log_dead_letter(record, rejection);
                    }
                }
                Outcome::Stored => {
                    if let Some(sent) = record.written_at() {
                        #[expect(
                            clippy::cast_precision_loss,
                            reason = "milliseconds since 1970 fit a double's 53 bits"
                        )]
                        let seconds = now - sent as f64 / 1000.0;
                        metrics::histogram!("tagmill_end_to_end_latency_seconds").record(seconds.max(0.0));
                    }
                }
                Outcome::Unchanged | Outcome::Stale | Outcome::Deferred => {}
            }
        }
        metrics::counter!("tagmill_batches_total").increment(1);
    }
}

/// The outcome of a record that the source did not read because of its size.
fn too_large(record: &Record, unread: Unread) -> Outcome {
    let Unread { first_offset, bytes, limit } = unread;
    let records = match record.offset - first_offset {
        0 => "it".to_owned(),
        _ => format!("the batch of the offsets {first_offset} to {}", record.offset),
    };
    let error = format!("{records} takes at least {bytes} bytes of memory, and {limit} are allowed; see MEMORY_LIMIT");
    Outcome::DeadLetter(Rejection::new("too-large", error))
}

fn log_dead_letter(record: &Record, rejection: &Rejection) {
    tracing::warn!(
        record.topic = %record.topic,
        record.partition = record.partition,
        record.offset = record.offset,
        reason = rejection.reason,
        error = %rejection.error,
        "the record went to the dead-letter topic"
    );
}
