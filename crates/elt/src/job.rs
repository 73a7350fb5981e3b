//! Job files: the statements and options of one copy, checked and ready to run.
//!
//! [`Job`] is the result. The pieces below are independent of it: a piece reads text and returns a value or problems.

use std::time::Duration;

pub use self::{
    name::{TableName, quote},
    problem::Problem,
    set_based::{ConflictTarget, Part, SetBased, Value},
    text::{Template, Text},
};

mod problem;
mod text;
mod name;
mod set_based;

/// One job file, checked as far as it can be without a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The stem of the file: `users` of `jobs/users.yaml`.
    pub name: String,
    /// The file as messages name it: `jobs/users.yaml`.
    pub file: String,
    /// CREATE_TABLE_SQL: `CREATE TABLE IF NOT EXISTS`, then only indexes and comments. May hold several statements,
    /// separated by `;`.
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

/// UPSERT_TARGET_SQL in its two forms: for one row, and for all rows of a stage table.
#[derive(Clone, Debug, PartialEq)]
pub struct Upsert {
    /// The statement for one row with `$1` to `$n`, one per placeholder in order, without its `;`.
    pub row: Template,
    /// The statement over a stage table, or the reason why there is none.
    pub set_based: Result<SetBased, String>,
}

/// DELETE: what happens to rows whose keys are gone from M.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteMode {
    /// The rows are deleted.
    #[default]
    Hard,
    /// `elt_deleted_at` is set, and cleared when the key returns.
    Soft,
    /// Keys are not compared.
    Off,
}
