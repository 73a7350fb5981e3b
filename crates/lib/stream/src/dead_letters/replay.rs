//! `dead-letters replay`: sends the original records back to the source topic, each once.

use std::{collections::BTreeMap, io::Write, mem};

use clap::Args;
use consumer::Record;
use database::Database;
use kafka::{ParsedDeadLetter, Reader, ReplayProducer};

use super::{
    letters::{CHUNK_BYTES, Letters},
    line::escape_control,
    replayed::{self, Place, place},
    selection::Selection,
};
use crate::errors::exit_error;
use runtime::{Confirmation, ExitError};

/// The options of `dead-letters replay`.
#[derive(Debug, Clone, Default, Args)]
pub struct Replay {
    /// The dead letters to send back.
    #[command(flatten)]
    pub selection: Selection,

    /// Whether to send them, to ask first, or to show what would be sent.
    #[command(flatten)]
    pub confirmation: Confirmation,
}

impl Replay {
    /// Sends back the dead letters that exist now, except those that were sent back before.
    ///
    /// They are sent, then acknowledged, then recorded. If the command is killed in between, the next run sends one
    /// chunk again. This is harmless, because every layer recognises a repeated event.
    ///
    /// # Errors
    /// An [`ExitError`] when a topic is missing, or Kafka or the database does not answer. Records sent before that are
    /// recorded.
    pub async fn run(&self, kafka: &kafka::Settings, database: &Database, out: &mut impl Write) -> anyhow::Result<()> {
        let mode = self.confirmation.mode()?;
        if mode.shows() && !self.pass(false, kafka, database, out).await? {
            return Ok(());
        }
        if mode.acts(out).await? {
            self.pass(true, kafka, database, out).await?;
        }
        Ok(())
    }

    /// Reads the dead letters, and sends them if `execute` is set. Returns `false` if there is nothing to send.
    async fn pass(
        &self,
        execute: bool,
        kafka: &kafka::Settings,
        database: &Database,
        out: &mut impl Write,
    ) -> anyhow::Result<bool> {
        let mut letters = Letters::open(kafka, &self.selection).await?;
        let replay_producer = ReplayProducer::connect(kafka).map_err(exit_error)?;
        let mut sending = Sending {
            execute,
            kafka,
            database,
            replay_producer,
            places: Vec::new(),
            records: Vec::new(),
            bytes: 0,
            counts: ReplayCounts::default(),
        };
        let mut meant = 0;
        loop {
            let chunk = letters.next_chunk(usize::MAX).await?;
            if chunk.is_empty() {
                break;
            }
            meant += chunk.len();
            sending.take(chunk).await?;
        }
        letters.sum_up(meant, out)?;
        sending.counts.write(execute, &kafka.source_topic, out)?;
        Ok(!sending.counts.sent.is_empty())
    }
}

struct Sending<'a> {
    execute: bool,
    kafka: &'a kafka::Settings,
    database: &'a Database,
    replay_producer: ReplayProducer,
    /// Coordinates of the dead letters to be sent next.
    places: Vec<Place>,
    /// Their original records.
    records: Vec<Record>,
    bytes: usize,
    counts: ReplayCounts,
}

impl Sending<'_> {
    /// Sends those of the dead letters that were not sent back before.
    async fn take(&mut self, letters: Vec<ParsedDeadLetter>) -> Result<(), ExitError> {
        let before = replayed::recall(self.database, &self.kafka.dead_letter_topic, &letters).await?;
        self.counts.before += before.len();
        for letter in letters.into_iter().filter(|letter| !before.contains_key(&place(letter))) {
            self.prepare(letter).await?;
            if self.bytes >= CHUNK_BYTES {
                self.flush().await?;
            }
        }
        self.flush().await
    }

    /// Prepares a dead letter for sending, or counts it as left out, with the reason.
    async fn prepare(&mut self, letter: ParsedDeadLetter) -> Result<(), ExitError> {
        // A dead letter can name any topic. A writer of dead letters must not write to other topics with our rights.
        if *letter.original.topic != *self.kafka.source_topic {
            *self.counts.elsewhere.entry(letter.original.topic.to_string()).or_default() += 1;
            return Ok(());
        }
        let (place, reason) = (place(&letter), letter.reason.clone());
        let source = (letter.original.partition, letter.original.offset);
        let whole = if letter.omitted.is_any() { self.complete(letter).await? } else { Some(letter) };
        let Some(record) = whole.and_then(|letter| letter.into_replay(&self.kafka.dead_letter_topic)) else {
            self.counts.lost.push((place, source));
            return Ok(());
        };
        if self.replay_producer.fits(&record).await.map_err(gone)? {
            *self.counts.sent.entry((reason, record.topic.to_string())).or_default() += 1;
            self.bytes += record.bytes_in_memory();
            self.places.push(place);
            self.records.push(record);
        } else {
            self.counts.too_large.push(place);
        }
        Ok(())
    }

    /// Completes a dead letter from its original record, if the source topic still has it.
    async fn complete(&self, letter: ParsedDeadLetter) -> Result<Option<ParsedDeadLetter>, ExitError> {
        let Record { topic, partition, offset, .. } = &letter.original;
        let found = Reader::find(self.kafka, topic, *partition, *offset).await.map_err(gone)?;
        Ok(found.and_then(|found| letter.complete(found)))
    }

    async fn flush(&mut self) -> Result<(), ExitError> {
        let (places, records) = (mem::take(&mut self.places), mem::take(&mut self.records));
        self.bytes = 0;
        if self.execute && !records.is_empty() {
            self.replay_producer.send(&records).await.map_err(exit_error)?;
            replayed::remember(self.database, &self.kafka.dead_letter_topic, &places).await?;
        }
        Ok(())
    }
}

/// The error for a missing topic that dead letters name, not a setting.
fn gone(error: kafka::Error) -> ExitError {
    match error {
        kafka::Error::NoTopic(topic) => {
            ExitError::Unavailable(format!("topic {topic}, the origin of these dead letters, does not exist"))
        }
        error => exit_error(error),
    }
}

/// Counts of the dead letters, by result.
#[derive(Default)]
struct ReplayCounts {
    /// Sent, by reason and topic. In a dry run: those that would be sent.
    sent: BTreeMap<(String, String), usize>,
    before: usize,
    too_large: Vec<Place>,
    /// Incomplete ones whose original record no longer exists, with its partition and offset.
    lost: Vec<(Place, Place)>,
    /// Those of a topic that this service does not read, by topic.
    elsewhere: BTreeMap<String, usize>,
}

impl ReplayCounts {
    fn write(&self, execute: bool, source: &str, out: &mut impl Write) -> std::io::Result<()> {
        let verb = if execute { "sent back" } else { "would send back" };
        for ((reason, topic), count) in &self.sent {
            writeln!(out, "{verb} {count} to {topic} ({reason})")?;
        }
        for (partition, offset) in &self.too_large {
            writeln!(out, "left out {partition}/{offset}: with the added headers it exceeds the limit of its topic")?;
        }
        for ((partition, offset), (at, from)) in &self.lost {
            let original = format!("the original {source}/{at}/{from} no longer exists");
            writeln!(out, "left out {partition}/{offset}: it is incomplete, and {original}")?;
        }
        for (topic, count) in &self.elsewhere {
            writeln!(out, "left out {count} from {}: this service reads {source}", escape_control(topic))?;
        }
        if self.before > 0 {
            writeln!(out, "left out {}: sent back before", self.before)?;
        }
        if self.sent.is_empty() { writeln!(out, "nothing to send back") } else { Ok(()) }
    }
}
