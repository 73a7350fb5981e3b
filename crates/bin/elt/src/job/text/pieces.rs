//! A text put together from pieces of another one, which remembers their lines.

use super::{Lines, Source};

/// Collects pieces of a source.
pub(crate) struct Pieces<'a> {
    source: &'a Source,
    sql: String,
    stretches: Vec<(usize, u32)>,
}

impl<'a> Pieces<'a> {
    pub(crate) const fn new(source: &'a Source) -> Self {
        Self { source, sql: String::new(), stretches: Vec::new() }
    }

    /// Adds `text`, which stands at byte `start` of the source or is put there instead of something else.
    pub(crate) fn push(&mut self, start: usize, text: &str) {
        self.note(self.sql.len(), self.source.lines.at(start));
        for &(byte, line) in self.source.lines.between(start, start + text.len()) {
            self.note(self.sql.len() + (byte - start), line);
        }
        self.sql.push_str(text);
    }

    /// The text so far.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn finish(self) -> (String, Lines) {
        (self.sql, Lines::from_stretches(self.stretches))
    }

    fn note(&mut self, byte: usize, line: u32) {
        if self.stretches.last().is_none_or(|&(_, last)| last != line) {
            self.stretches.push((byte, line));
        }
    }
}
