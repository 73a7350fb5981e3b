//! The state of a rebuild in the database: its phase, and the targets that end it.

use consumer::{DependencyError, Failure, Fault};
use database::{Row, Transaction, get, statement};
use uuid::Uuid;

/// A rebuild in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Distinguishes it from an earlier rebuild of the same service.
    pub id: i64,
    /// The group whose offsets were reset.
    pub group: String,
    /// The phase.
    pub phase: Phase,
    /// The end offset of each partition of the source topic at the start of the rebuild, partition 0 first. Everything
    /// published before comes from records below these, so once they are read no count is lower than before.
    pub targets: Vec<i64>,
    /// The hub key of the last user whose counters were published; nil: none yet.
    pub published_to: Uuid,
}

/// The phase of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The source topic is read again, up to the targets. The stored rows are incomplete, so nothing is published.
    Replaying,
    /// The stored rows are complete and are published to the next layer. Batches publish their changes as usual.
    Publishing,
}

/// The phase of the service's rebuild, for a batch; `None`: no rebuild is in progress.
///
/// Call it after the statement that locks out a change of the phase (a lock on a table until the end of the transaction,
/// see `sql/*/lock_*.sql`). The result is then valid until the batch ends.
///
/// # Errors
/// When the database does not answer.
pub async fn phase(transaction: &Transaction, service: &str) -> Result<Option<Phase>, Failure> {
    Ok(read(transaction, service).await?.map(|state| state.phase))
}

/// Reads the state.
pub(super) async fn read(transaction: &Transaction, service: &str) -> Result<Option<State>, Failure> {
    let rows = transaction.query(&statement!("service/select_rebuild"), [&service]).await?;
    rows.first().map(state).transpose()
}

/// Ends the rebuild as a part of `transaction`. Returns `false` if it has ended already, or another one has begun.
///
/// # Errors
/// When the database does not answer.
pub async fn complete(transaction: &Transaction, service: &str, state: &State) -> Result<bool, Failure> {
    Ok(transaction.execute(&statement!("service/delete_rebuild"), [&service, &state.id]).await? == 1)
}

fn state(row: &Row) -> Result<State, Failure> {
    let phase = match get::<&str>(row, 1)? {
        "replaying" => Phase::Replaying,
        "publishing" => Phase::Publishing,
        other => {
            let error = format_args!("a rebuild is in the phase {other}, which this release does not know");
            return Err(DependencyError::new(database::POSTGRES, error)
                .with(Fault::Rejected("unknown phase".to_owned()))
                .into());
        }
    };
    Ok(State { id: get(row, 0)?, group: get(row, 4)?, phase, targets: get(row, 2)?, published_to: get(row, 3)? })
}
