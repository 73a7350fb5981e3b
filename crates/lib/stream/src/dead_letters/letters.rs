//! Reader of the dead-letter topic, from its first record to its current end.

use std::io::{self, Write};

use kafka::{ParsedDeadLetter, Reader};

use super::selection::Selection;
use crate::errors::exit_error;
use runtime::ExitError;

/// Reads the dead-letter topic and returns the selected dead letters.
pub(crate) struct Letters<'a> {
    reader: Reader,
    selection: &'a Selection,
    topic: &'a str,
    /// Number of records that were read, selected or not.
    seen: usize,
    /// Number of records that are not dead letters.
    foreign: usize,
}

/// Maximum number of dead letters that are looked up, sent, acknowledged and recorded together. If the command is
/// killed, at most this number is sent twice.
const CHUNK: usize = 500;

/// Maximum size of a chunk in memory, in bytes, exceeded by one record at most.
pub(crate) const CHUNK_BYTES: usize = 4 << 20;

impl<'a> Letters<'a> {
    pub(crate) async fn open(kafka: &'a kafka::Settings, selection: &'a Selection) -> Result<Self, ExitError> {
        let topic = &kafka.dead_letter_topic;
        let reader = Reader::open(kafka, topic).await.map_err(|error| match error {
            kafka::Error::NoTopic(_) => {
                ExitError::Unavailable(format!("KAFKA_DEAD_LETTER_TOPIC: topic {topic} does not exist"))
            }
            error => exit_error(error),
        })?;
        Ok(Self { reader, selection, topic, seen: 0, foreign: 0 })
    }

    /// Returns the next selected dead letters, at most `most`. Empty after the last one.
    pub(crate) async fn next_chunk(&mut self, most: usize) -> Result<Vec<ParsedDeadLetter>, ExitError> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < most.min(CHUNK)
            && bytes < CHUNK_BYTES
            && let Some(letter) = self.next().await?
        {
            bytes += letter.original.value.as_ref().map_or(0, Vec::len);
            chunk.push(letter);
        }
        Ok(chunk)
    }

    async fn next(&mut self) -> Result<Option<ParsedDeadLetter>, ExitError> {
        while let Some(record) = self.reader.next().await.map_err(exit_error)? {
            self.seen += 1;
            match ParsedDeadLetter::open(record) {
                Some(letter) if self.selection.takes(&letter) => return Ok(Some(letter)),
                Some(_) => {}
                None => self.foreign += 1,
            }
        }
        Ok(None)
    }

    /// Writes how many of the records are selected. Called after the last one.
    pub(crate) fn sum_up(&self, meant: usize, out: &mut impl Write) -> io::Result<()> {
        let Self { topic, seen, foreign, .. } = self;
        match (seen, meant) {
            (0, _) => writeln!(out, "{topic} is empty")?,
            (_, 0) => writeln!(out, "none of the {seen} records of {topic} matches")?,
            _ => writeln!(out, "{meant} of the {seen} records of {topic}")?,
        }
        if *foreign > 0 {
            writeln!(out, "left out, because they are not dead letters: {foreign}")?;
        }
        Ok(())
    }
}
