//! The change of a refresh: the members of a locked segment become those of the desired set, in one operation.

use consumer::Failure;
use database::{PgTimestamp, Transaction};
use serde_json::Value;

use super::{
    Cause,
    desired::{self, Applied, Difference, Read},
    expire,
    operation::Operation,
    segment,
};

mod tags;

/// A locked segment, and the clock after the lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locked {
    segment_id: i32,
    now: PgTimestamp,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// Too many members would leave. The text says how many.
    Rejected(String),
    /// The members are those of the desired set.
    Applied {
        /// What has changed.
        message: String,
        /// The number of members.
        members: i64,
    },
}

/// Locks a whole segment, and reads the clock.
pub(crate) async fn lock(transaction: &Transaction, segment_id: i32) -> Result<Locked, Failure> {
    let (_, now) = segment::lock(transaction, segment_id).await?;
    Ok(Locked { segment_id, now })
}

/// Applies the desired set, unless `reject` returns a reason.
pub(crate) async fn apply(
    transaction: &Transaction,
    locked: &Locked,
    read: &Read,
    cause: &Cause,
    mut detail: Value,
    reject: impl FnOnce(&Difference) -> Option<String>,
) -> Result<Refreshed, Failure> {
    let Locked { segment_id, now } = *locked;
    expire::expire(transaction, segment_id, now).await?;
    let difference = desired::compare(transaction, segment_id, read).await?;
    if let Some(reason) = reject(&difference) {
        return Ok(Refreshed::Rejected(reason));
    }
    detail["joining"] = difference.joining.into();
    detail["leaving"] = difference.leaving.into();
    let operation = Operation { kind: "refresh", at: now, cause, segment_id: Some(segment_id), user_id: None, detail };
    let operation_id = operation.insert(transaction).await?;
    let applied = desired::apply(transaction, segment_id, (now, operation_id), &difference).await?;
    let Applied { joined, left, replaced } = applied;
    desired::record_success(transaction, segment_id, read).await?;
    let members = difference.members.saturating_sub_unsigned(left).saturating_add_unsigned(joined);
    let message = format!("{joined} joined, {left} left, {replaced} with other hashes");
    Ok(Refreshed::Applied { message, members })
}
