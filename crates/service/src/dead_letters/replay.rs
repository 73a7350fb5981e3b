//! `dead-letters replay`: the originals go back to where they came from, each once.

use std::{collections::BTreeMap, io::Write, mem};

use clap::Args;
use kafka::{Letter, Resender};
use pipeline::Record;
use warehouse::Warehouse;

use super::{
    letters::Letters,
    memory::{self, Place, place},
    selection::Selection,
};
use crate::Refusal;

/// What to send back.
#[derive(Debug, Clone, Default, Args)]
pub struct Replay {
    /// Which.
    #[command(flatten)]
    pub selection: Selection,

    /// Send them. Without it, nothing is sent and nothing is remembered.
    #[arg(long)]
    pub execute: bool,
}

/// A chunk is sent, acknowledged and remembered together: so many letters come twice when the command is killed, at most.
const CHUNK: usize = 500;

/// And so many bytes of them are held in memory, give or take a record.
const CHUNK_BYTES: usize = 4 << 20;

impl Replay {
    /// Sends back the dead letters there are now, but for those that were sent back before.
    ///
    /// They are sent, then acknowledged, then remembered. Killed in between, the next run sends a chunk once more, which
    /// is harmless: every layer knows an event that it has seen.
    ///
    /// # Errors
    /// A [`Refusal`] when a topic is missing, or Kafka or the database does not answer. What was sent until then is
    /// remembered.
    pub async fn run(
        &self,
        kafka: &kafka::Settings,
        warehouse: &Warehouse,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let mut letters = Letters::open(kafka, &self.selection).await?;
        let resender = Resender::connect(kafka).map_err(Refusal::from)?;
        let topic = &kafka.dead_letter_topic;
        let mut sending = Sending { execute: self.execute, topic, warehouse, resender, tally: Tally::default() };
        let (mut chunk, mut bytes, mut meant) = (Vec::new(), 0, 0);
        while let Some(letter) = letters.next().await? {
            meant += 1;
            bytes += letter.original.value.as_ref().map_or(0, Vec::len);
            chunk.push(letter);
            if chunk.len() >= CHUNK || bytes >= CHUNK_BYTES {
                sending.send(mem::take(&mut chunk)).await?;
                bytes = 0;
            }
        }
        sending.send(chunk).await?;
        letters.sum_up(meant, out)?;
        Ok(sending.tally.write(self.execute, out)?)
    }
}

struct Sending<'a> {
    execute: bool,
    /// Of the dead letters.
    topic: &'a str,
    warehouse: &'a Warehouse,
    resender: Resender,
    tally: Tally,
}

impl Sending<'_> {
    async fn send(&mut self, letters: Vec<Letter>) -> Result<(), Refusal> {
        if letters.is_empty() {
            return Ok(());
        }
        let places: Vec<Place> = letters.iter().map(place).collect();
        let before = memory::recall(self.warehouse, self.topic, &places).await?;
        self.tally.before += before.len();

        let (mut places, mut records) = (Vec::new(), Vec::<Record>::new());
        for letter in letters.into_iter().filter(|letter| !before.contains(&place(letter))) {
            let (place, reason) = (place(&letter), letter.reason.clone());
            let record = letter.into_return(self.topic);
            if self.resender.fits(&record).await.map_err(gone)? {
                *self.tally.sent.entry((reason, record.topic.to_string())).or_default() += 1;
                places.push(place);
                records.push(record);
            } else {
                self.tally.too_large.push(place);
            }
        }
        if self.execute && !records.is_empty() {
            self.resender.send(&records).await?;
            memory::remember(self.warehouse, self.topic, &places).await?;
        }
        Ok(())
    }
}

/// The topic is named by the letters, not by a setting.
fn gone(error: kafka::Error) -> Refusal {
    match error {
        kafka::Error::NoTopic(topic) => {
            Refusal::Missing(format!("topic {topic}, where they came from, does not exist"))
        }
        error => error.into(),
    }
}

/// What became of the letters.
#[derive(Default)]
struct Tally {
    /// By reason and topic; in a dry run, those that would have been.
    sent: BTreeMap<(String, String), usize>,
    before: usize,
    too_large: Vec<Place>,
}

impl Tally {
    fn write(&self, execute: bool, out: &mut impl Write) -> std::io::Result<()> {
        let verb = if execute { "sent back" } else { "would send back" };
        for ((reason, topic), count) in &self.sent {
            writeln!(out, "{verb} {count} to {topic} ({reason})")?;
        }
        for (partition, offset) in &self.too_large {
            writeln!(out, "left {partition}/{offset}: with its new headers it is too large for its topic")?;
        }
        if self.before > 0 {
            writeln!(out, "left {}: sent back before", self.before)?;
        }
        match (self.sent.is_empty(), execute) {
            (true, _) => writeln!(out, "nothing to send back"),
            (false, false) => writeln!(out, "nothing was sent; add --execute to send"),
            (false, true) => Ok(()),
        }
    }
}
