//! Problems of a job file: file, line, key and a sentence with the remedy.

use std::fmt;

use super::text::Lines;

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

/// The problems of one file, [`MOST_PROBLEMS`] at most: one mistake repeated all over a large file must not need more
/// memory than the file.
pub(crate) struct Report {
    file: String,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Report {
    pub(crate) const fn new(file: String) -> Self {
        Self { file, errors: Vec::new(), warnings: Vec::new() }
    }

    pub(crate) fn error(&mut self, key: Option<&str>, line: u32, message: impl Into<String>) {
        let problem = self.problem(key, line, &message.into());
        if self.errors.len() < MOST_PROBLEMS {
            self.errors.push(problem);
        }
    }

    /// Adds what was found in the text of a key. Findings without a place get the first line of the text.
    pub(crate) fn add(&mut self, key: &str, lines: &Lines, findings: Findings) {
        for Finding { at, message } in findings.errors {
            self.error(Some(key), lines.at(at), message);
        }
        for Finding { at, message } in findings.warnings {
            let problem = self.problem(Some(key), lines.at(at), &message);
            self.warnings.push(problem);
        }
    }

    /// The warnings if there are no errors, else the errors; either in the order of lines.
    pub(crate) fn finish(self) -> Result<Vec<Problem>, Vec<Problem>> {
        if self.errors.is_empty() { Ok(in_order(self.warnings)) } else { Err(in_order(self.errors)) }
    }

    fn problem(&self, key: Option<&str>, line: u32, message: &str) -> Problem {
        // A problem is one line, whatever it quotes.
        let message = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Problem { file: self.file.clone(), line, key: key.map(str::to_owned), message }
    }
}

const MOST_PROBLEMS: usize = 100;

fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| problem.line);
    problems.dedup();
    problems
}

/// A problem of a text, by the byte at which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// The problems of a text, [`MOST_FINDINGS`] of each sort at most.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Finding>,
    pub(crate) warnings: Vec<Finding>,
    complete: bool,
}

const MOST_FINDINGS: usize = 20;

impl Findings {
    pub(crate) fn error(&mut self, at: usize, message: impl Into<String>) {
        if !self.complete {
            push(&mut self.errors, at, message.into());
        }
    }

    pub(crate) fn warning(&mut self, at: usize, message: impl Into<String>) {
        if !self.complete {
            push(&mut self.warnings, at, message.into());
        }
    }

    /// Ignores all that is still found: the text cannot be understood, and the rest would follow from that.
    pub(crate) const fn close(&mut self) {
        self.complete = true;
    }
}

fn push(findings: &mut Vec<Finding>, at: usize, message: String) {
    if findings.len() < MOST_FINDINGS {
        findings.push(Finding { at, message });
    }
}
