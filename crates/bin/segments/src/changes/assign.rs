//! Assignment of a percentage to a segment: a snapshot adds users once, a live one becomes the refresh of the segment.

use consumer::Failure;
use database::{Statement, Transaction, statement};

use super::{
    Cause, Changes, Error, clock, desired, expire,
    fill::{self, Filters},
    locks,
    operation::Operation,
    segment,
};
use crate::percent::{Assign, Mode, Percent};

const MAKE_LIVE: Statement = statement!("segments/percent/make_live");

/// How many users an assignment has added and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// Users who joined.
    pub joined: u64,
    /// Users who left.
    pub left: u64,
}

/// Why a percentage cannot be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotAssign {
    /// There is no segment with this name.
    Unknown,
    /// It is deleted.
    Deleted,
    /// Its members are the users with a tag.
    IsTag,
    /// These segments to include or exclude do not exist or are deleted.
    Filters(Vec<String>),
}

impl Changes {
    /// Assigns a percentage of the active users to a segment.
    ///
    /// # Errors
    /// The segment, or one to include or exclude, does not allow it, or the database does not answer.
    pub async fn assign(&self, name: &str, assign: &Assign, cause: &Cause) -> Result<Assigned, Error<CannotAssign>> {
        let transaction = self.database.begin_change().await?;
        match assign_in(&transaction, name, assign, cause).await {
            Ok(assigned) => {
                transaction.commit().await?;
                Ok(assigned)
            }
            Err(Error::Rejected(rejected)) => {
                transaction.rollback().await?;
                Err(Error::Rejected(rejected))
            }
            Err(failure) => Err(failure),
        }
    }
}

pub(super) async fn assign_in(
    transaction: &Transaction,
    name: &str,
    assign: &Assign,
    cause: &Cause,
) -> Result<Assigned, Error<CannotAssign>> {
    if assign.mode == Mode::Live {
        locks::assignment(transaction).await?;
    }
    let id = segment::find(transaction, name).await?.ok_or(Error::Rejected(CannotAssign::Unknown))?;
    let (found, now) = segment::lock(transaction, id).await?;
    match found {
        Some(found) if found.is_alive && found.is_tag => return Err(Error::Rejected(CannotAssign::IsTag)),
        Some(found) if found.is_alive => {}
        _ => return Err(Error::Rejected(CannotAssign::Deleted)),
    }
    let filters = fill::filters(transaction, &assign.percent).await?;
    let filters = filters.map_err(|missing| Error::Rejected(CannotAssign::Filters(missing)))?;
    expire::expire(transaction, id, now).await?;
    let assigned = match assign.mode {
        Mode::Snapshot { time_to_live } => {
            let joined =
                fill::fill(transaction, (id, name), &assign.percent, &filters, (now, time_to_live), cause).await?;
            Assigned { joined, left: 0 }
        }
        Mode::Live => make_live(transaction, (id, name), &assign.percent, &filters, cause).await?,
    };
    Ok(assigned)
}

/// Makes a percentage the refresh of a locked segment, and follows it. The assignment of percentages is locked.
async fn make_live(
    transaction: &Transaction,
    (id, name): (i32, &str),
    percent: &Percent,
    filters: &Filters,
    cause: &Cause,
) -> Result<Assigned, Failure> {
    let params = serde_json::json!({ "percent": percent.to_json() });
    transaction.execute(&MAKE_LIVE, [&id, &params.to_string()]).await?;
    let read = desired::begin(transaction).await?;
    desired::percent(transaction, (id, name), percent, filters, read.at).await?;
    let difference = desired::compare(transaction, id, &read).await?;
    let now = clock(transaction).await?;
    let mut detail = percent.to_json();
    detail["mode"] = serde_json::json!("live");
    let operation = Operation { kind: "assign", at: now, cause, segment_id: Some(id), user_id: None, detail };
    let operation_id = operation.insert(transaction).await?;
    let applied = desired::apply(transaction, id, (now, operation_id), &difference).await?;
    desired::record_success(transaction, id, &read).await?;
    Ok(Assigned { joined: applied.joined, left: applied.left })
}
