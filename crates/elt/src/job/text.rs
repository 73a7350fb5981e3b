//! SQL texts of a job file, each with the lines of the file that it comes from.

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
}

/// The byte at which the character at `position` (from 1) begins.
fn byte_of(sql: &str, position: usize) -> usize {
    sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(byte, _)| byte)
}

/// Which line of the file a byte of a text comes from: the first byte of each stretch, and its line. In a block of YAML a
/// stretch is a line; a folded scalar has several on one line, and all lines of a JSON string come from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines(Vec<(usize, u32)>);

impl Lines {
    /// Each line of `text` is a line of the file, the first one `line`.
    pub(crate) fn consecutive(text: &str, line: u32) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(starts).zip(line..).collect())
    }

    /// The line of the file that `byte` comes from.
    pub(crate) fn at(&self, byte: usize) -> u32 {
        let next = self.0.partition_point(|&(start, _)| start <= byte);
        self.0.get(next.saturating_sub(1)).map_or(1, |&(_, line)| line)
    }
}
