//! Test doubles of source, processor and publisher, in memory. They record each call, and fail when the test says so.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::pending,
    time::Duration,
};

use consumer::{
    DeadLetter, Dependency, DependencyError, Failure, Fault, MAX_BATCH_OUTPUT_BYTES, Message, OutboxBatch, Outcome,
    Processor, Publisher, Record, Rejection, Source, StoreResult,
};
use tokio::time::sleep;

use crate::journal::{Journal, Step};

/// One answer of a port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// An error.
    Unavailable,
    /// Success after this delay.
    After(Duration),
    /// No answer at all.
    Never,
}

/// The answers of a port, one for each call. After the last one, every call succeeds.
#[derive(Debug, Default)]
pub(crate) struct Script(RefCell<VecDeque<Answer>>);

impl<const N: usize> From<[Answer; N]> for Script {
    fn from(answers: [Answer; N]) -> Self {
        Self(RefCell::new(answers.into()))
    }
}

impl Script {
    /// Adds an answer at the end.
    pub(crate) fn push(&mut self, answer: Answer) {
        self.0.get_mut().push_back(answer);
    }

    async fn next(&self, dependency: &'static str, journal: &Journal) -> Result<(), DependencyError> {
        let answer = self.0.borrow_mut().pop_front();
        match answer {
            None => Ok(()),
            Some(Answer::After(duration)) => {
                sleep(duration).await;
                Ok(())
            }
            Some(Answer::Never) => {
                journal.note(Step::Unavailable(dependency));
                pending().await
            }
            Some(Answer::Unavailable) => {
                journal.note(Step::Unavailable(dependency));
                Err(DependencyError::new(named(dependency), "gone"))
            }
        }
    }
}

/// A source with one partition. It stops the loop when all records are read in a continuous schedule, or up to the end
/// offset in another.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    pub(crate) journal: Journal,
    pub(crate) records: VecDeque<Record>,
    pub(crate) end: Option<i64>,
    /// Records that arrive just after the end offset was taken.
    pub(crate) late: Vec<Record>,
    pub(crate) script: Script,
}

impl Partition {
    fn take(&mut self, limit: usize) -> Vec<Record> {
        let count = limit.min(self.records.len());
        self.records.drain(..count).collect()
    }
}

impl Source for Partition {
    async fn snapshot_end_offsets(&mut self) -> Result<(), DependencyError> {
        self.script.next("kafka", &self.journal).await?;
        self.end = self.records.back().map(|record| record.offset);
        self.records.extend(self.late.drain(..));
        Ok(())
    }

    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.script.next("kafka", &self.journal).await?;
        if self.records.is_empty() {
            self.journal.stop().cancel();
            pending::<()>().await;
        }
        Ok(self.take(limit))
    }

    async fn next_full(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.script.next("kafka", &self.journal).await?;
        if self.records.len() < limit {
            pending::<()>().await;
        }
        Ok(self.take(limit))
    }

    async fn next_until_end(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.script.next("kafka", &self.journal).await?;
        let left = self.records.iter().take_while(|record| Some(record.offset) <= self.end).count();
        if left == 0 {
            self.journal.stop().cancel();
        }
        Ok(self.take(limit.min(left)))
    }

    async fn poll_while<T>(&mut self, work: impl Future<Output = T>) -> T {
        let _kept = self.journal.keep();
        work.await
    }

    fn commit(&mut self, records: &[Record]) {
        self.journal.note(Step::Committed(records.iter().map(|record| record.offset).collect()));
    }

    async fn close(self) {
        self.journal.note(Step::Closed);
    }
}

/// A processor that stores offsets. The value of a record decides its outcome.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    pub(crate) journal: Journal,
    pub(crate) storing: Script,
    /// The events whose data the database rejects.
    pub(crate) refused: BTreeSet<i64>,
    /// The events that fail, and how often they will still fail.
    pub(crate) failing: RefCell<BTreeMap<i64, u32>>,
    /// A transaction with more events times out.
    pub(crate) largest: Option<usize>,
    /// The size of each message. A transaction whose messages exceed the limit fails with `BatchTooLarge`.
    pub(crate) message_bytes: usize,
    /// The number of keys, which the events have in turn. Without it, events have no key.
    pub(crate) keys: Option<i64>,
    /// The messages of each background round.
    pub(crate) outbox: VecDeque<Vec<i64>>,
    /// Whether each round reports that no work is left for now.
    pub(crate) rests: bool,
    pub(crate) background: Script,
    pub(crate) settling: Script,
    /// The number of background rounds that the database rejects.
    pub(crate) unwanted: u32,
}

