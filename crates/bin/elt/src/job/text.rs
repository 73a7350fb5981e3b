//! SQL texts of a job file, each with the lines of the file that it comes from.

mod lines;
mod pieces;

pub(crate) use self::{lines::Lines, pieces::Pieces};

/// SQL without placeholders. A `%` in it is a `%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The SQL to send.
    pub sql: String,
    /// The line of the file on which the text begins, from 1.
    pub line: u32,
    lines: Lines,
}

/// SQL with numbered placeholders (`$1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The SQL to send: placeholders are `$1`, `%%` is `%`.
    pub sql: String,
    /// How many placeholders the file has, not how many different numbers.
    pub placeholders: usize,
    /// The line of the file on which the text begins, from 1.
    pub line: u32,
    lines: Lines,
}

/// A text as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) lines: Lines,
}

impl Text {
    /// A text whose lines follow each other in the file, beginning at `line`.
    #[must_use]
    pub fn new(sql: impl Into<String>, line: u32) -> Self {
        let sql = sql.into();
        let lines = Lines::consecutive(&sql, line);
        Self { sql, line, lines }
    }

    /// The line of the file for a position that PostgreSQL reports: characters of `sql`, from 1.
    #[must_use]
    pub fn line_at(&self, position: usize) -> u32 {
        self.lines.at(byte_of(&self.sql, position))
    }

    /// The bytes from `start` to `end` of a source.
    pub(crate) fn part(source: &Source, start: usize, end: usize) -> Self {
        let mut pieces = Pieces::new(source);
        pieces.push(start, source.text.get(start..end).unwrap_or_default());
        let (sql, lines) = pieces.finish();
        Self { line: lines.at(0), sql, lines }
    }

    /// The text as a source, to be read again.
    pub(crate) fn source(&self) -> Source {
        Source { text: self.sql.clone(), lines: self.lines.clone() }
    }
}

impl Template {
    /// A template whose lines follow each other in the file, beginning at `line`.
    #[must_use]
    pub fn new(sql: impl Into<String>, placeholders: usize, line: u32) -> Self {
        let sql = sql.into();
        let lines = Lines::consecutive(&sql, line);
        Self { sql, placeholders, line, lines }
    }

    /// The line of the file for a position that PostgreSQL reports: characters of `sql`, from 1.
    #[must_use]
    pub fn line_at(&self, position: usize) -> u32 {
        self.lines.at(byte_of(&self.sql, position))
    }

    /// A template of pieces of a source.
    pub(crate) fn of(pieces: Pieces<'_>, placeholders: usize) -> Self {
        let (sql, lines) = pieces.finish();
        Self { line: lines.at(0), sql, placeholders, lines }
    }
}

/// The byte at which the character at `position` (from 1) begins.
fn byte_of(sql: &str, position: usize) -> usize {
    sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(byte, _)| byte)
}
