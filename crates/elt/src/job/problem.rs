//! Problems of a job file: file, line, key and a sentence with the remedy.

use std::fmt;

/// An error or a warning about a job file. Printed as `jobs/users.yaml:14: UPSERT_TARGET_SQL: …`. The message quotes
/// names and SQL of the file, never values of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as messages name it: `jobs/users.yaml`.
    pub file: String,
    /// The line of the file, from 1.
    pub line: u32,
    /// The key that it is about. `None`: the file as a whole.
    pub key: Option<String>,
    /// The problem, its place and its remedy, without a full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}