/// The value of a record that is an event.
pub(crate) const EVENT: &[u8] = b"event";
/// The value of a record that is skipped.
pub(crate) const FOREIGN: &[u8] = b"foreign";
/// The value of a record that cannot be decoded.
pub(crate) const UNREADABLE: &[u8] = b"unreadable";

fn message(offset: i64) -> Message {
    Message { key: "user".to_owned(), value: offset.to_string().into_bytes() }
}

/// An error whose text differs each time, while its kind stays the same.
fn rejected(number: u32) -> DependencyError {
    let error = format!("process {number} waits for another");
    DependencyError::new(named("postgres"), error).with(Fault::Rejected("40P01".to_owned()))
}

impl Processor for Offsets {
    type Event = i64;
    type Key = i64;
    const STORE: Dependency = named("postgres");

    fn decode(&self, record: &Record) -> Result<i64, Outcome> {
        match record.value.as_deref() {
            Some(EVENT) => Ok(record.offset),
            Some(FOREIGN) => Err(Outcome::Skipped("other-type")),
            _ => Err(Outcome::DeadLetter(Rejection::new("not-json", "no"))),
        }
    }

    fn key(&self, event: &i64) -> Option<i64> {
        self.keys.map(|keys| event % keys)
    }

    async fn store(&self, events: &[i64]) -> Result<StoreResult, Failure> {
        self.journal.check_kept();
        self.storing.next("postgres", &self.journal).await?;
        if self.largest.is_some_and(|largest| events.len() > largest) {
            self.journal.note(Step::Failed(events.to_vec()));
            return Err(DependencyError::new(named("postgres"), "no answer").with(Fault::TimedOut).into());
        }
        let mut failing = self.failing.borrow_mut();
        if let Some((_, left)) = failing.iter_mut().find(|(event, left)| events.contains(event) && **left > 0) {
            *left -= 1;
            self.journal.note(Step::Failed(events.to_vec()));
            return Err(rejected(*left).into());
        }
        if events.iter().any(|event| self.refused.contains(event)) {
            self.journal.note(Step::Refused(events.to_vec()));
            return Err(Failure::InvalidData("no such number".to_owned()));
        }
        if events.len() > 1 && events.len() * self.message_bytes > MAX_BATCH_OUTPUT_BYTES {
            self.journal.note(Step::Failed(events.to_vec()));
            return Err(Failure::BatchTooLarge);
        }
        self.journal.note(Step::Stored(events.to_vec()));
        let outcomes = events.iter().map(|_| Outcome::Stored).collect();
        let padded = |&event: &i64| {
            let Message { key, mut value } = message(event);
            value.resize(value.len().max(self.message_bytes), b' ');
            Message { key, value }
        };
        Ok(StoreResult { outcomes, messages: events.iter().map(padded).collect() })
    }

    async fn poll_outbox(&mut self, _limit: usize) -> Result<OutboxBatch, Failure> {
        self.journal.check_kept();
        self.background.next("postgres", &self.journal).await?;
        if self.unwanted > 0 {
            self.unwanted -= 1;
            self.journal.note(Step::Failed(Vec::new()));
            return Err(rejected(self.unwanted).into());
        }
        let messages = self.outbox.pop_front().unwrap_or_default();
        Ok(OutboxBatch {
            messages: messages.into_iter().map(message).collect(),
            more: !self.outbox.is_empty() && !self.rests,
        })
    }

    async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.journal.check_kept();
        self.settling.next("postgres", &self.journal).await?;
        self.journal.note(Step::MarkedSent);
        Ok(())
    }
}

/// A publisher whose broker acknowledges everything.
#[derive(Debug, Default)]
pub(crate) struct Broker {
    pub(crate) journal: Journal,
    pub(crate) script: Script,
    /// All acknowledged dead letters.
    pub(crate) dead_letters: RefCell<Vec<DeadLetter>>,
}

impl Publisher for Broker {
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), DependencyError> {
        self.journal.check_kept();
        self.script.next("kafka", &self.journal).await?;
        let messages =
            messages.iter().map(|message| std::str::from_utf8(&message.value).unwrap().trim_end().parse().unwrap());
        let letters = dead_letters.iter().map(|letter| letter.record.offset);
        self.journal.note(Step::Published(messages.collect(), letters.collect()));
        self.dead_letters.borrow_mut().extend_from_slice(dead_letters);
        Ok(())
    }
}

/// A dependency with this name.
pub(crate) const fn named(name: &'static str) -> Dependency {
    Dependency { name, setting: "ITS_URL" }
}
