//! The log of runs: the rows of a run while it runs and when it ends, and pages of the log.

use consumer::Failure;
use database::{Database, PgTimestamp, Row, Statement, get, statement};
use uuid::Uuid;

use super::{
    Refresher,
    automatic::Automatic,
    run::outcome::{Outcome, State},
};

const ABANDON: Statement = statement!("segments/refresh/abandon_runs");
const INSERT: Statement = statement!("segments/refresh/insert_run");
const FINISH: Statement = statement!("segments/refresh/finish_run");
const LAST: Statement = statement!("segments/refresh/select_last_run");
const SELECT: Statement = statement!("segments/refresh/select_log");
const FAILED: Statement = statement!("segments/refresh/record_failure");

/// Which rows of the log. `None`: any.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// The name of the segment.
    pub segment: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// Runs before this one, for the next page.
    pub before: Option<i64>,
    /// From this time, inclusive.
    pub from: Option<PgTimestamp>,
    /// To this time, exclusive.
    pub to: Option<PgTimestamp>,
}

/// A row of the log: the columns of the customer's log, and the state of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The run.
    pub run_id: i64,
    /// The name of the segment.
    pub segment: String,
    /// `running`, `success`, `failed`, `rejected`, `skip` or `abandoned`.
    pub state: String,
    /// `refresh_params` of the run, as JSON.
    pub params: Option<String>,
    /// What happened.
    pub message: Option<String>,
    /// When the row was written.
    pub processed: PgTimestamp,
    /// `refresh` or `update`.
    pub action: String,
    /// The target of a subscription.
    pub target: Option<String>,
    /// The segment.
    pub id: Uuid,
    /// The audience at the target.
    pub segment_id: Option<String>,
    /// Its name.
    pub segment_name: Option<String>,
    /// The number of members afterwards.
    pub coverage: Option<i32>,
    /// The begin.
    pub first_upload_dttm: Option<PgTimestamp>,
    /// The end.
    pub last_upload_dttm: Option<PgTimestamp>,
    /// Rows received.
    pub num_received: Option<i32>,
    /// Rows that name no user.
    pub num_invalid: Option<i32>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether the audience existed at the target.
    pub existed: Option<bool>,
}

/// The last run of a segment.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) run_id: i64,
    state: String,
    message: Option<String>,
}

impl Refresher {
    /// A page of the log, the latest run first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn log(&self, filter: &LogFilter, limit: i64) -> Result<Vec<LogRow>, Failure> {
        let LogFilter { segment, state, before, from, to } = filter;
        let (segment, state) = (segment.as_deref(), state.as_deref());
        let rows = self.database.read(&SELECT, &[&segment, &state, before, from, to, &limit]).await?;
        rows.iter().map(read).collect()
    }
}

/// Marks runs of a segment that did not end as abandoned. The caller holds the lock of its refreshes, so none runs.
pub(super) async fn abandon(database: &Database, id: Uuid) -> Result<(), Failure> {
    let transaction = database.begin_change().await?;
    let message = "the process ended before the run did";
    transaction.execute(&ABANDON, [&id, &message]).await?;
    transaction.commit().await
}

/// Records a run that begins.
pub(super) async fn begin(database: &Database, segment: &Automatic) -> Result<i64, Failure> {
    insert(database, segment, State::Running, None).await
}

/// Records that a segment was skipped, unless the last row says so already.
pub(super) async fn skip(database: &Database, segment: &Automatic, reason: &str) -> Result<bool, Failure> {
    let last = last(database, segment.id).await?;
    let is_repeated = last.is_some_and(|last| last.state == "skip" && last.message.as_deref() == Some(reason));
    if !is_repeated {
        insert(database, segment, State::Skip, Some(reason)).await?;
    }
    Ok(!is_repeated)
}

/// The last run of a segment.
pub(super) async fn last(database: &Database, id: Uuid) -> Result<Option<Last>, Failure> {
    let transaction = database.begin().await?;
    let rows = transaction.query(&LAST, [&id]).await?;
    transaction.commit().await?;
    let last = rows.first().map(|row| Ok(Last { run_id: get(row, 0)?, state: get(row, 1)?, message: get(row, 2)? }));
    last.transpose()
}

/// Records the end of a run in the transaction of its effect.
pub(super) async fn finish(transaction: &database::Transaction, run_id: i64, outcome: &Outcome) -> Result<(), Failure> {
    let Outcome { state, message, coverage, received, invalid, .. } = outcome;
    let error = (*state != State::Success).then_some(message.as_str());
    transaction.execute(&FINISH, [&run_id, &state.name(), message, &error, coverage, received, invalid]).await.map(drop)
}

/// Records a run that changed nothing. After a failure the segment waits before it is due again.
pub(super) async fn fail(database: &Database, segment_id: i32, run_id: i64, outcome: &Outcome) -> Result<(), Failure> {
    let transaction = database.begin_change().await?;
    finish(&transaction, run_id, outcome).await?;
    if outcome.state != State::Skip {
        transaction.execute(&FAILED, [&segment_id]).await?;
    }
    transaction.commit().await
}

async fn insert(database: &Database, segment: &Automatic, state: State, message: Option<&str>) -> Result<i64, Failure> {
    let transaction = database.begin_change().await?;
    let params = segment.params.as_deref();
    let rows = transaction.query(&INSERT, [&state.name(), &segment.id, &params, &message]).await?;
    transaction.commit().await?;
    rows.first().map_or(Ok(0), |row| get(row, 0))
}

fn read(row: &Row) -> Result<LogRow, Failure> {
    Ok(LogRow {
        run_id: get(row, 0)?,
        segment: get(row, 1)?,
        state: get(row, 2)?,
        params: get(row, 3)?,
        message: get(row, 4)?,
        processed: get(row, 5)?,
        action: get(row, 6)?,
        target: get(row, 7)?,
        id: get(row, 8)?,
        segment_id: get(row, 9)?,
        segment_name: get(row, 10)?,
        coverage: get(row, 11)?,
        first_upload_dttm: get(row, 12)?,
        last_upload_dttm: get(row, 13)?,
        num_received: get(row, 14)?,
        num_invalid: get(row, 15)?,
        contact: get(row, 16)?,
        error: get(row, 17)?,
        existed: get(row, 18)?,
    })
}
