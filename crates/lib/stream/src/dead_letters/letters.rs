//! The dead letters of a service, from the first to the last there is now.

use std::io::{self, Write};

use kafka::{ParsedDeadLetter, Reader};

use super::selection::Selection;
use crate::errors::exit_error;
use runtime::ExitError;

/// Reads the dead-letter topic and picks those that are meant.
pub(crate) struct Letters<'a> {
    reader: Reader,
    selection: &'a Selection,
    topic: &'a str,
    /// How many records there were, meant or not.
    seen: usize,
    /// How many of them are no dead letters.
    foreign: usize,
}

/// So many letters are looked up at once. They are sent, acknowledged and remembered together, too: so many come twice
/// when the command is killed, at most.
const CHUNK: usize = 500;

/// And so many bytes of them are held in memory, give or take a record. The command shares the memory of a pod with the
/// service.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

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

    /// The next of those that are meant, at most `most` of them; none after the last.
    pub(crate) async fn next_chunk(&mut self, most: usize) -> Result<Vec<ParsedDeadLetter>, ExitError> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        while chunk.len() < most.min(CHUNK)
            && bytes < CHUNK_BYTES
            && let Some(letter) = self.next().await?
        {
            bytes += letter.original.bytes_in_memory();
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

    /// Says, after the last, how many of the records were `meant`.
    pub(crate) fn sum_up(&self, meant: usize, out: &mut impl Write) -> io::Result<()> {
        let Self { topic, seen, foreign, .. } = self;
        match (seen, meant) {
            (0, _) => writeln!(out, "{topic} is empty")?,
            (_, 0) => writeln!(out, "none of the {seen} records of {topic} matches")?,
            _ => writeln!(out, "{meant} of the {seen} records of {topic}")?,
        }
        if *foreign > 0 {
            writeln!(out, "left out, for they are no dead letters of ours: {foreign}")?;
        }
        Ok(())
    }
}
