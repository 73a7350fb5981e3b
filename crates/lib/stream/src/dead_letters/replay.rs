//! `dead-letters replay`: the originals go back to where they came from, each once.

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

/// What to send back.
#[derive(Debug, Clone, Default, Args)]
pub struct Replay {
    /// Which.
    #[command(flatten)]
    pub selection: Selection,

    /// Whether to send them, to ask, or to show what would be sent.
    #[command(flatten)]
    pub confirmation: Confirmation,
}

impl Replay {
    /// Sends back the dead letters there are now, but for those that were sent back before.
    ///
    /// They are sent, then acknowledged, then remembered. Killed in between, the next run sends a chunk once more, which
    /// is harmless: every layer knows an event that it has seen.
    ///
    /// # Errors
    /// A [`ExitError`] when a topic is missing, or Kafka or the database does not answer. What was sent until then is
    /// remembered.
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

    /// Goes through the dead letters, and sends them if it is to `execute`. `false`: there is nothing to send.
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
            tally: ReplayCounts::default(),
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
        sending.tally.write(execute, &kafka.source_topic, out)?;
        Ok(!sending.tally.sent.is_empty())
    }
}

struct Sending<'a> {
    execute: bool,
    kafka: &'a kafka::Settings,
    database: &'a Database,
    replay_producer: ReplayProducer,
    /// Of the letters that are to be sent next.
    places: Vec<Place>,
    /// The records they were.
    records: Vec<Record>,
    bytes: usize,
    tally: ReplayCounts,
}

impl Sending<'_> {
    /// Sends what has not been sent before of some letters.
    async fn take(&mut self, letters: Vec<ParsedDeadLetter>) -> Result<(), ExitError> {
        let before = replayed::recall(self.database, &self.kafka.dead_letter_topic, &letters).await?;
        self.tally.before += before.len();
        for letter in letters.into_iter().filter(|letter| !before.contains_key(&place(letter))) {
            self.prepare(letter).await?;
            if self.bytes >= CHUNK_BYTES {
                self.flush().await?;
            }
        }
        self.flush().await
    }

    /// Makes a letter ready to be sent, or notes why it is left.
    async fn prepare(&mut self, letter: ParsedDeadLetter) -> Result<(), ExitError> {
        // A letter may name any topic; whoever can write letters must not write to all topics with our rights.
        if *letter.original.topic != *self.kafka.source_topic {
            *self.tally.elsewhere.entry(letter.original.topic.to_string()).or_default() += 1;
            return Ok(());
        }
        let (place, reason) = (place(&letter), letter.reason.clone());
        let source = (letter.original.partition, letter.original.offset);
        let whole = if letter.omitted.is_any() { self.complete(letter).await? } else { Some(letter) };
        let Some(record) = whole.and_then(|letter| letter.into_replay(&self.kafka.dead_letter_topic)) else {
            self.tally.lost.push((place, source));
            return Ok(());
        };
        if self.replay_producer.fits(&record).await.map_err(gone)? {
            *self.tally.sent.entry((reason, record.topic.to_string())).or_default() += 1;
            self.bytes += record.bytes_in_memory();
            self.places.push(place);
            self.records.push(record);
        } else {
            self.tally.too_large.push(place);
        }
        Ok(())
    }

    /// The letter with what was left out of it, if the source topic still has it.
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

/// The topic is named by the letters, not by a setting.
fn gone(error: kafka::Error) -> ExitError {
    match error {
        kafka::Error::NoTopic(topic) => {
            ExitError::Unavailable(format!("topic {topic}, where they came from, does not exist"))
        }
        error => exit_error(error),
    }
}

/// What became of the letters.
#[derive(Default)]
struct ReplayCounts {
    /// By reason and topic; in a dry run, those that would have been.
    sent: BTreeMap<(String, String), usize>,
    before: usize,
    too_large: Vec<Place>,
    /// What was left out of them is nowhere to be found; with the partition and offset of their originals.
    lost: Vec<(Place, Place)>,
    /// By topic: they came from another one than this service reads.
    elsewhere: BTreeMap<String, usize>,
}

impl ReplayCounts {
    fn write(&self, execute: bool, source: &str, out: &mut impl Write) -> std::io::Result<()> {
        let verb = if execute { "sent back" } else { "would send back" };
        for ((reason, topic), count) in &self.sent {
            writeln!(out, "{verb} {count} to {topic} ({reason})")?;
        }
        for (partition, offset) in &self.too_large {
            writeln!(out, "left {partition}/{offset}: with its new headers it is too large for its topic")?;
        }
        for ((partition, offset), (at, from)) in &self.lost {
            let original = format!("the original, {source}/{at}/{from}, is gone");
            writeln!(out, "left {partition}/{offset}: it is not whole, it was too large, and {original}")?;
        }
        for (topic, count) in &self.elsewhere {
            writeln!(out, "left {count} from {}: KAFKA_SOURCE_TOPIC is {source}", escape_control(topic))?;
        }
        if self.before > 0 {
            writeln!(out, "left {}: sent back before", self.before)?;
        }
        if self.sent.is_empty() { writeln!(out, "nothing to send back") } else { Ok(()) }
    }
}
