//! The note a rebuild leaves in the database: which phase it is in, and what ends that.

use consumer::{DependencyError, Failure, Fault};
use database::{Row, Transaction, get, statement};
use uuid::Uuid;

/// A rebuild under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Tells it from an earlier one of the same service.
    pub id: i64,
    /// The group whose offsets were reset.
    pub group: String,
    /// How far it is.
    pub phase: Phase,
    /// Where each partition of the source topic ended when it began, partition 0 first: what was said before the rebuild
    /// came of records below these, so above them nothing can be less than it was.
    pub targets: Vec<i64>,
    /// The hub key of the last user whose counters were told; nil: nobody's.
    pub published_to: Uuid,
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The source topic is read again, up to the targets. What is stored is not complete, so nobody is told of it.
    Replaying,
    /// What was stored is complete, and is told to the next layer. Batches tell what they change, as ever.
    Publishing,
}

/// The phase of the service's rebuild, for a batch; `None`: no rebuild is under way.
///
/// To be asked after the statement that makes the batch wait for whoever changes the phase (a lock on a table that holds
/// to the end of the transaction, see `sql/*/lock_*.sql`). The answer is then true until the batch ends.
///
/// # Errors
/// When the database does not tell.
pub async fn phase(transaction: &Transaction, service: &str) -> Result<Option<Phase>, Failure> {
    Ok(read(transaction, service).await?.map(|state| state.phase))
}

/// The whole note.
pub(super) async fn read(transaction: &Transaction, service: &str) -> Result<Option<State>, Failure> {
    let rows = transaction.query(&statement!("service/select_rebuild"), [&service]).await?;
    rows.first().map(state).transpose()
}

/// Ends the rebuild as a part of `transaction`; `false`: it was over already, or is another one by now.
///
/// # Errors
/// When the database does not do it.
pub async fn complete(transaction: &Transaction, service: &str, state: &State) -> Result<bool, Failure> {
    Ok(transaction.execute(&statement!("service/delete_rebuild"), [&service, &state.id]).await? == 1)
}

fn state(row: &Row) -> Result<State, Failure> {
    let phase = match get::<&str>(row, 1)? {
        "replaying" => Phase::Replaying,
        "publishing" => Phase::Publishing,
        other => {
            let error = format_args!("a rebuild in the phase {other}, which this release does not know");
            return Err(DependencyError::new(database::POSTGRES, error)
                .with(Fault::Rejected("unknown phase".to_owned()))
                .into());
        }
    };
    Ok(State { id: get(row, 0)?, group: get(row, 4)?, phase, targets: get(row, 2)?, published_to: get(row, 3)? })
}
