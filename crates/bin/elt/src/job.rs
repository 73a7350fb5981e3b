//! Job files: the statements and options of one copy, checked and ready to run.
//!
//! [`Job::parse`] reads a file. What only a database can tell is checked afterwards, by the methods of [`Job`] that take
//! columns. The modules follow the text: folder, document, keys; SQL; the rules of each key.

use std::time::Duration;

pub use self::{
    document::MAX_BYTES,
    folder::{job_files, job_name, read_file},
    options::{DELETED_AT, DeleteMode},
    problem::Problem,
    set_based::{ConflictTarget, Part, SetBased, Value},
    sql::name::{TableName, quote},
    text::{Template, Text},
    upsert::Upsert,
};

use self::{
    keys::Keys,
    problem::{Findings, Report},
    sql::name,
    text::Source,
};

mod folder;
mod document;
mod keys;
mod options;
pub mod sql;
mod create;
mod query;
mod upsert;
mod rewrite;
mod set_based;
mod columns;
mod text;
mod problem;

/// One job file, checked as far as it can be without a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The stem of the file: `users` of `jobs/users.yaml`.
    pub name: String,
    /// The file as messages name it: `jobs/users.yaml`.
    pub file: String,
    /// CREATE_TABLE_SQL: `CREATE TABLE IF NOT EXISTS`, then only indexes and comments. May hold several statements,
    /// separated by `;`: [`Job::create_statements`].
    pub create_table: Text,
    /// SELECT_SOURCE_SQL with `$1` for each `%s`. One query without its `;`.
    pub select_source: Template,
    /// UPSERT_TARGET_SQL.
    pub upsert: Upsert,
    /// SELECT_KEYS_SQL. One query without its `;`.
    pub select_keys: Text,
    /// TARGET_TABLE.
    pub target: TableName,
    /// KEY_COLUMNS as SQL reads names: folded to lower case unless quoted. At least one, no name twice.
    pub key_columns: Vec<String>,
    /// LAG: how far the watermark stays behind. 1 minute unless given.
    pub lag: Duration,
    /// DELETE: what happens to rows whose keys are gone from M.
    pub delete: DeleteMode,
    /// EVERY: the shortest time between two cycles. `None`: each tick of SCHEDULE.
    pub every: Option<Duration>,
    /// DELETE_EVERY: the shortest time between two comparisons of keys. `None`: each cycle.
    pub delete_every: Option<Duration>,
    /// MAX_DELETE_RATIO: the share of the table, 0 to 1, that one cycle may delete. 0.2 unless given.
    pub max_delete_ratio: f64,
    /// TIMEOUT: the longest a cycle may take. 1 hour unless given.
    pub timeout: Duration,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Problem>,
}

impl Job {
    /// Reads a job file. `file` is its name in messages, `jobs/users.yaml`.
    ///
    /// # Errors
    ///
    /// All problems of the file, in the order of its lines.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut report = Report::new(file.to_owned());
        let job = match document::read(bytes) {
            Ok(entries) => read(file, &Keys::new(entries, &mut report), &mut report),
            Err(document::Unreadable { line, message }) => {
                report.error(None, line, message);
                None
            }
        };
        let warnings = report.finish()?;
        job.map(|job| Self { warnings, ..job }).ok_or_else(Vec::new)
    }

    /// The statements of CREATE_TABLE_SQL, each to be sent alone.
    #[must_use]
    pub fn create_statements(&self) -> Vec<Text> {
        create::split(&self.create_table)
    }

    /// The problem if UPSERT_TARGET_SQL has not one placeholder for each column of SELECT_SOURCE_SQL.
    #[must_use]
    pub fn check_source_columns(&self, columns: &[String]) -> Option<Problem> {
        let upsert = &self.upsert;
        let message = columns::check_count(upsert.row.placeholders, upsert.set_based.as_ref().ok(), columns)?;
        Some(self.problem(keys::UPSERT_TARGET_SQL, upsert.row.line, message))
    }

    /// Warnings of columns of SELECT_SOURCE_SQL that are written to columns of other names.
    #[must_use]
    pub fn check_source_order(&self, columns: &[String]) -> Vec<Problem> {
        let Ok(insert) = &self.upsert.set_based else { return Vec::new() };
        let problem = |message| self.problem(keys::UPSERT_TARGET_SQL, self.upsert.row.line, message);
        columns::check_order(insert, columns).into_iter().map(problem).collect()
    }

    /// The problem if the columns of SELECT_KEYS_SQL are not KEY_COLUMNS in number, names and order.
    #[must_use]
    pub fn check_key_columns(&self, columns: &[String]) -> Option<Problem> {
        let message = columns::check_keys(&self.key_columns, columns)?;
        Some(self.problem(keys::SELECT_KEYS_SQL, self.select_keys.line, message))
    }

    fn problem(&self, key: &str, line: u32, message: String) -> Problem {
        Problem { file: self.file.clone(), line, key: Some(key.to_owned()), message }
    }
}

/// The job, unless a required key is missing or has no form at all. Problems are in the report.
fn read(file: &str, keys: &Keys, report: &mut Report) -> Option<Job> {
    let target = value(keys, keys::TARGET_TABLE, report, TableName::parse);
    let create_table =
        sql(keys, keys::CREATE_TABLE_SQL, report, |source, found| create::read(source, target.as_ref(), found));
    let select_source = sql(keys, keys::SELECT_SOURCE_SQL, report, query::read_source);
    let upsert =
        sql(keys, keys::UPSERT_TARGET_SQL, report, |source, found| upsert::read(source, target.as_ref(), found));
    let select_keys = sql(keys, keys::SELECT_KEYS_SQL, report, query::read_keys);
    let key_columns = key_columns(keys, report);
    let every = |text: &str| options::duration(text, &options::EVERY_RANGE);
    let job = Job {
        name: job_name(file).to_owned(),
        file: file.to_owned(),
        lag: value(keys, keys::LAG, report, |text| options::duration(text, &options::LAG_RANGE))
            .unwrap_or(options::LAG),
        delete: value(keys, keys::DELETE, report, options::delete_mode).unwrap_or_default(),
        every: value(keys, keys::EVERY, report, every),
        delete_every: value(keys, keys::DELETE_EVERY, report, every),
        max_delete_ratio: value(keys, keys::MAX_DELETE_RATIO, report, options::ratio)
            .unwrap_or(options::MAX_DELETE_RATIO),
        timeout: value(keys, keys::TIMEOUT, report, |text| options::duration(text, &options::TIMEOUT_RANGE))
            .unwrap_or(options::TIMEOUT),
        create_table: create_table?,
        select_source: select_source?,
        upsert: upsert?,
        select_keys: select_keys?,
        target: target?,
        key_columns: key_columns?,
        warnings: Vec::new(),
    };
    check_soft_delete(&job, keys, report);
    Some(job)
}

/// Reads a key that is SQL.
fn sql<T>(keys: &Keys, key: &str, report: &mut Report, read: impl FnOnce(&Source, &mut Findings) -> T) -> Option<T> {
    let source = keys.text(key, report)?;
    let mut findings = Findings::default();
    let read = read(source, &mut findings);
    report.add(key, &source.lines, findings);
    Some(read)
}

/// Reads a key that is a short text.
fn value<T>(keys: &Keys, key: &str, report: &mut Report, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
    let source = keys.text(key, report)?;
    read(&source.text).map_err(|message| report.error(Some(key), source.lines.at(0), message)).ok()
}

/// The most columns a table of PostgreSQL has.
const MOST_COLUMNS: usize = 1600;

fn key_columns(keys: &Keys, report: &mut Report) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    let sources = keys.list(keys::KEY_COLUMNS, report)?;
    if sources.len() > MOST_COLUMNS {
        let line = keys.line(keys::KEY_COLUMNS).unwrap_or(1);
        report.error(
            Some(keys::KEY_COLUMNS),
            line,
            format!("the list has more than {MOST_COLUMNS} columns: shorten it"),
        );
        return None;
    }
    for source in sources {
        let line = source.lines.at(0);
        match name::column_name(&source.text) {
            Ok(name) if columns.contains(&name) => {
                report.error(Some(keys::KEY_COLUMNS), line, format!("{name} is named twice: remove one of the two"));
            }
            Ok(name) => columns.push(name),
            Err(message) => report.error(Some(keys::KEY_COLUMNS), line, message),
        }
    }
    Some(columns)
}

fn check_soft_delete(job: &Job, keys: &Keys, report: &mut Report) {
    if job.delete == DeleteMode::Soft && !create::mentions(&job.create_table, DELETED_AT) {
        let message = format!("soft needs the column {DELETED_AT}: add `{DELETED_AT} timestamptz` to CREATE_TABLE_SQL");
        report.error(Some(keys::DELETE), keys.line(keys::DELETE).unwrap_or(1), message);
    }
}
